/* SPDX-License-Identifier: Apache-2.0 */
/* onnx.c: ONNX models of tests/data/onnx (made by make_onnx.py) are converted, run, and give what
 * ONNX's reference gave; their operators are those that are expected.  What is refused is in
 * onnx_bytes.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "import/onnx/onnx.h"
#include "linnet/convert.h"
#include "model/model.h"
#include "tensorflow/lite/c/c_api.h"

enum { MOST_ITEMS = 8192 };

static void fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)((int)(i * 7 % 13) - 6) / 8;
}

static ln_conversion *converted(const char *name)
{
    const ln_convert_options options = {.select_tf_ops = true};
    ln_convert_error error = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/onnx/%s.onnx", LINNET_TEST_DATA, name);
    ln_conversion *c = ln_convert(path, &options, &error);
    if (!c)
        fail_msg("%s: %s", name, error.text);
    return c;
}

/* Runs the model on the usual input, of these sizes or (NULL) its own, and compares with NAME.out.
 */
static void check_values(const char *name, const void *bytes, size_t n, float tolerance,
                         const int *sizes)
{
    float x[MOST_ITEMS], y[MOST_ITEMS];
    char path[512];
    ln_file wanted;
    snprintf(path, sizeof path, "%s/onnx/%s.out", LINNET_TEST_DATA, name);
    assert_int_equal(ln_file_open(&wanted, path, &ln_alloc_default, NULL), LN_OK);
    assert_true(wanted.size <= sizeof y);
    TfLiteModel *m = TfLiteModelCreate(bytes, n);
    assert_non_null(m);
    TfLiteInterpreter *it = TfLiteInterpreterCreate(m, NULL);
    assert_non_null(it);
    TfLiteTensor *in = TfLiteInterpreterGetInputTensor(it, 0);
    if (sizes)
        assert_int_equal(TfLiteInterpreterResizeInputTensor(it, 0, sizes, TfLiteTensorNumDims(in)),
                         kTfLiteOk);
    assert_int_equal(TfLiteInterpreterAllocateTensors(it), kTfLiteOk);
    in = TfLiteInterpreterGetInputTensor(it, 0);
    const int rank = TfLiteTensorNumDims(TfLiteInterpreterGetOutputTensor(it, 0));
    const TfLiteTensor *out = TfLiteInterpreterGetOutputTensor(it, 0);
    fill(x, TfLiteTensorByteSize(in) / sizeof *x);
    assert_int_equal(TfLiteTensorCopyFromBuffer(in, x, TfLiteTensorByteSize(in)), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(it), kTfLiteOk);
    assert_int_equal(TfLiteTensorByteSize(out), wanted.size);
    assert_int_equal(TfLiteTensorNumDims(out), rank);
    assert_int_equal(TfLiteTensorCopyToBuffer(out, y, wanted.size), kTfLiteOk);
    for (size_t i = 0; i < wanted.size / sizeof *y; i++) {
        float want;
        memcpy(&want, wanted.data + i * sizeof want, sizeof want);
        assert_float_equal(y[i], want, tolerance * fmaxf(1, fabsf(want)));
    }
    TfLiteInterpreterDelete(it);
    TfLiteModelDelete(m);
    ln_file_close(&wanted);
}

static int count_of(const ln_model *m, const char *op)
{
    int n = 0;
    for (int k = 0; k < m->n_graphs; k++)
        for (int i = 0; i < m->graphs[k]->n_nodes; i++)
            n += strcmp(m->graphs[k]->nodes[i].op->name, op) == 0;
    return n;
}

/* Converts, runs with these sizes and counts operators: name and number, up to a NULL. */
static void check_list(const char *name, double tolerance, const int *sizes, va_list list)
{
    ln_conversion *c = converted(name);
    ln_model *m;
    size_t n;
    const void *bytes = ln_conversion_model(c, &n);
    check_values(name, bytes, n, (float)tolerance, sizes);
    assert_int_equal(ln_model_open_memory(&m, bytes, n, &ln_alloc_default, NULL), LN_OK);
    for (const char *op; (op = va_arg(list, const char *));) {
        const int wanted = va_arg(list, int);
        if (count_of(m, op) != wanted)
            fail_msg("%s has %d %s, not %d", name, count_of(m, op), op, wanted);
    }
    ln_model_release(m);
    ln_conversion_free(c);
}

