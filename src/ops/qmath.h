/* SPDX-License-Identifier: Apache-2.0 */
/* qmath.h: the integer arithmetic of TFLite's quantized kernels, written once.
 *
 * Sources of the rounding rules: tensorflow/lite/kernels/internal/common.h
 * (MultiplyByQuantizedMultiplier), quantization_util.cc (QuantizeMultiplier),
 * kernel_util.cc (PopulateConvolutionQuantizationParams, CalculateActivationRangeQuantized),
 * gemmlowp fixedpoint.h (fixed-point exp, tanh, logistic, reciprocal). */
#ifndef LN_OPS_QMATH_H
#define LN_OPS_QMATH_H

#include <math.h>

#include "ops/op.h"

/* A real multiplier as mul * 2^(shift - 31), mul in [2^30, 2^31) or 0. */
typedef struct ln_mult {
    int32_t mul;
    int shift;
} ln_mult;

ln_mult ln_quantize_multiplier(double real);
/* True where x is nearly a power of two, whose exponent goes to *log2 (CheckedLog2). */
bool ln_checked_log2(float x, int *log2);
static inline int32_t ln_clamp(int32_t x, int32_t min, int32_t max)
{
    return x < min ? min : x > max ? max : x;
}
/* Zero bits above the highest one; 32 for 0. */
static inline int ln_leading_zeros(uint32_t x)
{
    int n = 0;
    while (n < 32 && !(x & UINT32_C(1) << (31 - n)))
        n++;
    return n;
}
/* gemmlowp building blocks. */
static inline int32_t ln_sat_rounding_doubling_high_mul(int32_t a, int32_t b)
{
    const int64_t ab = (int64_t)a * b;
    const int64_t nudge = ab >= 0 ? 1 << 30 : 1 - (1 << 30);
    if (a == INT32_MIN && b == INT32_MIN)
        return INT32_MAX;
    return (int32_t)((ab + nudge) / ((int64_t)1 << 31));
}
int16_t ln_sat_rounding_doubling_high_mul16(int16_t a, int16_t b);
/* x / 2^exponent rounded to nearest, halves away from zero; exponent in [0, 31]. */
static inline int32_t ln_rounding_divide_by_pot(int32_t x, int exponent)
{
    const int32_t mask = (int32_t)(((int64_t)1 << exponent) - 1);
    const int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> exponent) + ((x & mask) > threshold);
}
/* Sums and products that wrap around, as TFLite's do where its inputs overflow. */
static inline int32_t ln_wrap_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}
static inline int32_t ln_wrap_mul(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a * (uint32_t)b);
}
/* Rounding doubling high multiply, then rounding shift: TFLite's default (double rounding).
 * The shift of `m` lies in [-31, 30]. */
static inline int32_t ln_mul_q(int32_t x, ln_mult m)
{
    if (m.shift > 0)
        return ln_sat_rounding_doubling_high_mul(ln_wrap_mul(x, 1 << m.shift), m.mul);
    return ln_rounding_divide_by_pot(ln_sat_rounding_doubling_high_mul(x, m.mul), -m.shift);
}
/* The 64-bit form of the 16x8 kernels, whose multiplier has 16 bits:
 * (x mul + 2^(shift - 1)) >> shift with the mul and shift that ln_mult_q64 gives. */
void ln_mult_q64(ln_mult m, int32_t *mul, int32_t *shift);
int32_t ln_mul_q64(int64_t x, ln_mult m);
/* x * 2^exponent, saturated; negative exponents round. */
int32_t ln_sat_rounding_multiply_by_pot(int32_t x, int exponent);

/* Fixed-point functions of gemmlowp: `x` has `integer_bits` integer bits; results are Q0.31
 * (Q0.15 for the 16-bit forms). */
int32_t ln_fx_exp_on_negative(int32_t x, int integer_bits);
int32_t ln_fx_logistic(int32_t x, int integer_bits);
int16_t ln_fx_logistic16(int16_t x, int integer_bits);
int16_t ln_fx_tanh16(int16_t x, int integer_bits);
int32_t ln_fx_one_over_one_plus_x(int32_t x); /* x in [0, 1], Q0.31 */
/* 1 / (1 + x) style reciprocal of a positive x with `x_integer_bits`; TFLite's GetReciprocal. */
int32_t ln_fx_reciprocal(int32_t x, int x_integer_bits, int *num_bits_over_unit);
/* 1 / sqrt(x) for x > 0, as a multiplier whose shift counts to the left (inv_sqrt.c);
 * GetInvSqrtQuantizedMultiplierExp with reverse shift -1. */
ln_mult ln_inv_sqrt_multiplier(int32_t x);

/* Limits of an output of integer `type` under a fused activation. */
ln_status ln_activation_range_q(ln_call *c, TfLiteFusedActivation act, const TfLiteTensor *out,
                                int32_t *min, int32_t *max) LN_MUST_USE;

