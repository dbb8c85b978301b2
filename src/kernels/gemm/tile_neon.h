/* SPDX-License-Identifier: Apache-2.0 */
/* tile_neon.h: the loop that the tiles of gemm_q8.h and gemm_s16.h have in common for NEON: rows of
 * int16 by 8 columns of int8, a row of the panel at a time.  smlal multiplies by one lane of A, so
 * that 8 values of a row of A are loaded at once and serve 8 rows of the panel. */
#include <arm_neon.h>

#include "kernels/gemm/up_to.h"
#include "kernels/kernels.h"

enum { MR = 8, NR = 8, KR = 1, STEP = 8 };

typedef struct row_sums {
    int32x4_t low, high;
} row_sums;

LN_INLINE void store_sums(int32_t *to, row_sums s)
{
    vst1q_s32(to, s.low);
    vst1q_s32(to + 4, s.high);
}

/* Row `lane` of the panel times that lane of all rows of A. */
#define ROW(lane)                                                                  \
    {                                                                              \
        const int16x8_t w = vmovl_s8(vld1_s8(b + (lane)*NR));                      \
        LN_UNROLL                                                                  \
        for (size_t i = 0; i < m; i++) {                                           \
            acc[i].low = vmlal_laneq_s16(acc[i].low, vget_low_s16(w), x[i], lane); \
            acc[i].high = vmlal_high_laneq_s16(acc[i].high, w, x[i], lane);        \
        }                                                                          \
    }

/* Adds to acc what k values of each row give; m is a constant in every call. */
LN_INLINE void add_products(row_sums acc[MR], const int16_t *const *a, const int8_t *b, size_t k,
                            const size_t m)
{
    size_t s = 0;
    for (; s + STEP <= k; s += STEP, b += STEP * NR) {
        int16x8_t x[MR];
        LN_UNROLL
        for (size_t i = 0; i < m; i++)
            x[i] = vld1q_s16(a[i] + s);
        ROW(0)
        ROW(1)
        ROW(2)
        ROW(3)
        ROW(4)
        ROW(5)
        ROW(6)
        ROW(7)
    }
    for (; s < k; s++, b += NR) {
        const int16x8_t w = vmovl_s8(vld1_s8(b));
        LN_UNROLL
        for (size_t i = 0; i < m; i++) {
            acc[i].low = vmlal_n_s16(acc[i].low, vget_low_s16(w), a[i][s]);
            acc[i].high = vmlal_high_n_s16(acc[i].high, w, a[i][s]);
        }
    }
}
#undef ROW
