/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_f32.c: float matrix product in plain C: tiles of 4 by 8 sums that stay in registers, written
 * so that compilers turn the inner loop over columns into vector code.  Sums run in order of k,
 * like those of the reference operators, so both give the same bits. */
#include "kernels/gemm.h"

#include <string.h>

#include "base/compiler.h"

void ln_gemm_pack_f32(float *to, const float *w, size_t n, size_t k, size_t panel)
{
    const size_t first = panel * LN_GEMM_NR, columns = LN_MIN(n - first, (size_t)LN_GEMM_NR);
    for (size_t s = 0; s < k; s++, to += LN_GEMM_NR) {
        for (size_t j = 0; j < columns; j++)
            to[j] = w[(first + j) * k + s];
        for (size_t j = columns; j < LN_GEMM_NR; j++)
            to[j] = 0;
    }
}

static void store(float *c, const float *acc, size_t n, const float *bias, const ln_gemm_tail *tail)
{
    for (size_t j = 0; j < n; j++) {
        const float v = acc[j] + (bias ? bias[j] : 0);
        c[j] = v < tail->min ? tail->min : v > tail->max ? tail->max : v;
    }
}

/* `m` is a constant in every call, so the loops over rows unroll. */
LN_INLINE void tile(float *c, size_t ldc, const float *restrict a, size_t lda,
                    const float *restrict b, size_t n, size_t k, const ln_gemm_tail *tail,
                    const size_t m)
{
    float acc[LN_GEMM_MR][LN_GEMM_NR];
    memset(acc, 0, sizeof acc);
    for (size_t s = 0; s < k; s++, b += LN_GEMM_NR) {
        LN_UNROLL
        for (size_t i = 0; i < m; i++) {
            const float x = a[i * lda + s];
            for (size_t j = 0; j < LN_GEMM_NR; j++)
                acc[i][j] += x * b[j];
        }
    }
    LN_UNROLL
    for (size_t i = 0; i < m; i++)
        store(c + i * ldc, acc[i], n, tail->bias, tail);
}

void ln_gemm_f32(float *c, size_t ldc, const float *a, size_t lda, const float *panel, size_t m,
                 size_t n, size_t k, const ln_gemm_tail *tail)
{
    for (; m >= LN_GEMM_MR; m -= LN_GEMM_MR, a += LN_GEMM_MR * lda, c += LN_GEMM_MR * ldc)
        tile(c, ldc, a, lda, panel, n, k, tail, LN_GEMM_MR);
    switch (m) {
    case 3:
        tile(c, ldc, a, lda, panel, n, k, tail, 3);
        break;
    case 2:
        tile(c, ldc, a, lda, panel, n, k, tail, 2);
        break;
    case 1:
        tile(c, ldc, a, lda, panel, n, k, tail, 1);
        break;
    default:
        break;
    }
}
