/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q4_avx512vnni.c: rows by int4 weights for AVX-512 VNNI; the contract is in
 * kernels/gemm_q4.h.  Weights in the upper halves of bytes stay there, as 16 times what they are,
 * which one shift for each block undoes: a block's sum is below 2^26. */
#include <immintrin.h>
#include <string.h>

#include "kernels/gemm_q4.h"
#include "kernels/kernels.h"

enum { LANES = 16, VECTORS = LN_Q4_COLUMNS / LANES, EIGHT = 4 * LN_Q4_COLUMNS };

LN_INLINE __m512i four_of(const int8_t *x)
{
    int32_t four;
    memcpy(&four, x, sizeof four);
    return _mm512_set1_epi32(four);
}

/* Adds what LN_Q4_RUN values of x by all columns give. */
LN_INLINE void add_run(__m512i low[VECTORS], __m512i high[VECTORS], const uint8_t *w,
                       const int8_t *x)
{
    const __m512i lower = _mm512_set1_epi8(0x0F), upper = _mm512_set1_epi8((char)0xF0);
    LN_UNROLL
    for (int i = 0; i < LN_Q4_RUN / 8; i++) {
        const __m512i first = four_of(x + 8 * i), rest = four_of(x + 8 * i + 4);
        LN_UNROLL
        for (int j = 0; j < VECTORS; j++) {
            const __m512i v = _mm512_loadu_si512(w + i * EIGHT + j * 64);
            low[j] = _mm512_dpbusd_epi32(low[j], _mm512_and_si512(v, lower), first);
            high[j] = _mm512_dpbusd_epi32(high[j], _mm512_and_si512(v, upper), rest);
        }
    }
}

/* 16 values of int16 or float16 */
LN_INLINE __m256i sixteen_at(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

static void panel(float *y, const void *panel, const ln_q4_row *r)
{
    const uint8_t *at = panel;
    const int8_t *x = r->x;
    /* pairs of 16 bits: the lower half of a sum of weights times this one, the upper times 0 */
    const __m512i less_zero = _mm512_set1_epi32((uint16_t)-r->zero);
    __m512 sums[VECTORS];
    LN_UNROLL
    for (int j = 0; j < VECTORS; j++)
        sums[j] = _mm512_setzero_ps();
    for (size_t b = 0; b < r->blocks; b++, at += ln_q4_block_bytes(r->size), x += r->size) {
        const ln_q4_block *block = (const ln_q4_block *)(const void *)at;
        const uint8_t *w = at + sizeof *block;
        __m512i low[VECTORS], high[VECTORS];
        LN_UNROLL
        for (int j = 0; j < VECTORS; j++) {
            const __m512i weights = _mm512_cvtepi16_epi32(sixteen_at(block->sum + LANES * j));
            low[j] = _mm512_dpwssd_epi32(_mm512_set1_epi32(-r->sums[b]), weights, less_zero);
            high[j] = _mm512_setzero_si512();
        }
        for (size_t s = 0; s < r->size; s += LN_Q4_RUN, w += LN_Q4_RUN / 8 * EIGHT)
            add_run(low, high, w, x + s);
        LN_UNROLL
        for (int j = 0; j < VECTORS; j++) {
            const __m512 scale = _mm512_cvtph_ps(sixteen_at(block->scale + LANES * j));
            const __m512i sum = _mm512_add_epi32(low[j], _mm512_srai_epi32(high[j], 4));
            sums[j] = _mm512_add_ps(sums[j], _mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale));
        }
    }
    const __m512 scale = _mm512_set1_ps(r->scale);
    const __m512 min = _mm512_set1_ps(r->min), max = _mm512_set1_ps(r->max);
    LN_UNROLL
    for (int j = 0; j < VECTORS; j++) {
        const __m512 bias = _mm512_loadu_ps(r->bias + LANES * j);
        const __m512 v = _mm512_add_ps(_mm512_mul_ps(sums[j], scale), bias);
        _mm512_storeu_ps(y + LANES * j, _mm512_min_ps(max, _mm512_max_ps(min, v)));
    }
}

void ln_gemm_q4_init_avx512vnni(ln_kernels *k)
{
    k->gemm_q4.panel = panel;
}
