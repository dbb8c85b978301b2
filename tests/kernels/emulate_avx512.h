/* SPDX-License-Identifier: Apache-2.0 */
/* emulate_avx512.h: AVX-512, AVX-VNNI and AMX intrinsics in terms of weaker ones, for testing
 * kernels on processors that lack them; included before everything else (-include).  SIMDe has
 * most; what SIMDe 0.7 does not have is put together here out of 256-bit halves, or lane by
 * lane. */
#ifndef TESTS_KERNELS_EMULATE_AVX512_H
#define TESTS_KERNELS_EMULATE_AVX512_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

/* ---- halves ---- */

static inline __m512i emu_join(__m256i low, __m256i high)
{
    __m512i v;
    memcpy(&v, &low, 32);
    memcpy((char *)&v + 32, &high, 32);
    return v;
}
static inline __m256i emu_half(const void *v, int high)
{
    __m256i h;
    memcpy(&h, (const char *)v + 32 * high, 32);
    return h;
}
#define EMU_2(name, half)                                                            \
    static inline __m512i emu_##name(__m512i a, __m512i b)                           \
    {                                                                                \
        return emu_join(half(emu_half(&a, 0), emu_half(&b, 0)),                      \
                        half(emu_half(&a, 1), emu_half(&b, 1)));                     \
    }
#define EMU_SHIFT(name, half)                                                        \
    static inline __m512i emu_##name(__m512i a, int n)                               \
    {                                                                                \
        return emu_join(half(emu_half(&a, 0), n), half(emu_half(&a, 1), n));         \
    }
/* From 16 narrow items. */
#define EMU_WIDEN(name, type, item)                                                  \
    static inline __m512i emu_##name(type a)                                         \
    {                                                                                \
        item from[16];                                                               \
        int32_t to[16];                                                              \
        __m512i v;                                                                   \
        memcpy(from, &a, sizeof from);                                               \
        for (int i = 0; i < 16; i++)                                                 \
            to[i] = from[i];                                                         \
        memcpy(&v, to, sizeof v);                                                    \
        return v;                                                                    \
    }
static inline __m512i emu_srav_epi64(__m512i a, __m512i n)
{
    int64_t v[8], by[8];
    memcpy(v, &a, sizeof v);
    memcpy(by, &n, sizeof by);
    for (int i = 0; i < 8; i++)
        v[i] >>= by[i];
    memcpy(&a, v, sizeof a);
    return a;
}
static inline __mmask32 emu_cmpeq_epi16_mask(__m512i a, __m512i b)
{
    int16_t u[32], v[32];
    __mmask32 mask = 0;
    memcpy(u, &a, sizeof u);
    memcpy(v, &b, sizeof v);
    for (int i = 0; i < 32; i++)
        mask |= (__mmask32)(u[i] == v[i]) << i;
    return mask;
}
/* Quarters of a, then of b. */
static inline __m512 emu_shuffle_f32x4(__m512 a, __m512 b, int which)
{
    __m512 v;
    for (int i = 0; i < 4; i++, which >>= 2)
        memcpy((char *)&v + 16 * i, (const char *)(i < 2 ? &a : &b) + 16 * (which & 3), 16);
    return v;
}
static inline __m512 emu_permute_ps(__m512 a, int which)
{
    float u[16], v[16];
    memcpy(u, &a, sizeof u);
    for (int i = 0; i < 16; i++)
        v[i] = u[i / 4 * 4 + (which >> i % 4 * 2 & 3)];
    memcpy(&a, v, sizeof a);
    return a;
}
EMU_2(srav_epi32, _mm256_srav_epi32)
EMU_2(madd_epi16, _mm256_madd_epi16)
EMU_2(mulhi_epu16, _mm256_mulhi_epu16)
EMU_SHIFT(srai_epi32, _mm256_srai_epi32)
EMU_WIDEN(cvtepi8_epi32, __m128i, int8_t)
EMU_WIDEN(cvtepu8_epi32, __m128i, uint8_t)
EMU_WIDEN(cvtepi16_epi32, __m256i, int16_t)
#define _mm512_srav_epi64 emu_srav_epi64
#define _mm512_cmpeq_epi16_mask emu_cmpeq_epi16_mask
#undef _mm512_shuffle_f32x4
#define _mm512_shuffle_f32x4 emu_shuffle_f32x4
#undef _mm512_permute_ps
#define _mm512_permute_ps emu_permute_ps
/* SIMDe takes the arguments of the masked form. */
#undef _mm512_madd_epi16
#define _mm512_madd_epi16 emu_madd_epi16
#undef _mm512_mulhi_epu16
#define _mm512_mulhi_epu16 emu_mulhi_epu16
#define _mm512_srav_epi32 emu_srav_epi32
#define _mm512_srai_epi32 emu_srai_epi32
#define _mm512_cvtepi8_epi32 emu_cvtepi8_epi32
#define _mm512_cvtepu8_epi32 emu_cvtepu8_epi32
#define _mm512_cvtepi16_epi32 emu_cvtepi16_epi32

