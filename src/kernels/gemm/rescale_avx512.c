/* SPDX-License-Identifier: Apache-2.0 */
/* rescale_avx512.c: sums of quantized products to bytes for AVX-512, four rows of 16 columns at a
 * time; the contract and the arithmetic are in kernels/rescale.h, the idea in rescale_avx2.c. */
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/rescale.h"

enum { ROWS = 4, COLUMNS = LN_RESCALE_COLUMNS, ODD = 0xaaaa };

/* What the 16 columns have in common; 64-bit items of even ones, then of odd ones. */
typedef struct factors {
    __m512i low, mul[2], add[2], shift[2], max, flip;
    __mmask16 stored; /* columns that count */
} factors;

/* The upper half of each 64 bits in both. */
LN_INLINE __m512i odd_ones(__m512i x)
{
    return _mm512_shuffle_epi32(x, _MM_PERM_DDBB);
}

LN_INLINE factors factors_at(const ln_rescale *q, const ln_rescale_fused *f, size_t n)
{
    const __m512i mul = _mm512_loadu_si512(f->mul);
    return (factors){
        .low = _mm512_loadu_si512(f->low),
        .mul = {mul, odd_ones(mul)},
        .add = {_mm512_loadu_si512(f->add), _mm512_loadu_si512(f->add + COLUMNS / 2)},
        .shift = {_mm512_loadu_si512(f->shift), _mm512_loadu_si512(f->shift + COLUMNS / 2)},
        .max = _mm512_set1_epi8((char)(q->max + q->flip)),
        .flip = _mm512_set1_epi8((char)q->flip),
        .stored = (__mmask16)(n < COLUMNS ? (1u << n) - 1 : 0xffff)};
}

/* Even or odd columns. */
LN_INLINE __m512i scale_lanes(__m512i x, const factors *f, const int odd, const bool positive)
{
    const __m512i product = _mm512_mul_epi32(x, f->mul[odd]);
    __m512i sum = _mm512_add_epi64(product, f->add[odd]);
    if (!positive)
        sum = _mm512_mask_sub_epi64(sum, _mm512_movepi64_mask(product), sum,
                                    _mm512_set1_epi64((int64_t)1 << 31));
    return _mm512_srlv_epi64(sum, f->shift[odd]);
}

LN_INLINE __m512i scale(const int32_t *x, const factors *f, const bool positive)
{
    const __m512i v = _mm512_max_epi32(_mm512_loadu_si512(x), f->low);
    return _mm512_mask_mov_epi32(scale_lanes(v, f, 0, positive), ODD,
                                 scale_lanes(odd_ones(v), f, 1, positive));
}

/* Of four rows, one in each quarter; rows past the last one of `m` are the first once more. */
LN_INLINE __m512i four_rows(const int32_t *x, size_t ldx, size_t m, const factors *f,
                            const bool positive)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i r[ROWS];
    LN_UNROLL
    for (size_t i = 0; i < ROWS; i++)
        r[i] = scale(x + (i < m ? i * ldx : 0), f, positive);
    const __m512i bytes =
        _mm512_packus_epi16(_mm512_packs_epi32(r[0], r[1]), _mm512_packs_epi32(r[2], r[3]));
    return _mm512_permutexvar_epi32(order,
                                    _mm512_xor_si512(_mm512_min_epu8(bytes, f->max), f->flip));
}

LN_INLINE void store_row(uint8_t *y, __m128i row, const factors *f, const bool whole)
{
    if (whole)
        _mm_storeu_si128((__m128i *)(void *)y, row);
    else
        _mm_mask_storeu_epi8(y, f->stored, row);
}

/* `whole`, all columns count, and `positive` are constants in every call. */
LN_INLINE void columns(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m,
                       const factors *f, const bool whole, const bool positive)
{
    for (; m >= ROWS; m -= ROWS, x += ROWS * ldx, y += ROWS * ldy) {
        const __m512i rows = four_rows(x, ldx, ROWS, f, positive);
        store_row(y, _mm512_castsi512_si128(rows), f, whole);
        store_row(y + ldy, _mm512_extracti32x4_epi32(rows, 1), f, whole);
        store_row(y + 2 * ldy, _mm512_extracti32x4_epi32(rows, 2), f, whole);
        store_row(y + 3 * ldy, _mm512_extracti32x4_epi32(rows, 3), f, whole);
    }
    if (m == 0)
        return;
    const __m512i rows = four_rows(x, ldx, m, f, positive);
    store_row(y, _mm512_castsi512_si128(rows), f, whole);
    if (m > 1)
        store_row(y + ldy, _mm512_extracti32x4_epi32(rows, 1), f, whole);
    if (m > 2)
        store_row(y + 2 * ldy, _mm512_extracti32x4_epi32(rows, 2), f, whole);
}

static void fused(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                  const ln_rescale *q, size_t first)
{
    const ln_rescale_fused *f = q->fused + first / COLUMNS;
    for (size_t j = 0; j < n; j += COLUMNS, f++) {
        const factors of = factors_at(q, f, n - j);
        const bool whole = n - j >= COLUMNS;
        if (whole && q->positive)
            columns(y + j, ldy, x + j, ldx, m, &of, true, true);
        else if (whole)
            columns(y + j, ldy, x + j, ldx, m, &of, true, false);
        else if (q->positive)
            columns(y + j, ldy, x + j, ldx, m, &of, false, true);
        else
            columns(y + j, ldy, x + j, ldx, m, &of, false, false);
    }
}

void ln_rescale_fused_init_avx512(ln_kernels *k)
{
    k->rescale.fused = fused;
}
