/* SPDX-License-Identifier: Apache-2.0 */
/* tile_x86.h: the loop that the tiles of gemm_q8.h and gemm_s16.h have in common on x86: m rows of
 * A, 4 bytes of each at a time in every lane, by one or two vectors of columns.
 *
 * Its includers define vectors (ymm.h, zmm.h), MR, and
 *   KR               rows of a panel that 4 bytes of A meet: 2 int16 or 4 bytes
 *   columns_at(b)    LANES columns of a panel
 *   dot(acc, x, w)   acc and the products of x, of A, and w, of the panel */
#include <string.h>

enum { NR = 2 * LANES };

/* Adds to acc; m and v are constants in every call.  lda: bytes. */
LN_INLINE void add_products(vec acc[MR][2], const void *a, size_t lda, const int8_t *b,
                            size_t steps, const int m, const int v)
{
    const char *x = a;
    for (; steps > 0; steps--, x += 4, b += NR * KR) {
        vec w[2];
        LN_UNROLL
        for (int j = 0; j < v; j++)
            w[j] = columns_at(b + j * LANES * KR);
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            int32_t four;
            memcpy(&four, x + (size_t)i * lda, sizeof four);
            const vec all = vec_set(four);
            LN_UNROLL
            for (int j = 0; j < v; j++)
                acc[i][j] = dot(acc[i][j], all, w[j]);
        }
    }
}
