/* SPDX-License-Identifier: Apache-2.0 */
/* activation.c: RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1, LEAKY_RELU, PRELU, ELU, GELU, HARD_SWISH,
 * LOGISTIC, TANH: y = f(x), y of x's shape and type; PRELU's slope broadcasts to x.
 *
 * Half types compute in float, but for GELU.  Quantized LOGISTIC, TANH, ELU and GELU use the tables
 * of qmath.h (16-bit LOGISTIC and TANH those of sigmoid16.h), the rest rescales in 32-bit fixed
 * point. Facts: kernels/activations.cc.  ABS, EXP and the like: unary.c. */
#include "ops/elementwise.h"

#include <float.h>
#include <math.h>

#include "base/half.h"
#include "ops/sigmoid16.h"

static bool is_float(const ln_call *c)
{
    return ln_type_in(c->in[0]->type, LN_FLOATS);
}

static void type_range(TfLiteType type, int32_t *min, int32_t *max)
{
    *min = type == kTfLiteInt16 ? INT16_MIN : type == kTfLiteInt8 ? INT8_MIN : 0;
    *max = type == kTfLiteInt16 ? INT16_MAX : type == kTfLiteInt8 ? INT8_MAX : UINT8_MAX;
}

/* ---- RELU and its kin ---- */

typedef struct relu {
    float min, max;
    int32_t zx, zy, qmin, qmax;
    ln_mult m;
} relu;

static void relu_f32(const void *ctx, const void *const *in, void *out, int n)
{
    const relu r = *(const relu *)ctx;
    const float *x = in[0];
    float *y = out;
    for (int i = 0; i < n; i++)
        y[i] = x[i] < r.min ? r.min : x[i] > r.max ? r.max : x[i];
}

static void relu_q(const void *ctx, const void *const *in, void *out, int n)
{
    const relu r = *(const relu *)ctx;
    const int32_t *x = in[0];
    int32_t *y = out;
    for (int i = 0; i < n; i++)
        y[i] = ln_clamp(ln_wrap_add(ln_mul_q(x[i] - r.zx, r.m), r.zy), r.qmin, r.qmax);
}

static ln_status infer_relu(ln_call *c)
{
    LN_TRY(ln_infer_like(c, LN_FLOATS | LN_QUANTS));
    if (is_float(c) || (!ln_quantized(c->in[0]) && !ln_quantized(c->out[0])))
        return LN_OK;
    return ln_infer_quantized(c, LN_QUANTS);
}

/* zero + round(x / scale), as far as it fits the type. */
static int32_t quantize_limit(float x, const TfLiteQuantizationParams *q, int32_t min, int32_t max)
{
    const float v = roundf(x / q->scale) + (float)q->zero_point;
    return v <= (float)min ? min : v >= (float)max ? max : (int32_t)v;
}

static ln_status eval_relu_range(ln_call *c, float min, float max)
{
    const TfLiteQuantizationParams x = c->in[0]->params, y = c->out[0]->params;
    relu r = {.min = min, .max = max, .zx = x.zero_point, .zy = y.zero_point};

    if (is_float(c))
        return ln_map_call(c, 1, LN_F32, LN_F32, relu_f32, &r);
    type_range(c->in[0]->type, &r.qmin, &r.qmax);
    if (ln_quantized(c->in[0])) { /* else TFLite makes zeros: a multiplier of 0 / 0 is 0 */
        const float real = x.scale / y.scale;
        const int32_t lowest = r.qmin, highest = r.qmax;
        r.m = ln_quantize_multiplier((double)real);
        r.qmin = quantize_limit(min, &y, lowest, highest);
        if (max < FLT_MAX)
            r.qmax = quantize_limit(max, &y, lowest, highest);
    }
    return ln_map_call(c, 1, LN_I32, LN_I32, relu_q, &r);
}

static ln_status eval_relu(ln_call *c)
{
    return eval_relu_range(c, 0, INFINITY);
}

static ln_status eval_relu6(ln_call *c)
{
    return eval_relu_range(c, 0, 6);
}

static ln_status eval_relu_n1_to_1(ln_call *c)
{
    return eval_relu_range(c, -1, 1);
}

static ln_status eval_relu_0_to_1(ln_call *c)
{
    return eval_relu_range(c, 0, 1);
}

/* ---- LEAKY_RELU, PRELU ---- */

typedef struct slope {
    float alpha;
    int32_t zx, za, zy, min, max, sign;
    ln_mult positive, negative;
} slope;

