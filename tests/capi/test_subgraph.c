/* SPDX-License-Identifier: Apache-2.0 */
/* test_subgraph.c: linnet/subgraph.h, and tensors that are kept. */
#include "capi/capi_test.h"
#include "linnet/interpreter.h"
#include "linnet/subgraph.h"

static void runs_the_second(void **state)
{
    opened o = open_with("signatures.tflite", NULL);
    TfLiteInterpreter *p = o.interpreter;
    const int three = 3, negative = -1;
    (void)state;
    assert_int_equal(ln_tflite_subgraph_resize(p, 1, 0, &negative, 1, false), kTfLiteError);
    assert_int_equal(ln_tflite_subgraph_resize(p, 1, 0, NULL, 1, false), kTfLiteError);
    assert_int_equal(ln_tflite_subgraph_resize(p, 7, 0, &three, 1, false), kTfLiteError);
    assert_int_equal(ln_tflite_subgraph_resize(p, 1, 9, &three, 1, false), kTfLiteError);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ln_tflite_subgraph_resize(p, 1, i, &three, 1, i == 0), kTfLiteOk);
    assert_int_equal(ln_tflite_subgraph_invoke(p, 1), kTfLiteError);
    assert_non_null(strstr(ln_last_error(p), "Invoke called on model that is not ready"));
    assert_int_equal(ln_tflite_subgraph_allocate(p, 7), kTfLiteError);
    assert_int_equal(ln_tflite_subgraph_allocate(p, 1), kTfLiteOk);
    assert_null(ln_tflite_subgraph_tensor(p, 7, 0));
    assert_null(ln_tflite_subgraph_tensor(p, 1, 3));
    assert_null(ln_tflite_subgraph_tensor(NULL, 1, 0));
    ln_tflite_subgraph_tensor(p, 1, 0)->data.f[2] = 3;
    ln_tflite_subgraph_tensor(p, 1, 1)->data.f[2] = 4;
    assert_int_equal(ln_tflite_subgraph_invoke(p, 1), kTfLiteOk);
    assert_true(ln_tflite_subgraph_tensor(p, 1, 2)->data.f[2] == 12);
    assert_int_equal(ln_tflite_subgraph_invoke(NULL, 1), kTfLiteError);
    close_opened(&o);
}

static void keeps_values(void **state)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    ln_tflite_kernel kernel;
    (void)state;
    ln_options_set_preserve_tensors(options, true);
    opened o = open_consuming("add.tflite", options);
    input_floats(&o, 0)[5] = 4;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    const float *two = TfLiteTensorData(TfLiteInterpreterGetTensor(o.interpreter, 1));
    assert_true(two[5] == 8);
    assert_true(output_floats(&o, 0)[5] == 12);
    close_opened(&o);

    /* the engine would take the convolution and all that comes behind it */
    options = TfLiteInterpreterOptionsCreate();
    ln_options_set_preserve_tensors(options, true);
    o = open_consuming("conv.tflite", options);
    assert_false(ln_tflite_interpreter_kernel(o.interpreter, 0, 2, &kernel));
    close_opened(&o);
    o = open_with("conv.tflite", NULL);
    assert_true(ln_tflite_interpreter_kernel(o.interpreter, 0, 2, &kernel));
    close_opened(&o);
}

int run_subgraph_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_the_second),
        cmocka_unit_test(keeps_values),
    };
    return cmocka_run_group_tests_name("subgraph", tests, NULL, NULL);
}
