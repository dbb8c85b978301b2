/* SPDX-License-Identifier: Apache-2.0 */
/* partition.c: cuts a plan into parts for a delegate.  Each part has only claimed nodes or none,
 * takes every node whose inputs earlier parts (or itself) make, and nodes with side effects keep
 * their order among each other.  The cut is the one that TFLite makes, so delegates written for
 * it meet what they expect. */
#include <stdlib.h>

#include "runtime/internal.h"

enum { NOT_YET = -1, ALWAYS = -2 };

typedef struct cut {
    ln_rt_graph *g;
    const uint8_t *claimed;
    int *tensor_part; /* the part that makes each tensor, NOT_YET or ALWAYS */
    int *node_part;   /* by plan position */
    int *after;       /* plan position that must come before, -1 */
    ln_rt_part *parts;
    int n_parts, left;
    size_t part_capacity;
} cut;

static const TfLiteNode *node_at(const cut *c, int pos)
{
    return &c->g->nodes[c->g->plan->data[pos]]->node;
}

static bool ready(const cut *c, int pos)
{
    const TfLiteIntArray *in = node_at(c, pos)->inputs;
    if (c->node_part[pos] != NOT_YET)
        return false;
    for (int i = 0; i < in->size; i++)
        if (in->data[i] >= 0 && c->tensor_part[in->data[i]] == NOT_YET)
            return false;
    return c->after[pos] < 0 || c->node_part[c->after[pos]] != NOT_YET;
}

static void assign(cut *c, int pos, int part)
{
    const TfLiteIntArray *out = node_at(c, pos)->outputs;
    c->node_part[pos] = part;
    c->left--;
    for (int i = 0; i < out->size; i++)
        if (out->data[i] >= 0)
            c->tensor_part[out->data[i]] = part;
}

/* Fills one part: passes over the plan until nothing more fits. */
static int fill_part(cut *c, bool *claimed)
{
    const TfLiteIntArray *plan = c->g->plan;
    int taken = 0, before;
    do {
        before = taken;
        for (int pos = 0; pos < plan->size; pos++) {
            if (!ready(c, pos))
                continue;
            const bool mine = c->claimed[plan->data[pos]] != 0;
            if (taken == 0)
                *claimed = mine;
            if (mine != *claimed && c->g->it->options.ordered_parts)
                return taken;
            if (mine != *claimed)
                continue;
            assign(c, pos, c->n_parts);
            taken++;
        }
    } while (taken > before && c->left > 0);
    return taken;
}

static ln_status no_memory(const cut *c)
{
    return ln_fail(&c->g->it->diag, LN_ERR_MEMORY, "no memory to partition graph %d", c->g->index);
}

/* A tensor (or node) that a part has; sorted and without doubles these are its list. */
typedef struct member {
    int part, id;
} member;

typedef struct members {
    member *items;
    size_t n, capacity;
} members;

static ln_status add_member(cut *c, members *m, int part, int id)
{
    if (!ln_grow(&c->g->it->alloc, (void **)&m->items, &m->capacity, m->n, sizeof *m->items))
        return no_memory(c);
    m->items[m->n++] = (member){part, id};
    return LN_OK;
}

static int compare_members(const void *pa, const void *pb)
{
    const member *a = pa, *b = pb;
    return a->part != b->part ? (a->part < b->part ? -1 : 1) : (a->id > b->id) - (a->id < b->id);
}

static void sort_members(members *m)
{
    size_t n = 0;
    if (m->n)
        qsort(m->items, m->n, sizeof *m->items, compare_members);
    for (size_t i = 0; i < m->n; i++)
        if (i == 0 || compare_members(&m->items[i], &m->items[i - 1]) != 0)
            m->items[n++] = m->items[i];
    m->n = n;
}

/* The list of `part`, which begins at *at; moves *at behind it. */
static TfLiteIntArray *take_list(const members *m, int part, size_t *at)
{
    size_t n = 0;
    while (*at + n < m->n && m->items[*at + n].part == part)
        n++;
    TfLiteIntArray *list = TfLiteIntArrayCreate((int)n);
    for (size_t i = 0; list && i < n; i++)
        list->data[i] = m->items[*at + i].id;
    *at += n;
    return list;
}