static void leaky_f32(const void *ctx, const void *const *in, void *out, int n)
{
    const float *x = in[0], alpha = ((const slope *)ctx)->alpha;
    float *y = out;
    for (int i = 0; i < n; i++)
        y[i] = x[i] > 0 ? x[i] : x[i] * alpha;
}

static void leaky_q(const void *ctx, const void *const *in, void *out, int n)
{
    const slope s = *(const slope *)ctx;
    const int32_t *x = in[0];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int32_t v = x[i] - s.zx;
        const int32_t w =
            v >= 0 ? ln_mul_q(v, s.positive) : ln_wrap_mul(s.sign, ln_mul_q(v, s.negative));
        y[i] = ln_clamp(ln_wrap_add(w, s.zy), s.min, s.max);
    }
}

LN_ROW2(prelu_f32, float, float, a[i] >= 0 ? a[i] : a[i] * b[i])

static void prelu_q(const void *ctx, const void *const *in, void *out, int n)
{
    const slope s = *(const slope *)ctx;
    const int32_t *x = in[0], *a = in[1];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int32_t v = x[i] - s.zx;
        const int32_t w =
            v >= 0 ? ln_mul_q(v, s.positive) : ln_mul_q(ln_wrap_mul(v, a[i] - s.za), s.negative);
        y[i] = ln_clamp(ln_wrap_add(w, s.zy), s.min, s.max);
    }
}

static ln_status infer_leaky_relu(ln_call *c)
{
    const TfLiteLeakyReluParams *p = c->params;
    LN_TRY(ln_infer_quantized(c, LN_FLOATS | LN_QUANTS));
    LN_CHECK(c, is_float(c) || isfinite(p->alpha), "alpha is %g, not finite", (double)p->alpha);
    return LN_OK;
}

static ln_status eval_leaky_relu(ln_call *c)
{
    const float alpha = ((const TfLiteLeakyReluParams *)c->params)->alpha;
    const TfLiteQuantizationParams x = c->in[0]->params, y = c->out[0]->params;
    slope s = {.alpha = alpha, .zx = x.zero_point, .zy = y.zero_point, .sign = alpha < 0 ? -1 : 1};

    if (is_float(c))
        return ln_map_call(c, 1, LN_F32, LN_F32, leaky_f32, &s);
    const float identity = x.scale / y.scale, scaled = x.scale * alpha / y.scale;
    s.positive = ln_quantize_multiplier((double)identity);
    s.negative = ln_quantize_multiplier(fabs((double)scaled));
    type_range(c->in[0]->type, &s.min, &s.max);
    return ln_map_call(c, 1, LN_I32, LN_I32, leaky_q, &s);
}

static ln_status infer_prelu(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    LN_TRY(ln_infer_binary(c, LN_FLOATS | LN_QUANTS, kTfLiteNoType));
    LN_CHECK(c, !ln_shape_known(&c->made[0].shape) || ln_shape_equal(&x, &c->made[0].shape),
             "input 1, the slope, has more items than input 0");
    if (is_float(c))
        return ln_set_out(c, 0, c->in[0]->type, &x);
    LN_TRY(ln_check_quantized_in(c, 1));
    return ln_infer_quantized(c, LN_QUANTS);
}

static ln_status eval_prelu(ln_call *c)
{
    const TfLiteQuantizationParams x = c->in[0]->params, y = c->out[0]->params;
    const TfLiteQuantizationParams a = c->in[1]->params;
    slope s = {.zx = x.zero_point, .za = a.zero_point, .zy = y.zero_point};

    if (is_float(c))
        return ln_map_call(c, 2, LN_F32, LN_F32, prelu_f32, NULL);
    const float identity = x.scale / y.scale, scaled = x.scale * a.scale / y.scale;
    s.positive = ln_quantize_multiplier((double)identity);
    s.negative = ln_quantize_multiplier((double)scaled);
    type_range(c->in[0]->type, &s.min, &s.max);
    ln_map m = {.n_in = 2, .from = LN_I32, .to = LN_I32, .row = prelu_q, .ctx = &s};
    m.in[0] = ln_operand_of(c->in[0]);
    m.in[1] = ln_operand_of(c->in[1]);
    m.out = ln_operand_of(c->out[0]);
    if (c->in[0]->type == kTfLiteInt16) /* TFLite reads 16-bit slopes as bytes, the first ones */
        m.in[1].type = kTfLiteInt8;
    ln_map_run(&m);
    return LN_OK;
}

