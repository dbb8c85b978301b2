/* SPDX-License-Identifier: Apache-2.0 */
/* peak_avx512vnni.c: dot products of four 8-bit numbers, and of two of 16 bits. */
#include <immintrin.h>

#include "peak/dot_loop.h"

static inline __m512i step8(__m512i s, __m512i x)
{
    return _mm512_dpbusd_epi32(s, x, x);
}

static inline __m512i step16(__m512i s, __m512i x)
{
    return _mm512_dpwssd_epi32(s, x, x);
}

static inline float last(__m512i s)
{
    return (float)_mm_cvtsi128_si32(_mm512_castsi512_si128(s));
}

DOT_LOOP(peak_s8_avx512vnni, __m512i, _mm512_set1_epi32, step8, last)
DOT_LOOP(peak_s16_avx512vnni, __m512i, _mm512_set1_epi32, step16, last)
