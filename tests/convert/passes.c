/* SPDX-License-Identifier: Apache-2.0 */
/* passes.c: what each pass of src/opt makes of a small graph (passes.h). */
#include "convert/passes.h"

/* MUL and ADD per channel behind a convolution, and the activation. */
static void build_batch_norm_becomes_weights(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(1, 5, 5, 3));
    const TfLiteConvParams p = {kTfLitePaddingSame, 1, 1, kTfLiteActNone, 1, 1, kTfLiteNoType};
    const ln_id in[] = {x, float_constant(e, DIMS(4, 3, 3, 3)), float_constant(e, DIMS(4))};
    ln_id y = ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in);
    y = ln_emit_binary(e, &ln_op_mul, NULL, y, float_constant(e, DIMS(4)));
    y = ln_emit_binary(e, &ln_op_add, NULL, y, float_constant(e, DIMS(4)));
    ln_emit_output(e, ln_emit_unary(e, &ln_op_relu, NULL, y));
}

static void batch_norm_becomes_weights(void **state)
{
    (void)state;
    check_passes(build_batch_norm_becomes_weights, "CONV_2D(SAME RELU)", NULL);
}

/* Of an image of any size: its channels are known. */
static void build_bias_of_an_open_image(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(-1, -1, -1, 3));
    const TfLiteConvParams p = {kTfLitePaddingSame, 1, 1, kTfLiteActNone, 1, 1, kTfLiteNoType};
    const ln_id in[] = {x, float_constant(e, DIMS(4, 3, 3, 3)), float_constant(e, DIMS(4))};
    const ln_id y = ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in);
    ln_emit_output(
        e, ln_emit_unary(e, &ln_op_relu, NULL,
                         ln_emit_binary(e, &ln_op_add, NULL, y, float_constant(e, DIMS(4)))));
}

static void bias_of_an_open_image(void **state)
{
    (void)state;
    check_passes(build_bias_of_an_open_image, "CONV_2D(SAME RELU)", NULL);
}

static void build_scales_fold_into_depthwise(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(1, 5, 5, 4));
    const TfLiteDepthwiseConvParams p = {.padding = kTfLitePaddingValid,
                                         .stride_width = 1,
                                         .stride_height = 1,
                                         .depth_multiplier = 1,
                                         .dilation_width_factor = 1,
                                         .dilation_height_factor = 1};
    const ln_id in[] = {x, float_constant(e, DIMS(1, 3, 3, 4)), -1};
    ln_id y = ln_emit_nary(e, &ln_op_depthwise_conv_2d, &p, 3, in);
    y = ln_emit_binary(e, &ln_op_sub, NULL, y, float_constant(e, DIMS(4)));
    y = ln_emit_binary(e, &ln_op_mul, NULL, y, float_constant(e, DIMS(1, 1, 1, 4)));
    y = ln_emit_binary(e, &ln_op_maximum, NULL, y, ln_emit_float(e, 0));
    ln_emit_output(e, ln_emit_binary(e, &ln_op_minimum, NULL, y, ln_emit_float(e, 6)));
}

static void scales_fold_into_depthwise(void **state)
{
    (void)state;
    check_passes(build_scales_fold_into_depthwise, "DEPTHWISE_CONV_2D(RELU6)", NULL);
}

/* BATCH_MATMUL by constants, with a scale and shift on both sides. */
static void build_products_take_what_is_around(ln_emit *e)
{
    ln_id x = float_input(e, DIMS(2, 3, 4));
    x = ln_emit_binary(e, &ln_op_mul, NULL, x, float_constant(e, DIMS(4)));
    x = ln_emit_binary(e, &ln_op_add, NULL, x, float_constant(e, DIMS(4)));
    ln_id y = ln_emit_binary(e, &ln_op_batch_matmul, NULL, x, float_constant(e, DIMS(4, 5)));
    y = ln_emit_binary(e, &ln_op_mul, NULL, y, ln_emit_float(e, 0.5f));
    ln_emit_output(e, ln_emit_binary(e, &ln_op_add, NULL, y, float_constant(e, DIMS(5))));
}

static void products_take_what_is_around(void **state)
{
    (void)state;
    check_passes(build_products_take_what_is_around, "FULLY_CONNECTED", NULL);
}