/* ---- AVX-VNNI ---- */

#define _mm256_dpbusd_avx_epi32 simde_mm256_dpbusd_epi32
#define _mm256_dpwssd_avx_epi32 simde_mm256_dpwssd_epi32

/* ---- bfloat16 ---- */

/* As the processor: rounded to nearest, denormals are zeros, NaN is quiet. */
static inline __m256bh emu_cvtneps_pbh(__m512 a)
{
    uint32_t from[16];
    uint16_t to[16];
    __m256bh v;
    memcpy(from, &a, sizeof from);
    for (int i = 0; i < 16; i++) {
        const uint32_t u = from[i], size = u & 0x7FFFFFFF;
        to[i] = (uint16_t)((u + 0x7FFF + (u >> 16 & 1)) >> 16);
        if (size > 0x7F800000)
            to[i] = (uint16_t)(u >> 16 | 0x40);
        else if (size < 0x00800000)
            to[i] = (uint16_t)(u >> 16 & 0x8000);
    }
    memcpy(&v, to, sizeof v);
    return v;
}
static inline __m512bh emu_cvtne2ps_pbh(__m512 high, __m512 low)
{
    const __m256bh half[2] = {emu_cvtneps_pbh(low), emu_cvtneps_pbh(high)};
    __m512bh v;
    memcpy(&v, half, sizeof v);
    return v;
}
static inline void emu_mask256_storeu_epi16(void *to, __mmask16 some, __m256i a)
{
    for (int i = 0; i < 16; i++)
        if (some >> i & 1)
            memcpy((char *)to + 2 * i, (const char *)&a + 2 * i, 2);
}
#undef _mm512_cvtneps_pbh
#define _mm512_cvtneps_pbh emu_cvtneps_pbh
#undef _mm512_cvtne2ps_pbh
#define _mm512_cvtne2ps_pbh emu_cvtne2ps_pbh
#undef _mm256_mask_storeu_epi16
#define _mm256_mask_storeu_epi16 emu_mask256_storeu_epi16

/* ---- floats ---- */

static inline __m512 emu_join_ps(__m256 low, __m256 high)
{
    __m512 v;
    memcpy(&v, &low, 32);
    memcpy((char *)&v + 32, &high, 32);
    return v;
}
static inline __m256 emu_half_ps(const void *v, int high)
{
    return _mm256_castsi256_ps(emu_half(v, high));
}
static inline __m512 emu_cvtepi32_ps(__m512i a)
{
    return emu_join_ps(_mm256_cvtepi32_ps(emu_half(&a, 0)), _mm256_cvtepi32_ps(emu_half(&a, 1)));
}
static inline __m512i emu_cvtps_epi32(__m512 a)
{
    return emu_join(_mm256_cvtps_epi32(emu_half_ps(&a, 0)), _mm256_cvtps_epi32(emu_half_ps(&a, 1)));
}
static inline __m512i emu_cvttps_epi32(__m512 a)
{
    return emu_join(_mm256_cvttps_epi32(emu_half_ps(&a, 0)),
                    _mm256_cvttps_epi32(emu_half_ps(&a, 1)));
}
static inline __m512 emu_cvtph_ps(__m256i h)
{
    return emu_join_ps(_mm256_cvtph_ps(_mm256_castsi256_si128(h)),
                       _mm256_cvtph_ps(_mm256_extracti128_si256(h, 1)));
}
static inline __m256i emu_cvtps_ph(__m512 a, int rounding)
{
    (void)rounding; /* always to nearest */
    return _mm256_set_m128i(_mm256_cvtps_ph(emu_half_ps(&a, 1), _MM_FROUND_TO_NEAREST_INT),
                            _mm256_cvtps_ph(emu_half_ps(&a, 0), _MM_FROUND_TO_NEAREST_INT));
}
#define _mm512_cvtepi32_ps emu_cvtepi32_ps
#define _mm512_cvtps_epi32 emu_cvtps_epi32
#define _mm512_cvttps_epi32 emu_cvttps_epi32
#define _mm512_cvtph_ps emu_cvtph_ps
#define _mm512_cvtps_ph emu_cvtps_ph

