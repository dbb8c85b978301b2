/* SPDX-License-Identifier: Apache-2.0 */
/* simd_neon.h: 4 lanes, what every AArch64 has; the rules are in simd.h. */
#ifndef LN_KERNELS_SIMD_SIMD_NEON_H
#define LN_KERNELS_SIMD_SIMD_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "base/compiler.h"

typedef float32x4_t vf;
typedef int32x4_t vi;
typedef int16x8_t vh;
typedef uint32x4_t vm;
enum { VF = 4 };

/* ---- truth values ---- */

LN_INLINE vm vf_lt(vf a, vf b) { return vcltq_f32(a, b); }
LN_INLINE vm vf_le(vf a, vf b) { return vcleq_f32(a, b); }
LN_INLINE vm vf_eq(vf a, vf b) { return vceqq_f32(a, b); }
LN_INLINE vm vi_gt(vi a, vi b) { return vcgtq_s32(a, b); }
LN_INLINE vm vi_eq(vi a, vi b) { return vceqq_s32(a, b); }
LN_INLINE vm vi_meet(vm m, vi a, vi b) { return vandq_u32(m, vtstq_s32(a, b)); }
LN_INLINE vm vm_and(vm a, vm b) { return vandq_u32(a, b); }
LN_INLINE vm vm_or(vm a, vm b) { return vorrq_u32(a, b); }
LN_INLINE vm vm_not(vm a) { return vmvnq_u32(a); }
LN_INLINE bool vm_any(vm a) { return vmaxvq_u32(a) != 0; }
LN_INLINE vf vf_select(vm m, vf a, vf b) { return vbslq_f32(m, a, b); }
LN_INLINE vi vi_select(vm m, vi a, vi b) { return vbslq_s32(m, a, b); }

/* ---- floats ---- */

