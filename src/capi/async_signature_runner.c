/* SPDX-License-Identifier: Apache-2.0 */
/* async_signature_runner.c: asynchronous runs are not supported.  No runner can be had, and so no
 * task either; what is called without one fails. */
#include "tensorflow/lite/core/async/c/async_signature_runner.h"

#include "capi/capi.h"
#include "tensorflow/lite/core/async/c/task.h"

TfLiteAsyncSignatureRunner *TfLiteInterpreterGetAsyncSignatureRunner(
    const TfLiteInterpreter *interpreter, const char *signature_key)
{
    if (interpreter)
        (void)ln_capi_error(interpreter,
                            "signature \"%s\" cannot run asynchronously: this is not supported",
                            signature_key ? signature_key : "(of the main graph)");
    return NULL;
}

TfLiteStatus TfLiteAsyncSignatureRunnerRegisterBuffer(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type,
    const TfLiteBackendBuffer *buffer, const TfLiteAttributeMap *attrs, TfLiteBufferHandle *handle)
{
    (void)async_signature_runner;
    (void)io_type;
    (void)buffer;
    (void)attrs;
    (void)handle;
    return kTfLiteError;
}

TfLiteStatus TfLiteAsyncSignatureRunnerRegisterBufferSlice(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteBufferHandle buffer_pool,
    const TfLiteAttributeMap *attrs, TfLiteBufferHandle *handle)
{
    (void)async_signature_runner;
    (void)buffer_pool;
    (void)attrs;
    (void)handle;
    return kTfLiteError;
}

TfLiteStatus TfLiteAsyncSignatureRunnerUnregisterBuffer(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteBufferHandle handle)
{
    (void)async_signature_runner;
    (void)handle;
    return kTfLiteError;
}

TfLiteStatus TfLiteAsyncSignatureRunnerGetSupportedBufferTypes(
    const TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type,
    const char *const **types, size_t *num_types)
{
    (void)async_signature_runner;
    (void)io_type;
    (void)types;
    (void)num_types;
    return kTfLiteError;
}

TfLiteStatus TfLiteAsyncSignatureRunnerGetSupportedSynchronizationTypes(
    const TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type,
    const char *const **types, size_t *num_types)
{
    (void)async_signature_runner;
    (void)io_type;
    (void)types;
    (void)num_types;
    return kTfLiteError;
}

bool TfLiteAsyncSignatureRunnerReconcileRestrictions(
    const TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type,
    const char *name, const TfLiteAttributeMap *user_provided_attributes,
    TfLiteAttributeMap *merged, TfLiteAttributeMap *conflict)
{
    (void)async_signature_runner;
    (void)io_type;
    (void)name;
    (void)user_provided_attributes;
    (void)merged;
    (void)conflict;
    return false;
}

bool TfLiteAsyncSignatureRunnerReconcileRestrictionsByIndex(
    const TfLiteAsyncSignatureRunner *async_signature_runner, int tensor_index,
    const TfLiteAttributeMap *user_provided_attributes, TfLiteAttributeMap *merged,
    TfLiteAttributeMap *conflict)
{
    (void)async_signature_runner;
    (void)tensor_index;
    (void)user_provided_attributes;
    (void)merged;
    (void)conflict;
    return false;
}

TfLiteStatus TfLiteAsyncSignatureRunnerSetAttributes(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type, const char *name,
    const TfLiteAttributeMap *attrs)
{
    (void)async_signature_runner;
    (void)io_type;
    (void)name;
    (void)attrs;
    return kTfLiteError;
}

TfLiteStatus TfLiteAsyncSignatureRunnerSetAttributesByIndex(
    TfLiteAsyncSignatureRunner *async_signature_runner, int tensor_index,
    const TfLiteAttributeMap *attrs)
{
    (void)async_signature_runner;
    (void)tensor_index;
    (void)attrs;
    return kTfLiteError;
}

TfLiteStatus TfLiteAsyncSignatureRunnerPrepareBackends(
    TfLiteAsyncSignatureRunner *async_signature_runner)
{
    (void)async_signature_runner;
    return kTfLiteError;
}

TfLiteExecutionTask *TfLiteAsyncSignatureRunnerCreateTask(
    TfLiteAsyncSignatureRunner *async_signature_runner)
{
    (void)async_signature_runner;
    return NULL;
}

TfLiteStatus TfLiteAsyncSignatureRunnerInvokeAsync(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteExecutionTask *task)
{
    (void)async_signature_runner;
    (void)task;
    return kTfLiteError;
}

TfLiteStatus TfLiteAsyncSignatureRunnerWait(TfLiteAsyncSignatureRunner *async_signature_runner,
                                            TfLiteExecutionTask *task)
{
    (void)async_signature_runner;
    (void)task;
    return kTfLiteError;
}

TfLiteStatus TfLiteAsyncSignatureRunnerFinish(TfLiteAsyncSignatureRunner *async_signature_runner,
                                              TfLiteExecutionTask *task)
{
    (void)async_signature_runner;
    (void)task;
    return kTfLiteError;
}

size_t TfLiteAsyncSignatureRunnerGetInputCount(
    const TfLiteAsyncSignatureRunner *async_signature_runner)
{
    (void)async_signature_runner;
    return 0;
}