static inline __m512d emu_cvtepi32_pd(__m256i a)
{
    const __m256d l = _mm256_cvtepi32_pd(_mm256_castsi256_si128(a));
    const __m256d h = _mm256_cvtepi32_pd(_mm256_extracti128_si256(a, 1));
    __m512d v;
    memcpy(&v, &l, 32);
    memcpy((char *)&v + 32, &h, 32);
    return v;
}
static inline __m256i emu_cvttpd_epi32(__m512d a)
{
    __m256d l, h;
    memcpy(&l, &a, 32);
    memcpy(&h, (const char *)&a + 32, 32);
    return _mm256_set_m128i(_mm256_cvttpd_epi32(h), _mm256_cvttpd_epi32(l));
}
#define _mm512_cvtepi32_pd emu_cvtepi32_pd
#define _mm512_cvttpd_epi32 emu_cvttpd_epi32

/* SIMDe's rounds up to quarters. */
#undef _mm512_roundscale_ps
#define _mm512_roundscale_ps(a, how)                                                 \
    emu_join_ps(_mm256_round_ps(emu_half_ps(&(a), 0), how),                          \
                _mm256_round_ps(emu_half_ps(&(a), 1), how))

/* ---- narrowing ---- */

#define EMU_NARROW(name, type, from_item, item, min, max)                            \
    static inline type emu_##name(__m512i a)                                         \
    {                                                                                \
        from_item from[16];                                                          \
        item to[16];                                                                 \
        type v;                                                                      \
        memcpy(from, &a, sizeof from);                                               \
        for (int i = 0; i < 16; i++)                                                 \
            to[i] = (item)(from[i] < (min) ? (min) : from[i] > (max) ? (max) : from[i]); \
        memcpy(&v, to, sizeof v);                                                    \
        return v;                                                                    \
    }
EMU_NARROW(cvtusepi32_epi8, __m128i, uint32_t, uint8_t, 0u, 255u)
EMU_NARROW(cvtsepi32_epi8, __m128i, int32_t, int8_t, -128, 127)
EMU_NARROW(cvtsepi32_epi16, __m256i, int32_t, int16_t, -32768, 32767)
#undef _mm512_cvtsepi32_epi8
#undef _mm512_cvtsepi32_epi16
#define _mm512_cvtusepi32_epi8 emu_cvtusepi32_epi8
#define _mm512_cvtsepi32_epi8 emu_cvtsepi32_epi8
#define _mm512_cvtsepi32_epi16 emu_cvtsepi32_epi16

/* ---- the lanes of a mask ---- */

