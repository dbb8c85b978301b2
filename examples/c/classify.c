/* SPDX-License-Identifier: Apache-2.0 */
/* classify.c: the shortest useful program: loads a model, runs it on zeros (or on raw floats from
 * a file) and prints the largest output.
 *
 *     classify MODEL.tflite [INPUT.bin] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/c/c_api.h"

static void report(void *user, const char *format, va_list args)
{
    (void)user;
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

/* Fills an input from a file, with zeros where there is none. */
static int fill(TfLiteTensor *input, const char *path)
{
    const size_t size = TfLiteTensorByteSize(input);
    memset(TfLiteTensorData(input), 0, size);
    if (!path)
        return 1;
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    const size_t n = fread(TfLiteTensorData(input), 1, size, f);
    fclose(f);
    return n == size;
}

static void print_largest(const TfLiteTensor *output)
{
    const size_t n = TfLiteTensorByteSize(output) / sizeof(float);
    const float *y = TfLiteTensorData(output);
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (y[i] > y[best])
            best = i;
    printf("%s: %zu of %zu, %g\n", TfLiteTensorName(output), best, n, n ? (double)y[best] : 0);
}

int main(int argc, char **argv)
{
    int code = EXIT_FAILURE;
    if (argc < 2) {
        fprintf(stderr, "usage: classify MODEL.tflite [INPUT.bin]\n");
        return 2;
    }
    TfLiteModel *model = TfLiteModelCreateFromFileWithErrorReporter(argv[1], report, NULL);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetNumThreads(options, 2);
    TfLiteInterpreterOptionsSetErrorReporter(options, report, NULL);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);

    if (!interpreter || TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk)
        goto done;
    TfLiteTensor *input = TfLiteInterpreterGetInputTensor(interpreter, 0);
    const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
    if (!fill(input, argc > 2 ? argv[2] : NULL)) {
        fprintf(stderr, "%s does not hold %zu bytes\n", argv[2], TfLiteTensorByteSize(input));
        goto done;
    }
    if (TfLiteInterpreterInvoke(interpreter) != kTfLiteOk)
        goto done;
    if (TfLiteTensorType(output) == kTfLiteFloat32)
        print_largest(output);
    else
        printf("%s: %zu bytes\n", TfLiteTensorName(output), TfLiteTensorByteSize(output));
    code = EXIT_SUCCESS;
done:
    TfLiteInterpreterDelete(interpreter);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
    return code;
}
