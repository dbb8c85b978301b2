/* SPDX-License-Identifier: Apache-2.0 */
/* resample.c: resizing for which there is no operator: a product with a constant matrix per axis.
 * The weights are those of TensorFlow.  ResizeBicubic with half-pixel centers has Keys' cubic of a
 * table of 1024 steps, and pixels outside of the image weigh nothing; ResizeArea takes what part of
 * a pixel is covered; ScaleAndTranslate has a kernel, which is as wide as a step where that is
 * wider than a pixel and antialiasing is wanted. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"

enum { STEPS = 1024, TAPS = 4, MAX_ITEMS = 1 << 24 /* of a matrix */ };

/* Keys' kernel with a = -0.5 at a distance of 0 to 2. */
static float cubic(float x, float radius)
{
    const float a = -0.5F;
    if (x >= radius)
        return 0;
    return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

static float triangle(float x, float radius)
{
    return x < radius ? radius - x : 0;
}

static float lanczos(float x, float radius)
{
    const float pi = 3.14159265358979323846F;
    if (x > radius)
        return 0;
    return x <= 1e-3F ? 1 : radius * sinf(pi * x) * sinf(pi * x / radius) / (pi * pi * x * x);
}

/* How the pixels of one axis become others. */
typedef struct method {
    const char *name;
    float (*weight)(float distance, float radius);
    float radius;
} method;

static const method methods[] = {
    {"bilinear", triangle, 1},
    {"bicubic", cubic, 2},
    {"lanczos3", lanczos, 3},
    {"lanczos5", lanczos, 5},
};

/* Each of the following fills row `i` of the matrix [to, from]. */

static void bicubic_row(float *row, int i, int from, int to)
{
    const float scale = (float)from / (float)to;
    const float at = ((float)i + 0.5F) * scale - 0.5F, base = floorf(at);
    const float part = rintf((at - base) * STEPS) / STEPS;
    const float weights[TAPS] = {cubic(1 + part, 3), cubic(part, 3), cubic(1 - part, 3),
                                 cubic(2 - part, 3)};
    float sum = 0;
    for (int k = 0; k < TAPS; k++) {
        const int column = (int)base - 1 + k;
        if (column >= 0 && column < from) {
            row[column] = weights[k];
            sum += weights[k];
        }
    }
    for (int k = 0; k < from && sum != 0; k++)
        row[k] /= sum;
}

static void area_row(float *row, int i, int from, int to)
{
    const float scale = (float)from / (float)to;
    const float begin = (float)i * scale, end = (float)(i + 1) * scale;
    for (int k = (int)floorf(begin); (float)k < end; k++) {
        const float covered = fminf((float)k + 1, end) - fmaxf((float)k, begin);
        row[LN_MIN(k, from - 1)] += covered / scale;
    }
}

static void kernel_row(float *row, int i, int from, int to, const method *m, bool smooth)
{
    const float step = (float)from / (float)to, at = ((float)i + 0.5F) * step;
    const float wide = smooth ? fmaxf(step, 1) : 1;
    const int begin = (int)ceilf(at - m->radius * wide - 0.5F),
              end = (int)floorf(at + m->radius * wide - 0.5F);
    float sum = 0;
    for (int k = LN_MAX(begin, 0); k <= end && k < from; k++) {
        row[k] = m->weight(fabsf((float)k + 0.5F - at) / wide, m->radius);
        sum += row[k];
    }
    for (int k = LN_MAX(begin, 0); k <= end && k < from && sum != 0; k++)
        row[k] /= sum;
}

static ln_id matrix(ln_keras_call *c, int from, int to, const char *how, bool smooth)
{
    const ln_shape s = {.rank = 2, .dim = {to, from}};
    const int n = ln_shape_count(&s, 0, 2);
    size_t m = 0;
    if (n < 1 || n > MAX_ITEMS)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "resizing %d items to %d", from, to);
    while (m < LN_COUNTOF(methods) && strcmp(methods[m].name, how) != 0)
        m++;
    float *values = ln_keras_floats(c, (size_t)n);
    for (int i = 0; values && i < to; i++) {
        float *row = values + (size_t)i * (size_t)from;
        if (m == LN_COUNTOF(methods))
            area_row(row, i, from, to);
        else if (methods[m].weight == cubic && !smooth)
            bicubic_row(row, i, from, to);
        else
            kernel_row(row, i, from, to, &methods[m], smooth);
    }
    return ln_keras_constant(c, &s, values);
}

bool ln_keras_resamples(const char *how, bool smooth)
{
    bool known = strcmp(how, "area") == 0;
    for (size_t i = smooth ? 0 : 1; i < LN_COUNTOF(methods); i++)
        known = known || strcmp(methods[i].name, how) == 0;
    return known;
}

ln_id ln_keras_resample(ln_keras_call *c, ln_id x, const int *size, const char *how, bool smooth)
{
    const ln_shape s = ln_emit_shape(c->e, x);
    if (s.rank != 4 || s.dim[1] < 1 || s.dim[2] < 1)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "%s resizing of an open size: give --input-shape", how);
    x = ln_emit_cast(c->e, x, kTfLiteFloat32);
    const ln_id rows[] = {matrix(c, s.dim[1], size[0], how, smooth), x};
    const ln_id columns[] = {matrix(c, s.dim[2], size[1], how, smooth),
                             ln_emit_einsum(c->e, "ih,bhwc->biwc", 2, rows)};
    return ln_emit_einsum(c->e, "jw,biwc->bijc", 2, columns);
}
