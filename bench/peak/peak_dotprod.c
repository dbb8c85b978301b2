/* SPDX-License-Identifier: Apache-2.0 */
/* peak_dotprod.c: dot products of four 8-bit numbers. */
#include <arm_neon.h>

#include "peak/dot_loop.h"

static inline int32x4_t step(int32x4_t s, int32x4_t x)
{
    return vdotq_s32(s, vreinterpretq_s8_s32(s), vreinterpretq_s8_s32(x));
}

static inline float last(int32x4_t s)
{
    return (float)vgetq_lane_s32(s, 0);
}

DOT_LOOP(peak_s8_dotprod, int32x4_t, vdupq_n_s32, step, last)
