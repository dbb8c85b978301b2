/* SPDX-License-Identifier: Apache-2.0 */
/* elt.h: what elementwise kernels share.  All have one signature, so that whoever runs nodes block
 * by block need not know what they compute:
 *
 *   y[i] = f(x[0][i], x[1][i], ...) for i < n
 *
 * An operand that stays the same comes as one item: kernels of two operands exist once for each
 * form.  y may be any operand of the same item size that is not one item. */
#ifndef LN_KERNELS_ELT_H
#define LN_KERNELS_ELT_H

#include <stddef.h>
#include <stdint.h>

/* `p` is the kernel's parameter block; its contract says which. */
typedef void (*ln_elt_fn)(void *y, const void *const *x, size_t n, const void *p);

/* Which operand of two is one item. */
enum { LN_VECTORS, LN_SCALAR_RIGHT, LN_SCALAR_LEFT, LN_FORMS };

typedef struct ln_elt_range {
    float min, max; /* NaN passes */
} ln_elt_range;

/* A positive real as mul * 2^(left - right - 31), left or right 0, right in [0, 31], left in
 * [0, 30]; applying it rounds twice, as qmath.h's ln_mul_q. */
typedef struct ln_elt_fixed {
    int32_t mul, left, right;
} ln_elt_fixed;

/* Quantized sum or product: zero points of a, b and y, the limits of y, and multipliers.
 *
 * In floats, sum: v = a fa + b fb + fc; product: v = p fa, p = (a - za) (b - zb), plus fb with the
 * sign of p, and zy is added after rounding; squared difference: p = d^2, where d is the difference
 * of (a - za) ua, further away from 0 by `wa`, and the same of b, both rounded.
 * Where v is at most `sure` away from a whole number, that number is what fixed point gives; `sure`
 * 0: do not rely on that.  Sums once more: the whole part of a fa + b fb + start is 256 and the
 * result, counted from its type's lowest value, where the float has a bit of `telling`; `telling`
 * 0: do not rely on that.  For 8-bit operands; quantized.h fills it in. */
typedef struct ln_elt_fixed_pair {
    int32_t za, zb, zy, min, max;
    ln_elt_fixed a, b, y; /* `left` of a and b: the extra bits of precision, too */
    float fa, fb, fc, ua, ub, wa, wb, sure, start;
    int32_t telling;
} ln_elt_fixed_pair;

#endif
