/* SPDX-License-Identifier: Apache-2.0 */
/* fill.c: FILL: a tensor of a given shape with one value everywhere.
 *
 *   dims [rank], value [] -> y [dims...] of the value's type */
#include "ops/move.h"
#include "ops/strings.h"

enum { DIMS, VALUE };

static ln_status infer(ln_call *c)
{
    const ln_shape d = ln_shape_of(c->in[DIMS]);
    ln_shape y;

    LN_TRY(ln_check_movable(c, VALUE));
    LN_TRY(ln_check_index(c, DIMS));
    LN_CHECK(c, d.rank == 1, "the shape has rank %d, not 1", d.rank);
    LN_CHECK(c, ln_shape_of(c->in[VALUE]).rank == 0 || ln_count(c->in[VALUE]) == 1,
             "the value has %d items, not 1", ln_count(c->in[VALUE]));
    y = ln_shape_unknown(d.dim[0] > LN_MAX_RANK ? -1 : d.dim[0]);
    if (ln_known(c, DIMS)) {
        LN_TRY(ln_read_ints(c, DIMS, LN_MAX_RANK, y.dim, &y.rank));
        for (int i = 0; i < y.rank; i++)
            LN_CHECK(c, y.dim[i] >= 0, "dimension %d is %d", i, y.dim[i]);
    }
    return ln_set_out(c, 0, c->in[VALUE]->type, &y);
}

static ln_string same(void *arg, int k)
{
    (void)k;
    return ln_strings_at(arg, 0);
}

static ln_status eval(ln_call *c)
{
    if (c->in[VALUE]->type != kTfLiteString)
        return ln_fill_tensor(c, 0, c->in[VALUE], 0);
    ln_strings s;
    LN_TRY(ln_strings_open(c->diag, c->in[VALUE], &s));
    return ln_strings_write(c, 0, ln_count(c->out[0]), same, &s);
}

static const ln_quant quant = {.in = {{0}, LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(VALUE)}};

const ln_op ln_op_fill = {
    .name = "FILL",
    .builtin = kTfLiteBuiltinFill,
    .version = 5,
    .options = 68,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
