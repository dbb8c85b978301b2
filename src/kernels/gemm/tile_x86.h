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

/* Adds to acc what `bytes` bytes of each row give, rounded up to 4; m and v are constants in every
 * call. */
LN_INLINE void add_products(vec acc[MR][2], const char *const *x, size_t bytes, const int8_t *b,
                            const int m, const int v)
{
    for (size_t s = 0; s < bytes; s += 4, b += NR * KR) {
        vec w[2];
        LN_UNROLL
        for (int j = 0; j < v; j++)
            w[j] = columns_at(b + j * LANES * KR);
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            int32_t four;
            memcpy(&four, x[i] + s, sizeof four);
            const vec all = vec_set(four);
            LN_UNROLL
            for (int j = 0; j < v; j++)
                acc[i][j] = dot(acc[i][j], all, w[j]);
        }
    }
}
