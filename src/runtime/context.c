/* SPDX-License-Identifier: Apache-2.0 */
/* context.c: the functions of TfLiteContext, which operators and delegates call. */
#include <stdarg.h>
#include <string.h>

#include "base/checked.h"
#include "runtime/internal.h"
#include "runtime/planner.h"

/* GetEvalTensor hands these out in turn; an operator has far fewer operands. */
enum { EVAL_TENSORS = 64 };

static ln_rt_graph *graph_of(const TfLiteContext *context)
{
    return context->impl_;
}

/* The plan without nodes that delegates are not to see. */
static TfLiteStatus delegable_plan(ln_rt_graph *g, TfLiteIntArray **plan)
{
    const ln_delegable *d = &g->it->options.delegable;
    TfLiteIntArrayFree(g->shown_plan);
    g->shown_plan = TfLiteIntArrayCopy(g->plan);
    if (!g->shown_plan)
        return kTfLiteError;
    int n = 0;
    for (int i = 0; i < g->plan->size; i++)
        if (d->fn(d->user, g->index, g->plan->data[i]))
            g->shown_plan->data[n++] = g->plan->data[i];
    g->shown_plan->size = n;
    *plan = g->shown_plan;
    return kTfLiteOk;
}

static TfLiteStatus get_execution_plan(TfLiteContext *context, TfLiteIntArray **plan)
{
    ln_rt_graph *g = graph_of(context);
    *plan = g->plan;
    return g->delegating && g->it->options.delegable.fn ? delegable_plan(g, plan) : kTfLiteOk;
}

static TfLiteStatus resize_tensor(TfLiteContext *context, TfLiteTensor *tensor,
                                  TfLiteIntArray *new_size)
{
    ln_rt_graph *g = graph_of(context);
    const int id = ln_rt_tensor_id(g, tensor);
    if (!new_size)
        return kTfLiteError;
    if (id < 0) {
        ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "the tensor to resize is not of this graph");
        TfLiteIntArrayFree(new_size);
        return kTfLiteError;
    }
    return ln_status_to_tflite(ln_rt_take_dims(g, id, new_size));
}

static TfLiteStatus resize_explicit(TfLiteContext *context, TfLiteTensor *tensor, int dims,
                                    const int *shape)
{
    ln_rt_graph *g = graph_of(context);
    const int id = ln_rt_tensor_id(g, tensor);
    if (id < 0)
        return kTfLiteError;
    return ln_status_to_tflite(ln_rt_set_dims(g, id, dims, shape));
}

static void report_error(TfLiteContext *context, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    ln_failv(&graph_of(context)->it->diag, LN_ERR_ARGUMENT, format, args);
    va_end(args);
}

static TfLiteStatus add_tensors(TfLiteContext *context, int count, int *first)
{
    return ln_status_to_tflite(ln_rt_add_tensors(graph_of(context), count, first));
}

static TfLiteStatus get_node(TfLiteContext *context, int node, TfLiteNode **out,
                             TfLiteRegistration **registration)
{
    ln_rt_graph *g = graph_of(context);
    if (node < 0 || node >= g->n_nodes) {
        ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "there is no node %d", node);
        return kTfLiteError;
    }
    *out = &g->nodes[node]->node;
    *registration = &g->nodes[node]->reg;
    return kTfLiteOk;
}

static TfLiteStatus replace_nodes(TfLiteContext *context, TfLiteRegistration registration,
                                  const TfLiteIntArray *nodes, TfLiteDelegate *delegate)
{
    return ln_status_to_tflite(
        ln_rt_replace_nodes(graph_of(context), &registration, nodes, delegate));
}

static TfLiteStatus preview(TfLiteContext *context, const TfLiteIntArray *nodes,
                            TfLiteDelegateParams **parts, int *n)
{
    return ln_status_to_tflite(ln_rt_preview(graph_of(context), nodes, parts, n));
}

static TfLiteExternalContext *get_external(TfLiteContext *context, TfLiteExternalContextType type)
{
    if ((int)type < 0 || type >= kTfLiteMaxExternalContexts)
        return NULL;
    return graph_of(context)->it->external[type];
}

static void set_external(TfLiteContext *context, TfLiteExternalContextType type,
                         TfLiteExternalContext *external)
{
    if ((int)type >= 0 && type < kTfLiteMaxExternalContexts)
        graph_of(context)->it->external[type] = external;
}

static TfLiteTensor *get_tensor(const TfLiteContext *context, int tensor)
{
    if (tensor < 0 || (size_t)tensor >= context->tensors_size)
        return NULL;
    return &context->tensors[tensor];
}

/* Only the microcontroller runtime has such tensors for good; here they are made when asked for. */
static TfLiteEvalTensor *get_eval_tensor(const TfLiteContext *context, int tensor)
{
    ln_rt_graph *g = graph_of(context);
    const TfLiteTensor *t = get_tensor(context, tensor);
    if (!g->eval_tensors) {
        g->eval_tensors = ln_arena_new(&g->it->arena, EVAL_TENSORS, sizeof *g->eval_tensors);
        if (!g->eval_tensors)
            return NULL;
    }
    if (!t)
        return NULL;
    TfLiteEvalTensor *e = &g->eval_tensors[g->next_eval_tensor++ % EVAL_TENSORS];
    *e = (TfLiteEvalTensor){t->data, t->dims, t->type};
    return e;
}

