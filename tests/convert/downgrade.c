/* SPDX-License-Identifier: Apache-2.0 */
/* downgrade.c: models for older releases: versions fall to what is needed, newer operators are
 * decomposed and give the same, and what cannot be is named. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "convert/downgrade.h"
#include "convert/runtime_version.h"
#include "emit/emit.h"
#include "model/model.h"
#include "ops/list.h"
#include "tensorflow/lite/c/c_api.h"

enum { ITEMS = 24 };

/* ---- one graph per operator, of x, float32 [2, 3, 4] ---- */

static ln_id gelu(ln_emit *e, ln_id x)
{
    return ln_emit_unary(e, &ln_op_gelu, NULL, x);
}

static ln_id gelu_tanh(ln_emit *e, ln_id x)
{
    return ln_emit_unary(e, &ln_op_gelu, &(TfLiteGeluParams){.approximate = true}, x);
}

static ln_id sign(ln_emit *e, ln_id x)
{
    return ln_emit_unary(e, &ln_op_sign, NULL, x);
}

static ln_id clip(ln_emit *e, ln_id x)
{
    return ln_emit_unary(e, &ln_op_relu_0_to_1, NULL, x);
}

static ln_id broadcast(ln_emit *e, ln_id x)
{
    return ln_emit_binary(e, &ln_op_broadcast_to, NULL, x,
                          ln_emit_ints(e, 4, (const int[]){2, 2, 3, 4}));
}

static ln_id product(ln_emit *e, ln_id x)
{
    return ln_emit_binary(e, &ln_op_batch_matmul, &(TfLiteBatchMatMulParams){.adj_y = true}, x,
                          ln_emit_binary(e, &ln_op_add, NULL, x, ln_emit_float(e, 1)));
}

static ln_id plain_product(ln_emit *e, ln_id x)
{
    return ln_emit_binary(e, &ln_op_batch_matmul, &(TfLiteBatchMatMulParams){.adj_x = true}, x,
                          ln_emit_binary(e, &ln_op_mul, NULL, x, ln_emit_float(e, 2)));
}

