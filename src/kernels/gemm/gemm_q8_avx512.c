/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_avx512.c: 8-bit matrix products for AVX-512 BW.  Both operands go through vpmaddwd as
 * int16: vpmaddubsw, which takes bytes, would saturate.  12 sums, 2 vectors of b, one of a and a
 * product fill the 16 registers. */
#include "kernels/gemm/take_centered.h"
#include "kernels/gemm/zmm.h"

enum { MR = 12, KR = 2 };
#define ROWS LN_UP_TO_12

LN_INLINE vec columns_at(const int8_t *b)
{
    return vec_widen(b);
}
LN_INLINE vec dot(vec acc, vec x, vec w)
{
    return vec_add_pairs(acc, x, w);
}

#include "kernels/gemm/gemm_q8_x86.h"

void ln_gemm_q8_init_avx512(ln_kernels *k)
{
    k->gemm_q8 = (ln_gemm_q8){.form = LN_Q8_CENTERED,
                              .mr = MR,
                              .nr = NR,
                              .kr = KR,
                              .take = take,
                              .sums = sums,
                              .tile = tile,
                              .row = row};
    k->gemm_steps = (ln_gemm_steps){.tile = NULL}; /* these are faster */
    k->gemm_q8_one = (ln_gemm_q8){.row = NULL};
}
