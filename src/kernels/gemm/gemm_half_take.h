/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_half_take.h: rows rounded to 16 bits, one after the other; included by the files of the
 * sets, which define PAIR, value and narrow (gemm_half.h). */
#ifndef LN_KERNELS_GEMM_GEMM_HALF_TAKE_H
#define LN_KERNELS_GEMM_GEMM_HALF_TAKE_H

#include <string.h>

#include "kernels/kernels.h"

static size_t filled(size_t k)
{
    return (k + PAIR - 1) / PAIR * PAIR;
}

static void take(void *rows, const ln_gemm_a *a, size_t m)
{
    const size_t k = a->length, more = filled(k) - k;
    value *to = rows;
    for (size_t i = 0; i < m; i++, to += k + more) {
        narrow(to, (a->list ? a->list[i] : a->at + i * a->ld) + a->offsets[0], k);
        memset(to + k, 0, more * sizeof *to);
    }
}

#endif
