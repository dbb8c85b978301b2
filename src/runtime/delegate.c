/* SPDX-License-Identifier: Apache-2.0 */
/* delegate.c: delegates on and off.  Applying one shows it the graph; it claims nodes, and every
 * part of the plan that it claimed becomes one node of its own kernel, appended to the nodes.  The
 * plan before the first delegate is kept, so that all of it can be undone: after a failure, or
 * when an input is resized that a delegate took for fixed. */
#include <string.h>

#include "base/checked.h"
#include "runtime/internal.h"

/* ---- a delegate's functions, in either form ---- */

const TfLiteOpaqueDelegateBuilder *ln_delegate_builder(const TfLiteDelegate *d)
{
    return d->Prepare ? NULL : d->opaque_delegate_builder;
}

static TfLiteStatus delegate_prepare(TfLiteContext *c, TfLiteDelegate *d)
{
    const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(d);
    if (b && b->Prepare)
        return b->Prepare((TfLiteOpaqueContext *)c, (TfLiteOpaqueDelegate *)d, b->data);
    return d->Prepare ? d->Prepare(c, d) : kTfLiteDelegateError;
}

TfLiteStatus ln_rt_copy_from_handle(TfLiteContext *c, TfLiteDelegate *d, TfLiteTensor *t)
{
    const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(d);
    if (b && b->CopyFromBufferHandle)
        return b->CopyFromBufferHandle((TfLiteOpaqueContext *)c, (TfLiteOpaqueDelegate *)d, b->data,
                                       t->buffer_handle, (TfLiteOpaqueTensor *)t);
    if (d->CopyFromBufferHandle)
        return d->CopyFromBufferHandle(c, d, t->buffer_handle, t);
    return kTfLiteDelegateError;
}

int64_t ln_rt_delegate_flags(const TfLiteDelegate *d)
{
    const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(d);
    return b ? b->flags : d->flags;
}

void ln_rt_free_handle(ln_rt_graph *g, TfLiteTensor *t)
{
    TfLiteDelegate *d = t->delegate;
    if (t->buffer_handle == kTfLiteNullBufferHandle)
        return;
    if (d) {
        const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(d);
        if (b && b->FreeBufferHandle)
            b->FreeBufferHandle((TfLiteOpaqueContext *)&g->context, (TfLiteOpaqueDelegate *)d,
                                b->data, &t->buffer_handle);
        else if (d->FreeBufferHandle)
            d->FreeBufferHandle(&g->context, d, &t->buffer_handle);
    }
    t->buffer_handle = kTfLiteNullBufferHandle;
}

/* ---- parts ---- */

static ln_status mark_claimed(ln_rt_graph *g, const TfLiteIntArray *nodes, uint8_t **out)
{
    uint8_t *claimed = ln_new(&g->it->alloc, (size_t)g->n_nodes, 1);
    if (!claimed)
        return ln_fail(&g->it->diag, LN_ERR_MEMORY, "no memory to partition graph %d", g->index);
    for (int i = 0; i < nodes->size; i++) {
        const int id = nodes->data[i];
        if (id < 0 || id >= g->n_nodes) {
            ln_free(&g->it->alloc, claimed);
            return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "the delegate claims node %d of %d", id,
                           g->n_nodes);
        }
        claimed[id] = 1;
    }
    *out = claimed;
    return LN_OK;
}

/* All parts of the plan, or, unless `whole`, perhaps only the one that is claimed; which is less
 * work. */
static ln_status partition(ln_rt_graph *g, const TfLiteIntArray *nodes, bool whole,
                           ln_rt_part **parts, int *n)
{
    uint8_t *claimed = NULL;
    LN_TRY(mark_claimed(g, nodes, &claimed));
    ln_status status = whole ? LN_OK : ln_rt_partition_in_place(g, claimed, nodes->size, parts, n);
    if (status == LN_OK && (whole || *n == 0))
        status = ln_rt_partition(g, claimed, parts, n);
    ln_free(&g->it->alloc, claimed);
    return status;
}

