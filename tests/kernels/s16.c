/* SPDX-License-Identifier: Apache-2.0 */
/* s16.c: 16-bit activations with 8-bit weights: products, depthwise sums, scales; against plain C,
 * all bit for bit. */
#include <string.h>

#include "check.h"

static int16_t *shorts(size_t n, int kind)
{
    int16_t *x = check_buffer(n * sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (int16_t)(kind == CHECK_EXTREME ? (check_random() & 1 ? INT16_MIN : INT16_MAX)
                                               : (int16_t)check_random());
    return x;
}

/* ---- products ---- */

enum { LDA_MORE = 3, MOST_ROWS = 29, MOST_K = 257 };

/* Rows are numbered from `a`; b is packed as gemm_s16.h says. */
static void product(const ln_gemm_s16 *g, int32_t *c, const int16_t *a, size_t lda,
                    const int8_t *panel, const size_t size[2])
{
    for (size_t i = 0; i < size[0]; i++)
        for (size_t j = 0; j < g->nr; j++) {
            int32_t sum = 0;
            for (size_t s = 0; s < size[1]; s++)
                sum += a[i * lda + s] * panel[s / g->kr * g->kr * g->nr + j * g->kr + s % g->kr];
            c[i * g->nr + j] = sum;
        }
}

static void check_product(check *c, const ln_gemm_s16 *g, size_t m, size_t k, int kind)
{
    const size_t lda = k + LDA_MORE, n = m * g->nr;
    const int16_t *a = shorts((m - 1) * lda + k, kind);
    int8_t *b = check_bytes(ln_gemm_s16_panel(g, k), kind);
    int32_t *got = check_buffer(n * sizeof *got), want[MOST_ROWS * 64];
    for (size_t s = k; s < (k + g->kr - 1) / g->kr * g->kr; s++)
        for (size_t j = 0; j < g->nr; j++)
            b[s / g->kr * g->kr * g->nr + j * g->kr + s % g->kr] = 0;
    g->run(got, g->nr, a, lda, b, m, k);
    product(g, want, a, lda, b, (const size_t[]){m, k});
    check_that(c, memcmp(got, want, n * sizeof *got) == 0, "m %zu, k %zu", m, k);
    check_that(c, check_end(), "m %zu, k %zu: writes in front of a buffer", m, k);
}

typedef struct speed {
    const ln_kernels *fn;
    int32_t *c;
    int16_t *a, *y;
    int8_t *b;
    size_t m, k;
} speed;

static void run_product(void *arg)
{
    const speed *s = arg;
    s->fn->gemm_s16.run(s->c, s->fn->gemm_s16.nr, s->a, s->k, s->b, s->m, s->k);
}

static void check_products(check *c)
{
    const ln_gemm_s16 *g = &c->new->gemm_s16;
    if (!CHECK_BEGIN(c, "gemm_s16", gemm_s16.run))
        return;
    for (size_t m = 1; m <= MOST_ROWS; m++)
        for (size_t k = 1; k <= 21; k++)
            check_product(c, g, m, k, (int)(k % CHECK_KINDS));
    check_product(c, g, MOST_ROWS, MOST_K, CHECK_PLAIN);
    check_product(c, g, 7, 256, CHECK_EXTREME);
    speed s = {.fn = c->new, .m = 24, .k = 192};
    s.a = shorts(s.m * s.k, CHECK_PLAIN);
    s.b = check_bytes(ln_gemm_s16_panel(g, s.k), CHECK_PLAIN);
    s.c = check_buffer(s.m * g->nr * sizeof *s.c);
    check_bench(c, run_product, &s, (double)(s.m * s.k * g->nr), "G/s products");
    check_end();
}

/* ---- scales ---- */

enum { SCALE_ROWS = 3, SCALE_LD = 75, SCALE_MOST = 67 };

static int16_t scaled(int32_t x, const ln_s16_scales *q, size_t j)
{
    const int64_t v = ((int64_t)x + q->bias[j]) * q->mul[j] + ((int64_t)1 << (q->shift[j] - 1));
    const int32_t r = (int32_t)(uint32_t)(uint64_t)(v >> q->shift[j]);
    return (int16_t)(r < q->min ? q->min : r > q->max ? q->max : r);
}

static ln_s16_scales scales(size_t n)
{
    int32_t *mul = check_buffer(n * sizeof *mul), *shift = check_buffer(n * sizeof *shift);
    for (size_t j = 0; j < n; j++) {
        mul[j] = (int32_t)(check_random() % 32768);
        shift[j] = 1 + (int32_t)(check_random() % 46);
    }
    return (ln_s16_scales){check_ints(n, 1 << 30), mul, shift, -20000, 30000};
}

static void check_scale(check *c, size_t n)
{
    const ln_s16_scales q = scales(n);
    const int32_t *x = check_ints((SCALE_ROWS - 1) * SCALE_LD + n, (1 << 30) - 1);
    int16_t *y = check_buffer(((SCALE_ROWS - 1) * SCALE_LD + n) * sizeof *y);
    c->new->s16.scale(y, SCALE_LD, x, SCALE_LD, SCALE_ROWS, n, &q);
    for (size_t i = 0; i < SCALE_ROWS; i++)
        for (size_t j = 0; j < n; j++) {
            const size_t at = i * SCALE_LD + j;
            const int16_t want = scaled(x[at], &q, j);
            if (y[at] != want)
                check_that(c, false, "%zu columns: (%d + %d) %d >> %d is %d, not %d", n, x[at],
                           q.bias[j], q.mul[j], q.shift[j], y[at], want);
        }
    check_that(c, check_end(), "%zu columns: writes in front of a buffer", n);
}

static void run_scale(void *arg)
{
    const speed *s = arg;
    const ln_s16_scales q = {s->c, s->c, s->c, -1, 1};
    s->fn->s16.scale(s->y, s->k, s->c, s->k, s->m, s->k, &q);
}

static void check_scales(check *c)
{
    if (!CHECK_BEGIN(c, "s16_scale", s16.scale))
        return;
    for (size_t n = 1; n <= SCALE_MOST; n++)
        check_scale(c, n);
    speed s = {.fn = c->new, .m = 24, .k = 192};
    s.c = check_buffer(s.m * s.k * sizeof *s.c);
    s.y = check_buffer(s.m * s.k * sizeof *s.y);
    for (size_t i = 0; i < s.m * s.k; i++)
        s.c[i] = 17;
    check_bench(c, run_scale, &s, (double)(s.m * s.k), "G/s outputs");
    check_end();
}

/* ---- depthwise sums ---- */

enum { TAPS = 5 };

static void check_columns(check *c, size_t n, int kind)
{
    const int16_t *x[TAPS];
    const int8_t *w[TAPS];
    int32_t *got = check_buffer(n * sizeof *got);
    for (size_t t = 0; t < TAPS; t++) {
        x[t] = shorts(n, kind);
        w[t] = check_bytes(n, kind);
    }
    c->new->s16.depthwise(got, x, w, TAPS, n);
    for (size_t i = 0; i < n; i++) {
        int32_t want = 0;
        for (size_t t = 0; t < TAPS; t++)
            want += x[t][i] * w[t][i];
        if (got[i] != want)
            check_that(c, false, "%zu channels: sum %zu is %d, not %d", n, i, got[i], want);
    }
    check_that(c, check_end(), "%zu channels: writes in front of a buffer", n);
}

static void run_depthwise(void *arg)
{
    const speed *s = arg;
    const int16_t *const x[] = {s->a, s->a, s->a, s->a, s->a, s->a, s->a, s->a, s->a};
    const int8_t *const w[] = {s->b, s->b, s->b, s->b, s->b, s->b, s->b, s->b, s->b};
    s->fn->s16.depthwise(s->c, x, w, s->m, s->k);
}

/* ---- whole pixels ---- */

enum { MOST_TAPS = 10, MOST_COUNT = 4, MOST_CHANNELS = 70, PIXEL_STEP = 75 };

typedef struct pixels {
    const ln_kernels *fn;
    ln_s16_pixels p;
    const int16_t *x[MOST_TAPS];
    int8_t *w; /* [taps][n] */
    ln_s16_scales q;
} pixels;

static void fill_pixels(pixels *s, int kind)
{
    ln_s16_pixels *p = &s->p;
    const size_t items = ln_s16_group_items(p->taps);
    const size_t groups = (p->n + LN_S16_GROUP - 1) / LN_S16_GROUP;
    int32_t *to = check_buffer(groups * items * sizeof *to);
    memset(to, 0, groups * items * sizeof *to);
    for (size_t i = 0; i < groups * LN_S16_GROUP; i++) {
        const size_t j = i / LN_S16_GROUP * LN_S16_GROUP + ln_s16_channel(i % LN_S16_GROUP);
        int32_t *at = to + i / LN_S16_GROUP * items + i % LN_S16_GROUP;
        if (j >= p->n)
            continue;
        at[0] = s->q.bias[j];
        at[LN_S16_GROUP] = s->q.mul[j];
        at[2 * LN_S16_GROUP] = s->q.shift[j] - 16;
        for (size_t t = 0; t < p->taps; t++)
            memcpy((int16_t *)(void *)(at + (3 + t / 2) * LN_S16_GROUP) + t % 2,
                   &(int16_t){s->w[t * p->n + j]}, sizeof(int16_t));
    }
    for (size_t t = 0; t < p->taps; t++)
        s->x[t] = shorts((p->count - 1) * PIXEL_STEP + p->n, kind);
    p->packed = to;
    p->x = s->x;
    p->y = check_buffer(p->count * p->n * sizeof *p->y);
}

static pixels make_pixels(size_t n, size_t taps, size_t count, int kind)
{
    pixels s = {.p = {.n = n, .count = count, .taps = taps, .step = PIXEL_STEP}};
    int32_t *mul = check_buffer(n * sizeof *mul), *shift = check_buffer(n * sizeof *shift);
    for (size_t j = 0; j < n; j++) {
        mul[j] = (int32_t)(check_random() % 32768);
        shift[j] = LN_S16_LEAST_SHIFT +
                   (int32_t)(check_random() % (LN_S16_MOST_SHIFT - LN_S16_LEAST_SHIFT + 1));
    }
    s.q = (ln_s16_scales){check_ints(n, 1 << 30), mul, shift, -20000, 30000};
    s.p.min = s.q.min;
    s.p.max = s.q.max;
    s.w = check_bytes(taps * n, kind);
    return s;
}

static void check_pixels(check *c, size_t n, size_t taps, size_t count, int kind)
{
    pixels s = make_pixels(n, taps, count, kind);
    fill_pixels(&s, kind);
    c->new->s16.pixels(&s.p);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < n; j++) {
            int32_t sum = 0;
            for (size_t t = 0; t < taps; t++)
                sum += s.x[t][i * PIXEL_STEP + j] * s.w[t * n + j];
            const int16_t want = scaled(sum, &s.q, j), got = s.p.y[i * n + j];
            if (got != want)
                check_that(c, false, "%zu channels: pixel %zu, %zu is %d, not %d", n, i, j, got,
                           want);
        }
    check_that(c, check_end(), "%zu channels: writes in front of a buffer", n);
}

