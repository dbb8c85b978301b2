/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_rows.h: ln_gemm_q8.tile and row, out of a tile of up to 8 rows of its includers:
 *   tile_of(t, from, m)   rows [from, from + m) of a tile, where m is a constant in every call */
#include "kernels/gemm/up_to.h"
#include "kernels/gemm_q8.h"

typedef void (*tile_fn)(const ln_q8_tile *t, size_t from);

#define TILE(m, unused)                                    \
    static void tile_##m(const ln_q8_tile *t, size_t from) \
    {                                                      \
        tile_of(t, from, m);                               \
    }
LN_UP_TO_8(TILE, )
#undef TILE

static void tile(const ln_q8_tile *t)
{
#define NAME(m, unused) tile_##m,
    static const tile_fn fn[] = {NULL, LN_UP_TO_8(NAME, )};
#undef NAME
    for (size_t from = 0; from < t->m; from += 8)
        fn[LN_MIN(t->m - from, (size_t)8)](t, from);
}

#include "kernels/gemm/gemm_q8_row.h"
