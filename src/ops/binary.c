/* SPDX-License-Identifier: Apache-2.0 */
/* binary.c: ADD, SUB, MUL, DIV, y = act(a op b), shapes broadcast.
 *
 * Float, float16, bfloat16 and plain integers (which wrap) share one kernel per op; complex64 has
 * MUL.  8-bit and quantized 16-bit operands are computed in 32-bit fixed point as in
 * internal/reference/{add,sub,mul,div}.h: ADD and SUB bring both operands to twice the larger
 * scale with `left` extra bits; 16-bit ones with power-of-two scales only shift.
 * The fused activation of floats clamps to the type's finite range even where it is NONE. */
#include "ops/elementwise.h"

#include <float.h>

enum { ADD, SUB, MUL, DIV };

/* ---- float and plain integers ---- */

typedef struct clamp {
    float min, max;
    int64_t imin, imax;
} clamp;

#define ROW_CLAMPED(name, expr)                                                \
    static void name(const void *ctx, const void *const *in, void *out, int n) \
    {                                                                          \
        const clamp *c = ctx;                                                  \
        const float *a = in[0], *b = in[1], min = c->min, max = c->max;        \
        float *y = out;                                                        \
        for (int i = 0; i < n; i++) {                                          \
            const float v = (expr), w = v < min ? min : v;                     \
            y[i] = max < w ? max : w;                                          \
        }                                                                      \
    }
ROW_CLAMPED(add_f32, a[i] + b[i])
ROW_CLAMPED(sub_f32, a[i] - b[i])
ROW_CLAMPED(mul_f32, a[i] * b[i])
ROW_CLAMPED(div_f32, a[i] / b[i])

LN_ROW2(add_i64, uint64_t, uint64_t, a[i] + b[i])
LN_ROW2(sub_i64, uint64_t, uint64_t, a[i] - b[i])
LN_ROW2(mul_i64, uint64_t, uint64_t, a[i] * b[i])
/* For INT32 alone, where INT32_MIN / -1 gives the largest number.  b is not 0: checked before. */
LN_ROW2(div_i64, int64_t, int64_t, LN_MIN(a[i] / b[i], INT32_MAX))

static void clamp_i64(const void *ctx, const void *const *in, void *out, int n)
{
    const clamp *c = ctx;
    const int64_t *a = in[0];
    int64_t *y = out;
    for (int i = 0; i < n; i++)
        y[i] = a[i] < c->imin ? c->imin : a[i] > c->imax ? c->imax : a[i];
}

static void mul_c64(const void *ctx, const void *const *in, void *out, int n)
{
    const TfLiteComplex64 *a = in[0], *b = in[1];
    TfLiteComplex64 *y = out;
    (void)ctx;
    for (int i = 0; i < n; i++)
        y[i] = (TfLiteComplex64){a[i].re * b[i].re - a[i].im * b[i].im,
                                 a[i].re * b[i].im + a[i].im * b[i].re};
}

static clamp clamp_for(TfLiteFusedActivation act, TfLiteType type)
{
    clamp c = {.imin = INT64_MIN, .imax = INT64_MAX};
    ln_activation_range_f32(act, &c.min, &c.max);
    if (type == kTfLiteFloat16) {
        c.min = LN_MAX(c.min, -65504.f);
        c.max = LN_MIN(c.max, 65504.f);
    }
    if (c.min > -FLT_MAX)
        c.imin = (int64_t)c.min;
    if (c.max < 65504)
        c.imax = (int64_t)c.max;
    return c;
}

static ln_status eval_plain(ln_call *c, int op, TfLiteFusedActivation act)
{
    static const ln_row f32[] = {add_f32, sub_f32, mul_f32, div_f32};
    static const ln_row i64[] = {add_i64, sub_i64, mul_i64, div_i64};
    const TfLiteType type = c->in[0]->type;
    const clamp range = clamp_for(act, type);

    if (ln_type_in(type, LN_FLOATS))
        return ln_map_call(c, 2, LN_F32, LN_F32, f32[op], &range);
    if (type == kTfLiteComplex64)
        return ln_map_call(c, 2, LN_RAW, LN_RAW, mul_c64, NULL);
    LN_TRY(ln_map_call(c, 2, LN_I64, LN_I64, i64[op], NULL));
    if (range.imin != INT64_MIN || range.imax != INT64_MAX) {
        ln_map m = {.n_in = 1, .from = LN_I64, .to = LN_I64, .row = clamp_i64, .ctx = &range};
        m.in[0] = m.out = ln_operand_of(c->out[0]);
        ln_map_run(&m);
    }
    return LN_OK;
}

