/* SPDX-License-Identifier: Apache-2.0 */
/* onnx_bytes.c: ONNX models as bytes: where large weights are taken from, what is refused, and that
 * malformed ones say so.  The models that are converted and run are in onnx.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import/onnx/onnx.h"

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
        cmocka_unit_test(files_outside_are_not_read),
        cmocka_unit_test(unknown_operators_are_named),
        cmocka_unit_test(large_weights_stay_where_they_lie),
        cmocka_unit_test(operands_that_are_left_out),
        cmocka_unit_test(graphs_nest_so_deep),
        cmocka_unit_test(no_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
