/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: one loop over an op's fields to read its options, one to write them.  The numbers of
 * types differ between file and C API, and those of LN_PAD_ (padding, mirror mode, generator) are
 * one lower in the file, where 0 is the first and not "unknown".  All else is stored as it is. */
#include "model/options.h"

#include <string.h>

static const uint8_t type_numbers[] = {
    kTfLiteFloat32,   kTfLiteFloat16,   kTfLiteInt32,       kTfLiteUInt8,      kTfLiteInt64,
    kTfLiteString,    kTfLiteBool,      kTfLiteInt16,       kTfLiteComplex64,  kTfLiteInt8,
    kTfLiteFloat64,   kTfLiteComplex128, kTfLiteUInt64,     kTfLiteResource,   kTfLiteVariant,
    kTfLiteUInt32,    kTfLiteUInt16,    kTfLiteInt4,        kTfLiteBFloat16,   kTfLiteInt2,
    kTfLiteUInt4,     kTfLiteFloat8E4M3FN, kTfLiteFloat8E5M2,
};

TfLiteType ln_type_from_schema(int number)
{
    return number >= 0 && (size_t)number < LN_COUNTOF(type_numbers)
        ? (TfLiteType)type_numbers[number] : kTfLiteNoType;
}

int ln_type_to_schema(TfLiteType type)
{
    for (size_t i = 0; i < LN_COUNTOF(type_numbers); i++)
        if (type_numbers[i] == type)
            return (int)i;
    return -1;
}

/* How a kind of field lies in the file (0: not a scalar) and in the params struct. */
typedef struct layout {
    uint8_t stored, member, item; /* bytes; item: of a list, in file and struct alike */
} layout;

static const layout layouts[] = {
    [LN_BOOL_] = {1, sizeof(bool), 0},   [LN_I8_] = {1, 4, 0},  [LN_U8_] = {1, 4, 0},
    [LN_I32_] = {4, 4, 0},               [LN_U32_] = {4, 4, 0}, [LN_I64_] = {8, 8, 0},
    [LN_F32_] = {4, 4, 0},               [LN_ENUM_] = {1, 4, 0}, [LN_TYPE_] = {1, 4, 0},
    [LN_PAD_] = {1, 4, 0},               [LN_ACT_] = {1, 4, 0}, [LN_I32S_] = {0, 0, 4},
    [LN_I64S_] = {0, 0, 8},              [LN_F32S_] = {0, 0, 4}, [LN_STR_] = {0, 0, 0},
    [LN_BOOLS_] = {0, 0, 1},             [LN_U8S_] = {0, 0, 1},   [LN_I64_INT_] = {8, 4, 0},
};

/* The value as the file has it -> as the struct has it, and back.  False: no such value. */
static bool to_member(const ln_field *f, int64_t *v)
{
    switch (f->kind) {
    case LN_PAD_:
        *v = *v >= 0 && *v < 3 ? *v + 1 : 0;
        return true;
    case LN_ACT_:
        /* the C API's SIGMOID is not in the file format; TFLite reads unknown ones as none */
        if (*v < 0 || *v > kTfLiteActSignBit)
            *v = kTfLiteActNone;
        return true;
    case LN_TYPE_:
        *v = ln_type_from_schema((int)*v);
        return *v != kTfLiteNoType;
    default: return true;
    }
}

static int64_t to_stored(const ln_field *f, int64_t v)
{
    if (f->kind == LN_PAD_)
        return v > 0 ? v - 1 : 0;
    return f->kind == LN_TYPE_ ? LN_MAX(ln_type_to_schema((TfLiteType)v), 0) : v;
}

static int64_t load_stored(const ln_field *f, const uint8_t *p)
{
    switch (f->kind) {
    case LN_BOOL_: return *p != 0;
    case LN_U8_: return *p;
    case LN_I32_: return ln_signed32(ln_le32(p));
    case LN_U32_: return ln_le32(p);
    case LN_I64_:
    case LN_I64_INT_: return ln_signed64(ln_le64(p));
    default: return ln_fb_load_i8(p);
    }
}

/* Members are bool, 4 or 8 bytes wide. */
static void store_member(const ln_field *f, char *member, int64_t v)
{
    const bool flag = v != 0;
    const uint32_t word = (uint32_t)((uint64_t)v & UINT32_MAX);
    switch (layouts[f->kind].member) {
    case 4: memcpy(member, &word, 4); break;
    case 8: memcpy(member, &v, 8); break;
    default: memcpy(member, &flag, sizeof flag); break;
    }
}

static int64_t load_member(const ln_field *f, const char *member)
{
    bool flag;
    uint32_t word;
    int64_t v;
    switch (layouts[f->kind].member) {
    case 4:
        memcpy(&word, member, 4);
        return f->kind == LN_U32_ ? (int64_t)word : ln_signed32(word);
    case 8: memcpy(&v, member, 8); return v;
    default: memcpy(&flag, member, sizeof flag); return flag;
    }
}

