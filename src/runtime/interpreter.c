/* SPDX-License-Identifier: Apache-2.0 */
/* interpreter.c: life of an interpreter and what can be asked of it.  Building the graphs is in
 * build.c, planning in plan.c and layout.c, running in invoke.c, delegates in delegate.c. */
#include "runtime/interpreter.h"

#include <stdio.h>
#include <string.h>

#include "runtime/internal.h"

void ln_interpreter_options_init(ln_interpreter_options *options)
{
    memset(options, 0, sizeof *options);
    options->alloc = ln_alloc_default;
    options->threads = -1;
}

ln_status ln_interpreter_create(ln_interpreter **out, ln_model *model,
                                const ln_interpreter_options *options)
{
    ln_interpreter_options chosen;
    ln_interpreter_options_init(&chosen);
    if (options)
        chosen = *options;
    if (!chosen.alloc.fn)
        chosen.alloc = ln_alloc_default;
    *out = NULL;
    ln_interpreter *it = ln_new(&chosen.alloc, 1, sizeof *it);
    if (!it)
        return LN_ERR_MEMORY;
    it->alloc = chosen.alloc;
    it->options = chosen;
    it->diag.sink = chosen.report;
    it->diag.user = chosen.report_user;
    ln_arena_init(&it->arena, &it->alloc);
    atomic_init(&it->cancelled, false);
    ln_model_retain(model);
    it->model = model;
    ln_rt_host_init(it);
    const ln_status status = ln_rt_build(it);
    if (status != LN_OK) {
        if (status == LN_ERR_MEMORY && !it->diag.text[0])
            ln_fail(&it->diag, status, "no memory for an interpreter");
        ln_interpreter_destroy(it);
        return status;
    }
    *out = it;
    return LN_OK;
}

void ln_interpreter_destroy(ln_interpreter *it)
{
    if (!it)
        return;
    const ln_alloc alloc = it->alloc;
    for (int i = 0; i < it->n_graphs; i++)
        ln_rt_graph_deinit(&it->graphs[i]);
    ln_free(&it->alloc, it->graphs);
    ln_free(&it->alloc, it->delegates);
    ln_rt_host_deinit(it);
    for (ln_rt_owned *o = it->owned; o; o = o->next)
        o->destroy(o->object);
    ln_arena_deinit(&it->arena);
    ln_model_release(it->model);
    alloc.fn(alloc.user, it, 0);
}

ln_status ln_interpreter_own(ln_interpreter *it, void *object, void (*destroy)(void *object))
{
    ln_rt_owned *o = ln_arena_new(&it->arena, 1, sizeof *o);
    if (!o) {
        destroy(object);
        return LN_ERR_MEMORY;
    }
    *o = (ln_rt_owned){it->owned, object, destroy};
    it->owned = o;
    return LN_OK;
}

ln_rt_graph *ln_rt_graph_at(const ln_interpreter *it, int graph)
{
    return graph >= 0 && graph < it->n_graphs ? &it->graphs[graph] : NULL;
}

bool ln_rt_charge(ln_interpreter *it, size_t old_bytes, size_t new_bytes)
{
    const size_t rest = it->held - LN_MIN(old_bytes, it->held);
    const size_t limit = it->options.max_bytes ? it->options.max_bytes : SIZE_MAX;
    if (rest > limit || new_bytes > limit - rest) {
        ln_fail(&it->diag, LN_ERR_MEMORY,
                "tensors would take %zu bytes more than the %zu that are held, over the limit %zu",
                new_bytes, rest, limit);
        return false;
    }
    it->held = rest + new_bytes;
    return true;
}

const char *ln_rt_node_name(const ln_rt_node *n)
{
    /* a delegate's kernel may say what it stands for */
    if (!n->source && n->reg.profiling_string && n->node.user_data &&
        n->node.user_data != TfLiteKernelInitFailed()) {
        const char *says = n->reg.profiling_string(&n->graph->context, &n->node);
        if (says)
            return says;
    }
    if (n->reg.custom_name && (!n->source || n->source->builtin == kTfLiteBuiltinCustom))
        return n->reg.custom_name;
    if (n->op)
        return n->op->name;
    const char *name = ln_op_code_name(n->reg.builtin_code);
    return name ? name : "?";
}

static void locate(const void *at, char *text, size_t size)
{
    const ln_rt_node *n = at;
    if (n->graph->it->n_graphs > 1)
        snprintf(text, size, "graph %d, node %d (%s)", n->graph->index, n->id, ln_rt_node_name(n));
    else
        snprintf(text, size, "node %d (%s)", n->id, ln_rt_node_name(n));
}

const void *ln_rt_where(const ln_rt_graph *g, const void *node)
{
    ln_diag *diag = &g->it->diag;
    const void *before = diag->at;
    diag->locate = locate;
    diag->at = node;
    diag->where[0] = '\0';
    return before;
}

ln_status ln_interpreter_cancel(ln_interpreter *it)
{
    if (!it->options.cancellable)
        return LN_ERR_STATE;
    atomic_store(&it->cancelled, true);
    return LN_OK;
}

