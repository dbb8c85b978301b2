/* SPDX-License-Identifier: Apache-2.0 */
/* hybrid.c: float rows as integers, bit for bit against plain C, and integer sums as floats. */
#include <math.h>
#include <string.h>

#include "check.h"

enum { MOST = 135 };

/* ---- rows ---- */

static void check_range(check *c, size_t n, int kind)
{
    const float *x = check_floats(n, kind);
    float want[2] = {0, 0}, min, max;
    c->new->hybrid.range(x, n, &min, &max);
    for (size_t i = 0; i < n; i++) {
        want[0] = x[i] < want[0] ? x[i] : want[0];
        want[1] = x[i] > want[1] ? x[i] : want[1];
    }
    check_that(c, min == want[0] && max == want[1], "n %zu: %g to %g, not %g to %g", n, (double)min,
               (double)max, (double)want[0], (double)want[1]);
    check_that(c, check_end(), "n %zu: writes in front of a buffer", n);
}

static int32_t quantized(float x, const ln_hybrid_row *r)
{
    const float v = x * r->inverse, half = v + (v < 0 ? -0.5f : 0.5f);
    const float near = half < -512 ? -512 : half > 512 ? 512 : half == half ? half : 0;
    const int32_t q = (int32_t)near + r->zero;
    return q < r->least ? r->least : q > INT8_MAX ? INT8_MAX : q;
}

static void check_row(check *c, size_t n, int kind, const ln_hybrid_row *r)
{
    const float *x = check_floats(n, kind);
    int8_t *bytes = check_buffer(n);
    uint8_t *shifted = check_buffer(n);
    int16_t *centered = check_buffer(n * sizeof *centered);
    float *floats = check_buffer(n * sizeof *floats);
    c->new->hybrid.to_s8(bytes, x, n, r);
    c->new->hybrid.to_u8(shifted, x, n, r);
    c->new->hybrid.to_s16(centered, x, n, r);
    c->new->hybrid.to_f32(floats, x, n, r);
    for (size_t i = 0; i < n; i++) {
        const int32_t q = quantized(x[i], r);
        if (bytes[i] != q || shifted[i] != q + 128 || centered[i] != q - r->zero ||
            floats[i] != (float)(q - r->zero))
            check_that(c, false, "n %zu: %g becomes %d, %d, %d and %g, not %d", n, (double)x[i],
                       bytes[i], shifted[i], centered[i], (double)floats[i], q);
    }
    check_that(c, check_end(), "n %zu: writes in front of a buffer", n);
}

static void check_rows(check *c)
{
    static const ln_hybrid_row rows[] = {{127 / 8.0f, 0, -127},
                                         {30, -128, -128},
                                         {16, 100, -128},
                                         {INFINITY, 3, -128},
                                         {0, 0, -127}};
    for (size_t i = 0; i < LN_COUNTOF(rows); i++)
        for (int kind = 0; kind < CHECK_KINDS; kind++)
            for (size_t n = 0; n <= MOST; n++)
                check_row(c, n, kind, &rows[i]);
}

/* ---- scales ---- */

/* As TFLite's PortableAsymmetricQuantizeFloats, and with `range` alone. */
static ln_hybrid_row scale_of(float min, float max, bool asymmetric, float *scale)
{
    const float size = -min > max ? -min : max;
    const double step = (double)(max - min) / 255, low = min / step, high = max / step;
    *scale = 1;
    if (size == 0)
        return (ln_hybrid_row){.zero = 0};
    *scale = asymmetric ? (float)step : size / 127;
    if (!asymmetric)
        return (ln_hybrid_row){.inverse = 127 / size};
    const double zero = round(128 - low < 127 + high ? -128 - low : 127 - high);
    return (ln_hybrid_row){.inverse = 1 / *scale,
                           .zero = isnan(zero) ? 0 : (int32_t)fmin(fmax(zero, -128), 127)};
}