static ln_status parse_scalar(const ln_op *op, const ln_field *f, const ln_fb_table *from,
                              char *member, ln_diag *diag)
{
    const size_t at = ln_fb_slot(from, f->slot, layouts[f->kind].stored);
    if (f->kind == LN_F32_) {
        const float v = at ? ln_float32(ln_le32(from->data + at)) : (float)f->fallback;
        memcpy(member, &v, sizeof v);
        return LN_OK;
    }
    const int64_t stored = at ? load_stored(f, from->data + at) : (int64_t)f->fallback;
    int64_t v = stored;
    if (!to_member(f, &v))
        return ln_fail(diag, LN_ERR_FORMAT, "%s: option %s is %lld, which the format does not have",
                       op->name, f->name, (long long)stored);
    store_member(f, member, v);
    return LN_OK;
}

/* Lists that the struct points to: in place, or copied where a float would lie unaligned. */
static ln_status point_to(const ln_field *f, const ln_fb_vector *v, ln_arena *arena, char *member)
{
    const void *p = v->data;
    const size_t item = layouts[f->kind].item;
    if (v->count && (uintptr_t)p % item != 0) {
        p = ln_arena_copy(arena, p, v->count * item);
        if (!p)
            return LN_ERR_MEMORY;
    }
    memcpy(member, &p, sizeof p);
    return LN_OK;
}

static ln_status parse_list(const ln_op *op, const ln_field *f, const ln_fb_table *from,
                            ln_arena *arena, char *params, ln_diag *diag)
{
    const size_t item = layouts[f->kind].item;
    const ln_fb_vector v = ln_fb_vec(from, f->slot, item);
    if (v.count > INT32_MAX)
        return ln_fail(diag, LN_ERR_FORMAT, "%s: option %s has %zu items", op->name, f->name,
                       v.count);
    const int count = (int)v.count;
    if (f->kind == LN_U8S_)
        memcpy(params + f->count_offset, &v.count, sizeof v.count);
    else
        memcpy(params + f->count_offset, &count, sizeof count);
    if (f->kind == LN_F32S_ || f->kind == LN_U8S_)
        return point_to(f, &v, arena, params + f->offset);
    if (v.count > f->max)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "%s: option %s has %zu items, more than %d",
                       op->name, f->name, v.count, f->max);
    for (size_t i = 0; i < v.count; i++) {
        if (f->kind == LN_BOOLS_) {
            const bool flag = v.data[i] != 0;
            memcpy(params + f->offset + i * sizeof flag, &flag, sizeof flag);
        } else {
            memcpy(params + f->offset + i * item, v.data + i * item, item);
        }
    }
    return LN_OK;
}

ln_status ln_options_parse(const ln_op *op, const ln_fb_table *from, ln_arena *arena,
                           void *params, ln_diag *diag)
{
    for (const ln_field *f = op->fields; f && f->kind != LN_END_; f++) {
        char *member = (char *)params + f->offset;
        if (f->kind == LN_STR_) {
            const char *text = ln_fb_string(from, f->slot);
            memcpy(member, &text, sizeof text);
        } else if (layouts[f->kind].stored) {
            LN_TRY(parse_scalar(op, f, from, member, diag));
        } else {
            LN_TRY(parse_list(op, f, from, arena, params, diag));
        }
    }
    return LN_OK;
}

static ln_fb_ref write_list(const ln_field *f, const char *params, ln_fb_builder *b)
{
    const char *items = params + f->offset;
    const size_t item = layouts[f->kind].item;
    size_t n = 0;
    if (f->kind == LN_STR_) {
        memcpy(&items, params + f->offset, sizeof items);
        return ln_fb_add_string(b, items);
    }
    if (f->kind == LN_U8S_) {
        memcpy(&n, params + f->count_offset, sizeof n);
    } else {
        int count;
        memcpy(&count, params + f->count_offset, sizeof count);
        n = count > 0 ? (size_t)count : 0;
    }
    if (f->kind == LN_F32S_ || f->kind == LN_U8S_)
        memcpy(&items, params + f->offset, sizeof items);
    return n ? ln_fb_add_vector(b, items, n, item, item) : 0;
}

static void write_scalar(const ln_field *f, const char *member, ln_fb_builder *b)
{
    if (f->kind == LN_F32_) {
        uint32_t bits;
        float v;
        memcpy(&v, member, sizeof v);
        memcpy(&bits, member, sizeof bits);
        const float fallback = (float)f->fallback;
        if (memcmp(&v, &fallback, sizeof v) != 0)
            ln_fb_set_bits(b, f->slot, bits, 4);
        return;
    }
    const int64_t v = to_stored(f, load_member(f, member));
    if (v != (int64_t)f->fallback)
        ln_fb_set_bits(b, f->slot, (uint64_t)v, layouts[f->kind].stored);
}

ln_fb_ref ln_options_write(const ln_op *op, const void *params, ln_fb_builder *b)
{
    ln_fb_ref refs[LN_FB_MAX_SLOTS] = {0};
    for (const ln_field *f = op->fields; f && f->kind != LN_END_; f++)
        if (!layouts[f->kind].stored)
            refs[f->slot % LN_FB_MAX_SLOTS] = write_list(f, params, b);
    ln_fb_begin(b);
    for (const ln_field *f = op->fields; f && f->kind != LN_END_; f++) {
        if (layouts[f->kind].stored)
            write_scalar(f, (const char *)params + f->offset, b);
        else
            ln_fb_set_ref(b, f->slot, refs[f->slot % LN_FB_MAX_SLOTS]);
    }
    return ln_fb_end(b);
}