static ln_id selection(ln_emit *e, ln_id x)
{
    const ln_id in[] = {ln_emit_binary(e, &ln_op_greater, NULL, x, ln_emit_float(e, 0)), x,
                        ln_emit_unary(e, &ln_op_exp, NULL, x)};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

static ln_id all_of(ln_emit *e, ln_id x)
{
    const ln_id positive = ln_emit_binary(e, &ln_op_greater, NULL, x, ln_emit_float(e, -0.7f));
    const int axis = 2;
    return ln_emit_cast(e, ln_emit_reduce(e, &ln_op_reduce_all, positive, 1, &axis, true),
                        kTfLiteFloat32);
}

static ln_id without_bias(ln_emit *e, ln_id x)
{
    float weights[20];
    const ln_shape s = {.rank = 2, .dim = {5, 4}};
    for (int i = 0; i < 20; i++)
        weights[i] = (float)(i % 7) - 3;
    const ln_id in[] = {x, ln_emit_constant(e, kTfLiteFloat32, &s, weights, sizeof weights, true)};
    return ln_emit_nary(e, &ln_op_fully_connected, NULL, 2, in);
}

static ln_id grouped(ln_emit *e, ln_id x)
{
    float weights[36];
    const ln_shape image = {.rank = 4, .dim = {1, 2, 3, 4}}, s = {.rank = 4, .dim = {6, 1, 3, 2}};
    for (int i = 0; i < 36; i++)
        weights[i] = (float)(i % 5) - 2;
    const TfLiteConvParams p = {.padding = kTfLitePaddingSame,
                                .stride_width = 1,
                                .stride_height = 1,
                                .dilation_width_factor = 1,
                                .dilation_height_factor = 1,
                                .activation = kTfLiteActRelu};
    const ln_id in[] = {ln_emit_reshape(e, x, &image),
                        ln_emit_constant(e, kTfLiteFloat32, &s, weights, sizeof weights, true),
                        ln_emit_floats(e, 6, (const float[]){1, 2, 3, -1, -2, -3})};
    return ln_emit_nary(e, &ln_op_conv_2d, &p, 3, in);
}

static ln_id sum(ln_emit *e, ln_id x)
{
    return ln_emit_binary(e, &ln_op_cumsum, NULL, x, ln_emit_int(e, 2));
}

typedef ln_id make_fn(ln_emit *e, ln_id x);

static ln_model *made(make_fn *make)
{
    const ln_shape s = {.rank = 3, .dim = {2, 3, 4}};
    ln_model *m;
    ln_graph *g;
    ln_emit e;
    ln_diag diag = {0};
    assert_int_equal(ln_model_create(&m, &ln_alloc_default), LN_OK);
    assert_int_equal(ln_model_add_graph(m, "main", &g), LN_OK);
    ln_emit_init(&e, m, g, &diag);
    ln_emit_output(&e, make(&e, ln_emit_input(&e, "x", kTfLiteFloat32, &s)));
    if (!ln_emit_ok(&e))
        fail_msg("%s", diag.text);
    return m;
}

/* What the model gives; returns how many items. */
static size_t run(const ln_model *m, float *y)
{
    uint8_t *bytes;
    size_t n;
    float x[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        x[i] = (float)(i * 7 % 13 - 6) / 4;
    x[3] = 0;
    assert_int_equal(ln_model_write(m, &bytes, &n, &ln_alloc_default, NULL), LN_OK);
    TfLiteModel *model = TfLiteModelCreate(bytes, n);
    assert_non_null(model);
    TfLiteInterpreter *it = TfLiteInterpreterCreate(model, NULL);
    assert_int_equal(TfLiteInterpreterAllocateTensors(it), kTfLiteOk);
    TfLiteTensor *in = TfLiteInterpreterGetInputTensor(it, 0);
    assert_int_equal(TfLiteTensorCopyFromBuffer(in, x, sizeof x), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(it), kTfLiteOk);
    const TfLiteTensor *out = TfLiteInterpreterGetOutputTensor(it, 0);
    const size_t size = TfLiteTensorByteSize(out);
    assert_true(size <= 4 * ITEMS * sizeof *y);
    assert_int_equal(TfLiteTensorCopyToBuffer(out, y, size), kTfLiteOk);
    TfLiteInterpreterDelete(it);
    TfLiteModelDelete(model);
    ln_free(&ln_alloc_default, bytes);
    return size / sizeof *y;
}

static long newest(const ln_model *m)
{
    long most = 0;
    char text[LN_RELEASE_TEXT];
    for (int i = 0; i < m->graphs[0]->n_nodes; i++) {
        const ln_node *n = &m->graphs[0]->nodes[i];
        assert_null(n->custom_name);
        most = LN_MAX(most, ln_node_release(n, n->version, text));
    }
    return most;
}

static void newer_operators_are_decomposed(void **state)
{
    static const struct {
        const char *name;
        make_fn *make;
    } cases[] = {
        {"GELU", gelu},
        {"GELU tanh", gelu_tanh},
        {"SIGN", sign},
        {"RELU_0_TO_1", clip},
        {"BROADCAST_TO", broadcast},
        {"BATCH_MATMUL", product},
        {"transposed", plain_product},
        {"SELECT_V2", selection},
        {"REDUCE_ALL", all_of},
        {"no bias", without_bias},
        {"grouped CONV_2D", grouped},
    };
    float before[4 * ITEMS], after[4 * ITEMS];
    (void)state;
    for (size_t k = 0; k < LN_COUNTOF(cases); k++) {
        ln_diag diag = {0};
        ln_model *m = made(cases[k].make);
        const size_t n = run(m, before);
        if (ln_downgrade(m, "2.0", &diag) != LN_OK)
            fail_msg("%s: %s", cases[k].name, diag.text);
        assert_true(newest(m) <= ln_release_number("2.0"));
        assert_int_equal(run(m, after), n);
        for (size_t i = 0; i < n; i++)
            if (!(fabsf(before[i] - after[i]) <= 2e-6f * fmaxf(1, fabsf(before[i]))))
                fail_msg("%s: item %zu is %g, not %g", cases[k].name, i, (double)after[i],
                         (double)before[i]);
        ln_model_release(m);
    }
}

static void what_is_old_enough_stays(void **state)
{
    ln_diag diag = {0};
    ln_model *m = made(gelu);
    (void)state;
    assert_int_equal(ln_downgrade(m, "2.9", &diag), LN_OK);
    assert_int_equal(m->graphs[0]->n_nodes, 1);
    assert_ptr_equal(m->graphs[0]->nodes[0].op, &ln_op_gelu);
    ln_model_release(m);
}

static void what_cannot_be_is_named(void **state)
{
    ln_diag diag = {0};
    ln_model *m = made(sum);
    (void)state;
    assert_int_equal(ln_downgrade(m, "2.3.1", &diag), LN_ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "CUMSUM version 1, which came with 2.4.0"));
    assert_int_equal(ln_downgrade(m, "2", &diag), LN_ERR_ARGUMENT);
    assert_int_equal(ln_downgrade(m, "2.4x", &diag), LN_ERR_ARGUMENT);
    ln_model_release(m);
}

static void versions_fall_to_what_is_needed(void **state)
{
    ln_diag diag = {0};
    uint8_t *bytes;
    size_t n;
    ln_model *m = made(without_bias), *read;
    (void)state;
    m->graphs[0]->nodes[0].version = 12;
    assert_int_equal(ln_model_write(m, &bytes, &n, &ln_alloc_default, &diag), LN_OK);
    assert_int_equal(ln_model_open_memory(&read, bytes, n, &ln_alloc_default, &diag), LN_OK);
    assert_int_equal(read->graphs[0]->nodes[0].version, 12);
    assert_int_equal(ln_emit_reopen(read), LN_OK);
    assert_int_equal(ln_downgrade(read, "2.3", &diag), LN_OK);
    assert_int_equal(read->graphs[0]->nodes[0].version, 6);
    ln_model_release(read);
    ln_free(&ln_alloc_default, bytes);
    ln_model_release(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newer_operators_are_decomposed),
        cmocka_unit_test(what_is_old_enough_stays),
        cmocka_unit_test(what_cannot_be_is_named),
        cmocka_unit_test(versions_fall_to_what_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
