/* SPDX-License-Identifier: Apache-2.0 */
/* measure.c: see measure.h. */
#include "common/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/tool.h"

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

void measure_sort(double *times, int n)
{
    if (n > 0)
        qsort(times, (size_t)n, sizeof *times, by_size);
}

double measure_percentile(const double *times, int n, double p)
{
    const double at = p * (n - 1);
    const int low = (int)at, high = low + 1 < n ? low + 1 : low;
    return times[low] + (times[high] - times[low]) * (at - low);
}

/* The number of values below the median is binomial; 1.96 standard deviations make 95%. */
void measure_median_bounds(const double *times, int n, double *low, double *high)
{
    const double spread = 1.96 * sqrt((double)n) / 2;
    const int first = (int)floor(n / 2.0 - spread), last = (int)ceil(n / 2.0 + spread) - 1;
    *low = times[first > 0 ? first : 0];
    *high = times[last < n - 1 ? (last > 0 ? last : 0) : n - 1];
}

static void summarize(measurement *m, double *times, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += times[i];
    measure_sort(times, n);
    m->runs = n;
    m->mean_ms = sum / n;
    m->min_ms = times[0];
    m->max_ms = times[n - 1];
    m->p10_ms = measure_percentile(times, n, 0.1);
    m->median_ms = measure_percentile(times, n, 0.5);
    m->p90_ms = measure_percentile(times, n, 0.9);
}

static bool timed(session *s, double *ms)
{
    const double start = measure_now_ms();
    const bool ok = session_invoke(s);
    *ms = measure_now_ms() - start;
    return ok;
}

long measure_peak_rss_kb(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0;
}

void measure_wait(double seconds)
{
    if (seconds <= 0)
        return;
    const double whole = (double)(time_t)seconds;
    const struct timespec t = {(time_t)seconds, (long)((seconds - whole) * 1e9)};
    nanosleep(&t, NULL);
}

bool measure_once(session *s, measure_phase *p)
{
    if (p->n == p->capacity) {
        p->capacity = p->capacity ? p->capacity * 2 : 256;
        p->ms = tool_resize(p->ms, (size_t)p->capacity, sizeof *p->ms);
    }
    if ((p->before_run && !p->before_run(p->user)) || !timed(s, &p->ms[p->n]))
        return false;
    p->n++;
    if (p->after_run)
        p->after_run(p->user);
    return true;
}

bool measure_series(session *s, measure_phase *p)
{
    const double start = measure_now_ms();
    double spent = 0;
    while ((p->n < p->runs || spent < p->min_seconds * 1e3) && spent <= p->max_seconds * 1e3 &&
           !(p->stop && *p->stop)) {
        if (!measure_once(s, p))
            return false;
        const double due = start + p->n * 1e3 / (p->per_second > 0 ? p->per_second : 1);
        measure_wait(p->per_second > 0 ? (due - measure_now_ms()) / 1e3 : p->delay_seconds);
        spent = measure_now_ms() - start;
    }
    return true;
}

bool measure_runs(session *s, const measure_plan *plan, measurement *m)
{
    memset(m, 0, sizeof *m);
    double ms;
    bool ok = timed(s, &m->first_ms);
    for (int i = 0; ok && i < plan->warmup; i++)
        ok = timed(s, &ms);
    session_profile_reset(s);
    measure_phase phase = {
        .runs = plan->runs, .min_seconds = plan->min_seconds, .max_seconds = plan->max_seconds};
    ok = ok && measure_series(s, &phase);
    if (ok && phase.n > 0)
        summarize(m, phase.ms, phase.n);
    tool_free(phase.ms);
    m->peak_rss_kb = measure_peak_rss_kb();
    return ok;
}
