/* SPDX-License-Identifier: Apache-2.0 */
/* tidy.c: removes what nobody refers to, and renumbers the rest. */
#include "opt/tidy.h"

#include <stdlib.h>
#include <string.h>

/* ---- graphs ---- */

static bool ends_with(const char *text, const char *tail)
{
    const size_t n = strlen(text), k = strlen(tail);
    return n >= k && strcmp(text + n - k, tail) == 0;
}

void ln_tidy_graph_refs(const ln_node *n, void (*visit)(void *user, int *graph), void *user)
{
    if (!n->op || !n->op->fields || !n->params)
        return;
    for (const ln_field *f = n->op->fields; f->kind != LN_END_; f++) {
        char *at = (char *)n->params + f->offset;
        if (f->kind == LN_I32_ && ends_with(f->name, "subgraph_index")) {
            visit(user, (int *)(void *)at);
        } else if (f->kind == LN_I32S_ && ends_with(f->name, "subgraph_indices")) {
            const int count = *(const int *)(const void *)((char *)n->params + f->count_offset);
            for (int i = 0; i < count; i++)
                visit(user, (int *)(void *)at + i);
        }
    }
}

typedef struct marks {
    const ln_model *m;
    int *number; /* per graph: its new number + 1, 0: not reached */
    int *list, n_list;
} marks;

static void mark_graph(void *user, int *graph)
{
    marks *k = user;
    if (*graph < 0 || *graph >= k->m->n_graphs || k->number[*graph])
        return;
    k->number[*graph] = 1;
    k->list[k->n_list++] = *graph;
}

static void renumber_graph(void *user, int *graph)
{
    const marks *k = user;
    if (*graph >= 0 && *graph < k->m->n_graphs)
        *graph = k->number[*graph] - 1;
}

static void walk(const ln_model *m, int graph, void (*visit)(void *, int *), void *user)
{
    for (int i = 0; i < m->graphs[graph]->n_nodes; i++)
        ln_tidy_graph_refs(&m->graphs[graph]->nodes[i], visit, user);
}

/* An operator that is not in our table may name a graph where nobody sees it. */
static bool any_opaque(const ln_model *m)
{
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_nodes; i++) {
            const ln_node *n = &m->graphs[g]->nodes[i];
            if (!n->op && n->builtin != kTfLiteBuiltinCustom)
                return true;
        }
    return false;
}

static void keep_reached(ln_model *m, marks *k)
{
    int first = 0, kept = 0;
    mark_graph(k, &first);
    for (int i = 0; i < m->n_signatures; i++)
        mark_graph(k, &m->signatures[i].graph);
    for (int i = 0; i < k->n_list; i++)
        walk(m, k->list[i], mark_graph, k);
    for (int i = 0; i < m->n_graphs; i++)
        if (k->number[i])
            k->number[i] = ++kept;
    if (kept == m->n_graphs)
        return;
    for (int i = 0; i < m->n_graphs; i++)
        if (k->number[i])
            walk(m, i, renumber_graph, k);
    for (int i = 0; i < m->n_signatures; i++)
        renumber_graph(k, &m->signatures[i].graph);
    kept = 0;
    for (int i = 0; i < m->n_graphs; i++)
        if (k->number[i])
            m->graphs[kept++] = m->graphs[i];
    m->n_graphs = kept;
}

static ln_status tidy_graphs(ln_model *m)
{
    if (m->n_graphs < 2 || any_opaque(m))
        return LN_OK;
    marks k = {.m = m};
    k.number = ln_new(&m->alloc, (size_t)m->n_graphs, sizeof *k.number);
    k.list = ln_new(&m->alloc, (size_t)m->n_graphs, sizeof *k.list);
    if (k.number && k.list)
        keep_reached(m, &k);
    const bool ok = k.number && k.list;
    ln_free(&m->alloc, k.number);
    ln_free(&m->alloc, k.list);
    return ok ? LN_OK : LN_ERR_MEMORY;
}

