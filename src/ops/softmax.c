/* SPDX-License-Identifier: Apache-2.0 */
/* softmax.c: SOFTMAX, exp(beta x) / sum over the last dimension.
 *
 * float32, float16, bfloat16; int8 and uint8, to the same type or int16, in fixed point with
 * exponentials from a table of the 256 possible differences to a row's largest value; int16 by two
 * interpolated tables.  Sibling: log_softmax.c. */
#include <float.h>
#include <math.h>

#include "base/half.h"
#include "ops/softmax_scale.h"

static const ln_field fields[] = {
    LN_FIELD(F32, 0, TfLiteSoftmaxParams, beta, 1),
    {0},
};

static const ln_quant quant = {
    .in = {LN_Q_ACTIVATION}, .out = {LN_Q_FIXED(-8, INT8_MIN)}, .tops = true};

ln_softmax_scale ln_softmax_scale_for(double beta, const TfLiteTensor *x)
{
    const double unit = (double)(1 << (31 - LN_SOFTMAX_BITS));
    const double real = beta * (double)ln_channel_scale(x, 0) * unit;
    const ln_mult m = ln_quantize_multiplier(LN_MIN(real, 2147483647.0));
    const double radius = ((1 << LN_SOFTMAX_BITS) - 1) * unit / ldexp(1, m.shift);
    return (ln_softmax_scale){m, radius < 256 ? -(int)floor(radius) : -256};
}

int ln_max_8(const void *x, size_t from, int n, bool is_signed)
{
    const int8_t *s = (const int8_t *)x + from;
    const uint8_t *u = (const uint8_t *)x + from;
    int max = is_signed ? INT8_MIN : 0;
    for (int i = 0; i < n; i++) {
        const int v = is_signed ? s[i] : u[i];
        max = v > max ? v : max;
    }
    return max;
}

static bool types_fit(TfLiteType x, TfLiteType y)
{
    switch (x) {
    case kTfLiteFloat32:
    case kTfLiteFloat16:
    case kTfLiteBFloat16:
        return y == x;
    case kTfLiteInt8:
    case kTfLiteUInt8:
        return y == x || y == kTfLiteInt16;
    case kTfLiteInt16:
        return y == kTfLiteInt16;
    default:
        return false;
    }
}

static bool is_float(TfLiteType type)
{
    return type == kTfLiteFloat32 || type == kTfLiteFloat16 || type == kTfLiteBFloat16;
}

static ln_status infer(ln_call *c)
{
    const TfLiteSoftmaxParams *p = c->params;
    const TfLiteTensor *x = c->in[0], *y = c->out[0];
    const ln_shape s = ln_shape_of(x);
    LN_CHECK(c, s.rank >= 1, "input is a scalar");
    if (!types_fit(x->type, x->type))
        return ln_fail_type(c, 0);
    if (is_float(x->type))
        return ln_set_out(c, 0, x->type, &s);
    LN_CHECK(c, types_fit(x->type, y->type), "output has type %s, input %s", ln_type_name(y->type),
             ln_type_name(x->type));
    LN_CHECK(c, p->beta > 0 && isfinite(p->beta), "beta is %g, not positive", (double)p->beta);
    LN_TRY(ln_check_quantized(c, x, "input", -1, 1));
    LN_TRY(ln_check_quantized(c, y, "output", -1, 1));
    if (x->type == kTfLiteInt16) {
        LN_TRY(ln_check_symmetric(c, x, "input"));
        LN_TRY(ln_check_symmetric(c, y, "output"));
        c->scratch_bytes = sizeof(ln_softmax_tables);
    }
    return ln_set_out(c, 0, y->type, &s);
}

