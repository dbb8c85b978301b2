/* SPDX-License-Identifier: Apache-2.0 */
/* transpose.c: TRANSPOSE, STABLEHLO_TRANSPOSE: dimensions in another order.
 *
 *   x [d0, d1, ...]   perm [rank]   y [d(perm 0), d(perm 1), ...] */
#include "ops/move.h"

enum { X, PERM };

typedef struct stablehlo_params {
    int64_t permutation[LN_MAX_RANK];
    int count;
} stablehlo_params;

/* Brings the axes to [0, rank) and checks that each comes once. */
static ln_status check_order(ln_call *c, int n, int *perm)
{
    const int rank = ln_shape_of(c->in[X]).rank;
    unsigned seen = 0;
    LN_CHECK(c, n == rank, "the permutation has %d items, the input rank %d", n, rank);
    for (int i = 0; i < rank; i++) {
        LN_TRY(ln_axis(c, perm[i], rank, &perm[i]));
        LN_CHECK(c, !(seen & 1u << perm[i]), "axis %d comes twice in the permutation", perm[i]);
        seen |= 1u << perm[i];
    }
    return LN_OK;
}

static ln_status order(ln_call *c, int *perm)
{
    int n;
    LN_TRY(ln_read_ints(c, PERM, LN_MAX_RANK, perm, &n));
    return check_order(c, n, perm);
}

static ln_status stablehlo_order(ln_call *c, int *perm)
{
    const stablehlo_params *p = c->params;
    LN_CHECK(c, p->count >= 0 && p->count <= LN_MAX_RANK, "the permutation has %d items", p->count);
    for (int i = 0; i < p->count; i++) {
        LN_CHECK(c, p->permutation[i] >= 0 && p->permutation[i] < LN_MAX_RANK,
                 "the permutation has axis %lld", (long long)p->permutation[i]);
        perm[i] = (int)p->permutation[i];
    }
    return check_order(c, p->count, perm);
}

static ln_status set_out(ln_call *c, const int *perm)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = {.rank = x.rank};
    for (int i = 0; i < x.rank; i++)
        y.dim[i] = x.dim[perm[i]];
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status move(ln_call *c, const int *perm)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    int64_t from[LN_MAX_RANK], to[LN_MAX_RANK];
    ln_move m = {0};

    ln_steps(&x, from);
    ln_steps(&y, to);
    for (int i = 0; i < y.rank; i++)
        ln_move_axis(&m, y.dim[i], from[perm[i]], to[i]);
    return ln_move_tensor(c, X, 0, &m);
}

static ln_status infer(ln_call *c)
{
    int perm[LN_MAX_RANK];
    LN_TRY(ln_check_movable(c, X));
    if (!ln_known(c, PERM)) {
        const ln_shape y = ln_shape_unknown(ln_shape_of(c->in[X]).rank);
        LN_TRY(ln_check_index(c, PERM));
        return ln_set_out(c, 0, c->in[X]->type, &y);
    }
    LN_TRY(order(c, perm));
    return set_out(c, perm);
}

static ln_status eval(ln_call *c)
{
    int perm[LN_MAX_RANK];
    LN_TRY(order(c, perm));
    return move(c, perm);
}

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_transpose = {
    .name = "TRANSPOSE",
    .builtin = kTfLiteBuiltinTranspose,
    .version = 9,
    .options = 26,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};

static ln_status stablehlo_infer(ln_call *c)
{
    int perm[LN_MAX_RANK];
    LN_TRY(ln_check_movable(c, X));
    LN_TRY(stablehlo_order(c, perm));
    return set_out(c, perm);
}

static ln_status stablehlo_eval(ln_call *c)
{
    int perm[LN_MAX_RANK];
    LN_TRY(stablehlo_order(c, perm));
    return move(c, perm);
}

static const ln_field stablehlo_fields[] = {
    LN_FIELD_LIST(I64S, 0, stablehlo_params, permutation, count, LN_MAX_RANK, 1),
    {0},
};

const ln_op ln_op_stablehlo_transpose = {
    .name = "STABLEHLO_TRANSPOSE",
    .builtin = kTfLiteBuiltinStablehloTranspose,
    .version = 1,
    .options = 17,
    .options2 = true,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = stablehlo_fields,
    .params_size = sizeof(stablehlo_params),
    .infer = stablehlo_infer,
    .eval = stablehlo_eval,
    .quant = &quant,
};
