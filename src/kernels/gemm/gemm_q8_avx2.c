/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_avx2.c: 8-bit matrix products for AVX2; the contract is in kernels/gemm_q8.h.
 *
 * Both operands go through vpmaddwd as int16: vpmaddubsw, which takes bytes, would saturate.  A
 * tile has up to 6 rows by 16 columns: 12 accumulators, 2 vectors of b and 1 of a fill 15 of 16
 * registers.  A pair of a's values is broadcast, b's are widened as they are loaded. */
#include <immintrin.h>
#include <string.h>

#include "kernels/gemm_q8.h"
#include "kernels/kernels.h"

enum { MR = 6, NR = 16, KR = 2 };

LN_INLINE __m128i load16(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}
LN_INLINE __m256i load32(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* ---- rows of a ---- */

LN_INLINE void take16(int16_t *to, const uint8_t *x, __m128i flip, __m256i zero)
{
    const __m256i v = _mm256_cvtepu8_epi16(_mm_xor_si128(load16(x), flip));
    _mm256_storeu_si256((__m256i *)(void *)to, _mm256_sub_epi16(v, zero));
}

static void take(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                 uint8_t flip, int zero)
{
    const __m128i f = _mm_set1_epi8((char)flip);
    const __m256i z = _mm256_set1_epi16((int16_t)zero);
    for (size_t i = 0; i < m; i++, x += ldx) {
        int16_t *to = (int16_t *)(void *)((uint8_t *)a + i * lda);
        size_t s = 0;
        for (; s + 16 <= k; s += 16)
            take16(to + s, x + s, f, z);
        if (s < k && k >= 16) { /* the last 16 once more */
            take16(to + k - 16, x + k - 16, f, z);
        } else if (s < k) {
            int16_t wide[16];
            uint8_t bytes[16] = {0};
            memcpy(bytes, x, k);
            take16(wide, bytes, f, z);
            memcpy(to, wide, k * sizeof *to);
        }
        if (k % KR)
            to[k] = 0;
    }
}

static void sums(int32_t *sums, const void *a, size_t lda, size_t m, size_t k)
{
    const __m256i one = _mm256_set1_epi16(1);
    for (size_t i = 0; i < m; i++) {
        const int16_t *from = (const int16_t *)(const void *)((const uint8_t *)a + i * lda);
        __m256i acc = _mm256_setzero_si256();
        size_t s = 0;
        for (; s + 16 <= k; s += 16)
            acc = _mm256_add_epi32(acc, _mm256_madd_epi16(load32(from + s), one));
        __m128i h = _mm_add_epi32(_mm256_castsi256_si128(acc), _mm256_extracti128_si256(acc, 1));
        h = _mm_add_epi32(h, _mm_shuffle_epi32(h, 0x4e));
        int32_t sum = _mm_cvtsi128_si32(_mm_add_epi32(h, _mm_shuffle_epi32(h, 0xb1)));
        for (; s < k; s++)
            sum += from[s];
        sums[i] = sum;
    }
}

/* ---- tiles ---- */

/* m rows by 8 v columns; both are constants in every call. */
LN_INLINE void tile_of(const ln_q8_tile *t, size_t from, const int m, const int v)
{
    const size_t lda = t->lda / sizeof(int16_t);
    const int16_t *a = (const int16_t *)t->a + from * lda;
    const int8_t *b = t->panel;
    __m256i acc[MR][2];
    int32_t *sums = t->sums + from * NR;
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        const __m256i row =
            t->row ? _mm256_set1_epi32(t->row[from + (size_t)i]) : _mm256_setzero_si256();
        LN_UNROLL
        for (int j = 0; j < v; j++)
            acc[i][j] = _mm256_add_epi32(load32(t->column + 8 * j), row);
    }
    for (size_t steps = t->k / KR; steps > 0; steps--, a += KR, b += NR * KR) {
        __m256i w[2];
        LN_UNROLL
        for (int j = 0; j < v; j++)
            w[j] = _mm256_cvtepi8_epi16(load16(b + 16 * j));
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            int32_t pair;
            memcpy(&pair, a + (size_t)i * lda, sizeof pair);
            const __m256i x = _mm256_set1_epi32(pair);
            LN_UNROLL
            for (int j = 0; j < v; j++)
                acc[i][j] = _mm256_add_epi32(acc[i][j], _mm256_madd_epi16(x, w[j]));
        }
    }
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        LN_UNROLL
        for (int j = 0; j < v; j++)
            _mm256_storeu_si256((__m256i *)(void *)(sums + i * NR + 8 * j), acc[i][j]);
    }
}

typedef void (*tile_fn)(const ln_q8_tile *t, size_t from);

#define TILE(m, v)                                               \
    static void tile_##m##_##v(const ln_q8_tile *t, size_t from) \
    {                                                            \
        tile_of(t, from, m, v);                                  \
    }
#define TILES(v) TILE(1, v) TILE(2, v) TILE(3, v) TILE(4, v) TILE(5, v) TILE(6, v)
TILES(1)
TILES(2)
#undef TILE
#undef TILES

static void tile(const ln_q8_tile *t)
{
    static const tile_fn fn[2][MR + 1] = {
        {NULL, tile_1_1, tile_2_1, tile_3_1, tile_4_1, tile_5_1, tile_6_1},
        {NULL, tile_1_2, tile_2_2, tile_3_2, tile_4_2, tile_5_2, tile_6_2}};
    for (size_t from = 0; from < t->m; from += MR)
        fn[t->n > 8][LN_MIN(t->m - from, (size_t)MR)](t, from);
}

void ln_gemm_q8_init_avx2(ln_kernels *k)
{
    k->gemm_q8 = (ln_gemm_q8){.form = LN_Q8_CENTERED,
                              .mr = MR,
                              .nr = NR,
                              .kr = KR,
                              .take = take,
                              .sums = sums,
                              .tile = tile};
}
