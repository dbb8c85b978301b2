/* SPDX-License-Identifier: Apache-2.0 */
/* passes_conv.c: what the passes make of RESHAPEs and blocks around convolutions and products. */
#include "convert/passes.h"

static void build_space_to_batch_is_dilation(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(1, 7, 7, 2)), block = ln_emit_ints(e, 2, (int[]){2, 2});
    const ln_shape s = {.rank = 2, .dim = {2, 2}};
    const int pads[] = {2, 3, 2, 3}, crops[] = {0, 1, 0, 1};
    const ln_id first[] = {x, block,
                           ln_emit_constant(e, kTfLiteInt32, &s, pads, sizeof pads, true)};
    const TfLiteConvParams p = {kTfLitePaddingValid, 1, 1, kTfLiteActNone, 1, 1, kTfLiteNoType};
    const ln_id in[] = {ln_emit_nary(e, &ln_op_space_to_batch_nd, NULL, 3, first),
                        float_constant(e, DIMS(3, 3, 3, 2)), -1};
    const ln_id last[] = {ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in), block,
                          ln_emit_constant(e, kTfLiteInt32, &s, crops, sizeof crops, true)};
    ln_emit_output(e, ln_emit_nary(e, &ln_op_batch_to_space_nd, NULL, 3, last));
}

static void space_to_batch_is_dilation(void **state)
{
    (void)state;
    check_passes(build_space_to_batch_is_dilation, "CONV_2D(SAME)", NULL);
}

/* ... and along one axis, through a height of 1. */
static void build_space_to_batch_of_one_axis(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(1, 9, 2)), block = ln_emit_ints(e, 1, (int[]){2});
    const ln_shape s = {.rank = 2, .dim = {1, 2}};
    const int pads[] = {2, 3}, crops[] = {0, 1};
    const ln_id first[] = {x, block,
                           ln_emit_constant(e, kTfLiteInt32, &s, pads, sizeof pads, true)};
    const TfLiteConvParams p = {kTfLitePaddingValid, 1, 1, kTfLiteActNone, 1, 1, kTfLiteNoType};
    const ln_id items = ln_emit_nary(e, &ln_op_space_to_batch_nd, NULL, 3, first);
    const ln_id in[] = {ln_emit_expand_dims(e, items, 1), float_constant(e, DIMS(3, 1, 3, 2)), -1};
    const ln_id y = ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in);
    const ln_id last[] = {ln_emit_squeeze(e, y, 1u << 1), block,
                          ln_emit_constant(e, kTfLiteInt32, &s, crops, sizeof crops, true)};
    ln_emit_output(e, ln_emit_nary(e, &ln_op_batch_to_space_nd, NULL, 3, last));
}

static void space_to_batch_of_one_axis(void **state)
{
    (void)state;
    check_passes(build_space_to_batch_of_one_axis, "RESHAPE CONV_2D(SAME) RESHAPE", NULL);
}

/* Heads of attention: the bias has the axes that the last one is split into. */
static void build_bias_of_a_split_axis(ln_emit *e)
{
    const ln_shape heads = {.rank = 4, .dim = {1, 3, 2, 3}};
    const TfLiteFullyConnectedParams p = {.keep_num_dims = true};
    const ln_id in[] = {float_input(e, DIMS(1, 3, 4)), float_constant(e, DIMS(6, 4)), -1};
    ln_id y = ln_emit_nary(e, &ln_op_fully_connected, &p, 3, in);
    y = ln_emit_reshape(e, y, &heads);
    y = ln_emit_binary(e, &ln_op_add, NULL, y, float_constant(e, DIMS(2, 3)));
    y = ln_emit_binary(e, &ln_op_mul, NULL, y, float_constant(e, DIMS(2, 1)));
    ln_emit_output(e, y);
}

static void bias_of_a_split_axis(void **state)
{
    (void)state;
    check_passes(build_bias_of_a_split_axis, "FULLY_CONNECTED RESHAPE", NULL);
}

/* What is not one item per channel stays. */
static void build_bias_of_another_axis(ln_emit *e)
{
    const ln_shape turned = {.rank = 3, .dim = {3, 2, 3}};
    const ln_id in[] = {float_input(e, DIMS(3, 4)), float_constant(e, DIMS(6, 4)), -1};
    ln_id y = ln_emit_nary(e, &ln_op_fully_connected, NULL, 3, in);
    y = ln_emit_reshape(e, y, &turned);
    ln_emit_output(e, ln_emit_binary(e, &ln_op_add, NULL, y, float_constant(e, DIMS(3, 1, 3))));
}

