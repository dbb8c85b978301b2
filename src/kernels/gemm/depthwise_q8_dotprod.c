/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_q8_dotprod.c: depthwise convolutions of 8-bit images by sdot; the contract is in
 * kernels/depthwise_q8.h.  Four lines make a group: sdot multiplies the four bytes of a channel by
 * its weights and adds them up. */
#include <arm_neon.h>

#include "base/compiler.h"

enum { BLOCK = 16, LINES = 4, PARTS = 2, COLUMN = BLOCK * LINES };

typedef int8x16x2_t values;
typedef int32x4x2_t sums_of;

LN_INLINE values values_load(const void *p)
{
    return (values){{vld1q_s8(p), vld1q_s8((const int8_t *)p + 16)}};
}
LN_INLINE sums_of dot(sums_of sums, values x, values w)
{
    sums.val[0] = vdotq_s32(sums.val[0], x.val[0], w.val[0]);
    sums.val[1] = vdotq_s32(sums.val[1], x.val[1], w.val[1]);
    return sums;
}
LN_INLINE sums_of sums_load(const int32_t *p, size_t part)
{
    return (sums_of){{vld1q_s32(p + 8 * part), vld1q_s32(p + 8 * part + 4)}};
}
LN_INLINE void sums_store(int32_t *p, size_t part, sums_of sums)
{
    vst1q_s32(p + 8 * part, sums.val[0]);
    vst1q_s32(p + 8 * part + 4, sums.val[1]);
}
LN_INLINE size_t parts_of(size_t n)
{
    return n > 8 ? 2 : 1;
}

#include "kernels/gemm/depthwise_q8_taps.h"

/* Channels of two pairs of lines, as halfwords, become those of four lines. */
LN_INLINE void join(uint8_t *to, uint8x16_t pair0, uint8x16_t pair1)
{
    const uint16x8_t a = vreinterpretq_u16_u8(pair0), b = vreinterpretq_u16_u8(pair1);
    vst1q_u8(to, vreinterpretq_u8_u16(vzip1q_u16(a, b)));
    vst1q_u8(to + 16, vreinterpretq_u8_u16(vzip2q_u16(a, b)));
}

static void interleave(void *to, const uint8_t *const *line, const size_t *step, size_t columns,
                       uint8_t flip, int zero)
{
    const uint8x16_t flips = vdupq_n_u8(flip);
    const uint8_t *p0 = line[0], *p1 = line[1], *p2 = line[2], *p3 = line[3];
    uint8_t *out = to;
    (void)zero;
    for (size_t i = 0; i < columns; i++, out += COLUMN) {
        const uint8x16_t a = veorq_u8(vld1q_u8(p0), flips), b = veorq_u8(vld1q_u8(p1), flips);
        const uint8x16_t c = veorq_u8(vld1q_u8(p2), flips), d = veorq_u8(vld1q_u8(p3), flips);
        join(out, vzip1q_u8(a, b), vzip1q_u8(c, d));
        join(out + COLUMN / 2, vzip2q_u8(a, b), vzip2q_u8(c, d));
        p0 += step[0];
        p1 += step[1];
        p2 += step[2];
        p3 += step[3];
    }
}

void ln_depthwise_q8_init_dotprod(ln_kernels *k)
{
    k->depthwise_q8 = (ln_depthwise_q8){
        .form = LN_Q8_SIGNED, .block = BLOCK, .lines = LINES, .interleave = interleave, .run = run};
    for (int c = 0; c < BLOCK; c++)
        k->depthwise_q8.place[c] = (uint8_t)c;
}
