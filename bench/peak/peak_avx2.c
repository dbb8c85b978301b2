/* SPDX-License-Identifier: Apache-2.0 */
/* peak_avx2.c: 8-bit and 16-bit products alone: additions would take turns with them. */
#include <immintrin.h>

#include "peak/dot_loop.h"

static inline __m256i step8(__m256i s, __m256i x)
{
    return _mm256_maddubs_epi16(x, s);
}

static inline __m256i step16(__m256i s, __m256i x)
{
    return _mm256_madd_epi16(s, x);
}

static inline float last(__m256i s)
{
    return (float)_mm256_extract_epi32(s, 0);
}

DOT_LOOP(peak_s8_avx2, __m256i, _mm256_set1_epi32, step8, last)
DOT_LOOP(peak_s16_avx2, __m256i, _mm256_set1_epi32, step16, last)
