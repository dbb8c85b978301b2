/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q4_dotprod.c: rows by int4 weights, by sdot; the contract is in kernels/gemm_q4.h. */
#include "kernels/gemm/gemm_q4_neon.h"
#include "kernels/kernels.h"

/* Eight values of x, of which the first four are in lane `lane` of `x`. */
#define ADD_EIGHT(w, x, lane)                                                \
    LN_UNROLL                                                                \
    for (int j = 0; j < LN_Q4_VECTORS; j++) {                                \
        const uint8x16_t bytes = vld1q_u8((w) + j * 16);                     \
        acc[j] = vdotq_laneq_s32(acc[j], ln_q4_lower(bytes), x, lane);       \
        acc[j] = vdotq_laneq_s32(acc[j], ln_q4_upper(bytes), x, (lane) + 1); \
    }

LN_INLINE void add_run(int32x4_t acc[LN_Q4_VECTORS], const uint8_t *w, const int8_t *x)
{
    const int8x16_t first = vld1q_s8(x), rest = vld1q_s8(x + 16);
    ADD_EIGHT(w, first, 0)
    ADD_EIGHT(w + LN_Q4_EIGHT, first, 2)
    ADD_EIGHT(w + 2 * LN_Q4_EIGHT, rest, 0)
    ADD_EIGHT(w + 3 * LN_Q4_EIGHT, rest, 2)
}

static void panel(float *y, const void *panel, const ln_q4_row *r)
{
    ln_q4_panel(y, panel, r, add_run);
}

void ln_gemm_q4_init_dotprod(ln_kernels *k)
{
    k->gemm_q4.panel = panel;
}