/* SAME adds zeros behind the ADD, so it must stay. */
static void build_a_shift_is_not_folded_over_a_border(ln_emit *e)
{
    ln_id x = float_input(e, DIMS(1, 4, 4, 2));
    x = ln_emit_binary(e, &ln_op_add, NULL, x, float_constant(e, DIMS(2)));
    const TfLiteConvParams p = {kTfLitePaddingSame, 1, 1, kTfLiteActNone, 1, 1, kTfLiteNoType};
    const ln_id in[] = {x, float_constant(e, DIMS(3, 3, 3, 2)), -1};
    ln_emit_output(e, ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in));
}

static void a_shift_is_not_folded_over_a_border(void **state)
{
    (void)state;
    check_passes(build_a_shift_is_not_folded_over_a_border, "ADD CONV_2D(SAME)", NULL);
}

/* What is used twice is not changed. */
static void build_two_users_keep_the_scale(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 4));
    const ln_id in[] = {x, float_constant(e, DIMS(5, 4)), -1};
    const ln_id y = ln_emit_nary(e, &ln_op_fully_connected, NULL, 3, in);
    const ln_id z = ln_emit_binary(e, &ln_op_mul, NULL, y, float_constant(e, DIMS(5)));
    ln_emit_output(e, ln_emit_binary(e, &ln_op_add, NULL, y, z));
}

static void two_users_keep_the_scale(void **state)
{
    (void)state;
    check_passes(build_two_users_keep_the_scale, "FULLY_CONNECTED MUL ADD", NULL);
}

/* As Keras writes Conv1D. */
static void build_bias_behind_a_reshape(ln_emit *e)
{
    ln_id x = float_input(e, DIMS(2, 6, 3));
    x = ln_emit_expand_dims(e, x, 1);
    const TfLiteConvParams p = {kTfLitePaddingSame, 1, 1, kTfLiteActNone, 1, 1, kTfLiteNoType};
    const ln_id in[] = {x, float_constant(e, DIMS(4, 1, 3, 3)), -1};
    ln_id y = ln_emit_squeeze(e, ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in), 2);
    y = ln_emit_binary(e, &ln_op_add, NULL, y, float_constant(e, DIMS(4)));
    ln_emit_output(e, ln_emit_unary(e, &ln_op_relu, NULL, y));
}

static void bias_behind_a_reshape(void **state)
{
    (void)state;
    check_passes(build_bias_behind_a_reshape, "RESHAPE CONV_2D(SAME RELU) RESHAPE", NULL);
}

static void build_pad_becomes_same(ln_emit *e)
{
    const int before[] = {0, 0, 0, 0}, after[] = {0, 1, 1, 0};
    const ln_id x = ln_emit_pad(e, float_input(e, DIMS(1, 6, 6, 2)), 4, before, after);
    const TfLiteConvParams p = {kTfLitePaddingValid, 2, 2, kTfLiteActNone, 1, 1, kTfLiteNoType};
    const ln_id in[] = {x, float_constant(e, DIMS(3, 3, 3, 2)), -1};
    ln_emit_output(e, ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in));
}

static void pad_becomes_same(void **state)
{
    (void)state;
    check_passes(build_pad_becomes_same, "CONV_2D(SAME)", NULL);
}

static void build_pad_of_two(ln_emit *e)
{
    const int before[] = {0, 0, 0, 0}, after[] = {0, 1, 1, 0};
    const ln_id x = ln_emit_pad(e, float_input(e, DIMS(1, 6, 6, 2)), 4, before, after);
    const TfLiteConvParams p = {kTfLitePaddingValid, 2, 2, kTfLiteActNone, 1, 1, kTfLiteNoType};
    for (int filter = 3; filter >= 1; filter -= 2) { /* 1: no SAME adds what is cut off */
        const ln_id in[] = {x, float_constant(e, DIMS(3, filter, filter, 2)), -1};
        ln_emit_output(e, ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in));
    }
}

static void pad_of_two(void **state)
{
    (void)state;
    check_passes(build_pad_of_two, "PAD CONV_2D(SAME) CONV_2D", NULL);
}

static void build_other_pads_stay(ln_emit *e)
{
    const int before[] = {0, 1, 1, 0}, after[] = {0, 1, 1, 0};
    const ln_id x = ln_emit_pad(e, float_input(e, DIMS(1, 6, 6, 2)), 4, before, after);
    const TfLiteConvParams p = {kTfLitePaddingValid, 2, 2, kTfLiteActNone, 1, 1, kTfLiteNoType};
    const ln_id in[] = {x, float_constant(e, DIMS(3, 3, 3, 2)), -1};
    ln_emit_output(e, ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in));
}

static void other_pads_stay(void **state)
{
    (void)state;
    check_passes(build_other_pads_stay, "PAD CONV_2D", NULL);
}

