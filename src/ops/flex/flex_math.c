/* SPDX-License-Identifier: Apache-2.0 */
/* flex_math.c: functions of one or two numbers, element by element: y = f(x), y = f(a, b) with
 * broadcasting.  float32, float64 and the half types, which compute in float; integers where
 * TensorFlow takes them. */
#include <math.h>

#include "ops/flex/flex_rows.h"
#include "ops/flex/special.h"

enum { REALS = LN_FLOATS | LN_BIT(Float64) };

static ln_status infer_reals(ln_call *c)
{
    return ln_infer_like(c, REALS);
}

static ln_status infer_test(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, REALS));
    return ln_set_out(c, 0, kTfLiteBool, &s);
}

static ln_status infer_real_pair(ln_call *c)
{
    return ln_infer_binary(c, REALS, kTfLiteNoType);
}

static ln_status infer_integer_pair(ln_call *c)
{
    return ln_infer_binary(c, LN_INTEGERS, kTfLiteNoType);
}

static ln_status infer_integers(ln_call *c)
{
    return ln_infer_like(c, LN_INTEGERS);
}

#define UNARY(id, text, single, dual) LN_FLEX_REALS(id, text, 1, infer_reals, single, dual)

UNARY(erf, "Erf", erff(a[i]), erf(a[i]));
UNARY(erfc, "Erfc", erfcf(a[i]), erfc(a[i]));
UNARY(erfinv, "Erfinv", ln_erfinv(a[i]), ln_erfinv(a[i]));
UNARY(ndtri, "Ndtri", ln_ndtri(a[i]), ln_ndtri(a[i]));
UNARY(lgamma, "Lgamma", ln_lgamma(a[i]), ln_lgamma(a[i]));
UNARY(digamma, "Digamma", ln_digamma(a[i]), ln_digamma(a[i]));
UNARY(expm1, "Expm1", expm1f(a[i]), expm1(a[i]));
UNARY(log1p, "Log1p", log1pf(a[i]), log1p(a[i]));
UNARY(tan, "Tan", tanf(a[i]), tan(a[i]));
UNARY(asin, "Asin", asinf(a[i]), asin(a[i]));
UNARY(acos, "Acos", acosf(a[i]), acos(a[i]));
UNARY(atan, "Atan", atanf(a[i]), atan(a[i]));
UNARY(sinh, "Sinh", sinhf(a[i]), sinh(a[i]));
UNARY(cosh, "Cosh", coshf(a[i]), cosh(a[i]));
UNARY(asinh, "Asinh", asinhf(a[i]), asinh(a[i]));
UNARY(acosh, "Acosh", acoshf(a[i]), acosh(a[i]));
UNARY(atanh, "Atanh", atanhf(a[i]), atanh(a[i]));
UNARY(rint, "Rint", rintf(a[i]), rint(a[i]));
UNARY(reciprocal, "Reciprocal", 1 / a[i], 1 / a[i]);
UNARY(inv, "Inv", 1 / a[i], 1 / a[i]);
UNARY(softplus, "Softplus", ln_softplus(a[i]), ln_softplus(a[i]));
UNARY(softsign, "Softsign", a[i] / (1 + fabsf(a[i])), a[i] / (1 + fabs(a[i])));
UNARY(selu, "Selu", ln_selu(a[i]), ln_selu(a[i]));

