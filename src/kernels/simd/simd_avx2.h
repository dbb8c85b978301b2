/* SPDX-License-Identifier: Apache-2.0 */
/* simd_avx2.h: 8 lanes, AVX2 with FMA and F16C; the rules are in simd.h. */
#ifndef LN_KERNELS_SIMD_SIMD_AVX2_H
#define LN_KERNELS_SIMD_SIMD_AVX2_H

#include <immintrin.h>
#include <string.h>

#include "base/compiler.h"

typedef __m256 vf;
typedef __m256i vi;
typedef __m256i vh;
typedef __m256 vm; /* lanes of all ones or zeros */
enum { VF = 8 };

/* ---- floats ---- */

LN_INLINE vf vf_set(float x) { return _mm256_set1_ps(x); }
LN_INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
LN_INLINE void vf_store(float *p, vf v) { _mm256_storeu_ps(p, v); }
LN_INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
LN_INLINE vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
LN_INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
LN_INLINE vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
LN_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
LN_INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
LN_INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
LN_INLINE vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }
LN_INLINE vf vf_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
LN_INLINE vf vf_neg(vf a) { return _mm256_xor_ps(_mm256_set1_ps(-0.0f), a); }
LN_INLINE vf vf_copysign(vf a, vf b)
{
    return _mm256_or_ps(a, _mm256_and_ps(b, _mm256_set1_ps(-0.0f)));
}
LN_INLINE vf vf_round(vf a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
LN_INLINE vf vf_floor(vf a) { return _mm256_floor_ps(a); }
LN_INLINE vf vf_ceil(vf a) { return _mm256_ceil_ps(a); }
LN_INLINE vf vf_truncate(vf a)
{
    return _mm256_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

LN_INLINE vf vf_repeat(const float *p, int q)
{
    double two;
    if (q == 4)
        return _mm256_broadcast_ps((const __m128 *)(const void *)p);
    memcpy(&two, p, sizeof two);
    return _mm256_castpd_ps(_mm256_set1_pd(two));
}
LN_INLINE vf vf_zip(vf v, int q)
{
#define LANE(i) (i) % q * (8 / q) + (i) / q
    return _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(LANE(0), LANE(1), LANE(2), LANE(3),
                                                         LANE(4), LANE(5), LANE(6), LANE(7)));
#undef LANE
}

/* ---- truth values ---- */

LN_INLINE vm vf_lt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
LN_INLINE vm vf_le(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LE_OQ); }
LN_INLINE vm vf_eq(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
LN_INLINE vm vi_gt(vi a, vi b) { return _mm256_castsi256_ps(_mm256_cmpgt_epi32(a, b)); }
LN_INLINE vm vi_eq(vi a, vi b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)); }
LN_INLINE vm vi_meet(vm m, vi a, vi b)
{
    const vi none = _mm256_cmpeq_epi32(_mm256_and_si256(a, b), _mm256_setzero_si256());
    return _mm256_andnot_ps(_mm256_castsi256_ps(none), m);
}
LN_INLINE vm vm_and(vm a, vm b) { return _mm256_and_ps(a, b); }
LN_INLINE vm vm_or(vm a, vm b) { return _mm256_or_ps(a, b); }
LN_INLINE vm vm_not(vm a)
{
    return _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1)));
}
LN_INLINE bool vm_any(vm a) { return _mm256_movemask_ps(a) != 0; }
LN_INLINE vf vf_select(vm m, vf a, vf b) { return _mm256_blendv_ps(b, a, m); }
LN_INLINE vi vi_select(vm m, vi a, vi b)
{
    return _mm256_blendv_epi8(b, a, _mm256_castps_si256(m));
}

/* ---- int32 ---- */

LN_INLINE vi vi_set(int32_t x) { return _mm256_set1_epi32(x); }
LN_INLINE vi vi_load(const int32_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
LN_INLINE void vi_store(int32_t *p, vi v) { _mm256_storeu_si256((__m256i *)(void *)p, v); }
LN_INLINE vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
LN_INLINE vi vi_sub(vi a, vi b) { return _mm256_sub_epi32(a, b); }
LN_INLINE vi vi_mul(vi a, vi b) { return _mm256_mullo_epi32(a, b); }
LN_INLINE vi vi_min(vi a, vi b) { return _mm256_min_epi32(a, b); }
LN_INLINE vi vi_max(vi a, vi b) { return _mm256_max_epi32(a, b); }
LN_INLINE vi vi_and(vi a, vi b) { return _mm256_and_si256(a, b); }
LN_INLINE vi vi_or(vi a, vi b) { return _mm256_or_si256(a, b); }
LN_INLINE vi vi_xor(vi a, vi b) { return _mm256_xor_si256(a, b); }
#define vi_shl(a, n) _mm256_slli_epi32(a, n)
#define vi_shr(a, n) _mm256_srai_epi32(a, n)
LN_INLINE vi vi_shlv(vi a, vi n) { return _mm256_sllv_epi32(a, n); }
LN_INLINE vi vi_shrv(vi a, vi n) { return _mm256_srav_epi32(a, n); }
LN_INLINE vi vi_mulhi(vi a, vi b)
{
    const vi half = _mm256_set1_epi64x(1 << 30);
    const vi even = _mm256_add_epi64(_mm256_mul_epi32(a, b), half);
    const vi odd = _mm256_add_epi64(
        _mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), half);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}
