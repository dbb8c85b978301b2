/* SPDX-License-Identifier: Apache-2.0 */
/* map_math.c: arithmetic, element by element. */
#include <math.h>

#include "import/savedmodel/tf.h"

static ln_id add(ln_emit *e, ln_id a, ln_id b)
{
    return ln_emit_binary(e, &ln_op_add, NULL, a, b);
}
static ln_id sub(ln_emit *e, ln_id a, ln_id b)
{
    return ln_emit_binary(e, &ln_op_sub, NULL, a, b);
}
static ln_id mul(ln_emit *e, ln_id a, ln_id b)
{
    return ln_emit_binary(e, &ln_op_mul, NULL, a, b);
}
static ln_id quotient(ln_emit *e, ln_id a, ln_id b)
{
    return ln_emit_binary(e, &ln_op_div, NULL, a, b);
}
static ln_id unary(ln_emit *e, const ln_op *op, ln_id x)
{
    return ln_emit_unary(e, op, NULL, x);
}

/* A number of the type of x. */
static ln_id number(ln_emit *e, ln_id x, double v)
{
    return ln_emit_number(e, ln_emit_type(e, x), v);
}

static void product(ln_tf_op *op)
{
    if (!ln_tf_gelu(op))
        ln_tf_same(op);
}

static void absolute(ln_tf_op *op)
{
    ln_tf_out(op, 0, ln_emit_abs(op->e, ln_tf_in(op, 0)));
}

static void reciprocal(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    ln_tf_out(op, 0, quotient(op->e, number(op->e, x, 1), x));
}

static void expm1_row(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    ln_tf_out(op, 0, sub(op->e, unary(op->e, &ln_op_exp, x), number(op->e, x, 1)));
}

static void log1p_row(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    ln_tf_out(op, 0, unary(op->e, &ln_op_log, add(op->e, x, number(op->e, x, 1))));
}

/* Of integers, which RELU takes for quantized ones, by their limits. */
static void relu(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const TfLiteType type = ln_emit_type(op->e, x);
    if (type == kTfLiteFloat32 || type == kTfLiteFloat16) {
        ln_tf_same(op);
        return;
    }
    ln_id y = ln_emit_binary(op->e, &ln_op_maximum, NULL, x, number(op->e, x, 0));
    if (op->node->row->to == &ln_op_relu6)
        y = ln_emit_binary(op->e, &ln_op_minimum, NULL, y, number(op->e, x, 6));
    ln_tf_out(op, 0, y);
}

/* Towards zero, which DIV does with integers alone. */
static void truncate_div(ln_tf_op *op)
{
    const ln_id y = quotient(op->e, ln_tf_in(op, 0), ln_tf_in(op, 1));
    const TfLiteType type = ln_emit_type(op->e, y);
    if (type != kTfLiteFloat32 && type != kTfLiteFloat16) {
        ln_tf_out(op, 0, y);
        return;
    }
    const ln_id in[] = {ln_emit_binary(op->e, &ln_op_less, NULL, y, number(op->e, y, 0)),
                        unary(op->e, &ln_op_ceil, y), unary(op->e, &ln_op_floor, y)};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_select_v2, NULL, 3, in));
}

static void leaky_relu(ln_tf_op *op)
{
    const TfLiteLeakyReluParams p = {.alpha = ln_tf_attr_float(op, "alpha", 0.2f)};
    ln_tf_out(op, 0, ln_emit_unary(op->e, &ln_op_leaky_relu, &p, ln_tf_in(op, 0)));
}

/* scale * (x < 0 ? alpha * (e^x - 1) : x), which is a leaky ELU. */
static void selu(ln_tf_op *op)
{
    const TfLiteLeakyReluParams p = {.alpha = 1.6732632423543772f};
    const ln_id y =
        ln_emit_unary(op->e, &ln_op_leaky_relu, &p, unary(op->e, &ln_op_elu, ln_tf_in(op, 0)));
    ln_tf_out(op, 0, mul(op->e, y, number(op->e, y, 1.0507009873554805)));
}

