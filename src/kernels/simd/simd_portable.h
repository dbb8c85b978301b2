/* SPDX-License-Identifier: Apache-2.0 */
/* simd_portable.h: 4 lanes of the compiler's own vectors, which become SSE2, NEON or SIMD128 where
 * the baseline has them and plain code elsewhere; the rules are in simd.h. */
#ifndef LN_KERNELS_SIMD_SIMD_PORTABLE_H
#define LN_KERNELS_SIMD_SIMD_PORTABLE_H

#include <math.h>
#include <string.h>

#include "base/compiler.h"
#include "base/half.h"

typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef int16_t vh __attribute__((vector_size(16)));
typedef uint32_t vu_ __attribute__((vector_size(16)));
typedef vi vm; /* lanes of -1 or 0 */
enum { VF = 4 };

/* What the compiler's vectors have no operator for, lane by lane. */
#define LANES(vector, expr) ((vector){expr(0), expr(1), expr(2), expr(3)})

/* ---- floats ---- */

LN_INLINE vf vf_set(float x) { return (vf){x, x, x, x}; }
LN_INLINE vi vi_set(int32_t x) { return (vi){x, x, x, x}; }
LN_INLINE vi vi_bits(vf v) { return (vi)v; }
LN_INLINE vf vf_bits(vi v) { return (vf)v; }
LN_INLINE vf vf_load(const float *p)
{
    vf v;
    memcpy(&v, p, sizeof v);
    return v;
}
LN_INLINE void vf_store(float *p, vf v) { memcpy(p, &v, sizeof v); }
LN_INLINE vf vf_add(vf a, vf b) { return a + b; }
LN_INLINE vf vf_sub(vf a, vf b) { return a - b; }
LN_INLINE vf vf_mul(vf a, vf b) { return a * b; }
LN_INLINE vf vf_div(vf a, vf b) { return a / b; }
LN_INLINE vf vf_fma(vf a, vf b, vf c) { return a * b + c; }
LN_INLINE vm vf_lt(vf a, vf b) { return a < b; }
LN_INLINE vm vf_le(vf a, vf b) { return a <= b; }
LN_INLINE vm vf_eq(vf a, vf b) { return a == b; }
LN_INLINE vm vi_gt(vi a, vi b) { return a > b; }
LN_INLINE vm vi_eq(vi a, vi b) { return a == b; }
LN_INLINE vm vi_meet(vm m, vi a, vi b) { return m & ((a & b) != 0); }
LN_INLINE vm vm_and(vm a, vm b) { return a & b; }
LN_INLINE vm vm_or(vm a, vm b) { return a | b; }
LN_INLINE vm vm_not(vm a) { return ~a; }
LN_INLINE bool vm_any(vm a) { return (a[0] | a[1] | a[2] | a[3]) != 0; }
LN_INLINE vi vi_select(vm m, vi a, vi b) { return (m & a) | (~m & b); }
LN_INLINE vf vf_select(vm m, vf a, vf b) { return (vf)vi_select(m, (vi)a, (vi)b); }
LN_INLINE vf vf_min(vf a, vf b) { return vf_select(a < b, a, b); }
LN_INLINE vf vf_max(vf a, vf b) { return vf_select(a > b, a, b); }
LN_INLINE vf vf_abs(vf a) { return (vf)((vi)a & vi_set(INT32_MAX)); }
LN_INLINE vf vf_neg(vf a) { return -a; }
LN_INLINE vf vf_sqrt(vf a)
{
#define LANE(i) sqrtf(a[i])
    return LANES(vf, LANE);
#undef LANE
}
LN_INLINE vf vf_floor(vf a)
{
#define LANE(i) floorf(a[i])
    return LANES(vf, LANE);
#undef LANE
}
LN_INLINE vf vf_ceil(vf a)
{
#define LANE(i) ceilf(a[i])
    return LANES(vf, LANE);
#undef LANE
}
LN_INLINE vf vf_truncate(vf a)
{
#define LANE(i) truncf(a[i])
    return LANES(vf, LANE);
#undef LANE
}
LN_INLINE vf vf_copysign(vf a, vf b) { return (vf)((vi)a | ((vi)b & vi_set(INT32_MIN))); }
/* Adding and taking off 2^23 leaves no room for a fraction. */
LN_INLINE vf vf_round(vf a)
{
    const vf big = vf_set(8388608.0f), size = vf_abs(a);
    const vi sign = (vi)a & vi_set(INT32_MIN);
    const vf rounded = (vf)((vi)((size + big) - big) | sign);
    return vf_select(size < big, rounded, a);
}

/* ---- int32 ---- */

