/* SPDX-License-Identifier: Apache-2.0 */
/* custom_atan2.c: ATAN2 under the names it had as a custom op, before TensorFlow Lite had it:
 * Atan2 and AtanTwo. */
#include "ops/op.h"

extern const ln_op ln_op_atan2;

static ln_status infer(ln_call *c)
{
    return ln_op_atan2.infer(c);
}

static ln_status eval(ln_call *c)
{
    return ln_op_atan2.eval(c);
}

const ln_op ln_op_custom_atan2 = {
    .name = "Atan2",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE,
    .infer = infer,
    .eval = eval,
};

const ln_op ln_op_custom_atan_two = {
    .name = "AtanTwo",
    .builtin = kTfLiteBuiltinCustom,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE,
    .infer = infer,
    .eval = eval,
};