/* ---- LOGISTIC, TANH, ELU, GELU ---- */

static float logistic(float x)
{
    return 1.f / (1.f + expf(-x));
}

static float gelu_tanh(float x)
{
    const float root = 0.7978845608028654f; /* sqrt(2 / pi) */
    return 0.5f * x * (1.f + tanhf(root * (x + 0.044715f * x * x * x)));
}

static float gelu_erf(float x)
{
    return 0.5f * x * erfcf(x * -0.70710678118654752f);
}

LN_ROW1(logistic_f32, float, float, logistic(a[i]))
LN_ROW1(tanh_f32, float, float, tanhf(a[i]))
LN_ROW1(elu_f32, float, float, a[i] < 0 ? expm1f(a[i]) : a[i])
LN_ROW1(gelu_tanh_f32, float, float, gelu_tanh(a[i]))
LN_ROW1(gelu_erf_f32, float, float, gelu_erf(a[i]))

/* GELU of a half type rounds after every step, as Eigen does for TFLite. */
typedef float (*narrow)(float x);

static float as_half(float x)
{
    return ln_half_to_float(ln_float_to_half(x));
}

static float as_bf16(float x)
{
    return ln_bf16_to_float(ln_float_to_bf16(x));
}

static float gelu_tanh_narrow(float x, narrow r)
{
    const float cube = r(x * r(x * x)), root = r(0.7978845608028654f);
    const float inner = r(root * r(x + r(r(0.044715f) * cube)));
    return r(0.5f * x) * r(1.f + r(tanhf(inner)));
}

static float gelu_erf_narrow(float x, narrow r)
{
    return r(0.5f * x) * r(erfcf(r(x * r(-0.70710678118654752f))));
}

LN_ROW1(gelu_tanh_half, float, float, gelu_tanh_narrow(a[i], as_half))
LN_ROW1(gelu_erf_half, float, float, gelu_erf_narrow(a[i], as_half))
LN_ROW1(gelu_tanh_bf16, float, float, gelu_tanh_narrow(a[i], as_bf16))
LN_ROW1(gelu_erf_bf16, float, float, gelu_erf_narrow(a[i], as_bf16))

static ln_row gelu_row(TfLiteType type, bool approximate)
{
    switch (type) {
    case kTfLiteFloat16:
        return approximate ? gelu_tanh_half : gelu_erf_half;
    case kTfLiteBFloat16:
        return approximate ? gelu_tanh_bf16 : gelu_erf_bf16;
    default:
        return approximate ? gelu_tanh_f32 : gelu_erf_f32;
    }
}

#define LUT(name, expr)                         \
    static float name(float x, const void *ctx) \
    {                                           \
        (void)ctx;                              \
        return expr;                            \
    }
LUT(lut_logistic, logistic(x))
LUT(lut_tanh, tanhf(x))
LUT(lut_elu, x < 0 ? expm1f(x) : x)
LUT(lut_gelu_tanh, gelu_tanh(x))
LUT(lut_gelu_erf, gelu_erf(x))

/* LOGISTIC and TANH; their 16-bit form has results in units of 2^-15. */
static ln_status infer_sigmoid(ln_call *c)
{
    int log2;
    LN_TRY(ln_infer_quantized(c, LN_FLOATS | LN_QUANTS));
    if (c->in[0]->type != kTfLiteInt16)
        return LN_OK;
    LN_CHECK(c, c->in[0]->params.zero_point == 0 && c->out[0]->params.zero_point == 0,
             "16-bit operands have the zero points %d and %d, not 0",
             (int)c->in[0]->params.zero_point, (int)c->out[0]->params.zero_point);
    LN_CHECK(c, ln_checked_log2(c->out[0]->params.scale, &log2) && log2 == -15,
             "the 16-bit output has the scale %g, not 2^-15", (double)c->out[0]->params.scale);
    return LN_OK;
}

static ln_status eval_logistic(ln_call *c)
{
    if (is_float(c))
        return ln_map_call(c, 1, LN_F32, LN_F32, logistic_f32, NULL);
    if (c->in[0]->type != kTfLiteInt16)
        return ln_eval_lut(c, lut_logistic, NULL);
    ln_logistic16(c->in[0]->data.i16, ln_count(c->in[0]), c->in[0]->params.scale,
                  c->out[0]->data.i16);
    return LN_OK;
}

