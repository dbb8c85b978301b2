/* SPDX-License-Identifier: Apache-2.0 */
/* run.c: one benchmark: loads the model, warms up, measures, prints, in the order and
 * with the lines of TensorFlow Lite's tool. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "benchmark/benchmark.h"
#include "benchmark/machine.h"
#include "benchmark/monitor.h"
#include "common/tool.h"
#include "tensorflow/lite/c/c_api_experimental.h"

volatile sig_atomic_t benchmark_stop;

enum { DEFAULT_INTERVAL_MS = 50, PROGRESS_MS = 200 };

static bool is_mode(const char *text)
{
    return strcmp(text, "stdout") == 0 || strcmp(text, "csv") == 0 || strcmp(text, "proto") == 0;
}

bool benchmark_check_flags(void)
{
    const char *mode = benchmark_text("op_profiling_output_mode");
    if (benchmark_bool("report_peak_memory_footprint") &&
        benchmark_int("memory_footprint_check_interval_ms") <= 0) {
        benchmark_log("WARN",
                      "--memory_footprint_check_interval_ms is set to %d (ms), This value is "
                      "invalid, and it will be set to the default value %d (ms).",
                      benchmark_int("memory_footprint_check_interval_ms"), DEFAULT_INTERVAL_MS);
        benchmark_flag_set("memory_footprint_check_interval_ms", "50");
    }
    if (!*benchmark_text("graph")) {
        benchmark_log("ERROR", "Please specify the name of your TF Lite input file with --graph");
        return false;
    }
    if (benchmark_bool("enable_op_profiling") && !is_mode(mode)) {
        benchmark_log("ERROR",
                      "Output mode %s is not supported. Supported values are: 'stdout', 'csv' "
                      "and 'proto'.",
                      mode);
        return false;
    }
    if (*benchmark_text("profiling_output_csv_file")) {
        benchmark_flag_set("op_profiling_output_mode", "csv");
        benchmark_flag_set("op_profiling_output_file", benchmark_text("profiling_output_csv_file"));
    }
    return true;
}

/* ---- opening ---- */

/* Times per node are wanted. */
static bool wants_profile(void)
{
    return benchmark_bool("enable_op_profiling") || *benchmark_text("report") ||
           *benchmark_text("json");
}

static void configure(TfLiteInterpreterOptions *options, void *user)
{
    benchmark *b = user;
    ln_options_set_fp16(options, benchmark_bool("allow_fp16"));
    ln_options_set_release(options, benchmark_bool("release_dynamic_tensors"));
    ln_options_set_delegation(options, !benchmark_bool("disable_delegate_clustering"),
                              benchmark_limits_allow, &b->limits);
    if (wants_profile())
        TfLiteInterpreterOptionsSetTelemetryProfiler(options, &b->profile.hooks);
}

static bool failed(const benchmark *b)
{
    benchmark_log("ERROR", "%s", b->s.error);
    return false;
}

static bool choose_signature(session *s)
{
    const int n = TfLiteInterpreterGetSignatureCount(s->interpreter);
    const char *key = benchmark_text("signature_to_run_for");
    if (n == 0) {
        if (!*key)
            return true;
        benchmark_log("ERROR", "Signature key is specified, but the model does not have any "
                               "signatures.");
        return false;
    }
    if (n == 1 && !*key)
        key = TfLiteInterpreterGetSignatureKey(s->interpreter, 0);
    for (int i = 0; i < n; i++) {
        if (strcmp(TfLiteInterpreterGetSignatureKey(s->interpreter, i), key) != 0)
            continue;
        benchmark_log("INFO", "Using signature: %s", key);
        if (session_use_signature(s, key))
            return true;
        benchmark_log("ERROR", "%s", s->error);
        return false;
    }
    benchmark_log("ERROR", "Signature not specified or incorrect. Pass one of the following to "
                           "the flag \"--signature_to_run_for\"");
    for (int i = 0; i < n; i++)
        benchmark_log("ERROR", " #> Signature key: %s",
                      TfLiteInterpreterGetSignatureKey(s->interpreter, i));
    return false;
}

/* For the engine as a delegate too, which takes it from the environment. */
static bool set_tuning(void)
{
    session_options unused = {0};
    const char *mode = benchmark_text("tune");
    if (!*mode)
        return true;
    return session_read_tuning(&unused, mode) && setenv("LINNET_TUNE", mode, 1) == 0;
}

/* Makes an interpreter with its delegates and shapes; what is left is to allocate. */
static bool make_session(benchmark *b)
{
    session_options o = {.threads = benchmark_int("num_threads"),
                         .reference = benchmark_flag_given("use_xnnpack"),
                         .configure = configure,
                         .user = b};
    if (!set_tuning())
        return failed(b);
    if (!benchmark_graph_open(&b->s, &o)) {
        benchmark_log("ERROR", "Failed to load model %s", benchmark_text("graph"));
        return failed(b);
    }
    return true;
}

