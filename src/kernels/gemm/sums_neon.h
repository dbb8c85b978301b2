/* SPDX-License-Identifier: Apache-2.0 */
/* sums_neon.h: ln_gemm_q8.sums of int8 for NEON. */
#include <arm_neon.h>

#include "kernels/gemm_q8.h"

static void sums(int32_t *sums, const ln_q8_rows *a, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        int32x4_t acc = vdupq_n_s32(0);
        sums[i] = 0;
        for (size_t p = 0; p < a->pieces; p++) {
            const int8_t *from = (const int8_t *)(a->at[i] + a->offset[p]);
            size_t s = 0;
            for (; s + 16 <= a->length; s += 16)
                acc = vpadalq_s16(acc, vpaddlq_s8(vld1q_s8(from + s)));
            for (; s < a->length; s++)
                sums[i] += from[s];
        }
        sums[i] += vaddvq_s32(acc);
    }
}
