/* SPDX-License-Identifier: Apache-2.0 */
/* pack_q8.c: 8-bit weights into panels; the layout is in kernels/gemm_q8.h.  A model's start waits
 * for this: most goes by blocks, what is left eight values at a time through a 64-bit word. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/gemm_q8.h"
#include "kernels/plain/pack_block.h"

enum { WORD = sizeof(uint64_t) };

const int32_t ln_gemm_q8_zeros[LN_Q8_MAX_NR];

/* One piece of a column, kr values to each step. */
static void pack_bytes(int8_t *to, size_t stride, const uint8_t *w, size_t k, uint8_t flip,
                       size_t kr)
{
    for (size_t s = 0; s < k; s += kr, to += stride)
        for (size_t i = 0; i < kr; i++)
            to[i] = s + i < k ? (int8_t)(w[s + i] ^ flip) : 0;
}

/* The same for a kr that is a constant in every call. */
LN_INLINE void pack_piece(int8_t *to, size_t stride, const uint8_t *w, size_t k, uint8_t flip,
                          const size_t kr)
{
    const uint64_t flips = flip * UINT64_C(0x0101010101010101);
    for (; k >= WORD; k -= WORD, w += WORD) {
        uint8_t bytes[WORD];
        uint64_t word;
        memcpy(&word, w, WORD);
        word ^= flips;
        memcpy(bytes, &word, WORD);
        LN_UNROLL
        for (size_t i = 0; i < WORD; i += kr, to += stride)
            memcpy(to, bytes + i, kr);
    }
    pack_bytes(to, stride, w, k, flip, kr);
}

static void pack_any(int8_t *to, size_t stride, const uint8_t *w, size_t k, uint8_t flip, size_t kr)
{
    switch (kr) {
    case 4:
        pack_piece(to, stride, w, k, flip, 4);
        break;
    case 8:
        pack_piece(to, stride, w, k, flip, 8);
        break;
    default: /* 2, of which blocks leave little, or 1, of portable code */
        pack_bytes(to, stride, w, k, flip, kr);
    }
}

/* The sum of n values. */
static int32_t sum_of(const uint8_t *w, size_t n, uint8_t flip)
{
    int32_t sum = 0;
    for (; n >= BLOCK_BYTES; n -= BLOCK_BYTES, w += BLOCK_BYTES)
        sum += block_sum(w, flip);
    for (size_t i = 0; i < n; i++)
        sum += (int8_t)(w[i] ^ flip);
    return sum;
}

/* Most of a whole panel; returns how many values of each piece are done. */
static size_t pack_whole(const ln_gemm_q8 *g, int8_t *to, const ln_q8_weights *w, size_t panel)
{
    const size_t nr = (size_t)g->nr, kr = (size_t)g->kr, k = w->pieces * w->length;
    const size_t piece = ln_gemm_q8_depth(g, w->length, 1) * nr, columns = block_columns(kr);
    const size_t done = w->length / BLOCK_BYTES * BLOCK_BYTES;
    if (columns == 0 || nr % columns != 0 || (panel + 1) * nr > w->n)
        return 0;
    for (size_t i = 0; i < w->pieces; i++) {
        const uint8_t *from = w->at + panel * nr * k + i * w->length;
        for (size_t s = 0; s < done; s += BLOCK_BYTES)
            for (size_t j = 0; j < nr; j += columns)
                pack_block(to + i * piece + s * nr + j * kr, nr * kr, from + j * k + s, k, w->flip,
                           kr);
    }
    return done;
}

void ln_gemm_q8_pack(const ln_gemm_q8 *g, int8_t *to, const ln_q8_weights *w, size_t panel,
                     int32_t *sums)
{
    const size_t nr = (size_t)g->nr, kr = (size_t)g->kr, k = w->pieces * w->length;
    const size_t piece = ln_gemm_q8_depth(g, w->length, 1) * nr;
    const size_t done = pack_whole(g, to, w, panel), rest = w->length - done;
    for (size_t j = 0; j < nr; j++, to += kr) {
        const size_t column = panel * nr + j;
        const uint8_t *from = w->at + column * k;
        if (sums)
            sums[j] = column < w->n ? sum_of(from, k, w->flip) : 0;
        for (size_t i = 0; column < w->n && i < w->pieces; i++)
            pack_any(to + i * piece + done * nr, nr * kr, from + i * w->length + done, rest,
                     w->flip, kr);
        for (size_t i = 0; column >= w->n && i < w->pieces * piece; i += nr * kr)
            memset(to + i, 0, kr);
    }
}
