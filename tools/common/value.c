/* SPDX-License-Identifier: Apache-2.0 */
/* value.c: arrays outside any model: types, items as numbers, strings.  Files are in npy.c. */
#include "common/value.h"

#include <math.h>
#include <string.h>

#include "common/tool.h"

static const struct type_row {
    TfLiteType type;
    const char *name;
    value_kind kind;
    size_t bytes;
} rows[] = {
    {kTfLiteFloat32, "FLOAT32", VALUE_FLOAT, 4},
    {kTfLiteFloat16, "FLOAT16", VALUE_FLOAT, 2},
    {kTfLiteInt32, "INT32", VALUE_INT, 4},
    {kTfLiteUInt8, "UINT8", VALUE_UINT, 1},
    {kTfLiteInt64, "INT64", VALUE_INT, 8},
    {kTfLiteString, "STRING", VALUE_STRING, 0},
    {kTfLiteBool, "BOOL", VALUE_UINT, 1},
    {kTfLiteInt16, "INT16", VALUE_INT, 2},
    {kTfLiteComplex64, "COMPLEX64", VALUE_COMPLEX, 8},
    {kTfLiteInt8, "INT8", VALUE_INT, 1},
    {kTfLiteFloat64, "FLOAT64", VALUE_FLOAT, 8},
    {kTfLiteComplex128, "COMPLEX128", VALUE_COMPLEX, 16},
    {kTfLiteUInt64, "UINT64", VALUE_UINT, 8},
    {kTfLiteResource, "RESOURCE", VALUE_UINT, 0},
    {kTfLiteVariant, "VARIANT", VALUE_UINT, 0},
    {kTfLiteUInt32, "UINT32", VALUE_UINT, 4},
    {kTfLiteUInt16, "UINT16", VALUE_UINT, 2},
    {kTfLiteInt4, "INT4", VALUE_INT, 1},
    {kTfLiteBFloat16, "BFLOAT16", VALUE_FLOAT, 2},
    {kTfLiteInt2, "INT2", VALUE_INT, 1},
    {kTfLiteUInt4, "UINT4", VALUE_UINT, 1},
};

static const struct type_row *row_of(TfLiteType type)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].type == type)
            return &rows[i];
    }
    return NULL;
}

void value_free(value *v)
{
    tool_free(v->data);
    memset(v, 0, sizeof *v);
}

size_t value_item_bytes(TfLiteType type)
{
    const struct type_row *row = row_of(type);
    return row ? row->bytes : 0;
}

const char *value_type_name(TfLiteType type)
{
    const struct type_row *row = row_of(type);
    return row ? row->name : type == kTfLiteNoType ? "NOTYPE" : "FLOAT8";
}

TfLiteType value_type_of_name(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].type;
    }
    return kTfLiteNoType;
}

value_kind value_kind_of(TfLiteType type)
{
    const struct type_row *row = row_of(type);
    return row ? row->kind : VALUE_UINT;
}

bool value_has_dims(const value *v, const TfLiteIntArray *dims)
{
    return dims && dims->size == v->rank &&
           (v->rank == 0 || memcmp(dims->data, v->dims, sizeof(int) * (size_t)v->rank) == 0);
}

void value_make(value *v, TfLiteType type, int rank, const int *dims)
{
    memset(v, 0, sizeof *v);
    v->type = type;
    v->rank = rank < VALUE_MAX_RANK ? rank : VALUE_MAX_RANK;
    v->count = 1;
    for (int i = 0; i < v->rank; i++) {
        v->dims[i] = dims[i] > 0 ? dims[i] : 0;
        v->count *= (size_t)v->dims[i];
    }
    v->bytes = v->count * value_item_bytes(type);
    v->data = tool_new(v->bytes, 1);
}

/* The bits of an integer item, zero-extended; widths 1, 2, 4, 8. */
static uint64_t bits_of(const value *v, size_t i)
{
    const size_t size = value_item_bytes(v->type);
    uint64_t bits = 0;
    for (size_t b = 0; b < size && b < 8; b++)
        bits |= (uint64_t)v->data[i * size + b] << (8 * b);
    return bits;
}

int64_t value_int(const value *v, size_t i)
{
    const uint64_t bits = bits_of(v, i);
    const size_t size = value_item_bytes(v->type);
    if (value_kind_of(v->type) != VALUE_INT || size == 0 || size >= 8)
        return (int64_t)bits;
    const uint64_t sign = (uint64_t)1 << (8 * size - 1);
    return (int64_t)((bits ^ sign) - sign);
}

static float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static double float_of_half(uint32_t h)
{
    const int exponent = (int)(h >> 10 & 31);
    const double mantissa = h & 1023, sign = h & 0x8000 ? -1.0 : 1.0;
    if (exponent == 31)
        return mantissa != 0 ? NAN : sign * INFINITY;
    if (exponent == 0)
        return sign * ldexp(mantissa, -24);
    return sign * ldexp(1024 + mantissa, exponent - 25);
}

