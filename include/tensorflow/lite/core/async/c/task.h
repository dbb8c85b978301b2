/* SPDX-License-Identifier: Apache-2.0 */
/* task.h: one asynchronous run: which buffer and which fence go with each input and output.  Made
 * and freed by async_signature_runner.h.  One thread at a time, except for the status. */
#ifndef TENSORFLOW_LITE_CORE_ASYNC_C_TASK_H_
#define TENSORFLOW_LITE_CORE_ASYNC_C_TASK_H_

#include "tensorflow/lite/core/c/common.h"
#include "tensorflow/lite/core/async/c/types.h"
#include "tensorflow/lite/core/async/interop/c/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets the buffer of an input or output; kTfLiteError when there is no such name. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteExecutionTaskSetBuffer(TfLiteExecutionTask *task,
                                                          TfLiteIoType io_type,
                                                          const char *tensor_signature_name,
                                                          TfLiteBufferHandle handle);

/* The same by tensor index, which is not checked. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteExecutionTaskSetBufferByIndex(TfLiteExecutionTask *task,
                                                                 int tensor_index,
                                                                 TfLiteBufferHandle handle);

/* Returns the buffer of an input or output; kTfLiteNullBufferHandle when there is none. */
TFL_CAPI_EXPORT TfLiteBufferHandle TfLiteExecutionTaskGetBufferByName(
    const TfLiteExecutionTask *task, TfLiteIoType io_type, const char *tensor_signature_name);

/* The same by tensor index. */
TFL_CAPI_EXPORT TfLiteBufferHandle TfLiteExecutionTaskGetBufferByIndex(
    const TfLiteExecutionTask *task, int tensor_index);

/* Sets the fence of an input (wait for it) or output (signal it); NULL: none is needed.  It stays
 * the caller's.  kTfLiteError when there is no such name. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteExecutionTaskSetSync(TfLiteExecutionTask *task,
                                                        TfLiteIoType io_type,
                                                        const char *tensor_signature_name,
                                                        TfLiteSynchronization *sync);

/* The same by tensor index, which is not checked. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteExecutionTaskSetSyncByIndex(TfLiteExecutionTask *task,
                                                               int tensor_index,
                                                               TfLiteSynchronization *sync);

/* Returns the fence of an input or output; NULL when there is none. */
TFL_CAPI_EXPORT TfLiteSynchronization *TfLiteExecutionTaskGetSyncByName(
    const TfLiteExecutionTask *task, TfLiteIoType io_type, const char *tensor_signature_name);

/* The same by tensor index. */
TFL_CAPI_EXPORT TfLiteSynchronization *TfLiteExecutionTaskGetSyncByIndex(
    const TfLiteExecutionTask *task, int tensor_index);

/* Returns what a kernel has stored with the task; NULL when nothing. */
TFL_CAPI_EXPORT void *TfLiteExecutionTaskGetDelegateExecutionData(const TfLiteExecutionTask *task,
                                                                   TfLiteAsyncKernel *kernel);

/* Stores something of a kernel with the task; it stays the kernel's. */
TFL_CAPI_EXPORT void TfLiteExecutionTaskSetDelegateExecutionData(TfLiteExecutionTask *task,
                                                                 TfLiteAsyncKernel *kernel,
                                                                 void *data);

/* Returns how the last run ended.  Any thread. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteExecutionTaskGetStatus(const TfLiteExecutionTask *task);

/* Sets how the run ended.  Any thread. */
TFL_CAPI_EXPORT void TfLiteExecutionTaskSetStatus(TfLiteExecutionTask *task, TfLiteStatus status);

#ifdef __cplusplus
}
#endif

#endif
