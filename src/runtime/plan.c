/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: prepares nodes in order: shapes first (infer, or a registration's prepare), then, where
 * everything is known already, the result itself: what depends on constants or shapes alone is
 * computed here once ("folded").  Preparation stops behind a node whose output shapes only its
 * run tells; invoke.c goes on from there. */
#include <string.h>

#include "base/checked.h"
#include "base/file.h"
#include "runtime/internal.h"

/* Nodes that one allocate may prepare, graphs planned again for other shapes included: far beyond
 * any real model, so that graphs calling graphs cannot take forever. */
enum { MAX_PLAN_STEPS = 1 << 22 };

/* A folded result may be this much larger than its inputs (int4 weights become float32). */
enum { FOLD_FREE = 4096, FOLD_GROWTH = 8 };

/* ---- infer ---- */

static bool has_open_dim(const ln_shape *s)
{
    for (int i = 0; i < s->rank; i++)
        if (s->dim[i] < 0)
            return true;
    return s->rank < 0;
}

static bool same_shape(const TfLiteTensor *t, const ln_shape *shape)
{
    return t->dims && TfLiteIntArrayEqualsArray(t->dims, shape->rank, shape->dim);
}

static ln_status fit_custom(ln_rt_graph *g, int id)
{
    const ln_rt_slot *s = &g->slots[id];
    const TfLiteTensor *t = &g->context.tensors[id];
    if (s->custom && t->bytes > s->custom_bytes)
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT,
                       "tensor %d needs %zu bytes; the caller's memory has %zu", id, t->bytes,
                       s->custom_bytes);
    return LN_OK;
}

/* The shape is there before the run: the tensor goes to the arena. */
static ln_status apply_planned(ln_rt_graph *g, int id, const ln_shape *shape)
{
    TfLiteTensor *t = &g->context.tensors[id];
    g->slots[id].unknown = false;
    if (t->type == kTfLiteString || t->type == kTfLiteVariant)
        ln_rt_to_dynamic(g, id);
    else if (!t->is_variable)
        ln_rt_to_arena(g, id);
    LN_TRY(ln_rt_set_dims(g, id, shape->rank, shape->dim));
    return fit_custom(g, id);
}

/* The node is about to run. */
static ln_status apply_running(ln_rt_graph *g, int id, const ln_shape *shape)
{
    TfLiteTensor *t = &g->context.tensors[id];
    if (same_shape(t, shape) && t->allocation_type != kTfLiteDynamic)
        return LN_OK;
    if (t->allocation_type == kTfLiteArenaRw || t->type == kTfLiteString) {
        g->slots[id].unknown = true;
        ln_rt_to_dynamic(g, id);
    }
    LN_TRY(ln_rt_set_dims(g, id, shape->rank, shape->dim));
    return fit_custom(g, id);
}

static ln_status apply_made(ln_rt_node *n, int i, bool run)
{
    ln_rt_graph *g = n->graph;
    const int id = n->node.outputs->data[i];
    const ln_made *made = &n->call.made[i];
    TfLiteTensor *t = &g->context.tensors[id];
    const bool open = has_open_dim(&made->shape);
    if (made->type == kTfLiteNoType)
        return ln_fail(&g->it->diag, LN_ERR_STATE, "infer said nothing about output %d", i);
    /* others write it too, who would find another size than they have planned for */
    if (t->is_variable && (open || t->type != made->type || !same_shape(t, &made->shape)))
        return ln_fail(&g->it->diag, LN_ERR_FORMAT,
                       "output %d is a variable of another type or shape", i);
    if ((run && open) || (!open && !ln_shape_known(&made->shape)))
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "output %d %s", i,
                       open ? "has no shape before it is computed" : "is too large");
    if (t->type != made->type) {
        if (t->allocation_type == kTfLiteCustom)
            return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "output %d is %s, not %s", i,
                           TfLiteTypeGetName(made->type), TfLiteTypeGetName(t->type));
        if (t->allocation_type != kTfLiteDynamic)
            t->data.raw = t->allocation_type == kTfLiteArenaRw ? NULL : t->data.raw;
        t->type = made->type;
        g->resized = true;
    }
    if (!open)
        return run ? apply_running(g, id, &made->shape) : apply_planned(g, id, &made->shape);
    ln_rt_to_dynamic(g, id);
    g->slots[id].unknown = true;
    n->rerun_infer = true;
    return LN_OK;
}

