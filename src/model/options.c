/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: one loop over an op's fields to read its options, one to write them.  The numbers of
 * types differ between file and C API, and those of LN_PAD_ (padding, mirror mode, generator) are
 * one lower in the file, where 0 is the first and not "unknown".  All else is stored as it is. */
#include "model/options.h"

#include <stdio.h>
#include <string.h>

#include "schema/schema.h"

static const uint8_t type_numbers[] = {
    kTfLiteFloat32, kTfLiteFloat16,      kTfLiteInt32,      kTfLiteUInt8,     kTfLiteInt64,
    kTfLiteString,  kTfLiteBool,         kTfLiteInt16,      kTfLiteComplex64, kTfLiteInt8,
    kTfLiteFloat64, kTfLiteComplex128,   kTfLiteUInt64,     kTfLiteResource,  kTfLiteVariant,
    kTfLiteUInt32,  kTfLiteUInt16,       kTfLiteInt4,       kTfLiteBFloat16,  kTfLiteInt2,
    kTfLiteUInt4,   kTfLiteFloat8E4M3FN, kTfLiteFloat8E5M2,
};

TfLiteType ln_type_from_schema(int number)
{
    return number >= 0 && (size_t)number < LN_COUNTOF(type_numbers)
               ? (TfLiteType)type_numbers[number]
               : kTfLiteNoType;
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
    [LN_BOOL_] = {1, sizeof(bool), 0},
    [LN_I8_] = {1, 4, 0},
    [LN_U8_] = {1, 4, 0},
    [LN_I32_] = {4, 4, 0},
    [LN_U32_] = {4, 4, 0},
    [LN_I64_] = {8, 8, 0},
    [LN_F32_] = {4, 4, 0},
    [LN_ENUM_] = {1, 4, 0},
    [LN_TYPE_] = {1, 4, 0},
    [LN_PAD_] = {1, 4, 0},
    [LN_ACT_] = {1, 4, 0},
    [LN_I32S_] = {0, 0, 4},
    [LN_I64S_] = {0, 0, 8},
    [LN_F32S_] = {0, 0, 4},
    [LN_STR_] = {0, 0, 0},
    [LN_BOOLS_] = {0, 0, 1},
    [LN_U8S_] = {0, 0, 1},
    [LN_I64_INT_] = {8, 4, 0},
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
    default:
        return true;
    }
}

static int64_t to_stored(const ln_field *f, int64_t v)
{
    if (f->kind == LN_PAD_)
        return v - 1;
    return f->kind == LN_TYPE_ ? LN_MAX(ln_type_to_schema((TfLiteType)v), 0) : v;
}

static int64_t load_stored(const ln_field *f, const uint8_t *p)
{
    switch (f->kind) {
    case LN_BOOL_:
        return *p != 0;
    case LN_U8_:
        return *p;
    case LN_I32_:
        return ln_signed32(ln_le32(p));
    case LN_U32_:
        return ln_le32(p);
    case LN_I64_:
    case LN_I64_INT_:
        return ln_signed64(ln_le64(p));
    default:
        return ln_fb_load_i8(p);
    }
}

/* Members are bool, 4 or 8 bytes wide. */
static void store_member(const ln_field *f, char *member, int64_t v)
{
    const bool flag = v != 0;
    const uint32_t word = (uint32_t)((uint64_t)v & UINT32_MAX);
    switch (layouts[f->kind].member) {
    case 4:
        memcpy(member, &word, 4);
        break;
    case 8:
        memcpy(member, &v, 8);
        break;
    default:
        memcpy(member, &flag, sizeof flag);
        break;
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
    case 8:
        memcpy(&v, member, 8);
        return v;
    default:
        memcpy(&flag, member, sizeof flag);
        return flag;
    }
}

