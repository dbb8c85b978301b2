/* SPDX-License-Identifier: Apache-2.0 */
/* simd/: vectors of one width per instruction set, all with the same functions, so that a vector
 * kernel is written once.
 *
 *   vf   VF floats        vi   VF int32        vm   VF truth values        vb   VB = 4 VF uint8
 *   vh   2 VF int16, in sums of which vh_add saturates; vh_any_least: any lane is INT16_MIN
 *
 * Rules that all sets keep (each has the same results, lane by lane, but for vf_fma, which the
 * portable set rounds twice):
 *   vf_min(a, b) is a < b ? a : b, vf_max(a, b) is a > b ? a : b: the second where one is NaN
 *   comparisons with NaN are false; vf_round goes to even; vi arithmetic wraps around
 *   vf_copysign(a, b): the size of a, which is not negative, and the sign of b
 *   vf_scale(v, n): v times 2^n for whole n in [-250, 250], rounded once; vm_any: any lane is true
 *   vi_round(v), vi_trunc(v): INT32_MIN where the result does not fit, NaN included
 *   vi_shl, vi_shr (arithmetic) by a constant in [0, 31]; vi_shlv, vi_shrv: each lane by its own,
 *     likewise
 *   vi_meet(m, a, b): m, and that a & b is not 0
 *   vi_mulhi(a, b): the doubling high product (a b + 2^30) >> 31, wrapped; gemmlowp's
 *     SaturatingRoundingDoublingHighMul for all but INT32_MIN * INT32_MIN
 *   vi_mul_shift(a, b, n): (a b + 2^(n-1)) >> n, wrapped, for |a b| < 2^61 and 0 < n < 62
 *   *_load, *_store need no alignment; *_load_n, *_store_n touch the first n < VF items only, and
 *     loading sets the others to 0; vf_load_most, vf_store_most: likewise, VF of them where n is
 *     more
 *   vi_mul15_shift: the same for 0 <= b < 2^15 and 17 <= n <= 46
 *   vi_scale_real(v, by): v[i] by[i], VF doubles, rounded with halves away from zero, saturated
 *   vi_load_s8, _u8, _s16 widen VF items; vi_store_s8, _u8, _s16 narrow with saturation;
 *     vh_pack(a, b) narrows both to a vh with saturation, and vh_store2_s8, _u8 two of these: of
 *     four vectors as many bytes in their order, but what lies between may be in any
 *   vf_load_f16, vf_store_f16: IEEE half precision, rounded to even
 *   of 8 lanes and more, for a constant q: vf_repeat(p, q), the q floats at p, 2 or 4, over and
 *     over; vf_zip(v, q): the first lanes of q parts of v, then their second lanes, and so on
 *   vf_sum, vf_hmax, vf_hmin, vi_sum, vb_hmax: over the lanes, in any order
 *   vf_sum_8, vf_hmax_8, vf_hmin_8: the same of each of eight vectors
 *   vb_first(v, x): the first lane that is x; VB: none is; vb_first_max(v): that is vb_hmax(v)
 *
 * Only static functions here: an inline function with external linkage that was compiled for a
 * strong set might be the copy that the linker keeps for all. */
#ifndef LN_KERNELS_SIMD_SIMD_H
#define LN_KERNELS_SIMD_SIMD_H

#if defined(LN_SET_IS_avx512)
#include "kernels/simd/simd_avx512.h"
#elif defined(LN_SET_IS_avx2)
#include "kernels/simd/simd_avx2.h"
#elif defined(LN_SET_IS_neon)
#include "kernels/simd/simd_neon.h"
#else
#include "kernels/simd/simd_portable.h"
#endif

LN_INLINE vf vf_load_most(const float *p, size_t n)
{
    return n < VF ? vf_load_n(p, n) : vf_load(p);
}
LN_INLINE void vf_store_most(float *p, vf x, size_t n)
{
    if (n < VF)
        vf_store_n(p, x, n);
    else
        vf_store(p, x);
}

#endif
