/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c: life and editing of models and graphs.  Arrays grow inside the arena: a larger copy is
 * made and the old one is left behind until the model goes. */
#include "ir/graph.h"

#include <limits.h>
#include <stdatomic.h>
#include <string.h>

/* ---- life ---- */

ln_status ln_model_create(ln_model **out, const ln_alloc *alloc)
{
    *out = NULL;
    ln_model *m = ln_new(alloc, 1, sizeof *m);
    if (!m)
        return LN_ERR_MEMORY;
    m->alloc = *alloc;
    ln_arena_init(&m->arena, &m->alloc);
    atomic_int *refs = ln_new(alloc, 1, sizeof *refs);
    m->refs = refs;
    if (!refs) {
        ln_model_release(m);
        return LN_ERR_MEMORY;
    }
    atomic_init(refs, 1);
    m->version = 3;
    ln_id empty;
    const ln_status status = ln_model_add_buffer(m, NULL, 0, false, &empty);
    if (status != LN_OK) {
        ln_model_release(m);
        return status;
    }
    *out = m;
    return LN_OK;
}

void ln_model_retain(ln_model *m)
{
    atomic_fetch_add_explicit((atomic_int *)m->refs, 1, memory_order_relaxed);
}

void ln_model_release(ln_model *m)
{
    if (!m)
        return;
    if (m->refs && atomic_fetch_sub_explicit((atomic_int *)m->refs, 1, memory_order_acq_rel) > 1)
        return;
    if (m->release)
        m->release(m);
    ln_arena_deinit(&m->arena);
    const ln_alloc alloc = m->alloc;
    ln_free(&alloc, m->refs);
    ln_free(&alloc, m);
}

/* ---- editing ---- */

/* Room for one more item behind `count` items; NULL when memory is out. */
static void *grown(ln_arena *arena, void *items, size_t *capacity, int count, size_t size)
{
    if (count == INT_MAX)
        return NULL;
    if ((size_t)count < *capacity)
        return items;
    const size_t wanted = LN_MAX((size_t)8, *capacity * 2);
    void *p = ln_arena_new(arena, wanted, size);
    if (!p)
        return NULL;
    if (count)
        memcpy(p, items, (size_t)count * size);
    *capacity = wanted;
    return p;
}

TfLiteIntArray *ln_ints(ln_arena *arena, int n, const int *values)
{
    TfLiteIntArray *a = ln_arena_new(arena, 1, sizeof *a + (size_t)n * sizeof a->data[0]);
    if (!a)
        return NULL;
    a->size = n;
    if (n && values)
        memcpy(a->data, values, (size_t)n * sizeof a->data[0]);
    return a;
}

/* A copy of `text` in *out; NULL stays NULL. */
static ln_status copy_text(ln_arena *arena, const char *text, const char **out)
{
    *out = text ? ln_arena_string(arena, text, strlen(text)) : NULL;
    return text && !*out ? LN_ERR_MEMORY : LN_OK;
}

ln_status ln_model_add_graph(ln_model *m, const char *name, ln_graph **out)
{
    /* the list of pointers is short: copied for each new one */
    ln_graph **all = ln_arena_new(&m->arena, (size_t)m->n_graphs + 1, sizeof *all);
    ln_graph *g = ln_arena_new(&m->arena, 1, sizeof *g);
    if (!all || !g)
        return LN_ERR_MEMORY;
    LN_TRY(copy_text(&m->arena, name, &g->name));
    g->debug_index = -1;
    g->inputs = ln_ints(&m->arena, 0, NULL);
    g->outputs = ln_ints(&m->arena, 0, NULL);
    if (!g->inputs || !g->outputs)
        return LN_ERR_MEMORY;
    if (m->n_graphs)
        memcpy(all, m->graphs, (size_t)m->n_graphs * sizeof *all);
    all[m->n_graphs++] = g;
    m->graphs = all;
    *out = g;
    return LN_OK;
}

