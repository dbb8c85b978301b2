/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_avx512vnni.c: depthwise convolutions of 8-bit images for AVX-512 VNNI; the contract
 * is in kernels/depthwise_q8.h.  Four lines make a group: vpdpbusd multiplies the four bytes of a
 * channel by its weights and adds them up, so that three of them do 3x3 taps for 16 channels. */
#include <immintrin.h>

#include "base/compiler.h"

enum { BLOCK = 16, LINES = 4, PARTS = 1, COLUMN = BLOCK * LINES };

typedef __m512i values, sums_of;

LN_INLINE values values_load(const void *p)
{
    return _mm512_loadu_si512(p);
}
LN_INLINE sums_of dot(sums_of sums, values x, values w)
{
    return _mm512_dpbusd_epi32(sums, x, w);
}
LN_INLINE sums_of sums_load(const int32_t *p, size_t part)
{
    (void)part;
    return _mm512_loadu_si512(p);
}
LN_INLINE void sums_store(int32_t *p, size_t part, sums_of sums)
{
    (void)part;
    _mm512_storeu_si512(p, sums);
}
LN_INLINE size_t parts_of(size_t n)
{
    (void)n;
    return PARTS;
}

#include "kernels/gemm/depthwise_q8_taps.h"

/* Runs of four channels go to where they belong, then their bytes are transposed, 4 by 4. */
LN_INLINE __m512i lines_beside(__m512i v)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i turn =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    return _mm512_shuffle_epi8(_mm512_permutexvar_epi32(order, v), turn);
}

#include "kernels/gemm/depthwise_q8_avx512.h"

void ln_depthwise_q8_init_avx512vnni(ln_kernels *k)
{
    k->depthwise_q8 = (ln_depthwise_q8){.form = LN_Q8_UNSIGNED,
                                        .block = BLOCK,
                                        .lines = LINES,
                                        .interleave = interleave,
                                        .run = run};
    for (int c = 0; c < BLOCK; c++)
        k->depthwise_q8.place[c] = (uint8_t)c;
}
