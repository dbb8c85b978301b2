/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c: `linnet bench`: loading, first run and the spread of the following ones, memory, and
 * where the time goes. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/feed.h"
#include "common/measure.h"
#include "common/tool.h"

/* The nodes of one kind of operator together, or one node. */
typedef struct row {
    const char *op, *output;
    bool delegated;
    int nodes;
    double ms; /* per run of the model */
} row;

typedef struct table {
    row *rows;
    int n;
    double total_ms;
} table;

static row *row_for(table *t, const ln_tflite_profile *p, bool by_node)
{
    for (int i = 0; i < t->n && !by_node; i++) {
        if (strcmp(t->rows[i].op, p->op) == 0 && t->rows[i].delegated == p->delegated)
            return &t->rows[i];
    }
    t->rows = tool_resize(t->rows, (size_t)t->n + 1, sizeof *t->rows);
    t->rows[t->n] = (row){p->op, p->output, p->delegated, 0, 0};
    return &t->rows[t->n++];
}

static int by_time(const void *a, const void *b)
{
    const row *x = a, *y = b;
    return x->ms < y->ms ? 1 : x->ms > y->ms ? -1 : 0;
}

static void make_table(table *t, const session *s, int runs, bool by_node)
{
    ln_tflite_profile p;
    memset(t, 0, sizeof *t);
    for (int i = 0; session_node(s, i, &p); i++) {
        row *r = row_for(t, &p, by_node);
        const double ms = (double)p.total_ns * 1e-6 / runs;
        r->nodes++;
        r->ms += ms;
        t->total_ms += ms;
    }
    if (t->n > 0 && !by_node)
        qsort(t->rows, (size_t)t->n, sizeof *t->rows, by_time);
}

static void print_table(const table *t, bool by_node)
{
    printf("\n%9s %7s %6s  %s\n", "ms", "share", by_node ? "" : "nodes", "operator");
    for (int i = 0; i < t->n; i++) {
        const row *r = &t->rows[i];
        char count[16] = "";
        if (!by_node)
            snprintf(count, sizeof count, "%d", r->nodes);
        printf("%9.4f %6.1f%% %6s  %s%s  %s\n", r->ms,
               t->total_ms > 0 ? 100 * r->ms / t->total_ms : 0, count, r->op,
               r->delegated ? " (delegate)" : "", by_node ? r->output : "");
    }
}

/* What the engine did not take, and why. */
static void print_why(const session *s)
{
    ln_tflite_profile p;
    int outside = 0;
    printf("\nnodes that the engine does not run\n");
    for (int i = 0; session_node(s, i, &p); i++) {
        if (!p.why)
            continue;
        printf("  %-24s %s: %s\n", p.op, p.output, p.why);
        outside++;
    }
    printf("%d nodes\n", outside);
}

static cJSON *json_table(const table *t, bool by_node)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < t->n; i++) {
        const row *r = &t->rows[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "op", r->op);
        cJSON_AddBoolToObject(item, "delegated", r->delegated);
        if (by_node)
            cJSON_AddStringToObject(item, "output", r->output);
        else
            cJSON_AddNumberToObject(item, "nodes", r->nodes);
        cJSON_AddNumberToObject(item, "ms", r->ms);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

typedef struct bench {
    const char *path;
    session_options options;
    measure_plan plan;
    double load_ms;
    measurement m;
    bool by_node, ops, json, why;
} bench;

static void print_json(const bench *b, const table *t)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "load_ms", b->load_ms);
    cJSON_AddNumberToObject(json, "first_ms", b->m.first_ms);
    cJSON_AddNumberToObject(json, "median_ms", b->m.median_ms);
    cJSON_AddNumberToObject(json, "p10_ms", b->m.p10_ms);
    cJSON_AddNumberToObject(json, "p90_ms", b->m.p90_ms);
    cJSON_AddNumberToObject(json, "runs", b->m.runs);
    cJSON_AddNumberToObject(json, "peak_rss_kb", (double)b->m.peak_rss_kb);
    cJSON_AddNumberToObject(json, "threads", b->options.threads);
    cJSON_AddStringToObject(json, "delegate", b->options.reference ? "none" : "cpu");
    if (b->ops)
        cJSON_AddItemToObject(json, b->by_node ? "nodes" : "ops", json_table(t, b->by_node));
    char *text = cJSON_PrintUnformatted(json);
    printf("%s\n", text ? text : "{}");
    cJSON_free(text);
    cJSON_Delete(json);
}