static bool prepare(benchmark *b)
{
    return choose_signature(&b->s) && benchmark_input_shapes(&b->s) &&
           benchmark_delegates_make(&b->delegates) && benchmark_delegates_apply(&b->delegates, b);
}

static bool allocate(benchmark *b)
{
    const double start = measure_now_ms();
    const long memory = measure_peak_rss_kb();
    if (!session_allocate(&b->s)) {
        benchmark_log("ERROR", "Failed to allocate tensors!");
        return failed(b);
    }
    profile_step(&b->profile, "AllocateTensors", (measure_now_ms() - start) * 1e3,
                 (double)(measure_peak_rss_kb() - memory));
    return true;
}

static void close_session(benchmark *b)
{
    session_close(&b->s);
    benchmark_delegates_free(&b->delegates);
}

/* What delegates would take without limits decides what they get. */
static bool find_limits(benchmark *b)
{
    b->limits.first = benchmark_int("first_delegate_node_index");
    b->limits.last = benchmark_int("last_delegate_node_index");
    if (!benchmark_limits_given())
        return true;
    benchmark_log_errors_only(true); /* the second session says it all */
    const bool ok = make_session(b) && prepare(b) && allocate(b);
    benchmark_log_errors_only(false);
    if (ok)
        benchmark_limits_choose(&b->limits, &b->s);
    close_session(b);
    profile_free(&b->profile);
    profile_init(&b->profile);
    return ok;
}

bool benchmark_open(benchmark *b)
{
    memset(b, 0, sizeof *b);
    profile_init(&b->profile);
    b->start_kb = measure_peak_rss_kb();
    if (!find_limits(b))
        return false;
    const double start = measure_now_ms();
    if (!make_session(b))
        return false;
    benchmark_log("INFO", "Loaded model %s", benchmark_text("graph"));
    if (!prepare(b) || !allocate(b))
        return false;
    b->init_us = (measure_now_ms() - start) * 1e3;
    b->init_kb = measure_peak_rss_kb() - b->start_kb;
    ln_tflite_sizes sizes = {0};
    ln_tflite_model_sizes(b->s.model, &sizes);
    b->model_mb = (double)sizes.file_bytes / 1e6;
    if (wants_profile())
        profile_attach(&b->profile, &b->s);
    return true;
}

void benchmark_close(benchmark *b)
{
    close_session(b);
    benchmark_input_free(&b->inputs);
    benchmark_limits_free(&b->limits);
    profile_free(&b->profile);
    tool_free(b->warmup.ms);
    tool_free(b->regular.ms);
}

bool benchmark_make_inputs(benchmark *b)
{
    if (!benchmark_input_values(&b->s, &b->inputs))
        return false;
    for (int i = 0; i < session_input_count(&b->s); i++)
        b->input_bytes += session_input(&b->s, i)->bytes;
    return true;
}

/* ---- measuring ---- */

bool benchmark_reset_inputs(void *user)
{
    benchmark *b = user;
    for (int i = 0; i < b->inputs.n; i++) {
        if (!session_set_input(&b->s, i, &b->inputs.values[i]))
            return false;
    }
    return true;
}

static bool begin_regular(void *user)
{
    benchmark *b = user;
    if (!benchmark_reset_inputs(b))
        return false;
    profile_begin_run(&b->profile);
    return true;
}

/* One line on a terminal, drawn anew now and then. */
static void show_progress(benchmark *b, const measure_phase *p, const char *what)
{
    const double now = measure_now_ms();
    if (!isatty(STDERR_FILENO) || now - b->progress_ms < PROGRESS_MS)
        return;
    b->progress_ms = now;
    fprintf(stderr, "\r%s: run %d of at least %d, last %.4g ms \033[K", what, p->n, p->runs,
            p->ms[p->n - 1]);
}

