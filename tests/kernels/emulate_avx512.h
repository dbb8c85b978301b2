/* SPDX-License-Identifier: Apache-2.0 */
/* emulate_avx512.h: AVX-512 intrinsics in terms of weaker ones, by SIMDe, for testing kernels on
 * processors that lack them; included before everything else (-include).  What SIMDe 0.7 does not
 * have is written out here. */
#ifndef TESTS_KERNELS_EMULATE_AVX512_H
#define TESTS_KERNELS_EMULATE_AVX512_H

#include <immintrin.h>
#include <string.h>
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

static inline __m512 emulate_maskz_loadu_ps(__mmask16 m, const void *p)
{
    float v[16] = {0};
    for (int i = 0; i < 16; i++)
        if (m >> i & 1)
            v[i] = ((const float *)p)[i];
    return _mm512_loadu_ps(v);
}
static inline void emulate_mask_storeu_ps(void *p, __mmask16 m, __m512 x)
{
    float v[16];
    _mm512_storeu_ps(v, x);
    for (int i = 0; i < 16; i++)
        if (m >> i & 1)
            ((float *)p)[i] = v[i];
}
static inline __m512i emulate_maskz_loadu_epi32(__mmask16 m, const void *p)
{
    return _mm512_castps_si512(emulate_maskz_loadu_ps(m, p));
}
static inline void emulate_mask_storeu_epi32(void *p, __mmask16 m, __m512i x)
{
    emulate_mask_storeu_ps(p, m, _mm512_castsi512_ps(x));
}
static inline __m512 emulate_cvtph_ps(__m256i h)
{
    float v[16];
    _mm256_storeu_ps(v, _mm256_cvtph_ps(_mm256_castsi256_si128(h)));
    _mm256_storeu_ps(v + 8, _mm256_cvtph_ps(_mm256_extracti128_si256(h, 1)));
    return _mm512_loadu_ps(v);
}
static inline __m256i emulate_cvtps_ph(__m512 x, int rounding)
{
    float v[16];
    (void)rounding; /* always to nearest */
    _mm512_storeu_ps(v, x);
    return _mm256_set_m128i(_mm256_cvtps_ph(_mm256_loadu_ps(v + 8), _MM_FROUND_TO_NEAREST_INT),
                            _mm256_cvtps_ph(_mm256_loadu_ps(v), _MM_FROUND_TO_NEAREST_INT));
}
static inline float emulate_reduce(__m512 x, int what)
{
    float v[16];
    _mm512_storeu_ps(v, x);
    for (int i = 1; i < 16; i++)
        v[0] = what == 0   ? v[0] + v[i]
               : what == 1 ? (v[i] > v[0] ? v[i] : v[0])
                           : (v[i] < v[0] ? v[i] : v[0]);
    return v[0];
}
static inline int emulate_reduce_epi32(__m512i x)
{
    int v[16];
    unsigned sum = 0;
    memcpy(v, &x, sizeof v);
    for (int i = 0; i < 16; i++)
        sum += (unsigned)v[i];
    return (int)sum;
}

#define _mm512_maskz_loadu_ps emulate_maskz_loadu_ps
#define _mm512_mask_storeu_ps emulate_mask_storeu_ps
#define _mm512_maskz_loadu_epi32 emulate_maskz_loadu_epi32
#define _mm512_mask_storeu_epi32 emulate_mask_storeu_epi32
#define _mm512_cvtph_ps emulate_cvtph_ps
#define _mm512_cvtps_ph emulate_cvtps_ph
#define _mm512_reduce_add_ps(x) emulate_reduce(x, 0)
#define _mm512_reduce_max_ps(x) emulate_reduce(x, 1)
#define _mm512_reduce_min_ps(x) emulate_reduce(x, 2)
#define _mm512_reduce_add_epi32 emulate_reduce_epi32

#endif
