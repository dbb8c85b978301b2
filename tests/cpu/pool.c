/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: the pools of the engine. */
#include "cpu/rows.h"

extern const ln_op ln_op_average_pool_2d, ln_op_max_pool_2d, ln_op_l2_pool_2d;

void test_pool(void **state)
{
    static const ln_op *const ops[] = {&ln_op_average_pool_2d, &ln_op_max_pool_2d,
                                       &ln_op_l2_pool_2d};
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16};
    static const TfLiteFusedActivation acts[] = {kTfLiteActNone, kTfLiteActRelu, kTfLiteActRelu6};
    (void)state;
    for (int i = 0, n = row_cases(240); i < n; i++) {
        const ln_op *op = ops[i % 3];
        const TfLiteType type = op == &ln_op_l2_pool_2d ? kTfLiteFloat32 : types[i / 3 % 4];
        const float scale = type == kTfLiteFloat32 ? 0 : type == kTfLiteInt16 ? 0.001f : 0.05f;
        const int zero = type == kTfLiteInt8 ? -5 : type == kTfLiteUInt8 ? 120 : 0;
        const TfLitePoolParams p = {
            .padding = row_random(0, 1) ? kTfLitePaddingSame : kTfLitePaddingValid,
            .stride_width = row_random(1, 3),
            .stride_height = row_random(1, 3),
            .filter_width = row_random(1, 9),
            .filter_height = row_random(1, 9),
            .activation = acts[row_random(0, 2)],
        };
        const int h = row_random(9, 20), w = row_random(9, 20), c = row_random(1, 90);
        const row_node n = {
            .op = op,
            .params = &p,
            .in = {{.type = type,
                    .shape = ROW_SHAPE(row_random(1, 2), h, w, c),
                    .scale = scale,
                    .zero = zero}},
            .out = {{.type = type, .scale = scale, .zero = zero}},
            .n_in = 1,
            .n_out = 1,
            .tolerance = 2e-6f,
        };
        row_check(&n);
    }
}

/* One window over all of a large image: the channels go to several threads. */
void test_pool_global(void **state)
{
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16};
    const TfLitePoolParams p = {.padding = kTfLitePaddingValid,
                                .stride_width = 1,
                                .stride_height = 1,
                                .filter_width = 14,
                                .filter_height = 15};
    (void)state;
    for (int i = 0; i < 8; i++) {
        const TfLiteType type = types[i / 2];
        const row_node n = {
            .op = i % 2 ? &ln_op_average_pool_2d : &ln_op_max_pool_2d,
            .params = &p,
            .in = {{.type = type, .shape = ROW_SHAPE(1, 15, 14, 1300), .scale = 0.1f}},
            .out = {{.type = type, .scale = 0.1f}},
            .n_in = 1,
            .n_out = 1,
            .tolerance = 5e-6f,
        };
        row_check(&n);
    }
}
