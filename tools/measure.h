/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h: times runs of a model: the core of every benchmark command. */
#ifndef MEASURE_H
#define MEASURE_H

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

double measure_now_ms(void);
/* Runs the session's model, the first time included in no figure but first_ms.  False with a
 * text in s->error when a run fails. */
bool measure_runs(session *s, const measure_plan *plan, measurement *m);

#endif
