/* SPDX-License-Identifier: Apache-2.0 */
/* compare.c: is one faster than the other?  `--compare A B` opens both and runs them in
 * turn, so that whatever else the machine does meets both alike; each pair of runs gives one ratio,
 * and the bounds of their median come from order alone.  `--compare FILE.json` sets this run beside
 * one that --json wrote; unpaired, its bounds are those of both medians together. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "benchmark/benchmark.h"
#include "benchmark/machine.h"
#include "common/tool.h"

/* How much longer b takes than a. */
typedef struct comparison {
    const char *label[2];
    const double *ms[2];
    int n[2];
    double median_ms[2];
    double ratio, low, high; /* b / a, and where it lies with 95% confidence */
    bool paired;
} comparison;

static double *sorted_copy(const double *values, int n)
{
    double *copy = tool_new((size_t)n + 1, sizeof *copy);
    memcpy(copy, values, (size_t)n * sizeof *copy);
    measure_sort(copy, n);
    return copy;
}

static double median_of(const double *values, int n)
{
    double *sorted = sorted_copy(values, n);
    const double median = measure_percentile(sorted, n, 0.5);
    tool_free(sorted);
    return median;
}

static void compare_pairs(comparison *c)
{
    const int n = c->n[0] < c->n[1] ? c->n[0] : c->n[1];
    double *logs = tool_new((size_t)n + 1, sizeof *logs), low, high;
    for (int i = 0; i < n; i++)
        logs[i] = log(c->ms[1][i] / c->ms[0][i]);
    measure_sort(logs, n);
    measure_median_bounds(logs, n, &low, &high);
    c->ratio = exp(measure_percentile(logs, n, 0.5));
    c->low = exp(low);
    c->high = exp(high);
    tool_free(logs);
}

/* The two medians err independently. */
static void compare_apart(comparison *c)
{
    double squares = 0;
    for (int i = 0; i < 2; i++) {
        double *sorted = sorted_copy(c->ms[i], c->n[i]), low, high;
        measure_median_bounds(sorted, c->n[i], &low, &high);
        squares += pow(log(high / low) / 2, 2);
        tool_free(sorted);
    }
    c->ratio = c->median_ms[1] / c->median_ms[0];
    c->low = c->ratio * exp(-sqrt(squares));
    c->high = c->ratio * exp(sqrt(squares));
}

/* False with a message where there is nothing to compare. */
static bool work_out(comparison *c)
{
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < c->n[i]; k++) {
            if (!(c->ms[i][k] > 0))
                c->n[i] = 0;
        }
        if (c->n[i] == 0) {
            benchmark_log("ERROR", "there are no runs of %s to compare", c->label[i]);
            return false;
        }
        c->median_ms[i] = median_of(c->ms[i], c->n[i]);
    }
    if (c->paired)
        compare_pairs(c);
    else
        compare_apart(c);
    return true;
}

static void print(const comparison *c)
{
    printf("\n%12s %12s %12s %8s\n", "median ms", "p5", "p95", "runs");
    for (int i = 0; i < 2; i++) {
        double *sorted = sorted_copy(c->ms[i], c->n[i]);
        printf("%12.4f %12.4f %12.4f %8d  %c: %s\n", c->median_ms[i],
               measure_percentile(sorted, c->n[i], 0.05), measure_percentile(sorted, c->n[i], 0.95),
               c->n[i], 'A' + i, c->label[i]);
        tool_free(sorted);
    }
    printf("\nB takes %.4f of the time of A (95%% confidence: %.4f to %.4f, %s)\n", c->ratio,
           c->low, c->high, c->paired ? "by pairs of runs in turn" : "by medians, unpaired");
    if (c->high < 1)
        printf("B is faster, %.3f times as fast as A\n", 1 / c->ratio);
    else if (c->low > 1)
        printf("B is slower, %.3f times as slow as A\n", c->ratio);
    else
        printf("No difference can be told.\n");
    fflush(stdout);
}

