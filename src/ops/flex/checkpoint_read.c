/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint_read.c: reads files of named tensors; see checkpoint.h.  Blocks that are compressed
 * and tensors in several slices are refused: TensorFlow's own Save writes neither. */
#include <string.h>

#include "base/leveldb.h"
#include "fb/reader.h"
#include "ops/elementwise.h"
#include "ops/flex/checkpoint.h"
#include "ops/flex/types.h"

bool ln_checkpoint_takes(TfLiteType type)
{
    return ln_type_in(type, LN_BIT(Float32) | LN_BIT(Float64) | LN_SIGNED | LN_BIT(UInt8) |
                                LN_BIT(String) | LN_BIT(Bool));
}

/* ---- messages ---- */

static bool message_named(ln_proto b, ln_string name)
{
    ln_proto_field f;
    if (!ln_proto_find(b, 1, &f))
        return name.n == 0;
    return f.wire == LN_PROTO_BYTES && f.value == name.n &&
           (name.n == 0 || memcmp(f.data, name.text, name.n) == 0);
}

static ln_status broken(ln_diag *diag, const char *what)
{
    return ln_fail(diag, LN_ERR_FORMAT, "the checkpoint is broken: %s", what);
}

static ln_status read_shape(ln_proto b, ln_saved *out, ln_diag *diag)
{
    ln_proto_field f, size;
    out->shape = (ln_shape){0};
    while (ln_proto_next(&b, &f)) {
        if (f.number != 2 || f.wire != LN_PROTO_BYTES)
            continue;
        const int64_t dim =
            ln_proto_find(ln_proto_inside(&f), 1, &size) ? ln_signed64(size.value) : 0;
        if (out->shape.rank == LN_MAX_RANK || dim < 0 || dim > INT32_MAX)
            return broken(diag, "a shape is too large");
        out->shape.dim[out->shape.rank++] = (int)dim;
    }
    return ln_shape_known(&out->shape) ? LN_OK : broken(diag, "a shape is too large");
}

/* Type and shape of the tensor, from the SavedTensorSliceMeta. */
static ln_status read_meta(ln_proto meta, ln_string name, ln_saved *out, ln_diag *diag)
{
    ln_proto_field f, type, shape;
    while (ln_proto_next(&meta, &f)) {
        const ln_proto one = ln_proto_inside(&f);
        if (f.number != 1 || one.bad || !message_named(one, name))
            continue;
        out->type =
            ln_proto_find(one, 3, &type) ? ln_type_from_tensorflow(type.value) : kTfLiteNoType;
        if (!ln_checkpoint_takes(out->type))
            return ln_fail(diag, LN_ERR_UNSUPPORTED, "tensor %.*s has a type that is not supported",
                           (int)name.n, name.text);
        return read_shape(ln_proto_find(one, 2, &shape) ? ln_proto_inside(&shape) : (ln_proto){0},
                          out, diag);
    }
    return ln_fail(diag, LN_ERR_ARGUMENT, "the checkpoint has no tensor %.*s", (int)name.n,
                   name.text);
}

/* Looks at one SavedTensorSlices message. */
static ln_status look_at(ln_proto value, ln_string name, ln_saved *out, ln_diag *diag)
{
    ln_proto_field f, data;
    if (ln_proto_find(value, 1, &f) && f.wire == LN_PROTO_BYTES)
        return read_meta(ln_proto_inside(&f), name, out, diag);
    if (!ln_proto_find(value, 2, &f) || f.wire != LN_PROTO_BYTES ||
        !message_named(ln_proto_inside(&f), name))
        return LN_OK;
    if (out->data.p)
        return ln_fail(diag, LN_ERR_UNSUPPORTED, "tensor %.*s is in several slices", (int)name.n,
                       name.text);
    if (!ln_proto_find(ln_proto_inside(&f), 3, &data) || data.wire != LN_PROTO_BYTES)
        return broken(diag, "a tensor has no data");
    out->data = ln_proto_inside(&data);
    return LN_OK;
}

ln_status ln_checkpoint_find(const uint8_t *data, size_t n, ln_string name, ln_arena *arena,
                             ln_saved *out, ln_diag *diag)
{
    static const ln_leveldb_kind kind = {"the checkpoint", 1 << 16, false};
    ln_leveldb table;
    *out = (ln_saved){.type = kTfLiteNoType};
    LN_TRY(ln_leveldb_read(&table, data, n, &kind, arena, diag));
    for (size_t i = 0; i < table.n; i++)
        LN_TRY(look_at(ln_proto_of(table.at[i].value, table.at[i].n_value), name, out, diag));
    if (out->type == kTfLiteNoType || !out->data.p)
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

/* Bytes of packed floats, or of a single one, as they lie in the file: little-endian, as here. */
static int load_floats(const ln_proto_field *f, TfLiteTensor *t, int n)
{
    const size_t size = ln_type_size(t->type), more = (size_t)f->value / size;
    if (f->wire == LN_PROTO_VARINT || more > (size_t)(ln_count(t) - n))
        return -1;
    memcpy(t->data.raw + size * (size_t)n, f->data, more * size);
    return n + (int)more;
}

/* How many numbers of the TensorProto went to `t`; -1: more than it has room for. */
static int load_numbers(ln_proto b, int number, TfLiteTensor *t)
{
    const bool real = t->type == kTfLiteFloat32 || t->type == kTfLiteFloat64;
    const int count = ln_count(t);
    int n = 0;
    for (ln_proto_field f; n >= 0 && ln_proto_next(&b, &f);) {
        if (f.number != number)
            continue;
        if (real) {
            n = load_floats(&f, t, n);
            continue;
        }
        ln_proto packed = ln_proto_inside(&f);
        for (uint64_t v; ln_proto_number(&f, &packed, &v); n++) {
            if (n == count)
                return -1;
            set_integer(t, n, v);
        }
    }
    return n;
}

typedef struct texts {
    ln_proto start, now;
} texts;

/* String k, asked for in order. */
static ln_string get_text(void *arg, int k)
{
    texts *x = arg;
    x->now = k == 0 ? x->start : x->now;
    for (ln_proto_field f; ln_proto_next(&x->now, &f);)
        if (f.number == 8 && f.wire == LN_PROTO_BYTES)
            return (ln_string){(const char *)f.data, (size_t)f.value};
    return (ln_string){"", 0};
}

static ln_status load_texts(ln_call *c, int out, const ln_saved *saved)
{
    texts x = {.start = saved->data};
    ln_proto b = saved->data;
    const int count = ln_count(c->out[out]);
    int n = 0;
    for (ln_proto_field f; n < INT32_MAX && ln_proto_next(&b, &f);)
        n += f.number == 8 && f.wire == LN_PROTO_BYTES;
    LN_CHECK(c, n == count, "the tensor has %d strings, not %d", n, count);
    return ln_strings_write(c, out, count, get_text, &x);
}

ln_status ln_checkpoint_load(ln_call *c, int out, const ln_saved *saved)
{
    TfLiteTensor *t = c->out[out];
    if (t->type == kTfLiteString)
        return load_texts(c, out, saved);
    const int number = t->type == kTfLiteFloat32   ? 5
                       : t->type == kTfLiteFloat64 ? 6
                       : t->type == kTfLiteInt64   ? 10
                       : t->type == kTfLiteBool    ? 11
                                                   : 7;
    const int n = load_numbers(saved->data, number, t);
    LN_CHECK(c, n == ln_count(t), "the tensor has %d numbers, not %d", n, ln_count(t));
    return LN_OK;
}
