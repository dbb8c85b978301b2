/* SPDX-License-Identifier: Apache-2.0 */
/* nnapi_delegate_c_api.h: the delegate for Android's Neural Networks API, which this library does
 * not use: the delegate can be made and applied, and takes no node, as TensorFlow Lite's does where
 * the system has no such interface.  Functions may be called from any thread. */
#ifndef TENSORFLOW_LITE_DELEGATES_NNAPI_NNAPI_DELEGATE_C_API_H_
#define TENSORFLOW_LITE_DELEGATES_NNAPI_NNAPI_DELEGATE_C_API_H_

#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Options; begin with TfLiteNnapiDelegateOptionsDefault.  All of them are ignored. */
typedef struct TfLiteNnapiDelegateOptions {
    /* Power or speed; in C++ the names are those of the struct. */
    enum ExecutionPreference {
        kUndefined = -1,
        kLowPower = 0,
        kFastSingleAnswer = 1,
        kSustainedSpeed = 2,
    } execution_preference;
    /* Name of a device, or NULL for any. */
    const char *accelerator_name;
    /* Where compiled models are kept, and under which name; NULL: they are not. */
    const char *cache_dir;
    const char *model_token;
    /* Not on the interface's own CPU code (1). */
    int disallow_nnapi_cpu;
    /* float32 may be computed in float16 (0). */
    int allow_fp16;
    /* The most parts of the graph (3); 0 or less: any number. */
    int max_number_delegated_partitions;
    /* Another implementation of the interface, or NULL. */
    void *nnapi_support_library_handle;
} TfLiteNnapiDelegateOptions;

/* Returns the defaults. */
TFL_CAPI_EXPORT TfLiteNnapiDelegateOptions TfLiteNnapiDelegateOptionsDefault(void);

/* Makes the delegate, which must outlive the interpreters that have it; NULL when memory is out. */
TFL_CAPI_EXPORT TfLiteDelegate *TfLiteNnapiDelegateCreate(
    const TfLiteNnapiDelegateOptions *options);

/* Deletes the delegate; NULL is fine. */
TFL_CAPI_EXPORT void TfLiteNnapiDelegateDelete(TfLiteDelegate *delegate);

#ifdef __cplusplus
}
#endif

#endif
