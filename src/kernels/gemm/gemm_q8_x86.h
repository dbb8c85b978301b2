/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_q8_x86.h: 8-bit matrix products on x86; the contract is in kernels/gemm_q8.h.  Included by
 * the files of the sets, which define what tile_x86.h asks for and ROWS, the list of up_to.h up
 * to MR.
 *
 * A tile is as large as the registers allow: MR rows by two vectors of columns, the two vectors of
 * b and one for a's values, which go to all lanes. */
#include "kernels/gemm/tile_x86.h"
#include "kernels/gemm/up_to.h"
#include "kernels/gemm_q8.h"
#include "kernels/kernels.h"

static void sums(int32_t *sums, const void *a, size_t lda, size_t m, size_t k)
{
    enum { VEC = sizeof(vec) };
    const size_t bytes = k * 4 / KR;
    const vec one = vec_set(KR == 4 ? 0x01010101 : 0x00010001);
    for (size_t i = 0; i < m; i++) {
        const uint8_t *from = (const uint8_t *)a + i * lda;
        uint8_t last[VEC] = {0};
        vec acc = vec_zero();
        size_t s = 0;
        for (; s + VEC <= bytes; s += VEC)
            acc = dot(acc, vec_load(from + s), one);
        memcpy(last, from + s, bytes - s);
        sums[i] = vec_sum(dot(acc, vec_load(last), one));
    }
}

/* m rows by v vectors of columns; both are constants in every call. */
LN_INLINE void tile_of(const ln_q8_tile *t, size_t from, const int m, const int v)
{
    vec acc[MR][2];
    int32_t *to = t->sums + from * NR;
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        const vec row = t->row ? vec_set(t->row[from + (size_t)i]) : vec_zero();
        LN_UNROLL
        for (int j = 0; j < v; j++)
            acc[i][j] = vec_add(vec_load(t->column + LANES * j), row);
    }
    add_products(acc, (const char *)t->a + from * t->lda, t->lda, t->panel, t->k / KR, m, v);
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        LN_UNROLL
        for (int j = 0; j < v; j++)
            vec_store(to + i * NR + LANES * j, acc[i][j]);
    }
}

typedef void (*tile_fn)(const ln_q8_tile *t, size_t from);

#define TILE(m, v)                                               \
    static void tile_##m##_##v(const ln_q8_tile *t, size_t from) \
    {                                                            \
        tile_of(t, from, m, v);                                  \
    }
ROWS(TILE, 1)
ROWS(TILE, 2)
#undef TILE

static void tile(const ln_q8_tile *t)
{
#define NAME(m, v) tile_##m##_##v,
    static const tile_fn fn[2][MR + 1] = {{NULL, ROWS(NAME, 1)}, {NULL, ROWS(NAME, 2)}};
#undef NAME
    for (size_t from = 0; from < t->m; from += MR)
        fn[t->n > LANES][LN_MIN(t->m - from, (size_t)MR)](t, from);
}
