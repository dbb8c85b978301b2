/* SPDX-License-Identifier: Apache-2.0 */
/* tensor.c: tensors of the file -> constants.  Bytes are used in place where they are ours as they
 * stand (raw_data in the model's arena, or mapped external data, aligned); everything else is
 * copied once: typed fields, all other floats as float32, integers of 2 and 4 bits as 8-bit ones.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/half.h"
#include "import/onnx/onnx.h"

static const struct {
    int elem;
    TfLiteType computes, stores;
    const char *name;
} types[] = {
    {LN_OX_FLOAT, kTfLiteFloat32, kTfLiteFloat32, "float"},
    {LN_OX_UINT8, kTfLiteUInt8, kTfLiteUInt8, "uint8"},
    {LN_OX_INT8, kTfLiteInt8, kTfLiteInt8, "int8"},
    {LN_OX_UINT16, kTfLiteUInt16, kTfLiteUInt16, "uint16"},
    {LN_OX_INT16, kTfLiteInt16, kTfLiteInt16, "int16"},
    {LN_OX_INT32, kTfLiteInt32, kTfLiteInt32, "int32"},
    {LN_OX_INT64, kTfLiteInt64, kTfLiteInt64, "int64"},
    {LN_OX_STRING, kTfLiteString, kTfLiteString, "string"},
    {LN_OX_BOOL, kTfLiteBool, kTfLiteBool, "bool"},
    {LN_OX_FLOAT16, kTfLiteFloat32, kTfLiteFloat16, "float16"},
    {LN_OX_DOUBLE, kTfLiteFloat32, kTfLiteFloat64, "double"},
    {LN_OX_UINT32, kTfLiteUInt32, kTfLiteUInt32, "uint32"},
    {LN_OX_UINT64, kTfLiteUInt64, kTfLiteUInt64, "uint64"},
    {LN_OX_BFLOAT16, kTfLiteFloat32, kTfLiteBFloat16, "bfloat16"},
    {LN_OX_UINT4, kTfLiteUInt8, kTfLiteUInt8, "uint4"},
    {LN_OX_INT4, kTfLiteInt8, kTfLiteInt8, "int4"},
    {LN_OX_UINT2, kTfLiteUInt8, kTfLiteUInt8, "uint2"},
    {LN_OX_INT2, kTfLiteInt8, kTfLiteInt8, "int2"},
    {LN_OX_FLOAT8E4M3FN, kTfLiteFloat32, kTfLiteNoType, "float8e4m3fn"},
    {LN_OX_FLOAT8E4M3FNUZ, kTfLiteFloat32, kTfLiteNoType, "float8e4m3fnuz"},
    {LN_OX_FLOAT8E5M2, kTfLiteFloat32, kTfLiteNoType, "float8e5m2"},
    {LN_OX_FLOAT8E5M2FNUZ, kTfLiteFloat32, kTfLiteNoType, "float8e5m2fnuz"},
    {LN_OX_FLOAT4E2M1, kTfLiteFloat32, kTfLiteNoType, "float4e2m1"},
    {LN_OX_FLOAT8E8M0, kTfLiteFloat32, kTfLiteNoType, "float8e8m0"},
};

TfLiteType ln_ox_type(int elem)
{
    for (size_t i = 0; i < LN_COUNTOF(types); i++)
        if (types[i].elem == elem)
            return types[i].computes;
    return kTfLiteNoType;
}

TfLiteType ln_ox_border_type(int elem)
{
    for (size_t i = 0; i < LN_COUNTOF(types); i++)
        if (types[i].elem == elem)
            return types[i].stores;
    return kTfLiteNoType;
}

const char *ln_ox_type_name(int elem)
{
    static const char *const others[] = {[14] = "complex64", [15] = "complex128"};
    for (size_t i = 0; i < LN_COUNTOF(types); i++)
        if (types[i].elem == elem)
            return types[i].name;
    return elem >= 0 && (size_t)elem < LN_COUNTOF(others) && others[elem] ? others[elem]
                                                                          : "an unknown type";
}

/* Bits of one item in raw_data. */
static size_t raw_bits(int elem)
{
    switch (elem) {
    case LN_OX_UINT2:
    case LN_OX_INT2:
        return 2;
    case LN_OX_UINT4:
    case LN_OX_INT4:
    case LN_OX_FLOAT4E2M1:
        return 4;
    default: /* floats that no tensor has: 8 bits */
        return ln_ox_border_type(elem) == kTfLiteNoType ? 8
                                                        : 8 * ln_type_size(ln_ox_border_type(elem));
    }
}

