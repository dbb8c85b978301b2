/* SPDX-License-Identifier: Apache-2.0 */
/* training.c: ranges that FAKE_QUANT nodes bring along, and the way back from integers to floats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "quant_test.h"

static ln_id fake(graph *g, ln_id x, float min, float max)
{
    const TfLiteFakeQuantParams p = {.min = min, .max = max, .num_bits = 8};
    return ln_emit_unary(&g->e, &ln_op_fake_quant, &p, x);
}

/* x -> fake -> FULLY_CONNECTED -> fake -> RESHAPE -> y */
static void build(file *f, bool fakes)
{
    graph g;
    graph_begin(&g);
    const ln_shape s = {2, {1, 64}}, w = {2, {32, 64}};
    const TfLiteFullyConnectedParams p = {.activation = kTfLiteActNone};
    ln_id x = ln_emit_input(&g.e, "x", kTfLiteFloat32, &s);
    x = fakes ? fake(&g, x, -2, 2) : x;
    const ln_id in[] = {
        x, ln_emit_constant(&g.e, kTfLiteFloat32, &w, noise(&g, 32 * 64, 1), 32 * 64 * 4, false),
        -1};
    ln_id y = ln_emit_nary(&g.e, &ln_op_fully_connected, &p, 3, in);
    y = fakes ? fake(&g, y, -12.75f, 12.75f) : y;
    ln_emit_output(&g.e, ln_emit_reshape(&g.e, y, &(ln_shape){2, {4, 8}}));
    graph_end(&g, f);
}

static const TfLiteTensor *operand(const file *f, const ln_op *op, bool output)
{
    const ln_graph *g = f->m->graphs[0];
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].op == op)
            return &g->tensors[(output ? g->nodes[i].outputs : g->nodes[i].inputs)->data[0]].t;
    fail_msg("no %s", op->name);
    return NULL;
}

static void trained_ranges_are_kept(void **state)
{
    (void)state;
    file before, after;
    build(&before, true);
    quantize(&before, &(ln_quantize_options){.mode = LN_QUANT_INT8, .strict = true}, &after);
    assert_int_equal(count_op(&after, &ln_op_fake_quant), 0);
    const TfLiteTensor *x = operand(&after, &ln_op_fully_connected, false);
    const TfLiteTensor *y = operand(&after, &ln_op_fully_connected, true);
    assert_float_equal(x->params.scale, 4.0f / 255, 1e-7f);
    assert_float_equal(y->params.scale, 25.5f / 255, 1e-6f);
    assert_int_equal(x->params.zero_point, -1);
    assert_true(operand(&after, &ln_op_reshape, true)->params.scale == y->params.scale);
    assert_true(signal_to_noise(&before, &after, 9) >= 25);
    file_free(&before);
    file_free(&after);
}

/* Half way between two zero points the one is taken that the kernel of FAKE_QUANT takes. */
static void a_range_with_two_zero_points_takes_the_kernels(void **state)
{
    (void)state;
    graph g;
    file before, after;
    graph_begin(&g);
    const ln_id x = ln_emit_input(&g.e, "x", kTfLiteFloat32, &(ln_shape){2, {1, 8}});
    const ln_id y = ln_emit_unary(&g.e, &ln_op_relu, NULL, fake(&g, x, -1, 1));
    ln_emit_output(&g.e, fake(&g, y, 0, 1));
    graph_end(&g, &before);
    quantize(&before, &(ln_quantize_options){.mode = LN_QUANT_INT8, .strict = true}, &after);
    const TfLiteTensor *in = operand(&after, &ln_op_relu, false);
    assert_float_equal(in->params.scale, 2.0f / 255, 1e-8f);
    assert_int_equal(in->params.zero_point, -1);
    assert_int_equal(operand(&after, &ln_op_relu, true)->params.zero_point, -128);
    file_free(&before);
    file_free(&after);
}

/* One fake quantization for all weights, which lie on its grid: they become integers of its step.
 */
static void weights_behind_a_fake_become_integers(void **state)
{
    (void)state;
    enum { ROWS = 4, COLUMNS = 16 };
    const float step = 2.54f / 254;
    graph g;
    file before, after;
    graph_begin(&g);
    float *w = noise(&g, ROWS * COLUMNS, 3);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        w[i] = i ? 0.4f * w[i] : 1.27f;
    const ln_id x = ln_emit_input(&g.e, "x", kTfLiteFloat32, &(ln_shape){2, {1, COLUMNS}});
    const ln_id c = ln_emit_constant(&g.e, kTfLiteFloat32, &(ln_shape){2, {ROWS, COLUMNS}}, w,
                                     ROWS * COLUMNS * sizeof(float), false);
    const TfLiteFakeQuantParams narrow = {
        .min = -1.27f, .max = 1.27f, .num_bits = 8, .narrow_range = true};
    const TfLiteFullyConnectedParams p = {.activation = kTfLiteActNone};
    const ln_id in[] = {fake(&g, x, -2, 2), ln_emit_unary(&g.e, &ln_op_fake_quant, &narrow, c), -1};
    ln_emit_output(&g.e, fake(&g, ln_emit_nary(&g.e, &ln_op_fully_connected, &p, 3, in), -6, 6));
    graph_end(&g, &before);
    quantize(&before,
             &(ln_quantize_options){.mode = LN_QUANT_INT8, .strict = true, .per_tensor = true},
             &after);
    const ln_graph *made = after.m->graphs[0];
    for (int i = 0; i < made->n_nodes; i++) {
        if (made->nodes[i].op != &ln_op_fully_connected)
            continue;
        const TfLiteTensor *t = &made->tensors[made->nodes[i].inputs->data[1]].t;
        assert_int_equal(t->type, kTfLiteInt8);
        assert_int_equal(t->allocation_type, kTfLiteMmapRo);
        assert_float_equal(t->params.scale, step, 1e-7f);
        assert_int_equal(t->params.zero_point, 0);
        assert_int_equal(t->data.int8[0], 127);
    }
    assert_int_equal(count_op(&after, &ln_op_fake_quant), 0);
    assert_int_equal(count_op(&after, &ln_op_fully_connected), 1);
    file_free(&before);
    file_free(&after);
}

