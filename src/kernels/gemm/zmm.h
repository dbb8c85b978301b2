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

#endif
