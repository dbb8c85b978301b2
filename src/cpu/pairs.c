/* SPDX-License-Identifier: Apache-2.0 */
/* pairs.c: see pairs.h. */
#include "cpu/pairs.h"

#include "ops/move.h"

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

static void transpose(void *to, const void *from, size_t rows, size_t columns, size_t size)
{
    const ln_move m = {.rank = 2,
                       .dim = {(int)rows, (int)columns},
                       .from = {(int64_t)columns, 1},
                       .to = {1, (int64_t)rows}};
    ln_move_items(&m, to, from, size);
}

void ln_cpu_transpose_bytes(uint8_t *to, const uint8_t *from, size_t rows, size_t columns)
{
    transpose(to, from, rows, columns, sizeof *to);
}

void ln_cpu_transpose_floats(float *to, const float *from, size_t rows, size_t columns)
{
    transpose(to, from, rows, columns, sizeof *to);
}