static char *as_json(const comparison *c)
{
    static const char *const names[] = {"a", "b"};
    cJSON *json = cJSON_CreateObject();
    for (int i = 0; i < 2; i++) {
        cJSON *side = cJSON_CreateObject();
        cJSON_AddStringToObject(side, "label", c->label[i]);
        cJSON_AddNumberToObject(side, "median", c->median_ms[i]);
        cJSON_AddItemToObject(side, "runs_ms", cJSON_CreateDoubleArray(c->ms[i], c->n[i]));
        cJSON_AddItemToObject(json, names[i], side);
    }
    cJSON_AddNumberToObject(json, "ratio", c->ratio);
    cJSON_AddNumberToObject(json, "low", c->low);
    cJSON_AddNumberToObject(json, "high", c->high);
    cJSON_AddBoolToObject(json, "paired", c->paired);
    char *text = cJSON_PrintUnformatted(json), *copy = tool_copy(text ? text : "null");
    cJSON_free(text);
    cJSON_Delete(json);
    return copy;
}

static bool conclude(comparison *c, benchmark *shown)
{
    if (!work_out(c))
        return false;
    print(c);
    char *json = as_json(c);
    const bool ok = benchmark_write_pages(shown, json);
    tool_free(json);
    return ok;
}

/* ---- two in turn ---- */

/* Sets what "num_threads=2,graph=m.tflite" says; a word without "=" is a model.  `words` is
 * changed, and the flags point into it. */
static bool apply(char *words)
{
    for (char *at = words; at;) {
        char *next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        char *equals = strchr(at, '=');
        const char *name = at + (strncmp(at, "--", 2) == 0 ? 2 : 0);
        if (equals)
            *equals = '\0';
        if (!benchmark_flag_set(equals ? name : "graph", equals ? equals + 1 : at)) {
            benchmark_log("ERROR", "--compare: there is no flag %s=%s", name,
                          equals ? equals + 1 : "");
            return false;
        }
        at = next;
    }
    return true;
}

/* One of the two, and the flags that it runs under. */
typedef struct side {
    benchmark b;
    char *words; /* what the flags point into */
    benchmark_flags_state *flags;
} side;

/* Opens one side under its flags, and leaves the flags as they were. */
static bool open_side(side *s, const char *text)
{
    benchmark_flags_state *before = benchmark_flags_save();
    s->words = tool_copy(text);
    const bool ok = apply(s->words) && benchmark_check_flags() && benchmark_open(&s->b) &&
                    benchmark_make_inputs(&s->b);
    s->flags = benchmark_flags_save();
    benchmark_flags_restore(before);
    return ok;
}

static bool begin_run(void *user)
{
    benchmark *b = user;
    if (!benchmark_reset_inputs(b))
        return false;
    profile_begin_run(&b->profile);
    return true;
}

static void end_run(void *user)
{
    benchmark *b = user;
    profile_end_run(&b->profile);
}

/* Rounds of one run each, the first and the second by turns going first. */
static bool run_rounds(side *sides, int runs, double min_seconds)
{
    const double start = measure_now_ms(), max = benchmark_number("max_secs");
    double spent = 0;
    for (int round = 0; (round < runs || spent < min_seconds) && spent <= max && !benchmark_stop;
         round++) {
        for (int i = 0; i < 2; i++) {
            benchmark *b = &sides[(round + i) % 2].b;
            if (!measure_once(&b->s, &b->regular)) {
                benchmark_log("ERROR", "%s", b->s.error);
                return false;
            }
            measure_wait(benchmark_number("run_delay"));
        }
        spent = (measure_now_ms() - start) / 1e3;
    }
    return true;
}

