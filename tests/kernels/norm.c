/* SPDX-License-Identifier: Apache-2.0 */
/* norm.c: rows that are normalized, against loops. */
#include <math.h>

#include "check.h"

enum { MOST = 80 };

static void l2(check *c, size_t n)
{
    const float *x = check_floats(n, CHECK_PLAIN);
    float *y = check_buffer(n * sizeof *y);
    double sum = 0;
    c->new->norm.l2_f32(y, x, n);
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    for (size_t i = 0; i < n; i++) {
        const double want = (double)x[i] / fmax(sqrt(sum), 1e-6);
        check_that(c, fabs((double)y[i] - want) <= 1e-6, "%zu items: [%zu] is %g, not %g", n, i,
                   (double)y[i], want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

static int32_t high_product(int32_t a, int32_t b)
{
    const int64_t ab = (int64_t)a * b;
    return (int32_t)((ab + (ab >= 0 ? 1 << 30 : 1 - (1 << 30))) / ((int64_t)1 << 31));
}

static void l2_8(check *c, size_t n)
{
    const uint8_t *x = (const uint8_t *)check_bytes(n, (int)(n % CHECK_KINDS));
    const uint8_t flip = n & 1 ? 128 : 0;
    const int32_t zero = (int32_t)(n * 37 % 256);
    const ln_elt_fixed m = {1200000000 + (int32_t)n * 1000000, flip ? 1 : 7, (int32_t)(n % 9)};
    uint8_t *y = check_buffer(n);
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((x[i] ^ flip) - zero) * ((x[i] ^ flip) - zero);
    const int32_t got = c->new->norm.squares_8(x, n, flip, zero);
    check_that(c, got == sum, "%zu items: the sum is %d, not %d", n, (int)got, (int)sum);
    c->new->norm.l2_8(y, x, n, flip, zero, &m);
    for (size_t i = 0; i < n; i++) {
        const int32_t d = (x[i] ^ flip) - zero, high = high_product(d * (1 << m.left), m.mul);
        const int32_t mask = (1 << m.right) - 1;
        const int32_t v = (high >> m.right) + ((high & mask) > (mask >> 1) + (high < 0)) + 128;
        const uint8_t want = (uint8_t)((v < 0 ? 0 : v > 255 ? 255 : v) ^ flip);
        check_that(c, y[i] == want, "%zu items: [%zu] is %d, not %d", n, i, y[i], want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

static void lrn(check *c, size_t n)
{
    const ln_norm_lrn p = {LN_MIN(n % 6, n), 1.5f, 0.3f, n % 2 ? 0.75f : 0.5f};
    const float *x = check_floats(n, CHECK_PLAIN);
    float *y = check_buffer(n * sizeof *y);
    c->new->norm.lrn_f32(y, x, n, check_buffer((n + 2 * p.radius) * sizeof *x), &p);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = i > p.radius ? i - p.radius : 0; k < LN_MIN(n, i + p.radius + 1); k++)
            sum += (double)x[k] * (double)x[k];
        const double want =
            (double)x[i] * pow((double)p.bias + (double)p.alpha * sum, -(double)p.beta);
        check_that(c, fabs((double)y[i] - want) <= fabs(want) * 3e-6,
                   "%zu items: [%zu] is %g, not %g", n, i, (double)y[i], want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

void check_norm(check *c)
{
    if (CHECK_BEGIN(c, "norm_l2", norm.l2_f32))
        for (size_t n = 1; n <= MOST; n++)
            l2(c, n);
    if (CHECK_BEGIN(c, "norm_l2_8", norm.l2_8))
        for (size_t n = 1; n <= MOST; n++)
            l2_8(c, n);
    if (CHECK_BEGIN(c, "norm_lrn", norm.lrn_f32))
        for (size_t n = 1; n <= MOST; n++)
            lrn(c, n);
}
