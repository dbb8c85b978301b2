/* SPDX-License-Identifier: Apache-2.0 */
/* mixed.c: models in which operators differ: some in 16 bits, some with a scale per channel, and
 * each beside its own floats. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "linnet/interpreter.h"
#include "quant_test.h"

enum { C = 8 };

static ln_id product(graph *g, ln_id x, unsigned seed)
{
    const TfLiteFullyConnectedParams p = {.activation = kTfLiteActRelu};
    const ln_shape weights = {2, {C, C}}, bias = {1, {C}};
    const ln_id in[] = {x,
                        ln_emit_constant(&g->e, kTfLiteFloat32, &weights, noise(g, C * C, seed),
                                         C * C * sizeof(float), false),
                        ln_emit_constant(&g->e, kTfLiteFloat32, &bias, noise(g, C, seed + 1),
                                         C * sizeof(float), false)};
    return ln_emit_nary(&g->e, &ln_op_fully_connected, &p, 3, in);
}

/* Two products, joined by ADD, then SIN, which has no integer form. */
static ln_calibration *build(file *f)
{
    graph g;
    graph_begin(&g);
    const ln_shape s = {2, {4, C}};
    const ln_id x = ln_emit_input(&g.e, "x", kTfLiteFloat32, &s);
    const ln_id a = product(&g, x, 1), b = product(&g, a, 3);
    g.m->graphs[0]->tensors[a].t.name = "first";
    const ln_id sum = ln_emit_binary(&g.e, &ln_op_add, NULL, a, b);
    ln_emit_output(&g.e, sum);
    ln_emit_output(&g.e, ln_emit_unary(&g.e, &ln_op_sin, NULL, sum));
    graph_end(&g, f);
    return calibrate(f, 1, 20);
}

static int count_made(const file *f, const ln_op *op, TfLiteType type)
{
    const ln_graph *g = f->m->graphs[0];
    int n = 0;
    for (int i = 0; i < g->n_nodes; i++)
        n += g->nodes[i].op == op && g->tensors[g->nodes[i].outputs->data[0]].t.type == type;
    return n;
}

static void wide_operators_stand_among_others(void **state)
{
    (void)state;
    static const char *const wide[] = {"FULLY_CONNECTED"};
    file before, mixed;
    ln_calibration *c = build(&before);
    const ln_quantize_options o = {.mode = LN_QUANT_INT8,
                                   .calibration = c,
                                   .input_type = kTfLiteInt8,
                                   .output_type = kTfLiteInt8,
                                   .wide = wide,
                                   .n_wide = 1};
    quantize(&before, &o, &mixed);
    assert_int_equal(count_made(&mixed, &ln_op_fully_connected, kTfLiteInt16), 2);
    assert_int_equal(count_made(&mixed, &ln_op_add, kTfLiteInt8), 1);
    assert_int_equal(mixed.m->graphs[0]->tensors[mixed.m->graphs[0]->inputs->data[0]].t.type,
                     kTfLiteInt8);
    assert_true(signal_to_noise(&before, &mixed, 50) > 30);
    ln_calibration_free(c);
    file_free(&before);
    file_free(&mixed);
}

static void count_scales(const file *f, int *one, int *several)
{
    *one = *several = 0;
    for (int i = 0; i < f->m->graphs[0]->n_tensors; i++) {
        const TfLiteTensor *t = &f->m->graphs[0]->tensors[i].t;
        const TfLiteAffineQuantization *q = t->quantization.params;
        if (t->type == kTfLiteInt8 && t->allocation_type == kTfLiteMmapRo)
            ++*(q->scale->size > 1 ? several : one);
    }
}

static void named_operators_have_scales_per_channel(void **state)
{
    (void)state;
    file before, after;
    static const char *const name[] = {"first"};
    int one, several;
    ln_calibration *c = build(&before);
    quantize(&before,
             &(ln_quantize_options){.mode = LN_QUANT_INT8,
                                    .calibration = c,
                                    .per_tensor = true,
                                    .per_channel = name,
                                    .n_per_channel = 1},
             &after);
    count_scales(&after, &one, &several);
    assert_int_equal(one, 1);
    assert_int_equal(several, 1);
    ln_calibration_free(c);
    file_free(&before);
    file_free(&after);
}

/* The largest output of any NumericVerify. */
static double largest_difference(const file *f)
{
    double most = 0;
    TfLiteModel *model = TfLiteModelCreate(f->bytes, f->n);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    ln_options_set_preserve_tensors(options, true);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, options);
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(p, 0);
    fill_noise(x->data.f, TfLiteTensorByteSize(x) / sizeof(float), 50);
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    const ln_graph *g = f->m->graphs[0];
    for (int i = 0; i < g->n_nodes; i++) {
        const ln_id y = g->nodes[i].outputs->data[0];
        if (g->nodes[i].op != &ln_op_numeric_verify)
            continue;
        const TfLiteTensor *t = ln_tflite_interpreter_tensor(p, 0, y);
        char name[256];
        const int of = g->nodes[i].inputs->data[0];
        snprintf(name, sizeof name, "NumericVerify/%s:%d", g->tensors[of].t.name, of);
        assert_string_equal(t->name, name);
        for (size_t k = 0; k < TfLiteTensorByteSize(t) / sizeof(float); k++)
            most = fmax(most, fabs((double)t->data.f[k]));
    }
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
    return most;
}

static void check_verified(const char *const *wide, int n_wide)
{
    file before, plain, after;
    ln_calibration *c = build(&before);
    ln_quantize_options o = {
        .mode = LN_QUANT_INT8, .calibration = c, .wide = wide, .n_wide = n_wide};
    quantize(&before, &o, &plain);
    for (int how = LN_QUANT_VERIFY_LAYERS; how <= LN_QUANT_VERIFY_MODEL; how++) {
        o.verify = (ln_quant_verify)how;
        quantize(&before, &o, &after);
        assert_int_equal(count_op(&after, &ln_op_numeric_verify), 3);
        const double off = largest_difference(&after);
        assert_true(off > 0 && off < 0.2);
        if (how == LN_QUANT_VERIFY_INPUTS) /* the model itself stays in float */
            assert_true(signal_to_noise(&before, &after, 50) > 200);
        else /* it is the quantized one */
            assert_true(signal_to_noise(&plain, &after, 50) > 200);
        file_free(&after);
    }
    ln_calibration_free(c);
    file_free(&before);
    file_free(&plain);
}

static void integers_are_held_to_floats(void **state)
{
    (void)state;
    static const char *const wide[] = {"ADD"};
    check_verified(NULL, 0);
    check_verified(wide, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_operators_stand_among_others),
        cmocka_unit_test(named_operators_have_scales_per_channel),
        cmocka_unit_test(integers_are_held_to_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
