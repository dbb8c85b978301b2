/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_one_avx2.c: ln_kernels.gemm_q8_one for AVX2.
 *
 * vpmaddubsw takes one operand without sign, so x goes in as |x| and its sign goes to the weight:
 * with m = -1 where x is negative, else 0, x w = |x| ((w ^ m) - m), and what the last term gives is
 * the same for all columns, the sum of the |x| with m = -1.  Pairs stay within 2 * 128 * 127 and
 * -2 * 128 * 128, which 16 bits hold.  That takes four instructions for 32 products, where a pair
 * of widened operands takes six. */
#include <string.h>

#include "kernels/gemm/ymm.h"
#include "kernels/kernels.h"

enum { KR = 4, NR = 2 * LANES, VEC = sizeof(vec), PANELS = 4 };

/* Where x is negative. */
LN_INLINE vec signs_of(vec x)
{
    return _mm256_cmpgt_epi8(vec_zero(), x);
}

/* Adds the sizes of the negative ones. */
LN_INLINE vec add_negatives(vec sums, vec x)
{
    const vec sizes = _mm256_and_si256(_mm256_abs_epi8(x), signs_of(x));
    return vec_add(sums, _mm256_sad_epu8(sizes, vec_zero()));
}

/* Over the whole row, with what is read behind its pieces. */
static int32_t negatives(const ln_q8_rows *a)
{
    const size_t bytes = (a->length + KR - 1) / KR * KR;
    vec sums = vec_zero();
    for (size_t p = 0; p < a->pieces; p++) {
        const uint8_t *x = a->at[0] + a->offset[p];
        size_t s = 0;
        for (; s + VEC <= bytes; s += VEC)
            sums = add_negatives(sums, vec_load(x + s));
        if (s < bytes)
            sums = add_negatives(sums, vec_first(x + s, bytes - s));
    }
    return vec_sum(sums);
}

/* `v` vectors of columns from `col` on, two for each panel; `apart`: bytes from panel to panel.  v
 * is a constant in every call. */
LN_INLINE void row_of(const ln_q8_tile *t, int32_t first, size_t col, size_t apart, const int v)
{
    const vec one = _mm256_set1_epi16(1), start = vec_set(first);
    const int8_t *b = t->panel + col / NR * apart;
    vec acc[2 * PANELS];
    LN_UNROLL
    for (int j = 0; j < v; j++)
        acc[j] = t->column ? vec_add(vec_load(t->column + col + (size_t)j * LANES), start) : start;
    for (size_t p = 0; p < t->a.pieces; p++) {
        const uint8_t *x = t->a.at[0] + t->a.offset[p];
        for (size_t s = 0; s < t->a.length; s += KR, b += NR * KR) {
            int32_t four;
            memcpy(&four, x + s, sizeof four);
            const vec all = vec_set(four), size = _mm256_abs_epi8(all), sign = signs_of(all);
            LN_UNROLL
            for (int j = 0; j < v; j++) {
                const vec w = vec_load(b + (size_t)(j / 2) * apart + (size_t)(j % 2) * VEC);
                const vec pairs = _mm256_maddubs_epi16(size, _mm256_xor_si256(w, sign));
                acc[j] = vec_add_pairs(acc[j], pairs, one);
            }
        }
    }
    LN_UNROLL
    for (int j = 0; j < v; j++)
        vec_store(t->sums + col + (size_t)j * LANES, acc[j]);
}

static void row(const ln_q8_tile *t)
{
    const size_t apart = (t->a.length + KR - 1) / KR * KR * NR * t->a.pieces;
    const int32_t first =
        (int32_t)((uint32_t)negatives(&t->a) + (uint32_t)(t->row ? t->row[0] : 0));
    size_t col = 0;
    for (; col + (PANELS - 1) * NR + LANES < t->n; col += PANELS * NR)
        row_of(t, first, col, apart, 2 * PANELS);
    for (; col + NR < t->n; col += 2 * NR)
        row_of(t, first, col, apart, 4);
    if (col + LANES < t->n)
        row_of(t, first, col, apart, 2);
    else if (col < t->n)
        row_of(t, first, col, apart, 1);
}

/* For products that come to have more rows when they are packed already. */
static void tile(const ln_q8_tile *t)
{
    ln_q8_tile one = *t;
    one.m = 1;
    for (size_t i = 0; i < t->m; i++) {
        one.a.at = t->a.at + i;
        one.sums = t->sums + i * NR;
        one.row = t->row ? t->row + i : NULL;
        row(&one);
    }
}

static void sums(int32_t *sums, const ln_q8_rows *a, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        sums[i] = 0;
        for (size_t p = 0; p < a->pieces; p++) {
            const uint8_t *x = a->at[i] + a->offset[p];
            for (size_t s = 0; s < a->length; s++)
                sums[i] += (int8_t)x[s];
        }
    }
}

void ln_gemm_one_init_avx2(ln_kernels *k)
{
    k->gemm_q8_one = (ln_gemm_q8){.form = LN_Q8_SIGNED,
                                  .mr = 1,
                                  .nr = NR,
                                  .kr = KR,
                                  .take = ln_gemm_q8_take_4,
                                  .sums = sums,
                                  .tile = tile,
                                  .row = row};
}
