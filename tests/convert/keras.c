/* SPDX-License-Identifier: Apache-2.0 */
/* keras.c: Keras models of tests/data/keras become models that give what Keras gave; what cannot be
 * converted is said, all at once. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "import/keras/keras.h"
#include "linnet/convert.h"
#include "tensorflow/lite/c/c_api.h"

#define DATA LINNET_TEST_DATA "/keras/"

enum { CALLS = 2 };

/* A file of recorded tensors, read from the front. */
typedef struct record {
    ln_file file;
    size_t at;
} record;

static int read_int(record *r)
{
    int32_t v;
    assert_true(r->at + sizeof v <= r->file.size);
    memcpy(&v, r->file.data + r->at, sizeof v);
    r->at += sizeof v;
    return v;
}

static float read_float(record *r)
{
    float v;
    assert_true(r->at + sizeof v <= r->file.size);
    memcpy(&v, r->file.data + r->at, sizeof v);
    r->at += sizeof v;
    return v;
}

/* What is open becomes 5; the batch stays 1. */
static void open_inputs(TfLiteInterpreter *interpreter)
{
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(interpreter); i++) {
        const TfLiteTensor *t = TfLiteInterpreterGetInputTensor(interpreter, i);
        const TfLiteIntArray *open = t->dims_signature;
        int dims[8], n = t->dims->size;
        for (int k = 0; k < n; k++)
            dims[k] = k > 0 && open && open->size == n && open->data[k] < 0 ? 5 : t->dims->data[k];
        assert_int_equal(TfLiteInterpreterResizeInputTensor(interpreter, i, dims, n), kTfLiteOk);
    }
}

static void give(record *r, TfLiteInterpreter *interpreter)
{
    const int n = read_int(r);
    assert_int_equal(n, TfLiteInterpreterGetInputTensorCount(interpreter));
    for (int i = 0; i < n; i++) {
        TfLiteTensor *t = TfLiteInterpreterGetInputTensor(interpreter, i);
        const int items = read_int(r);
        assert_int_equal(items * 4, TfLiteTensorByteSize(t));
        for (int k = 0; k < items; k++) {
            const float v = read_float(r);
            if (TfLiteTensorType(t) == kTfLiteInt32)
                t->data.i32[k] = (int32_t)v;
            else
                t->data.f[k] = v;
        }
    }
}

static void compare(record *r, const TfLiteInterpreter *interpreter)
{
    const int n = read_int(r);
    assert_int_equal(n, TfLiteInterpreterGetOutputTensorCount(interpreter));
    for (int i = 0; i < n; i++) {
        const TfLiteTensor *t = TfLiteInterpreterGetOutputTensor(interpreter, i);
        const int items = read_int(r);
        assert_int_equal(items * 4, TfLiteTensorByteSize(t));
        for (int k = 0; k < items; k++)
            assert_float_equal(t->data.f[k], read_float(r), 1e-5);
    }
}

static ln_conversion *convert(const char *name)
{
    const ln_convert_options options = {.format = LN_SOURCE_AUTO};
    ln_convert_error error = {{0}};
    char path[1024];
    snprintf(path, sizeof path, DATA "%s", name);
    ln_conversion *c = ln_convert(path, &options, &error);
    if (!c)
        print_error("%s: %s\n", name, error.text);
    return c;
}

/* Converts NAME + TAIL and runs the calls that NAME.io records. */
static void check(const char *name, const char *tail)
{
    char file[64], path[1024];
    size_t n;
    record r = {.at = 0};
    snprintf(file, sizeof file, "%s%s", name, tail);
    ln_conversion *c = convert(file);
    assert_non_null(c);
    snprintf(path, sizeof path, DATA "%s.io", name);
    assert_int_equal(ln_file_open(&r.file, path, &ln_alloc_default, NULL), LN_OK);
    const void *bytes = ln_conversion_model(c, &n);
    TfLiteModel *model = TfLiteModelCreate(bytes, n);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, NULL);
    open_inputs(interpreter);
    assert_int_equal(TfLiteInterpreterAllocateTensors(interpreter), kTfLiteOk);
    for (int call = 0; call < CALLS; call++) {
        give(&r, interpreter);
        assert_int_equal(TfLiteInterpreterInvoke(interpreter), kTfLiteOk);
        compare(&r, interpreter);
    }
    assert_int_equal(r.at, r.file.size);
    ln_file_close(&r.file);
    TfLiteInterpreterDelete(interpreter);
    TfLiteModelDelete(model);
    ln_conversion_free(c);
}

static void images(void **state)
{
    (void)state;
    check("images", ".keras");
    check("images", ".h5");
}

