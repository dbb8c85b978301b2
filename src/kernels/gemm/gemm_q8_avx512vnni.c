/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_avx512vnni.c: 8-bit matrix products for AVX-512 VNNI.  vpdpbusd multiplies unsigned bytes
 * of a by signed ones of b, four of each, and adds them up without saturation. */
#include "kernels/gemm/vnni.h"
#include "kernels/gemm/zmm.h"

enum { MR = 12, KR = 4 };
#define ROWS LN_UP_TO_12

LN_INLINE vec columns_at(const int8_t *b)
{
    return vec_load(b);
}
LN_INLINE vec dot(vec acc, vec x, vec w)
{
    return _mm512_dpbusd_epi32(acc, x, w);
}

#include "kernels/gemm/gemm_q8_x86.h"

/* Bytes with their sign bits flipped; `to` may be `x`. */
LN_INLINE void take_row(uint8_t *to, const uint8_t *x, size_t k, vec flips)
{
    size_t s = 0;
    for (; s + VEC <= k; s += VEC)
        vec_store(to + s, _mm512_xor_si512(vec_load(x + s), flips));
    if (s == k)
        return;
    const __mmask64 in = ~(__mmask64)0 >> (VEC - (k - s));
    const __mmask64 out = ~(__mmask64)0 >> (VEC - (k - s + KR - 1) / KR * KR);
    const vec v = _mm512_xor_si512(_mm512_maskz_loadu_epi8(in, x + s), flips);
    _mm512_mask_storeu_epi8(to + s, out, _mm512_maskz_mov_epi8(in, v));
}

static void take(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                 uint8_t flip, int zero)
{
    const vec flips = _mm512_set1_epi8((char)flip);
    uint8_t *to = a;
    (void)zero;
    if (lda == k && ldx == k && k % KR == 0) { /* a single run */
        k *= m;
        m = 1;
    }
    for (size_t i = 0; i < m; i++)
        take_row(to + i * lda, x + i * ldx, k, flips);
}

void ln_gemm_q8_tile_vnni(const ln_q8_tile *t)
{
    tile(t);
}

void ln_gemm_q8_init_avx512vnni(ln_kernels *k)
{
    k->gemm_q8 = (ln_gemm_q8){.form = LN_Q8_UNSIGNED,
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
