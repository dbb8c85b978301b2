/* SPDX-License-Identifier: Apache-2.0 */
/* stablehlo_elementwise.c: the STABLEHLO ops that work item by item.  TFLite runs ADD, MULTIPLY,
 * MAXIMUM, MINIMUM, AND and SHIFT_LEFT; the others mean what the StableHLO specification says.
 *
 * Operands have one type and shape (a scalar broadcasts, which is more than they ask for).
 * Integers wrap; bools add as "or" and multiply as "and".  COMPARE is in compare.c, CONVERT in
 * cast.c, SELECT in select.c, SHIFT_LEFT in shift_left.c. */
#include "ops/elementwise.h"

#include <math.h>

LN_ROW2(add_f32, float, float, a[i] + b[i])
LN_ROW2(add_f64, double, double, a[i] + b[i])
LN_ROW2(add_i64, uint64_t, uint64_t, a[i] + b[i])
LN_ROW2(subtract_f32, float, float, a[i] - b[i])
LN_ROW2(subtract_f64, double, double, a[i] - b[i])
LN_ROW2(subtract_i64, uint64_t, uint64_t, a[i] - b[i])
LN_ROW2(multiply_f32, float, float, a[i] * b[i])
LN_ROW2(multiply_f64, double, double, a[i] * b[i])
LN_ROW2(multiply_i64, uint64_t, uint64_t, a[i] * b[i])
LN_ROW2(maximum_f32, float, float, a[i] < b[i] ? b[i] : a[i])
LN_ROW2(maximum_f64, double, double, a[i] < b[i] ? b[i] : a[i])
LN_ROW2(maximum_i64, int64_t, int64_t, a[i] < b[i] ? b[i] : a[i])
LN_ROW2(maximum_u64, uint64_t, uint64_t, a[i] < b[i] ? b[i] : a[i])
LN_ROW2(minimum_f32, float, float, b[i] < a[i] ? b[i] : a[i])
LN_ROW2(minimum_f64, double, double, b[i] < a[i] ? b[i] : a[i])
LN_ROW2(minimum_i64, int64_t, int64_t, b[i] < a[i] ? b[i] : a[i])
LN_ROW2(minimum_u64, uint64_t, uint64_t, b[i] < a[i] ? b[i] : a[i])
LN_ROW2(and_i64, uint64_t, uint64_t, a[i] & b[i])
LN_ROW2(or_i64, uint64_t, uint64_t, a[i] | b[i])
LN_ROW2(divide_f32, float, float, a[i] / b[i])
LN_ROW2(divide_f64, double, double, a[i] / b[i])
LN_ROW2(remainder_f32, float, float, fmodf(a[i], b[i]))
LN_ROW2(remainder_f64, double, double, fmod(a[i], b[i]))
LN_ROW2(power_f32, float, float, powf(a[i], b[i]))
LN_ROW2(power_f64, double, double, pow(a[i], b[i]))

/* b is not 0; the least number by -1 wraps. */
LN_ROW2(divide_i64, int64_t, int64_t, b[i] == -1 ? (int64_t)(0 - (uint64_t)a[i]) : a[i] / b[i])
LN_ROW2(remainder_i64, int64_t, int64_t, b[i] == -1 ? 0 : a[i] % b[i])

/* By squaring; a negative exponent gives 0, but for 1 and -1. */
static int64_t power(int64_t base, int64_t exponent)
{
    uint64_t y = 1, factor = (uint64_t)base;
    if (exponent < 0)
        return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
    for (; exponent > 0; exponent /= 2, factor *= factor)
        if (exponent % 2)
            y *= factor;
    return (int64_t)y;
}
LN_ROW2(power_i64, int64_t, int64_t, power(a[i], b[i]))

