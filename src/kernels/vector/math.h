/* SPDX-License-Identifier: Apache-2.0 */
/* math.h: elementary functions over the vectors of simd.h.  Polynomials are fitted for the least
 * relative error; what a set with vf_fma fused makes of them, over every 97th float (vf_gelu: every
 * 197th), in units in the last place of the exact result (tests/kernels/unary.c has the limits that
 * are tested):
 *
 *   vf_exp 1.1   vf_log 0.9   vf_tanh 2.5   vf_logistic 2.3   vf_elu 1.0   vf_sin, vf_cos 2.4
 *   vf_gelu 6.4 down to -8, vf_gelu_tanh 18 down to -4; below that it is the absolute error that
 *   is small
 *
 * Where vf_fma rounds twice, vf_gelu is worse below -3, and the others about as good.  Infinities
 * and NaN give what the C library's functions give. */
#ifndef LN_KERNELS_VECTOR_MATH_H
#define LN_KERNELS_VECTOR_MATH_H

#include <float.h>
#include <math.h>

#include "kernels/simd/simd.h"

/* ln 2 in two parts: the first has so few bits that its products with small whole numbers are
 * exact. */
#define LN_2_HIGH 0x1.62e4p-1f
#define LN_2_LOW 0x1.7f7d1cp-20f
#define LN_LOG2_E 0x1.715476p+0f

/* x = n ln 2 + r, n whole, |r| at most about ln 2 / 2. */
LN_INLINE vf vf_reduce_exp(vf x, vf *n)
{
    *n = vf_round(vf_mul(x, vf_set(LN_LOG2_E)));
    const vf r = vf_fma(*n, vf_set(-LN_2_HIGH), x);
    return vf_fma(*n, vf_set(-LN_2_LOW), r);
}

/* e^r - 1 for such an r. */
LN_INLINE vf vf_expm1_part(vf r)
{
    vf p = vf_set(0x1.6beb9cp-10f);
    p = vf_fma(p, r, vf_set(0x1.122a32p-7f));
    p = vf_fma(p, r, vf_set(0x1.55567ap-5f));
    p = vf_fma(p, r, vf_set(0x1.5554acp-3f));
    p = vf_fma(p, r, vf_set(0x1.fffffep-2f));
    return vf_fma(vf_mul(r, r), p, r);
}

/* Limits are the first operand where NaN shall pass. */
LN_INLINE vf vf_exp_from(vf x, float least)
{
    vf n;
    x = vf_min(vf_set(89), vf_max(vf_set(least), x));
    const vf r = vf_reduce_exp(x, &n);
    return vf_scale(vf_add(vf_expm1_part(r), vf_set(1)), n);
}

LN_INLINE vf vf_exp(vf x)
{
    return vf_exp_from(x, -104);
}

/* 0 where that is below FLT_MIN: numbers without all their bits take processors 100 cycles. */
LN_INLINE vf vf_exp_normal(vf x)
{
    const float least = -87.33654f;
    return vf_select(vf_lt(x, vf_set(least)), vf_set(0), vf_exp_from(x, least));
}

/* e^x - 1 for x <= 0. */
LN_INLINE vf vf_expm1_of_negative(vf x)
{
    vf n;
    x = vf_max(vf_set(-30), x);
    const vf r = vf_reduce_exp(x, &n);
    const vf power = vf_bits(vi_shl(vi_add(vi_round(n), vi_set(127)), 23));
    return vf_fma(power, vf_expm1_part(r), vf_sub(power, vf_set(1)));
}

LN_INLINE vf vf_log(vf x)
{
    const vf zero = vf_set(0), infinity = vf_set(INFINITY);
    const vm tiny = vf_lt(x, vf_set(FLT_MIN));
    const vi all = vi_bits(vf_select(tiny, vf_mul(x, vf_set(0x1p23f)), x));
    /* x = 2^e m, m in [2/3, 4/3) */
    const vi above = vi_sub(all, vi_set(0x3f2aaaab));
    const vf m = vf_bits(vi_sub(all, vi_and(above, vi_set(-0x800000))));
    const vi exponent = vi_sub(vi_shr(above, 23), vi_select(tiny, vi_set(23), vi_set(0)));
    const vf e = vf_from_vi(exponent), r = vf_sub(m, vf_set(1)), r2 = vf_mul(r, r);
    vf p = vf_set(-0x1.080574p-3f);
    p = vf_fma(p, r, vf_set(0x1.1e66c4p-3f));
    p = vf_fma(p, r, vf_set(-0x1.f31148p-4f));
    p = vf_fma(p, r, vf_set(0x1.1ed714p-3f));
    p = vf_fma(p, r, vf_set(-0x1.559dcap-3f));
    p = vf_fma(p, r, vf_set(0x1.99d028p-3f));
    p = vf_fma(p, r, vf_set(-0x1.fffef0p-3f));
    p = vf_fma(p, r, vf_set(0x1.555506p-2f));
    p = vf_fma(p, r, vf_set(-0.5f));
    const vf y = vf_add(r, vf_fma(e, vf_set(LN_2_LOW), vf_mul(r2, p)));
    const vf whole = vf_fma(e, vf_set(LN_2_HIGH), y);
    /* x is 0; infinite; negative or NaN */
    const vf other = vf_select(vf_eq(x, infinity), infinity, vf_set(NAN));
    const vf special = vf_select(vf_eq(x, zero), vf_set(-INFINITY), other);
    return vf_select(vm_and(vf_lt(zero, x), vf_lt(x, infinity)), whole, special);
}

LN_INLINE vf vf_logistic(vf x)
{
    return vf_div(vf_set(1), vf_add(vf_set(1), vf_exp(vf_neg(x))));
}

