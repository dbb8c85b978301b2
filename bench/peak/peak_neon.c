/* SPDX-License-Identifier: Apache-2.0 */
/* peak_neon.c: products of four widened numbers. */
#include <arm_neon.h>

#include "peak/dot_loop.h"

static inline int32x4_t step(int32x4_t s, int32x4_t x)
{
    const int16x4_t narrow = vget_low_s16(vreinterpretq_s16_s32(x));
    return vmlal_s16(s, vget_low_s16(vreinterpretq_s16_s32(s)), narrow);
}

static inline float last(int32x4_t s)
{
    return (float)vgetq_lane_s32(s, 0);
}

DOT_LOOP(peak_s8_neon, int32x4_t, vdupq_n_s32, step, last)
