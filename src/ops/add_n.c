/* SPDX-License-Identifier: Apache-2.0 */
/* add_n.c: ADD_N, the sum of two or more inputs of one shape and type.  Integers wrap. */
#include "ops/elementwise.h"

LN_ROW2(add_f32, float, float, a[i] + b[i])
LN_ROW2(add_i64, uint64_t, uint64_t, a[i] + b[i])

static ln_status infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    ln_shape y = s;

    for (int i = 1; i < c->n_in; i++) {
        const ln_shape x = ln_shape_of(c->in[i]);
        LN_CHECK(c, c->in[i]->type == c->in[0]->type, "input %d has type %s, not %s as input 0", i,
                 ln_type_name(c->in[i]->type), ln_type_name(c->in[0]->type));
        LN_CHECK(c, ln_shape_equal(&s, &x) || !ln_shape_known(&s) || !ln_shape_known(&x),
                 "inputs 0 and %d have different shapes", i);
        if (ln_shape_known(&x))
            y = x;
    }
    LN_TRY(ln_check_type(c, 0, LN_FLOATS | LN_BIT(Int32) | LN_BIT(Int64)));
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

static ln_status eval(ln_call *c)
{
    const bool floats = ln_type_in(c->in[0]->type, LN_FLOATS);
    const ln_lane lane = floats ? LN_F32 : LN_I64;
    ln_map m = {.n_in = 2, .from = lane, .to = lane, .row = floats ? add_f32 : add_i64};

    m.out = ln_operand_of(c->out[0]);
    m.in[0] = ln_operand_of(c->in[0]);
    for (int i = 1; i < c->n_in; i++) {
        m.in[1] = ln_operand_of(c->in[i]);
        ln_map_run(&m);
        m.in[0] = m.out;
    }
    return LN_OK;
}

const ln_op ln_op_add_n = {
    .name = "ADD_N",
    .builtin = kTfLiteBuiltinAddN,
    .version = 1,
    .options = 82,
    .min_in = 2,
    .max_in = -1,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
};
