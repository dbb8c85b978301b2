/* SPDX-License-Identifier: Apache-2.0 */
/* importers.c: operators that the converter does not know: translated by functions of the program,
 * replaced by rules, kept as custom ones; and what is said of each. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fb/flexbuffers.h"
#include "linnet/convert.h"
#include "model/model.h"
#include "tensorflow/lite/c/c_api.h"

#define MIXED  LINNET_TEST_DATA "/saved_model/mixed"
#define CUSTOM LINNET_TEST_DATA "/onnx/custom.onnx"

static const char half[] = "rule half: (custom:MyHalve x) => (MUL x 0.5)";

static void run(const ln_conversion *c, const float *x, float *y, size_t n)
{
    size_t bytes;
    const void *data = ln_conversion_model(c, &bytes);
    TfLiteModel *model = TfLiteModelCreate(data, bytes);
    assert_non_null(model);
    TfLiteInterpreter *it = TfLiteInterpreterCreate(model, NULL);
    assert_non_null(it);
    assert_int_equal(TfLiteInterpreterAllocateTensors(it), kTfLiteOk);
    TfLiteTensor *in = TfLiteInterpreterGetInputTensor(it, 0);
    assert_int_equal(TfLiteTensorCopyFromBuffer(in, x, n * sizeof *x), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(it), kTfLiteOk);
    const TfLiteTensor *out = TfLiteInterpreterGetOutputTensor(it, 0);
    assert_int_equal(TfLiteTensorCopyToBuffer(out, y, n * sizeof *y), kTfLiteOk);
    TfLiteInterpreterDelete(it);
    TfLiteModelDelete(model);
}

/* ---- functions of the program ---- */

/* x * factor * times, by what the node's attributes say */
static bool my_scale(void *user, ln_convert_node *node)
{
    const ln_convert_attribute *factor = ln_convert_node_attribute(node, "factor"),
                               *times = ln_convert_node_attribute(node, "times"),
                               *sizes = ln_convert_node_attribute(node, "sizes"),
                               *mode = ln_convert_node_attribute(node, "mode"),
                               *level = ln_convert_node_attribute(node, "level"),
                               *type = ln_convert_node_attribute(node, "T");
    ln_convert_tensor x, made;
    *(int *)user += 1;
    assert_string_equal(ln_convert_node_op(node), "MyScale");
    assert_string_equal(ln_convert_node_name(node), "own");
    assert_int_equal(ln_convert_node_input_count(node), 1);
    assert_int_equal(ln_convert_node_output_count(node), 1);
    assert_true(factor && factor->kind == LN_CONVERT_FLOAT && times && times->i == 2);
    assert_true(sizes && sizes->n == 3 && sizes->ints[1] == 500 && sizes->ints[2] == -1);
    assert_true(mode && mode->kind == LN_CONVERT_TEXT && strcmp(mode->text, "up") == 0);
    assert_true(level && level->i == 7); /* the operator's default */
    assert_true(type && type->kind == LN_CONVERT_TYPE && type->i == kTfLiteFloat32);
    assert_null(ln_convert_node_attribute(node, "shape"));
    assert_true(ln_convert_node_tensor(node, ln_convert_node_input(node, 0), &x));
    assert_true(x.type == kTfLiteFloat32 && x.rank == 2 && x.dims[1] == 3 && !x.data);
    assert_true(ln_convert_node_output(node, 0, &made));
    assert_int_equal(made.type, kTfLiteFloat32);
    const float product = (float)factor->f * (float)times->i;
    const ln_convert_tensor number = {
        .type = kTfLiteFloat32, .data = &product, .bytes = sizeof product};
    const int in[] = {ln_convert_node_input(node, 0), ln_convert_constant(node, &number)};
    int y;
    if (!ln_convert_emit(node, "MUL{activation=NONE}", 2, in, 1, &y))
        return false;
    ln_convert_node_give(node, 0, y);
    return true;
}

static void a_function_translates_a_node(void **state)
{
    int calls = 0;
    const ln_convert_importer importers[] = {{"MyScale", my_scale, &calls}};
    const ln_convert_options options = {
        .importers = importers, .n_importers = 1, .rules = half, .select_tf_ops = true};
    const float x[] = {0.5f, 1, 2, 3, 4, 5};
    float y[6];
    ln_convert_error error;
    ln_conversion *c = ln_convert(MIXED, &options, &error);
    (void)state;
    if (!c)
        fail_msg("%s", error.text);
    assert_int_equal(calls, 1);
    run(c, x, y, 6);
    for (int i = 0; i < 6; i++)
        assert_float_equal(y[i], fmaxf(lgammaf(x[i] * 2.5f), 0), 1e-4);
    ln_conversion_free(c);
}

