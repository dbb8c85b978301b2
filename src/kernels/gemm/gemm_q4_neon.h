/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q4_neon.h: what kernels of int4 weights for NEON have in common; the contract is in
 * kernels/gemm_q4.h.  A vector holds four bytes of each of four columns. */
#ifndef LN_KERNELS_GEMM_Q4_NEON_H
#define LN_KERNELS_GEMM_Q4_NEON_H

#include <arm_neon.h>

#include "base/compiler.h"
#include "kernels/gemm_q4.h"

enum { LN_Q4_LANES = 4, LN_Q4_VECTORS = LN_Q4_COLUMNS / LN_Q4_LANES };
enum { LN_Q4_EIGHT = 4 * LN_Q4_COLUMNS }; /* bytes that hold eight weights of each column */

/* Adds what LN_Q4_RUN values of x by all columns give, weights being 0 to 15. */
typedef void (*ln_q4_add_run)(int32x4_t acc[LN_Q4_VECTORS], const uint8_t *w, const int8_t *x);

LN_INLINE int8x16_t ln_q4_lower(uint8x16_t bytes)
{
    return vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15)));
}

LN_INLINE int8x16_t ln_q4_upper(uint8x16_t bytes)
{
    return vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4));
}

/* NaN stays NaN. */
LN_INLINE float32x4_t ln_q4_clamp(float32x4_t v, float32x4_t min, float32x4_t max)
{
    v = vbslq_f32(vcltq_f32(v, min), min, v);
    return vbslq_f32(vcgtq_f32(v, max), max, v);
}

/* ln_gemm_q4.panel; add_run is a constant in every call. */
LN_INLINE void ln_q4_panel(float *y, const void *panel, const ln_q4_row *r, ln_q4_add_run add_run)
{
    const uint8_t *at = panel;
    const int8_t *x = r->x;
    float32x4_t sums[LN_Q4_VECTORS];
    LN_UNROLL
    for (int j = 0; j < LN_Q4_VECTORS; j++)
        sums[j] = vdupq_n_f32(0);
    for (size_t b = 0; b < r->blocks; b++, at += ln_q4_block_bytes(r->size), x += r->size) {
        const ln_q4_block *block = (const ln_q4_block *)(const void *)at;
        const uint8_t *w = at + sizeof *block;
        int32x4_t acc[LN_Q4_VECTORS];
        LN_UNROLL
        for (int j = 0; j < LN_Q4_VECTORS; j++) {
            const int32x4_t weights = vmovl_s16(vld1_s16(block->sum + LN_Q4_LANES * j));
            acc[j] = vmlsq_n_s32(vdupq_n_s32(-r->sums[b]), weights, r->zero);
        }
        for (size_t s = 0; s < r->size; s += LN_Q4_RUN, w += LN_Q4_RUN / 8 * LN_Q4_EIGHT)
            add_run(acc, w, x + s);
        LN_UNROLL
        for (int j = 0; j < LN_Q4_VECTORS; j++) {
            const uint16x4_t half = vld1_u16(block->scale + LN_Q4_LANES * j);
            const float32x4_t scale = vcvt_f32_f16(vreinterpret_f16_u16(half));
            sums[j] = vaddq_f32(sums[j], vmulq_f32(vcvtq_f32_s32(acc[j]), scale));
        }
    }
    const float32x4_t scale = vdupq_n_f32(r->scale);
    const float32x4_t min = vdupq_n_f32(r->min), max = vdupq_n_f32(r->max);
    LN_UNROLL
    for (int j = 0; j < LN_Q4_VECTORS; j++) {
        const float32x4_t bias = vld1q_f32(r->bias + LN_Q4_LANES * j);
        const float32x4_t v = vaddq_f32(vmulq_f32(sums[j], scale), bias);
        vst1q_f32(y + LN_Q4_LANES * j, ln_q4_clamp(v, min, max));
    }
}

#endif