LN_INLINE vf vf_set(float x) { return vdupq_n_f32(x); }
LN_INLINE vf vf_load(const float *p) { return vld1q_f32(p); }
LN_INLINE void vf_store(float *p, vf v) { vst1q_f32(p, v); }
LN_INLINE vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
LN_INLINE vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
LN_INLINE vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
LN_INLINE vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
LN_INLINE vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
/* vminq_f32 would give NaN where one is NaN. */
LN_INLINE vf vf_min(vf a, vf b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
LN_INLINE vf vf_max(vf a, vf b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
LN_INLINE vf vf_sqrt(vf a) { return vsqrtq_f32(a); }
LN_INLINE vf vf_abs(vf a) { return vabsq_f32(a); }
LN_INLINE vf vf_neg(vf a) { return vnegq_f32(a); }
LN_INLINE vf vf_copysign(vf a, vf b) { return vbslq_f32(vdupq_n_u32(1u << 31), b, a); }
LN_INLINE vf vf_round(vf a) { return vrndnq_f32(a); }
LN_INLINE vf vf_floor(vf a) { return vrndmq_f32(a); }
LN_INLINE vf vf_ceil(vf a) { return vrndpq_f32(a); }
LN_INLINE vf vf_truncate(vf a) { return vrndq_f32(a); }

/* ---- int32 ---- */

LN_INLINE vi vi_set(int32_t x) { return vdupq_n_s32(x); }
LN_INLINE vi vi_load(const int32_t *p) { return vld1q_s32(p); }
LN_INLINE void vi_store(int32_t *p, vi v) { vst1q_s32(p, v); }
LN_INLINE vi vi_add(vi a, vi b) { return vaddq_s32(a, b); }
LN_INLINE vi vi_sub(vi a, vi b) { return vsubq_s32(a, b); }
LN_INLINE vi vi_mul(vi a, vi b) { return vmulq_s32(a, b); }
LN_INLINE vi vi_min(vi a, vi b) { return vminq_s32(a, b); }
LN_INLINE vi vi_max(vi a, vi b) { return vmaxq_s32(a, b); }
LN_INLINE vi vi_and(vi a, vi b) { return vandq_s32(a, b); }
LN_INLINE vi vi_or(vi a, vi b) { return vorrq_s32(a, b); }
LN_INLINE vi vi_xor(vi a, vi b) { return veorq_s32(a, b); }
LN_INLINE vi vi_shlv(vi a, vi n) { return vshlq_s32(a, n); }
LN_INLINE vi vi_shrv(vi a, vi n) { return vshlq_s32(a, vnegq_s32(n)); }
#define vi_shl(a, n) vshlq_s32(a, vdupq_n_s32(n))
#define vi_shr(a, n) vshlq_s32(a, vdupq_n_s32(-(n)))
/* vqrdmulhq_s32 saturates where both are INT32_MIN; here that wraps, as in the other sets. */
LN_INLINE vi vi_mulhi(vi a, vi b)
{
    const vi v = vqrdmulhq_s32(a, b), least = vdupq_n_s32(INT32_MIN);
    return vbslq_s32(vandq_u32(vceqq_s32(a, least), vceqq_s32(b, least)), least, v);
}
LN_INLINE vi vi_mul_shift(vi a, vi b, vi n)
{
    const vi back = vnegq_s32(n);
    return vcombine_s32(
        vmovn_s64(vrshlq_s64(vmull_s32(vget_low_s32(a), vget_low_s32(b)),
                             vmovl_s32(vget_low_s32(back)))),
        vmovn_s64(vrshlq_s64(vmull_high_s32(a, b), vmovl_high_s32(back))));
}

LN_INLINE vi vi_mul15_shift(vi a, vi b, vi n) { return vi_mul_shift(a, b, n); }

/* ---- between them ---- */

LN_INLINE vf vf_from_vi(vi v) { return vcvtq_f32_s32(v); }
LN_INLINE vi vi_bits(vf v) { return vreinterpretq_s32_f32(v); }
LN_INLINE vf vf_bits(vi v) { return vreinterpretq_f32_s32(v); }
/* The conversions saturate, and make 0 of NaN. */
LN_INLINE vi vi_checked(vf v, vi converted)
{
    const vm fits = vandq_u32(vcgeq_f32(v, vdupq_n_f32(-2147483648.0f)),
                              vcltq_f32(v, vdupq_n_f32(2147483648.0f)));
    return vbslq_s32(fits, converted, vdupq_n_s32(INT32_MIN));
}
LN_INLINE vi vi_round(vf v) { return vi_checked(v, vcvtnq_s32_f32(v)); }
LN_INLINE vi vi_trunc(vf v) { return vi_checked(v, vcvtq_s32_f32(v)); }
/* In two steps, of which the first cannot round. */
LN_INLINE vf vf_scale(vf v, vf n)
{
    const vi all = vcvtq_s32_f32(n), half = vi_shr(all, 1), bias = vi_set(127);
    const vf a = vf_bits(vi_shl(vi_add(half, bias), 23));
    const vf b = vf_bits(vi_shl(vi_add(vi_sub(all, half), bias), 23));
    return vf_mul(vf_mul(v, a), b);
}

LN_INLINE vi vi_scale_real(vi v, const double *by)
{
    const float64x2_t low = vcvtq_f64_s64(vmovl_s32(vget_low_s32(v)));
    const float64x2_t high = vcvtq_f64_s64(vmovl_high_s32(v));
    const int64x2_t a = vcvtaq_s64_f64(vmulq_f64(low, vld1q_f64(by)));
    const int64x2_t b = vcvtaq_s64_f64(vmulq_f64(high, vld1q_f64(by + 2)));
    return vqmovn_high_s64(vqmovn_s64(a), b);
}

/* ---- other widths ---- */

LN_INLINE vi vi_load_s16(const int16_t *p) { return vmovl_s16(vld1_s16(p)); }
/* In all places of a vector, which takes one instruction, and putting zeros behind them three. */
LN_INLINE uint32x2_t vi_four_bytes(const void *p)
{
    uint32_t four;
    memcpy(&four, p, 4);
    return vdup_n_u32(four);
}
LN_INLINE vi vi_load_s8(const int8_t *p)
{
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u32(vi_four_bytes(p)))));
}
LN_INLINE vi vi_load_u8(const uint8_t *p)
{
    const uint16x8_t x = vmovl_u8(vreinterpret_u8_u32(vi_four_bytes(p)));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(x)));
}
LN_INLINE void vi_store_s16(int16_t *p, vi v) { vst1_s16(p, vqmovn_s32(v)); }
LN_INLINE void vi_store_s8(int8_t *p, vi v)
{
    const int16x4_t h = vqmovn_s32(v);
    const int8x8_t b = vqmovn_s16(vcombine_s16(h, h));
    memcpy(p, &b, 4);
}
LN_INLINE void vi_store_u8(uint8_t *p, vi v)
{
    const int16x4_t h = vqmovn_s32(v);
    const uint8x8_t b = vqmovun_s16(vcombine_s16(h, h));
    memcpy(p, &b, 4);
}
LN_INLINE vh vh_set(int16_t x) { return vdupq_n_s16(x); }
LN_INLINE vh vh_add(vh a, vh b) { return vqaddq_s16(a, b); }
LN_INLINE vh vh_min(vh a, vh b) { return vminq_s16(a, b); }
LN_INLINE vh vh_max(vh a, vh b) { return vmaxq_s16(a, b); }
LN_INLINE bool vh_any_least(vh v) { return vminvq_s16(v) == INT16_MIN; }
LN_INLINE vh vh_pack(vi a, vi b) { return vcombine_s16(vqmovn_s32(a), vqmovn_s32(b)); }
LN_INLINE void vh_store2_s8(int8_t *p, vh a, vh b)
{
    vst1q_s8(p, vcombine_s8(vqmovn_s16(a), vqmovn_s16(b)));
}
LN_INLINE void vh_store2_u8(uint8_t *p, vh a, vh b)
{
    vst1q_u8(p, vcombine_u8(vqmovun_s16(a), vqmovun_s16(b)));
}
LN_INLINE vf vf_load_f16(const uint16_t *p)
{
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}
LN_INLINE void vf_store_f16(uint16_t *p, vf v)
{
    vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(v)));
}