static size_t ints_bytes(const TfLiteIntArray *a)
{
    return TfLiteIntArrayGetSizeInBytes(a->size);
}

static TfLiteIntArray *put_ints(char **at, const TfLiteIntArray *a)
{
    TfLiteIntArray *copy = (TfLiteIntArray *)(void *)*at;
    memcpy(copy, a, ints_bytes(a));
    *at += ints_bytes(a);
    return copy;
}

/* What the kernel's init gets, one block: the struct of either form and its three lists. */
static void *make_params(ln_rt_graph *g, const ln_rt_part *p, TfLiteDelegate *delegate)
{
    const size_t head = LN_MAX(sizeof(TfLiteDelegateParams), sizeof(TfLiteOpaqueDelegateParams));
    const size_t total =
        head + ints_bytes(p->nodes) + ints_bytes(p->inputs) + ints_bytes(p->outputs);
    char *block = ln_new(&g->it->alloc, total, 1);
    if (!block)
        return NULL;
    char *at = block + head;
    TfLiteIntArray *nodes = put_ints(&at, p->nodes);
    TfLiteIntArray *inputs = put_ints(&at, p->inputs);
    TfLiteIntArray *outputs = put_ints(&at, p->outputs);
    const TfLiteOpaqueDelegateBuilder *b = ln_delegate_builder(delegate);
    if (b) {
        TfLiteOpaqueDelegateParams *o = (TfLiteOpaqueDelegateParams *)(void *)block;
        *o = (TfLiteOpaqueDelegateParams){(TfLiteOpaqueDelegate *)delegate, b->data, nodes, inputs,
                                          outputs};
    } else {
        TfLiteDelegateParams *d = (TfLiteDelegateParams *)(void *)block;
        *d = (TfLiteDelegateParams){delegate, nodes, inputs, outputs};
    }
    return block;
}

const TfLiteIntArray *ln_rt_replaced_nodes(const ln_rt_node *n)
{
    if (ln_delegate_builder(n->node.delegate))
        return ((const TfLiteOpaqueDelegateParams *)n->delegate_params)->nodes_to_replace;
    return ((const TfLiteDelegateParams *)n->delegate_params)->nodes_to_replace;
}

/* What was computed from shapes changes with them, and nobody here would compute it again. */
static void unfold(ln_rt_graph *g, const ln_rt_part *p)
{
    for (int i = 0; i < p->nodes->size; i++) {
        const ln_rt_node *n = g->nodes[p->nodes->data[i]];
        for (int k = 0; n->folded && !n->folded_forever && k < n->node.outputs->size; k++)
            if (n->node.outputs->data[k] >= 0)
                ln_rt_to_arena(g, n->node.outputs->data[k]);
    }
}

static ln_status adopt_outputs(ln_rt_graph *g, const ln_rt_part *p, TfLiteDelegate *delegate)
{
    for (int i = 0; i < p->outputs->size; i++) {
        const int id = p->outputs->data[i];
        TfLiteTensor *t = &g->context.tensors[id];
        if (t->delegate && t->delegate != delegate)
            return ln_fail(&g->it->diag, LN_ERR_DELEGATE,
                           "tensor %d belongs to another delegate already", id);
        t->delegate = delegate;
        if (g->slots[id].folded)
            ln_rt_to_arena(g, id);
    }
    return LN_OK;
}

static ln_status add_kernel(ln_rt_graph *g, const ln_rt_part *p, const TfLiteRegistration *reg,
                            TfLiteDelegate *delegate, int *id)
{
    ln_rt_node *n;
    LN_TRY(ln_rt_add_node(g, &n));
    *id = n->id;
    n->reg = *reg;
    n->node.delegate = delegate;
    n->node.inputs = TfLiteIntArrayCopy(p->inputs);
    n->node.outputs = TfLiteIntArrayCopy(p->outputs);
    n->node.intermediates = TfLiteIntArrayCreate(0);
    n->node.temporaries = TfLiteIntArrayCreate(0);
    n->delegate_params = make_params(g, p, delegate);
    n->node.builtin_data = n->delegate_params;
    if (!n->node.inputs || !n->node.outputs || !n->node.intermediates || !n->node.temporaries ||
        !n->delegate_params)
        return ln_fail(&g->it->diag, LN_ERR_MEMORY, "no memory for a delegate's kernel");
    for (int i = 0; i < p->nodes->size; i++)
        if (g->nodes[p->nodes->data[i]]->node.might_have_side_effect)
            n->node.might_have_side_effect = true;
    LN_TRY(adopt_outputs(g, p, delegate));
    unfold(g, p);
    return ln_rt_node_init(n, n->delegate_params, 0);
}

