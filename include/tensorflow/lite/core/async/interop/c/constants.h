/* SPDX-License-Identifier: Apache-2.0 */
/* constants.h: names that the asynchronous interface agrees on. */
#ifndef TENSORFLOW_LITE_CORE_ASYNC_INTEROP_C_CONSTANTS_H_
#define TENSORFLOW_LITE_CORE_ASYNC_INTEROP_C_CONSTANTS_H_

#include "tensorflow/lite/core/c/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "no_sync_obj": the kind of fence that is none.  Data of such an input is ready when the run
 * begins, that of such an output when the wait for the run has ended. */
TFL_CAPI_EXPORT extern const char kTfLiteSyncTypeNoSyncObj[];

#ifdef __cplusplus
}
#endif

#endif