/* ---- quantized ADD and SUB ---- */

typedef struct sum_q {
    int32_t za, zb, zy, min, max;
    ln_mult ma, mb, my;
    int32_t left; /* factor: 1 << bits */
    int32_t sign; /* -1: a - b */
    int shift_a, shift_b;
} sum_q;

static void sum_row(const void *ctx, const void *const *in, void *out, int n)
{
    const sum_q q = *(const sum_q *)ctx;
    const int32_t *a = in[0], *b = in[1];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int32_t sa = ln_mul_q(ln_wrap_mul(a[i] - q.za, q.left), q.ma);
        const int32_t sb = ln_mul_q(ln_wrap_mul(b[i] - q.zb, q.left), q.mb);
        const int32_t sum = ln_wrap_add(sa, ln_wrap_mul(sb, q.sign));
        y[i] = ln_clamp(ln_wrap_add(ln_mul_q(sum, q.my), q.zy), q.min, q.max);
    }
}

/* Power-of-two scales, one of them the output's. */
static void sum_pot_row(const void *ctx, const void *const *in, void *out, int n)
{
    const sum_q q = *(const sum_q *)ctx;
    const int32_t *a = in[0], *b = in[1];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int32_t sum = ln_rounding_divide_by_pot(a[i], q.shift_a) +
                            q.sign * ln_rounding_divide_by_pot(b[i], q.shift_b);
        y[i] = ln_clamp(ln_clamp(sum, INT16_MIN, INT16_MAX), q.min, q.max);
    }
}

/* True when the 16-bit operands are to be added by shifting alone; fills the shifts. */
static bool pot_scales(const ln_call *c, bool pot_option, sum_q *q)
{
    int a, b, y;
    if (!pot_option || c->in[0]->type != kTfLiteInt16)
        return false;
    if (!ln_checked_log2(c->in[0]->params.scale, &a) ||
        !ln_checked_log2(c->in[1]->params.scale, &b) ||
        !ln_checked_log2(c->out[0]->params.scale, &y))
        return false;
    q->shift_a = y - a;
    q->shift_b = y - b;
    return true;
}

static ln_status check_quantized(ln_call *c)
{
    LN_TRY(ln_check_quantized_in(c, 0));
    LN_TRY(ln_check_quantized_in(c, 1));
    return ln_check_quantized_out(c);
}

static ln_status check_sum_q(ln_call *c, bool pot_option)
{
    sum_q q;
    LN_TRY(check_quantized(c));
    if (!pot_scales(c, pot_option, &q))
        return LN_OK;
    LN_CHECK(c,
             (q.shift_a == 0 || q.shift_b == 0) && q.shift_a >= 0 && q.shift_b >= 0 &&
                 q.shift_a <= 31 && q.shift_b <= 31,
             "16-bit scales 2^%d and 2^%d of the output's: one must equal it, none exceed it",
             -q.shift_a, -q.shift_b);
    LN_CHECK(c,
             c->in[0]->params.zero_point == 0 && c->in[1]->params.zero_point == 0 &&
                 c->out[0]->params.zero_point == 0,
             "16-bit operands with power-of-two scales have zero points, not 0");
    return LN_OK;
}

static ln_status eval_sum_q(ln_call *c, int op, TfLiteFusedActivation act, bool pot_option)
{
    const TfLiteQuantizationParams a = c->in[0]->params, b = c->in[1]->params;
    const TfLiteQuantizationParams y = c->out[0]->params;
    const int left = c->in[0]->type == kTfLiteInt16 ? 15 : 20;
    const double twice = 2 * (double)LN_MAX(a.scale, b.scale);
    sum_q q = {.za = a.zero_point,
               .zb = b.zero_point,
               .zy = y.zero_point,
               .left = 1 << left,
               .sign = op == SUB ? -1 : 1};

    LN_TRY(ln_activation_range_q(c, act, c->out[0], &q.min, &q.max));
    if (pot_scales(c, pot_option, &q))
        return ln_map_call(c, 2, LN_I32, LN_I32, sum_pot_row, &q);
    q.ma = ln_quantize_multiplier((double)a.scale / twice);
    q.mb = ln_quantize_multiplier((double)b.scale / twice);
    q.my = ln_quantize_multiplier(twice / ((double)(1 << left) * (double)y.scale));
    return ln_map_call(c, 2, LN_I32, LN_I32, sum_row, &q);
}

/* ---- quantized MUL and DIV ---- */

typedef struct product_q {
    int32_t za, zb, zy, min, max;
    ln_mult m;
    const TfLiteTensor *const *in;
    const TfLiteTensor *out;
} product_q;