static ln_status parse_scalar(const ln_op *op, const ln_field *f, const ln_fb_table *from,
                              char *member, ln_diag *diag)
{
    const size_t at = ln_fb_slot(from, f->slot, layouts[f->kind].stored);
    if (f->kind == LN_F32_) {
        const float v = at ? ln_bits_float(ln_le32(from->data + at)) : (float)f->fallback;
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

ln_status ln_options_parse(const ln_op *op, const ln_fb_table *from, ln_arena *arena, void *params,
                           ln_diag *diag)
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

/* The items of a list (or the characters of a string) and how many there are. */
static const char *list_of(const ln_field *f, const char *params, size_t *n)
{
    const char *items = params + f->offset;
    int count = 0;
    if (f->kind == LN_F32S_ || f->kind == LN_U8S_ || f->kind == LN_STR_)
        memcpy(&items, params + f->offset, sizeof items);
    if (f->kind == LN_STR_) {
        *n = items ? strlen(items) : 0;
    } else if (f->kind == LN_U8S_) {
        memcpy(n, params + f->count_offset, sizeof *n);
    } else {
        memcpy(&count, params + f->count_offset, sizeof count);
        *n = count > 0 ? (size_t)count : 0;
    }
    return items;
}

static ln_fb_ref write_list(const ln_field *f, const char *params, ln_fb_builder *b)
{
    size_t n;
    const char *items = list_of(f, params, &n);
    const size_t item = layouts[f->kind].item;
    if (f->kind == LN_STR_)
        return ln_fb_add_string(b, items);
    return n ? ln_fb_add_vector(b, items, n, item, item) : 0;
}

bool ln_options_is_default(const ln_field *f, const void *params)
{
    const char *member = (const char *)params + f->offset;
    if (f->kind == LN_F32_) {
        const float fallback = (float)f->fallback;
        return memcmp(member, &fallback, sizeof fallback) == 0;
    }
    if (layouts[f->kind].stored)
        return to_stored(f, load_member(f, member)) == (int64_t)f->fallback;
    size_t n;
    list_of(f, params, &n);
    return n == 0;
}

static void write_scalar(const ln_field *f, const char *params, ln_fb_builder *b)
{
    uint32_t bits;
    if (ln_options_is_default(f, params))
        return;
    if (f->kind == LN_F32_) {
        memcpy(&bits, params + f->offset, sizeof bits);
        ln_fb_set_bits(b, f->slot, bits, 4);
    } else {
        const int64_t v = to_stored(f, load_member(f, params + f->offset));
        ln_fb_set_bits(b, f->slot, (uint64_t)v, layouts[f->kind].stored);
    }
}

ln_fb_table ln_options_of(const ln_op *op, const ln_fb_table *from)
{
    const unsigned slot = op->options2 ? LN_Operator_builtin_options2 : LN_Operator_builtin_options;
    if (ln_fb_u8(from, slot - 1, 0) == op->options)
        return ln_fb_child(from, slot);
    return ln_fb_table_at(from->data, from->size, 0);
}

ln_fb_ref ln_options_write(const ln_op *op, const void *params, const ln_fb_table *source,
                           ln_fb_builder *b)
{
    const ln_fb_schema *schema = &ln_tflite_schema;
    const int table = ln_fb_union_table(
        schema, op->options2 ? LN_U_BuiltinOptions2 : LN_U_BuiltinOptions, op->options);
    const ln_field *fields = params && op->fields ? op->fields : &(ln_field){0};
    ln_fb_ref refs[LN_FB_MAX_SLOTS] = {0};
    uint64_t known = 0;
    for (const ln_field *f = fields; f->kind != LN_END_; f++) {
        if (f->slot >= LN_FB_MAX_SLOTS)
            continue;
        known |= (uint64_t)1 << f->slot;
        if (!layouts[f->kind].stored)
            refs[f->slot] = write_list(f, params, b);
    }
    if (source->pos && table >= 0)
        ln_fb_copy_children(b, schema, table, source, known, refs);
    ln_fb_begin(b);
    if (source->pos && table >= 0)
        ln_fb_copy_fields(b, schema, table, source, known, refs);
    for (const ln_field *f = fields; f->kind != LN_END_; f++) {
        if (layouts[f->kind].stored)
            write_scalar(f, params, b);
        else if (f->slot < LN_FB_MAX_SLOTS)
            ln_fb_set_ref(b, f->slot, refs[f->slot]);
    }
    return ln_fb_end(b);
}

static void print_item(const ln_field *f, const char *item, char *text, size_t size)
{
    float x;
    int64_t v;
    if (f->kind == LN_F32_ || f->kind == LN_F32S_) {
        memcpy(&x, item, sizeof x);
        snprintf(text, size, "%.9g", (double)x);
    } else if (layouts[f->kind].stored) {
        snprintf(text, size, "%lld", (long long)load_member(f, item));
    } else if (f->kind == LN_I64S_) {
        memcpy(&v, item, sizeof v);
        snprintf(text, size, "%lld", (long long)v);
    } else if (f->kind == LN_I32S_) {
        snprintf(text, size, "%d", ln_signed32(ln_le32((const uint8_t *)item)));
    } else {
        snprintf(text, size, "%d", *(const uint8_t *)item);
    }
}

void ln_options_print(const ln_field *f, const void *params,
                      void (*put)(void *user, const char *text), void *user)
{
    char text[40];
    size_t n;
    if (layouts[f->kind].stored) {
        print_item(f, (const char *)params + f->offset, text, sizeof text);
        put(user, text);
        return;
    }
    const char *items = list_of(f, params, &n);
    if (f->kind == LN_STR_) {
        put(user, "\"");
        put(user, items ? items : "");
        put(user, "\"");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        put(user, i ? ", " : "[");
        print_item(f, items + i * layouts[f->kind].item, text, sizeof text);
        put(user, text);
    }
    put(user, n ? "]" : "[]");
}
