/* SPDX-License-Identifier: Apache-2.0 */
/* sort.c: merge sort from the bottom up: stretches of 1, 2, 4 ... indices are merged in pairs. */
#include "ops/sort.h"

#include <string.h>

/* order[from, middle) and order[middle, end) into spare[from, end). */
static void merge(const int *order, int *spare, const int64_t at[3], ln_sort_before before,
                  const void *items)
{
    int64_t i = at[0], j = at[1];

    for (int64_t k = at[0]; k < at[2]; k++) {
        const bool right = i >= at[1] || (j < at[2] && before(items, order[j], order[i]));
        spare[k] = order[right ? j++ : i++];
    }
}

void ln_sort_indices(int *order, int *spare, int n, ln_sort_before before, const void *items)
{
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t from = 0; from < n; from += 2 * width) {
            const int64_t middle = LN_MIN(from + width, n), end = LN_MIN(from + 2 * width, n);
            merge(order, spare, (const int64_t[3]){from, middle, end}, before, items);
        }
        memcpy(order, spare, (size_t)n * sizeof(int));
    }
}
