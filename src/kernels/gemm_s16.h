/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16.h: products of int16 rows and int8 columns.  B is packed in panels of `nr` columns:
 * for every `kr` rows of B, the kr values of the first column, those of the second, and so on; what
 * is missing is 0. */
#ifndef LN_KERNELS_GEMM_S16_H
#define LN_KERNELS_GEMM_S16_H

#include <stddef.h>
#include <stdint.h>

typedef struct ln_gemm_s16 {
    size_t mr, nr, kr; /* m is best a multiple of mr */
    /* c[i][j] = sum over s < k of a[i][s] b[s][j] for i < m, j < nr; sums wrap around at 32 bits.
     * lda, ldc: values from row to row. */
    void (*run)(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *panel, size_t m,
                size_t k);
} ln_gemm_s16;

/* Bytes of a panel of k rows. */
static inline size_t ln_gemm_s16_panel(const ln_gemm_s16 *g, size_t k)
{
    return (k + g->kr - 1) / g->kr * g->kr * g->nr;
}

#endif
