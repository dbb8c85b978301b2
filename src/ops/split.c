/* SPDX-License-Identifier: Apache-2.0 */
/* split.c: SPLIT into equal parts, SPLIT_V into parts of given sizes.
 *
 *   SPLIT    axis [], x           SPLIT_V  x, sizes [n], axis []
 * The outputs lie one behind the other along the axis. */
#include "ops/move.h"

static ln_status read_axis(ln_call *c, int i, int rank, int *axis)
{
    int n;
    LN_TRY(ln_read_ints(c, i, 1, axis, &n));
    LN_CHECK(c, n == 1, "the axis has %d items, not 1", n);
    return ln_axis(c, *axis, rank, axis);
}

/* Outputs of nothing but a rank. */
static ln_status infer_unknown(ln_call *c, int x)
{
    const ln_shape y = ln_shape_unknown(ln_shape_of(c->in[x]).rank);
    for (int i = 0; i < c->n_out; i++)
        LN_TRY(ln_set_out(c, i, c->in[x]->type, &y));
    return LN_OK;
}

/* Cuts input x into the outputs, each as long along the axis as its shape says. */
static ln_status cut(ln_call *c, int x, int axis)
{
    const ln_shape whole = ln_shape_of(c->in[x]);
    int at = 0;
    for (int i = 0; i < c->n_out; i++) {
        const int n = c->out[i]->dims->data[axis];
        if (ln_count(c->out[i]) > 0) {
            const ln_move m = ln_move_cut(&whole, axis, at, n);
            ln_move_part(&m, c->in[x], c->out[i]);
        }
        at += n;
    }
    return LN_OK;
}

/* Input x where its outputs lie in it one behind the other. */
static int whole_of(const ln_call *c, int x, int axis)
{
    ln_call call = *c;
    int n, at;
    call.diag = NULL;
    return ln_known(c, axis) && ln_read_ints(&call, axis, 1, &at, &n) == LN_OK && n == 1
               ? ln_move_whole(c, c->in[x], at, x)
               : LN_WHOLE_NONE;
}

static ln_status check_splits(ln_call *c, int n)
{
    LN_CHECK(c, n == c->n_out, "%d parts are asked for, but there are %d outputs", n, c->n_out);
    return LN_OK;
}

/* ---- SPLIT ---- */

enum { SPLIT_AXIS, SPLIT_X };

static ln_status split_infer(ln_call *c)
{
    const TfLiteSplitParams *p = c->params;
    ln_shape y = ln_shape_of(c->in[SPLIT_X]);
    int axis;

    LN_TRY(ln_check_plain(c, SPLIT_X));
    LN_TRY(ln_check_index(c, SPLIT_AXIS));
    LN_TRY(check_splits(c, p->num_splits));
    if (!ln_known(c, SPLIT_AXIS))
        return infer_unknown(c, SPLIT_X);
    LN_TRY(read_axis(c, SPLIT_AXIS, y.rank, &axis));
    if (y.dim[axis] >= 0) {
        LN_CHECK(c, y.dim[axis] % c->n_out == 0, "dimension %d of size %d has no %d equal parts",
                 axis, y.dim[axis], c->n_out);
        y.dim[axis] /= c->n_out;
    }
    for (int i = 0; i < c->n_out; i++)
        LN_TRY(ln_set_out(c, i, c->in[SPLIT_X]->type, &y));
    return LN_OK;
}

static ln_status split_eval(ln_call *c)
{
    int axis;
    LN_TRY(read_axis(c, SPLIT_AXIS, ln_shape_of(c->in[SPLIT_X]).rank, &axis));
    return cut(c, SPLIT_X, axis);
}

static int split_whole(const ln_call *c)
{
    return whole_of(c, SPLIT_X, SPLIT_AXIS);
}

static const ln_field split_fields[] = {
    LN_FIELD(I32, 0, TfLiteSplitParams, num_splits, 1),
    {0},
};

