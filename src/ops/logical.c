/* SPDX-License-Identifier: Apache-2.0 */
/* logical.c: LOGICAL_AND, LOGICAL_OR (shapes broadcast), LOGICAL_NOT, all on bools. */
#include "ops/elementwise.h"

LN_ROW2(and_row, uint8_t, uint8_t, a[i] && b[i])
LN_ROW2(or_row, uint8_t, uint8_t, a[i] || b[i])
LN_ROW1(not_row, uint8_t, uint8_t, !a[i])

static ln_status infer_pair(ln_call *c)
{
    return ln_infer_binary(c, LN_BIT(Bool), kTfLiteNoType);
}

static ln_status infer_not(ln_call *c)
{
    return ln_infer_like(c, LN_BIT(Bool));
}

static ln_status eval_and(ln_call *c)
{
    return ln_map_call(c, 2, LN_RAW, LN_RAW, and_row, NULL);
}

static ln_status eval_or(ln_call *c)
{
    return ln_map_call(c, 2, LN_RAW, LN_RAW, or_row, NULL);
}

static ln_status eval_not(ln_call *c)
{
    return ln_map_call(c, 1, LN_RAW, LN_RAW, not_row, NULL);
}

const ln_op ln_op_logical_and = {
    .name = "LOGICAL_AND",
    .builtin = kTfLiteBuiltinLogicalAnd,
    .version = 1,
    .options = 62,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE | LN_IN_PLACE,
    .infer = infer_pair,
    .eval = eval_and,
};
const ln_op ln_op_logical_or = {
    .name = "LOGICAL_OR",
    .builtin = kTfLiteBuiltinLogicalOr,
    .version = 1,
    .options = 60,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE | LN_IN_PLACE,
    .infer = infer_pair,
    .eval = eval_or,
};
const ln_op ln_op_logical_not = {
    .name = "LOGICAL_NOT",
    .builtin = kTfLiteBuiltinLogicalNot,
    .version = 1,
    .options = 63,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE | LN_IN_PLACE,
    .infer = infer_not,
    .eval = eval_not,
};
