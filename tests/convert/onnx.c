/* SPDX-License-Identifier: Apache-2.0 */
/* onnx.c: ONNX models of tests/data/onnx (made by make_onnx.py) are converted, run, and give what
 * ONNX's reference gave; their operators are those that are expected.  Models that cannot be
 * converted, or that are malformed, say so. */
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

enum { MOST_ITEMS = 4096 };

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

/* Runs the model on the usual input, twice, and compares with NAME.out. */
static void check_values(const char *name, const void *bytes, size_t n, float tolerance)
{
    float x[MOST_ITEMS], y[MOST_ITEMS];
    char path[512];
    ln_file wanted;
    snprintf(path, sizeof path, "%s/onnx/%s.out", LINNET_TEST_DATA, name);
    assert_int_equal(ln_file_open(&wanted, path, &ln_alloc_default, NULL), LN_OK);
    TfLiteModel *m = TfLiteModelCreate(bytes, n);
    assert_non_null(m);
    TfLiteInterpreter *it = TfLiteInterpreterCreate(m, NULL);
    assert_non_null(it);
    assert_int_equal(TfLiteInterpreterAllocateTensors(it), kTfLiteOk);
    TfLiteTensor *in = TfLiteInterpreterGetInputTensor(it, 0);
    const TfLiteTensor *out = TfLiteInterpreterGetOutputTensor(it, 0);
    fill(x, TfLiteTensorByteSize(in) / sizeof *x);
    assert_int_equal(TfLiteTensorCopyFromBuffer(in, x, TfLiteTensorByteSize(in)), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(it), kTfLiteOk);
    assert_int_equal(TfLiteTensorByteSize(out), wanted.size);
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

/* Converts, runs and counts operators: name and number, up to a NULL. */
static void check(const char *name, double tolerance, ...)
{
    ln_conversion *c = converted(name);
    ln_model *m;
    size_t n;
    va_list list;
    const void *bytes = ln_conversion_model(c, &n);
    check_values(name, bytes, n, (float)tolerance);
    assert_int_equal(ln_model_open_memory(&m, bytes, n, &ln_alloc_default, NULL), LN_OK);
    va_start(list, tolerance);
    for (const char *op; (op = va_arg(list, const char *));) {
        const int wanted = va_arg(list, int);
        if (count_of(m, op) != wanted)
            fail_msg("%s has %d %s, not %d", name, count_of(m, op), op, wanted);
    }
    va_end(list);
    ln_model_release(m);
    ln_conversion_free(c);
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
    check_values("quantized", bytes, n, 1.f / 64); /* one step of the result */
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
    check_values("static", bytes, n, 1.f / 16);
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

/* ---- what is refused ---- */

static ln_status import_bytes(const void *bytes, size_t n, ln_diag *diag)
{
    const ln_import_options options = {0};
    ln_report report;
    ln_model *m;
    ln_report_init(&report, &ln_alloc_default);
    const ln_status status = ln_ox_import(&m, LINNET_TEST_DATA "/onnx/none.onnx",
                                          (ln_bytes){bytes, n}, NULL, &options, &report, diag);
    ln_report_deinit(&report);
    ln_model_release(m);
    return status;
}

/* y = x + large, packed; large has raw data of its own in the bytes. */
static uint8_t *with_large(const float *large, size_t n_large, size_t *n)
{
    static char *in[] = {"x", "large"}, *out[] = {"y"};
    int64_t dims[] = {(int64_t)n_large};
    Onnx__TensorProto w = ONNX__TENSOR_PROTO__INIT, *weights[] = {&w};
    Onnx__NodeProto add = ONNX__NODE_PROTO__INIT, *nodes[] = {&add};
    Onnx__ValueInfoProto x = ONNX__VALUE_INFO_PROTO__INIT, y = x, *xs[] = {&x}, *ys[] = {&y};
    Onnx__TypeProto type = ONNX__TYPE_PROTO__INIT;
    Onnx__TypeProto__Tensor tensor = ONNX__TYPE_PROTO__TENSOR__INIT;
    Onnx__TensorShapeProto shape = ONNX__TENSOR_SHAPE_PROTO__INIT;
    Onnx__GraphProto g = ONNX__GRAPH_PROTO__INIT;
    Onnx__ModelProto m = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT, *sets[] = {&set};
    w.name = "large";
    w.dims = dims;
    w.raw_data = (ProtobufCBinaryData){n_large * sizeof *large, (uint8_t *)(uintptr_t)large};
    add.op_type = "Add";
    add.input = in;
    add.output = out;
    tensor.shape = &shape;
    type.tensor_type = &tensor;
    x.name = "x";
    x.type = &type;
    y.name = "y";
    g.initializer = weights;
    g.node = nodes;
    g.input = xs;
    g.output = ys;
    w.has_data_type = w.has_raw_data = tensor.has_elem_type = set.has_version = true;
    w.data_type = tensor.elem_type = 1;
    add.n_input = 2;
    w.n_dims = add.n_output = g.n_initializer = g.n_node = g.n_input = g.n_output = 1;
    set.version = 17;
    m.graph = &g;
    m.opset_import = sets;
    m.n_opset_import = 1;
    *n = onnx__model_proto__get_packed_size(&m);
    uint8_t *bytes = malloc(*n);
    onnx__model_proto__pack(&m, bytes);
    return bytes;
}

static void large_weights_stay_where_they_lie(void **state)
{
    enum { ITEMS = 10000 };
    static float large[ITEMS];
    const ln_import_options options = {0};
    ln_diag diag = {0};
    ln_report report;
    ln_model *m;
    size_t n;
    int found = 0;
    (void)state;
    for (int i = 0; i < ITEMS; i++)
        large[i] = (float)i;
    uint8_t *bytes = with_large(large, ITEMS, &n);
    ln_report_init(&report, &ln_alloc_default);
    if (ln_ox_import(&m, "none.onnx", (ln_bytes){bytes, n}, NULL, &options, &report, &diag))
        fail_msg("%s", diag.text);
    for (int i = 0; i < m->n_buffers; i++)
        if (m->buffers[i].size == sizeof large) {
            assert_memory_equal(m->buffers[i].data, large, sizeof large);
            found++;
        }
    assert_int_equal(found, 1);
    ln_report_deinit(&report);
    ln_model_release(m);
    free(bytes);
}

/* A model of messages made here, of one node with weights. */
static ln_status import_made(const char *op, const char *location, ln_diag *diag)
{
    uint8_t bytes[1024];
    char *names[] = {"x", "w"}, *out[] = {"y"};
    Onnx__StringStringEntryProto place = ONNX__STRING_STRING_ENTRY_PROTO__INIT;
    Onnx__StringStringEntryProto *places[] = {&place};
    Onnx__TensorProto w = ONNX__TENSOR_PROTO__INIT;
    Onnx__TensorProto *initializers[] = {&w};
    Onnx__NodeProto node = ONNX__NODE_PROTO__INIT;
    Onnx__NodeProto *nodes[] = {&node, &node};
    Onnx__ValueInfoProto y = ONNX__VALUE_INFO_PROTO__INIT;
    Onnx__ValueInfoProto *outputs[] = {&y};
    Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
    Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT;
    Onnx__OperatorSetIdProto *opsets[] = {&opset};
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    place.key = "location";
    place.value = (char *)location;
    w.name = "w";
    w.has_data_type = w.has_data_location = 1;
    w.data_type = LN_OX_FLOAT;
    w.data_location = 1;
    w.external_data = places;
    w.n_external_data = 1;
    node.op_type = (char *)op;
    node.input = names + 1;
    node.n_input = 1;
    node.output = out;
    node.n_output = 1;
    y.name = "y";
    graph.node = nodes;
    graph.n_node = 1;
    graph.initializer = initializers;
    graph.n_initializer = 1;
    graph.output = outputs;
    graph.n_output = 1;
    opset.has_version = 1;
    opset.version = 17;
    model.graph = &graph;
    model.opset_import = opsets;
    model.n_opset_import = 1;
    assert_true(onnx__model_proto__get_packed_size(&model) <= sizeof bytes);
    return import_bytes(bytes, onnx__model_proto__pack(&model, bytes), diag);
}

static void files_outside_are_not_read(void **state)
{
    static const char *const places[] = {"/etc/passwd", "../onnx/external.bin", "a/../../b", ""};
    (void)state;
    for (size_t i = 0; i < LN_COUNTOF(places); i++) {
        ln_diag diag = {0};
        assert_int_equal(import_made("Relu", places[i], &diag), LN_ERR_FORMAT);
        assert_non_null(strstr(diag.text, "not in the model's folder"));
    }
}

static void unknown_operators_are_named(void **state)
{
    ln_diag diag = {0};
    (void)state;
    assert_int_equal(import_made("NoSuchOperator", "w.bin", &diag), LN_ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "NoSuchOperator (1, first in y)"));
}

static void operands_that_are_left_out(void **state)
{
    static const char bytes[] = "\x3a\x26"                               /* a graph: */
                                "\x0a\x10\x0a\x00\x0a\x01w\x12\x01y\x22" /* of none and w, y is */
                                "\x06"
                                "Concat"
                                "\x2a\x0d\x08\x01\x10\x01\x42\x01w\x4a\x04\0\0\0\0" /* w: a float */
                                "\x62\x03\x0a\x01y" /* the output is y */
                                "\x42\x02\x10\x11"; /* operators of version 17 */
    ln_diag diag = {0};
    (void)state;
    assert_int_equal(import_bytes(bytes, sizeof bytes - 1, &diag), LN_ERR_FORMAT);
    assert_non_null(strstr(diag.text, "input 0 is missing"));
}

static void graphs_nest_so_deep(void **state)
{
    enum { LEVELS = 5000, STEP = 16 };
    static uint8_t bytes[LEVELS * STEP];
    uint8_t *at = bytes + sizeof bytes;
    size_t n = 0;
    ln_diag diag = {0};
    (void)state;
    for (int i = 0; i < LEVELS; i++) { /* graph 6 in attribute 5 in node 1 in graph */
        static const uint8_t tags[] = {6 << 3 | 2, 5 << 3 | 2, 1 << 3 | 2};
        for (size_t k = 0; k < sizeof tags; k++) {
            uint8_t length[5];
            int m = 0;
            for (size_t v = n; m == 0 || v; v >>= 7)
                length[m++] = (uint8_t)((v & 127) | (v >> 7 ? 128 : 0));
            at -= m;
            memcpy(at, length, (size_t)m);
            *--at = tags[k];
            n += (size_t)m + 1;
        }
    }
    uint8_t head[6] = {7 << 3 | 2};
    int m = 1;
    for (size_t v = n; v; v >>= 7)
        head[m++] = (uint8_t)((v & 127) | (v >> 7 ? 128 : 0));
    at -= m;
    memcpy(at, head, (size_t)m);
    assert_int_equal(import_bytes(at, n + (size_t)m, &diag), LN_ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "nest deeper"));
}

static void no_model(void **state)
{
    ln_diag diag = {0};
    (void)state;
    assert_int_equal(import_bytes("this is none", 12, &diag), LN_ERR_FORMAT);
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
        cmocka_unit_test(files_outside_are_not_read),
        cmocka_unit_test(unknown_operators_are_named),
        cmocka_unit_test(large_weights_stay_where_they_lie),
        cmocka_unit_test(operands_that_are_left_out),
        cmocka_unit_test(graphs_nest_so_deep),
        cmocka_unit_test(no_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