LN_INLINE vi vi_load(const int32_t *p)
{
    vi v;
    memcpy(&v, p, sizeof v);
    return v;
}
LN_INLINE void vi_store(int32_t *p, vi v) { memcpy(p, &v, sizeof v); }
LN_INLINE vi vi_add(vi a, vi b) { return (vi)((vu_)a + (vu_)b); }
LN_INLINE vi vi_sub(vi a, vi b) { return (vi)((vu_)a - (vu_)b); }
LN_INLINE vi vi_mul(vi a, vi b) { return (vi)((vu_)a * (vu_)b); }
LN_INLINE vi vi_min(vi a, vi b) { return vi_select(a < b, a, b); }
LN_INLINE vi vi_max(vi a, vi b) { return vi_select(a > b, a, b); }
LN_INLINE vi vi_and(vi a, vi b) { return a & b; }
LN_INLINE vi vi_or(vi a, vi b) { return a | b; }
LN_INLINE vi vi_xor(vi a, vi b) { return a ^ b; }
#define vi_shl(a, n) ((vi)((vu_)(a) << (n)))
#define vi_shr(a, n) ((a) >> (n))
LN_INLINE vi vi_shlv(vi a, vi n) { return (vi)((vu_)a << (vu_)n); }
LN_INLINE vi vi_shrv(vi a, vi n) { return a >> n; }
LN_INLINE vi vi_mulhi(vi a, vi b)
{
#define LANE(i) ((int32_t)(((int64_t)a[i] * b[i] + (1 << 30)) >> 31))
    return LANES(vi, LANE);
#undef LANE
}
LN_INLINE vi vi_mul_shift(vi a, vi b, vi n)
{
#define LANE(i) ((int32_t)(((int64_t)a[i] * b[i] + ((int64_t)1 << (n[i] - 1))) >> n[i]))
    return LANES(vi, LANE);
#undef LANE
}

LN_INLINE vi vi_mul15_shift(vi a, vi b, vi n) { return vi_mul_shift(a, b, n); }

/* ---- between them ---- */

LN_INLINE vf vf_from_vi(vi v) { return __builtin_convertvector(v, vf); }
LN_INLINE vi vi_trunc(vf v)
{
    const vm fits = (v >= vf_set(-2147483648.0f)) & (v < vf_set(2147483648.0f));
    const vi whole = __builtin_convertvector((vf)(fits & (vi)v), vi);
    return vi_select(fits, whole, vi_set(INT32_MIN));
}
LN_INLINE vi vi_round(vf v) { return vi_trunc(vf_round(v)); }
/* In two steps, of which the first cannot round. */
LN_INLINE vf vf_scale(vf v, vf n)
{
    const vi all = __builtin_convertvector(n, vi), half = vi_shr(all, 1), bias = vi_set(127);
    const vf a = vf_bits(vi_shl(vi_add(half, bias), 23));
    const vf b = vf_bits(vi_shl(vi_add(vi_sub(all, half), bias), 23));
    return vf_mul(vf_mul(v, a), b);
}

LN_INLINE vi vi_scale_real(vi v, const double *by)
{
    vi to = vi_set(0);
    for (int i = 0; i < VF; i++) {
        const double x = round((double)v[i] * by[i]);
        to[i] = x <= INT32_MIN ? INT32_MIN : x >= INT32_MAX ? INT32_MAX : (int32_t)x;
    }
    return to;
}

/* ---- other widths ---- */

#define LOAD(name, type)                           \
    LN_INLINE vi name(const type *p)               \
    {                                              \
        return (vi){p[0], p[1], p[2], p[3]};       \
    }
#define STORE(name, type, min, max)                                        \
    LN_INLINE void name(type *p, vi v)                                     \
    {                                                                      \
        v = vi_max(vi_min(v, vi_set(max)), vi_set(min));                   \
        for (int i = 0; i < VF; i++)                                       \
            p[i] = (type)v[i];                                             \
    }