/* They sink through elementwise operators; a constant is turned. */
static void build_transposes_meet_and_go(ln_emit *e)
{
    ln_id x = ln_emit_transpose(e, float_input(e, DIMS(1, 2, 3, 4)), 4, (int[]){0, 3, 1, 2});
    x = ln_emit_binary(e, &ln_op_add, NULL, x, float_constant(e, DIMS(4, 1, 1)));
    x = ln_emit_unary(e, &ln_op_relu, NULL, x);
    ln_emit_output(e, ln_emit_transpose(e, x, 4, (int[]){0, 2, 3, 1}));
}

static void transposes_meet_and_go(void **state)
{
    (void)state;
    check_passes(build_transposes_meet_and_go, "ADD(RELU)", NULL);
}

static void build_a_transpose_of_ones_is_a_reshape(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(1, 5, 1, 3));
    ln_emit_output(e, ln_emit_transpose(e, x, 4, (int[]){0, 2, 1, 3}));
}

static void a_transpose_of_ones_is_a_reshape(void **state)
{
    (void)state;
    check_passes(build_a_transpose_of_ones_is_a_reshape, "RESHAPE", NULL);
}

static void build_a_reversal_lets_shapes_pass(ln_emit *e)
{
    static const int perm[] = {1, 0, 2};
    const ln_shape flat = {.rank = 2, .dim = {3, 4}}, back = {.rank = 3, .dim = {1, 3, 4}};
    ln_id x = ln_emit_reshape(e, float_input(e, DIMS(1, 3, 4)), &flat);
    x = ln_emit_binary(e, &ln_op_reverse_v2, NULL, x, ln_emit_ints(e, 1, &(int){0}));
    x = ln_emit_transpose(e, ln_emit_reshape(e, x, &back), 3, perm);
    x = ln_emit_concat(e, 2, (const ln_id[]){x, x}, 1);
    x = ln_emit_transpose(e, x, 3, perm);
    x = ln_emit_binary(e, &ln_op_reverse_v2, NULL, x, ln_emit_ints(e, 1, &(int){0}));
    ln_emit_output(e, ln_emit_transpose(e, x, 3, perm));
}

/* The RESHAPEs meet, and so do the TRANSPOSEs. */
static void a_reversal_lets_shapes_pass(void **state)
{
    (void)state;
    check_passes(build_a_reversal_lets_shapes_pass, "REVERSE_V2 RESHAPE CONCATENATION REVERSE_V2",
                 NULL);
}

static void build_a_transposed_factor_is_adjoint(ln_emit *e)
{
    const ln_id a = float_input(e, DIMS(2, 3, 4)), b = float_input(e, DIMS(2, 5, 4));
    const ln_id t = ln_emit_transpose(e, b, 3, (int[]){0, 2, 1});
    ln_emit_output(e, ln_emit_binary(e, &ln_op_batch_matmul, NULL, a, t));
}

static void a_transposed_factor_is_adjoint(void **state)
{
    (void)state;
    check_passes(build_a_transposed_factor_is_adjoint, "BATCH_MATMUL", NULL);
}

/* The same shape, once in the options, too, and once as the operand alone. */
static void build_reshapes_to_one_shape_are_one(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(4)), flat = ln_emit_ints(e, 2, (int[]){4, 1});
    const TfLiteReshapeParams p = {.num_dimensions = 2, .shape = {4, 1}};
    const ln_id a = ln_emit_binary(e, &ln_op_reshape, &p, x, flat);
    const ln_id b = ln_emit_binary(e, &ln_op_reshape, NULL, x, flat);
    ln_emit_output(e, ln_emit_unary(e, &ln_op_exp, NULL, a));
    ln_emit_output(e, ln_emit_unary(e, &ln_op_sin, NULL, b));
}

static void reshapes_to_one_shape_are_one(void **state)
{
    (void)state;
    check_passes(build_reshapes_to_one_shape_are_one, "RESHAPE EXP SIN", NULL);
}

static void build_a_reduction_takes_the_axes_before(ln_emit *e)
{
    ln_id x = ln_emit_transpose(e, float_input(e, DIMS(1, 2, 3, 4)), 4, (int[]){0, 3, 1, 2});
    ln_emit_output(e, ln_emit_reduce(e, &ln_op_mean, x, 2, (int[]){2, 3}, false));
}

static void a_reduction_takes_the_axes_before(void **state)
{
    (void)state;
    check_passes(build_a_reduction_takes_the_axes_before, "MEAN", NULL);
}

