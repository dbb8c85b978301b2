/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h: times of nodes, of all graphs, run by run: a telemetry profiler of TensorFlow Lite's
 * C interface, so that it sees what any program's profiler would. */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdio.h>

#include "common/session.h"
#include "common/tally.h"
#include "tensorflow/lite/profiling/telemetry/c/profiler.h"

/* A node, or a step of the initialization.  Times in microseconds. */
typedef struct profile_row {
    int node;
    char *type;     /* "CONV_2D", with what its kernel says of itself behind a slash */
    char *name;     /* its outputs and number: "[probabilities]:7" */
    const char *by; /* "engine", "delegate", "reference" */
    double flops;   /* of one run */
    double mem_kb;
    tally time, start; /* start: since the run's first node began */
} profile_row;

typedef struct profile_graph {
    int index;
    const char *name;
    profile_row *rows; /* in order of execution */
    int n, capacity;
    int *row_of, n_nodes; /* by node number; -1: has not run */
    double run_us;        /* in the run that is going on */
    tally total;          /* of all nodes together, run by run */
} profile_graph;

enum { PROFILE_MAX_DEPTH = 40 }; /* of nodes running inside each other; deeper ones do not count */

typedef struct profile {
    TfLiteTelemetryProfilerStruct hooks;
    const session *s;
    bool on;
    const struct TfLiteDelegate *foreign; /* whose kernels are not the engine's; or NULL */
    double run_start_us; /* 0: no node has run yet */
    profile_graph init;  /* the steps of the initialization */
    profile_graph *graphs;
    int n_graphs;
    bool inside;      /* the engine was applied as a delegate: its nodes are told once more */
    double inside_us; /* of its nodes, in the run that is going on */
    tally inside_total;
    struct profile_open {
        int graph, row;
        double start_us;
    } open[PROFILE_MAX_DEPTH];
    int depth;
} profile;

void profile_init(profile *p);
void profile_free(profile *p);
/* Looks at the graphs of a session whose options had &p->hooks set. */
void profile_attach(profile *p, const session *s);
/* Notes a step of the initialization. */
void profile_step(profile *p, const char *name, double us, double mem_kb);
/* Around each run that counts. */
void profile_begin_run(profile *p);
void profile_end_run(profile *p);

/* The nodes that the engine ran as a delegate: a graph of its own, with names as TensorFlow Lite's
 * delegates have them, to be freed by profile_inside_free.  Without nodes where it was not one. */
profile_graph profile_inside(const profile *p);
void profile_inside_free(profile_graph *g);

/* profile_print.c: TensorFlow Lite's three tables for the initialization, for each graph that ran
 * and for the inside of a delegate.  `prefix` stands before the two headlines. */
void profile_print(const profile *p, const char *prefix, bool csv, FILE *to);
/* Nodes that do arithmetic: speed, and share of `peak` GFLOP/s (0: not known). */
void profile_print_speed(const profile *p, double peak, int threads, FILE *to);

#endif
