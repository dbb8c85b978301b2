/* SPDX-License-Identifier: Apache-2.0 */
/* lanes.c: items of any tensor type as items of a few plain C types, and back; see
 * elementwise.h.  Also the packed 4- and 2-bit types. */
#include <string.h>

#include "base/half.h"
#include "ops/elementwise.h"

size_t ln_lane_size(ln_lane lane, TfLiteType type)
{
    switch (lane) {
    case LN_RAW:
        return ln_type_size(type);
    case LN_F32:
    case LN_I32:
        return 4;
    default:
        return 8;
    }
}

bool ln_lane_native(ln_lane lane, TfLiteType type)
{
    return lane == LN_RAW || (lane == LN_F32 && type == kTfLiteFloat32) ||
           (lane == LN_F64 && type == kTfLiteFloat64) || (lane == LN_I32 && type == kTfLiteInt32) ||
           (lane == LN_I64 && type == kTfLiteInt64);
}

#define LOAD(L, T)                           \
    do {                                     \
        const T *x = (const T *)data + from; \
        L *y = buffer;                       \
        for (int i = 0; i < n; i++)          \
            y[i] = (L)x[i];                  \
    } while (0)
#define LOAD_HALF(L, convert)                              \
    do {                                                   \
        const uint16_t *x = (const uint16_t *)data + from; \
        L *y = buffer;                                     \
        for (int i = 0; i < n; i++)                        \
            y[i] = convert(x[i]);                          \
    } while (0)

static void load_halves(const uint16_t *restrict x, int n, float *restrict y)
{
    enum { BLOCK = 16 };
    for (; n >= BLOCK; n -= BLOCK, x += BLOCK, y += BLOCK)
        for (int i = 0; i < BLOCK; i++)
            y[i] = ln_half_to_float(x[i]);
    while (n-- > 0)
        *y++ = ln_half_to_float(*x++);
}

static void load_f32(TfLiteType type, const void *data, int64_t from, int n, void *buffer)
{
    if (type == kTfLiteFloat16)
        load_halves((const uint16_t *)data + from, n, buffer);
    else if (type == kTfLiteBFloat16)
        LOAD_HALF(float, ln_bf16_to_float);
}

static void load_i32(TfLiteType type, const void *data, int64_t from, int n, void *buffer)
{
    switch (type) {
    case kTfLiteBool:
    case kTfLiteUInt8:
        LOAD(int32_t, uint8_t);
        break;
    case kTfLiteInt8:
        LOAD(int32_t, int8_t);
        break;
    case kTfLiteInt16:
        LOAD(int32_t, int16_t);
        break;
    case kTfLiteUInt16:
        LOAD(int32_t, uint16_t);
        break;
    default:
        break;
    }
}

static void load_i64(TfLiteType type, const void *data, int64_t from, int n, void *buffer)
{
    switch (type) {
    case kTfLiteBool:
    case kTfLiteUInt8:
        LOAD(int64_t, uint8_t);
        break;
    case kTfLiteInt8:
        LOAD(int64_t, int8_t);
        break;
    case kTfLiteInt16:
        LOAD(int64_t, int16_t);
        break;
    case kTfLiteUInt16:
        LOAD(int64_t, uint16_t);
        break;
    case kTfLiteInt32:
        LOAD(int64_t, int32_t);
        break;
    case kTfLiteUInt32:
        LOAD(int64_t, uint32_t);
        break;
    case kTfLiteUInt64:
        LOAD(int64_t, uint64_t);
        break;
    default:
        break;
    }
}

