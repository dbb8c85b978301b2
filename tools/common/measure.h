/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h: times runs of a model: the core of every benchmark command. */
#ifndef MEASURE_H
#define MEASURE_H

#include <signal.h>

#include "common/session.h"

typedef struct measure_plan {
    int warmup, runs;      /* at least so many of each */
    double min_seconds;    /* and for at least so long, */
    double max_seconds;    /* but no longer than this */
} measure_plan;

typedef struct measurement {
    double first_ms, p10_ms, median_ms, p90_ms, mean_ms, min_ms, max_ms;
    int runs;
    long peak_rss_kb; /* of the whole process */
} measurement;

/* Repeated runs with the time of each. */
typedef struct measure_phase {
    int runs;                  /* at least so many, */
    double min_seconds;        /* for at least so long, */
    double max_seconds;        /* but no longer than this */
    double delay_seconds;      /* to wait between two runs */
    double per_second;         /* begin so many runs a second, instead; 0: do not */
    const volatile sig_atomic_t *stop; /* ends the phase once set; or NULL */
    bool (*before_run)(void *user); /* called before (after) each run, outside of its time; */
    void (*after_run)(void *user);  /* or NULL; false: before_run left a text in s->error */
    void *user;
    double *ms;                /* out: of each run in order, for tool_free */
    int n, capacity;
} measure_phase;

double measure_now_ms(void);
void measure_wait(double seconds);
/* One run and the phase's hooks around it.  False with a text in s->error when it fails. */
bool measure_once(session *s, measure_phase *phase);
/* Runs until the phase's bounds are met, which may be at once.  False with a text in s->error when
 * a run fails. */
bool measure_series(session *s, measure_phase *phase);
/* The value at share `p` of sorted times, between neighbors where need be. */
double measure_percentile(const double *times, int n, double p);
/* Puts times in order. */
void measure_sort(double *times, int n);
/* Bounds between which the median of what sorted times are a sample of lies with 95% confidence,
 * by their order alone: no distribution is taken for granted. */
void measure_median_bounds(const double *times, int n, double *low, double *high);
/* The largest memory that the process has had, in kB. */
long measure_peak_rss_kb(void);
/* Runs the session's model, the first time included in no figure but first_ms.  False with a
 * text in s->error when a run fails. */
bool measure_runs(session *s, const measure_plan *plan, measurement *m);

#endif
