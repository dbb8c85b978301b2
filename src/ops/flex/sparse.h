/* SPDX-License-Identifier: Apache-2.0 */
/* sparse.h: sparse tensors as Flex operators take them: indices int64 [n, rank], values [n], shape
 * int64 [rank]. */
#ifndef LN_OPS_FLEX_SPARSE_H
#define LN_OPS_FLEX_SPARSE_H

#include "ops/op.h"

typedef struct ln_sparse {
    const TfLiteTensor *indices, *values, *shape;
    int n, rank; /* -1: not known */
} ln_sparse;

/* The operand whose parts are these inputs, with their types and ranks checked. */
ln_status ln_sparse_open(ln_call *c, int indices, int values, int shape,
                         ln_sparse *s) LN_MUST_USE;
/* Fails unless item k lies inside of the shape. */
ln_status ln_sparse_inside(ln_call *c, const ln_sparse *s, int k) LN_MUST_USE;
static inline const int64_t *ln_sparse_at(const ln_sparse *s, int k)
{
    return &s->indices->data.i64[(int64_t)k * s->rank];
}
/* -1, 0, 1: place a stands before, at, behind b. */
int ln_sparse_compare(const int64_t *a, const int64_t *b, int rank);
/* The numbers of n places in their order, equal ones as they come; `spare` is room for n, too. */
void ln_sparse_order(const int64_t *places, int rank, int n, int *order, int *spare);

#endif