static void run_pixels(void *arg)
{
    const pixels *s = arg;
    s->fn->s16.pixels(&s->p);
}

static void check_whole_pixels(check *c)
{
    if (!CHECK_BEGIN(c, "s16_pixels", s16.pixels))
        return;
    for (size_t n = 1; n <= MOST_CHANNELS; n++)
        check_pixels(c, n, 2 + n % 5 * 2, 1 + n % MOST_COUNT, (int)(n % CHECK_KINDS));
    pixels s = make_pixels(64, MOST_TAPS, MOST_COUNT, CHECK_PLAIN);
    fill_pixels(&s, CHECK_PLAIN);
    s.fn = c->new;
    check_bench(c, run_pixels, &s, 64.0 * MOST_TAPS * MOST_COUNT, "G/s products");
    check_end();
}

void check_s16(check *c)
{
    check_products(c);
    check_scales(c);
    check_whole_pixels(c);
    if (!CHECK_BEGIN(c, "s16_depthwise", s16.depthwise))
        return;
    for (size_t n = 1; n <= 67; n++)
        check_columns(c, n, (int)(n % CHECK_KINDS));
    speed s = {.fn = c->new, .m = 9, .k = 192};
    s.a = shorts(s.k, CHECK_PLAIN);
    s.b = check_bytes(s.k, CHECK_PLAIN);
    s.c = check_buffer(s.k * sizeof *s.c);
    check_bench(c, run_depthwise, &s, (double)(s.m * s.k), "G/s products");
    check_end();
}
