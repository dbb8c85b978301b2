/* SPDX-License-Identifier: Apache-2.0 */
/* test_interpreter.c: running, resizing, variables, memory of the caller, several interpreters on
 * one model, shapes that only a run tells. */
#include <pthread.h>

#include "capi/capi_test.h"

static void runs(void **state)
{
    opened o = open_with("add.tflite", NULL);
    (void)state;
    assert_int_equal(TfLiteInterpreterGetInputTensorCount(o.interpreter), 1);
    assert_int_equal(TfLiteInterpreterGetOutputTensorCount(o.interpreter), 1);
    assert_int_equal(TfLiteInterpreterInputTensorIndices(o.interpreter)[0], 0);
    assert_int_equal(TfLiteInterpreterOutputTensorIndices(o.interpreter)[0], 2);
    assert_int_equal(TfLiteInterpreterGetInputTensorIndex(o.interpreter, 0), 0);
    assert_int_equal(TfLiteInterpreterGetOutputTensorIndex(o.interpreter, 0), 2);
    for (int i = 0; i < 8 * 8 * 3; i++)
        input_floats(&o, 0)[i] = (float)i;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    for (int i = 0; i < 8 * 8 * 3; i++)
        assert_true(output_floats(&o, 0)[i] == 3 * (float)i);
    assert_ptr_equal(TfLiteInterpreterGetTensor(o.interpreter, 2),
                     TfLiteInterpreterGetOutputTensor(o.interpreter, 0));
    close_opened(&o);
}

static void wrong_indices(void **state)
{
    opened o = open_with("add.tflite", NULL);
    (void)state;
    assert_null(TfLiteInterpreterGetInputTensor(o.interpreter, 1));
    assert_null(TfLiteInterpreterGetInputTensor(o.interpreter, -1));
    assert_null(TfLiteInterpreterGetOutputTensor(o.interpreter, 1));
    assert_null(TfLiteInterpreterGetTensor(o.interpreter, 99));
    assert_int_equal(TfLiteInterpreterGetInputTensorIndex(o.interpreter, 7), -1);
    assert_int_equal(TfLiteInterpreterGetOutputTensorIndex(o.interpreter, -7), -1);
    close_opened(&o);
}

static void nothing(void **state)
{
    (void)state;
    assert_null(TfLiteInterpreterCreate(NULL, NULL));
    assert_int_equal(TfLiteInterpreterAllocateTensors(NULL), kTfLiteError);
    assert_int_equal(TfLiteInterpreterInvoke(NULL), kTfLiteError);
    assert_int_equal(TfLiteInterpreterCancel(NULL), kTfLiteError);
    assert_int_equal(TfLiteInterpreterGetInputTensorCount(NULL), 0);
    assert_null(TfLiteInterpreterGetTensor(NULL, 0));
    assert_null(TfLiteInterpreterGetSignatureRunner(NULL, "sum"));
    TfLiteInterpreterDelete(NULL);
}

static void invoke_needs_memory(void **state)
{
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("add.tflite"));
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, NULL);
    (void)state;
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteError);
    assert_true(ln_last_error(p)[0] != '\0');
    TfLiteInterpreterDelete(p);
    TfLiteModelDelete(model);
}