/* Items whose bytes are not those of a type of ours, or that share bytes. */
static bool is_narrow(int elem)
{
    return raw_bits(elem) < 8 || ln_ox_border_type(elem) == kTfLiteNoType;
}

static bool shape_of(ln_ox *o, const int64_t *dims, size_t n, ln_shape *s, size_t *count)
{
    *count = 1;
    if (n > LN_MAX_RANK) {
        LN_OX_FAIL(o, "a tensor of rank %zu, more than %d", n, (int)LN_MAX_RANK);
        return false;
    }
    s->rank = (int)n;
    for (size_t i = 0; i < n; i++) {
        if (dims[i] < 0 || dims[i] > INT32_MAX || !ln_mul_size(*count, (size_t)dims[i], count) ||
            *count > INT32_MAX) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "a tensor has dimension %lld", (long long)dims[i]);
            return false;
        }
        s->dim[i] = (int)dims[i];
    }
    return true;
}

/* ---- raw bytes ---- */

/* Where external data lies: a number in decimal, or `fallback`. */
static size_t entry(const Onnx__TensorProto *t, const char *key, size_t fallback)
{
    for (size_t i = 0; i < t->n_external_data; i++) {
        const Onnx__StringStringEntryProto *e = t->external_data[i];
        if (e->key && e->value && strcmp(e->key, key) == 0) {
            char *end;
            const unsigned long long v = strtoull(e->value, &end, 10);
            return *end || end == e->value || v > SIZE_MAX - 1 ? SIZE_MAX - 1 : (size_t)v;
        }
    }
    return fallback;
}

/* The tensor's raw bytes, from the message or from a file; NULL: it has typed fields, or fails. */
static const uint8_t *raw_bytes(ln_ox *o, const Onnx__TensorProto *t, size_t *n)
{
    if (t->data_location != 1) {
        *n = t->raw_data.len;
        return t->has_raw_data ? t->raw_data.data : NULL;
    }
    const char *name = NULL;
    for (size_t i = 0; i < t->n_external_data; i++)
        if (t->external_data[i]->key && strcmp(t->external_data[i]->key, "location") == 0)
            name = t->external_data[i]->value;
    if (!name) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "external data without a location");
        return NULL;
    }
    *n = entry(t, "length", SIZE_MAX);
    return ln_ox_external(o, name, entry(t, "offset", 0), n);
}

static float widened(int elem, const uint8_t *at)
{
    uint16_t h;
    double d;
    if (elem == LN_OX_DOUBLE) {
        memcpy(&d, at, sizeof d);
        return (float)d;
    }
    memcpy(&h, at, sizeof h);
    return elem == LN_OX_FLOAT16 ? ln_half_to_float(h) : ln_bf16_to_float(h);
}

/* Item i of 8 bits or less, the first of several in a byte in its lowest bits. */
static void narrow_item(int elem, const uint8_t *raw, size_t i, uint8_t *y)
{
    const unsigned bits = (unsigned)raw_bits(elem), each = 8 / bits;
    const unsigned v = raw[i / each] >> (i % each * bits) & ((1u << bits) - 1);
    if (ln_ox_type(elem) == kTfLiteFloat32)
        ((float *)(void *)y)[i] = ln_ox_narrow_value(elem, v);
    else if (elem == LN_OX_INT2 || elem == LN_OX_INT4)
        y[i] = (uint8_t)(v >> (bits - 1) ? v - (1u << bits) : v);
    else
        y[i] = (uint8_t)v;
}