static ln_status keep_full_plan(ln_rt_graph *g)
{
    if (!g->full_plan)
        g->full_plan = TfLiteIntArrayCopy(g->plan);
    return g->full_plan ? LN_OK : LN_ERR_MEMORY;
}

/* Puts a kernel where the last of a part's nodes, which are in order, is in the plan. */
static ln_status replace_part(ln_rt_graph *g, const ln_rt_part *p, const TfLiteRegistration *reg,
                              TfLiteDelegate *delegate)
{
    TfLiteIntArray *plan = g->plan;
    const TfLiteIntArray *nodes = p->nodes;
    int id = -1, from = 0, done = 0;
    LN_TRY(add_kernel(g, p, reg, delegate, &id));
    while (plan->data[from] != nodes->data[0])
        from++;
    int to = from;
    for (; done < nodes->size; from++)
        if (plan->data[from] == nodes->data[done])
            done++;
        else
            plan->data[to++] = plan->data[from];
    plan->data[to++] = id;
    memmove(plan->data + to, plan->data + from, (size_t)(plan->size - from) * sizeof plan->data[0]);
    plan->size -= from - to;
    return LN_OK;
}

static ln_status replace_parts(ln_rt_graph *g, const ln_rt_part *parts, int n,
                               const TfLiteRegistration *reg, TfLiteDelegate *delegate)
{
    TfLiteIntArray *plan = TfLiteIntArrayCreate(g->plan->size);
    ln_status status = plan ? LN_OK : LN_ERR_MEMORY;
    int size = 0;
    for (int k = 0; k < n && status == LN_OK; k++) {
        const TfLiteIntArray *nodes = parts[k].nodes;
        if (parts[k].claimed) {
            status = add_kernel(g, &parts[k], reg, delegate, &plan->data[size++]);
            continue;
        }
        memcpy(plan->data + size, nodes->data, (size_t)nodes->size * sizeof nodes->data[0]);
        size += nodes->size;
    }
    if (status != LN_OK) {
        TfLiteIntArrayFree(plan);
        return status;
    }
    plan->size = size;
    TfLiteIntArrayFree(g->plan);
    g->plan = plan;
    return LN_OK;
}

ln_status ln_rt_replace_nodes(ln_rt_graph *g, const TfLiteRegistration *reg,
                              const TfLiteIntArray *nodes, TfLiteDelegate *delegate)
{
    ln_rt_part *parts;
    int n;
    if (!g->delegating || !nodes || !delegate)
        return ln_fail(&g->it->diag, LN_ERR_STATE,
                       "nodes can only be replaced from a delegate's Prepare");
    if (nodes->size == 0)
        return LN_OK;
    LN_TRY(keep_full_plan(g));
    LN_TRY(partition(g, nodes, false, &parts, &n));
    TfLiteRegistration kernel = *reg;
    ln_registration_trim(&kernel);
    kernel.builtin_code = kTfLiteBuiltinDelegate;
    const ln_status status = n == 1 && parts->claimed
                                 ? replace_part(g, parts, &kernel, delegate)
                                 : replace_parts(g, parts, n, &kernel, delegate);
    ln_rt_parts_free(g, parts, n);
    g->allocated = false;
    return status;
}

