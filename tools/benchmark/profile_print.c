/* SPDX-License-Identifier: Apache-2.0 */
/* profile_print.c: the tables of profile.h, with the columns of TensorFlow Lite's StatsCalculator:
 * nodes in order, the ten that take longest, and sums by type. */
#include <stdlib.h>
#include <string.h>

#include "benchmark/profile.h"
#include "common/tool.h"

enum { TOP = 10 };

typedef struct type_row {
    const char *type;
    int nodes, times;
    double us, mem_kb;
} type_row;

static int by_time(const void *a, const void *b)
{
    const double x = tally_mean(&(*(profile_row *const *)a)->time);
    const double y = tally_mean(&(*(profile_row *const *)b)->time);
    return x < y ? 1 : x > y ? -1 : 0;
}

static int by_sum(const void *a, const void *b)
{
    const type_row *x = a, *y = b;
    return x->us < y->us ? 1 : x->us > y->us ? -1 : strcmp(y->type, x->type);
}

static void print_title(const char *title, FILE *to)
{
    fprintf(to, "============================== %s ==============================\n", title);
}

/* A name in a table of values between commas. */
static void print_csv_name(const char *name, FILE *to)
{
    for (; *name; name++)
        fputc(*name == ',' ? '\t' : *name, to);
    fputc('\n', to);
}

static void print_rows(const profile_graph *g, const char *title, profile_row *const *rows, int n,
                       bool csv, FILE *to)
{
    const int runs = g->total.count > 0 ? (int)g->total.count : 1;
    double sum = 0;
    print_title(title, to);
    if (csv)
        fprintf(to, "node type, start, first, avg_ms, %%, cdf%%, mem KB, times called, name\n");
    else
        fprintf(to, "\t%24s\t%17s\t%9s\t%9s\t%8s\t%8s\t%10s\t%9s\t%s\n", "[node type]", "[start]",
                "[first]", "[avg ms]", "[%]", "[cdf%]", "[mem KB]", "[times called]", "[Name]");
    for (int i = 0; i < n; i++) {
        const profile_row *r = rows[i];
        const double share = g->total.sum > 0 ? 100 * r->time.sum / g->total.sum : 0;
        sum += share;
        fprintf(to,
                csv ? "%s, %g, %g, %g, %g%%, %g%%, %g, %d, "
                    : "\t%24s\t%17.3f\t%9.3f\t%9.3f\t%7.3f%%\t%7.3f%%\t%10.3f\t%9d\t",
                r->type, tally_mean(&r->start) / 1e3, r->time.first / 1e3,
                tally_mean(&r->time) / 1e3, share, sum, r->mem_kb, (int)r->time.count / runs);
        if (csv)
            print_csv_name(r->name, to);
        else
            fprintf(to, "%s\n", r->name);
    }
    fprintf(to, "\n");
}

static type_row *sum_types(const profile_graph *g, int *n, double *total)
{
    const int runs = g->total.count > 0 ? (int)g->total.count : 1;
    type_row *types = tool_new((size_t)g->n + 1, sizeof *types);
    *n = 0;
    *total = 0;
    for (int i = 0; i < g->n; i++) {
        const profile_row *r = &g->rows[i];
        int at = 0;
        while (at < *n && strcmp(types[at].type, r->type) != 0)
            at++;
        if (at == *n)
            types[(*n)++].type = r->type;
        types[at].nodes++;
        types[at].times += (int)r->time.count / runs;
        types[at].us += r->time.sum / runs;
        types[at].mem_kb += r->mem_kb;
        *total += r->time.sum / runs;
    }
    if (*n > 0)
        qsort(types, (size_t)*n, sizeof *types, by_sum);
    return types;
}

static void print_types(const profile_graph *g, bool csv, FILE *to)
{
    int n;
    double total, sum = 0;
    type_row *types = sum_types(g, &n, &total);
    fprintf(to, "Number of nodes executed: %d\n", g->n);
    print_title("Summary by node type", to);
    if (csv)
        fprintf(to, "node type, count, avg_ms, avg %%, cdf %%, mem KB, times called\n");
    else
        fprintf(to, "\t%24s\t%9s\t%10s\t%11s\t%11s\t%10s\t%10s\n", "[Node type]", "[count]",
                "[avg ms]", "[avg %]", "[cdf %]", "[mem KB]", "[times called]");
    for (int i = 0; i < n; i++) {
        const type_row *r = &types[i];
        const double share = total > 0 ? 100 * r->us / total : 0;
        sum += share;
        fprintf(to,
                csv ? "%s, %d, %g, %g%%, %g%%, %g, %d\n"
                    : "\t%24s\t%9d\t%10.3f\t%10.3f%%\t%10.3f%%\t%10.3f\t%9d\n",
                r->type, r->nodes, r->us / 1e3, share, sum, r->mem_kb, r->times);
    }
    fprintf(to, "\n");
    tool_free(types);
}

