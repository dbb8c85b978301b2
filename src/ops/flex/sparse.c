/* SPDX-License-Identifier: Apache-2.0 */
/* sparse.c: sparse tensors as operands; see sparse.h. */
#include "ops/flex/sparse.h"

#include "ops/elementwise.h"
#include "ops/move.h"
#include "ops/sort.h"

ln_status ln_sparse_open(ln_call *c, int indices, int values, int shape, ln_sparse *s)
{
    const ln_shape i = ln_shape_of(c->in[indices]), v = ln_shape_of(c->in[values]);
    const ln_shape d = ln_shape_of(c->in[shape]);
    *s = (ln_sparse){c->in[indices], c->in[values], c->in[shape], i.dim[0], d.dim[0]};
    LN_TRY(ln_check_type(c, indices, LN_BIT(Int64)));
    LN_TRY(ln_check_type(c, shape, LN_BIT(Int64)));
    LN_TRY(ln_check_movable(c, values));
    LN_CHECK(c, i.rank == 2 && v.rank == 1 && d.rank == 1,
             "indices, values and shape have rank %d, %d and %d", i.rank, v.rank, d.rank);
    LN_CHECK(c, i.dim[1] == d.dim[0] || i.dim[1] < 0 || d.dim[0] < 0,
             "indices of %d dimensions for a shape of %d", i.dim[1], d.dim[0]);
    LN_CHECK(c, v.dim[0] == i.dim[0] || v.dim[0] < 0 || i.dim[0] < 0, "%d values for %d indices",
             v.dim[0], i.dim[0]);
    LN_CHECK(c, d.dim[0] <= LN_MAX_RANK, "a sparse tensor has rank %d", d.dim[0]);
    return LN_OK;
}

ln_status ln_sparse_inside(ln_call *c, const ln_sparse *s, int k)
{
    const int64_t *at = ln_sparse_at(s, k), *size = s->shape->data.i64;
    for (int d = 0; d < s->rank; d++)
        LN_CHECK(c, at[d] >= 0 && at[d] < size[d], "index %d is %lld in a dimension of %lld", k,
                 (long long)at[d], (long long)size[d]);
    return LN_OK;
}

int ln_sparse_compare(const int64_t *a, const int64_t *b, int rank)
{
    for (int d = 0; d < rank; d++)
        if (a[d] != b[d])
            return a[d] < b[d] ? -1 : 1;
    return 0;
}

typedef struct places_of {
    const int64_t *at;
    int rank;
} places_of;

static bool stands_before(const void *items, int a, int b)
{
    const places_of *p = items;
    return ln_sparse_compare(&p->at[(int64_t)a * p->rank], &p->at[(int64_t)b * p->rank], p->rank) <
           0;
}

void ln_sparse_order(const int64_t *places, int rank, int n, int *order, int *spare)
{
    const places_of p = {places, rank};
    for (int i = 0; i < n; i++)
        order[i] = i;
    ln_sort_indices(order, spare, n, stands_before, &p);
}
