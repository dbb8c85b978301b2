/* SPDX-License-Identifier: Apache-2.0 */
/* qmath.c: see qmath.h.  The fixed-point functions follow gemmlowp's fixedpoint.h, with the number
 * of integer bits as an argument where gemmlowp has a template parameter; W stands for the width
 * of the raw type.  Sums wrap: gemmlowp's do on every machine that TFLite runs on. */
#include "ops/qmath.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/half.h"

/* ---- multipliers ---- */

ln_mult ln_quantize_multiplier(double real)
{
    ln_mult m = {0, 0};
    if (!(real > 0)) /* NaN too */
        return m;
    /* frexp and round by the bits of a number: there may be one for each channel. */
    enum { FRACTION = 52, BIAS = 1022, HALF = 1 << 21 };
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    m.shift = (int)(bits >> FRACTION) - BIAS; /* far too small where there are leading zeros */
    bits = (bits & (((uint64_t)1 << FRACTION) - 1)) | (uint64_t)1 << FRACTION;
    uint64_t mul = (bits + HALF) >> 22;
    if (mul == (uint64_t)1 << 31) {
        mul /= 2;
        m.shift++;
    }
    if (m.shift < -31)
        return (ln_mult){0, 0};
    if (m.shift > 30) /* infinity too */
        return (ln_mult){INT32_MAX, 30};
    m.mul = (int32_t)mul;
    return m;
}

bool ln_checked_log2(float x, int *log2)
{
    if (!(x > 0) || isinf(x))
        return false;
    const float exact = logf(x) * (1.f / logf(2.f)), rounded = roundf(exact);
    *log2 = (int)rounded;
    return fabsf(exact - rounded) < 1e-3f;
}

void ln_mult_q64(ln_mult m, int32_t *mul, int32_t *shift)
{
    *mul = m.mul < 0x7FFF0000 ? (m.mul + (1 << 15)) >> 16 : 0x7FFF;
    *shift = LN_MAX(15 - m.shift, 1); /* TFLite takes shifts up to 7 */
}

int32_t ln_mul_q64(int64_t x, ln_mult m)
{
    int32_t mul, shift;
    ln_mult_q64(m, &mul, &shift);
    const uint64_t product = (uint64_t)x * (uint64_t)mul + ((uint64_t)1 << (shift - 1));
    return (int32_t)(uint32_t)((int64_t)product >> shift);
}

int16_t ln_sat_rounding_doubling_high_mul16(int16_t a, int16_t b)
{
    const int32_t ab = (int32_t)a * b;
    const int32_t nudge = ab >= 0 ? 1 << 14 : 1 - (1 << 14);
    if (a == INT16_MIN && b == INT16_MIN)
        return INT16_MAX;
    return (int16_t)((ab + nudge) / (1 << 15));
}

int32_t ln_sat_rounding_multiply_by_pot(int32_t x, int exponent)
{
    if (exponent <= 0)
        return ln_rounding_divide_by_pot(x, LN_MIN(-exponent, 31));
    if (exponent > 31)
        exponent = 31;
    const int32_t threshold = (int32_t)(((int64_t)1 << (31 - exponent)) - 1);
    if (x > threshold)
        return INT32_MAX;
    if (x < -threshold)
        return INT32_MIN;
    return ln_wrap_mul(x, (int32_t)((uint32_t)1 << exponent));
}

/* ---- fixed point ---- */

/* The operations of a raw type: 32 bits wide, or 16 bits held in an int32_t. */
static int32_t fx_mul(int32_t a, int32_t b, int width)
{
    return width == 16 ? ln_sat_rounding_doubling_high_mul16((int16_t)a, (int16_t)b)
                       : ln_sat_rounding_doubling_high_mul(a, b);
}

static int32_t fx_add(int32_t a, int32_t b, int width)
{
    const int32_t sum = ln_wrap_add(a, b);
    return width == 16 ? (int16_t)sum : sum;
}

static int32_t fx_sub(int32_t a, int32_t b, int width)
{
    const int32_t difference = (int32_t)((uint32_t)a - (uint32_t)b);
    return width == 16 ? (int16_t)difference : difference;
}

