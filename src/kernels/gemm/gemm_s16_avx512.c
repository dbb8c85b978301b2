/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_avx512.c: the tiles of gemm_s16_zmm.h by vpmaddwd. */
#define DOT(acc, x, b) _mm512_add_epi32(acc, _mm512_madd_epi16(x, b))
#include "kernels/gemm/gemm_s16_zmm.h"

void ln_gemm_s16_init_avx512(ln_kernels *k)
{
    k->gemm_s16 = (ln_gemm_s16){.mr = MR, .nr = NR, .kr = 2, .run = run};
}
