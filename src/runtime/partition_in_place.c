/* SPDX-License-Identifier: Apache-2.0 */
/* partition_in_place.c: the quick cut for a delegate that claims many small groups one by one, as
 * the CPU engine does: no other node moves.  partition.c has the general one.
 *
 * A walk over all nodes for each of a thousand groups is what a large model would wait for.  Here
 * only nodes between those of the group are looked at: that somebody else reads what it makes is
 * shown, mostly, by the one reader of each tensor that is remembered, and else by a walk. */
#include <stdlib.h>
#include <string.h>

#include "runtime/internal.h"

enum { CLAIMED = 1, USED = 2 };

typedef struct cut {
    ln_rt_graph *g;
    const uint8_t *claimed;
    int claims;      /* nodes that are claimed; some may be named twice */
    uint8_t *made;   /* per tensor: CLAIMED: a claimed node makes it; USED: and another uses it */
    int first, last; /* plan positions of claimed nodes */
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

/* Looks from where the last group was on, since groups mostly come one behind the other. */
static bool mark_made(cut *c)
{
    const int size = c->g->plan->size, from = c->g->last_cut < size ? c->g->last_cut : 0;
    c->first = size;
    for (int i = 0; i < size && c->nodes < c->claims; i++) {
        const int pos = from + i < size ? from + i : from + i - size;
        if (!is_claimed(c, pos))
            continue;
        const TfLiteNode *n = node_at(c, pos);
        if (n->might_have_side_effect)
            return false;
        for (int i = 0; i < n->outputs->size; i++)
            if (n->outputs->data[i] >= 0)
                c->made[n->outputs->data[i]] = CLAIMED;
        c->inputs += n->inputs->size;
        c->outputs += n->outputs->size;
        c->nodes++;
        c->first = LN_MIN(c->first, pos);
        c->last = LN_MAX(c->last, pos);
    }
    c->g->last_cut = c->first;
    return c->nodes > 0;
}

static bool reads(const TfLiteNode *n, int tensor)
{
    for (int i = 0; i < n->inputs->size; i++)
        if (n->inputs->data[i] == tensor)
            return true;
    return false;
}

/* Of a tensor: how many nodes of the model read it, and one of them. */
typedef struct ln_rt_reader {
    const ln_rt_node *one; /* NULL: unknown */
    int n;
} ln_rt_reader;

/* Finds them when a delegate makes its first group; what it lets nodes read must be settled by
 * then.  Without memory there are none. */
static void remember_readers(ln_rt_graph *g)
{
    const TfLiteIntArray *plan = g->full_plan;
    if (g->readers || !plan)
        return;
    g->readers = ln_new(&g->it->alloc, g->context.tensors_size + 1, sizeof *g->readers);
    g->n_readers = g->readers ? g->context.tensors_size : 0;
    for (int pos = 0; pos < plan->size && g->readers; pos++) {
        const ln_rt_node *n = g->nodes[plan->data[pos]];
        const TfLiteIntArray *in = n->node.inputs;
        for (int i = 0; i < in->size; i++)
            if (in->data[i] >= 0 && g->readers[in->data[i]].one != n)
                g->readers[in->data[i]] = (ln_rt_reader){n, g->readers[in->data[i]].n + 1};
    }
}

/* True where a node that is not claimed is known to read what a claimed one makes: it is in the
 * plan, or in another group that does not make it. */
static bool has_reader(const cut *c, int tensor)
{
    const ln_rt_node *n = (size_t)tensor < c->g->n_readers ? c->g->readers[tensor].one : NULL;
    return n && !c->claimed[n->id] && reads(&n->node, tensor);
}

/* True where all that read it are known, and claimed. */
static bool has_own_readers(const cut *c, int tensor)
{
    int left = (size_t)tensor < c->g->n_readers ? c->g->readers[tensor].n : -1;
    for (int pos = c->first; pos <= c->last && left > 0; pos++)
        left -= is_claimed(c, pos) && reads(node_at(c, pos), tensor);
    return left == 0;
}

/* Marks what others use; `all`: looks at every node behind the first of the group. */
static void mark_readers(cut *c, bool all)
{
    const int end = all ? c->g->plan->size : 0;
    for (int pos = c->first; pos < end; pos++) {
        const TfLiteIntArray *in = node_at(c, pos)->inputs;
        for (int i = 0; i < in->size && !is_claimed(c, pos); i++)
            if (in->data[i] >= 0 && c->made[in->data[i]])
                c->made[in->data[i]] |= USED;
    }
}

/* False where a node before the last claimed one needs what the group makes. */
static bool mark_used(cut *c)
{
    const TfLiteIntArray *out = c->g->source->outputs;
    bool all = false;
    for (int i = 0; i < out->size; i++)
        if (out->data[i] >= 0 && c->made[out->data[i]])
            c->made[out->data[i]] |= USED;
    for (int pos = c->first; pos <= c->last; pos++) {
        const TfLiteNode *n = node_at(c, pos);
        for (int i = 0; i < n->inputs->size && !is_claimed(c, pos); i++)
            if (n->inputs->data[i] >= 0 && c->made[n->inputs->data[i]])
                return false;
        for (int i = 0; i < n->outputs->size && is_claimed(c, pos); i++) {
            const int tensor = n->outputs->data[i];
            if (tensor < 0 || (c->made[tensor] & USED))
                continue;
            if (has_reader(c, tensor))
                c->made[tensor] |= USED;
            else if (!has_own_readers(c, tensor))
                all = true;
        }
    }
    mark_readers(c, all);
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

static void fill(const cut *c, const ln_rt_part *part)
{
    for (int pos = c->first; pos <= c->last; pos++) {
        const TfLiteNode *n = node_at(c, pos);
        if (!is_claimed(c, pos))
            continue;
        add(part->nodes, c->g->plan->data[pos]);
        for (int i = 0; i < n->inputs->size; i++)
            if (n->inputs->data[i] >= 0 && !c->made[n->inputs->data[i]])
                add(part->inputs, n->inputs->data[i]);
        for (int i = 0; i < n->outputs->size; i++)
            if (n->outputs->data[i] >= 0 && (c->made[n->outputs->data[i]] & USED))
                add(part->outputs, n->outputs->data[i]);
    }
    sort_once(part->inputs);
    sort_once(part->outputs);
}

static TfLiteIntArray *new_list(int n)
{
    TfLiteIntArray *list = TfLiteIntArrayCreate(n);
    if (list)
        list->size = 0;
    return list;
}

static ln_status make_part(const cut *c, ln_rt_part **out, int *n)
{
    ln_rt_part *part = ln_new(&c->g->it->alloc, 1, sizeof *part);
    if (part)
        *part = (ln_rt_part){true, new_list(c->nodes), new_list(c->inputs), new_list(c->outputs)};
    if (!part || !part->nodes || !part->inputs || !part->outputs) {
        ln_rt_parts_free(c->g, part, part ? 1 : 0);
        return ln_fail(&c->g->it->diag, LN_ERR_MEMORY, "no memory to partition graph %d",
                       c->g->index);
    }
    fill(c, part);
    *out = part;
    *n = 1;
    return LN_OK;
}

void ln_rt_forget_readers(ln_rt_graph *g)
{
    ln_free(&g->it->alloc, g->readers);
    g->readers = NULL;
    g->n_readers = 0;
}

ln_status ln_rt_partition_in_place(ln_rt_graph *g, const uint8_t *claimed, int claims,
                                   ln_rt_part **parts, int *n)
{
    cut c = {.g = g, .claimed = claimed, .claims = claims};
    *n = 0;
    c.made = ln_new(&g->it->alloc, g->context.tensors_size + 1, sizeof *c.made);
    if (!c.made)
        return ln_fail(&g->it->diag, LN_ERR_MEMORY, "no memory to partition graph %d", g->index);
    ln_status status = LN_OK;
    remember_readers(g);
    if (mark_made(&c) && mark_used(&c))
        status = make_part(&c, parts, n);
    ln_free(&g->it->alloc, c.made);
    return status;
}