static int32_t fx_max(int width)
{
    return width == 16 ? INT16_MAX : INT32_MAX;
}

/* A constant given for 32 bits. */
static int32_t fx_const(int32_t value, int width)
{
    return width == 16 ? ln_rounding_divide_by_pot(value, 16) : value;
}

/* x * 2^exponent, saturated: what changing the number of integer bits takes. */
static int32_t fx_scale(int32_t x, int exponent, int width)
{
    if (exponent <= 0 || width == 32)
        return ln_sat_rounding_multiply_by_pot(x, exponent);
    const int32_t threshold = (1 << (15 - exponent)) - 1;
    return x > threshold ? INT16_MAX : x < -threshold ? INT16_MIN : x * (1 << exponent);
}

/* exp(x) for x in [-1/4, 0), no integer bits: Taylor around -1/8. */
static int32_t fx_exp_quarter(int32_t a, int width)
{
    const int32_t constant = fx_const(1895147668, width); /* exp(-1/8) */
    const int32_t third = fx_const(715827883, width);
    const int32_t x = fx_add(a, 1 << (width - 4), width);
    const int32_t x2 = fx_mul(x, x, width);
    const int32_t x3 = fx_mul(x2, x, width);
    const int32_t x4 = fx_mul(x2, x2, width);
    const int32_t x4_4 = ln_rounding_divide_by_pot(x4, 2);
    const int32_t sum = fx_add(fx_mul(fx_add(x4_4, x3, width), third, width), x2, width);
    const int32_t tail = fx_add(x, ln_rounding_divide_by_pot(sum, 1), width);
    const int32_t product = fx_mul(constant, tail, width);
    if (width == 32)
        return ln_wrap_add(constant, product);
    return LN_MIN(INT16_MAX, LN_MAX(INT16_MIN, constant + product));
}

static int32_t fx_exp_on_negative(int32_t a, int integer_bits, int width)
{
    static const int32_t steps[] = {/* exp(-2^i), i = -2 ... 4 */
                                    1672461947, 1302514674, 790015084, 290630308,
                                    39332535,   720401,     242};
    const int fraction = width - 1 - integer_bits;
    const int32_t quarter = 1 << (fraction - 2);
    const int32_t mod = (a & (quarter - 1)) - quarter;
    int32_t result = fx_exp_quarter(fx_scale(mod, integer_bits, width), width);
    const int32_t remainder = fx_sub(mod, a, width);

    for (int i = -2; i <= 4 && i < integer_bits; i++)
        if ((uint32_t)remainder & (uint32_t)1 << (fraction + i))
            result = fx_mul(result, fx_const(steps[i + 2], width), width);
    if (integer_bits > 5 && a < -(1 << (width + 4 - integer_bits)))
        result = 0;
    return a == 0 ? fx_max(width) : result;
}

/* Newton-Raphson for 2 / (1 + a), with two integer bits; a in [0, 1]. */
static int32_t fx_two_over_one_plus(int32_t a, int width)
{
    const int64_t sum = (int64_t)a + fx_max(width);
    const int32_t half = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    int32_t x = fx_add(fx_const(1515870810, width) /* 48/17 */,
                       fx_mul(half, fx_const(-1010580540, width) /* -32/17 */, width), width);
    for (int i = 0; i < 3; i++) {
        const int32_t rest = fx_sub(1 << (width - 3), fx_mul(half, x, width), width);
        x = fx_add(x, fx_scale(fx_mul(x, rest, width), 2, width), width);
    }
    return x;
}

static int32_t fx_one_over_one_plus(int32_t a, int width)
{
    return fx_scale(fx_two_over_one_plus(a, width), 1, width);
}

static int32_t fx_logistic(int32_t x, int integer_bits, int width)
{
    if (x == 0)
        return 1 << (width - 2);
    const int32_t positive = x > 0 ? x : fx_sub(0, x, width);
    const int32_t e = fx_exp_on_negative(fx_sub(0, positive, width), integer_bits, width);
    const int32_t y = fx_one_over_one_plus(e, width);
    return x > 0 ? y : fx_sub(fx_max(width), y, width);
}

