/* SPDX-License-Identifier: Apache-2.0 */
/* map_matrix.c: diagonals. */
#include <string.h>

#include "import/savedmodel/tf.h"

/* The main diagonal only, of a square matrix that is as long as the diagonal. */
static bool main_diagonal(ln_tf_op *op, int k_at)
{
    int k[2] = {0}, n = 0;
    if (op->n_in <= k_at || (ln_emit_read_ints(op->e, ln_tf_in(op, k_at), 2, k, &n) && k[0] == 0 &&
                             (n < 2 || k[1] == 0)))
        return true;
    ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "%s of other diagonals than the main one",
                 op->node->def->op);
    return false;
}

static void diag(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const ln_shape s = ln_emit_shape(op->e, x);
    double pad = 0;
    int rows = -1, columns = -1, n;
    if (op->n_in > 3)
        ln_emit_read_ints(op->e, ln_tf_in(op, 2), 1, &rows, &n),
            ln_emit_read_ints(op->e, ln_tf_in(op, 3), 1, &columns, &n);
    if (op->n_in > 4 && !ln_emit_read_number(op->e, ln_tf_in(op, 4), &pad))
        pad = 1;
    const int length = s.rank > 0 ? s.dim[s.rank - 1] : -1;
    if ((rows >= 0 && rows != length) || (columns >= 0 && columns != length) || pad < 0 || pad > 0)
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED,
                     "%s of a matrix that is not square, or not padded "
                     "by zeros",
                     op->node->def->op);
    if (main_diagonal(op, 1))
        ln_tf_out(op, 0, ln_emit_unary(op->e, &ln_op_matrix_diag, NULL, x));
}

static void set_diag(ln_tf_op *op)
{
    if (main_diagonal(op, 2))
        ln_tf_out(
            op, 0,
            ln_emit_binary(op->e, &ln_op_matrix_set_diag, NULL, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

const ln_tf_row ln_tf_rows_matrix[] = {
    {"MatrixDiag", diag, &ln_op_matrix_diag, 0},
    {"MatrixDiagV2", diag, &ln_op_matrix_diag, 0},
    {"MatrixDiagV3", diag, &ln_op_matrix_diag, 0},
    {"MatrixSetDiag", set_diag, &ln_op_matrix_set_diag, 0},
    {"MatrixSetDiagV2", set_diag, &ln_op_matrix_set_diag, 0},
    {"MatrixSetDiagV3", set_diag, &ln_op_matrix_set_diag, 0},
    {NULL, NULL, NULL, 0},
};
