/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark.c: benchmark_model, also `linnet benchmark`: TensorFlow Lite's flags and output
 * lines over the same core as `linnet bench`. */
#include "benchmark.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "tensorflow/lite/delegates/external/external_delegate.h"
#include "tool.h"

static volatile sig_atomic_t stop;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    stop = 1;
}

typedef struct benchmark {
    session s;
    TfLiteDelegate *external;
    double init_ms;
    long start_kb, init_kb;
    measure_phase warmup, regular;
    benchmark_profile profile;
} benchmark;

static void warn_of_missing(void)
{
    static const char *const delegates[][2] = {{"use_gpu", "GPU"},
                                               {"use_nnapi", "NNAPI"},
                                               {"use_coreml", "CoreML"},
                                               {"use_hexagon", "Hexagon"},
                                               {"use_ynnpack", "YNNPACK"}};
    static const char *const files[] = {"output_proto_filepath", "result_file_path",
                                        "model_runtime_info_output_file",
                                        "stable_delegate_settings_file"};
    for (size_t i = 0; i < sizeof delegates / sizeof *delegates; i++) {
        if (benchmark_bool(delegates[i][0]))
            benchmark_log("WARN", "The %s delegate is not in this build; running without it.",
                          delegates[i][1]);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (*benchmark_text(files[i]))
            benchmark_log("WARN", "--%s is not supported; nothing is done with %s", files[i],
                          benchmark_text(files[i]));
    }
}

/* Loads the delegate of --external_delegate_path; options are "key:value;key:value". */
static bool load_external(benchmark *b)
{
    const char *path = benchmark_text("external_delegate_path");
    if (!*path)
        return true;
    TfLiteExternalDelegateOptions o = TfLiteExternalDelegateOptionsDefault(path);
    char *text = tool_copy(benchmark_text("external_delegate_options"));
    bool ok = true;
    for (char *at = text; ok && at && *at;) {
        char *next = strchr(at, ';');
        if (next)
            *next++ = 0;
        char *colon = strchr(at, ':');
        ok = colon != NULL;
        if (ok) {
            *colon = 0;
            ok = TfLiteExternalDelegateOptionsInsert(&o, at, colon + 1) == kTfLiteOk;
        }
        at = next;
    }
    if (ok)
        b->external = TfLiteExternalDelegateCreate(&o);
    if (!b->external)
        benchmark_log("ERROR", "Failed to create the external delegate of %s", path);
    tool_free(text);
    return b->external != NULL;
}

/* Says how much of the model a delegate took; false when --require_full_delegation is not met. */
static bool report_delegation(const benchmark *b)
{
    const char *name = b->external ? "EXTERNAL" : "XNNPACK";
    const bool asked = b->external || benchmark_bool("use_xnnpack");
    ln_tflite_profile node;
    int kernels = 0, nodes = 0;
    for (; session_node(&b->s, nodes, &node); nodes++)
        kernels += node.delegated;
    const bool full = nodes > 0 && kernels == nodes;
    if (asked && full)
        benchmark_log("INFO",
                      "Explicitly applied %s delegate, and the model graph will be completely "
                      "executed by the delegate.",
                      name);
    else if (asked && kernels > 0)
        benchmark_log("INFO",
                      "Explicitly applied %s delegate, and the model graph will be partially "
                      "executed by the delegate w/ %d delegate kernels.",
                      name, kernels);
    else if (asked)
        benchmark_log("INFO",
                      "Though %s delegate is explicitly applied, the model graph will not be "
                      "executed by the delegate.",
                      name);
    if (benchmark_bool("require_full_delegation") && !full) {
        benchmark_log("ERROR", "Disallowed CPU fallback detected.");
        return false;
    }
    return true;
}

static void list_signatures(const session *s)
{
    const int n = TfLiteInterpreterGetSignatureCount(s->interpreter);
    benchmark_log("INFO", "The Model contains %d signature key(s).", n);
    for (int i = 0; i < n; i++)
        benchmark_log("INFO", "\t%s", TfLiteInterpreterGetSignatureKey(s->interpreter, i));
}

static void print_state(const session *s, const char *when)
{
    ln_tflite_memory m = {0};
    session_memory(s, &m);
    benchmark_log("INFO", "Interpreter state %s: arena %zu bytes, persistent %zu, dynamic %zu",
                  when, m.arena_bytes, m.persistent_bytes, m.dynamic_bytes);
}

static bool failed(const benchmark *b)
{
    benchmark_log("ERROR", "%s", b->s.error);
    return false;
}