/* 2^62 keeps the products positive, so that a shift without sign will do. */
LN_INLINE vi vi_mul_shift(vi a, vi b, vi n)
{
    const vi one = _mm256_set1_epi64x(1), large = _mm256_set1_epi64x((int64_t)1 << 62);
    const vi n0 = _mm256_blend_epi32(n, _mm256_setzero_si256(), 0xaa);
    const vi n1 = _mm256_srli_epi64(n, 32);
    const vi half0 = _mm256_or_si256(large, _mm256_srli_epi64(_mm256_sllv_epi64(one, n0), 1));
    const vi half1 = _mm256_or_si256(large, _mm256_srli_epi64(_mm256_sllv_epi64(one, n1), 1));
    const vi even = _mm256_add_epi64(_mm256_mul_epi32(a, b), half0);
    const vi odd = _mm256_add_epi64(
        _mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), half1);
    const vi sum = _mm256_blend_epi32(_mm256_srlv_epi64(even, n0),
                                      _mm256_slli_epi64(_mm256_srlv_epi64(odd, n1), 32), 0xaa);
    return _mm256_sub_epi32(
        sum, _mm256_sllv_epi32(_mm256_set1_epi32(1), _mm256_sub_epi32(_mm256_set1_epi32(62), n)));
}

/* With a = 2^16 high + low: (high b + (low b >> 16) + 2^(n - 17)) >> (n - 16), all in 32 bits. */
LN_INLINE vi vi_mul15_shift(vi a, vi b, vi n)
{
    const vi shift = vi_sub(n, vi_set(16)), half = vi_shlv(vi_set(1), vi_sub(n, vi_set(17)));
    const vi high = _mm256_madd_epi16(a, vi_shl(b, 16)), low = _mm256_mulhi_epu16(a, b);
    return vi_shrv(vi_add(vi_add(high, low), half), shift);
}

/* ---- between them ---- */

LN_INLINE vf vf_from_vi(vi v) { return _mm256_cvtepi32_ps(v); }
LN_INLINE vi vi_round(vf v) { return _mm256_cvtps_epi32(v); }
LN_INLINE vi vi_trunc(vf v) { return _mm256_cvttps_epi32(v); }
LN_INLINE vi vi_bits(vf v) { return _mm256_castps_si256(v); }
LN_INLINE vf vf_bits(vi v) { return _mm256_castsi256_ps(v); }
/* In two steps, of which the first cannot round. */
LN_INLINE vf vf_scale(vf v, vf n)
{
    const vi all = vi_round(n), half = vi_shr(all, 1), bias = vi_set(127);
    const vf a = vf_bits(vi_shl(vi_add(half, bias), 23));
    const vf b = vf_bits(vi_shl(vi_add(vi_sub(all, half), bias), 23));
    return vf_mul(vf_mul(v, a), b);
}

/* Half, less a bit: added, it makes no 1 of the number just below a half. */
LN_INLINE __m128i vi_scale_real4(__m128i v, const double *by)
{
    const __m256d sign = _mm256_set1_pd(-0.0), half = _mm256_set1_pd(0.49999999999999994);
    __m256d x = _mm256_mul_pd(_mm256_cvtepi32_pd(v), _mm256_loadu_pd(by));
    x = _mm256_add_pd(x, _mm256_or_pd(_mm256_and_pd(x, sign), half));
    x = _mm256_max_pd(_mm256_min_pd(x, _mm256_set1_pd(INT32_MAX)), _mm256_set1_pd(INT32_MIN));
    return _mm256_cvttpd_epi32(x);
}
LN_INLINE vi vi_scale_real(vi v, const double *by)
{
    const __m128i low = vi_scale_real4(_mm256_castsi256_si128(v), by);
    return _mm256_set_m128i(vi_scale_real4(_mm256_extracti128_si256(v, 1), by + 4), low);
}

/* ---- other widths ---- */

