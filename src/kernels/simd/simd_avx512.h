/* SPDX-License-Identifier: Apache-2.0 */
/* simd_avx512.h: 16 lanes, AVX-512 F, BW, DQ and VL; the rules are in simd.h. */
#ifndef LN_KERNELS_SIMD_SIMD_AVX512_H
#define LN_KERNELS_SIMD_SIMD_AVX512_H

#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"

typedef __m512 vf;
typedef __m512i vi;
typedef __m512i vh;
typedef __mmask16 vm;
enum { VF = 16 };

/* ---- floats ---- */

LN_INLINE vf vf_set(float x) { return _mm512_set1_ps(x); }
LN_INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
LN_INLINE void vf_store(float *p, vf v) { _mm512_storeu_ps(p, v); }
LN_INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
LN_INLINE vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
LN_INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
LN_INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
LN_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
LN_INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
LN_INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
LN_INLINE vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
LN_INLINE vf vf_abs(vf a) { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a); }
LN_INLINE vf vf_neg(vf a) { return _mm512_xor_ps(_mm512_set1_ps(-0.0f), a); }
LN_INLINE vf vf_copysign(vf a, vf b)
{
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    enum { A_OR_B_AND_SIGN = 0xf8 };
    return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(
        _mm512_castps_si512(a), _mm512_castps_si512(b), sign, A_OR_B_AND_SIGN));
}
LN_INLINE vf vf_round(vf a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
LN_INLINE vf vf_floor(vf a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}
LN_INLINE vf vf_ceil(vf a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
}
LN_INLINE vf vf_truncate(vf a)
{
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

LN_INLINE vf vf_repeat(const float *p, int q)
{
    double two;
    if (q == 4)
        return _mm512_broadcast_f32x4(_mm_loadu_ps(p));
    memcpy(&two, p, sizeof two);
    return _mm512_castpd_ps(_mm512_set1_pd(two));
}
LN_INLINE vf vf_zip(vf v, int q)
{
#define LANE(i) (i) % q * (16 / q) + (i) / q
    return _mm512_permutexvar_ps(
        _mm512_setr_epi32(LANE(0), LANE(1), LANE(2), LANE(3), LANE(4), LANE(5), LANE(6), LANE(7),
                          LANE(8), LANE(9), LANE(10), LANE(11), LANE(12), LANE(13), LANE(14),
                          LANE(15)),
        v);
#undef LANE
}

/* ---- truth values ---- */

LN_INLINE vm vf_lt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
LN_INLINE vm vf_le(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
LN_INLINE vm vf_eq(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
LN_INLINE vm vi_gt(vi a, vi b) { return _mm512_cmpgt_epi32_mask(a, b); }
LN_INLINE vm vi_eq(vi a, vi b) { return _mm512_cmpeq_epi32_mask(a, b); }
LN_INLINE vm vi_meet(vm m, vi a, vi b) { return _mm512_mask_test_epi32_mask(m, a, b); }
LN_INLINE vm vm_and(vm a, vm b) { return (vm)(a & b); }
LN_INLINE vm vm_or(vm a, vm b) { return (vm)(a | b); }
LN_INLINE vm vm_not(vm a) { return (vm)~a; }
LN_INLINE bool vm_any(vm a) { return a != 0; }
LN_INLINE vf vf_select(vm m, vf a, vf b) { return _mm512_mask_blend_ps(m, b, a); }
LN_INLINE vi vi_select(vm m, vi a, vi b) { return _mm512_mask_blend_epi32(m, b, a); }

/* ---- int32 ---- */

LN_INLINE vi vi_set(int32_t x) { return _mm512_set1_epi32(x); }
LN_INLINE vi vi_load(const int32_t *p) { return _mm512_loadu_si512(p); }
LN_INLINE void vi_store(int32_t *p, vi v) { _mm512_storeu_si512(p, v); }
LN_INLINE vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
LN_INLINE vi vi_sub(vi a, vi b) { return _mm512_sub_epi32(a, b); }
LN_INLINE vi vi_mul(vi a, vi b) { return _mm512_mullo_epi32(a, b); }
LN_INLINE vi vi_min(vi a, vi b) { return _mm512_min_epi32(a, b); }
LN_INLINE vi vi_max(vi a, vi b) { return _mm512_max_epi32(a, b); }
LN_INLINE vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
LN_INLINE vi vi_or(vi a, vi b) { return _mm512_or_si512(a, b); }
LN_INLINE vi vi_xor(vi a, vi b) { return _mm512_xor_si512(a, b); }
#define vi_shl(a, n) _mm512_slli_epi32(a, n)
#define vi_shr(a, n) _mm512_srai_epi32(a, n)
LN_INLINE vi vi_shlv(vi a, vi n) { return _mm512_sllv_epi32(a, n); }
LN_INLINE vi vi_shrv(vi a, vi n) { return _mm512_srav_epi32(a, n); }
LN_INLINE vi vi_mulhi(vi a, vi b)
{
    const vi half = _mm512_set1_epi64(1 << 30);
    const vi even = _mm512_add_epi64(_mm512_mul_epi32(a, b), half);
    const vi odd = _mm512_add_epi64(
        _mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32)), half);
    return _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
}
LN_INLINE vi vi_mul_shift(vi a, vi b, vi n)
{
    const vi one = _mm512_set1_epi64(1);
    const vi n0 = _mm512_maskz_mov_epi32(0x5555, n), n1 = _mm512_srli_epi64(n, 32);
    const vi half0 = _mm512_srli_epi64(_mm512_sllv_epi64(one, n0), 1);
    const vi half1 = _mm512_srli_epi64(_mm512_sllv_epi64(one, n1), 1);
    const vi even = _mm512_add_epi64(_mm512_mul_epi32(a, b), half0);
    const vi odd = _mm512_add_epi64(
        _mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32)), half1);
    return _mm512_mask_blend_epi32(0xaaaa, _mm512_srav_epi64(even, n0),
                                   _mm512_slli_epi64(_mm512_srav_epi64(odd, n1), 32));
}

