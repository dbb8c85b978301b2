/* SPDX-License-Identifier: Apache-2.0 */
/* unary.c: ABS, NEG, SIGN, SIN, COS, EXP, LOG, SQRT, RSQRT, SQUARE, FLOOR, CEIL, ROUND,
 * ZEROS_LIKE: y = f(x), element by element, y of x's shape and type.
 *
 * Half types compute in float.  Quantized EXP, LOG and int16 RSQRT use the tables of qmath.h,
 * SQRT float, int8 RSQRT and ABS fixed point; NEG negates raw values, as TFLite does.
 * RELU and the like: activation.c. */
#include "ops/elementwise.h"

#include <float.h>
#include <math.h>
#include <string.h>

LN_ROW1(abs_f32, float, float, fabsf(a[i]))
LN_ROW1(abs_f64, double, double, fabs(a[i]))
LN_ROW1(abs_i64, int64_t, uint64_t, a[i] < 0 ? 0 - (uint64_t)a[i] : (uint64_t)a[i])
LN_ROW1(neg_f32, float, float, -a[i])
LN_ROW1(neg_f64, double, double, -a[i])
LN_ROW1(neg_i64, uint64_t, uint64_t, 0 - a[i])
LN_ROW1(sign_f32, float, float, a[i] > 0 ? 1.f : a[i] < 0 ? -1.f : a[i] == 0 ? 0.f : a[i])
LN_ROW1(sign_f64, double, double, a[i] > 0 ? 1. : a[i] < 0 ? -1. : a[i] == 0 ? 0. : a[i])
LN_ROW1(sign_i64, int64_t, int64_t, (a[i] > 0) - (a[i] < 0))
LN_ROW1(sin_f32, float, float, sinf(a[i]))
LN_ROW1(cos_f32, float, float, cosf(a[i]))
LN_ROW1(exp_f32, float, float, expf(a[i]))
LN_ROW1(log_f32, float, float, logf(a[i]))
LN_ROW1(sqrt_f32, float, float, sqrtf(a[i]))
LN_ROW1(rsqrt_f32, float, float, 1.f / sqrtf(a[i]))
LN_ROW1(square_f32, float, float, a[i] * a[i])
LN_ROW1(floor_f32, float, float, floorf(a[i]))
LN_ROW1(ceil_f32, float, float, ceilf(a[i]))
LN_ROW1(round_f32, float, float, rintf(a[i])) /* halves to even */

static ln_status infer_floats(ln_call *c)
{
    return ln_infer_like(c, LN_FLOATS);
}

/* ---- ABS, NEG, SIGN ---- */

static bool abs_quantized(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, LN_BIT(Int8) | LN_BIT(Int16)) && ln_quantized(c->in[0]);
}

static ln_status infer_abs(ln_call *c)
{
    LN_TRY(ln_infer_like(c, LN_FLOATS | LN_BIT(Float64) | LN_SIGNED));
    return abs_quantized(c) ? ln_infer_quantized(c, LN_QUANTS) : LN_OK;
}

typedef struct abs_q {
    int32_t zx, zy, min, max;
    ln_mult m;
    bool rescale;
} abs_q;

static void abs_row(const void *ctx, const void *const *in, void *out, int n)
{
    const abs_q q = *(const abs_q *)ctx;
    const int32_t *x = in[0];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int32_t d = x[i] - q.zx, v = d < 0 ? -d : d;
        const int32_t w = ln_wrap_add(q.rescale ? ln_mul_q(v, q.m) : v, q.zy);
        y[i] = ln_clamp(w, q.min, q.max);
    }
}

static ln_status eval_abs(ln_call *c)
{
    if (!abs_quantized(c))
        return ln_eval_rows(c, 1, &(ln_rows){abs_f32, abs_f64, abs_i64});
    const TfLiteQuantizationParams x = c->in[0]->params, y = c->out[0]->params;
    const bool wide = c->in[0]->type == kTfLiteInt16;
    const float real = x.scale / y.scale;
    const abs_q q = {x.zero_point,
                     y.zero_point,
                     wide ? INT16_MIN : INT8_MIN,
                     wide ? INT16_MAX : INT8_MAX,
                     ln_quantize_multiplier((double)real),
                     x.scale != y.scale};
    return ln_map_call(c, 1, LN_I32, LN_I32, abs_row, &q);
}