ln_status ln_interpreter_reset_variables(ln_interpreter *it)
{
    for (int i = 0; i < it->n_graphs; i++)
        LN_TRY(ln_rt_reset_variables(&it->graphs[i]));
    return LN_OK;
}

/* ---- getters ---- */

const ln_model *ln_interpreter_model(const ln_interpreter *it)
{
    return it->model;
}

ln_diag *ln_interpreter_diag(ln_interpreter *it)
{
    return &it->diag;
}

int ln_interpreter_graph_count(const ln_interpreter *it)
{
    return it->n_graphs;
}

const TfLiteIntArray *ln_interpreter_inputs(const ln_interpreter *it, int graph)
{
    const ln_rt_graph *g = ln_rt_graph_at(it, graph);
    return g ? g->source->inputs : NULL;
}

const TfLiteIntArray *ln_interpreter_outputs(const ln_interpreter *it, int graph)
{
    const ln_rt_graph *g = ln_rt_graph_at(it, graph);
    return g ? g->source->outputs : NULL;
}

const TfLiteIntArray *ln_interpreter_variables(const ln_interpreter *it, int graph)
{
    const ln_rt_graph *g = ln_rt_graph_at(it, graph);
    return g ? g->variables : NULL;
}

int ln_interpreter_tensor_count(const ln_interpreter *it, int graph)
{
    const ln_rt_graph *g = ln_rt_graph_at(it, graph);
    return g ? (int)g->context.tensors_size : 0;
}

TfLiteTensor *ln_interpreter_tensor(ln_interpreter *it, int graph, int tensor)
{
    const ln_rt_graph *g = ln_rt_graph_at(it, graph);
    if (!g || tensor < 0 || (size_t)tensor >= g->context.tensors_size)
        return NULL;
    return &g->context.tensors[tensor];
}

int ln_interpreter_threads(const ln_interpreter *it)
{
    const int wish = it->options.threads;
    return wish < 0 ? 1 : LN_MAX(wish, 1);
}

void ln_interpreter_allow_buffer_handle_output(ln_interpreter *it, bool allow)
{
    it->keep_handles = allow;
}

bool ln_interpreter_has_delegates(const ln_interpreter *it)
{
    return it->n_delegates > 0;
}

TfLiteContext *ln_interpreter_context(ln_interpreter *it, int graph)
{
    ln_rt_graph *g = ln_rt_graph_at(it, graph);
    return g ? &g->context : NULL;
}

ln_interpreter *ln_context_interpreter(const TfLiteContext *context)
{
    return ((const ln_rt_graph *)context->impl_)->it;
}

int ln_context_graph(const TfLiteContext *context)
{
    return ((const ln_rt_graph *)context->impl_)->index;
}

int ln_interpreter_node_count(const ln_interpreter *it, int graph)
{
    const ln_rt_graph *g = ln_rt_graph_at(it, graph);
    return g ? g->n_nodes : 0;
}

static ln_rt_node *node_at(const ln_interpreter *it, int graph, int node)
{
    const ln_rt_graph *g = ln_rt_graph_at(it, graph);
    return g && node >= 0 && node < g->n_nodes ? g->nodes[node] : NULL;
}

const TfLiteIntArray *ln_interpreter_plan(const ln_interpreter *it, int graph)
{
    const ln_rt_graph *g = ln_rt_graph_at(it, graph);
    return g ? g->plan : NULL;
}

void **ln_interpreter_node_slot(ln_interpreter *it, int graph, int node)
{
    ln_rt_node *n = node_at(it, graph, node);
    return n ? &n->slot : NULL;
}

void ln_interpreter_skip_delegation(ln_interpreter *it, int graph)
{
    ln_rt_graph *g = ln_rt_graph_at(it, graph);
    if (g)
        g->skip_delegation = true;
}

/* A delegate's kernel does the work of the nodes that it stands for. */
static double flops_of(const ln_rt_node *n)
{
    const ln_rt_graph *g = n->graph;
    const TfLiteIntArray *replaced = n->source ? NULL : ln_rt_replaced_nodes(n);
    double sum = 0;
    if (n->op)
        return ln_op_flops(n->op, g->context.tensors, n->node.inputs, n->node.outputs);
    for (int i = 0; replaced && i < replaced->size; i++) {
        const ln_rt_node *part = g->nodes[replaced->data[i]];
        if (part->op)
            sum += ln_op_flops(part->op, g->context.tensors, part->node.inputs, part->node.outputs);
    }
    return sum;
}

/* Nodes of the model name themselves by their operator, which says nothing new. */
static const char *detail_of(const ln_rt_node *n)
{
    if (n->source || !n->reg.profiling_string)
        return NULL;
    const char *detail = n->reg.profiling_string(&n->graph->context, &n->node);
    return detail && strcmp(detail, ln_rt_node_name(n)) != 0 ? detail : NULL;
}