/* And the RESHAPE behind it is keep_dims. */
static void build_means_of_means_are_one(ln_emit *e)
{
    const ln_shape s = {.rank = 4, .dim = {2, 1, 1, 3}};
    ln_id x = float_input(e, DIMS(2, 4, 5, 3));
    x = ln_emit_reduce(e, &ln_op_mean, x, 1, (int[]){1}, false);
    x = ln_emit_reduce(e, &ln_op_mean, x, 1, (int[]){1}, false);
    ln_emit_output(e, ln_emit_reshape(e, x, &s));
}

static void means_of_means_are_one(void **state)
{
    (void)state;
    check_passes(build_means_of_means_are_one, "MEAN", NULL);
}

static void build_the_same_twice_is_computed_once(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3));
    const ln_id a = ln_emit_unary(e, &ln_op_tanh, NULL, x);
    const ln_id b = ln_emit_unary(e, &ln_op_tanh, NULL, x);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_add, NULL, a, b));
}

static void the_same_twice_is_computed_once(void **state)
{
    (void)state;
    check_passes(build_the_same_twice_is_computed_once, "TANH ADD", NULL);
}

static void build_what_does_nothing_goes(ln_emit *e)
{
    ln_id x = float_input(e, DIMS(2, 3));
    x = ln_emit_binary(e, &ln_op_add, NULL, x, ln_emit_float(e, 0));
    x = ln_emit_unary(e, &ln_op_abs, NULL, x);
    x = ln_emit_binary(e, &ln_op_mul, NULL, ln_emit_float(e, 1), x);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_pow, NULL, x, ln_emit_float(e, 1)));
}

static void what_does_nothing_goes(void **state)
{
    (void)state;
    check_passes(build_what_does_nothing_goes, "ABS", NULL);
}

/* SLICE of SLICE; CONCATENATION of what SPLIT gives. */
static void build_slices_and_joins(ln_emit *e)
{
    ln_id x = float_input(e, DIMS(4, 6)), parts[2];
    const TfLiteSplitParams p = {.num_splits = 2};
    const ln_id in[] = {ln_emit_int(e, 1), x};
    const ln_emit_call call = {.op = &ln_op_split, .params = &p, .in = in, .n_in = 2, .n_out = 2};
    ln_emit_node(e, &call, parts);
    x = ln_emit_concat(e, 2, parts, 1);
    x = ln_emit_slice(e, x, 2, (int[]){1, 0}, (int[]){3, 5});
    ln_emit_output(e, ln_emit_slice(e, x, 2, (int[]){0, 2}, (int[]){2, 2}));
}

static void slices_and_joins(void **state)
{
    (void)state;
    check_passes(build_slices_and_joins, "SLICE", NULL);
}

static void build_concatenations_become_one(ln_emit *e)
{
    const ln_id a = float_input(e, DIMS(2, 3)), b = float_input(e, DIMS(2, 2));
    const ln_id inner = ln_emit_concat(e, 2, (ln_id[]){a, b}, 1);
    ln_emit_output(
        e, ln_emit_concat(e, 3, (ln_id[]){inner, float_constant(e, DIMS(2, 0 + 1)), a}, -1));
}

static void concatenations_become_one(void **state)
{
    (void)state;
    check_passes(build_concatenations_become_one, "CONCATENATION", NULL);
}

static void build_a_splat_is_a_number(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 3));
    const float ones[] = {2, 2, 2, 2, 2, 2};
    const ln_shape s = {.rank = 2, .dim = {2, 3}};
    ln_emit_output(
        e, ln_emit_binary(e, &ln_op_add, NULL, x,
                          ln_emit_constant(e, kTfLiteFloat32, &s, ones, sizeof ones, true)));
}

static void a_splat_is_a_number(void **state)
{
    (void)state;
    check_passes(build_a_splat_is_a_number, "ADD", NULL);
}

static void build_hard_swish(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 9));
    ln_id y = ln_emit_binary(e, &ln_op_add, NULL, x, ln_emit_float(e, 3));
    y = ln_emit_unary(e, &ln_op_relu6, NULL, y);
    y = ln_emit_binary(e, &ln_op_mul, NULL, x, y);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_mul, NULL, y, ln_emit_float(e, 1.0f / 6)));
}

static void hard_swish(void **state)
{
    (void)state;
    check_passes(build_hard_swish, "HARD_SWISH", NULL);
}

