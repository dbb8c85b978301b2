/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_half_row_avx512fp16.c: one row by many columns, in float16.  Such a product takes as long as
 * its weights take to come from the second-level cache or farther, and these have half the bytes.
 * Two steps of a column lie side by side in 32 bits, so that two values of the row go to all lanes.
 * Sums of CHUNK steps are float16, too, four of them for each column; these are added up in
 * float32. */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"

enum { LANES = 16, NV = 4, PAIR = 2, CHUNK = 128 };
typedef uint16_t value;
/* Float32 products take so many times as long. */
enum { SPEED = 2 };
/* Products from which on a row is worth rounding. */
enum { LEAST_ROW = 4096 };

LN_INLINE __mmask16 lanes_of(size_t left)
{
    return (__mmask16)(left < LANES ? (1u << left) - 1 : 0xFFFF);
}

static void narrow(uint16_t *to, const float *from, size_t n)
{
    for (size_t s = 0; s < n; s += LANES) {
        const __mmask16 some = lanes_of(n - s);
        _mm256_mask_storeu_epi16(
            to + s, some,
            _mm512_cvtps_ph(_mm512_maskz_loadu_ps(some, from + s), _MM_FROUND_TO_NEAREST_INT));
    }
}

#include "kernels/gemm/gemm_half_take.h"

/* Adds what lies in the same lanes of both, even and odd steps of a column side by side. */
LN_INLINE void add_sums(__m512 sum[2], __m512h a, __m512h b)
{
    const __m512i v = _mm512_castph_si512(_mm512_add_ph(a, b));
    sum[0] = _mm512_add_ps(sum[0], _mm512_cvtph_ps(_mm512_castsi512_si256(v)));
    sum[1] = _mm512_add_ps(sum[1], _mm512_cvtph_ps(_mm512_extracti64x4_epi64(v, 1)));
}

LN_INLINE __m512h pair_of(const uint16_t *x)
{
    int32_t two;
    memcpy(&two, x, sizeof two);
    return _mm512_castsi512_ph(_mm512_set1_epi32(two));
}

/* NaN stays NaN. */
LN_INLINE void finish(const ln_gemm_c *c, __m512 (*sum)[2], size_t n, const int v)
{
    const __m512 min = _mm512_set1_ps(c->min), max = _mm512_set1_ps(c->max);
    const __m512i even =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    LN_UNROLL
    for (int j = 0; j < v; j++) {
        const __mmask16 lanes = lanes_of(n - (size_t)j * LANES);
        const __m512 bias =
            c->bias ? _mm512_maskz_loadu_ps(lanes, c->bias + j * LANES) : _mm512_setzero_ps();
        const __m512 x =
            _mm512_add_ps(_mm512_add_ps(_mm512_permutex2var_ps(sum[j][0], even, sum[j][1]),
                                        _mm512_permutex2var_ps(sum[j][0], odd, sum[j][1])),
                          bias);
        _mm512_mask_storeu_ps(c->at + j * LANES, lanes, _mm512_min_ps(max, _mm512_max_ps(min, x)));
    }
}

/* v vectors of columns, of which n count. */
LN_INLINE void columns(const ln_gemm_c *c, const uint16_t *x, const float *b, size_t k, size_t n,
                       const int v)
{
    __m512 sum[NV][2];
    LN_UNROLL
    for (int j = 0; j < v; j++)
        sum[j][0] = sum[j][1] = _mm512_setzero_ps();
    for (size_t s = 0; s < k;) {
        const size_t end = LN_MIN(k, s + CHUNK);
        __m512h a0[NV], a1[NV];
        LN_UNROLL
        for (int j = 0; j < v; j++)
            a0[j] = a1[j] = _mm512_setzero_ph();
        for (; s + PAIR < end; s += 2 * PAIR, b += 2 * v * LANES) {
            const __m512h x0 = pair_of(x + s), x1 = pair_of(x + s + PAIR);
            LN_UNROLL
            for (int j = 0; j < v; j++) {
                a0[j] = _mm512_fmadd_ph(_mm512_loadu_ph(b + j * LANES), x0, a0[j]);
                a1[j] = _mm512_fmadd_ph(_mm512_loadu_ph(b + (v + j) * LANES), x1, a1[j]);
            }
        }
        for (; s < end; s += PAIR, b += v * LANES) {
            LN_UNROLL
            for (int j = 0; j < v; j++)
                a0[j] = _mm512_fmadd_ph(_mm512_loadu_ph(b + j * LANES), pair_of(x + s), a0[j]);
        }
        LN_UNROLL
        for (int j = 0; j < v; j++)
            add_sums(sum[j], a0[j], a1[j]);
    }
    finish(c, sum, n, v);
}

static void row(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t n)
{
    const uint16_t *x = (const uint16_t *)(const void *)a->at;
    const size_t k = a->length, panel = filled(k) / PAIR * NV * LANES;
    ln_gemm_c to = *c;
    for (size_t j = 0; j < n; j += (size_t)NV * LANES, b += panel) {
        const size_t left = n - j;
        to.at = c->at + j;
        to.bias = c->bias ? c->bias + j : NULL;
        if (left > 3 * LANES)
            columns(&to, x, b, k, left, 4);
        else if (left > 2 * LANES)
            columns(&to, x, b, k, left, 3);
        else if (left > LANES)
            columns(&to, x, b, k, left, 2);
        else
            columns(&to, x, b, k, left, 1);
    }
}

void ln_gemm_half_row_init_avx512fp16(ln_kernels *k)
{
    k->gemm_half_row = (ln_gemm_kernels){
        .mr = 1,
        .nr = (size_t)NV * LANES,
        .nr_last = (size_t)NV * LANES,
        .unit = LANES,
        .half = PAIR,
        .steps = PAIR,
        .speed = SPEED,
        .least_row = LEAST_ROW,
        .narrow = narrow,
        .take = take,
        .row = row,
    };
}