static int32_t fx_tanh(int32_t x, int integer_bits, int width)
{
    if (x == 0)
        return 0;
    const int32_t negative = x < 0 ? x : fx_sub(0, x, width);
    const int32_t e = fx_exp_on_negative(negative, integer_bits + 1, width);
    /* (1 - e) / (1 + e) = 2 / (1 + e) - 1 */
    const int32_t t =
        fx_scale(fx_sub(fx_two_over_one_plus(e, width), 1 << (width - 3), width), 2, width);
    return x < 0 ? fx_sub(0, t, width) : t;
}

int32_t ln_fx_exp_on_negative(int32_t x, int integer_bits)
{
    return fx_exp_on_negative(x, integer_bits, 32);
}

int32_t ln_fx_logistic(int32_t x, int integer_bits)
{
    return fx_logistic(x, integer_bits, 32);
}

int16_t ln_fx_logistic16(int16_t x, int integer_bits)
{
    return (int16_t)fx_logistic(x, integer_bits, 16);
}

int16_t ln_fx_tanh16(int16_t x, int integer_bits)
{
    return (int16_t)fx_tanh(x, integer_bits, 16);
}

int32_t ln_fx_one_over_one_plus_x(int32_t x)
{
    return fx_one_over_one_plus(x, 32);
}

int32_t ln_fx_reciprocal(int32_t x, int x_integer_bits, int *num_bits_over_unit)
{
    const int headroom = LN_MIN(ln_leading_zeros((uint32_t)x), 31);
    *num_bits_over_unit = x_integer_bits - headroom;
    const int32_t rest = (int32_t)(((uint32_t)x << headroom) - 0x80000000u);
    return ln_fx_one_over_one_plus_x(rest);
}

/* ---- quantization parameters ---- */

static const TfLiteAffineQuantization *affine(const TfLiteTensor *t)
{
    return t->quantization.type == kTfLiteAffineQuantization ? t->quantization.params : NULL;
}

float ln_channel_scale(const TfLiteTensor *t, int i)
{
    const TfLiteAffineQuantization *q = affine(t);
    if (!q || !q->scale || q->scale->size == 0)
        return t->params.scale;
    return q->scale->data[q->scale->size > 1 && i < q->scale->size ? i : 0];
}

int32_t ln_channel_zero(const TfLiteTensor *t, int i)
{
    const TfLiteAffineQuantization *q = affine(t);
    if (!q || !q->zero_point || q->zero_point->size == 0)
        return t->params.zero_point;
    return q->zero_point->data[q->zero_point->size > 1 && i < q->zero_point->size ? i : 0];
}

bool ln_same_zeros(const TfLiteTensor *t)
{
    const TfLiteAffineQuantization *q = affine(t);
    const TfLiteIntArray *zeros = q ? q->zero_point : NULL;
    for (int i = 1; zeros && i < zeros->size; i++)
        if (zeros->data[i] != zeros->data[0])
            return false;
    return true;
}

static void zero_range(TfLiteType type, int32_t *min, int32_t *max)
{
    const int bits = type == kTfLiteInt8 || type == kTfLiteUInt8 ? 8
                     : type == kTfLiteInt16                      ? 16
                     : type == kTfLiteInt4                       ? 4
                     : type == kTfLiteInt2                       ? 2
                                                                 : 0;
    *min = type == kTfLiteUInt8 ? 0 : bits ? -(1 << (bits - 1)) : INT32_MIN;
    *max = type == kTfLiteUInt8 ? 255 : bits ? (1 << (bits - 1)) - 1 : INT32_MAX;
    if (type == kTfLiteUInt4) {
        *min = 0;
        *max = 15;
    }
}

/* Channels are many: whether all scales are positive numbers, by their bits. */
static bool are_positive(const float *scales, int n)
{
    const uint32_t most = ln_float_bits(FLT_MAX);
    bool right = true;
    for (int i = 0; i < n; i++)
        right &= ln_float_bits(scales[i]) - 1 < most;
    return right;
}