static void check_scales_of(check *c, size_t n, int kind, bool asymmetric)
{
    enum { APART = 3 };
    const size_t ld = n + APART;
    float *x = check_floats((LN_HYBRID_ROWS - 1) * ld + n, kind);
    ln_hybrid_scales_of s;
    memset(x + ld, 0, n * sizeof *x); /* a row of nothing else */
    for (size_t i = 0; i < n; i++)
        x[2 * ld + i] = -fabsf(x[2 * ld + i]);
    c->new->hybrid.scales_of(x, ld, n, asymmetric, &s);
    for (size_t i = 0; i < LN_HYBRID_ROWS; i++) {
        float min, max, scale;
        c->new->hybrid.range(x + i * ld, n, &min, &max);
        const ln_hybrid_row want = scale_of(min, max, asymmetric, &scale);
        if (check_ulps(s.scale[i], scale) > 0 || check_ulps(s.inverse[i], want.inverse) > 0 ||
            s.zero[i] != want.zero)
            check_that(c, false, "n %zu: %g to %g: scale %g, %g, zero %d, not %g, %g, %d", n,
                       (double)min, (double)max, (double)s.scale[i], (double)s.inverse[i],
                       s.zero[i], (double)scale, (double)want.inverse, want.zero);
    }
    check_that(c, check_end(), "n %zu: writes in front of a buffer", n);
}

/* ---- sums ---- */

enum { ROWS = 3, LD = 140 };

/* What is known of the offsets. */
typedef enum known { NO_OFFSETS, SAME_OFFSETS, SMALL_OFFSETS, ANY_OFFSETS, KNOWN } known;

static int32_t *some_offsets(known known)
{
    int32_t *x = check_ints(ROWS, 255);
    for (int i = 1; i < ROWS && known == SAME_OFFSETS; i++)
        x[i] = x[0];
    return x;
}

static void check_scale(check *c, size_t n, known known, bool clamps)
{
    const bool offsets = known != NO_OFFSETS, large = known == SAME_OFFSETS || known == ANY_OFFSETS;
    const int32_t *x = check_ints((ROWS - 1) * LD + n, large ? 1 << 30 : 1 << 20);
    const ln_hybrid_scales q = {
        .row = check_floats(ROWS, CHECK_PLAIN),
        .column = check_floats(n, CHECK_PLAIN),
        .bias = check_floats(n, CHECK_PLAIN),
        .offset = offsets ? some_offsets(known) : NULL,
        .weights = offsets ? check_ints(n, large ? 1 << 22 : 4000) : NULL,
        .min = clamps ? -1e6f : -INFINITY,
        .max = clamps ? 2e6f : INFINITY,
        .column_first = n % 2 != 0,
        .same_offset = known == SAME_OFFSETS,
        .small = known == SMALL_OFFSETS,
    };
    float *y = check_buffer(((ROWS - 1) * LD + n) * sizeof *y);
    c->new->hybrid.scale(y, LD, x, LD, ROWS, n, &q);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < n; j++) {
            const int32_t sum = x[i * LD + j] - (offsets ? q.offset[i] * q.weights[j] : 0);
            const float product = q.column_first ? (float)sum * q.column[j] * q.row[i]
                                                 : (float)sum * (q.row[i] * q.column[j]);
            const float want = fminf(fmaxf(product + q.bias[j], q.min), q.max);
            const float got = y[i * LD + j];
            if (check_ulps(got, want) > 0)
                check_that(c, false, "%zu columns: %d becomes %g, not %g", n, sum, (double)got,
                           (double)want);
        }
    check_that(c, check_end(), "%zu columns: writes in front of a buffer", n);
}

