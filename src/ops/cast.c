/* SPDX-License-Identifier: Apache-2.0 */
/* cast.c: CAST and STABLEHLO_CONVERT: x's values in the output's type, shape unchanged.
 *
 * Integers become narrower by dropping bits, floats become integers by cutting the fraction and
 * saturating (NaN gives the largest), complex numbers give their real part.  4- and 2-bit
 * integers are packed, lowest bits first.  Works in chunks of one lane (elementwise.h). */
#include "ops/elementwise.h"

#include <string.h>

enum { CHUNK = 256 }; /* a multiple of the items in a byte */

enum {
    PACKED = LN_BIT(Int4) | LN_BIT(Int2) | LN_BIT(UInt4),
    COMPLEX = LN_BIT(Complex64) | LN_BIT(Complex128),
    CASTABLE = LN_FLOATS | LN_BIT(Float64) | LN_INTEGERS | LN_BIT(Bool) | PACKED | COMPLEX,
};

/* The lane that holds every value of `type`. */
static ln_lane lane_of(TfLiteType type)
{
    const unsigned whole = (LN_INTEGERS & ~LN_BIT(UInt64)) | LN_BIT(Bool) | PACKED;
    return ln_type_in(type, whole) ? LN_I64 : LN_F64;
}

static void read_packed(const TfLiteTensor *t, int from, int n, int64_t *y)
{
    int8_t small[CHUNK];
    const uint8_t *x = t->data.uint8;

    if (t->type == kTfLiteUInt4) {
        for (int i = 0; i < n; i++)
            y[i] = x[(from + i) / 2] >> ((from + i) % 2 * 4) & 15;
        return;
    }
    ln_unpack(t, (size_t)from, (size_t)n, small);
    for (int i = 0; i < n; i++)
        y[i] = small[i];
}

static const void *read_chunk(const TfLiteTensor *t, ln_lane lane, int from, int n, void *buffer)
{
    double *y = buffer;

    if (ln_type_in(t->type, PACKED))
        read_packed(t, from, n, buffer);
    else if (t->type == kTfLiteComplex64)
        for (int i = 0; i < n; i++)
            y[i] = (double)t->data.c64[from + i].re;
    else if (t->type == kTfLiteComplex128)
        for (int i = 0; i < n; i++)
            y[i] = t->data.c128[from + i].re;
    else
        return ln_lane_load(lane, t->type, t->data.data, from, n, buffer);
    return buffer;
}

static double value_at(ln_lane lane, const void *values, int i)
{
    return lane == LN_I64 ? (double)((const int64_t *)values)[i] : ((const double *)values)[i];
}

/* Saturated; NaN gives the largest. */
static void write_packed(const TfLiteTensor *t, ln_lane lane, int from, int n, const void *values)
{
    const int bits = t->type == kTfLiteInt2 ? 2 : 4, per_byte = 8 / bits;
    const double max = t->type == kTfLiteUInt4 ? 15 : (1 << (bits - 1)) - 1;
    const double min = t->type == kTfLiteUInt4 ? 0 : -max - 1;
    uint8_t *y = t->data.uint8 + from / per_byte;

    memset(y, 0, (size_t)((n + per_byte - 1) / per_byte));
    for (int i = 0; i < n; i++) {
        const double v = value_at(lane, values, i);
        const int k = (int)(v <= min ? min : v < max ? v : max);
        const int shift = i % per_byte * bits;
        y[i / per_byte] = (uint8_t)(y[i / per_byte] | (k & ((1 << bits) - 1)) << shift);
    }
}

static void write_chunk(const TfLiteTensor *t, ln_lane lane, int from, int n, const void *values)
{
    if (ln_type_in(t->type, PACKED))
        write_packed(t, lane, from, n, values);
    else if (t->type == kTfLiteComplex64)
        for (int i = 0; i < n; i++)
            t->data.c64[from + i] = (TfLiteComplex64){(float)value_at(lane, values, i), 0};
    else if (t->type == kTfLiteComplex128)
        for (int i = 0; i < n; i++)
            t->data.c128[from + i] = (TfLiteComplex128){value_at(lane, values, i), 0};
    else
        ln_lane_store(lane, t->type, t->data.data, from, n, values);
}

static ln_status infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, CASTABLE));
    LN_CHECK(c, ln_type_in(c->out[0]->type, CASTABLE), "the output has type %s, which CAST lacks",
             ln_type_name(c->out[0]->type));
    return ln_set_out(c, 0, c->out[0]->type, &s);
}

static ln_status eval(ln_call *c)
{
    const TfLiteTensor *x = c->in[0], *y = c->out[0];
    const ln_lane lane = lane_of(x->type);
    union {
        int64_t i[CHUNK];
        double f[CHUNK];
    } buffer;

    if (x->type == y->type) {
        if (y->bytes > 0 && y->data.raw != x->data.raw)
            memcpy(y->data.raw, x->data.raw, y->bytes);
        return LN_OK;
    }
    for (int i = 0, all = ln_count(x); i < all;) {
        const int n = LN_MIN(CHUNK, all - i);
        write_chunk(y, lane, i, n, read_chunk(x, lane, i, n, &buffer));
        i += n;
    }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD(TYPE, 0, TfLiteCastParams, in_data_type, 1),
    LN_FIELD(TYPE, 1, TfLiteCastParams, out_data_type, 1),
    {0},
};

const ln_op ln_op_cast = {
    .name = "CAST", .builtin = kTfLiteBuiltinCast, .version = 9, .options = 37,
    .min_in = 1, .max_in = 1, .n_out = 1, .traits = LN_PURE | LN_ELEMENTWISE,
    .fields = fields, .params_size = sizeof(TfLiteCastParams), .infer = infer, .eval = eval,
};
const ln_op ln_op_stablehlo_convert = {
    .name = "STABLEHLO_CONVERT", .builtin = kTfLiteBuiltinStablehloConvert, .version = 1,
    .min_in = 1, .max_in = 1, .n_out = 1, .traits = LN_PURE | LN_ELEMENTWISE,
    .infer = infer, .eval = eval,
};
