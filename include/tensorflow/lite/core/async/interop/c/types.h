/* SPDX-License-Identifier: Apache-2.0 */
/* types.h: boxes for buffers and fences of the platform, so that they can pass through the runtime
 * to a delegate.  A box never owns what is in it. */
#ifndef TENSORFLOW_LITE_CORE_ASYNC_INTEROP_C_TYPES_H_
#define TENSORFLOW_LITE_CORE_ASYNC_INTEROP_C_TYPES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/core/c/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Holds a buffer of the platform, for example an AHardwareBuffer. */
typedef struct TfLiteBackendBuffer TfLiteBackendBuffer;

/* Makes an empty box; the caller deletes it. */
TFL_CAPI_EXPORT TfLiteBackendBuffer *TfLiteBackendBufferCreate(void);

/* Deletes the box, not the buffer. */
TFL_CAPI_EXPORT void TfLiteBackendBufferDelete(TfLiteBackendBuffer *buf);

/* Puts a buffer into the box; it must outlive the box. */
TFL_CAPI_EXPORT void TfLiteBackendBufferSetPtr(TfLiteBackendBuffer *buf, void *ptr);

/* Returns the buffer. */
TFL_CAPI_EXPORT void *TfLiteBackendBufferGetPtr(const TfLiteBackendBuffer *buf);

/* Holds a fence of the platform, for example a sync file. */
typedef struct TfLiteSynchronization TfLiteSynchronization;

/* Makes an empty box; the caller deletes it. */
TFL_CAPI_EXPORT TfLiteSynchronization *TfLiteSynchronizationCreate(void);

/* Deletes the box, not the fence. */
TFL_CAPI_EXPORT void TfLiteSynchronizationDelete(TfLiteSynchronization *sync);

/* Puts a fence into the box; it must outlive the box. */
TFL_CAPI_EXPORT void TfLiteSynchronizationSetPtr(TfLiteSynchronization *sync, void *ptr);

/* Returns the fence. */
TFL_CAPI_EXPORT void *TfLiteSynchronizationGetPtr(const TfLiteSynchronization *sync);

/* What an attribute map describes. */
typedef enum TfLiteAttrMapType {
    kTfLiteAttrMapTypeUnknown = 0, /* not set */
    kTfLiteAttrMapTypeBuffer = 1,  /* a buffer; keys are TfLiteBufferAttrKey */
    kTfLiteAttrMapTypeSync = 2,    /* a fence; keys are TfLiteSynchronizationAttrKey */
} TfLiteAttrMapType;

/* Attributes of a buffer, with the type of each value. */
typedef enum TfLiteBufferAttrKey {
    kTfLiteBufferAttrKeyUnknown = 0,                         /* not set */
    kTfLiteBufferAttrKeyResourceTypeName = 1,                /* const char *: kind of buffer */
    kTfLiteBufferAttrKeyAlignment = 2,                       /* size_t, bytes */
    kTfLiteBufferAttrKeyPadding = 3,                         /* size_t, bytes */
    kTfLiteBufferAttrKeyOffset = 4,                          /* size_t, bytes */
    kTfLiteBufferAttrKeySize = 5,                            /* size_t, bytes with padding */
    kTfLiteBufferAttrKeyCurrentHostCoherencyState = 6,       /* bool: coherent with the CPU */
    kTfLiteBufferAttrKeyPreferredHostCoherencyState = 7,     /* bool: should be coherent */
    kTfLiteBufferAttrKeyCurrentHostCacheState = 8,           /* bool: in the CPU's cache */
    kTfLiteBufferAttrKeyPreferredHostCacheState = 9,         /* bool: should be in the cache */
} TfLiteBufferAttrKey;

/* Attributes of a fence. */
typedef enum TfLiteSynchronizationAttrKey {
    kTfLiteSynchronizationAttrKeyUnknown = 0,        /* not set */
    kTfLiteSynchronizationAttrKeyObjectTypeName = 1, /* const char *: kind of fence */
} TfLiteSynchronizationAttrKey;

#ifdef __cplusplus
}
#endif

#endif