/* With a = 2^16 high + low: (high b + (low b >> 16) + 2^(n - 17)) >> (n - 16), all in 32 bits. */
LN_INLINE vi vi_mul15_shift(vi a, vi b, vi n)
{
    const vi shift = vi_sub(n, vi_set(16)), half = vi_shlv(vi_set(1), vi_sub(n, vi_set(17)));
    const vi high = _mm512_madd_epi16(a, vi_shl(b, 16)), low = _mm512_mulhi_epu16(a, b);
    return vi_shrv(vi_add(vi_add(high, low), half), shift);
}

/* ---- between them ---- */

LN_INLINE vf vf_from_vi(vi v) { return _mm512_cvtepi32_ps(v); }
LN_INLINE vi vi_round(vf v) { return _mm512_cvtps_epi32(v); }
LN_INLINE vi vi_trunc(vf v) { return _mm512_cvttps_epi32(v); }
LN_INLINE vi vi_bits(vf v) { return _mm512_castps_si512(v); }
LN_INLINE vf vf_bits(vi v) { return _mm512_castsi512_ps(v); }
LN_INLINE vf vf_scale(vf v, vf n) { return _mm512_scalef_ps(v, n); }

/* Half, less a bit: added, it makes no 1 of the number just below a half. */
LN_INLINE __m256i vi_scale_real8(__m256i v, const double *by)
{
    const __m512d sign = _mm512_set1_pd(-0.0), half = _mm512_set1_pd(0.49999999999999994);
    __m512d x = _mm512_mul_pd(_mm512_cvtepi32_pd(v), _mm512_loadu_pd(by));
    x = _mm512_add_pd(x, _mm512_or_pd(_mm512_and_pd(x, sign), half));
    x = _mm512_max_pd(_mm512_min_pd(x, _mm512_set1_pd(INT32_MAX)), _mm512_set1_pd(INT32_MIN));
    return _mm512_cvttpd_epi32(x);
}
LN_INLINE vi vi_scale_real(vi v, const double *by)
{
    const __m256i high = vi_scale_real8(_mm512_extracti64x4_epi64(v, 1), by + 8);
    const __m512i low = _mm512_castsi256_si512(vi_scale_real8(_mm512_castsi512_si256(v), by));
    return _mm512_inserti64x4(low, high, 1);
}

