/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.h: axes to reduce, and the walk that folds an input into an output.  The walk visits the
 * input in order, so every output sums its items in the order in which TFLite does. */
#ifndef LN_OPS_REDUCE_H
#define LN_OPS_REDUCE_H

#include "ops/elementwise.h"

/* Folds n items x of a lane into accumulators: all into acc[0] where `one`, else x[i] into
 * acc[i]. */
typedef void (*ln_fold)(void *acc, const void *x, int n, bool one);

/* `reduced`: bit i stands for axis i. */
typedef struct ln_axes {
    unsigned reduced;
    ln_shape kept; /* input's shape with 1 at reduced axes */
} ln_axes;

/* Reads axes from input `i` of a call: negative ones count from the end, duplicates are fine.
 * `s` is the shape of input 0. */
ln_status ln_axes_read(ln_call *c, int i, const ln_shape *s, ln_axes *axes) LN_MUST_USE;
/* The output's shape. */
ln_shape ln_axes_shape(const ln_axes *axes, const ln_shape *s, bool keep_dims);
/* Folds x into `acc`, one accumulator of the lane per item of axes->kept. */
void ln_reduce(const TfLiteTensor *x, const ln_axes *axes, ln_lane lane, ln_fold fold, void *acc);

#endif
