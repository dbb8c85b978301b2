/* SPDX-License-Identifier: Apache-2.0 */
/* signatures.c: lists the signatures of a model and runs each on ones.
 *
 *     signatures MODEL.tflite */
#include <stdio.h>
#include <stdlib.h>

#include "tensorflow/lite/c/c_api.h"

static void set_ones(TfLiteTensor *t)
{
    float *x = TfLiteTensorData(t);
    if (TfLiteTensorType(t) != kTfLiteFloat32)
        return;
    for (size_t i = 0; i < TfLiteTensorByteSize(t) / sizeof *x; i++)
        x[i] = 1;
}

static void print_values(const char *name, const TfLiteTensor *t)
{
    const float *x = TfLiteTensorData(t);
    printf("  %s:", name);
    for (size_t i = 0;
         TfLiteTensorType(t) == kTfLiteFloat32 && i < 8 && i < TfLiteTensorByteSize(t) / sizeof *x;
         i++)
        printf(" %g", (double)x[i]);
    printf("\n");
}

static TfLiteStatus run(TfLiteSignatureRunner *r)
{
    if (TfLiteSignatureRunnerAllocateTensors(r) != kTfLiteOk)
        return kTfLiteError;
    for (size_t i = 0; i < TfLiteSignatureRunnerGetInputCount(r); i++) {
        const char *name = TfLiteSignatureRunnerGetInputName(r, (int32_t)i);
        printf("  takes %s\n", name);
        set_ones(TfLiteSignatureRunnerGetInputTensor(r, name));
    }
    if (TfLiteSignatureRunnerInvoke(r) != kTfLiteOk)
        return kTfLiteError;
    for (size_t i = 0; i < TfLiteSignatureRunnerGetOutputCount(r); i++) {
        const char *name = TfLiteSignatureRunnerGetOutputName(r, (int32_t)i);
        print_values(name, TfLiteSignatureRunnerGetOutputTensor(r, name));
    }
    return kTfLiteOk;
}

int main(int argc, char **argv)
{
    TfLiteModel *model = argc == 2 ? TfLiteModelCreateFromFile(argv[1]) : NULL;
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, NULL);
    int code = interpreter ? EXIT_SUCCESS : EXIT_FAILURE;
    for (int32_t i = 0; i < TfLiteInterpreterGetSignatureCount(interpreter); i++) {
        const char *key = TfLiteInterpreterGetSignatureKey(interpreter, i);
        TfLiteSignatureRunner *r = TfLiteInterpreterGetSignatureRunner(interpreter, key);
        printf("%s\n", key);
        if (!r || run(r) != kTfLiteOk)
            code = EXIT_FAILURE;
        TfLiteSignatureRunnerDelete(r);
    }
    TfLiteInterpreterDelete(interpreter);
    TfLiteModelDelete(model);
    return code;
}
