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

/* n floats; may write LANES values, zeros after the last. */
LN_INLINE void narrow(value *to, const float *from, size_t n)
{
    for (size_t s = 0; s < n; s += LANES) {
        const __mmask16 some = (__mmask16)(n - s < LANES ? (1u << (n - s)) - 1 : 0xFFFF);
        const __m256bh v = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(some, from + s));
        memcpy(to + s, &v, sizeof v);
    }
}

/* Columns of a vector that count. */
LN_INLINE __mmask16 lanes_of(size_t left)
{
    return (__mmask16)(left < LANES ? (1u << left) - 1 : 0xFFFF);
}

#endif