/* Sparse constants have less data than their shape says. */
static ln_status check_dense(ln_rt_node *n)
{
    for (int i = 0; i < n->call.n_in && !(n->op->traits & LN_SPARSE); i++)
        if (n->call.in[i] && n->call.in[i]->sparsity)
            return ln_fail(&n->graph->it->diag, LN_ERR_UNSUPPORTED,
                           "input %d is sparse, which needs a DENSIFY before", i);
    return LN_OK;
}

ln_status ln_rt_infer(ln_rt_node *n, bool run)
{
    LN_TRY(ln_rt_bind(n));
    LN_TRY(check_dense(n));
    ln_call *c = &n->call;
    for (int i = 0; i < c->n_out; i++)
        c->made[i] = (ln_made){.type = kTfLiteNoType};
    c->scratch_bytes = 0;
    c->run = run;
    const ln_status status = n->op->infer(c);
    c->run = false;
    LN_TRY(status);
    for (int i = 0; i < c->n_out; i++)
        LN_TRY(apply_made(n, i, run));
    return LN_OK;
}

/* ---- folding ---- */

static bool constant(const ln_rt_graph *g, int id)
{
    const TfLiteTensor *t = &g->context.tensors[id];
    return t->allocation_type == kTfLiteMmapRo || g->slots[id].folded;
}

/* Its value is the same in every plan. */
static bool constant_forever(const ln_rt_graph *g, int id)
{
    const ln_rt_slot *s = &g->slots[id];
    if (!s->folded)
        return constant(g, id);
    return s->maker >= 0 && g->nodes[g->plan->data[s->maker]]->folded_forever;
}

static bool can_fold(const ln_rt_node *n, bool *forever)
{
    const ln_rt_graph *g = n->graph;
    size_t in = 0, out = 0;
    *forever = true;
    if (!(n->op->traits & LN_PURE) || n->rerun_infer)
        return false;
    for (int i = 0; i < n->call.n_in; i++) {
        const int id = n->node.inputs->data[i];
        if (id < 0)
            continue;
        if (!constant(g, id) && !(n->op->traits & LN_SHAPES))
            return false;
        *forever = *forever && constant_forever(g, id);
        in += LN_MIN(g->context.tensors[id].bytes, SIZE_MAX / 64);
    }
    for (int i = 0; i < n->call.n_out; i++) {
        const TfLiteTensor *t = n->call.out[i];
        if (t->allocation_type != kTfLiteArenaRw)
            return false;
        out += LN_MIN(t->bytes, SIZE_MAX / 64);
    }
    return out <= (*forever ? FOLD_FREE + in * FOLD_GROWTH : FOLD_FREE);
}

/* A view of the model's bytes needs no memory. */
static bool fold_view(ln_rt_node *n)
{
    const TfLiteTensor *in = n->call.n_in ? n->in[0] : NULL;
    TfLiteTensor *out = n->out[0];
    if (!(n->op->traits & LN_VIEW) || !in || in->allocation_type != kTfLiteMmapRo ||
        in->bytes != out->bytes)
        return false;
    out->data = in->data;
    out->allocation_type = kTfLiteMmapRo;
    return true;
}

static ln_status fold_eval(ln_rt_node *n)
{
    ln_rt_graph *g = n->graph;
    ln_diag quiet = {0};
    ln_status status = LN_OK;
    for (int i = 0; i < n->call.n_out && status == LN_OK; i++) {
        n->out[i]->allocation_type = kTfLitePersistentRo;
        n->out[i]->data.raw = NULL;
        status = ln_rt_heap(g, n->node.outputs->data[i], n->out[i]->bytes);
        if (status == LN_OK)
            ln_want_pages(n->out[i]->data.raw, n->out[i]->bytes);
    }
    if (status == LN_OK && n->call.scratch_bytes)
        status = ln_rt_late_scratch(n);
    if (status != LN_OK)
        return status;
    n->call.diag = &quiet;
    n->call.run = true;
    status = n->op->eval(&n->call);
    n->call.run = false;
    n->call.diag = &g->it->diag;
    n->call.scratch = NULL;
    /* what cannot be computed now fails when it is run, if ever */
    return status == LN_ERR_MEMORY ? status : status == LN_OK ? LN_OK : LN_ERR_UNKNOWN_SHAPE;
}

/* Pages of the file that nobody is likely to read again. */
static void forget_inputs(const ln_rt_node *n)
{
    for (int i = 0; i < n->call.n_in; i++) {
        const TfLiteTensor *t = n->in[i];
        if (t && t->allocation_type == kTfLiteMmapRo && t->allocation)
            ln_file_forget(t->allocation, t->data.raw, t->bytes);
    }
}

