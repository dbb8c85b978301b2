/* SPDX-License-Identifier: Apache-2.0 */
/* map_product.c: products of matrices. */
#include "import/savedmodel/tf.h"

static const int swap[] = {1, 0};

/* FULLY_CONNECTED has its weights as [out, in]: constant ones are turned once.  What is computed in
 * the run, as a variable or a gradient, goes to BATCH_MATMUL as it stands. */
static void mat_mul(ln_tf_op *op)
{
    ln_id x = ln_tf_in(op, 0), w = ln_tf_in(op, 1);
    const TfLiteBatchMatMulParams adjoint = {.adj_x = ln_tf_attr_bool(op, "transpose_a", false),
                                             .adj_y = ln_tf_attr_bool(op, "transpose_b", false)};
    const TfLiteFullyConnectedParams p = {0};
    if (!ln_emit_known(op->e, w) && (adjoint.adj_x || !adjoint.adj_y)) {
        ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_batch_matmul, &adjoint, x, w));
        return;
    }
    if (adjoint.adj_x)
        x = ln_emit_transpose(op->e, x, 2, swap);
    if (!adjoint.adj_y)
        w = ln_emit_transpose(op->e, w, 2, swap);
    const ln_id in[] = {x, w, -1};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_fully_connected, &p, 3, in));
}

static void batch_mat_mul(ln_tf_op *op)
{
    const TfLiteBatchMatMulParams p = {.adj_x = ln_tf_attr_bool(op, "adj_x", false),
                                       .adj_y = ln_tf_attr_bool(op, "adj_y", false)};
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_batch_matmul, &p, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

static void einsum(ln_tf_op *op)
{
    const ln_id in[] = {ln_tf_in(op, 0), op->n_in > 1 ? ln_tf_in(op, 1) : -1};
    ln_tf_out(op, 0, ln_emit_einsum(op->e, ln_tf_attr_text(op, "equation"), op->n_in, in));
}

const ln_tf_row ln_tf_rows_product[] = {
    {"MatMul", mat_mul, &ln_op_fully_connected, 0},
    {"BatchMatMul", batch_mat_mul, &ln_op_batch_matmul, 0},
    {"BatchMatMulV2", batch_mat_mul, &ln_op_batch_matmul, 0},
    {"BatchMatMulV3", batch_mat_mul, &ln_op_batch_matmul, 0},
    {"Einsum", einsum, NULL, LN_TF_SEVERAL},
    {NULL, NULL, NULL, 0},
};