static ln_status eval_tanh(ln_call *c)
{
    if (is_float(c))
        return ln_map_call(c, 1, LN_F32, LN_F32, tanh_f32, NULL);
    if (c->in[0]->type != kTfLiteInt16)
        return ln_eval_lut(c, lut_tanh, NULL);
    ln_tanh16(c->in[0]->data.i16, ln_count(c->in[0]), c->in[0]->params.scale, c->out[0]->data.i16);
    return LN_OK;
}

static ln_status infer_table(ln_call *c)
{
    return ln_infer_quantized(c, LN_FLOATS | LN_QUANTS);
}

static ln_status eval_elu(ln_call *c)
{
    return is_float(c) ? ln_map_call(c, 1, LN_F32, LN_F32, elu_f32, NULL)
                       : ln_eval_lut(c, lut_elu, NULL);
}

static ln_status eval_gelu(ln_call *c)
{
    const bool approximate = ((const TfLiteGeluParams *)c->params)->approximate;
    if (is_float(c))
        return ln_map_call(c, 1, LN_F32, LN_F32, gelu_row(c->in[0]->type, approximate), NULL);
    return ln_eval_lut(c, approximate ? lut_gelu_tanh : lut_gelu_erf, NULL);
}

/* ---- HARD_SWISH: x * min(max(x + 3, 0), 6) / 6 ---- */

LN_ROW1(hard_swish_f32, float, float, a[i] * fminf(6.f, fmaxf(0.f, a[i] + 3.f)) / 6.f)

/* 16-bit fixed point: x in units of its scale / 128, and (x + 3) / 6 as a fraction. */
typedef struct swish {
    int32_t zx, zy, min, max;
    int16_t out_mul, gate_mul;
    int out_shift, gate_shift; /* out_shift <= 0 */
} swish;

static int16_t shift_left(int16_t x, int bits)
{
    const int64_t v = (int64_t)x * ((int64_t)1 << bits);
    return (int16_t)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
}

/* The 16-bit form of ln_rounding_divide_by_pot: from 2^16 on only a sign is left. */
static int16_t divide_by_pot16(int16_t x, int exponent)
{
    if (exponent > 15)
        return x < 0 ? -1 : 1;
    return (int16_t)ln_rounding_divide_by_pot(x, exponent);
}

/* (x + 3) / 6 limited to [0, 1], in Q0.15. */
static int16_t swish_gate(int16_t x, const swish *s)
{
    int16_t g = x;
    if (s->gate_shift > 0)
        g = shift_left(g, s->gate_shift - 1);
    g = ln_sat_rounding_doubling_high_mul16(g, s->gate_mul);
    if (s->gate_shift > 0)
        g = shift_left(g, 1);
    if (s->gate_shift < 0)
        g = divide_by_pot16(g, -s->gate_shift);
    return (int16_t)((g + (1 << 15)) >> 1);
}

static void swish_q(const void *ctx, const void *const *in, void *out, int n)
{
    const swish s = *(const swish *)ctx;
    const int32_t *x = in[0];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int16_t v = (int16_t)((x[i] - s.zx) * (1 << 7));
        const int16_t w = ln_sat_rounding_doubling_high_mul16(v, s.out_mul);
        /* Towards zero, which cancels the bias of the roundings before it. */
        const int16_t product = (int16_t)((int32_t)swish_gate(v, &s) * w / (1 << 15));
        y[i] = ln_clamp(divide_by_pot16(product, -s.out_shift) + s.zy, s.min, s.max);
    }
}

static int16_t upper_half(int32_t mul)
{
    return (int16_t)(mul >= INT32_MAX - (1 << 15) ? INT16_MAX : (mul + (1 << 15)) >> 16);
}

static void swish_multipliers(const ln_call *c, ln_mult *out, ln_mult *gate)
{
    const float hires = (1.0f / 128.0f) * c->in[0]->params.scale;
    const float real = hires / c->out[0]->params.scale, gate_real = hires / (3.0f / 32768.0f);
    *out = ln_quantize_multiplier((double)real);
    *gate = ln_quantize_multiplier((double)gate_real);
}

static ln_status infer_hard_swish(ln_call *c)
{
    ln_mult out, gate;
    LN_TRY(ln_infer_quantized(c, LN_FLOATS | LN_BIT(Int8) | LN_BIT(UInt8)));
    if (is_float(c))
        return LN_OK;
    swish_multipliers(c, &out, &gate);
    LN_CHECK(c, out.shift <= 0, "the output's scale %g is too small for the input's, %g",
             (double)c->out[0]->params.scale, (double)c->in[0]->params.scale);
    return LN_OK;
}

