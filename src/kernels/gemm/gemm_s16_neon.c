/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_neon.c: gemm_s16.h for NEON, tiles of up to 8 rows by 8 columns.  smlal multiplies by
 * one lane of A, so that 8 values of a row of A are loaded at once and serve 8 rows of B. */
#include <arm_neon.h>

#include "kernels/kernels.h"

enum { MR = 8, NR = 8, STEP = 8 };

typedef struct sums {
    int32x4_t low, high;
} sums;

/* Row `lane` of B times that lane of all rows of A. */
#define ROW(lane)                                                                  \
    {                                                                              \
        const int16x8_t w = vmovl_s8(vld1_s8(b + (lane)*NR));                      \
        LN_UNROLL                                                                  \
        for (size_t i = 0; i < m; i++) {                                           \
            acc[i].low = vmlal_laneq_s16(acc[i].low, vget_low_s16(w), x[i], lane); \
            acc[i].high = vmlal_high_laneq_s16(acc[i].high, w, x[i], lane);        \
        }                                                                          \
    }

LN_INLINE void tile(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *b, size_t k,
                    const size_t m)
{
    sums acc[MR];
    LN_UNROLL
    for (size_t i = 0; i < m; i++)
        acc[i].low = acc[i].high = vdupq_n_s32(0);
    for (; k >= STEP; k -= STEP, a += STEP, b += STEP * NR) {
        int16x8_t x[MR];
        LN_UNROLL
        for (size_t i = 0; i < m; i++)
            x[i] = vld1q_s16(a + i * lda);
        ROW(0)
        ROW(1)
        ROW(2)
        ROW(3)
        ROW(4)
        ROW(5)
        ROW(6)
        ROW(7)
    }
    for (; k > 0; k--, a++, b += NR) {
        const int16x8_t w = vmovl_s8(vld1_s8(b));
        LN_UNROLL
        for (size_t i = 0; i < m; i++) {
            acc[i].low = vmlal_n_s16(acc[i].low, vget_low_s16(w), a[i * lda]);
            acc[i].high = vmlal_high_n_s16(acc[i].high, w, a[i * lda]);
        }
    }
    LN_UNROLL
    for (size_t i = 0; i < m; i++, c += ldc) {
        vst1q_s32(c, acc[i].low);
        vst1q_s32(c + 4, acc[i].high);
    }
}

#define TILE(m)                                                                                 \
    static void tile_##m(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *b, \
                         size_t k)                                                              \
    {                                                                                           \
        tile(c, ldc, a, lda, b, k, m);                                                          \
    }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)
TILE(7)
TILE(8)

static void run(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *panel, size_t m,
                size_t k)
{
    static void (*const tiles[])(int32_t *, size_t, const int16_t *, size_t, const int8_t *,
                                 size_t) = {NULL,   tile_1, tile_2, tile_3, tile_4,
                                            tile_5, tile_6, tile_7, tile_8};
    for (; m > MR; m -= MR, a += MR * lda, c += MR * ldc)
        tile_8(c, ldc, a, lda, panel, k);
    if (m)
        tiles[m](c, ldc, a, lda, panel, k);
}

void ln_gemm_s16_init_neon(ln_kernels *k)
{
    k->gemm_s16 = (ln_gemm_s16){.mr = MR, .nr = NR, .kr = 1, .run = run};
}
