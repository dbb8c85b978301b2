/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise.c: tiles of a depthwise convolution, against a loop over channels, pixels and taps. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { MAX_CHANNELS = 50, MAX_TAPS = 25, MAX_PIXELS = 7 * 17 };

typedef struct shape {
    size_t columns, width, stride, rows, first; /* `first` taps are left out */
    size_t n;
    bool spread;
} shape;

/* Packed weights and biases of n channels. */
static float *pack(const shape *s, size_t taps, size_t lanes, const float *w, const float *bias)
{
    const size_t groups = (s->n + lanes - 1) / lanes;
    float *packed = check_buffer(groups * (taps + 1) * lanes * sizeof *packed), *to = packed;
    for (size_t g = 0; g < groups; g++) {
        const size_t last = s->n < lanes ? 0 : s->n - lanes, from = LN_MIN(g * lanes, last);
        for (size_t tap = 0; tap <= taps; tap++)
            for (size_t i = 0; i < lanes; i++, to++)
                *to = from + i >= s->n ? 0
                      : tap == 0       ? bias[from + i]
                                       : w[(tap - 1) * s->n + from + i];
    }
    return packed;
}

/* What channel k of column c must be before it is clamped, and how far off it may be. */
static double wanted(const shape *s, const float *w, float bias, const float *const *window,
                     size_t k, double *slack)
{
    const size_t span = (s->columns - 1) * s->stride + s->width;
    double sum = (double)bias, size = fabs(sum);
    for (size_t r = 0; r < s->rows; r++)
        for (size_t tap = 0; tap < s->width; tap++) {
            const double x = (double)window[r * span + tap][s->spread ? 0 : k];
            const double product = x * (double)w[(s->first + r * s->width + tap) * s->n + k];
            sum += product;
            size += fabs(product);
        }
    *slack = size * 3e-6;
    return sum;
}

