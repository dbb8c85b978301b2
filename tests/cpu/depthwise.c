/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise.c: DEPTHWISE_CONV_2D of the engine: windows, strides, dilations, multipliers, rows that
 * are copied (512 channels), weights that are not constant. */
#include "cpu/rows.h"

extern const ln_op ln_op_depthwise_conv_2d;

typedef struct layer {
    int h, w, c, fh, fw, multiplier;
    TfLiteDepthwiseConvParams p;
    bool hybrid; /* int8 weights: the very bits of the reference */
} layer;

static void check_layer(const layer *l, int batches, bool constant, bool bias)
{
    const row_node n = {
        .op = &ln_op_depthwise_conv_2d,
        .params = &l->p,
        .in = {{.type = kTfLiteFloat32, .shape = ROW_SHAPE(batches, l->h, l->w, l->c)},
               {.type = l->hybrid ? kTfLiteInt8 : kTfLiteFloat32,
                .shape = ROW_SHAPE(1, l->fh, l->fw, l->c * l->multiplier),
                .scale = l->hybrid ? 0.03f : 0,
                .constant = constant || l->hybrid},
               {.type = kTfLiteFloat32,
                .shape = ROW_SHAPE(l->c * l->multiplier),
                .constant = true}},
        .out = {{.type = kTfLiteFloat32}},
        .n_in = bias ? 3 : 2,
        .n_out = 1,
        .tolerance = l->hybrid ? 0 : 4e-6f * (float)(l->fh * l->fw),
    };
    row_check(&n);
}

void test_depthwise(void **state)
{
    static const int filters[] = {1, 2, 3, 3, 3, 4, 5, 5, 7, 9};
    static const TfLiteFusedActivation acts[] = {kTfLiteActNone, kTfLiteActRelu, kTfLiteActRelu6};
    (void)state;
    for (int i = 0, n = row_cases(300); i < n; i++) {
        layer l = {
            .c = row_random(1, 40),
            .fh = filters[row_random(0, 9)],
            .fw = filters[row_random(0, 9)],
            .multiplier = row_random(0, 3) == 0 ? row_random(2, 9) : 1,
            .p = {.padding = row_random(0, 1) ? kTfLitePaddingSame : kTfLitePaddingValid,
                  .stride_width = row_random(1, 3),
                  .stride_height = row_random(1, 3),
                  .activation = acts[row_random(0, 2)],
                  .dilation_width_factor = 1,
                  .dilation_height_factor = 1},
        };
        if (row_random(0, 2) == 0) {
            l.p.dilation_width_factor = row_random(1, 4);
            l.p.dilation_height_factor = row_random(1, 4);
        }
        if (row_random(0, 1))
            l.p.stride_width = l.p.stride_height = 1;
        l.h = row_random(1, 20) + (l.fh - 1) * l.p.dilation_height_factor;
        l.w = row_random(1, 20) + (l.fw - 1) * l.p.dilation_width_factor;
        if (l.p.padding == kTfLitePaddingSame && row_random(0, 1)) {
            l.h = row_random(1, 8);
            l.w = row_random(1, 8);
        }
        l.hybrid = i % 3 == 0;
        if (i % 10 == 9) { /* one channel becomes more than a vector of them */
            l.c = 1;
            l.multiplier = row_random(2, 33);
        }
        if (i % 10 == 8) { /* several pixels fill a vector */
            l.c = 1 << row_random(0, 3);
            l.multiplier = l.p.stride_width = l.p.stride_height = 1;
        }
        check_layer(&l, row_random(1, 2), row_random(0, 3) > 0, row_random(0, 3) > 0);
    }
}

/* Images beyond the second-level cache, whose lines are asked for before they are read. */
void test_depthwise_large(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const layer l = {
            .h = 131,
            .w = 126,
            .c = 37,
            .fh = 3,
            .fw = 3,
            .multiplier = 1,
            .p = {.padding = kTfLitePaddingSame,
                  .stride_width = 1 + i,
                  .stride_height = 1 + i,
                  .dilation_width_factor = 1,
                  .dilation_height_factor = 1},
        };
        check_layer(&l, 1, true, true);
    }
}

