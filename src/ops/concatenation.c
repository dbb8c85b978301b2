/* SPDX-License-Identifier: Apache-2.0 */
/* concatenation.c: CONCATENATION, STABLEHLO_CONCATENATE: inputs of one rank, one behind the other
 * along an axis.
 *
 * uint8 inputs of another scale or zero point than the output's are brought to it, in float as
 * ConcatenationWithScaling of TFLite's reference/concatenation.h does; all others must agree.
 * Siblings: pack.c stacks along a new axis. */
#include <math.h>

#include "ops/move.h"

static ln_status check_quantized(ln_call *c, int i)
{
    const TfLiteTensor *x = c->in[i], *y = c->out[0];
    if (x->type == kTfLiteInt8 || x->type == kTfLiteInt4)
        LN_CHECK(c,
                 x->params.scale == y->params.scale && x->params.zero_point == y->params.zero_point,
                 "input %d has another scale or zero point than the output", i);
    if (x->type == kTfLiteUInt8)
        LN_CHECK(c,
                 isfinite(x->params.scale) && isfinite(y->params.scale) &&
                     (y->params.scale > 0 || x->params.scale == y->params.scale),
                 "the scales %g of input %d and %g of the output do not convert",
                 (double)x->params.scale, i, (double)y->params.scale);
    if (x->type == kTfLiteInt16)
        LN_CHECK(c, x->params.zero_point == 0 && y->params.zero_point == 0,
                 "input %d: int16 tensors need a zero point of 0", i);
    return LN_OK;
}

static ln_status infer_along(ln_call *c, int axis)
{
    const TfLiteTensor *first = c->in[0];
    ln_shape y = ln_shape_of(first);
    int64_t sum = 0;

    LN_TRY(ln_check_plain(c, 0));
    LN_TRY(ln_axis(c, axis, y.rank, &axis));
    for (int i = 0; i < c->n_in; i++) {
        const ln_shape x = ln_shape_of(c->in[i]);
        LN_CHECK(c, c->in[i]->type == first->type, "input %d has type %s, input 0 has %s", i,
                 ln_type_name(c->in[i]->type), ln_type_name(first->type));
        LN_CHECK(c, x.rank == y.rank, "input %d has rank %d, not %d", i, x.rank, y.rank);
        for (int d = 0; d < x.rank; d++) {
            if (d == axis || x.dim[d] < 0)
                continue;
            if (y.dim[d] < 0)
                y.dim[d] = x.dim[d];
            LN_CHECK(c, x.dim[d] == y.dim[d], "dimension %d of input %d is %d, not %d", d, i,
                     x.dim[d], y.dim[d]);
        }
        LN_TRY(check_quantized(c, i));
        sum = sum < 0 || x.dim[axis] < 0 ? -1 : sum + x.dim[axis];
        LN_CHECK(c, sum <= INT32_MAX, "dimension %d gets too large", axis);
    }
    y.dim[axis] = (int)sum;
    return ln_set_out(c, 0, first->type, &y);
}

static uint8_t rescale(const TfLiteTensor *x, const TfLiteTensor *y, int v)
{
    const float inverse = 1.f / y->params.scale;
    const float scale = x->params.scale * inverse;
    const float bias = (float)-x->params.zero_point * scale;
    const float to = roundf((float)v * scale + bias) + (float)y->params.zero_point;
    return (uint8_t)(!(to > 0) ? 0 : to > 255 ? 255 : to);
}

/* Brings items that were copied from x to y's scale: `rows` of `n`, each `ld` after the last. */
static void rescale_rows(const TfLiteTensor *x, const TfLiteTensor *y, uint8_t *p, int64_t rows,
                         int64_t n, int64_t ld)
{
    uint8_t table[UINT8_MAX + 1];
    for (int i = 0; i <= UINT8_MAX; i++)
        table[i] = rescale(x, y, i);
    for (int64_t r = 0; r < rows; r++, p += ld)
        for (int64_t i = 0; i < n; i++)
            p[i] = table[p[i]];
}

