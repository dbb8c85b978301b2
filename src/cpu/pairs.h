/* SPDX-License-Identifier: Apache-2.0 */
/* pairs.h: the pairs of matrices that a BATCH_MATMUL multiplies, leading dimensions broadcast.
 * Inputs are 0: x [..., m, k] or [..., k, m], 1: y [..., k, n] or [..., n, k]. */
#ifndef LN_CPU_PAIRS_H
#define LN_CPU_PAIRS_H

#include "ops/op.h"

typedef struct ln_cpu_pairs {
    size_t count, m, n, k;
    bool adj_x, adj_y; /* x lies as [k, m], y as [n, k] */
    ln_shape x, y, z;  /* leading dimensions, x and y filled up with 1 to z's rank */
} ln_cpu_pairs;

/* Of a node whose shapes are known. */
void ln_cpu_pairs_read(const ln_call *c, ln_cpu_pairs *p);
/* Which matrix of x (`s` is p->x) or of y the result matrix `i` is made of. */
size_t ln_cpu_pairs_matrix(const ln_cpu_pairs *p, const ln_shape *s, size_t i);
/* to[j][i] = from[i][j] for i < rows, j < columns, items of 1 or 4 bytes. */
void ln_cpu_transpose_bytes(uint8_t *to, const uint8_t *from, size_t rows, size_t columns);
void ln_cpu_transpose_floats(float *to, const float *from, size_t rows, size_t columns);

#endif
