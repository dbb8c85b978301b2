/* SPDX-License-Identifier: Apache-2.0 */
/* passes_check.c: see passes.h. */
#include "convert/passes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/linnet.h"
#include "model/model.h"
#include "tensorflow/lite/c/c_api.h"

static unsigned seed;

static float next_float(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / (float)(1 << 22) - 2.0f;
}

static ln_shape shape_of(int rank, const int *dims)
{
    ln_shape s = {.rank = rank};
    memcpy(s.dim, dims, sizeof *dims * (size_t)rank);
    return s;
}

ln_id float_input(ln_emit *e, int rank, const int *dims)
{
    const ln_shape s = shape_of(rank, dims);
    return ln_emit_input(e, "x", kTfLiteFloat32, &s);
}

ln_id float_constant(ln_emit *e, int rank, const int *dims)
{
    const ln_shape s = shape_of(rank, dims);
    const int n = ln_shape_count(&s, 0, rank);
    float *values = malloc(sizeof *values * (size_t)n);
    assert_non_null(values);
    for (int i = 0; i < n; i++)
        values[i] = next_float();
    const ln_id id =
        ln_emit_constant(e, kTfLiteFloat32, &s, values, sizeof *values * (size_t)n, true);
    free(values);
    return id;
}

ln_model *made_model(build_fn *build)
{
    ln_model *m;
    ln_graph *g;
    ln_diag diag = {0};
    ln_emit e;
    seed = 7;
    assert_int_equal(ln_model_create(&m, &ln_alloc_default), LN_OK);
    assert_int_equal(ln_model_add_graph(m, "main", &g), LN_OK);
    ln_emit_init(&e, m, g, &diag);
    build(&e);
    if (!ln_emit_ok(&e))
        fail_msg("%s", diag.text);
    return m;
}

static void append(char *text, size_t size, const char *more)
{
    assert_true(strlen(text) + strlen(more) < size);
    strcat(text, more);
}

/* "OP" or "OP(SAME RELU)" */
static void describe(const ln_node *n, char *text, size_t size)
{
    static const char *const activations[] = {"", "RELU", "RELU_N1_TO_1", "RELU6", "TANH"};
    const TfLiteFusedActivation *a = ln_opt_activation(n);
    const bool same = n->op == &ln_op_conv_2d &&
                      ((const TfLiteConvParams *)n->params)->padding == kTfLitePaddingSame;
    append(text, size, *text ? " " : "");
    append(text, size, n->custom_name ? n->custom_name : n->op->name);
    if (same || (a && *a)) {
        append(text, size, "(");
        append(text, size, same ? "SAME" : "");
        append(text, size, same && a && *a ? " " : "");
        append(text, size, a ? activations[*a] : "");
        append(text, size, ")");
    }
}

static float *run(ln_model *m, int *count)
{
    ln_diag diag = {0};
    uint8_t *bytes;
    size_t n;
    assert_int_equal(ln_emit_finish(m), LN_OK);
    if (ln_model_write(m, &bytes, &n, &ln_alloc_default, &diag) != LN_OK)
        fail_msg("%s", diag.text);
    TfLiteModel *model = TfLiteModelCreate(bytes, n);
    TfLiteInterpreter *t = TfLiteInterpreterCreate(model, NULL);
    assert_non_null(t);
    assert_int_equal(TfLiteInterpreterAllocateTensors(t), kTfLiteOk);
    seed = 99;
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(t); i++) {
        TfLiteTensor *in = TfLiteInterpreterGetInputTensor(t, i);
        for (size_t k = 0; k < TfLiteTensorByteSize(in) / sizeof(float); k++)
            ((float *)TfLiteTensorData(in))[k] = next_float();
    }
    assert_int_equal(TfLiteInterpreterInvoke(t), kTfLiteOk);
    const TfLiteTensor *out = TfLiteInterpreterGetOutputTensor(t, 0);
    *count = (int)(TfLiteTensorByteSize(out) / sizeof(float));
    float *values = malloc(TfLiteTensorByteSize(out) + 1);
    assert_non_null(values);
    memcpy(values, TfLiteTensorData(out), TfLiteTensorByteSize(out));
    TfLiteInterpreterDelete(t);
    TfLiteModelDelete(model);
    ln_free(&ln_alloc_default, bytes);
    return values;
}

static bool has_custom(const ln_model *m)
{
    for (int i = 0; i < m->graphs[0]->n_nodes; i++)
        if (m->graphs[0]->nodes[i].custom_name)
            return true;
    return false;
}

/* The error function among what is emitted has no runtime: then the text alone is compared. */
static void compare(ln_model *before, ln_model *after)
{
    int n, k;
    if (has_custom(before) || has_custom(after))
        return;
    float *wanted = run(before, &n), *got = run(after, &k);
    assert_int_equal(n, k);
    assert_true(n > 0);
    for (int i = 0; i < n; i++)
        if (fabsf(got[i] - wanted[i]) > 2e-5f * fmaxf(1, fabsf(wanted[i])))
            fail_msg("item %d is %g, not %g", i, (double)got[i], (double)wanted[i]);
    free(wanted);
    free(got);
}

void check_passes(build_fn *build, const char *expected, const ln_opt_options *options)
{
    ln_model *before = made_model(build), *after = made_model(build);
    ln_diag diag = {0};
    char text[512] = "";
    if (ln_optimize(after, options ? options : &ln_opt_defaults, NULL, &diag) != LN_OK)
        fail_msg("%s", diag.text);
    for (int i = 0; i < after->graphs[0]->n_nodes; i++)
        describe(&after->graphs[0]->nodes[i], text, sizeof text);
    assert_string_equal(text, expected);
    compare(before, after);
    ln_model_release(before);
    ln_model_release(after);
}
