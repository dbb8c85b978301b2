/* SPDX-License-Identifier: Apache-2.0 */
/* operator_impl.h: what a TfLiteOperator is made of.  capi/ creates and fills it, the runtime
 * calls it; programs see only a pointer.  For each function there are two forms: the one with
 * user data wins. */
#ifndef LN_RUNTIME_OPERATOR_IMPL_H
#define LN_RUNTIME_OPERATOR_IMPL_H

#include "tensorflow/lite/c/common.h"

struct TfLiteOperator {
    int builtin_code; /* kTfLiteBuiltin* */
    const char *custom_name;
    int version;
    void *user_data;
    uint64_t inplace_operator;

    void *(*init)(TfLiteOpaqueContext *, const char *buffer, size_t length);
    void (*free)(TfLiteOpaqueContext *, void *data);
    TfLiteStatus (*prepare)(TfLiteOpaqueContext *, TfLiteOpaqueNode *);
    TfLiteStatus (*invoke)(TfLiteOpaqueContext *, TfLiteOpaqueNode *);
    struct TfLiteAsyncKernel *(*async_kernel)(TfLiteOpaqueContext *, TfLiteOpaqueNode *);

    void *(*init_with_data)(void *user, TfLiteOpaqueContext *, const char *buffer, size_t length);
    void (*free_with_data)(void *user, TfLiteOpaqueContext *, void *data);
    TfLiteStatus (*prepare_with_data)(void *user, TfLiteOpaqueContext *, TfLiteOpaqueNode *);
    TfLiteStatus (*invoke_with_data)(void *user, TfLiteOpaqueContext *, TfLiteOpaqueNode *);
    struct TfLiteAsyncKernel *(*async_kernel_with_data)(void *user, TfLiteOpaqueContext *,
                                                        TfLiteOpaqueNode *);
};

#endif
