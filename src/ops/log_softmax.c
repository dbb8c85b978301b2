/* SPDX-License-Identifier: Apache-2.0 */
/* log_softmax.c: LOG_SOFTMAX, x - log(sum(exp(x))) over the last dimension.
 *
 * float32; int8 and uint8 in fixed point, whose outputs have the scale 1/16.  The logarithm is
 * that of TFLite's internal/common.h: log(z) = n log(2) + log(r) with r near 1, two candidates of
 * which the one with the smaller r counts. */
#include <float.h>
#include <math.h>

#include "ops/softmax_scale.h"

static const ln_quant quant = {
    .in = {LN_Q_ACTIVATION}, .out = {LN_Q_FIXED(-4, INT8_MAX)}, .lacks = LN_Q_NOT_16, .tops = true};

static ln_status infer(ln_call *c)
{
    return ln_infer_fixed_scale(c, 16);
}

static void eval_f32(const ln_call *c, int rows, int n)
{
    const float *x = c->in[0]->data.f;
    float *y = c->out[0]->data.f;
    for (int r = 0; r < rows; r++, x += n, y += n) {
        float max = -FLT_MAX, sum = 0;
        for (int i = 0; i < n; i++)
            max = x[i] > max ? x[i] : max;
        for (int i = 0; i < n; i++)
            sum += expf(x[i] - max);
        const float log_sum = logf(sum);
        for (int i = 0; i < n; i++)
            y[i] = x[i] - max - log_sum;
    }
}

/* ---- fixed point ---- */

enum {
    LOG_2 = 1488522236, /* all Q0.31 */
    SQRT_SQRT_HALF = 1805811301,
    SQRT_HALF = 1518500250,
    QUARTER = 536870912,
    ALPHA_N = 117049297,
    ALPHA_D = 127690142,
    ALPHA_I = 1057819769,
    ALPHA_F = 638450708,
    OUT_BITS = LN_SOFTMAX_BITS,
    ACC_BITS = OUT_BITS + 1, /* one more, so that n log(2) does not saturate */
};

static int32_t mul(int32_t a, int32_t b)
{
    return ln_sat_rounding_doubling_high_mul(a, b);
}

static int32_t add(int32_t a, int32_t b)
{
    return ln_wrap_add(a, b);
}

static int32_t saturate(int64_t v)
{
    return (int32_t)(v < INT32_MIN ? INT32_MIN : v > INT32_MAX ? INT32_MAX : v);
}

/* log(r) + p log(2) for the better one of the two ways to write z as r 2^p; x has 12 integer bits,
 * the result 5. */
int32_t ln_softmax_log(int32_t z)
{
    const int32_t quarter = ln_rounding_divide_by_pot(QUARTER, ACC_BITS);
    const int zeros_a = ln_leading_zeros((uint32_t)z);
    const int zeros_b = ln_leading_zeros((uint32_t)mul(z, SQRT_HALF)) - 1;
    const int32_t top = ln_sat_rounding_multiply_by_pot(z, LN_MAX(zeros_a - 1, 0));
    const int32_t r_a = ln_sat_rounding_multiply_by_pot(mul(top, SQRT_HALF), 1);
    const int32_t r_b = ln_sat_rounding_multiply_by_pot(z, LN_MAX(zeros_b, 0));
    const int32_t whole_a =
        ln_sat_rounding_multiply_by_pot(LN_SOFTMAX_SUM_BITS - zeros_a, 31 - ACC_BITS);
    const int32_t whole_b =
        ln_sat_rounding_multiply_by_pot(LN_SOFTMAX_SUM_BITS - zeros_b, 31 - ACC_BITS);
    const int32_t p_a = saturate((int64_t)whole_a + quarter);
    const int32_t p_b = saturate((int64_t)whole_b - quarter);
    const int32_t r = LN_MIN(r_a, r_b), power = LN_MAX(p_a, p_b);

    const int64_t sum = (int64_t)r + SQRT_SQRT_HALF;
    const int32_t p = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    const int32_t half_q = add(r, -SQRT_SQRT_HALF), q = add(half_q, half_q);
    const int32_t square = mul(q, q);
    const int32_t num = add(mul(q, r), mul(mul(q, square), ALPHA_N));
    const int32_t denom = add(mul(p, add(add(ALPHA_I, q), mul(ALPHA_D, square))), mul(ALPHA_F, q));
    const int32_t quotient =
        mul(ln_rounding_divide_by_pot(num, ACC_BITS), ln_fx_one_over_one_plus_x(denom));
    return ln_sat_rounding_multiply_by_pot(add(mul(power, LOG_2), quotient), ACC_BITS - OUT_BITS);
}

static void eval_8(const ln_call *c, int rows, int n)
{
    enum { Y_BITS = 4 }; /* integer bits of the output: [-16, 0] */
    const bool is_signed = c->in[0]->type == kTfLiteInt8;
    const int32_t high = is_signed ? 127 : 255, low = high - 255;
    const ln_softmax_scale s = ln_softmax_scale_for(1, c->in[0]);
    const ln_mult reverse = ln_quantize_multiplier(ldexp(1, 31 - s.m.shift) / (double)s.m.mul);

    for (int r = 0; r < rows; r++) {
        const size_t at = (size_t)r * (size_t)n;
        const int8_t *xs = c->in[0]->data.int8 + at;
        const uint8_t *xu = c->in[0]->data.uint8 + at;
        uint8_t *y = c->out[0]->data.uint8 + at; /* int8 has the same bytes */
        const int max = ln_max_8(c->in[0]->data.raw_const, at, n, is_signed);
        int32_t sum = 0;
        for (int i = 0; i < n; i++) {
            const int diff = (is_signed ? xs[i] : xu[i]) - max;
            if (diff < s.diff_min)
                continue;
            const int32_t e = ln_fx_exp_on_negative(ln_mul_q(diff, s.m), LN_SOFTMAX_BITS);
            sum = add(sum, ln_rounding_divide_by_pot(e, LN_SOFTMAX_SUM_BITS));
        }
        const int32_t log_sum = ln_softmax_log(sum);
        const int32_t reach = ln_mul_q(add(log_sum, INT32_MIN), reverse);
        const int32_t least = LN_MAX(s.diff_min - 1, reach);
        for (int i = 0; i < n; i++) {
            const int diff = (is_signed ? xs[i] : xu[i]) - max;
            const int32_t q5 = (int32_t)((uint32_t)ln_mul_q(diff, s.m) - (uint32_t)log_sum);
            const int32_t v =
                add(ln_rounding_divide_by_pot(q5, 31 - LN_SOFTMAX_BITS - Y_BITS), high);
            y[i] = (uint8_t)(diff <= least ? low : v < low ? low : v > high ? high : v);
        }
    }
}

static ln_status eval(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    const int n = s.dim[s.rank - 1], rows = n > 0 ? ln_count(c->in[0]) / n : 0;
    if (c->in[0]->type == kTfLiteFloat32)
        eval_f32(c, rows, n);
    else
        eval_8(c, rows, n);
    return LN_OK;
}

const ln_op ln_op_log_softmax = {
    .name = "LOG_SOFTMAX",
    .builtin = kTfLiteBuiltinLogSoftmax,
    .version = 2,
    .options = 36,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
