/* SPDX-License-Identifier: Apache-2.0 */
/* profile.c: see profile.h. */
#include "benchmark/profile.h"

#include <string.h>

#include "common/measure.h"
#include "common/tool.h"

static double now_us(void)
{
    return measure_now_ms() * 1e3;
}

static const char *tensor_name(const session *s, int graph, int id)
{
    const TfLiteTensor *t = ln_tflite_interpreter_tensor(s->interpreter, graph, id);
    return t && t->name ? t->name : "Unknown";
}

static char *row_name(const session *s, int graph, int node, const TfLiteIntArray *outputs)
{
    char *text = tool_copy("");
    for (int i = 0; i < outputs->size; i++) {
        char *longer =
            tool_format("%s%s%s", text, i > 0 ? ", " : "", tensor_name(s, graph, outputs->data[i]));
        tool_free(text);
        text = longer;
    }
    char *name = tool_format("[%s]:%d", text, node);
    tool_free(text);
    return name;
}

static const char *who_runs(const profile *p, const ln_tflite_kernel *k)
{
    if (!k->replaces)
        return "reference";
    return p->foreign && k->node->delegate == p->foreign ? "delegate" : "engine";
}

/* "CONV_2D"; what a kernel says of itself follows, or stands alone where it says that too. */
static char *row_type(const char *op, const char *detail)
{
    if (!detail)
        return tool_copy(op);
    return strncmp(detail, op, strlen(op)) == 0 ? tool_copy(detail)
                                                : tool_format("%s/%s", op, detail);
}

static bool is_inside(const profile *p, const profile_row *r)
{
    return p->inside && strcmp(r->by, "engine") == 0;
}

static profile_row *new_row(profile_graph *g)
{
    if (g->n == g->capacity) {
        g->capacity = g->capacity ? g->capacity * 2 : 64;
        g->rows = tool_resize(g->rows, (size_t)g->capacity, sizeof *g->rows);
    }
    g->rows[g->n] = (profile_row){.node = -1, .by = ""};
    return &g->rows[g->n++];
}

/* Makes the row of a node that runs for the first time. */
static int add_node(profile *p, profile_graph *g, int node, const char *op)
{
    ln_tflite_kernel k;
    if (!ln_tflite_interpreter_kernel(p->s->interpreter, g->index, node, &k))
        return -1;
    profile_row *r = new_row(g);
    r->node = node;
    r->type = row_type(op, k.detail);
    r->name = row_name(p->s, g->index, node, k.node->outputs);
    r->by = who_runs(p, &k);
    r->flops = k.flops;
    const int known = g->n_nodes;
    while (g->n_nodes <= node)
        g->n_nodes = g->n_nodes ? g->n_nodes * 2 : 64;
    if (g->n_nodes > known)
        g->row_of = tool_resize(g->row_of, (size_t)g->n_nodes, sizeof *g->row_of);
    for (int i = known; i < g->n_nodes; i++)
        g->row_of[i] = -1;
    g->row_of[node] = g->n - 1;
    return g->n - 1;
}

static uint32_t begin_node(TfLiteTelemetryProfilerStruct *hooks, const char *op, int64_t node,
                           int64_t graph)
{
    profile *p = hooks->data;
    if (!p->on || graph < 0 || graph >= p->n_graphs || node < 0 || node > 1 << 30)
        return 0;
    const int depth = p->depth++;
    if (depth >= PROFILE_MAX_DEPTH)
        return 0;
    profile_graph *g = &p->graphs[graph];
    int row = node < g->n_nodes ? g->row_of[node] : -1;
    if (row < 0)
        row = add_node(p, g, (int)node, op);
    p->open[depth] = (struct profile_open){(int)graph, row, now_us()};
    if (p->run_start_us == 0)
        p->run_start_us = p->open[depth].start_us;
    return 0;
}

