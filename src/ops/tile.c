/* SPDX-License-Identifier: Apache-2.0 */
/* tile.c: TILE: the input again and again along each dimension.
 *
 *   x [d0, d1, ...]   multiples [rank]   y [d0 * m0, d1 * m1, ...] */
#include "ops/move.h"

enum { X, MULTIPLES };

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = ln_shape_unknown(x.rank);
    int multiple[LN_MAX_RANK], n;

    LN_TRY(ln_check_movable(c, X));
    LN_TRY(ln_check_index(c, MULTIPLES));
    if (ln_known(c, MULTIPLES)) {
        LN_TRY(ln_read_ints(c, MULTIPLES, LN_MAX_RANK, multiple, &n));
        LN_CHECK(c, n == x.rank, "there are %d multiples, the input has rank %d", n, x.rank);
        for (int i = 0; i < n; i++) {
            const int64_t product = (int64_t)multiple[i] * x.dim[i];
            LN_CHECK(c, multiple[i] >= 0, "the multiple of dimension %d is %d", i, multiple[i]);
            LN_CHECK(c, product <= INT32_MAX, "dimension %d gets too large: %d times %d", i,
                     x.dim[i], multiple[i]);
            y.dim[i] = x.dim[i] < 0 ? -1 : (int)product;
        }
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    int64_t from[LN_MAX_RANK], to[LN_MAX_RANK];
    ln_move m = {0};

    ln_steps(&x, from);
    ln_steps(&y, to);
    if (c->in[X]->type != kTfLiteString && ln_count(c->out[0]) == 0)
        return LN_OK;
    for (int i = 0; i < x.rank; i++) {
        ln_move_axis(&m, (int)ln_int_at(c->in[MULTIPLES], i), 0, x.dim[i] * to[i]);
        ln_move_axis(&m, x.dim[i], from[i], to[i]);
    }
    return ln_move_tensor(c, X, 0, &m);
}

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_tile = {
    .name = "TILE",
    .builtin = kTfLiteBuiltinTile,
    .version = 3,
    .options = 51,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