LOAD(vi_load_s8, int8_t)
LOAD(vi_load_u8, uint8_t)
LOAD(vi_load_s16, int16_t)
STORE(vi_store_s8, int8_t, INT8_MIN, INT8_MAX)
STORE(vi_store_u8, uint8_t, 0, UINT8_MAX)
STORE(vi_store_s16, int16_t, INT16_MIN, INT16_MAX)
#undef LOAD
#undef STORE
LN_INLINE vh vh_set(int16_t x) { return (vh){x, x, x, x, x, x, x, x}; }
LN_INLINE vh vh_select(vh m, vh a, vh b) { return (m & a) | (~m & b); }
LN_INLINE vh vh_min(vh a, vh b) { return vh_select(a < b, a, b); }
LN_INLINE vh vh_max(vh a, vh b) { return vh_select(a > b, a, b); }
LN_INLINE vh vh_pack(vi a, vi b)
{
    int16_t to[2 * VF];
    vh v;
    vi_store_s16(to, a);
    vi_store_s16(to + VF, b);
    memcpy(&v, to, sizeof v);
    return v;
}
LN_INLINE vh vh_add(vh a, vh b)
{
    for (int i = 0; i < 2 * VF; i++)
        a[i] = (int16_t)LN_MAX(LN_MIN(a[i] + b[i], INT16_MAX), INT16_MIN);
    return a;
}
LN_INLINE bool vh_any_least(vh v)
{
    bool any = false;
    for (int i = 0; i < 2 * VF; i++)
        any = any || v[i] == INT16_MIN;
    return any;
}
#define STORE2(name, type, min, max)                                       \
    LN_INLINE void name(type *p, vh a, vh b)                               \
    {                                                                      \
        a = vh_max(vh_min(a, vh_set(max)), vh_set(min));                   \
        b = vh_max(vh_min(b, vh_set(max)), vh_set(min));                   \
        for (int i = 0; i < 2 * VF; i++) {                                 \
            p[i] = (type)a[i];                                             \
            p[2 * VF + i] = (type)b[i];                                    \
        }                                                                  \
    }
STORE2(vh_store2_s8, int8_t, INT8_MIN, INT8_MAX)
STORE2(vh_store2_u8, uint8_t, 0, UINT8_MAX)
#undef STORE2
LN_INLINE vf vf_load_f16(const uint16_t *p)
{
    return (vf){ln_half_to_float(p[0]), ln_half_to_float(p[1]), ln_half_to_float(p[2]),
                ln_half_to_float(p[3])};
}
LN_INLINE void vf_store_f16(uint16_t *p, vf v)
{
    for (int i = 0; i < VF; i++)
        p[i] = ln_float_to_half(v[i]);
}

/* ---- over the lanes ---- */

LN_INLINE float vf_sum(vf v) { return (v[0] + v[2]) + (v[1] + v[3]); }
LN_INLINE float vf_hmax(vf v)
{
    const float a = v[0] > v[2] ? v[0] : v[2], b = v[1] > v[3] ? v[1] : v[3];
    return a > b ? a : b;
}
LN_INLINE float vf_hmin(vf v)
{
    const float a = v[0] < v[2] ? v[0] : v[2], b = v[1] < v[3] ? v[1] : v[3];
    return a < b ? a : b;
}
#include "kernels/simd/eight_by_one.h"
LN_INLINE int32_t vi_sum(vi v)
{
    const vu_ u = (vu_)v;
    return (int32_t)(u[0] + u[1] + u[2] + u[3]);
}

/* ---- the first n < VF items ---- */

#define TAIL(vector, type)                                               \
    LN_INLINE vector vector##_load_n(const type *p, size_t n)            \
    {                                                                    \
        vector v = {0, 0, 0, 0};                                         \
        memcpy(&v, p, n * sizeof *p);                                    \
        return v;                                                        \
    }                                                                    \
    LN_INLINE void vector##_store_n(type *p, vector v, size_t n)         \
    {                                                                    \
        memcpy(p, &v, n * sizeof *p);                                    \
    }
TAIL(vf, float)
TAIL(vi, int32_t)
#undef TAIL
#undef LANES

/* ---- bytes ---- */

typedef uint8_t vb __attribute__((vector_size(16)));
enum { VB = 16 };

LN_INLINE vb vb_set(uint8_t x) { return x - (vb){0}; }
LN_INLINE vb vb_load(const uint8_t *p)
{
    vb v;
    memcpy(&v, p, sizeof v);
    return v;
}
LN_INLINE void vb_store(uint8_t *p, vb v) { memcpy(p, &v, sizeof v); }
LN_INLINE vb vb_max(vb a, vb b)
{
    const vb above = (vb)(a > b);
    return (a & above) | (b & ~above);
}
LN_INLINE vb vb_min(vb a, vb b)
{
    const vb below = (vb)(a < b);
    return (a & below) | (b & ~below);
}
LN_INLINE vb vb_and(vb a, vb b) { return a & b; }
LN_INLINE vb vb_xor(vb a, vb b) { return a ^ b; }
LN_INLINE size_t vb_first(vb v, uint8_t x)
{
    size_t i = 0;
    while (i < VB && v[i] != x)
        i++;
    return i;
}
LN_INLINE uint8_t vb_hmax(vb v)
{
    uint8_t max = 0;
    for (int i = 0; i < VB; i++)
        max = v[i] > max ? v[i] : max;
    return max;
}
LN_INLINE size_t vb_first_max(vb v) { return vb_first(v, vb_hmax(v)); }

#include "kernels/simd/narrow_tail.h"

#endif
