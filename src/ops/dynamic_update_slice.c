/* SPDX-License-Identifier: Apache-2.0 */
/* dynamic_update_slice.c: DYNAMIC_UPDATE_SLICE, STABLEHLO_DYNAMIC_UPDATE_SLICE: the input with a
 * box of it replaced.
 *
 *   x [d0, ...]   update [u0, ...]   start [rank], or one scalar per dimension
 * A start that would let the box stick out is moved so that it fits. */
#include "ops/move.h"

enum { X, UPDATE, START };

static ln_status check_box(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), u = ln_shape_of(c->in[UPDATE]);
    LN_TRY(ln_check_plain(c, X));
    LN_CHECK(c, c->in[UPDATE]->type == c->in[X]->type, "the update has type %s, the input %s",
             ln_type_name(c->in[UPDATE]->type), ln_type_name(c->in[X]->type));
    LN_CHECK(c, u.rank == x.rank, "the update has rank %d, the input %d", u.rank, x.rank);
    for (int i = 0; i < x.rank; i++)
        LN_CHECK(c, u.dim[i] <= x.dim[i] || x.dim[i] < 0,
                 "dimension %d of the update is %d, of the input %d", i, u.dim[i], x.dim[i]);
    return ln_set_out(c, 0, c->in[X]->type, &x);
}

static ln_status paste(ln_call *c, const int64_t *start)
{
    const ln_shape y = ln_shape_of(c->out[0]), u = ln_shape_of(c->in[UPDATE]);
    int at[LN_MAX_RANK];

    LN_TRY(ln_move_all(c, X, 0));
    if (ln_count(c->in[UPDATE]) == 0)
        return LN_OK;
    for (int i = 0; i < y.rank; i++) {
        const int64_t last = y.dim[i] - u.dim[i];
        at[i] = (int)(start[i] < 0 ? 0 : start[i] > last ? last : start[i]);
    }
    const ln_side from = {&u, NULL, NULL}, to = {&y, at, NULL};
    const ln_move m = ln_move_box(u.dim, &from, &to);
    ln_move_data(&m, c->in[UPDATE], c->out[0]);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[START]);
    const int rank = ln_shape_of(c->in[X]).rank;
    LN_TRY(ln_check_index(c, START));
    LN_CHECK(c, s.rank == 1 && s.dim[0] == rank,
             "start has rank %d and %d items, the input rank %d", s.rank, s.dim[0], rank);
    return check_box(c);
}

static ln_status eval(ln_call *c)
{
    int64_t start[LN_MAX_RANK];
    for (int i = 0; i < ln_shape_of(c->in[X]).rank; i++)
        start[i] = ln_int_at(c->in[START], i);
    return paste(c, start);
}

static const ln_quant quant = {
    .in = {LN_Q_ACTIVATION, LN_Q_LIKE(X)},
    .out = {LN_Q_LIKE(X)},
};

const ln_op ln_op_dynamic_update_slice = {
    .name = "DYNAMIC_UPDATE_SLICE",
    .builtin = kTfLiteBuiltinDynamicUpdateSlice,
    .version = 6,
    .options = 117,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE | LN_IN_PLACE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};

static ln_status stablehlo_infer(ln_call *c)
{
    const int rank = ln_shape_of(c->in[X]).rank;
    LN_CHECK(c, c->n_in == START + rank, "there are %d starts, the input has rank %d",
             c->n_in - START, rank);
    for (int i = START; i < c->n_in; i++) {
        LN_TRY(ln_check_index(c, i));
        LN_CHECK(c, ln_count(c->in[i]) == 1, "start %d has %d items, not 1", i - START,
                 ln_count(c->in[i]));
    }
    return check_box(c);
}

static ln_status stablehlo_eval(ln_call *c)
{
    int64_t start[LN_MAX_RANK];
    for (int i = START; i < c->n_in; i++)
        start[i - START] = ln_int_at(c->in[i], 0);
    return paste(c, start);
}

const ln_op ln_op_stablehlo_dynamic_update_slice = {
    .name = "STABLEHLO_DYNAMIC_UPDATE_SLICE",
    .builtin = kTfLiteBuiltinStablehloDynamicUpdateSlice,
    .version = 1,
    .min_in = 2,
    .max_in = START + LN_MAX_RANK,
    .n_out = 1,
    .traits = LN_PURE | LN_IN_PLACE,
    .infer = stablehlo_infer,
    .eval = stablehlo_eval,
    .quant = &quant,
};
