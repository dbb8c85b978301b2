/* SPDX-License-Identifier: Apache-2.0 */
/* recurrent_dots.c: int8 rows times a vector; the contract is in kernels/recurrent.h. */
#include "kernels/kernels.h"

static void dots_s8(int32_t *y, const int8_t *w, size_t ld, const int16_t *x, size_t rows, size_t n)
{
    enum { PIECE = 1 << 15 }; /* products of one sum that fits 32 bits */
    for (size_t r = 0; r < rows; r++, w += ld) {
        uint32_t sum = (uint32_t)y[r];
        for (size_t from = 0; from < n; from += PIECE) {
            const size_t end = LN_MIN(n, from + PIECE);
            int32_t piece = 0;
            for (size_t i = from; i < end; i++)
                piece += x[i] * w[i];
            sum += (uint32_t)piece;
        }
        y[r] = (int32_t)sum;
    }
}

void ln_recurrent_dots_init_portable(ln_kernels *k)
{
    k->recurrent.dots_s8 = dots_s8;
}
