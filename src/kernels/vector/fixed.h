/* SPDX-License-Identifier: Apache-2.0 */
/* fixed.h: multiplication of int32 by an ln_elt_fixed: qmath.h's ln_mul_q, bit for bit. */
#ifndef LN_KERNELS_VECTOR_FIXED_H
#define LN_KERNELS_VECTOR_FIXED_H

#include "kernels/elt.h"
#include "kernels/simd/simd.h"

typedef struct vi_fixed {
    vi mul, left, right, mask, half;
} vi_fixed;

LN_INLINE vi_fixed vi_fixed_of(const ln_elt_fixed *f)
{
    const int32_t mask = (int32_t)((1u << f->right) - 1);
    return (vi_fixed){vi_set(f->mul), vi_set(f->left), vi_set(f->right), vi_set(mask),
                      vi_set(mask >> 1)};
}

/* x / 2^right, halves away from zero. */
LN_INLINE vi vi_divide_by_pot(vi x, const vi_fixed *f)
{
    const vm up = vi_gt(vi_and(x, f->mask), vi_sub(f->half, vi_shr(x, 31)));
    return vi_add(vi_shrv(x, f->right), vi_select(up, vi_set(1), vi_set(0)));
}

LN_INLINE vi vi_times(vi x, const vi_fixed *f)
{
    return vi_divide_by_pot(vi_mulhi(vi_shlv(x, f->left), f->mul), f);
}

#endif
