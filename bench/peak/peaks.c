/* SPDX-License-Identifier: Apache-2.0 */
/* peaks.c: see peaks.h. */
#include "peak/peaks.h"

#include "base/cpu.h"
#include "benchmark/peak.h"

#define PEAK(set, kind, fn, work) float fn(float a, float b, long n);
#include "peak/peaks.def"
#undef PEAK

typedef struct row {
    int isa, kind;
    peak_loop run;
    double work;
} row;

static const row rows[] = {
#define PEAK(set, kind, fn, work) {LN_ISA_INDEX_##set, kind, fn, work},
#include "peak/peaks.def"
#undef PEAK
};

double peaks_best(int kind, unsigned isas, int threads, const char **set)
{
    for (size_t i = LN_COUNTOF(rows); i-- > 0;) {
        const row *r = &rows[i];
        if (r->kind != kind || !(isas >> r->isa & 1))
            continue;
        *set = ln_isa_name(r->isa);
        return peak_speed(r->run, r->work, threads);
    }
    *set = NULL;
    return 0;
}