/* 8-bit images of one channel: a convolution for the engine. */
void test_depthwise_single(void **state)
{
    (void)state;
    for (int i = 0, n = row_cases(100); i < n; i++) {
        const bool uint8 = i % 3 == 0;
        const TfLiteType type = uint8 ? kTfLiteUInt8 : kTfLiteInt8;
        const TfLiteDepthwiseConvParams p = {
            .padding = i % 2 ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_width = row_random(1, 3),
            .stride_height = row_random(1, 3),
            .activation = i % 4 ? kTfLiteActNone : kTfLiteActRelu6,
            .dilation_width_factor = i % 5 ? 1 : 2,
            .dilation_height_factor = 1,
        };
        const int fh = row_random(1, 10), fw = row_random(1, 9), n = row_random(1, 40);
        const row_node node = {
            .op = &ln_op_depthwise_conv_2d,
            .params = &p,
            .in = {{.type = type,
                    .shape = ROW_SHAPE(row_random(1, 2), fh + row_random(0, 20),
                                       2 * fw + row_random(0, 20), 1),
                    .scale = 0.05f,
                    .zero = uint8 ? 117 : -3},
                   {.type = type,
                    .shape = ROW_SHAPE(1, fh, fw, n),
                    .scale = 0.03f,
                    .zero = uint8 ? 131 : 0,
                    .constant = true},
                   {.type = kTfLiteInt32,
                    .shape = ROW_SHAPE(n),
                    .scale = 0.05f * 0.03f,
                    .constant = true}},
            .out = {{.type = type, .scale = 0.4f, .zero = uint8 ? 100 : 5}},
            .n_in = i % 7 ? 3 : 2,
            .n_out = 1,
        };
        row_check(&node);
    }
}

/* Of bytes: weights that take two int8 with their zero point, and taps without any. */
void test_depthwise_bytes(void **state)
{
    (void)state;
    for (int i = 0, n = row_cases(150); i < n; i++) {
        const bool uint8 = i % 3 > 0;
        const TfLiteType type = uint8 ? kTfLiteUInt8 : kTfLiteInt8;
        const TfLiteDepthwiseConvParams p = {
            .padding = i % 2 ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_width = row_random(1, 2),
            .stride_height = row_random(1, 2),
            .activation = i % 4 ? kTfLiteActNone : kTfLiteActRelu6,
            .dilation_width_factor = 1,
            .dilation_height_factor = i % 5 ? 1 : 2,
        };
        const int fh = row_random(1, 6), fw = row_random(1, 5), c = row_random(2, i % 2 ? 4 : 40);
        const row_node node = {
            .op = &ln_op_depthwise_conv_2d,
            .params = &p,
            .in = {{.type = type,
                    .shape = ROW_SHAPE(1, 2 * fh + row_random(0, 9), fw + row_random(0, 20), c),
                    .scale = 0.05f,
                    .zero = uint8 ? 117 : -3},
                   {.type = type,
                    .shape = ROW_SHAPE(1, fh, fw, c),
                    .scale = 0.03f,
                    .zero = !uint8  ? 0
                            : i % 7 ? row_random(0, 255)
                                    : i % 2 * 255, /* least, most */
                    .spread = row_random(0, 1),
                    .constant = true},
                   {.type = kTfLiteInt32,
                    .shape = ROW_SHAPE(c),
                    .scale = 0.05f * 0.03f,
                    .constant = true}},
            .out = {{.type = type, .scale = 0.4f, .zero = uint8 ? 100 : 5}},
            .n_in = 3,
            .n_out = 1,
        };
        row_check(&node);
    }
}

void test_depthwise_crowded(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        const int dilation = i % 4 == 3 ? 2 : 1, stride = dilation > 1 ? 1 : 1 + i % 2;
        const layer l = {
            .h = 9 + i % 5,
            .w = 7 + i,
            .c = i % 3 == 2 ? 1024 : 512,
            .fh = i % 2 ? 3 : 5,
            .fw = i % 3 ? 3 : 5,
            .multiplier = 1,
            .p = {.padding = i % 5 ? kTfLitePaddingSame : kTfLitePaddingValid,
                  .stride_width = stride,
                  .stride_height = stride,
                  .dilation_width_factor = dilation,
                  .dilation_height_factor = dilation},
            .hybrid = i % 2 == 0,
        };
        check_layer(&l, 1 + i % 2, i % 6 != 5, true);
    }
}
