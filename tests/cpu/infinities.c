/* SPDX-License-Identifier: Apache-2.0 */
/* infinities.c: sums that are too large for a float stay infinite where no activation is fused;
 * the largest float in their stead would be finite for whatever asks.  Results are compared
 * exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/rows.h"

extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d, ln_op_fully_connected,
    ln_op_average_pool_2d;

static const float large[] = {1e30f, -1e30f};

static void check(const ln_op *op, const void *params, const row_tensor *in, int n_in)
{
    row_node n = {
        .op = op, .params = params, .out = {{.type = kTfLiteFloat32}}, .n_in = n_in, .n_out = 1};
    for (int i = 0; i < n_in; i++)
        n.in[i] = in[i];
    row_check(&n);
}

static void check_products(float value, int channels, int rows)
{
    const row_tensor image = {kTfLiteFloat32, ROW_SHAPE(1, rows, 7, channels), .value = value};
    const TfLiteFullyConnectedParams fc = {.activation = kTfLiteActNone};
    const row_tensor flat = {kTfLiteFloat32, ROW_SHAPE(rows, channels), .value = value};
    row_tensor w = {kTfLiteFloat32, ROW_SHAPE(channels + 3, channels), .constant = true,
                    .value = 1e30f};
    check(&ln_op_fully_connected, &fc, (const row_tensor[]){flat, w}, 2);

    const TfLiteConvParams conv = {.padding = kTfLitePaddingValid,
                                   .stride_width = 1,
                                   .stride_height = 1,
                                   .dilation_width_factor = 1,
                                   .dilation_height_factor = 1};
    w.shape = (ln_shape)ROW_SHAPE(channels + 3, 1, 1, channels);
    check(&ln_op_conv_2d, &conv, (const row_tensor[]){image, w}, 2);

    const TfLiteDepthwiseConvParams depthwise = {.padding = kTfLitePaddingSame,
                                                 .stride_width = 1,
                                                 .stride_height = 1,
                                                 .depth_multiplier = 1,
                                                 .dilation_width_factor = 1,
                                                 .dilation_height_factor = 1};
    w.shape = (ln_shape)ROW_SHAPE(1, 3, 3, channels);
    check(&ln_op_depthwise_conv_2d, &depthwise, (const row_tensor[]){image, w}, 2);

    const TfLitePoolParams pool = {.padding = kTfLitePaddingValid,
                                   .stride_width = 1,
                                   .stride_height = 1,
                                   .filter_width = 2,
                                   .filter_height = 1};
    row_tensor pooled = image;
    pooled.value *= 3e8f; /* two of them are too much */
    check(&ln_op_average_pool_2d, &pool, &pooled, 1);
}

void test_infinities(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        for (int channels = 1; channels < 40; channels += 6)
            check_products(large[i], channels, 1 + channels % 5);
}
