/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c: CONV_2D of bytes whose weights are small for the most part, as those of trained networks
 * are: what sets without dot products multiply in steps (kernels/gemm_steps.h). */
#include "cpu/rows.h"

extern const ln_op ln_op_conv_2d;

static void check_conv(int i)
{
    const bool uint8 = i % 3 != 0;
    const TfLiteType type = uint8 ? kTfLiteUInt8 : kTfLiteInt8;
    const int groups = i % 11 == 0 ? 2 : 1, filter = i % 2 ? 1 : row_random(1, 4);
    const int cin = groups * row_random(1, i % 5 ? 40 : 200), cout = groups * row_random(1, 70);
    const TfLiteConvParams p = {
        .padding = row_random(0, 1) ? kTfLitePaddingSame : kTfLitePaddingValid,
        .stride_width = i % 7 ? 1 : 2,
        .stride_height = i % 7 ? 1 : 2,
        .activation = i % 4 ? kTfLiteActNone : kTfLiteActRelu6,
        .dilation_width_factor = i % 13 ? 1 : 2,
        .dilation_height_factor = 1,
    };
    const row_node n = {
        .op = &ln_op_conv_2d,
        .params = &p,
        .in = {{.type = type,
                .shape = ROW_SHAPE(row_random(1, 2), filter + row_random(0, 12),
                                   2 * filter + row_random(0, 12), cin),
                .scale = 0.05f,
                .zero = uint8 ? row_random(0, 255) : row_random(-128, 127)},
               {.type = type,
                .shape = ROW_SHAPE(cout, filter, filter, cin / groups),
                .scale = 0.03f,
                .zero = uint8 ? row_random(0, 255) : 0,
                .constant = true,
                .spread = row_random(1, 50)},
               {.type = kTfLiteInt32,
                .shape = ROW_SHAPE(cout),
                .scale = 0.05f * 0.03f,
                .constant = true}},
        .out = {{.type = type, .scale = 0.4f, .zero = uint8 ? 100 : 5}},
        .n_in = i % 6 ? 3 : 2,
        .n_out = 1,
    };
    row_check(&n);
}

void test_steps(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++)
        check_conv(i);
}
