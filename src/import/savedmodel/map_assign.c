/* SPDX-License-Identifier: Apache-2.0 */
/* map_assign.c: assignments to parts of a variable: what it holds is read, changed and assigned.
 *
 *   ResourceScatterAdd, ...        variable, rows, updates [rows.., rest..] or a number
 *   ResourceScatterNdAdd, ...      variable, index vectors [.., k], updates [.., rest..]
 *   ResourceStridedSliceAssign     variable, begin, end, strides, value
 * UNSORTED_SEGMENT_MAX and its like, where a segment is a row, put together what goes to one row;
 * of updates of one row the last stays. */
#include <float.h>

#include "import/savedmodel/tf.h"

typedef enum kind { UPDATE, ADD, SUB, MUL, DIV, MIN, MAX } kind;

static ln_id binary(ln_emit *e, const ln_op *op, ln_id a, ln_id b)
{
    return ln_emit_binary(e, op, NULL, a, b);
}

static ln_id segments(ln_emit *e, const ln_op *op, ln_id x, ln_id at, ln_id rows)
{
    const ln_id in[] = {x, at, rows};
    return ln_emit_nary(e, op, NULL, 3, in);
}

static ln_id choose(ln_emit *e, ln_id condition, ln_id a, ln_id b)
{
    const ln_id in[] = {condition, a, b};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

static ln_id flat(ln_emit *e, ln_id x, int columns)
{
    const ln_shape s = {.rank = columns ? 2 : 1, .dim = {-1, columns}};
    return ln_emit_reshape(e, x, &s);
}

/* Items along the first axis of x, as a scalar. */
static ln_id length(ln_emit *e, ln_id x)
{
    return ln_emit_gather(e, ln_emit_shape_of(e, x), ln_emit_int(e, 0), 0);
}

/* x [rows, n] with updates [m, n] in rows `at` [m]; `one`: of [1, n] in all of them. */
static ln_id latest(ln_emit *e, ln_id x, ln_id at, ln_id updates, bool one)
{
    const ln_id zero = ln_emit_int(e, 0);
    const ln_id numbers = one ? binary(e, &ln_op_mul, at, zero) : ln_emit_range(e, length(e, at));
    const ln_id from = segments(e, &ln_op_unsorted_segment_max, numbers, at, length(e, x));
    const ln_id hit = binary(e, &ln_op_greater_equal, from, zero);
    const ln_id found = ln_emit_gather(e, updates, binary(e, &ln_op_maximum, from, zero), 0);
    return choose(e, ln_emit_expand_dims(e, hit, 1), found, x);
}

ln_id ln_tf_put_rows(ln_emit *e, ln_id x, ln_id at, ln_id updates)
{
    return latest(e, x, at, updates, false);
}

static ln_id most(ln_emit *e, ln_id x, ln_id at, ln_id updates, bool largest)
{
    const ln_id found =
        segments(e, largest ? &ln_op_unsorted_segment_max : &ln_op_unsorted_segment_min, updates,
                 at, length(e, x));
    const ln_id y = binary(e, largest ? &ln_op_maximum : &ln_op_minimum, x, found);
    if (ln_emit_type(e, x) != kTfLiteFloat32)
        return y;
    /* a row that nothing names has the lowest number, which is more than minus infinity */
    const ln_id none = ln_emit_float(e, largest ? -FLT_MAX : FLT_MAX);
    return choose(e, binary(e, &ln_op_equal, found, none), x, y);
}

/* x [rows, n], and updates [m, n], or [1, n] for all, at rows `at` [m]. */
static ln_id change(ln_emit *e, kind k, ln_id x, ln_id at, ln_id updates)
{
    const ln_shape u = ln_emit_shape(e, updates), a = ln_emit_shape(e, at);
    const bool one = u.dim[0] == 1 && a.dim[0] != 1;
    if (k == UPDATE)
        return latest(e, x, at, updates, one);
    if (one)
        updates = ln_emit_gather(e, updates, binary(e, &ln_op_mul, at, ln_emit_int(e, 0)), 0);
    if (k == MIN || k == MAX)
        return most(e, x, at, updates, k == MAX);
    if (k == MUL || k == DIV)
        return binary(e, k == MUL ? &ln_op_mul : &ln_op_div, x,
                      segments(e, &ln_op_unsorted_segment_prod, updates, at, length(e, x)));
    const ln_id sum = segments(e, &ln_op_scatter_nd, ln_emit_expand_dims(e, at, 1), updates,
                               ln_emit_shape_of(e, x));
    return binary(e, k == ADD ? &ln_op_add : &ln_op_sub, x, sum);
}

/* The variable with all its first `depth` dimensions as rows; -1 and a failure where its shape is
 * not known. */
static ln_id rows_of(ln_tf_op *op, int v, int depth, ln_shape *s)
{
    const ln_id x = ln_tf_variable_read(op->tf, op->e, v);
    *s = ln_emit_shape(op->e, x);
    const int inner = s->rank >= depth ? ln_shape_count(s, depth, s->rank) : 0;
    if (inner > 0 && ln_shape_known(s))
        return flat(op->e, x, inner);
    return ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                        "%s of a variable that is empty or of unknown shape", op->node->def->op);
}

static void store(ln_tf_op *op, int v, ln_id y, const ln_shape *s)
{
    if (ln_emit_ok(op->e))
        ln_tf_variable_write(op->tf, op->e, v, ln_emit_reshape(op->e, y, s));
    ln_tf_give(op, 0, op->in[0]); /* operators of TensorFlow 1 give the variable */
}

