/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_row.h: ln_gemm_q8.row, panel after panel, out of what its includers define: NR, KR, and
 * `tile`. */
#include "kernels/gemm_q8.h"

static void row(const ln_q8_tile *t)
{
    static const int32_t zeros[NR];
    const size_t bytes = (t->a.length + KR - 1) / KR * KR * NR * t->a.pieces;
    ln_q8_tile one = *t;
    for (size_t j = 0; j < t->n; j += NR, one.sums += NR, one.panel += bytes) {
        one.n = LN_MIN(t->n - j, (size_t)NR);
        one.column = t->column ? t->column + j : zeros;
        tile(&one);
    }
}
