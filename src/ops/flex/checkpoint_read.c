/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_read.c: reads files of named tensors; see checkpoint.h.  Blocks that are compressed
 * and tensors in several slices are refused: TensorFlow's own Save writes neither. */
#include <string.h>

#include "fb/reader.h"
#include "ops/flex/checkpoint.h"

/* TensorFlow's numbers of types. */
static const uint8_t types[] = {
    [1] = kTfLiteFloat32, [2] = kTfLiteFloat64, [3] = kTfLiteInt32,
    [4] = kTfLiteUInt8,   [5] = kTfLiteInt16,   [6] = kTfLiteInt8,
    [7] = kTfLiteString,  [9] = kTfLiteInt64,   [10] = kTfLiteBool,
};

int ln_type_to_tensorflow(TfLiteType type)
{
    for (size_t i = 1; i < LN_COUNTOF(types); i++)
        if (types[i] == type && type != kTfLiteNoType)
            return (int)i;
    return 0;
}

TfLiteType ln_type_from_tensorflow(uint64_t number)
{
    return number < LN_COUNTOF(types) ? (TfLiteType)types[number] : kTfLiteNoType;
}

/* ---- the table ---- */

enum { FOOTER = 48, TRAILER = 5 };

static ln_status broken(ln_diag *diag, const char *what)
{
    return ln_fail(diag, LN_ERR_FORMAT, "the checkpoint is broken: %s", what);
}

/* The block of a handle: its entries, without restart points. */
static ln_status open_block(const uint8_t *data, size_t n, ln_wire *handle, ln_wire *out,
                            ln_diag *diag)
{
    uint64_t at, size;
    if (!ln_wire_varint(handle, &at) || !ln_wire_varint(handle, &size) || at > n || size < 4 ||
        size > n - at || n - at - size < TRAILER)
        return broken(diag, "a block lies outside of it");
    const uint8_t *b = data + at;
    if (b[size] != 0)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "the checkpoint is compressed");
    const uint64_t restarts = ln_le32(b + size - 4);
    if (restarts > (size - 4) / 4)
        return broken(diag, "a block has too many restart points");
    *out = (ln_wire){b, b + size - 4 - 4 * restarts};
    return LN_OK;
}

/* The value of the next entry; keys are not needed: values carry names. */
static bool next_value(ln_wire *block, ln_wire *value)
{
    uint64_t shared, own, size;
    if (block->at == block->end || !ln_wire_varint(block, &shared) ||
        !ln_wire_varint(block, &own) || !ln_wire_varint(block, &size))
        return false;
    const uint64_t left = (uint64_t)(block->end - block->at);
    if (own > left || size > left - own)
        return false;
    *value = (ln_wire){block->at + own, block->at + own + size};
    block->at = value->end;
    return true;
}

/* ---- messages ---- */

static bool is_text(const ln_wire *b, ln_string s)
{
    return (size_t)(b->end - b->at) == s.n && (s.n == 0 || memcmp(b->at, s.text, s.n) == 0);
}

static bool message_named(ln_wire b, ln_string name)
{
    ln_wire_field f;
    return ln_wire_find(b, 1, &f) ? f.wire == 2 && is_text(&f.body, name) : name.n == 0;
}

static ln_status read_shape(ln_wire b, ln_saved *out, ln_diag *diag)
{
    ln_wire_field f, size;
    out->shape = (ln_shape){0};
    while (ln_wire_next(&b, &f)) {
        if (f.number != 2 || f.wire != 2)
            continue;
        const int64_t dim = ln_wire_find(f.body, 1, &size) ? ln_signed64(size.value) : 0;
        if (out->shape.rank == LN_MAX_RANK || dim < 0 || dim > INT32_MAX)
            return broken(diag, "a shape is too large");
        out->shape.dim[out->shape.rank++] = (int)dim;
    }
    return ln_shape_known(&out->shape) ? LN_OK : broken(diag, "a shape is too large");
}

/* Type and shape of the tensor, from the SavedTensorSliceMeta. */
static ln_status read_meta(ln_wire meta, ln_string name, ln_saved *out, ln_diag *diag)
{
    ln_wire_field f, type, shape;
    while (ln_wire_next(&meta, &f)) {
        if (f.number != 1 || f.wire != 2 || !message_named(f.body, name))
            continue;
        out->type =
            ln_wire_find(f.body, 3, &type) ? ln_type_from_tensorflow(type.value) : kTfLiteNoType;
        if (out->type == kTfLiteNoType)
            return ln_fail(diag, LN_ERR_UNSUPPORTED, "tensor %.*s has a type that is not supported",
                           (int)name.n, name.text);
        return read_shape(ln_wire_find(f.body, 2, &shape) ? shape.body : (ln_wire){0}, out, diag);
    }
    return ln_fail(diag, LN_ERR_ARGUMENT, "the checkpoint has no tensor %.*s", (int)name.n,
                   name.text);
}

