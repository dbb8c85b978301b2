/* SPDX-License-Identifier: Apache-2.0 */
/* attribute_map.h: attributes of a buffer or a fence, by which program, runtime and delegates
 * agree on what both sides can handle.
 *
 * A getter returns false, and leaves *val alone, when the key is not set, the value has another
 * type, or the map is of the other kind.  A setter replaces an earlier value.  Strings are
 * borrowed: they must outlive the map.  One thread at a time. */
#ifndef TENSORFLOW_LITE_CORE_ASYNC_INTEROP_C_ATTRIBUTE_MAP_H_
#define TENSORFLOW_LITE_CORE_ASYNC_INTEROP_C_ATTRIBUTE_MAP_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/core/async/interop/c/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A set of attributes. */
typedef struct TfLiteAttributeMap TfLiteAttributeMap;

/* Makes an empty map of a kind; the caller deletes it.  NULL when memory is out. */
TFL_CAPI_EXPORT TfLiteAttributeMap *TfLiteAttributeMapCreate(TfLiteAttrMapType type);

/* Deletes a map; NULL is fine. */
TFL_CAPI_EXPORT void TfLiteAttributeMapDelete(TfLiteAttributeMap *attrs);

/* Returns true when the map describes a buffer; false for NULL. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapIsBufferAttributeMap(const TfLiteAttributeMap *attrs);

/* Returns true when the map describes a fence; false for NULL. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapIsSyncAttributeMap(const TfLiteAttributeMap *attrs);

/* Replaces all that is in `dst` by a copy of `src`; nothing happens when either is NULL. */
TFL_CAPI_EXPORT void TfLiteAttributeMapCopy(const TfLiteAttributeMap *src,
                                            TfLiteAttributeMap *dst);

/* Gets a size of a buffer. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetSizeTBufferAttr(const TfLiteAttributeMap *attrs,
                                                          TfLiteBufferAttrKey key, size_t *val);

/* Sets a size of a buffer; false when the map does not describe one. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapSetSizeTBufferAttr(TfLiteAttributeMap *attrs,
                                                          TfLiteBufferAttrKey key, size_t val);

/* Gets a string of a buffer. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetStringBufferAttr(const TfLiteAttributeMap *attrs,
                                                           TfLiteBufferAttrKey key,
                                                           const char **val);

/* Sets a string of a buffer; false when the map does not describe one. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapSetStringBufferAttr(TfLiteAttributeMap *attrs,
                                                           TfLiteBufferAttrKey key,
                                                           const char *val);

/* Gets a flag of a buffer. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetBoolBufferAttr(const TfLiteAttributeMap *attrs,
                                                         TfLiteBufferAttrKey key, bool *val);

/* Sets a flag of a buffer; false when the map does not describe one. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapSetBoolBufferAttr(TfLiteAttributeMap *attrs,
                                                         TfLiteBufferAttrKey key, bool val);

/* Gets a string of a fence. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetStringSyncAttr(const TfLiteAttributeMap *attrs,
                                                         TfLiteSynchronizationAttrKey key,
                                                         const char **val);

/* Sets a string of a fence; false when the map does not describe one. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapSetStringSyncAttr(TfLiteAttributeMap *attrs,
                                                         TfLiteSynchronizationAttrKey key,
                                                         const char *val);

/* ---- The same without a check of the map's kind, and with keys of one's own ---- */

/* Gets an integer by number. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetIntAttr(const TfLiteAttributeMap *attrs, uint32_t key,
                                                  int *val);

/* Sets an integer by number. */
TFL_CAPI_EXPORT void TfLiteAttributeMapSetIntAttr(TfLiteAttributeMap *attrs, uint32_t key, int val);

/* Gets an integer by name. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetCustomIntAttr(const TfLiteAttributeMap *attrs,
                                                        const char *key, int *val);

/* Sets an integer by name. */
TFL_CAPI_EXPORT void TfLiteAttributeMapSetCustomIntAttr(TfLiteAttributeMap *attrs, const char *key,
                                                        int val);

/* Gets a size by number. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetSizeTAttr(const TfLiteAttributeMap *attrs, uint32_t key,
                                                    size_t *val);

/* Sets a size by number. */
TFL_CAPI_EXPORT void TfLiteAttributeMapSetSizeTAttr(TfLiteAttributeMap *attrs, uint32_t key,
                                                    size_t val);

/* Gets a size by name. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetCustomSizeTAttr(const TfLiteAttributeMap *attrs,
                                                          const char *key, size_t *val);

/* Sets a size by name. */
TFL_CAPI_EXPORT void TfLiteAttributeMapSetCustomSizeTAttr(TfLiteAttributeMap *attrs,
                                                          const char *key, size_t val);

/* Gets a string by number. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetStringAttr(const TfLiteAttributeMap *attrs, uint32_t key,
                                                     const char **val);

/* Sets a string by number. */
TFL_CAPI_EXPORT void TfLiteAttributeMapSetStringAttr(TfLiteAttributeMap *attrs, uint32_t key,
                                                     const char *val);

/* Gets a string by name. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetCustomStringAttr(const TfLiteAttributeMap *attrs,
                                                           const char *key, const char **val);

/* Sets a string by name. */
TFL_CAPI_EXPORT void TfLiteAttributeMapSetCustomStringAttr(TfLiteAttributeMap *attrs,
                                                           const char *key, const char *val);

/* Gets a flag by number. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetBoolAttr(const TfLiteAttributeMap *attrs, uint32_t key,
                                                   bool *val);

/* Sets a flag by number. */
TFL_CAPI_EXPORT void TfLiteAttributeMapSetBoolAttr(TfLiteAttributeMap *attrs, uint32_t key,
                                                   bool val);

/* Gets a flag by name. */
TFL_CAPI_EXPORT bool TfLiteAttributeMapGetCustomBoolAttr(const TfLiteAttributeMap *attrs,
                                                         const char *key, bool *val);

/* Sets a flag by name. */
TFL_CAPI_EXPORT void TfLiteAttributeMapSetCustomBoolAttr(TfLiteAttributeMap *attrs, const char *key,
                                                         bool val);

#ifdef __cplusplus
}
#endif

#endif
