/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h: times runs of a model: the core of every benchmark command. */
#ifndef MEASURE_H
#define MEASURE_H

#include <signal.h>

#include "session.h"

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
    const volatile sig_atomic_t *stop; /* ends the phase once set; or NULL */
    void (*after_first)(void *user);   /* called after the first run; or NULL */
    void *user;
    double *ms;                /* out: of each run, for tool_free */
    int n, capacity;
} measure_phase;

double measure_now_ms(void);
/* Runs until the phase's bounds are met.  False with a text in s->error when a run fails. */
bool measure_series(session *s, measure_phase *phase);
/* The value at share `p` of sorted times, between neighbors where need be. */
double measure_percentile(const double *times, int n, double p);
/* Puts times in order. */
void measure_sort(double *times, int n);
/* The largest memory that the process has had, in kB. */
long measure_peak_rss_kb(void);
/* Runs the session's model, the first time included in no figure but first_ms.  False with a
 * text in s->error when a run fails. */
bool measure_runs(session *s, const measure_plan *plan, measurement *m);

#endif
