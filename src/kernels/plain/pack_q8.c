/* SPDX-License-Identifier: Apache-2.0 */
/* pack_q8.c: 8-bit weights into panels; the layout is in kernels/gemm_q8.h. */
#include <string.h>

#include "base/compiler.h"
#include "kernels/gemm_q8.h"

/* One column of whole steps of kr values; `kr` is a constant in every call. */
LN_INLINE int32_t pack_column(int8_t *to, size_t stride, const uint8_t *w, size_t steps,
                              uint8_t flip, const size_t kr)
{
    int32_t sum = 0;
    for (size_t s = 0; s < steps; s++, w += kr, to += stride) {
        LN_UNROLL
        for (size_t i = 0; i < kr; i++) {
            const int8_t v = (int8_t)(w[i] ^ flip);
            to[i] = v;
            sum += v;
        }
    }
    return sum;
}

void ln_gemm_q8_pack(const ln_gemm_q8 *g, int8_t *to, const uint8_t *w, size_t n, size_t k,
                     size_t panel, uint8_t flip, int32_t *sums)
{
    const size_t nr = (size_t)g->nr, kr = (size_t)g->kr, stride = nr * kr;
    const size_t steps = k / kr, rest = k % kr;
    for (size_t j = 0; j < nr; j++, to += kr) {
        const size_t column = panel * nr + j;
        sums[j] = 0;
        if (column >= n) {
            for (size_t s = 0; s < steps + (rest > 0); s++)
                memset(to + s * stride, 0, kr);
            continue;
        }
        const uint8_t *from = w + column * k;
        sums[j] = kr == 2   ? pack_column(to, stride, from, steps, flip, 2)
                  : kr == 4 ? pack_column(to, stride, from, steps, flip, 4)
                  : kr == 8 ? pack_column(to, stride, from, steps, flip, 8)
                            : pack_column(to, stride, from, steps, flip, 1);
        if (rest > 0) {
            memset(to + steps * stride, 0, kr);
            sums[j] += pack_column(to + steps * stride, 1, from + steps * kr, rest, flip, 1);
        }
    }
}