static void load_f64(TfLiteType type, const void *data, int64_t from, int n, void *buffer)
{
    switch (type) {
    case kTfLiteFloat32:
        LOAD(double, float);
        break;
    case kTfLiteFloat16:
        LOAD_HALF(double, ln_half_to_float);
        break;
    case kTfLiteBFloat16:
        LOAD_HALF(double, ln_bf16_to_float);
        break;
    case kTfLiteBool:
    case kTfLiteUInt8:
        LOAD(double, uint8_t);
        break;
    case kTfLiteInt8:
        LOAD(double, int8_t);
        break;
    case kTfLiteInt16:
        LOAD(double, int16_t);
        break;
    case kTfLiteUInt16:
        LOAD(double, uint16_t);
        break;
    case kTfLiteInt32:
        LOAD(double, int32_t);
        break;
    case kTfLiteUInt32:
        LOAD(double, uint32_t);
        break;
    case kTfLiteInt64:
        LOAD(double, int64_t);
        break;
    case kTfLiteUInt64:
        LOAD(double, uint64_t);
        break;
    default:
        break;
    }
}

const void *ln_lane_load(ln_lane lane, TfLiteType type, const void *data, int64_t from, int n,
                         void *buffer)
{
    if (ln_lane_native(lane, type))
        return (const char *)data + (size_t)from * ln_type_size(type);
    switch (lane) {
    case LN_F32:
        load_f32(type, data, from, n, buffer);
        break;
    case LN_I32:
        load_i32(type, data, from, n, buffer);
        break;
    case LN_I64:
        load_i64(type, data, from, n, buffer);
        break;
    default:
        load_f64(type, data, from, n, buffer);
        break;
    }
    return buffer;
}

#define STORE(L, T, expr)           \
    do {                            \
        const L *x = values;        \
        T *y = (T *)data + from;    \
        for (int i = 0; i < n; i++) \
            y[i] = (T)(expr);       \
    } while (0)

static void store_i64(TfLiteType type, void *data, int64_t from, int n, const void *values)
{
    switch (type) {
    case kTfLiteBool:
        STORE(int64_t, uint8_t, x[i] != 0);
        break;
    case kTfLiteUInt8:
    case kTfLiteInt8:
        STORE(int64_t, uint8_t, x[i]);
        break;
    case kTfLiteInt16:
    case kTfLiteUInt16:
        STORE(int64_t, uint16_t, x[i]);
        break;
    case kTfLiteInt32:
    case kTfLiteUInt32:
        STORE(int64_t, uint32_t, x[i]);
        break;
    case kTfLiteInt64:
    case kTfLiteUInt64:
        STORE(int64_t, uint64_t, x[i]);
        break;
    case kTfLiteFloat32:
        STORE(int64_t, float, x[i]);
        break;
    case kTfLiteFloat64:
        STORE(int64_t, double, x[i]);
        break;
    case kTfLiteFloat16:
        STORE(int64_t, uint16_t, ln_float_to_half((float)x[i]));
        break;
    case kTfLiteBFloat16:
        STORE(int64_t, uint16_t, ln_float_to_bf16((float)x[i]));
        break;
    default:
        break;
    }
}

static void store_i32(TfLiteType type, void *data, int64_t from, int n, const void *values)
{
    switch (type) {
    case kTfLiteBool:
        STORE(int32_t, uint8_t, x[i] != 0);
        break;
    case kTfLiteUInt8:
    case kTfLiteInt8:
        STORE(int32_t, uint8_t, x[i]);
        break;
    case kTfLiteInt16:
    case kTfLiteUInt16:
        STORE(int32_t, uint16_t, x[i]);
        break;
    case kTfLiteInt32:
        STORE(int32_t, int32_t, x[i]);
        break;
    case kTfLiteInt64:
        STORE(int32_t, int64_t, x[i]);
        break;
    default:
        break;
    }
}

static void store_f32(TfLiteType type, void *data, int64_t from, int n, const void *values)
{
    switch (type) {
    case kTfLiteFloat32:
        STORE(float, float, x[i]);
        break;
    case kTfLiteFloat16:
        STORE(float, uint16_t, ln_float_to_half(x[i]));
        break;
    case kTfLiteBFloat16:
        STORE(float, uint16_t, ln_float_to_bf16(x[i]));
        break;
    case kTfLiteBool:
        STORE(float, uint8_t, x[i] != 0);
        break;
    default:
        break;
    }
}