/* How accumulators of one output channel become output values. */
typedef struct ln_requant {
    ln_mult m;
    int32_t zero, min, max;
    double real; /* what m stands for; some of TFLite's reference kernels round just once */
} ln_requant;
static inline int32_t ln_requantize(const ln_requant *q, int32_t acc)
{
    const int32_t v = ln_wrap_add(ln_mul_q(acc, q->m), q->zero);
    return v < q->min ? q->min : v > q->max ? q->max : v;
}
static inline int32_t ln_requantize64(const ln_requant *q, int64_t acc)
{
    const int32_t v = ln_wrap_add(ln_mul_q64(acc, q->m), q->zero);
    return v < q->min ? q->min : v > q->max ? q->max : v;
}
/* round(acc * real) */
int32_t ln_requantize_real(const ln_requant *q, int64_t acc);
/* The requantizations of channels [0, n) of `w` for output 0 under a fused activation. */
ln_status ln_requant_fill(ln_call *c, const TfLiteTensor *x, const TfLiteTensor *w, int n,
                          TfLiteFusedActivation act, ln_requant *q) LN_MUST_USE;

/* Scale of channel i of a tensor with affine quantization (per tensor: its one scale). */
float ln_channel_scale(const TfLiteTensor *t, int i);
int32_t ln_channel_zero(const TfLiteTensor *t, int i);
/* True when all channels have the same zero point. */
bool ln_same_zeros(const TfLiteTensor *t);
/* Checks that `t` carries per-tensor or, along `axis` with `n` entries, per-channel affine
 * quantization with positive finite scales. */
ln_status ln_check_quantized(ln_call *c, const TfLiteTensor *t, const char *what, int axis,
                             int n) LN_MUST_USE;

/* infer of ops over the last dimension of a float32, int8 or uint8 tensor, whose quantized outputs
 * have the scale 1 / steps. */
ln_status ln_infer_fixed_scale(ln_call *c, int steps) LN_MUST_USE;

/* Checks that all zero points of `t` are 0. */
ln_status ln_check_symmetric(ln_call *c, const TfLiteTensor *t, const char *what) LN_MUST_USE;
/* acc + bias[i] of an int32 or int64 bias, NULL for none; wraps. */
static inline int64_t ln_add_bias(int64_t acc, const TfLiteTensor *bias, int i)
{
    if (!bias)
        return acc;
    const int64_t b = bias->type == kTfLiteInt64 ? bias->data.i64[i] : bias->data.i32[i];
    return (int64_t)((uint64_t)acc + (uint64_t)b);
}

/* Hybrid kernels: one row of floats to int8 with TFLite's rounding; see neon_tensor_utils.cc,
 * which is what runs on x86 too. */
typedef struct ln_row_scale {
    float scale, inverse;
    int32_t zero, least; /* values are in [least, 127] */
} ln_row_scale;
static inline ln_row_scale ln_row_scale_symmetric(float min, float max)
{
    const float range = LN_MAX(-min, max);
    if (range == 0)
        return (ln_row_scale){.scale = 1, .least = -127};
    return (ln_row_scale){range / 127, 127 / range, 0, -127};
}
static inline ln_row_scale ln_row_scale_asymmetric(float min, float max)
{
    if (min == max)
        return (ln_row_scale){.scale = 1, .least = -128};
    const double half = 0.49999999999999994; /* added, it makes no 1 of the number below a half */
    const float range = max - min;
    const double s = (double)range / 255, low = (double)min / s, high = (double)max / s;
    const double z = 128 + fabs(low) < 127 + fabs(high) ? -128 - low : 127 - high;
    const double near = z < 0 ? z - half : z + half;
    const int32_t zero = near <= -128 ? -128 : near >= 127 ? 127 : near == near ? (int32_t)near : 0;
    return (ln_row_scale){(float)s, 1 / (float)s, zero, -128};
}
/* For a row whose least value and largest, or 0 where that is beyond, are `min` and `max`. */
static inline ln_row_scale ln_row_scale_of(float min, float max, bool asymmetric)
{
    return asymmetric ? ln_row_scale_asymmetric(min, max) : ln_row_scale_symmetric(min, max);
}
void ln_quantize_row_symmetric(const float *x, int n, int8_t *q, float *scale);
void ln_quantize_row_asymmetric(const float *x, int n, int8_t *q, float *scale, int32_t *zero);

/* TFLite's 16-bit lookup tables (513 entries) and the interpolating lookup; LUTPopulate of
 * internal/common.h. */
void ln_lut16_fill(double (*f)(double), double in_scale, int in_zero, double out_scale,
                   int out_zero, int16_t table[513]);
int16_t ln_lut16(int16_t x, const int16_t table[513]);
/* The same computed in single precision, as TFLite does for most ops, for quantized x and y. */
typedef float (*ln_lut_f32)(float x, const void *ctx);
void ln_lut16_fill_f32(ln_lut_f32 f, const void *ctx, const TfLiteTensor *x, const TfLiteTensor *y,
                       int16_t table[513]);
/* The 256-entry table of the 8-bit unary ops; index with (uint8_t)x. */
void ln_lut8_fill(ln_lut_f32 f, const void *ctx, const TfLiteTensor *x, const TfLiteTensor *y,
                  uint8_t table[256]);

#endif
