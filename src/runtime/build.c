/* SPDX-License-Identifier: Apache-2.0 */
/* build.c: graphs of the model become graphs that run: tensors are copied (constants stay where
 * they are), operators are looked up, nodes get their TfLiteNode and TfLiteRegistration. */
#include <stdio.h>
#include <string.h>

#include "runtime/internal.h"

/* Room for tensors that operators add while they prepare; pointers stay valid within it. */
enum { SPARE_TENSORS = 32 };

/* ---- tensors ---- */

static ln_status no_memory(ln_rt_graph *g)
{
    return ln_fail(&g->it->diag, LN_ERR_MEMORY, "no memory for graph %d", g->index);
}

static ln_status reserve_tensors(ln_rt_graph *g, size_t wanted)
{
    const ln_alloc *a = &g->it->alloc;
    if (wanted <= g->tensor_capacity)
        return LN_OK;
    const size_t capacity = wanted + wanted / 4 + SPARE_TENSORS;
    ln_rt_slot *slots = ln_resize(a, g->slots, capacity, sizeof *slots);
    if (!slots)
        return no_memory(g);
    g->slots = slots;
    TfLiteTensor *tensors = ln_resize(a, g->context.tensors, capacity, sizeof *tensors);
    if (!tensors)
        return no_memory(g);
    g->context.tensors = tensors;
    g->tensor_capacity = capacity;
    g->generation++;
    return LN_OK;
}

static ln_rt_slot *new_slot(ln_rt_graph *g, int tensor)
{
    ln_rt_slot *s = &g->slots[tensor];
    *s = (ln_rt_slot){.first = -1, .last = -1, .maker = -1, .root = tensor, .segment = -1};
    return s;
}

ln_status ln_rt_add_tensors(ln_rt_graph *g, int count, int *first)
{
    const size_t n = g->context.tensors_size;
    if (count < 0 || (size_t)count > INT32_MAX / 2 - n)
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "%d tensors cannot be added", count);
    LN_TRY(reserve_tensors(g, n + (size_t)count));
    if (first)
        *first = (int)n;
    for (int i = 0; i < count; i++) {
        TfLiteTensor *t = &g->context.tensors[n + (size_t)i];
        memset(t, 0, sizeof *t);
        t->buffer_handle = kTfLiteNullBufferHandle;
        new_slot(g, (int)n + i);
        g->context.tensors_size++;
    }
    return LN_OK;
}

/* Refuses what no tensor of a graph that runs may be. */
static ln_status check_tensor(ln_rt_graph *g, int tensor, const TfLiteTensor *t)
{
    size_t bytes;
    if (t->is_variable && t->allocation_type == kTfLiteMmapRo)
        return ln_fail(&g->it->diag, LN_ERR_FORMAT, "tensor %d is a variable and has data", tensor);
    if (!ln_rt_bytes(t->type, t->dims->size, t->dims->data, &bytes))
        return ln_fail(&g->it->diag, LN_ERR_FORMAT,
                       "the shape of tensor %d is negative or too large", tensor);
    return LN_OK;
}

static ln_status build_tensor(ln_rt_graph *g, int tensor)
{
    const TfLiteTensor *source = &g->source->tensors[tensor].t;
    TfLiteTensor *t = &g->context.tensors[tensor];
    *t = *source;
    t->dims = NULL;
    new_slot(g, tensor);
    g->context.tensors_size++;
    t->dims = source->dims ? TfLiteIntArrayCopy(source->dims) : TfLiteIntArrayCreate(0);
    if (!t->dims)
        return no_memory(g);
    t->delegate = NULL;
    t->buffer_handle = kTfLiteNullBufferHandle;
    LN_TRY(check_tensor(g, tensor, t));
    if (t->allocation_type == kTfLiteMmapRo) {
        t->allocation = g->it->model->file; /* who packs it may let go of its pages */
        return LN_OK;
    }
    t->data.raw = NULL;
    t->allocation_type = t->is_variable             ? kTfLiteArenaRwPersistent
                         : t->type == kTfLiteString ? kTfLiteDynamic
                                                    : kTfLiteArenaRw;
    if (!ln_rt_bytes(t->type, t->dims->size, t->dims->data, &t->bytes))
        t->bytes = 0;
    return LN_OK;
}

