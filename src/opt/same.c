/* SPDX-License-Identifier: Apache-2.0 */
/* same.c: signatures whose graphs do the same share one.  Keras exports a model under two
 * signatures ("serve" and "serving_default"), which are imported one after the other and come out
 * alike, node by node; nothing else is looked for.  Graphs that keep state in tensors of their own
 * stay apart. */
#include <string.h>

#include "opt/tidy.h"

static bool same_ids(const TfLiteIntArray *a, const TfLiteIntArray *b)
{
    const int n = a ? a->size : 0;
    return n == (b ? b->size : 0) &&
           (n == 0 || memcmp(a->data, b->data, sizeof(int) * (size_t)n) == 0);
}

/* Buffers with the same bytes have been made one before. */
static bool same_tensor(const ln_tensor *a, const ln_tensor *b)
{
    const bool plain = a->t.quantization.type == kTfLiteNoQuantization &&
                       b->t.quantization.type == kTfLiteNoQuantization && !a->t.sparsity &&
                       !b->t.sparsity;
    return plain && a->t.type == b->t.type && a->has_rank == b->has_rank &&
           a->buffer == b->buffer && !a->t.is_variable && !b->t.is_variable &&
           same_ids(a->t.dims, b->t.dims) && same_ids(a->t.dims_signature, b->t.dims_signature);
}

/* Two graphs while they are compared: to[t] - 1 is the tensor of b that is t of a, to[t] 0 while
 * none is. */
typedef struct pair {
    const ln_model *m;
    const ln_graph *a, *b;
    int *to, depth;
} pair;

static int *match_graphs(const ln_model *m, int first, int second, int depth);

/* Constants meet where they are used, all else where it is made. */
static bool meet(pair *p, ln_id a, ln_id b, bool is_made)
{
    if (a < 0 || b < 0)
        return a < 0 && b < 0;
    if (p->to[a])
        return p->to[a] == b + 1;
    if ((!is_made && p->a->tensors[a].buffer <= 0) ||
        !same_tensor(&p->a->tensors[a], &p->b->tensors[b]))
        return false;
    p->to[a] = b + 1;
    return true;
}

static bool meet_all(pair *p, const TfLiteIntArray *a, const TfLiteIntArray *b, bool are_made)
{
    const int n = a ? a->size : 0;
    if (n != (b ? b->size : 0))
        return false;
    for (int i = 0; i < n; i++)
        if (!meet(p, a->data[i], b->data[i], are_made))
            return false;
    return true;
}

enum { MAX_PARAMS = 256, MAX_REFS = 8, MAX_DEPTH = 8 };

/* A node's parameters without the numbers of its graphs, which are put into a list. */
typedef struct bare {
    unsigned char bytes[MAX_PARAMS];
    int graphs[MAX_REFS], n;
} bare;

static void take_out(void *user, int *graph)
{
    bare *b = user;
    if (b->n < MAX_REFS)
        b->graphs[b->n] = *graph;
    b->n++;
    *graph = 0;
}

static void make_bare(const ln_node *n, bare *b)
{
    memcpy(b->bytes, n->params, n->params_size);
    ln_node copy = *n;
    copy.params = b->bytes;
    b->n = 0;
    ln_tidy_graph_refs(&copy, take_out, b);
}

static bool same_params(const pair *p, const ln_node *a, const ln_node *b)
{
    bare x, y;
    if (a->params_size != b->params_size)
        return false;
    if (a->params_size == 0 || memcmp(a->params, b->params, a->params_size) == 0)
        return true;
    if (a->params_size > MAX_PARAMS)
        return false;
    make_bare(a, &x);
    make_bare(b, &y);
    bool same = x.n == y.n && x.n <= MAX_REFS && memcmp(x.bytes, y.bytes, a->params_size) == 0;
    for (int i = 0; same && i < x.n; i++) {
        int *to = match_graphs(p->m, x.graphs[i], y.graphs[i], p->depth + 1);
        same = to != NULL;
        ln_free(&p->m->alloc, to);
    }
    return same;
}

static bool same_node(pair *p, const ln_node *a, const ln_node *b)
{
    const bool named = a->custom_name && b->custom_name;
    if (a->op != b->op || a->builtin != b->builtin || !a->custom_name != !b->custom_name ||
        (named && strcmp(a->custom_name, b->custom_name) != 0) || a->custom_size != b->custom_size)
        return false;
    return (a->custom_size == 0 || memcmp(a->custom, b->custom, a->custom_size) == 0) &&
           same_params(p, a, b) && meet_all(p, a->inputs, b->inputs, false) &&
           meet_all(p, a->outputs, b->outputs, true) &&
           meet_all(p, a->intermediates, b->intermediates, true);
}

static bool same_graph(pair *p)
{
    if (p->a->n_nodes != p->b->n_nodes || !meet_all(p, p->a->inputs, p->b->inputs, true))
        return false;
    for (int i = 0; i < p->a->n_nodes; i++)
        if (!same_node(p, &p->a->nodes[i], &p->b->nodes[i]))
            return false;
    return meet_all(p, p->a->outputs, p->b->outputs, false);
}

/* Which tensors of the second graph are those of the first one, to be freed; NULL: they differ. */
static int *match_graphs(const ln_model *m, int first, int second, int depth)
{
    if (first < 0 || second < 0 || first >= m->n_graphs || second >= m->n_graphs ||
        depth > MAX_DEPTH)
        return NULL;
    pair p = {.m = m, .a = m->graphs[first], .b = m->graphs[second], .depth = depth};
    p.to = ln_new(&m->alloc, (size_t)p.a->n_tensors + 1, sizeof *p.to);
    if (p.to && same_graph(&p))
        return p.to;
    ln_free(&m->alloc, p.to);
    return NULL;
}

/* All tensors of the signature have others to become. */
static bool can_move(const ln_signature *s, const int *tensors)
{
    for (int k = 0; k < s->n_inputs; k++)
        if (!tensors[s->inputs[k].tensor])
            return false;
    for (int k = 0; k < s->n_outputs; k++)
        if (!tensors[s->outputs[k].tensor])
            return false;
    return true;
}

/* All signatures of one graph become the other one's. */
static bool move_signatures(ln_model *m, int from, int to, const int *tensors)
{
    for (int i = 0; i < m->n_signatures; i++)
        if (m->signatures[i].graph == from && !can_move(&m->signatures[i], tensors))
            return false;
    for (int i = 0; i < m->n_signatures; i++) {
        ln_signature *s = &m->signatures[i];
        if (s->graph != from)
            continue;
        for (int k = 0; k < s->n_inputs; k++)
            s->inputs[k].tensor = tensors[s->inputs[k].tensor] - 1;
        for (int k = 0; k < s->n_outputs; k++)
            s->outputs[k].tensor = tensors[s->outputs[k].tensor] - 1;
        s->graph = to;
    }
    return true;
}

bool ln_tidy_signatures(ln_model *m)
{
    bool changed = false;
    for (int i = 1; i < m->n_signatures; i++)
        for (int k = 0; k < i; k++) {
            const int mine = m->signatures[i].graph, other = m->signatures[k].graph;
            const int from = LN_MAX(mine, other), to = LN_MIN(mine, other);
            int *tensors = from == to ? NULL : match_graphs(m, from, to, 0);
            changed = (tensors && move_signatures(m, from, to, tensors)) || changed;
            ln_free(&m->alloc, tensors);
        }
    return changed;
}
