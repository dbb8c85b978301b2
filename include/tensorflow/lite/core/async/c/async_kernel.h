/* SPDX-License-Identifier: Apache-2.0 */
/* async_kernel.h: what a delegate implements so that its nodes run asynchronously.
 *
 * Create a kernel, set its functions, and return it from the function set by
 * TfLiteOperatorSetAsyncKernelWithData.  The runtime calls the functions in the order of the calls
 * in async_signature_runner.h; only wait may be called from several threads at once. */
#ifndef TENSORFLOW_LITE_CORE_ASYNC_C_ASYNC_KERNEL_H_
#define TENSORFLOW_LITE_CORE_ASYNC_C_ASYNC_KERNEL_H_

#include <stdbool.h>
#include <stddef.h>

#include "tensorflow/lite/core/c/common.h"
#include "tensorflow/lite/core/async/c/types.h"
#include "tensorflow/lite/core/async/interop/c/attribute_map.h"
#include "tensorflow/lite/core/async/interop/c/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes a kernel without functions; the caller deletes it.  `kernel_data` stays the caller's. */
TFL_CAPI_EXPORT TfLiteAsyncKernel *TfLiteAsyncKernelCreate(void *kernel_data);

/* Returns the `kernel_data`. */
TFL_CAPI_EXPORT void *TfLiteAsyncKernelGetKernelData(const TfLiteAsyncKernel *async_kernel);

/* Deletes a kernel, not its data; NULL is fine. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelDelete(TfLiteAsyncKernel *kernel);

/* Sets what learns of a buffer; the runtime chose `handle`.  Keep attributes, not the map. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetRegisterBuffer(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*register_buffer)(TfLiteAsyncKernel *async_kernel, TfLiteOpaqueContext *context,
                                    TfLiteIoType io_type, const TfLiteBackendBuffer *buffer,
                                    const TfLiteAttributeMap *attrs, TfLiteBufferHandle handle));

/* Sets what learns of a part of a buffer; it checks that the part lies inside. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetRegisterBufferSlice(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*register_buffer_slice)(TfLiteAsyncKernel *async_kernel,
                                          TfLiteOpaqueContext *context,
                                          TfLiteBufferHandle buffer_pool,
                                          const TfLiteAttributeMap *attrs,
                                          TfLiteBufferHandle handle));

/* Sets what forgets a buffer or a part; kTfLiteError for an unknown handle. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetUnregisterBuffer(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*unregister_buffer)(TfLiteAsyncKernel *async_kernel, TfLiteOpaqueContext *context,
                                      TfLiteBufferHandle handle));

/* Sets what tells the kinds of buffer that the kernel takes; the array stays the kernel's. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetSupportedBufferTypes(
    TfLiteAsyncKernel *async_kernel,
    void (*supported_buffer_types)(const TfLiteAsyncKernel *async_kernel, TfLiteIoType io_type,
                                   const char *const **types, size_t *n_types));

/* Sets what tells the kinds of fence that the kernel takes; the array stays the kernel's. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetSupportedSynchronizations(
    TfLiteAsyncKernel *async_kernel,
    void (*supported_synchronizations)(const TfLiteAsyncKernel *async_kernel, TfLiteIoType io_type,
                                       const char *const **types, size_t *n_types));

/* Sets what joins the caller's wishes for a tensor with the kernel's; false on a conflict. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetReconcileRestrictions(
    TfLiteAsyncKernel *async_kernel,
    bool (*reconcile_restrictions)(const TfLiteAsyncKernel *async_kernel,
                                   const TfLiteOpaqueContext *context, const TfLiteOpaqueNode *node,
                                   int tensor_index,
                                   const TfLiteAttributeMap *user_provided_attributes,
                                   TfLiteAttributeMap *merged, TfLiteAttributeMap *conflict));

/* Sets what fixes the attributes of a tensor; kTfLiteError when something is missing. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetSetAttributes(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*set_attributes)(TfLiteAsyncKernel *async_kernel, TfLiteOpaqueContext *context,
                                   TfLiteOpaqueNode *node, int tensor_index,
                                   const TfLiteAttributeMap *attrs));

/* Sets what stores attributes of a registered buffer. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetSetBufferAttributes(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*set_buffer_attributes)(TfLiteAsyncKernel *async_kernel,
                                          const TfLiteBackendBuffer *buffer,
                                          const TfLiteAttributeMap *attrs));

/* Sets what gives attributes of a registered buffer, replacing all in `attrs`. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetGetBufferAttributes(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*get_buffer_attributes)(TfLiteAsyncKernel *async_kernel,
                                          const TfLiteBackendBuffer *buffer,
                                          TfLiteAttributeMap *attrs));

/* Sets what prepares the kernel for the attributes that were set. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetPrepare(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*prepare)(TfLiteAsyncKernel *async_kernel, TfLiteOpaqueContext *context,
                            TfLiteOpaqueNode *node));

/* Sets what starts a run and returns at once; fences of inputs are then the kernel's to close. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetEval(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*eval)(TfLiteAsyncKernel *async_kernel, TfLiteOpaqueContext *context,
                         TfLiteOpaqueNode *node, TfLiteExecutionTask *task));

/* Sets what waits for a run; all waits for one run return the same. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetWait(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*wait)(TfLiteAsyncKernel *async_kernel, TfLiteOpaqueContext *context,
                         TfLiteExecutionTask *task));

/* Sets what frees all that belongs to a task, waiting first if need be; called once per task. */
TFL_CAPI_EXPORT void TfLiteAsyncKernelSetFinish(
    TfLiteAsyncKernel *async_kernel,
    TfLiteStatus (*finish)(TfLiteAsyncKernel *async_kernel, TfLiteOpaqueContext *context,
                           TfLiteExecutionTask *task));

#ifdef __cplusplus
}
#endif

#endif