static void eval_f32(const ln_call *c, int rows, int n)
{
    const TfLiteSoftmaxParams *p = c->params;
    const float *x = c->in[0]->data.f;
    float *y = c->out[0]->data.f;
    for (int r = 0; r < rows; r++, x += n, y += n) {
        float max = -FLT_MAX, sum = 0;
        for (int i = 0; i < n; i++)
            max = x[i] > max ? x[i] : max;
        for (int i = 0; i < n; i++) {
            y[i] = expf((x[i] - max) * p->beta);
            sum += y[i];
        }
        for (int i = 0; i < n; i++)
            y[i] /= sum;
    }
}

static float load_16(uint16_t h, bool brain)
{
    return brain ? ln_bf16_to_float(h) : ln_half_to_float(h);
}

static uint16_t store_16(float x, bool brain)
{
    return brain ? ln_float_to_bf16(x) : ln_float_to_half(x);
}

/* float16 and bfloat16: arithmetic in float, exponentials stored in between. */
static void eval_half(const ln_call *c, int rows, int n)
{
    const TfLiteSoftmaxParams *p = c->params;
    const bool brain = c->in[0]->type == kTfLiteBFloat16;
    const uint16_t *x = c->in[0]->data.ui16;
    uint16_t *y = c->out[0]->data.ui16;
    for (int r = 0; r < rows; r++, x += n, y += n) {
        float max = -FLT_MAX, sum = 0;
        for (int i = 0; i < n; i++)
            max = LN_MAX(max, load_16(x[i], brain));
        for (int i = 0; i < n; i++) {
            const float e = expf((load_16(x[i], brain) - max) * p->beta);
            y[i] = store_16(e, brain);
            sum += e;
        }
        for (int i = 0; i < n; i++)
            y[i] = store_16(load_16(y[i], brain) / sum, brain);
    }
}

/* One row of 8-bit values; exps[d] is exp(-d) without integer bits, 0 where d is out of reach. */
static void row_8(const ln_call *c, size_t at, int n, const int32_t exps[256], int diff_min)
{
    const void *x = c->in[0]->data.raw_const;
    const bool is_signed = c->in[0]->type == kTfLiteInt8;
    const TfLiteType type = c->out[0]->type;
    const int bits = type == kTfLiteInt16 ? 16 : 8;
    const int32_t low = type == kTfLiteUInt8 ? 0 : -(1 << (bits - 1)), high = low + (1 << bits) - 1;
    const int max = ln_max_8(x, at, n, is_signed);
    const int8_t *s = (const int8_t *)x + at;
    const uint8_t *u = (const uint8_t *)x + at;
    int32_t sum = 0;
    int over;

    for (int i = 0; i < n; i++)
        sum = ln_wrap_add(sum, ln_rounding_divide_by_pot(exps[max - (is_signed ? s[i] : u[i])],
                                                         LN_SOFTMAX_SUM_BITS));
    const int32_t scale = ln_fx_reciprocal(sum, LN_SOFTMAX_SUM_BITS, &over);
    const int exponent = LN_MAX(0, LN_MIN(over + 31 - bits, 31));
    for (int i = 0; i < n; i++) {
        const int diff = max - (is_signed ? s[i] : u[i]);
        const int32_t q = ln_sat_rounding_doubling_high_mul(scale, exps[diff]);
        int32_t v = low;
        if (-diff >= diff_min)
            v = ln_wrap_add(ln_rounding_divide_by_pot(q, exponent), low);
        v = v < low ? low : v > high ? high : v;
        if (type == kTfLiteInt16)
            c->out[0]->data.i16[at + (size_t)i] = (int16_t)v;
        else
            c->out[0]->data.uint8[at + (size_t)i] = (uint8_t)v; /* int8 has the same bytes */
    }
}

static void eval_8(const ln_call *c, int rows, int n)
{
    const TfLiteSoftmaxParams *p = c->params;
    const ln_softmax_scale s = ln_softmax_scale_for((double)p->beta, c->in[0]);
    int32_t exps[256];
    for (int d = 0; d < 256; d++)
        exps[d] = -d < s.diff_min ? 0 : ln_fx_exp_on_negative(ln_mul_q(-d, s.m), LN_SOFTMAX_BITS);
    for (int r = 0; r < rows; r++)
        row_8(c, (size_t)r * (size_t)n, n, exps, s.diff_min);
}

