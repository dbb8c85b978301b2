/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_avxvnni.c: products of int16 rows and int8 columns by vpdpwssd in 256 bits. */
#include "kernels/gemm/ymm.h"

enum { MR = 6 };
#define ROWS LN_UP_TO_6

LN_INLINE vec dot(vec acc, vec x, vec w)
{
    return _mm256_dpwssd_avx_epi32(acc, x, w);
}

#include "kernels/gemm/gemm_s16_x86.h"

void ln_gemm_s16_init_avxvnni(ln_kernels *k)
{
    k->gemm_s16 = (ln_gemm_s16){.mr = MR, .nr = NR, .kr = KR, .run = run};
}