static void check(const char *name, double tolerance, ...)
{
    va_list list;
    va_start(list, tolerance);
    check_list(name, tolerance, NULL, list);
    va_end(list);
}

static void check_open(const char *name, double tolerance, const int *sizes, ...)
{
    va_list list;
    va_start(list, sizes);
    check_list(name, tolerance, sizes, list);
    va_end(list);
}

static void images_are_transposed_at_the_border(void **state)
{
    (void)state;
    check("image", 1e-5, "TRANSPOSE", 1, "CONV_2D", 1, "DEPTHWISE_CONV_2D", 1, "MUL", 1, "ADD", 1,
          "FULLY_CONNECTED", 1, NULL);
}

static void expanding_is_left_to_broadcasts(void **state)
{
    (void)state;
    check("gated", 1e-4, "TRANSPOSE", 2, "BROADCAST_TO", 0, "SHAPE", 0, "CONV_2D", 1, NULL);
}

static void heads_of_an_open_batch(void **state)
{
    (void)state;
    check("attention", 1e-5, "BATCH_MATMUL", 2, "FULLY_CONNECTED", 1, "SHAPE", 0, NULL);
}

static void attention_in_one_node(void **state)
{
    (void)state;
    check("rotated", 1e-5, "BATCH_MATMUL", 2, "SOFTMAX", 1, "BROADCAST_TO", 0, "SHAPE", 0, NULL);
    check("fused", 1e-5, "BATCH_MATMUL", 6, "SOFTMAX", 3, "SHAPE", 0, NULL);
}

static void weights_of_four_bits(void **state)
{
    (void)state;
    check("packed", 1e-5, "FULLY_CONNECTED", 1, "GATHER", 0, "STABLEHLO_AND", 2, NULL);
}

static void recurrent_cells(void **state)
{
    (void)state;
    check("recurrent", 1e-5, "UNIDIRECTIONAL_SEQUENCE_LSTM", 2, "WHILE", 0, NULL);
}

static void sequences_of_open_length(void **state)
{
    (void)state;
    check("sequence", 1e-5, "WHILE", 3, "DYNAMIC_UPDATE_SLICE", 2, NULL);
}

static void control_flow(void **state)
{
    (void)state;
    check("control", 1e-5, "IF", 1, "WHILE", 1, NULL);
}

static void functions_are_inlined(void **state)
{
    (void)state;
    check("function", 1e-6, "LEAKY_RELU", 1, "ADD", 1, NULL);
}

static void pairs_become_integers(void **state)
{
    (void)state;
    ln_conversion *c = converted("quantized");
    size_t n;
    const void *bytes = ln_conversion_model(c, &n);
    check_values("quantized", bytes, n, 1.f / 64, NULL); /* one step of the result */
    ln_conversion_free(c);
}

static void integers_are_split_and_divided(void **state)
{
    (void)state;
    check("parted", 1.0 / 50, "QUANTIZE", 1, "SPLIT", 1, "MUL", 1, "ADD", 1, "DEQUANTIZE", 1,
          "CAST", 0, NULL);
}

static void weights_of_dynamic_quantization(void **state)
{
    (void)state;
    check("dynamic", 0.02, "CONV_2D", 1, "FULLY_CONNECTED", 1, "ADD", 0, "MUL", 0, "CAST", 0,
          "QUANTIZE", 0, NULL);
}

static void weights_with_zero_points(void **state)
{
    (void)state;
    check("uneven", 0.02, "CONV_2D", 2, "FULLY_CONNECTED", 1, "SUM", 1, "MUL", 2, "ADD", 4, "CAST",
          0, "QUANTIZE", 0, NULL);
}

static void types_that_tflite_lacks(void **state)
{
    (void)state;
    check("narrow", 1.0 / 15, "FULLY_CONNECTED", 3, "GATHER", 2, NULL);
}

static void graphs_change_the_scores(void **state)
{
    (void)state;
    check("score", 1e-5, "BATCH_MATMUL", 2, "SOFTMAX", 1, "TANH", 1, NULL);
}

/* ---- every scale and zero point of a quantized model ---- */

static const Onnx__TensorProto *initializer(const Onnx__GraphProto *g, const char *name)
{
    for (size_t i = 0; i < g->n_initializer; i++)
        if (strcmp(g->initializer[i]->name, name) == 0)
            return g->initializer[i];
    return NULL;
}