bool ln_interpreter_node_info(const ln_interpreter *it, int graph, int node, ln_node_info *info)
{
    const ln_rt_node *n = node_at(it, graph, node);
    if (!n)
        return false;
    info->op = ln_rt_node_name(n);
    info->runs = n->runs;
    info->total_ns = n->total_ns;
    info->delegated = !n->source;
    info->folded = n->folded;
    info->builtin = n->reg.builtin_code;
    info->detail = detail_of(n);
    info->node = &n->node;
    info->replaces = n->source ? NULL : ln_rt_replaced_nodes(n);
    info->flops = flops_of(n);
    return true;
}

void ln_interpreter_profile(ln_interpreter *it, bool on)
{
    it->options.profile = on;
}

void ln_interpreter_profile_reset(ln_interpreter *it)
{
    for (int i = 0; i < it->n_graphs; i++)
        for (int k = 0; k < it->graphs[i].n_nodes; k++)
            it->graphs[i].nodes[k]->runs = it->graphs[i].nodes[k]->total_ns = 0;
}

void ln_interpreter_set_profiler(ln_interpreter *it, const ln_profiler *profiler)
{
    it->profiler = profiler ? *profiler : (ln_profiler){0};
}

void ln_interpreter_memory(const ln_interpreter *it, ln_memory_info *info)
{
    *info = (ln_memory_info){0};
    for (int i = 0; i < it->n_graphs; i++) {
        const ln_rt_graph *g = &it->graphs[i];
        for (int k = 0; k < g->n_segments; k++)
            info->arena_bytes += g->segments[k].size;
        info->arena_bytes += g->late_size;
        for (size_t k = 0; k < g->context.tensors_size; k++) {
            if (g->context.tensors[k].allocation_type == kTfLiteDynamic)
                info->dynamic_bytes += g->context.tensors[k].bytes;
            else
                info->persistent_bytes += g->slots[k].charged;
        }
    }
}

static int node_at_position(const ln_rt_graph *g, int pos)
{
    return pos >= 0 && pos < g->plan->size ? g->plan->data[pos] : -1;
}

static void tensor_block(const ln_rt_graph *g, int id, ln_block_info *info)
{
    const ln_rt_slot *s = &g->slots[id];
    const TfLiteTensor *t = &g->context.tensors[id];
    if (t->allocation_type == kTfLiteArenaRw && s->segment >= 0 && s->root == id)
        *info = (ln_block_info){
            id, node_at_position(g, s->first), s->first, s->last, s->offset, t->bytes};
}

static void scratch_block(const ln_rt_graph *g, int pos, ln_block_info *info)
{
    const ln_rt_node *n = g->nodes[g->plan->data[pos]];
    const ln_rt_segment *s =
        n->segment >= 0 && n->segment < g->n_segments ? &g->segments[n->segment] : NULL;
    const char *at = n->call.scratch;
    if (s && at && at >= s->block && at < s->block + s->size)
        *info = (ln_block_info){-1, n->id, pos, pos, (size_t)(at - s->block), n->scratch_size};
}

bool ln_interpreter_block(const ln_interpreter *it, int graph, int i, ln_block_info *info)
{
    const ln_rt_graph *g = ln_rt_graph_at(it, graph);
    *info = (ln_block_info){.tensor = -1, .node = -1};
    if (!g || i < 0)
        return false;
    if ((size_t)i < g->context.tensors_size) {
        tensor_block(g, i, info);
        return true;
    }
    i -= (int)g->context.tensors_size;
    if (i < g->plan->size) {
        scratch_block(g, i, info);
        return true;
    }
    i -= g->plan->size;
    if (i >= g->n_scratches)
        return false;
    const ln_rt_scratch *s = &g->scratches[i];
    *info =
        (ln_block_info){-1, node_at_position(g, s->node), s->node, s->node, s->offset, s->bytes};
    return true;
}

/* ---- status ---- */

TfLiteStatus ln_status_to_tflite(ln_status status)
{
    switch (status) {
    case LN_OK:
        return kTfLiteOk;
    case LN_ERR_DELEGATE:
        return kTfLiteDelegateError;
    case LN_ERR_CANCELLED:
        return kTfLiteCancelled;
    case LN_ERR_UNKNOWN_SHAPE:
        return kTfLiteOutputShapeNotKnown;
    case LN_ERR_UNSUPPORTED:
        return kTfLiteUnresolvedOps;
    default:
        return kTfLiteError;
    }
}

ln_status ln_status_from_tflite(TfLiteStatus status)
{
    switch (status) {
    case kTfLiteOk:
        return LN_OK;
    case kTfLiteApplicationError:
        return LN_ERR_STATE;
    case kTfLiteUnresolvedOps:
        return LN_ERR_UNSUPPORTED;
    case kTfLiteCancelled:
        return LN_ERR_CANCELLED;
    case kTfLiteOutputShapeNotKnown:
        return LN_ERR_UNKNOWN_SHAPE;
    case kTfLiteDelegateError:
    case kTfLiteDelegateDataNotFound:
    case kTfLiteDelegateDataReadError:
    case kTfLiteDelegateDataWriteError:
        return LN_ERR_DELEGATE;
    default:
        return LN_ERR_ARGUMENT;
    }
}
