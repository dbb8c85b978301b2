/* SPDX-License-Identifier: Apache-2.0 */
/* layout.c: memory of one segment of the plan.  Decides which tensors share bytes (views, in-place
 * results), asks planner.c for offsets, and points tensors and scratch into the segment's block.
 * What is used behind the segment keeps its bytes to the end of the run. */
#include <string.h>

#include "ops/move.h"
#include "runtime/internal.h"
#include "runtime/planner.h"

/* Whom an item belongs to. */
typedef struct owner {
    enum { TENSOR, SCRATCH, REQUEST } kind;
    int id;
} owner;

typedef struct layout {
    ln_rt_graph *g;
    int from, to, segment;
    ln_plan_item *items;
    owner *owners;
    int n;
    size_t item_capacity, owner_capacity;
} layout;

static char nothing[LN_PLAN_ALIGN]; /* where tensors without bytes point */

static bool in_arena(const ln_rt_graph *g, int id)
{
    return id >= 0 && g->context.tensors[id].allocation_type == kTfLiteArenaRw;
}

/* ---- sharing ---- */

/* Chains arise when a result that has views becomes an in-place one itself. */
static int root_of(const ln_rt_graph *g, int id)
{
    while (g->slots[id].root != id)
        id = g->slots[id].root;
    return id;
}

/* Bytes from the beginning of the root. */
static size_t shift_of(const ln_rt_graph *g, int id)
{
    size_t shift = 0;
    for (; LN_RT_WHOLES && g->slots[id].root != id; id = g->slots[id].root)
        shift += g->slots[id].shift;
    return shift;
}

/* Another input of the node reads the same bytes under another tensor. */
static bool read_twice(const ln_rt_graph *g, const ln_rt_node *n, int id)
{
    for (int i = 0; i < n->node.inputs->size; i++) {
        const int other = n->node.inputs->data[i];
        if (other >= 0 && other != id && root_of(g, other) == root_of(g, id))
            return true;
    }
    return false;
}

/* The bits of inplace_operator and the traits of an op say the same thing. */
static bool may_share(const ln_rt_node *n, int input, bool *view)
{
    const uint64_t bits = ln_rt_inplace(n);
    const uint64_t shared = (uint64_t)kTfLiteInplaceOpInput0Shared << input;
    *view = input == 0 && (bits & kTfLiteInplaceOpDataUnmodified);
    return (*view || (bits & shared)) && n->node.inputs->size > input && n->node.outputs->size > 0;
}

/* Lets output 0 have the memory of an input; true when it does. */
static bool share(ln_rt_graph *g, ln_rt_node *n, int input, bool view, int pos)
{
    const int in = n->node.inputs->data[input], out = n->node.outputs->data[0];
    if (!in_arena(g, in) || !in_arena(g, out) || in == out)
        return false;
    if (g->context.tensors[in].bytes != g->context.tensors[out].bytes)
        return false;
    const int root_id = root_of(g, in);
    ln_rt_slot *s = &g->slots[out], *root = &g->slots[root_id];
    if (root->segment < 0 || s->root != out)
        return false;
    if (view ? root->is_input && s->is_output : root->last > pos || read_twice(g, n, in))
        return false;
    s->shift = shift_of(g, in);
    s->root = root_id;
    root->last = LN_MAX(root->last, s->last);
    return true;
}

static void share_first(ln_rt_graph *g, ln_rt_node *n, bool views, int pos)
{
    bool view;
    for (int input = 0; input < kTfLiteMaxSharableOpInputs; input++)
        if (may_share(n, input, &view) && view == views && share(g, n, input, view, pos))
            return;
}

/* Lets a part lie in `whole`, from byte `at` on: where nothing else has its memory, and that of
 * both is the segment's own. */
static void join(const layout *l, int whole, int part, size_t at)
{
    ln_rt_graph *g = l->g;
    if (!in_arena(g, whole) || !in_arena(g, part))
        return;
    const size_t bytes = g->context.tensors[part].bytes;
    const int inner = root_of(g, part), outer = root_of(g, whole);
    ln_rt_slot *in = &g->slots[inner], *out = &g->slots[outer];
    at += shift_of(g, whole);
    const size_t room = g->context.tensors[outer].bytes;
    if (inner == outer || bytes == 0 || bytes != g->context.tensors[inner].bytes || at > room ||
        bytes > room - at || at % LN_PART_ALIGN != 0 || in->segment != l->segment ||
        out->segment != l->segment || in->is_input || out->is_input || in->is_output)
        return;
    in->root = outer;
    in->shift = at;
    out->first = LN_MIN(out->first, in->first);
    out->last = LN_MAX(out->last, in->last);
}