static bool initialize(benchmark *b)
{
    const char *graph = benchmark_text("graph"), *key = benchmark_text("signature_to_run_for");
    session_options o = {.threads = (int)benchmark_number("num_threads"),
                         .profile = benchmark_bool("enable_op_profiling")};
    o.reference = benchmark_flag_given("use_xnnpack") && !benchmark_bool("use_xnnpack");
    warn_of_missing();
    if (!load_external(b))
        return false;
    o.delegate = b->external;
    const double start = measure_now_ms();
    if (!session_open_file(&b->s, graph, &o)) {
        benchmark_log("ERROR", "Failed to load the model %s", graph);
        return failed(b);
    }
    benchmark_log("INFO", "Loaded model %s", graph);
    if (benchmark_bool("list_signatures"))
        list_signatures(&b->s);
    if (*key && !session_use_signature(&b->s, key))
        return failed(b);
    if (!benchmark_input_shapes(&b->s))
        return false;
    if (!session_allocate(&b->s))
        return failed(b);
    b->init_ms = measure_now_ms() - start;
    b->init_kb = measure_peak_rss_kb() - b->start_kb;
    return report_delegation(b) && benchmark_input_values(&b->s);
}

static void print_stat(measure_phase *p)
{
    double sum = 0, squares = 0;
    if (p->n == 0) {
        benchmark_log("INFO", "count=0\n");
        return;
    }
    const double first = p->ms[0] * 1e3, current = p->ms[p->n - 1] * 1e3;
    for (int i = 0; i < p->n; i++)
        sum += p->ms[i] * 1e3;
    for (int i = 0; i < p->n; i++)
        squares += pow(p->ms[i] * 1e3 - sum / p->n, 2);
    measure_sort(p->ms, p->n);
    benchmark_log("INFO",
                  "count=%d first=%.0f curr=%.0f min=%.0f max=%.0f avg=%g std=%.0f p5=%.0f "
                  "median=%.0f p95=%.0f\n",
                  p->n, first, current, p->ms[0] * 1e3, p->ms[p->n - 1] * 1e3, sum / p->n,
                  sqrt(squares / p->n), measure_percentile(p->ms, p->n, 0.05) * 1e3,
                  measure_percentile(p->ms, p->n, 0.5) * 1e3,
                  measure_percentile(p->ms, p->n, 0.95) * 1e3);
}

static bool run_phase(benchmark *b, measure_phase *p, const char *runs, const char *seconds)
{
    p->runs = (int)benchmark_number(runs);
    p->min_seconds = benchmark_number(seconds);
    p->max_seconds = benchmark_number("max_secs");
    p->delay_seconds = benchmark_number("run_delay");
    p->stop = &stop;
    benchmark_log("INFO",
                  "Running benchmark for at least %d iterations and at least %g seconds but "
                  "terminate if exceeding %g seconds.",
                  p->runs, p->min_seconds, p->max_seconds);
    if (!benchmark_bool("dry_run") && p->runs > 0 && !measure_series(&b->s, p))
        return failed(b);
    return true;
}

static void mean_and_std(const measure_phase *p, double *mean, double *std)
{
    *mean = *std = 0;
    for (int i = 0; i < p->n; i++)
        *mean += p->ms[i] / p->n;
    for (int i = 0; i < p->n; i++)
        *std += pow(p->ms[i] - *mean, 2) / p->n;
    *std = sqrt(*std);
}

static void print_memory_status(void)
{
    static const char *const names[] = {"VmRSS", "RssAnon", "RssFile", "RssShmem"};
    double kb[4] = {0};
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f)) {
        for (int i = 0; i < 4; i++) {
            const size_t n = strlen(names[i]);
            if (strncmp(line, names[i], n) == 0 && line[n] == ':')
                kb[i] = strtod(line + n + 1, NULL);
        }
    }
    if (f)
        fclose(f);
    benchmark_log("INFO", "Memory status at the end of exeution:");
    benchmark_log("INFO", "- VmRSS              : %g MB", kb[0] / 1024);
    benchmark_log("INFO", "+ RssAnnon           : %g MB", kb[1] / 1024);
    benchmark_log("INFO", "+ RssFile + RssShmem : %g MB", (kb[2] + kb[3]) / 1024);
}

