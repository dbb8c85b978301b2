/* SPDX-License-Identifier: Apache-2.0 */
/* bf16.h: floats become bfloat16. */
#ifndef LN_KERNELS_GEMM_BF16_H
#define LN_KERNELS_GEMM_BF16_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

typedef uint16_t value;
enum { LANES = 16 };

/* Columns or steps of a vector that count. */
LN_INLINE __mmask16 lanes_of(size_t left)
{
    return (__mmask16)(left < LANES ? (1u << left) - 1 : 0xFFFF);
}

LN_INLINE void narrow(value *to, const float *from, size_t n)
{
    size_t s = 0;
    for (; s + LANES <= n; s += LANES) {
        const __m256bh v = _mm512_cvtneps_pbh(_mm512_loadu_ps(from + s));
        memcpy(to + s, &v, sizeof v);
    }
    if (s < n) {
        const __mmask16 some = lanes_of(n - s);
        const __m256bh v = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(some, from + s));
        _mm256_mask_storeu_epi16(to + s, some, (__m256i)v);
    }
}

#endif
