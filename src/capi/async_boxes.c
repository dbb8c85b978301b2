/* SPDX-License-Identifier: Apache-2.0 */
/* async_boxes.c: boxes for buffers and fences of the platform, and the asynchronous kernel of a
 * delegate: a record of its functions. */
#include "base/alloc.h"
#include "tensorflow/lite/core/async/c/async_kernel.h"
#include "tensorflow/lite/core/async/interop/c/constants.h"
#include "tensorflow/lite/core/async/interop/c/types.h"

static const ln_alloc *const heap = &ln_alloc_default;

const char kTfLiteSyncTypeNoSyncObj[] = "no_sync_obj";

/* ---- boxes ---- */

#define BOX(Name, arg)                        \
    struct Name {                             \
        void *ptr;                            \
    };                                        \
    Name *Name##Create(void)                  \
    {                                         \
        return ln_new(heap, 1, sizeof(Name)); \
    }                                         \
    void Name##Delete(Name *arg)              \
    {                                         \
        ln_free(heap, arg);                   \
    }                                         \
    void Name##SetPtr(Name *arg, void *ptr)   \
    {                                         \
        if (arg)                              \
            arg->ptr = ptr;                   \
    }                                         \
    void *Name##GetPtr(const Name *arg)       \
    {                                         \
        return arg ? arg->ptr : NULL;         \
    }
BOX(TfLiteBackendBuffer, buf)
BOX(TfLiteSynchronization, sync)

/* ---- kernels ---- */

/* X(Setter, field, result, (arguments)) */
#define FUNCTIONS(X)                                                                               \
    X(RegisterBuffer, register_buffer, TfLiteStatus,                                               \
      (TfLiteAsyncKernel *, TfLiteOpaqueContext *, TfLiteIoType, const TfLiteBackendBuffer *,      \
       const TfLiteAttributeMap *, TfLiteBufferHandle))                                            \
    X(RegisterBufferSlice, register_buffer_slice, TfLiteStatus,                                    \
      (TfLiteAsyncKernel *, TfLiteOpaqueContext *, TfLiteBufferHandle, const TfLiteAttributeMap *, \
       TfLiteBufferHandle))                                                                        \
    X(UnregisterBuffer, unregister_buffer, TfLiteStatus,                                           \
      (TfLiteAsyncKernel *, TfLiteOpaqueContext *, TfLiteBufferHandle))                            \
    X(SupportedBufferTypes, supported_buffer_types, void,                                          \
      (const TfLiteAsyncKernel *, TfLiteIoType, const char *const **, size_t *))                   \
    X(SupportedSynchronizations, supported_synchronizations, void,                                 \
      (const TfLiteAsyncKernel *, TfLiteIoType, const char *const **, size_t *))                   \
    X(ReconcileRestrictions, reconcile_restrictions, bool,                                         \
      (const TfLiteAsyncKernel *, const TfLiteOpaqueContext *, const TfLiteOpaqueNode *, int,      \
       const TfLiteAttributeMap *, TfLiteAttributeMap *, TfLiteAttributeMap *))                    \
    X(SetAttributes, set_attributes, TfLiteStatus,                                                 \
      (TfLiteAsyncKernel *, TfLiteOpaqueContext *, TfLiteOpaqueNode *, int,                        \
       const TfLiteAttributeMap *))                                                                \
    X(SetBufferAttributes, set_buffer_attributes, TfLiteStatus,                                    \
      (TfLiteAsyncKernel *, const TfLiteBackendBuffer *, const TfLiteAttributeMap *))              \
    X(GetBufferAttributes, get_buffer_attributes, TfLiteStatus,                                    \
      (TfLiteAsyncKernel *, const TfLiteBackendBuffer *, TfLiteAttributeMap *))                    \
    X(Prepare, prepare, TfLiteStatus,                                                              \
      (TfLiteAsyncKernel *, TfLiteOpaqueContext *, TfLiteOpaqueNode *))                            \
    X(Eval, eval, TfLiteStatus,                                                                    \
      (TfLiteAsyncKernel *, TfLiteOpaqueContext *, TfLiteOpaqueNode *, TfLiteExecutionTask *))     \
    X(Wait, wait, TfLiteStatus,                                                                    \
      (TfLiteAsyncKernel *, TfLiteOpaqueContext *, TfLiteExecutionTask *))                         \
    X(Finish, finish, TfLiteStatus,                                                                \
      (TfLiteAsyncKernel *, TfLiteOpaqueContext *, TfLiteExecutionTask *))

struct TfLiteAsyncKernel {
    void *data;
#define MEMBER(Name, field, result, args) result(*field) args;
    FUNCTIONS(MEMBER)
};

#define SETTER(Name, field, result, args)                                                 \
    void TfLiteAsyncKernelSet##Name(TfLiteAsyncKernel *async_kernel, result(*field) args) \
    {                                                                                     \
        if (async_kernel)                                                                 \
            async_kernel->field = field;                                                  \
    }
FUNCTIONS(SETTER)

TfLiteAsyncKernel *TfLiteAsyncKernelCreate(void *kernel_data)
{
    TfLiteAsyncKernel *kernel = ln_new(heap, 1, sizeof *kernel);
    if (kernel)
        kernel->data = kernel_data;
    return kernel;
}

void *TfLiteAsyncKernelGetKernelData(const TfLiteAsyncKernel *async_kernel)
{
    return async_kernel ? async_kernel->data : NULL;
}

void TfLiteAsyncKernelDelete(TfLiteAsyncKernel *kernel)
{
    ln_free(heap, kernel);
}
