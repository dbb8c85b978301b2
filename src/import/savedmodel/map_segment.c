/* SPDX-License-Identifier: Apache-2.0 */
/* map_segment.c: sums and the like of rows that have the same number, and ragged rows. */
#include "import/savedmodel/tf.h"

const ln_tf_row ln_tf_rows_segment[] = {
    {"RaggedTensorToTensor", ln_tf_ragged_to_tensor, NULL, LN_TF_SEVERAL},
    {"SegmentSum", ln_tf_same, &ln_op_segment_sum, 0},
    {"UnsortedSegmentMax", ln_tf_same, &ln_op_unsorted_segment_max, 0},
    {"UnsortedSegmentMin", ln_tf_same, &ln_op_unsorted_segment_min, 0},
    {"UnsortedSegmentProd", ln_tf_same, &ln_op_unsorted_segment_prod, 0},
    {"UnsortedSegmentSum", ln_tf_same, &ln_op_unsorted_segment_sum, 0},
    {NULL, NULL, NULL, 0},
};
