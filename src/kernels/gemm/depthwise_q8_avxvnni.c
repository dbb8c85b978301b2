/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_avxvnni.c: depthwise convolutions of 8-bit images for AVX-VNNI, with groups of four
 * lines as in depthwise_q8_avx512vnni.c. */
#include <immintrin.h>

#include "base/compiler.h"

enum { BLOCK = 16, LINES = 4, PARTS = 2, COLUMN = BLOCK * LINES };

typedef __m256i values, sums_of;

LN_INLINE values values_load(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}
LN_INLINE sums_of dot(sums_of sums, values x, values w)
{
    return _mm256_dpbusd_avx_epi32(sums, x, w);
}
LN_INLINE sums_of sums_load(const int32_t *p, size_t part)
{
    return values_load(p + 8 * part);
}
LN_INLINE void sums_store(int32_t *p, size_t part, sums_of sums)
{
    _mm256_storeu_si256((__m256i *)(void *)(p + 8 * part), sums);
}
LN_INLINE size_t parts_of(size_t n)
{
    return n > 8 ? 2 : 1;
}

#include "kernels/gemm/depthwise_q8_taps.h"

LN_INLINE __m128i load16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Channels of two pairs of lines, as words, become those of four lines. */
LN_INLINE void join(uint8_t *to, __m128i pair0, __m128i pair1)
{
    _mm_storeu_si128((__m128i *)(void *)to, _mm_unpacklo_epi16(pair0, pair1));
    _mm_storeu_si128((__m128i *)(void *)(to + 16), _mm_unpackhi_epi16(pair0, pair1));
}

static void interleave(void *to, const uint8_t *const *line, const size_t *step, size_t columns,
                       uint8_t flip, int zero)
{
    const __m128i flips = _mm_set1_epi8((char)flip);
    const uint8_t *p0 = line[0], *p1 = line[1], *p2 = line[2], *p3 = line[3];
    uint8_t *out = to;
    (void)zero;
    for (size_t i = 0; i < columns; i++, out += COLUMN) {
        const __m128i a = _mm_xor_si128(load16(p0), flips), b = _mm_xor_si128(load16(p1), flips);
        const __m128i c = _mm_xor_si128(load16(p2), flips), d = _mm_xor_si128(load16(p3), flips);
        join(out, _mm_unpacklo_epi8(a, b), _mm_unpacklo_epi8(c, d));
        join(out + COLUMN / 2, _mm_unpackhi_epi8(a, b), _mm_unpackhi_epi8(c, d));
        p0 += step[0];
        p1 += step[1];
        p2 += step[2];
        p3 += step[3];
    }
}

void ln_depthwise_q8_init_avxvnni(ln_kernels *k)
{
    k->depthwise_q8 = (ln_depthwise_q8){.form = LN_Q8_UNSIGNED,
                                        .block = BLOCK,
                                        .lines = LINES,
                                        .interleave = interleave,
                                        .run = run};
    for (int c = 0; c < BLOCK; c++)
        k->depthwise_q8.place[c] = (uint8_t)c;
}
