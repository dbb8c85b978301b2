/* SPDX-License-Identifier: Apache-2.0 */
/* partition_in_place.c: the quick cut for a delegate that claims many small groups one by one, as
 * the CPU engine does: one walk over the graph, no other node moves.  partition.c has the general
 * one. */
#include <stdlib.h>

#include "runtime/internal.h"

enum { CLAIMED = 1, USED = 2 };

typedef struct cut {
    ln_rt_graph *g;
    const uint8_t *claimed;
    uint8_t *made; /* per tensor: CLAIMED: a claimed node makes it; USED: and another uses it */
    int last;      /* plan position of the last claimed node */
    int inputs, outputs, nodes; /* at most so many */
} cut;

static const TfLiteNode *node_at(const cut *c, int pos)
{
    return &c->g->nodes[c->g->plan->data[pos]]->node;
}

static bool is_claimed(const cut *c, int pos)
{
    return c->claimed[c->g->plan->data[pos]] != 0;
}

static bool mark_made(cut *c)
{
    for (int pos = 0; pos < c->g->plan->size; pos++) {
        const TfLiteNode *n = node_at(c, pos);
        if (!is_claimed(c, pos))
            continue;
        if (n->might_have_side_effect)
            return false;
        for (int i = 0; i < n->outputs->size; i++)
            if (n->outputs->data[i] >= 0)
                c->made[n->outputs->data[i]] = CLAIMED;
        c->inputs += n->inputs->size;
        c->outputs += n->outputs->size;
        c->nodes++;
        c->last = pos;
    }
    return c->nodes > 0;
}

/* False where a node before the last claimed one needs what the group makes. */
static bool mark_used(cut *c)
{
    const TfLiteIntArray *out = c->g->source->outputs;
    for (int pos = 0; pos < c->g->plan->size; pos++) {
        const TfLiteIntArray *in = node_at(c, pos)->inputs;
        if (is_claimed(c, pos))
            continue;
        for (int i = 0; i < in->size; i++) {
            if (in->data[i] < 0 || !c->made[in->data[i]])
                continue;
            if (pos < c->last)
                return false;
            c->made[in->data[i]] |= USED;
        }
    }
    for (int i = 0; i < out->size; i++)
        if (out->data[i] >= 0 && c->made[out->data[i]])
            c->made[out->data[i]] |= USED;
    return true;
}

static int compare_ints(const void *pa, const void *pb)
{
    const int a = *(const int *)pa, b = *(const int *)pb;
    return (a > b) - (a < b);
}

static void sort_once(TfLiteIntArray *list)
{
    int n = 0;
    qsort(list->data, (size_t)list->size, sizeof list->data[0], compare_ints);
    for (int i = 0; i < list->size; i++)
        if (i == 0 || list->data[i] != list->data[i - 1])
            list->data[n++] = list->data[i];
    list->size = n;
}

static void add(TfLiteIntArray *list, int id)
{
    list->data[list->size++] = id;
}

static void fill(const cut *c, ln_rt_part parts[3])
{
    for (int pos = 0; pos < c->g->plan->size; pos++) {
        const TfLiteNode *n = node_at(c, pos);
        const int part = is_claimed(c, pos) ? 1 : pos < c->last ? 0 : 2;
        add(parts[part].nodes, c->g->plan->data[pos]);
        if (part != 1)
            continue;
        for (int i = 0; i < n->inputs->size; i++)
            if (n->inputs->data[i] >= 0 && !c->made[n->inputs->data[i]])
                add(parts[1].inputs, n->inputs->data[i]);
        for (int i = 0; i < n->outputs->size; i++)
            if (n->outputs->data[i] >= 0 && (c->made[n->outputs->data[i]] & USED))
                add(parts[1].outputs, n->outputs->data[i]);
    }
    sort_once(parts[1].inputs);
    sort_once(parts[1].outputs);
}

static TfLiteIntArray *new_list(int n)
{
    TfLiteIntArray *list = TfLiteIntArrayCreate(n);
    if (list)
        list->size = 0;
    return list;
}

static ln_status make_parts(const cut *c, ln_rt_part **out, int *n)
{
    const int others = c->g->plan->size - c->nodes;
    const int sizes[3] = {c->last + 1, c->nodes, others};
    ln_rt_part *parts = ln_new(&c->g->it->alloc, 3, sizeof *parts);
    bool ok = parts != NULL;
    for (int k = 0; k < 3 && ok; k++) {
        parts[k].claimed = k == 1;
        parts[k].nodes = new_list(sizes[k]);
        parts[k].inputs = new_list(k == 1 ? c->inputs : 0);
        parts[k].outputs = new_list(k == 1 ? c->outputs : 0);
        ok = parts[k].nodes && parts[k].inputs && parts[k].outputs;
    }
    if (!ok) {
        ln_rt_parts_free(c->g, parts, parts ? 3 : 0);
        return ln_fail(&c->g->it->diag, LN_ERR_MEMORY, "no memory to partition graph %d",
                       c->g->index);
    }
    fill(c, parts);
    *out = parts;
    *n = 3;
    return LN_OK;
}

ln_status ln_rt_partition_in_place(ln_rt_graph *g, const uint8_t *claimed, ln_rt_part **parts,
                                   int *n)
{
    cut c = {.g = g, .claimed = claimed};
    *n = 0;
    c.made = ln_new(&g->it->alloc, g->context.tensors_size + 1, sizeof *c.made);
    if (!c.made)
        return ln_fail(&g->it->diag, LN_ERR_MEMORY, "no memory to partition graph %d", g->index);
    ln_status status = LN_OK;
    if (mark_made(&c) && mark_used(&c))
        status = make_parts(&c, parts, n);
    ln_free(&g->it->alloc, c.made);
    return status;
}
