/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h: getters for FlatBuffers, safe on any bytes: whatever lies outside the buffer reads as
 * absent.  Nothing needs to be aligned.  A table or vector is a small value that remembers its
 * buffer; the buffer must outlive it. */
#ifndef LN_FB_READER_H
#define LN_FB_READER_H

#include <string.h>

#include "base/half.h"

static inline uint16_t ln_le16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static inline uint32_t ln_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t ln_le64(const uint8_t *p)
{
    return (uint64_t)ln_le32(p) | (uint64_t)ln_le32(p + 4) << 32;
}
/* Two's complement bits as a number, without relying on the compiler's conversion. */
static inline int32_t ln_signed32(uint32_t u)
{
    int32_t v;
    memcpy(&v, &u, sizeof v);
    return v;
}
static inline int64_t ln_signed64(uint64_t u)
{
    int64_t v;
    memcpy(&v, &u, sizeof v);
    return v;
}
static inline double ln_float64(uint64_t u)
{
    double v;
    memcpy(&v, &u, sizeof v);
    return v;
}

/* A table; one that is absent has pos 0, and all its fields are absent. */
typedef struct ln_fb_table {
    const uint8_t *data;
    size_t size;
    size_t pos, vtable;
    unsigned n_slots;
} ln_fb_table;

/* A vector; `present` tells an empty one from none.  data[0..count*item) is inside the buffer. */
typedef struct ln_fb_vector {
    const uint8_t *data;
    size_t count;
    const uint8_t *buffer;
    size_t buffer_size;
    bool present;
} ln_fb_vector;

/* True when [pos, pos + n) lies in a buffer of `size` bytes. */
static inline bool ln_fb_inside(size_t size, size_t pos, size_t n)
{
    return pos <= size && n <= size - pos;
}

/* The table at `pos`; absent when its head or its vtable is not inside. */
static inline ln_fb_table ln_fb_table_at(const uint8_t *data, size_t size, size_t pos)
{
    ln_fb_table t = {data, size, 0, 0, 0};
    if (pos == 0 || !ln_fb_inside(size, pos, 4))
        return t;
    const int64_t vtable = (int64_t)pos - ln_signed32(ln_le32(data + pos));
    if (vtable < 0 || !ln_fb_inside(size, (size_t)vtable, 4))
        return t;
    const unsigned bytes = ln_le16(data + vtable);
    if (bytes < 4 || !ln_fb_inside(size, (size_t)vtable, bytes))
        return t;
    t.pos = pos;
    t.vtable = (size_t)vtable;
    t.n_slots = (bytes - 4) / 2;
    return t;
}

static inline ln_fb_table ln_fb_root(const uint8_t *data, size_t size)
{
    return ln_fb_table_at(data, size, size < 8 ? 0 : ln_le32(data));
}

/* Where the field in `slot` lies, 0 when it is absent or does not fit the buffer. */
static inline size_t ln_fb_slot(const ln_fb_table *t, unsigned slot, size_t width)
{
    if (t->pos == 0 || slot >= t->n_slots)
        return 0;
    const size_t offset = ln_le16(t->data + t->vtable + 4 + 2 * (size_t)slot);
    if (offset < 4 || !ln_fb_inside(t->size - t->pos, offset, width))
        return 0;
    return t->pos + offset;
}

#define LN_FB_GETTER(type, name, width, convert)                                             \
    static inline type name(const ln_fb_table *t, unsigned slot, type fallback)              \
    {                                                                                        \
        const size_t at = ln_fb_slot(t, slot, width);                                        \
        return at ? (type)convert(t->data + at) : fallback;                                  \
    }                                                                                        \
    static inline type name##_item(const ln_fb_vector *v, size_t i)                          \
    {                                                                                        \
        return (type)convert(v->data + i * (width));                                         \
    }
