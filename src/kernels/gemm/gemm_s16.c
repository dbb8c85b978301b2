/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16.c: gemm_s16.h in plain C; the tiles of other sets are gemm_s16_SET.c. */
#include <string.h>

#include "kernels/kernels.h"

enum { NR = 8 };

static void run(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *panel, size_t m,
                size_t k)
{
    for (size_t i = 0; i < m; i++, a += lda, c += ldc) {
        const int8_t *b = panel;
        uint32_t acc[NR] = {0};
        for (size_t s = 0; s < k; s++, b += NR)
            for (size_t j = 0; j < NR; j++)
                acc[j] += (uint32_t)(a[s] * b[j]);
        memcpy(c, acc, sizeof acc);
    }
}

void ln_gemm_s16_init_portable(ln_kernels *k)
{
    k->gemm_s16 = (ln_gemm_s16){.mr = 1, .nr = NR, .kr = 1, .run = run};
}
