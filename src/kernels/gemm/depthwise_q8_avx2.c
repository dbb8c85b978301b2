/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_avx2.c: depthwise convolutions of 8-bit images for AVX2; the contract is in
 * kernels/depthwise_q8.h.
 *
 * Two lines make a group of int16 pairs for vpmaddwd.  Unpacking works within halves of a vector,
 * so a column's two vectors hold the channels 0-3 and 8-11, and 4-7 and 12-15. */
#include <immintrin.h>

#include "base/compiler.h"

enum { BLOCK = 16, LINES = 2, PARTS = 2, COLUMN = BLOCK * LINES * sizeof(int16_t) };

typedef __m256i values, sums_of;

LN_INLINE __m128i load16(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}
LN_INLINE values values_load(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}
LN_INLINE sums_of dot(sums_of sums, values x, values w)
{
    return _mm256_add_epi32(sums, _mm256_madd_epi16(w, x));
}
LN_INLINE sums_of sums_load(const int32_t *p, size_t part)
{
    return _mm256_set_m128i(load16(p + 4 * part + 8), load16(p + 4 * part));
}
LN_INLINE void sums_store(int32_t *p, size_t part, sums_of sums)
{
    p += 4 * part;
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(sums));
    _mm_storeu_si128((__m128i *)(void *)(p + 8), _mm256_extracti128_si256(sums, 1));
}
LN_INLINE size_t parts_of(size_t n)
{
    return n > 4 ? 2 : 1;
}

#include "kernels/gemm/depthwise_q8_taps.h"

LN_INLINE __m256i widen(const uint8_t *x, __m256i zero, bool int8)
{
    const __m256i v = int8 ? _mm256_cvtepi8_epi16(load16(x)) : _mm256_cvtepu8_epi16(load16(x));
    return _mm256_sub_epi16(v, zero);
}

LN_INLINE void interleave_as(uint8_t *to, const uint8_t *const *line, const size_t *step,
                             size_t columns, int zero, const bool int8)
{
    const __m256i z = _mm256_set1_epi16((int16_t)zero);
    const uint8_t *p0 = line[0], *p1 = line[1];
    for (size_t i = 0; i < columns; i++, to += COLUMN, p0 += step[0], p1 += step[1]) {
        const __m256i a = widen(p0, z, int8), b = widen(p1, z, int8);
        _mm256_storeu_si256((__m256i *)(void *)to, _mm256_unpacklo_epi16(a, b));
        _mm256_storeu_si256((__m256i *)(void *)(to + 32), _mm256_unpackhi_epi16(a, b));
    }
}

static void interleave(void *to, const uint8_t *const *line, const size_t *step, size_t columns,
                       uint8_t flip, int zero)
{
    if (flip)
        interleave_as(to, line, step, columns, zero - 128, true);
    else
        interleave_as(to, line, step, columns, zero, false);
}

void ln_depthwise_q8_init_avx2(ln_kernels *k)
{
    k->depthwise_q8 = (ln_depthwise_q8){.form = LN_Q8_CENTERED,
                                        .block = BLOCK,
                                        .lines = LINES,
                                        .interleave = interleave,
                                        .run = run};
    for (int c = 0; c < BLOCK; c++)
        k->depthwise_q8.place[c] = (uint8_t)(c / 4 % 2 * 8 + c / 8 * 4 + c % 4);
}