static void clear_progress(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

static void end_warmup(void *user)
{
    benchmark *b = user;
    show_progress(b, &b->warmup, "warm-up");
}

static void end_regular(void *user)
{
    benchmark *b = user;
    profile_end_run(&b->profile);
    show_progress(b, &b->regular, "benchmark");
}

static bool run_phase(benchmark *b, measure_phase *p, const char *runs, const char *seconds)
{
    const bool dry = benchmark_bool("dry_run");
    p->runs = dry ? 0 : benchmark_int(runs);
    p->min_seconds = dry ? -1 : benchmark_number(seconds);
    p->max_seconds = benchmark_number("max_secs");
    p->delay_seconds = benchmark_number("run_delay");
    p->per_second = benchmark_number("run_frequency");
    p->stop = &benchmark_stop;
    p->user = b;
    benchmark_log("INFO",
                  "Running benchmark for at least %d iterations and at least %g seconds but "
                  "terminate if exceeding %g seconds.",
                  p->runs, p->min_seconds, p->max_seconds);
    b->progress_ms = measure_now_ms();
    const bool ok = measure_series(&b->s, p);
    clear_progress();
    if (!ok)
        return failed(b);
    benchmark_print_stat(p);
    return true;
}

bool benchmark_measure(benchmark *b)
{
    b->warmup.before_run = benchmark_reset_inputs;
    b->warmup.after_run = end_warmup;
    b->regular.before_run = begin_regular;
    b->regular.after_run = end_regular;
    if (!run_phase(b, &b->warmup, "warmup_runs", "warmup_min_secs") ||
        !run_phase(b, &b->regular, "num_runs", "min_secs"))
        return false;
    b->overall_kb = measure_peak_rss_kb() - b->start_kb;
    return true;
}

/* ---- the end ---- */

static int threads(void)
{
    return benchmark_int("num_threads") > 1 ? benchmark_int("num_threads") : 1;
}

static bool write_profile(const benchmark *b)
{
    const char *path = benchmark_text("op_profiling_output_file");
    const char *mode = benchmark_text("op_profiling_output_mode");
    if (strcmp(mode, "proto") == 0)
        return benchmark_write_profile(b, path);
    FILE *to = *path ? fopen(path, "w") : stdout;
    if (!to) {
        benchmark_log("ERROR", "%s: cannot be written", path);
        return false;
    }
    const bool csv = strcmp(mode, "csv") == 0;
    profile_print(&b->profile, *path ? "" : "INFO: ", csv, to);
    if (!csv)
        profile_print_speed(&b->profile, b->peak_gflops, threads(), to);
    return (to == stdout ? fflush(to) : fclose(to)) == 0;
}

/* Writes the outputs' bytes one behind the other. */
static bool write_outputs(const session *s)
{
    const char *path = benchmark_text("output_filepath");
    FILE *f = *path ? fopen(path, "wb") : NULL;
    bool ok = !*path || f;
    for (int i = 0; f && i < session_output_count(s); i++) {
        const TfLiteTensor *t = session_output(s, i);
        if (t && t->data.data && t->bytes > 0)
            ok = fwrite(t->data.data, 1, t->bytes, f) == t->bytes && ok;
    }
    if (f)
        ok = fclose(f) == 0 && ok;
    if (!ok)
        benchmark_log("ERROR", "%s: cannot be written", path);
    return ok;
}

bool benchmark_write_pages(const benchmark *b, const char *comparison)
{
    const char *page = benchmark_text("report"), *file = benchmark_text("json");
    if (!*page && !*file)
        return true;
    char *json = benchmark_json(b);
    const bool ok = (!*file || tool_write_file(file, json, strlen(json))) &&
                    (!*page || benchmark_write_report(json, comparison, page));
    tool_free(json);
    return ok;
}

static bool finish(benchmark *b)
{
    benchmark_print_results(b);
    if (wants_profile())
        b->peak_gflops = machine_peak(threads());
    bool ok = !benchmark_bool("enable_op_profiling") || write_profile(b);
    if (benchmark_bool("print_postinvoke_state"))
        benchmark_print_state(&b->s, "post-invoke");
    ok = benchmark_write_result(b) && ok;
    ok = write_outputs(&b->s) && ok;
    return benchmark_write_example(&b->s) && ok;
}

static bool work(benchmark *b)
{
    if (b->model_mb > 0)
        benchmark_log("INFO", "The input model file size (MB): %g", b->model_mb);
    else
        benchmark_log("WARN", "Failed to get the input model file size.");
    benchmark_log("INFO", "Initialized session in %gms.", round(b->init_us) / 1e3);
    if (!benchmark_make_inputs(b))
        return false;
    if (benchmark_bool("print_preinvoke_state"))
        benchmark_print_state(&b->s, "pre-invoke");
    if (benchmark_bool("export_model_runtime_info") && !benchmark_write_runtime_info(&b->s))
        return false;
    return benchmark_measure(b);
}

bool benchmark_run(benchmark *b)
{
    monitor *watch = NULL;
    if (benchmark_bool("report_peak_memory_footprint"))
        watch = monitor_start(benchmark_int("memory_footprint_check_interval_ms"));
    const bool ok = benchmark_open(b) && work(b);
    b->peak_mb = (double)monitor_stop(watch) / 1024;
    return ok && finish(b);
}