static void mul_row(const void *ctx, const void *const *in, void *out, int n)
{
    const product_q q = *(const product_q *)ctx;
    const int32_t *a = in[0], *b = in[1];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int32_t product = ln_wrap_mul(a[i] - q.za, b[i] - q.zb);
        y[i] = ln_clamp(ln_wrap_add(ln_mul_q(product, q.m), q.zy), q.min, q.max);
    }
}

/* 16-bit operands as fractions, 8-bit result. */
static void mul_fraction_row(const void *ctx, const void *const *in, void *out, int n)
{
    const product_q q = *(const product_q *)ctx;
    const int32_t *a = in[0], *b = in[1];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int16_t v = ln_sat_rounding_doubling_high_mul16((int16_t)a[i], (int16_t)b[i]);
        y[i] = ln_clamp(ln_rounding_divide_by_pot(v, 8) + q.zy, q.min, q.max);
    }
}

/* Copies of the top bit below it. */
static int sign_bits(int32_t x)
{
    uint32_t u = (uint32_t)(x < 0 ? ~x : x);
    int n = 0;
    while (n < 31 && !(u & 0x40000000)) {
        u <<= 1;
        n++;
    }
    return n;
}

static int32_t divide_q(int32_t a, int32_t b, ln_mult m)
{
    int recip_shift;
    if (b < 0) {
        a = -a;
        b = -b;
    }
    const int32_t inverse = ln_fx_reciprocal(b, 31, &recip_shift);
    const int headroom = sign_bits(a);
    const int32_t quotient =
        ln_sat_rounding_doubling_high_mul((int32_t)((uint32_t)a << headroom), inverse);
    const int right = recip_shift + headroom - m.shift;
    const int32_t y = ln_sat_rounding_doubling_high_mul(quotient, m.mul);
    if (right < 0)
        return ln_sat_rounding_multiply_by_pot(y, -right);
    if (right > 31 && right < 63) /* a quotient near 0: TFLite's shift leaves the range of a word */
        return (y >> (right & 31)) + (y >= 0);
    return ln_rounding_divide_by_pot(y, LN_MIN(right, 31));
}

static void div_row(const void *ctx, const void *const *in, void *out, int n)
{
    const product_q q = *(const product_q *)ctx;
    const int32_t *a = in[0], *b = in[1];
    int32_t *y = out;
    for (int i = 0; i < n; i++) {
        const int32_t v = divide_q(a[i] - q.za, b[i] - q.zb, q.m);
        y[i] = ln_clamp(ln_wrap_add(v, q.zy), q.min, q.max);
    }
}

static ln_status eval_product_q(ln_call *c, int op, TfLiteFusedActivation act)
{
    const TfLiteQuantizationParams a = c->in[0]->params, b = c->in[1]->params;
    const TfLiteQuantizationParams y = c->out[0]->params;
    /* Single precision, as TFLite. */
    const float real = op == MUL ? a.scale * b.scale / y.scale : a.scale / (b.scale * y.scale);
    product_q q = {.za = a.zero_point,
                   .zb = b.zero_point,
                   .zy = y.zero_point,
                   .m = ln_quantize_multiplier((double)real)};

    LN_TRY(ln_activation_range_q(c, act, c->out[0], &q.min, &q.max));
    if (op == DIV)
        return ln_map_call(c, 2, LN_I32, LN_I32, div_row, &q);
    return ln_map_call(c, 2, LN_I32, LN_I32,
                       c->in[0]->type == c->out[0]->type ? mul_row : mul_fraction_row, &q);
}

/* ---- the ops ---- */

static bool is_quantized(const ln_call *c)
{
    const TfLiteType type = c->in[0]->type;
    return type == kTfLiteInt8 || type == kTfLiteUInt8 ||
           (type == kTfLiteInt16 && (ln_quantized(c->in[0]) || ln_quantized(c->out[0])));
}

enum { PLAIN = LN_FLOATS | LN_BIT(Int32) | LN_BIT(Int64) };

/* ADD and SUB differ in the name of their parameters alone. */
#define SUM(lower, op, Params)                                                        \
    static ln_status infer_##lower(ln_call *c)                                        \
    {                                                                                 \
        const Params *p = c->params;                                                  \
        LN_TRY(ln_infer_binary(c, PLAIN | LN_QUANTS, kTfLiteNoType));                 \
        return is_quantized(c) ? check_sum_q(c, p->pot_scale_int16) : LN_OK;          \
    }                                                                                 \
    static ln_status eval_##lower(ln_call *c)                                         \
    {                                                                                 \
        const Params *p = c->params;                                                  \
        return is_quantized(c) ? eval_sum_q(c, op, p->activation, p->pot_scale_int16) \
                               : eval_plain(c, op, p->activation);                    \
    }
