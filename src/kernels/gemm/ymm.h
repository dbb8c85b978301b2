/* SPDX-License-Identifier: Apache-2.0 */
/* ymm.h: vectors of 256 bits for the tiles of integer products; zmm.h has the same functions for
 * 512. */
#ifndef LN_KERNELS_GEMM_YMM_H
#define LN_KERNELS_GEMM_YMM_H

#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"

typedef __m256i vec;
enum { LANES = 8 }; /* of 32 bits */

LN_INLINE vec vec_zero(void)
{
    return _mm256_setzero_si256();
}
LN_INLINE vec vec_set(int32_t x)
{
    return _mm256_set1_epi32(x);
}
LN_INLINE vec vec_load(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}
LN_INLINE void vec_store(void *p, vec v)
{
    _mm256_storeu_si256((__m256i *)p, v);
}
LN_INLINE vec vec_add(vec a, vec b)
{
    return _mm256_add_epi32(a, b);
}
/* int8 as int16 */
LN_INLINE vec vec_widen(const void *p)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p));
}
/* sums + the products of neighbors, int16 */
LN_INLINE vec vec_add_pairs(vec sums, vec a, vec b)
{
    return _mm256_add_epi32(sums, _mm256_madd_epi16(a, b));
}
LN_INLINE int32_t vec_sum(vec v)
{
    __m128i h = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    h = _mm_add_epi32(h, _mm_shuffle_epi32(h, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(h, _mm_shuffle_epi32(h, 0xb1)));
}
enum { SUM_ROWS = 4 };
/* The sums of the first n of SUM_ROWS vectors. */
LN_INLINE void vec_sums(int32_t *to, const vec v[SUM_ROWS], size_t n)
{
    const vec pairs =
        _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
    const __m128i s =
        _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1));
    if (n == SUM_ROWS)
        _mm_storeu_si128((__m128i *)(void *)to, s);
    else
        memcpy(to, &s, n * sizeof *to);
}
/* The first n bytes, zeros behind them; reads multiples of 4. */
LN_INLINE vec vec_first(const void *p, size_t n)
{
    static const uint64_t ones[8] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    const char *end = (const char *)ones + sizeof(vec);
    return _mm256_and_si256(_mm256_maskload_epi32(p, vec_load(end - (n + 3) / 4 * 4)),
                            vec_load(end - n));
}

#endif
