/* SPDX-License-Identifier: Apache-2.0 */
/* zmm.h: vectors of 512 bits for the tiles of integer products; see ymm.h. */
#ifndef LN_KERNELS_GEMM_ZMM_H
#define LN_KERNELS_GEMM_ZMM_H

#include <immintrin.h>

#include "base/compiler.h"

typedef __m512i vec;
enum { LANES = 16 };

LN_INLINE vec vec_zero(void)
{
    return _mm512_setzero_si512();
}
LN_INLINE vec vec_set(int32_t x)
{
    return _mm512_set1_epi32(x);
}
LN_INLINE vec vec_load(const void *p)
{
    return _mm512_loadu_si512(p);
}
LN_INLINE void vec_store(void *p, vec v)
{
    _mm512_storeu_si512(p, v);
}
LN_INLINE vec vec_add(vec a, vec b)
{
    return _mm512_add_epi32(a, b);
}
LN_INLINE vec vec_widen(const void *p)
{
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)p));
}
LN_INLINE vec vec_add_pairs(vec sums, vec a, vec b)
{
    return _mm512_add_epi32(sums, _mm512_madd_epi16(a, b));
}
LN_INLINE int32_t vec_sum(vec v)
{
    return _mm512_reduce_add_epi32(v);
}
LN_INLINE __m256i vec_fold(vec v)
{
    return _mm256_add_epi32(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
}
LN_INLINE void vec_sum4(int32_t *to, vec a, vec b, vec c, vec d)
{
    const __m256i s = _mm256_hadd_epi32(_mm256_hadd_epi32(vec_fold(a), vec_fold(b)),
                                        _mm256_hadd_epi32(vec_fold(c), vec_fold(d)));
    _mm_storeu_si128((__m128i *)(void *)to, _mm_add_epi32(_mm256_castsi256_si128(s),
                                                          _mm256_extracti128_si256(s, 1)));
}
LN_INLINE vec vec_first(const void *p, size_t n)
{
    static const uint64_t ones[16] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                      UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    const __mmask16 items = (__mmask16)((1u << (n + 3) / 4) - 1);
    return _mm512_and_si512(_mm512_maskz_loadu_epi32(items, p),
                            vec_load((const char *)ones + sizeof(vec) - n));
}

#endif