static ln_status build_variables(ln_rt_graph *g)
{
    int n = 0;
    for (size_t i = 0; i < g->context.tensors_size; i++)
        n += g->context.tensors[i].is_variable;
    g->variables = ln_ints(&g->it->arena, n, NULL);
    if (!g->variables)
        return no_memory(g);
    n = 0;
    for (size_t i = 0; i < g->context.tensors_size; i++)
        if (g->context.tensors[i].is_variable)
            g->variables->data[n++] = (int)i;
    return LN_OK;
}

static ln_status build_tensors(ln_rt_graph *g)
{
    const ln_graph *source = g->source;
    LN_TRY(reserve_tensors(g, (size_t)source->n_tensors));
    for (int i = 0; i < source->n_tensors; i++)
        LN_TRY(build_tensor(g, i));
    for (int i = 0; i < source->inputs->size; i++)
        if (source->inputs->data[i] >= 0)
            g->slots[source->inputs->data[i]].is_input = true;
    for (int i = 0; i < source->outputs->size; i++)
        if (source->outputs->data[i] >= 0)
            g->slots[source->outputs->data[i]].is_output = true;
    return build_variables(g);
}

/* ---- operators ---- */

typedef struct missing {
    char text[LN_DIAG_TEXT - 64];
    size_t used;
    int count;
} missing;

static void add_missing(missing *m, const char *name, const char *why, int version, int newest)
{
    char item[160];
    int n = newest > 0 ? snprintf(item, sizeof item, "%s version %d (%s up to %d)", name, version,
                                  why, newest)
                       : snprintf(item, sizeof item, "%s version %d (%s)", name, version, why);
    if (n < 0)
        return;
    n = LN_MIN(n, (int)sizeof item - 1);
    if (strstr(m->text, item))
        return;
    m->count++;
    if (m->used + (size_t)n + 3 > sizeof m->text)
        return;
    if (m->used) {
        memcpy(m->text + m->used, ", ", 2);
        m->used += 2;
    }
    memcpy(m->text + m->used, item, (size_t)n + 1);
    m->used += (size_t)n;
}

/* Arity is the same for every op, so it is checked here once. */
static ln_status check_arity(ln_rt_node *n)
{
    const ln_op *op = n->op;
    const TfLiteIntArray *in = n->node.inputs, *out = n->node.outputs;
    ln_diag *diag = &n->graph->it->diag;
    ln_rt_where(n->graph, n);
    if (in->size < op->min_in || (op->max_in >= 0 && in->size > op->max_in))
        return ln_fail(diag, LN_ERR_FORMAT, "has %d inputs; %d to %d are expected", in->size,
                       op->min_in, op->max_in);
    if (op->n_out >= 0 ? out->size != op->n_out : out->size < 1)
        return ln_fail(diag, LN_ERR_FORMAT, "has %d outputs, not %d", out->size,
                       op->n_out >= 0 ? op->n_out : 1);
    for (int i = 0; i < in->size; i++)
        if (in->data[i] < 0 && (i >= 64 || !(op->optional >> i & 1)))
            return ln_fail(diag, LN_ERR_FORMAT, "input %d is absent but is not optional", i);
    for (int i = 0; i < out->size; i++)
        if (out->data[i] < 0)
            return ln_fail(diag, LN_ERR_FORMAT, "output %d is absent", i);
    if (op->params_size && !n->source->params)
        return ln_fail(diag, LN_ERR_FORMAT, "has no parameters");
    ln_rt_where(n->graph, NULL);
    return LN_OK;
}

static ln_status build_op(ln_rt_node *n, const ln_op *op)
{
    ln_arena *arena = &n->graph->it->arena;
    const TfLiteNode *node = &n->node;
    n->op = op;
    LN_TRY(check_arity(n));
    n->in = ln_arena_new(arena, (size_t)node->inputs->size, sizeof *n->in);
    n->out = ln_arena_new(arena, (size_t)node->outputs->size, sizeof *n->out);
    n->mid = ln_arena_new(arena, (size_t)node->intermediates->size, sizeof *n->mid);
    ln_made *made = ln_arena_new(arena, (size_t)node->outputs->size, sizeof *made);
    void *state = ln_arena_new(arena, op->state_bytes, 1);
    if (!n->in || !n->out || !n->mid || !made || !state)
        return no_memory(n->graph);
    n->call = (ln_call){
        .in = n->in,
        .out = n->out,
        .mid = n->mid,
        .made = made,
        .state = state,
        .n_in = node->inputs->size,
        .n_out = node->outputs->size,
        .n_mid = node->intermediates->size,
        .params = n->source->params,
        .host = &n->graph->it->host,
        .diag = &n->graph->it->diag,
    };
    n->node.user_data = n;
    n->node.might_have_side_effect = (op->traits & LN_STATEFUL) != 0;
    ln_rt_adapt(n);
    return LN_OK;
}