static bool are_within(const int *zeros, int n, int32_t min, int32_t max)
{
    bool right = true;
    for (int i = 0; i < n; i++)
        right &= zeros[i] >= min && zeros[i] <= max;
    return right;
}

/* The first of n scales that is no positive number; n: none. */
static int wrong_scale(const TfLiteTensor *t, int n)
{
    int i = n > 1 && are_positive(affine(t)->scale->data, n) ? n : 0;
    for (; i < n; i++) {
        const float scale = ln_channel_scale(t, i);
        if (!(scale > 0 && scale <= FLT_MAX))
            break;
    }
    return i;
}

/* The first of n zero points outside of [min, max]; n: none. */
static int wrong_zero(const TfLiteTensor *t, int n, int32_t min, int32_t max)
{
    int i = n > 1 && are_within(affine(t)->zero_point->data, n, min, max) ? n : 0;
    while (i < n && ln_channel_zero(t, i) >= min && ln_channel_zero(t, i) <= max)
        i++;
    return i;
}

ln_status ln_check_quantized(ln_call *c, const TfLiteTensor *t, const char *what, int axis, int n)
{
    const TfLiteAffineQuantization *q = affine(t);
    const int scales = q && q->scale ? q->scale->size : 1;
    const int zeros = q && q->zero_point ? q->zero_point->size : 1;
    int32_t min, max;
    zero_range(t->type, &min, &max);

    LN_CHECK(c, scales == 1 || axis >= 0, "%s has %d scales, one is expected", what, scales);
    if (scales != 1) {
        LN_CHECK(c, q->quantized_dimension == axis, "%s is quantized along dimension %d, not %d",
                 what, (int)q->quantized_dimension, axis);
        LN_CHECK(c, scales > 0 && (n < 0 || scales == n), "%s has %d scales for %d channels", what,
                 scales, n);
    }
    LN_CHECK(c, zeros <= 1 || zeros == scales, "%s has %d zero points for %d scales", what, zeros,
             scales);
    int i = wrong_scale(t, LN_MAX(scales, 1));
    LN_CHECK(c, i == LN_MAX(scales, 1), "%s has the scale %g, not a positive number", what,
             (double)ln_channel_scale(t, i));
    i = wrong_zero(t, LN_MAX(zeros, 1), min, max);
    LN_CHECK(c, i == LN_MAX(zeros, 1), "%s has the zero point %d, outside of its type %s", what,
             (int)ln_channel_zero(t, i), ln_type_name(t->type));
    return LN_OK;
}

ln_status ln_infer_fixed_scale(ln_call *c, int steps)
{
    const TfLiteTensor *x = c->in[0], *y = c->out[0];
    const ln_shape s = ln_shape_of(x);

    LN_CHECK(c, s.rank >= 1, "input is a scalar");
    if (x->type != kTfLiteFloat32 && x->type != kTfLiteInt8 && x->type != kTfLiteUInt8)
        return ln_fail_type(c, 0);
    if (x->type != kTfLiteFloat32) {
        LN_TRY(ln_check_quantized(c, x, "input", -1, 1));
        LN_TRY(ln_check_quantized(c, y, "output", -1, 1));
        LN_CHECK(c, ln_channel_scale(y, 0) == 1.f / (float)steps,
                 "output has the scale %g, not 1/%d", (double)ln_channel_scale(y, 0), steps);
    }
    return ln_set_out(c, 0, x->type, &s);
}

ln_status ln_check_symmetric(ln_call *c, const TfLiteTensor *t, const char *what)
{
    const TfLiteAffineQuantization *q = affine(t);
    const int n = q && q->zero_point ? q->zero_point->size : 1;
    const int i = wrong_zero(t, n, 0, 0);
    LN_CHECK(c, i == n, "%s has the zero point %d, not 0", what, (int)ln_channel_zero(t, i));
    return LN_OK;
}

/* zero + round(x / scale); false where that is no int32. */
static bool quantize_limit(float x, const TfLiteTensor *t, int32_t *q)
{
    const float v = roundf(x / ln_channel_scale(t, 0));
    if (!(v >= -2147483648.f && v < 2147483648.f))
        return false;
    *q = ln_wrap_add(ln_channel_zero(t, 0), (int32_t)v);
    return true;
}

