/* SPDX-License-Identifier: Apache-2.0 */
/* use_delegate.c: runs the model "add" with a delegate in a shared object (plugin_*.c of
 * tests/capi), by TfLiteExternalDelegateCreate.
 *
 *     use_delegate PLUGIN.so add.tflite */
#include <stdio.h>

#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/delegates/external/external_delegate.h"

static int passed, failed;

static void check(int right, const char *what)
{
    if (right) {
        passed++;
    } else {
        failed++;
        printf("wrong: %s\n", what);
    }
}

/* With the factor 0.5 the model gives x back: 0.5 * (x + 0.5 * (x + x)). */
static void run(const TfLiteModel *model, TfLiteDelegate *delegate)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddDelegate(options, delegate);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
    TfLiteInterpreterOptionsDelete(options);
    check(interpreter && TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk, "allocation");
    for (int rows = 1; interpreter && rows <= 2; rows++) {
        const int dims[] = {rows, 8, 8, 3};
        check(TfLiteInterpreterResizeInputTensor(interpreter, 0, dims, 4) == kTfLiteOk &&
                  TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk,
              "resizing");
        TfLiteTensor *x = TfLiteInterpreterGetInputTensor(interpreter, 0);
        const int n = rows * 8 * 8 * 3;
        for (int i = 0; i < n; i++)
            ((float *)TfLiteTensorData(x))[i] = (float)(i % 100);
        check(TfLiteInterpreterInvoke(interpreter) == kTfLiteOk, "run");
        const float *y = TfLiteTensorData(TfLiteInterpreterGetOutputTensor(interpreter, 0));
        int same = 0;
        for (int i = 0; i < n; i++)
            same += y[i] == (float)(i % 100);
        check(same == n, "values");
    }
    TfLiteInterpreterDelete(interpreter);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    TfLiteExternalDelegateOptions options = TfLiteExternalDelegateOptionsDefault(argv[1]);
    options.insert(&options, "factor", "0.5");
    TfLiteDelegate *delegate = TfLiteExternalDelegateCreate(&options);
    TfLiteModel *model = TfLiteModelCreateFromFile(argv[2]);
    check(delegate && model, "the delegate and the model");
    if (delegate && model)
        run(model, delegate);
    TfLiteModelDelete(model);
    TfLiteExternalDelegateDelete(delegate);
    options.insert(&options, "fail", "now");
    check(!TfLiteExternalDelegateCreate(&options), "a delegate that refuses");
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
