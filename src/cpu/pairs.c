/* SPDX-License-Identifier: Apache-2.0 */
/* pairs.c: see pairs.h. */
#include "cpu/pairs.h"

#include "ops/op.h"

enum { X, Y };

static ln_shape leading(const ln_shape *s, int rank)
{
    ln_shape out = {.rank = rank};
    for (int i = 0; i < rank; i++) {
        const int from = i - (rank - (s->rank - 2));
        out.dim[i] = from < 0 ? 1 : s->dim[from];
    }
    return out;
}

void ln_cpu_pairs_read(const ln_call *c, ln_cpu_pairs *p)
{
    const TfLiteBatchMatMulParams *params = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->in[Y]);
    const ln_shape z = ln_shape_of(c->out[0]);
    const int rank = z.rank - 2;
    p->adj_x = params->adj_x;
    p->adj_y = params->adj_y;
    p->m = (size_t)z.dim[rank];
    p->n = (size_t)z.dim[rank + 1];
    p->k = (size_t)x.dim[x.rank - (p->adj_x ? 2 : 1)];
    p->x = leading(&x, rank);
    p->y = leading(&y, rank);
    p->z = leading(&z, rank);
    p->count = (size_t)ln_shape_count(&p->z, 0, rank);
}

size_t ln_cpu_pairs_matrix(const ln_cpu_pairs *p, const ln_shape *s, size_t i)
{
    size_t at = 0, stride = 1;
    for (int d = p->z.rank - 1; d >= 0; d--) {
        at += (s->dim[d] == 1 ? 0 : i % (size_t)p->z.dim[d]) * stride;
        stride *= (size_t)s->dim[d];
        i /= (size_t)p->z.dim[d];
    }
    return at;
}

/* Blocks whose lines stay in the first-level cache. */
#define TRANSPOSE(name, type)                                              \
    void name(type *to, const type *from, size_t rows, size_t columns)     \
    {                                                                      \
        enum { BLOCK = 16 };                                               \
        for (size_t i0 = 0; i0 < rows; i0 += BLOCK)                        \
            for (size_t j0 = 0; j0 < columns; j0 += BLOCK)                 \
                for (size_t j = j0; j < LN_MIN(j0 + BLOCK, columns); j++)  \
                    for (size_t i = i0; i < LN_MIN(i0 + BLOCK, rows); i++) \
                        to[j * rows + i] = from[i * columns + j];          \
    }
TRANSPOSE(ln_cpu_transpose_bytes, uint8_t)
TRANSPOSE(ln_cpu_transpose_floats, float)
