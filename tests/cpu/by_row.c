/* SPDX-License-Identifier: Apache-2.0 */
/* by_row.c: what the engine does row by row: softmax, normalizations, positions of extremes. */
#include "cpu/rows.h"

extern const ln_op ln_op_softmax, ln_op_log_softmax, ln_op_l2_normalization,
    ln_op_local_response_normalization, ln_op_arg_max, ln_op_arg_min, ln_op_concatenation;

static int zero_of(TfLiteType type)
{
    return type == kTfLiteInt8    ? row_random(-128, 127)
           : type == kTfLiteUInt8 ? row_random(0, 255)
                                  : 0;
}

/* A node of one input that has another scale than the output. */
static void check_unary(const ln_op *op, const void *params, TfLiteType type, ln_shape x,
                        float scale, row_tensor out)
{
    const row_node n = {
        .op = op,
        .params = params,
        .in = {{.type = type,
                .shape = x,
                .scale = type == kTfLiteFloat32 ? 0 : scale,
                .zero = zero_of(type)}},
        .out = {out},
        .n_in = 1,
        .n_out = 1,
        .tolerance = 4e-6f,
    };
    row_check(&n);
}

void test_softmax(void **state)
{
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16};
    (void)state;
    for (int i = 0, n = row_cases(120); i < n; i++) {
        const TfLiteType type = types[i % 4];
        const TfLiteSoftmaxParams p = {.beta = i % 3 ? 1 : 0.6f};
        const ln_shape x = ROW_SHAPE(row_random(1, 12), row_random(1, i % 8 == 0 ? 3000 : 140));
        const int low = type == kTfLiteInt8 ? -128 : 0;
        const float unit = type == kTfLiteInt16 ? 1.f / 32768 : 1.f / 256;
        const float scale = (float)row_random(1, 400) / (type == kTfLiteInt16 ? 1e5f : 1e3f);
        check_unary(
            &ln_op_softmax, &p, type, x, scale,
            (row_tensor){.type = type, .scale = type == kTfLiteFloat32 ? 0 : unit, .zero = low});
        if (type != kTfLiteInt16)
            check_unary(&ln_op_log_softmax, NULL, type, x, scale,
                        (row_tensor){.type = type,
                                     .scale = type == kTfLiteFloat32 ? 0 : 1.f / 16,
                                     .zero = low + 255});
    }
}

void test_normalization(void **state)
{
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8};
    static const TfLiteL2NormParams none = {kTfLiteActNone};
    (void)state;
    for (int i = 0, n = row_cases(60); i < n; i++) {
        const TfLiteType type = types[i % 3];
        const TfLiteLocalResponseNormParams p = {
            .radius = row_random(0, 9), .bias = 1.2f, .alpha = 0.4f, .beta = i % 2 ? 0.5f : 0.75f};
        const ln_shape x = ROW_SHAPE(2, row_random(1, 30), 3, row_random(1, 90));
        check_unary(&ln_op_l2_normalization, &none, type, x, 0.03f,
                    (row_tensor){.type = type,
                                 .scale = type == kTfLiteFloat32 ? 0 : 1.f / 128,
                                 .zero = type == kTfLiteUInt8 ? 128 : 0});
        if (type == kTfLiteFloat32)
            check_unary(&ln_op_local_response_normalization, &p, type, x, 0,
                        (row_tensor){.type = type});
    }
}

void test_arg(void **state)
{
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8};
    (void)state;
    for (int i = 0, n = row_cases(90); i < n; i++) {
        const TfLiteType type = types[i % 3];
        const TfLiteArgMaxParams p = {i / 3 % 2 ? kTfLiteInt64 : kTfLiteInt32};
        const ln_shape x = ROW_SHAPE(row_random(1, 5), row_random(1, 300), row_random(1, 40));
        const int32_t axis = row_random(-3, 2);
        const float scale = type == kTfLiteFloat32 ? 0 : 0.1f;
        const row_node n = {
            .op = i % 2 ? &ln_op_arg_max : &ln_op_arg_min, /* their parameters are alike */
            .params = &p,
            .in = {{.type = type, .shape = x, .scale = scale},
                   {.type = kTfLiteInt32, .shape = ROW_SHAPE(1), .ints = &axis, .constant = true}},
            .out = {{.type = p.output_type}},
            .n_in = 2,
            .n_out = 1,
        };
        row_check(&n);
    }
}

/* Bytes of other scales, inputs without items, and enough of them for threads. */
void test_concatenation(void **state)
{
    static const TfLiteType types[] = {kTfLiteUInt8, kTfLiteFloat32, kTfLiteInt8, kTfLiteInt64};
    (void)state;
    for (int i = 0, n = row_cases(80); i < n; i++) {
        const TfLiteType type = types[i % 4];
        const int rank = 3, axis = row_random(0, rank - 1), many = i % 20 == 0 ? 100 : 12;
        const int shape[] = {row_random(1, 6), row_random(1, many), row_random(1, 4 * many)};
        const TfLiteConcatenationParams p = {.axis = row_random(0, 1) ? axis : axis - rank};
        const float scale = type == kTfLiteUInt8 || type == kTfLiteInt8 ? 0.1f : 0;
        const bool one_run = axis == 0 || (shape[0] == 1 && (axis == 1 || shape[1] == 1));
        row_node node = {.op = &ln_op_concatenation,
                         .params = &p,
                         .may_decline = one_run, /* parts may be made in place */
                         .out = {{.type = type, .scale = scale, .zero = scale > 0 ? 7 : 0}},
                         .n_in = row_random(1, ROW_MAX_OPERANDS),
                         .n_out = 1};
        for (int k = 0; k < node.n_in; k++) {
            row_tensor *x = &node.in[k];
            *x = (row_tensor){
                .type = type, .shape = ROW_SHAPE(shape[0], shape[1], shape[2]), .scale = scale};
            x->zero = node.out[0].zero;
            x->shape.dim[axis] = row_random(k > 0 ? 0 : 1, shape[axis]);
            if (type == kTfLiteUInt8 && row_random(0, 1)) {
                x->scale = 0.01f * (float)row_random(1, 30);
                x->zero = row_random(0, 255);
            }
        }
        row_check(&node);
    }
}
