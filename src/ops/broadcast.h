/* SPDX-License-Identifier: Apache-2.0 */
/* broadcast.h: walking over operands of different but compatible shapes, the NumPy way.  The walk
 * goes row by row; within a row each operand either advances item by item or stays (stride 0).
 * elementwise.h builds on it for operands that are numbers. */
#ifndef LN_OPS_BROADCAST_H
#define LN_OPS_BROADCAST_H

#include "ops/op.h"

enum { LN_MAX_OPERANDS = 3 };

typedef struct ln_bcast {
    int rank; /* >= 1; axes that can be joined are */
    int n;    /* operands */
    int dim[LN_MAX_RANK];
    int64_t stride[LN_MAX_OPERANDS][LN_MAX_RANK]; /* in items; 0: the operand repeats */
    int index[LN_MAX_RANK];
    int64_t at[LN_MAX_OPERANDS]; /* item of each operand where the row starts */
    int row;                     /* items in a row; 0: there is none */
} ln_bcast;

/* Starts a walk over `y` with `n` operands of shapes `x` that broadcast to it. */
void ln_bcast_init(ln_bcast *b, const ln_shape *y, int n, const ln_shape *x);
/* Goes to the next row; false after the last one. */
bool ln_bcast_next(ln_bcast *b);
/* True when operand k stays at one item throughout a row. */
static inline bool ln_bcast_stays(const ln_bcast *b, int k)
{
    return b->stride[k][b->rank - 1] == 0;
}

#endif
