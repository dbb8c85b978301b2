/* SPDX-License-Identifier: Apache-2.0 */
/* c_api_experimental.c: variables, delegates and buffers of c_api_experimental.h; its options are
 * in interpreter_options.c. */
#include "tensorflow/lite/c/c_api_experimental.h"

#include "capi/capi.h"

TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter *interpreter)
{
    return interpreter ? ln_status_to_tflite(ln_interpreter_reset_variables(interpreter->it))
                       : kTfLiteError;
}

int32_t TfLiteInterpreterGetVariableTensorCount(const TfLiteInterpreter *interpreter)
{
    return interpreter ? ln_interpreter_variables(interpreter->it, 0)->size : 0;
}

TfLiteTensor *TfLiteInterpreterGetVariableTensor(const TfLiteInterpreter *interpreter,
                                                 int32_t variable_index)
{
    if (variable_index < 0 ||
        variable_index >= TfLiteInterpreterGetVariableTensorCount(interpreter))
        return NULL;
    const TfLiteIntArray *variables = ln_interpreter_variables(interpreter->it, 0);
    return ln_interpreter_tensor(interpreter->it, 0, variables->data[variable_index]);
}

TfLiteStatus TfLiteInterpreterModifyGraphWithDelegate(const TfLiteInterpreter *interpreter,
                                                      TfLiteDelegate *delegate)
{
    if (!interpreter || !delegate)
        return kTfLiteError;
    /* const in the interface only: the object was made by TfLiteInterpreterCreate */
    return ln_capi_delegate((TfLiteInterpreter *)(uintptr_t)interpreter, delegate);
}

TfLiteStatus TfLiteInterpreterSetCustomAllocationForTensor(TfLiteInterpreter *interpreter,
                                                           int tensor_index,
                                                           const TfLiteCustomAllocation *allocation,
                                                           int64_t flags)
{
    if (!interpreter || !allocation)
        return kTfLiteError;
    return ln_status_to_tflite(
        ln_interpreter_set_custom_allocation(interpreter->it, 0, tensor_index, allocation, flags));
}

/* Finds the graph and the index of a tensor. */
static bool locate(ln_interpreter *it, const TfLiteTensor *tensor, int *graph, int *index)
{
    for (int g = 0; g < ln_interpreter_graph_count(it); g++) {
        for (int i = 0; i < ln_interpreter_tensor_count(it, g); i++) {
            if (ln_interpreter_tensor(it, g, i) == tensor) {
                *graph = g;
                *index = i;
                return true;
            }
        }
    }
    return false;
}

TfLiteStatus TfLiteInterpreterSetBufferHandle(TfLiteInterpreter *interpreter, TfLiteTensor *tensor,
                                              TfLiteBufferHandle buffer_handle,
                                              TfLiteOpaqueDelegate *delegate)
{
    int graph = 0, index = 0;
    if (!interpreter || !tensor)
        return kTfLiteError;
    if (!locate(interpreter->it, tensor, &graph, &index))
        return ln_capi_error(interpreter, "the tensor for buffer %d is not of this interpreter",
                             buffer_handle);
    return ln_status_to_tflite(
        ln_interpreter_set_buffer_handle(interpreter->it, graph, index, buffer_handle, delegate));
}

TfLiteStatus TfLiteInterpreterGetBufferHandle(TfLiteInterpreter *interpreter, int tensor_index,
                                              TfLiteBufferHandle *buffer_handle,
                                              TfLiteOpaqueDelegate **delegate)
{
    if (!interpreter || !buffer_handle || !delegate)
        return kTfLiteError;
    return ln_status_to_tflite(
        ln_interpreter_buffer_handle(interpreter->it, 0, tensor_index, buffer_handle, delegate));
}

void TfLiteSetAllowBufferHandleOutput(const TfLiteInterpreter *interpreter,
                                      bool allow_buffer_handle_output)
{
    if (interpreter)
        ln_interpreter_allow_buffer_handle_output(interpreter->it, allow_buffer_handle_output);
}

TfLiteStatus TfLiteInterpreterEnsureTensorDataIsReadable(TfLiteInterpreter *interpreter,
                                                         int tensor_index)
{
    return interpreter
               ? ln_status_to_tflite(ln_interpreter_make_readable(interpreter->it, 0, tensor_index))
               : kTfLiteError;
}
