/* SPDX-License-Identifier: Apache-2.0 */
/* combine.h: y = y op x for runs of items, the inner loop of scatters, segment reductions and
 * window reductions. */
#ifndef LN_OPS_COMBINE_H
#define LN_OPS_COMBINE_H

#include "ops/op.h"

typedef enum ln_combine {
    LN_COMBINE_UPDATE, /* x replaces y */
    LN_COMBINE_ADD,
    LN_COMBINE_MUL,
    LN_COMBINE_MIN,
    LN_COMBINE_MAX,
    LN_COMBINE_ALL, /* both are not 0 */
    LN_COMBINE_ANY,
    LN_COMBINE_N,
} ln_combine;

/* y[to + i * to_step] = y[to + i * to_step] op x[from + i * from_step] for i in [0, n). */
typedef void (*ln_combine_run)(void *y, int64_t to, int64_t to_step, const void *x, int64_t from,
                               int64_t from_step, int64_t n);
/* The loop of an operation on a type; NULL where there is none.  Integers wrap around; float16
 * and bfloat16 are rounded after each step. */
ln_combine_run ln_combine_of(ln_combine op, TfLiteType type);
/* What graph `graph` does with two values, by its one op (none: it hands on the second). */
ln_status ln_combine_of_graph(ln_call *c, int graph, ln_combine *op) LN_MUST_USE;

#endif