/* log(1 + e^x), which is x where e^x would overflow.  MINIMUM gives its second operand where one is
 * NaN. */
static void softplus(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const ln_id low = ln_emit_binary(op->e, &ln_op_minimum, NULL, number(op->e, x, 80), x);
    const ln_id y =
        unary(op->e, &ln_op_log, add(op->e, unary(op->e, &ln_op_exp, low), number(op->e, x, 1)));
    ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_maximum, NULL, x, y));
}

static void softsign(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    const ln_id d = add(op->e, unary(op->e, &ln_op_abs, x), number(op->e, x, 1));
    ln_tf_out(op, 0, quotient(op->e, x, d));
}

static void tangent(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    ln_tf_out(op, 0, quotient(op->e, unary(op->e, &ln_op_sin, x), unary(op->e, &ln_op_cos, x)));
}

/* f where `by` is not zero, zero where it is. */
static void unless_zero(ln_tf_op *op, ln_id by, ln_id f)
{
    const ln_id zero = number(op->e, by, 0);
    const ln_id in[] = {ln_emit_binary(op->e, &ln_op_equal, NULL, by, zero), zero, f};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_select_v2, NULL, 3, in));
}

static void div_no_nan(ln_tf_op *op)
{
    unless_zero(op, ln_tf_in(op, 1), quotient(op->e, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

static void mul_no_nan(ln_tf_op *op)
{
    unless_zero(op, ln_tf_in(op, 1), mul(op->e, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

static void xdivy(ln_tf_op *op)
{
    unless_zero(op, ln_tf_in(op, 0), quotient(op->e, ln_tf_in(op, 0), ln_tf_in(op, 1)));
}

static void xlogy(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0), y = ln_tf_in(op, 1);
    unless_zero(op, x, mul(op->e, x, unary(op->e, &ln_op_log, y)));
}

static void clip(ln_tf_op *op)
{
    const ln_id x = ln_emit_binary(op->e, &ln_op_maximum, NULL, ln_tf_in(op, 0), ln_tf_in(op, 1));
    ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_minimum, NULL, x, ln_tf_in(op, 2)));
}

/* SQUARE is for floats. */
static void square(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    ln_tf_out(op, 0,
              ln_emit_type(op->e, x) == kTfLiteFloat32 ? unary(op->e, &ln_op_square, x)
                                                       : mul(op->e, x, x));
}

/* x - y (x / y), where the quotient of integers has no fraction. */
static void truncate_mod(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0), y = ln_tf_in(op, 1);
    if (ln_emit_type(op->e, x) == kTfLiteInt32)
        ln_tf_out(op, 0, sub(op->e, x, mul(op->e, y, quotient(op->e, x, y))));
    else
        ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "TruncateMod of anything but int32");
}

/* TensorFlow Lite's takes operands of one shape. */
static void atan2_row(ln_tf_op *op)
{
    const TfLiteAddParams p = {.activation = kTfLiteActNone};
    ln_id in[] = {ln_tf_in(op, 0), ln_tf_in(op, 1)};
    const ln_emit_call sum = {.op = &ln_op_add, .params = &p, .in = in, .n_in = 2, .n_out = 1};
    ln_made made;
    if (!ln_emit_infer(op->e, &sum, &made))
        return;
    for (int i = 0; i < 2; i++) {
        const ln_shape s = ln_emit_shape(op->e, in[i]);
        if (ln_shape_equal(&s, &made.shape))
            continue;
        if (!ln_shape_known(&made.shape)) {
            ln_emit_fail(op->e, LN_ERR_UNSUPPORTED, "Atan2 of operands of different, open shapes");
            return;
        }
        in[i] = ln_emit_binary(op->e, &ln_op_broadcast_to, NULL, in[i],
                               ln_emit_ints(op->e, made.shape.rank, made.shape.dim));
    }
    ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_atan2, NULL, in[0], in[1]));
}

static void is_finite(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_equal, NULL, sub(op->e, x, x), number(op->e, x, 0)));
}