static TfLiteStatus get_metadata(const TfLiteContext *context, const char *name, const char **data,
                                 size_t *bytes)
{
    const ln_model *m = graph_of(context)->it->model;
    for (int i = 0; i < m->n_metadata; i++) {
        const ln_metadata *meta = &m->metadata[i];
        if (!meta->name || strcmp(meta->name, name) != 0 || meta->buffer < 0 ||
            meta->buffer >= m->n_buffers)
            continue;
        *data = (const char *)m->buffers[meta->buffer].data;
        *bytes = m->buffers[meta->buffer].size;
        return kTfLiteOk;
    }
    return kTfLiteError;
}

static TfLiteStatus acquire_subgraph(TfLiteContext *context, int graph, TfLiteContext **acquired)
{
    *acquired = ln_interpreter_context(graph_of(context)->it, graph);
    return *acquired ? kTfLiteOk : kTfLiteError;
}

static TfLiteStatus release_subgraph(TfLiteContext *context, int graph)
{
    return ln_rt_graph_at(graph_of(context)->it, graph) ? kTfLiteOk : kTfLiteError;
}

/* ---- memory of operators ---- */

static void *allocate_persistent(TfLiteContext *context, size_t bytes)
{
    return ln_arena_new(&graph_of(context)->it->arena, bytes, 1);
}

/* Before each such buffer stands the address of the one before it. */
enum { BUFFER_HEADER = LN_PLAN_ALIGN };

static TfLiteStatus allocate_for_eval(TfLiteContext *context, size_t bytes, void **out)
{
    ln_rt_graph *g = graph_of(context);
    size_t total;
    *out = NULL;
    if (!ln_add_size(bytes, BUFFER_HEADER, &total))
        return kTfLiteError;
    char *block = ln_new_aligned(&g->it->alloc, total);
    if (!block)
        return kTfLiteError;
    memcpy(block, &g->eval_buffers, sizeof g->eval_buffers);
    g->eval_buffers = block;
    *out = block + BUFFER_HEADER;
    return kTfLiteOk;
}

void ln_rt_free_eval_buffers(ln_rt_graph *g)
{
    while (g->eval_buffers) {
        void *next;
        memcpy(&next, g->eval_buffers, sizeof next);
        ln_free_aligned(&g->it->alloc, g->eval_buffers);
        g->eval_buffers = next;
    }
}

static TfLiteStatus request_scratch(TfLiteContext *context, size_t bytes, int *index)
{
    ln_rt_graph *g = graph_of(context);
    if (g->preparing < 0 || !ln_grow(&g->it->alloc, (void **)&g->scratches, &g->scratch_capacity,
                                     (size_t)g->n_scratches, sizeof *g->scratches))
        return kTfLiteError;
    g->scratches[g->n_scratches] =
        (ln_rt_scratch){.bytes = bytes, .node = g->preparing, .segment = -1};
    *index = g->n_scratches++;
    return kTfLiteOk;
}

static void *get_scratch(TfLiteContext *context, int index)
{
    const ln_rt_graph *g = graph_of(context);
    if (index < 0 || index >= g->n_scratches)
        return NULL;
    const ln_rt_scratch *s = &g->scratches[index];
    return s->segment < 0 ? NULL : g->segments[s->segment].block + s->offset;
}

void ln_rt_context_init(ln_rt_graph *g)
{
    TfLiteContext *c = &g->context;
    c->impl_ = g;
    c->GetExecutionPlan = get_execution_plan;
    c->ResizeTensor = resize_tensor;
    c->ReportError = report_error;
    c->AddTensors = add_tensors;
    c->GetNodeAndRegistration = get_node;
    c->ReplaceNodeSubsetsWithDelegateKernels = replace_nodes;
    c->recommended_num_threads = g->it->options.threads;
    c->GetExternalContext = get_external;
    c->SetExternalContext = set_external;
    c->allow_fp32_relax_to_fp16 = g->it->options.allow_fp16;
    c->AllocatePersistentBuffer = allocate_persistent;
    c->AllocateBufferForEval = allocate_for_eval;
    c->RequestScratchBufferInArena = request_scratch;
    c->GetScratchBuffer = get_scratch;
    c->ResizeTensorExplicit = resize_explicit;
    c->PreviewDelegatePartitioning = preview;
    c->GetTensor = get_tensor;
    c->GetEvalTensor = get_eval_tensor;
    c->GetModelMetadata = get_metadata;
    c->AcquireSubgraphContext = acquire_subgraph;
    c->ReleaseSubgraphContext = release_subgraph;
#if defined(_WIN32)
    c->TfLiteIntArrayCreate = TfLiteIntArrayCreate;
    c->TfLiteIntArrayFree = TfLiteIntArrayFree;
#endif
}
