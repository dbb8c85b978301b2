/* SPDX-License-Identifier: Apache-2.0 */
/* flex_plain.c: functions that are builtins too, for the types that those lack: float64, and
 * integers of all widths, which wrap.
 *
 *   Abs, Sign, Ceil, Floor, Round, Sqrt, Rsqrt, Exp, Log, Sin, Cos, Tanh, Sigmoid, Elu, Relu, Relu6
 *   Div, FloorDiv, FloorMod, Pow, Maximum, Minimum, SquaredDifference, Atan2
 *   BitwiseXor, RightShift, PopulationCount
 *   Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual   -> bool
 *   AddN
 * Integers are computed as int64; so those of uint64 are taken where their bits say it all. */
#include <math.h>
#include <string.h>

#include "ops/flex/flex_rows.h"

enum { REALS = LN_FLOATS | LN_BIT(Float64), NARROW = LN_INTEGERS & ~LN_BIT(UInt64) };

/* ---- one operand ---- */

static ln_status infer_real(ln_call *c)
{
    return ln_infer_like(c, REALS);
}

static ln_status infer_number(ln_call *c)
{
    return ln_infer_like(c, REALS | NARROW);
}

#define REAL(id, text, single, dual) LN_FLEX_REALS(id, text, 1, infer_real, single, dual)
/* Of `operands` numbers: in float, in double, in int64. */
#define NUMBER(id, text, operands, infer_, single, dual, whole)                   \
    LN_ROW##operands(id##_f32, float, float, single)                              \
        LN_ROW##operands(id##_f64, double, double, dual)                          \
            LN_ROW##operands(id##_i64, int64_t, int64_t, whole)                   \
                                                                                  \
                static ln_status id##_eval(ln_call *c)                            \
    {                                                                             \
        const ln_rows rows = {.f32 = id##_f32, .f64 = id##_f64, .i64 = id##_i64}; \
        return ln_eval_rows(c, operands, &rows);                                  \
    }                                                                             \
    LN_FLEX_OP(id, text, operands, operands, 1, infer_, id##_eval)

/* As unsigned, which wraps. */
static int64_t negative(int64_t x)
{
    return (int64_t)(0 - (uint64_t)x);
}

#define SIGN(x)             (isnan(x) ? (x) : ((x) > 0) - ((x) < 0))
#define CLAMP(x, low, high) ((x) < (low) ? (low) : (x) > (high) ? (high) : (x))

REAL(ceil, "Ceil", ceilf(a[i]), ceil(a[i]));
REAL(floor, "Floor", floorf(a[i]), floor(a[i]));
REAL(sqrt, "Sqrt", sqrtf(a[i]), sqrt(a[i]));
REAL(rsqrt, "Rsqrt", 1 / sqrtf(a[i]), 1 / sqrt(a[i]));
REAL(exp, "Exp", expf(a[i]), exp(a[i]));
REAL(log, "Log", logf(a[i]), log(a[i]));
REAL(sin, "Sin", sinf(a[i]), sin(a[i]));
REAL(cos, "Cos", cosf(a[i]), cos(a[i]));
REAL(tanh, "Tanh", tanhf(a[i]), tanh(a[i]));
REAL(sigmoid, "Sigmoid", 1 / (1 + expf(-a[i])), 1 / (1 + exp(-a[i])));
REAL(elu, "Elu", a[i] < 0 ? expm1f(a[i]) : a[i], a[i] < 0 ? expm1(a[i]) : a[i]);
NUMBER(abs, "Abs", 1, infer_number, fabsf(a[i]), fabs(a[i]), a[i] < 0 ? negative(a[i]) : a[i]);
NUMBER(round, "Round", 1, infer_number, rintf(a[i]), rint(a[i]), a[i]);
NUMBER(sign, "Sign", 1, infer_number, SIGN(a[i]), SIGN(a[i]), (a[i] > 0) - (a[i] < 0));
NUMBER(relu, "Relu", 1, infer_number, a[i] < 0 ? 0 : a[i], a[i] < 0 ? 0 : a[i], LN_MAX(a[i], 0));
NUMBER(relu6, "Relu6", 1, infer_number, CLAMP(a[i], 0, 6), CLAMP(a[i], 0, 6), CLAMP(a[i], 0, 6));

/* ---- two operands ---- */

static ln_status infer_reals(ln_call *c)
{
    return ln_infer_binary(c, REALS, kTfLiteNoType);
}

static ln_status infer_numbers(ln_call *c)
{
    return ln_infer_binary(c, REALS | NARROW, kTfLiteNoType);
}

static double floor_rest_real(double a, double b)
{
    const double rest = fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/* a^b for b >= 0, in 64 bits that wrap. */
static int64_t power(int64_t a, int64_t b)
{
    uint64_t y = 1, x = (uint64_t)a;
    for (; b > 0; b >>= 1, x *= x)
        y *= b & 1 ? x : 1;
    return (int64_t)y;
}

static int64_t square(int64_t a, int64_t b)
{
    const uint64_t d = (uint64_t)a - (uint64_t)b;
    return (int64_t)(d * d);
}

#define SMALLER(x, y) (isnan(x) || (x) < (y) ? (x) : (y))
#define LARGER(x, y)  (isnan(x) || (x) > (y) ? (x) : (y))

LN_FLEX_REALS(atan2, "Atan2", 2, infer_reals, atan2f(a[i], b[i]), atan2(a[i], b[i]));
NUMBER(maximum, "Maximum", 2, infer_numbers, LARGER(a[i], b[i]), LARGER(a[i], b[i]),
       LN_MAX(a[i], b[i]));
NUMBER(minimum, "Minimum", 2, infer_numbers, SMALLER(a[i], b[i]), SMALLER(a[i], b[i]),
       LN_MIN(a[i], b[i]));
NUMBER(squared_difference, "SquaredDifference", 2, infer_numbers, (a[i] - b[i]) * (a[i] - b[i]),
       (a[i] - b[i]) * (a[i] - b[i]), square(a[i], b[i]));

/* With a check of integers that are no divisor, or no exponent. */
#define CHECKED(id, text, check, single, dual, whole)                             \
    LN_ROW2(id##_f32, float, float, single)                                       \
    LN_ROW2(id##_f64, double, double, dual)                                       \
    LN_ROW2(id##_i64, int64_t, int64_t, whole)                                    \
    static ln_status id##_eval(ln_call *c)                                        \
    {                                                                             \
        const ln_rows rows = {.f32 = id##_f32, .f64 = id##_f64, .i64 = id##_i64}; \
        if (ln_type_in(c->in[1]->type, LN_INTEGERS))                              \
            LN_TRY(check);                                                        \
        return ln_eval_rows(c, 2, &rows);                                         \
    }                                                                             \
    LN_FLEX_OP(id, text, 2, 2, 1, infer_numbers, id##_eval)

static ln_status check_exponent(ln_call *c)
{
    int64_t one;
    for (int i = 0, n = ln_count(c->in[1]); i < n; i++) {
        const int64_t *b = ln_lane_load(LN_I64, c->in[1]->type, c->in[1]->data.data, i, 1, &one);
        LN_CHECK(c, *b >= 0, "exponent %d of integers is negative: %lld", i, (long long)*b);
    }
    return LN_OK;
}

CHECKED(div, "Div", ln_check_divisor(c, 0), a[i] / b[i], a[i] / b[i],
        b[i] == -1 ? negative(a[i]) : a[i] / b[i]);
CHECKED(floor_div, "FloorDiv", ln_check_divisor(c, 0), floorf(a[i] / b[i]), floor(a[i] / b[i]),
        ln_floor_div(a[i], b[i]));
CHECKED(floor_mod, "FloorMod", ln_check_divisor(c, 0), floor_rest_real(a[i], b[i]),
        floor_rest_real(a[i], b[i]), ln_floor_mod(a[i], b[i]));
CHECKED(pow, "Pow", check_exponent(c), powf(a[i], b[i]), pow(a[i], b[i]), power(a[i], b[i]));

/* ---- bits ---- */

static ln_status infer_bits(ln_call *c)
{
    return ln_infer_binary(c, LN_INTEGERS, kTfLiteNoType);
}

LN_ROW2(xor_i64, int64_t, int64_t, a[i] ^ b[i])

static ln_status xor_eval(ln_call *c)
{
    const ln_rows rows = {.i64 = xor_i64};
    return ln_eval_rows(c, 2, &rows);
}

LN_FLEX_OP(bitwise_xor, "BitwiseXor", 2, 2, 1, infer_bits, xor_eval);

/* By as many bits as the type has, and fewer than none, TensorFlow's result is not defined: its
 * kernel takes the nearest number that is. */
static void shift_row(const void *ctx, const void *const *in, void *out, int n)
{
    const int64_t *a = in[0], *b = in[1], most = *(const int64_t *)ctx;
    int64_t *y = out;
    for (int i = 0; i < n; i++)
        y[i] = a[i] >> CLAMP(b[i], 0, most);
}

static ln_status shift_infer(ln_call *c)
{
    return ln_infer_binary(c, NARROW, kTfLiteNoType);
}

static ln_status shift_eval(ln_call *c)
{
    const int64_t most = (int64_t)ln_type_size(c->in[0]->type) * 8 - 1;
    return ln_map_call(c, 2, LN_I64, LN_I64, shift_row, &most);
}

LN_FLEX_OP(right_shift, "RightShift", 2, 2, 1, shift_infer, shift_eval);

static int ones(uint64_t x)
{
    int n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
}

/* The lane of a negative number has ones above the type's own bits. */
static void count_row(const void *ctx, const void *const *in, void *out, int n)
{
    const uint64_t *x = in[0], own = *(const uint64_t *)ctx;
    int64_t *y = out;
    for (int i = 0; i < n; i++)
        y[i] = ones(x[i] & own);
}

static ln_status count_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, LN_INTEGERS));
    return ln_set_out(c, 0, kTfLiteUInt8, &s);
}

static ln_status count_eval(ln_call *c)
{
    const uint64_t own = UINT64_MAX >> (64 - 8 * ln_type_size(c->in[0]->type));
    return ln_map_call(c, 1, LN_I64, LN_I64, count_row, &own);
}

LN_FLEX_OP(population_count, "PopulationCount", 1, 1, 1, count_infer, count_eval);

/* ---- comparisons ---- */

static ln_status infer_order(ln_call *c)
{
    return ln_infer_binary(c, REALS | NARROW, kTfLiteBool);
}

static ln_status infer_equality(ln_call *c)
{
    return ln_infer_binary(c, REALS | LN_INTEGERS | LN_BIT(Bool), kTfLiteBool);
}

static ln_status compare(ln_call *c, ln_row single, ln_row dual, ln_row whole)
{
    const TfLiteType type = c->in[0]->type;
    if (ln_type_in(type, LN_FLOATS))
        return ln_map_call(c, 2, LN_F32, LN_RAW, single, NULL);
    if (type == kTfLiteFloat64)
        return ln_map_call(c, 2, LN_F64, LN_RAW, dual, NULL);
    return ln_map_call(c, 2, LN_I64, LN_RAW, whole, NULL);
}

#define COMPARE(id, text, infer_, sign)                  \
    LN_ROW2(id##_f32, float, bool, a[i] sign b[i])       \
    LN_ROW2(id##_f64, double, bool, a[i] sign b[i])      \
    LN_ROW2(id##_i64, int64_t, bool, a[i] sign b[i])     \
    static ln_status id##_eval(ln_call *c)               \
    {                                                    \
        return compare(c, id##_f32, id##_f64, id##_i64); \
    }                                                    \
    LN_FLEX_OP(id, text, 2, 2, 1, infer_, id##_eval)

COMPARE(equal, "Equal", infer_equality, ==);
COMPARE(not_equal, "NotEqual", infer_equality, !=);
COMPARE(less, "Less", infer_order, <);
COMPARE(less_equal, "LessEqual", infer_order, <=);
COMPARE(greater, "Greater", infer_order, >);
COMPARE(greater_equal, "GreaterEqual", infer_order, >=);

/* ---- AddN ---- */

static ln_status sum_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, REALS | LN_INTEGERS));
    for (int i = 1; i < c->n_in; i++) {
        const ln_shape t = ln_shape_of(c->in[i]);
        LN_CHECK(c, c->in[i]->type == c->in[0]->type, "input %d has type %s, not %s as input 0", i,
                 ln_type_name(c->in[i]->type), ln_type_name(c->in[0]->type));
        LN_CHECK(c, ln_shape_equal(&s, &t) || !ln_shape_known(&s) || !ln_shape_known(&t),
                 "input %d has another shape than input 0", i);
    }
    return ln_set_out(c, 0, c->in[0]->type, &s);
}

LN_ROW2(sum_f32, float, float, a[i] + b[i])
LN_ROW2(sum_f64, double, double, a[i] + b[i])
LN_ROW2(sum_i64, uint64_t, uint64_t, a[i] + b[i])

static ln_status sum_eval(ln_call *c)
{
    const bool single = ln_type_in(c->in[0]->type, LN_FLOATS);
    const bool dual = c->in[0]->type == kTfLiteFloat64;
    const ln_lane lane = single ? LN_F32 : dual ? LN_F64 : LN_I64;
    memcpy(c->out[0]->data.data, c->in[0]->data.data,
           (size_t)ln_count(c->in[0]) * ln_type_size(c->in[0]->type));
    for (int i = 1; i < c->n_in; i++) {
        const ln_map m = {.in = {ln_operand_of(c->out[0]), ln_operand_of(c->in[i])},
                          .out = ln_operand_of(c->out[0]),
                          .n_in = 2,
                          .from = lane,
                          .to = lane,
                          .row = single ? sum_f32
                                 : dual ? sum_f64
                                        : sum_i64};
        ln_map_run(&m);
    }
    return LN_OK;
}

LN_FLEX_OP(add_n, "AddN", 1, -1, 1, sum_infer, sum_eval);
