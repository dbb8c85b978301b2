/* SPDX-License-Identifier: Apache-2.0 */
/* rescale_avx512.c: sums of quantized products to bytes for AVX-512, four rows of 16 columns at a
 * time; the contract and the arithmetic are in kernels/rescale.h.
 *
 * In float32 first: the lowest 23 bits of 256 and the output are its 8 and 15 behind them.  Where
 * these are so few that rounding may have led into the next output, 1 of 130 times, the four rows
 * are computed again with 64 bits, as in rescale_avx2.c. */
#include <immintrin.h>

#include "kernels/kernels.h"
#include "kernels/rescale.h"

enum { ROWS = 4, COLUMNS = LN_RESCALE_COLUMNS, ODD = 0xaaaa };

/* ---- with 64 bits ---- */

/* The upper half of each 64 bits below. */
LN_INLINE __m512i odd_ones(__m512i x)
{
    return _mm512_srli_epi64(x, 32);
}

/* Even or odd columns, `at` behind the factors' first. */
LN_INLINE __m512i scale_lanes(__m512i x, __m512i mul, const ln_rescale_fused *f, const size_t at)
{
    const __m512i product = _mm512_mul_epi32(x, mul);
    __m512i sum = _mm512_add_epi64(product, _mm512_loadu_si512(f->add + at));
    sum = _mm512_mask_sub_epi64(sum, _mm512_movepi64_mask(product), sum,
                                _mm512_set1_epi64((int64_t)1 << 31));
    return _mm512_srlv_epi64(sum, _mm512_loadu_si512(f->shift + at));
}

static __m512i exact_rows(const int32_t *x, size_t ldx, size_t m, const ln_rescale_fused *f)
{
    const __m512i mul = _mm512_loadu_si512(f->mul), low = _mm512_loadu_si512(f->low);
    __m512i r[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        const __m512i v = _mm512_max_epi32(_mm512_loadu_si512(x + (i < m ? i * ldx : 0)), low);
        r[i] = _mm512_mask_mov_epi32(scale_lanes(v, mul, f, 0), ODD,
                                     scale_lanes(odd_ones(v), odd_ones(mul), f, COLUMNS / 2));
    }
    return _mm512_packus_epi16(_mm512_packs_epi32(r[0], r[1]), _mm512_packs_epi32(r[2], r[3]));
}

/* ---- in float32 ---- */

/* What 16 columns have in common. */
typedef struct factors {
    const ln_rescale_fused *exact;
    __m512i min, max, flip;
    __m512 scale, start, below;
    __mmask16 stored; /* columns that count */
    bool whole;       /* limits are a byte's, and bytes unsigned */
} factors;

LN_INLINE factors factors_at(const ln_rescale *q, const ln_rescale_fused *f, size_t n)
{
    return (factors){.exact = f,
                     .min = _mm512_set1_epi8((char)(q->min + q->flip)),
                     .max = _mm512_set1_epi8((char)(q->max + q->flip)),
                     .flip = _mm512_set1_epi8((char)q->flip),
                     .scale = _mm512_loadu_ps(f->scale),
                     .start = _mm512_loadu_ps(f->start),
                     .below = _mm512_loadu_ps(f->below),
                     .stored = (__mmask16)(n < COLUMNS ? (1u << n) - 1 : 0xffff),
                     .whole = q->flip == 0 && q->min == 0 && q->max == UINT8_MAX};
}

/* The bits of 256 and the output, or of something less than 256 where that is negative. */
LN_INLINE __m512i scale(__m512i sums, const factors *f, const bool positive)
{
    __m512 start = f->start;
    if (!positive)
        start = _mm512_mask_mov_ps(start, _mm512_movepi32_mask(sums), f->below);
    return _mm512_castps_si512(_mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), f->scale, start));
}

/* Outputs of two rows; negative ones are 0, larger ones than 255 anything above. */
LN_INLINE __m512i whole_part(__m512i a, __m512i b)
{
    const __m512i v = _mm512_packus_epi32(_mm512_srai_epi32(a, 15), _mm512_srai_epi32(b, 15));
    return _mm512_subs_epu16(v, _mm512_set1_epi16((short)0x8700));
}

/* Four vectors of sums become `bits`; false where outputs that count are unsure. */
LN_INLINE bool scale_four(__m512i bits[ROWS], const __m512i sums[ROWS], const factors *f,
                          const bool positive)
{
    const __m512i some = _mm512_set1_epi32(0x7fff & ~(2 * LN_RESCALE_UNSURE - 1));
    __mmask16 sure = 0xffff;
    LN_UNROLL
    for (size_t i = 0; i < ROWS; i++) {
        bits[i] = scale(sums[i], f, positive);
        sure = _mm512_mask_test_epi32_mask(sure, bits[i], some);
    }
    return (__mmask16)(sure | ~f->stored) == 0xffff;
}

LN_INLINE __m512i outputs_of(const __m512i bits[ROWS])
{
    return _mm512_packus_epi16(whole_part(bits[0], bits[1]), whole_part(bits[2], bits[3]));
}

