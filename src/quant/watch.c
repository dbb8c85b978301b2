/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c: recurrent operators compute values that no tensor holds, at every step.  In the copy of
 * a model that is calibrated, a second custom operator stands in front of each: it computes the
 * same by the operator's reference, on copies of its variables, while the statistics watch. */
#include "quant/watch.h"

#include <string.h>

#include "quant/quant.h"
#include "quant/stats.h"
#include "tensorflow/lite/core/c/c_api_opaque.h"

/* What the custom operator's data say; the node's parameters come behind. */
typedef struct header {
    int32_t graph, builtin, n_in;
    int32_t ids[LN_MAX_ARITY]; /* the tensors of the source */
} header;

ln_status ln_quant_put_watch(ln_model *m, ln_graph *g, int graph, const ln_node *n)
{
    header h = {graph, n->op->builtin, n->inputs->size, {0}};
    uint8_t *data = ln_arena_new(&m->arena, 1, sizeof h + n->params_size);
    ln_id id;
    if (n->inputs->size > LN_MAX_ARITY)
        return LN_OK;
    if (!data)
        return LN_ERR_MEMORY;
    for (int i = 0; i < h.n_in; i++)
        h.ids[i] = n->inputs->data[i];
    memcpy(data, &h, sizeof h);
    if (n->params_size)
        memcpy(data + sizeof h, n->params, n->params_size);
    LN_TRY(ln_graph_add_node(m, g, NULL, h.n_in, n->inputs->data, 0, NULL, &id));
    ln_node *made = &g->nodes[id];
    made->builtin = kTfLiteBuiltinCustom;
    made->custom_name = LN_QUANT_WATCH;
    made->custom = data;
    made->custom_size = sizeof h + n->params_size;
    return LN_OK;
}

/* A node that runs a second time. */
typedef struct rerun {
    ln_watch watch; /* first: `see` finds the rest by it */
    ln_stats *stats;
    header h;
    void *params;
    TfLiteTensor in[LN_MAX_ARITY], out;
    const TfLiteTensor *ins[LN_MAX_ARITY];
    TfLiteTensor *outs[1];
    void *scratch;
    ln_status status;
} rerun;

static void see(const ln_watch *watch, const TfLiteTensor *operand, const float *x, size_t n)
{
    rerun *r = (rerun *)(void *)(uintptr_t)watch;
    for (int i = 0; i < r->h.n_in; i++)
        if (r->ins[i] == operand && r->status == LN_OK)
            r->status = ln_stats_observe(r->stats, r->h.graph, r->h.ids[i], x, n, 0);
}

static ln_status copy_inputs(rerun *r, const TfLiteOpaqueContext *context,
                             const TfLiteOpaqueNode *node)
{
    for (int i = 0; i < r->h.n_in; i++) {
        const void *t = TfLiteOpaqueNodeGetInput(context, node, i);
        if (!t)
            continue;
        r->in[i] = *(const TfLiteTensor *)t;
        r->ins[i] = &r->in[i];
        if (!r->in[i].is_variable)
            continue;
        char *copy = ln_new(&ln_alloc_default, r->in[i].bytes + 1, 1);
        if (!copy)
            return LN_ERR_MEMORY;
        if (r->in[i].data.raw)
            memcpy(copy, r->in[i].data.raw, r->in[i].bytes);
        r->in[i].data.raw = copy;
    }
    return LN_OK;
}

static ln_status run(rerun *r, const ln_op *op)
{
    ln_made made[1];
    ln_diag diag = {0};
    ln_call c = {.in = r->ins,
                 .out = r->outs,
                 .n_in = r->h.n_in,
                 .n_out = 1,
                 .params = r->params,
                 .run = true,
                 .made = made,
                 .watch = &r->watch,
                 .diag = &diag};
    LN_TRY(op->infer(&c));
    r->scratch = ln_new(&ln_alloc_default, c.scratch_bytes + 1, 1);
    r->out.bytes = (size_t)ln_shape_count(&made[0].shape, 0, made[0].shape.rank) * sizeof(float);
    r->out.data.raw = ln_new(&ln_alloc_default, r->out.bytes + 1, 1);
    if (!r->scratch || !r->out.data.raw)
        return LN_ERR_MEMORY;
    c.scratch = r->scratch;
    LN_TRY(op->eval(&c));
    return r->status;
}

static void free_rerun(rerun *r)
{
    for (int i = 0; i < r->h.n_in; i++)
        if (r->in[i].is_variable)
            ln_free(&ln_alloc_default, r->in[i].data.raw);
    ln_free(&ln_alloc_default, r->out.data.raw);
    ln_free(&ln_alloc_default, r->scratch);
    ln_free(&ln_alloc_default, r->params);
    ln_free(&ln_alloc_default, r);
}

static ln_status prepare(rerun *r, const TfLiteOpaqueNode *node, const ln_op **op)
{
    const void *data;
    int n;
    if (TfLiteOpaqueNodeGetCustomInitialData(node, &data, &n) != kTfLiteOk || n < (int)sizeof r->h)
        return LN_ERR_FORMAT;
    memcpy(&r->h, data, sizeof r->h);
    *op = ln_op_builtin(r->h.builtin);
    r->params = ln_new(&ln_alloc_default, (size_t)n, 1);
    if (!r->params)
        return LN_ERR_MEMORY;
    memcpy(r->params, (const char *)data + sizeof r->h, (size_t)n - sizeof r->h);
    return *op ? LN_OK : LN_ERR_FORMAT;
}

ln_status ln_quant_watch(ln_stats *stats, const TfLiteOpaqueContext *context,
                         const TfLiteOpaqueNode *node)
{
    const ln_op *op = NULL;
    rerun *r = ln_new(&ln_alloc_default, 1, sizeof *r);
    if (!r)
        return LN_ERR_MEMORY;
    r->watch.see = see;
    r->stats = stats;
    r->outs[0] = &r->out;
    ln_status status = prepare(r, node, &op);
    if (status == LN_OK)
        status = copy_inputs(r, context, node);
    if (status == LN_OK)
        status = run(r, op);
    free_rerun(r);
    return status;
}
