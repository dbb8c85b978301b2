/* SPDX-License-Identifier: Apache-2.0 */
/* resize.c: images resized by the engine: larger, smaller, a lot smaller. */
#include "cpu/rows.h"

extern const ln_op ln_op_resize_bilinear, ln_op_resize_nearest_neighbor;

void test_resize(void **state)
{
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16};
    static const int widths[] = {1, 3, 7, 20, 60};
    (void)state;
    for (int i = 0, n = row_cases(120); i < n; i++) {
        const TfLiteType type = types[i % 4];
        const int how = row_random(0, 2);
        const TfLiteResizeBilinearParams b = {.align_corners = how == 1,
                                              .half_pixel_centers = how == 2};
        const TfLiteResizeNearestNeighborParams p = {b.align_corners, b.half_pixel_centers};
        const int32_t size[] = {row_random(1, 50), row_random(1, 50)};
        const float scale = type == kTfLiteFloat32 ? 0 : 0.1f;
        row_node n = {
            .op = &ln_op_resize_bilinear,
            .params = &b,
            .in = {{.type = type,
                    .shape = ROW_SHAPE(row_random(1, 2), row_random(1, 40),
                                       widths[row_random(0, 4)], row_random(1, 33)),
                    .scale = scale},
                   {.type = kTfLiteInt32, .shape = ROW_SHAPE(2), .ints = size, .constant = true}},
            .out = {{.type = type, .scale = scale}},
            .n_in = 2,
            .n_out = 1,
            .tolerance = 5e-6f,
        };
        row_check(&n);
        n.op = &ln_op_resize_nearest_neighbor;
        n.params = &p;
        row_check(&n);
    }
}
