/* SPDX-License-Identifier: Apache-2.0 */
/* delegate.c: delegates of benchmark_model, applied in the order of their flags.  One
 * that this build lacks is told as TensorFlow Lite tells it, and the run goes on without. */
#include <stdlib.h>
#include <string.h>

#include "benchmark/benchmark.h"
#include "common/tool.h"
#include "tensorflow/lite/delegates/external/external_delegate.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"

static void warn_of_missing(void)
{
    static const char *const delegates[][2] = {{"use_gpu", "GPU"},
                                               {"use_nnapi", "NNAPI"},
                                               {"use_coreml", "CoreML"},
                                               {"use_hexagon", "Hexagon"},
                                               {"use_ynnpack", "YNNPACK"}};
    for (size_t i = 0; i < sizeof delegates / sizeof *delegates; i++) {
        if (benchmark_bool(delegates[i][0]))
            benchmark_log("WARN", "%s acceleration is unsupported on this platform.",
                          delegates[i][1]);
    }
    if (*benchmark_text("stable_delegate_settings_file"))
        benchmark_log("WARN", "Stable delegates are unsupported on this platform.");
    if (!benchmark_bool("use_nnapi") && *benchmark_text("nnapi_accelerator_name"))
        benchmark_log("WARN",
                      "`--use_nnapi=true` must be set for the provided NNAPI accelerator (%s) to "
                      "be used.",
                      benchmark_text("nnapi_accelerator_name"));
}

static void add(benchmark_delegates *d, const char *name, TfLiteDelegate *delegate,
                void (*free_it)(TfLiteDelegate *), const char *flag)
{
    if (d->n == 0)
        benchmark_log("INFO", "%s delegate created.", name);
    d->items[d->n++] =
        (struct benchmark_delegate){name, delegate, free_it, benchmark_flag_position(flag)};
}

static bool make_xnnpack(benchmark_delegates *d)
{
    TfLiteXNNPackDelegateOptions o = TfLiteXNNPackDelegateOptionsDefault();
    const char *cache = benchmark_text("xnnpack_weight_cache_file_path");
    if (!benchmark_bool("use_xnnpack"))
        return true;
    o.num_threads = benchmark_int("num_threads") > 1 ? benchmark_int("num_threads") : 0;
    if (benchmark_bool("xnnpack_force_fp16"))
        o.flags |= TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16;
    if (*cache)
        o.weight_cache_file_path = cache;
    TfLiteDelegate *delegate = TfLiteXNNPackDelegateCreate(&o);
    if (!delegate) {
        benchmark_log("ERROR", "Failed to create the XNNPACK delegate");
        return false;
    }
    add(d, "XNNPACK", delegate, TfLiteXNNPackDelegateDelete, "use_xnnpack");
    return true;
}

/* Options are "key:value;key:value"; TensorFlow Lite passes over others, and so is done here. */
static bool read_options(TfLiteExternalDelegateOptions *o, char *text)
{
    for (char *at = text; at && *at;) {
        char *next = strchr(at, ';');
        if (next)
            *next++ = '\0';
        char *colon = strchr(at, ':');
        if (colon) {
            *colon = '\0';
            if (TfLiteExternalDelegateOptionsInsert(o, at, colon + 1) != kTfLiteOk)
                return false;
        } else {
            benchmark_log("WARN", "external_delegate_options: \"%s\" is not key:value", at);
        }
        at = next;
    }
    return true;
}

static bool make_external(benchmark_delegates *d)
{
    const char *path = benchmark_text("external_delegate_path");
    if (!*path)
        return true;
    TfLiteExternalDelegateOptions o = TfLiteExternalDelegateOptionsDefault(path);
    char *text = tool_copy(benchmark_text("external_delegate_options"));
    TfLiteDelegate *delegate = NULL;
    if (read_options(&o, text))
        delegate = TfLiteExternalDelegateCreate(&o);
    tool_free(text);
    if (!delegate) {
        benchmark_log("ERROR", "Failed to create the external delegate of %s", path);
        return false;
    }
    add(d, "EXTERNAL", delegate, TfLiteExternalDelegateDelete, "external_delegate_path");
    return true;
}