static ln_status fold(ln_rt_node *n)
{
    bool forever;
    n->folded = n->folded_forever = false;
    if (!can_fold(n, &forever))
        return LN_OK;
    const bool view = fold_view(n);
    const ln_status status = view ? LN_OK : fold_eval(n);
    if (!view && forever)
        forget_inputs(n);
    for (int i = 0; i < n->call.n_out; i++) {
        const int id = n->node.outputs->data[i];
        if (status == LN_OK)
            n->graph->slots[id].folded = true;
        else
            ln_rt_to_arena(n->graph, id);
    }
    n->folded = status == LN_OK;
    n->folded_forever = n->folded && forever;
    return status == LN_ERR_UNKNOWN_SHAPE ? LN_OK : status;
}

/* ---- preparing nodes ---- */

static ln_status prepare_op(ln_rt_node *n)
{
    if (n->folded_forever)
        return LN_OK;
    n->folded = false;
    n->rerun_infer = (n->op->traits & LN_STATEFUL) && n->call.n_out > 0;
    n->call.scratch = NULL;
    n->scratch_size = 0;
    LN_TRY(ln_rt_infer(n, false));
    return fold(n);
}

/* A delegate may ask that the operators it took over work out their shapes before its kernel is
 * prepared. */
static ln_status propagate_shapes(const ln_rt_node *n, int pos)
{
    ln_rt_graph *g = n->graph;
    if (!n->delegate_params ||
        !(ln_rt_delegate_flags(n->node.delegate) & kTfLiteDelegateFlagsRequirePropagatedShapes))
        return LN_OK;
    const TfLiteIntArray *nodes = ln_rt_replaced_nodes(n);
    for (int i = 0; i < nodes->size; i++) {
        ln_rt_node *inner = g->nodes[nodes->data[i]];
        inner->bound = 0;
        if (inner->op)
            LN_TRY(ln_rt_infer(inner, false));
        else if (ln_rt_reg_prepare(inner) != kTfLiteOk)
            return ln_fail(&g->it->diag, LN_ERR_DELEGATE, "node %d did not find its shapes",
                           inner->id);
        for (int k = 0; k < inner->node.outputs->size; k++)
            if (inner->node.outputs->data[k] >= 0)
                g->slots[inner->node.outputs->data[k]].maker = pos;
    }
    return LN_OK;
}

static ln_status prepare_registration(ln_rt_node *n, int pos)
{
    ln_rt_graph *g = n->graph;
    ln_diag *diag = &g->it->diag;
    if (n->unresolved)
        return ln_rt_fail_unresolved(g);
    LN_TRY(propagate_shapes(n, pos));
    diag->text[0] = '\0';
    const TfLiteStatus status = ln_rt_reg_prepare(n);
    if (status == kTfLiteOutputShapeNotKnown)
        for (int i = 0; i < n->node.outputs->size; i++)
            if (n->node.outputs->data[i] >= 0)
                ln_rt_to_dynamic(g, n->node.outputs->data[i]);
    if (status != kTfLiteOk && status != kTfLiteOutputShapeNotKnown) {
        const ln_status code = n->node.delegate ? LN_ERR_DELEGATE : ln_status_from_tflite(status);
        return diag->text[0] ? code : ln_fail(diag, code, "prepare failed");
    }
    for (int i = 0; i < n->node.outputs->size; i++) {
        const int id = n->node.outputs->data[i];
        if (id < 0)
            continue;
        g->slots[id].unknown = g->context.tensors[id].allocation_type == kTfLiteDynamic;
        LN_TRY(fit_custom(g, id));
    }
    for (int i = 0; i < n->node.temporaries->size; i++) {
        const int id = n->node.temporaries->data[i];
        if (id < 0 || (size_t)id >= g->context.tensors_size)
            return ln_fail(diag, LN_ERR_ARGUMENT, "temporary %d is no tensor", id);
        if (g->context.tensors[id].allocation_type == kTfLiteArenaRwPersistent)
            LN_TRY(ln_rt_persistent(g, id));
    }
    return LN_OK;
}

/* Memory for variables whose shape an operator has just changed. */
static ln_status refresh_persistent(ln_rt_graph *g, const TfLiteIntArray *ids)
{
    for (int i = 0; i < ids->size; i++) {
        if (ids->data[i] < 0)
            continue;
        const TfLiteTensor *t = &g->context.tensors[ids->data[i]];
        if (t->allocation_type == kTfLiteArenaRwPersistent && !t->data.raw)
            LN_TRY(ln_rt_persistent(g, ids->data[i]));
    }
    return LN_OK;
}

