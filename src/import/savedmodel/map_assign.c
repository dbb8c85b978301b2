/* SPDX-License-Identifier: Apache-2.0 */
/* map_assign.c: assignments to parts of a variable: what it holds is read, changed and assigned.
 *
 *   ResourceScatterAdd, ...        variable, rows, updates [rows.., rest..] or a number
 *   ResourceScatterNdAdd, ...      variable, index vectors [.., k], updates [.., rest..]
 *   ResourceStridedSliceAssign     variable, begin, end, strides, value
 * Of updates of one row the last stays. */
#include "import/savedmodel/tf.h"

/* What the variable holds; -1 and a failure where its shape is not known. */
static ln_id held(ln_tf_op *op, int v, ln_shape *s)
{
    const ln_id x = ln_tf_variable_read(op->tf, op->e, v);
    *s = ln_emit_shape(op->e, x);
    if (ln_shape_known(s) && ln_shape_count(s, 0, s->rank) > 0)
        return x;
    return ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                        "%s of a variable that is empty or of unknown shape", op->node->def->op);
}

static void store(ln_tf_op *op, int v, ln_id y)
{
    if (ln_emit_ok(op->e))
        ln_tf_variable_write(op->tf, op->e, v, y);
    ln_tf_give(op, 0, op->in[0]); /* operators of TensorFlow 1 give the variable */
}

/* One number for all rows at `at`, of these dimensions. */
static ln_id spread(ln_tf_op *op, ln_id number, ln_id at, const ln_shape *x)
{
    const ln_id shape[] = {ln_emit_shape_of(op->e, at),
                           ln_emit_ints(op->e, x->rank - 1, x->dim + 1)};
    return ln_emit_binary(op->e, &ln_op_fill, NULL, ln_emit_concat(op->e, 2, shape, 0), number);
}

static void scatter(ln_tf_op *op, ln_scatter how)
{
    const int v = ln_tf_variable_in(op, 0);
    ln_shape s;
    const ln_id x = v < 0 ? -1 : held(op, v, &s), at = ln_tf_in(op, 1);
    ln_id updates = ln_tf_in(op, 2);
    const int rank = ln_emit_shape(op->e, at).rank;
    if (x < 0 || rank < 0 || s.rank < 1) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "%s of a scalar, or with indices of unknown rank",
                     op->node->def->op);
        return;
    }
    if (ln_emit_shape(op->e, updates).rank == 0)
        updates = spread(op, updates, at, &s);
    store(op, v, ln_emit_scatter(op->e, how, x, ln_emit_expand_dims(op->e, at, rank), updates));
}

static void scatter_nd(ln_tf_op *op, ln_scatter how)
{
    const int v = ln_tf_variable_in(op, 0);
    ln_shape s;
    const ln_id x = v < 0 ? -1 : held(op, v, &s);
    if (x >= 0)
        store(op, v, ln_emit_scatter(op->e, how, x, ln_tf_in(op, 1), ln_tf_in(op, 2)));
}

/* The places that the slice takes are told by a slice of numbers. */
static void assign_slice(ln_tf_op *op)
{
    const ln_shape flat = {.rank = 1, .dim = {-1}}, column = {.rank = 2, .dim = {-1, 1}};
    const int v = ln_tf_variable_in(op, 0);
    ln_shape s;
    const ln_id x = v < 0 ? -1 : held(op, v, &s);
    if (x < 0)
        return;
    const ln_id numbers = ln_emit_range(op->e, ln_emit_int(op->e, ln_shape_count(&s, 0, s.rank)));
    const ln_id places = ln_tf_strided_slice(op, ln_emit_reshape(op->e, numbers, &s));
    const ln_id y = ln_emit_scatter(op->e, LN_SCATTER_LAST, ln_emit_reshape(op->e, x, &flat),
                                    ln_emit_reshape(op->e, places, &column),
                                    ln_emit_reshape(op->e, ln_tf_in(op, 4), &flat));
    store(op, v, ln_emit_reshape(op->e, y, &s));
}

#define SCATTER(id, how)              \
    static void id(ln_tf_op *op)      \
    {                                 \
        scatter(op, how);             \
    }                                 \
    static void id##_nd(ln_tf_op *op) \
    {                                 \
        scatter_nd(op, how);          \
    }

SCATTER(update, LN_SCATTER_LAST)
SCATTER(add, LN_SCATTER_ADD)
SCATTER(sub, LN_SCATTER_SUB)
SCATTER(smallest, LN_SCATTER_MIN)
SCATTER(largest, LN_SCATTER_MAX)

static void mul(ln_tf_op *op)
{
    scatter(op, LN_SCATTER_MUL);
}

static void quotient(ln_tf_op *op)
{
    scatter(op, LN_SCATTER_DIV);
}

static void gather_nd(ln_tf_op *op)
{
    const int v = ln_tf_variable_in(op, 0);
    if (v >= 0)
        ln_tf_out(op, 0,
                  ln_emit_binary(op->e, &ln_op_gather_nd, NULL,
                                 ln_tf_variable_read(op->tf, op->e, v), ln_tf_in(op, 1)));
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