/* Who reads what from whom. */
static ln_status collect(cut *c, members *inputs, members *outputs)
{
    const TfLiteIntArray *out = c->g->source->outputs;
    for (int pos = 0; pos < c->g->plan->size; pos++) {
        const TfLiteIntArray *in = node_at(c, pos)->inputs;
        const int part = c->node_part[pos];
        for (int i = 0; i < in->size; i++) {
            const int id = in->data[i], from = id >= 0 ? c->tensor_part[id] : part;
            if (from == part)
                continue;
            LN_TRY(add_member(c, inputs, part, id));
            if (from >= 0)
                LN_TRY(add_member(c, outputs, from, id));
        }
    }
    for (int i = 0; i < out->size; i++)
        if (out->data[i] >= 0 && c->tensor_part[out->data[i]] >= 0)
            LN_TRY(add_member(c, outputs, c->tensor_part[out->data[i]], out->data[i]));
    sort_members(inputs);
    sort_members(outputs);
    return LN_OK;
}

static ln_status make_lists(cut *c)
{
    members nodes = {0}, inputs = {0}, outputs = {0};
    size_t at_node = 0, at_input = 0, at_output = 0;
    const ln_alloc *a = &c->g->it->alloc;
    ln_status status = collect(c, &inputs, &outputs);
    /* plan positions first, so that nodes stay in order */
    for (int pos = 0; pos < c->g->plan->size && status == LN_OK; pos++)
        status = add_member(c, &nodes, c->node_part[pos], pos);
    sort_members(&nodes);
    for (size_t i = 0; i < nodes.n; i++)
        nodes.items[i].id = c->g->plan->data[nodes.items[i].id];
    for (int k = 0; k < c->n_parts && status == LN_OK; k++) {
        ln_rt_part *p = &c->parts[k];
        p->nodes = take_list(&nodes, k, &at_node);
        p->inputs = take_list(&inputs, k, &at_input);
        p->outputs = take_list(&outputs, k, &at_output);
        if (!p->nodes || !p->inputs || !p->outputs)
            status = no_memory(c);
    }
    ln_free(a, nodes.items);
    ln_free(a, inputs.items);
    ln_free(a, outputs.items);
    return status;
}

static void prepare_cut(cut *c)
{
    const ln_rt_graph *g = c->g;
    int last = -1;
    for (size_t i = 0; i < g->context.tensors_size; i++)
        c->tensor_part[i] = ALWAYS;
    for (int pos = 0; pos < g->plan->size; pos++) {
        const TfLiteNode *node = node_at(c, pos);
        c->node_part[pos] = NOT_YET;
        c->after[pos] = -1;
        if (node->might_have_side_effect) {
            c->after[pos] = last;
            last = pos;
        }
        for (int i = 0; i < node->outputs->size; i++)
            if (node->outputs->data[i] >= 0)
                c->tensor_part[node->outputs->data[i]] = NOT_YET;
    }
}

static ln_status cut_parts(cut *c)
{
    prepare_cut(c);
    while (c->left > 0) {
        bool claimed = false;
        if (!ln_grow(&c->g->it->alloc, (void **)&c->parts, &c->part_capacity, (size_t)c->n_parts,
                     sizeof *c->parts))
            return no_memory(c);
        if (fill_part(c, &claimed) == 0)
            return ln_fail(&c->g->it->diag, LN_ERR_FORMAT, "graph %d has a cycle", c->g->index);
        c->parts[c->n_parts++] = (ln_rt_part){.claimed = claimed};
    }
    return make_lists(c);
}

ln_status ln_rt_partition(ln_rt_graph *g, const uint8_t *claimed, ln_rt_part **parts, int *n)
{
    const ln_alloc *a = &g->it->alloc;
    cut c = {.g = g, .claimed = claimed, .left = g->plan->size};
    c.tensor_part = ln_new(a, g->context.tensors_size, sizeof *c.tensor_part);
    c.node_part = ln_new(a, (size_t)g->plan->size, sizeof *c.node_part);
    c.after = ln_new(a, (size_t)g->plan->size, sizeof *c.after);
    ln_status status = LN_ERR_MEMORY;
    if (c.tensor_part && c.node_part && c.after)
        status = cut_parts(&c);
    ln_free(a, c.tensor_part);
    ln_free(a, c.node_part);
    ln_free(a, c.after);
    if (status != LN_OK) {
        ln_rt_parts_free(g, c.parts, c.n_parts);
        return status;
    }
    *parts = c.parts;
    *n = c.n_parts;
    return LN_OK;
}

void ln_rt_parts_free(ln_rt_graph *g, ln_rt_part *parts, int n)
{
    for (int i = 0; i < n; i++) {
        TfLiteIntArrayFree(parts[i].nodes);
        TfLiteIntArrayFree(parts[i].inputs);
        TfLiteIntArrayFree(parts[i].outputs);
    }
    ln_free(&g->it->alloc, parts);
}
