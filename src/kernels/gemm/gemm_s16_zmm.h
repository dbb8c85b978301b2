/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_zmm.h: gemm_s16.h for 512-bit vectors, tiles of up to 12 rows by 32 columns; included
 * by the files of the sets, which define DOT(acc, x, b): acc plus the products of neighbors. */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"

enum { MR = 12, NR = 32 };

LN_INLINE __m512i widen(const int8_t *b)
{
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)b));
}

/* Two neighbors of A in every lane. */
LN_INLINE __m512i pair(const int16_t *a)
{
    int32_t both;
    memcpy(&both, a, sizeof both);
    return _mm512_set1_epi32(both);
}

LN_INLINE void tile(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *b, size_t k,
                    const size_t m)
{
    __m512i acc[MR][2];
    LN_UNROLL
    for (size_t i = 0; i < m; i++)
        acc[i][0] = acc[i][1] = _mm512_setzero_si512();
    for (; k >= 2; k -= 2, a += 2, b += 2 * NR) {
        const __m512i b0 = widen(b), b1 = widen(b + NR);
        LN_UNROLL
        for (size_t i = 0; i < m; i++) {
            const __m512i x = pair(a + i * lda);
            acc[i][0] = DOT(acc[i][0], x, b0);
            acc[i][1] = DOT(acc[i][1], x, b1);
        }
    }
    if (k) {
        const __m512i b0 = widen(b), b1 = widen(b + NR);
        LN_UNROLL
        for (size_t i = 0; i < m; i++) {
            const __m512i x = _mm512_set1_epi32((uint16_t)a[i * lda]);
            acc[i][0] = DOT(acc[i][0], x, b0);
            acc[i][1] = DOT(acc[i][1], x, b1);
        }
    }
    LN_UNROLL
    for (size_t i = 0; i < m; i++, c += ldc) {
        _mm512_storeu_si512(c, acc[i][0]);
        _mm512_storeu_si512(c + 16, acc[i][1]);
    }
}

#define TILE(m)                                                                                 \
    static void tile_##m(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *b, \
                         size_t k)                                                              \
    {                                                                                           \
        tile(c, ldc, a, lda, b, k, m);                                                          \
    }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)

static void run(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *panel, size_t m,
                size_t k)
{
    static void (*const tiles[])(int32_t *, size_t, const int16_t *, size_t, const int8_t *,
                                 size_t) = {NULL,   tile_1, tile_2,  tile_3,  tile_4,
                                            tile_5, tile_6, tile_7,  tile_8,  tile_9,
                                            tile_10, tile_11, tile_12};
    for (; m > MR; m -= MR, a += MR * lda, c += MR * ldc)
        tile_12(c, ldc, a, lda, panel, k);
    if (m)
        tiles[m](c, ldc, a, lda, panel, k);
}
