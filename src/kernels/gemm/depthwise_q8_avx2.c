/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_avx2.c: depthwise convolutions of 8-bit images for AVX2; the contract is in
 * kernels/depthwise_q8.h.
 *
 * Two lines make a group of int16 pairs for vpmaddwd.  Unpacking works within halves of a vector,
 * so a column's two vectors hold the channels 0-3 and 8-11, and 4-7 and 12-15. */
#include <immintrin.h>

#include "kernels/depthwise_q8.h"
#include "kernels/kernels.h"

enum { BLOCK = 16, LINES = 2, MAX_TAPS = 8, COLUMN = BLOCK * LINES * sizeof(int16_t) };

LN_INLINE __m128i load16(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}
LN_INLINE __m256i load32(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

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

LN_INLINE __m256i load_half(const int32_t *p)
{
    return _mm256_set_m128i(load16(p + 8), load16(p));
}

/* Adds taps [from, from + taps) for half of the channels; `taps` is a constant in every call, so
 * that their weights stay in registers. */
LN_INLINE void add_taps(const ln_depthwise_rows *r, size_t half, size_t from, const int taps)
{
    const uint8_t *weights = (const uint8_t *)r->weights + from * COLUMN + 32 * half;
    const uint8_t *x[MAX_TAPS];
    const __m256i bias = load_half(r->bias + 4 * half);
    const size_t step = r->x_step, end = r->outputs * step;
    const bool first = from == 0;
    __m256i w[MAX_TAPS];
    LN_UNROLL
    for (int t = 0; t < taps; t++) {
        w[t] = load32(weights + t * COLUMN);
        x[t] = (const uint8_t *)r->x + r->offset[from + (size_t)t] + 32 * half;
    }
    for (size_t row = 0; row < r->rows; row++) {
        int32_t *sums = r->sums + row * r->sums_row + 4 * half;
        for (size_t i = 0; i < end; i += step, sums += BLOCK) {
            __m256i acc = first ? bias : load_half(sums);
            LN_UNROLL
            for (int t = 0; t < taps; t++)
                acc = _mm256_add_epi32(acc, _mm256_madd_epi16(w[t], load32(x[t] + i)));
            _mm_storeu_si128((__m128i *)(void *)sums, _mm256_castsi256_si128(acc));
            _mm_storeu_si128((__m128i *)(void *)(sums + 8), _mm256_extracti128_si256(acc, 1));
        }
        LN_UNROLL
        for (int t = 0; t < taps; t++)
            x[t] += r->x_row;
    }
}

typedef void (*taps_fn)(const ln_depthwise_rows *r, size_t half, size_t from);

#define TAPS(n)                                                                    \
    static void add_taps_##n(const ln_depthwise_rows *r, size_t half, size_t from) \
    {                                                                              \
        add_taps(r, half, from, n);                                                \
    }
TAPS(1)
TAPS(2)
TAPS(3)
TAPS(4)
TAPS(5)
TAPS(6)
TAPS(7)
TAPS(8)
#undef TAPS

static void run(const ln_depthwise_rows *r)
{
    static const taps_fn fn[] = {NULL,       add_taps_1, add_taps_2, add_taps_3, add_taps_4,
                                 add_taps_5, add_taps_6, add_taps_7, add_taps_8};
    for (size_t half = 0; half < (r->n > 4 ? 2 : 1); half++)
        for (size_t t = 0; t < r->taps; t += MAX_TAPS)
            fn[LN_MIN(r->taps - t, (size_t)MAX_TAPS)](r, half, t);
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
