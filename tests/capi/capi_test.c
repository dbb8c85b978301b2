/* SPDX-License-Identifier: Apache-2.0 */
/* capi_test.c: runs all tests of the C API; see capi_test.h. */
#include "capi/capi_test.h"

#include <stdio.h>

void messages_report(void *user, const char *format, va_list args)
{
    messages *m = user;
    m->count++;
    vsnprintf(m->last, sizeof m->last, format, args);
}

const char *model_path(const char *name)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", LINNET_TEST_MODELS, name);
    return path;
}

opened open_with(const char *name, TfLiteInterpreterOptions *options)
{
    opened o;
    o.model = TfLiteModelCreateFromFile(model_path(name));
    assert_non_null(o.model);
    o.interpreter = TfLiteInterpreterCreate(o.model, options);
    assert_non_null(o.interpreter);
    assert_int_equal(TfLiteInterpreterAllocateTensors(o.interpreter), kTfLiteOk);
    return o;
}

opened open_consuming(const char *name, TfLiteInterpreterOptions *options)
{
    const opened o = open_with(name, options);
    TfLiteInterpreterOptionsDelete(options);
    return o;
}

void close_opened(opened *o)
{
    TfLiteInterpreterDelete(o->interpreter);
    TfLiteModelDelete(o->model);
    memset(o, 0, sizeof *o);
}

float *input_floats(const opened *o, int i)
{
    return TfLiteTensorData(TfLiteInterpreterGetInputTensor(o->interpreter, i));
}

const float *output_floats(const opened *o, int i)
{
    return TfLiteTensorData(TfLiteInterpreterGetOutputTensor(o->interpreter, i));
}

void check_cubes_consuming(TfLiteInterpreterOptions *options)
{
    opened o = open_consuming("custom.tflite", options);
    for (int i = 0; i < 4; i++)
        input_floats(&o, 0)[i] = (float)i;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    for (int i = 0; i < 4; i++)
        assert_true(output_floats(&o, 0)[i] == 2 * (float)(i * i * i));
    close_opened(&o);
}

int main(void)
{
    return run_model_tests() + run_interpreter_tests() + run_option_tests() + run_operator_tests() +
           run_delegate_tests() + run_signature_tests() + run_async_tests() + run_engine_tests() +
           run_subgraph_tests();
}
