/* SPDX-License-Identifier: Apache-2.0 */
/* flex_arithmetic.c: arithmetic of the types that the builtins lack: complex64 and complex128,
 * float64, and integers of all widths, which wrap.
 *
 *   Complex, Conj, Angle, Real, Imag, ComplexAbs
 *   Add, AddV2, Sub, Mul, RealDiv   a, b that broadcast
 *   Neg, Square                     x */
#include <math.h>

#include "ops/flex/flex_rows.h"

typedef TfLiteComplex64 c64;
typedef TfLiteComplex128 c128;
enum { COMPLEX = LN_BIT(Complex64) | LN_BIT(Complex128) };
enum { REALS = LN_FLOATS | LN_BIT(Float64) };

static bool is_complex(const TfLiteTensor *t)
{
    return ln_type_in(t->type, COMPLEX);
}

/* ---- from and to the parts ---- */

static ln_status make_infer(ln_call *c)
{
    const bool dual = c->in[0]->type == kTfLiteFloat64;
    return ln_infer_binary(c, LN_BIT(Float32) | LN_BIT(Float64),
                           dual ? kTfLiteComplex128 : kTfLiteComplex64);
}

#define MAKE(name, real, complex)                                              \
    static void name(const void *ctx, const void *const *in, void *out, int n) \
    {                                                                          \
        const real *re = in[0], *im = in[1];                                   \
        complex *y = out;                                                      \
        (void)ctx;                                                             \
        for (int i = 0; i < n; i++)                                            \
            y[i] = (complex){re[i], im[i]};                                    \
    }
MAKE(make_c64, float, c64)
MAKE(make_c128, double, c128)

static ln_status make_eval(ln_call *c)
{
    const bool dual = c->in[0]->type == kTfLiteFloat64;
    return ln_map_call(c, 2, LN_RAW, LN_RAW, dual ? make_c128 : make_c64, NULL);
}

LN_FLEX_OP(complex, "Complex", 2, 2, 1, make_infer, make_eval);

static ln_status part_infer(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_type(c, 0, COMPLEX));
    return ln_set_out(c, 0, c->in[0]->type == kTfLiteComplex64 ? kTfLiteFloat32 : kTfLiteFloat64,
                      &s);
}

#define PART(id, text, single, dual)                                                   \
    LN_ROW1(id##_c64, c64, float, single)                                              \
    LN_ROW1(id##_c128, c128, double, dual)                                             \
    static ln_status id##_eval(ln_call *c)                                             \
    {                                                                                  \
        const bool narrow = c->in[0]->type == kTfLiteComplex64;                        \
        return ln_map_call(c, 1, LN_RAW, LN_RAW, narrow ? id##_c64 : id##_c128, NULL); \
    }                                                                                  \
    LN_FLEX_OP(id, text, 1, 1, 1, part_infer, id##_eval)

PART(real, "Real", a[i].re, a[i].re);
PART(imag, "Imag", a[i].im, a[i].im);
PART(complex_abs, "ComplexAbs", hypotf(a[i].re, a[i].im), hypot(a[i].re, a[i].im));
PART(angle, "Angle", atan2f(a[i].im, a[i].re), atan2(a[i].im, a[i].re));

/* ---- one operand ---- */

/* Complex results in one line: from a (and b), by their parts. */
#define COMPLEX_ROW(name, T, operands, re_, im_)                               \
    static void name(const void *ctx, const void *const *in, void *out, int n) \
    {                                                                          \
        const T *x = in[0], *y = in[operands - 1];                             \
        T *z = out;                                                            \
        (void)ctx;                                                             \
        for (int i = 0; i < n; i++) {                                          \
            const T a = x[i], b = y[i];                                        \
            z[i] = (T){re_, im_};                                              \
        }                                                                      \
    }
#define COMPLEX_ROWS(id, operands, re_, im_)       \
    COMPLEX_ROW(id##_c64, c64, operands, re_, im_) \
    COMPLEX_ROW(id##_c128, c128, operands, re_, im_)

static ln_status eval_complex(ln_call *c, int operands, ln_row narrow, ln_row wide)
{
    return ln_map_call(c, operands, LN_RAW, LN_RAW,
                       c->in[0]->type == kTfLiteComplex64 ? narrow : wide, NULL);
}

static ln_status complex_infer(ln_call *c)
{
    return ln_infer_like(c, COMPLEX);
}

COMPLEX_ROWS(conj, 1, b.re, -a.im)

static ln_status conj_eval(ln_call *c)
{
    return eval_complex(c, 1, conj_c64, conj_c128);
}

LN_FLEX_OP(conj, "Conj", 1, 1, 1, complex_infer, conj_eval);

/* ---- one or two operands of any type ---- */

static ln_status infer1(ln_call *c)
{
    return ln_infer_like(c, REALS | LN_INTEGERS | COMPLEX);
}

static ln_status infer2(ln_call *c)
{
    return ln_infer_binary(c, REALS | LN_INTEGERS | COMPLEX, kTfLiteNoType);
}

static ln_status fraction_infer(ln_call *c)
{
    return ln_infer_binary(c, REALS | COMPLEX, kTfLiteNoType);
}

/* `expr` of real numbers; integers by their bits. */
#define EACH(id, text, operands, infer_, expr, re_, im_)                                    \
    LN_ROW##operands(id##_f32, float, float, expr)                                          \
        LN_ROW##operands(id##_f64, double, double, expr)                                    \
            LN_ROW##operands(id##_i64, uint64_t, uint64_t, expr)                            \
                COMPLEX_ROWS(id, operands, re_, im_) static ln_status id##_eval(ln_call *c) \
    {                                                                                       \
        const ln_rows rows = {.f32 = id##_f32, .f64 = id##_f64, .i64 = id##_i64};           \
        if (is_complex(c->in[0]))                                                           \
            return eval_complex(c, operands, id##_c64, id##_c128);                          \
        return ln_eval_rows(c, operands, &rows);                                            \
    }                                                                                       \
    LN_FLEX_OP(id, text, operands, operands, 1, infer_, id##_eval)

EACH(add, "Add", 2, infer2, a[i] + b[i], a.re + b.re, a.im + b.im);
EACH(add_v2, "AddV2", 2, infer2, a[i] + b[i], a.re + b.re, a.im + b.im);
EACH(sub, "Sub", 2, infer2, a[i] - b[i], a.re - b.re, a.im - b.im);
EACH(mul, "Mul", 2, infer2, a[i] * b[i], a.re *b.re - a.im * b.im, a.re *b.im + a.im * b.re);
EACH(neg, "Neg", 1, infer1, -a[i], -a.re, -b.im);
EACH(square, "Square", 1, infer1, a[i] * a[i], a.re *a.re - b.im * b.im, 2 * a.re * b.im);

/* ---- RealDiv ---- */

#define OVER(b) ((b).re * (b).re + (b).im * (b).im)

LN_ROW2(div_f32, float, float, a[i] / b[i])
LN_ROW2(div_f64, double, double, a[i] / b[i])
COMPLEX_ROWS(div, 2, (a.re * b.re + a.im * b.im) / OVER(b), (a.im * b.re - a.re * b.im) / OVER(b))

static ln_status div_eval(ln_call *c)
{
    const ln_rows rows = {.f32 = div_f32, .f64 = div_f64};
    if (is_complex(c->in[0]))
        return eval_complex(c, 2, div_c64, div_c128);
    return ln_eval_rows(c, 2, &rows);
}

LN_FLEX_OP(real_div, "RealDiv", 2, 2, 1, fraction_infer, div_eval);
