/* SPDX-License-Identifier: Apache-2.0 */
/* dot.h: inner products, the inner loops of convolutions and matrix products.
 *
 * Quantized values come as int16 with their zero point already taken off, which fits 8-bit types
 * and symmetric int16; sums wrap around at 32 bits as TFLite's do, without the undefined overflow
 * (the pieces are short enough that they cannot overflow).  Floats are added one after the other,
 * in the order of TFLite's reference kernels; four rows at once keep the processor busy. */
#ifndef LN_OPS_DOT_H
#define LN_OPS_DOT_H

#include "base/compiler.h"

enum {
    LN_DOT_PIECE8 = 32768, /* |x| < 2^9, |w| < 2^7 or x, w < 2^8: products below 2^16 */
    LN_DOT_PIECE16 = 256,  /* |x| <= 2^15, |w| <= 2^7 */
};

/* sum of x[i] * w[i] for w of type `weight`; pieces of `size` products fit 32 bits. */
#define LN_DOT(name, weight, size)                                                           \
    static inline int64_t name(const int16_t *x, const weight *w, int n)                     \
    {                                                                                        \
        int64_t sum = 0;                                                                     \
        for (int from = 0; from < n; from += (size)) {                                       \
            const int m = LN_MIN(n - from, (size));                                          \
            int32_t piece = 0;                                                               \
            for (int i = 0; i < m; i++)                                                      \
                piece += x[from + i] * w[from + i];                                          \
            sum += piece;                                                                    \
        }                                                                                    \
        return sum;                                                                          \
    }
/* |x| <= 255 */
LN_DOT(ln_dot_wide_s8, int8_t, LN_DOT_PIECE8)
LN_DOT(ln_dot_wide_u8, uint8_t, LN_DOT_PIECE8)
/* any x */
LN_DOT(ln_dot_s16, int8_t, LN_DOT_PIECE16)
#undef LN_DOT

/* The sums of 8-bit products, wrapped. */
static inline int32_t ln_dot_s8(const int16_t *x, const int8_t *w, int n)
{
    return (int32_t)(uint32_t)ln_dot_wide_s8(x, w, n);
}

static inline int32_t ln_dot_u8(const int16_t *x, const uint8_t *w, int n)
{
    return (int32_t)(uint32_t)ln_dot_wide_u8(x, w, n);
}

static inline int64_t ln_sum_s16(const int16_t *x, int n)
{
    int64_t sum = 0;
    for (int from = 0; from < n; from += LN_DOT_PIECE8) {
        const int m = LN_MIN(n - from, LN_DOT_PIECE8);
        int32_t piece = 0;
        for (int i = 0; i < m; i++)
            piece += x[from + i];
        sum += piece;
    }
    return sum;
}

/* acc[r] += x . row r of w, for `rows` <= 4 rows that lie `stride` floats apart. */
static inline void ln_dot_f32(const float *x, const float *w, size_t stride, int rows, int n,
                              float acc[4])
{
    if (rows == 4) {
        const float *w1 = w + stride, *w2 = w1 + stride, *w3 = w2 + stride;
        float a0 = acc[0], a1 = acc[1], a2 = acc[2], a3 = acc[3];
        for (int i = 0; i < n; i++) {
            const float v = x[i];
            a0 += v * w[i];
            a1 += v * w1[i];
            a2 += v * w2[i];
            a3 += v * w3[i];
        }
        acc[0] = a0;
        acc[1] = a1;
        acc[2] = a2;
        acc[3] = a3;
        return;
    }
    for (int r = 0; r < rows; r++) {
        float a = acc[r];
        for (int i = 0; i < n; i++)
            a += x[i] * w[(size_t)r * stride + (size_t)i];
        acc[r] = a;
    }
}

#endif
