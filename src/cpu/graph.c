/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c: reads the runtime's graph through the public delegate interface. */
#include "cpu/graph.h"

#include <string.h>

#include "tensorflow/lite/c/c_api_opaque.h"

static const ln_alloc *const heap = &ln_alloc_default;

/* A node whose registration is the program's own, not the library's, is left alone: only ours names
 * itself by the operator's constant. */
static const ln_op *op_of(const TfLiteContext *context, const TfLiteNode *node,
                          const TfLiteRegistration *r)
{
    if (node->delegate || r->builtin_code == kTfLiteBuiltinCustom || !r->profiling_string)
        return NULL;
    const ln_op *op = ln_op_builtin(r->builtin_code);
    return op && r->profiling_string(context, node) == op->name ? op : NULL;
}

static ln_status read_items(ln_cpu_graph *g, const TfLiteIntArray *plan)
{
    for (int i = 0; i < plan->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *r;
        if (g->context->GetNodeAndRegistration(g->context, plan->data[i], &node, &r) != kTfLiteOk)
            return LN_ERR_DELEGATE;
        g->items[i] =
            (ln_cpu_item){.id = plan->data[i], .node = node, .op = op_of(g->context, node, r)};
    }
    return LN_OK;
}

/* Counts each tensor's uses, then puts the users in their places. */
static ln_status read_users(ln_cpu_graph *g)
{
    const size_t n = g->context->tensors_size;
    size_t uses = 0;
    for (int i = 0; i < g->n; i++)
        for (int k = 0; k < g->items[i].node->inputs->size; k++) {
            const int t = g->items[i].node->inputs->data[k];
            if (t >= 0 && uses++ < INT32_MAX)
                g->first_use[t + 1]++;
        }
    if (uses >= INT32_MAX)
        return LN_ERR_UNSUPPORTED;
    for (size_t t = 0; t < n; t++)
        g->first_use[t + 1] += g->first_use[t];
    int *next = ln_new(heap, n + 1, sizeof *next);
    g->users = ln_new(heap, uses + 1, sizeof *g->users);
    if (!next || !g->users) {
        ln_free(heap, next);
        return LN_ERR_MEMORY;
    }
    memcpy(next, g->first_use, (n + 1) * sizeof *next);
    for (int i = 0; i < g->n; i++)
        for (int k = 0; k < g->items[i].node->inputs->size; k++) {
            const int t = g->items[i].node->inputs->data[k];
            if (t >= 0)
                g->users[next[t]++] = i;
        }
    ln_free(heap, next);
    return LN_OK;
}

/* ---- constants ---- */

static bool view_node(ln_cpu_view *v, const ln_cpu_graph *g, int at);

static bool is_constant(const ln_cpu_graph *g, int tensor)
{
    return g->context->tensors[tensor].allocation_type == kTfLiteMmapRo ||
           (g->maker[tensor] >= 0 && g->items[g->maker[tensor]].constant);
}

/* True for nodes of constants alone, or of constants and shapes.  The runtime folds them, unless
 * their results are much larger than what they come from, or large at all where they may be others
 * in the next plan (FOLD_GROWTH and FOLD_FREE in runtime/plan.c). */
static bool folds(const ln_cpu_graph *g, int at, bool *of_shapes)
{
    enum { GROWTH = 8, FREE = 4096 };
    const ln_cpu_item *item = &g->items[at];
    const TfLiteIntArray *in = item->node->inputs;
    size_t given = 0, made = 0, bytes;
    bool shapes = item->op && (item->op->traits & LN_SHAPES);
    ln_cpu_view v;
    if (!item->op || !(item->op->traits & LN_PURE) || in->size == 0)
        return false;
    for (int i = 0; i < in->size; i++) {
        if (in->data[i] < 0)
            continue;
        const int maker = g->maker[in->data[i]];
        if (!is_constant(g, in->data[i]) && !(item->op->traits & LN_SHAPES))
            return false;
        shapes = shapes || (maker >= 0 && g->items[maker].of_shapes);
        given += LN_MIN(g->context->tensors[in->data[i]].bytes, SIZE_MAX / 1024);
    }
    if (!view_node(&v, g, at) || item->op->infer(&v.call) != LN_OK)
        return false;
    for (int i = 0; i < v.call.n_out; i++) {
        const ln_shape *s = &v.made[i].shape;
        if (!ln_shape_known(s) ||
            !ln_type_bytes(v.made[i].type, (size_t)ln_shape_count(s, 0, s->rank), &bytes))
            return false;
        made += LN_MIN(bytes, SIZE_MAX / 1024);
    }
    *of_shapes = shapes;
    return made <= (shapes ? FREE : given * GROWTH);
}

static ln_status read_outputs(ln_cpu_graph *g)
{
    const int *out;
    int n_out;
    for (size_t t = 0; t < g->context->tensors_size; t++)
        g->maker[t] = -1;
    for (int i = 0; i < g->n; i++)
        for (int k = 0; k < g->items[i].node->outputs->size; k++)
            if (g->items[i].node->outputs->data[k] >= 0)
                g->maker[g->items[i].node->outputs->data[k]] = i;
    if (TfLiteOpaqueContextGetOutputs((const TfLiteOpaqueContext *)g->context, &out, &n_out) !=
        kTfLiteOk)
        return LN_ERR_DELEGATE;
    for (int i = 0; i < n_out; i++)
        if (out[i] >= 0)
            g->is_output[out[i]] = true;
    return LN_OK;
}

