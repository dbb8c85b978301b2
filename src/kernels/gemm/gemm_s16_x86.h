/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_s16_x86.h: products of int16 rows and int8 columns on x86; the contract is in
 * kernels/gemm_s16.h.  Included by the files of the sets, which define what tile_x86.h asks for,
 * but for KR and columns_at, and ROWS, the list of up_to.h up to MR. */
enum { KR = 2 };

LN_INLINE vec columns_at(const int8_t *b)
{
    return vec_widen(b);
}

#include "kernels/gemm/tile_x86.h"
#include "kernels/gemm/up_to.h"
#include "kernels/kernels.h"

typedef struct matrices {
    int32_t *c;
    size_t ldc;
    const int16_t *a;
    size_t lda;
    const int8_t *panel;
    size_t k;
} matrices;

LN_INLINE void tile(const matrices *t, size_t from, const int m)
{
    const char *x[MR];
    int32_t *c = t->c + from * t->ldc;
    vec acc[MR][2];
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        x[i] = (const char *)(t->a + (from + (size_t)i) * t->lda);
        acc[i][0] = acc[i][1] = vec_zero();
    }
    add_products(acc, x, t->k / KR * 4, t->panel, m, 2);
    if (t->k % KR) { /* one value each, which ends its row */
        const int8_t *b = t->panel + (t->k - 1) * NR;
        const vec w[2] = {columns_at(b), columns_at(b + LANES * KR)};
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            const vec last = vec_set((uint16_t)t->a[(from + (size_t)i) * t->lda + t->k - 1]);
            acc[i][0] = dot(acc[i][0], last, w[0]);
            acc[i][1] = dot(acc[i][1], last, w[1]);
        }
    }
    LN_UNROLL
    for (int i = 0; i < m; i++, c += t->ldc) {
        vec_store(c, acc[i][0]);
        vec_store(c + LANES, acc[i][1]);
    }
}

#define TILE(m, unused)                                  \
    static void tile_##m(const matrices *t, size_t from) \
    {                                                    \
        tile(t, from, m);                                \
    }
ROWS(TILE, )
#undef TILE

static void run(int32_t *c, size_t ldc, const int16_t *a, size_t lda, const int8_t *panel, size_t m,
                size_t k)
{
#define NAME(m, unused) tile_##m,
    static void (*const fn[])(const matrices *, size_t) = {NULL, ROWS(NAME, )};
#undef NAME
    const matrices t = {c, ldc, a, lda, panel, k};
    for (size_t from = 0; from < m; from += MR)
        fn[LN_MIN(m - from, (size_t)MR)](&t, from);
}
