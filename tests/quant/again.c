/* SPDX-License-Identifier: Apache-2.0 */
/* again.c: models that are quantized already: back to floats, to other integers, and with other
 * types of inputs and outputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "quant_test.h"

enum { WIDE = 48, UNITS = 32, GOOD_DB = 30 };

static ln_id dense(graph *g, ln_id x, int from, int to, unsigned seed)
{
    const TfLiteFullyConnectedParams p = {.activation = kTfLiteActRelu};
    const ln_shape s = {2, {to, from}};
    const ln_id w = ln_emit_constant(&g->e, kTfLiteFloat32, &s, noise(g, to * from, seed),
                                     (size_t)(to * from) * sizeof(float), false);
    return ln_emit_binary(&g->e, &ln_op_fully_connected, &p, x, w);
}

/* Two products, and SOFTMAX where asked. */
static void build(file *f, bool softmax)
{
    graph g;
    graph_begin(&g);
    const ln_id x = ln_emit_input(&g.e, "x", kTfLiteFloat32, &(ln_shape){2, {1, WIDE}});
    const TfLiteSoftmaxParams one = {.beta = 1};
    ln_id y = dense(&g, dense(&g, x, WIDE, UNITS, 1), UNITS, WIDE, 2);
    if (softmax)
        y = ln_emit_unary(&g.e, &ln_op_softmax, &one, y);
    ln_emit_output(&g.e, y);
    graph_end(&g, f);
}

static void quantize_integer(const file *from, ln_quant_mode mode, TfLiteType type, file *to)
{
    ln_calibration *c = calibrate(from, 1, 20);
    const ln_quantize_options o = {
        .mode = mode, .calibration = c, .input_type = type, .output_type = type};
    quantize(from, &o, to);
    ln_calibration_free(c);
}

static void every_mode_goes_back_to_floats(void **state)
{
    (void)state;
    static const ln_quant_mode modes[] = {LN_QUANT_DYNAMIC, LN_QUANT_WEIGHT_ONLY,
                                          LN_QUANT_FLOAT16, LN_QUANT_BFLOAT16,
                                          LN_QUANT_INT8,    LN_QUANT_INT16X8};
    file a;
    build(&a, false);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        file b, c;
        quantize_integer(&a, modes[i], kTfLiteNoType, &b);
        quantize(&b, &(ln_quantize_options){.mode = LN_QUANT_FLOAT}, &c);
        assert_int_equal(c.m->graphs[0]->n_nodes, 2);
        assert_int_equal(count_type(&c, kTfLiteFloat32), c.m->graphs[0]->n_tensors);
        assert_true(signal_to_noise(&a, &c, 50) > GOOD_DB);
        file_free(&b);
        file_free(&c);
    }
    file_free(&a);
}

static void every_mode_goes_to_other_integers(void **state)
{
    (void)state;
    static const ln_quant_mode modes[] = {LN_QUANT_WEIGHT_ONLY, LN_QUANT_FLOAT16, LN_QUANT_INT8,
                                          LN_QUANT_INT16X8};
    file a;
    build(&a, true);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        file b, c, d;
        quantize_integer(&a, modes[i], kTfLiteNoType, &b);
        quantize_integer(&b, LN_QUANT_INT16X8, kTfLiteNoType, &c);
        quantize(&b, &(ln_quantize_options){.mode = LN_QUANT_DYNAMIC}, &d);
        assert_int_equal(count_type(&c, kTfLiteFloat32), 2);
        assert_true(count_type(&c, kTfLiteInt16) >= 4);
        assert_true(signal_to_noise(&a, &c, 50) > GOOD_DB);
        assert_int_equal(count_type(&d, kTfLiteInt8), 2);
        assert_int_equal(d.m->graphs[0]->n_nodes, 3);
        assert_true(signal_to_noise(&a, &d, 50) > GOOD_DB);
        file_free(&b);
        file_free(&c);
        file_free(&d);
    }
    file_free(&a);
}

static void inputs_and_outputs_take_other_types(void **state)
{
    (void)state;
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8, kTfLiteInt8,
                                       kTfLiteFloat32};
    file a, b;
    build(&a, true);
    quantize_integer(&a, LN_QUANT_INT8, kTfLiteUInt8, &b);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        file c;
        quantize(&b,
                 &(ln_quantize_options){
                     .mode = LN_QUANT_IO, .input_type = types[i], .output_type = types[i]},
                 &c);
        const ln_graph *g = c.m->graphs[0];
        const int between = types[i] == kTfLiteInt8 ? 0 : 2;
        assert_int_equal(g->tensors[g->inputs->data[0]].t.type, types[i]);
        assert_int_equal(g->tensors[g->outputs->data[0]].t.type, types[i]);
        assert_string_equal(g->tensors[g->inputs->data[0]].t.name, "x");
        assert_int_equal(g->n_nodes, 3 + between);
        assert_true(signal_to_noise(&b, &c, 50) > 200); /* the same integers */
        file_free(&b);
        b = c;
    }
    file_free(&a);
    file_free(&b);
}

static void other_types_that_cannot_be_are_refused(void **state)
{
    (void)state;
    ln_quantize_error error;
    file a, b;
    build(&a, true);
    quantize_integer(&a, LN_QUANT_INT16X8, kTfLiteNoType, &b);
    const ln_quantize_options o = {.mode = LN_QUANT_IO, .input_type = kTfLiteInt8};
    assert_null(ln_quantize(a.bytes, a.n, &o, &error));
    assert_non_null(strstr(error.text, "no integers stand behind 'x'"));
    assert_null(ln_quantize(b.bytes, b.n, &o, &error));
    assert_non_null(strstr(error.text, "'x' has integers of 16 bits"));
    file_free(&a);
    file_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_goes_back_to_floats),
        cmocka_unit_test(every_mode_goes_to_other_integers),
        cmocka_unit_test(inputs_and_outputs_take_other_types),
        cmocka_unit_test(other_types_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