static inline __m512i emu_maskz_loadu(__mmask16 m, const void *p)
{
    int32_t v[16] = {0};
    __m512i x;
    for (int i = 0; i < 16; i++)
        if (m >> i & 1)
            memcpy(&v[i], (const char *)p + 4 * i, 4);
    memcpy(&x, v, sizeof x);
    return x;
}
static inline void emu_mask_storeu(void *p, __mmask16 m, __m512i x)
{
    for (int i = 0; i < 16; i++)
        if (m >> i & 1)
            memcpy((char *)p + 4 * i, (const char *)&x + 4 * i, 4);
}
static inline __m512i emu_maskz_loadu_epi8(__mmask64 m, const void *p)
{
    uint8_t v[64] = {0};
    __m512i to;
    for (int i = 0; i < 64; i++)
        if (m >> i & 1)
            v[i] = ((const uint8_t *)p)[i];
    memcpy(&to, v, sizeof to);
    return to;
}
static inline __m512i emu_mask_loadu_epi16(__m512i x, __mmask32 m, const void *p)
{
    for (int i = 0; i < 32; i++)
        if (m >> i & 1)
            memcpy((char *)&x + 2 * i, (const char *)p + 2 * i, 2);
    return x;
}
static inline __m512i emu_maskz_loadu_epi16(__mmask32 m, const void *p)
{
    return emu_mask_loadu_epi16(_mm512_setzero_si512(), m, p);
}
static inline void emu_mask_storeu_epi16(void *p, __mmask32 m, __m512i x)
{
    for (int i = 0; i < 32; i++)
        if (m >> i & 1)
            memcpy((char *)p + 2 * i, (const char *)&x + 2 * i, 2);
}
#undef _mm512_mask_loadu_epi16
#undef _mm512_maskz_loadu_epi16
#undef _mm512_mask_storeu_epi16
static inline void emu_mask_storeu_epi8(void *p, __mmask16 m, __m128i x)
{
    uint8_t v[16];
    memcpy(v, &x, sizeof v);
    for (int i = 0; i < 16; i++)
        if (m >> i & 1)
            ((uint8_t *)p)[i] = v[i];
}
static inline void emu_mask_storeu_epi8_512(void *p, __mmask64 m, __m512i x)
{
    uint8_t v[64];
    memcpy(v, &x, sizeof v);
    for (int i = 0; i < 64; i++)
        if (m >> i & 1)
            ((uint8_t *)p)[i] = v[i];
}
#undef _mm512_mask_storeu_epi8
#define _mm512_mask_storeu_epi8 emu_mask_storeu_epi8_512
#define _mm512_extracti64x2_epi64(a, i) _mm512_extracti32x4_epi32(a, i)
#undef _mm_mask_storeu_epi8
#define _mm_mask_storeu_epi8 emu_mask_storeu_epi8
#define _mm512_maskz_loadu_epi8 emu_maskz_loadu_epi8
#define _mm512_mask_loadu_epi16 emu_mask_loadu_epi16
#define _mm512_maskz_loadu_epi16 emu_maskz_loadu_epi16
#define _mm512_mask_storeu_epi16 emu_mask_storeu_epi16
#define _mm512_maskz_loadu_epi32 emu_maskz_loadu
#define _mm512_mask_storeu_epi32 emu_mask_storeu
#define _mm512_maskz_loadu_ps(m, p) _mm512_castsi512_ps(emu_maskz_loadu(m, p))
#define _mm512_mask_storeu_ps(p, m, x) emu_mask_storeu(p, m, _mm512_castps_si512(x))

/* ---- over the lanes ---- */

#define EMU_REDUCE(name, vector, item, expr)                                         \
    static inline item emu_##name(vector x)                                          \
    {                                                                                \
        item v[16], r;                                                               \
        memcpy(v, &x, sizeof v);                                                     \
        r = v[0];                                                                    \
        for (int i = 1; i < 16; i++)                                                 \
            r = (expr);                                                              \
        return r;                                                                    \
    }
EMU_REDUCE(reduce_add_ps, __m512, float, r + v[i])
EMU_REDUCE(reduce_max_ps, __m512, float, v[i] > r ? v[i] : r)
EMU_REDUCE(reduce_min_ps, __m512, float, v[i] < r ? v[i] : r)
EMU_REDUCE(reduce_add_epi32, __m512i, int32_t, (int32_t)((uint32_t)r + (uint32_t)v[i]))
#define _mm512_reduce_add_ps emu_reduce_add_ps
#define _mm512_reduce_max_ps emu_reduce_max_ps
#define _mm512_reduce_min_ps emu_reduce_min_ps
#define _mm512_reduce_add_epi32 emu_reduce_add_epi32

#include "emulate_amx.h"

#endif
