/* SPDX-License-Identifier: Apache-2.0 */
/* options.c: tries delegates and numbers of threads and ranks them:
 * benchmark_model_performance_options of TensorFlow Lite, here asked for by --perf_options_list.
 * A run that fails is told and the others go on. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "benchmark/benchmark.h"
#include "common/tool.h"

enum { MAX_OPTIONS = 16, MAX_FLAGS = 3 };

/* One way to run: flags and their values. */
typedef struct option {
    const char *group; /* what of the list asks for it */
    const char *name;
    const char *flags[MAX_FLAGS][2];
    bool done, ok;
    double mean_us;
    char stat[TALLY_TEXT];
} option;

/* What TensorFlow Lite tries, where there is a delegate for it. */
static const option all_options[] = {
    {.group = "cpu",
     .name = "cpu w/ 1 threads",
     .flags = {{"num_threads", "1"}, {"use_xnnpack", "false"}}},
    {.group = "cpu",
     .name = "cpu w/ 2 threads",
     .flags = {{"num_threads", "2"}, {"use_xnnpack", "false"}}},
    {.group = "cpu",
     .name = "cpu w/ 4 threads",
     .flags = {{"num_threads", "4"}, {"use_xnnpack", "false"}}},
    {.group = "cpu",
     .name = "cpu w/ 1 threads (xnnpack)",
     .flags = {{"num_threads", "1"}, {"use_xnnpack", "true"}}},
    {.group = "cpu",
     .name = "cpu w/ 2 threads (xnnpack)",
     .flags = {{"num_threads", "2"}, {"use_xnnpack", "true"}}},
    {.group = "cpu",
     .name = "cpu w/ 4 threads (xnnpack)",
     .flags = {{"num_threads", "4"}, {"use_xnnpack", "true"}}},
};

enum { N_OPTIONS = sizeof all_options / sizeof *all_options };

static bool has_word(const char *list, const char *word)
{
    const size_t n = strlen(word);
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") == n && memcmp(at, word, n) == 0)
            return true;
    }
    return false;
}

/* False with a message where the list has a word that nobody knows. */
static bool check_list(const char *list)
{
    static const char *const known[] = {"all", "cpu", "gpu", "nnapi", "coreml", "dsp", "none"};
    for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',') {
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            found = found || (strlen(known[i]) == strcspn(at, ",") &&
                              strncmp(at, known[i], strlen(known[i])) == 0);
        if (!found) {
            benchmark_log("ERROR",
                          "There are invalid perf options in --perf_options_list: '%s'. Valid "
                          "perf options are: [all, cpu, gpu, nnapi, coreml, dsp, none]",
                          list);
            return false;
        }
    }
    if (has_word(list, "none") && strcmp(list, "none") != 0) {
        benchmark_log("ERROR", "The 'none' option can not be used together with other perf "
                               "options in --perf_options_list!");
        return false;
    }
    return true;
}

static int choose(const char *list, option *options)
{
    static const char *const missing[] = {"gpu", "nnapi", "coreml", "dsp"};
    int n = 0;
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        if (has_word(list, missing[i]))
            benchmark_log("WARN", "%s is not in this build and is left out.", missing[i]);
    }
    if (has_word(list, "none"))
        options[n++] = (option){.group = "none", .name = "as given"};
    for (int i = 0; i < N_OPTIONS; i++) {
        if (has_word(list, "all") || has_word(list, all_options[i].group))
            options[n++] = all_options[i];
    }
    return n;
}

static void shuffle(option *options, int n)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t state = (uint64_t)now.tv_nsec * 2654435761u + 1;
    for (int i = n - 1; i > 0; i--) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        const int k = (int)((state >> 33) % (unsigned)(i + 1));
        const option swapped = options[i];
        options[i] = options[k];
        options[k] = swapped;
    }
}

static void try_option(option *o)
{
    benchmark_flags_state *before = benchmark_flags_save();
    benchmark b;
    tally t;
    for (int i = 0; i < MAX_FLAGS && o->flags[i][0]; i++)
        benchmark_flag_set(o->flags[i][0], o->flags[i][1]);
    benchmark_flags_log(benchmark_bool("verbose"));
    o->done = true;
    o->ok = benchmark_run(&b);
    benchmark_phase_tally(&b.regular, &t);
    tally_text(&t, o->stat);
    const size_t used = strlen(o->stat);
    snprintf(o->stat + used, sizeof o->stat - used, " p5=%.0f median=%.0f p95=%.0f",
             benchmark_percentile(&b.regular, 5), benchmark_percentile(&b.regular, 50),
             benchmark_percentile(&b.regular, 95));
    o->mean_us = tally_mean(&t);
    benchmark_close(&b);
    benchmark_flags_restore(before);
}

static int fastest_first(const void *a, const void *b)
{
    const option *x = a, *y = b;
    if (x->ok != y->ok)
        return x->ok ? -1 : 1;
    return (x->mean_us > y->mean_us) - (x->mean_us < y->mean_us);
}

int benchmark_performance_options(void)
{
    const char *list = benchmark_text("perf_options_list");
    option options[MAX_OPTIONS] = {{0}};
    bool ok = true;
    if (!check_list(list))
        return TOOL_FAILED;
    benchmark_log("INFO", "The list of TFLite runtime options to be benchmarked: [%s]", list);
    const int n = choose(list, options);
    if (benchmark_bool("random_shuffle_benchmark_runs"))
        shuffle(options, n);
    for (int i = 0; i < n && !benchmark_stop; i++) {
        measure_wait(benchmark_number("option_benchmark_run_delay"));
        try_option(&options[i]);
        ok = ok && options[i].ok;
    }
    if (n > 0)
        qsort(options, (size_t)n, sizeof *options, fastest_first);
    benchmark_log("INFO", "\n==============Summary of All Runs w/ Different Performance "
                          "Options==============");
    for (int i = 0; i < n; i++) {
        if (options[i].done)
            benchmark_log("INFO", "%26s: %s", options[i].name,
                          options[i].ok ? options[i].stat : " failed!");
    }
    return ok && n > 0 ? TOOL_OK : TOOL_FAILED;
}