static void is_nan(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    ln_tf_out(op, 0, ln_emit_binary(op->e, &ln_op_not_equal, NULL, x, x));
}

static void is_inf(ln_tf_op *op)
{
    const ln_id x = unary(op->e, &ln_op_abs, ln_tf_in(op, 0));
    ln_tf_out(op, 0,
              ln_emit_binary(op->e, &ln_op_equal, NULL, x, number(op->e, x, (double)HUGE_VALF)));
}

/* c[0] + x * (c[1] + x * (...)) */
static ln_id polynomial(ln_emit *e, ln_id x, int n, const double *c)
{
    ln_id y = number(e, x, c[n - 1]);
    for (int i = n - 2; i >= 0; i--)
        y = add(e, mul(e, y, x), number(e, x, c[i]));
    return y;
}

/* 1 - erf(|x|) by Abramowitz and Stegun 7.1.26, off by at most 1.5e-7. */
static ln_id erfc_of_positive(ln_emit *e, ln_id x)
{
    static const double c[] = {0,           0.254829592,  -0.284496736,
                               1.421413741, -1.453152027, 1.061405429};
    const ln_id d = add(e, mul(e, x, number(e, x, 0.3275911)), number(e, x, 1));
    const ln_id t = quotient(e, number(e, x, 1), d);
    const ln_id bell = unary(e, &ln_op_exp, unary(e, &ln_op_neg, unary(e, &ln_op_square, x)));
    return mul(e, polynomial(e, t, 6, c), bell);
}

static ln_id erf_of(ln_emit *e, ln_id x)
{
    const ln_id positive = erfc_of_positive(e, unary(e, &ln_op_abs, x));
    return mul(e, unary(e, &ln_op_sign, x), sub(e, number(e, x, 1), positive));
}

static void erf_row(ln_tf_op *op)
{
    ln_tf_out(op, 0, erf_of(op->e, ln_tf_in(op, 0)));
}

static void erfc_row(ln_tf_op *op)
{
    const ln_id x = ln_tf_in(op, 0);
    ln_tf_out(op, 0, sub(op->e, number(op->e, x, 1), erf_of(op->e, x)));
}

/* ADD_N takes two types only. */
static void add_n(ln_tf_op *op)
{
    ln_id sum = ln_tf_in(op, 0);
    const TfLiteType type = ln_emit_type(op->e, sum);
    if (op->n_in > 2 && (type == kTfLiteFloat32 || type == kTfLiteInt32)) {
        ln_tf_same(op);
        return;
    }
    for (int i = 1; i < op->n_in; i++)
        sum = add(op->e, sum, ln_tf_in(op, i));
    ln_tf_out(op, 0, sum);
}

static void softmax(ln_tf_op *op)
{
    const TfLiteSoftmaxParams p = {.beta = 1};
    ln_tf_out(op, 0, ln_emit_unary(op->e, &ln_op_softmax, &p, ln_tf_in(op, 0)));
}

/* dy where the output of RELU was positive. */
static void relu_grad(ln_tf_op *op)
{
    const ln_id dy = ln_tf_in(op, 0), y = ln_tf_in(op, 1), zero = number(op->e, y, 0);
    const ln_id in[] = {ln_emit_binary(op->e, &ln_op_greater, NULL, y, zero), dy, zero};
    ln_tf_out(op, 0, ln_emit_nary(op->e, &ln_op_select_v2, NULL, 3, in));
}

