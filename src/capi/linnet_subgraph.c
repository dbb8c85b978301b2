/* SPDX-License-Identifier: Apache-2.0 */
/* linnet_subgraph.c: linnet/subgraph.h: any graph of an interpreter. */
#include "linnet/subgraph.h"

#include "capi/capi.h"

TfLiteTensor *ln_tflite_subgraph_tensor(TfLiteInterpreter *interpreter, int graph, int tensor)
{
    return interpreter ? ln_interpreter_tensor(interpreter->it, graph, tensor) : NULL;
}

TfLiteStatus ln_tflite_subgraph_resize(TfLiteInterpreter *interpreter, int graph, int tensor,
                                       const int *dims, int n_dims, bool strict)
{
    if (!interpreter)
        return kTfLiteError;
    if (n_dims < 0 || (n_dims > 0 && !dims))
        return ln_capi_error(interpreter, "a shape of %d dimensions is not valid", n_dims);
    return ln_status_to_tflite(
        ln_interpreter_resize(interpreter->it, graph, tensor, n_dims, dims, strict));
}

TfLiteStatus ln_tflite_subgraph_allocate(TfLiteInterpreter *interpreter, int graph)
{
    return interpreter ? ln_capi_allocate(interpreter, graph) : kTfLiteError;
}

TfLiteStatus ln_tflite_subgraph_invoke(TfLiteInterpreter *interpreter, int graph)
{
    return interpreter ? ln_capi_invoke(interpreter, graph) : kTfLiteError;
}