static void print_results(const benchmark *b, double first_us)
{
    double warm, mean, std;
    const double overall = (double)(measure_peak_rss_kb() - b->start_kb) / 1024;
    mean_and_std(&b->warmup, &warm, &std);
    mean_and_std(&b->regular, &mean, &std);
    benchmark_log("INFO",
                  "Inference timings in us: Init: %.0f, First inference: %.0f, Warmup (avg): %g, "
                  "Inference (avg): %g",
                  b->init_ms * 1e3, first_us, warm * 1e3, mean * 1e3);
    benchmark_log("INFO", "Note: as the benchmark tool itself affects memory footprint, the "
                          "following is only APPROXIMATE to the actual memory footprint of the "
                          "model at runtime. Take the information at your discretion.");
    benchmark_log("INFO",
                  "Memory footprint delta from the start of the tool (MB): init=%g "
                  "overall=%g",
                  (double)b->init_kb / 1024, overall);
    if (benchmark_bool("report_peak_memory_footprint"))
        benchmark_log("INFO", "Overall peak memory footprint (MB) via periodic monitoring: %g",
                      (double)measure_peak_rss_kb() / 1024);
    print_memory_status();
    printf("Inference (avg): %.4gms\nInference (std): %.4gms\nMemory footprint: %.4gMB\n", mean,
           std, overall);
}

static bool print_profile(const benchmark *b)
{
    const char *path = benchmark_text("op_profiling_output_file");
    const char *old = benchmark_text("profiling_output_csv_file");
    const bool csv = *old || strcmp(benchmark_text("op_profiling_output_mode"), "csv") == 0;
    path = *path ? path : old;
    FILE *to = *path ? fopen(path, "w") : stdout;
    if (!to) {
        benchmark_log("ERROR", "%s: cannot be written", path);
        return false;
    }
    benchmark_profile_print(&b->profile, b->regular.n, b->init_ms, to, csv);
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

static bool work(benchmark *b)
{
    if (!initialize(b))
        return false;
    size_t bytes = 0;
    FILE *f = fopen(benchmark_text("graph"), "rb");
    if (f && fseek(f, 0, SEEK_END) == 0)
        bytes = (size_t)ftell(f);
    if (f)
        fclose(f);
    benchmark_log("INFO", "The input model file size (MB): %g", (double)bytes / 1e6);
    benchmark_log("INFO", "Initialized session in %gms.", b->init_ms);
    if (benchmark_bool("print_preinvoke_state"))
        print_state(&b->s, "before the runs");
    if (!run_phase(b, &b->warmup, "warmup_runs", "warmup_min_secs"))
        return false;
    const double warm_first = b->warmup.n > 0 ? b->warmup.ms[0] : 0;
    print_stat(&b->warmup);
    session_profile_reset(&b->s);
    b->profile.s = &b->s;
    b->regular.after_first = benchmark_profile_first;
    b->regular.user = &b->profile;
    if (!run_phase(b, &b->regular, "num_runs", "min_secs"))
        return false;
    const double first = warm_first > 0 || b->regular.n == 0 ? warm_first : b->regular.ms[0];
    print_stat(&b->regular);
    if (benchmark_bool("print_postinvoke_state"))
        print_state(&b->s, "after the runs");
    print_results(b, first * 1e3);
    return (!benchmark_bool("enable_op_profiling") || print_profile(b)) && write_outputs(&b->s);
}

int benchmark_main(int argc, char **argv)
{
    benchmark b = {.start_kb = measure_peak_rss_kb()};
    benchmark_log("INFO", "STARTING!");
    bool ok = benchmark_flags_parse(argc, argv);
    const char *mode = benchmark_text("op_profiling_output_mode");
    if (ok && benchmark_bool("help")) {
        benchmark_flags_help();
        return TOOL_OK;
    }
    benchmark_log("INFO", "Log parameter values verbosely: [%d]", benchmark_bool("verbose"));
    benchmark_flags_log(benchmark_bool("verbose"));
    if (ok && !*benchmark_text("graph")) {
        benchmark_log("ERROR", "Required flag not provided: graph");
        ok = false;
    }
    if (ok && strcmp(mode, "stdout") != 0 && strcmp(mode, "csv") != 0) {
        benchmark_log("ERROR",
                      "op_profiling_output_mode \"%s\" is not supported: use stdout or "
                      "csv",
                      mode);
        ok = false;
    }
    signal(SIGINT, on_interrupt);
    ok = ok && work(&b);
    if (!ok)
        benchmark_log("ERROR", "Benchmarking failed.");
    session_close(&b.s);
    if (b.external)
        TfLiteExternalDelegateDelete(b.external);
    tool_free(b.warmup.ms);
    tool_free(b.regular.ms);
    tool_free(b.profile.first_ns);
    return ok ? TOOL_OK : TOOL_FAILED;
}
