/* SPDX-License-Identifier: Apache-2.0 */
/* peak_avx512.c: 8-bit and 16-bit products alone: additions would take turns with them. */
#include <immintrin.h>

#include "peak/dot_loop.h"

static inline __m512i step8(__m512i s, __m512i x)
{
    return _mm512_maddubs_epi16(x, s);
}

static inline __m512i step16(__m512i s, __m512i x)
{
    return _mm512_madd_epi16(s, x);
}

static inline float last(__m512i s)
{
    return (float)_mm_cvtsi128_si32(_mm512_castsi512_si128(s));
}

DOT_LOOP(peak_s8_avx512, __m512i, _mm512_set1_epi32, step8, last)
DOT_LOOP(peak_s16_avx512, __m512i, _mm512_set1_epi32, step16, last)