LN_INLINE vi vi_load_s8(const int8_t *p)
{
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}
LN_INLINE vi vi_load_u8(const uint8_t *p)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}
LN_INLINE vi vi_load_s16(const int16_t *p)
{
    return _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
}
LN_INLINE __m128i vi_pack_s16(vi v)
{
    return _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
}
LN_INLINE void vi_store_s8(int8_t *p, vi v)
{
    const __m128i h = vi_pack_s16(v);
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packs_epi16(h, h));
}
LN_INLINE void vi_store_u8(uint8_t *p, vi v)
{
    const __m128i h = vi_pack_s16(v);
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16(h, h));
}
LN_INLINE void vi_store_s16(int16_t *p, vi v)
{
    _mm_storeu_si128((__m128i *)(void *)p, vi_pack_s16(v));
}
LN_INLINE vh vh_set(int16_t x) { return _mm256_set1_epi16(x); }
LN_INLINE vh vh_add(vh a, vh b) { return _mm256_adds_epi16(a, b); }
LN_INLINE vh vh_min(vh a, vh b) { return _mm256_min_epi16(a, b); }
LN_INLINE vh vh_max(vh a, vh b) { return _mm256_max_epi16(a, b); }
LN_INLINE bool vh_any_least(vh v)
{
    return _mm256_movemask_epi8(_mm256_cmpeq_epi16(v, vh_set(INT16_MIN))) != 0;
}
LN_INLINE vh vh_pack(vi a, vi b) { return _mm256_packs_epi32(a, b); }
/* Packing works within halves: words of a, b, c, d come out in the order a0 b0 c0 d0 a1 ... */
LN_INLINE vi vi_in_turn(vi v)
{
    return _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}
LN_INLINE void vh_store2_s8(int8_t *p, vh a, vh b)
{
    _mm256_storeu_si256((__m256i *)(void *)p, vi_in_turn(_mm256_packs_epi16(a, b)));
}
LN_INLINE void vh_store2_u8(uint8_t *p, vh a, vh b)
{
    _mm256_storeu_si256((__m256i *)(void *)p, vi_in_turn(_mm256_packus_epi16(a, b)));
}
LN_INLINE vf vf_load_f16(const uint16_t *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}
LN_INLINE void vf_store_f16(uint16_t *p, vf v)
{
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}

/* ---- over the lanes ---- */

LN_INLINE float vf_sum(vf v)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
LN_INLINE float vf_hmax(vf v)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
LN_INLINE float vf_hmin(vf v)
{
    __m128 s = _mm_min_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_min_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_min_ss(s, _mm_shuffle_ps(s, s, 1)));
}
#include "kernels/simd/eight_by_one.h"
LN_INLINE int32_t vi_sum(vi v)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

/* ---- the first n < VF items ---- */

LN_INLINE vi vi_first(size_t n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
LN_INLINE vf vf_load_n(const float *p, size_t n) { return _mm256_maskload_ps(p, vi_first(n)); }
LN_INLINE void vf_store_n(float *p, vf v, size_t n) { _mm256_maskstore_ps(p, vi_first(n), v); }
LN_INLINE vi vi_load_n(const int32_t *p, size_t n) { return _mm256_maskload_epi32(p, vi_first(n)); }
LN_INLINE void vi_store_n(int32_t *p, vi v, size_t n)
{
    _mm256_maskstore_epi32(p, vi_first(n), v);
}

/* ---- bytes ---- */

typedef __m256i vb;
enum { VB = 32 };

LN_INLINE vb vb_set(uint8_t x) { return _mm256_set1_epi8((char)x); }
LN_INLINE vb vb_load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}
LN_INLINE void vb_store(uint8_t *p, vb v) { _mm256_storeu_si256((__m256i *)(void *)p, v); }
LN_INLINE vb vb_max(vb a, vb b) { return _mm256_max_epu8(a, b); }
LN_INLINE vb vb_min(vb a, vb b) { return _mm256_min_epu8(a, b); }
LN_INLINE vb vb_and(vb a, vb b) { return _mm256_and_si256(a, b); }
LN_INLINE vb vb_xor(vb a, vb b) { return _mm256_xor_si256(a, b); }
LN_INLINE size_t vb_first(vb v, uint8_t x)
{
    const int m = _mm256_movemask_epi8(_mm256_cmpeq_epi8(v, vb_set(x)));
    return m == 0 ? VB : (size_t)__builtin_ctz((unsigned)m);
}
LN_INLINE uint8_t vb_hmax(vb v)
{
    /* the least of 255 - x: of pairs, then of the eight 16-bit items that these leave */
    const __m128i x = _mm_max_epu8(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    const __m128i rest = _mm_xor_si128(x, _mm_set1_epi8(-1));
    const __m128i pairs = _mm_min_epu8(rest, _mm_srli_epi16(rest, 8));
    return (uint8_t)(255 - _mm_cvtsi128_si32(_mm_minpos_epu16(pairs)));
}
/* Where the first of the largest is: the least of 255 - x above and its place below, in 16 bits. */
LN_INLINE size_t vb_first_max(vb v)
{
    const vb rest = vb_xor(v, vb_set(255)), lane = _mm256_setr_epi8(
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,
        25, 26, 27, 28, 29, 30, 31);
    const __m256i h = _mm256_min_epu16(_mm256_unpacklo_epi8(lane, rest),
                                       _mm256_unpackhi_epi8(lane, rest));
    const __m128i x = _mm_min_epu16(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
    return (size_t)_mm_cvtsi128_si32(_mm_minpos_epu16(x)) & 255;
}

#include "kernels/simd/narrow_tail.h"

#endif