SUM(add, ADD, TfLiteAddParams)
SUM(sub, SUB, TfLiteSubParams)

static ln_status infer_mul(ln_call *c)
{
    const TfLiteMulParams *p = c->params;
    const TfLiteType type = c->in[0]->type, out = c->out[0]->type;
    const bool narrows = type == kTfLiteInt16 && (out == kTfLiteInt8 || out == kTfLiteUInt8);

    LN_TRY(ln_infer_binary(c, PLAIN | LN_QUANTS | LN_BIT(UInt32) | LN_BIT(Complex64),
                           narrows ? out : kTfLiteNoType));
    LN_CHECK(c, type != kTfLiteComplex64 || p->activation == kTfLiteActNone,
             "COMPLEX64 takes no fused activation, but has number %d", (int)p->activation);
    if (narrows)
        return ln_check_quantized_out(c);
    if (!is_quantized(c))
        return LN_OK;
    LN_TRY(check_quantized(c));
    LN_CHECK(c,
             type != kTfLiteInt16 ||
                 (c->in[0]->params.zero_point == 0 && c->in[1]->params.zero_point == 0 &&
                  c->out[0]->params.zero_point == 0),
             "16-bit operands have zero points, not 0");
    return LN_OK;
}

static ln_status eval_mul(ln_call *c)
{
    const TfLiteMulParams *p = c->params;
    if (is_quantized(c) || c->in[0]->type != c->out[0]->type)
        return eval_product_q(c, MUL, p->activation);
    return eval_plain(c, MUL, p->activation);
}

static ln_status infer_div(ln_call *c)
{
    LN_TRY(ln_infer_binary(c, LN_FLOATS | LN_BIT(Int32) | LN_QUANTS, kTfLiteNoType));
    return ln_type_in(c->in[0]->type, LN_QUANTS) ? check_quantized(c) : LN_OK;
}

static ln_status eval_div(ln_call *c)
{
    const TfLiteDivParams *p = c->params;
    if (ln_type_in(c->in[0]->type, LN_FLOATS))
        return eval_plain(c, DIV, p->activation);
    const bool plain = c->in[0]->type == kTfLiteInt32;
    LN_TRY(ln_check_divisor(c, plain ? 0 : c->in[1]->params.zero_point));
    return plain ? eval_plain(c, DIV, p->activation) : eval_product_q(c, DIV, p->activation);
}

static const ln_field add_fields[] = {
    LN_FIELD(ACT, 0, TfLiteAddParams, activation, 1),
    LN_FIELD_DEFAULT(BOOL, 1, TfLiteAddParams, pot_scale_int16, 3, 1),
    {0},
};
static const ln_field sub_fields[] = {
    LN_FIELD(ACT, 0, TfLiteSubParams, activation, 1),
    LN_FIELD_DEFAULT(BOOL, 1, TfLiteSubParams, pot_scale_int16, 5, 1),
    {0},
};
static const ln_field mul_fields[] = {LN_FIELD(ACT, 0, TfLiteMulParams, activation, 1), {0}};
static const ln_field div_fields[] = {LN_FIELD(ACT, 0, TfLiteDivParams, activation, 1), {0}};

#define BINARY(lower, upper, code, options_, version_, Params)                  \
    const ln_op ln_op_##lower = {                                               \
        .name = upper,                                                          \
        .builtin = code,                                                        \
        .version = version_,                                                    \
        .options = options_,                                                    \
        .min_in = 2,                                                            \
        .max_in = 2,                                                            \
        .n_out = 1,                                                             \
        .traits = LN_PURE | LN_FUSES_ACTIVATION | LN_ELEMENTWISE | LN_IN_PLACE, \
        .fields = lower##_fields,                                               \
        .params_size = sizeof(Params),                                          \
        .infer = infer_##lower,                                                 \
        .eval = eval_##lower,                                                   \
        .quant = &ln_quant_free,                                                \
    }
BINARY(add, "ADD", kTfLiteBuiltinAdd, 11, 6, TfLiteAddParams);
BINARY(sub, "SUB", kTfLiteBuiltinSub, 28, 5, TfLiteSubParams);
BINARY(mul, "MUL", kTfLiteBuiltinMul, 21, 8, TfLiteMulParams);
BINARY(div, "DIV", kTfLiteBuiltinDiv, 29, 2, TfLiteDivParams);