static inline int ln_fb_load_i8(const uint8_t *p) { return *p < 128 ? *p : *p - 256; }
static inline int ln_fb_load_u8(const uint8_t *p) { return *p; }
static inline int ln_fb_load_u16(const uint8_t *p) { return ln_le16(p); }
static inline bool ln_fb_load_bool(const uint8_t *p) { return *p != 0; }
static inline int32_t ln_fb_load_i32(const uint8_t *p) { return ln_signed32(ln_le32(p)); }
static inline int64_t ln_fb_load_i64(const uint8_t *p) { return ln_signed64(ln_le64(p)); }
static inline float ln_fb_load_f32(const uint8_t *p) { return ln_bits_float(ln_le32(p)); }
/* value = ln_fb_i32(&table, slot, fallback), item = ln_fb_i32_item(&vector, i), i < count */
LN_FB_GETTER(bool, ln_fb_bool, 1, ln_fb_load_bool)
LN_FB_GETTER(int, ln_fb_i8, 1, ln_fb_load_i8)
LN_FB_GETTER(int, ln_fb_u8, 1, ln_fb_load_u8)
LN_FB_GETTER(int, ln_fb_u16, 2, ln_fb_load_u16)
LN_FB_GETTER(int32_t, ln_fb_i32, 4, ln_fb_load_i32)
LN_FB_GETTER(uint32_t, ln_fb_u32, 4, ln_le32)
LN_FB_GETTER(int64_t, ln_fb_i64, 8, ln_fb_load_i64)
LN_FB_GETTER(uint64_t, ln_fb_u64, 8, ln_le64)
LN_FB_GETTER(float, ln_fb_f32, 4, ln_fb_load_f32)
#undef LN_FB_GETTER

/* What the offset stored at `at` points to; 0 when that is outside. */
static inline size_t ln_fb_follow(const uint8_t *data, size_t size, size_t at)
{
    const size_t offset = ln_le32(data + at);
    return offset && ln_fb_inside(size - at, offset, 4) ? at + offset : 0;
}

static inline ln_fb_table ln_fb_child(const ln_fb_table *t, unsigned slot)
{
    const size_t at = ln_fb_slot(t, slot, 4);
    return ln_fb_table_at(t->data, t->size, at ? ln_fb_follow(t->data, t->size, at) : 0);
}

/* The vector at `pos`, of items of `item` bytes. */
static inline ln_fb_vector ln_fb_vector_at(const uint8_t *data, size_t size, size_t pos,
                                           size_t item)
{
    ln_fb_vector v = {NULL, 0, data, size, false};
    if (pos == 0 || !ln_fb_inside(size, pos, 4))
        return v;
    const size_t count = ln_le32(data + pos);
    if (count > (size - pos - 4) / item)
        return v;
    v.data = data + pos + 4;
    v.count = count;
    v.present = true;
    return v;
}

static inline ln_fb_vector ln_fb_vec(const ln_fb_table *t, unsigned slot, size_t item)
{
    const size_t at = ln_fb_slot(t, slot, 4);
    return ln_fb_vector_at(t->data, t->size, at ? ln_fb_follow(t->data, t->size, at) : 0, item);
}

/* Item i, i < count, of a vector of tables. */
static inline ln_fb_table ln_fb_item(const ln_fb_vector *v, size_t i)
{
    const size_t at = (size_t)(v->data - v->buffer) + i * 4;
    return ln_fb_table_at(v->buffer, v->buffer_size, ln_fb_follow(v->buffer, v->buffer_size, at));
}

/* The zero-terminated characters of the string at `pos`, NULL when it is none. */
static inline const char *ln_fb_string_at(const uint8_t *data, size_t size, size_t pos)
{
    const ln_fb_vector v = ln_fb_vector_at(data, size, pos, 1);
    if (!v.present || !ln_fb_inside(size, pos + 4 + v.count, 1) || v.data[v.count] != 0)
        return NULL;
    return (const char *)v.data;
}

/* The string in `slot`, zero-terminated; NULL when it is absent or broken. */
static inline const char *ln_fb_string(const ln_fb_table *t, unsigned slot)
{
    const size_t at = ln_fb_slot(t, slot, 4);
    return ln_fb_string_at(t->data, t->size, at ? ln_fb_follow(t->data, t->size, at) : 0);
}

#endif