static void check_extremes(check *c, size_t n)
{
    enum { MOST_SUM = 1 << 30 };
    const int32_t *x = check_ints((ROWS - 1) * LD + n, MOST_SUM);
    const int32_t *before[2] = {check_ints(n, MOST_SUM), check_ints(n, MOST_SUM)};
    int32_t *low = check_buffer(n * sizeof *low), *high = check_buffer(n * sizeof *high);
    memcpy(low, before[0], n * sizeof *low);
    memcpy(high, before[1], n * sizeof *high);
    c->new->hybrid.extremes(low, high, x, LD, ROWS, n);
    for (size_t j = 0; j < n; j++) {
        int32_t min = before[0][j], max = before[1][j];
        for (size_t i = 0; i < ROWS; i++) {
            min = LN_MIN(min, x[i * LD + j]);
            max = LN_MAX(max, x[i * LD + j]);
        }
        if (low[j] != min || high[j] != max)
            check_that(c, false, "%zu columns: column %zu from %d to %d, not %d to %d", n, j,
                       low[j], high[j], min, max);
    }
    check_that(c, check_end(), "%zu columns: writes in front of a buffer", n);
}

/* ---- speed ---- */

enum { SPEED_M = 24, SPEED_N = 512 };

typedef struct speed {
    const ln_kernels *fn;
    float *x, *y;
    int32_t *sums;
    int16_t *values;
} speed;

static void run_range(void *arg)
{
    const speed *s = arg;
    float min, max;
    s->fn->hybrid.range(s->x, SPEED_M * SPEED_N, &min, &max);
}

static void run_scales_of(void *arg)
{
    const speed *s = arg;
    ln_hybrid_scales_of of;
    for (size_t i = 0; i < SPEED_M; i += LN_HYBRID_ROWS)
        s->fn->hybrid.scales_of(s->x + i * SPEED_N, SPEED_N, SPEED_N, true, &of);
}

static void run_to_s16(void *arg)
{
    const speed *s = arg;
    s->fn->hybrid.to_s16(s->values, s->x, SPEED_M * SPEED_N, &(ln_hybrid_row){16, 3, -128});
}

static void run_scale(void *arg)
{
    const speed *s = arg;
    const ln_hybrid_scales q = {
        .row = s->x, .column = s->x, .bias = s->x, .min = -INFINITY, .max = INFINITY};
    s->fn->hybrid.scale(s->y, SPEED_N, s->sums, SPEED_N, SPEED_M, SPEED_N, &q);
}

static void run_extremes(void *arg)
{
    const speed *s = arg;
    int32_t *all = (int32_t *)(void *)s->y;
    s->fn->hybrid.extremes(all, all + SPEED_N, s->sums, SPEED_N, SPEED_M, SPEED_N);
}

static void bench(check *c, void (*fn)(void *))
{
    const size_t n = (size_t)SPEED_M * SPEED_N;
    speed s = {c->new, check_floats(n, CHECK_PLAIN), check_buffer(n * sizeof(float)),
               check_ints(n, 1 << 20), check_buffer(n * sizeof(int16_t))};
    check_bench(c, fn, &s, (double)n, "G/s values");
    check_end();
}

void check_hybrid(check *c)
{
    if (CHECK_BEGIN(c, "hybrid_range", hybrid.range)) {
        for (int kind = 0; kind < CHECK_KINDS; kind++)
            for (size_t n = 0; n <= MOST; n++)
                check_range(c, n, kind);
        bench(c, run_range);
    }
    if (CHECK_BEGIN(c, "hybrid_scales_of", hybrid.scales_of)) {
        for (int kind = 0; kind < CHECK_KINDS; kind++)
            for (size_t n = 1; n <= MOST; n++) {
                check_scales_of(c, n, kind, false);
                check_scales_of(c, n, kind, true);
            }
        bench(c, run_scales_of);
    }
    if (CHECK_BEGIN(c, "hybrid_to", hybrid.to_s16)) {
        check_rows(c);
        bench(c, run_to_s16);
    }
    if (CHECK_BEGIN(c, "hybrid_scale", hybrid.scale)) {
        for (size_t n = 1; n <= MOST; n++)
            for (int known = 0; known < KNOWN; known++) {
                check_scale(c, n, known, false);
                check_scale(c, n, known, true);
            }
        bench(c, run_scale);
    }
    if (CHECK_BEGIN(c, "hybrid_extremes", hybrid.extremes)) {
        for (size_t n = 1; n <= MOST; n++)
            check_extremes(c, n);
        bench(c, run_extremes);
    }
}
