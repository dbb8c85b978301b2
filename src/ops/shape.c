/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c: SHAPE, RANK: what is known of a tensor beside its items, as a tensor.
 *
 *   SHAPE  x [...] -> [rank] of int32 or int64       RANK  x [...] -> scalar int32 */
#include "ops/op.h"

static ln_status shape_infer(ln_call *c)
{
    const TfLiteShapeParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[0]), y = {.rank = 1, .dim = {x.rank}};
    LN_CHECK(c, p->out_type == kTfLiteInt32 || p->out_type == kTfLiteInt64,
             "the output type is %s, not INT32 or INT64", ln_type_name(p->out_type));
    return ln_set_out(c, 0, p->out_type, &y);
}

static ln_status shape_eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    TfLiteTensor *y = c->out[0];
    for (int i = 0; i < x.rank; i++) {
        if (y->type == kTfLiteInt64)
            y->data.i64[i] = x.dim[i];
        else
            y->data.i32[i] = x.dim[i];
    }
    return LN_OK;
}

static const ln_field shape_fields[] = {
    LN_FIELD(TYPE, 0, TfLiteShapeParams, out_type, 1),
    {0},
};

const ln_op ln_op_shape = {
    .name = "SHAPE",
    .builtin = kTfLiteBuiltinShape,
    .version = 1,
    .options = 55,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_SHAPES,
    .fields = shape_fields,
    .params_size = sizeof(TfLiteShapeParams),
    .infer = shape_infer,
    .eval = shape_eval,
};

static ln_status rank_infer(ln_call *c)
{
    const ln_shape y = {0};
    return ln_set_out(c, 0, kTfLiteInt32, &y);
}

static ln_status rank_eval(ln_call *c)
{
    *c->out[0]->data.i32 = ln_shape_of(c->in[0]).rank;
    return LN_OK;
}

const ln_op ln_op_rank = {
    .name = "RANK",
    .builtin = kTfLiteBuiltinRank,
    .version = 1,
    .options = 86,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_SHAPES,
    .infer = rank_infer,
    .eval = rank_eval,
};