static void build_gelu_by_erf(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 9));
    const ln_id scaled = ln_emit_binary(e, &ln_op_mul, NULL, x, ln_emit_float(e, 0.70710678f));
    const ln_made like = {kTfLiteFloat32, ln_emit_shape(e, x)};
    const ln_emit_call call = {
        .custom = "Erf", .in = &scaled, .n_in = 1, .n_out = 1, .hints = &like};
    ln_id y;
    ln_emit_node(e, &call, &y);
    y = ln_emit_binary(e, &ln_op_add, NULL, ln_emit_float(e, 1), y);
    y = ln_emit_binary(e, &ln_op_mul, NULL, x, y);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_mul, NULL, y, ln_emit_float(e, 0.5f)));
}

static void gelu_by_erf(void **state)
{
    (void)state;
    check_passes(build_gelu_by_erf, "GELU", NULL);
}

static void build_erf_alone_is_computed(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 9));
    const ln_made like = {kTfLiteFloat32, ln_emit_shape(e, x)};
    const ln_emit_call call = {.custom = "Erf", .in = &x, .n_in = 1, .n_out = 1, .hints = &like};
    ln_id y;
    ln_emit_node(e, &call, &y);
    ln_emit_output(e, y);
}

static void erf_alone_is_computed(void **state)
{
    (void)state;
    check_passes(
        build_erf_alone_is_computed,
        "ABS MUL ADD DIV MUL ADD MUL ADD MUL ADD MUL ADD MUL SQUARE NEG EXP MUL SUB SIGN MUL",
        NULL);
}

static void build_gelu_by_tanh(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 9));
    ln_id y = ln_emit_binary(e, &ln_op_pow, NULL, x, ln_emit_float(e, 3));
    y = ln_emit_binary(e, &ln_op_mul, NULL, ln_emit_float(e, 0.044715f), y);
    y = ln_emit_binary(e, &ln_op_add, NULL, x, y);
    y = ln_emit_binary(e, &ln_op_mul, NULL, ln_emit_float(e, 0.7978846f), y);
    y = ln_emit_unary(e, &ln_op_tanh, NULL, y);
    y = ln_emit_binary(e, &ln_op_add, NULL, ln_emit_float(e, 1), y);
    y = ln_emit_binary(e, &ln_op_mul, NULL, x, y);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_mul, NULL, ln_emit_float(e, 0.5f), y));
}

static void gelu_by_tanh(void **state)
{
    (void)state;
    check_passes(build_gelu_by_tanh, "GELU", NULL);
}

static void build_l2_norm(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 9));
    ln_id y = ln_emit_unary(e, &ln_op_square, NULL, x);
    y = ln_emit_reduce(e, &ln_op_sum, y, 1, (int[]){-1}, true);
    y = ln_emit_binary(e, &ln_op_maximum, NULL, y, ln_emit_float(e, 1e-12f));
    y = ln_emit_unary(e, &ln_op_rsqrt, NULL, y);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_mul, NULL, x, y));
}

static void l2_norm(void **state)
{
    (void)state;
    check_passes(build_l2_norm, "L2_NORMALIZATION", NULL);
}

static void build_softmax(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 9));
    ln_id y = ln_emit_reduce(e, &ln_op_reduce_max, x, 1, (int[]){1}, true);
    y = ln_emit_unary(e, &ln_op_exp, NULL, ln_emit_binary(e, &ln_op_sub, NULL, x, y));
    const ln_id sum = ln_emit_reduce(e, &ln_op_sum, y, 1, (int[]){1}, true);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_div, NULL, y, sum));
}

static void softmax(void **state)
{
    (void)state;
    check_passes(build_softmax, "SOFTMAX", NULL);
}

/* The slope is the constant. */
static void build_leaky_relu(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 9));
    const ln_id y = ln_emit_binary(e, &ln_op_mul, NULL, ln_emit_float(e, 0.1f), x);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_maximum, NULL, y, x));
}

/* Keras' PReLU: relu(x) - s relu(-x), with the sign in the slopes. */
static void build_prelu(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 9));
    const ln_id back = ln_emit_unary(e, &ln_op_relu, NULL, ln_emit_unary(e, &ln_op_neg, NULL, x));
    const ln_id low = ln_emit_binary(e, &ln_op_mul, NULL, float_constant(e, DIMS(9)), back);
    ln_emit_output(
        e, ln_emit_binary(e, &ln_op_add, NULL, ln_emit_unary(e, &ln_op_relu, NULL, x), low));
}

