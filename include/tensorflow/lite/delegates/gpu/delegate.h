/* SPDX-License-Identifier: Apache-2.0 */
/* delegate.h: the GPU delegate, which this library lacks.  The functions are there for programs
 * that look all of them up before they decide: none is made, which is also what programs hear where
 * a GPU is missing, and they go on with the CPU.  Functions may be called from any thread. */
#ifndef TENSORFLOW_LITE_DELEGATES_GPU_DELEGATE_H_
#define TENSORFLOW_LITE_DELEGATES_GPU_DELEGATE_H_

#include "tensorflow/lite/delegates/gpu/delegate_options.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Both return NULL: there is no such delegate. */
TFL_CAPI_EXPORT TfLiteDelegate *
TfLiteGpuDelegateV2Create(const TfLiteGpuDelegateOptionsV2 *options);
TFL_CAPI_EXPORT TfLiteDelegate *
TfLiteGpuDelegateV2CreateAsync(const TfLiteGpuDelegateOptionsV2 *options);
/* Does nothing. */
TFL_CAPI_EXPORT void TfLiteGpuDelegateV2Delete(TfLiteDelegate *delegate);

#ifdef __cplusplus
}
#endif

#endif