static ln_status eval_along(ln_call *c, int axis)
{
    TfLiteTensor *y = c->out[0];
    const ln_shape whole = ln_shape_of(y);
    int at = 0;

    LN_TRY(ln_axis(c, axis, whole.rank, &axis));
    if (ln_count(y) == 0)
        return LN_OK;
    const int64_t outer = ln_product(&whole, 0, axis), ld = ln_product(&whole, axis, whole.rank);
    for (int i = 0; i < c->n_in; i++) {
        const TfLiteTensor *x = c->in[i];
        const int n = ln_shape_of(x).dim[axis];
        const bool same =
            x->params.scale == y->params.scale && x->params.zero_point == y->params.zero_point;
        const ln_move m = ln_move_paste(&whole, axis, at, n);
        if (ln_count(x) == 0)
            continue;
        ln_move_part(&m, x, y);
        if (x->type == kTfLiteUInt8 && !same)
            rescale_rows(x, y, y->data.uint8 + m.to_at, outer, ln_count(x) / outer, ld);
        at += n;
    }
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const TfLiteConcatenationParams *p = c->params;
    LN_CHECK(c, p->activation == kTfLiteActNone, "fused activation %d is not supported",
             (int)p->activation);
    return infer_along(c, p->axis);
}

static ln_status eval(ln_call *c)
{
    return eval_along(c, ((const TfLiteConcatenationParams *)c->params)->axis);
}

static int whole(const ln_call *c)
{
    const TfLiteTensor *y = c->out[0];
    for (int i = 0; i < c->n_in && y->type == kTfLiteUInt8; i++)
        if (c->in[i]->params.scale != y->params.scale ||
            c->in[i]->params.zero_point != y->params.zero_point)
            return LN_WHOLE_NONE;
    return ln_move_whole(c, y, ((const TfLiteConcatenationParams *)c->params)->axis,
                         LN_WHOLE_OUTPUT);
}

static const ln_field fields[] = {
    LN_FIELD(I32, 0, TfLiteConcatenationParams, axis, 1),
    LN_FIELD(ACT, 1, TfLiteConcatenationParams, activation, 1),
    {0},
};

static const ln_quant quant = {.in = {LN_Q_ACTIVATION, LN_Q_LIKE(0)}, .out = {LN_Q_LIKE(0)}};

const ln_op ln_op_concatenation = {
    .name = "CONCATENATION",
    .builtin = kTfLiteBuiltinConcatenation,
    .version = 7,
    .options = 10,
    .min_in = 1,
    .max_in = -1,
    .n_out = 1,
    .traits = LN_PURE | LN_FUSES_ACTIVATION,
    .fields = fields,
    .params_size = sizeof(TfLiteConcatenationParams),
    .infer = infer,
    .eval = eval,
    .whole = whole,
    .quant = &quant,
};

static ln_status stablehlo_infer(ln_call *c)
{
    const TfLiteStablehloConcatenateParams *p = c->params;
    LN_CHECK(c, p->dimension >= 0 && p->dimension < LN_MAX_RANK, "axis %lld is outside of rank %d",
             (long long)p->dimension, (int)LN_MAX_RANK);
    return infer_along(c, (int)p->dimension);
}

static ln_status stablehlo_eval(ln_call *c)
{
    return eval_along(c, (int)((const TfLiteStablehloConcatenateParams *)c->params)->dimension);
}

static const ln_field stablehlo_fields[] = {
    LN_FIELD(I64, 0, TfLiteStablehloConcatenateParams, dimension, 1),
    {0},
};

const ln_op ln_op_stablehlo_concatenate = {
    .name = "STABLEHLO_CONCATENATE",
    .builtin = kTfLiteBuiltinStablehloConcatenate,
    .version = 1,
    .options = 1,
    .options2 = true,
    .min_in = 1,
    .max_in = -1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = stablehlo_fields,
    .params_size = sizeof(TfLiteStablehloConcatenateParams),
    .infer = stablehlo_infer,
    .eval = stablehlo_eval,
};