static void resizes(void **state)
{
    opened o = open_with("add.tflite", NULL);
    const int two[] = {2, 8, 8, 3}, other[] = {1, 4, 8, 3}, negative[] = {-2, 8, 8, 3};
    TfLiteInterpreter *p = o.interpreter;
    (void)state;
    assert_int_equal(TfLiteInterpreterResizeInputTensorStrict(p, 0, other, 4), kTfLiteError);
    assert_int_equal(TfLiteInterpreterResizeInputTensor(p, 0, negative, 4), kTfLiteError);
    assert_int_equal(TfLiteInterpreterResizeInputTensor(p, 1, two, 4), kTfLiteError);
    assert_int_equal(TfLiteInterpreterResizeInputTensor(p, 0, NULL, 4), kTfLiteError);
    assert_int_equal(TfLiteInterpreterResizeInputTensorStrict(p, 0, two, 4), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteError); /* not allocated */
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    assert_int_equal(TfLiteTensorDim(TfLiteInterpreterGetOutputTensor(p, 0), 0), 2);
    input_floats(&o, 0)[2 * 8 * 8 * 3 - 1] = 5;
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    assert_true(output_floats(&o, 0)[2 * 8 * 8 * 3 - 1] == 15);
    assert_int_equal(TfLiteInterpreterResizeInputTensor(p, 0, other, 4), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    assert_int_equal(TfLiteTensorDim(TfLiteInterpreterGetOutputTensor(p, 0), 1), 4);
    close_opened(&o);
}

static void dynamic_shapes(void **state)
{
    opened o = open_with("dynamic.tflite", NULL);
    bool *x = TfLiteTensorData(TfLiteInterpreterGetInputTensor(o.interpreter, 0));
    (void)state;
    for (int n = 4; n >= 0; n--) {
        for (int i = 0; i < 4; i++)
            x[i] = i < n;
        assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
        const TfLiteTensor *y = TfLiteInterpreterGetOutputTensor(o.interpreter, 0);
        assert_int_equal(TfLiteTensorNumDims(y), 2);
        assert_int_equal(TfLiteTensorDim(y, 0), n);
        assert_int_equal(TfLiteTensorByteSize(y), (size_t)n * sizeof(int64_t));
        if (n > 1)
            assert_int_equal(((const int64_t *)TfLiteTensorData(y))[n - 1], n - 1);
    }
    close_opened(&o);
}

static void variables(void **state)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddCustomOp(options, "Accumulate", accumulate_registration(), 1, 1);
    opened o = open_consuming("variable.tflite", options);
    TfLiteInterpreter *p = o.interpreter;
    (void)state;
    assert_int_equal(TfLiteInterpreterGetVariableTensorCount(p), 1);
    assert_null(TfLiteInterpreterGetVariableTensor(p, 1));
    assert_string_equal(TfLiteTensorName(TfLiteInterpreterGetVariableTensor(p, 0)), "state");
    for (int run = 1; run <= 3; run++) {
        input_floats(&o, 0)[0] = 2;
        assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
        assert_true(output_floats(&o, 0)[0] == 2 * (float)run);
    }
    assert_int_equal(TfLiteInterpreterResetVariableTensors(p), kTfLiteOk);
    input_floats(&o, 0)[0] = 2;
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    assert_true(output_floats(&o, 0)[0] == 2);
    close_opened(&o);
}

static void memory_of_the_caller(void **state)
{
    static _Alignas(64) float in[8 * 8 * 3 + 1], out[8 * 8 * 3];
    opened o = open_with("add.tflite", NULL);
    TfLiteInterpreter *p = o.interpreter;
    const TfLiteCustomAllocation good = {in, sizeof in}, odd = {in + 1, sizeof in - 4},
                                 small = {in, 64}, result = {out, sizeof out};
    (void)state;
    assert_int_equal(TfLiteInterpreterSetCustomAllocationForTensor(p, 0, NULL, 0), kTfLiteError);
    assert_int_equal(TfLiteInterpreterSetCustomAllocationForTensor(p, 0, &odd, 0), kTfLiteError);
    assert_int_equal(TfLiteInterpreterSetCustomAllocationForTensor(p, 0, &small, 0), kTfLiteError);
    assert_int_equal(TfLiteInterpreterSetCustomAllocationForTensor(p, 0, &good, 0), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterSetCustomAllocationForTensor(p, 2, &result, 0), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    assert_ptr_equal(input_floats(&o, 0), in);
    in[7] = 4;
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    assert_true(out[7] == 12);
    close_opened(&o);
}

typedef struct worker {
    TfLiteInterpreter *p;
    float value;
    bool ok;
} worker;

static void *work(void *arg)
{
    worker *w = arg;
    w->ok = TfLiteInterpreterAllocateTensors(w->p) == kTfLiteOk;
    for (int run = 0; w->ok && run < 50; run++) {
        float *x = TfLiteTensorData(TfLiteInterpreterGetInputTensor(w->p, 0));
        for (int i = 0; i < 8 * 8 * 3; i++)
            x[i] = w->value;
        w->ok = TfLiteInterpreterInvoke(w->p) == kTfLiteOk;
        const float *y = TfLiteTensorData(TfLiteInterpreterGetOutputTensor(w->p, 0));
        for (int i = 0; i < 8 * 8 * 3; i++)
            w->ok = w->ok && y[i] == 3 * w->value;
    }
    return NULL;
}

static void several_interpreters(void **state)
{
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("add.tflite"));
    worker workers[4];
    pthread_t threads[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        workers[i] = (worker){TfLiteInterpreterCreate(model, NULL), (float)i + 1, false};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    TfLiteModelDelete(model);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(workers[i].ok);
        TfLiteInterpreterDelete(workers[i].p);
    }
}

int run_interpreter_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs),
        cmocka_unit_test(wrong_indices),
        cmocka_unit_test(nothing),
        cmocka_unit_test(invoke_needs_memory),
        cmocka_unit_test(resizes),
        cmocka_unit_test(dynamic_shapes),
        cmocka_unit_test(variables),
        cmocka_unit_test(memory_of_the_caller),
        cmocka_unit_test(several_interpreters),
    };
    return cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
}
