/* SPDX-License-Identifier: Apache-2.0 */
/* bitcast.c: BITCAST, the same bytes as another type.  Smaller items add a last dimension that
 * says how many make one; larger ones consume it. */
#include <string.h>

#include "ops/op.h"

static ln_status infer(ln_call *c)
{
    const TfLiteType from = c->in[0]->type, to = c->out[0]->type;
    const int in = (int)ln_type_size(from), out = (int)ln_type_size(to);
    ln_shape s = ln_shape_of(c->in[0]);

    if (in == 0)
        return ln_fail_type(c, 0);
    LN_CHECK(c, out > 0, "the output has type %s, whose items have no size", ln_type_name(to));
    if (in > out) {
        LN_CHECK(c, s.rank < LN_MAX_RANK, "input 0 has rank %d; one more is too many", s.rank);
        s.dim[s.rank++] = in / out;
    } else if (in < out) {
        LN_CHECK(c, s.rank > 0 && (s.dim[s.rank - 1] == out / in || s.dim[s.rank - 1] < 0),
                 "the last dimension of input 0 is not %d, the items of %s in one of %s", out / in,
                 ln_type_name(from), ln_type_name(to));
        s.rank--;
    }
    return ln_set_out(c, 0, to, &s);
}

static ln_status eval(ln_call *c)
{
    const TfLiteTensor *x = c->in[0];
    if (x->bytes > 0 && c->out[0]->data.raw != x->data.raw)
        memcpy(c->out[0]->data.raw, x->data.raw, LN_MIN(x->bytes, c->out[0]->bytes));
    return LN_OK;
}

const ln_op ln_op_bitcast = {
    .name = "BITCAST",
    .builtin = kTfLiteBuiltinBitcast,
    .version = 1,
    .options = 124,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_VIEW,
    .infer = infer,
    .eval = eval,
};
