/* SPDX-License-Identifier: Apache-2.0 */
/* weights.c: float constants -> symmetric integers of 8 or 4 bits, with a scale per tensor, channel
 * or block.  The lowest integer is left out (-127, -7), as TFLite's specification asks. */
#include <math.h>
#include <string.h>

#include "quant/quant.h"
#include "quant/round.h"

/* Scales from this part of the largest value on are tried for LN_QUANT_CLIP_MSE. */
#define CLIP_FROM 0.5f
enum { CLIP_STEPS = 40 };

ln_quant_layout ln_quant_layout_of(const TfLiteTensor *t, int axis)
{
    const ln_shape s = ln_shape_of(t);
    if (axis < 0 || axis >= s.rank)
        return (ln_quant_layout){1, 1, ln_shape_count(&s, 0, s.rank), -1};
    return (ln_quant_layout){ln_shape_count(&s, 0, axis), s.dim[axis],
                             ln_shape_count(&s, axis + 1, s.rank), axis};
}

/* Where item `i` of the inner ones of channel `c` lies in slice `o`. */
static size_t place(const ln_quant_layout *at, int o, int c)
{
    return ((size_t)o * (size_t)at->channels + (size_t)c) * (size_t)at->inner;
}

static float largest(const ln_quant_layout *at, const float *x, int c)
{
    float most = 0;
    for (int o = 0; o < at->outer; o++) {
        const float *row = x + place(at, o, c);
        for (int i = 0; i < at->inner; i++)
            most = fmaxf(most, fabsf(row[i]));
    }
    return most;
}

static double square_error(const ln_quant_layout *at, const float *x, int c, float scale, int top)
{
    const float inverse = 1 / scale;
    double sum = 0;
    for (int o = 0; o < at->outer; o++) {
        const float *row = x + place(at, o, c);
        for (int i = 0; i < at->inner; i++) {
            const float q = fmaxf(fminf(rintf(row[i] * inverse), (float)top), (float)-top);
            const float off = row[i] - q * scale;
            sum += (double)(off * off);
        }
    }
    return sum;
}

static float clipped(const ln_quant_layout *at, const float *x, int c, float most, int top)
{
    float best = most / (float)top;
    double least = square_error(at, x, c, best, top);
    for (int k = 1; k <= CLIP_STEPS && least > 0; k++) {
        const float part = 1 - (1 - CLIP_FROM) * (float)k / CLIP_STEPS;
        const float scale = most * part / (float)top;
        const double error = square_error(at, x, c, scale, top);
        if (error < least) {
            least = error;
            best = scale;
        }
    }
    return best;
}

/* Weights that training has put on a grid stay there: the largest step of which all of them are
 * multiples, where they are few enough steps; 0 where they are on none.  What it costs is little:
 * of other weights, the first few say no. */
static double step_of(const ln_quant_layout *at, const float *x, int c, float most, int top)
{
    enum { FEW = 6 };
    if (at->outer * at->inner < FEW || !(most > 0))
        return 0;
    for (int m = 2; m <= top; m++) {
        const double scale = (double)most / m;
        bool fits = true;
        for (int o = 0; fits && o < at->outer; o++)
            for (int i = 0; fits && i < at->inner; i++) {
                const double q = (double)x[place(at, o, c) + (size_t)i] / scale;
                fits = fabs(q - round(q)) < 1e-4;
            }
        if (fits)
            return scale;
    }
    return 0;
}

/* The scale is a double here, as in TensorFlow's converter: weights on a grid then fall on the same
 * side of a half. */
static void round_channel(const ln_quant_layout *at, const float *x, int c, double scale, int top,
                          int8_t *y)
{
    for (int o = 0; o < at->outer; o++) {
        const size_t from = place(at, o, c);
        for (int i = 0; i < at->inner; i++) {
            const double q = round((double)x[from + (size_t)i] / scale);
            y[from + (size_t)i] = (int8_t)fmax(fmin(q, top), -top);
        }
    }
}

/* Scales lie along the rows, or parts of these: so it is for all that relations are known of. */
static ln_status round_related(ln_model *m, const TfLiteTensor *t, int top, ln_quant_weights *w)
{
    const size_t n = (size_t)ln_count(t);
    float *errors = ln_arena_new(&m->arena, (size_t)w->relation->k, sizeof *errors);
    if (!errors)
        return LN_ERR_MEMORY;
    if (w->at.outer == 1)
        ln_quant_round_related(t->data.f, n, top, errors, w);
    return LN_OK;
}

ln_status ln_quant_weigh(ln_model *m, const TfLiteTensor *t, ln_quant_clip clip,
                         const float *floors, ln_quant_weights *w)
{
    const int top = w->bits == 4 ? 7 : 127;
    w->scales = ln_arena_new(&m->arena, (size_t)w->at.channels, sizeof *w->scales);
    w->values = ln_arena_new(&m->arena, (size_t)ln_count(t), sizeof *w->values);
    if (!w->scales || !w->values)
        return LN_ERR_MEMORY;
    for (int c = 0; c < w->at.channels; c++) {
        const float most = largest(&w->at, t->data.f, c);
        double scale = (double)most / top;
        if (!isfinite(most))
            return LN_ERR_FORMAT;
        const double step = step_of(&w->at, t->data.f, c, most, top);
        if (step > 0)
            scale = step;
        else if (clip == LN_QUANT_CLIP_MSE && most > 0)
            scale = (double)clipped(&w->at, t->data.f, c, most, top);
        if (floors)
            scale = fmax(scale, (double)floors[c]);
        if (scale < 1e-30) /* nothing there: any scale will do, and none may be 0 */
            scale = 1;
        w->scales[c] = (float)scale;
        round_channel(&w->at, t->data.f, c, scale, top, w->values);
    }
    return w->relation ? round_related(m, t, top, w) : LN_OK;
}

/* Two to a byte, the first in the lower half. */
static int8_t *packed(ln_model *m, const int8_t *values, size_t n)
{
    int8_t *bytes = ln_arena_new(&m->arena, n / 2 + 1, 1);
    for (size_t i = 0; bytes && i < n; i++)
        bytes[i / 2] = (int8_t)((uint8_t)bytes[i / 2] | ((uint8_t)values[i] & 15u) << (i % 2 * 4));
    return bytes;
}

ln_status ln_quant_weights_tensor(ln_model *m, ln_graph *g, ln_id like, const ln_quant_weights *w,
                                  ln_id *out)
{
    const size_t n = (size_t)ln_count(&g->tensors[like].t);
    const TfLiteType type = w->bits == 4 ? kTfLiteInt4 : kTfLiteInt8;
    const int8_t *data = w->bits == 4 ? packed(m, w->values, n) : w->values;
    size_t bytes;
    if (!data)
        return LN_ERR_MEMORY;
    if (!ln_type_bytes(type, n, &bytes))
        return LN_ERR_FORMAT;
    LN_TRY(ln_quant_constant(m, g, like, type, data, bytes, out));
    return ln_quant_set_affine(m, &g->tensors[*out].t, w->at.channels, w->scales, NULL,
                               LN_MAX(w->at.axis, 0));
}