static float scale_at(const Onnx__TensorProto *t, size_t i)
{
    float y;
    if (t->n_float_data)
        return t->float_data[i];
    assert_true((i + 1) * sizeof y <= t->raw_data.len);
    memcpy(&y, t->raw_data.data + i * sizeof y, sizeof y);
    return y;
}

/* The zero point of bytes as that of int8. */
static int zero_of(const Onnx__TensorProto *t)
{
    const int v = t->n_int32_data ? t->int32_data[0] : t->raw_data.data[0];
    return t->data_type == LN_OX_UINT8 ? v - 128 : (int8_t)v;
}

static bool has_scales(const TfLiteTensor *t, const Onnx__TensorProto *scales, int zero)
{
    const TfLiteAffineQuantization *p = t->quantization.params;
    const size_t n = scales->n_dims ? (size_t)scales->dims[0] : 1;
    if (t->type != kTfLiteInt8 || !p || (size_t)p->scale->size != n ||
        p->zero_point->data[0] != zero)
        return false;
    for (size_t i = 0; i < n; i++)
        if (p->scale->data[i] != scale_at(scales, i))
            return false;
    return true;
}

/* A tensor with these parameters; of that name, unless it is NULL. */
static bool has_tensor(const ln_model *m, const char *name, const Onnx__TensorProto *scales,
                       int zero)
{
    for (int i = 0; i < m->graphs[0]->n_tensors; i++) {
        const TfLiteTensor *t = &m->graphs[0]->tensors[i].t;
        if ((!name || (t->name && strcmp(t->name, name) == 0)) && has_scales(t, scales, zero))
            return true;
    }
    return false;
}

static void scales_are_those_of_the_model(void **state)
{
    ln_conversion *c = converted("static");
    ln_model *m;
    ln_file file;
    size_t n;
    int activations = 0, weights = 0;
    const void *bytes = ln_conversion_model(c, &n);
    (void)state;
    check_values("static", bytes, n, 1.f / 16, NULL);
    assert_int_equal(ln_model_open_memory(&m, bytes, n, &ln_alloc_default, NULL), LN_OK);
    assert_int_equal(
        ln_file_open(&file, LINNET_TEST_DATA "/onnx/static.onnx", &ln_alloc_default, NULL), LN_OK);
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, file.size, file.data);
    assert_non_null(model);
    for (size_t i = 0; i < model->graph->n_node; i++) {
        const Onnx__NodeProto *p = model->graph->node[i];
        const bool quantizes = strcmp(p->op_type, "QuantizeLinear") == 0;
        const Onnx__TensorProto *x = p->n_input ? initializer(model->graph, p->input[0]) : NULL;
        if (!quantizes &&
            (strcmp(p->op_type, "DequantizeLinear") != 0 || !x || x->data_type != LN_OX_INT8))
            continue;
        activations += quantizes;
        weights += !quantizes;
        if (!has_tensor(m, quantizes ? p->name : NULL, initializer(model->graph, p->input[1]),
                        zero_of(initializer(model->graph, p->input[2]))))
            fail_msg("no tensor is quantized as %s says", p->name);
    }
    assert_true(activations >= 10 && weights >= 5);
    onnx__model_proto__free_unpacked(model, NULL);
    ln_file_close(&file);
    ln_model_release(m);
    ln_conversion_free(c);
}

static void channels_stay_where_they_are_stored(void **state)
{
    (void)state;
    check("shuffle", 1e-5, "TRANSPOSE", 3, "CONV_2D", 2, "DEPTH_TO_SPACE", 1, "SHAPE", 0, "GATHER",
          0, NULL);
}

static void integers_are_handed_on(void **state)
{
    (void)state;
    check("joined", 1.f / 4, "QUANTIZE", 1, "DEQUANTIZE", 1, "CONV_2D", 1, "MAX_POOL_2D", 1,
          "FULLY_CONNECTED", 1, "CAST", 0, NULL);
}

static void trees_are_gone_down(void **state)
{
    (void)state;
    check("forest", 1e-6, "LESS_EQUAL", 2, "SUM", 1, NULL);
}

static void sequences_and_texts_are_counted(void **state)
{
    (void)state;
    check("grams", 1e-6, "FlexStringSplitV2", 3, "FlexStringJoin", 1, NULL);
    check("branches", 1e-6, "LESS_EQUAL", 5, "SUM", 1, NULL);
}

