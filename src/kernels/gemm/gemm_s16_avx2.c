/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_avx2.c: gemm_s16.h for AVX2, tiles of up to 6 rows by 16 columns.  vpmaddwd adds two
 * products, of neighbors in a row of A with neighbors in a column of B: 12 sums, 2 vectors of B,
 * one of A and one product fill the 16 registers. */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"

enum { MR = 6, NR = 16 };

LN_INLINE __m256i widen(const int8_t *b)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)b));
}

/* Two neighbors of A in every lane. */
LN_INLINE __m256i pair(const int16_t *a)
{
    int32_t both;
    memcpy(&both, a, sizeof both);
    return _mm256_set1_epi32(both);
}

LN_INLINE void tile(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *b, size_t k,
                    const size_t m)
{
    __m256i acc[MR][2];
    LN_UNROLL
    for (size_t i = 0; i < m; i++)
        acc[i][0] = acc[i][1] = _mm256_setzero_si256();
    for (; k >= 2; k -= 2, a += 2, b += 2 * NR) {
        const __m256i b0 = widen(b), b1 = widen(b + NR);
        LN_UNROLL
        for (size_t i = 0; i < m; i++) {
            const __m256i x = pair(a + i * lda);
            acc[i][0] = _mm256_add_epi32(acc[i][0], _mm256_madd_epi16(x, b0));
            acc[i][1] = _mm256_add_epi32(acc[i][1], _mm256_madd_epi16(x, b1));
        }
    }
    if (k) {
        const __m256i b0 = widen(b), b1 = widen(b + NR);
        LN_UNROLL
        for (size_t i = 0; i < m; i++) {
            const __m256i x = _mm256_set1_epi32((uint16_t)a[i * lda]);
            acc[i][0] = _mm256_add_epi32(acc[i][0], _mm256_madd_epi16(x, b0));
            acc[i][1] = _mm256_add_epi32(acc[i][1], _mm256_madd_epi16(x, b1));
        }
    }
    LN_UNROLL
    for (size_t i = 0; i < m; i++, c += ldc) {
        _mm256_storeu_si256((__m256i *)(void *)c, acc[i][0]);
        _mm256_storeu_si256((__m256i *)(void *)(c + 8), acc[i][1]);
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

static void run(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *panel, size_t m,
                size_t k)
{
    static void (*const tiles[])(int32_t *, size_t, const int16_t *, size_t, const int8_t *,
                                 size_t) = {NULL, tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};
    for (; m > MR; m -= MR, a += MR * lda, c += MR * ldc)
        tile_6(c, ldc, a, lda, panel, k);
    if (m)
        tiles[m](c, ldc, a, lda, panel, k);
}

void ln_gemm_s16_init_avx2(ln_kernels *k)
{
    k->gemm_s16 = (ln_gemm_s16){.mr = MR, .nr = NR, .kr = 2, .run = run};
}
