/* SPDX-License-Identifier: Apache-2.0 */
/* versions.c: the op versions that written nodes get, against numbers that TFLite's converter
 * gives the same nodes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/write.h"
#include "ops/op.h"

typedef struct example {
    int op, version, rank;
    TfLiteType in0, in1, out;
} example;

static const example examples[] = {
    {kTfLiteBuiltinConv2d, 1, 4, kTfLiteFloat32, kTfLiteFloat32, kTfLiteFloat32},
    {kTfLiteBuiltinConv2d, 3, 4, kTfLiteInt8, kTfLiteInt8, kTfLiteInt8},
    {kTfLiteBuiltinConv2d, 7, 4, kTfLiteInt8, kTfLiteInt4, kTfLiteInt8},
    {kTfLiteBuiltinFullyConnected, 6, 2, kTfLiteFloat32, kTfLiteFloat32, kTfLiteFloat32},
    {kTfLiteBuiltinTranspose, 2, 4, kTfLiteInt8, kTfLiteInt32, kTfLiteInt8},
    {kTfLiteBuiltinTranspose, 4, 5, kTfLiteFloat32, kTfLiteInt32, kTfLiteFloat32},
    {kTfLiteBuiltinTranspose, 6, 6, kTfLiteFloat32, kTfLiteInt32, kTfLiteFloat32},
    {kTfLiteBuiltinSplit, 3, 1, kTfLiteInt32, kTfLiteInt32, kTfLiteInt32},
    {kTfLiteBuiltinBroadcastTo, 2, 2, kTfLiteFloat32, kTfLiteInt32, kTfLiteFloat32},
    {kTfLiteBuiltinCast, 5, 2, kTfLiteFloat32, kTfLiteNoType, kTfLiteFloat16},
    {kTfLiteBuiltinWhere, 1, 2, kTfLiteBool, kTfLiteNoType, kTfLiteInt64},
    {kTfLiteBuiltinWhere, 2, 2, kTfLiteFloat32, kTfLiteNoType, kTfLiteInt64},
    {kTfLiteBuiltinAdd, 5, 2, kTfLiteInt16, kTfLiteInt16, kTfLiteInt16},
    {kTfLiteBuiltinSpaceToBatchNd, 3, 3, kTfLiteFloat32, kTfLiteInt32, kTfLiteFloat32},
    {kTfLiteBuiltinRelu0To1, 1, 2, kTfLiteFloat32, kTfLiteNoType, kTfLiteFloat32},
};

static void types_make_versions(void **state)
{
    (void)state;
    static const int ones[] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (size_t i = 0; i < LN_COUNTOF(examples); i++) {
        const example *e = &examples[i];
        ln_model *m;
        ln_graph *g;
        ln_id in[2], out, n;
        assert_int_equal(ln_model_create(&m, &ln_alloc_default), LN_OK);
        assert_int_equal(ln_model_add_graph(m, "", &g), LN_OK);
        assert_int_equal(ln_graph_add_tensor(m, g, "", e->in0, e->rank, ones, &in[0]), LN_OK);
        assert_int_equal(ln_graph_add_tensor(m, g, "", e->in1, e->rank, ones, &in[1]), LN_OK);
        assert_int_equal(ln_graph_add_tensor(m, g, "", e->out, e->rank, ones, &out), LN_OK);
        assert_int_equal(ln_graph_add_node(m, g, NULL, e->in1 ? 2 : 1, in, 1, &out, &n), LN_OK);
        g->nodes[n].builtin = e->op;
        const int version = ln_node_version(g, &g->nodes[n]);
        if (version != e->version)
            fail_msg("%s with input %s has version %d, not %d", ln_op_code_name(e->op),
                     TfLiteTypeGetName(e->in0), version, e->version);
        ln_model_release(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_make_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