static bool run_both(side *sides)
{
    const int runs = benchmark_int("num_runs");
    const double seconds = 2 * benchmark_number("min_secs");
    for (int i = 0; i < 2; i++)
        sides[i].b.regular =
            (measure_phase){.before_run = benchmark_reset_inputs, .user = &sides[i].b};
    if (!run_rounds(sides, benchmark_int("warmup_runs"), 2 * benchmark_number("warmup_min_secs")))
        return false;
    for (int i = 0; i < 2; i++) {
        sides[i].b.regular.n = 0;
        sides[i].b.regular.before_run = begin_run;
        sides[i].b.regular.after_run = end_run;
    }
    benchmark_log("INFO",
                  "Running both in turn for at least %d rounds and at least %g seconds but "
                  "terminate if exceeding %g seconds.",
                  runs, seconds, benchmark_number("max_secs"));
    const bool ok = run_rounds(sides, runs, seconds);
    for (int i = 0; i < 2; i++) {
        benchmark *b = &sides[i].b;
        b->overall_kb = measure_peak_rss_kb() - b->start_kb;
        benchmark_print_stat(&b->regular);
    }
    return ok;
}

static bool conclude_sides(side *sides)
{
    benchmark *a = &sides[0].b, *b = &sides[1].b;
    comparison c = {.label = {benchmark_compared(0), benchmark_compared(1)},
                    .ms = {a->regular.ms, b->regular.ms},
                    .n = {a->regular.n, b->regular.n},
                    .paired = true};
    benchmark_flags_restore(sides[1].flags);
    sides[1].flags = NULL;
    if (*benchmark_text("report") || *benchmark_text("json"))
        b->peak_gflops = machine_peak(benchmark_int("num_threads"));
    return conclude(&c, b);
}

int benchmark_compare(void)
{
    side sides[2];
    if (!benchmark_compared(1)) {
        benchmark_log("ERROR", "--compare takes two, or one file that ends in .json");
        return TOOL_USAGE;
    }
    memset(sides, 0, sizeof sides);
    const bool ok = open_side(&sides[0], benchmark_compared(0)) &&
                    open_side(&sides[1], benchmark_compared(1)) && run_both(sides) &&
                    conclude_sides(sides);
    for (int i = 0; i < 2; i++) {
        benchmark_close(&sides[i].b);
        tool_free(sides[i].words);
        tool_free(sides[i].flags);
    }
    return ok ? TOOL_OK : TOOL_FAILED;
}

/* ---- with a file ---- */

/* The times of the runs that --json wrote, for tool_free; NULL with a message. */
static double *read_runs(const char *path, int *n)
{
    size_t size = 0;
    uint8_t *text = tool_read_file(path, &size);
    cJSON *json = text ? cJSON_ParseWithLength((const char *)text, size) : NULL;
    const cJSON *runs = cJSON_GetObjectItemCaseSensitive(json, "runs_ms"), *run;
    double *ms = NULL;
    *n = 0;
    if (cJSON_IsArray(runs)) {
        ms = tool_new((size_t)cJSON_GetArraySize(runs) + 1, sizeof *ms);
        cJSON_ArrayForEach(run, runs)
        {
            if (cJSON_IsNumber(run))
                ms[(*n)++] = run->valuedouble;
        }
    } else if (text) {
        benchmark_log("ERROR", "%s: has no \"runs_ms\", as files that --json writes have", path);
    }
    cJSON_Delete(json);
    tool_free(text);
    return ms;
}

int benchmark_compare_file(const char *path)
{
    benchmark b;
    int n;
    double *other = read_runs(path, &n);
    if (!other)
        return TOOL_FAILED;
    memset(&b, 0, sizeof b);
    benchmark_flags_log(benchmark_bool("verbose"));
    bool ok = benchmark_run(&b);
    if (ok) {
        comparison c = {
            .label = {path, "this run"}, .ms = {other, b.regular.ms}, .n = {n, b.regular.n}};
        ok = conclude(&c, &b);
    }
    benchmark_close(&b);
    tool_free(other);
    return ok ? TOOL_OK : TOOL_FAILED;
}
