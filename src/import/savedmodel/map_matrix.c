/* SPDX-License-Identifier: Apache-2.0 */
/* map_matrix.c: diagonals and bands. */
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

/* The operators of diagonals copy float32 and integers; what else there is has a type that holds
 * it. */
static TfLiteType copied_as(TfLiteType type)
{
    return type == kTfLiteBool ? kTfLiteInt8 : type == kTfLiteFloat16 ? kTfLiteFloat32 : type;
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
    const TfLiteType type = ln_emit_type(op->e, x);
    const ln_id as = ln_emit_cast(op->e, x, copied_as(type));
    if (main_diagonal(op, 1))
        ln_tf_out(op, 0,
                  ln_emit_cast(op->e, ln_emit_unary(op->e, &ln_op_matrix_diag, NULL, as), type));
}

static void set_diag(ln_tf_op *op)
{
    const TfLiteType type = ln_emit_type(op->e, ln_tf_in(op, 0));
    const ln_id x = ln_emit_cast(op->e, ln_tf_in(op, 0), copied_as(type));
    const ln_id d = ln_emit_cast(op->e, ln_tf_in(op, 1), copied_as(type));
    if (main_diagonal(op, 2))
        ln_tf_out(
            op, 0,
            ln_emit_cast(op->e, ln_emit_binary(op->e, &ln_op_matrix_set_diag, NULL, x, d), type));
}

/* Keeps the `lower` diagonals below the main one and the `upper` ones above it, all where negative:
 * what is kept has lower >= row - column and upper >= column - row. */
static void band_part(ln_tf_op *op)
{
    ln_emit *e = op->e;
    const ln_id x = ln_tf_in(op, 0);
    const ln_shape s = ln_emit_shape(e, x);
    const TfLiteType type = ln_emit_type(e, x);
    ln_id keep = -1;
    if (s.rank < 2) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "the band of a matrix of unknown shape");
        return;
    }
    const ln_id rows = ln_emit_expand_dims(e, ln_emit_range(e, ln_emit_dim(e, x, s.rank - 2)), 1);
    const ln_id columns =
        ln_emit_expand_dims(e, ln_emit_range(e, ln_emit_dim(e, x, s.rank - 1)), 0);
    for (int side = 0; side < 2; side++) {
        int most, n;
        if (!ln_tf_ints(op, 1 + side, 1, &most, &n))
            return;
        if (most < 0)
            continue;
        const ln_id gap =
            ln_emit_binary(e, &ln_op_sub, NULL, side ? columns : rows, side ? rows : columns);
        const ln_id near = ln_emit_binary(e, &ln_op_less_equal, NULL, gap, ln_emit_int(e, most));
        keep = keep < 0 ? near : ln_emit_binary(e, &ln_op_logical_and, NULL, keep, near);
    }
    const ln_id in[] = {keep, x, ln_emit_number(e, type, 0)};
    ln_tf_out(op, 0, keep < 0 ? x : ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in));
}

/* The main diagonal of square matrices: what the others' sum is, when all else is zero. */
static void diag_part(ln_tf_op *op)
{
    ln_emit *e = op->e;
    const ln_id x = ln_tf_in(op, 0);
    const ln_shape s = ln_emit_shape(e, x);
    if (!main_diagonal(op, 1))
        return;
    if (s.rank < 2 || s.dim[s.rank - 1] != s.dim[s.rank - 2] || s.dim[s.rank - 1] < 1) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "the diagonal of a matrix that is not square");
        return;
    }
    const int n = s.dim[s.rank - 1];
    const ln_id order = ln_emit_range(e, ln_emit_int(e, n));
    const ln_id main = ln_emit_binary(e, &ln_op_equal, NULL, ln_emit_expand_dims(e, order, 1),
                                      ln_emit_expand_dims(e, order, 0));
    const ln_id in[] = {main, x, ln_emit_number(e, ln_emit_type(e, x), 0)};
    ln_tf_out(op, 0,
              ln_emit_reduce(e, &ln_op_sum, ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in), 1,
                             (const int[]){s.rank - 1}, false));
}

const ln_tf_row ln_tf_rows_matrix[] = {
    {"MatrixBandPart", band_part, NULL, LN_TF_SEVERAL},
    {"MatrixDiag", diag, &ln_op_matrix_diag, 0},
    {"MatrixDiagV2", diag, &ln_op_matrix_diag, 0},
    {"MatrixDiagV3", diag, &ln_op_matrix_diag, 0},
    {"MatrixDiagPart", diag_part, NULL, LN_TF_SEVERAL},
    {"MatrixDiagPartV2", diag_part, NULL, LN_TF_SEVERAL},
    {"MatrixDiagPartV3", diag_part, NULL, LN_TF_SEVERAL},
    {"MatrixSetDiag", set_diag, &ln_op_matrix_set_diag, 0},
    {"MatrixSetDiagV2", set_diag, &ln_op_matrix_set_diag, 0},
    {"MatrixSetDiagV3", set_diag, &ln_op_matrix_set_diag, 0},
    {NULL, NULL, NULL, 0},
};
