/* SPDX-License-Identifier: Apache-2.0 */
/* add_run.h: y[to + i] += x[from + i], the inner loop of scatters and segment sums. */
#ifndef LN_OPS_ADD_RUN_H
#define LN_OPS_ADD_RUN_H

#include "ops/op.h"

typedef void (*ln_add_run)(void *y, int64_t to, const void *x, int64_t from, int64_t n);
/* The loop of a type; NULL where there is none.  Integers wrap around, booleans are or-ed. */
ln_add_run ln_add_run_of(TfLiteType type);

#endif
