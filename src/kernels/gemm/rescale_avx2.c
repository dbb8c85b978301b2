/* SPDX-License-Identifier: Apache-2.0 */
/* rescale_avx2.c: sums of quantized products to bytes for AVX2, four rows of 16 columns at a time;
 * the contract and the arithmetic are in kernels/rescale.h.
 *
 * vpmuldq multiplies the lower halves of 64-bit lanes: even columns lie there, odd ones are shifted
 * down.  `low` keeps every sum of 64 bits positive, so that logical shifts will do. */
#include <immintrin.h>
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/rescale.h"

enum { ROWS = 4, COLUMNS = LN_RESCALE_COLUMNS };

LN_INLINE __m256i load(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

/* Of four columns, even or odd ones; `less`: what is added to negative products. */
typedef struct lanes {
    __m256i mul, add, less, shift;
} lanes;

/* In a register: memory has enough to do with the sums. */
LN_INLINE __m256i keep(__m256i v)
{
    __asm__("" : "+x"(v));
    return v;
}

LN_INLINE lanes lanes_at(__m256i mul, const int64_t *add, const int64_t *shift, bool positive)
{
    const __m256i a = keep(load(add)), step = _mm256_set1_epi64x((int64_t)1 << 31);
    return (lanes){mul, a, positive ? a : _mm256_sub_epi64(a, step), keep(load(shift))};
}

LN_INLINE __m256i scale_lanes(__m256i x, const lanes *l, bool positive)
{
    const __m256i product = _mm256_mul_epi32(x, l->mul);
    __m256i add = l->add;
    if (!positive)
        add = _mm256_castpd_si256(_mm256_blendv_pd(
            _mm256_castsi256_pd(add), _mm256_castsi256_pd(l->less), _mm256_castsi256_pd(product)));
    return _mm256_srlv_epi64(_mm256_add_epi64(product, add), l->shift);
}

/* Columns [8 part, 8 part + 8) of four rows to two vectors of int16. */
LN_INLINE void scale(__m256i to[2], const int32_t *x, size_t ldx, const ln_rescale_fused *f,
                     int part, bool positive)
{
    const int at = 8 * part, even = 4 * part, odd = COLUMNS / 2 + 4 * part;
    const __m256i low = keep(load(f->low + at)), mul = keep(load(f->mul + at));
    const lanes e = lanes_at(mul, f->add + even, f->shift + even, positive);
    const lanes o = lanes_at(_mm256_srli_epi64(mul, 32), f->add + odd, f->shift + odd, positive);
    __m256i r[ROWS];
    LN_UNROLL
    for (int i = 0; i < ROWS; i++) {
        const __m256i v = _mm256_max_epi32(load(x + (size_t)i * ldx + at), low);
        r[i] = _mm256_blend_epi32(scale_lanes(v, &e, positive),
                                  scale_lanes(_mm256_srli_epi64(v, 32), &o, positive), 0xaa);
    }
    to[0] = _mm256_packs_epi32(r[0], r[1]);
    to[1] = _mm256_packs_epi32(r[2], r[3]);
}

typedef struct limits {
    __m256i max, flip;
} limits;

LN_INLINE void four_rows(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx,
                         const ln_rescale_fused *f, const limits *l, bool positive)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 2, 6, 1, 5, 3, 7);
    __m256i a[2], b[2];
    scale(a, x, ldx, f, 0, positive);
    scale(b, x, ldx, f, 1, positive);
    LN_UNROLL
    for (int i = 0; i < 2; i++, y += 2 * ldy) {
        __m256i v = _mm256_min_epu8(_mm256_packus_epi16(a[i], b[i]), l->max);
        v = _mm256_permutevar8x32_epi32(_mm256_xor_si256(v, l->flip), order);
        _mm_storeu_si128((__m128i *)(void *)y, _mm256_castsi256_si128(v));
        _mm_storeu_si128((__m128i *)(void *)(y + ldy), _mm256_extracti128_si256(v, 1));
    }
}

/* 16 columns, of which n count; `positive` is a constant in every call. */
LN_INLINE void columns(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                       const ln_rescale_fused *f, const limits *l, const bool positive)
{
    if (n == COLUMNS)
        for (; m >= ROWS; m -= ROWS, x += ROWS * ldx, y += ROWS * ldy)
            four_rows(y, ldy, x, ldx, f, l, positive);
    for (; m > 0; m--, x += ldx, y += ldy) {
        uint8_t bytes[COLUMNS];
        four_rows(bytes, 0, x, 0, f, l, positive);
        memcpy(y, bytes, n);
    }
}

static void fused(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                  const ln_rescale *q, size_t first)
{
    const limits l = {_mm256_set1_epi8((char)(q->max + q->flip)), _mm256_set1_epi8((char)q->flip)};
    const ln_rescale_fused *f = q->fused + first / COLUMNS;
    for (size_t j = 0; j < n; j += COLUMNS, f++) {
        const size_t count = LN_MIN(n - j, (size_t)COLUMNS);
        if (q->positive)
            columns(y + j, ldy, x + j, ldx, m, count, f, &l, true);
        else
            columns(y + j, ldy, x + j, ldx, m, count, f, &l, false);
    }
}

void ln_rescale_fused_init_avx2(ln_kernels *k)
{
    k->rescale.fused = fused;
}