static void join_parts(const layout *l, const ln_rt_node *n)
{
    if (!n->op || !n->op->whole || n->folded || n->bound != l->g->generation)
        return;
    const int which = n->op->whole(&n->call);
    const bool output = which == LN_WHOLE_OUTPUT;
    const TfLiteIntArray *parts = output ? n->node.inputs : n->node.outputs;
    size_t at = 0;
    for (int i = 0; i < parts->size && which != LN_WHOLE_NONE; i++) {
        join(l, output ? n->node.outputs->data[0] : n->node.inputs->data[which], parts->data[i],
             at);
        at += l->g->context.tensors[parts->data[i]].bytes;
    }
}

static void begin_tensor(layout *l, int id, int pos)
{
    ln_rt_slot *s = &l->g->slots[id];
    if (!in_arena(l->g, id) || s->segment == l->segment)
        return;
    s->root = id;
    s->shift = 0;
    s->segment = l->segment;
    s->first = pos;
    s->last = LN_MAX(s->use, pos);
    s->offset = SIZE_MAX; /* not added yet */
}

static void share_all(const layout *l, bool views)
{
    ln_rt_graph *g = l->g;
    for (int pos = l->from; pos < l->to; pos++) {
        ln_rt_node *n = g->nodes[g->plan->data[pos]];
        if (!n->folded)
            share_first(g, n, views, pos);
    }
}

static void begin_tensors(layout *l)
{
    ln_rt_graph *g = l->g;
    if (l->from == 0)
        for (int i = 0; i < g->source->inputs->size; i++)
            if (g->source->inputs->data[i] >= 0)
                begin_tensor(l, g->source->inputs->data[i], 0);
    for (int pos = l->from; pos < l->to; pos++) {
        ln_rt_node *n = g->nodes[g->plan->data[pos]];
        n->segment = l->segment;
        for (int i = 0; i < n->node.outputs->size; i++)
            begin_tensor(l, n->node.outputs->data[i], pos);
        for (int i = 0; i < n->node.temporaries->size; i++)
            begin_tensor(l, n->node.temporaries->data[i], pos);
    }
    /* Views first: they lengthen the life of what they show, which in-place results depend on.
     * Then parts, whose memory no in-place result may be elsewhere. */
    share_all(l, true);
    for (int pos = l->from; LN_RT_WHOLES && pos < l->to; pos++)
        join_parts(l, g->nodes[g->plan->data[pos]]);
    share_all(l, false);
}

/* ---- items ---- */

static ln_status add_item(layout *l, size_t size, int first, int last, owner who)
{
    const ln_alloc *a = &l->g->it->alloc;
    const size_t n = (size_t)l->n;
    if (!ln_grow(a, (void **)&l->items, &l->item_capacity, n, sizeof *l->items) ||
        !ln_grow(a, (void **)&l->owners, &l->owner_capacity, n, sizeof *l->owners))
        return ln_fail(&l->g->it->diag, LN_ERR_MEMORY, "no memory to plan graph %d", l->g->index);
    l->items[l->n] = (ln_plan_item){size, LN_MAX(first, l->from), LN_MIN(last, l->to - 1), 0};
    l->items[l->n].last = LN_MAX(l->items[l->n].last, l->items[l->n].first);
    l->owners[l->n++] = who;
    return LN_OK;
}

/* A tensor is added where it, or its first part, begins, and once. */
static ln_status add_tensor(layout *l, int id, int pos)
{
    const int root = in_arena(l->g, id) ? root_of(l->g, id) : -1;
    ln_rt_slot *s = root >= 0 ? &l->g->slots[root] : NULL;
    if (!s || s->segment != l->segment || s->first != pos || s->offset != SIZE_MAX)
        return LN_OK;
    s->offset = 0;
    return add_item(l, l->g->context.tensors[root].bytes, s->first, s->last, (owner){TENSOR, root});
}

