/* SPDX-License-Identifier: Apache-2.0 */
/* activation.c: activations.  Those that TFLite lacks are made of its elementwise operators, in
 * forms that do not overflow. */
#include <math.h>

#include "import/onnx/families.h"

static ln_id constant(ln_ox *o, double value)
{
    return ln_emit_float(&o->e, (float)value);
}

static ln_id relu(ln_ox *o, ln_id x)
{
    if (ln_emit_type(&o->e, x) != kTfLiteFloat32)
        return ln_ox_op2(o, &ln_op_maximum, x, ln_ox_like(o, x, 0));
    return ln_ox_op1(o, &ln_op_relu, x);
}

/* log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)) */
static ln_id softplus(ln_ox *o, ln_id x)
{
    const ln_id down = ln_ox_op1(o, &ln_op_neg, ln_ox_op1(o, &ln_op_abs, x));
    const ln_id tail =
        ln_ox_op1(o, &ln_op_log, ln_ox_add(o, ln_ox_op1(o, &ln_op_exp, down), constant(o, 1)));
    return ln_ox_add(o, relu(o, x), tail);
}

/* gamma * (max(x, 0) + alpha * (exp(min(x, 0)) - 1)) */
static ln_id scaled_elu(ln_ox *o, ln_id x, double alpha, double gamma)
{
    const ln_id below = ln_ox_op1(o, &ln_op_elu, ln_ox_op2(o, &ln_op_minimum, x, constant(o, 0)));
    const ln_id y = ln_ox_add(o, relu(o, x), ln_ox_mul(o, below, constant(o, alpha)));
    return gamma == 1 ? y : ln_ox_mul(o, y, constant(o, gamma));
}

/* Abramowitz and Stegun 7.1.26: |error| < 1.5e-7. */
static ln_id erf_of(ln_ox *o, ln_id x)
{
    static const double a[] = {1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592};
    const ln_id size = ln_ox_op1(o, &ln_op_abs, x);
    const ln_id t =
        ln_ox_div(o, constant(o, 1),
                  ln_ox_add(o, ln_ox_mul(o, size, constant(o, 0.3275911)), constant(o, 1)));
    ln_id sum = constant(o, a[0]);
    for (int i = 1; i < 5; i++)
        sum = ln_ox_add(o, ln_ox_mul(o, t, sum), constant(o, a[i]));
    const ln_id bell =
        ln_ox_op1(o, &ln_op_exp, ln_ox_op1(o, &ln_op_neg, ln_ox_op1(o, &ln_op_square, x)));
    const ln_id tail = ln_ox_mul(o, ln_ox_mul(o, sum, t), bell);
    return ln_ox_mul(o, ln_ox_op1(o, &ln_op_sign, x), ln_ox_sub(o, constant(o, 1), tail));
}

static ln_id hard_sigmoid(ln_ox *o, ln_id x, double alpha, double beta)
{
    if (fabs(alpha - 1.0 / 6) < 1e-6 && beta == 0.5) /* as in HARD_SWISH */
        return ln_ox_mul(o, ln_ox_op1(o, &ln_op_relu6, ln_ox_add(o, x, constant(o, 3))),
                         constant(o, 1.0 / 6));
    const ln_id y = ln_ox_add(o, ln_ox_mul(o, x, constant(o, alpha)), constant(o, beta));
    return ln_ox_op1(o, &ln_op_relu_0_to_1, y);
}

static ln_id shrink(ln_ox *o, ln_id x, double lambd, double bias)
{
    const ln_id zero = ln_ox_op1(o, &ln_op_zeros_like, x);
    const ln_id above = ln_ox_op2(o, &ln_op_greater, x, ln_ox_like(o, x, lambd));
    const ln_id below = ln_ox_op2(o, &ln_op_less, x, ln_ox_like(o, x, -lambd));
    const ln_id b = ln_ox_like(o, x, bias);
    return ln_ox_select(o, above, ln_ox_sub(o, x, b),
                        ln_ox_select(o, below, ln_ox_add(o, x, b), zero));
}

static ln_id leaky_relu(ln_ox *o, ln_id x, float alpha)
{
    const TfLiteLeakyReluParams p = {.alpha = alpha};
    return ln_emit_unary(&o->e, &ln_op_leaky_relu, &p, x);
}

static ln_id gelu(ln_ox *o, ln_id x, bool approximate)
{
    const TfLiteGeluParams p = {.approximate = approximate};
    return ln_emit_unary(&o->e, &ln_op_gelu, &p, x);
}

static ln_id swish(ln_ox *o, ln_id x, double alpha)
{
    const ln_id scaled = alpha == 1 ? x : ln_ox_mul(o, x, constant(o, alpha));
    return ln_ox_mul(o, x, ln_ox_op1(o, &ln_op_logistic, scaled));
}

