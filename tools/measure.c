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

static void wait_seconds(double seconds)
{
    if (seconds <= 0)
        return;
    const double whole = (double)(time_t)seconds;
    const struct timespec t = {(time_t)seconds, (long)((seconds - whole) * 1e9)};
    nanosleep(&t, NULL);
}

bool measure_series(session *s, measure_phase *p)
{
    bool ok = true;
    const double start = measure_now_ms();
    while (ok && !(p->stop && *p->stop)) {
        const double spent = measure_now_ms() - start;
        const bool enough = p->n >= p->runs && spent >= p->min_seconds * 1e3;
        if (p->n > 0 && (enough || spent >= p->max_seconds * 1e3))
            break;
        if (p->n == p->capacity) {
            p->capacity = p->capacity ? p->capacity * 2 : 256;
            p->ms = tool_resize(p->ms, (size_t)p->capacity, sizeof *p->ms);
        }
        if (p->n > 0)
            wait_seconds(p->delay_seconds);
        ok = timed(s, &p->ms[p->n]);
        p->n += ok;
        if (ok && p->n == 1 && p->after_first)
            p->after_first(p->user);
    }
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
    measure_phase phase = {
        .runs = plan->runs, .min_seconds = plan->min_seconds, .max_seconds = plan->max_seconds};
    ok = ok && measure_series(s, &phase);
    if (ok)
        summarize(m, phase.ms, phase.n);
    tool_free(phase.ms);
    m->peak_rss_kb = measure_peak_rss_kb();
    return ok;
}