const char *TfLiteAsyncSignatureRunnerGetInputName(
    const TfLiteAsyncSignatureRunner *async_signature_runner, int32_t input_index)
{
    (void)async_signature_runner;
    (void)input_index;
    return NULL;
}

size_t TfLiteAsyncSignatureRunnerGetOutputCount(
    const TfLiteAsyncSignatureRunner *async_signature_runner)
{
    (void)async_signature_runner;
    return 0;
}

const char *TfLiteAsyncSignatureRunnerGetOutputName(
    const TfLiteAsyncSignatureRunner *async_signature_runner, int32_t output_index)
{
    (void)async_signature_runner;
    (void)output_index;
    return NULL;
}

const TfLiteOpaqueTensor *TfLiteAsyncSignatureRunnerGetInputTensor(
    TfLiteAsyncSignatureRunner *async_signature_runner, const char *input_name)
{
    (void)async_signature_runner;
    (void)input_name;
    return NULL;
}

const TfLiteOpaqueTensor *TfLiteAsyncSignatureRunnerGetOutputTensor(
    const TfLiteAsyncSignatureRunner *async_signature_runner, const char *output_name)
{
    (void)async_signature_runner;
    (void)output_name;
    return NULL;
}

void TfLiteAsyncSignatureRunnerDelete(TfLiteAsyncSignatureRunner *signature_runner)
{
    (void)signature_runner;
}

const int *TfLiteAsyncSignatureRunnerInputTensorIndices(
    const TfLiteAsyncSignatureRunner *async_signature_runner)
{
    (void)async_signature_runner;
    return NULL;
}

const int *TfLiteAsyncSignatureRunnerOutputTensorIndices(
    const TfLiteAsyncSignatureRunner *async_signature_runner)
{
    (void)async_signature_runner;
    return NULL;
}

const TfLiteOpaqueTensor *TfLiteAsyncSignatureRunnerGetTensor(
    const TfLiteAsyncSignatureRunner *async_signature_runner, int index)
{
    (void)async_signature_runner;
    (void)index;
    return NULL;
}

TfLiteStatus TfLiteExecutionTaskSetBuffer(TfLiteExecutionTask *task, TfLiteIoType io_type,
                                          const char *tensor_signature_name,
                                          TfLiteBufferHandle handle)
{
    (void)task;
    (void)io_type;
    (void)tensor_signature_name;
    (void)handle;
    return kTfLiteError;
}

TfLiteStatus TfLiteExecutionTaskSetBufferByIndex(TfLiteExecutionTask *task, int tensor_index,
                                                 TfLiteBufferHandle handle)
{
    (void)task;
    (void)tensor_index;
    (void)handle;
    return kTfLiteError;
}

TfLiteBufferHandle TfLiteExecutionTaskGetBufferByName(const TfLiteExecutionTask *task,
                                                      TfLiteIoType io_type,
                                                      const char *tensor_signature_name)
{
    (void)task;
    (void)io_type;
    (void)tensor_signature_name;
    return kTfLiteNullBufferHandle;
}

TfLiteBufferHandle TfLiteExecutionTaskGetBufferByIndex(const TfLiteExecutionTask *task,
                                                       int tensor_index)
{
    (void)task;
    (void)tensor_index;
    return kTfLiteNullBufferHandle;
}

TfLiteStatus TfLiteExecutionTaskSetSync(TfLiteExecutionTask *task, TfLiteIoType io_type,
                                        const char *tensor_signature_name,
                                        TfLiteSynchronization *sync)
{
    (void)task;
    (void)io_type;
    (void)tensor_signature_name;
    (void)sync;
    return kTfLiteError;
}

TfLiteStatus TfLiteExecutionTaskSetSyncByIndex(TfLiteExecutionTask *task, int tensor_index,
                                               TfLiteSynchronization *sync)
{
    (void)task;
    (void)tensor_index;
    (void)sync;
    return kTfLiteError;
}

TfLiteSynchronization *TfLiteExecutionTaskGetSyncByName(const TfLiteExecutionTask *task,
                                                        TfLiteIoType io_type,
                                                        const char *tensor_signature_name)
{
    (void)task;
    (void)io_type;
    (void)tensor_signature_name;
    return NULL;
}

TfLiteSynchronization *TfLiteExecutionTaskGetSyncByIndex(const TfLiteExecutionTask *task,
                                                         int tensor_index)
{
    (void)task;
    (void)tensor_index;
    return NULL;
}

void *TfLiteExecutionTaskGetDelegateExecutionData(const TfLiteExecutionTask *task,
                                                  TfLiteAsyncKernel *kernel)
{
    (void)task;
    (void)kernel;
    return NULL;
}

void TfLiteExecutionTaskSetDelegateExecutionData(TfLiteExecutionTask *task,
                                                 TfLiteAsyncKernel *kernel, void *data)
{
    (void)task;
    (void)kernel;
    (void)data;
}

TfLiteStatus TfLiteExecutionTaskGetStatus(const TfLiteExecutionTask *task)
{
    (void)task;
    return kTfLiteError;
}

void TfLiteExecutionTaskSetStatus(TfLiteExecutionTask *task, TfLiteStatus status)
{
    (void)task;
    (void)status;
}