/* Operators that meet in a resource must keep their order. */
static bool uses_resource(const ln_rt_node *n)
{
    const TfLiteIntArray *const lists[] = {n->node.inputs, n->node.outputs};
    for (size_t k = 0; k < LN_COUNTOF(lists); k++)
        for (int i = 0; i < lists[k]->size; i++) {
            const int id = lists[k]->data[i];
            if (id >= 0 && n->graph->context.tensors[id].type == kTfLiteResource)
                return true;
        }
    return false;
}

/* A registration without functions stands for our own operator. */
static bool means_ours(const TfLiteRegistration *r)
{
    return !r->init && !r->prepare && !r->invoke && !r->registration_external;
}

/* Finds who runs the node: the user's resolver goes before our own table. */
static ln_status resolve(ln_rt_node *n, missing *m)
{
    const ln_node *source = n->source;
    const ln_resolver *r = &n->graph->it->options.resolver;
    const char *name = source->builtin == kTfLiteBuiltinCustom
                           ? (source->custom_name ? source->custom_name : "(unnamed)")
                           : ln_op_code_name(source->builtin);
    bool only = r->only;
    char code[32];
    if (!name) {
        snprintf(code, sizeof code, "operator %d", source->builtin);
        name = code;
    }
    if (r->find) {
        const TfLiteRegistration *reg =
            r->find(r->user, source->builtin, source->custom_name, source->version);
        only = only && !(reg && means_ours(reg));
        if (reg && !means_ours(reg)) {
            n->reg = *reg;
            n->node.might_have_side_effect = uses_resource(n);
            return LN_OK;
        }
    }
    const ln_op *op = only ? NULL : source->op;
    if (!op && source->builtin == kTfLiteBuiltinCustom)
        n->unresolved = true; /* a delegate may take it yet */
    else if (!op)
        add_missing(m, name, "not supported", source->version, 0);
    else if (source->builtin != kTfLiteBuiltinCustom && source->version > op->version)
        add_missing(m, name, "supported", source->version, op->version);
    else
        return build_op(n, op);
    return LN_OK;
}

/* ---- nodes ---- */

ln_status ln_rt_add_node(ln_rt_graph *g, ln_rt_node **out)
{
    const ln_alloc *a = &g->it->alloc;
    if (!ln_grow(a, (void **)&g->nodes, &g->node_capacity, (size_t)g->n_nodes, sizeof *g->nodes))
        return no_memory(g);
    ln_rt_node *n = ln_new(a, 1, sizeof *n);
    if (!n)
        return no_memory(g);
    n->graph = g;
    n->id = g->n_nodes;
    n->segment = -1;
    g->nodes[g->n_nodes++] = n;
    *out = n;
    return LN_OK;
}

static TfLiteIntArray *copy_ints(const TfLiteIntArray *a)
{
    return a ? TfLiteIntArrayCopy(a) : TfLiteIntArrayCreate(0);
}

static ln_status build_node(ln_rt_graph *g, const ln_node *source, missing *m)
{
    ln_rt_node *n;
    LN_TRY(ln_rt_add_node(g, &n));
    n->source = source;
    n->node.inputs = copy_ints(source->inputs);
    n->node.outputs = copy_ints(source->outputs);
    n->node.intermediates = copy_ints(source->intermediates);
    n->node.temporaries = TfLiteIntArrayCreate(0);
    if (!n->node.inputs || !n->node.outputs || !n->node.intermediates || !n->node.temporaries)
        return no_memory(g);
    n->node.builtin_data = source->builtin == kTfLiteBuiltinCustom ? NULL : source->params;
    if (source->builtin == kTfLiteBuiltinCustom) {
        n->node.custom_initial_data = source->custom;
        n->node.custom_initial_data_size = (int)LN_MIN(source->custom_size, (size_t)INT32_MAX);
    }
    n->reg.builtin_code = source->builtin;
    n->reg.custom_name = source->custom_name;
    n->reg.version = source->version;
    return resolve(n, m);
}

ln_status ln_rt_node_init(ln_rt_node *n, const char *buffer, size_t length)
{
    void *data = ln_rt_reg_init(n, buffer, length);
    n->node.user_data = data;
    n->initialized = true;
    if (data == TfLiteKernelInitFailed()) {
        n->initialized = false;
        ln_rt_where(n->graph, n);
        const ln_status status = ln_fail(&n->graph->it->diag, LN_ERR_DELEGATE, "init failed");
        ln_rt_where(n->graph, NULL);
        return status;
    }
    return LN_OK;
}