const ln_tf_row ln_tf_rows_math[] = {
    {"Abs", absolute, NULL, 0},
    {"Ceil", ln_tf_same, &ln_op_ceil, 0},
    {"Cos", ln_tf_same, &ln_op_cos, 0},
    {"Elu", ln_tf_same, &ln_op_elu, 0},
    {"Exp", ln_tf_same, &ln_op_exp, 0},
    {"Floor", ln_tf_same, &ln_op_floor, 0},
    {"Log", ln_tf_same, &ln_op_log, 0},
    {"LogSoftmax", ln_tf_same, &ln_op_log_softmax, 0},
    {"Neg", ln_tf_same, &ln_op_neg, 0},
    {"Relu", relu, &ln_op_relu, 0},
    {"Relu6", relu, &ln_op_relu6, 0},
    {"Rint", ln_tf_same, &ln_op_round, 0},
    {"Rsqrt", ln_tf_same, &ln_op_rsqrt, 0},
    {"Sigmoid", ln_tf_same, &ln_op_logistic, 0},
    {"Sign", ln_tf_same, &ln_op_sign, 0},
    {"Sin", ln_tf_same, &ln_op_sin, 0},
    {"Sqrt", ln_tf_same, &ln_op_sqrt, 0},
    {"Square", square, &ln_op_square, LN_TF_WIDE},
    {"Tanh", ln_tf_same, &ln_op_tanh, 0},
    {"Add", ln_tf_same, &ln_op_add, LN_TF_WIDE_8},
    {"AddV2", ln_tf_same, &ln_op_add, LN_TF_WIDE_8},
    {"Atan2", atan2_row, &ln_op_atan2, 0},
    {"BitwiseXor", ln_tf_same, &ln_op_bitwise_xor, 0},
    {"Div", ln_tf_same, &ln_op_div, LN_TF_WIDE},
    {"FloorMod", ln_tf_same, &ln_op_floor_mod, 0},
    {"Maximum", ln_tf_same, &ln_op_maximum, 0},
    {"Minimum", ln_tf_same, &ln_op_minimum, 0},
    {"Mul", product, &ln_op_mul, LN_TF_WIDE_8},
    {"RealDiv", ln_tf_same, &ln_op_div, 0},
    {"RightShift", ln_tf_same, &ln_op_right_shift, 0},
    {"SquaredDifference", ln_tf_same, &ln_op_squared_difference, LN_TF_WIDE},
    {"Sub", ln_tf_same, &ln_op_sub, LN_TF_WIDE},
    {"TruncateDiv", truncate_div, &ln_op_div, LN_TF_WIDE},
    {"ComplexAbs", ln_tf_same, &ln_op_complex_abs, 0},
    {"Real", ln_tf_same, &ln_op_real, 0},
    {"Imag", ln_tf_same, &ln_op_imag, 0},
    {"AddN", add_n, &ln_op_add_n, 0},
    {"LeakyRelu", leaky_relu, &ln_op_leaky_relu, 0},
    {"Softmax", softmax, &ln_op_softmax, 0},
    {"ClipByValue", clip, NULL, LN_TF_SEVERAL},
    {"DivNoNan", div_no_nan, NULL, LN_TF_SEVERAL},
    {"Erf", erf_row, NULL, LN_TF_SEVERAL},
    {"Erfc", erfc_row, NULL, LN_TF_SEVERAL},
    {"Expm1", expm1_row, NULL, LN_TF_SEVERAL},
    {"Inv", reciprocal, NULL, LN_TF_SEVERAL},
    {"IsFinite", is_finite, NULL, LN_TF_SEVERAL},
    {"IsInf", is_inf, NULL, LN_TF_SEVERAL},
    {"IsNan", is_nan, NULL, LN_TF_SEVERAL},
    {"Log1p", log1p_row, NULL, LN_TF_SEVERAL},
    {"MulNoNan", mul_no_nan, NULL, LN_TF_SEVERAL},
    {"Reciprocal", reciprocal, NULL, LN_TF_SEVERAL},
    {"ReluGrad", relu_grad, NULL, LN_TF_SEVERAL},
    {"Selu", selu, NULL, LN_TF_SEVERAL},
    {"Softplus", softplus, NULL, LN_TF_SEVERAL},
    {"Softsign", softsign, NULL, LN_TF_SEVERAL},
    {"Tan", tangent, NULL, LN_TF_SEVERAL},
    {"TruncateMod", truncate_mod, NULL, LN_TF_SEVERAL},
    {"Xdivy", xdivy, NULL, LN_TF_SEVERAL},
    {"Xlogy", xlogy, NULL, LN_TF_SEVERAL},
    {NULL, NULL, NULL, 0},
};
