/* SPDX-License-Identifier: Apache-2.0 */
/* peak_fp16.c: multiply-adds of eight float16. */
#include <arm_neon.h>

#include "peak/dot_loop.h"

static inline float16x8_t first(int i)
{
    return vdupq_n_f16((float16_t)((float)i * 1e-3f));
}

static inline float16x8_t step(float16x8_t s, float16x8_t x)
{
    return vfmaq_f16(x, s, x);
}

static inline float last(float16x8_t s)
{
    return (float)vgetq_lane_f16(s, 0);
}

DOT_LOOP(peak_half_fp16, float16x8_t, first, step, last)
