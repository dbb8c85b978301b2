/* SPDX-License-Identifier: Apache-2.0 */
/* broadcast.c: see broadcast.h.  Axes of size 1 are dropped and neighbours that every operand
 * walks alike are joined, so that equal shapes are one long row. */
#include "ops/broadcast.h"

/* True when no operand notices the border between axis i and axis i + 1. */
static bool joins(const ln_bcast *b, int i)
{
    for (int k = 0; k < b->n; k++)
        if (b->stride[k][i] != b->stride[k][i + 1] * b->dim[i + 1])
            return false;
    return true;
}

static void drop(ln_bcast *b, int axis)
{
    for (int i = axis; i + 1 < b->rank; i++) {
        b->dim[i] = b->dim[i + 1];
        for (int k = 0; k < b->n; k++)
            b->stride[k][i] = b->stride[k][i + 1];
    }
    b->rank--;
}

void ln_bcast_init(ln_bcast *b, const ln_shape *y, int n, const ln_shape *x)
{
    const int count = ln_shape_count(y, 0, y->rank);
    *b = (ln_bcast){.rank = y->rank, .n = n};
    if (count <= 0) { /* nothing to walk; dimensions beside a 0 may be of any size */
        b->rank = 1;
        return;
    }
    for (int i = 0; i < y->rank; i++)
        b->dim[i] = y->dim[i];
    for (int k = 0; k < n; k++) {
        int64_t stride = 1;
        for (int i = y->rank - 1; i >= 0; i--) {
            const int axis = i - (y->rank - x[k].rank);
            const int dim = axis < 0 ? 1 : x[k].dim[axis];
            b->stride[k][i] = dim == 1 ? 0 : stride;
            stride *= dim;
        }
    }
    for (int i = b->rank - 1; i >= 0; i--)
        if (b->dim[i] == 1)
            drop(b, i);
    for (int i = b->rank - 2; i >= 0; i--)
        if (joins(b, i)) {
            b->dim[i + 1] *= b->dim[i];
            drop(b, i);
        }
    if (b->rank == 0) {
        b->rank = 1;
        b->dim[0] = 1;
    }
    b->row = b->dim[b->rank - 1];
}

bool ln_bcast_next(ln_bcast *b)
{
    for (int i = b->rank - 2; i >= 0; i--) {
        const bool carry = ++b->index[i] == b->dim[i];
        for (int k = 0; k < b->n; k++)
            b->at[k] += carry ? -b->stride[k][i] * (b->dim[i] - 1) : b->stride[k][i];
        if (!carry)
            return true;
        b->index[i] = 0;
    }
    return false;
}
