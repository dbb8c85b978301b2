/* SPDX-License-Identifier: Apache-2.0 */
/* map_signal.c: the Fourier transform of real numbers.  RFFT2D is what TensorFlow Lite has, for
 * lengths that are powers of two. */
#include "import/savedmodel/tf.h"

/* `axes` lengths, which are powers of two; false with a failure otherwise. */
static bool read_lengths(ln_tf_op *op, int axes, int *lengths)
{
    int n;
    bool good = ln_emit_read_ints(op->e, ln_tf_in(op, 1), axes, lengths, &n) && n == axes;
    for (int i = 0; good && i < axes; i++)
        good = lengths[i] > 0 && (lengths[i] & (lengths[i] - 1)) == 0;
    if (!good || ln_emit_shape(op->e, ln_tf_in(op, 0)).rank < axes) {
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "%s of lengths that are no powers of two",
                     op->node->def->op);
        return false;
    }
    return true;
}

/* One of rows: of planes of one row. */
static void rfft(ln_tf_op *op)
{
    int lengths[2] = {1};
    if (!read_lengths(op, 1, lengths + 1))
        return;
    const ln_id x = ln_tf_in(op, 0);
    const int rank = ln_emit_shape(op->e, x).rank;
    const ln_id y =
        ln_emit_binary(op->e, &ln_op_rfft2d, NULL, ln_emit_expand_dims(op->e, x, rank - 1),
                       ln_emit_ints(op->e, 2, lengths));
    ln_tf_out(op, 0, ln_emit_squeeze(op->e, y, 1u << (rank - 1)));
}

static void rfft2d(ln_tf_op *op)
{
    int lengths[2];
    if (read_lengths(op, 2, lengths))
        ln_tf_same(op);
}

const ln_tf_row ln_tf_rows_signal[] = {
    {"RFFT", rfft, NULL, LN_TF_SEVERAL},
    {"RFFT2D", rfft2d, &ln_op_rfft2d, 0},
    {NULL, NULL, NULL, 0},
};
