/* SPDX-License-Identifier: Apache-2.0 */
/* flex_scale.c: ScaleAndTranslate: images as a kernel samples them.
 *
 *   images [b, h, w, c], size [2], scale [2], translation [2] -> float32 [b, size.., c]
 *
 * Item y of the output is sampled at (y + 1/2 - translation) / scale; with `antialias` the kernel
 * is as wide as an item of the output, where that is larger.  Rows first, then columns. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "ops/elementwise.h"
#include "ops/flex/flex.h"
#include "ops/move.h"
#include "ops/scratch.h"

enum { IMAGES, SIZE, SCALE, TRANSLATION };

typedef struct kernel {
    const char *name;
    float radius;
    float (*weight)(float x, float radius); /* x >= 0 */
} kernel;

static float lanczos(float x, float radius)
{
    const float pi = 3.14159265358979f;
    if (x > radius)
        return 0;
    return x <= 1e-3f ? 1 : radius * sinf(pi * x) * sinf(pi * x / radius) / (pi * pi * x * x);
}

static float gaussian(float x, float radius)
{
    const float sigma = radius / 3;
    return x >= radius ? 0 : expf(-x * x / (2 * sigma * sigma));
}

static float box(float x, float radius)
{
    (void)radius;
    return x < 0.5f ? 1 : x > 0.5f ? 0 : 0.5f;
}

static float triangle(float x, float radius)
{
    return x < radius ? radius - x : 0;
}

static float keys_cubic(float x, float radius)
{
    if (x >= radius)
        return 0;
    return x >= 1 ? ((-0.5f * x + 2.5f) * x - 4) * x + 2 : (1.5f * x - 2.5f) * x * x + 1;
}

static float mitchell_cubic(float x, float radius)
{
    if (x >= radius)
        return 0;
    return x >= 1 ? ((-7.f / 18 * x + 2) * x - 10.f / 3) * x + 16.f / 9
                  : (7.f / 6 * x - 2) * x * x + 8.f / 9;
}

static const kernel kernels[] = {
    {"lanczos1", 1, lanczos},
    {"lanczos3", 3, lanczos},
    {"lanczos5", 5, lanczos},
    {"gaussian", 1.5f, gaussian},
    {"box", 1, box},
    {"triangle", 1, triangle},
    {"keyscubic", 2, keys_cubic},
    {"mitchellcubic", 2, mitchell_cubic},
};

static const kernel *kernel_of(const ln_call *c)
{
    for (size_t i = 0; i < LN_COUNTOF(kernels); i++)
        if (ln_flex_str_is(c, "kernel_type", kernels[i].name, "lanczos3"))
            return &kernels[i];
    return NULL;
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[IMAGES]);
    ln_shape y = x;
    ln_scratch s = {0};
    int size[2], n;
    LN_TRY(ln_check_type(c, IMAGES, LN_FLOATS | LN_BIT(Float64) | (LN_INTEGERS & ~LN_BIT(UInt64))));
    LN_TRY(ln_check_type(c, SIZE, LN_BIT(Int32)));
    LN_CHECK(c, x.rank == 4, "the images have rank %d, not 4", x.rank);
    LN_CHECK(c, kernel_of(c), "the kernel_type is none that is known");
    for (int i = SCALE; i <= TRANSLATION; i++) {
        LN_TRY(ln_check_type(c, i, LN_BIT(Float32)));
        LN_CHECK(c, ln_count(c->in[i]) == 2, "input %d has %d items, not 2", i, ln_count(c->in[i]));
    }
    y.dim[1] = y.dim[2] = -1;
    if (ln_known(c, SIZE)) {
        LN_TRY(ln_read_ints(c, SIZE, 2, size, &n));
        LN_CHECK(c, n == 2 && size[0] > 0 && size[1] > 0, "the size is not of two numbers above 0");
        y.dim[1] = size[0];
        y.dim[2] = size[1];
    }
    if (ln_shape_known(&x) && y.dim[1] > 0) {
        LN_CHECK(c, x.dim[1] > 0 && x.dim[2] > 0, "the images are empty");
        ln_scratch_take(&s, LN_MAX(x.dim[1], x.dim[2]), sizeof(float));
        ln_scratch_take(&s, (int64_t)x.dim[2] * x.dim[3], sizeof(float));
        LN_TRY(ln_scratch_ask(c, &s));
    }
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

