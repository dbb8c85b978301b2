/* SPDX-License-Identifier: Apache-2.0 */
/* test.c: runs test.tflite, a model of one @NAME@, and compares what it gives.
 *
 *     test MODEL */
#include <stdio.h>

#include "tensorflow/lite/c/c_api.h"

void linnet_plugin_register(TfLiteInterpreterOptions *options);

static int run(TfLiteInterpreter *interpreter)
{
    const float x[] = {0, 1, -2, 3.5f}, want[] = {0, 2, -4, 7};
    float y[4];
    if (TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk)
        return 1;
    TfLiteTensor *in = TfLiteInterpreterGetInputTensor(interpreter, 0);
    if (TfLiteTensorCopyFromBuffer(in, x, sizeof x) != kTfLiteOk ||
        TfLiteInterpreterInvoke(interpreter) != kTfLiteOk)
        return 1;
    const TfLiteTensor *out = TfLiteInterpreterGetOutputTensor(interpreter, 0);
    if (TfLiteTensorCopyToBuffer(out, y, sizeof y) != kTfLiteOk)
        return 1;
    for (int i = 0; i < 4; i++)
        if (y[i] != want[i]) {
            printf("item %d is %g, not %g\n", i, (double)y[i], (double)want[i]);
            return 1;
        }
    printf("@NAME@: ok\n");
    return 0;
}

int main(int argc, char **argv)
{
    TfLiteModel *model = argc > 1 ? TfLiteModelCreateFromFile(argv[1]) : NULL;
    if (!model)
        return 2;
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    linnet_plugin_register(options);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
    const int code = interpreter ? run(interpreter) : 2;
    TfLiteInterpreterDelete(interpreter);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
    return code;
}
