/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark.c: benchmark_model, also `linnet benchmark`: what the command line asks for. */
#include "benchmark/benchmark.h"

#include <string.h>

#include "common/tool.h"

enum { INTERRUPTED = 130 }; /* what shells call the end by SIGINT */

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    benchmark_stop = 1;
}

/* The first SIGINT ends the runs, the second one the program. */
static void catch_interrupt(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
}

/* --list_signatures: no interpreter is needed for that. */
static bool list_signatures(void)
{
    session s;
    const bool ok = benchmark_graph_open(&s, &(session_options){.threads = 1});
    if (ok) {
        const int n = ln_tflite_model_signature_count(s.model);
        benchmark_log("INFO", "Loaded model %s", benchmark_text("graph"));
        benchmark_log("INFO", "The Model contains %d signature key(s).", n);
        if (n > 0)
            benchmark_log("INFO", "They are listed below: ");
        for (int i = 0; i < n; i++)
            benchmark_log("INFO", "-> Signature Key: %s",
                          ln_tflite_model_signature(s.model, i, NULL));
    } else {
        benchmark_log("ERROR", "Failed to load model %s", benchmark_text("graph"));
        benchmark_log("ERROR", "%s", s.error);
    }
    session_close(&s);
    return ok;
}

static bool run(void)
{
    benchmark b;
    const bool ok = benchmark_run(&b) && benchmark_write_pages(&b, "");
    benchmark_close(&b);
    return ok;
}

static bool ends_in_json(const char *text)
{
    return tool_ends_with(text, ".json");
}

/* What there is to do beside one plain benchmark. */
static bool dispatch(void)
{
    const char *first = benchmark_compared(0);
    if (first && !benchmark_compared(1) && ends_in_json(first))
        return benchmark_check_flags() && benchmark_compare_file(first) == TOOL_OK;
    if (first)
        return benchmark_compare() == TOOL_OK;
    if (!benchmark_check_flags())
        return false;
    if (*benchmark_text("perf_options_list"))
        return benchmark_performance_options() == TOOL_OK;
    benchmark_flags_log(benchmark_bool("verbose"));
    return benchmark_bool("list_signatures") ? list_signatures() : run();
}

int benchmark_main(int argc, char **argv)
{
    benchmark_log("INFO", "STARTING!");
    const bool parsed = benchmark_flags_parse(argc, argv);
    if (!parsed || benchmark_bool("help")) {
        benchmark_flags_help();
        return parsed ? TOOL_OK : TOOL_FAILED;
    }
    catch_interrupt();
    const bool ok = dispatch();
    benchmark_graph_forget();
    if (!ok)
        benchmark_log("ERROR", "Benchmarking failed.");
    return !ok ? TOOL_FAILED : benchmark_stop ? INTERRUPTED : TOOL_OK;
}
