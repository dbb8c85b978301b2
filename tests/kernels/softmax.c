/* SPDX-License-Identifier: Apache-2.0 */
/* softmax.c: rows of softmax, against the C library and loops. */
#include <math.h>
#include <string.h>

#include "check.h"

enum { MOST = 150 };

static void check_row(check *c, const float *x, const float *y, size_t n, float beta, bool log)
{
    float max = -INFINITY;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        max = fmaxf(max, x[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp((double)((x[i] - max) * beta));
    for (size_t i = 0; i < n; i++) {
        const double want = log ? (double)(x[i] - max) - log10(sum) * 2.302585092994046
                                : exp((double)((x[i] - max) * beta)) / sum;
        if (!check_that(c, fabs((double)y[i] - want) <= fabs(want) * 1e-6 + (log ? 2e-6 : 0),
                        "%zu items: [%zu] is %g, not %g", n, i, (double)y[i], want))
            break;
    }
}

static void floats(check *c, size_t rows, size_t n, float beta)
{
    float *x = check_floats(rows * n, CHECK_PLAIN), *y = check_buffer(rows * n * sizeof *y);
    float *alone = check_buffer(n * sizeof *alone);
    c->new->softmax.f32(y, x, rows, n, beta);
    for (size_t i = 0; i < rows; i++) {
        check_row(c, x + i * n, y + i * n, n, beta, false);
        c->new->softmax.f32(alone, x + i * n, 1, n, beta);
        check_that(c, memcmp(alone, y + i * n, n * sizeof *y) == 0,
                   "%zu items: row %zu of %zu is another by itself", n, i, rows);
    }
    c->new->softmax.f32(x, x, rows, n, beta);
    check_that(c, memcmp(x, y, rows * n * sizeof *y) == 0, "%zu items: not in place", n);
    check_that(c, check_end(), "writes in front of a buffer");
}

/* Masked items give 0, and so do those whose exponentials are too small. */
static void masked(check *c, size_t n)
{
    static const float masks[] = {-88, -95, -104, -1e9f, -INFINITY};
    float *x = check_floats(n, CHECK_PLAIN), *y = check_buffer(n * sizeof *y);
    for (size_t i = 1; i < n; i++)
        x[i] = i % 3 ? x[0] - (float)(i % 60) : x[0] + masks[i % LN_COUNTOF(masks)];
    c->new->softmax.f32(y, x, 1, n, 1);
    for (size_t i = 3; i < n; i += 3)
        x[i] = -INFINITY;
    check_row(c, x, y, n, 1, false);
    check_that(c, check_end(), "writes in front of a buffer");
}

static void logs(check *c, size_t n)
{
    float *x = check_floats(n, CHECK_PLAIN), *y = check_buffer(n * sizeof *y);
    c->new->softmax.log_f32(y, x, n);
    check_row(c, x, y, n, 1, true);
    check_that(c, check_end(), "writes in front of a buffer");
}

static void exps(check *c, size_t n, uint8_t flip)
{
    const uint8_t *x = (const uint8_t *)check_bytes(n, (int)(n % CHECK_KINDS));
    const int32_t *table = check_ints(256, 1 << 23);
    int32_t *e = check_buffer(n * sizeof *e), turned[256];
    uint8_t max = 0;
    int32_t sum = 0;
    for (int i = 0; i < 256; i++)
        turned[i] = (table[i] & 0x7fffff) << 8 | (i & 255); /* none is negative */
    turned[255] = INT32_MAX;
    const int32_t got = c->new->softmax.exps_8(e, x, n, flip, turned);
    for (size_t i = 0; i < n; i++)
        max = LN_MAX(max, (uint8_t)(x[i] ^ flip));
    for (size_t i = 0; i < n; i++) {
        const int32_t want = turned[255 - (max - (x[i] ^ flip))];
        sum = (int32_t)((uint32_t)sum + (uint32_t)(((int64_t)want + 2048) >> 12));
        if (!check_that(c, e[i] == want, "%zu items: [%zu] is %d, not %d", n, i, (int)e[i],
                        (int)want))
            break;
    }
    check_that(c, got == sum, "%zu items: the sum is %d, not %d", n, (int)got, (int)sum);
    check_that(c, check_end(), "writes in front of a buffer");
}

static void scale(check *c, size_t n, uint8_t flip)
{
    int32_t *e = check_ints(n, 1 << 23);
    uint8_t *y = check_buffer(n);
    const int32_t factor = INT32_MAX - (int32_t)(n * 7000000);
    const int exponent = (int)(15 + n % 12);
    for (size_t i = 0; i < n; i++)
        e[i] = (e[i] & 0x7fffff) << 8;
    c->new->softmax.scale_8(y, e, n, factor, exponent, flip);
    for (size_t i = 0; i < n; i++) {
        const int64_t high = ((int64_t)e[i] * factor + (1 << 30)) >> 31;
        const int64_t v = (high + ((int64_t)1 << (exponent - 1))) >> exponent;
        const uint8_t want = (uint8_t)((uint8_t)LN_MIN(v, 255) ^ flip);
        if (!check_that(c, y[i] == want, "%zu items: [%zu] is %d, not %d", n, i, y[i], want))
            break;
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

enum { SPEED_ROWS = 16, SPEED_N = 128 };

typedef struct speed {
    const ln_softmax_kernels *fn;
    float *y;
    const float *x;
} speed;

static void run(void *arg)
{
    const speed *s = arg;
    s->fn->f32(s->y, s->x, SPEED_ROWS, SPEED_N, 1);
}

void check_softmax(check *c)
{
    if (CHECK_BEGIN(c, "softmax", softmax.f32)) {
        for (size_t n = 1; n <= MOST; n++)
            floats(c, 1 + n % 19, n, n % 3 ? 1 : 0.37f);
        for (size_t n = 1; n <= MOST; n++)
            masked(c, n);
        for (size_t n = 1; n < 20; n++) /* many rows, some shorter than a vector */
            floats(c, 53, n, 0.5f);
        floats(c, 3, 3000, 1); /* rows that do not go together */
        const size_t items = (size_t)SPEED_ROWS * SPEED_N;
        speed s = {&c->new->softmax, check_buffer(items * sizeof(float)),
                   check_floats(items, CHECK_PLAIN)};
        check_bench(c, run, &s, (double)items, "items/ns");
        check_end();
    }
    if (CHECK_BEGIN(c, "softmax_log", softmax.log_f32))
        for (size_t n = 1; n <= MOST; n++)
            logs(c, n);
    if (CHECK_BEGIN(c, "softmax_exps_8", softmax.exps_8))
        for (size_t n = 1; n <= MOST; n++)
            exps(c, n, n & 1 ? 128 : 0);
    if (CHECK_BEGIN(c, "softmax_scale_8", softmax.scale_8))
        for (size_t n = 1; n <= MOST; n++)
            scale(c, n, n & 1 ? 128 : 0);
}
