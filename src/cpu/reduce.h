/* SPDX-License-Identifier: Apache-2.0 */
/* reduce.h: sums and means of rows as parts of other nodes. */
#ifndef LN_CPU_REDUCE_H
#define LN_CPU_REDUCE_H

#include "cpu/row.h"

/* True for SUM and MEAN over the last axis, known before the run, which stays as one item. */
bool ln_cpu_folds_rows(const ln_op *op, const ln_call *c);
/* y[i] of the `n` items of row i of x, as the node makes it. */
void ln_cpu_fold_rows(const ln_cpu_kernel *k, const ln_cpu_node *node, void *y, const void *x,
                      size_t rows, size_t n);

#endif
