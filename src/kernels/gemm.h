/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/: inner loops.  Pure functions of their arguments: no allocation, no globals, no errors,
 * no threads.
 *
 * gemm.h: matrix products.  B is packed once: panels of LN_GEMM_NR columns, each k steps of
 * LN_GEMM_NR floats, the last one filled up with zeros. */
#ifndef LN_KERNELS_GEMM_H
#define LN_KERNELS_GEMM_H

#include <stddef.h>

enum { LN_GEMM_MR = 4, LN_GEMM_NR = 8 };

/* Floats that a packed B of k rows and n columns takes; both must be small enough for a size_t. */
static inline size_t ln_gemm_panels(size_t n)
{
    return (n + LN_GEMM_NR - 1) / LN_GEMM_NR;
}

/* Packs panel `panel` of B = W^T, where W [n, k] lies row by row. */
void ln_gemm_pack_f32(float *to, const float *w, size_t n, size_t k, size_t panel);

/* What becomes of each sum. */
typedef struct ln_gemm_tail {
    const float *bias; /* per column of C; NULL: none */
    float min, max;
} ln_gemm_tail;

/* c[i][j] = clamp(sum over s of a[i][s] b[s][j] + bias[j]) for i < m and one panel of n <=
 * LN_GEMM_NR columns.  Sums run over s in order, so the result does not depend on how the work is
 * cut.  lda, ldc: floats from row to row. */
void ln_gemm_f32(float *c, size_t ldc, const float *a, size_t lda, const float *panel, size_t m,
                 size_t n, size_t k, const ln_gemm_tail *tail);

#endif
