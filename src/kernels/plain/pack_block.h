/* SPDX-License-Identifier: Apache-2.0 */
/* pack_block.h: what pack_q8.c does block by block: some columns by as many steps of kr bytes,
 * which a panel has as the transposed matrix.  What every x86-64 has serves kr of 2 and 4;
 * elsewhere 64-bit words serve kr of 2. */
#ifndef LN_KERNELS_PLAIN_PACK_BLOCK_H
#define LN_KERNELS_PLAIN_PACK_BLOCK_H

#include <string.h>

#include "base/compiler.h"

#ifdef __SSE2__
#include <emmintrin.h>

enum { BLOCK_BYTES = 16 }; /* of each column */

/* Columns of a block; 0: none are made for this kr. */
LN_INLINE size_t block_columns(size_t kr)
{
    return kr == 2 || kr == 4 ? BLOCK_BYTES / kr : 0;
}

/* Items of kr bytes of two vectors by turns, of the lower halves or the upper ones. */
LN_INLINE __m128i low_halves(__m128i a, __m128i b, const size_t kr)
{
    return kr == 2 ? _mm_unpacklo_epi16(a, b) : _mm_unpacklo_epi32(a, b);
}
LN_INLINE __m128i high_halves(__m128i a, __m128i b, const size_t kr)
{
    return kr == 2 ? _mm_unpackhi_epi16(a, b) : _mm_unpackhi_epi32(a, b);
}

/* Columns lie `apart` bytes apart, steps of the panel `stride`; kr is a constant in every call. */
LN_INLINE void pack_block_of(int8_t *to, size_t stride, const uint8_t *w, size_t apart,
                             uint8_t flip, const size_t kr)
{
    enum { MOST = BLOCK_BYTES / 2 };
    const size_t n = BLOCK_BYTES / kr;
    const __m128i flips = _mm_set1_epi8((char)flip);
    __m128i v[MOST], turned[MOST];
    LN_UNROLL
    for (size_t i = 0; i < n; i++)
        v[i] =
            _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)(w + i * apart)), flips);
    /* each round brings together what lies half of the columns apart */
    LN_UNROLL
    for (size_t round = n; round > 1; round /= 2) {
        LN_UNROLL
        for (size_t i = 0; i < n / 2; i++) {
            turned[2 * i] = low_halves(v[i], v[i + n / 2], kr);
            turned[2 * i + 1] = high_halves(v[i], v[i + n / 2], kr);
        }
        LN_UNROLL
        for (size_t i = 0; i < n; i++)
            v[i] = turned[i];
    }
    LN_UNROLL
    for (size_t i = 0; i < n; i++)
        _mm_storeu_si128((__m128i *)(void *)(to + i * stride), v[i]);
}

static void pack_block(int8_t *to, size_t stride, const uint8_t *w, size_t apart, uint8_t flip,
                       size_t kr)
{
    if (kr == 2)
        pack_block_of(to, stride, w, apart, flip, 2);
    else
        pack_block_of(to, stride, w, apart, flip, 4);
}

/* The sum of BLOCK_BYTES values. */
LN_INLINE int32_t block_sum(const uint8_t *w, uint8_t flip)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)w);
    const __m128i over = _mm_xor_si128(bytes, _mm_set1_epi8((char)(flip ^ 0x80)));
    const __m128i sums = _mm_sad_epu8(over, _mm_setzero_si128());
    return _mm_cvtsi128_si32(sums) + _mm_extract_epi16(sums, 4) - BLOCK_BYTES * 128;
}
#else
enum { BLOCK_BYTES = 8 };

LN_INLINE size_t block_columns(size_t kr)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return kr == 2 && first == 1 ? 4 : 0; /* words begin with the lowest byte */
}

static void pack_block(int8_t *to, size_t stride, const uint8_t *w, size_t apart, uint8_t flip,
                       size_t kr)
{
    const uint64_t flips = flip * UINT64_C(0x0101010101010101);
    const uint64_t even = UINT64_C(0x0000FFFF0000FFFF), low = UINT32_MAX;
    uint64_t in[4], out[4];
    (void)kr;
    LN_UNROLL
    for (size_t i = 0; i < 4; i++) {
        memcpy(&in[i], w + i * apart, BLOCK_BYTES);
        in[i] ^= flips;
    }
    const uint64_t a = (in[0] & even) | (in[1] & even) << 16;
    const uint64_t b = (in[0] >> 16 & even) | (in[1] & ~even);
    const uint64_t c = (in[2] & even) | (in[3] & even) << 16;
    const uint64_t d = (in[2] >> 16 & even) | (in[3] & ~even);
    out[0] = (a & low) | c << 32;
    out[1] = (b & low) | d << 32;
    out[2] = a >> 32 | (c & ~low);
    out[3] = b >> 32 | (d & ~low);
    LN_UNROLL
    for (size_t i = 0; i < 4; i++)
        memcpy(to + i * stride, &out[i], BLOCK_BYTES);
}

LN_INLINE int32_t block_sum(const uint8_t *w, uint8_t flip)
{
    int32_t sum = 0;
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        sum += (int8_t)(w[i] ^ flip);
    return sum;
}
#endif

#endif
