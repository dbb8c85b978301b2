/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_neon.c: 8-bit matrix products for NEON, as int16 without zero points; the contract is in
 * kernels/gemm_q8.h.  smull of bytes, and adding neighbors, would take as many instructions. */
#include "kernels/gemm/tile_neon.h"
#include "kernels/gemm_q8.h"

static void take(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                 uint8_t flip, int zero)
{
    const uint8x8_t f = vdup_n_u8(flip);
    const int16x8_t z = vdupq_n_s16((int16_t)zero);
    for (size_t i = 0; i < m; i++, x += ldx) {
        int16_t *to = (int16_t *)(void *)((uint8_t *)a + i * lda);
        size_t s = 0;
        for (; s + 8 <= k; s += 8) {
            const uint16x8_t v = vmovl_u8(veor_u8(vld1_u8(x + s), f));
            vst1q_s16(to + s, vsubq_s16(vreinterpretq_s16_u16(v), z));
        }
        for (; s < k; s++)
            to[s] = (int16_t)((x[s] ^ flip) - zero);
    }
}

static const int16_t *piece_at(const ln_q8_rows *a, size_t row, size_t piece)
{
    return (const int16_t *)(const void *)(a->at[row] + a->offset[piece]);
}

static void sums(int32_t *sums, const ln_q8_rows *a, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        int32x4_t acc = vdupq_n_s32(0);
        sums[i] = 0;
        for (size_t p = 0; p < a->pieces; p++) {
            const int16_t *from = piece_at(a, i, p);
            size_t s = 0;
            for (; s + 8 <= a->length; s += 8)
                acc = vpadalq_s16(acc, vld1q_s16(from + s));
            for (; s < a->length; s++)
                sums[i] += from[s];
        }
        sums[i] += vaddvq_s32(acc);
    }
}

LN_INLINE void tile_of(const ln_q8_tile *t, size_t from, const size_t m)
{
    const size_t length = t->a.length;
    row_sums acc[MR];
    LN_UNROLL
    for (size_t i = 0; i < m; i++) {
        const int32x4_t row = vdupq_n_s32(t->row ? t->row[from + i] : 0);
        acc[i].low = vaddq_s32(vld1q_s32(t->column), row);
        acc[i].high = vaddq_s32(vld1q_s32(t->column + 4), row);
    }
    for (size_t p = 0; p < t->a.pieces; p++) {
        const int16_t *row[MR];
        LN_UNROLL
        for (size_t i = 0; i < m; i++)
            row[i] = piece_at(&t->a, from + i, p);
        add_products(acc, row, t->panel + p * length * NR, length, m);
    }
    LN_UNROLL
    for (size_t i = 0; i < m; i++)
        store_sums(t->sums + (from + i) * NR, acc[i]);
}

#include "kernels/gemm/gemm_q8_rows.h"

void ln_gemm_q8_init_neon(ln_kernels *k)
{
    k->gemm_q8 = (ln_gemm_q8){.form = LN_Q8_CENTERED,
                              .mr = MR,
                              .nr = NR,
                              .kr = KR,
                              .take = take,
                              .sums = sums,
                              .tile = tile,
                              .row = row};
}
