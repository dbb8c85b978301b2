/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_i8mm.c: 8-bit matrix products by smmla, tiles of up to 8 rows by 8 columns; the contract
 * is in kernels/gemm_q8.h.  smmla adds the products of two rows with two columns, 8 values each:
 * sums lie as [row pair][column pair][row][column].  An odd last row goes with itself. */
#include <string.h>

#include "kernels/gemm/sums_neon.h"
#include "kernels/kernels.h"

enum { MR = 8, NR = 8, KR = 8, PAIRS = 4 };

/* Adds what k values of each row give; `pairs` is a constant in every call. */
LN_INLINE void add_products(int32x4_t acc[PAIRS][PAIRS], const uint8_t *const *a, const int8_t *b,
                            size_t k, const size_t pairs)
{
    for (size_t s = 0; s < k; s += KR, b += KR * NR) {
        int8x16_t x[PAIRS];
        LN_UNROLL
        for (size_t i = 0; i < pairs; i++)
            x[i] =
                vreinterpretq_s8_u8(vcombine_u8(vld1_u8(a[2 * i] + s), vld1_u8(a[2 * i + 1] + s)));
        LN_UNROLL
        for (size_t j = 0; j < PAIRS; j++) {
            const int8x16_t w = vld1q_s8(b + 2 * j * KR);
            LN_UNROLL
            for (size_t i = 0; i < pairs; i++)
                acc[i][j] = vmmlaq_s32(acc[i][j], x[i], w);
        }
    }
}

/* m is a constant in every call. */
LN_INLINE void tile_of(const ln_q8_tile *t, size_t from, const size_t m)
{
    const size_t pairs = (m + 1) / 2, length = t->a.length;
    const int32_t *row = t->row ? t->row + from : NULL;
    const int8_t *b = t->panel;
    int32x4_t acc[PAIRS][PAIRS];
    LN_UNROLL
    for (size_t i = 0; i < pairs; i++) {
        const int32x4_t r = vcombine_s32(vdup_n_s32(row ? row[2 * i] : 0),
                                         vdup_n_s32(row ? row[LN_MIN(2 * i + 1, m - 1)] : 0));
        LN_UNROLL
        for (size_t j = 0; j < PAIRS; j++) {
            const int32x2_t column = vld1_s32(t->column + 2 * j);
            acc[i][j] = vaddq_s32(vcombine_s32(column, column), r);
        }
    }
    for (size_t p = 0; p < t->a.pieces; p++, b += (length + KR - 1) / KR * KR * NR) {
        const uint8_t *a[MR];
        LN_UNROLL
        for (size_t i = 0; i < 2 * pairs; i++)
            a[i] = t->a.at[from + LN_MIN(i, m - 1)] + t->a.offset[p];
        add_products(acc, a, b, length, pairs);
    }
    LN_UNROLL
    for (size_t i = 0; i < m; i++) {
        int32_t *to = t->sums + (from + i) * NR;
        LN_UNROLL
        for (size_t j = 0; j < PAIRS; j += 2) {
            const int64x2_t v0 = vreinterpretq_s64_s32(acc[i / 2][j]);
            const int64x2_t v1 = vreinterpretq_s64_s32(acc[i / 2][j + 1]);
            vst1q_s32(to + 2 * j,
                      vreinterpretq_s32_s64(i % 2 ? vzip2q_s64(v0, v1) : vzip1q_s64(v0, v1)));
        }
    }
}

#include "kernels/gemm/gemm_q8_rows.h"

void ln_gemm_q8_init_i8mm(ln_kernels *k)
{
    k->gemm_q8 = (ln_gemm_q8){.form = LN_Q8_SIGNED,
                              .mr = MR,
                              .nr = NR,
                              .kr = KR,
                              .take = ln_gemm_q8_take_8,
                              .sums = sums,
                              .tile = tile,
                              .row = row};
}