static void series(void **state)
{
    (void)state;
    check("series", ".keras");
    check("series", ".h5");
}

static void attention(void **state)
{
    (void)state;
    check("attention", ".keras");
    check("attention", ".h5");
}

static void constants(void **state)
{
    (void)state;
    check("constants", ".keras");
    check("constants", ".h5");
}

static void files_of_keras_2(void **state)
{
    (void)state;
    check("keras_2", ".h5");
    check("tensorflow_2", ".h5");
    check("nested_2", ".h5");
}

static void models_inside_of_models(void **state)
{
    (void)state;
    check("nested", ".keras");
    check("nested", ".h5");
}

static void channels_first(void **state)
{
    (void)state;
    check("first", ".keras");
    check("first", ".h5");
}

static void functions(void **state)
{
    (void)state;
    check("functions", ".keras");
    check("functions", ".h5");
}

static void numbers(void **state)
{
    (void)state;
    check("numbers", ".keras");
    check("numbers", ".h5");
}

static void unsized(void **state)
{
    (void)state;
    check("unsized", ".keras");
    check("unsized", ".h5");
}

static void boxes(void **state)
{
    (void)state;
    check("boxes", ".keras");
    check("boxes", ".h5");
}

static void dictionaries(void **state)
{
    (void)state;
    check("dictionaries", ".keras");
    check("dictionaries", ".h5");
}

static void masks(void **state)
{
    (void)state;
    check("masks", ".keras");
    check("masks", ".h5");
}

static void layers_of_several_models(void **state)
{
    (void)state;
    check("shared", ".keras");
    check("shared", ".h5");
}

static void all_that_is_missing_is_said(void **state)
{
    const ln_convert_options options = {.format = LN_SOURCE_AUTO};
    ln_convert_error error = {{0}};
    (void)state;
    assert_null(ln_convert(DATA "code.keras", &options, &error));
    assert_non_null(strstr(error.text, "Lambda (1, first in code)"));
    assert_non_null(strstr(error.text, "Mine (1, first in own)"));
    assert_non_null(strstr(error.text, "Dense (1, first in not_kerass)"));
}

static ln_status import(const void *data, size_t n, ln_diag *diag)
{
    const ln_import_options options = {.n_shapes = 0};
    ln_report report;
    ln_model *m;
    ln_report_init(&report, &ln_alloc_default);
    const ln_status status =
        ln_keras_import(&m, data, n, &options, &report, &ln_alloc_default, diag);
    ln_model_release(m);
    ln_report_deinit(&report);
    return status;
}

static void a_sum_that_backends_take_differently_is_refused(void **state)
{
    const ln_convert_options options = {.format = LN_SOURCE_AUTO};
    ln_convert_error error = {{0}};
    (void)state;
    assert_null(ln_convert(DATA "uneven.keras", &options, &error));
    assert_non_null(strstr(error.text, "4 numbers for axis 1"));
    assert_non_null(strstr(error.text, "along axis 2"));
    check("uneven", ".h5");
}

/* Every beginning of a file is refused, but for what the formats do not need of their ends. */
static void cut_files_are_refused(void **state)
{
    static const char *const names[] = {DATA "attention.keras", DATA "keras_2.h5"};
    (void)state;
    for (size_t i = 0; i < LN_COUNTOF(names); i++) {
        ln_file f;
        ln_diag diag = {0};
        assert_int_equal(ln_file_open(&f, names[i], &ln_alloc_default, NULL), LN_OK);
        for (size_t n = 0; n < f.size / 2; n += 7) {
            uint8_t *part = malloc(n + 1);
            assert_non_null(part);
            memcpy(part, f.data, n);
            assert_int_not_equal(import(part, n, &diag), LN_OK);
            assert_int_not_equal(diag.text[0], 0);
            free(part);
        }
        ln_file_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images),
        cmocka_unit_test(series),
        cmocka_unit_test(attention),
        cmocka_unit_test(constants),
        cmocka_unit_test(files_of_keras_2),
        cmocka_unit_test(models_inside_of_models),
        cmocka_unit_test(functions),
        cmocka_unit_test(numbers),
        cmocka_unit_test(unsized),
        cmocka_unit_test(boxes),
        cmocka_unit_test(dictionaries),
        cmocka_unit_test(channels_first),
        cmocka_unit_test(masks),
        cmocka_unit_test(layers_of_several_models),
        cmocka_unit_test(all_that_is_missing_is_said),
        cmocka_unit_test(a_sum_that_backends_take_differently_is_refused),
        cmocka_unit_test(cut_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
