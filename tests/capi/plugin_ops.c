/* SPDX-License-Identifier: Apache-2.0 */
/* plugin_ops.c: a custom operator in a shared object of its own, written against the opaque
 * interface under its former names (TensorFlow Lite 2.16). */
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_opaque.h"

TFL_CAPI_EXPORT TfLiteRegistrationExternal *plugin_create_cube(void);
TFL_CAPI_EXPORT void plugin_register_cube(TfLiteInterpreterOptions *options);

static TfLiteStatus prepare(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    TfLiteIntArray *dims = TfLiteIntArrayCreate(TfLiteOpaqueTensorNumDims(x));
    if (!dims)
        return kTfLiteError;
    for (int i = 0; i < dims->size; i++)
        dims->data[i] = TfLiteOpaqueTensorDim(x, i);
    return TfLiteOpaqueContextResizeTensor(context, TfLiteOpaqueNodeGetOutput(context, node, 0),
                                           dims);
}

static TfLiteStatus invoke(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    TfLiteOpaqueTensor *y = TfLiteOpaqueNodeGetOutput(context, node, 0);
    const float *from = TfLiteOpaqueTensorData(x);
    float *to = TfLiteOpaqueTensorData(y);
    for (size_t i = 0; i < TfLiteOpaqueTensorByteSize(x) / sizeof *to; i++)
        to[i] = from[i] * from[i] * from[i];
    return kTfLiteOk;
}

TfLiteRegistrationExternal *plugin_create_cube(void)
{
    TfLiteRegistrationExternal *op =
        TfLiteRegistrationExternalCreate(kTfLiteBuiltinCustom, "Cube", 1);
    TfLiteRegistrationExternalSetPrepare(op, prepare);
    TfLiteRegistrationExternalSetInvoke(op, invoke);
    return op;
}

/* The same for Python's InterpreterWithCustomOps, which finds it by its name. */
void plugin_register_cube(TfLiteInterpreterOptions *options)
{
    TfLiteInterpreterOptionsAddOperator(options, plugin_create_cube());
}