void ln_rt_free_preview(ln_rt_graph *g)
{
    for (int i = 0; i < g->n_preview; i++) {
        TfLiteIntArrayFree(g->preview[i].nodes_to_replace);
        TfLiteIntArrayFree(g->preview[i].input_tensors);
        TfLiteIntArrayFree(g->preview[i].output_tensors);
    }
    ln_free(&g->it->alloc, g->preview);
    g->preview = NULL;
    g->n_preview = 0;
}

ln_status ln_rt_preview(ln_rt_graph *g, const TfLiteIntArray *nodes, TfLiteDelegateParams **out,
                        int *n)
{
    ln_rt_part *parts;
    int n_parts;
    ln_rt_free_preview(g);
    *out = NULL;
    *n = 0;
    if (!nodes)
        return LN_ERR_ARGUMENT;
    LN_TRY(partition(g, nodes, true, &parts, &n_parts));
    g->preview = ln_new(&g->it->alloc, (size_t)n_parts, sizeof *g->preview);
    for (int k = 0; g->preview && k < n_parts; k++) {
        if (!parts[k].claimed)
            continue;
        g->preview[g->n_preview++] =
            (TfLiteDelegateParams){NULL, parts[k].nodes, parts[k].inputs, parts[k].outputs};
        parts[k] = (ln_rt_part){0}; /* the lists have moved */
    }
    ln_rt_parts_free(g, parts, n_parts);
    if (!g->preview)
        return ln_fail(&g->it->diag, LN_ERR_MEMORY, "no memory to partition graph %d", g->index);
    *out = g->preview;
    *n = g->n_preview;
    return LN_OK;
}

/* ---- off ---- */

static void restore_ints(TfLiteIntArray *to, const TfLiteIntArray *from)
{
    if (to && from && to->size == from->size)
        memcpy(to->data, from->data, (size_t)from->size * sizeof to->data[0]);
}

static ln_status undo_graph(ln_rt_graph *g)
{
    ln_rt_free_preview(g);
    if (!g->full_plan)
        return LN_OK;
    while (g->n_nodes > g->source->n_nodes)
        ln_rt_node_deinit(g->nodes[--g->n_nodes]);
    /* delegates may point nodes that stay at other inputs (float16 constants) */
    for (int i = 0; i < g->n_nodes; i++) {
        restore_ints(g->nodes[i]->node.inputs, g->source->nodes[i].inputs);
        restore_ints(g->nodes[i]->node.outputs, g->source->nodes[i].outputs);
    }
    for (size_t i = 0; i < g->context.tensors_size; i++) {
        TfLiteTensor *t = &g->context.tensors[i];
        ln_rt_free_handle(g, t);
        t->delegate = NULL;
        t->data_is_stale = false;
    }
    ln_rt_unplan(g, 0);
    TfLiteIntArrayFree(g->plan);
    g->plan = g->full_plan;
    g->full_plan = NULL;
    g->allocated = g->immutable = false;
    for (int i = 0; i < g->n_nodes; i++)
        g->nodes[i]->folded = g->nodes[i]->folded_forever = false;
    return LN_OK;
}

ln_status ln_rt_undo_delegates(ln_interpreter *it)
{
    for (int i = 0; i < it->n_graphs; i++)
        LN_TRY(undo_graph(&it->graphs[i]));
    it->delegates_off = it->n_delegates > 0;
    return LN_OK;
}

ln_status ln_interpreter_remove_delegates(ln_interpreter *it)
{
    if (it->invoking)
        return ln_fail(&it->diag, LN_ERR_STATE, "delegates cannot be removed during a run");
    LN_TRY(ln_rt_undo_delegates(it));
    it->n_delegates = 0;
    it->delegates_off = false;
    return LN_OK;
}

/* ---- on ---- */

static bool has_open_shapes(const ln_rt_graph *g, int *tensor)
{
    if (g->planned < g->plan->size) {
        *tensor = -1;
        for (size_t i = 0; i < g->context.tensors_size; i++)
            if (g->slots[i].unknown)
                *tensor = (int)i;
        return true;
    }
    for (size_t i = 0; i < g->context.tensors_size; i++)
        if (g->slots[i].maker >= 0 && g->context.tensors[i].allocation_type == kTfLiteDynamic) {
            *tensor = (int)i;
            return true;
        }
    return false;
}

