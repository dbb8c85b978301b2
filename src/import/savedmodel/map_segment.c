/* SPDX-License-Identifier: Apache-2.0 */
/* map_segment.c: sums and the like of rows that have the same number, and ragged rows. */
#include "import/savedmodel/tf.h"

/* Numbers of rows are int32 here. */
static void segments(ln_tf_op *op)
{
    ln_id in[3];
    const int n = LN_MIN(op->n_in, 3);
    for (int i = 0; i < n; i++)
        in[i] = i ? ln_emit_cast(op->e, ln_tf_in(op, i), kTfLiteInt32) : ln_tf_in(op, i);
    ln_tf_out(op, 0, ln_emit_nary(op->e, op->node->row->to, NULL, n, in));
}

const ln_tf_row ln_tf_rows_segment[] = {
    {"RaggedTensorToTensor", ln_tf_ragged_to_tensor, NULL, LN_TF_SEVERAL},
    {"SegmentSum", segments, &ln_op_segment_sum, 0},
    {"UnsortedSegmentMax", segments, &ln_op_unsorted_segment_max, 0},
    {"UnsortedSegmentMin", segments, &ln_op_unsorted_segment_min, 0},
    {"UnsortedSegmentProd", segments, &ln_op_unsorted_segment_prod, 0},
    {"UnsortedSegmentSum", segments, &ln_op_unsorted_segment_sum, 0},
    {NULL, NULL, NULL, 0},
};