ln_status ln_cpu_graph_read(ln_cpu_graph *g, TfLiteContext *context)
{
    TfLiteIntArray *plan = NULL;
    memset(g, 0, sizeof *g);
    g->context = context;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return LN_ERR_DELEGATE;
    const size_t n = context->tensors_size;
    g->n = plan->size;
    g->items = ln_new(heap, (size_t)g->n + 1, sizeof *g->items);
    g->maker = ln_new(heap, n + 1, sizeof *g->maker);
    g->first_use = ln_new(heap, n + 1, sizeof *g->first_use);
    g->is_output = ln_new(heap, n + 1, sizeof *g->is_output);
    if (!g->items || !g->maker || !g->first_use || !g->is_output)
        return LN_ERR_MEMORY;
    LN_TRY(read_items(g, plan));
    LN_TRY(read_users(g));
    LN_TRY(read_outputs(g));
    for (int i = 0; i < g->n; i++)
        g->items[i].constant = folds(g, i, &g->items[i].of_shapes);
    return LN_OK;
}

void ln_cpu_graph_free(ln_cpu_graph *g)
{
    ln_free(heap, g->items);
    ln_free(heap, g->maker);
    ln_free(heap, g->first_use);
    ln_free(heap, g->users);
    ln_free(heap, g->is_output);
}

int ln_cpu_graph_next(const ln_cpu_graph *g, int at)
{
    const int t = g->items[at].node->outputs->data[0];
    if (t < 0 || g->is_output[t] || g->first_use[t + 1] - g->first_use[t] != 1)
        return -1;
    return g->users[g->first_use[t]];
}

int ln_cpu_graph_in(const ln_cpu_graph *g, int at, int i)
{
    const TfLiteIntArray *in = g->items[at].node->inputs;
    return i < in->size ? in->data[i] : -1;
}

const TfLiteTensor *ln_cpu_graph_input(const ln_cpu_graph *g, int at, int i)
{
    const int t = ln_cpu_graph_in(g, at, i);
    return t < 0 ? NULL : &g->context->tensors[t];
}

const TfLiteTensor *ln_cpu_graph_output(const ln_cpu_graph *g, int at, int i)
{
    const TfLiteIntArray *out = g->items[at].node->outputs;
    return i < out->size && out->data[i] >= 0 ? &g->context->tensors[out->data[i]] : NULL;
}

static bool view_node(ln_cpu_view *v, const ln_cpu_graph *g, int at)
{
    const TfLiteNode *node = g->items[at].node;
    const int n_in = node->inputs->size, n_out = node->outputs->size;
    const TfLiteIntArray *mid = node->intermediates;
    if (n_in > LN_MAX_ARITY || n_out < 1 || n_out > LN_MAX_ARITY || mid->size > LN_MAX_ARITY)
        return false;
    for (int i = 0; i < mid->size; i++)
        v->mid[i] = mid->data[i] < 0 ? NULL : &g->context->tensors[mid->data[i]];
    for (int i = 0; i < n_in; i++)
        v->in[i] = ln_cpu_graph_input(g, at, i);
    for (int i = 0; i < n_out; i++) {
        v->out[i] = (TfLiteTensor *)ln_cpu_graph_output(g, at, i);
        if (!v->out[i])
            return false;
    }
    v->diag = (ln_diag){.sink = NULL};
    v->call = (ln_call){
        .in = v->in,
        .out = v->out,
        .n_in = n_in,
        .n_out = n_out,
        .mid = v->mid,
        .n_mid = mid->size,
        .params = node->builtin_data,
        .made = v->made,
        .diag = &v->diag,
    };
    return true;
}

static bool is_dense(const ln_call *c)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->sparsity)
            return false;
    return true;
}

/* What the runtime folds is known when the group is planned. */
static bool reads_folded(const ln_cpu_graph *g, int at)
{
    const TfLiteIntArray *in = g->items[at].node->inputs;
    for (int i = 0; i < in->size; i++) {
        const int maker = in->data[i] < 0 ? -1 : g->maker[in->data[i]];
        if (maker >= 0 && g->items[maker].constant)
            return true;
    }
    return false;
}

static bool is_in_order(ln_cpu_view *v, const ln_cpu_graph *g, int at)
{
    if (g->items[at].op->infer(&v->call) != LN_OK)
        return true; /* the shapes in the file are not those of a run yet */
    for (int i = 0; i < v->call.n_out; i++)
        if (!ln_shape_known(&v->made[i].shape))
            return reads_folded(g, at);
    return true;
}

bool ln_cpu_view_plain(ln_cpu_view *v, const ln_cpu_graph *g, int at, bool state)
{
    ln_cpu_item *item = &g->items[at];
    if (((item->op->traits & LN_STATEFUL) && !state) || item->op->state_bytes > 0 ||
        !view_node(v, g, at) || !is_dense(&v->call))
        return false;
    if (!item->inferred)
        item->in_order = is_in_order(v, g, at);
    item->inferred = true;
    return item->in_order;
}