static void check_tile(check *c, ln_depthwise_f32 fn, const shape *s)
{
    const size_t lanes = c->new->depthwise.lanes, taps = s->first + s->rows * s->width;
    const size_t span = (s->columns - 1) * s->stride + s->width;
    const size_t x_n = s->spread ? 1 : s->n;
    const float *x = check_floats(s->rows * span * x_n, CHECK_PLAIN);
    const float *w = check_floats(taps * s->n, CHECK_PLAIN),
                *bias = check_floats(s->n, CHECK_PLAIN);
    const float *pixels[MAX_PIXELS];
    float *y = check_buffer(s->columns * s->n * sizeof *y);
    double slack;
    for (size_t i = 0; i < s->rows * span; i++)
        pixels[i] = x + i * x_n;
    ln_depthwise_tile t = {
        .y = y,
        .y_step = s->n,
        .n = s->n,
        .end = (s->n + lanes - 1) / lanes,
        .min = -100,
        .max = 90,
        .w = pack(s, taps, lanes, w, bias),
        .w_group = (taps + 1) * lanes,
        .w_first = (s->first + 1) * lanes,
        .rows = s->rows,
        .x = x,
        .taps = s->width,
        .x_row = span * x_n,
        .x_tap = x_n,
        .x_column = s->stride * x_n,
        .w_row = s->width * lanes,
        .scale = s->n % 3 == 1 ? check_floats(s->n, CHECK_PLAIN) : NULL,
        .bias = check_floats(s->n, CHECK_PLAIN),
        .below = s->n % 2 * 64,
    };
    for (size_t r = 0; r < LN_MIN(s->rows, (size_t)LN_DEPTHWISE_ROWS); r++)
        t.pixels[r] = pixels + r * span;
    fn(&t);
    for (size_t i = 0; i < s->columns * s->n; i++) {
        const size_t column = i / s->n, k = i % s->n;
        double sum = wanted(s, w, bias[k], pixels + column * s->stride, k, &slack);
        if (t.scale) {
            sum = sum * (double)t.scale[k] + (double)t.bias[k];
            slack = slack * fabs((double)t.scale[k]) + fabs(sum) * 3e-7;
        }
        const double want = fmax(fmin(sum, (double)t.max), (double)t.min);
        if (!check_that(c, fabs((double)y[i] - want) <= slack,
                        "%zu channels, %zu rows: pixel %zu channel %zu is %g, not %g", s->n,
                        s->rows, column, k, (double)y[i], want))
            break;
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

typedef struct speed {
    ln_depthwise_f32 fn;
    ln_depthwise_tile t;
} speed;

static void run(void *arg)
{
    const speed *s = arg;
    s->fn(&s->t);
}

static void bench_tile(check *c, ln_depthwise_f32 fn, const shape *s)
{
    enum { N = 64 };
    const size_t lanes = c->new->depthwise.lanes, taps = s->rows * s->width;
    const size_t span = (s->columns - 1) * s->stride + s->width;
    const float *x = check_floats(s->rows * span * N, CHECK_PLAIN), *pixels[MAX_PIXELS];
    for (size_t i = 0; i < s->rows * span; i++)
        pixels[i] = x + i * N;
    speed at = {fn,
                {
                    .y = check_buffer(s->columns * N * sizeof(float)),
                    .y_step = N,
                    .n = N,
                    .end = N / lanes,
                    .min = -INFINITY,
                    .max = INFINITY,
                    .w = check_floats((taps + 1) * N, CHECK_PLAIN),
                    .w_group = (taps + 1) * lanes,
                    .w_first = lanes,
                    .rows = s->rows,
                    .x = x,
                    .taps = s->width,
                    .x_row = span * N,
                    .x_tap = N,
                    .x_column = s->stride * N,
                    .w_row = s->width * lanes,
                }};
    for (size_t r = 0; r < LN_MIN(s->rows, (size_t)LN_DEPTHWISE_ROWS); r++)
        at.t.pixels[r] = pixels + r * span;
    check_bench(c, run, &at, 2.0 * N * (double)(s->columns * taps), "GFLOP/s");
    check_end();
}

static void check_all(check *c, ln_depthwise_f32 fn, shape s, size_t least)
{
    const size_t rows = s.rows;
    for (s.n = least; s.n <= MAX_CHANNELS; s.n++) {
        s.rows = s.n % 4 == 3 ? rows - 1 : rows;
        s.first = rows - s.rows;
        check_tile(c, fn, &s);
    }
    s.rows = rows;
    if (!s.spread && s.columns == LN_DEPTHWISE_COLUMNS)
        bench_tile(c, fn, &s);
}

/* Two lines at once have the bits of both. */
static void check_pair(check *c, int kind, size_t width, size_t height, size_t n)
{
    enum { COLUMNS = LN_DEPTHWISE_COLUMNS };
    const ln_depthwise_kernels *fn = &c->new->depthwise;
    const size_t span = COLUMNS - 1 + width, groups = (n + fn->lanes - 1) / fn->lanes;
    const size_t line = COLUMNS * n, w_group = (1 + width * height) * fn->lanes;
    const float *x = check_floats((height + 1) * span * n, CHECK_PLAIN), *pixels[MAX_PIXELS];
    float *y = check_buffer(4 * line * sizeof *y);
    ln_depthwise_tile t = {
        .y = y,
        .y_step = n,
        .y_row = line,
        .n = n,
        .end = groups,
        .min = -100,
        .max = 90,
        .w = check_floats(groups * w_group, CHECK_PLAIN),
        .w_group = w_group,
        .w_first = fn->lanes,
        .rows = height + 1,
        .scale = n % 3 == 1 ? check_floats(n, CHECK_PLAIN) : NULL,
        .bias = check_floats(n, CHECK_PLAIN),
    };
    for (size_t i = 0; i < (height + 1) * span; i++)
        pixels[i] = x + i * n;
    for (size_t r = 0; r <= height; r++)
        t.pixels[r] = pixels + r * span;
    fn->pair[kind](&t);
    t.rows = height;
    for (size_t i = 0; i < 2; i++) {
        for (size_t r = 0; r < height; r++)
            t.pixels[r] = pixels + (i + r) * span;
        t.y = y + (2 + i) * line;
        fn->narrow[kind][COLUMNS - 1](&t);
    }
    check_that(c, memcmp(y, y + 2 * line, 2 * line * sizeof *y) == 0,
               "%zu channels, %zu by %zu: two lines are others than one by one", n, height, width);
    check_that(c, check_end(), "writes in front of a buffer");
}

static void check_pairs(check *c, int kind, size_t width)
{
    for (size_t n = c->new->depthwise.lanes; n <= MAX_CHANNELS; n++)
        for (size_t height = 1; height < LN_DEPTHWISE_ROWS; height++)
            check_pair(c, kind, width, height, n);
}

void check_depthwise(check *c)
{
    static const size_t width[] = {3, 3, 5, 5}, stride[] = {1, 2, 1, 2};
    char name[40];
    for (size_t i = 0; i < LN_DEPTHWISE_COLUMNS; i++) {
        for (int kind = 0; kind < LN_DEPTHWISE_KINDS; kind++) {
            snprintf(name, sizeof name, "depthwise_%zu_by_%zu_%zu", width[kind], stride[kind],
                     i + 1);
            if (CHECK_BEGIN(c, name, depthwise.narrow[kind][i]))
                check_all(c, c->new->depthwise.narrow[kind][i],
                          (shape){.columns = i + 1,
                                  .width = width[kind],
                                  .stride = stride[kind],
                                  .rows = width[kind]},
                          c->new->depthwise.lanes);
        }
        shape s = {.columns = i + 1, .width = 2, .stride = 2, .rows = 4};
        snprintf(name, sizeof name, "depthwise_any_%zu", i + 1);
        if (CHECK_BEGIN(c, name, depthwise.any[i]))
            check_all(c, c->new->depthwise.any[i], s, 1);
        s.spread = true;
        snprintf(name, sizeof name, "depthwise_spread_%zu", i + 1);
        if (CHECK_BEGIN(c, name, depthwise.spread[i]))
            check_all(c, c->new->depthwise.spread[i], s, 1);
    }
    if (CHECK_BEGIN(c, "depthwise_pair_3", depthwise.pair[LN_DEPTHWISE_3]))
        check_pairs(c, LN_DEPTHWISE_3, 3);
    if (CHECK_BEGIN(c, "depthwise_pair_5", depthwise.pair[LN_DEPTHWISE_5]))
        check_pairs(c, LN_DEPTHWISE_5, 5);
}
