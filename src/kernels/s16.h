/* SPDX-License-Identifier: Apache-2.0 */
/* s16.h: what 16-bit activations with 8-bit weights need besides the matrix product of gemm_s16.h.
 * Sums must fit 32 bits. */
#ifndef LN_KERNELS_S16_H
#define LN_KERNELS_S16_H

#include <stddef.h>
#include <stdint.h>

/* How sums become outputs, a value of each array per column. */
typedef struct ln_s16_scales {
    const int32_t *bias, *mul, *shift;
    int32_t min, max;
} ln_s16_scales;

typedef struct ln_s16_kernels {
    /* y[i][j] = clamp(((c[i][j] + bias[j]) mul[j] + 2^(shift[j] - 1)) >> shift[j]) for i < rows,
     * j < n; 0 <= mul < 2^15, 0 < shift < 62.  ldy, ldc: values from row to row. */
    void (*scale)(int16_t *y, size_t ldy, const int32_t *c, size_t ldc, size_t rows, size_t n,
                  const ln_s16_scales *q);
    /* acc[i] = sum over t < taps of x[t][i] w[t][i] for i < n */
    void (*depthwise)(int32_t *acc, const int16_t *const *x, const int8_t *const *w, size_t taps,
                      size_t n);
} ln_s16_kernels;

#endif
