/* SPDX-License-Identifier: Apache-2.0 */
/* adapter.c: between nodes and what runs them.  An ln_op looks like an ordinary
 * TfLiteRegistration to delegates and users (its user_data is the node itself); the interpreter
 * runs it directly.  A registration that was made from a TfLiteOperator is called through that. */
#include "runtime/internal.h"
#include "runtime/operator_impl.h"

/* ---- ops seen as registrations ---- */

/* A copy of the node works too: it has the same user_data. */
static ln_rt_node *node_of(TfLiteContext *context, const TfLiteNode *node)
{
    ln_rt_node *n = node->user_data;
    if (!n || !n->op || &n->graph->context != context)
        return NULL;
    return n;
}

static TfLiteStatus adapter_prepare(TfLiteContext *context, TfLiteNode *node)
{
    ln_rt_node *n = node_of(context, node);
    if (!n)
        return kTfLiteError;
    return ln_status_to_tflite(ln_rt_infer(n, false));
}

/* A delegate may run an op that it has claimed: then nobody has laid out its operands. */
static bool has_memory(const ln_rt_node *n)
{
    for (int i = 0; i < n->call.n_in; i++)
        if (n->in[i] && n->in[i]->bytes && !n->in[i]->data.raw)
            return false;
    for (int i = 0; i < n->call.n_out; i++)
        if (n->out[i]->bytes && !n->out[i]->data.raw)
            return false;
    return true;
}

static TfLiteStatus adapter_invoke(TfLiteContext *context, TfLiteNode *node)
{
    ln_rt_node *n = node_of(context, node);
    if (!n || ln_rt_bind(n) != LN_OK || !has_memory(n) || ln_rt_late_scratch(n) != LN_OK)
        return kTfLiteError;
    n->call.run = true;
    const ln_status status = n->op->eval(&n->call);
    n->call.run = false;
    return ln_status_to_tflite(status);
}

static const char *adapter_name(const TfLiteContext *context, const TfLiteNode *node)
{
    (void)context;
    const ln_rt_node *n = node->user_data;
    return n && n->op ? n->op->name : NULL;
}

void ln_rt_adapt(ln_rt_node *n)
{
    n->reg.prepare = adapter_prepare;
    n->reg.invoke = adapter_invoke;
    n->reg.profiling_string = adapter_name;
    n->reg.builtin_code = n->source->builtin;
    n->reg.custom_name = n->source->custom_name;
    n->reg.version = n->source->version;
    if (n->op->traits & LN_VIEW)
        n->reg.inplace_operator = kTfLiteInplaceOpDataUnmodified | kTfLiteInplaceOpInput0Shared;
    else if (n->op->traits & LN_IN_PLACE)
        n->reg.inplace_operator = kTfLiteInplaceOpInput0Shared;
}

uint64_t ln_rt_inplace(const ln_rt_node *n)
{
    const TfLiteOperator *op = n->reg.registration_external;
    return op ? op->inplace_operator : n->reg.inplace_operator;
}

/* A tensor has something to read: the model's or the caller's data, or a node that makes it. */
static bool has_value(const ln_rt_graph *g, int id)
{
    const TfLiteTensor *t = &g->context.tensors[id];
    const ln_rt_slot *s = &g->slots[id];
    return t->allocation_type == kTfLiteMmapRo || t->is_variable || s->is_input || s->custom ||
           s->maker >= 0 || t->data.raw;
}

static ln_status bind_input(ln_rt_node *n, int i)
{
    ln_rt_graph *g = n->graph;
    const int id = n->node.inputs->data[i];
    n->in[i] = NULL;
    if (id < 0)
        return LN_OK;
    TfLiteTensor *t = &g->context.tensors[id];
    if (!has_value(g, id)) {
        /* TFLite lets RESHAPE have a shape without data, and nothing else */
        if (n->source->builtin == kTfLiteBuiltinReshape && i == 1)
            return LN_OK;
        if (t->bytes || t->type == kTfLiteString)
            return ln_fail(&g->it->diag, LN_ERR_FORMAT, "input %d (tensor %d) has no data", i, id);
        t->allocation_type = kTfLiteMmapRo; /* nothing is all there is */
    }
    if (t->dims->size > LN_MAX_RANK)
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "input %d has rank %d, more than %d", i,
                       t->dims->size, (int)LN_MAX_RANK);
    n->in[i] = t;
    return LN_OK;
}

