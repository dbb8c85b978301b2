/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_half_take.h: rows of A, a part at a time.  Its includers define `value` and narrow(), see
 * gemm_half.h. */
#ifndef LN_KERNELS_GEMM_GEMM_HALF_TAKE_H
#define LN_KERNELS_GEMM_GEMM_HALF_TAKE_H

#include "kernels/kernels.h"

/* How far the rows of A have been read. */
typedef struct cursor {
    size_t piece, done;
} cursor;

/* The next n values of a row, and a zero. */
static void take(value *to, const float *row, const ln_gemm_a *a, cursor *at, size_t n)
{
    for (size_t have = 0; have < n;) {
        const size_t left = a->length - at->done, count = LN_MIN(left, n - have);
        narrow(to + have, row + a->offsets[at->piece] + at->done, count);
        have += count;
        at->done += count;
        if (at->done == a->length)
            *at = (cursor){.piece = at->piece + 1};
    }
    to[n] = 0;
}

static const float *row_at(const ln_gemm_a *a, size_t i)
{
    return a->list ? a->list[i] : a->at + i * a->ld;
}

#endif
