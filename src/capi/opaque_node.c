/* SPDX-License-Identifier: Apache-2.0 */
/* opaque_node.c: nodes of c_api_opaque.h.  A TfLiteOpaqueNode is a TfLiteNode. */
#include <string.h>

#include "base/compiler.h"
#include "tensorflow/lite/c/c_api_opaque.h"

static const TfLiteNode *as_node(const TfLiteOpaqueNode *n)
{
    return (const TfLiteNode *)n;
}

static int size_of(const TfLiteIntArray *list)
{
    return list ? list->size : 0;
}

/* The tensor index at `i` of a list, -1 when there is none. */
static int index_at(const TfLiteIntArray *list, int i)
{
    return i >= 0 && i < size_of(list) ? list->data[i] : -1;
}

static TfLiteStatus give(const TfLiteIntArray *list, const int **items, int *n)
{
    if (!items || !n)
        return kTfLiteError;
    *items = list ? list->data : NULL;
    *n = size_of(list);
    return kTfLiteOk;
}

int TfLiteOpaqueNodeNumberOfInputs(const TfLiteOpaqueNode *opaque_node)
{
    return opaque_node ? size_of(as_node(opaque_node)->inputs) : 0;
}

int TfLiteOpaqueNodeNumberOfOutputs(const TfLiteOpaqueNode *opaque_node)
{
    return opaque_node ? size_of(as_node(opaque_node)->outputs) : 0;
}

int TfLiteOpaqueNodeGetInputTensorIndex(const TfLiteOpaqueNode *opaque_node, int index_of_input)
{
    return opaque_node ? index_at(as_node(opaque_node)->inputs, index_of_input) : -1;
}

int TfLiteOpaqueNodeGetOutputTensorIndex(const TfLiteOpaqueNode *opaque_node, int index_of_output)
{
    return opaque_node ? index_at(as_node(opaque_node)->outputs, index_of_output) : -1;
}

const TfLiteOpaqueTensor *TfLiteOpaqueNodeGetInput(const TfLiteOpaqueContext *opaque_context,
                                                   const TfLiteOpaqueNode *opaque_node, int index)
{
    return TfLiteOpaqueContextGetOpaqueTensor(
        opaque_context, TfLiteOpaqueNodeGetInputTensorIndex(opaque_node, index));
}

TfLiteOpaqueTensor *TfLiteOpaqueNodeGetOutput(TfLiteOpaqueContext *opaque_context,
                                              const TfLiteOpaqueNode *opaque_node, int index)
{
    return TfLiteOpaqueContextGetOpaqueTensor(
        opaque_context, TfLiteOpaqueNodeGetOutputTensorIndex(opaque_node, index));
}

void *TfLiteOpaqueNodeGetUserData(const TfLiteOpaqueNode *opaque_node)
{
    return opaque_node ? as_node(opaque_node)->user_data : NULL;
}

void *TfLiteOpaqueNodeGetBuiltinData(const TfLiteOpaqueNode *opaque_node)
{
    return opaque_node ? as_node(opaque_node)->builtin_data : NULL;
}

TfLiteStatus TfLiteOpaqueNodeGetCustomInitialData(const TfLiteOpaqueNode *opaque_node,
                                                  const void **init_data, int *size)
{
    if (!opaque_node || !init_data || !size)
        return kTfLiteError;
    *init_data = as_node(opaque_node)->custom_initial_data;
    *size = as_node(opaque_node)->custom_initial_data_size;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueNodeInputs(const TfLiteOpaqueNode *opaque_node, const int **inputs,
                                    int *num_inputs)
{
    return opaque_node ? give(as_node(opaque_node)->inputs, inputs, num_inputs) : kTfLiteError;
}

TfLiteStatus TfLiteOpaqueNodeOutputs(const TfLiteOpaqueNode *opaque_node, const int **outputs,
                                     int *num_outputs)
{
    return opaque_node ? give(as_node(opaque_node)->outputs, outputs, num_outputs) : kTfLiteError;
}

TfLiteStatus TfLiteOpaqueNodeTemporaries(const TfLiteOpaqueNode *opaque_node,
                                         const int **temporaries, int *num_temporaries)
{
    return opaque_node ? give(as_node(opaque_node)->temporaries, temporaries, num_temporaries)
                       : kTfLiteError;
}

TfLiteStatus TfLiteOpaqueNodeSetTemporaries(TfLiteOpaqueNode *opaque_node, const int *temporaries,
                                            int num_temporaries)
{
    TfLiteNode *n = (TfLiteNode *)opaque_node;
    if (!n || num_temporaries < 0 || (num_temporaries > 0 && !temporaries))
        return kTfLiteError;
    TfLiteIntArray *list = TfLiteIntArrayCreate(num_temporaries);
    if (!list)
        return kTfLiteError;
    if (num_temporaries > 0)
        memcpy(list->data, temporaries, (size_t)num_temporaries * sizeof *temporaries);
    TfLiteIntArrayFree(n->temporaries);
    n->temporaries = list;
    return kTfLiteOk;
}
