/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h: one output pixel of a pool, channels last: n channels folded over the pixels under the
 * window, x[0..taps), at least one. */
#ifndef LN_KERNELS_POOL_H
#define LN_KERNELS_POOL_H

#include "kernels/reduce.h"

/* What becomes of the folded values.  Division is by `taps`. */
enum { LN_POOL_AVERAGE, LN_POOL_MAX, LN_POOL_L2 /* root of the average of squares */, LN_POOLS };

typedef struct ln_pool_kernels {
    /* Clamped to [min, max]; NaN passes, but is no maximum. */
    void (*f32[LN_POOLS])(float *y, const float *const *x, size_t taps, size_t n, float min,
                          float max);
    /* s[j] = sum of x[0..taps)[j] */
    void (*sum[LN_FOLD_TYPES])(int32_t *s, const void *const *x, size_t taps, size_t n);
    /* y[j] = clamp(s[j] / count), rounded to nearest: halves of signed types away from zero, of
     * uint8 up; count > 0 and |s[j]| + count / 2 < 2^24. */
    void (*average[LN_FOLD_TYPES])(void *y, const int32_t *s, size_t n, int32_t count, int32_t min,
                                   int32_t max);
    /* The largest; `flip` 128 orders and clamps int8.  min, max: flipped, too. */
    void (*max_8)(uint8_t *y, const uint8_t *const *x, size_t taps, size_t n, uint8_t flip,
                  uint8_t min, uint8_t max);
} ln_pool_kernels;

#endif
