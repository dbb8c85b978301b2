/* SPDX-License-Identifier: Apache-2.0 */
/* dump.c: the graph as text and for Graphviz (declared in ir/graph.h; here because the names of
 * ops and of their fields are ops/).  Stable: the same graph gives the same text.  Constants are
 * shown by size and a hash of their bytes. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ir/graph.h"
#include "model/options.h"
#include "ops/op.h"

typedef struct printer {
    ln_put put;
    void *user;
} printer;

LN_PRINTF(2, 3) static void print(printer *p, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n > 0)
        p->put(p->user, text, LN_MIN((size_t)n, sizeof text - 1));
}

/* A string in quotes; control characters and quotes as \xNN. */
static void print_string(printer *p, const char *text)
{
    print(p, "\"");
    for (const char *c = text ? text : ""; *c; c++) {
        if ((unsigned char)*c < 32 || *c == '"' || *c == '\\')
            print(p, "\\x%02x", (unsigned)(unsigned char)*c);
        else
            p->put(p->user, c, 1);
    }
    print(p, "\"");
}

static void print_ints(printer *p, const TfLiteIntArray *a)
{
    print(p, "[");
    for (int i = 0; a && i < a->size; i++)
        print(p, "%s%d", i ? ", " : "", a->data[i]);
    print(p, "]");
}

static void print_ids(printer *p, const TfLiteIntArray *a)
{
    print(p, "(");
    for (int i = 0; a && i < a->size; i++) {
        if (a->data[i] < 0)
            print(p, "%s-", i ? ", " : "");
        else
            print(p, "%s%%%d", i ? ", " : "", a->data[i]);
    }
    print(p, ")");
}

/* FNV-1a. */
static uint64_t hash(const void *data, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)data)[i]) * 0x100000001b3u;
    return h;
}

static void print_affine(printer *p, const TfLiteAffineQuantization *q)
{
    const int n = q->scale ? q->scale->size : 0;
    if (n == 1) {
        print(p, " scale %.9g zero %d", (double)q->scale->data[0],
              q->zero_point->size ? q->zero_point->data[0] : 0);
    } else if (n > 1) {
        print(p, " scales %d along %d {", n, q->quantized_dimension);
        for (int i = 0; i < n; i++)
            print(p, "%s%.9g:%d", i ? " " : "", (double)q->scale->data[i],
                  q->zero_point->data[q->zero_point->size == n ? i : 0]);
        print(p, "}");
    }
}

static void print_quantization(printer *p, const TfLiteTensor *t)
{
    if (!t->quantization.params)
        return;
    if (t->quantization.type == kTfLiteAffineQuantization) {
        print_affine(p, t->quantization.params);
    } else if (t->quantization.type == kTfLiteBlockwiseQuantization) {
        const TfLiteBlockwiseQuantization *q = t->quantization.params;
        print(p, " blocks of %d along %d scales %%%d zeros %d", q->blocksize,
              q->quantized_dimension, q->scale, q->zero_point);
    } else if (t->quantization.type == kTfLiteMultiAxisQuantization) {
        const TfLiteMultiAxisQuantization *q = t->quantization.params;
        print(p, " blocks of %d scales %%%d zeros %d along ", q->blocksize, q->scales,
              q->zero_points);
        print_ints(p, q->quantized_dimensions);
    }
}

static void print_sparsity(printer *p, const TfLiteSparsity *s)
{
    print(p, " sparse ");
    print_ints(p, s->traversal_order);
    print(p, " blocks ");
    print_ints(p, s->block_map);
    for (int i = 0; i < s->dim_metadata_size; i++) {
        const TfLiteDimensionMetadata *d = &s->dim_metadata[i];
        if (d->format == kTfLiteDimDense)
            print(p, " dense %d", d->dense_size);
        else
            print(p, " csr %d:%016" PRIx64, d->array_indices->size,
                  hash(d->array_indices->data, (size_t)d->array_indices->size * sizeof(int)) ^
                      hash(d->array_segments->data, (size_t)d->array_segments->size * sizeof(int)));
    }
}