static void print_text(const bench *b, const session *s, const table *t)
{
    ln_tflite_memory memory = {0};
    session_memory(s, &memory);
    printf("%s, %s, threads %d\n", tool_basename(b->path),
           b->options.reference ? "reference operators" : "CPU engine", b->options.threads);
    printf("load     %10.3f ms\n", b->load_ms);
    printf("first    %10.3f ms\n", b->m.first_ms);
    printf("p10      %10.3f ms\n", b->m.p10_ms);
    printf("median   %10.3f ms   of %d runs\n", b->m.median_ms, b->m.runs);
    printf("p90      %10.3f ms\n", b->m.p90_ms);
    printf("memory   %10ld kB   peak of the process\n", b->m.peak_rss_kb);
    printf("arena    %10.1f kB   activations; %.1f kB kept between runs, %.1f kB dynamic\n",
           (double)memory.arena_bytes / 1024, (double)memory.persistent_bytes / 1024,
           (double)memory.dynamic_bytes / 1024);
    if (b->ops)
        print_table(t, b->by_node);
    if (b->why)
        print_why(s);
}

/* Opens, prepares, runs; false with a message on stderr. */
static bool work(bench *b, session *s, const args *a)
{
    const double start = measure_now_ms();
    if (!session_open_file(s, b->path, &b->options) || !session_allocate(s)) {
        tool_error("%s: %s", b->path, s->error);
        return false;
    }
    b->load_ms = measure_now_ms() - start;
    if (!feed_inputs(s, a))
        return false;
    if (!measure_runs(s, &b->plan, &b->m)) {
        tool_error("%s: %s", b->path, s->error);
        return false;
    }
    return true;
}

static int run(const args *a)
{
    bench b = {.path = a->operands[0], .plan = {1, 50, 1.0, 60.0}};
    session s;
    if (a->n_operands != 1) {
        tool_error("bench takes one model, not %d", a->n_operands);
        return TOOL_USAGE;
    }
    if (!session_read_options(&b.options, a) || !feed_read_seed(a, &(int){0}) ||
        !args_int(a, "runs", 1, 1000000, &b.plan.runs) ||
        !args_int(a, "warmup", 0, 1000000, &b.plan.warmup) ||
        !args_double(a, "min-seconds", &b.plan.min_seconds) ||
        !args_double(a, "max-seconds", &b.plan.max_seconds))
        return TOOL_USAGE;
    b.json = args_flag(a, "json");
    b.by_node = args_flag(a, "nodes");
    b.why = args_flag(a, "why");
    b.ops = b.by_node || args_flag(a, "ops") || !b.json;
    b.options.profile = b.ops;
    const bool ok = work(&b, &s, a);
    if (ok) {
        table t;
        make_table(&t, &s, b.m.runs, b.by_node);
        if (b.json)
            print_json(&b, &t);
        else
            print_text(&b, &s, &t);
        tool_free(t.rows);
    }
    session_close(&s);
    return ok ? TOOL_OK : TOOL_FAILED;
}

static const arg_option options[] = {
    {"runs", "N", "at least so many timed runs (default 50)"},
    {"warmup", "N", "untimed runs after the first (default 1)"},
    {"min-seconds", "X", "time runs for at least so long (default 1)"},
    {"max-seconds", "X", "but no longer than this (default 60)"},
    SESSION_OPTIONS,
    FEED_OPTIONS,
    {"ops", NULL, "a table of operators (in JSON; always in text)"},
    {"nodes", NULL, "a table of nodes instead"},
    {"why", NULL, "list the nodes that the engine does not run, and why"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL},
};

const command bench_command = {
    .name = "bench",
    .operands = "MODEL",
    .summary = "Times a model: loading, first run, percentiles, memory, time per operator.",
    .details = "Times per operator come from reading the clock around each node; --json without\n"
               "--ops leaves them out.\n",
    .options = options,
    .run = run,
};
