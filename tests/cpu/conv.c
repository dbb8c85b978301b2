/* SPDX-License-Identifier: Apache-2.0 */
/* conv.c: CONV_2D of 8 bits whose windows go to tiles as they lie in a frame, filled up to lines of
 * the cache or not: enough channels, and lines of some length or with stride 1; of 16 bits; of
 * float32 in groups, of which several may fill a vector. */
#include "cpu/rows.h"

extern const ln_op ln_op_conv_2d;

/* The same node in int16, without a bias. */
static void check_wide(row_node node)
{
    node.in[0].type = node.out[0].type = kTfLiteInt16;
    node.in[1].type = kTfLiteInt8;
    node.in[0].scale = 1e-4f;
    node.in[0].zero = node.in[1].zero = node.out[0].zero = 0;
    node.out[0].scale = 3e-3f;
    node.n_in = 2;
    row_check(&node);
}

void test_conv_windows(void **state)
{
    static const TfLiteFusedActivation acts[] = {kTfLiteActNone, kTfLiteActRelu, kTfLiteActRelu6};
    static const int channels[] = {16, 24, 32, 48, 64, 20, 96, 128};
    (void)state;
    for (int i = 0, cases = row_cases(120); i < cases; i++) {
        const bool uint8 = i % 3 == 0;
        const TfLiteType type = uint8 ? kTfLiteUInt8 : kTfLiteInt8;
        const int fh = row_random(1, 5), fw = row_random(1, 5), stride = i % 4 ? 1 : 2;
        const bool small = i % 6 == 1; /* groups of which several fill a panel */
        const int cin = small ? row_random(1, 16) : channels[row_random(0, 7)];
        const int cout = row_random(1, small ? 16 : 70);
        const int groups = small ? 1 << row_random(1, 3) : i % 11 == 0 ? 2 : 1;
        const TfLiteConvParams p = {
            .padding = row_random(0, 1) ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_width = stride,
            .stride_height = i % 7 ? stride : 1,
            .activation = acts[i % 3],
            .dilation_width_factor = 1,
            .dilation_height_factor = i % 5 ? 1 : 2,
        };
        const int h = 2 * fh + row_random(0, 20), w = 2 * fw + row_random(0, i % 10 ? 30 : 150);
        const row_node n = {
            .op = &ln_op_conv_2d,
            .params = &p,
            .in = {{.type = type,
                    .shape = ROW_SHAPE(row_random(1, 2), h, w, groups * cin),
                    .scale = 0.02f,
                    .zero = uint8 ? 117 : -3},
                   {.type = type,
                    .shape = ROW_SHAPE(groups * cout, fh, fw, cin),
                    .scale = 0.02f,
                    .zero = uint8 ? 131 : 0,
                    .constant = true},
                   {.type = kTfLiteInt32,
                    .shape = ROW_SHAPE(groups * cout),
                    .scale = 0.02f * 0.02f,
                    .constant = true}},
            .out = {{.type = type, .scale = 0.6f, .zero = uint8 ? 100 : 5}},
            .n_in = 3,
            .n_out = 1,
        };
        row_check(&n);
        if (i % 2)
            check_wide(n);
    }
}

void test_conv_groups(void **state)
{
    static const int channels[] = {1, 2, 4, 5, 8, 12, 16, 32, 40}, groups[] = {2, 3, 4, 6, 8, 16};
    (void)state;
    for (int i = 0, cases = row_cases(120); i < cases; i++) {
        const int fh = row_random(1, 4), fw = row_random(1, 4), stride = i % 4 ? 1 : 2;
        const int n = groups[row_random(0, 5)], cin = channels[row_random(0, 8)];
        const int cout = i % 3 ? cin : channels[row_random(0, 8)];
        const TfLiteConvParams p = {
            .padding = row_random(0, 1) ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_width = stride,
            .stride_height = i % 7 ? stride : 1,
            .activation = i % 2 ? kTfLiteActRelu : kTfLiteActNone,
            .dilation_width_factor = i % 6 ? 1 : 2,
            .dilation_height_factor = i % 5 ? 1 : 2,
        };
        const int h = 2 * fh + row_random(0, 9), w = 2 * fw + row_random(0, 16);
        const row_node node = {
            .op = &ln_op_conv_2d,
            .params = &p,
            .in = {{.type = kTfLiteFloat32, .shape = ROW_SHAPE(row_random(1, 2), h, w, n * cin)},
                   {.type = kTfLiteFloat32,
                    .shape = ROW_SHAPE(n * cout, fh, fw, cin),
                    .constant = i % 9 != 0},
                   {.type = kTfLiteFloat32, .shape = ROW_SHAPE(n * cout), .constant = true}},
            .out = {{.type = kTfLiteFloat32}},
            .n_in = i % 4 ? 3 : 2,
            .n_out = 1,
            .tolerance = 1e-3f, /* of sums of up to 640 products */
            .full = true,
        };
        row_check(&node);
    }
}