void ln_rt_node_deinit(ln_rt_node *n)
{
    if (n->initialized)
        ln_rt_reg_free(n);
    TfLiteIntArrayFree(n->node.inputs);
    TfLiteIntArrayFree(n->node.outputs);
    TfLiteIntArrayFree(n->node.intermediates);
    TfLiteIntArrayFree(n->node.temporaries);
    ln_free(&n->graph->it->alloc, n->delegate_params);
    ln_free(&n->graph->it->alloc, n);
}

/* User operators see the whole graph in their init, so that comes after all nodes are there. */
static ln_status init_nodes(ln_rt_graph *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        ln_rt_node *n = g->nodes[i];
        if (n->op)
            continue;
        if (n->source->builtin == kTfLiteBuiltinCustom)
            LN_TRY(ln_rt_node_init(n, n->node.custom_initial_data,
                                   (size_t)n->node.custom_initial_data_size));
        else
            LN_TRY(ln_rt_node_init(n, n->node.builtin_data, 0));
    }
    return LN_OK;
}

static ln_status build_graph(ln_rt_graph *g, missing *m)
{
    LN_TRY(ln_graph_validate(g->it->model, g->index, &g->it->diag));
    LN_TRY(build_tensors(g));
    ln_rt_context_init(g);
    for (int i = 0; i < g->source->n_nodes; i++)
        LN_TRY(build_node(g, &g->source->nodes[i], m));
    g->plan = TfLiteIntArrayCreate(g->n_nodes);
    if (!g->plan)
        return no_memory(g);
    for (int i = 0; i < g->n_nodes; i++)
        g->plan->data[i] = i;
    return LN_OK;
}

ln_status ln_rt_build(ln_interpreter *it)
{
    missing m = {.used = 0};
    const int n = it->model->n_graphs;
    if (n < 1)
        return ln_fail(&it->diag, LN_ERR_FORMAT, "the model has no graph");
    it->graphs = ln_new(&it->alloc, (size_t)n, sizeof *it->graphs);
    if (!it->graphs)
        return ln_fail(&it->diag, LN_ERR_MEMORY, "no memory for %d graphs", n);
    for (int i = 0; i < n; i++) {
        ln_rt_graph *g = &it->graphs[i];
        g->it = it;
        g->index = i;
        g->source = it->model->graphs[i];
        g->preparing = -1;
        it->n_graphs = i + 1;
        LN_TRY(build_graph(g, &m));
    }
    it->host.n_graphs = n;
    if (m.count)
        return ln_fail(&it->diag, LN_ERR_UNSUPPORTED, "Didn't find op for builtin opcode: %s",
                       m.text);
    for (int i = 0; i < n; i++)
        LN_TRY(init_nodes(&it->graphs[i]));
    return LN_OK;
}

ln_status ln_rt_fail_unresolved(ln_rt_graph *g)
{
    missing m = {.used = 0};
    for (int pos = 0; pos < g->plan->size; pos++) {
        const ln_rt_node *n = g->nodes[g->plan->data[pos]];
        if (n->unresolved)
            add_missing(&m, ln_rt_node_name(n), "not supported", n->reg.version, 0);
    }
    return ln_fail(&g->it->diag, LN_ERR_UNSUPPORTED,
                   "Encountered unresolved custom op: %s; add it to the interpreter's options, or "
                   "a delegate that runs it",
                   m.text);
}

void ln_rt_graph_deinit(ln_rt_graph *g)
{
    const ln_alloc *a = &g->it->alloc;
    ln_rt_free_preview(g);
    for (int i = g->n_nodes - 1; i >= 0; i--)
        ln_rt_node_deinit(g->nodes[i]);
    for (size_t i = 0; i < g->context.tensors_size; i++)
        ln_rt_tensor_deinit(g, (int)i);
    ln_rt_drop_segments(g, 0);
    ln_rt_free_eval_buffers(g);
    for (int i = 0; i < g->n_blocks; i++)
        ln_free_aligned(a, g->segments[i].block);
    ln_free(a, g->segments);
    ln_free(a, g->nodes);
    ln_free(a, g->scratches);
    ln_free(a, g->slots);
    ln_free(a, g->context.tensors);
    ln_free_aligned(a, g->late);
    TfLiteIntArrayFree(g->plan);
    TfLiteIntArrayFree(g->full_plan);
    TfLiteIntArrayFree(g->shown_plan);
}
