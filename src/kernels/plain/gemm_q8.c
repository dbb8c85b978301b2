/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8.c: 8-bit matrix products in plain C; the contract is in kernels/gemm_q8.h.  One row at a
 * time, written so that compilers make vectors of the columns. */
#include "kernels/gemm_q8.h"

#include <string.h>

#include "kernels/kernels.h"

enum { NR = 16, KR = 2 };

static void take(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                 uint8_t flip, int zero)
{
    for (size_t i = 0; i < m; i++, x += ldx) {
        int16_t *to = (int16_t *)(void *)((uint8_t *)a + i * lda);
        for (size_t s = 0; s < k; s++)
            to[s] = (int16_t)((x[s] ^ flip) - zero);
        if (k % KR)
            to[k] = 0;
    }
}

static const int16_t *piece_at(const ln_q8_rows *a, size_t row, size_t piece)
{
    return (const int16_t *)(const void *)(a->at[row] + a->offset[piece]);
}

static void sums(int32_t *sums, const ln_q8_rows *a, size_t m)
{
    for (size_t i = 0; i < m; i++) {
        uint32_t sum = 0;
        for (size_t p = 0; p < a->pieces; p++) {
            const int16_t *from = piece_at(a, i, p);
            for (size_t s = 0; s < a->length; s++)
                sum += (uint32_t)from[s];
        }
        sums[i] = (int32_t)sum;
    }
}

static void tile(const ln_q8_tile *t)
{
    int32_t *sums = t->sums;
    for (size_t i = 0; i < t->m; i++, sums += NR) {
        const int8_t *b = t->panel;
        uint32_t acc[NR];
        for (size_t j = 0; j < NR; j++)
            acc[j] = (uint32_t)t->column[j] + (t->row ? (uint32_t)t->row[i] : 0);
        for (size_t p = 0; p < t->a.pieces; p++) {
            const int16_t *a = piece_at(&t->a, i, p);
            for (size_t s = 0; s < t->a.length; s += KR, b += NR * KR) {
                const int32_t a0 = a[s], a1 = a[s + 1];
                for (size_t j = 0; j < NR; j++)
                    acc[j] += (uint32_t)(a0 * b[2 * j] + a1 * b[2 * j + 1]);
            }
        }
        memcpy(sums, acc, sizeof acc);
    }
}

#include "kernels/gemm/gemm_q8_row.h"

void ln_gemm_q8_init_portable(ln_kernels *k)
{
    k->gemm_q8 = (ln_gemm_q8){.form = LN_Q8_CENTERED,
                              .mr = 1,
                              .nr = NR,
                              .kr = KR,
                              .take = take,
                              .sums = sums,
                              .tile = tile,
                              .row = row};
}