static ln_id from_raw(ln_ox *o, int elem, const ln_shape *s, size_t count, ln_bytes raw)
{
    const TfLiteType type = ln_ox_type(elem);
    const uint8_t *bytes = raw.data;
    const size_t bits = raw_bits(elem), item = bits / 8, size = ln_type_size(type);
    const size_t wanted = item ? count * item : (count * bits + 7) / 8;
    if (raw.size != wanted)
        return ln_emit_fail(&o->e, LN_ERR_FORMAT, "a tensor of %zu items of %s has %zu bytes",
                            count, ln_ox_type_name(elem), raw.size);
    if (type == ln_ox_border_type(elem) && !is_narrow(elem))
        return ln_emit_constant(&o->e, type, s, bytes, raw.size, (uintptr_t)bytes % size != 0);
    uint8_t *y = ln_arena_new(&o->m->arena, count + 1, size);
    if (!y)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (is_narrow(elem))
            narrow_item(elem, bytes, i, y);
        else
            ((float *)(void *)y)[i] = widened(elem, bytes + i * item);
    }
    return ln_emit_constant(&o->e, type, s, y, count * size, false);
}

/* ---- typed fields ---- */

/* Item i of the field that this type uses, as 64 bits of it; doubles are floats already. */
static bool typed_item(const Onnx__TensorProto *t, int elem, size_t i, uint8_t *y)
{
    float f;
    uint16_t h;
    switch (elem) {
    case LN_OX_FLOAT:
        memcpy(y, &t->float_data[i], 4);
        return true;
    case LN_OX_DOUBLE:
        f = (float)t->double_data[i];
        memcpy(y, &f, 4);
        return true;
    case LN_OX_INT64:
        memcpy(y, &t->int64_data[i], 8);
        return true;
    case LN_OX_UINT64:
        memcpy(y, &t->uint64_data[i], 8);
        return true;
    case LN_OX_UINT32: {
        const uint32_t v = (uint32_t)t->uint64_data[i];
        memcpy(y, &v, 4);
        return true;
    }
    case LN_OX_FLOAT16:
    case LN_OX_BFLOAT16:
        h = (uint16_t)t->int32_data[i];
        f = widened(elem, (const uint8_t *)&h);
        memcpy(y, &f, 4);
        return true;
    case LN_OX_INT32:
        memcpy(y, &t->int32_data[i], 4);
        return true;
    case LN_OX_INT16:
    case LN_OX_UINT16:
        h = (uint16_t)t->int32_data[i];
        memcpy(y, &h, 2);
        return true;
    default: /* bool, int8, uint8 */
        *y = elem == LN_OX_BOOL ? t->int32_data[i] != 0 : (uint8_t)t->int32_data[i];
        return true;
    }
}

static size_t typed_count(const Onnx__TensorProto *t, int elem)
{
    switch (elem) {
    case LN_OX_FLOAT:
        return t->n_float_data;
    case LN_OX_DOUBLE:
        return t->n_double_data;
    case LN_OX_INT64:
        return t->n_int64_data;
    case LN_OX_UINT32:
    case LN_OX_UINT64:
        return t->n_uint64_data;
    default:
        return t->n_int32_data;
    }
}

static ln_id from_bytes(ln_ox *o, const Onnx__TensorProto *t, const ln_shape *s, size_t count)
{
    uint8_t *packed = ln_arena_new(&o->m->arena, 1, t->n_int32_data + 1);
    if (!packed)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < t->n_int32_data; i++)
        packed[i] = (uint8_t)t->int32_data[i];
    return from_raw(o, t->data_type, s, count, (ln_bytes){packed, t->n_int32_data});
}

static ln_id from_typed(ln_ox *o, const Onnx__TensorProto *t, const ln_shape *s, size_t count)
{
    const TfLiteType type = ln_ox_type(t->data_type);
    const size_t size = ln_type_size(type);
    if (is_narrow(t->data_type))
        return from_bytes(o, t, s, count);
    if (typed_count(t, t->data_type) != count)
        return ln_emit_fail(&o->e, LN_ERR_FORMAT, "a tensor of %zu items of %s has %zu", count,
                            ln_ox_type_name(t->data_type), typed_count(t, t->data_type));
    uint8_t *y = ln_arena_new(&o->m->arena, count + 1, size);
    if (!y)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        typed_item(t, t->data_type, i, y + i * size);
    return ln_emit_constant(&o->e, type, s, y, count * size, false);
}

