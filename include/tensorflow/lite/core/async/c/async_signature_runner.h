/* SPDX-License-Identifier: Apache-2.0 */
/* async_signature_runner.h: running a signature that one delegate covers whole, without waiting
 * and with buffers and fences of the platform.
 *
 * Order of calls: register buffers; agree on attributes (Reconcile..., SetAttributes,
 * PrepareBackends); then for each run CreateTask, InvokeAsync, Wait, and in the end Finish.  Only
 * Wait may be called from several threads at once. */
#ifndef TENSORFLOW_LITE_CORE_ASYNC_C_ASYNC_SIGNATURE_RUNNER_H_
#define TENSORFLOW_LITE_CORE_ASYNC_C_ASYNC_SIGNATURE_RUNNER_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/core/c/c_api.h"
#include "tensorflow/lite/core/c/common.h"
#include "tensorflow/lite/core/async/c/types.h"
#include "tensorflow/lite/core/async/interop/c/attribute_map.h"
#include "tensorflow/lite/core/async/interop/c/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A signature that runs asynchronously. */
typedef struct TfLiteAsyncSignatureRunner TfLiteAsyncSignatureRunner;

/* Makes a runner; the caller deletes it before the interpreter.  NULL when there is no such key, or
 * no delegate runs the signature asynchronously. */
TFL_CAPI_EXPORT TfLiteAsyncSignatureRunner *TfLiteInterpreterGetAsyncSignatureRunner(
    const TfLiteInterpreter *interpreter, const char *signature_key);

/* Makes a buffer known to the delegate and gives its handle. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerRegisterBuffer(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type,
    const TfLiteBackendBuffer *buffer, const TfLiteAttributeMap *attrs, TfLiteBufferHandle *handle);

/* Makes a part of a registered buffer known and gives its handle; `attrs` say which part. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerRegisterBufferSlice(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteBufferHandle buffer_pool,
    const TfLiteAttributeMap *attrs, TfLiteBufferHandle *handle);

/* Forgets a buffer or a part; parts first.  kTfLiteError when there is no such handle. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerUnregisterBuffer(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteBufferHandle handle);

/* Gives the kinds of buffer that the delegate takes; owned by the runner. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerGetSupportedBufferTypes(
    const TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type,
    const char *const **types, size_t *num_types);

/* Gives the kinds of fence that the delegate takes; owned by the runner. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerGetSupportedSynchronizationTypes(
    const TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type,
    const char *const **types, size_t *num_types);

/* Joins the wishes of the caller and of the delegate for an input or output in `merged`.  False
 * when they conflict; the conflicts are put into `conflict` if it is not NULL. */
TFL_CAPI_EXPORT bool TfLiteAsyncSignatureRunnerReconcileRestrictions(
    const TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type,
    const char *name, const TfLiteAttributeMap *user_provided_attributes,
    TfLiteAttributeMap *merged, TfLiteAttributeMap *conflict);

/* The same by tensor index. */
TFL_CAPI_EXPORT bool TfLiteAsyncSignatureRunnerReconcileRestrictionsByIndex(
    const TfLiteAsyncSignatureRunner *async_signature_runner, int tensor_index,
    const TfLiteAttributeMap *user_provided_attributes, TfLiteAttributeMap *merged,
    TfLiteAttributeMap *conflict);

/* Fixes the attributes of an input or output; `attrs` are copied.  Call PrepareBackends next. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerSetAttributes(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteIoType io_type, const char *name,
    const TfLiteAttributeMap *attrs);

/* The same by tensor index. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerSetAttributesByIndex(
    TfLiteAsyncSignatureRunner *async_signature_runner, int tensor_index,
    const TfLiteAttributeMap *attrs);

/* Prepares the delegate for the attributes that were set. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerPrepareBackends(
    TfLiteAsyncSignatureRunner *async_signature_runner);

/* Makes a task with all memory that a run needs; the caller ends it with Finish.  NULL on failure
 * and before PrepareBackends. */
TFL_CAPI_EXPORT TfLiteExecutionTask *TfLiteAsyncSignatureRunnerCreateTask(
    TfLiteAsyncSignatureRunner *async_signature_runner);

/* Starts a run and returns at once.  Pair it with Wait. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerInvokeAsync(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteExecutionTask *task);

/* Waits for the end of the run and returns its status; without a run, the last one. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerWait(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteExecutionTask *task);

/* Waits for a run that is going on, then frees the task, on failure too. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteAsyncSignatureRunnerFinish(
    TfLiteAsyncSignatureRunner *async_signature_runner, TfLiteExecutionTask *task);

/* Returns the number of inputs. */
TFL_CAPI_EXPORT size_t TfLiteAsyncSignatureRunnerGetInputCount(
    const TfLiteAsyncSignatureRunner *async_signature_runner);

/* Returns the name of an input, NULL when there is none; owned by the runner. */
TFL_CAPI_EXPORT const char *TfLiteAsyncSignatureRunnerGetInputName(
    const TfLiteAsyncSignatureRunner *async_signature_runner, int32_t input_index);

/* Returns the number of outputs. */
TFL_CAPI_EXPORT size_t TfLiteAsyncSignatureRunnerGetOutputCount(
    const TfLiteAsyncSignatureRunner *async_signature_runner);

/* Returns the name of an output, NULL when there is none; owned by the runner. */
TFL_CAPI_EXPORT const char *TfLiteAsyncSignatureRunnerGetOutputName(
    const TfLiteAsyncSignatureRunner *async_signature_runner, int32_t output_index);

/* Returns an input by name, for type and shape only; NULL when there is none. */
TFL_CAPI_EXPORT const TfLiteOpaqueTensor *TfLiteAsyncSignatureRunnerGetInputTensor(
    TfLiteAsyncSignatureRunner *async_signature_runner, const char *input_name);

/* Returns an output by name, for type and shape only; NULL when there is none. */
TFL_CAPI_EXPORT const TfLiteOpaqueTensor *TfLiteAsyncSignatureRunnerGetOutputTensor(
    const TfLiteAsyncSignatureRunner *async_signature_runner, const char *output_name);

/* Deletes a runner; NULL is fine. */
TFL_CAPI_EXPORT void TfLiteAsyncSignatureRunnerDelete(TfLiteAsyncSignatureRunner *signature_runner);

/* Returns the tensor indices of the inputs, as many as there are; owned by the runner. */
TFL_CAPI_EXPORT const int *TfLiteAsyncSignatureRunnerInputTensorIndices(
    const TfLiteAsyncSignatureRunner *async_signature_runner);

/* Returns the tensor indices of the outputs, as many as there are; owned by the runner. */
TFL_CAPI_EXPORT const int *TfLiteAsyncSignatureRunnerOutputTensorIndices(
    const TfLiteAsyncSignatureRunner *async_signature_runner);

/* Returns a tensor by index, for type and shape only; NULL when there is none. */
TFL_CAPI_EXPORT const TfLiteOpaqueTensor *TfLiteAsyncSignatureRunnerGetTensor(
    const TfLiteAsyncSignatureRunner *async_signature_runner, int index);

#ifdef __cplusplus
}
#endif

#endif