static const ln_quant split_quant = {
    .in = {[SPLIT_X] = LN_Q_ACTIVATION},
    .out = {LN_Q_LIKE(SPLIT_X)},
};

const ln_op ln_op_split = {
    .name = "SPLIT",
    .builtin = kTfLiteBuiltinSplit,
    .version = 5,
    .options = 35,
    .min_in = 2,
    .max_in = 2,
    .n_out = -1,
    .traits = LN_PURE,
    .fields = split_fields,
    .params_size = sizeof(TfLiteSplitParams),
    .infer = split_infer,
    .eval = split_eval,
    .whole = split_whole,
    .quant = &split_quant,
};

/* ---- SPLIT_V ---- */

enum { X, SIZES, AXIS };

/* What is left for the one size of -1. */
static int64_t open_size(const TfLiteTensor *sizes, int n, int whole)
{
    int64_t rest = whole;
    for (int i = 0; i < n; i++)
        if (ln_int_at(sizes, i) >= 0)
            rest -= LN_MIN(ln_int_at(sizes, i), INT32_MAX);
    return rest;
}

static ln_status split_v_infer(ln_call *c)
{
    const TfLiteSplitVParams *p = c->params;
    const TfLiteTensor *sizes = c->in[SIZES];
    ln_shape y = ln_shape_of(c->in[X]);
    int axis, open = 0;
    int64_t sum = 0;

    LN_TRY(ln_check_plain(c, X));
    LN_TRY(ln_check_index(c, SIZES));
    LN_TRY(ln_check_index(c, AXIS));
    LN_TRY(check_splits(c, p->num_splits));
    LN_CHECK(c, ln_shape_of(sizes).rank == 1 && ln_count(sizes) == c->n_out,
             "there are %d sizes, not %d", ln_count(sizes), c->n_out);
    if (!ln_known(c, AXIS) || !ln_known(c, SIZES))
        return infer_unknown(c, X);
    LN_TRY(read_axis(c, AXIS, y.rank, &axis));
    const int whole = y.dim[axis];
    if (whole < 0)
        return infer_unknown(c, X);
    for (int i = 0; i < c->n_out; i++) {
        int64_t n = ln_int_at(sizes, i);
        LN_CHECK(c, n >= -1, "size %d is %lld", i, (long long)n);
        open += n < 0;
        LN_CHECK(c, open <= 1, "two sizes are -1");
        n = n < 0 ? open_size(sizes, c->n_out, whole) : n;
        LN_CHECK(c, n >= 0 && n <= whole - sum,
                 "the parts are longer than dimension %d, which is %d", axis, whole);
        sum += n;
        y.dim[axis] = (int)n;
        LN_TRY(ln_set_out(c, i, c->in[X]->type, &y));
    }
    LN_CHECK(c, sum == whole, "the sizes sum to %lld, dimension %d is %d", (long long)sum, axis,
             whole);
    return LN_OK;
}

static ln_status split_v_eval(ln_call *c)
{
    int axis;
    LN_TRY(read_axis(c, AXIS, ln_shape_of(c->in[X]).rank, &axis));
    return cut(c, X, axis);
}

static int split_v_whole(const ln_call *c)
{
    return whole_of(c, X, AXIS);
}

static const ln_field split_v_fields[] = {
    LN_FIELD(I32, 0, TfLiteSplitVParams, num_splits, 1),
    {0},
};

static const ln_quant split_v_quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_split_v = {
    .name = "SPLIT_V",
    .builtin = kTfLiteBuiltinSplitV,
    .version = 3,
    .options = 79,
    .min_in = 3,
    .max_in = 3,
    .n_out = -1,
    .traits = LN_PURE,
    .fields = split_v_fields,
    .params_size = sizeof(TfLiteSplitVParams),
    .infer = split_v_infer,
    .eval = split_v_eval,
    .whole = split_v_whole,
    .quant = &split_v_quant,
};