static ln_status infer_neg(ln_call *c)
{
    return ln_infer_like(c, LN_FLOATS | LN_BIT(Float64) | LN_SIGNED);
}

static ln_status eval_neg(ln_call *c)
{
    return ln_eval_rows(c, 1, &(ln_rows){neg_f32, neg_f64, neg_i64});
}

static ln_status infer_sign(ln_call *c)
{
    return ln_infer_like(c, LN_FLOATS | LN_BIT(Float64) | LN_BIT(Int32) | LN_BIT(Int64));
}

static ln_status eval_sign(ln_call *c)
{
    return ln_eval_rows(c, 1, &(ln_rows){sign_f32, sign_f64, sign_i64});
}

/* ---- functions with tables ---- */

static float lut_exp(float x, const void *ctx)
{
    (void)ctx;
    return expf(x);
}

/* What is not positive gives *ctx. */
static float lut_log(float x, const void *ctx)
{
    return x <= 0 ? *(const float *)ctx : logf(x);
}

typedef struct sqrt_params {
    int32_t zx, zy, min, max;
    float scale, out_scale;
} sqrt_params;

static float lut_rsqrt(float x, const void *ctx)
{
    return x <= 0 ? *(const float *)ctx : 1.f / sqrtf(x);
}

static ln_status infer_table(ln_call *c)
{
    return ln_infer_quantized(c, LN_FLOATS | LN_BIT(Int8) | LN_BIT(Int16));
}

static bool is_float(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, LN_FLOATS);
}

static ln_status eval_exp(ln_call *c)
{
    return is_float(c) ? ln_eval_rows(c, 1, &(ln_rows){exp_f32, NULL, NULL})
                       : ln_eval_lut(c, lut_exp, NULL);
}

static ln_status eval_log(ln_call *c)
{
    if (is_float(c))
        return ln_eval_rows(c, 1, &(ln_rows){log_f32, NULL, NULL});
    const TfLiteQuantizationParams y = c->out[0]->params;
    const int least = c->in[0]->type == kTfLiteInt8 ? INT8_MIN : INT16_MIN;
    const float lowest = (float)(least - y.zero_point) * y.scale;
    return ln_eval_lut(c, lut_log, &lowest);
}

/* Quantized: rounded down. */
static void sqrt_q(const void *ctx, const void *const *in, void *out, int n)
{
    const sqrt_params q = *(const sqrt_params *)ctx;
    const int32_t *x = in[0];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const float root = sqrtf((float)(x[i] - q.zx) * q.scale) / q.out_scale;
        y[i] = ln_clamp((root >= 65536 ? 65536 : (int32_t)root) + q.zy, q.min, q.max);
    }
}

/* Fails where a quantized item stands for less than zero. */
static ln_status check_positive(ln_call *c)
{
    const TfLiteTensor *x = c->in[0];
    const bool wide = x->type == kTfLiteInt16;
    for (int i = 0, n = ln_count(x); i < n; i++)
        LN_CHECK(c, (wide ? x->data.i16[i] : x->data.int8[i]) >= x->params.zero_point,
                 "item %d is negative, which has no square root", i);
    return LN_OK;
}

static ln_status eval_sqrt(ln_call *c)
{
    const TfLiteQuantizationParams x = c->in[0]->params, y = c->out[0]->params;
    const bool wide = c->in[0]->type == kTfLiteInt16;
    const sqrt_params q = {
        x.zero_point, y.zero_point, wide ? INT16_MIN : INT8_MIN, wide ? INT16_MAX : INT8_MAX,
        x.scale,      y.scale};
    if (is_float(c))
        return ln_eval_rows(c, 1, &(ln_rows){sqrt_f32, NULL, NULL});
    LN_TRY(check_positive(c));
    return ln_map_call(c, 1, LN_I32, LN_I32, sqrt_q, &q);
}