static void bias_of_another_axis(void **state)
{
    (void)state;
    check_passes(build_bias_of_another_axis, "FULLY_CONNECTED RESHAPE ADD", NULL);
}

/* Two products that share the folded axes, one of which unfolds them. */
static void build_a_fold_with_two_users(ln_emit *e)
{
    const ln_shape flat = {.rank = 2, .dim = {6, 4}}, wide = {.rank = 3, .dim = {2, 3, 5}};
    const ln_id x = ln_emit_reshape(e, float_input(e, DIMS(2, 3, 4)), &flat);
    const ln_id a[] = {x, float_constant(e, DIMS(5, 4)), -1};
    const ln_id b[] = {x, float_constant(e, DIMS(5, 4)), -1};
    const ln_id y = ln_emit_nary(e, &ln_op_fully_connected, NULL, 3, b);
    ln_emit_output(e,
                   ln_emit_reshape(e, ln_emit_nary(e, &ln_op_fully_connected, NULL, 3, a), &wide));
    ln_emit_output(e, ln_emit_unary(e, &ln_op_tanh, NULL, y));
}

static void a_fold_with_two_users(void **state)
{
    (void)state;
    check_passes(build_a_fold_with_two_users, "FULLY_CONNECTED FULLY_CONNECTED TANH", NULL);
}

static void build_reshapes_around_a_product(ln_emit *e)
{
    const ln_shape flat = {.rank = 2, .dim = {6, 4}}, wide = {.rank = 3, .dim = {2, 3, 5}};
    const ln_id x = ln_emit_reshape(e, float_input(e, DIMS(2, 3, 4)), &flat);
    const ln_id in[] = {x, float_constant(e, DIMS(5, 4)), float_constant(e, DIMS(5))};
    ln_emit_output(e,
                   ln_emit_reshape(e, ln_emit_nary(e, &ln_op_fully_connected, NULL, 3, in), &wide));
}

static void reshapes_around_a_product(void **state)
{
    (void)state;
    check_passes(build_reshapes_around_a_product, "FULLY_CONNECTED", NULL);
}

enum { LAYERS = 12, WIDE = 512 }; /* 1 MiB each */

static void build_scaled_layers(ln_emit *e)
{
    ln_id y = float_input(e, DIMS(1, WIDE));
    for (int i = 0; i < LAYERS; i++) {
        const ln_id in[] = {y, float_constant(e, DIMS(WIDE, WIDE)), -1};
        y = ln_emit_nary(e, &ln_op_fully_connected, NULL, 3, in);
        y = ln_emit_binary(e, &ln_op_mul, NULL, y, float_constant(e, DIMS(WIDE)));
    }
    ln_emit_output(e, y);
}

static size_t most_large;

static void *watch(void *user, void *p, size_t n)
{
    const ln_model *m = user;
    most_large = LN_MAX(most_large, m->arena.large);
    return ln_alloc_default.fn(NULL, p, n);
}

/* Weights that a scale has been folded into go while the pass still looks at other layers. */
static void old_weights_go(void **state)
{
    (void)state;
    ln_model *m = made_model(build_scaled_layers);
    const size_t before = m->arena.large;
    ln_diag diag = {0};
    ln_opt_report report;
    m->alloc = (ln_alloc){watch, m};
    assert_true(before >= (size_t)LAYERS << 20);
    assert_int_equal(ln_optimize(m, &ln_opt_defaults, &report, &diag), LN_OK);
    assert_int_equal(report.nodes_after, LAYERS);
    assert_true(most_large > before && most_large < before + (6 << 20));
    ln_model_release(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(space_to_batch_is_dilation),
        cmocka_unit_test(space_to_batch_of_one_axis),
        cmocka_unit_test(bias_of_a_split_axis),
        cmocka_unit_test(bias_of_another_axis),
        cmocka_unit_test(a_fold_with_two_users),
        cmocka_unit_test(reshapes_around_a_product),
        cmocka_unit_test(old_weights_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
