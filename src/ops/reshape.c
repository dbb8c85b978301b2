/* SPDX-License-Identifier: Apache-2.0 */
/* reshape.c: RESHAPE, SQUEEZE, EXPAND_DIMS, STABLEHLO_RESHAPE: the same items under another shape.
 *
 * All are views: the planner may give the output the input's memory, and eval copies only where
 * it did not.  RESHAPE takes its shape from input 1 where that is a vector, else from the options;
 * one dimension may be -1.  STABLEHLO_RESHAPE goes by the shape the model states. */
#include "ops/move.h"

enum { X, SHAPE };

static ln_status copy(ln_call *c)
{
    return ln_move_all(c, X, 0);
}

/* ---- RESHAPE ---- */

/* Fills in the dimension that is -1, and checks that the count stays. */
static ln_status stretch(ln_call *c, const ln_shape *x, ln_shape *y)
{
    const int count = ln_shape_count(x, 0, x->rank);
    int64_t product = 1, input = 1;
    int open = -1;
    bool empty = false;
    for (int i = 0; i < y->rank; i++) {
        LN_CHECK(c, y->dim[i] >= -1, "dimension %d of the new shape is %d", i, y->dim[i]);
        LN_CHECK(c, y->dim[i] != -1 || open < 0, "the new shape has two dimensions of -1");
        empty = empty || y->dim[i] == 0;
        if (y->dim[i] == -1)
            open = i;
        else if (y->dim[i] > 0 && product <= INT32_MAX)
            product *= y->dim[i];
    }
    if (count < 0)
        return LN_OK;
    for (int i = 0; i < x->rank && input <= INT32_MAX; i++)
        input *= LN_MAX(x->dim[i], 1);
    if (open >= 0) {
        y->dim[open] = count == 0 && !empty ? 0 : (int)LN_MIN(input / product, INT32_MAX);
        LN_CHECK(c, count == 0 || y->dim[open] * product == count,
                 "%d items do not divide into a shape of %lld per item of dimension %d", count,
                 (long long)product, open);
    }
    const int made = ln_shape_count(y, 0, y->rank);
    LN_CHECK(c, made == count, "the input has %d items, the new shape %d", count, made);
    return LN_OK;
}

