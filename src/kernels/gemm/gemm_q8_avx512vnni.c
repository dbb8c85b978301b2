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

static bool even_tile(const ln_q8_tile *t, size_t from);
#define EVEN_TILE even_tile
#include "kernels/gemm/gemm_q8_x86.h"

/* ---- MR rows, each as far from the next: a few pointers do for all of them ---- */

enum { NEAR = 3 }; /* rows that one pointer reaches */

/* v is a constant in every call. */
LN_INLINE void even_rows(const ln_q8_tile *t, size_t from, size_t apart, const int v)
{
    const size_t length = (t->a.length + KR - 1) / KR * KR;
    const int8_t *b = t->panel;
    vec acc[MR][2];
    begin_sums(acc, t, from, MR, v);
    for (size_t p = 0; p < t->a.pieces; p++) {
        const uint8_t *x[MR / NEAR];
        LN_UNROLL
        for (size_t i = 0; i < MR / NEAR; i++)
            x[i] = t->a.at[from] + t->a.offset[p] + i * NEAR * apart;
        for (const int8_t *end = b + length * NR; b < end; b += KR * NR) {
            const vec w[2] = {columns_at(b), v > 1 ? columns_at(b + VEC) : vec_zero()};
            LN_UNROLL
            for (size_t i = 0; i < MR; i++) {
                int32_t four;
                memcpy(&four, x[i / NEAR] + i % NEAR * apart, sizeof four);
                LN_UNROLL
                for (int j = 0; j < v; j++)
                    acc[i][j] = dot(acc[i][j], vec_set(four), w[j]);
            }
            LN_UNROLL
            for (size_t i = 0; i < MR / NEAR; i++) {
                x[i] += KR;
                __asm__("" : "+r"(x[i])); /* or else each row gets a pointer */
            }
        }
    }
    store_sums(acc, t->sums + from * NR, MR, v);
}

static bool even_tile(const ln_q8_tile *t, size_t from)
{
    const uint8_t *const *at = t->a.at + from;
    const size_t apart = t->apart > 0 ? t->apart : (size_t)(at[1] - at[0]);
    for (size_t i = 2; i < MR && t->apart == 0; i++)
        if (at[i] != at[0] + i * apart)
            return false;
    if (t->n > LANES)
        even_rows(t, from, apart, 2);
    else
        even_rows(t, from, apart, 1);
    return true;
}

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
