/* SPDX-License-Identifier: Apache-2.0 */
/* flexbuffers.c: the reader.  Widths are 1, 2, 4 or 8 bytes; offsets count backwards from where
 * they are stored; the root is at the end.  Every step checks that it stays inside. */
#include "fb/flexbuffers.h"

#include <string.h>

#include "base/half.h"
#include "fb/reader.h"

static const ln_flex null_value;

static uint64_t load(const uint8_t *p, unsigned width)
{
    switch (width) {
    case 1:
        return *p;
    case 2:
        return ln_le16(p);
    case 4:
        return ln_le32(p);
    default:
        return ln_le64(p);
    }
}

/* Reads `width` bytes at `at`; false when they are outside. */
static bool load_at(const ln_flex *v, size_t at, unsigned width, uint64_t *out)
{
    if (!ln_fb_inside(v->size, at, width))
        return false;
    *out = load(v->data + at, width);
    return true;
}

static bool is_inline(int type)
{
    return type <= LN_FLEX_FLOAT || type == LN_FLEX_BOOL;
}

/* The value in the slot of `slot_width` bytes at `at`, of a packed type. */
static ln_flex value_at(const ln_flex *in, size_t at, unsigned slot_width, uint8_t packed)
{
    ln_flex v = {in->data, in->size, at, packed >> 2, slot_width};
    uint64_t back;
    if (!load_at(in, at, slot_width, &back))
        return null_value;
    if (is_inline(v.type))
        return v;
    if (back == 0 || back > at)
        return null_value;
    v.at = at - (size_t)back;
    v.width = 1u << (packed & 3);
    return v;
}

ln_flex ln_flex_root(const uint8_t *data, size_t size)
{
    const ln_flex all = {data, size, 0, LN_FLEX_NULL, 1};
    if (size < 3)
        return null_value;
    const unsigned width = data[size - 1];
    if ((width != 1 && width != 2 && width != 4 && width != 8) || width > size - 2)
        return null_value;
    return value_at(&all, size - 2 - width, width, data[size - 2]);
}

/* Items per value of the fixed-length vectors (2, 3, 4), 0 for other types. */
static size_t fixed_count(int type)
{
    return type >= LN_FLEX_VECTOR_INT2 && type <= LN_FLEX_VECTOR_FLOAT4
               ? (size_t)(type - LN_FLEX_VECTOR_INT2) / 3 + 2
               : 0;
}

/* The type of the items of a typed vector; null for other types. */
static int item_type(int type)
{
    if (fixed_count(type))
        return (type - LN_FLEX_VECTOR_INT2) % 3 + LN_FLEX_INT;
    if (type >= LN_FLEX_VECTOR_INT && type <= LN_FLEX_VECTOR_STRING)
        return type - LN_FLEX_VECTOR_INT + LN_FLEX_INT;
    return type == LN_FLEX_VECTOR_BOOL ? LN_FLEX_BOOL : LN_FLEX_NULL;
}

static bool has_type_bytes(int type)
{
    return type == LN_FLEX_VECTOR || type == LN_FLEX_MAP;
}

/* The count stored in front of a vector, string or blob, when what it counts is inside. */
static size_t stored_count(const ln_flex *v, size_t item)
{
    uint64_t n;
    if (v->at < v->width || !load_at(v, v->at - v->width, v->width, &n))
        return 0;
    return n <= (v->size - v->at) / item ? (size_t)n : 0;
}

size_t ln_flex_count(const ln_flex *v)
{
    if (fixed_count(v->type))
        return ln_fb_inside(v->size, v->at, fixed_count(v->type) * v->width) ? fixed_count(v->type)
                                                                             : 0;
    if (has_type_bytes(v->type))
        return stored_count(v, v->width + 1u);
    return item_type(v->type) ? stored_count(v, v->width) : 0;
}

ln_flex ln_flex_item(const ln_flex *v, size_t i)
{
    const size_t n = ln_flex_count(v);
    if (i >= n)
        return null_value;
    const size_t at = v->at + i * v->width;
    if (has_type_bytes(v->type))
        return value_at(v, at, v->width, v->data[v->at + n * v->width + i]);
    /* of keys and strings in a typed vector only the type is known; lengths are one byte wide */
    return value_at(v, at, v->width, (uint8_t)(item_type(v->type) << 2));
}