static bool onnx_scale(void *user, ln_convert_node *node)
{
    const ln_convert_attribute *axes = ln_convert_node_attribute(node, "axes"),
                               *mode = ln_convert_node_attribute(node, "mode");
    (void)user;
    assert_string_equal(ln_convert_node_op(node), "com.example:Scale");
    assert_true(axes && axes->n == 2 && axes->ints[0] == 1 && axes->ints[1] == -1);
    assert_true(mode && mode->n == 2);
    assert_string_equal(ln_convert_node_attribute_at(node, 0)->name, "alpha");
    assert_null(ln_convert_node_attribute_at(node, 3));
    const float alpha = (float)ln_convert_node_attribute(node, "alpha")->f;
    const ln_convert_tensor number = {
        .type = kTfLiteFloat32, .data = &alpha, .bytes = sizeof alpha};
    const int in[] = {ln_convert_node_input(node, 0), ln_convert_constant(node, &number)};
    int y;
    if (ln_convert_emit(node, "MUL", 2, in, 1, &y))
        ln_convert_node_give(node, 0, y);
    return true;
}

static void onnx_goes_the_same_way(void **state)
{
    const ln_convert_importer importers[] = {{"com.example:Scale", onnx_scale, NULL}};
    const ln_convert_options options = {.importers = importers, .n_importers = 1};
    const float x[] = {-4, -2, 0, 1, 2, -6};
    const float want[] = {2, 1, 0, 0, 0, 3};
    float y[6];
    ln_convert_error error;
    ln_conversion *c = ln_convert(CUSTOM, &options, &error);
    (void)state;
    if (!c)
        fail_msg("%s", error.text);
    run(c, x, y, 6);
    for (int i = 0; i < 6; i++)
        assert_float_equal(y[i], want[i], 0);
    ln_conversion_free(c);
}

static bool fails(void *user, ln_convert_node *node)
{
    int y;
    if (*(const int *)user == 1)
        return ln_convert_fail(node, "only on Sundays");
    if (*(const int *)user == 2)
        return ln_convert_emit(node, "MULTIPLY", 0, NULL, 1, &y);
    if (*(const int *)user == 3)
        ln_convert_node_give(node, 4, 0);
    return true; /* and gives nothing */
}

static void failures_say_where_and_why(void **state)
{
    static const char *const said[] = {"gives no output 0", "only on Sundays",
                                       "no such operator at MULTIPLY", "there is no output 4"};
    (void)state;
    for (int i = 0; i < 4; i++) {
        const ln_convert_importer importers[] = {{"Scale", fails, &i}};
        const ln_convert_options options = {.importers = importers, .n_importers = 1};
        ln_convert_error error;
        assert_null(ln_convert(CUSTOM, &options, &error));
        if (!strstr(error.text, said[i]))
            fail_msg("\"%s\" does not say \"%s\"", error.text, said[i]);
        assert_true(i == 2 || strstr(error.text, "own") != NULL);
    }
}

static bool same(void *user, ln_convert_node *node)
{
    (void)user;
    ln_convert_node_give(node, 0, ln_convert_node_input(node, 0));
    return true;
}

static void keras_goes_the_same_way(void **state)
{
    const ln_convert_importer importers[] = {{"Lambda", same, NULL}};
    const ln_convert_options options = {
        .importers = importers, .n_importers = 1, .allow_custom_ops = true};
    ln_convert_error error;
    ln_conversion *c = ln_convert(LINNET_TEST_DATA "/keras/code.keras", &options, &error);
    (void)state;
    if (!c && strstr(error.text, "zlib"))
        skip();
    if (!c)
        fail_msg("%s", error.text);
    ln_convert_summary s;
    ln_conversion_summary(c, &s);
    assert_int_equal(s.operators, 2); /* the others, as custom operators */
    ln_conversion_free(c);
}

/* ---- custom operators, and rules for them ---- */

static ln_conversion *converted(const char *path, const ln_convert_options *options)
{
    ln_convert_error error;
    ln_conversion *c = ln_convert(path, options, &error);
    if (!c)
        fail_msg("%s", error.text);
    return c;
}

static ln_model *opened(const ln_conversion *c)
{
    ln_model *m;
    size_t n;
    const void *bytes = ln_conversion_model(c, &n);
    assert_int_equal(ln_model_open_memory(&m, bytes, n, &ln_alloc_default, NULL), LN_OK);
    return m;
}

