/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_avx2.c: products of int16 rows and int8 columns by vpmaddwd. */
#include "kernels/gemm/ymm.h"

enum { MR = 6 };
#define ROWS LN_UP_TO_6

LN_INLINE vec dot(vec acc, vec x, vec w)
{
    return vec_add_pairs(acc, x, w);
}

#include "kernels/gemm/gemm_s16_x86.h"

void ln_gemm_s16_init_avx2(ln_kernels *k)
{
    k->gemm_s16 = (ln_gemm_s16){.mr = MR, .nr = NR, .kr = KR, .run = run};
}
