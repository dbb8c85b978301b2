/* SPDX-License-Identifier: Apache-2.0 */
/* softmax.h: softmax and its like, by rows of n > 0 items. */
#ifndef LN_KERNELS_SOFTMAX_H
#define LN_KERNELS_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

typedef struct ln_softmax_kernels {
    /* exp(beta x) over its sum, of rows one behind the other; y may be x. */
    void (*f32)(float *y, const float *x, size_t rows, size_t n, float beta);
    /* x less the logarithm of the sum of exp(x); y may be x. */
    void (*log_f32)(float *y, const float *x, size_t n);
    /* 8 bits, in two steps.  x ^ flip is in order: flip is 128 for int8.  table[255 - d] is the
     * exponential, without integer bits, of a difference of -d to the largest.  Those of the row go
     * to e; returns their sum, with 12 integer bits. */
    int32_t (*exps_8)(int32_t *e, const uint8_t *x, size_t n, uint8_t flip,
                      const int32_t table[256]);
    /* y = the doubling high product of e and scale over 2^exponent, rounded, limited to 8 bits;
     * ^ flip.  No e or scale is negative. */
    void (*scale_8)(uint8_t *y, const int32_t *e, size_t n, int32_t scale, int exponent,
                    uint8_t flip);
} ln_softmax_kernels;

#endif
