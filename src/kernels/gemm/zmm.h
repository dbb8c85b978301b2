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
enum { SUM_ROWS = 16 };
/* Halves of each quarter, or of all, added up; twice gives the sums of four. */
LN_INLINE vec vec_sum_items(vec a, vec b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
}
LN_INLINE vec vec_sum_pairs(vec a, vec b)
{
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}
LN_INLINE vec vec_sum_quarters(vec a, vec b)
{
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
}
LN_INLINE void vec_sums(int32_t *to, const vec v[SUM_ROWS], size_t n)
{
    vec q[4];
    LN_UNROLL
    for (int i = 0; i < 4; i++)
        q[i] = vec_sum_pairs(vec_sum_items(v[4 * i], v[4 * i + 1]),
                             vec_sum_items(v[4 * i + 2], v[4 * i + 3]));
    _mm512_mask_storeu_epi32(to, (__mmask16)((1u << n) - 1),
                             vec_sum_quarters(vec_sum_quarters(q[0], q[1]),
                                              vec_sum_quarters(q[2], q[3])));
}
LN_INLINE vec vec_first(const void *p, size_t n)
{
    return _mm512_maskz_loadu_epi8(~(__mmask64)0 >> (sizeof(vec) - n), p);
}

#endif