static void print_graph(const profile_graph *g, bool csv, FILE *to)
{
    profile_row **rows = tool_new((size_t)g->n + 1, sizeof *rows);
    char text[TALLY_TEXT];
    for (int i = 0; i < g->n; i++)
        rows[i] = &g->rows[i];
    print_rows(g, "Run Order", rows, g->n, csv, to);
    if (g->n > 0)
        qsort(rows, (size_t)g->n, sizeof *rows, by_time);
    print_rows(g, "Top by Computation Time", rows, g->n < TOP ? g->n : TOP, csv, to);
    print_types(g, csv, to);
    if (g->index > 0)
        fprintf(to, "Subgraph (index: %d, name: %s) ", g->index, g->name);
    tally_text(&g->total, text);
    fprintf(to, "Timings (microseconds): %s\nMemory (bytes): count=0\n%d nodes observed\n\n", text,
            g->n);
    tool_free(rows);
}

void profile_print(const profile *p, const char *prefix, bool csv, FILE *to)
{
    bool others = false;
    fprintf(to, "%sProfiling Info for Benchmark Initialization:\n", prefix);
    print_graph(&p->init, csv, to);
    fprintf(to, "\n%sOperator-wise Profiling Info for Regular Benchmark Runs:\n", prefix);
    for (int i = 1; i < p->n_graphs; i++)
        others = others || p->graphs[i].n > 0;
    for (int i = 0; i < p->n_graphs; i++) {
        const profile_graph *g = &p->graphs[i];
        if (g->n == 0 && i > 0)
            continue;
        if (others && i == 0)
            fprintf(to, "Primary graph (name: %s) profile:\n", g->name);
        else if (others)
            fprintf(to, "Subgraph (index: %d, name: %s) profile:\n", i, g->name);
        print_graph(g, csv, to);
    }
    profile_graph inside = profile_inside(p);
    if (inside.n > 0) {
        fprintf(to, "Delegate internal: \n");
        print_graph(&inside, csv, to);
    }
    profile_inside_free(&inside);
    fprintf(to, "\n");
}

static void print_speed_row(const profile_row *r, double peak, FILE *to)
{
    const double ms = tally_mean(&r->time) / 1e3;
    const double speed = ms > 0 ? r->flops / ms / 1e6 : 0;
    char share[16] = "-";
    if (peak > 0)
        snprintf(share, sizeof share, "%.1f%%", 100 * speed / peak);
    fprintf(to, "\t%24s\t%10s\t%9.3f\t%10.3f\t%10.3f\t%8s\t%s\n", r->type, r->by, ms,
            r->flops / 1e6, speed, share, r->name);
}

void profile_print_speed(const profile *p, double peak, int threads, FILE *to)
{
    double flops = 0, us = 0;
    print_title("Arithmetic", to);
    if (peak > 0)
        fprintf(to,
                "Peak of this machine, measured: %.1f GFLOP/s with %d thread%s (multiplications "
                "and additions of float32)\n",
                peak, threads, threads == 1 ? "" : "s");
    fprintf(to, "\t%24s\t%10s\t%9s\t%10s\t%10s\t%8s\t%s\n", "[node type]", "[run by]", "[avg ms]",
            "[MFLOP]", "[GFLOP/s]", "[peak]", "[Name]");
    for (int i = 0; i < p->n_graphs; i++) {
        const profile_graph *g = &p->graphs[i];
        for (int k = 0; k < g->n; k++) {
            if (g->rows[k].flops <= 0)
                continue;
            print_speed_row(&g->rows[k], peak, to);
            flops += g->rows[k].flops * (double)g->rows[k].time.count;
            us += g->rows[k].time.sum;
        }
    }
    const double runs = p->n_graphs > 0 ? (double)p->graphs[p->s->graph].total.count : 0;
    if (us > 0 && runs > 0)
        fprintf(to, "%.3f MFLOP a run in these nodes, at %.3f GFLOP/s\n", flops / runs / 1e6,
                flops / us / 1e3);
    fprintf(to, "\n");
}
