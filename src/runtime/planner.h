/* SPDX-License-Identifier: Apache-2.0 */
/* planner.h: where in one block of memory values go that live at different times. */
#ifndef LN_RUNTIME_PLANNER_H
#define LN_RUNTIME_PLANNER_H

#include "base/alloc.h"
#include "base/status.h"

enum { LN_PLAN_ALIGN = 64 };

/* A value of `size` bytes that is needed from step `first` to step `last`, both included. */
typedef struct ln_plan_item {
    size_t size;
    int first, last;
    size_t offset; /* the result, a multiple of LN_PLAN_ALIGN */
} ln_plan_item;

/* Gives each item an offset so that no two that live at the same time overlap; *total becomes the
 * size of the block.  LN_ERR_ARGUMENT: the sizes overflow. */
ln_status ln_plan_offsets(ln_plan_item *items, int n, const ln_alloc *alloc,
                          size_t *total) LN_MUST_USE;

#endif