/* ---- over the lanes ---- */

LN_INLINE float vf_sum(vf v) { return vaddvq_f32(v); }
LN_INLINE float vf_hmax(vf v) { return vmaxvq_f32(v); }
LN_INLINE float vf_hmin(vf v) { return vminvq_f32(v); }
#include "kernels/simd/eight_by_one.h"
LN_INLINE int32_t vi_sum(vi v) { return vaddvq_s32(v); }

/* ---- the first n < VF items ---- */

#define TAIL(vector, type)                                         \
    LN_INLINE vector vector##_load_n(const type *p, size_t n)            \
    {                                                                    \
        type buffer[VF] = {0};                                           \
        memcpy(buffer, p, n * sizeof *p);                                \
        return vector##_load(buffer);                                    \
    }                                                                    \
    LN_INLINE void vector##_store_n(type *p, vector v, size_t n)         \
    {                                                                    \
        type buffer[VF];                                                 \
        vector##_store(buffer, v);                                       \
        memcpy(p, buffer, n * sizeof *p);                                \
    }
TAIL(vf, float)
TAIL(vi, int32_t)
#undef TAIL

/* ---- bytes ---- */

typedef uint8x16_t vb;
enum { VB = 16 };

LN_INLINE vb vb_set(uint8_t x) { return vdupq_n_u8(x); }
LN_INLINE vb vb_load(const uint8_t *p) { return vld1q_u8(p); }
LN_INLINE void vb_store(uint8_t *p, vb v) { vst1q_u8(p, v); }
LN_INLINE vb vb_max(vb a, vb b) { return vmaxq_u8(a, b); }
LN_INLINE vb vb_min(vb a, vb b) { return vminq_u8(a, b); }
LN_INLINE vb vb_and(vb a, vb b) { return vandq_u8(a, b); }
LN_INLINE vb vb_xor(vb a, vb b) { return veorq_u8(a, b); }
/* Four bits of each lane. */
LN_INLINE size_t vb_first(vb v, uint8_t x)
{
    const uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(vceqq_u8(v, vb_set(x))), 4);
    const uint64_t m = vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
    return m == 0 ? VB : (size_t)__builtin_ctzll(m) / 4;
}
LN_INLINE uint8_t vb_hmax(vb v) { return vmaxvq_u8(v); }
LN_INLINE size_t vb_first_max(vb v) { return vb_first(v, vb_hmax(v)); }

#include "kernels/simd/narrow_tail.h"

#endif
