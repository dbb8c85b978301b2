/* SPDX-License-Identifier: Apache-2.0 */
/* hybrid.c: CONV_2D, FULLY_CONNECTED and BATCH_MATMUL of float activations and int8 weights: the
 * very bits of the references, with and without zero points, images that share a block of rows,
 * depths that no tile divides. */
#include "cpu/rows.h"

extern const ln_op ln_op_batch_matmul, ln_op_conv_2d, ln_op_fully_connected;

static const TfLiteFusedActivation acts[] = {kTfLiteActNone, kTfLiteActRelu, kTfLiteActRelu6};

void test_hybrid_conv(void **state)
{
    (void)state;
    for (int i = 0, n = row_cases(200); i < n; i++) {
        const int groups = row_random(0, 2) == 0 ? row_random(2, 4) : 1;
        const int cin = groups * row_random(1, 20), cout = groups * row_random(1, 40);
        const int filter = i % 2 ? 1 : row_random(1, 4), stride = i % 3 ? 1 : row_random(1, 2);
        const bool same = row_random(0, 1) == 1;
        const int dilation = i % 7 != 0 ? 1 : same ? row_random(1, 40) : 2; /* beyond the image */
        const TfLiteConvParams p = {
            .padding = same ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_width = stride,
            .stride_height = stride,
            .activation = acts[row_random(0, 2)],
            .dilation_width_factor = i % 5 ? 1 : dilation,
            .dilation_height_factor = dilation,
        };
        const int h = 2 * filter + row_random(0, 9), w = 2 * filter + row_random(0, 9);
        const row_node n = {
            .op = &ln_op_conv_2d,
            .params = &p,
            .in = {{.type = kTfLiteFloat32, .shape = ROW_SHAPE(row_random(1, 3), h, w, cin)},
                   {.type = kTfLiteInt8,
                    .shape = ROW_SHAPE(cout, filter, filter, cin / groups),
                    .scale = 0.03f,
                    .constant = true},
                   {.type = kTfLiteFloat32, .shape = ROW_SHAPE(cout), .constant = true}},
            .out = {{.type = kTfLiteFloat32}},
            .n_in = i % 4 ? 3 : 2,
            .n_out = 1,
        };
        row_check(&n);
    }
}

void test_hybrid_fully_connected(void **state)
{
    (void)state;
    for (int i = 0, n = row_cases(200); i < n; i++) {
        const TfLiteFullyConnectedParams p = {.activation = acts[row_random(0, 2)],
                                              .asymmetric_quantize_inputs = i % 2 == 0};
        const int k = row_random(1, i % 5 ? 100 : 700), n = row_random(1, 70);
        const row_node node = {
            .op = &ln_op_fully_connected,
            .params = &p,
            .in =
                {{.type = kTfLiteFloat32, .shape = ROW_SHAPE(i % 4 ? row_random(1, 60) : 1, k)},
                 {.type = kTfLiteInt8, .shape = ROW_SHAPE(n, k), .scale = 0.03f, .constant = true},
                 {.type = kTfLiteFloat32, .shape = ROW_SHAPE(n), .constant = true}},
            .out = {{.type = kTfLiteFloat32}},
            .n_in = i % 3 ? 3 : 2,
            .n_out = 1,
        };
        row_check(&node);
    }
}

/* One matrix or a list of them, by rows or by columns, for a list of matrices, wherever its
 * dimension is. */
void test_hybrid_batch_matmul(void **state)
{
    (void)state;
    for (int i = 0, cases = row_cases(100); i < cases; i++) {
        const bool adjoint = i % 2;
        const TfLiteBatchMatMulParams p = {.adj_y = adjoint,
                                           .asymmetric_quantize_inputs = i % 3 == 0};
        const int k = row_random(1, i % 5 ? 100 : 700), n = row_random(1, 70);
        const int batch = row_random(1, 5), m = i % 4 ? row_random(1, 30) : 1;
        const bool last = i % 7 <= 2;
        const int outer = last ? 1 : batch, inner = last ? batch : 1;
        const int rows = adjoint ? n : k, columns = adjoint ? k : n;
        const ln_shape one = ROW_SHAPE(1, rows, columns),
                       several = ROW_SHAPE(outer, inner, rows, columns);
        const row_node node = {
            .op = &ln_op_batch_matmul,
            .params = &p,
            .in = {{.type = kTfLiteFloat32, .shape = ROW_SHAPE(outer, inner, m, k)},
                   {.type = kTfLiteInt8,
                    .shape = i % 5 < 2 ? several : one,
                    .scale = 0.03f,
                    .constant = true}},
            .out = {{.type = kTfLiteFloat32}},
            .n_in = 2,
            .n_out = 1,
        };
        row_check(&node);
    }
}
