/* SPDX-License-Identifier: Apache-2.0 */
/* densify.c: DENSIFY: a sparse constant as a dense tensor; sparse.c does it. */
#include "ops/sparse.h"

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    LN_CHECK(c, c->in[0]->sparsity && ln_known(c, 0), "the input is no sparse constant");
    if (!ln_type_size(c->in[0]->type))
        return ln_fail_type(c, 0);
    return ln_set_out(c, 0, c->in[0]->type, &x);
}

static ln_status eval(ln_call *c)
{
    ln_densify(c->in[0], c->out[0]->data.raw);
    return LN_OK;
}

const ln_op ln_op_densify = {
    .name = "DENSIFY",
    .builtin = kTfLiteBuiltinDensify,
    .version = 1,
    .options = 99,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_SPARSE,
    .infer = infer,
    .eval = eval,
};
