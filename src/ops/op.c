/* SPDX-License-Identifier: Apache-2.0 */
/* op.c: what all op families share: shapes, types, operands that are known, fused activations.
 * Counts are ints because TfLiteTensor's dims are; whatever does not fit reads as "not known",
 * and the runtime refuses it before an op is asked. */
#include "ops/op.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/checked.h"

/* ---- shapes ---- */

ln_shape ln_shape_of(const TfLiteTensor *t)
{
    ln_shape s = {0};
    if (!t->dims)
        return s;
    s.rank = LN_MIN(t->dims->size, LN_MAX_RANK);
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = t->dims->data[i];
    return s;
}

int ln_shape_count(const ln_shape *s, int from, int to)
{
    int64_t count = 1;
    bool huge = false, zero = false;
    for (int i = from; i < to; i++) {
        if (s->dim[i] < 0)
            return -1;
        zero = zero || s->dim[i] == 0;
        count *= huge ? 1 : s->dim[i];
        huge = huge || count > INT_MAX;
    }
    return zero ? 0 : huge ? -1 : (int)count;
}

int ln_count(const TfLiteTensor *t)
{
    const ln_shape s = ln_shape_of(t);
    return ln_shape_count(&s, 0, s.rank);
}

bool ln_shape_equal(const ln_shape *a, const ln_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

bool ln_shape_known(const ln_shape *s)
{
    return s->rank >= 0 && ln_shape_count(s, 0, s->rank) >= 0;
}

ln_shape ln_shape_unknown(int rank)
{
    ln_shape s = {.rank = rank};
    for (int i = 0; i < LN_MAX_RANK; i++)
        s.dim[i] = -1;
    return s;
}

ln_status ln_set_out(ln_call *c, int i, TfLiteType type, const ln_shape *shape)
{
    LN_CHECK(c, i >= 0 && i < c->n_out, "the op has %d outputs, not %d", c->n_out, i + 1);
    LN_CHECK(c, shape->rank <= LN_MAX_RANK, "output %d has rank %d, more than %d", i, shape->rank,
             (int)LN_MAX_RANK);
    c->made[i].type = type;
    c->made[i].shape = *shape;
    return LN_OK;
}

static int broadcast_dim(int a, int b)
{
    if (a == b || b == 1)
        return a;
    if (a == 1)
        return b;
    /* One is unknown: the other decides where it is not 1. */
    return a < 0 ? b : b < 0 ? a : -2;
}

ln_status ln_broadcast(ln_call *c, const ln_shape *a, const ln_shape *b, ln_shape *y)
{
    if (a->rank < 0 || b->rank < 0) {
        *y = ln_shape_unknown(-1);
        return LN_OK;
    }
    ln_shape s = {.rank = LN_MAX(a->rank, b->rank)};
    for (int i = 0; i < s.rank; i++) {
        const int ia = i - (s.rank - a->rank), ib = i - (s.rank - b->rank);
        const int da = ia < 0 ? 1 : a->dim[ia], db = ib < 0 ? 1 : b->dim[ib];
        s.dim[i] = broadcast_dim(da, db);
        LN_CHECK(c, s.dim[i] != -2, "shapes do not broadcast: %d and %d at dimension %d of %d", da,
                 db, i, s.rank);
    }
    *y = s;
    return LN_OK;
}

/* ---- operands ---- */

bool ln_known(const ln_call *c, int i)
{
    if (i >= c->n_in || !c->in[i])
        return false;
    const TfLiteTensor *t = c->in[i];
    if (c->run)
        return true;
    if (t->allocation_type != kTfLiteMmapRo && t->allocation_type != kTfLitePersistentRo)
        return false;
    return t->data.raw || t->bytes == 0;
}

ln_status ln_fail_type(ln_call *c, int i)
{
    return ln_fail(c->diag, LN_ERR_UNSUPPORTED, "input %d has type %s, which this op does not take",
                   i, ln_type_name(c->in[i]->type));
}

ln_status ln_axis(ln_call *c, int axis, int rank, int *out)
{
    LN_CHECK(c, axis >= -rank && axis < rank, "axis %d is outside of rank %d", axis, rank);
    *out = axis < 0 ? axis + rank : axis;
    return LN_OK;
}

ln_status ln_read_ints(ln_call *c, int i, int max, int *values, int *count)
{
    const TfLiteTensor *t = c->in[i];
    const int n = ln_count(t);
    if (t->type != kTfLiteInt32 && t->type != kTfLiteInt64)
        return ln_fail_type(c, i);
    LN_CHECK(c, n >= 0 && n <= max, "input %d has %d items, at most %d are expected", i, n, max);
    for (int k = 0; k < n; k++) {
        const int64_t v = t->type == kTfLiteInt64 ? t->data.i64[k] : t->data.i32[k];
        LN_CHECK(c, v >= INT_MIN && v <= INT_MAX, "input %d has the value %lld, which is too large",
                 i, (long long)v);
        values[k] = (int)v;
    }
    *count = n;
    return LN_OK;
}

/* ---- types ---- */

typedef struct type_info {
    const char *name;
    uint8_t bytes;    /* of one item, 0: see per_byte */
    uint8_t per_byte; /* items per byte of the packed types */
} type_info;

static const type_info types[] = {
    [kTfLiteNoType] = {"NOTYPE", 0, 0},
    [kTfLiteFloat32] = {"FLOAT32", 4, 0},
    [kTfLiteInt32] = {"INT32", 4, 0},
    [kTfLiteUInt8] = {"UINT8", 1, 0},
    [kTfLiteInt64] = {"INT64", 8, 0},
    [kTfLiteString] = {"STRING", 0, 0},
    [kTfLiteBool] = {"BOOL", 1, 0},
    [kTfLiteInt16] = {"INT16", 2, 0},
    [kTfLiteComplex64] = {"COMPLEX64", 8, 0},
    [kTfLiteInt8] = {"INT8", 1, 0},
    [kTfLiteFloat16] = {"FLOAT16", 2, 0},
    [kTfLiteFloat64] = {"FLOAT64", 8, 0},
    [kTfLiteComplex128] = {"COMPLEX128", 16, 0},
    [kTfLiteUInt64] = {"UINT64", 8, 0},
    [kTfLiteResource] = {"RESOURCE", 0, 0},
    [kTfLiteVariant] = {"VARIANT", 0, 0},
    [kTfLiteUInt32] = {"UINT32", 4, 0},
    [kTfLiteUInt16] = {"UINT16", 2, 0},
    [kTfLiteInt4] = {"INT4", 0, 2},
    [kTfLiteBFloat16] = {"BFLOAT16", 2, 0},
    [kTfLiteInt2] = {"INT2", 0, 4},
    [kTfLiteUInt4] = {"UINT4", 0, 2},
    [kTfLiteFloat8E4M3FN] = {"FLOAT8E4M3FN", 1, 0},
    [kTfLiteFloat8E5M2] = {"FLOAT8E5M2", 1, 0},
};

const char *ln_type_name(TfLiteType type)
{
    return (size_t)type < LN_COUNTOF(types) ? types[type].name : "Unknown type";
}

size_t ln_type_size(TfLiteType type)
{
    return (size_t)type < LN_COUNTOF(types) ? types[type].bytes : 0;
}

bool ln_type_bytes(TfLiteType type, size_t count, size_t *bytes)
{
    if ((size_t)type >= LN_COUNTOF(types))
        return false;
    const type_info *info = &types[type];
    if (info->per_byte) {
        *bytes = count / info->per_byte + (count % info->per_byte != 0);
        return true;
    }
    return info->bytes && ln_mul_size(count, info->bytes, bytes);
}

void ln_unpack(const TfLiteTensor *t, size_t from, size_t n, int8_t *y)
{
    const uint8_t *x = (const uint8_t *)t->data.raw;
    if (t->type != kTfLiteInt4 && t->type != kTfLiteInt2) {
        memcpy(y, x + from, n);
        return;
    }
    /* Lowest bits first; xor and subtract extend the sign. */
    const unsigned bits = t->type == kTfLiteInt4 ? 4 : 2, per_byte = 8 / bits;
    const int sign = 1 << (bits - 1), mask = 2 * sign - 1;
    for (size_t i = 0; i < n; i++) {
        const size_t k = from + i;
        const int v = x[k / per_byte] >> (k % per_byte * bits) & mask;
        y[i] = (int8_t)((v ^ sign) - sign);
    }
}

/* ---- fused activations ---- */

void ln_activation_range_f32(TfLiteFusedActivation act, float *min, float *max)
{
    *min = act == kTfLiteActRelu || act == kTfLiteActRelu6 ? 0
           : act == kTfLiteActReluN1To1                    ? -1
                                                           : -INFINITY;
    *max = act == kTfLiteActRelu6 ? 6 : act == kTfLiteActReluN1To1 ? 1 : INFINITY;
}

float ln_activate(TfLiteFusedActivation act, float x)
{
    switch (act) {
    case kTfLiteActRelu:
        return x < 0 ? 0 : x;
    case kTfLiteActReluN1To1:
        return x < -1 ? -1 : x > 1 ? 1 : x;
    case kTfLiteActRelu6:
        return x < 0 ? 0 : x > 6 ? 6 : x;
    case kTfLiteActTanh:
        return tanhf(x);
    case kTfLiteActSignBit:
        return signbit(x) ? 1 : 0;
    case kTfLiteActSigmoid:
        return 1 / (1 + expf(-x));
    default:
        return x;
    }
}