static ln_status add_node(layout *l, int pos)
{
    ln_rt_node *n = l->g->nodes[l->g->plan->data[pos]];
    for (int i = 0; i < n->node.outputs->size; i++)
        LN_TRY(add_tensor(l, n->node.outputs->data[i], pos));
    for (int i = 0; i < n->node.temporaries->size; i++)
        LN_TRY(add_tensor(l, n->node.temporaries->data[i], pos));
    if (n->op && n->call.scratch_bytes && !n->folded)
        LN_TRY(add_item(l, n->call.scratch_bytes, pos, pos, (owner){SCRATCH, n->id}));
    return LN_OK;
}

static ln_status add_items(layout *l)
{
    ln_rt_graph *g = l->g;
    if (l->from == 0)
        for (int i = 0; i < g->source->inputs->size; i++)
            LN_TRY(add_tensor(l, g->source->inputs->data[i], 0));
    for (int pos = l->from; pos < l->to; pos++)
        LN_TRY(add_node(l, pos));
    for (int i = 0; i < g->n_scratches; i++) {
        ln_rt_scratch *s = &g->scratches[i];
        if (s->node >= l->from && s->node < l->to) {
            s->segment = l->segment;
            LN_TRY(add_item(l, s->bytes, s->node, s->node, (owner){REQUEST, i}));
        }
    }
    return LN_OK;
}

/* ---- blocks ---- */

/* No pointer into a block may outlive it. */
static void forget_block(ln_rt_graph *g, const ln_rt_segment *seg)
{
    for (size_t i = 0; seg->block && i < g->context.tensors_size; i++) {
        TfLiteTensor *t = &g->context.tensors[i];
        const uintptr_t at = (uintptr_t)t->data.raw, first = (uintptr_t)seg->block;
        if (t->allocation_type == kTfLiteArenaRw && at >= first && at < first + seg->capacity)
            t->data.raw = NULL;
    }
}

/* A block of zeros, or that of before. */
static ln_status get_block(ln_rt_graph *g, int segment, size_t size, bool *zeros)
{
    ln_rt_segment *seg = &g->segments[segment];
    ln_interpreter *it = g->it;
    seg->size = size;
    *zeros = size > seg->capacity || !seg->block;
    if (!*zeros)
        return LN_OK;
    forget_block(g, seg);
    ln_free_aligned(&it->alloc, seg->block);
    seg->block = NULL;
    const size_t old = seg->capacity;
    seg->capacity = 0;
    if (!ln_rt_charge(it, old, size))
        return LN_ERR_MEMORY;
    seg->block = ln_new_zeros(&it->alloc, LN_MAX(size, LN_PLAN_ALIGN));
    if (!seg->block) {
        ln_rt_charge(it, size, 0);
        return ln_fail(&it->diag, LN_ERR_MEMORY, "no memory for the %zu bytes of graph %d", size,
                       g->index);
    }
    seg->capacity = size;
    return LN_OK;
}

static void point(ln_rt_graph *g, int id)
{
    TfLiteTensor *t = &g->context.tensors[id];
    if (!in_arena(g, id) || g->slots[id].segment < 0)
        return;
    const ln_rt_slot *root = &g->slots[root_of(g, id)];
    char *block = g->segments[root->segment].block;
    t->data.raw = t->bytes ? block + root->offset + shift_of(g, id) : nothing;
}

/* Inputs that nobody sets are 0. */
static void point_all(layout *l, bool zeros)
{
    ln_rt_graph *g = l->g;
    char *block = g->segments[l->segment].block;
    for (int i = 0; i < l->n; i++) {
        const size_t at = l->items[i].offset;
        const owner *o = &l->owners[i];
        if (o->kind == TENSOR)
            g->slots[o->id].offset = at;
        else if (o->kind == SCRATCH) {
            g->nodes[o->id]->call.scratch = block + at;
            g->nodes[o->id]->scratch_size = l->items[i].size;
        } else
            g->scratches[o->id].offset = at;
    }
    for (int i = 0; l->from == 0 && i < g->source->inputs->size; i++) {
        const int id = g->source->inputs->data[i];
        if (!in_arena(g, id))
            continue;
        point(g, id);
        if (g->context.tensors[id].data.raw && !zeros)
            memset(g->context.tensors[id].data.raw, 0, g->context.tensors[id].bytes);
    }
    for (int pos = l->from; pos < l->to; pos++) {
        const TfLiteNode *node = &g->nodes[g->plan->data[pos]]->node;
        for (int i = 0; i < node->outputs->size; i++)
            if (node->outputs->data[i] >= 0)
                point(g, node->outputs->data[i]);
        for (int i = 0; i < node->temporaries->size; i++)
            if (node->temporaries->data[i] >= 0)
                point(g, node->temporaries->data[i]);
    }
}