static void prelu(void **state)
{
    (void)state;
    check_passes(build_prelu, "PRELU", NULL);
}

static void leaky_relu(void **state)
{
    (void)state;
    check_passes(build_leaky_relu, "LEAKY_RELU", NULL);
}

/* The inner RELU6 is an output too. */
static void build_what_is_used_elsewhere_stays(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(2, 9));
    ln_id y = ln_emit_binary(e, &ln_op_add, NULL, x, ln_emit_float(e, 3));
    const ln_id inner = ln_emit_unary(e, &ln_op_relu6, NULL, y);
    y = ln_emit_binary(e, &ln_op_mul, NULL, x, inner);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_mul, NULL, y, ln_emit_float(e, 1.0f / 6)));
    ln_emit_output(e, inner);
}

static void what_is_used_elsewhere_stays(void **state)
{
    (void)state;
    check_passes(build_what_is_used_elsewhere_stays, "ADD(RELU6) MUL MUL", NULL);
}

/* y = relu(x + factor) as a graph of its own under a signature. */
static void add_signature(ln_model *m, const char *key, float factor)
{
    static const char *const x[] = {"x"}, *const y[] = {"y"};
    const ln_shape s = {.rank = 1, .dim = {3}};
    ln_diag diag = {0};
    ln_graph *g;
    ln_emit e;
    assert_int_equal(ln_model_add_graph(m, key, &g), LN_OK);
    ln_emit_init(&e, m, g, &diag);
    const ln_id in = ln_emit_input(&e, key, kTfLiteFloat32, &s);
    const ln_id sum = ln_emit_binary(&e, &ln_op_add, NULL, in, ln_emit_float(&e, factor));
    ln_emit_output(&e, ln_emit_unary(&e, &ln_op_relu, NULL, sum));
    assert_true(ln_emit_ok(&e));
    assert_int_equal(ln_emit_signature(m, m->n_graphs - 1, key, x, y), LN_OK);
}

static void signatures_that_do_the_same_share_a_graph(void **state)
{
    ln_diag diag = {0};
    ln_model *m;
    (void)state;
    assert_int_equal(ln_model_create(&m, &ln_alloc_default), LN_OK);
    add_signature(m, "serve", 2);
    add_signature(m, "other", 3);
    add_signature(m, "serving_default", 2);
    assert_int_equal(ln_optimize(m, &ln_opt_defaults, NULL, &diag), LN_OK);
    assert_int_equal(m->n_graphs, 2);
    assert_int_equal(m->n_signatures, 3);
    assert_int_equal(m->signatures[0].graph, 0);
    assert_int_equal(m->signatures[1].graph, 1);
    assert_int_equal(m->signatures[2].graph, 0);
    ln_model_release(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_norm_becomes_weights),
        cmocka_unit_test(bias_of_an_open_image),
        cmocka_unit_test(scales_fold_into_depthwise),
        cmocka_unit_test(products_take_what_is_around),
        cmocka_unit_test(a_shift_is_not_folded_over_a_border),
        cmocka_unit_test(two_users_keep_the_scale),
        cmocka_unit_test(bias_behind_a_reshape),
        cmocka_unit_test(pad_becomes_same),
        cmocka_unit_test(pad_of_two),
        cmocka_unit_test(other_pads_stay),
        cmocka_unit_test(transposes_meet_and_go),
        cmocka_unit_test(a_transpose_of_ones_is_a_reshape),
        cmocka_unit_test(a_reversal_lets_shapes_pass),
        cmocka_unit_test(a_transposed_factor_is_adjoint),
        cmocka_unit_test(reshapes_to_one_shape_are_one),
        cmocka_unit_test(a_reduction_takes_the_axes_before),
        cmocka_unit_test(means_of_means_are_one),
        cmocka_unit_test(the_same_twice_is_computed_once),
        cmocka_unit_test(what_does_nothing_goes),
        cmocka_unit_test(slices_and_joins),
        cmocka_unit_test(concatenations_become_one),
        cmocka_unit_test(a_splat_is_a_number),
        cmocka_unit_test(hard_swish),
        cmocka_unit_test(gelu_by_erf),
        cmocka_unit_test(erf_alone_is_computed),
        cmocka_unit_test(gelu_by_tanh),
        cmocka_unit_test(l2_norm),
        cmocka_unit_test(softmax),
        cmocka_unit_test(leaky_relu),
        cmocka_unit_test(prelu),
        cmocka_unit_test(what_is_used_elsewhere_stays),
        cmocka_unit_test(signatures_that_do_the_same_share_a_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
