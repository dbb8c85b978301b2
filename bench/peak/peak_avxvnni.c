/* SPDX-License-Identifier: Apache-2.0 */
/* peak_avxvnni.c: dot products of four 8-bit numbers, and of two of 16 bits. */
#include <immintrin.h>

#include "peak/dot_loop.h"

static inline __m256i step8(__m256i s, __m256i x)
{
    return _mm256_dpbusd_avx_epi32(s, x, x);
}

static inline __m256i step16(__m256i s, __m256i x)
{
    return _mm256_dpwssd_avx_epi32(s, x, x);
}

static inline float last(__m256i s)
{
    return (float)_mm256_extract_epi32(s, 0);
}

DOT_LOOP(peak_s8_avxvnni, __m256i, _mm256_set1_epi32, step8, last)
DOT_LOOP(peak_s16_avxvnni, __m256i, _mm256_set1_epi32, step16, last)
