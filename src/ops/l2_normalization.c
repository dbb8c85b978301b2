/* SPDX-License-Identifier: Apache-2.0 */
/* l2_normalization.c: L2_NORMALIZATION, x / sqrt(sum(x^2)) over the last dimension.
 *
 * float32; int8 and uint8, whose outputs have the scale 1/128: the reciprocal of the root comes as
 * a quantized multiplier (inv_sqrt.c), so that x's own scale cancels out. */
#include <math.h>

#include "ops/qmath.h"

static const ln_field fields[] = {
    LN_FIELD(ACT, 0, TfLiteL2NormParams, activation, 1),
    {0},
};

static const ln_quant quant = {
    .in = {LN_Q_ACTIVATION}, .out = {LN_Q_FIXED(-7, 0)}, .lacks = LN_Q_NOT_16};

static ln_status infer(ln_call *c)
{
    const TfLiteL2NormParams *p = c->params;
    LN_CHECK(c, p->activation == kTfLiteActNone, "fused activation %d is not supported",
             (int)p->activation);
    return ln_infer_fixed_scale(c, 128);
}

static void eval_f32(const ln_call *c, int rows, int n)
{
    const float *x = c->in[0]->data.f;
    float *y = c->out[0]->data.f;
    for (int r = 0; r < rows; r++, x += n, y += n) {
        float sum = 0;
        for (int i = 0; i < n; i++)
            sum += x[i] * x[i];
        float norm = sqrtf(sum);
        norm = norm < 1e-6f ? 1e-6f : norm;
        for (int i = 0; i < n; i++)
            y[i] = x[i] / norm;
    }
}

static void eval_8(const ln_call *c, int rows, int n)
{
    const bool is_signed = c->in[0]->type == kTfLiteInt8;
    const int32_t zero = ln_channel_zero(c->in[0], 0);
    for (int r = 0; r < rows; r++) {
        const size_t at = (size_t)r * (size_t)n;
        const int8_t *xs = c->in[0]->data.int8 + at;
        const uint8_t *xu = c->in[0]->data.uint8 + at;
        uint8_t *y = c->out[0]->data.uint8 + at; /* int8 has the same bytes */
        int32_t sum = 0;
        for (int i = 0; i < n; i++) {
            const int32_t d = (is_signed ? xs[i] : xu[i]) - zero;
            sum = ln_wrap_add(sum, d * d);
        }
        ln_mult m = ln_inv_sqrt_multiplier(sum);
        m.shift = is_signed ? m.shift + 7 : m.shift;
        for (int i = 0; i < n; i++) {
            const int32_t d = (is_signed ? xs[i] : xu[i]) - zero;
            const int32_t v = is_signed ? ln_mul_q(d, m) : 128 + ln_mul_q(128 * d, m);
            const int32_t low = is_signed ? -128 : 0, high = low + 255;
            y[i] = (uint8_t)(v < low ? low : v > high ? high : v);
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

const ln_op ln_op_l2_normalization = {
    .name = "L2_NORMALIZATION",
    .builtin = kTfLiteBuiltinL2Normalization,
    .version = 2,
    .options = 12,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteL2NormParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
