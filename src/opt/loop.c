/* SPDX-License-Identifier: Apache-2.0 */
/* loop.c: which values a WHILE carries.  Two that begin alike and change alike are one; what
 * neither the condition nor a value that is wanted depends on is not carried at all.  (TensorFlow's
 * loops count their turns beside whatever the model itself counts.) */
#include <string.h>

#include "opt/opt.h"
#include "opt/tidy.h"

enum { MAX_VALUES = 64 };

typedef struct loop {
    ln_opt *o;
    int node, n;
    ln_graph *cond, *body;
} loop;

/* ---- which loops can be changed ---- */

typedef struct references {
    int graph, n;
} references;

static void count_reference(void *user, int *graph)
{
    references *r = user;
    r->n += *graph == r->graph;
}

/* Only this node runs the graph. */
static bool is_own(const ln_model *m, int graph)
{
    references r = {.graph = graph};
    for (int i = 0; i < m->n_graphs; i++)
        for (int k = 0; k < m->graphs[i]->n_nodes; k++)
            ln_tidy_graph_refs(&m->graphs[i]->nodes[k], count_reference, &r);
    for (int i = 0; i < m->n_signatures; i++)
        r.n += m->signatures[i].graph == graph;
    return r.n == 1;
}

static bool open_loop(ln_opt *o, int node, loop *l)
{
    const ln_node *n = ln_opt_node_at(o, node);
    if (n->op != &ln_op_while || n->inputs->size != n->outputs->size ||
        n->inputs->size > MAX_VALUES)
        return false;
    const TfLiteWhileParams *p = n->params;
    const int cond = p->cond_subgraph_index, body = p->body_subgraph_index;
    if (cond < 0 || body < 0 || cond >= o->m->n_graphs || body >= o->m->n_graphs || cond == body)
        return false;
    *l = (loop){o, node, n->inputs->size, o->m->graphs[cond], o->m->graphs[body]};
    return l->cond != o->g && l->body != o->g && l->cond->inputs->size == l->n &&
           l->cond->outputs->size == 1 && l->body->inputs->size == l->n &&
           l->body->outputs->size == l->n && is_own(o->m, cond) && is_own(o->m, body);
}

static int place_of(const TfLiteIntArray *list, ln_id t)
{
    for (int i = 0; i < list->size; i++)
        if (list->data[i] == t)
            return i;
    return -1;
}

/* ---- values that are equal ---- */

static bool same_constant(const ln_graph *g, ln_id a, ln_id b)
{
    const TfLiteTensor *x = &g->tensors[a].t, *y = &g->tensors[b].t;
    return a == b || (x->allocation_type == kTfLiteMmapRo && y->allocation_type == kTfLiteMmapRo &&
                      x->type == y->type && x->type != kTfLiteString && x->bytes == y->bytes &&
                      x->quantization.type == kTfLiteNoQuantization &&
                      y->quantization.type == kTfLiteNoQuantization &&
                      TfLiteIntArrayEqual(x->dims, y->dims) &&
                      memcmp(x->data.raw, y->data.raw, x->bytes) == 0);
}

static const ln_node *maker_in(const ln_graph *g, ln_id t)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (place_of(g->nodes[i].outputs, t) >= 0)
            return &g->nodes[i];
    return NULL;
}

/* One operator makes the new value i of the old one, and the same one makes j of j. */
static bool change_alike(const ln_graph *body, int i, int j)
{
    const ln_node *a = maker_in(body, body->outputs->data[i]);
    const ln_node *b = maker_in(body, body->outputs->data[j]);
    if (!a || !b || !a->op || a->op != b->op || a->custom_name || b->custom_name ||
        (a->op->traits & LN_STATEFUL) || a->outputs->size != 1 || b->outputs->size != 1 ||
        a->inputs->size != b->inputs->size || a->params_size != b->params_size ||
        memcmp(a->params, b->params, a->params_size) != 0)
        return false;
    for (int k = 0; k < a->inputs->size; k++) {
        const ln_id x = a->inputs->data[k], y = b->inputs->data[k];
        if (x < 0 || y < 0)
            return false;
        const bool paired = x == body->inputs->data[i] && y == body->inputs->data[j];
        if (!paired && !same_constant(body, x, y))
            return false;
    }
    return true;
}

static void substitute(ln_graph *g, ln_id from, ln_id to)
{
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].inputs->size; k++)
            if (g->nodes[i].inputs->data[k] == from)
                g->nodes[i].inputs->data[k] = to;
}

/* Value j is value i from now on: nobody needs it anymore. */
static bool merge_values(loop *l, int i, int j)
{
    const ln_node *n = ln_opt_node_at(l->o, l->node);
    const ln_id a = n->outputs->data[i], b = n->outputs->data[j];
    if (ln_opt_uses(l->o, b) > 0 && !ln_opt_replace(l->o, b, a))
        return false;
    substitute(l->cond, l->cond->inputs->data[j], l->cond->inputs->data[i]);
    substitute(l->body, l->body->inputs->data[j], l->body->inputs->data[i]);
    l->body->outputs->data[j] = l->body->inputs->data[j];
    return true;
}