/* Looks at one SavedTensorSlices message. */
static ln_status look_at(ln_wire value, ln_string name, ln_saved *out, ln_diag *diag)
{
    ln_wire_field f, data;
    if (ln_wire_find(value, 1, &f) && f.wire == 2)
        return read_meta(f.body, name, out, diag);
    if (ln_wire_find(value, 2, &f) && f.wire == 2 && message_named(f.body, name)) {
        if (out->data.at)
            return ln_fail(diag, LN_ERR_UNSUPPORTED, "tensor %.*s is in several slices",
                           (int)name.n, name.text);
        if (!ln_wire_find(f.body, 3, &data) || data.wire != 2)
            return broken(diag, "a tensor has no data");
        out->data = data.body;
    }
    return LN_OK;
}

ln_status ln_checkpoint_find(const uint8_t *data, size_t n, ln_string name, ln_saved *out,
                             ln_diag *diag)
{
    static const uint8_t magic[] = {0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb};
    uint64_t unused;
    ln_wire index, handle, block, value;
    *out = (ln_saved){.type = kTfLiteNoType};
    if (n < FOOTER || memcmp(data + n - 8, magic, 8) != 0)
        return broken(diag, "it does not end as one");
    ln_wire footer = {data + n - FOOTER, data + n - 8};
    if (!ln_wire_varint(&footer, &unused) || !ln_wire_varint(&footer, &unused))
        return broken(diag, "its footer is cut off");
    LN_TRY(open_block(data, n, &footer, &index, diag));
    while (next_value(&index, &handle)) {
        LN_TRY(open_block(data, n, &handle, &block, diag));
        while (next_value(&block, &value))
            LN_TRY(look_at(value, name, out, diag));
    }
    if (out->type == kTfLiteNoType || !out->data.at)
        return ln_fail(diag, LN_ERR_FORMAT, "the checkpoint has no tensor %.*s", (int)name.n,
                       name.text);
    return LN_OK;
}

/* ---- items ---- */

static void set_integer(TfLiteTensor *t, int i, uint64_t v)
{
    switch (t->type) {
    case kTfLiteInt64:
        t->data.u64[i] = v;
        break;
    case kTfLiteInt32:
        t->data.i32[i] = ln_signed32((uint32_t)v);
        break;
    case kTfLiteInt16:
        t->data.i16[i] = (int16_t)ln_signed32((uint32_t)v);
        break;
    case kTfLiteBool:
        t->data.b[i] = v != 0;
        break;
    default: /* int8, uint8 */
        t->data.uint8[i] = (uint8_t)v;
    }
}

/* How many numbers of the TensorProto went to `t`; -1: more than it has room for. */
static int load_numbers(ln_wire b, unsigned number, TfLiteTensor *t)
{
    const size_t size = ln_type_size(t->type);
    const bool real = t->type == kTfLiteFloat32 || t->type == kTfLiteFloat64;
    const int count = ln_count(t);
    int n = 0;
    for (ln_wire_field f; ln_wire_next(&b, &f);) {
        if (f.number != number)
            continue;
        if (real && f.wire == 2) {
            const size_t more = (size_t)(f.body.end - f.body.at) / size;
            if (more > (size_t)(count - n))
                return -1;
            memcpy(t->data.raw + size * (size_t)n, f.body.at, more * size);
            n += (int)more;
            continue;
        }
        uint64_t v = f.value;
        while (f.wire != 2 || (f.body.at < f.body.end && ln_wire_varint(&f.body, &v))) {
            if (n == count)
                return -1;
            if (real)
                memcpy(t->data.raw + size * (size_t)n, &v, size); /* little-endian, as the file */
            else
                set_integer(t, n, v);
            n++;
            if (f.wire != 2)
                break;
        }
    }
    return n;
}

typedef struct texts {
    ln_wire start, now;
} texts;

/* String k, asked for in order. */
static ln_string get_text(void *arg, int k)
{
    texts *x = arg;
    x->now = k == 0 ? x->start : x->now;
    for (ln_wire_field f; ln_wire_next(&x->now, &f);)
        if (f.number == 8 && f.wire == 2)
            return (ln_string){(const char *)f.body.at, (size_t)(f.body.end - f.body.at)};
    return (ln_string){"", 0};
}

static ln_status load_texts(ln_call *c, int out, const ln_saved *saved)
{
    texts x = {.start = saved->data};
    ln_wire b = saved->data;
    const int count = ln_count(c->out[out]);
    int n = 0;
    for (ln_wire_field f; n < INT32_MAX && ln_wire_next(&b, &f);)
        n += f.number == 8 && f.wire == 2;
    LN_CHECK(c, n == count, "the tensor has %d strings, not %d", n, count);
    return ln_strings_write(c, out, count, get_text, &x);
}

ln_status ln_checkpoint_load(ln_call *c, int out, const ln_saved *saved)
{
    TfLiteTensor *t = c->out[out];
    if (t->type == kTfLiteString)
        return load_texts(c, out, saved);
    const unsigned number = t->type == kTfLiteFloat32   ? 5
                            : t->type == kTfLiteFloat64 ? 6
                            : t->type == kTfLiteInt64   ? 10
                            : t->type == kTfLiteBool    ? 11
                                                        : 7;
    const int n = load_numbers(saved->data, number, t);
    LN_CHECK(c, n == ln_count(t), "the tensor has %d numbers, not %d", n, ln_count(t));
    return LN_OK;
}
