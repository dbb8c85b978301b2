/* SPDX-License-Identifier: Apache-2.0 */
/* flexbuffers.h: reads FlexBuffers (the schemaless form that custom operators carry as options),
 * safe on any bytes: what is broken or missing reads as null.
 *
 *     const ln_flex root = ln_flex_root(data, n), v = ln_flex_get(&root, "max_detections");
 *     const int64_t max = ln_flex_i64(&v, 10);
 */
#ifndef LN_FB_FLEXBUFFERS_H
#define LN_FB_FLEXBUFFERS_H

#include "base/compiler.h"

/* Numbers of the format. */
enum {
    LN_FLEX_NULL = 0, LN_FLEX_INT = 1, LN_FLEX_UINT = 2, LN_FLEX_FLOAT = 3, LN_FLEX_KEY = 4,
    LN_FLEX_STRING = 5, LN_FLEX_INDIRECT_INT = 6, LN_FLEX_INDIRECT_UINT = 7,
    LN_FLEX_INDIRECT_FLOAT = 8, LN_FLEX_MAP = 9, LN_FLEX_VECTOR = 10, LN_FLEX_VECTOR_INT = 11,
    LN_FLEX_VECTOR_FLOAT = 13,
    LN_FLEX_VECTOR_KEY = 14, LN_FLEX_VECTOR_STRING = 15, LN_FLEX_VECTOR_INT2 = 16,
    LN_FLEX_VECTOR_FLOAT4 = 24, LN_FLEX_BLOB = 25, LN_FLEX_BOOL = 26, LN_FLEX_VECTOR_BOOL = 36
};

/* A value; `at` is where its bytes are (for an offset: where that points to). */
typedef struct ln_flex {
    const uint8_t *data;
    size_t size, at;
    int type;
    unsigned width; /* bytes of a number, of a vector's items and of its count */
} ln_flex;

ln_flex ln_flex_root(const uint8_t *data, size_t size);
/* The value of `key` in a map. */
ln_flex ln_flex_get(const ln_flex *map, const char *key);
/* Items of a vector of any kind, or of a map; 0 for anything else. */
size_t ln_flex_count(const ln_flex *v);
/* Item i, i < count; of a map the i-th value in order of the keys. */
ln_flex ln_flex_item(const ln_flex *v, size_t i);
/* The i-th key of a map, zero-terminated; NULL when it is broken. */
const char *ln_flex_key(const ln_flex *map, size_t i);

static inline bool ln_flex_is_null(const ln_flex *v) { return v->type == LN_FLEX_NULL; }
/* Any kind of number as an integer (floats are cut, and limited to its range), or `fallback`. */
int64_t ln_flex_i64(const ln_flex *v, int64_t fallback);
/* The same within [INT32_MIN, INT32_MAX]. */
int32_t ln_flex_i32(const ln_flex *v, int32_t fallback);
double ln_flex_f64(const ln_flex *v, double fallback);
bool ln_flex_bool(const ln_flex *v, bool fallback);
/* A string or key, zero-terminated, with its length; a blob, which has no zero; else NULL. */
const char *ln_flex_text(const ln_flex *v, size_t *n);

#endif