ln_status ln_activation_range_q(ln_call *c, TfLiteFusedActivation act, const TfLiteTensor *out,
                                int32_t *min, int32_t *max)
{
    int32_t lo, hi, limit;
    LN_CHECK(c, out->type == kTfLiteUInt8 || out->type == kTfLiteInt8 || out->type == kTfLiteInt16,
             "the output has type %s; a fused activation needs UINT8, INT8 or INT16",
             ln_type_name(out->type));
    zero_range(out->type, &lo, &hi);
    const bool below =
        act == kTfLiteActRelu || act == kTfLiteActRelu6 || act == kTfLiteActReluN1To1;
    const bool above = act == kTfLiteActRelu6 || act == kTfLiteActReluN1To1;
    float from, to;
    ln_activation_range_f32(act, &from, &to);
    *min = lo;
    *max = hi;
    if (below) {
        LN_CHECK(c, quantize_limit(from, out, &limit), "the output's scale %g is too small",
                 (double)ln_channel_scale(out, 0));
        *min = LN_MAX(lo, limit);
    }
    if (above) {
        LN_CHECK(c, quantize_limit(to, out, &limit), "the output's scale %g is too small",
                 (double)ln_channel_scale(out, 0));
        *max = LN_MIN(hi, limit);
    }
    return LN_OK;
}

int32_t ln_requantize_real(const ln_requant *q, int64_t acc)
{
    const double v = round((double)acc * q->real);
    const int32_t r = v <= INT32_MIN ? INT32_MIN : v >= INT32_MAX ? INT32_MAX : (int32_t)v;
    const int32_t sum = ln_wrap_add(r, q->zero);
    return sum < q->min ? q->min : sum > q->max ? q->max : sum;
}

ln_status ln_requant_fill(ln_call *c, const TfLiteTensor *x, const TfLiteTensor *w, int n,
                          TfLiteFusedActivation act, ln_requant *q)
{
    const TfLiteTensor *y = c->out[0];
    const float xs = ln_channel_scale(x, 0);
    const double ys = ln_channel_scale(y, 0);
    const int32_t zero = ln_channel_zero(y, 0);
    int32_t min, max;
    LN_TRY(ln_activation_range_q(c, act, y, &min, &max));
    for (int i = 0; i < n; i++) {
        const float ws = ln_channel_scale(w, i);
        const double exact = (double)xs * ws / ys;
        /* The legacy type multiplies in single precision (GetQuantizedConvolutionMultipler). */
        const double real = x->type == kTfLiteUInt8 ? (double)(xs * ws) / ys : exact;
        q[i] = (ln_requant){ln_quantize_multiplier(real), zero, min, max, exact};
    }
    return LN_OK;
}

/* ---- hybrid kernels ---- */

/* round(x) + zero, clamped to [least, 127].  TFLite's vector code adds half and truncates, which
 * differs from round() at the float just below a half. */
static int8_t quantize_value(float x, int32_t zero, int32_t least)
{
    const float half = x + (x < 0 ? -0.5f : 0.5f);
    const float near = half < -512 ? -512 : half > 512 ? 512 : half == half ? half : 0;
    return (int8_t)ln_clamp((int32_t)near + zero, least, INT8_MAX);
}

static ln_row_scale quantize_row(const float *x, int n, int8_t *q, bool asymmetric)
{
    float min = 0, max = 0;
    for (int i = 0; i < n; i++) {
        min = x[i] < min ? x[i] : min;
        max = x[i] > max ? x[i] : max;
    }
    const ln_row_scale s = ln_row_scale_of(min, max, asymmetric);
    for (int i = 0; i < n; i++)
        q[i] = quantize_value(x[i] * s.inverse, s.zero, s.least);
    return s;
}

void ln_quantize_row_symmetric(const float *x, int n, int8_t *q, float *scale)
{
    *scale = quantize_row(x, n, q, false).scale;
}

