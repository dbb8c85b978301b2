/* SPDX-License-Identifier: Apache-2.0 */
/* custom_op.c: brings an operator along for a model that uses "Cube" (y = x^3).  The operator is
 * written against c_api_opaque.h, so it keeps working with later versions of the library.
 *
 *     custom_op MODEL.tflite */
#include <stdio.h>
#include <stdlib.h>

#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_opaque.h"

static TfLiteStatus prepare(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    (void)user;
    TF_LITE_OPAQUE_ENSURE_EQ(context, TfLiteOpaqueNodeNumberOfInputs(node), 1);
    TF_LITE_OPAQUE_ENSURE_TYPES_EQ(context, TfLiteOpaqueTensorType(x), kTfLiteFloat32);
    TfLiteIntArray *dims = TfLiteIntArrayCreate(TfLiteOpaqueTensorNumDims(x));
    for (int i = 0; i < dims->size; i++)
        dims->data[i] = TfLiteOpaqueTensorDim(x, i);
    return TfLiteOpaqueContextResizeTensor(context, TfLiteOpaqueNodeGetOutput(context, node, 0),
                                           dims);
}

static TfLiteStatus invoke(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    const float *from = TfLiteOpaqueTensorData(x);
    float *to = TfLiteOpaqueTensorData(TfLiteOpaqueNodeGetOutput(context, node, 0));
    (void)user;
    for (size_t i = 0; i < TfLiteOpaqueTensorByteSize(x) / sizeof *to; i++)
        to[i] = from[i] * from[i] * from[i];
    return kTfLiteOk;
}

static int run(TfLiteInterpreter *interpreter)
{
    if (!interpreter || TfLiteInterpreterAllocateTensors(interpreter) != kTfLiteOk)
        return 0;
    TfLiteTensor *input = TfLiteInterpreterGetInputTensor(interpreter, 0);
    float *x = TfLiteTensorData(input);
    for (size_t i = 0; i < TfLiteTensorByteSize(input) / sizeof *x; i++)
        x[i] = (float)i;
    if (TfLiteInterpreterInvoke(interpreter) != kTfLiteOk)
        return 0;
    const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
    const float *y = TfLiteTensorData(output);
    for (size_t i = 0; i < TfLiteTensorByteSize(output) / sizeof *y; i++)
        printf("%g ", (double)y[i]);
    printf("\n");
    return 1;
}

int main(int argc, char **argv)
{
    TfLiteModel *model = argc == 2 ? TfLiteModelCreateFromFile(argv[1]) : NULL;
    TfLiteOperator *cube = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Cube", 1, NULL);
    TfLiteOperatorSetPrepareWithData(cube, prepare);
    TfLiteOperatorSetInvokeWithData(cube, invoke);

    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddOperator(options, cube);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
    TfLiteInterpreterOptionsDelete(options);
    const int ok = run(interpreter);

    TfLiteInterpreterDelete(interpreter);
    TfLiteOperatorDelete(cube); /* after the last interpreter that uses it */
    TfLiteModelDelete(model);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