static void end_node(TfLiteTelemetryProfilerStruct *hooks, uint32_t handle)
{
    profile *p = hooks->data;
    const double now = now_us();
    (void)handle; /* nodes end in the reverse order of their beginnings */
    if (p->depth == 0)
        return;
    const int depth = --p->depth;
    if (depth >= PROFILE_MAX_DEPTH || p->open[depth].row < 0)
        return;
    const struct profile_open *o = &p->open[depth];
    profile_graph *g = &p->graphs[o->graph];
    tally_add(&g->rows[o->row].time, now - o->start_us);
    tally_add(&g->rows[o->row].start, o->start_us - p->run_start_us);
    g->run_us += now - o->start_us;
    if (is_inside(p, &g->rows[o->row]))
        p->inside_us += now - o->start_us;
}

void profile_init(profile *p)
{
    memset(p, 0, sizeof *p);
    p->hooks.data = p;
    p->hooks.ReportBeginOpInvokeEvent = begin_node;
    p->hooks.ReportEndOpInvokeEvent = end_node;
    p->init.name = "";
}

void profile_attach(profile *p, const session *s)
{
    p->s = s;
    p->n_graphs = ln_tflite_interpreter_graph_count(s->interpreter);
    p->graphs = tool_new((size_t)p->n_graphs + 1, sizeof *p->graphs);
    for (int i = 0; i < p->n_graphs; i++) {
        ln_tflite_graph info = {0};
        ln_tflite_model_graph(s->model, i, &info);
        p->graphs[i].index = i;
        p->graphs[i].name = info.name ? info.name : "";
    }
}

static void free_graph(profile_graph *g)
{
    for (int i = 0; i < g->n; i++) {
        tool_free(g->rows[i].type);
        tool_free(g->rows[i].name);
    }
    tool_free(g->rows);
    tool_free(g->row_of);
}

void profile_free(profile *p)
{
    free_graph(&p->init);
    for (int i = 0; i < p->n_graphs; i++)
        free_graph(&p->graphs[i]);
    tool_free(p->graphs);
}

void profile_step(profile *p, const char *name, double us, double mem_kb)
{
    profile_graph *g = &p->init;
    profile_row *r = NULL;
    for (int i = 0; i < g->n; i++) {
        if (strcmp(g->rows[i].type, name) == 0)
            r = &g->rows[i];
    }
    if (!r) {
        r = new_row(g);
        r->type = tool_copy(name);
        r->name = tool_format("%s/0", name);
    }
    tally_add(&r->start, g->run_us);
    tally_add(&r->time, us);
    r->mem_kb = mem_kb;
    g->run_us += us;
    g->total = (tally){0};
    tally_add(&g->total, g->run_us);
}

void profile_begin_run(profile *p)
{
    p->on = true;
    p->run_start_us = 0;
    p->depth = 0;
    p->inside_us = 0;
    for (int i = 0; i < p->n_graphs; i++)
        p->graphs[i].run_us = 0;
}

void profile_end_run(profile *p)
{
    p->on = false;
    for (int i = 0; i < p->n_graphs; i++) {
        if (p->graphs[i].n > 0)
            tally_add(&p->graphs[i].total, p->graphs[i].run_us);
    }
    tally_add(&p->inside_total, p->inside_us);
}

profile_graph profile_inside(const profile *p)
{
    profile_graph inside = {.name = "", .total = p->inside_total};
    for (int i = 0; i < p->n_graphs; i++) {
        for (int k = 0; k < p->graphs[i].n; k++) {
            const profile_row *r = &p->graphs[i].rows[k];
            if (!is_inside(p, r))
                continue;
            profile_row *copy = new_row(&inside);
            *copy = *r;
            copy->type = tool_copy("DelegateOpInvoke");
            copy->name = tool_format("Delegate/%s:%d", r->type, r->node);
        }
    }
    return inside;
}

void profile_inside_free(profile_graph *g)
{
    free_graph(g);
}
