/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_avxvnni.c: 8-bit matrix products for AVX-VNNI, as gemm_q8_avx512vnni.c in 256 bits. */
#include "kernels/gemm/ymm.h"

enum { MR = 6, KR = 4 };
#define ROWS LN_UP_TO_6

LN_INLINE vec columns_at(const int8_t *b)
{
    return vec_load(b);
}
LN_INLINE vec dot(vec acc, vec x, vec w)
{
    return _mm256_dpbusd_avx_epi32(acc, x, w);
}

#include "kernels/gemm/gemm_q8_x86.h"

void ln_gemm_q8_init_avxvnni(ln_kernels *k)
{
    k->gemm_q8 = (ln_gemm_q8){.form = LN_Q8_UNSIGNED,
                              .mr = MR,
                              .nr = NR,
                              .kr = KR,
                              .take = ln_gemm_q8_take_4,
                              .sums = sums,
                              .tile = tile,
                              .row = row};
    k->gemm_steps = (ln_gemm_steps){.tile = NULL}; /* these are faster */
    k->gemm_q8_one = (ln_gemm_q8){.row = NULL};
}