static bool merge_equal(loop *l)
{
    const ln_node *n = ln_opt_node_at(l->o, l->node);
    bool changed = false;
    for (int i = 0; i < l->n; i++)
        for (int j = i + 1; j < l->n; j++)
            if (same_constant(l->o->g, n->inputs->data[i], n->inputs->data[j]) &&
                ln_opt_same_kind(l->o, n->outputs->data[i], n->outputs->data[j]) &&
                change_alike(l->body, i, j))
                changed = merge_values(l, i, j) || changed;
    return changed;
}

/* ---- values that are not needed ---- */

/* Marks in `found` the inputs on which the tensors marked in `wanted` depend. */
static void trace(const ln_graph *g, bool *wanted, bool *found)
{
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        const ln_node *n = &g->nodes[i];
        bool needed = !n->op || (n->op->traits & LN_STATEFUL) || n->outputs->size == 0;
        for (int k = 0; k < n->outputs->size; k++)
            needed = needed || (n->outputs->data[k] >= 0 && wanted[n->outputs->data[k]]);
        for (int k = 0; needed && k < n->inputs->size; k++)
            if (n->inputs->data[k] >= 0)
                wanted[n->inputs->data[k]] = true;
    }
    for (int i = 0; i < g->inputs->size; i++)
        found[i] = found[i] || wanted[g->inputs->data[i]];
}

/* The inputs on which the condition depends, or the new values of those that are needed. */
static bool trace_all(const loop *l, bool *needed)
{
    const ln_alloc *alloc = &l->o->m->alloc;
    const size_t size = (size_t)LN_MAX(l->cond->n_tensors, l->body->n_tensors) + 1;
    bool *wanted = ln_new(alloc, size, sizeof *wanted);
    if (!wanted)
        return false;
    wanted[l->cond->outputs->data[0]] = true;
    trace(l->cond, wanted, needed);
    for (int before = -1, now = 0; before != now;) {
        memset(wanted, 0, size * sizeof *wanted);
        for (int i = 0; i < l->n; i++)
            if (needed[i])
                wanted[l->body->outputs->data[i]] = true;
        trace(l->body, wanted, needed);
        before = now;
        now = 0;
        for (int i = 0; i < l->n; i++)
            now += needed[i];
    }
    ln_free(alloc, wanted);
    return true;
}

static TfLiteIntArray *kept(ln_opt *o, const TfLiteIntArray *list, const bool *needed)
{
    TfLiteIntArray *out = ln_ints(&o->m->arena, list->size, list->data);
    if (!out) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return NULL;
    }
    out->size = 0;
    for (int i = 0; i < list->size; i++)
        if (needed[i])
            out->data[out->size++] = list->data[i];
    return out;
}

/* A WHILE of fewer values takes the node's place. */
static bool shrink(loop *l, const bool *needed)
{
    ln_opt *o = l->o;
    const ln_node *n = ln_opt_node_at(o, l->node);
    TfLiteIntArray *in = kept(o, n->inputs, needed), *out = kept(o, n->outputs, needed);
    TfLiteIntArray *cond = kept(o, l->cond->inputs, needed);
    TfLiteIntArray *from = kept(o, l->body->inputs, needed);
    TfLiteIntArray *to = kept(o, l->body->outputs, needed);
    ln_made *made = ln_arena_new(&o->m->arena, (size_t)l->n + 1, sizeof *made);
    ln_id *results = ln_arena_new(&o->m->arena, (size_t)l->n + 1, sizeof *results);
    if (!in || !out || !cond || !from || !to || !made || !results || in->size == 0)
        return false;
    for (int i = 0; i < out->size; i++)
        made[i] = (ln_made){ln_emit_type(&o->e, out->data[i]), ln_emit_shape(&o->e, out->data[i])};
    const ln_emit_call call = {.op = n->op,
                               .params = n->params,
                               .in = in->data,
                               .n_in = in->size,
                               .n_out = out->size,
                               .hints = made};
    l->cond->inputs = cond;
    l->body->inputs = from;
    l->body->outputs = to;
    if (!ln_emit_node(&o->e, &call, results))
        return false;
    for (int i = 0; i < out->size; i++)
        if (ln_opt_uses(o, out->data[i]) > 0 && !ln_opt_replace(o, out->data[i], results[i]))
            return false;
    ln_opt_kill(o, l->node);
    return true;
}

static bool drop_unneeded(loop *l)
{
    const ln_node *n = ln_opt_node_at(l->o, l->node);
    bool needed[MAX_VALUES];
    int all = 0;
    for (int i = 0; i < l->n; i++)
        needed[i] = ln_opt_uses(l->o, n->outputs->data[i]) > 0;
    if (!trace_all(l, needed))
        return false;
    for (int i = 0; i < l->n; i++)
        all += needed[i];
    return all < l->n && shrink(l, needed);
}

bool ln_pass_loop(ln_opt *o, int node)
{
    loop l;
    if (!open_loop(o, node, &l))
        return false;
    const bool merged = merge_equal(&l);
    return drop_unneeded(&l) || merged;
}
