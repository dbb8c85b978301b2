/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_half_fp16.c: operands rounded to float16.  Each FMLA takes eight columns.  Sums of CHUNK
 * steps are float16, too, and lose a few bits; these are added up in float32. */
#include <arm_neon.h>
#include <string.h>

#include "kernels/gemm/up_to.h"
#include "kernels/kernels.h"

enum { MR = 8, NV = 2, LANES = 8, PAIR = 1, CHUNK = 64 };
#define PANELS(make) LN_UP_TO_8(make, 1) LN_UP_TO_8(make, 2)

typedef float16_t value;
typedef float sums[MR][NV * LANES];

static void narrow(value *to, const float *from, size_t n)
{
    size_t s = 0;
    for (; s + 4 <= n; s += 4)
        vst1_f16(to + s, vcvt_f16_f32(vld1q_f32(from + s)));
    for (; s < n; s++)
        to[s] = (value)from[s];
}

static void narrow_all(uint16_t *to, const float *from, size_t n)
{
    narrow((value *)(void *)to, from, n);
}

LN_INLINE void clear(sums sum, const int m, const int v)
{
    (void)v;
    memset(sum, 0, (size_t)m * sizeof sum[0]);
}

/* acc + w times lane t of y.  By hand: compilers make a vector of the lane first, since two
 * products share it, and that takes the multipliers' place. */
#define ADD_LANE(acc, w, y, t) \
    __asm__("fmla %0.8h, %1.8h, %2.h[" #t "]" : "+w"(acc) : "w"(w), "x"(y))

/* Step t of the eight in y. */
#define ADD_STEP(t)                                                               \
    {                                                                             \
        const float16x8_t w0 = vld1q_f16(b + (t)*v * LANES);                      \
        const float16x8_t w1 = v > 1 ? vld1q_f16(b + (t)*v * LANES + LANES) : w0; \
        LN_UNROLL                                                                 \
        for (int i = 0; i < m; i++) {                                             \
            ADD_LANE(acc[i][0], w0, y[i], t);                                     \
            if (v > 1)                                                            \
                ADD_LANE(acc[i][1], w1, y[i], t);                                 \
        }                                                                         \
    }

LN_INLINE void add_products(sums sum, const value *const row[MR], size_t steps, const float *panel,
                            const int m, const int v)
{
    const value *b = (const value *)(const void *)panel;
    float16x8_t acc[MR][NV];
    size_t s = 0;
    LN_UNROLL
    for (int i = 0; i < m; i++)
        acc[i][0] = acc[i][1] = vdupq_n_f16(0);
    for (; s + LANES <= steps; s += LANES, b += LANES * v * LANES) {
        float16x8_t y[MR];
        LN_UNROLL
        for (int i = 0; i < m; i++)
            y[i] = vld1q_f16(row[i] + s);
        ADD_STEP(0)
        ADD_STEP(1)
        ADD_STEP(2)
        ADD_STEP(3)
        ADD_STEP(4)
        ADD_STEP(5)
        ADD_STEP(6)
        ADD_STEP(7)
    }
    for (; s < steps; s++, b += v * LANES) {
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            LN_UNROLL
            for (int j = 0; j < v; j++)
                acc[i][j] = vfmaq_n_f16(acc[i][j], vld1q_f16(b + j * LANES), row[i][s]);
        }
    }
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        LN_UNROLL
        for (int j = 0; j < v; j++) {
            float *to = sum[i] + j * LANES;
            vst1q_f32(to, vaddq_f32(vld1q_f32(to), vcvt_f32_f16(vget_low_f16(acc[i][j]))));
            vst1q_f32(to + 4, vaddq_f32(vld1q_f32(to + 4), vcvt_high_f32_f16(acc[i][j])));
        }
    }
}

/* In this order NaN stays NaN. */
LN_INLINE void finish(const ln_gemm_c *c, float *out, sums sum, size_t n, const int m, const int v)
{
    (void)v;
    for (int i = 0; i < m; i++, out += c->ld) {
        for (size_t j = 0; j < n; j++) {
            const float x = sum[i][j] + (c->bias ? c->bias[j] : 0);
            const float least = x < c->min ? c->min : x;
            out[j] = least > c->max ? c->max : least;
        }
    }
}

#include "kernels/gemm/gemm_half.h"

void ln_gemm_half_init_fp16(ln_kernels *k)
{
    k->gemm_half = kernels(narrow_all);
}
