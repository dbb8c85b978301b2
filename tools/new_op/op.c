/* SPDX-License-Identifier: Apache-2.0 */
/* @FILE@.c: the custom operator @NAME@, as a plug-in.  As it stands it doubles a float tensor; put
 * what it is to do into prepare (checks, shape and type of the result) and invoke (the values).
 *
 * `linnet run --custom-ops ./lib@FILE@.so MODEL` runs models with it.  A program does the same by
 * calling linnet_plugin_register with its TfLiteInterpreterOptions, or links this file in. */
#include <stddef.h>

#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_opaque.h"

/* Checks a node, and gives its result a shape.  A node's options (TensorFlow's and Linnet's
 * converters write the attributes as a FlexBuffer map) come to the function of
 * TfLiteOperatorSetInitWithData. */
static TfLiteStatus prepare(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    (void)user;
    if (TfLiteOpaqueNodeNumberOfInputs(node) != 1 || TfLiteOpaqueNodeNumberOfOutputs(node) != 1) {
        TfLiteOpaqueContextReportError(context, "@NAME@ has one input and one output");
        return kTfLiteError;
    }
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    TfLiteOpaqueTensor *y = TfLiteOpaqueNodeGetOutput(context, node, 0);
    if (TfLiteOpaqueTensorType(x) != kTfLiteFloat32 ||
        TfLiteOpaqueTensorType(y) != kTfLiteFloat32) {
        TfLiteOpaqueContextReportError(context, "@NAME@ takes float32");
        return kTfLiteError;
    }
    TfLiteIntArray *shape = TfLiteIntArrayCreate(TfLiteOpaqueTensorNumDims(x));
    for (int i = 0; shape && i < shape->size; i++)
        shape->data[i] = TfLiteOpaqueTensorDim(x, i);
    return shape ? TfLiteOpaqueContextResizeTensor(context, y, shape) : kTfLiteError;
}

static TfLiteStatus invoke(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    TfLiteOpaqueTensor *y = TfLiteOpaqueNodeGetOutput(context, node, 0);
    const float *from = TfLiteOpaqueTensorData(x);
    float *to = TfLiteOpaqueTensorData(y);
    (void)user;
    for (size_t i = 0; i < TfLiteOpaqueTensorByteSize(y) / sizeof *to; i++)
        to[i] = 2 * from[i];
    return kTfLiteOk;
}

TFL_CAPI_EXPORT void linnet_plugin_register(TfLiteInterpreterOptions *options);

void linnet_plugin_register(TfLiteInterpreterOptions *options)
{
    static TfLiteOperator *op; /* lives as long as the interpreters that use it */
    if (!op) {
        op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "@NAME@", 1, NULL);
        TfLiteOperatorSetPrepareWithData(op, prepare);
        TfLiteOperatorSetInvokeWithData(op, invoke);
    }
    TfLiteInterpreterOptionsAddOperator(options, op);
}
