/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark.h: the parts of benchmark_model.  Flags (benchmark/flags.h) are global, as they are on
 * a command line; everything else hangs on a `benchmark`, of which a comparison has two. */
#ifndef BENCHMARK_H
#define BENCHMARK_H

#include <signal.h>
#include <stdio.h>

#include "benchmark/flags.h"
#include "benchmark/profile.h"
#include "common/measure.h"
#include "common/session.h"

/* Runs benchmark_model on the words behind the program's name; returns the exit code. */
int benchmark_main(int argc, char **argv);

/* The values that every run begins with, one per input of the session. */
typedef struct benchmark_inputs {
    value *values;
    int n;
} benchmark_inputs;

enum { BENCHMARK_MAX_DELEGATES = 2 };

/* Delegates that the command line asks for, in its order. */
typedef struct benchmark_delegates {
    struct benchmark_delegate {
        const char *name;
        TfLiteDelegate *delegate;
        void (*free)(TfLiteDelegate *delegate);
        int position;
    } items[BENCHMARK_MAX_DELEGATES];
    int n;
} benchmark_delegates;

/* Nodes of the main graph that delegates may have; `allowed` NULL: all. */
typedef struct benchmark_limits {
    int first, last;
    uint8_t *allowed;
    int n;
} benchmark_limits;

typedef struct benchmark {
    session s;
    profile profile;
    benchmark_inputs inputs;
    benchmark_delegates delegates;
    benchmark_limits limits;
    double init_us, model_mb;
    size_t input_bytes;
    long start_kb, init_kb, overall_kb; /* largest memory: at the start, and beyond that */
    double peak_mb;                     /* by watching; 0: not asked for */
    double peak_gflops;                 /* of the machine; 0: not measured */
    measure_phase warmup, regular;
    double progress_ms; /* when progress was last shown */
} benchmark;

/* Set by SIGINT: what has been measured is to be printed. */
extern volatile sig_atomic_t benchmark_stop;

/* ---- benchmark/run.c: one benchmark by the flags as they are ---- */

/* Checks flags; false with a message. */
bool benchmark_check_flags(void);
/* Loads, applies delegates, allocates, makes inputs; false with a message. */
bool benchmark_open(benchmark *b);
void benchmark_close(benchmark *b);
/* Warms up and measures. */
bool benchmark_measure(benchmark *b);
/* All of it but the pages, with TensorFlow Lite's lines. */
bool benchmark_run(benchmark *b);
/* --json and --report, with a comparison as JSON, or "". */
bool benchmark_write_pages(const benchmark *b, const char *comparison);
/* Makes the values that runs begin with. */
bool benchmark_make_inputs(benchmark *b);
/* The session's next run begins with the inputs' values again; a hook of measure_phase. */
bool benchmark_reset_inputs(void *user);

/* ---- benchmark/graph.c: the model that --graph names ---- */

/* As session_open_file. */
bool benchmark_graph_open(session *s, const session_options *options);
/* Frees what models came from, at the end. */
void benchmark_graph_forget(void);

/* ---- benchmark/input.c: --input_layer and its companions.  False with a message ---- */

bool benchmark_input_shapes(session *s);
bool benchmark_input_values(session *s, benchmark_inputs *inputs);
void benchmark_input_free(benchmark_inputs *inputs);

/* ---- benchmark/delegate.c ---- */

/* Makes the delegates; says so of those that this build lacks.  False with a message. */
bool benchmark_delegates_make(benchmark_delegates *d);
/* Applies them and says how much of the model each took. */
bool benchmark_delegates_apply(const benchmark_delegates *d, benchmark *b);
void benchmark_delegates_free(benchmark_delegates *d);

/* ---- benchmark/limits.c: --max_delegated_partitions and its companions ---- */

/* True when the flags limit what delegates may have. */
bool benchmark_limits_given(void);
/* Looks at what delegates took in a session without limits, and keeps what the flags allow. */
void benchmark_limits_choose(benchmark_limits *l, const session *s);
void benchmark_limits_free(benchmark_limits *l);
/* ln_options_set_delegation's `delegable`, of a benchmark_limits. */
bool benchmark_limits_allow(void *limits, int graph, int node);

/* ---- what is written ---- */

/* print.c: the lines at the end. */
void benchmark_print_stat(const measure_phase *p);
void benchmark_print_results(const benchmark *b);
void benchmark_phase_tally(const measure_phase *p, tally *t);
/* The value below which share `percent` of the runs lie, in us, as TensorFlow Lite counts. */
double benchmark_percentile(const measure_phase *p, int percent);
/* state.c: what --print_preinvoke_state asks for. */
void benchmark_print_state(const session *s, const char *when);
const char *benchmark_allocation_name(TfLiteAllocationType type); /* "kTfLiteArenaRw" */
/* The delegate's node that stands for each node, -1: none; n numbers, for tool_free. */
int *benchmark_replaced_by(const session *s, int graph, int *n);
/* proto.c: protocol buffers, into the files that the flags name; false with a message. */
bool benchmark_write_result(const benchmark *b);
bool benchmark_write_runtime_info(const session *s);
bool benchmark_write_example(const session *s);
bool benchmark_write_profile(const benchmark *b, const char *path);
/* json.c: everything, as JSON, to be freed by tool_free. */
char *benchmark_json(const benchmark *b);
/* report.c: a page that shows it; `comparison` as above. */
bool benchmark_write_report(const char *json, const char *comparison, const char *path);

/* ---- other ways to run ---- */

/* compare.c: two in turn, or this one with what --json wrote.  Exit codes. */
int benchmark_compare(void);
int benchmark_compare_file(const char *path);
/* options.c: several options, ranked. */
int benchmark_performance_options(void);

#endif
