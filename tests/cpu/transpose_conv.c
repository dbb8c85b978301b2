/* SPDX-License-Identifier: Apache-2.0 */
/* transpose_conv.c: TRANSPOSE_CONV by phases. */
#include "cpu/rows.h"

extern const ln_op ln_op_transpose_conv;

/* The same node in int8 or in uint8, whose weights have a zero point. */
static void check_bytes(row_node node, int i)
{
    const bool uint8 = i % 2;
    const TfLiteType type = uint8 ? kTfLiteUInt8 : kTfLiteInt8;
    row_tensor *w = &node.in[1], *x = &node.in[2];
    w->type = x->type = node.out[0].type = type;
    w->scale = x->scale = 0.02f;
    w->zero = uint8 ? 131 : 0;
    x->zero = uint8 ? 117 : -3;
    node.in[3].type = kTfLiteInt32;
    node.in[3].scale = w->scale * x->scale;
    node.out[0].scale = 0.4f;
    node.out[0].zero = uint8 ? 100 : 5;
    row_check(&node);
}

/* The same node in int16; now and then with so many channels that sums need 64 bits. */
static void check_s16(row_node node, int i)
{
    row_tensor *w = &node.in[1], *x = &node.in[2];
    if (i % 25 == 3)
        w->shape.dim[3] = x->shape.dim[3] = 1100;
    w->type = kTfLiteInt8;
    w->scale = 0.02f;
    x->type = node.out[0].type = kTfLiteInt16;
    x->scale = 0.0004f;
    node.in[3].type = kTfLiteInt64;
    node.in[3].scale = w->scale * x->scale;
    node.out[0].scale = 0.01f;
    row_check(&node);
}

/* The same node with int8 weights, whose input each side rounds for itself. */
static void check_hybrid(row_node node)
{
    node.in[1].type = kTfLiteInt8;
    node.in[1].scale = 0.02f;
    row_check(&node);
}

void test_transpose_conv(void **state)
{
    static const TfLiteFusedActivation acts[] = {kTfLiteActNone, kTfLiteActRelu, kTfLiteActRelu6};
    (void)state;
    for (int i = 0, n = row_cases(150); i < n; i++) {
        const bool same = row_random(0, 1), large = i % 10 == 0;
        const int sh = row_random(1, 3), sw = row_random(1, 3);
        const int fh = row_random(sh, 5), fw = row_random(sw, 5);
        const int h = row_random(1, large ? 30 : 6), w = row_random(1, large ? 30 : 9);
        const int cin = row_random(1, 20), cout = row_random(1, large ? 60 : 40);
        const int n = row_random(1, 2);
        /* an output of SAME padding may be shorter than what the input reaches */
        const int oh = same ? h * sh - row_random(0, sh - 1) : (h - 1) * sh + fh;
        const int ow = same ? w * sw - row_random(0, sw - 1) : (w - 1) * sw + fw;
        const int32_t shape[4] = {n, oh, ow, cout};
        const TfLiteTransposeConvParams p = {
            .padding = same ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_width = sw,
            .stride_height = sh,
            .activation = acts[i % 3],
        };
        const row_node node = {
            .op = &ln_op_transpose_conv,
            .params = &p,
            .in = {{.type = kTfLiteInt32, .shape = ROW_SHAPE(4), .constant = true, .ints = shape},
                   {.type = kTfLiteFloat32,
                    .shape = ROW_SHAPE(cout, fh, fw, cin),
                    .constant = true},
                   {.type = kTfLiteFloat32, .shape = ROW_SHAPE(n, h, w, cin)},
                   {.type = kTfLiteFloat32, .shape = ROW_SHAPE(cout), .constant = true}},
            .out = {{.type = kTfLiteFloat32}},
            .n_in = 3 + i % 2,
            .n_out = 1,
            .tolerance = 4e-4f, /* of sums of up to 500 products */
        };
        row_check(&node);
        check_bytes(node, i);
        check_s16(node, i);
        check_hybrid(node);
    }
}