double value_real(const value *v, size_t i, int part)
{
    float f;
    double d;
    switch (v->type) {
    case kTfLiteFloat32:
        memcpy(&f, v->data + 4 * i, sizeof f);
        return f;
    case kTfLiteComplex64:
        memcpy(&f, v->data + 8 * i + 4 * (size_t)part, sizeof f);
        return f;
    case kTfLiteFloat64:
        memcpy(&d, v->data + 8 * i, sizeof d);
        return d;
    case kTfLiteComplex128:
        memcpy(&d, v->data + 16 * i + 8 * (size_t)part, sizeof d);
        return d;
    case kTfLiteFloat16:
        return float_of_half((uint32_t)bits_of(v, i));
    case kTfLiteBFloat16:
        return float_of_bits((uint32_t)bits_of(v, i) << 16);
    case kTfLiteUInt64:
        return (double)bits_of(v, i);
    default:
        return (double)value_int(v, i);
    }
}

/* The nearest half to x, ties to even. */
static uint16_t half_of_float(double x)
{
    const uint16_t sign = signbit(x) ? 0x8000 : 0;
    const double a = fabs(x);
    if (isnan(x))
        return 0x7e00;
    if (a >= 65520)
        return sign | 0x7c00;
    int exponent;
    frexp(a, &exponent);
    if (a == 0 || exponent < -13)
        return (uint16_t)(sign | (uint16_t)nearbyint(ldexp(a, 24)));
    /* The mantissa's overflow carries into the exponent, as it should. */
    const uint32_t mantissa = (uint32_t)nearbyint(ldexp(a, 11 - exponent));
    return (uint16_t)(sign + ((uint32_t)(exponent + 13) << 10) + mantissa);
}

static uint16_t bfloat_of_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (isnan(x))
        return 0x7fc0;
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static int64_t clamp_int(double x, TfLiteType type)
{
    const bool is_signed = value_kind_of(type) == VALUE_INT;
    int width = (int)value_item_bytes(type) * 8;
    if (type == kTfLiteInt4 || type == kTfLiteUInt4)
        width = 4;
    else if (type == kTfLiteInt2)
        width = 2;
    else if (type == kTfLiteBool)
        width = 1;
    /* Beyond 53 bits a double has no unit left: limit - 1 would round up and overflow. */
    const int exact = width > 53 ? 53 : width;
    const double limit = ldexp(1, exact - (is_signed ? 1 : 0));
    const double low = is_signed ? -limit : 0, high = limit - 1;
    x = nearbyint(isnan(x) ? 0 : x);
    return (int64_t)(x < low ? low : x > high ? high : x);
}

void value_store(value *v, size_t i, double x)
{
    const size_t size = value_item_bytes(v->type);
    const float f = (float)x;
    uint64_t bits;
    if (v->type == kTfLiteFloat32 || v->type == kTfLiteComplex64) {
        memcpy(v->data + size * i, &f, sizeof f);
        return;
    }
    if (v->type == kTfLiteFloat64 || v->type == kTfLiteComplex128) {
        memcpy(v->data + size * i, &x, sizeof x);
        return;
    }
    if (v->type == kTfLiteFloat16)
        bits = half_of_float(x);
    else if (v->type == kTfLiteBFloat16)
        bits = bfloat_of_float(f);
    else
        bits = (uint64_t)clamp_int(x, v->type);
    for (size_t b = 0; b < size; b++)
        v->data[i * size + b] = (uint8_t)(bits >> (8 * b));
}

static int32_t packed_int(const value *v, size_t at)
{
    int32_t x;
    memcpy(&x, v->data + at, sizeof x);
    return x;
}

const char *value_string(const value *v, size_t i, size_t *n)
{
    if (v->bytes < 4 || packed_int(v, 0) < 0 || i >= (size_t)packed_int(v, 0) ||
        v->bytes < 4 * (i + 3))
        return NULL;
    const int32_t from = packed_int(v, 4 * (i + 1)), to = packed_int(v, 4 * (i + 2));
    if (from < 0 || to < from || (size_t)to > v->bytes)
        return NULL;
    *n = (size_t)(to - from);
    return (const char *)v->data + from;
}

void value_pack_strings(value *v, const char *const *texts, const size_t *sizes, size_t count)
{
    size_t total = 4 * (count + 2);
    for (size_t i = 0; i < count; i++)
        total += sizes[i];
    memset(v, 0, sizeof *v);
    v->type = kTfLiteString;
    v->rank = 1;
    v->dims[0] = (int)count;
    v->count = count;
    v->bytes = total;
    v->data = tool_new(total, 1);
    const int32_t n = (int32_t)count;
    memcpy(v->data, &n, sizeof n);
    int32_t at = (int32_t)(4 * (count + 2));
    for (size_t i = 0; i <= count; i++) {
        memcpy(v->data + 4 * (i + 1), &at, sizeof at);
        if (i < count && sizes[i] > 0)
            memcpy(v->data + at, texts[i], sizes[i]);
        at += i < count ? (int32_t)sizes[i] : 0;
    }
}
