/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_avx512.c: products of int16 rows and int8 columns by vpmaddwd in 512 bits. */
#include "kernels/gemm/zmm.h"

enum { MR = 12 };
#define ROWS LN_UP_TO_12

LN_INLINE vec dot(vec acc, vec x, vec w)
{
    return vec_add_pairs(acc, x, w);
}

#include "kernels/gemm/gemm_s16_x86.h"

void ln_gemm_s16_init_avx512(ln_kernels *k)
{
    k->gemm_s16 = (ln_gemm_s16){.mr = MR, .nr = NR, .kr = KR, .run = run};
}