static int64_t option(const ln_flex *map, const char *name)
{
    const ln_flex v = ln_flex_get(map, name);
    return ln_flex_i64(&v, -999);
}

static void attributes_become_the_options(void **state)
{
    const ln_convert_options options = {
        .allow_custom_ops = true, .select_tf_ops = true, .rules = half};
    ln_conversion *c = converted(MIXED, &options);
    ln_model *m = opened(c);
    const ln_node *n = &m->graphs[0]->nodes[0];
    size_t length;
    (void)state;
    assert_string_equal(n->custom_name, "MyScale");
    const ln_flex map = ln_flex_root(n->custom, n->custom_size);
    const ln_flex factor = ln_flex_get(&map, "factor"), sizes = ln_flex_get(&map, "sizes"),
                  mode = ln_flex_get(&map, "mode"), last = ln_flex_item(&sizes, 2);
    assert_float_equal(ln_flex_f64(&factor, 0), 2.5, 0);
    assert_int_equal(ln_flex_count(&sizes), 3);
    assert_int_equal(ln_flex_i64(&last, 0), -1);
    assert_string_equal(ln_flex_text(&mode, &length), "up");
    assert_int_equal(option(&map, "times"), 2);
    assert_int_equal(option(&map, "level"), 7);
    assert_int_equal(option(&map, "T"), 0); /* FLOAT32 of the schema */
    for (int i = 0; i < m->graphs[0]->n_nodes; i++)
        assert_true(!m->graphs[0]->nodes[i].custom_name ||
                    strcmp(m->graphs[0]->nodes[i].custom_name, "MyHalve") != 0);
    ln_model_release(m);
    ln_conversion_free(c);
}

static void an_operator_of_onnx_has_its_own_name(void **state)
{
    const ln_convert_options options = {.allow_custom_ops = true};
    ln_conversion *c = converted(CUSTOM, &options);
    ln_model *m = opened(c);
    const ln_node *n = &m->graphs[0]->nodes[1];
    const ln_flex map = ln_flex_root(n->custom, n->custom_size), alpha = ln_flex_get(&map, "alpha");
    (void)state;
    assert_string_equal(n->custom_name, "Scale");
    assert_float_equal(ln_flex_f64(&alpha, 0), 0.5, 0);
    ln_model_release(m);
    ln_conversion_free(c);
}

static void a_rule_that_does_not_fit_is_named(void **state)
{
    const ln_convert_options options = {.rules =
                                            "rule r: (custom:Scale x) => (MUL x 2) if rank x 5"};
    ln_convert_error error;
    (void)state;
    assert_null(ln_convert(CUSTOM, &options, &error));
    assert_non_null(strstr(error.text, "Scale (own): the rule for it does not fit"));
}

/* ---- fates ---- */

static void note_fate(void *user, const ln_convert_finding *f)
{
    char *text = user;
    const size_t n = strlen(text);
    if (strcmp(f->op, "Placeholder") != 0)
        snprintf(text + n, 512 - n, "%s %s;", f->op, f->fate);
    assert_true(f->cure != NULL ||
                (strcmp(f->fate, "impossible") != 0 && strcmp(f->fate, "custom") != 0));
}

static void every_fate_is_told(void **state)
{
    char text[512] = "";
    ln_convert_options options = {.select_tf_ops = true, .finding = note_fate, .user = text};
    ln_convert_error error;
    (void)state;
    assert_null(ln_convert(LINNET_TEST_DATA "/saved_model/fates", &options, &error));
    assert_string_equal(text, "Relu builtin;Softplus decomposed;Lgamma flex native;"
                              "BesselI0 flex TF;StrangeOp impossible;");
    assert_non_null(strstr(error.text, "StrangeOp (1, first in layer/StrangeOp)"));
    assert_null(strstr(error.text, "BesselI0"));
    text[0] = 0;
    options.allow_custom_ops = true;
    ln_conversion_free(converted(LINNET_TEST_DATA "/saved_model/fates", &options));
    assert_non_null(strstr(text, "StrangeOp custom;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_translates_a_node),
        cmocka_unit_test(onnx_goes_the_same_way),
        cmocka_unit_test(failures_say_where_and_why),
        cmocka_unit_test(keras_goes_the_same_way),
        cmocka_unit_test(attributes_become_the_options),
        cmocka_unit_test(an_operator_of_onnx_has_its_own_name),
        cmocka_unit_test(a_rule_that_does_not_fit_is_named),
        cmocka_unit_test(every_fate_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