/* Packed vectors one behind the other, within limits. */
LN_INLINE __m512i in_order(__m512i bytes, const factors *f)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    if (!f->whole) {
        bytes = _mm512_min_epu8(_mm512_max_epu8(bytes, f->min), f->max);
        bytes = _mm512_xor_si512(bytes, f->flip);
    }
    return _mm512_permutexvar_epi32(order, bytes);
}

/* Of four rows, one in each quarter; rows past the last one of `m` are the first once more. */
LN_INLINE __m512i four_rows(const int32_t *x, size_t ldx, size_t m, const factors *f,
                            const bool positive)
{
    __m512i sums[ROWS], bits[ROWS];
    LN_UNROLL
    for (size_t i = 0; i < ROWS; i++)
        sums[i] = _mm512_loadu_si512(x + (i < m ? i * ldx : 0));
    const bool sure = scale_four(bits, sums, f, positive);
    return in_order(sure ? outputs_of(bits) : exact_rows(x, ldx, m, f->exact), f);
}

/* Quarter `i`, a constant in every call, of 64 bytes. */
#define QUARTER(bytes, i) _mm512_extracti64x2_epi64(bytes, i)

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
        store_row(y, QUARTER(rows, 0), f, whole);
        store_row(y + ldy, QUARTER(rows, 1), f, whole);
        store_row(y + 2 * ldy, QUARTER(rows, 2), f, whole);
        store_row(y + 3 * ldy, QUARTER(rows, 3), f, whole);
    }
    if (m == 0)
        return;
    const __m512i rows = four_rows(x, ldx, m, f, positive);
    store_row(y, QUARTER(rows, 0), f, whole);
    if (m > 1)
        store_row(y + ldy, QUARTER(rows, 1), f, whole);
    if (m > 2)
        store_row(y + 2 * ldy, QUARTER(rows, 2), f, whole);
}

/* ---- up to 8 columns: two rows in a vector ---- */

LN_INLINE __m512i doubled(__m512i v)
{
    return _mm512_shuffle_i32x4(v, v, 0x44);
}

LN_INLINE __m512 doubled_ps(__m512 v)
{
    return _mm512_castsi512_ps(doubled(_mm512_castps_si512(v)));
}

LN_INLINE __m256i half_row(const int32_t *x)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)x);
}

LN_INLINE void eight_rows(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, const factors *f,
                          const factors *two, const bool positive)
{
    __m512i sums[ROWS], bits[ROWS];
    LN_UNROLL
    for (size_t i = 0; i < ROWS; i++)
        sums[i] = _mm512_inserti64x4(_mm512_castsi256_si512(half_row(x + 2 * i * ldx)),
                                     half_row(x + (2 * i + 1) * ldx), 1);
    if (!scale_four(bits, sums, two, positive)) {
        columns(y, ldy, x, ldx, 2 * ROWS, f, false, positive);
        return;
    }
    const __m512i rows = in_order(outputs_of(bits), f);
    if (ldy == COLUMNS / 2 && f->stored == 0xff) { /* they follow each other */
        _mm512_storeu_si512(y, rows);
        return;
    }
    const __m128i pair[ROWS] = {QUARTER(rows, 0), QUARTER(rows, 1), QUARTER(rows, 2),
                                QUARTER(rows, 3)};
    LN_UNROLL
    for (size_t i = 0; i < ROWS; i++, y += 2 * ldy) {
        store_row(y, pair[i], f, false);
        store_row(y + ldy, _mm_unpackhi_epi64(pair[i], pair[i]), f, false);
    }
}

LN_INLINE void narrow(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m,
                      const factors *f, const bool positive)
{
    factors two = *f;
    two.scale = doubled_ps(f->scale);
    two.start = doubled_ps(f->start);
    two.below = doubled_ps(f->below);
    two.stored = (__mmask16)(f->stored | f->stored << COLUMNS / 2);
    for (; m >= 2 * ROWS; m -= 2 * ROWS, x += 2 * ROWS * ldx, y += 2 * ROWS * ldy)
        eight_rows(y, ldy, x, ldx, f, &two, positive);
    columns(y, ldy, x, ldx, m, f, false, positive);
}

/* n columns; `positive` is a constant in every call. */
LN_INLINE void run(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                   const factors *f, const bool positive)
{
    if (n >= COLUMNS)
        columns(y, ldy, x, ldx, m, f, true, positive);
    else if (n > COLUMNS / 2)
        columns(y, ldy, x, ldx, m, f, false, positive);
    else
        narrow(y, ldy, x, ldx, m, f, positive);
}

static void fused(uint8_t *y, size_t ldy, const int32_t *x, size_t ldx, size_t m, size_t n,
                  const ln_rescale *q, size_t first)
{
    const ln_rescale_fused *f = q->fused + first / COLUMNS;
    for (size_t j = 0; j < n; j += COLUMNS, f++) {
        const factors of = factors_at(q, f, n - j);
        if (q->positive)
            run(y + j, ldy, x + j, ldx, m, n - j, &of, true);
        else
            run(y + j, ldy, x + j, ldx, m, n - j, &of, false);
    }
}

void ln_rescale_fused_init_avx512(ln_kernels *k)
{
    k->rescale.fused = fused;
}