/* ---- tensors ---- */

typedef void visit_fn(int *number, int *id);

static void visit_list(TfLiteIntArray *ids, int *number, visit_fn *visit)
{
    for (int i = 0; ids && i < ids->size; i++)
        if (ids->data[i] >= 0)
            visit(number, &ids->data[i]);
}

static void mark(int *number, int *id)
{
    number[*id] = 1;
}

static void renumber(int *number, int *id)
{
    *id = number[*id] - 1;
}

static void visit_ids(ln_model *m, ln_graph *g, int *number, visit_fn *visit)
{
    visit_list(g->inputs, number, visit);
    visit_list(g->outputs, number, visit);
    for (int i = 0; i < g->n_nodes; i++) {
        visit_list(g->nodes[i].inputs, number, visit);
        visit_list(g->nodes[i].outputs, number, visit);
        visit_list(g->nodes[i].intermediates, number, visit);
    }
    for (int s = 0; s < m->n_signatures; s++) {
        ln_signature *sig = &m->signatures[s];
        for (int i = 0; m->graphs[sig->graph] == g && i < sig->n_inputs; i++)
            visit(number, &sig->inputs[i].tensor);
        for (int i = 0; m->graphs[sig->graph] == g && i < sig->n_outputs; i++)
            visit(number, &sig->outputs[i].tensor);
    }
}

/* Scales of blocks are tensors that others name. */
static void visit_scales(ln_tensor *t, int *number, visit_fn *visit)
{
    int *ids[2] = {NULL, NULL};
    if (!t->t.quantization.params)
        return;
    if (t->t.quantization.type == kTfLiteBlockwiseQuantization) {
        TfLiteBlockwiseQuantization *q = t->t.quantization.params;
        ids[0] = &q->scale;
        ids[1] = &q->zero_point;
    } else if (t->t.quantization.type == kTfLiteMultiAxisQuantization) {
        TfLiteMultiAxisQuantization *q = t->t.quantization.params;
        ids[0] = &q->scales;
        ids[1] = &q->zero_points;
    }
    for (int i = 0; i < 2; i++)
        if (ids[i] && *ids[i] >= 0)
            visit(number, ids[i]);
}

static void compact_tensors(ln_model *m, ln_graph *g, int *number)
{
    int kept = 0;
    visit_ids(m, g, number, mark);
    for (int i = 0; i < g->n_tensors; i++)
        if (number[i])
            visit_scales(&g->tensors[i], number, mark);
    for (int i = 0; i < g->n_tensors; i++)
        if (number[i])
            number[i] = ++kept;
    if (kept == g->n_tensors)
        return;
    visit_ids(m, g, number, renumber);
    for (int i = 0; i < g->n_tensors; i++) {
        if (!number[i])
            continue;
        visit_scales(&g->tensors[i], number, renumber);
        g->tensors[number[i] - 1] = g->tensors[i];
    }
    g->n_tensors = kept;
}

/* An output may say what its tensor is called; the rest is for people. */
static void drop_names(ln_graph *g, int *number)
{
    memset(number, 0, sizeof *number * (size_t)g->n_tensors);
    visit_list(g->inputs, number, mark);
    visit_list(g->outputs, number, mark);
    for (int i = 0; i < g->n_tensors; i++)
        if (!number[i] && !g->tensors[i].t.is_variable)
            g->tensors[i].t.name = "";
}

static ln_status tidy_tensors(ln_model *m, ln_graph *g, const ln_opt_options *options)
{
    int *number = ln_new(&m->alloc, (size_t)g->n_tensors + 1, sizeof *number);
    if (!number)
        return LN_ERR_MEMORY;
    compact_tensors(m, g, number);
    if (!options->keep_names)
        drop_names(g, number);
    ln_free(&m->alloc, number);
    return LN_OK;
}

ln_status ln_tidy_memory(ln_model *m)
{
    for (int i = 0; i < m->n_graphs; i++)
        LN_TRY(tidy_tensors(m, m->graphs[i], &ln_opt_defaults));
    return ln_model_shed(m);
}

