/* SPDX-License-Identifier: Apache-2.0 */
/* benchmark_profile.c: the profile of benchmark_model: three tables with TensorFlow Lite's
 * columns: nodes in order, the ten that take longest, and sums by type. */
#include <stdlib.h>
#include <string.h>

#include "benchmark.h"
#include "tool.h"

typedef struct row {
    const char *op, *name;
    double start_ms, first_ms, ms;
    int nodes, times;
} row;

typedef struct table {
    row *rows;
    int n;
    double total_ms;
    FILE *to;
    bool csv;
} table;

void benchmark_profile_first(void *profile)
{
    benchmark_profile *p = profile;
    ln_tflite_profile node;
    for (p->nodes = 0; session_node(p->s, p->nodes, &node); p->nodes++) {
        p->first_ns = tool_resize(p->first_ns, (size_t)p->nodes + 1, sizeof *p->first_ns);
        p->first_ns[p->nodes] = (double)node.total_ns;
    }
}

static void add(table *t, row r)
{
    t->rows = tool_resize(t->rows, (size_t)t->n + 1, sizeof *t->rows);
    t->rows[t->n++] = r;
    t->total_ms += r.ms;
}

static int by_time(const void *a, const void *b)
{
    const row *x = a, *y = b;
    return x->ms < y->ms ? 1 : x->ms > y->ms ? -1 : 0;
}

static void print_nodes(const table *t, const char *title, int limit)
{
    double sum = 0;
    fprintf(t->to, "============================== %s ==============================\n", title);
    if (t->csv)
        fprintf(t->to, "node type, start, first, avg_ms, %%, cdf%%, mem KB, times called, name\n");
    else
        fprintf(t->to, "\t%24s\t%17s\t%9s\t%9s\t%8s\t%8s\t%10s\t%9s\t%s\n", "[node type]",
                "[start]", "[first]", "[avg ms]", "[%]", "[cdf%]", "[mem KB]", "[times called]",
                "[Name]");
    for (int i = 0; i < t->n && i < limit; i++) {
        const row *r = &t->rows[i];
        const double share = t->total_ms > 0 ? 100 * r->ms / t->total_ms : 0;
        sum += share;
        fprintf(t->to,
                t->csv ? "%s, %.3f, %.3f, %.3f, %.3f%%, %.3f%%, %.3f, %d, %s\n"
                       : "\t%24s\t%17.3f\t%9.3f\t%9.3f\t%7.3f%%\t%7.3f%%\t%10.3f\t%9d\t%s\n",
                r->op, r->start_ms, r->first_ms, r->ms, share, sum, 0.0, r->times, r->name);
    }
    fprintf(t->to, "\n");
}

static void print_types(const table *nodes)
{
    table types = {0};
    for (int i = 0; i < nodes->n; i++) {
        const row *r = &nodes->rows[i];
        int at = 0;
        while (at < types.n && strcmp(types.rows[at].op, r->op) != 0)
            at++;
        if (at == types.n)
            add(&types, (row){.op = r->op});
        types.rows[at].ms += r->ms;
        types.rows[at].nodes++;
        types.rows[at].times += r->times;
    }
    if (types.n > 0)
        qsort(types.rows, (size_t)types.n, sizeof *types.rows, by_time);
    FILE *to = nodes->to;
    fprintf(to, "Number of nodes executed: %d\n", nodes->n);
    fprintf(to, "============================== Summary by node type "
                "==============================\n");
    if (nodes->csv)
        fprintf(to, "node type, count, avg_ms, avg %%, cdf %%, mem KB, times called\n");
    else
        fprintf(to, "\t%24s\t%9s\t%10s\t%11s\t%11s\t%10s\t%10s\n", "[Node type]", "[count]",
                "[avg ms]", "[avg %]", "[cdf %]", "[mem KB]", "[times called]");
    double sum = 0;
    for (int i = 0; i < types.n; i++) {
        const row *r = &types.rows[i];
        const double share = nodes->total_ms > 0 ? 100 * r->ms / nodes->total_ms : 0;
        sum += share;
        fprintf(to,
                nodes->csv ? "%s, %d, %.3f, %.3f%%, %.3f%%, %.3f, %d\n"
                           : "\t%24s\t%9d\t%10.3f\t%10.3f%%\t%10.3f%%\t%10.3f\t%10d\n",
                r->op, r->nodes, r->ms, share, sum, 0.0, r->times);
    }
    fprintf(to, "\n");
    tool_free(types.rows);
}

static void print_all(table *t, int runs)
{
    print_nodes(t, "Run Order", t->n);
    table sorted = *t;
    sorted.rows = tool_new((size_t)t->n + 1, sizeof *t->rows);
    if (t->n > 0) {
        memcpy(sorted.rows, t->rows, (size_t)t->n * sizeof *t->rows);
        qsort(sorted.rows, (size_t)t->n, sizeof *t->rows, by_time);
    }
    print_nodes(&sorted, "Top by Computation Time", 10);
    tool_free(sorted.rows);
    print_types(t);
    fprintf(t->to, "Timings (microseconds): count=%d avg=%g\n", runs, t->total_ms * 1e3);
    fprintf(t->to, "Memory (bytes): count=0\n%d nodes observed\n\n", t->n);
    tool_free(t->rows);
}

void benchmark_profile_print(const benchmark_profile *p, int runs, double init_ms, FILE *to,
                             bool csv)
{
    table init = {.to = to, .csv = csv}, t = init;
    add(&init, (row){"AllocateTensors", "AllocateTensors/0", 0, init_ms, init_ms, 1, 1});
    fprintf(to, "Profiling Info for Benchmark Initialization:\n");
    print_all(&init, 1);
    ln_tflite_profile node;
    for (int i = 0; runs > 0 && session_node(p->s, i, &node); i++) {
        const double first = i < p->nodes ? p->first_ns[i] * 1e-6 : 0;
        add(&t, (row){node.op, node.output, t.total_ms, first, (double)node.total_ns * 1e-6 / runs,
                      1, (int)(node.runs / (unsigned)runs)});
    }
    fprintf(to, "Operator-wise Profiling Info for Regular Benchmark Runs:\n");
    print_all(&t, runs);
}