ln_status ln_rt_bind(ln_rt_node *n)
{
    ln_rt_graph *g = n->graph;
    if (n->bound == g->generation)
        return LN_OK;
    for (int i = 0; i < n->call.n_in; i++)
        LN_TRY(bind_input(n, i));
    for (int i = 0; i < n->call.n_out; i++)
        n->out[i] = &g->context.tensors[n->node.outputs->data[i]];
    for (int i = 0; i < n->call.n_mid; i++) {
        const int id = n->node.intermediates->data[i];
        n->mid[i] = id >= 0 ? &g->context.tensors[id] : NULL;
    }
    n->call.in = n->in;
    n->call.out = n->out;
    n->call.mid = n->mid;
    n->call.tensors = g->context.tensors;
    n->call.n_tensors = (int)g->context.tensors_size;
    n->bound = g->generation;
    return LN_OK;
}

/* ---- registrations, in either form ---- */

enum { ALL_INPLACE = 2 * kTfLiteInplaceOpInput2Shared - 1 };

void ln_registration_trim(TfLiteRegistration *r)
{
    const bool own = r->init || r->prepare || r->invoke;
    if (!own ||
        (!r->registration_external && !r->async_kernel && r->inplace_operator <= ALL_INPLACE))
        return;
    r->registration_external = NULL;
    r->async_kernel = NULL;
    r->inplace_operator = kTfLiteInplaceOpNone;
}

static TfLiteOpaqueContext *opaque_context(ln_rt_node *n)
{
    return (TfLiteOpaqueContext *)&n->graph->context;
}

static TfLiteOpaqueNode *opaque_node(ln_rt_node *n)
{
    return (TfLiteOpaqueNode *)&n->node;
}

void *ln_rt_reg_init(ln_rt_node *n, const char *buffer, size_t length)
{
    const TfLiteOperator *op = n->reg.registration_external;
    if (op && op->init_with_data)
        return op->init_with_data(op->user_data, opaque_context(n), buffer, length);
    if (op && op->init)
        return op->init(opaque_context(n), buffer, length);
    return n->reg.init ? n->reg.init(&n->graph->context, buffer, length) : NULL;
}

void ln_rt_reg_free(ln_rt_node *n)
{
    const TfLiteOperator *op = n->reg.registration_external;
    if (op && op->free_with_data)
        op->free_with_data(op->user_data, opaque_context(n), n->node.user_data);
    else if (op && op->free)
        op->free(opaque_context(n), n->node.user_data);
    else if (n->reg.free && n->node.user_data)
        n->reg.free(&n->graph->context, n->node.user_data);
}

TfLiteStatus ln_rt_reg_prepare(ln_rt_node *n)
{
    const TfLiteOperator *op = n->reg.registration_external;
    if (op && op->prepare_with_data)
        return op->prepare_with_data(op->user_data, opaque_context(n), opaque_node(n));
    if (op && op->prepare)
        return op->prepare(opaque_context(n), opaque_node(n));
    return n->reg.prepare ? n->reg.prepare(&n->graph->context, &n->node) : kTfLiteOk;
}

TfLiteStatus ln_rt_reg_invoke(ln_rt_node *n)
{
    const TfLiteOperator *op = n->reg.registration_external;
    if (op && op->invoke_with_data)
        return op->invoke_with_data(op->user_data, opaque_context(n), opaque_node(n));
    if (op && op->invoke)
        return op->invoke(opaque_context(n), opaque_node(n));
    return n->reg.invoke ? n->reg.invoke(&n->graph->context, &n->node) : kTfLiteError;
}
