/* SPDX-License-Identifier: Apache-2.0 */
/* sparse_to_dense.c: SPARSE_TO_DENSE: values at the places that indices say, a default elsewhere.
 *
 *   indices [], [n] or [n, rank]   shape [rank]   values [] or [n]   default [] */
#include "ops/move.h"

enum { INDICES, SHAPE, VALUES, DEFAULT };

static ln_status infer(ln_call *c)
{
    const ln_shape i = ln_shape_of(c->in[INDICES]), s = ln_shape_of(c->in[SHAPE]);
    const ln_shape v = ln_shape_of(c->in[VALUES]);
    const int n = i.rank ? i.dim[0] : 1, depth = i.rank == 2 ? i.dim[1] : 1;
    ln_shape y;

    LN_TRY(ln_check_index(c, INDICES));
    LN_TRY(ln_check_index(c, SHAPE));
    LN_TRY(ln_check_plain(c, VALUES));
    LN_CHECK(c, i.rank <= 2, "the indices have rank %d, more than 2", i.rank);
    LN_CHECK(c, s.rank == 1 && s.dim[0] <= LN_MAX_RANK && (depth < 0 || depth == s.dim[0]),
             "the shape has %d items, the indices %d components", s.rank == 1 ? s.dim[0] : -1,
             depth);
    LN_CHECK(c, v.rank == 0 || (v.rank == 1 && (v.dim[0] == n || v.dim[0] < 0 || n < 0)),
             "there are %d indices, but %d values of rank %d", n, v.rank ? v.dim[0] : 1, v.rank);
    LN_CHECK(c, c->in[DEFAULT]->type == c->in[VALUES]->type,
             "the values have type %s, the default %s", ln_type_name(c->in[VALUES]->type),
             ln_type_name(c->in[DEFAULT]->type));
    LN_CHECK(c, ln_count(c->in[DEFAULT]) == 1, "the default has %d items, not 1",
             ln_count(c->in[DEFAULT]));
    y = ln_shape_unknown(s.dim[0]);
    if (ln_known(c, SHAPE)) {
        LN_TRY(ln_read_ints(c, SHAPE, LN_MAX_RANK, y.dim, &y.rank));
        for (int d = 0; d < y.rank; d++)
            LN_CHECK(c, y.dim[d] >= 0, "dimension %d is %d", d, y.dim[d]);
    }
    return ln_set_out(c, 0, c->in[VALUES]->type, &y);
}

static ln_status eval(ln_call *c)
{
    const ln_shape y = ln_shape_of(c->out[0]), i = ln_shape_of(c->in[INDICES]);
    const bool scalar = ln_shape_of(c->in[VALUES]).rank == 0;
    const int n = i.rank ? i.dim[0] : 1;
    int64_t step[LN_MAX_RANK];

    ln_steps(&y, step);
    LN_TRY(ln_fill_tensor(c, 0, c->in[DEFAULT], 0));
    for (int64_t p = 0; p < n; p++) {
        int64_t at = 0;
        for (int d = 0; d < y.rank; d++) {
            const int64_t index = ln_int_at(c->in[INDICES], p * y.rank + d);
            LN_CHECK(c, index >= 0 && index < y.dim[d],
                     "component %d of index %lld is %lld, outside of [0, %d)", d, (long long)p,
                     (long long)index, y.dim[d]);
            at += index * step[d];
        }
        if (ln_count(c->out[0]) > 0)
            ln_copy_run(c->out[0], at, c->in[VALUES], scalar ? 0 : p, 1);
    }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD(BOOL, 0, TfLiteSparseToDenseParams, validate_indices, 1),
    {0},
};

const ln_op ln_op_sparse_to_dense = {
    .name = "SPARSE_TO_DENSE",
    .builtin = kTfLiteBuiltinSparseToDense,
    .version = 3,
    .options = 50,
    .min_in = 4,
    .max_in = 4,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteSparseToDenseParams),
    .infer = infer,
    .eval = eval,
};