/* y = test(x) as bool. */
#define TEST(id, text, test)                                                                 \
    LN_ROW1(id##_f32, float, bool, test(a[i]))                                               \
    LN_ROW1(id##_f64, double, bool, test(a[i]))                                              \
    static ln_status id##_eval(ln_call *c)                                                   \
    {                                                                                        \
        const bool dual = c->in[0]->type == kTfLiteFloat64;                                  \
        return ln_map_call(c, 1, dual ? LN_F64 : LN_F32, LN_RAW, dual ? id##_f64 : id##_f32, \
                           NULL);                                                            \
    }                                                                                        \
    LN_FLEX_OP(id, text, 1, 1, 1, infer_test, id##_eval)

TEST(is_nan, "IsNan", isnan);
TEST(is_inf, "IsInf", isinf);
TEST(is_finite, "IsFinite", isfinite);

#define BINARY(id, text, single, dual) LN_FLEX_REALS(id, text, 2, infer_real_pair, single, dual)

BINARY(xlogy, "Xlogy", a[i] == 0 ? 0 : a[i] * logf(b[i]), a[i] == 0 ? 0 : a[i] * log(b[i]));
BINARY(xlog1py, "Xlog1py", a[i] == 0 ? 0 : a[i] * log1pf(b[i]), a[i] == 0 ? 0 : a[i] * log1p(b[i]));
BINARY(xdivy, "Xdivy", a[i] == 0 ? 0 : a[i] / b[i], a[i] == 0 ? 0 : a[i] / b[i]);
BINARY(div_no_nan, "DivNoNan", b[i] == 0 ? 0 : a[i] / b[i], b[i] == 0 ? 0 : a[i] / b[i]);
BINARY(mul_no_nan, "MulNoNan", b[i] == 0 ? 0 : a[i] * b[i], b[i] == 0 ? 0 : a[i] * b[i]);
BINARY(igamma, "Igamma", ln_igamma(a[i], b[i]), ln_igamma(a[i], b[i]));
BINARY(igammac, "Igammac", ln_igammac(a[i], b[i]), ln_igammac(a[i], b[i]));
BINARY(zeta, "Zeta", ln_zeta(a[i], b[i]), ln_zeta(a[i], b[i]));
BINARY(polygamma, "Polygamma", ln_polygamma(a[i], b[i]), ln_polygamma(a[i], b[i]));
BINARY(next_after, "NextAfter", nextafterf(a[i], b[i]), nextafter(a[i], b[i]));

/* ---- integers ---- */

/* The lane is signed; what is unsigned keeps its bits, which is all these need. */
#define BITS(id, text, operands, infer_, expr)                                                  \
    LN_ROW##operands(id##_i64, uint64_t, uint64_t, expr) static ln_status id##_eval(ln_call *c) \
    {                                                                                           \
        const ln_rows rows = {.i64 = id##_i64};                                                 \
        return ln_eval_rows(c, operands, &rows);                                                \
    }                                                                                           \
    LN_FLEX_OP(id, text, operands, operands, 1, infer_, id##_eval)

BITS(bitwise_and, "BitwiseAnd", 2, infer_integer_pair, a[i] & b[i]);
BITS(bitwise_or, "BitwiseOr", 2, infer_integer_pair, a[i] | b[i]);
BITS(invert, "Invert", 1, infer_integers, ~a[i]);
BITS(left_shift, "LeftShift", 2, infer_integer_pair, b[i] < 64 ? a[i] << b[i] : 0);

/* Division towards zero.  INT64_MIN / -1 wraps. */
static int64_t quotient(int64_t a, int64_t b)
{
    return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

LN_ROW2(truncate_div_i64, int64_t, int64_t, quotient(a[i], b[i]))
LN_ROW2(truncate_div_f32, float, float, truncf(a[i] / b[i]))
LN_ROW2(truncate_div_f64, double, double, trunc(a[i] / b[i]))
LN_ROW2(truncate_mod_i64, int64_t, int64_t, b[i] == -1 ? 0 : a[i] % b[i])
LN_ROW2(truncate_mod_f32, float, float, fmodf(a[i], b[i]))
LN_ROW2(truncate_mod_f64, double, double, fmod(a[i], b[i]))

/* As int64, what is unsigned 64-bit would have another sign: left to TensorFlow. */
enum { NARROW = LN_INTEGERS & ~LN_BIT(UInt64) };

static ln_status infer_division(ln_call *c)
{
    return ln_infer_binary(c, NARROW | REALS, kTfLiteNoType);
}

static ln_status divide(ln_call *c, const ln_rows *rows)
{
    if (ln_type_in(c->in[0]->type, LN_INTEGERS))
        LN_TRY(ln_check_divisor(c, 0));
    return ln_eval_rows(c, 2, rows);
}

static ln_status truncate_div_eval(ln_call *c)
{
    return divide(c, &(ln_rows){truncate_div_f32, truncate_div_f64, truncate_div_i64});
}

static ln_status mod_eval(ln_call *c)
{
    return divide(c, &(ln_rows){truncate_mod_f32, truncate_mod_f64, truncate_mod_i64});
}

LN_FLEX_OP(truncate_div, "TruncateDiv", 2, 2, 1, infer_division, truncate_div_eval);
LN_FLEX_OP(truncate_mod, "TruncateMod", 2, 2, 1, infer_division, mod_eval);
LN_FLEX_OP(mod, "Mod", 2, 2, 1, infer_division, mod_eval);

/* ---- Betainc: three operands ---- */

static void betainc_f32(const void *ctx, const void *const *in, void *out, int n)
{
    const float *a = in[0], *b = in[1], *x = in[2];
    float *y = out;
    (void)ctx;
    for (int i = 0; i < n; i++)
        y[i] = (float)ln_betainc((double)a[i], (double)b[i], (double)x[i]);
}

static void betainc_f64(const void *ctx, const void *const *in, void *out, int n)
{
    const double *a = in[0], *b = in[1], *x = in[2];
    double *y = out;
    (void)ctx;
    for (int i = 0; i < n; i++)
        y[i] = ln_betainc(a[i], b[i], x[i]);
}

/* All of one shape, or scalars. */
static ln_status betainc_infer(ln_call *c)
{
    ln_shape y = ln_shape_of(c->in[0]);
    for (int i = 0; i < 3; i++) {
        const ln_shape s = ln_shape_of(c->in[i]);
        LN_TRY(ln_check_type(c, i, LN_BIT(Float32) | LN_BIT(Float64)));
        LN_CHECK(c, c->in[i]->type == c->in[0]->type, "inputs 0 and %d have types %s and %s", i,
                 ln_type_name(c->in[0]->type), ln_type_name(c->in[i]->type));
        LN_TRY(ln_broadcast(c, &y, &s, &y));
    }
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

static ln_status betainc_eval(ln_call *c)
{
    const ln_rows rows = {.f32 = betainc_f32, .f64 = betainc_f64};
    return ln_eval_rows(c, 3, &rows);
}

LN_FLEX_OP(betainc, "Betainc", 3, 3, 1, betainc_infer, betainc_eval);