void ln_quantize_row_asymmetric(const float *x, int n, int8_t *q, float *scale, int32_t *zero)
{
    const ln_row_scale s = quantize_row(x, n, q, true);
    *scale = s.scale;
    *zero = s.zero;
}

/* ---- lookup tables ---- */

static int16_t table_entry(double v)
{
    return (int16_t)(v <= INT16_MIN ? INT16_MIN : v >= INT16_MAX ? INT16_MAX : v == v ? v : 0);
}

void ln_lut16_fill(double (*f)(double), double in_scale, int in_zero, double out_scale,
                   int out_zero, int16_t table[513])
{
    enum { STEPS = 512 };
    const double in_min = in_scale * (INT16_MIN - in_zero),
                 in_max = in_scale * (INT16_MAX - in_zero);
    const double out_min = out_scale * (INT16_MIN - out_zero);
    const double out_max = out_scale * (INT16_MAX - out_zero);
    const double step = (in_max - in_min) / STEPS, half = step / 2;
    const double inverse = 65536 / (out_max - out_min);

    double here, next = f(in_min);
    for (int i = 0; i < STEPS; i++) {
        const double middle = f(in_min + i * step + half);
        here = next;
        next = f(in_min + (i + 1) * step);
        const double sample = round(here * inverse);
        /* The error of a straight line at the middle; half of it goes into the sample. */
        const double line = round((next * inverse + sample) / 2);
        const double bias = round((line - round(middle * inverse)) / 2);
        table[i] = table_entry(sample - bias);
    }
    table[STEPS] = table_entry(round(f(in_max) * inverse));
}

void ln_lut16_fill_f32(ln_lut_f32 f, const void *ctx, const TfLiteTensor *x, const TfLiteTensor *y,
                       int16_t table[513])
{
    enum { STEPS = 512 };
    const float in_scale = ln_channel_scale(x, 0), out_scale = ln_channel_scale(y, 0);
    const int32_t in_zero = ln_channel_zero(x, 0), out_zero = ln_channel_zero(y, 0);
    const float in_min = in_scale * (float)(INT16_MIN - in_zero);
    const float in_max = in_scale * (float)(INT16_MAX - in_zero);
    const float out_min = out_scale * (float)(INT16_MIN - out_zero);
    const float out_max = out_scale * (float)(INT16_MAX - out_zero);
    const float step = (in_max - in_min) / STEPS, half = step / 2;
    const float inverse = 65536 / (out_max - out_min);

    float here, next = f(in_min, ctx);
    for (int i = 0; i < STEPS; i++) {
        const float middle = f(in_min + (float)i * step + half, ctx);
        here = next;
        next = f(in_min + (float)(i + 1) * step, ctx);
        const float sample = roundf(here * inverse);
        const float line = roundf((next * inverse + sample) / 2);
        const float bias = roundf((line - roundf(middle * inverse)) / 2);
        table[i] = table_entry((double)(sample - bias));
    }
    table[STEPS] = table_entry((double)roundf(f(in_max, ctx) * inverse));
}

int16_t ln_lut16(int16_t x, const int16_t table[513])
{
    const int i = 256 + (x >> 7);
    const int16_t slope = (int16_t)(table[i + 1] - table[i]);
    return (int16_t)(table[i] + ((slope * (x & 0x7f) + 64) >> 7));
}

void ln_lut8_fill(ln_lut_f32 f, const void *ctx, const TfLiteTensor *x, const TfLiteTensor *y,
                  uint8_t table[256])
{
    const float in_scale = ln_channel_scale(x, 0), inverse = 1 / ln_channel_scale(y, 0);
    const int32_t in_zero = ln_channel_zero(x, 0);
    const float out_zero = (float)ln_channel_zero(y, 0);
    const int min = x->type == kTfLiteUInt8 ? 0 : -128, max = min + 255;

    for (int v = min; v <= max; v++) {
        const float real = f(in_scale * (float)(v - in_zero), ctx);
        const float q = roundf(real * inverse) + out_zero;
        const int k = q <= (float)min ? min : q >= (float)max ? max : q == q ? (int)q : 0;
        table[(uint8_t)v] = (uint8_t)k;
    }
}
