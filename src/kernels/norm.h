/* SPDX-License-Identifier: Apache-2.0 */
/* norm.h: normalization of a row of n > 0 items by itself. */
#ifndef LN_KERNELS_NORM_H
#define LN_KERNELS_NORM_H

#include "kernels/elt.h"

typedef struct ln_norm_lrn {
    size_t radius; /* at most n */
    float bias, alpha, beta;
} ln_norm_lrn;

typedef struct ln_norm_kernels {
    /* x over the root of the sum of squares, which is taken for 1e-6 where it is less; y may be
     * x. */
    void (*l2_f32)(float *y, const float *x, size_t n);
    /* 8 bits, in two steps.  With d = (x ^ flip) - zero: the sum of d d, wrapped; d times m plus
     * 128, limited to 8 bits, ^ flip.  m may shift both ways. */
    int32_t (*squares_8)(const uint8_t *x, size_t n, uint8_t flip, int32_t zero);
    void (*l2_8)(uint8_t *y, const uint8_t *x, size_t n, uint8_t flip, int32_t zero,
                 const ln_elt_fixed *m);
    /* x (bias + alpha s)^-beta, s the sum of squares from radius items before to radius after.
     * `squares` is n + 2 radius floats of memory. */
    void (*lrn_f32)(float *y, const float *x, size_t n, float *squares, const ln_norm_lrn *p);
} ln_norm_kernels;

#endif
