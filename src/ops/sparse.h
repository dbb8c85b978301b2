/* SPDX-License-Identifier: Apache-2.0 */
/* sparse.h: sparse constants as the dense values that they stand for.
 *
 * The format is TACO's: levels in order of storage, each all positions of a dimension (dense) or
 * those that an index list names (compressed); behind the tensor's own dimensions come those of
 * blocks, each a piece of one dimension.  model/sparsity.c has checked all of it on loading. */
#ifndef LN_OPS_SPARSE_H
#define LN_OPS_SPARSE_H

#include "ops/op.h"

/* Writes every item of t's shape to `y`, zeros included; items have a whole number of bytes. */
void ln_densify(const TfLiteTensor *t, void *y);

#endif
