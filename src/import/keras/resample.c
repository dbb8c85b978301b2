/* SPDX-License-Identifier: Apache-2.0 */
/* resample.c: bicubic resizing, for which there is no operator: a product with a constant matrix
 * per axis.  The weights are those of TensorFlow's ResizeBicubic with half-pixel centers: Keys'
 * cubic of a table of 1024 steps, where pixels outside of the image weigh nothing. */
#include <math.h>

#include "import/keras/keras.h"

enum { STEPS = 1024, TAPS = 4, MAX_ITEMS = 1 << 24 /* of a matrix */ };

/* Keys' kernel with a = -0.5 at a distance of 0 to 2. */
static float cubic(float x)
{
    const float a = -0.5F;
    return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

/* Row `i` of the matrix [to, from]. */
static void fill_row(float *row, int i, int from, int to)
{
    const float scale = (float)from / (float)to;
    const float at = ((float)i + 0.5F) * scale - 0.5F, base = floorf(at);
    const float part = rintf((at - base) * STEPS) / STEPS;
    const float weights[TAPS] = {cubic(1 + part), cubic(part), cubic(1 - part), cubic(2 - part)};
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

static ln_id matrix(ln_keras_call *c, int from, int to)
{
    const ln_shape s = {.rank = 2, .dim = {to, from}};
    const int n = ln_shape_count(&s, 0, 2);
    if (n < 1 || n > MAX_ITEMS)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "resizing %d items to %d", from, to);
    float *values = ln_keras_floats(c, (size_t)n);
    for (int i = 0; values && i < to; i++)
        fill_row(values + (size_t)i * (size_t)from, i, from, to);
    return ln_keras_constant(c, &s, values);
}

ln_id ln_keras_resize_bicubic(ln_keras_call *c, ln_id x, const int *size)
{
    const ln_shape s = ln_emit_shape(c->e, x);
    if (s.rank != 4 || s.dim[1] < 1 || s.dim[2] < 1)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "bicubic resizing of an open size: give --input-shape");
    x = ln_emit_cast(c->e, x, kTfLiteFloat32);
    const ln_id rows[] = {matrix(c, s.dim[1], size[0]), x};
    const ln_id columns[] = {matrix(c, s.dim[2], size[1]),
                             ln_emit_einsum(c->e, "ih,bhwc->biwc", 2, rows)};
    return ln_emit_einsum(c->e, "jw,biwc->bijc", 2, columns);
}
