/* SPDX-License-Identifier: Apache-2.0 */
/* types.h: names of the asynchronous interface. */
#ifndef TENSORFLOW_LITE_CORE_ASYNC_C_TYPES_H_
#define TENSORFLOW_LITE_CORE_ASYNC_C_TYPES_H_

#include "tensorflow/lite/core/c/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One run that is being prepared or going on; used by one thread at a time. */
typedef struct TfLiteExecutionTask TfLiteExecutionTask;

/* Which side of a model a tensor is on. */
typedef enum TfLiteIoType {
    kTfLiteIoTypeUnknown = 0, /* not set */
    kTfLiteIoTypeInput = 1,   /* an input */
    kTfLiteIoTypeOutput = 2,  /* an output */
} TfLiteIoType;

#ifdef __cplusplus
}
#endif

#endif
