/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_avx512vbmi.c: the lines of depthwise_q8_avx512vnni.c interleaved by one permute of
 * bytes; the contract is in kernels/depthwise_q8.h. */
#include <immintrin.h>

#include "base/compiler.h"

/* Where channel c has its four lines, which lie in quarters of a vector. */
#define LINES(c) c, c + 16, c + 32, c + 48
static const _Alignas(64) uint8_t order_of_bytes[sizeof(__m512i)] = {
    LINES(0), LINES(1), LINES(2),  LINES(3),  LINES(4),  LINES(5),  LINES(6),  LINES(7),
    LINES(8), LINES(9), LINES(10), LINES(11), LINES(12), LINES(13), LINES(14), LINES(15),
};

LN_INLINE __m512i lines_beside(__m512i v)
{
    return _mm512_permutexvar_epi8(_mm512_load_si512(order_of_bytes), v);
}

#include "kernels/gemm/depthwise_q8_avx512.h"

void ln_depthwise_q8_init_avx512vbmi(ln_kernels *k)
{
    k->depthwise_q8.interleave = interleave;
}
