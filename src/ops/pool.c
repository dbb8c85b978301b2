/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: AVERAGE_POOL_2D, MAX_POOL_2D, L2_POOL_2D.
 *
 *   x [n, h, w, c]    y [n, oh, ow, c]
 *
 * float32; the first two also uint8, int8 and int16, where x and y have the same scale, so that
 * the stored values are averaged as they are.  Values outside of x count as not there.  One output
 * pixel at a time, all channels of a tap at once. */
#include <float.h>
#include <math.h>

#include "ops/conv_common.h"
#include "ops/scratch.h"
#include "ops/window.h"

static const ln_field fields[] = {
    LN_FIELD(PAD, 0, TfLitePoolParams, padding, 1),
    LN_FIELD(I32, 1, TfLitePoolParams, stride_width, 1),
    LN_FIELD(I32, 2, TfLitePoolParams, stride_height, 1),
    LN_FIELD(I32, 3, TfLitePoolParams, filter_width, 1),
    LN_FIELD(I32, 4, TfLitePoolParams, filter_height, 1),
    LN_FIELD(ACT, 5, TfLitePoolParams, activation, 1),
    {0},
};

static const ln_quant average_quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_MIXED(0)}};
static const ln_quant max_quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(0)}};

typedef enum kind { AVERAGE, MAXIMUM, L2 } kind;

typedef struct geometry {
    int batches, channels;
    ln_window h, w;
} geometry;

typedef struct buffers {
    float *sums;     /* float: one per channel */
    int64_t *totals; /* integers: one per channel */
    int16_t *tap;    /* integers: the values of one tap */
} buffers;

static ln_status plan(ln_call *c, geometry *g)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    LN_CHECK(c, x.rank == 4, "input has rank %d, not 4", x.rank);
    g->batches = x.dim[0];
    g->channels = x.dim[3];
    return ln_pool_windows(c, &g->h, &g->w);
}

static void carve(const ln_call *c, const geometry *g, ln_scratch *s, buffers *b)
{
    const bool floats = c->in[0]->type == kTfLiteFloat32;
    const int n = LN_MAX(g->channels, 0);
    b->sums = ln_scratch_take(s, floats ? n : 0, sizeof *b->sums);
    b->totals = ln_scratch_take(s, floats ? 0 : n, sizeof *b->totals);
    b->tap = ln_scratch_take(s, floats ? 0 : n, sizeof *b->tap);
}

static ln_status infer(ln_call *c, kind k)
{
    const TfLitePoolParams *p = c->params;
    const TfLiteType type = c->in[0]->type;
    geometry g;
    ln_scratch s = {0};
    buffers b;
    int32_t min, max;
    LN_TRY(plan(c, &g));
    if (type != kTfLiteFloat32) {
        if (k == L2 || (type != kTfLiteUInt8 && type != kTfLiteInt8 && type != kTfLiteInt16))
            return ln_fail_type(c, 0);
        LN_CHECK(c, c->out[0]->type == type, "output has type %s, not that of the input, %s",
                 ln_type_name(c->out[0]->type), ln_type_name(type));
        LN_TRY(ln_activation_range_q(c, p->activation, c->out[0], &min, &max));
    }
    carve(c, &g, &s, &b);
    LN_TRY(ln_scratch_ask(c, &s));
    const ln_shape y = {4, {g.batches, g.h.out, g.w.out, g.channels}};
    return ln_set_out(c, 0, type, &y);
}

/* The window of one output pixel. */
typedef struct span {
    int ys[3], xs[3]; /* position of tap 0, first and last tap + 1 */
} span;

static void add_floats(kind k, const float *x, int n, float *sums)
{
    if (k == AVERAGE) {
        for (int i = 0; i < n; i++)
            sums[i] += x[i];
    } else if (k == L2) {
        for (int i = 0; i < n; i++)
            sums[i] += x[i] * x[i];
    } else {
        for (int i = 0; i < n; i++)
            sums[i] = x[i] > sums[i] ? x[i] : sums[i];
    }
}

static void pixel_floats(const ln_call *c, const geometry *g, const buffers *b, kind k,
                         const span *s, const float *x, float *y)
{
    const TfLitePoolParams *p = c->params;
    const float count = (float)(s->ys[2] - s->ys[1]) * (float)(s->xs[2] - s->xs[1]);
    float min, max;
    ln_activation_range_f32(p->activation, &min, &max);
    for (int i = 0; i < g->channels; i++)
        b->sums[i] = k == MAXIMUM ? -FLT_MAX : 0;
    for (int fy = s->ys[1]; fy < s->ys[2]; fy++)
        for (int fx = s->xs[1]; fx < s->xs[2]; fx++)
            add_floats(k,
                       x + ((size_t)(s->ys[0] + fy) * (size_t)g->w.in + (size_t)(s->xs[0] + fx)) *
                               (size_t)g->channels,
                       g->channels, b->sums);
    for (int i = 0; i < g->channels; i++) {
        const float v = k == AVERAGE ? b->sums[i] / count
                        : k == L2    ? sqrtf(b->sums[i] / count)
                                     : b->sums[i];
        y[i] = v < min ? min : v > max ? max : v;
    }
}

