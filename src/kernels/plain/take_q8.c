/* SPDX-License-Identifier: Apache-2.0 */
/* take_q8.c: ln_gemm_q8.take for forms of a byte: rows are copied or their sign bits flipped. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/gemm_q8.h"

enum { WORDS = 4, WORD = sizeof(uint64_t), RUN = WORDS * WORD };

LN_INLINE void flip_words(uint8_t *to, const uint8_t *x, uint64_t flips)
{
    uint64_t v[WORDS];
    memcpy(v, x, RUN);
    LN_UNROLL
    for (size_t i = 0; i < WORDS; i++)
        v[i] ^= flips;
    memcpy(to, v, RUN);
}

/* `to` may be `x`: the last word is read before anything is written. */
static void take_row(uint8_t *to, const uint8_t *x, size_t k, uint8_t flip)
{
    const uint64_t flips = flip * UINT64_C(0x0101010101010101);
    uint64_t word, last = 0;
    size_t s = 0;
    if (k >= WORD)
        memcpy(&last, x + k - WORD, WORD);
    for (; s + RUN <= k; s += RUN)
        flip_words(to + s, x + s, flips);
    for (; s + WORD <= k; s += WORD) {
        memcpy(&word, x + s, WORD);
        word ^= flips;
        memcpy(to + s, &word, WORD);
    }
    if (s < k && k >= WORD) {
        last ^= flips;
        memcpy(to + k - WORD, &last, WORD);
        return;
    }
    for (; s < k; s++)
        to[s] = x[s] ^ flip;
}

LN_INLINE void take_rows(uint8_t *to, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                         uint8_t flip, const size_t kr)
{
    for (size_t i = 0; i < m; i++, to += lda, x += ldx) {
        take_row(to, x, k, flip);
        for (size_t s = k; s % kr != 0; s++)
            to[s] = 0;
    }
}

void ln_gemm_q8_take_4(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                       uint8_t flip, int zero)
{
    (void)zero;
    take_rows(a, lda, x, ldx, m, k, flip, 4);
}

void ln_gemm_q8_take_8(void *a, size_t lda, const uint8_t *x, size_t ldx, size_t m, size_t k,
                       uint8_t flip, int zero)
{
    (void)zero;
    take_rows(a, lda, x, ldx, m, k, flip, 8);
}
