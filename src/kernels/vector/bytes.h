/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h: rows of bytes. */
#ifndef LN_KERNELS_VECTOR_BYTES_H
#define LN_KERNELS_VECTOR_BYTES_H

#include "kernels/simd/simd.h"

/* The largest of x[i] ^ flip; 0 for none. */
LN_INLINE uint8_t vb_row_max(const uint8_t *x, size_t n, uint8_t flip)
{
    const vb turn = vb_set(flip);
    uint8_t max = 0;
    if (n >= VB) {
        vb all = vb_xor(vb_load(x), turn);
        for (size_t i = VB; i + VB <= n; i += VB)
            all = vb_max(all, vb_xor(vb_load(x + i), turn));
        /* what is left, with some of what was */
        return vb_hmax(vb_max(all, vb_xor(vb_load(x + n - VB), turn)));
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t v = x[i] ^ flip;
        max = LN_MAX(max, v);
    }
    return max;
}

#endif
