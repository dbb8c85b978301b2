/* SPDX-License-Identifier: Apache-2.0 */
/* svdf.c: SVDF, a fully connected layer over time as a product of two small ones.
 *
 *   x [batch, k]    feature weights [filters, k]    time weights [filters, memory]    bias [units]
 *   state [batch, filters * memory], a variable     y [batch, units], filters = units * rank
 *
 * Each call the state moves one step on, the newest entry of filter f is x . feature[f]; y sums
 * state . time over the `rank` filters of a unit.  float, hybrid, and int8 with int16 (or int8)
 * state and time weights as internal/reference/svdf.h. */
#include <math.h>
#include <string.h>

#include "ops/qmath.h"
#include "ops/recurrent.h"
#include "ops/scratch.h"

enum { X, FEATURE, TIME, BIAS, STATE };

typedef struct sizes {
    int batch, k, filters, memory, units, rank;
} sizes;

static sizes sizes_of(const ln_call *c)
{
    const TfLiteSVDFParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), f = ln_shape_of(c->in[FEATURE]);
    const ln_shape t = ln_shape_of(c->in[TIME]);
    return (sizes){x.dim[0], f.dim[1], f.dim[0], t.dim[1], f.dim[0] / p->rank, p->rank};
}

/* The multipliers of the int8 form, as floats like TFLite's. */
static float feature_scale(const ln_call *c)
{
    return c->in[X]->params.scale * c->in[FEATURE]->params.scale / c->in[STATE]->params.scale;
}

static float time_scale(const ln_call *c)
{
    return c->in[STATE]->params.scale * c->in[TIME]->params.scale / c->out[0]->params.scale;
}

static ln_status check_s8(ln_call *c)
{
    const TfLiteSVDFParams *p = c->params;
    const float a = feature_scale(c), b = time_scale(c);

    LN_CHECK(c, p->activation == kTfLiteActRelu, "activation %d, only RELU is there for int8",
             (int)p->activation);
    LN_TRY(ln_check_quantized(c, c->in[X], "input", 0, 1));
    LN_TRY(ln_check_quantized(c, c->out[0], "output", 0, 1));
    LN_CHECK(c, a > 0 && a < 1 << 30 && b > 0 && b < 1 << 30,
             "the scales' multipliers are %g and %g, outside of (0, 2^30)", (double)a, (double)b);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const TfLiteSVDFParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), f = ln_shape_of(c->in[FEATURE]);
    const ln_shape t = ln_shape_of(c->in[TIME]);
    const TfLiteType type = c->in[FEATURE]->type, wide = c->in[TIME]->type;
    const bool s8 = c->in[X]->type == kTfLiteInt8;

    if (!s8 && c->in[X]->type != kTfLiteFloat32)
        return ln_fail_type(c, X);
    if (s8 ? type != kTfLiteInt8 : !ln_row_type(type))
        return ln_fail_type(c, FEATURE);
    if (s8 ? wide != kTfLiteInt16 && wide != kTfLiteInt8 : wide != type)
        return ln_fail_type(c, TIME);
    LN_CHECK(c, x.rank == 2 && f.rank == 2 && t.rank == 2,
             "input and weights have ranks %d, %d, %d, not 2", x.rank, f.rank, t.rank);
    LN_CHECK(c, p->rank > 0 && f.dim[0] % p->rank == 0, "%d filters do not divide by rank %d",
             f.dim[0], p->rank);
    const sizes n = sizes_of(c);
    LN_CHECK(c, n.filters > 0 && n.memory > 0 && n.k > 0,
             "feature weights are [%d, %d], time weights [%d, %d]", f.dim[0], f.dim[1], t.dim[0],
             t.dim[1]);
    LN_CHECK(c, n.memory <= INT32_MAX / n.filters, "%d filters remember %d steps, too many",
             n.filters, n.memory);
    LN_TRY(ln_check_operand(c, FEATURE, type, n.filters, x.dim[1]));
    LN_TRY(ln_check_operand(c, TIME, wide, n.filters, n.memory));
    LN_TRY(ln_check_state(c, STATE, s8 ? wide : kTfLiteFloat32, n.batch, n.filters * n.memory));
    if (ln_has(c, BIAS))
        LN_TRY(ln_check_operand(c, BIAS, s8 ? kTfLiteInt32 : kTfLiteFloat32, n.units, LN_NO_DIM));
    if (s8)
        LN_TRY(check_s8(c));

    ln_scratch s = {0};
    ln_scratch_take(&s, n.k, 1);
    ln_scratch_take(&s, n.filters, sizeof(float));
    LN_TRY(ln_scratch_ask(c, &s));
    const ln_shape y = {2, {n.batch, n.units}};
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static float float_of(const TfLiteTensor *w, size_t i)
{
    return w->type == kTfLiteFloat32 ? w->data.f[i] : w->params.scale * w->data.int8[i];
}