static void without_ranges_a_calibration_is_needed(void **state)
{
    (void)state;
    file f;
    ln_quantize_error error;
    build(&f, false);
    assert_null(ln_quantize(f.bytes, f.n, &(ln_quantize_options){.mode = LN_QUANT_INT8}, &error));
    assert_non_null(strstr(error.text, "calibration"));
    file_free(&f);
}

/* Training has put the weights on a grid: its step becomes their scale, and nothing is lost. */
static void the_grid_of_weights_is_kept(void **state)
{
    (void)state;
    enum { ROWS = 3, COLUMNS = 16 };
    static const float steps[ROWS] = {0.013f, 0.25f, 0.0071f};
    graph g;
    file before, after;
    graph_begin(&g);
    const ln_shape x = {2, {1, COLUMNS}}, s = {2, {ROWS, COLUMNS}};
    float *w = noise(&g, ROWS * COLUMNS, 3);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        w[i] = steps[i / COLUMNS] * (float)(i * 37 % 151 - 75);
    const ln_id in[] = {
        ln_emit_input(&g.e, "x", kTfLiteFloat32, &x),
        ln_emit_constant(&g.e, kTfLiteFloat32, &s, w, ROWS * COLUMNS * sizeof(float), true), -1};
    const TfLiteFullyConnectedParams p = {.activation = kTfLiteActNone};
    ln_emit_output(&g.e, ln_emit_nary(&g.e, &ln_op_fully_connected, &p, 3, in));
    graph_end(&g, &before);
    quantize(&before, &(ln_quantize_options){.mode = LN_QUANT_DYNAMIC, .min_items = 1}, &after);
    for (int i = 0; i < after.m->graphs[0]->n_tensors; i++) {
        const TfLiteTensor *t = &after.m->graphs[0]->tensors[i].t;
        const TfLiteAffineQuantization *q = t->quantization.params;
        for (int c = 0; t->type == kTfLiteInt8 && c < ROWS; c++)
            assert_float_equal(q->scale->data[c], steps[c], 1e-6f);
    }
    assert_int_equal(count_type(&after, kTfLiteInt8), 1);
    file_free(&after);
    file_free(&before);
}

static void integers_go_back_to_floats(void **state)
{
    (void)state;
    static const TfLiteType types[] = {kTfLiteNoType, kTfLiteUInt8};
    file before, narrow, wide, again;
    build(&before, false);
    ln_calibration *c = calibrate(&before, 1, 20);
    for (int i = 0; i < 2; i++) {
        quantize(&before,
                 &(ln_quantize_options){.mode = LN_QUANT_INT8,
                                        .calibration = c,
                                        .input_type = types[i],
                                        .output_type = types[i]},
                 &narrow);
        quantize(&narrow, &(ln_quantize_options){.mode = LN_QUANT_FLOAT}, &wide);
        assert_int_equal(count_type(&wide, kTfLiteInt8) + count_type(&wide, kTfLiteUInt8), 0);
        assert_int_equal(count_op(&wide, &ln_op_quantize), 0);
        assert_int_equal(count_op(&wide, &ln_op_dequantize), 0);
        assert_true(signal_to_noise(&before, &wide, 9) >= 35);
        file_free(&narrow);
        if (i == 0) { /* and on to 16 bits */
            ln_calibration *d = calibrate(&wide, 1, 20);
            quantize(&wide, &(ln_quantize_options){.mode = LN_QUANT_INT16X8, .calibration = d},
                     &again);
            assert_true(signal_to_noise(&wide, &again, 9) >= 60);
            ln_calibration_free(d);
            file_free(&again);
        }
        file_free(&wide);
    }
    ln_calibration_free(c);
    file_free(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trained_ranges_are_kept),
        cmocka_unit_test(a_range_with_two_zero_points_takes_the_kernels),
        cmocka_unit_test(weights_behind_a_fake_become_integers),
        cmocka_unit_test(without_ranges_a_calibration_is_needed),
        cmocka_unit_test(the_grid_of_weights_is_kept),
        cmocka_unit_test(integers_go_back_to_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
