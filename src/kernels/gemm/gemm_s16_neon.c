/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_neon.c: gemm_s16.h for NEON, tiles of up to 8 rows by 8 columns. */
#include "kernels/gemm/tile_neon.h"

LN_INLINE void tile(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *b, size_t k,
                    const size_t m)
{
    const int16_t *row[MR];
    row_sums acc[MR];
    LN_UNROLL
    for (size_t i = 0; i < m; i++) {
        row[i] = a + i * lda;
        acc[i].low = acc[i].high = vdupq_n_s32(0);
    }
    add_products(acc, row, b, k, m);
    LN_UNROLL
    for (size_t i = 0; i < m; i++)
        store_sums(c + i * ldc, acc[i]);
}

#define TILE(m, unused)                                                                         \
    static void tile_##m(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *b, \
                         size_t k)                                                              \
    {                                                                                           \
        tile(c, ldc, a, lda, b, k, m);                                                          \
    }
LN_UP_TO_8(TILE, )
#undef TILE

static void run(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *panel, size_t m,
                size_t k)
{
#define NAME(m, unused) tile_##m,
    static void (*const fn[])(int32_t *, size_t, const int16_t *, size_t, const int8_t *,
                              size_t) = {NULL, LN_UP_TO_8(NAME, )};
#undef NAME
    for (size_t from = 0; from < m; from += MR)
        fn[LN_MIN(m - from, (size_t)MR)](c + from * ldc, ldc, a + from * lda, lda, panel, k);
}

void ln_gemm_s16_init_neon(ln_kernels *k)
{
    k->gemm_s16 = (ln_gemm_s16){.mr = MR, .nr = NR, .kr = 1, .run = run};
}