static void print_tensor(printer *p, const ln_tensor *tensor, int i)
{
    const TfLiteTensor *t = &tensor->t;
    print(p, "  %%%d ", i);
    print_string(p, t->name);
    print(p, " %s ", TfLiteTypeGetName(t->type));
    print_ints(p, t->dims);
    if (t->dims_signature) {
        print(p, " signature ");
        print_ints(p, t->dims_signature);
    }
    if (!tensor->has_rank && t->dims && t->dims->size == 0)
        print(p, " maybe unranked");
    if (t->is_variable)
        print(p, " variable");
    if (t->allocation_type == kTfLiteMmapRo)
        print(p, " constant %zu:%016" PRIx64, t->bytes, hash(t->data.raw_const, t->bytes));
    print_quantization(p, t);
    if (t->sparsity)
        print_sparsity(p, t->sparsity);
    print(p, "\n");
}

static void put_text(void *user, const char *text)
{
    printer *p = user;
    p->put(p->user, text, strlen(text));
}

static void print_params(printer *p, const ln_node *n)
{
    if (!n->op || !n->op->fields || !n->params)
        return;
    print(p, " {");
    bool first = true;
    for (const ln_field *f = n->op->fields; f->kind != LN_END_; f++) {
        print(p, "%s%s ", first ? "" : ", ", f->name);
        ln_options_print(f, n->params, put_text, p);
        first = false;
    }
    print(p, "}");
}

static const char *name_of(const ln_node *n)
{
    const char *name = n->builtin == kTfLiteBuiltinCustom ? n->custom_name
                       : n->op                            ? n->op->name
                                                          : ln_op_code_name(n->builtin);
    return name ? name : "?";
}

static void print_node(printer *p, const ln_node *n, int i)
{
    print(p, "  node %d: ", i);
    print_ids(p, n->outputs);
    print(p, " = ");
    put_text(p, name_of(n));
    print(p, " v%d ", n->version);
    print_ids(p, n->inputs);
    if (n->intermediates && n->intermediates->size) {
        print(p, " inner ");
        print_ids(p, n->intermediates);
    }
    print_params(p, n);
    if (n->custom_size)
        print(p, " custom %zu:%016" PRIx64, n->custom_size, hash(n->custom, n->custom_size));
    print(p, "\n");
}

void ln_graph_dump(const ln_model *m, int graph, ln_put put, void *user)
{
    printer p = {put, user};
    const ln_graph *g = m->graphs[graph];
    print(&p, "graph %d ", graph);
    print_string(&p, g->name);
    print(&p, " ");
    print_ids(&p, g->inputs);
    print(&p, " -> ");
    print_ids(&p, g->outputs);
    print(&p, "\n");
    for (int i = 0; i < g->n_tensors; i++)
        print_tensor(&p, &g->tensors[i], i);
    for (int i = 0; i < g->n_nodes; i++)
        print_node(&p, &g->nodes[i], i);
}

/* ---- Graphviz ---- */

static void dot_edges(printer *p, const ln_graph *g, int node)
{
    const TfLiteIntArray *in = g->nodes[node].inputs;
    for (int k = 0; k < in->size; k++) {
        const int t = in->data[k];
        if (t < 0 || g->tensors[t].t.allocation_type == kTfLiteMmapRo)
            continue;
        const ln_id maker = ln_graph_producer(g, t);
        print(p, "  %s%d -> n%d [label=\"", maker < 0 ? "t" : "n", maker < 0 ? t : maker, node);
        print(p, "%s ", TfLiteTypeGetName(g->tensors[t].t.type));
        print_ints(p, g->tensors[t].t.dims);
        print(p, "\"];\n");
    }
}

void ln_graph_dot(const ln_model *m, int graph, ln_put put, void *user)
{
    printer p = {put, user};
    const ln_graph *g = m->graphs[graph];
    print(&p, "digraph g%d {\n  node [shape=box];\n", graph);
    for (int i = 0; i < g->inputs->size; i++) {
        print(&p, "  t%d [shape=ellipse, label=", g->inputs->data[i]);
        print_string(&p, g->tensors[g->inputs->data[i]].t.name);
        print(&p, "];\n");
    }
    for (int i = 0; i < g->n_nodes; i++) {
        print(&p, "  n%d [label=", i);
        print_string(&p, name_of(&g->nodes[i]));
        print(&p, "];\n");
        dot_edges(&p, g, i);
    }
    for (int i = 0; i < g->outputs->size; i++) {
        const ln_id maker = ln_graph_producer(g, g->outputs->data[i]);
        if (maker >= 0)
            print(&p, "  out%d [shape=ellipse, label=\"output %d\"];\n  n%d -> out%d;\n", i, i,
                  maker, i);
    }
    print(&p, "}\n");
}
