/* SPDX-License-Identifier: Apache-2.0 */
/* map_slice.c: parts of tensors, and tensors read backwards. */
#include "import/savedmodel/tf.h"

static void slice(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    int begin[LN_MAX_RANK], size[LN_MAX_RANK], n, m;
    if (ln_emit_read_ints(op->e, ln_tf_in(op, 1), LN_MAX_RANK, begin, &n) &&
        ln_emit_read_ints(op->e, ln_tf_in(op, 2), LN_MAX_RANK, size, &m) && n == m &&
        n == ln_emit_shape(op->e, x).rank) {
        ln_tf_out(op, 0, ln_emit_slice(op->e, x, n, begin, size));
        return;
    }
    const ln_id in[] = {x, ln_tf_in(op, 1), ln_tf_in(op, 2)};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_slice, NULL, 3, in));
}

static void strided_slice(ln_tf_op *op)
{
    const TfLiteStridedSliceParams p = {
        .begin_mask = (int)ln_tf_attr_int(op, "begin_mask", 0),
        .end_mask = (int)ln_tf_attr_int(op, "end_mask", 0),
        .ellipsis_mask = (int)ln_tf_attr_int(op, "ellipsis_mask", 0),
        .new_axis_mask = (int)ln_tf_attr_int(op, "new_axis_mask", 0),
        .shrink_axis_mask = (int)ln_tf_attr_int(op, "shrink_axis_mask", 0)};
    const ln_id in[] = {ln_tf_in(op, 0), ln_emit_cast(op->e, ln_tf_in(op, 1), kTfLiteInt32),
                        ln_emit_cast(op->e, ln_tf_in(op, 2), kTfLiteInt32),
                        ln_emit_cast(op->e, ln_tf_in(op, 3), kTfLiteInt32)};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_strided_slice, &p, 4, in));
}

static void reverse_sequence(ln_tf_op *op)
{
    const TfLiteReverseSequenceParams p = {.seq_dim = (int)ln_tf_attr_int(op, "seq_dim", 0),
                                           .batch_dim = (int)ln_tf_attr_int(op, "batch_dim", 0)};
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_reverse_sequence, &p, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

/* Some runtimes reverse neighboring axes only: a node for each run of them. */
static void reverse(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const int rank = ln_emit_shape(op->e, x).rank;
    int axes[LN_MAX_RANK], n, run[LN_MAX_RANK], length = 0;
    unsigned all = 0;
    if (!ln_tf_ints(op, 1, LN_MAX_RANK, axes, &n))
        return;
    for (int i = 0; i < n; i++) {
        const int axis = axes[i] + (axes[i] < 0 ? rank : 0);
        if (axis < 0 || axis >= LN_MAX_RANK) {
            ln_emit_fail(op->e, LN_ERR_FORMAT, "axis %d does not exist", axes[i]);
            return;
        }
        all |= 1u << axis;
    }
    ln_id y = x;
    for (int axis = 0; axis <= LN_MAX_RANK; axis++) {
        if (axis < LN_MAX_RANK && (all >> axis & 1)) {
            run[length++] = axis;
        } else if (length) {
            y = ln_emit_binary(op->e, &ln_op_reverse_v2, NULL, y, ln_emit_ints(op->e, length, run));
            length = 0;
        }
    }
    ln_tf_out(op, 0, y);
}

const ln_tf_row ln_tf_rows_slice[] = {
    {"ReverseSequence", reverse_sequence, &ln_op_reverse_sequence, 0},
    {"ReverseV2", reverse, &ln_op_reverse_v2, 0},
    {"Slice", slice, &ln_op_slice, 0},
    {"StridedSlice", strided_slice, &ln_op_strided_slice, 0},
    {NULL, NULL, NULL, 0},
};
