/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c: see measure.h. */
#include "measure.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "tool.h"

double measure_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The value at share `p` of the sorted times, between neighbors where need be. */
static double percentile(const double *times, int n, double p)
{
    const double at = p * (n - 1);
    const int low = (int)at, high = low + 1 < n ? low + 1 : low;
    return times[low] + (times[high] - times[low]) * (at - low);
}

static void summarize(measurement *m, double *times, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += times[i];
    qsort(times, (size_t)n, sizeof *times, by_size);
    m->runs = n;
    m->mean_ms = sum / n;
    m->min_ms = times[0];
    m->max_ms = times[n - 1];
    m->p10_ms = percentile(times, n, 0.1);
    m->median_ms = percentile(times, n, 0.5);
    m->p90_ms = percentile(times, n, 0.9);
}

static bool timed(session *s, double *ms)
{
    const double start = measure_now_ms();
    const bool ok = session_invoke(s);
    *ms = measure_now_ms() - start;
    return ok;
}

bool measure_runs(session *s, const measure_plan *plan, measurement *m)
{
    memset(m, 0, sizeof *m);
    double ms;
    bool ok = timed(s, &m->first_ms);
    for (int i = 0; ok && i < plan->warmup; i++)
        ok = timed(s, &ms);
    session_profile_reset(s);
    double *times = NULL;
    int n = 0, capacity = 0;
    const double start = measure_now_ms();
    while (ok) {
        const double spent = measure_now_ms() - start;
        const bool enough = n >= plan->runs && spent >= plan->min_seconds * 1e3;
        if (n > 0 && (enough || spent >= plan->max_seconds * 1e3))
            break;
        if (n == capacity) {
            capacity = capacity ? capacity * 2 : 256;
            times = tool_resize(times, (size_t)capacity, sizeof *times);
        }
        ok = timed(s, &times[n++]);
    }
    if (ok)
        summarize(m, times, n);
    tool_free(times);
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        m->peak_rss_kb = usage.ru_maxrss;
    return ok;
}