/* sum / count rounded to nearest; halves up for uint8, away from zero for the signed types. */
static int64_t average(int64_t sum, int64_t count, bool is_signed)
{
    const int64_t half = count / 2;
    return (!is_signed || sum > 0 ? sum + half : sum - half) / count;
}

static void store(TfLiteTensor *y, size_t at, int64_t v)
{
    if (y->type == kTfLiteInt16)
        y->data.i16[at] = (int16_t)v;
    else
        y->data.uint8[at] = (uint8_t)v; /* int8 has the same bytes */
}

/* x and y: where the image and the output pixel begin. */
static ln_status pixel_ints(ln_call *c, const geometry *g, const buffers *b, kind k, const span *s,
                            size_t x, size_t y)
{
    const TfLitePoolParams *p = c->params;
    const TfLiteType type = c->in[0]->type;
    const int64_t count = LN_MAX((int64_t)(s->ys[2] - s->ys[1]) * (s->xs[2] - s->xs[1]), 1);
    int32_t min, max;
    LN_TRY(ln_activation_range_q(c, p->activation, c->out[0], &min, &max));
    for (int i = 0; i < g->channels; i++)
        b->totals[i] = k == MAXIMUM ? INT16_MIN : 0;
    for (int fy = s->ys[1]; fy < s->ys[2]; fy++) {
        for (int fx = s->xs[1]; fx < s->xs[2]; fx++) {
            const size_t at = (size_t)(s->ys[0] + fy) * (size_t)g->w.in + (size_t)(s->xs[0] + fx);
            ln_centered(c->in[0]->data.raw_const, type, x + at * (size_t)g->channels,
                        (size_t)g->channels, 0, b->tap);
            for (int i = 0; i < g->channels; i++)
                b->totals[i] =
                    k == AVERAGE ? b->totals[i] + b->tap[i] : LN_MAX(b->totals[i], b->tap[i]);
        }
    }
    for (int i = 0; i < g->channels; i++) {
        const int64_t v =
            k == AVERAGE ? average(b->totals[i], count, type != kTfLiteUInt8) : b->totals[i];
        store(c->out[0], y + (size_t)i, v < min ? min : v > max ? max : v);
    }
    return LN_OK;
}

static ln_status eval(ln_call *c, kind k)
{
    const bool floats = c->in[0]->type == kTfLiteFloat32;
    geometry g;
    ln_scratch scratch = {c->scratch, 0};
    buffers b;
    size_t y = 0;
    LN_TRY(plan(c, &g));
    carve(c, &g, &scratch, &b);
    const size_t image = (size_t)g.h.in * (size_t)g.w.in * (size_t)g.channels;
    for (size_t n = 0; n < (size_t)g.batches; n++) {
        for (int oy = 0; oy < g.h.out; oy++) {
            span s;
            s.ys[0] = ln_window_taps(&g.h, oy, &s.ys[1], &s.ys[2]);
            for (int ox = 0; ox < g.w.out; ox++, y += (size_t)g.channels) {
                s.xs[0] = ln_window_taps(&g.w, ox, &s.xs[1], &s.xs[2]);
                if (floats)
                    pixel_floats(c, &g, &b, k, &s, c->in[0]->data.f + n * image,
                                 c->out[0]->data.f + y);
                else
                    LN_TRY(pixel_ints(c, &g, &b, k, &s, n * image, y));
            }
        }
    }
    return LN_OK;
}

static ln_status infer_average(ln_call *c)
{
    return infer(c, AVERAGE);
}
static ln_status infer_max(ln_call *c)
{
    return infer(c, MAXIMUM);
}
static ln_status infer_l2(ln_call *c)
{
    return infer(c, L2);
}
static ln_status eval_average(ln_call *c)
{
    return eval(c, AVERAGE);
}
static ln_status eval_max(ln_call *c)
{
    return eval(c, MAXIMUM);
}
static ln_status eval_l2(ln_call *c)
{
    return eval(c, L2);
}

const ln_op ln_op_average_pool_2d = {
    .name = "AVERAGE_POOL_2D",
    .builtin = kTfLiteBuiltinAveragePool2d,
    .version = 3,
    .options = 5,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_FUSES_ACTIVATION,
    .fields = fields,
    .params_size = sizeof(TfLitePoolParams),
    .infer = infer_average,
    .eval = eval_average,
    .quant = &average_quant,
};

const ln_op ln_op_max_pool_2d = {
    .name = "MAX_POOL_2D",
    .builtin = kTfLiteBuiltinMaxPool2d,
    .version = 3,
    .options = 5,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_FUSES_ACTIVATION,
    .fields = fields,
    .params_size = sizeof(TfLitePoolParams),
    .infer = infer_max,
    .eval = eval_max,
    .quant = &max_quant,
};

const ln_op ln_op_l2_pool_2d = {
    .name = "L2_POOL_2D",
    .builtin = kTfLiteBuiltinL2Pool2d,
    .version = 1,
    .options = 5,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_FUSES_ACTIVATION,
    .fields = fields,
    .params_size = sizeof(TfLitePoolParams),
    .infer = infer_l2,
    .eval = eval_l2,
};
