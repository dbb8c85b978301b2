/* SPDX-License-Identifier: Apache-2.0 */
/* sums_neon.h: ln_gemm_q8.sums of int8 for NEON. */
#include <arm_neon.h>

#include "base/compiler.h"

static void sums(int32_t *sums, const void *a, size_t lda, size_t m, size_t k)
{
    for (size_t i = 0; i < m; i++) {
        const int8_t *from = (const int8_t *)a + i * lda;
        int32x4_t acc = vdupq_n_s32(0);
        size_t s = 0;
        for (; s + 16 <= k; s += 16)
            acc = vpadalq_s16(acc, vpaddlq_s8(vld1q_s8(from + s)));
        int32_t sum = vaddvq_s32(acc);
        for (; s < k; s++)
            sum += from[s];
        sums[i] = sum;
    }
}
