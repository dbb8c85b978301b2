/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_dotprod.c: 8-bit matrix products by sdot, tiles of up to 8 rows by 8 columns; the
 * contract is in kernels/gemm_q8.h.  16 values of each row are loaded at once and serve four steps
 * of the panel, each by one lane. */
#include <string.h>

#include "kernels/gemm/sums_neon.h"
#include "kernels/kernels.h"

enum { MR = 8, NR = 8, KR = 4, RUN = 16 };

/* The panel's step `lane` times that lane of all rows. */
#define STEP(lane)                                                  \
    {                                                               \
        const int8x16_t w0 = vld1q_s8(b + (lane)*NR * KR);          \
        const int8x16_t w1 = vld1q_s8(b + (lane)*NR * KR + RUN);    \
        LN_UNROLL                                                   \
        for (size_t i = 0; i < m; i++) {                            \
            acc[i][0] = vdotq_laneq_s32(acc[i][0], w0, x[i], lane); \
            acc[i][1] = vdotq_laneq_s32(acc[i][1], w1, x[i], lane); \
        }                                                           \
    }

/* Adds what k values of each row give; m is a constant in every call. */
LN_INLINE void add_products(int32x4_t acc[MR][2], const uint8_t *const *a, const int8_t *b,
                            size_t k, const size_t m)
{
    size_t s = 0;
    for (; s + RUN <= k; s += RUN, b += RUN * NR) {
        int8x16_t x[MR];
        LN_UNROLL
        for (size_t i = 0; i < m; i++)
            x[i] = vreinterpretq_s8_u8(vld1q_u8(a[i] + s));
        STEP(0)
        STEP(1)
        STEP(2)
        STEP(3)
    }
    for (; s < k; s += KR, b += KR * NR) {
        int8x16_t x[MR];
        LN_UNROLL
        for (size_t i = 0; i < m; i++) {
            int32_t four;
            memcpy(&four, a[i] + s, sizeof four);
            x[i] = vreinterpretq_s8_s32(vdupq_n_s32(four));
        }
        STEP(0)
    }
}

/* m is a constant in every call. */
LN_INLINE void tile_of(const ln_q8_tile *t, size_t from, const size_t m)
{
    const int32x4_t column0 = vld1q_s32(t->column), column1 = vld1q_s32(t->column + 4);
    const size_t length = t->a.length;
    const int8_t *b = t->panel;
    int32x4_t acc[MR][2];
    LN_UNROLL
    for (size_t i = 0; i < m; i++) {
        const int32x4_t row = vdupq_n_s32(t->row ? t->row[from + i] : 0);
        acc[i][0] = vaddq_s32(column0, row);
        acc[i][1] = vaddq_s32(column1, row);
    }
    for (size_t p = 0; p < t->a.pieces; p++, b += (length + KR - 1) / KR * KR * NR) {
        const uint8_t *row[MR];
        LN_UNROLL
        for (size_t i = 0; i < m; i++)
            row[i] = t->a.at[from + i] + t->a.offset[p];
        add_products(acc, row, b, length, m);
    }
    LN_UNROLL
    for (size_t i = 0; i < m; i++) {
        vst1q_s32(t->sums + (from + i) * NR, acc[i][0]);
        vst1q_s32(t->sums + (from + i) * NR + 4, acc[i][1]);
    }
}

#include "kernels/gemm/gemm_q8_rows.h"

void ln_gemm_q8_init_dotprod(ln_kernels *k)
{
    k->gemm_q8 = (ln_gemm_q8){.form = LN_Q8_SIGNED,
                              .mr = MR,
                              .nr = NR,
                              .kr = KR,
                              .take = ln_gemm_q8_take_4,
                              .sums = sums,
                              .tile = tile,
                              .row = row};
}
