/* SPDX-License-Identifier: Apache-2.0 */
/* map_gather.c: picking items by index, and putting them somewhere. */
#include "import/savedmodel/tf.h"

static void gather(ln_tf_op *op)
{
    TfLiteGatherParams p = {.batch_dims = (int)ln_tf_attr_int(op, "batch_dims", 0)};
    if (op->n_in > 2 && !ln_tf_axis(op, 2, 0, &p.axis))
        return;
    const int rank = ln_emit_shape(op->e, ln_tf_in(op, 1)).rank;
    p.batch_dims += p.batch_dims < 0 ? rank : 0;
    ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_gather, &p, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

static void resource_gather(ln_tf_op *op)
{
    const TfLiteGatherParams p = {.batch_dims = (int)ln_tf_attr_int(op, "batch_dims", 0)};
    ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_gather, &p, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

/* One row at a place that is only known at run time: DYNAMIC_UPDATE_SLICE. */
static bool update_row(ln_tf_op *op, ln_id x, ln_id indices, ln_id updates)
{
    const ln_shape s = ln_emit_shape(op->e, x), i = ln_emit_shape(op->e, indices),
                   u = ln_emit_shape(op->e, updates);
    if (s.rank < 1 || u.rank != i.rank - 1 + s.rank - (i.rank > 0 ? i.dim[i.rank - 1] : 0) ||
        !ln_shape_known(&s) || !ln_shape_known(&i) || ln_emit_type(op->e, indices) != kTfLiteInt32)
        return false;
    const int depth = i.dim[i.rank - 1];
    if (ln_shape_count(&i, 0, i.rank - 1) != 1 || depth < 1 || depth > s.rank)
        return false;
    ln_shape one = s;
    for (int k = 0; k < depth; k++)
        one.dim[k] = 1;
    const ln_shape flat = {.rank = 1, .dim = {depth}};
    const ln_id zeros[] = {ln_emit_reshape(op->e, indices, &flat),
                           ln_emit_ints(op->e, s.rank - depth, (const int[LN_MAX_RANK]){0})};
    const ln_id in[] = {x, ln_emit_reshape(op->e, updates, &one),
                        ln_emit_concat(op->e, depth < s.rank ? 2 : 1, zeros, 0)};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_dynamic_update_slice, NULL, 3, in));
    return true;
}

static void scatter_into(ln_tf_op *op, ln_scatter how)
{
    ln_tf_out(op, 0,
              ln_emit_scatter(op->e, how, ln_tf_in(op, 0), ln_tf_in(op, 1), ln_tf_in(op, 2)));
}

static void scatter_update(ln_tf_op *op)
{
    if (!update_row(op, ln_tf_in(op, 0), ln_tf_in(op, 1), ln_tf_in(op, 2)))
        scatter_into(op, LN_SCATTER_LAST);
}

static void scatter_add(ln_tf_op *op)
{
    scatter_into(op, LN_SCATTER_ADD);
}

static void scatter_sub(ln_tf_op *op)
{
    scatter_into(op, LN_SCATTER_SUB);
}

static void scatter_min(ln_tf_op *op)
{
    scatter_into(op, LN_SCATTER_MIN);
}

static void scatter_max(ln_tf_op *op)
{
    scatter_into(op, LN_SCATTER_MAX);
}

static void one_hot(ln_tf_op *op)
{
    const TfLiteOneHotParams p = {.axis = (int)ln_tf_attr_int(op, "axis", -1)};
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1), ln_tf_in(op, 2), ln_tf_in(op, 3)};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_one_hot, &p, 4, in));
}

const ln_tf_row ln_tf_rows_gather[] = {
    {"Gather", gather, &ln_op_gather, 0},
    {"GatherV2", gather, &ln_op_gather, 0},
    {"GatherNd", ln_tf_same, &ln_op_gather_nd, 0},
    {"OneHot", one_hot, &ln_op_one_hot, 0},
    {"ResourceGather", resource_gather, &ln_op_gather, 0},
    {"ScatterNd", ln_tf_same, &ln_op_scatter_nd, 0},
    {"SparseToDense", ln_tf_same, &ln_op_sparse_to_dense, 0},
    {"TensorScatterAdd", scatter_add, &ln_op_add, LN_TF_SEVERAL},
    {"TensorScatterMax", scatter_max, NULL, LN_TF_SEVERAL},
    {"TensorScatterMin", scatter_min, NULL, LN_TF_SEVERAL},
    {"TensorScatterSub", scatter_sub, &ln_op_sub, LN_TF_SEVERAL},
    {"TensorScatterUpdate", scatter_update, NULL, LN_TF_SEVERAL},
    {"XlaDynamicUpdateSlice", ln_tf_same, &ln_op_dynamic_update_slice, 0},
    {NULL, NULL, NULL, 0},
};