/* ---- other widths ---- */

LN_INLINE vi vi_load_s8(const int8_t *p)
{
    return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}
LN_INLINE vi vi_load_u8(const uint8_t *p)
{
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}
LN_INLINE vi vi_load_s16(const int16_t *p)
{
    return _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
LN_INLINE void vi_store_s8(int8_t *p, vi v)
{
    _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtsepi32_epi8(v));
}
/* Negative values would count as large ones. */
LN_INLINE void vi_store_u8(uint8_t *p, vi v)
{
    v = _mm512_max_epi32(v, _mm512_setzero_si512());
    _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtusepi32_epi8(v));
}
LN_INLINE void vi_store_s16(int16_t *p, vi v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtsepi32_epi16(v));
}
/* Packing works within quarters: words of a, b, c, d come out in the order a0 b0 c0 d0 a1 ... */
LN_INLINE vi vi_in_order(vi bytes)
{
    return _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), bytes);
}
/* Packing works within quarters: words of a, b, c, d come out in the order a0 b0 c0 d0 a1 ... */
LN_INLINE vi vi_in_turn(vi v)
{
    return _mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), v);
}
LN_INLINE vh vh_set(int16_t x) { return _mm512_set1_epi16(x); }
LN_INLINE vh vh_add(vh a, vh b) { return _mm512_adds_epi16(a, b); }
LN_INLINE vh vh_min(vh a, vh b) { return _mm512_min_epi16(a, b); }
LN_INLINE vh vh_max(vh a, vh b) { return _mm512_max_epi16(a, b); }
LN_INLINE bool vh_any_least(vh v) { return _mm512_cmpeq_epi16_mask(v, vh_set(INT16_MIN)) != 0; }
LN_INLINE vh vh_pack(vi a, vi b) { return _mm512_packs_epi32(a, b); }
LN_INLINE void vh_store2_s8(int8_t *p, vh a, vh b)
{
    _mm512_storeu_si512(p, vi_in_turn(_mm512_packs_epi16(a, b)));
}
LN_INLINE void vh_store2_u8(uint8_t *p, vh a, vh b)
{
    _mm512_storeu_si512(p, vi_in_turn(_mm512_packus_epi16(a, b)));
}
LN_INLINE vf vf_load_f16(const uint16_t *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
LN_INLINE void vf_store_f16(uint16_t *p, vf v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}

/* ---- over the lanes ---- */

LN_INLINE float vf_sum(vf v) { return _mm512_reduce_add_ps(v); }
LN_INLINE float vf_hmax(vf v) { return _mm512_reduce_max_ps(v); }
LN_INLINE float vf_hmin(vf v) { return _mm512_reduce_min_ps(v); }
/* Halves of two vectors meet, then quarters of four, then pairs of eight, as those of one vector do
 * above, until what is left of v[i] is in lane (i % 4) * 4 + i / 4. */
#define HALVES_MEET(op, a, b) \
    op(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee))
#define QUARTERS_MEET(op, a, b) \
    op(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd))
#define OVER_LANES(name, op)                                                                  \
    LN_INLINE void name(float *to, const vf *v)                                               \
    {                                                                                         \
        const vf ab = HALVES_MEET(op, v[0], v[1]), cd = HALVES_MEET(op, v[2], v[3]);          \
        const vf ef = HALVES_MEET(op, v[4], v[5]), gh = HALVES_MEET(op, v[6], v[7]);          \
        const vf low = QUARTERS_MEET(op, ab, cd), high = QUARTERS_MEET(op, ef, gh);           \
        const vf pairs = op(_mm512_unpacklo_ps(low, high), _mm512_unpackhi_ps(low, high));    \
        const vf all = op(pairs, _mm512_permute_ps(pairs, 0x4e));                             \
        const vi order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0); \
        _mm256_storeu_ps(to, _mm512_castps512_ps256(_mm512_permutexvar_ps(order, all)));      \
    }
