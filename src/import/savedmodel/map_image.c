/* SPDX-License-Identifier: Apache-2.0 */
/* map_image.c: resizing, and boxes in images. */
#include <string.h>

#include "import/savedmodel/tf.h"

/* TensorFlow's bilinear resize gives floats, whatever comes in. */
static void resize_bilinear(ln_tf_op *op)
{
    const TfLiteResizeBilinearParams p = {
        .align_corners = ln_tf_attr_bool(op, "align_corners", false),
        .half_pixel_centers = ln_tf_attr_bool(op, "half_pixel_centers", false)};
    const ln_id x = ln_emit_cast(op->e, ln_tf_in(op, 0), kTfLiteFloat32);
    ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_resize_bilinear, &p, x, ln_tf_in(op, 1)));
}

static void resize_nearest(ln_tf_op *op)
{
    const TfLiteResizeNearestNeighborParams p = {
        .align_corners = ln_tf_attr_bool(op, "align_corners", false),
        .half_pixel_centers = ln_tf_attr_bool(op, "half_pixel_centers", false)};
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_resize_nearest_neighbor, &p, ln_tf_in(op, 0),
                             ln_tf_in(op, 1)));
}

/* boxes, scores, how many, overlap, least score -> indices, how many of them count.  TensorFlow
 * pads the indices only where pad_to_max_output_size says so; NON_MAX_SUPPRESSION_V4 always does,
 * so the indices are cut otherwise. */
static void nms_v4(ln_tf_op *op)
{
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1), ln_tf_in(op, 2), ln_tf_in(op, 3),
                        ln_tf_in(op, 4)};
    const ln_emit_call call = {
        .op = &ln_op_non_max_suppression_v4, .in = in, .n_in = 5, .n_out = 2};
    ln_id out[2];
    if (!ln_emit_node(op->e, &call, out))
        return;
    const bool pads = strcmp(op->node->def->op, "NonMaxSuppressionV4") == 0 &&
                      ln_tf_attr_bool(op, "pad_to_max_output_size", false);
    const ln_id cut[] = {out[0], ln_emit_ints(op->e, 1, (const int[]){0}),
                         ln_emit_expand_dims(op->e, out[1], 0)};
    ln_tf_out(op, 0, pads ? out[0] : ln_emit_nary(op->e, &ln_op_slice, NULL, 3, cut));
    ln_tf_out(op, 1, out[1]);
}

static void nms_v5(ln_tf_op *op)
{
    const ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1), ln_tf_in(op, 2),
                        ln_tf_in(op, 3), ln_tf_in(op, 4), ln_tf_in(op, 5)};
    const ln_emit_call call = {
        .op = &ln_op_non_max_suppression_v5, .in = in, .n_in = 6, .n_out = 3};
    ln_id out[3];
    if (!ln_emit_node(op->e, &call, out))
        return;
    const ln_id zero = ln_emit_ints(op->e, 1, (const int[]){0}),
                n = ln_emit_expand_dims(op->e, out[2], 0);
    const bool pads = ln_tf_attr_bool(op, "pad_to_max_output_size", false);
    for (int i = 0; i < 2; i++) {
        const ln_id cut[] = {out[i], zero, n};
        ln_tf_out(op, i, pads ? out[i] : ln_emit_nary(op->e, &ln_op_slice, NULL, 3, cut));
    }
    ln_tf_out(op, 2, out[2]);
}

const ln_tf_row ln_tf_rows_image[] = {
    {"NonMaxSuppressionV3", nms_v4, &ln_op_non_max_suppression_v4, 0},
    {"NonMaxSuppressionV4", nms_v4, &ln_op_non_max_suppression_v4, 0},
    {"NonMaxSuppressionV5", nms_v5, &ln_op_non_max_suppression_v5, 0},
    {"ResizeBilinear", resize_bilinear, &ln_op_resize_bilinear, 0},
    {"ResizeNearestNeighbor", resize_nearest, &ln_op_resize_nearest_neighbor, 0},
    {NULL, NULL, NULL, 0},
};