/* x towards zero; what does not fit saturates, NaN gives max.  `limit` is max + 1. */
static int64_t saturate(double x, int64_t min, double limit, int64_t max)
{
    if (x != x || x >= limit)
        return max;
    return x <= (double)min ? min : (int64_t)x;
}

static uint64_t saturate_u64(double x)
{
    if (x != x || x >= 18446744073709551616.)
        return UINT64_MAX;
    return x <= 0 ? 0 : (uint64_t)x;
}

#define SATURATE(T, min, max) STORE(double, T, saturate(x[i], min, (double)(max) + 1, max))

static void store_f64(TfLiteType type, void *data, int64_t from, int n, const void *values)
{
    switch (type) {
    case kTfLiteFloat64:
        STORE(double, double, x[i]);
        break;
    case kTfLiteFloat32:
        STORE(double, float, x[i]);
        break;
    case kTfLiteFloat16:
        STORE(double, uint16_t, ln_float_to_half((float)x[i]));
        break;
    case kTfLiteBFloat16:
        STORE(double, uint16_t, ln_float_to_bf16((float)x[i]));
        break;
    case kTfLiteBool:
        STORE(double, uint8_t, x[i] != 0);
        break;
    case kTfLiteInt8:
        SATURATE(int8_t, INT8_MIN, INT8_MAX);
        break;
    case kTfLiteUInt8:
        SATURATE(uint8_t, 0, UINT8_MAX);
        break;
    case kTfLiteInt16:
        SATURATE(int16_t, INT16_MIN, INT16_MAX);
        break;
    case kTfLiteUInt16:
        SATURATE(uint16_t, 0, UINT16_MAX);
        break;
    case kTfLiteInt32:
        SATURATE(int32_t, INT32_MIN, INT32_MAX);
        break;
    case kTfLiteUInt32:
        SATURATE(uint32_t, 0, UINT32_MAX);
        break;
    case kTfLiteInt64:
        STORE(double, int64_t, saturate(x[i], INT64_MIN, 9223372036854775808., INT64_MAX));
        break;
    case kTfLiteUInt64:
        STORE(double, uint64_t, saturate_u64(x[i]));
        break;
    default:
        break;
    }
}

void ln_lane_store(ln_lane lane, TfLiteType type, void *data, int64_t from, int n,
                   const void *values)
{
    const size_t size = ln_type_size(type);
    switch (lane) {
    case LN_RAW:
        memcpy((char *)data + (size_t)from * size, values, (size_t)n * size);
        break;
    case LN_F32:
        store_f32(type, data, from, n, values);
        break;
    case LN_I32:
        store_i32(type, data, from, n, values);
        break;
    case LN_I64:
        store_i64(type, data, from, n, values);
        break;
    default:
        store_f64(type, data, from, n, values);
        break;
    }
}

/* ---- packed types ---- */

void ln_packed_load(const TfLiteTensor *t, int64_t from, int n, int32_t *y)
{
    const int bits = t->type == kTfLiteInt2 ? 2 : 4, per_byte = 8 / bits;
    const int sign = t->type == kTfLiteUInt4 ? 0 : 1 << (bits - 1);
    for (int i = 0; i < n; i++) {
        const int64_t k = from + i;
        const int v = t->data.uint8[k / per_byte] >> (k % per_byte * bits) & ((1 << bits) - 1);
        y[i] = (v ^ sign) - sign;
    }
}

void ln_packed_store(const TfLiteTensor *t, int64_t from, int n, const int32_t *x)
{
    const int bits = t->type == kTfLiteInt2 ? 2 : 4, per_byte = 8 / bits;
    uint8_t *y = t->data.uint8 + from / per_byte;
    for (int i = 0; i < n; i++) {
        const int v = (x[i] & ((1 << bits) - 1)) << (i % per_byte * bits);
        y[i / per_byte] = (uint8_t)(i % per_byte ? y[i / per_byte] | v : v);
    }
}