/* int8: a fixed-point iteration per value. */
static ln_status rsqrt_s8(ln_call *c)
{
    enum { BITS = 20 }; /* of fraction between the two multiplications */
    const TfLiteQuantizationParams x = c->in[0]->params, y = c->out[0]->params;
    const float product = sqrtf(x.scale) * y.scale;
    ln_mult m = ln_quantize_multiplier(1. / (double)product);

    m.shift = LN_MAX(m.shift - BITS, -31);
    for (int i = 0, n = ln_count(c->in[0]); i < n; i++) {
        const int32_t v = c->in[0]->data.int8[i] - x.zero_point;
        ln_mult inverse = ln_inv_sqrt_multiplier(v);
        inverse.shift += BITS;
        const int32_t q = ln_wrap_add(ln_mul_q(ln_mul_q(1, inverse), m), y.zero_point);
        c->out[0]->data.int8[i] = (int8_t)(v == 0 || q > INT8_MAX ? INT8_MAX
                                           : q < INT8_MIN         ? INT8_MIN
                                                                  : q);
    }
    return LN_OK;
}

static ln_status eval_rsqrt(ln_call *c)
{
    if (is_float(c))
        return ln_eval_rows(c, 1, &(ln_rows){rsqrt_f32, NULL, NULL});
    LN_TRY(check_positive(c));
    if (c->in[0]->type == kTfLiteInt8)
        return rsqrt_s8(c);
    const float largest = INT16_MAX * c->out[0]->params.scale;
    return ln_eval_lut(c, lut_rsqrt, &largest);
}

/* ---- ZEROS_LIKE ---- */

static ln_status infer_zeros_like(ln_call *c)
{
    return ln_infer_like(c, LN_FLOATS | LN_BIT(Float64) | LN_INTEGERS | LN_BIT(Bool) |
                                LN_BIT(Complex64) | LN_BIT(Complex128));
}

static ln_status eval_zeros_like(ln_call *c)
{
    const int n = ln_count(c->out[0]);
    if (n > 0)
        memset(c->out[0]->data.raw, 0, (size_t)n * ln_type_size(c->out[0]->type));
    return LN_OK;
}

/* ---- the ops ---- */

#define UNARY(lower, upper, code, options_, version_, infer_, quant_) \
    const ln_op ln_op_##lower = {                                     \
        .name = upper,                                                \
        .builtin = code,                                              \
        .version = version_,                                          \
        .options = options_,                                          \
        .min_in = 1,                                                  \
        .max_in = 1,                                                  \
        .n_out = 1,                                                   \
        .traits = LN_PURE | LN_ELEMENTWISE | LN_IN_PLACE,             \
        .infer = infer_,                                              \
        .eval = eval_##lower,                                         \
        .quant = quant_,                                              \
    };
/* An op of floats alone. */
#define FLOAT_UNARY(lower, upper, code, options_, version_)          \
    static ln_status eval_##lower(ln_call *c)                        \
    {                                                                \
        return ln_map_call(c, 1, LN_F32, LN_F32, lower##_f32, NULL); \
    }                                                                \
    UNARY(lower, upper, code, options_, version_, infer_floats, NULL)

UNARY(abs, "ABS", kTfLiteBuiltinAbs, 78, 5, infer_abs, &ln_quant_free)
UNARY(neg, "NEG", kTfLiteBuiltinNeg, 42, 1, infer_neg, NULL)
UNARY(sign, "SIGN", kTfLiteBuiltinSign, 123, 2, infer_sign, NULL)
UNARY(exp, "EXP", kTfLiteBuiltinExp, 33, 2, infer_table, &ln_quant_free)
UNARY(log, "LOG", kTfLiteBuiltinLog, 0, 2, infer_table, &ln_quant_free)
UNARY(sqrt, "SQRT", kTfLiteBuiltinSqrt, 0, 2, infer_table, &ln_quant_free)
UNARY(rsqrt, "RSQRT", kTfLiteBuiltinRsqrt, 0, 3, infer_table, &ln_quant_free)
UNARY(zeros_like, "ZEROS_LIKE", kTfLiteBuiltinZerosLike, 67, 1, infer_zeros_like, NULL)
FLOAT_UNARY(sin, "SIN", kTfLiteBuiltinSin, 0, 2)
FLOAT_UNARY(cos, "COS", kTfLiteBuiltinCos, 84, 2)
FLOAT_UNARY(square, "SQUARE", kTfLiteBuiltinSquare, 66, 1)
FLOAT_UNARY(floor, "FLOOR", kTfLiteBuiltinFloor, 0, 1)
FLOAT_UNARY(ceil, "CEIL", kTfLiteBuiltinCeil, 0, 1)
FLOAT_UNARY(round, "ROUND", kTfLiteBuiltinRound, 0, 1)
