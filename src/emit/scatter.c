/* SPDX-License-Identifier: Apache-2.0 */
/* scatter.c: items put, added or combined where indices point.  SCATTER_ND adds into zeros;
 * largest and smallest values and products come from UNSORTED_SEGMENT_MAX and its like, where a
 * segment is a row; and so does the number of the last update of a row. */
#include <float.h>

#include "emit/emit.h"
#include "ops/list.h"

static ln_id binary(ln_emit *e, const ln_op *op, ln_id a, ln_id b)
{
    return ln_emit_binary(e, op, NULL, a, b);
}

static ln_id nary(ln_emit *e, const ln_op *op, ln_id a, ln_id b, ln_id c)
{
    const ln_id in[] = {a, b, c};
    return ln_emit_nary(e, op, NULL, 3, in);
}

static ln_id joined(ln_emit *e, ln_id a, ln_id b)
{
    const ln_id in[] = {a, b};
    return ln_emit_concat(e, 2, in, 0);
}

/* x [rows, ..] and updates [m, ..] one behind the other, of which each row takes the last that is
 * for it. */
static ln_id latest(ln_emit *e, ln_id x, ln_id at, ln_id updates)
{
    const ln_id rows = ln_emit_dim(e, x, 0),
                all = binary(e, &ln_op_add, rows, ln_emit_dim(e, at, 0));
    const ln_id from = nary(e, &ln_op_unsorted_segment_max, ln_emit_range(e, all),
                            joined(e, ln_emit_range(e, rows), at), rows);
    return ln_emit_gather(e, joined(e, x, updates), from, 0);
}

/* x and updates for the same rows: the largest or smallest of them. */
static ln_id extreme(ln_emit *e, ln_id x, ln_id at, ln_id updates, bool largest)
{
    const ln_op *segments = largest ? &ln_op_unsorted_segment_max : &ln_op_unsorted_segment_min;
    const ln_id found = nary(e, segments, updates, at, ln_emit_dim(e, x, 0));
    const ln_id y = binary(e, largest ? &ln_op_maximum : &ln_op_minimum, x, found);
    if (ln_emit_type(e, x) != kTfLiteFloat32)
        return y;
    /* a row that nothing names has the lowest number, which is more than minus infinity */
    const ln_id none = ln_emit_float(e, largest ? -FLT_MAX : FLT_MAX);
    return nary(e, &ln_op_select_v2, binary(e, &ln_op_equal, found, none), x, y);
}

/* x [rows, ..] with updates [m, ..] in rows `at` [m]. */
static ln_id change_rows(ln_emit *e, ln_scatter how, ln_id x, ln_id at, ln_id updates)
{
    if (how == LN_SCATTER_LAST)
        return latest(e, x, at, updates);
    if (how == LN_SCATTER_MAX || how == LN_SCATTER_MIN)
        return extreme(e, x, at, updates, how == LN_SCATTER_MAX);
    return binary(e, how == LN_SCATTER_MUL ? &ln_op_mul : &ln_op_div, x,
                  nary(e, &ln_op_unsorted_segment_prod, updates, at, ln_emit_dim(e, x, 0)));
}

/* The product of dimensions first .. last - 1 of x, as a vector of one. */
static ln_id product(ln_emit *e, ln_id x, int first, int last)
{
    static const int all = 0;
    const ln_shape s = ln_emit_shape(e, x);
    const int known = ln_shape_count(&s, first, last), n = last - first;
    if (known >= 0)
        return ln_emit_ints(e, 1, &known);
    return ln_emit_reduce(e, &ln_op_reduce_prod,
                          ln_emit_slice(e, ln_emit_shape_of(e, x), 1, &first, &n), 1, &all, true);
}

/* x as [.., columns]. */
static ln_id as_matrix(ln_emit *e, ln_id x, ln_id columns)
{
    int n, count;
    if (ln_emit_read_ints(e, columns, 1, &n, &count)) {
        const ln_shape s = {.rank = 2, .dim = {-1, n}};
        return ln_emit_reshape(e, x, &s);
    }
    return binary(e, &ln_op_reshape, x, joined(e, ln_emit_ints(e, 1, (const int[]){-1}), columns));
}

/* Index vectors [m, k] as rows of x, whose first k dimensions are one. */
static ln_id rows_at(ln_emit *e, ln_id at, int k, ln_id x)
{
    static const int last = 1;
    const ln_shape flat = {.rank = 1, .dim = {-1}};
    ln_id stride[LN_MAX_RANK];
    if (k == 1)
        return ln_emit_reshape(e, at, &flat);
    for (int i = 0; i < k; i++)
        stride[i] = product(e, x, i + 1, k);
    return ln_emit_reduce(e, &ln_op_sum, binary(e, &ln_op_mul, at, ln_emit_concat(e, k, stride, 0)),
                          1, &last, false);
}

ln_id ln_emit_scatter(ln_emit *e, ln_scatter how, ln_id x, ln_id at, ln_id updates)
{
    const ln_shape xs = ln_emit_shape(e, x), as = ln_emit_shape(e, at);
    const int k = as.rank > 0 ? as.dim[as.rank - 1] : -1;
    at = ln_emit_cast(e, at, kTfLiteInt32);
    if (how == LN_SCATTER_ADD || how == LN_SCATTER_SUB)
        return binary(e, how == LN_SCATTER_ADD ? &ln_op_add : &ln_op_sub, x,
                      nary(e, &ln_op_scatter_nd, at, updates, ln_emit_shape_of(e, x)));
    if (k < 1 || k > xs.rank)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "index vectors of %d items for %d dimensions", k,
                            xs.rank);
    if (k == 1 && as.rank == 2)
        return change_rows(e, how, x, rows_at(e, at, k, x), updates);
    const ln_id inner = product(e, x, k, xs.rank);
    const ln_id rows = rows_at(e, as_matrix(e, at, ln_emit_ints(e, 1, &k)), k, x);
    const ln_id y = change_rows(e, how, as_matrix(e, x, inner), rows, as_matrix(e, updates, inner));
    return ln_shape_known(&xs) ? ln_emit_reshape(e, y, &xs)
                               : binary(e, &ln_op_reshape, y, ln_emit_shape_of(e, x));
}