static double one_over_one_plus(double x)
{
    return 1 / (1 + x);
}

/* y = x / sum(x) for exponentials x in Q0.15, in place. */
static void normalize_16(int16_t *y, int n, int32_t sum, const int16_t reciprocal[513])
{
    const int zeros = ln_leading_zeros((uint32_t)sum), shift = LN_MAX(31 - zeros, 1);
    const int64_t top = ((int64_t)sum * ((int64_t)1 << LN_MAX(zeros - 1, 0)) + (1 << 13)) >> 14;
    const int64_t centered = top - (1 << 15) - (1 << 16);
    const int16_t factor = ln_lut16((int16_t)(centered < INT16_MIN   ? INT16_MIN
                                              : centered > INT16_MAX ? INT16_MAX
                                                                     : centered),
                                    reciprocal);
    for (int i = 0; i < n; i++) {
        const int64_t v = ((int64_t)y[i] * factor + ((int64_t)1 << (shift - 1))) >> shift;
        y[i] = (int16_t)(v < 0 ? 0 : v > INT16_MAX ? INT16_MAX : v);
    }
}

void ln_softmax_tables_fill(ln_softmax_tables *t)
{
    ln_lut16_fill(exp, 10.0 / 65535, INT16_MAX, 2.0 / 65535, 0, t->exps);
    ln_lut16_fill(one_over_one_plus, 1.0 / 65535, INT16_MIN, 2.0 / 65535, 0, t->reciprocal);
}

ln_mult ln_softmax_step(double beta, const TfLiteTensor *x)
{
    return ln_quantize_multiplier((double)ln_channel_scale(x, 0) * beta / (10.0 / 65535));
}

void ln_softmax_row_16(int16_t *y, const int16_t *x, int n, ln_mult step,
                       const ln_softmax_tables *t)
{
    int max = INT16_MIN;
    int64_t sum = 0;
    for (int i = 0; i < n; i++)
        max = x[i] > max ? x[i] : max;
    for (int i = 0; i < n; i++) {
        const int32_t v = ln_wrap_add(ln_mul_q(x[i] - max, step), INT16_MAX);
        y[i] = ln_lut16((int16_t)(v < INT16_MIN   ? INT16_MIN
                                  : v > INT16_MAX ? INT16_MAX
                                                  : v),
                        t->exps);
        sum += y[i];
    }
    normalize_16(y, n, (int32_t)LN_MAX(LN_MIN(sum, INT32_MAX), 0), t->reciprocal);
}

static void eval_16(const ln_call *c, int rows, int n)
{
    const TfLiteSoftmaxParams *p = c->params;
    ln_softmax_tables *tables = c->scratch;
    ln_softmax_tables_fill(tables);
    const ln_mult step = ln_softmax_step((double)p->beta, c->in[0]);
    for (int r = 0; r < rows; r++) {
        const size_t at = (size_t)r * (size_t)n;
        ln_softmax_row_16(c->out[0]->data.i16 + at, c->in[0]->data.i16 + at, n, step, tables);
    }
}

static ln_status eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    const int n = s.dim[s.rank - 1], rows = n > 0 ? ln_count(c->in[0]) / n : 0;
    if (c->in[0]->type == kTfLiteFloat32)
        eval_f32(c, rows, n);
    else if (is_float(c->in[0]->type))
        eval_half(c, rows, n);
    else if (c->in[0]->type == kTfLiteInt16)
        eval_16(c, rows, n);
    else
        eval_8(c, rows, n);
    return LN_OK;
}

const ln_op ln_op_softmax = {
    .name = "SOFTMAX",
    .builtin = kTfLiteBuiltinSoftmax,
    .version = 4,
    .options = 9,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteSoftmaxParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