/* *open: shapes of what follows are not known before this node ran. */
static ln_status prepare_node(ln_rt_graph *g, int pos, bool *open)
{
    ln_rt_node *n = g->nodes[g->plan->data[pos]];
    if (g->it->plan_steps++ >= MAX_PLAN_STEPS)
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "graphs call each other too often");
    ln_rt_where(g, n);
    g->preparing = pos;
    LN_TRY(n->op ? prepare_op(n) : prepare_registration(n, pos));
    LN_TRY(refresh_persistent(g, n->node.inputs));
    LN_TRY(refresh_persistent(g, n->node.outputs));
    *open = false;
    for (int i = 0; i < n->node.outputs->size; i++) {
        const int id = n->node.outputs->data[i];
        if (id < 0)
            continue;
        g->slots[id].maker = pos;
        *open = *open || g->slots[id].unknown;
    }
    g->preparing = -1;
    ln_rt_where(g, NULL);
    return LN_OK;
}

/* ---- the plan ---- */

/* Where each tensor is last read does not depend on shapes. */
static void find_uses(ln_rt_graph *g)
{
    for (size_t i = 0; i < g->context.tensors_size; i++) {
        ln_rt_slot *s = &g->slots[i];
        s->maker = s->use = -1;
        s->unknown = false;
        s->wanted = s->is_output || g->it->options.preserve;
        if (s->is_input || s->is_output || g->it->options.preserve)
            s->use = LN_RT_FOREVER;
    }
    for (int pos = 0; pos < g->plan->size; pos++) {
        const TfLiteIntArray *in = g->nodes[g->plan->data[pos]]->node.inputs;
        for (int i = 0; i < in->size; i++)
            if (in->data[i] >= 0) {
                g->slots[in->data[i]].use = LN_MAX(g->slots[in->data[i]].use, pos);
                g->slots[in->data[i]].wanted = true;
            }
    }
    g->generation++;
}

static ln_status begin(ln_rt_graph *g)
{
    find_uses(g);
    for (int i = 0; i < g->variables->size; i++)
        if (g->context.tensors[g->variables->data[i]].allocation_type == kTfLiteArenaRwPersistent)
            LN_TRY(ln_rt_persistent(g, g->variables->data[i]));
    for (size_t i = 0; i < g->context.tensors_size; i++)
        if (g->slots[i].custom)
            LN_TRY(fit_custom(g, (int)i));
    return LN_OK;
}

void ln_rt_unplan(ln_rt_graph *g, int from)
{
    ln_rt_drop_segments(g, from);
    while (g->n_scratches > 0 && g->scratches[g->n_scratches - 1].node >= from)
        g->n_scratches--;
    g->planned = LN_MIN(g->planned, from);
}

static ln_status plan(ln_rt_graph *g, int from)
{
    bool open = false;
    int pos = from;
    if (from == 0)
        LN_TRY(begin(g));
    for (; pos < g->plan->size && !open; pos++)
        LN_TRY(prepare_node(g, pos, &open));
    LN_TRY(ln_rt_layout(g, from, pos));
    g->planned = pos;
    return LN_OK;
}

ln_status ln_rt_plan(ln_rt_graph *g, int from)
{
    ln_rt_unplan(g, from);
    const ln_status status = plan(g, from);
    if (status != LN_OK) {
        g->preparing = -1;
        ln_rt_where(g, NULL);
        ln_rt_unplan(g, from);
        g->allocated = false;
    }
    return status;
}

ln_status ln_rt_allocate(ln_rt_graph *g)
{
    ln_interpreter *it = g->it;
    if (g->allocated)
        return LN_OK;
    if (it->depth >= LN_RT_MAX_DEPTH)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "graph %d is called too deep", g->index);
    const void *where = ln_rt_where(g, NULL);
    g->busy = true;
    it->depth++;
    const ln_status status = ln_rt_plan(g, 0);
    it->depth--;
    g->busy = false;
    ln_rt_where(g, where);
    LN_TRY(status);
    g->allocated = true;
    return ln_rt_reset_variables(g);
}

ln_status ln_interpreter_allocate(ln_interpreter *it, int graph)
{
    ln_rt_graph *g = ln_rt_graph_at(it, graph);
    if (!g)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "there is no graph %d", graph);
    if (it->invoking || g->busy)
        return ln_fail(&it->diag, LN_ERR_STATE, "graph %d is running", graph);
    if (it->delegates_off)
        LN_TRY(ln_rt_redo_delegates(it));
    if (g->allocated) {
        for (size_t i = 0; i < g->context.tensors_size; i++)
            LN_TRY(fit_custom(g, (int)i));
        return LN_OK;
    }
    it->plan_steps = 0;
    return ln_rt_allocate(g);
}
