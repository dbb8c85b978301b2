/* SPDX-License-Identifier: Apache-2.0 */
/* recurrent_dots_avx2.c: int8 rows times a vector, four rows at a time, so that the vector is
 * loaded once for all of them. */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"

enum { STEP = 16, ROWS = 4 };

static int32_t sum_of(__m256i v)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
    return _mm_cvtsi128_si32(s);
}

/* The last STEP items, with 0 for those that belong to whole steps. */
static __m256i last_of(const int16_t *x, size_t n)
{
    int16_t last[STEP] = {0};
    const size_t left = n % STEP;
    memcpy(last + STEP - left, x + n - left, left * sizeof *x);
    return _mm256_loadu_si256((const void *)last);
}

static __m256i add(__m256i sum, __m256i x, const int8_t *w)
{
    const __m128i bytes = _mm_loadu_si128((const void *)w);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(x, _mm256_cvtepi8_epi16(bytes)));
}

LN_INLINE void dots(int32_t *y, const int8_t *w, size_t ld, const int16_t *x, __m256i last,
                    const int rows, size_t n)
{
    __m256i sums[ROWS];
    size_t i = 0;
    LN_UNROLL
    for (int r = 0; r < rows; r++)
        sums[r] = _mm256_setzero_si256();
    for (; n - i >= STEP; i += STEP) {
        const __m256i v = _mm256_loadu_si256((const void *)(x + i));
        LN_UNROLL
        for (int r = 0; r < rows; r++)
            sums[r] = add(sums[r], v, w + (size_t)r * ld + i);
    }
    if (i > 0 && i < n) {
        LN_UNROLL
        for (int r = 0; r < rows; r++)
            sums[r] = add(sums[r], last, w + (size_t)r * ld + n - STEP);
        i = n;
    }
    for (int r = 0; r < rows; r++) {
        uint32_t sum = (uint32_t)y[r] + (uint32_t)sum_of(sums[r]);
        for (size_t k = i; k < n; k++)
            sum += (uint32_t)(x[k] * w[(size_t)r * ld + k]);
        y[r] = (int32_t)sum;
    }
}

static void dots_s8(int32_t *y, const int8_t *w, size_t ld, const int16_t *x, size_t rows, size_t n)
{
    const __m256i last = n > STEP ? last_of(x, n) : _mm256_setzero_si256();
    for (; rows >= ROWS; rows -= ROWS, y += ROWS, w += ROWS * ld)
        dots(y, w, ld, x, last, ROWS, n);
    for (; rows > 0; rows--, y++, w += ld)
        dots(y, w, ld, x, last, 1, n);
}

void ln_recurrent_dots_init_avx2(ln_kernels *k)
{
    k->recurrent.dots_s8 = dots_s8;
}