LN_ROW1(abs_f32, float, float, fabsf(a[i]))
LN_ROW1(abs_f64, double, double, fabs(a[i]))
LN_ROW1(abs_i64, int64_t, uint64_t, a[i] < 0 ? 0 - (uint64_t)a[i] : (uint64_t)a[i])
LN_ROW1(negate_f32, float, float, -a[i])
LN_ROW1(negate_f64, double, double, -a[i])
LN_ROW1(negate_i64, uint64_t, uint64_t, 0 - a[i])
#define FLOAT_ROWS(name, fn)                       \
    LN_ROW1(name##_f32, float, float, fn##f(a[i])) \
    LN_ROW1(name##_f64, double, double, fn(a[i]))
FLOAT_ROWS(cosine, cos)
FLOAT_ROWS(exponential, exp)
FLOAT_ROWS(floor, floor)
FLOAT_ROWS(log, log)
FLOAT_ROWS(tanh, tanh)
FLOAT_ROWS(cbrt, cbrt)
LN_ROW1(logistic_f32, float, float, 1.f / (1.f + expf(-a[i])))
LN_ROW1(logistic_f64, double, double, 1. / (1. + exp(-a[i])))
LN_ROW1(rsqrt_f32, float, float, 1.f / sqrtf(a[i]))
LN_ROW1(rsqrt_f64, double, double, 1. / sqrt(a[i]))

#define CLAMP_ROW(name, T)                                                     \
    static void name(const void *ctx, const void *const *in, void *out, int n) \
    {                                                                          \
        const T *min = in[0], *x = in[1], *max = in[2];                        \
        T *y = out;                                                            \
        (void)ctx;                                                             \
        for (int i = 0; i < n; i++)                                            \
            y[i] = x[i] < min[i] ? min[i] : x[i] > max[i] ? max[i] : x[i];     \
    }
CLAMP_ROW(clamp_f32, float)
CLAMP_ROW(clamp_f64, double)
CLAMP_ROW(clamp_i64, int64_t)

/* ---- infer and eval ---- */

enum {
    REALS = LN_FLOATS | LN_BIT(Float64),
    ORDERED = REALS | (LN_INTEGERS & ~LN_BIT(UInt64)) | LN_BIT(Bool),
    NUMBERS = ORDERED | LN_BIT(UInt64),
};

static ln_status infer_numbers(ln_call *c)
{
    return ln_infer_binary(c, NUMBERS, kTfLiteNoType);
}

static ln_status infer_ordered(ln_call *c)
{
    return ln_infer_binary(c, ORDERED & ~LN_BIT(Bool), kTfLiteNoType);
}

static ln_status infer_bits(ln_call *c)
{
    return ln_infer_binary(c, LN_INTEGERS | LN_BIT(Bool), kTfLiteNoType);
}

static ln_status infer_real(ln_call *c)
{
    return ln_infer_like(c, REALS);
}

static ln_status infer_signed(ln_call *c)
{
    return ln_infer_like(c, REALS | LN_INTEGERS);
}

static ln_status infer_clamp(ln_call *c)
{
    const ln_shape min = ln_shape_of(c->in[0]), x = ln_shape_of(c->in[1]);
    const ln_shape max = ln_shape_of(c->in[2]);
    ln_shape y;

    LN_TRY(ln_check_type(c, 1, ORDERED));
    LN_CHECK(c, c->in[0]->type == c->in[1]->type && c->in[2]->type == c->in[1]->type,
             "the limits have types %s and %s, not %s", ln_type_name(c->in[0]->type),
             ln_type_name(c->in[2]->type), ln_type_name(c->in[1]->type));
    LN_TRY(ln_broadcast(c, &min, &x, &y));
    LN_TRY(ln_broadcast(c, &y, &max, &y));
    LN_CHECK(c, !ln_shape_known(&y) || ln_shape_equal(&y, &x), "the limits are larger than x");
    return ln_set_out(c, 0, c->in[1]->type, &x);
}

/* Division by zero of integers is an error. */
static ln_status eval_quotient(ln_call *c, const ln_rows *rows)
{
    if (!ln_type_in(c->in[0]->type, REALS))
        LN_TRY(ln_check_divisor(c, 0));
    return ln_eval_rows(c, 2, rows);
}

static ln_status eval_divide(ln_call *c)
{
    return eval_quotient(c, &(ln_rows){divide_f32, divide_f64, divide_i64});
}

static ln_status eval_remainder(ln_call *c)
{
    return eval_quotient(c, &(ln_rows){remainder_f32, remainder_f64, remainder_i64});
}

static ln_status eval_maximum(ln_call *c)
{
    if (c->in[0]->type == kTfLiteUInt64)
        return ln_map_call(c, 2, LN_RAW, LN_RAW, maximum_u64, NULL);
    return ln_eval_rows(c, 2, &(ln_rows){maximum_f32, maximum_f64, maximum_i64});
}

static ln_status eval_minimum(ln_call *c)
{
    if (c->in[0]->type == kTfLiteUInt64)
        return ln_map_call(c, 2, LN_RAW, LN_RAW, minimum_u64, NULL);
    return ln_eval_rows(c, 2, &(ln_rows){minimum_f32, minimum_f64, minimum_i64});
}

#define ROWS(lower, n_in, f32, f64, i64)                         \
    static ln_status eval_##lower(ln_call *c)                    \
    {                                                            \
        return ln_eval_rows(c, n_in, &(ln_rows){f32, f64, i64}); \
    }
#define HLO(lower, upper, code, n_in, infer_) \
    const ln_op ln_op_stablehlo_##lower = {   \
        .name = "STABLEHLO_" upper,           \
        .builtin = code,                      \
        .version = 1,                         \
        .min_in = n_in,                       \
        .max_in = n_in,                       \
        .n_out = 1,                           \
        .traits = LN_PURE | LN_ELEMENTWISE,   \
        .infer = infer_,                      \
        .eval = eval_##lower,                 \
    };
#define HLO_BINARY(lower, upper, code, infer_)            \
    ROWS(lower, 2, lower##_f32, lower##_f64, lower##_i64) \
    HLO(lower, upper, code, 2, infer_)
#define HLO_REAL(lower, upper, code)               \
    ROWS(lower, 1, lower##_f32, lower##_f64, NULL) \
    HLO(lower, upper, code, 1, infer_real)

HLO_BINARY(add, "ADD", kTfLiteBuiltinStablehloAdd, infer_numbers)
HLO_BINARY(subtract, "SUBTRACT", kTfLiteBuiltinStablehloSubtract, infer_numbers)
HLO_BINARY(multiply, "MULTIPLY", kTfLiteBuiltinStablehloMultiply, infer_numbers)
HLO_BINARY(power, "POWER", kTfLiteBuiltinStablehloPower, infer_ordered)
HLO(divide, "DIVIDE", kTfLiteBuiltinStablehloDivide, 2, infer_ordered)
HLO(remainder, "REMAINDER", kTfLiteBuiltinStablehloRemainder, 2, infer_ordered)
HLO(maximum, "MAXIMUM", kTfLiteBuiltinStablehloMaximum, 2, infer_numbers)
HLO(minimum, "MINIMUM", kTfLiteBuiltinStablehloMinimum, 2, infer_numbers)
ROWS(and, 2, NULL, NULL, and_i64)
HLO(and, "AND", kTfLiteBuiltinStablehloAnd, 2, infer_bits)
ROWS(or, 2, NULL, NULL, or_i64)
HLO(or, "OR", kTfLiteBuiltinStablehloOr, 2, infer_bits)
ROWS(abs, 1, abs_f32, abs_f64, abs_i64)
HLO(abs, "ABS", kTfLiteBuiltinStablehloAbs, 1, infer_signed)
ROWS(negate, 1, negate_f32, negate_f64, negate_i64)
HLO(negate, "NEGATE", kTfLiteBuiltinStablehloNegate, 1, infer_signed)
ROWS(clamp, 3, clamp_f32, clamp_f64, clamp_i64)
HLO(clamp, "CLAMP", kTfLiteBuiltinStablehloClamp, 3, infer_clamp)
HLO_REAL(cosine, "COSINE", kTfLiteBuiltinStablehloCosine)
HLO_REAL(exponential, "EXPONENTIAL", kTfLiteBuiltinStablehloExponential)
HLO_REAL(floor, "FLOOR", kTfLiteBuiltinStablehloFloor)
HLO_REAL(log, "LOG", kTfLiteBuiltinStablehloLog)
HLO_REAL(logistic, "LOGISTIC", kTfLiteBuiltinStablehloLogistic)
HLO_REAL(rsqrt, "RSQRT", kTfLiteBuiltinStablehloRsqrt)
HLO_REAL(tanh, "TANH", kTfLiteBuiltinStablehloTanh)
HLO_REAL(cbrt, "CBRT", kTfLiteBuiltinStablehloCbrt)
