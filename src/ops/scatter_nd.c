/* SPDX-License-Identifier: Apache-2.0 */
/* scatter_nd.c: SCATTER_ND: updates added up at the places that indices say, zero elsewhere.
 *
 *   indices [places.., k], updates [places.., d(k), ..], shape [rank] -> y [d0, d1, ...] */
#include "ops/combine.h"
#include "ops/move.h"

enum { INDICES, UPDATES, SHAPE };

static ln_status check_updates(ln_call *c, const ln_shape *y)
{
    const ln_shape i = ln_shape_of(c->in[INDICES]), u = ln_shape_of(c->in[UPDATES]);
    const int outer = i.rank - 1, depth = i.dim[i.rank - 1];
    LN_CHECK(c, depth >= 0 && depth <= y->rank, "indices have %d components, the output rank %d",
             depth, y->rank);
    LN_CHECK(c, u.rank == outer + y->rank - depth, "the updates have rank %d, not %d", u.rank,
             outer + y->rank - depth);
    for (int d = 0; d < u.rank; d++) {
        const int want = d < outer ? i.dim[d] : y->dim[depth + d - outer];
        LN_CHECK(c, u.dim[d] == want || u.dim[d] < 0 || want < 0,
                 "dimension %d of the updates is %d, not %d", d, u.dim[d], want);
    }
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[SHAPE]);
    ln_shape y;

    LN_TRY(ln_check_index(c, INDICES));
    LN_TRY(ln_check_index(c, SHAPE));
    if (!ln_combine_of(LN_COMBINE_ADD, c->in[UPDATES]->type))
        return ln_fail_type(c, UPDATES);
    LN_CHECK(c, ln_shape_of(c->in[INDICES]).rank >= 1, "the indices are a scalar");
    LN_CHECK(c, s.rank == 1, "the shape has rank %d, not 1", s.rank);
    y = ln_shape_unknown(s.dim[0] > LN_MAX_RANK ? -1 : s.dim[0]);
    if (ln_known(c, SHAPE)) {
        LN_TRY(ln_read_ints(c, SHAPE, LN_MAX_RANK, y.dim, &y.rank));
        for (int i = 0; i < y.rank; i++)
            LN_CHECK(c, y.dim[i] >= 0, "dimension %d is %d", i, y.dim[i]);
        LN_TRY(check_updates(c, &y));
    }
    return ln_set_out(c, 0, c->in[UPDATES]->type, &y);
}

static ln_status eval(ln_call *c)
{
    const ln_shape i = ln_shape_of(c->in[INDICES]), y = ln_shape_of(c->out[0]);
    const int depth = i.dim[i.rank - 1];
    const int64_t places = ln_product(&i, 0, i.rank - 1), inner = ln_product(&y, depth, y.rank);
    const ln_combine_run add = ln_combine_of(LN_COMBINE_ADD, c->out[0]->type);
    int64_t step[LN_MAX_RANK];

    ln_steps(&y, step);
    LN_TRY(ln_fill_tensor(c, 0, NULL, 0));
    if (ln_count(c->in[UPDATES]) == 0)
        return LN_OK;
    for (int64_t p = 0; p < places; p++) {
        int64_t at = 0;
        for (int d = 0; d < depth; d++) {
            const int64_t index = ln_int_at(c->in[INDICES], p * depth + d);
            LN_CHECK(c, index >= 0 && index < y.dim[d],
                     "component %d of index %lld is %lld, outside of [0, %d)", d, (long long)p,
                     (long long)index, y.dim[d]);
            at += index * step[d];
        }
        add(c->out[0]->data.raw, at, 1, c->in[UPDATES]->data.raw_const, p * inner, 1, inner);
    }
    return LN_OK;
}

static const ln_quant quant = {.in = {{0}, LN_Q_ACTIVATION}, .out = {LN_Q_MIXED(UPDATES)}};

const ln_op ln_op_scatter_nd = {
    .name = "SCATTER_ND",
    .builtin = kTfLiteBuiltinScatterNd,
    .version = 1,
    .options = 97,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
