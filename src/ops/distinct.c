/* SPDX-License-Identifier: Apache-2.0 */
/* distinct.c: see distinct.h; collisions go on to the next slot. */
#include "ops/distinct.h"

#include <string.h>

enum { SMALL = 2048, PART = SMALL / 2 }; /* slots of the small table; items aimed at per part */

static uint64_t mixed(uint64_t h)
{
    h *= 0x9E3779B97F4A7C15u;
    return (h ^ h >> 29) * 0xBF58476D1CE4E5B9u;
}

static int *slot_of(const ln_distinct *d, uint64_t hash, int k, int *table, size_t n_slots)
{
    size_t at = (size_t)(hash >> 20) & (n_slots - 1);
    while (table[at] >= 0 && !d->equal(d->items, table[at], k))
        at = (at + 1) & (n_slots - 1);
    return &table[at];
}

int *ln_distinct_slot(const ln_distinct *d, int k, int *table, size_t n_slots)
{
    return slot_of(d, mixed(d->hash(d->items, k)), k, table, n_slots);
}

static bool seen_before(const ln_distinct *d, int k)
{
    for (int i = 0; i < k; i++)
        if (d->equal(d->items, i, k))
            return true;
    return false;
}

int ln_distinct_count(const ln_distinct *d)
{
    const int parts = d->n / PART + 1;
    int total = 0;
    for (int part = 0; part < parts; part++) {
        int table[SMALL], used = 0;
        memset(table, 0xFF, sizeof table);
        for (int k = 0; k < d->n; k++) {
            const uint64_t hash = mixed(d->hash(d->items, k));
            if ((int)((hash >> 32) % (unsigned)parts) != part)
                continue;
            int *slot = slot_of(d, hash, k, table, SMALL);
            if (*slot >= 0)
                continue;
            if (used < SMALL - 1) {
                *slot = k;
                used++;
                total++;
            } else {
                total += !seen_before(d, k); /* the hash is no good for these items */
            }
        }
    }
    return total;
}

size_t ln_distinct_slots(int n)
{
    size_t slots = 2;
    while (slots < 2 * (size_t)n)
        slots *= 2;
    return slots;
}
