/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q4_avx2.c: rows by int4 weights for AVX2; the contract is in kernels/gemm_q4.h.  vpmaddubsw
 * takes weights as 0 to 15: a sum of two products stays below 3840, so that the eight pairs of a
 * run of 32 fit 16 bits. */
#include <immintrin.h>
#include <string.h>

#include "kernels/gemm_q4.h"
#include "kernels/kernels.h"

enum { LANES = 8, VECTORS = LN_Q4_COLUMNS / LANES, EIGHT = 4 * LN_Q4_COLUMNS };

LN_INLINE __m256i four_of(const int8_t *x)
{
    int32_t four;
    memcpy(&four, x, sizeof four);
    return _mm256_set1_epi32(four);
}

/* Adds what LN_Q4_RUN values of x by all columns give. */
LN_INLINE void add_run(__m256i acc[VECTORS], const uint8_t *w, const int8_t *x)
{
    const __m256i half = _mm256_set1_epi8(15);
    __m256i pairs[VECTORS];
    LN_UNROLL
    for (int i = 0; i < LN_Q4_RUN / 8; i++) {
        const __m256i low = four_of(x + 8 * i), high = four_of(x + 8 * i + 4);
        LN_UNROLL
        for (int j = 0; j < VECTORS; j++) {
            const __m256i v = _mm256_loadu_si256((const __m256i *)(w + i * EIGHT + j * 32));
            const __m256i first = _mm256_maddubs_epi16(_mm256_and_si256(v, half), low);
            const __m256i rest =
                _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(v, 4), half), high);
            const __m256i both = _mm256_add_epi16(first, rest);
            pairs[j] = i == 0 ? both : _mm256_add_epi16(pairs[j], both);
        }
    }
    LN_UNROLL
    for (int j = 0; j < VECTORS; j++)
        acc[j] = _mm256_add_epi32(acc[j], _mm256_madd_epi16(pairs[j], _mm256_set1_epi16(1)));
}

/* 8 values of int16 or float16 */
LN_INLINE __m128i eight_at(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

static void panel(float *y, const void *panel, const ln_q4_row *r)
{
    const uint8_t *at = panel;
    const int8_t *x = r->x;
    const __m256i zero = _mm256_set1_epi32(r->zero);
    __m256 sums[VECTORS];
    LN_UNROLL
    for (int j = 0; j < VECTORS; j++)
        sums[j] = _mm256_setzero_ps();
    for (size_t b = 0; b < r->blocks; b++, at += ln_q4_block_bytes(r->size), x += r->size) {
        const ln_q4_block *block = (const ln_q4_block *)(const void *)at;
        const uint8_t *w = at + sizeof *block;
        __m256i acc[VECTORS];
        LN_UNROLL
        for (int j = 0; j < VECTORS; j++) {
            const __m256i weights = _mm256_cvtepi16_epi32(eight_at(block->sum + LANES * j));
            const __m256i zeros = _mm256_mullo_epi32(weights, zero);
            acc[j] = _mm256_sub_epi32(_mm256_set1_epi32(-r->sums[b]), zeros);
        }
        for (size_t s = 0; s < r->size; s += LN_Q4_RUN, w += LN_Q4_RUN / 8 * EIGHT)
            add_run(acc, w, x + s);
        LN_UNROLL
        for (int j = 0; j < VECTORS; j++) {
            const __m256 scale = _mm256_cvtph_ps(eight_at(block->scale + LANES * j));
            sums[j] = _mm256_add_ps(sums[j], _mm256_mul_ps(_mm256_cvtepi32_ps(acc[j]), scale));
        }
    }
    const __m256 scale = _mm256_set1_ps(r->scale);
    const __m256 min = _mm256_set1_ps(r->min), max = _mm256_set1_ps(r->max);
    LN_UNROLL
    for (int j = 0; j < VECTORS; j++) {
        const __m256 bias = _mm256_loadu_ps(r->bias + LANES * j);
        const __m256 v = _mm256_add_ps(_mm256_mul_ps(sums[j], scale), bias);
        _mm256_storeu_ps(y + LANES * j, _mm256_min_ps(max, _mm256_max_ps(min, v)));
    }
}

void ln_gemm_q4_init_avx2(ln_kernels *k)
{
    k->gemm_q4.panel = panel;
}