/* What one item of the output is made of: items [start, start + n) of `size`, by their weights. */
typedef struct span {
    const kernel *k;
    float inverse, shift, wide;
    int size, start, n;
    float *weights;
} span;

static span span_of(ln_call *c, const kernel *k, int axis, int size, float *weights)
{
    span s = {.k = k, .size = size, .weights = weights};
    s.inverse = 1 / c->in[SCALE]->data.f[axis];
    s.shift = -s.inverse * c->in[TRANSLATION]->data.f[axis];
    s.wide = ln_flex_flag(c, "antialias", true) && s.inverse > 1 ? s.inverse : 1;
    return s;
}

static void weigh(span *s, int to)
{
    const float at = ((float)to + 0.5f) * s->inverse + s->shift, reach = s->k->radius * s->wide;
    s->start = s->n = 0;
    if (!(at >= 0 && at <= (float)s->size))
        return;
    const float last = (float)(s->size - 1), low = ceilf(at - reach - 0.5f);
    const float high = floorf(at + reach - 0.5f);
    float sum = 0;
    s->start = (int)(low < 0 ? 0 : low > last ? last : low);
    s->n = (int)(high < 0 ? 0 : high > last ? last : high) + 1 - s->start;
    for (int i = 0; i < s->n; i++) {
        s->weights[i] =
            s->k->weight(fabsf(((float)(s->start + i) + 0.5f - at) / s->wide), s->k->radius);
        sum += s->weights[i];
    }
    s->n = fabsf(sum) >= 1000 * FLT_MIN ? s->n : 0;
    for (int i = 0; i < s->n; i++)
        s->weights[i] *= 1 / sum;
}

/* The sum of rows of x by the weights of the span: n items each, at `from` + `row` * `stride`. */
static void add_rows(const span *s, const TfLiteTensor *x, int64_t from, int n, float *y)
{
    memset(y, 0, (size_t)n * sizeof *y);
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < n; k++) {
            double buffer[2];
            const int64_t at = from + (int64_t)(s->start + i) * n + k;
            y[k] += s->weights[i] * (float)*(const double *)ln_lane_load(
                                        LN_F64, x->type, x->data.data, at, 1, buffer);
        }
}

static ln_status eval(ln_call *c)
{
    const TfLiteTensor *x = c->in[IMAGES];
    const ln_shape s = ln_shape_of(x), shape = ln_shape_of(c->out[0]);
    const kernel *k = kernel_of(c);
    const int line = s.dim[2] * s.dim[3], channels = s.dim[3];
    ln_scratch area = {.base = c->scratch};
    float *weights = ln_scratch_take(&area, LN_MAX(s.dim[1], s.dim[2]), sizeof *weights);
    float *row = ln_scratch_take(&area, line, sizeof *row), *y = c->out[0]->data.f;
    for (int i = 0; i < 2; i++)
        LN_CHECK(c, c->in[SCALE]->data.f[i] > 0, "scale %d is %g, not above 0", i,
                 (double)c->in[SCALE]->data.f[i]);
    span rows = span_of(c, k, 0, s.dim[1], weights), columns = span_of(c, k, 1, s.dim[2], weights);
    for (int b = 0; b < s.dim[0]; b++)
        for (int i = 0; i < shape.dim[1]; i++) {
            weigh(&rows, i);
            add_rows(&rows, x, (int64_t)b * s.dim[1] * line, line, row);
            for (int j = 0; j < shape.dim[2]; j++, y += channels) {
                weigh(&columns, j);
                for (int ch = 0; ch < channels; ch++) {
                    y[ch] = 0;
                    for (int p = 0; p < columns.n; p++)
                        y[ch] += weights[p] * row[(columns.start + p) * channels + ch];
                }
            }
        }
    return LN_OK;
}

LN_FLEX_OP(scale_and_translate, "ScaleAndTranslate", 4, 4, 1, infer, eval);