static ln_status apply_to_graph(ln_rt_graph *g, TfLiteDelegate *delegate)
{
    ln_interpreter *it = g->it;
    const bool fixed = !(ln_rt_delegate_flags(delegate) & kTfLiteDelegateFlagsAllowDynamicTensors);
    const bool was_allocated = g->allocated;
    LN_TRY(keep_full_plan(g));
    g->delegating = delegate;
    it->diag.text[0] = '\0';
    const TfLiteStatus status = delegate_prepare(&g->context, delegate);
    g->delegating = NULL;
    ln_rt_free_preview(g);
    ln_rt_forget_readers(g);
    if (status != kTfLiteOk)
        return it->diag.text[0] ? LN_ERR_DELEGATE
                                : ln_fail(&it->diag, LN_ERR_DELEGATE, "the delegate refused");
    if (fixed || was_allocated) {
        if (ln_rt_allocate(g) != LN_OK)
            return LN_ERR_DELEGATE;
    }
    g->immutable = g->immutable || fixed;
    return LN_OK;
}

/* A delegate for fixed shapes sees them all worked out, or is not applied at all. */
static ln_status check_shapes(ln_interpreter *it, const TfLiteDelegate *delegate)
{
    int open;
    it->plan_steps = 0;
    if (ln_rt_delegate_flags(delegate) & kTfLiteDelegateFlagsAllowDynamicTensors)
        return LN_OK;
    for (int i = 0; i < it->n_graphs; i++) {
        ln_rt_graph *g = &it->graphs[i];
        if (g->skip_delegation)
            continue;
        LN_TRY(ln_rt_allocate(g));
        if (has_open_shapes(g, &open))
            return ln_fail(&it->diag, LN_ERR_STATE,
                           "the delegate needs fixed shapes, but tensor %d of graph %d has none",
                           open, g->index);
    }
    return LN_OK;
}

static ln_status apply_to_all(ln_interpreter *it, TfLiteDelegate *delegate)
{
    for (int i = 0; i < it->n_graphs; i++)
        if (!it->graphs[i].skip_delegation)
            LN_TRY(apply_to_graph(&it->graphs[i], delegate));
    return LN_OK;
}

ln_status ln_rt_redo_delegates(ln_interpreter *it)
{
    it->delegates_off = false;
    for (int i = 0; i < it->n_delegates; i++) {
        ln_status status = check_shapes(it, it->delegates[i]);
        if (status == LN_OK)
            status = apply_to_all(it, it->delegates[i]);
        if (status != LN_OK) {
            LN_TRY(ln_rt_undo_delegates(it));
            it->n_delegates = 0;
            it->delegates_off = false;
            return status;
        }
    }
    return LN_OK;
}

ln_status ln_interpreter_apply_delegate(ln_interpreter *it, TfLiteDelegate *delegate)
{
    if (!delegate)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "the delegate is NULL");
    if (it->invoking)
        return ln_fail(&it->diag, LN_ERR_STATE, "delegates cannot be applied during a run");
    if (it->delegates_off)
        LN_TRY(ln_rt_redo_delegates(it));
    LN_TRY(check_shapes(it, delegate));
    if (!ln_grow(&it->alloc, (void **)&it->delegates, &it->delegate_capacity,
                 (size_t)it->n_delegates, sizeof(TfLiteDelegate *)))
        return ln_fail(&it->diag, LN_ERR_MEMORY, "no memory for a delegate");
    const ln_status status = apply_to_all(it, delegate);
    if (status == LN_OK) {
        it->delegates[it->n_delegates++] = delegate;
        return LN_OK;
    }
    char text[LN_DIAG_TEXT];
    memcpy(text, it->diag.text, sizeof text);
    LN_TRY(ln_interpreter_remove_delegates(it));
    memcpy(it->diag.text, text, sizeof text);
    return status;
}
