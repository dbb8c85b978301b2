/* SPDX-License-Identifier: Apache-2.0 */
/* unary.h: y[i] = f(x[i]) for i < n, float32; y may be x. */
#ifndef LN_KERNELS_UNARY_H
#define LN_KERNELS_UNARY_H

#include <stddef.h>

typedef void (*ln_unary_f32)(float *y, const float *x, size_t n);

typedef struct ln_unary_kernels {
    ln_unary_f32 relu, relu6, relu_n1_to_1, relu_0_to_1; /* NaN becomes the lower bound */
    ln_unary_f32 abs, neg, square, sqrt;
    ln_unary_f32 hard_swish;     /* x min(max(x + 3, 0), 6) / 6 */
} ln_unary_kernels;

#endif
