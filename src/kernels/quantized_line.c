/* SPDX-License-Identifier: Apache-2.0 */
/* quantized_line.c: how far results in floats can be from those of fixed point.  All errors are in
 * units of the result, whose last rounding is what counts: a real number that is further from the
 * middle between two whole numbers than both ways' errors together is rounded alike. */
#include <math.h>

#include "base/compiler.h"
#include "kernels/quantized.h"

/* Floats: a few roundings of terms whose magnitudes add up to `size`. */
static double float_error(double size)
{
    return ldexp(size, -22);
}

/* The multiplier has 31 bits. */
static double multiplier_error(double size)
{
    return ldexp(size, -30);
}

static float sure_below(double error)
{
    return error < 0.25 ? (float)(0.5 - error) : 0; /* also where it is NaN */
}

static double half_unit_of(double v)
{
    return ldexp(1, ilogb(v) - 24);
}

/* Sets `start` and `telling`; `error` is that of fixed point. */
static void count_from_256(ln_elt_fixed_pair *p, int32_t lowest, double a, double b, double error)
{
    const double most = 255, middle = 256.5 - lowest + p->zy - p->za * a - p->zb * b;
    const double size = fabs(middle) + 1 + most * fabs(b);
    int32_t unsure = 2;
    error += most * (fabs(p->fa - a) + fabs(p->fb - b)) + half_unit_of(fabs(middle) + 1) +
             half_unit_of(most * a) + half_unit_of(most * b) + half_unit_of(size) +
             half_unit_of(256);
    while (unsure < 1 << 12 && !(ldexp(unsure, -16) >= error))
        unsure *= 2;
    p->start = (float)(middle + ldexp(unsure, -16));
    p->telling = unsure < 1 << 12 ? 0x7fff & -unsure : 0;
}

void ln_quant_line_of_sum(ln_elt_fixed_pair *p, int32_t lowest, double a, double b)
{
    const double c = p->zy - p->za * a - p->zb * b;
    const double size = 255 * (fabs(a) + fabs(b)) + fabs(c);
    /* Each operand is rounded twice to the common scale, whose unit is this: */
    const double unit = ldexp(p->y.mul, p->y.left - p->y.right - 31);
    const double last = p->y.right > 0 ? ldexp(0.5, -p->y.right) : 0;
    const bool wraps = p->y.left > 0 || p->a.left > 22 || p->b.left > 22;
    p->fa = (float)a;
    p->fb = (float)b;
    p->fc = (float)c;
    const double error = wraps || size > 1e6 ? 1 : 2 * unit + last + multiplier_error(size);
    p->sure = sure_below(error + float_error(size));
    count_from_256(p, lowest, a, b, error);
}

/* `most`: what the product may become; beyond 512 all results are at a limit. */
static void line_of_product(ln_elt_fixed_pair *p, double m, double most)
{
    const double size = LN_MIN(most, 1024);
    p->fa = (float)m;
    /* Rounding twice, halves away from 0 the second time, is rounding once what is further away
     * from 0 by half of the first unit. */
    p->fb = p->y.right > 0 ? (float)ldexp(0.5, -p->y.right) : 0;
    p->fc = 0;
    p->sure = p->y.left > 14 || !(most < 1e9)
                  ? 0
                  : sure_below(multiplier_error(size) + float_error(size));
}

void ln_quant_line_of_product(ln_elt_fixed_pair *p, double m)
{
    line_of_product(p, m, 255 * 255 * m);
}

/* As ln_mul_q. */
static int32_t times(int32_t x, const ln_elt_fixed *f)
{
    const int64_t product = (int64_t)x * (1 << f->left) * f->mul;
    const int32_t high = (int32_t)((product + (1 << 30)) >> 31);
    const int32_t mask = (int32_t)((1u << f->right) - 1);
    return (high >> f->right) + ((high & mask) > (mask >> 1) + (high < 0));
}

/* Sets a factor and what is further away from 0, as for products; false: of some byte floats give
 * something else. */
static bool set_units(const ln_elt_fixed *f, int32_t zero, float *unit, float *away)
{
    *unit = ldexpf((float)f->mul, f->left - f->right - 31);
    *away = f->right > 0 ? ldexpf(0.5f, -f->right) : 0;
    for (int32_t i = INT8_MIN; i <= INT8_MAX; i++) {
        const float v = (float)(i - zero) * *unit;
        if (times(i - zero, f) != (int32_t)rintf(v + copysignf(*away, v)))
            return false;
    }
    return true;
}

void ln_quant_line_of_square(ln_elt_fixed_pair *p, double m)
{
    enum { MOST = 1 << 15 };
    line_of_product(p, m, (double)MOST * MOST * m);
    if (!set_units(&p->a, p->za, &p->ua, &p->wa) || !set_units(&p->b, p->zb, &p->ub, &p->wb))
        p->sure = 0;
}