static ln_status new_segment(ln_rt_graph *g, int from, int to)
{
    const ln_alloc *a = &g->it->alloc;
    if (!ln_grow(a, (void **)&g->segments, &g->segment_capacity, (size_t)g->n_segments,
                 sizeof *g->segments))
        return ln_fail(&g->it->diag, LN_ERR_MEMORY, "no memory to plan graph %d", g->index);
    ln_rt_segment *seg = &g->segments[g->n_segments];
    if (g->n_segments == g->n_blocks) {
        *seg = (ln_rt_segment){0};
        g->n_blocks++;
    }
    seg->from = from;
    seg->to = to;
    seg->size = 0;
    g->n_segments++;
    return LN_OK;
}

static void drop_tensor(ln_rt_graph *g, int id)
{
    if (id < 0 || g->slots[id].segment < g->n_segments)
        return;
    g->slots[id].segment = -1;
    g->slots[id].root = id;
    g->slots[id].shift = 0;
}

void ln_rt_drop_segments(ln_rt_graph *g, int from)
{
    const int had = g->n_segments;
    while (g->n_segments > 0 && g->segments[g->n_segments - 1].from >= from)
        g->n_segments--;
    /* from 0 on the plan may be another one than the segments were made for */
    for (size_t i = 0; from == 0 && i < g->context.tensors_size; i++)
        drop_tensor(g, (int)i);
    for (int k = g->n_segments; from > 0 && k < had; k++)
        for (int pos = g->segments[k].from; pos < g->segments[k].to; pos++) {
            const TfLiteNode *node = &g->nodes[g->plan->data[pos]]->node;
            for (int i = 0; i < node->outputs->size; i++)
                drop_tensor(g, node->outputs->data[i]);
            for (int i = 0; i < node->temporaries->size; i++)
                drop_tensor(g, node->temporaries->data[i]);
        }
}

ln_status ln_rt_layout(ln_rt_graph *g, int from, int to)
{
    LN_TRY(new_segment(g, from, to));
    layout l = {.g = g, .from = from, .to = to, .segment = g->n_segments - 1};
    size_t size = 0;
    bool zeros = false;
    begin_tensors(&l);
    ln_status status = add_items(&l);
    if (status == LN_OK)
        status = ln_plan_offsets(l.items, l.n, &g->it->alloc, &size);
    if (status == LN_ERR_ARGUMENT)
        ln_fail(&g->it->diag, status, "the tensors of graph %d are too large", g->index);
    if (status == LN_OK)
        status = get_block(g, l.segment, size, &zeros);
    if (status == LN_OK)
        point_all(&l, zeros);
    ln_free(&g->it->alloc, l.items);
    ln_free(&g->it->alloc, l.owners);
    return status;
}

ln_status ln_rt_late_scratch(ln_rt_node *n)
{
    ln_rt_graph *g = n->graph;
    const size_t bytes = n->call.scratch_bytes;
    if (bytes > g->late_size) {
        ln_free_aligned(&g->it->alloc, g->late);
        g->late = NULL;
        const size_t old = g->late_size;
        g->late_size = 0;
        if (!ln_rt_charge(g->it, old, bytes))
            return LN_ERR_MEMORY;
        g->late = ln_new_aligned(&g->it->alloc, bytes);
        if (!g->late) {
            ln_rt_charge(g->it, bytes, 0);
            return ln_fail(&g->it->diag, LN_ERR_MEMORY, "no memory for %zu bytes of scratch",
                           bytes);
        }
        g->late_size = bytes;
    }
    n->call.scratch = g->late;
    return LN_OK;
}
