/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_avx512.h: ln_depthwise_q8.interleave for four lines of 16 channels; included by the
 * files of the sets, which define
 *
 *   lines_beside(v)   lines lie in quarters of v; those of a channel side by side
 */
#ifndef LN_KERNELS_GEMM_DEPTHWISE_Q8_AVX512_H
#define LN_KERNELS_GEMM_DEPTHWISE_Q8_AVX512_H

#include <immintrin.h>

#include "kernels/kernels.h"

LN_INLINE __m128i load16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static void interleave(void *to, const uint8_t *const *line, const size_t *step, size_t columns,
                       uint8_t flip, int zero)
{
    const __m512i flips = _mm512_set1_epi8((char)flip);
    const uint8_t *p0 = line[0], *p1 = line[1], *p2 = line[2], *p3 = line[3];
    const size_t s0 = step[0], s1 = step[1], s2 = step[2], s3 = step[3];
    char *out = to;
    (void)zero;
    for (size_t i = 0; i < columns; i++, out += sizeof(__m512i)) {
        __m512i v = _mm512_castsi128_si512(load16(p0));
        v = _mm512_inserti32x4(v, load16(p1), 1);
        v = _mm512_inserti32x4(v, load16(p2), 2);
        v = _mm512_inserti32x4(v, load16(p3), 3);
        _mm512_storeu_si512(out, _mm512_xor_si512(lines_beside(v), flips));
        p0 += s0;
        p1 += s1;
        p2 += s2;
        p3 += s3;
    }
}

#endif