static void scatter(ln_tf_op *op, kind k)
{
    const int v = ln_tf_variable_in(op, 0);
    ln_shape s;
    const ln_id x = v < 0 ? -1 : rows_of(op, v, 1, &s);
    if (x < 0)
        return;
    ln_id at = ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32), updates = ln_tf_in(op, 2);
    const int inner = ln_shape_count(&s, 1, s.rank);
    if (ln_emit_shape(op->e, updates).rank == 0) {
        const ln_shape row = {.rank = 2, .dim = {1, inner}};
        updates =
            binary(op->e, &ln_op_broadcast_to, updates, ln_emit_ints(op->e, row.rank, row.dim));
    }
    store(op, v, change(op->e, k, x, flat(op->e, at, 0), flat(op->e, updates, inner)), &s);
}

static void scatter_nd(ln_tf_op *op, kind k)
{
    const int v = ln_tf_variable_in(op, 0);
    const ln_id at = ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32);
    const ln_shape as = ln_emit_shape(op->e, at);
    const int depth = as.rank > 0 ? as.dim[as.rank - 1] : -1;
    int stride[LN_MAX_RANK];
    ln_shape s;
    if (v < 0 || depth < 1) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "%s with indices of unknown depth",
                     op->node->def->op);
        return;
    }
    const ln_id x = rows_of(op, v, depth, &s);
    for (int i = depth - 1, step = 1; x >= 0 && i >= 0; step *= s.dim[i], i--)
        stride[i] = step;
    if (x < 0)
        return;
    const ln_id parts =
        binary(op->e, &ln_op_mul, flat(op->e, at, depth), ln_emit_ints(op->e, depth, stride));
    const ln_id places = ln_emit_reduce(op->e, &ln_op_sum, parts, 1, (const int[]){1}, false);
    const ln_id updates = flat(op->e, ln_tf_in(op, 2), ln_shape_count(&s, depth, s.rank));
    store(op, v, change(op->e, k, x, places, updates), &s);
}

static void assign_slice(ln_tf_op *op)
{
    const int v = ln_tf_variable_in(op, 0);
    ln_shape s;
    const ln_id x = v < 0 ? -1 : rows_of(op, v, 0, &s);
    if (x < 0)
        return;
    ln_id places = ln_emit_range(op->e, ln_emit_int(op->e, ln_shape_count(&s, 0, s.rank)));
    places = ln_tf_strided_slice(op, ln_emit_reshape(op->e, places, &s));
    const ln_id column = flat(op->e, ln_emit_reshape(op->e, x, &s), 1);
    store(op, v,
          change(op->e, UPDATE, column, flat(op->e, places, 0), flat(op->e, ln_tf_in(op, 4), 1)),
          &s);
}

#define SCATTER(id, kind_)            \
    static void id(ln_tf_op *op)      \
    {                                 \
        scatter(op, kind_);           \
    }                                 \
    static void id##_nd(ln_tf_op *op) \
    {                                 \
        scatter_nd(op, kind_);        \
    }

SCATTER(update, UPDATE)
SCATTER(add, ADD)
SCATTER(sub, SUB)
SCATTER(smallest, MIN)
SCATTER(largest, MAX)

static void mul(ln_tf_op *op)
{
    scatter(op, MUL);
}

static void quotient(ln_tf_op *op)
{
    scatter(op, DIV);
}

static void gather_nd(ln_tf_op *op)
{
    const int v = ln_tf_variable_in(op, 0);
    if (v >= 0)
        ln_tf_out(op, 0,
                  binary(op->e, &ln_op_gather_nd, ln_tf_variable_read(op->tf, op->e, v),
                         ln_tf_in(op, 1)));
}

enum { CHANGES = LN_TF_EFFECT | LN_TF_SEVERAL };

const ln_tf_row ln_tf_rows_assign[] = {
    {"ResourceGatherNd", gather_nd, &ln_op_gather_nd, 0},
    {"ResourceScatterUpdate", update, NULL, CHANGES},
    {"ResourceScatterAdd", add, NULL, CHANGES},
    {"ResourceScatterSub", sub, NULL, CHANGES},
    {"ResourceScatterMul", mul, NULL, CHANGES},
    {"ResourceScatterDiv", quotient, NULL, CHANGES},
    {"ResourceScatterMin", smallest, NULL, CHANGES},
    {"ResourceScatterMax", largest, NULL, CHANGES},
    {"ResourceScatterNdUpdate", update_nd, NULL, CHANGES},
    {"ResourceScatterNdAdd", add_nd, NULL, CHANGES},
    {"ResourceScatterNdSub", sub_nd, NULL, CHANGES},
    {"ResourceScatterNdMin", smallest_nd, NULL, CHANGES},
    {"ResourceScatterNdMax", largest_nd, NULL, CHANGES},
    {"ResourceStridedSliceAssign", assign_slice, NULL, CHANGES},
    {"ScatterUpdate", update, NULL, CHANGES},
    {"ScatterAdd", add, NULL, CHANGES},
    {"ScatterSub", sub, NULL, CHANGES},
    {"ScatterMul", mul, NULL, CHANGES},
    {"ScatterDiv", quotient, NULL, CHANGES},
    {"ScatterMin", smallest, NULL, CHANGES},
    {"ScatterMax", largest, NULL, CHANGES},
    {"ScatterNdUpdate", update_nd, NULL, CHANGES},
    {"ScatterNdAdd", add_nd, NULL, CHANGES},
    {"ScatterNdSub", sub_nd, NULL, CHANGES},
    {"StridedSliceAssign", assign_slice, NULL, CHANGES},
    {NULL, NULL, NULL, 0},
};
