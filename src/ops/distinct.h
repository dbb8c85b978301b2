/* SPDX-License-Identifier: Apache-2.0 */
/* distinct.h: which items of a vector are equal, by a hash table over their numbers. */
#ifndef LN_OPS_DISTINCT_H
#define LN_OPS_DISTINCT_H

#include "base/compiler.h"

typedef struct ln_distinct {
    uint64_t (*hash)(const void *items, int k); /* the same for equal items */
    bool (*equal)(const void *items, int a, int b);
    const void *items;
    int n;
} ln_distinct;

/* How many items are equal to none before them.  Without memory of its own: it goes over the vector
 * once per part of the hash range, with a small table. */
int ln_distinct_count(const ln_distinct *d);
/* The slots of a table for n items, a power of two. */
size_t ln_distinct_slots(int n);
/* The slot of item k, in a table whose slots are -1 at first: of an equal item, or a free one.
 * There must be a free slot. */
int *ln_distinct_slot(const ln_distinct *d, int k, int *table, size_t n_slots);

#endif
