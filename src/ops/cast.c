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
    COMPLEX = LN_BIT(Complex64) | LN_BIT(Complex128),
    CASTABLE = LN_FLOATS | LN_BIT(Float64) | LN_INTEGERS | LN_BIT(Bool) | LN_PACKED | COMPLEX,
};

/* The lane that holds every value of `type`. */
static ln_lane lane_of(TfLiteType type)
{
    const unsigned whole = (LN_INTEGERS & ~LN_BIT(UInt64)) | LN_BIT(Bool) | LN_PACKED;
    return ln_type_in(type, whole) ? LN_I64 : LN_F64;
}

static void read_packed(const TfLiteTensor *t, int from, int n, int64_t *y)
{
    int32_t x[CHUNK];
    ln_packed_load(t, from, n, x);
    for (int i = 0; i < n; i++)
        y[i] = x[i];
}

static const void *read_chunk(const TfLiteTensor *t, ln_lane lane, int from, int n, void *buffer)
{
    double *y = buffer;

    if (ln_type_in(t->type, LN_PACKED))
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
    const bool natural = t->type == kTfLiteUInt4;
    const double max = natural ? 15 : t->type == kTfLiteInt2 ? 1 : 7, min = natural ? 0 : -max - 1;
    int32_t y[CHUNK];

    for (int i = 0; i < n; i++) {
        const double v = value_at(lane, values, i);
        y[i] = (int32_t)(v <= min ? min : v < max ? v : max);
    }
    ln_packed_store(t, from, n, y);
}

static void write_chunk(const TfLiteTensor *t, ln_lane lane, int from, int n, const void *values)
{
    if (ln_type_in(t->type, LN_PACKED))
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
    .name = "CAST",
    .builtin = kTfLiteBuiltinCast,
    .version = 9,
    .options = 37,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE,
    .fields = fields,
    .params_size = sizeof(TfLiteCastParams),
    .infer = infer,
    .eval = eval,
};
const ln_op ln_op_stablehlo_convert = {
    .name = "STABLEHLO_CONVERT",
    .builtin = kTfLiteBuiltinStablehloConvert,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE,
    .infer = infer,
    .eval = eval,
};