/* Of |x|: (1 - e^-2x) / (1 + e^-2x). */
LN_INLINE vf vf_tanh(vf x)
{
    const vi sign = vi_and(vi_bits(x), vi_set(INT32_MIN));
    const vf e = vf_expm1_of_negative(vf_mul(vf_abs(x), vf_set(-2)));
    const vf y = vf_abs(vf_div(e, vf_add(e, vf_set(2))));
    return vf_bits(vi_or(vi_bits(y), sign));
}

LN_INLINE vf vf_elu(vf x)
{
    return vf_select(vf_lt(x, vf_set(0)), vf_expm1_of_negative(x), x);
}

/* x / (1 + e^-2z), which is x (1 + tanh z) / 2, with z = sqrt(2 / pi) (x + 0.044715 x^3). */
LN_INLINE vf vf_gelu_tanh(vf x)
{
    const float root = -2 * 0.7978845608028654f;
    const vf slope = vf_fma(vf_mul(x, x), vf_set(0.044715f * root), vf_set(root));
    return vf_mul(x, vf_div(vf_set(1), vf_add(vf_set(1), vf_exp(vf_mul(x, slope)))));
}

/* x Phi(x), Phi the distribution function of the normal distribution.  For a = |x|, Phi(-a) is
 * e^(-a^2 / 2) times a function that a polynomial of 1 / (1 + 0.3 a) comes close to. */
LN_INLINE vf vf_gelu(vf x)
{
    const vf a = vf_min(vf_set(14.3f), vf_abs(x));
    const vf w = vf_div(vf_set(1), vf_fma(a, vf_set(0.3f), vf_set(1)));
    vf p = vf_set(-0x1.51d67ep-6f);
    p = vf_fma(p, w, vf_set(0x1.cc74c0p-4f));
    p = vf_fma(p, w, vf_set(-0x1.d34896p-3f));
    p = vf_fma(p, w, vf_set(0x1.88a38ap-3f));
    p = vf_fma(p, w, vf_set(-0x1.451526p-4f));
    p = vf_fma(p, w, vf_set(0x1.89b9ccp-4f));
    p = vf_fma(p, w, vf_set(0x1.4121d2p-4f));
    p = vf_fma(p, w, vf_set(0x1.c38372p-4f));
    p = vf_fma(p, w, vf_set(0x1.e9c47cp-4f));
    p = vf_fma(p, w, vf_set(0x1.ea3c92p-4f));
    /* a^2 = high + low */
    const vf high = vf_mul(a, a), low = vf_fma(a, a, vf_neg(high));
    const vf e = vf_exp(vf_mul(high, vf_set(-0.5f)));
    const vf below = vf_mul(vf_mul(p, w), vf_fma(vf_mul(low, vf_set(-0.5f)), e, e));
    return vf_mul(x, vf_select(vf_lt(vf_set(0), x), vf_sub(vf_set(1), below), below));
}

/* ---- sine and cosine ---- */

/* Below this, pi / 2 in the parts below leaves no error to speak of. */
#define LN_SIN_LIMIT 12000.0f

/* The sine of x + turns pi / 2; |x| below the limit. */
LN_INLINE vf vf_sin_of_small(vf x, int turns)
{
    const vf n = vf_round(vf_mul(x, vf_set(0x1.45f306p-1f)));
    const vi quarter = vi_add(vi_round(n), vi_set(turns));
    vf r = vf_fma(n, vf_set(-0x1.92p+0f), x);
    r = vf_fma(n, vf_set(-0x1.fb8p-12f), r);
    r = vf_fma(n, vf_set(0x1.5dcp-23f), r);
    r = vf_fma(n, vf_set(0x1.e973dcp-35f), r);
    const vf r2 = vf_mul(r, r);
    vf s = vf_fma(vf_set(-0x1.993ce2p-13f), r2, vf_set(0x1.110726p-7f));
    s = vf_fma(s, r2, vf_set(-0x1.555544p-3f));
    s = vf_fma(vf_mul(s, r2), r, r);
    vf c = vf_fma(vf_set(0x1.99e538p-16f), r2, vf_set(-0x1.6c0c1ep-10f));
    c = vf_fma(c, r2, vf_set(0x1.55554ap-5f));
    c = vf_fma(c, r2, vf_set(-0.5f));
    c = vf_fma(c, r2, vf_set(1));
    const vf y = vf_select(vi_eq(vi_and(quarter, vi_set(1)), vi_set(0)), s, c);
    return vf_bits(vi_xor(vi_bits(y), vi_shl(vi_and(quarter, vi_set(2)), 30)));
}

/* Large and infinite arguments, NaN: the C library's, lane by lane. */
LN_INLINE vf vf_each(vf x, float (*f)(float))
{
    float lanes[VF];
    vf_store(lanes, x);
    for (int i = 0; i < VF; i++)
        lanes[i] = f(lanes[i]);
    return vf_load(lanes);
}

LN_INLINE vf vf_sin(vf x)
{
    const vm small = vf_lt(vf_abs(x), vf_set(LN_SIN_LIMIT));
    if (LN_LIKELY(!vm_any(vm_not(small)))) /* -0 stays */
        return vf_select(vf_eq(x, vf_set(0)), x, vf_sin_of_small(x, 0));
    return vf_each(x, sinf);
}

LN_INLINE vf vf_cos(vf x)
{
    const vm small = vf_lt(vf_abs(x), vf_set(LN_SIN_LIMIT));
    return LN_LIKELY(!vm_any(vm_not(small))) ? vf_sin_of_small(x, 1) : vf_each(x, cosf);
}

#endif
