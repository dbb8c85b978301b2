/* SPDX-License-Identifier: Apache-2.0 */
/* test_model.c: versions, loading models, tensors by functions. */
#include <stdio.h>

#include "capi/capi_test.h"

static void versions(void **state)
{
    (void)state;
    assert_string_equal(TfLiteVersion(), "2.19.0");
    assert_non_null(TfLiteExtensionApisVersion());
    assert_int_equal(TfLiteSchemaVersion(), 3);
    assert_non_null(ln_version());
}

static unsigned char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    *n = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(*n);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, f), *n);
    fclose(f);
    return bytes;
}

static void from_memory(void **state)
{
    size_t n;
    unsigned char *bytes = read_file(model_path("add.tflite"), &n);
    TfLiteModel *model = TfLiteModelCreate(bytes, n);
    (void)state;
    assert_non_null(model);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, NULL);
    assert_non_null(p);
    TfLiteModelDelete(model); /* the interpreter keeps what it needs */
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    TfLiteInterpreterDelete(p);
    free(bytes);
}

static void failures_are_reported(void **state)
{
    messages m = {0};
    const char junk[64] = "this is not a model";
    (void)state;
    assert_null(TfLiteModelCreate(junk, sizeof junk));
    assert_null(TfLiteModelCreate(NULL, 0));
    assert_null(TfLiteModelCreateFromFile(NULL));
    assert_null(TfLiteModelCreateFromFile("/no/such/file.tflite"));
    assert_null(TfLiteModelCreateWithErrorReporter(junk, sizeof junk, messages_report, &m));
    assert_int_equal(m.count, 1);
    assert_null(
        TfLiteModelCreateFromFileWithErrorReporter("/no/such/file.tflite", messages_report, &m));
    assert_int_equal(m.count, 2);
    assert_non_null(strstr(m.last, "/no/such/file.tflite"));
    TfLiteModelDelete(NULL);
}

static void cut_models_are_refused(void **state)
{
    size_t n;
    unsigned char *bytes = read_file(model_path("conv.tflite"), &n);
    (void)state;
    for (size_t cut = 0; cut < n; cut += 61) {
        unsigned char *part = malloc(cut + 1);
        memcpy(part, bytes, cut);
        TfLiteModel *model = TfLiteModelCreate(part, cut);
        TfLiteInterpreter *p = TfLiteInterpreterCreate(model, NULL);
        if (p && TfLiteInterpreterAllocateTensors(p) == kTfLiteOk)
            (void)TfLiteInterpreterInvoke(p);
        TfLiteInterpreterDelete(p);
        TfLiteModelDelete(model);
        free(part);
    }
    free(bytes);
}

static void null_tensors(void **state)
{
    float x = 0;
    (void)state;
    assert_int_equal(TfLiteTensorType(NULL), kTfLiteNoType);
    assert_int_equal(TfLiteTensorNumDims(NULL), -1);
    assert_int_equal(TfLiteTensorDim(NULL, 0), 0);
    assert_int_equal(TfLiteTensorByteSize(NULL), 0);
    assert_null(TfLiteTensorData(NULL));
    assert_null(TfLiteTensorName(NULL));
    assert_true(TfLiteTensorQuantizationParams(NULL).scale == 0);
    assert_int_equal(TfLiteTensorCopyFromBuffer(NULL, &x, sizeof x), kTfLiteError);
    assert_int_equal(TfLiteTensorCopyToBuffer(NULL, &x, sizeof x), kTfLiteError);
}

static void tensors(void **state)
{
    opened o = open_with("add.tflite", NULL);
    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(o.interpreter, 0);
    float values[8 * 8 * 3] = {1};
    (void)state;
    assert_int_equal(TfLiteTensorType(x), kTfLiteFloat32);
    assert_int_equal(TfLiteTensorNumDims(x), 4);
    assert_int_equal(TfLiteTensorDim(x, 1), 8);
    assert_int_equal(TfLiteTensorDim(x, 4), 0);
    assert_int_equal(TfLiteTensorDim(x, -1), 0);
    assert_int_equal(TfLiteTensorByteSize(x), sizeof values);
    assert_string_equal(TfLiteTensorName(x), "x");
    assert_int_equal(TfLiteTensorCopyFromBuffer(x, values, sizeof values - 1), kTfLiteError);
    assert_int_equal(TfLiteTensorCopyFromBuffer(x, NULL, sizeof values), kTfLiteError);
    assert_int_equal(TfLiteTensorCopyFromBuffer(x, values, sizeof values), kTfLiteOk);
    assert_true(input_floats(&o, 0)[0] == 1);
    values[0] = 0;
    assert_int_equal(TfLiteTensorCopyToBuffer(x, values, sizeof values + 4), kTfLiteError);
    assert_int_equal(TfLiteTensorCopyToBuffer(x, values, sizeof values), kTfLiteOk);
    assert_true(values[0] == 1);
    close_opened(&o);
}

int run_model_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
        cmocka_unit_test(from_memory),
        cmocka_unit_test(failures_are_reported),
        cmocka_unit_test(cut_models_are_refused),
        cmocka_unit_test(null_tensors),
        cmocka_unit_test(tensors),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
