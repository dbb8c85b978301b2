/* SPDX-License-Identifier: Apache-2.0 */
/* test_signature.c: running a model by the names of its signatures. */
#include "capi/capi_test.h"

static void keys(void **state)
{
    opened o = open_with("signatures.tflite", NULL);
    (void)state;
    assert_int_equal(TfLiteInterpreterGetSignatureCount(o.interpreter), 2);
    assert_string_equal(TfLiteInterpreterGetSignatureKey(o.interpreter, 0), "sum");
    assert_string_equal(TfLiteInterpreterGetSignatureKey(o.interpreter, 1), "product");
    assert_null(TfLiteInterpreterGetSignatureKey(o.interpreter, 2));
    assert_null(TfLiteInterpreterGetSignatureKey(o.interpreter, -1));
    assert_null(TfLiteInterpreterGetSignatureRunner(o.interpreter, "none"));
    close_opened(&o);
}

static void names(void **state)
{
    opened o = open_with("signatures.tflite", NULL);
    TfLiteSignatureRunner *r = TfLiteInterpreterGetSignatureRunner(o.interpreter, "product");
    (void)state;
    assert_int_equal(TfLiteSignatureRunnerGetInputCount(r), 2);
    assert_int_equal(TfLiteSignatureRunnerGetOutputCount(r), 1);
    /* in order of the names, not of the file */
    assert_string_equal(TfLiteSignatureRunnerGetInputName(r, 0), "a");
    assert_string_equal(TfLiteSignatureRunnerGetInputName(r, 1), "b");
    assert_null(TfLiteSignatureRunnerGetInputName(r, 2));
    assert_string_equal(TfLiteSignatureRunnerGetOutputName(r, 0), "product");
    assert_null(TfLiteSignatureRunnerGetOutputName(r, -1));
    assert_null(TfLiteSignatureRunnerGetInputTensor(r, "c"));
    assert_null(TfLiteSignatureRunnerGetInputTensor(r, NULL));
    assert_null(TfLiteSignatureRunnerGetOutputTensor(r, "a"));
    TfLiteSignatureRunnerDelete(r);
    TfLiteSignatureRunnerDelete(NULL);
    close_opened(&o);
}

static float *named(TfLiteSignatureRunner *r, const char *name)
{
    return TfLiteTensorData(TfLiteSignatureRunnerGetInputTensor(r, name));
}

static void runs(void **state)
{
    static const char *const wanted[] = {"sum", "product"}, *const out[] = {"total", "product"};
    static const float results[] = {7, 12};
    opened o = open_with("signatures.tflite", NULL);
    const int three[] = {3};
    (void)state;
    for (int i = 0; i < 2; i++) {
        TfLiteSignatureRunner *r = TfLiteInterpreterGetSignatureRunner(o.interpreter, wanted[i]);
        assert_int_equal(TfLiteSignatureRunnerAllocateTensors(r), kTfLiteOk);
        named(r, "a")[1] = 3;
        named(r, "b")[1] = 4;
        assert_int_equal(TfLiteSignatureRunnerInvoke(r), kTfLiteOk);
        const TfLiteTensor *y = TfLiteSignatureRunnerGetOutputTensor(r, out[i]);
        assert_true(((const float *)TfLiteTensorData(y))[1] == results[i]);

        assert_int_equal(TfLiteSignatureRunnerResizeInputTensor(r, "none", three, 1), kTfLiteError);
        assert_int_equal(TfLiteSignatureRunnerResizeInputTensor(r, "a", three, 1), kTfLiteOk);
        assert_int_equal(TfLiteSignatureRunnerResizeInputTensor(r, "b", three, 1), kTfLiteOk);
        assert_int_equal(TfLiteSignatureRunnerAllocateTensors(r), kTfLiteOk);
        named(r, "a")[2] = 3;
        named(r, "b")[2] = 4;
        assert_int_equal(TfLiteSignatureRunnerInvoke(r), kTfLiteOk);
        y = TfLiteSignatureRunnerGetOutputTensor(r, out[i]);
        assert_int_equal(TfLiteTensorDim(y, 0), 3);
        assert_true(((const float *)TfLiteTensorData(y))[2] == results[i]);
        assert_int_equal(TfLiteSignatureRunnerCancel(r), kTfLiteError); /* not enabled */
        TfLiteSignatureRunnerDelete(r);
    }
    close_opened(&o);
}

static void without_key(void **state)
{
    opened o = open_with("signatures.tflite", NULL);
    TfLiteSignatureRunner *r = TfLiteInterpreterGetSignatureRunner(o.interpreter, NULL);
    (void)state;
    assert_string_equal(TfLiteSignatureRunnerGetOutputName(r, 0), "total");
    TfLiteSignatureRunnerDelete(r);
    close_opened(&o);

    o = open_with("add.tflite", NULL); /* a model without signatures */
    assert_int_equal(TfLiteInterpreterGetSignatureCount(o.interpreter), 0);
    r = TfLiteInterpreterGetSignatureRunner(o.interpreter, NULL);
    assert_non_null(r);
    assert_string_equal(TfLiteSignatureRunnerGetInputName(r, 0), "x");
    assert_int_equal(TfLiteSignatureRunnerAllocateTensors(r), kTfLiteOk);
    named(r, "x")[0] = 1;
    assert_int_equal(TfLiteSignatureRunnerInvoke(r), kTfLiteOk);
    const TfLiteTensor *y = TfLiteSignatureRunnerGetOutputTensor(r, "y");
    assert_true(((const float *)TfLiteTensorData(y))[0] == 3);
    TfLiteSignatureRunnerDelete(r);
    close_opened(&o);
}

int run_signature_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(names),
        cmocka_unit_test(runs),
        cmocka_unit_test(without_key),
    };
    return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
