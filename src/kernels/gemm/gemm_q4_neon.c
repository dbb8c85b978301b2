/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q4_neon.c: rows by int4 weights for NEON; the contract is in kernels/gemm_q4.h.  A product
 * of 0 to 15 by an int8 is within 1920, so that the eight of a run which meet in a lane fit 16
 * bits. */
#include <string.h>

#include "kernels/gemm/gemm_q4_neon.h"
#include "kernels/kernels.h"

enum { EIGHTS = LN_Q4_RUN / 8 };

LN_INLINE int8x16_t four_of(const int8_t *x)
{
    int32_t four;
    memcpy(&four, x, sizeof four);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

LN_INLINE void add_run(int32x4_t acc[LN_Q4_VECTORS], const uint8_t *w, const int8_t *x)
{
    int8x16_t first[EIGHTS], rest[EIGHTS];
    LN_UNROLL
    for (int i = 0; i < EIGHTS; i++) {
        first[i] = four_of(x + 8 * i);
        rest[i] = four_of(x + 8 * i + 4);
    }
    LN_UNROLL
    for (int j = 0; j < LN_Q4_VECTORS; j++) {
        int16x8_t low = vdupq_n_s16(0), high = low; /* of two columns each */
        LN_UNROLL
        for (int i = 0; i < EIGHTS; i++) {
            const uint8x16_t bytes = vld1q_u8(w + i * LN_Q4_EIGHT + j * 16);
            const int8x16_t lower = ln_q4_lower(bytes), upper = ln_q4_upper(bytes);
            low = vmlal_s8(low, vget_low_s8(lower), vget_low_s8(first[i]));
            high = vmlal_high_s8(high, lower, first[i]);
            low = vmlal_s8(low, vget_low_s8(upper), vget_low_s8(rest[i]));
            high = vmlal_high_s8(high, upper, rest[i]);
        }
        acc[j] = vaddq_s32(acc[j], vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
    }
}

static void panel(float *y, const void *panel, const ln_q4_row *r)
{
    ln_q4_panel(y, panel, r, add_run);
}

void ln_gemm_q4_init_neon(ln_kernels *k)
{
    k->gemm_q4.panel = panel;
}
