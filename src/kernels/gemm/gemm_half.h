/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_half.h: float32 matrix products whose operands are rounded to 16 bits; the contract is in
 * kernels/gemm.h.  Included by the files of the sets, which define
 *
 *   MR, NV, LANES, PAIR   rows and vectors of a tile, columns of a vector, steps side by side in B
 *   CHUNK                 steps of the rows that are rounded at a time, a multiple of PAIR
 *   PANELS(make)          make(m, v) for all m up to MR and v up to NV
 *   value                 16 bits
 *   sums                  the sums of a tile, an array
 *   narrow(to, from, n)   rounds n floats; may write LANES values, zeros after the last
 *   clear(sum, m, v), add_products(sum, x, steps, b, m, v), finish(c, out, sum, n, m, v)
 */
#ifndef LN_KERNELS_GEMM_GEMM_HALF_H
#define LN_KERNELS_GEMM_GEMM_HALF_H

#include "kernels/gemm/gemm_half_take.h"

/* m rows from `first` on by v vectors; m and v are constants in every call. */
LN_INLINE void tile(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t first, size_t n,
                    const int m, const int v)
{
    chunk x;
    sums sum;
    const float *row[MR];
    cursor at = {0};
    for (int i = 0; i < m; i++)
        row[i] = row_at(a, first + (size_t)i);
    clear(sum, m, v);
    for (size_t left = a->pieces * a->length; left > 0;) {
        const size_t count = LN_MIN(left, (size_t)CHUNK);
        cursor next = at;
        for (int i = 0; i < m; i++) {
            next = at;
            take(x[i], row[i], a, &next, count);
        }
        at = next;
        add_products(sum, x, count, b, m, v);
        b += (count + PAIR - 1) / PAIR * PAIR * (size_t)(v * LANES / 2);
        left -= count;
    }
    finish(c, c->at + first * c->ld, sum, n, m, v);
}

typedef void (*tile_fn)(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t first,
                        size_t n);

#define TILE(m, v)                                                                     \
    static void tile_##m##_##v(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, \
                               size_t first, size_t n)                                 \
    {                                                                                  \
        tile(c, a, b, first, n, m, v);                                                 \
    }
PANELS(TILE)
#undef TILE

static void panel(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t m, size_t n)
{
#define NAME(m, v) [v - 1][m - 1] = tile_##m##_##v,
    static const tile_fn fn[NV][MR] = {PANELS(NAME)};
#undef NAME
    for (size_t first = 0; first < m; first += MR)
        fn[(n - 1) / LANES][LN_MIN(m - first, (size_t)MR) - 1](c, a, b, first, n);
}

/* Panel by panel: what one row costs is reading B. */
static void row(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t n)
{
    const size_t nr = NV * LANES, steps = (a->pieces * a->length + PAIR - 1) / PAIR * PAIR;
    ln_gemm_c to = *c;
    for (size_t col = 0; col < n; col += nr, b += steps * nr / 2) {
        to.at = c->at + col;
        to.bias = c->bias ? c->bias + col : NULL;
        panel(&to, a, b, 1, LN_MIN(n - col, nr));
    }
}

static ln_gemm_kernels kernels(uint16_t (*narrow_one)(float))
{
    return (ln_gemm_kernels){
        .mr = MR,
        .nr = (size_t)NV * LANES,
        .nr_last = (size_t)NV * LANES,
        .unit = LANES,
        .half = PAIR,
        .narrow = narrow_one,
        .panel = panel,
        .row = row,
    };
}

#endif
