/* SPDX-License-Identifier: Apache-2.0 */
/* constants.h: DEQUANTIZE nodes of constants (weights kept as float16 or int8) in the group of the
 * node that packs them: their results exist only until they are packed, and no run computes them.
 * Constants that several nodes use are left to the runtime, which folds them. */
#ifndef LN_CPU_CONSTANTS_H
#define LN_CPU_CONSTANTS_H

#include "cpu/graph.h"
#include "cpu/kernel.h"

/* The plan positions of such nodes that only `at` reads, at most `max`; returns how many. */
int ln_cpu_constants_match(const ln_cpu_graph *g, int at, int *nodes, int max);

/* Computes the group's constants; the file's pages are not needed afterwards.  Weights that the
 * weight cache may have wait, in memory that is theirs already, until something is packed. */
ln_status ln_cpu_constants_make(ln_cpu_group *k) LN_MUST_USE;
ln_status ln_cpu_constants_finish(ln_cpu_kernel *k) LN_MUST_USE;
/* Frees what the row has packed, or all. */
void ln_cpu_constants_drop(ln_cpu_group *k, bool all);

#endif
