/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_neon.c: depthwise convolutions of 8-bit images for NEON; the contract is in
 * kernels/depthwise_q8.h.  A group is one line, whose values lose their zero point once, before
 * several taps multiply them. */
#include <arm_neon.h>

#include "base/compiler.h"

enum { BLOCK = 8, LINES = 1, PARTS = 1, COLUMN = BLOCK * LINES * sizeof(int16_t) };

typedef int16x8_t values;
typedef int32x4x2_t sums_of;

LN_INLINE values values_load(const void *p)
{
    return vld1q_s16(p);
}
LN_INLINE sums_of dot(sums_of sums, values x, values w)
{
    sums.val[0] = vmlal_s16(sums.val[0], vget_low_s16(x), vget_low_s16(w));
    sums.val[1] = vmlal_high_s16(sums.val[1], x, w);
    return sums;
}
LN_INLINE sums_of sums_load(const int32_t *p, size_t part)
{
    (void)part;
    return (sums_of){{vld1q_s32(p), vld1q_s32(p + 4)}};
}
LN_INLINE void sums_store(int32_t *p, size_t part, sums_of sums)
{
    (void)part;
    vst1q_s32(p, sums.val[0]);
    vst1q_s32(p + 4, sums.val[1]);
}
LN_INLINE size_t parts_of(size_t n)
{
    (void)n;
    return PARTS;
}

#include "kernels/gemm/depthwise_q8_taps.h"

static void interleave(void *to, const uint8_t *const *line, const size_t *step, size_t columns,
                       uint8_t flip, int zero)
{
    const uint8x8_t flips = vdup_n_u8(flip);
    const int16x8_t z = vdupq_n_s16((int16_t)zero);
    const uint8_t *from = line[0];
    int16_t *out = to;
    for (size_t i = 0; i < columns; i++, out += BLOCK, from += step[0]) {
        const uint16x8_t v = vmovl_u8(veor_u8(vld1_u8(from), flips));
        vst1q_s16(out, vsubq_s16(vreinterpretq_s16_u16(v), z));
    }
}

void ln_depthwise_q8_init_neon(ln_kernels *k)
{
    k->depthwise_q8 = (ln_depthwise_q8){.form = LN_Q8_CENTERED,
                                        .block = BLOCK,
                                        .lines = LINES,
                                        .interleave = interleave,
                                        .run = run};
    for (int c = 0; c < BLOCK; c++)
        k->depthwise_q8.place[c] = (uint8_t)c;
}