static void vectors_are_compared(void **state)
{
    (void)state;
    check("vectors", 1e-5, "FULLY_CONNECTED", 4, "POW", 1, "ARG_MAX", 1, NULL);
}

static void elements_of_open_rows(void **state)
{
    (void)state;
    check("elements", 1e-6, "GATHER", 3, "RANGE", 2, NULL);
}

static void images_are_looked_up_and_put_down(void **state)
{
    (void)state;
    check("places", 1e-5, "UNSORTED_SEGMENT_MAX", 2, "UNSORTED_SEGMENT_PROD", 1, "SCATTER_ND", 0,
          "MAX_POOL_2D", 0, "AVERAGE_POOL_2D", 1, NULL);
}

static void spectra_are_products(void **state)
{
    (void)state;
    check("spectrum", 1e-5, "FULLY_CONNECTED", 2, "CONV_2D", 1, "RFFT2D", 0, NULL);
}

static void sequences_are_lists_while_converting(void **state)
{
    (void)state;
    check("collected", 1e-6, "PACK", 1, "WHILE", 0, NULL);
}

static void decomposed_operators(void **state)
{
    (void)state;
    check("zoo", 1e-4, NULL);
}

static void weights_in_another_file(void **state)
{
    (void)state;
    check("external", 1e-6, "FULLY_CONNECTED", 1, NULL);
}

static void images_of_open_size(void **state)
{
    (void)state;
    check_open("opened", 1e-4, (const int[]){2, 4, 4, 5}, "CONV_3D", 0, NULL);
}

static void heads_of_an_open_image(void **state)
{
    (void)state;
    check_open("heads", 1e-5, (const int[]){2, 2, 4, 5}, "TRANSPOSE", 2, NULL);
}

static void points_of_a_region(void **state)
{
    (void)state;
    check("regions", 1e-5, "GATHER", 8, NULL);
}

static void volumes_in_groups(void **state)
{
    (void)state;
    check("volumes", 1e-5, "CONV_3D", 0, "DEPTHWISE_CONV_2D", 4, "CONV_2D", 6, NULL);
}

static void boxes_without_area(void **state)
{
    (void)state;
    check("boxes", 1e-6, "NON_MAX_SUPPRESSION_V4", 1, NULL);
}

static void integers_around_integers(void **state)
{
    (void)state;
    check("bordered", 1e-3, "PAD", 1, "PADV2", 1, NULL);
}

static void single_items_keep_their_rank(void **state)
{
    (void)state;
    check("single", 1e-6, "SELECT_V2", 1, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_are_transposed_at_the_border),
        cmocka_unit_test(heads_of_an_open_batch),
        cmocka_unit_test(expanding_is_left_to_broadcasts),
        cmocka_unit_test(attention_in_one_node),
        cmocka_unit_test(weights_of_four_bits),
        cmocka_unit_test(recurrent_cells),
        cmocka_unit_test(sequences_of_open_length),
        cmocka_unit_test(control_flow),
        cmocka_unit_test(functions_are_inlined),
        cmocka_unit_test(pairs_become_integers),
        cmocka_unit_test(integers_are_split_and_divided),
        cmocka_unit_test(weights_of_dynamic_quantization),
        cmocka_unit_test(weights_with_zero_points),
        cmocka_unit_test(types_that_tflite_lacks),
        cmocka_unit_test(graphs_change_the_scores),
        cmocka_unit_test(scales_are_those_of_the_model),
        cmocka_unit_test(channels_stay_where_they_are_stored),
        cmocka_unit_test(integers_are_handed_on),
        cmocka_unit_test(trees_are_gone_down),
        cmocka_unit_test(sequences_and_texts_are_counted),
        cmocka_unit_test(vectors_are_compared),
        cmocka_unit_test(elements_of_open_rows),
        cmocka_unit_test(images_are_looked_up_and_put_down),
        cmocka_unit_test(spectra_are_products),
        cmocka_unit_test(sequences_are_lists_while_converting),
        cmocka_unit_test(decomposed_operators),
        cmocka_unit_test(weights_in_another_file),
        cmocka_unit_test(images_of_open_size),
        cmocka_unit_test(heads_of_an_open_image),
        cmocka_unit_test(points_of_a_region),
        cmocka_unit_test(volumes_in_groups),
        cmocka_unit_test(boxes_without_area),
        cmocka_unit_test(integers_around_integers),
        cmocka_unit_test(single_items_keep_their_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