ln_id ln_ox_activate(ln_ox *o, int what, ln_id x, float a, float b)
{
    switch (what) {
    case LN_OX_RELU:
        return relu(o, x);
    case LN_OX_TANH:
        return ln_ox_op1(o, &ln_op_tanh, x);
    case LN_OX_SIGMOID:
        return ln_ox_op1(o, &ln_op_logistic, x);
    case LN_OX_LEAKY_RELU:
        return leaky_relu(o, x, a);
    case LN_OX_THRESHOLDED_RELU:
        return ln_ox_select(o, ln_ox_op2(o, &ln_op_greater, x, constant(o, (double)a)), x,
                            ln_ox_op1(o, &ln_op_zeros_like, x));
    case LN_OX_ELU:
        return a == 1.f ? ln_ox_op1(o, &ln_op_elu, x) : scaled_elu(o, x, (double)a, 1);
    case LN_OX_SELU:
        return scaled_elu(o, x, (double)a, (double)b);
    case LN_OX_CELU: {
        const ln_id scaled = ln_ox_mul(o, x, constant(o, 1 / (double)a));
        return ln_ox_mul(o, ln_ox_op1(o, &ln_op_elu, scaled), constant(o, (double)a));
    }
    case LN_OX_HARD_SIGMOID:
        return hard_sigmoid(o, x, (double)a, (double)b);
    case LN_OX_SOFTPLUS:
        return softplus(o, x);
    case LN_OX_SOFTSIGN:
        return ln_ox_div(o, x, ln_ox_add(o, ln_ox_op1(o, &ln_op_abs, x), constant(o, 1)));
    case LN_OX_AFFINE:
        return ln_ox_add(o, ln_ox_mul(o, x, constant(o, (double)a)), constant(o, (double)b));
    case LN_OX_SCALED_TANH:
        return ln_ox_mul(o, ln_ox_op1(o, &ln_op_tanh, ln_ox_mul(o, x, constant(o, (double)b))),
                         constant(o, (double)a));
    case LN_OX_MISH:
        return ln_ox_mul(o, x, ln_ox_op1(o, &ln_op_tanh, softplus(o, x)));
    case LN_OX_SWISH:
        return swish(o, x, (double)a);
    case LN_OX_SHRINK:
        return shrink(o, x, (double)b, (double)a);
    case LN_OX_GELU:
        return gelu(o, x, a != 0);
    default:
        return erf_of(o, x);
    }
}

/* The attributes of each activation, with ONNX's defaults. */
static const struct {
    int what;
    const char *a, *b;
    float a_default, b_default;
} attributes[] = {
    {LN_OX_LEAKY_RELU, "alpha", "", 0.01f, 0},
    {LN_OX_THRESHOLDED_RELU, "alpha", "", 1, 0},
    {LN_OX_ELU, "alpha", "", 1, 0},
    {LN_OX_SELU, "alpha", "gamma", 1.67326319f, 1.05070102f},
    {LN_OX_CELU, "alpha", "", 1, 0},
    {LN_OX_HARD_SIGMOID, "alpha", "beta", 0.2f, 0.5f},
    {LN_OX_SWISH, "alpha", "", 1, 0},
    {LN_OX_SHRINK, "bias", "lambd", 0, 0.5f},
};

void ln_ox_activation(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const int what = n->row->arg;
    float a = 0, b = 0;
    if (!v)
        return;
    for (size_t i = 0; i < LN_COUNTOF(attributes); i++)
        if (attributes[i].what == what) {
            a = ln_ox_float(n, attributes[i].a, attributes[i].a_default);
            b = ln_ox_float(n, attributes[i].b, attributes[i].b_default);
        }
    if (what == LN_OX_GELU)
        a = ln_ox_is(n, "approximate", "tanh", "none");
    const ln_id x = ln_ox_id(o, v), wide = ln_ox_widen(o, x);
    ln_ox_out_at(o, n, 0,
                 ln_emit_cast(&o->e, ln_ox_activate(o, what, wide, a, b), ln_emit_type(&o->e, x)),
                 &v->at);
}

void ln_ox_prelu(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *x = ln_ox_in(o, n, 0), *slope = ln_ox_in(o, n, 1);
    if (!x || !slope)
        return;
    if (ln_ox_value_type(o, x) != kTfLiteFloat32) {
        LN_OX_FAIL(o, "PRelu of integers");
        return;
    }
    ln_ox_out_at(o, n, 0,
                 ln_ox_op2(o, &ln_op_prelu, ln_ox_id(o, x), ln_ox_broadcast_as(o, slope, &x->at)),
                 &x->at);
}