static ln_status eval_hard_swish(ln_call *c)
{
    ln_mult out, gate;
    if (is_float(c))
        return ln_map_call(c, 1, LN_F32, LN_F32, hard_swish_f32, NULL);
    swish_multipliers(c, &out, &gate);
    swish s = {.zx = c->in[0]->params.zero_point,
               .zy = c->out[0]->params.zero_point,
               .out_mul = upper_half(out.mul),
               .gate_mul = upper_half(gate.mul),
               .out_shift = out.shift,
               .gate_shift = gate.shift};
    type_range(c->in[0]->type, &s.min, &s.max);
    return ln_map_call(c, 1, LN_I32, LN_I32, swish_q, &s);
}

/* ---- the ops ---- */

static const ln_field leaky_relu_fields[] = {LN_FIELD(F32, 0, TfLiteLeakyReluParams, alpha, 1),
                                             {0}};
static const ln_field gelu_fields[] = {LN_FIELD(BOOL, 0, TfLiteGeluParams, approximate, 1), {0}};

static const ln_quant logistic_quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_FIXED(-8, INT8_MIN)}};
/* TFLite's kernel takes no int16, though ours does. */
static const ln_quant elu_quant = {
    .in = {LN_Q_ACTIVATION}, .out = {LN_Q_ACTIVATION}, .lacks = LN_Q_NOT_16};
static const ln_quant tanh_quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_FIXED(-7, 0)}};
#define ACTIVATION(lower, upper, code, options_, version_, infer_, quant_, ...)    \
    const ln_op ln_op_##lower = {.name = upper,                                    \
                                 .builtin = code,                                  \
                                 .version = version_,                              \
                                 .options = options_,                              \
                                 .min_in = 1,                                      \
                                 .max_in = 1,                                      \
                                 .n_out = 1,                                       \
                                 .traits = LN_PURE | LN_ELEMENTWISE | LN_IN_PLACE, \
                                 .infer = infer_,                                  \
                                 .eval = eval_##lower,                             \
                                 .quant = &quant_,                                 \
                                 __VA_ARGS__};
ACTIVATION(relu, "RELU", kTfLiteBuiltinRelu, 0, 3, infer_relu, ln_quant_free, .params_size = 0)
ACTIVATION(relu6, "RELU6", kTfLiteBuiltinRelu6, 0, 3, infer_relu, ln_quant_free, .params_size = 0)
ACTIVATION(relu_n1_to_1, "RELU_N1_TO_1", kTfLiteBuiltinReluN1To1, 0, 1, infer_relu, ln_quant_free,
           .params_size = 0)
ACTIVATION(relu_0_to_1, "RELU_0_TO_1", kTfLiteBuiltinRelu0To1, 0, 1, infer_relu, ln_quant_free,
           .params_size = 0)
ACTIVATION(logistic, "LOGISTIC", kTfLiteBuiltinLogistic, 0, 3, infer_sigmoid, logistic_quant,
           .params_size = 0)
ACTIVATION(tanh, "TANH", kTfLiteBuiltinTanh, 0, 3, infer_sigmoid, tanh_quant, .params_size = 0)
ACTIVATION(elu, "ELU", kTfLiteBuiltinElu, 0, 1, infer_table, elu_quant, .params_size = 0)
ACTIVATION(gelu, "GELU", kTfLiteBuiltinGelu, 116, 3, infer_table, ln_quant_free,
           .fields = gelu_fields, .params_size = sizeof(TfLiteGeluParams))
ACTIVATION(hard_swish, "HARD_SWISH", kTfLiteBuiltinHardSwish, 91, 1, infer_hard_swish,
           ln_quant_free, .params_size = 0)
ACTIVATION(leaky_relu, "LEAKY_RELU", kTfLiteBuiltinLeakyRelu, 75, 2, infer_leaky_relu,
           ln_quant_free, .fields = leaky_relu_fields, .params_size = sizeof(TfLiteLeakyReluParams))

const ln_op ln_op_prelu = {
    .name = "PRELU",
    .builtin = kTfLiteBuiltinPrelu,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE | LN_ELEMENTWISE | LN_IN_PLACE,
    .infer = infer_prelu,
    .eval = eval_prelu,
    .quant = &ln_quant_free,
};