static void row_f32(const ln_call *c, const sizes *n, int b)
{
    const TfLiteSVDFParams *p = c->params;
    const TfLiteTensor *feature = c->in[FEATURE], *bias = ln_has(c, BIAS) ? c->in[BIAS] : NULL;
    const size_t memory = (size_t)n->memory, filters = (size_t)n->filters;
    float *state = c->in[STATE]->data.f + (size_t)b * filters * memory;
    float *y = c->out[0]->data.f + (size_t)b * (size_t)n->units;
    ln_scratch s = {.base = c->scratch};
    int8_t *q = ln_scratch_take(&s, n->k, 1);
    float *newest = ln_scratch_take(&s, n->filters, sizeof(float));
    ln_row row = ln_row_for(feature->type, c->in[X]->data.f + (size_t)b * (size_t)n->k, n->k,
                            p->asymmetric_quantize_inputs, q);

    row.loops = c->loops;
    for (size_t f = 0; f < filters; f++)
        newest[f] = 0;
    ln_row_product(feature, &row, n->filters, newest);
    if (c->watch)
        c->watch->see(c->watch, c->in[STATE], newest, filters);
    for (int u = 0; u < n->units; u++)
        y[u] = bias ? bias->data.f[u] : 0;
    for (size_t f = 0; f < filters; f++) {
        float *past = state + f * memory, sum = 0;
        memmove(past, past + 1, (memory - 1) * sizeof(float));
        past[memory - 1] = newest[f];
        for (size_t t = 0; t < memory; t++)
            sum += float_of(c->in[TIME], f * memory + t) * past[t];
        y[f / (size_t)n->rank] += sum;
    }
    ln_activate_row(c->loops, p->activation, y, n->units, y);
}

static int32_t wide_of(const TfLiteTensor *t, size_t i)
{
    return t->type == kTfLiteInt16 ? t->data.i16[i] : t->data.int8[i];
}

static void wide_set(const TfLiteTensor *t, size_t i, int32_t v)
{
    if (t->type == kTfLiteInt16)
        t->data.i16[i] = (int16_t)LN_MAX(LN_MIN(v, INT16_MAX), INT16_MIN);
    else
        t->data.int8[i] = (int8_t)LN_MAX(LN_MIN(v, INT8_MAX), INT8_MIN);
}

static void row_s8(const ln_call *c, const sizes *n, int b)
{
    const TfLiteTensor *state = c->in[STATE], *bias = ln_has(c, BIAS) ? c->in[BIAS] : NULL;
    const size_t memory = (size_t)n->memory, k = (size_t)n->k;
    const int8_t *x = c->in[X]->data.int8 + (size_t)b * k;
    int8_t *y = c->out[0]->data.int8 + (size_t)b * (size_t)n->units;
    const ln_mult in = ln_quantize_multiplier(feature_scale(c));
    const ln_mult out = ln_quantize_multiplier(time_scale(c));
    const ln_row row = {.q = x, .zero = c->in[X]->params.zero_point, .n = n->k, .loops = c->loops};
    int32_t dots[LN_ROW_BLOCK];
    size_t f = 0;

    for (int u = 0; u < n->units; u++) {
        uint32_t acc = bias ? (uint32_t)bias->data.i32[u] : 0;
        for (int r = 0; r < n->rank; r++, f++) {
            const size_t past = ((size_t)b * (size_t)n->filters + f) * memory;
            if (f % LN_ROW_BLOCK == 0)
                ln_dots_offset_s8(c->in[FEATURE]->data.int8 + f * k, &row,
                                  LN_MIN(n->filters - (int)f, (int)LN_ROW_BLOCK), dots);
            for (size_t t = 0; t + 1 < memory; t++)
                wide_set(state, past + t, wide_of(state, past + t + 1));
            wide_set(state, past + memory - 1, ln_mul_q(dots[f % LN_ROW_BLOCK], in));
            for (size_t t = 0; t < memory; t++)
                acc += (uint32_t)(wide_of(c->in[TIME], f * memory + t) * wide_of(state, past + t));
        }
        const int64_t v = (int64_t)ln_mul_q((int32_t)acc, out) + c->out[0]->params.zero_point;
        y[u] = (int8_t)LN_MAX(LN_MIN(v, INT8_MAX), INT8_MIN);
    }
}

static ln_status eval(ln_call *c)
{
    const sizes n = sizes_of(c);

    for (int b = 0; b < n.batch; b++) {
        if (c->in[X]->type == kTfLiteInt8)
            row_s8(c, &n, b);
        else
            row_f32(c, &n, b);
    }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD(I32, 0, TfLiteSVDFParams, rank, 1),
    LN_FIELD(ACT, 1, TfLiteSVDFParams, activation, 1),
    LN_FIELD(BOOL, 2, TfLiteSVDFParams, asymmetric_quantize_inputs, 4),
    {0},
};

static const ln_quant quant = {
    .in = {[X] = LN_Q_ACTIVATION,
           [FEATURE] = LN_Q_WEIGHT(-1),
           [TIME] = LN_Q_VECTOR(10, 1), /* products with the state are summed in 32 bits */
           [BIAS] = LN_Q_BIAS(STATE, TIME),
           [STATE] = LN_Q_STATE(LN_STATE_WIDE)},
    .out = {LN_Q_ACTIVATION},
    .hybrid = LN_HYBRID_TENSOR,
    .lacks = LN_Q_NOT_16,
};

const ln_op ln_op_svdf = {
    .name = "SVDF",
    .builtin = kTfLiteBuiltinSvdf,
    .version = 4,
    .options = 6,
    .min_in = 5,
    .max_in = 5,
    .n_out = 1,
    .optional = 1u << BIAS,
    .traits = LN_STATEFUL,
    .fields = fields,
    .params_size = sizeof(TfLiteSVDFParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