/* ---- buffers ---- */

typedef struct entry {
    const ln_buffer *b;
    uint64_t hash;
    int id;
} entry;

static uint64_t hash_of(const ln_buffer *b)
{
    uint64_t h = b->size * 0x9e3779b97f4a7c15u, word;
    size_t i = 0;
    for (; i + 8 <= b->size; i += 8) {
        memcpy(&word, b->data + i, 8);
        h = (h ^ word) * 0x100000001b3u;
        h ^= h >> 29;
    }
    for (; i < b->size; i++)
        h = (h ^ b->data[i]) * 0x100000001b3u;
    return h;
}

static int by_content(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->b->size != y->b->size)
        return x->b->size < y->b->size ? -1 : 1;
    const int c = x->b->size ? memcmp(x->b->data, y->b->data, x->b->size) : 0;
    return c ? c : x->id - y->id;
}

static bool same_bytes(const ln_buffer *a, const ln_buffer *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

/* first[i]: the first buffer with the bytes of buffer i, among those that tensors use. */
static void find_equal(const ln_model *m, entry *entries, int *first)
{
    int n = 0;
    for (int i = 1; i < m->n_buffers; i++)
        if (first[i]) {
            entries[n++] = (entry){&m->buffers[i], hash_of(&m->buffers[i]), i};
            ln_model_forget(m, i);
        }
    qsort(entries, (size_t)n, sizeof *entries, by_content);
    for (int i = 0; i < n; i++) {
        const bool same = i && entries[i].hash == entries[i - 1].hash &&
                          entries[i].b->outside == entries[i - 1].b->outside &&
                          same_bytes(entries[i].b, entries[i - 1].b);
        first[entries[i].id] = same ? first[entries[i - 1].id] : entries[i].id;
    }
}

static void renumber_buffers(ln_model *m, const int *first, int *number)
{
    int kept = 1; /* 0 is the empty one */
    for (int i = 0; i < m->n_metadata; i++)
        number[m->metadata[i].buffer] = 1;
    number[0] = 0;
    for (int i = 1; i < m->n_buffers; i++)
        if (first[i])
            number[first[i]] = 1;
    for (int i = 1; i < m->n_buffers; i++)
        if (number[i]) {
            m->buffers[kept] = m->buffers[i];
            number[i] = kept++;
        }
    m->n_buffers = kept;
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_tensors; i++) {
            ln_tensor *t = &m->graphs[g]->tensors[i];
            t->buffer = t->buffer > 0 ? number[first[t->buffer]] : t->buffer;
        }
    for (int i = 0; i < m->n_metadata; i++)
        m->metadata[i].buffer = number[m->metadata[i].buffer];
}

static ln_status tidy_buffers(ln_model *m)
{
    int *first = ln_new(&m->alloc, (size_t)m->n_buffers + 1, sizeof *first);
    int *number = ln_new(&m->alloc, (size_t)m->n_buffers + 1, sizeof *number);
    entry *entries = ln_new(&m->alloc, (size_t)m->n_buffers + 1, sizeof *entries);
    const bool ok = first && number && entries;
    for (int g = 0; ok && g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_tensors; i++)
            first[m->graphs[g]->tensors[i].buffer] = 1;
    if (ok) {
        find_equal(m, entries, first);
        renumber_buffers(m, first, number);
    }
    ln_free(&m->alloc, first);
    ln_free(&m->alloc, number);
    ln_free(&m->alloc, entries);
    return ok ? LN_OK : LN_ERR_MEMORY;
}

ln_status ln_tidy(ln_model *m, const ln_opt_options *options)
{
    LN_TRY(tidy_graphs(m));
    for (int i = 0; i < m->n_graphs; i++)
        LN_TRY(tidy_tensors(m, m->graphs[i], options));
    LN_TRY(tidy_buffers(m));
    return ln_tidy_signatures(m) ? tidy_graphs(m) : LN_OK;
}
