/* SPDX-License-Identifier: Apache-2.0 */
/* lut8_neon.c: tables of bytes, 64 entries at a time: an index beyond a part's leaves what the
 * others gave. */
#include <arm_neon.h>

#include "kernels/kernels.h"

static void prepare(uint8_t table[256])
{
    (void)table; /* in order */
}

static void lut8(void *to, const void *const *from, size_t n, const void *p)
{
    const uint8_t *x = from[0], *table = p;
    uint8_t *y = to;
    if (n >= 16) {
        const uint8x16x4_t t0 = vld1q_u8_x4(table), t1 = vld1q_u8_x4(table + 64);
        const uint8x16x4_t t2 = vld1q_u8_x4(table + 128), t3 = vld1q_u8_x4(table + 192);
        const uint8x16_t step = vdupq_n_u8(64);
        for (; n >= 16; n -= 16, x += 16, y += 16) {
            const uint8x16_t v0 = vld1q_u8(x), v1 = vsubq_u8(v0, step);
            const uint8x16_t v2 = vsubq_u8(v1, step), v3 = vsubq_u8(v2, step);
            const uint8x16_t low = vqtbx4q_u8(vqtbl4q_u8(t0, v0), t1, v1);
            vst1q_u8(y, vqtbx4q_u8(vqtbx4q_u8(low, t2, v2), t3, v3));
        }
    }
    for (; n > 0; n--)
        *y++ = table[*x++];
}

void ln_lut8_init_neon(ln_kernels *k)
{
    k->quantized.lut8 = lut8;
    k->quantized.lut8_prepare = prepare;
}
