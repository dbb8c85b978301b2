/* SPDX-License-Identifier: Apache-2.0 */
/* peak_avx512bf16.c: dot products of two bfloat16. */
#include <immintrin.h>

#include "peak/dot_loop.h"

static inline __m512 first(int i)
{
    return _mm512_set1_ps((float)i * 1e-3f);
}

static inline __m512 step(__m512 s, __m512 x)
{
    const __m512bh halves = _mm512_cvtne2ps_pbh(x, x);
    return _mm512_dpbf16_ps(s, halves, halves);
}

static inline float last(__m512 s)
{
    return _mm512_cvtss_f32(s);
}

DOT_LOOP(peak_half_avx512bf16, __m512, first, step, last)
