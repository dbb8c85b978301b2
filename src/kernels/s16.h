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

/* Shifts that take less work than others. */
enum { LN_S16_LEAST_SHIFT = 17, LN_S16_MOST_SHIFT = 46 };

/* Outputs of a depthwise convolution whose sums fit 32 bits.
 *
 * Channels are packed in groups, the last one filled up with zeros: of each group the biases, the
 * multipliers and the shifts, less 16; then, for each two taps, pairs of int16 weights.
 * Item i of each of these is of channel ln_s16_channel(i) of the group. */
enum { LN_S16_GROUP = 32 };

static inline size_t ln_s16_channel(size_t i)
{
    return i % 16 / 4 * 8 + i / 16 * 4 + i % 4;
}

/* int32 items of a group. */
static inline size_t ln_s16_group_items(size_t taps)
{
    return (3 + (taps + 1) / 2) * LN_S16_GROUP;
}

typedef struct ln_s16_pixels {
    int16_t *y;              /* `count` pixels of n channels */
    const int16_t *const *x; /* what each tap sees of the first pixel, */
    size_t step;             /* and the values from there to what it sees of the next */
    size_t n, count, taps;   /* taps are even: where they are not, the last one is there twice, */
    const int32_t *packed;   /* once with weights of 0 */
    int32_t min, max;
} ln_s16_pixels;

typedef struct ln_s16_kernels {
    /* y[i][j] = clamp(((c[i][j] + bias[j]) mul[j] + 2^(shift[j] - 1)) >> shift[j]) for i < rows,
     * j < n; 0 <= mul < 2^15, 0 < shift < 62.  ldy, ldc: values from row to row. */
    void (*scale)(int16_t *y, size_t ldy, const int32_t *c, size_t ldc, size_t rows, size_t n,
                  const ln_s16_scales *q);
    /* acc[i] = sum over t < taps of x[t][i] w[t][i] for i < n */
    void (*depthwise)(int32_t *acc, const int16_t *const *x, const int8_t *const *w, size_t taps,
                      size_t n);
    /* NULL: there is no such code. */
    void (*pixels)(const ln_s16_pixels *p);
} ln_s16_kernels;

#endif