ln_status ln_model_add_buffer(ln_model *m, const void *data, size_t n, bool copy, ln_id *out)
{
    ln_buffer *all = grown(&m->arena, m->buffers, &m->buffer_capacity, m->n_buffers, sizeof *all);
    if (!all)
        return LN_ERR_MEMORY;
    m->buffers = all;
    if (copy && n) {
        data = ln_arena_copy(&m->arena, data, n);
        if (!data)
            return LN_ERR_MEMORY;
    }
    all[m->n_buffers] = (ln_buffer){.data = data, .size = n};
    *out = m->n_buffers++;
    return LN_OK;
}

ln_status ln_graph_add_tensor(ln_model *m, ln_graph *g, const char *name, TfLiteType type, int rank,
                              const int *dims, ln_id *out)
{
    ln_tensor *all = grown(&m->arena, g->tensors, &g->tensor_capacity, g->n_tensors, sizeof *all);
    if (!all)
        return LN_ERR_MEMORY;
    g->tensors = all;
    ln_tensor *t = &all[g->n_tensors];
    *t = (ln_tensor){.has_rank = rank >= 0};
    t->t.type = type;
    t->t.buffer_handle = kTfLiteNullBufferHandle;
    LN_TRY(copy_text(&m->arena, name, &t->t.name));
    t->t.dims = ln_ints(&m->arena, LN_MAX(rank, 0), dims);
    if (!t->t.dims)
        return LN_ERR_MEMORY;
    *out = g->n_tensors++;
    return LN_OK;
}

ln_status ln_graph_add_node(ln_model *m, ln_graph *g, const struct ln_op *op, int n_in,
                            const ln_id *in, int n_out, const ln_id *out, ln_id *node)
{
    ln_node *all = grown(&m->arena, g->nodes, &g->node_capacity, g->n_nodes, sizeof *all);
    if (!all)
        return LN_ERR_MEMORY;
    g->nodes = all;
    ln_node *n = &all[g->n_nodes];
    *n = (ln_node){.op = op, .version = 1, .debug_index = -1};
    n->inputs = ln_ints(&m->arena, n_in, in);
    n->outputs = ln_ints(&m->arena, n_out, out);
    n->intermediates = ln_ints(&m->arena, 0, NULL);
    if (!n->inputs || !n->outputs || !n->intermediates)
        return LN_ERR_MEMORY;
    *node = g->n_nodes++;
    return LN_OK;
}

static void replace(TfLiteIntArray *ids, ln_id from, ln_id to)
{
    for (int i = 0; i < ids->size; i++)
        if (ids->data[i] == from)
            ids->data[i] = to;
}

void ln_graph_replace_uses(ln_graph *g, ln_id from, ln_id to)
{
    for (int i = 0; i < g->n_nodes; i++)
        replace(g->nodes[i].inputs, from, to);
    replace(g->outputs, from, to);
}

int ln_graph_remove_nodes(ln_graph *g, bool (*dead)(void *user, const ln_node *), void *user)
{
    int kept = 0;
    for (int i = 0; i < g->n_nodes; i++)
        if (!dead(user, &g->nodes[i]))
            g->nodes[kept++] = g->nodes[i];
    const int removed = g->n_nodes - kept;
    g->n_nodes = kept;
    return removed;
}

static int count_of(const TfLiteIntArray *ids, ln_id id)
{
    int n = 0;
    for (int i = 0; i < ids->size; i++)
        n += ids->data[i] == id;
    return n;
}

ln_id ln_graph_producer(const ln_graph *g, ln_id t)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (count_of(g->nodes[i].outputs, t))
            return i;
    return -1;
}

int ln_graph_use_count(const ln_graph *g, ln_id t)
{
    int n = count_of(g->outputs, t);
    for (int i = 0; i < g->n_nodes; i++)
        n += count_of(g->nodes[i].inputs, t);
    return n;
}