OVER_LANES(vf_sum_8, _mm512_add_ps)
OVER_LANES(vf_hmax_8, _mm512_max_ps)
OVER_LANES(vf_hmin_8, _mm512_min_ps)
#undef OVER_LANES
#undef QUARTERS_MEET
#undef HALVES_MEET
LN_INLINE int32_t vi_sum(vi v) { return _mm512_reduce_add_epi32(v); }

/* ---- the first n < VF items ---- */

LN_INLINE vm vm_first(size_t n) { return (vm)((1u << n) - 1); }
LN_INLINE vf vf_load_n(const float *p, size_t n) { return _mm512_maskz_loadu_ps(vm_first(n), p); }
LN_INLINE void vf_store_n(float *p, vf v, size_t n) { _mm512_mask_storeu_ps(p, vm_first(n), v); }
LN_INLINE vi vi_load_n(const int32_t *p, size_t n)
{
    return _mm512_maskz_loadu_epi32(vm_first(n), p);
}
LN_INLINE void vi_store_n(int32_t *p, vi v, size_t n)
{
    _mm512_mask_storeu_epi32(p, vm_first(n), v);
}

/* ---- bytes ---- */

typedef __m512i vb;
enum { VB = 64 };

LN_INLINE vb vb_set(uint8_t x) { return _mm512_set1_epi8((char)x); }
LN_INLINE vb vb_load(const uint8_t *p) { return _mm512_loadu_si512(p); }
LN_INLINE void vb_store(uint8_t *p, vb v) { _mm512_storeu_si512(p, v); }
LN_INLINE vb vb_max(vb a, vb b) { return _mm512_max_epu8(a, b); }
LN_INLINE vb vb_min(vb a, vb b) { return _mm512_min_epu8(a, b); }
LN_INLINE vb vb_and(vb a, vb b) { return _mm512_and_si512(a, b); }
LN_INLINE vb vb_xor(vb a, vb b) { return _mm512_xor_si512(a, b); }
LN_INLINE size_t vb_first(vb v, uint8_t x)
{
    const __mmask64 m = _mm512_cmpeq_epi8_mask(v, vb_set(x));
    return m == 0 ? VB : (size_t)__builtin_ctzll(m);
}
LN_INLINE uint8_t vb_hmax(vb v)
{
    /* the least of 255 - x: of pairs, then of the eight 16-bit items that these leave */
    const __m256i h = _mm256_max_epu8(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    const __m128i x = _mm_max_epu8(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
    const __m128i rest = _mm_xor_si128(x, _mm_set1_epi8(-1));
    const __m128i pairs = _mm_min_epu8(rest, _mm_srli_epi16(rest, 8));
    return (uint8_t)(255 - _mm_cvtsi128_si32(_mm_minpos_epu16(pairs)));
}
/* Where the first of the largest is: the least of 255 - x above and its place below, in 16 bits. */
LN_INLINE size_t vb_first_max(vb v)
{
    const vb rest = vb_xor(v, vb_set(255)), lane = _mm512_set_epi8(
        63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42,
        41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20,
        19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i h = _mm512_min_epu16(_mm512_unpacklo_epi8(lane, rest),
                                       _mm512_unpackhi_epi8(lane, rest));
    const __m256i q = _mm256_min_epu16(_mm512_castsi512_si256(h), _mm512_extracti64x4_epi64(h, 1));
    const __m128i x = _mm_min_epu16(_mm256_castsi256_si128(q), _mm256_extracti128_si256(q, 1));
    return (size_t)_mm_cvtsi128_si32(_mm_minpos_epu16(x)) & 255;
}

#include "kernels/simd/narrow_tail.h"

#endif