static ln_status reshape_infer(ln_call *c)
{
    const TfLiteReshapeParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = {0};

    LN_TRY(ln_check_movable(c, X));
    if (ln_has(c, SHAPE) && c->in[SHAPE]->dims && c->in[SHAPE]->dims->size == 1) {
        const int rank = c->in[SHAPE]->dims->data[0];
        if (!ln_known(c, SHAPE)) {
            y = ln_shape_unknown(rank > LN_MAX_RANK ? -1 : rank);
            return ln_set_out(c, 0, c->in[X]->type, &y);
        }
        LN_TRY(ln_read_ints(c, SHAPE, LN_MAX_RANK, y.dim, &y.rank));
    } else {
        LN_CHECK(c, p->num_dimensions >= 0 && p->num_dimensions <= LN_MAX_RANK,
                 "the new shape has rank %d", p->num_dimensions);
        y.rank = p->num_dimensions;
        for (int i = 0; i < y.rank; i++)
            y.dim[i] = p->shape[i];
        if (y.rank == 1 && y.dim[0] == 0) /* how old models say "scalar" */
            y.rank = 0;
    }
    LN_TRY(stretch(c, &x, &y));
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static const ln_field reshape_fields[] = {
    LN_FIELD_LIST(I32S, 0, TfLiteReshapeParams, shape, num_dimensions, LN_MAX_RANK, 1),
    {0},
};

static const ln_quant like = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_reshape = {
    .name = "RESHAPE",
    .builtin = kTfLiteBuiltinReshape,
    .version = 1,
    .options = 17,
    .min_in = 1,
    .max_in = 2,
    .n_out = 1,
    .optional = 1u << SHAPE,
    .traits = LN_PURE | LN_IN_PLACE | LN_VIEW,
    .fields = reshape_fields,
    .params_size = sizeof(TfLiteReshapeParams),
    .infer = reshape_infer,
    .eval = copy,
    .quant = &like,
};

/* ---- SQUEEZE ---- */

static ln_status squeeze_infer(ln_call *c)
{
    const TfLiteSqueezeParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    bool drop[LN_MAX_RANK] = {false};
    ln_shape y = {0};

    LN_TRY(ln_check_movable(c, X));
    LN_CHECK(c, p->num_squeeze_dims >= 0 && p->num_squeeze_dims <= LN_MAX_RANK,
             "%d dimensions to squeeze", p->num_squeeze_dims);
    for (int i = 0; i < p->num_squeeze_dims; i++) {
        int axis;
        LN_TRY(ln_axis(c, p->squeeze_dims[i], x.rank, &axis));
        LN_CHECK(c, x.dim[axis] == 1 || x.dim[axis] < 0, "dimension %d to squeeze is %d, not 1",
                 axis, x.dim[axis]);
        drop[axis] = true;
    }
    for (int i = 0; i < x.rank; i++) {
        if (p->num_squeeze_dims ? drop[i] : x.dim[i] == 1)
            continue;
        /* Whether an unknown dimension goes decides the rank. */
        if (!p->num_squeeze_dims && x.dim[i] < 0) {
            y = ln_shape_unknown(-1);
            break;
        }
        y.dim[y.rank++] = x.dim[i];
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static const ln_field squeeze_fields[] = {
    LN_FIELD_LIST(I32S, 0, TfLiteSqueezeParams, squeeze_dims, num_squeeze_dims, LN_MAX_RANK, 1),
    {0},
};

const ln_op ln_op_squeeze = {
    .name = "SQUEEZE",
    .builtin = kTfLiteBuiltinSqueeze,
    .version = 2,
    .options = 30,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_IN_PLACE | LN_VIEW,
    .fields = squeeze_fields,
    .params_size = sizeof(TfLiteSqueezeParams),
    .infer = squeeze_infer,
    .eval = copy,
    .quant = &like,
};

/* ---- EXPAND_DIMS ---- */

static ln_status expand_dims_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = ln_shape_unknown(x.rank + 1);
    int axis, n;

    LN_TRY(ln_check_movable(c, X));
    LN_TRY(ln_check_index(c, SHAPE));
    LN_CHECK(c, x.rank < LN_MAX_RANK, "an input of rank %d has no room for another dimension",
             x.rank);
    if (ln_known(c, SHAPE)) {
        LN_TRY(ln_read_ints(c, SHAPE, 1, &axis, &n));
        LN_CHECK(c, n == 1, "the axis has %d items, not 1", n);
        LN_TRY(ln_axis(c, axis, y.rank, &axis));
        for (int i = 0; i < y.rank; i++)
            y.dim[i] = i < axis ? x.dim[i] : i == axis ? 1 : x.dim[i - 1];
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

const ln_op ln_op_expand_dims = {
    .name = "EXPAND_DIMS",
    .builtin = kTfLiteBuiltinExpandDims,
    .version = 1,
    .options = 52,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_IN_PLACE | LN_VIEW,
    .infer = expand_dims_infer,
    .eval = copy,
    .quant = &like,
};

/* ---- STABLEHLO_RESHAPE ---- */

static ln_status stablehlo_reshape_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = ln_shape_of(c->out[0]);

    LN_TRY(ln_check_movable(c, X));
    LN_TRY(stretch(c, &x, &y));
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

const ln_op ln_op_stablehlo_reshape = {
    .name = "STABLEHLO_RESHAPE",
    .builtin = kTfLiteBuiltinStablehloReshape,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_IN_PLACE | LN_VIEW,
    .infer = stablehlo_reshape_infer,
    .eval = copy,
    .quant = &like,
};
