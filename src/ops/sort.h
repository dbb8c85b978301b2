/* SPDX-License-Identifier: Apache-2.0 */
/* sort.h: a stable sort of indices (merge sort, no memory of its own). */
#ifndef LN_OPS_SORT_H
#define LN_OPS_SORT_H

#include "base/compiler.h"

/* Whether item `a` belongs before item `b`; equal items keep their order. */
typedef bool (*ln_sort_before)(const void *items, int a, int b);
/* Sorts `n` indices in `order`; `spare` is room for as many. */
void ln_sort_indices(int *order, int *spare, int n, ln_sort_before before, const void *items);

#endif
