/* SPDX-License-Identifier: Apache-2.0 */
/* xnnpack_delegate.h: TensorFlow Lite's name for its fast CPU code.  Here it stands for the CPU
 * engine of this library, which interpreters use by default; a program needs this delegate only
 * to set options of its own.
 *
 * Delegates and caches may be shared by interpreters, each of which uses one thread at a time. */
#ifndef TENSORFLOW_LITE_DELEGATES_XNNPACK_XNNPACK_DELEGATE_H_
#define TENSORFLOW_LITE_DELEGATES_XNNPACK_XNNPACK_DELEGATE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bits of TfLiteXNNPackDelegateOptions.flags. */

/* Take operators on int8. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_QS8 0x00000001
/* Take operators on uint8. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_QU8 0x00000002
/* Compute float32 operators in float16. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16 0x00000004
/* Take FULLY_CONNECTED whose weights are not constant. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_DYNAMIC_FULLY_CONNECTED 0x00000008
/* Take VAR_HANDLE, READ_VARIABLE and ASSIGN_VARIABLE. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_VARIABLE_OPERATORS 0x00000010
/* Compute index tables anew in each run instead of keeping them. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_TRANSIENT_INDIRECTION_BUFFER 0x00000020
/* Take operators that are new. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_ENABLE_LATEST_OPERATORS 0x00000040
/* Allow dynamic tensors and cheap resizing of inputs. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_ENABLE_SUBGRAPH_RESHAPING 0x00000080
/* Give the same results on all CPUs, at the price of speed. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_SLOW_CONSISTENT_ARITHMETIC 0x00000200
/* Refuse dynamic tensors. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_DISABLE_SUBGRAPH_RESHAPING 0x00000400
/* Leave operators with float inputs and int8 weights to others. */
#define TFLITE_XNNPACK_DELEGATE_FLAG_DISABLE_DYNAMICALLY_QUANTIZED_OPS 0x00000800

/* Packed weights that delegates share. */
struct TfLiteXNNPackDelegateWeightsCache;

/* Options; begin with TfLiteXNNPackDelegateOptionsDefault.  The layout is that of TensorFlow Lite
 * 2.17 to 2.19, which is never larger than what a later program has room for. */
typedef struct TfLiteXNNPackDelegateOptions {
    /* Threads of the delegate's own pool; 0, 1 or less: none, the caller's thread only. */
    int32_t num_threads;
    /* TFLITE_XNNPACK_DELEGATE_FLAG_ bits. */
    uint32_t flags;
    /* Cache of packed weights, or NULL.  Stays the caller's; must outlive the delegate. */
    struct TfLiteXNNPackDelegateWeightsCache *weights_cache;
    /* Old form of TFLITE_XNNPACK_DELEGATE_FLAG_VARIABLE_OPERATORS. */
    bool handle_variable_ops;
    /* File that keeps packed weights between processes, or NULL.  Not used when `weights_cache`
     * is set. */
    const char *weight_cache_file_path;
} TfLiteXNNPackDelegateOptions;

/* Returns true where TfLiteXNNPackDelegateInMemoryFilePath works. */
TFL_CAPI_EXPORT bool TfLiteXNNPackDelegateCanUseInMemoryWeightCacheProvider(void);

/* Returns the path that means "keep the cache in memory only"; static. */
TFL_CAPI_EXPORT const char *TfLiteXNNPackDelegateInMemoryFilePath(void);

/* Returns the default options. */
TFL_CAPI_EXPORT TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault(void);

/* Makes a delegate; `options` may be NULL and is copied.  The caller deletes it after the
 * interpreters that use it.  NULL on failure. */
TFL_CAPI_EXPORT TfLiteDelegate *TfLiteXNNPackDelegateCreate(
    const TfLiteXNNPackDelegateOptions *options);

/* TfLiteXNNPackDelegateCreate that uses the thread pool of `context` where it has one. */
TFL_CAPI_EXPORT TfLiteDelegate *TfLiteXNNPackDelegateCreateWithThreadpool(
    const TfLiteXNNPackDelegateOptions *options, TfLiteContext *context);

/* Returns the delegate's thread pool as an opaque pointer; NULL when it has none. */
TFL_CAPI_EXPORT void *TfLiteXNNPackDelegateGetThreadPool(TfLiteDelegate *delegate);

/* Returns the delegate's options, which belong to it; NULL when `delegate` is NULL. */
TFL_CAPI_EXPORT const TfLiteXNNPackDelegateOptions *TfLiteXNNPackDelegateGetOptions(
    TfLiteDelegate *delegate);

/* Returns the delegate's flags. */
TFL_CAPI_EXPORT int TfLiteXNNPackDelegateGetFlags(TfLiteDelegate *delegate);

/* Deletes a delegate; NULL is fine. */
TFL_CAPI_EXPORT void TfLiteXNNPackDelegateDelete(TfLiteDelegate *delegate);

/* Makes an empty cache; the caller deletes it after the delegates.  NULL when memory is out. */
TFL_CAPI_EXPORT struct TfLiteXNNPackDelegateWeightsCache *TfLiteXNNPackDelegateWeightsCacheCreate(
    void);

/* Makes an empty cache with room for `size` bytes. */
TFL_CAPI_EXPORT struct TfLiteXNNPackDelegateWeightsCache *
TfLiteXNNPackDelegateWeightsCacheCreateWithSize(size_t size);

/* Closes a cache to new weights; later delegates may still find those it has.  False on failure. */
TFL_CAPI_EXPORT bool TfLiteXNNPackDelegateWeightsCacheFinalizeSoft(
    struct TfLiteXNNPackDelegateWeightsCache *cache);

/* Closes a cache altogether and gives spare memory back; no delegate may be made with it any more.
 * False on failure. */
TFL_CAPI_EXPORT bool TfLiteXNNPackDelegateWeightsCacheFinalizeHard(
    struct TfLiteXNNPackDelegateWeightsCache *cache);

/* Deletes a cache; NULL is fine. */
TFL_CAPI_EXPORT void TfLiteXNNPackDelegateWeightsCacheDelete(
    struct TfLiteXNNPackDelegateWeightsCache *cache);

#ifdef __cplusplus
}
#endif

#endif
