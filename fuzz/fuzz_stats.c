/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_stats.c: bytes as statistics of a model: read, written, added to themselves, and turned into
 * ranges by every observer. */
#include <stdlib.h>
#include <string.h>

#include "quant/stats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const ln_stat *t)
{
    float low, high;
    for (int observer = LN_QUANT_MSE; t && observer <= LN_QUANT_ENTROPY; observer++) {
        const ln_observing how = {
            .observer = (ln_quant_observer)observer, .percentile = 99, .bits = 8};
        if (ln_stat_range(t, &how, &low, &high) != LN_OK)
            return;
        if (!(low <= high))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { MOST = 8 }; /* tensors whose ranges are looked at: entropy takes its time */
    ln_stats *s;
    uint8_t *bytes;
    size_t n;
    int left = MOST;
    if (ln_stats_read(&s, data, size, &ln_alloc_default, NULL) != LN_OK)
        return 0;
    for (int g = 0; g < s->n_graphs; g++)
        for (int i = 0; i < s->n_tensors[g] && left > 0; i++) {
            const ln_stat *t = ln_stats_of(s, g, i);
            look_at(t);
            left -= t != NULL;
        }
    if (ln_stats_write(s, &bytes, &n) == LN_OK) {
        ln_stats *again;
        if (ln_stats_read(&again, bytes, n, &ln_alloc_default, NULL) != LN_OK ||
            ln_stats_merge(again, s, NULL) != LN_OK)
            abort();
        ln_stats_free(again);
        ln_free(&ln_alloc_default, bytes);
    }
    ln_stats_free(s);
    return 0;
}