static int by_position(const void *a, const void *b)
{
    const struct benchmark_delegate *x = a, *y = b;
    return (x->position > y->position) - (x->position < y->position);
}

bool benchmark_delegates_make(benchmark_delegates *d)
{
    memset(d, 0, sizeof *d);
    warn_of_missing();
    if (!make_xnnpack(d) || !make_external(d))
        return false;
    if (d->n > 1)
        qsort(d->items, (size_t)d->n, sizeof *d->items, by_position);
    return true;
}

void benchmark_delegates_free(benchmark_delegates *d)
{
    for (int i = 0; i < d->n; i++)
        d->items[i].free(d->items[i].delegate);
    d->n = 0;
}

/* How many of a graph's nodes delegates run, and how many run at all. */
static int count_kernels(const session *s, int *all)
{
    const TfLiteIntArray *plan = ln_tflite_interpreter_plan(s->interpreter, s->graph);
    ln_tflite_kernel k;
    int kernels = 0;
    *all = plan ? plan->size : 0;
    for (int i = 0; i < *all; i++) {
        if (ln_tflite_interpreter_kernel(s->interpreter, s->graph, plan->data[i], &k))
            kernels += k.replaces != NULL;
    }
    return kernels;
}

/* Who runs the newest kernel: an external delegate may wrap the one that was made. */
static const TfLiteDelegate *newest(const session *s)
{
    ln_tflite_kernel k;
    const TfLiteDelegate *found = NULL;
    for (int i = 0; ln_tflite_interpreter_kernel(s->interpreter, s->graph, i, &k); i++)
        found = k.replaces ? k.node->delegate : found;
    return found;
}

/* What was said of the delegates before counts too, as in TensorFlow Lite. */
static bool report(const session *s, const char *name, int before)
{
    int all;
    const int total = count_kernels(s, &all), kernels = total - before;
    const bool full = all > 0 && total == all;
    if (benchmark_bool("require_full_delegation") && !full) {
        benchmark_log("ERROR", "Disallowed CPU fallback detected.");
        return false;
    }
    if (full)
        benchmark_log("INFO",
                      "Explicitly applied %s delegate, and the model graph will be completely "
                      "executed by the delegate.",
                      name);
    else if (kernels > 0)
        benchmark_log("INFO",
                      "Explicitly applied %s delegate, and the model graph will be partially "
                      "executed by the delegate w/ %d delegate kernels.",
                      name, kernels);
    else
        benchmark_log("INFO",
                      "Though %s delegate is explicitly applied, the model graph will not be "
                      "executed by the delegate.",
                      name);
    return true;
}

bool benchmark_delegates_apply(const benchmark_delegates *d, benchmark *b)
{
    if (d->n > 1)
        benchmark_log("INFO", "Going to apply %d delegates one after another.", d->n);
    if (d->n == 0 && benchmark_bool("require_full_delegation")) {
        benchmark_log("ERROR", "Disallowed CPU fallback detected.");
        return false;
    }
    for (int i = 0; i < d->n; i++) {
        int all;
        const int before = count_kernels(&b->s, &all);
        const double start = measure_now_ms();
        const long memory = measure_peak_rss_kb();
        if (!session_delegate(&b->s, d->items[i].delegate)) {
            benchmark_log("ERROR", "Failed to apply %s delegate.", d->items[i].name);
            benchmark_log("ERROR", "%s", b->s.error);
            return false;
        }
        profile_step(&b->profile, "ModifyGraphWithDelegate", (measure_now_ms() - start) * 1e3,
                     (double)(measure_peak_rss_kb() - memory));
        const int now = count_kernels(&b->s, &all);
        if (strcmp(d->items[i].name, "EXTERNAL") != 0)
            b->profile.inside = true;
        else if (now > before)
            b->profile.foreign = newest(&b->s);
        if (!report(&b->s, d->items[i].name, before))
            return false;
    }
    return true;
}