/* The keys of a map are a vector of their own, found by two words in front of the count. */
static ln_flex keys_of(const ln_flex *map)
{
    uint64_t back, width;
    const size_t w = map->width;
    if (map->type != LN_FLEX_MAP || map->at < 3 * w ||
        !load_at(map, map->at - 3 * w, map->width, &back) ||
        !load_at(map, map->at - 2 * w, map->width, &width) || back == 0 || back > map->at - 3 * w ||
        (width != 1 && width != 2 && width != 4 && width != 8))
        return null_value;
    return (ln_flex){map->data, map->size, map->at - 3 * w - (size_t)back, LN_FLEX_VECTOR_KEY,
                     (unsigned)width};
}

static const char *key_text(const ln_flex *v)
{
    if (v->type != LN_FLEX_KEY || !memchr(v->data + v->at, 0, v->size - v->at))
        return NULL;
    return (const char *)v->data + v->at;
}

const char *ln_flex_key(const ln_flex *map, size_t i)
{
    const ln_flex keys = keys_of(map), key = ln_flex_item(&keys, i);
    return key_text(&key);
}

ln_flex ln_flex_get(const ln_flex *map, const char *key)
{
    const ln_flex keys = keys_of(map);
    const size_t n = LN_MIN(ln_flex_count(&keys), ln_flex_count(map));
    for (size_t i = 0; i < n; i++) {
        const ln_flex k = ln_flex_item(&keys, i);
        const char *text = key_text(&k);
        if (text && strcmp(text, key) == 0)
            return ln_flex_item(map, i);
    }
    return null_value;
}

/* ---- numbers ---- */

static int64_t load_signed(const ln_flex *v)
{
    const uint64_t u = load(v->data + v->at, v->width), sign = (uint64_t)1 << (8 * v->width - 1);
    return ln_signed64((u ^ sign) - sign);
}

static double load_float(const ln_flex *v)
{
    const uint64_t bits = load(v->data + v->at, v->width);
    switch (v->width) {
    case 2:
        return ln_half_to_float((uint16_t)bits);
    case 4:
        return ln_bits_float((uint32_t)bits);
    case 8:
        return ln_float64(bits);
    default:
        return 0;
    }
}

static bool is_float(int type)
{
    return type == LN_FLEX_FLOAT || type == LN_FLEX_INDIRECT_FLOAT;
}
static bool is_signed(int type)
{
    return type == LN_FLEX_INT || type == LN_FLEX_INDIRECT_INT;
}
static bool is_unsigned(int type)
{
    return type == LN_FLEX_UINT || type == LN_FLEX_INDIRECT_UINT || type == LN_FLEX_BOOL;
}

static bool is_number(const ln_flex *v)
{
    return (is_float(v->type) || is_signed(v->type) || is_unsigned(v->type)) &&
           ln_fb_inside(v->size, v->at, v->width);
}

int64_t ln_flex_i64(const ln_flex *v, int64_t fallback)
{
    if (!is_number(v))
        return fallback;
    if (is_float(v->type)) {
        const double x = load_float(v);
        if (x >= 9.2e18)
            return INT64_MAX;
        return x > -9.2e18 ? (int64_t)x : x < 0 ? INT64_MIN : 0; /* NaN: 0 */
    }
    if (is_signed(v->type))
        return load_signed(v);
    const uint64_t u = load(v->data + v->at, v->width);
    return u > INT64_MAX ? INT64_MAX : (int64_t)u;
}

int32_t ln_flex_i32(const ln_flex *v, int32_t fallback)
{
    const int64_t x = ln_flex_i64(v, fallback);
    return (int32_t)LN_MAX(LN_MIN(x, INT32_MAX), INT32_MIN);
}

double ln_flex_f64(const ln_flex *v, double fallback)
{
    if (!is_number(v))
        return fallback;
    if (is_float(v->type))
        return load_float(v);
    return is_signed(v->type) ? (double)load_signed(v) : (double)load(v->data + v->at, v->width);
}

bool ln_flex_bool(const ln_flex *v, bool fallback)
{
    return is_number(v) ? ln_flex_f64(v, 0) != 0 : fallback;
}

const char *ln_flex_text(const ln_flex *v, size_t *n)
{
    const char *text = NULL;
    if (v->type == LN_FLEX_KEY) {
        text = key_text(v);
        *n = text ? strlen(text) : 0;
    } else if (v->type == LN_FLEX_STRING || v->type == LN_FLEX_BLOB) {
        *n = stored_count(v, 1);
        const size_t end = v->at + *n;
        const bool ended = v->type == LN_FLEX_BLOB || (end < v->size && v->data[end] == 0);
        text = ended ? (const char *)v->data + v->at : NULL;
    }
    return text;
}
