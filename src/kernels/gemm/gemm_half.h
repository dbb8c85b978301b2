/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_half.h: float32 matrix products whose operands are rounded to 16 bits; the contract is in
 * kernels/gemm.h.  Rounded rows lie one after the other.  Included by the files of the sets, which
 * define
 *
 *   MR, NV, LANES, PAIR   rows and vectors of a tile, columns of a vector, steps side by side in B
 *   CHUNK                 steps that are added up at a time, a multiple of PAIR
 *   PANELS(make)          make(m, v) for all m up to MR and v up to NV
 *   value                 16 bits
 *   sums                  the sums of a tile, an array
 *   narrow(to, from, n)   rounds n floats
 *   clear(sum, m, v), add_products(sum, row, steps, b, m, v), finish(c, out, sum, n, m, v)
 */
#ifndef LN_KERNELS_GEMM_GEMM_HALF_H
#define LN_KERNELS_GEMM_GEMM_HALF_H

#include "kernels/gemm/gemm_half_take.h"

/* Float32 products take so many times as long. */
enum { SPEED = 2 };

static void collect(void *rows, const ln_gemm_windows *a, size_t m)
{
    const size_t k = a->pieces * a->length, more = filled(k) - k;
    value *to = rows;
    for (size_t i = 0; i < m; i++, to += more) {
        for (size_t p = 0; p < a->pieces; p++, to += a->length)
            memcpy(to, a->list[i] + a->offsets[p], a->length * sizeof *to);
        memset(to, 0, more * sizeof *to);
    }
}

/* m rows from `first` on by v vectors; m and v are constants in every call. */
LN_INLINE void tile(const ln_gemm_c *c, const ln_gemm_a *a, const float *b, size_t first, size_t n,
                    const int m, const int v)
{
    const size_t k = filled(a->length);
    const value *row[MR];
    sums sum;
    for (int i = 0; i < m; i++)
        row[i] = (const value *)(const void *)a->at + (first + (size_t)i) * k;
    clear(sum, m, v);
    for (size_t left = k; left > 0;) {
        const size_t count = LN_MIN(left, (size_t)CHUNK);
        add_products(sum, row, count, b, m, v);
        for (int i = 0; i < m; i++)
            row[i] += count;
        b += count * (size_t)(v * LANES / 2);
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

static ln_gemm_kernels kernels(void (*narrow_all)(uint16_t *to, const float *from, size_t n))
{
    return (ln_gemm_kernels){
        .mr = MR,
        .nr = (size_t)NV * LANES,
        .nr_last = (size_t)NV * LANES,
        .unit = LANES,
        .half = PAIR,
        .steps = PAIR,
        .speed = SPEED,
        .narrow = narrow_all,
        .take = take,
        .collect = collect,
        .panel = panel,
    };
}

#endif