static ln_id from_strings(ln_ox *o, const Onnx__TensorProto *t, const ln_shape *s, size_t count)
{
    const char **texts = ln_arena_new(&o->m->arena, count + 1, sizeof *texts);
    size_t *lengths = ln_arena_new(&o->m->arena, count + 1, sizeof *lengths);
    if (!texts || !lengths)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    if (t->n_string_data != count)
        return ln_emit_fail(&o->e, LN_ERR_FORMAT, "a tensor of %zu strings has %zu", count,
                            t->n_string_data);
    for (size_t i = 0; i < count; i++) {
        texts[i] = (const char *)t->string_data[i].data;
        lengths[i] = t->string_data[i].len;
    }
    return ln_emit_strings(&o->e, s, texts, lengths, (int)count);
}

ln_id ln_ox_tensor(ln_ox *o, const Onnx__TensorProto *t)
{
    ln_shape s;
    size_t count, n = 0;
    if (!ln_ox_ok(o) || !shape_of(o, t->dims, t->n_dims, &s, &count))
        return -1;
    if (ln_ox_type(t->data_type) == kTfLiteNoType)
        return ln_emit_fail(&o->e, LN_ERR_UNSUPPORTED, "a tensor of %s",
                            ln_ox_type_name(t->data_type));
    if (t->data_type == LN_OX_STRING)
        return from_strings(o, t, &s, count);
    const uint8_t *raw = raw_bytes(o, t, &n);
    if (!ln_ox_ok(o))
        return -1;
    if (raw)
        ln_ox_files_read(o, n);
    return raw || (n == 0 && t->has_raw_data)
               ? from_raw(o, t->data_type, &s, count, (ln_bytes){raw, n})
               : from_typed(o, t, &s, count);
}

/* ---- sparse tensors ---- */

/* The place of item i: linear, or a row of coordinates; -1 when it is outside. */
static int64_t place(const TfLiteTensor *at, const ln_shape *s, int i)
{
    int64_t index = 0;
    if (at->dims->size == 1)
        return at->data.i64[i];
    for (int k = 0; k < s->rank; k++) {
        const int64_t v = at->data.i64[i * s->rank + k];
        if (v < 0 || v >= s->dim[k])
            return -1;
        index = index * s->dim[k] + v;
    }
    return index;
}

ln_id ln_ox_sparse(ln_ox *o, const Onnx__SparseTensorProto *t)
{
    ln_shape s;
    size_t count;
    if (!t->values || !t->indices)
        return ln_emit_fail(&o->e, LN_ERR_FORMAT, "a sparse tensor without values or indices");
    const ln_id values = ln_ox_tensor(o, t->values), indices = ln_ox_tensor(o, t->indices);
    if (!ln_ox_ok(o) || !shape_of(o, t->dims, t->n_dims, &s, &count))
        return -1;
    const TfLiteTensor *v = ln_emit_tensor(&o->e, values), *at = ln_emit_tensor(&o->e, indices);
    const size_t size = ln_type_size(v->type);
    const int n = ln_count(v);
    if (!size || count > 1 << 26 || at->type != kTfLiteInt64 || at->dims->size < 1 ||
        ln_count(at) != (at->dims->size == 1 ? n : n * s.rank))
        return ln_emit_fail(&o->e, LN_ERR_FORMAT, "a sparse tensor's indices do not fit");
    uint8_t *y = ln_arena_new(&o->m->arena, count + 1, size);
    if (!y)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int i = 0; i < n; i++) {
        const int64_t index = place(at, &s, i);
        if (index < 0 || (uint64_t)index >= count)
            return ln_emit_fail(&o->e, LN_ERR_FORMAT, "a sparse tensor's index is outside of it");
        memcpy(y + (size_t)index * size, v->data.raw_const + (size_t)i * size, size);
    }
    return ln_emit_constant(&o->e, v->type, &s, y, count * size, false);
}
