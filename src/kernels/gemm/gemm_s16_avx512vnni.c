/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_avx512vnni.c: products of int16 rows and int8 columns by vpdpwssd in 512 bits. */
#include "kernels/gemm/zmm.h"

enum { MR = 12 };
#define ROWS LN_UP_TO_12

LN_INLINE vec dot(vec acc, vec x, vec w)
{
    return _mm512_dpwssd_epi32(acc, x, w);
}

#include "kernels/gemm/gemm_s16_x86.h"

void ln_gemm_s16_init_avx512vnni(ln_kernels *k)
{
    k->gemm_s16 = (ln_gemm_s16){.mr = MR, .nr = NR, .kr = KR, .run = run};
}
