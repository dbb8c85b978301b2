/* SPDX-License-Identifier: Apache-2.0 */
/* conv_3d.c: CONV_3D and CONV_3D_TRANSPOSE. */
#include "cpu/rows.h"

extern const ln_op ln_op_conv_3d, ln_op_conv_3d_transpose;

static const TfLiteFusedActivation acts[] = {kTfLiteActNone, kTfLiteActRelu, kTfLiteActRelu6};

static int most(int a, int b)
{
    return a > b ? a : b;
}

void test_conv_3d(void **state)
{
    (void)state;
    for (int i = 0, n = row_cases(120); i < n; i++) {
        const bool same = row_random(0, 1), large = i % 10 == 0;
        const int dilation = i % 4 == 0 ? 2 : 1;
        const int fd = row_random(1, 3), fh = row_random(1, 3), fw = row_random(1, 4);
        const int least = (4 - 1) * dilation + 1;
        const int cin = row_random(1, large ? 24 : 6), cout = row_random(1, large ? 70 : 20);
        const TfLiteConv3DParams p = {
            .padding = same ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_depth = row_random(1, 2),
            .stride_height = row_random(1, 2),
            .stride_width = row_random(1, 3),
            .dilation_depth_factor = i % 8 == 0 ? 2 : 1,
            .dilation_height_factor = dilation,
            .dilation_width_factor = dilation,
            .activation = acts[i % 3],
        };
        const row_node node = {
            .op = &ln_op_conv_3d,
            .params = &p,
            .in = {{.type = kTfLiteFloat32,
                    .shape = ROW_SHAPE(row_random(1, 2), row_random(least, 8), row_random(least, 9),
                                       row_random(least, large ? 30 : 9), cin)},
                   {.type = kTfLiteFloat32,
                    .shape = ROW_SHAPE(fd, fh, fw, cin, cout),
                    .constant = true},
                   {.type = kTfLiteFloat32, .shape = ROW_SHAPE(cout), .constant = true}},
            .out = {{.type = kTfLiteFloat32}},
            .n_in = 2 + i % 2,
            .n_out = 1,
            .tolerance = 1e-3f, /* of sums of up to 900 products */
        };
        row_check(&node);
    }
}

/* Windows that go slice by slice through Winograd's transforms. */
void test_conv_3d_slices(void **state)
{
    (void)state;
    for (int i = 0, n = row_cases(60); i < n; i++) {
        const int fd = row_random(1, 4), dilation = i % 5 ? 1 : 2;
        const int cin = row_random(12, 40), cout = row_random(12, 70);
        const TfLiteConv3DParams p = {
            .padding = row_random(0, 1) ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_depth = 1,
            .stride_height = 1,
            .stride_width = 1,
            .dilation_depth_factor = i % 4 ? 1 : 2,
            .dilation_height_factor = dilation,
            .dilation_width_factor = 1,
            .activation = acts[i % 3],
        };
        const row_node node = {
            .op = &ln_op_conv_3d,
            .params = &p,
            .in = {{.type = kTfLiteFloat32,
                    .shape = ROW_SHAPE(row_random(1, 2), row_random(7, 9), row_random(5, 12),
                                       row_random(5, 12), cin)},
                   {.type = kTfLiteFloat32,
                    .shape = ROW_SHAPE(fd, 3, 3, cin, cout),
                    .constant = true},
                   {.type = kTfLiteFloat32, .shape = ROW_SHAPE(cout), .constant = true}},
            .out = {{.type = kTfLiteFloat32}},
            .n_in = 2 + i % 2,
            .n_out = 1,
            .tolerance = 2e-3f, /* of sums of up to 1440 products */
        };
        row_check(&node);
    }
}

void test_conv_3d_transpose(void **state)
{
    (void)state;
    for (int i = 0, n = row_cases(120); i < n; i++) {
        const bool same = row_random(0, 1), large = i % 10 == 0;
        const int images = row_random(1, 2);
        const int cin = row_random(1, large ? 24 : 6), cout = row_random(1, large ? 70 : 20);
        int32_t y[5] = {images, 0, 0, 0, cout};
        int stride[3], filter[3], in[3];
        for (int a = 0; a < 3; a++) {
            stride[a] = row_random(1, 2);
            filter[a] = row_random(stride[a], 4);
            in[a] = row_random(1, large ? 12 : 5);
            /* an output of SAME padding may be shorter than what the input reaches */
            y[a + 1] = same ? most(in[a] * stride[a] - row_random(0, stride[a] - 1), 1)
                            : (in[a] - 1) * stride[a] + filter[a];
        }
        const TfLiteConv3DParams p = {
            .padding = same ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_depth = stride[0],
            .stride_height = stride[1],
            .stride_width = stride[2],
            .dilation_depth_factor = 1,
            .dilation_height_factor = 1,
            .dilation_width_factor = 1,
            .activation = acts[i % 3],
        };
        const row_node node = {
            .op = &ln_op_conv_3d_transpose,
            .params = &p,
            .in = {{.type = kTfLiteInt32, .shape = ROW_SHAPE(5), .constant = true, .ints = y},
                   {.type = kTfLiteFloat32,
                    .shape = ROW_SHAPE(filter[0], filter[1], filter[2], cout, cin),
                    .constant = true},
                   {.type = kTfLiteFloat32, .shape = ROW_SHAPE(images, in[0], in[1], in[2], cin)},
                   {.type = kTfLiteFloat32, .shape = ROW_SHAPE(cout), .constant = true}},
            .out = {{.type = kTfLiteFloat32}},
            .n_in = 3 + i % 2,
            .n_out = 1,
            .tolerance = 1e-3f, /* of sums of up to 1500 products */
        };
        row_check(&node);
    }
}
