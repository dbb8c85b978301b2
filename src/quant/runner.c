/* SPDX-License-Identifier: Apache-2.0 */
/* runner.c: see runner.h. */
#include "quant/runner.h"

#include <string.h>

#include "base/hash.h"
#include "emit/emit.h"
#include "model/model.h"
#include "quant/plan.h"
#include "quant/watch.h"
#include "tensorflow/lite/core/c/c_api_opaque.h"
#include "tensorflow/lite/core/c/operator.h"

#define OBSERVE "LinnetObserve"
enum { PLACE = 3 };

/* ---- the copy ---- */

/* What goes into weights, whose error times the mean of that is the error of the mean. */
static bool feeds_weights(const ln_graph *g, const ln_quant_nodes *nodes, ln_id tensor)
{
    for (int i = 0; i < nodes->n; i++)
        for (int k = 0; k < nodes->nodes[i].inputs->size; k++)
            if (nodes->nodes[i].inputs->data[k] == tensor &&
                ln_quant_weights_factor(g, &nodes->nodes[i]) == k)
                return true;
    return false;
}

static ln_status put_observer(ln_model *m, ln_graph *g, int graph, ln_id tensor,
                              const ln_quant_nodes *nodes)
{
    const int32_t place[PLACE] = {graph, tensor, tensor >= 0 && feeds_weights(g, nodes, tensor)};
    ln_id id;
    if (tensor < 0 || g->tensors[tensor].t.type != kTfLiteFloat32 ||
        g->tensors[tensor].t.allocation_type == kTfLiteMmapRo)
        return LN_OK;
    LN_TRY(ln_graph_add_node(m, g, NULL, 1, &tensor, 0, NULL, &id));
    ln_node *n = &g->nodes[id];
    n->builtin = kTfLiteBuiltinCustom;
    n->custom_name = OBSERVE;
    n->custom = ln_arena_copy(&m->arena, place, sizeof place);
    n->custom_size = sizeof place;
    return n->custom ? LN_OK : LN_ERR_MEMORY;
}

static ln_status put_all(ln_model *m, ln_graph *g, int graph, const TfLiteIntArray *ids,
                         const ln_quant_nodes *nodes)
{
    for (int i = 0; i < ids->size; i++)
        LN_TRY(put_observer(m, g, graph, ids->data[i], nodes));
    return LN_OK;
}

static ln_status add_observers(ln_model *m)
{
    for (int k = 0; k < m->n_graphs; k++) {
        ln_graph *g = m->graphs[k];
        const ln_quant_nodes old = ln_quant_take_nodes(g);
        LN_TRY(put_all(m, g, k, g->inputs, &old));
        for (int i = 0; i < old.n; i++) {
            if (ln_quant_has_state(old.nodes[i].op))
                LN_TRY(ln_quant_put_watch(m, g, k, &old.nodes[i]));
            LN_TRY(ln_quant_put_node(m, g, &old.nodes[i]));
            LN_TRY(put_all(m, g, k, old.nodes[i].outputs, &old));
        }
    }
    return LN_OK;
}

/* Whether a sample can change what the next one gives. */
static bool is_stateful(const ln_model *m)
{
    for (int k = 0; k < m->n_graphs; k++) {
        const ln_graph *g = m->graphs[k];
        for (int i = 0; i < g->n_tensors; i++)
            if (g->tensors[i].t.is_variable)
                return true;
        for (int i = 0; i < g->n_nodes; i++)
            if (g->nodes[i].builtin == kTfLiteBuiltinAssignVariable ||
                (g->nodes[i].op && g->nodes[i].op->state_bytes))
                return true;
    }
    return false;
}

static ln_status create_stats(ln_stats **out, const ln_model *m, uint64_t hash)
{
    int *n = ln_new(&ln_alloc_default, (size_t)m->n_graphs + 1, sizeof *n);
    if (!n)
        return LN_ERR_MEMORY;
    for (int k = 0; k < m->n_graphs; k++)
        n[k] = m->graphs[k]->n_tensors;
    const ln_status status = ln_stats_create(out, hash, m->n_graphs, n, &ln_alloc_default);
    ln_free(&ln_alloc_default, n);
    return status;
}

ln_status ln_watched_create(ln_watched *w, const void *model, size_t n, ln_diag *diag)
{
    ln_model *m;
    LN_TRY(ln_model_open_memory(&m, model, n, &ln_alloc_default, diag));
    ln_quant_job job = {.m = m, .diag = diag};
    ln_status status = create_stats(&w->stats, m, ln_hash(model, n, 0));
    if (status == LN_OK)
        status = ln_quant_start_over(&job);
    w->stateful = is_stateful(m);
    if (status == LN_OK)
        status = add_observers(m);
    if (status == LN_OK)
        status = ln_model_write(m, &w->bytes, &w->n, &ln_alloc_default, diag);
    ln_model_release(m);
    if (status != LN_OK)
        return status;
    w->model = TfLiteModelCreate(w->bytes, w->n);
    return w->model ? LN_OK : ln_fail(diag, LN_ERR_STATE, "the model cannot be run");
}

void ln_watched_free(ln_watched *w)
{
    TfLiteModelDelete(w->model);
    ln_stats_free(w->stats);
    ln_free(&ln_alloc_default, w->bytes);
}

/* ---- the operators ---- */

static bool place_of(const ln_runner *r, const TfLiteOpaqueNode *node, int32_t place[PLACE])
{
    const size_t bytes = PLACE * sizeof *place;
    const void *data;
    int n;
    if (TfLiteOpaqueNodeGetCustomInitialData(node, &data, &n) != kTfLiteOk || n != (int)bytes)
        return false;
    memcpy(place, data, bytes);
    return place[0] >= 0 && place[0] < r->stats->n_graphs && place[1] >= 0 &&
           place[1] < r->stats->n_tensors[place[0]];
}

static TfLiteStatus prepare_observer(void *user, TfLiteOpaqueContext *context,
                                     TfLiteOpaqueNode *node)
{
    (void)user;
    (void)context;
    (void)node;
    return kTfLiteOk;
}

static int channels_of(const TfLiteOpaqueTensor *t)
{
    const int rank = TfLiteOpaqueTensorNumDims(t);
    const int channels = rank > 0 ? TfLiteOpaqueTensorDim(t, rank - 1) : 0;
    return channels <= LN_STAT_MAX_CHANNELS ? channels : 0;
}

static TfLiteStatus observe(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    ln_runner *r = user;
    const TfLiteOpaqueTensor *t = TfLiteOpaqueNodeGetInput(context, node, 0);
    int32_t at[PLACE];
    if (!t || !place_of(r, node, at))
        return kTfLiteError;
    r->status =
        ln_stats_observe(r->stats, at[0], at[1], TfLiteOpaqueTensorData(t),
                         TfLiteOpaqueTensorByteSize(t) / sizeof(float), at[2] ? channels_of(t) : 0);
    return r->status == LN_OK ? kTfLiteOk : kTfLiteError;
}

static TfLiteStatus watch(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    ln_runner *r = user;
    r->status = ln_quant_watch(r->stats, context, node);
    return r->status == LN_OK ? kTfLiteOk : kTfLiteError;
}

/* ---- life ---- */

static TfLiteOperator *add_operator(ln_runner *r, TfLiteInterpreterOptions *options,
                                    const char *name,
                                    TfLiteStatus (*invoke)(void *, TfLiteOpaqueContext *,
                                                           TfLiteOpaqueNode *))
{
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, name, 1, r);
    if (op) {
        TfLiteOperatorSetPrepareWithData(op, prepare_observer);
        TfLiteOperatorSetInvokeWithData(op, invoke);
        TfLiteInterpreterOptionsAddOperator(options, op);
    }
    return op;
}

static void report(void *user, const char *format, va_list args)
{
    ln_diag *diag = user;
    ln_failv(diag, LN_ERR_STATE, format, args);
}

static ln_status start(ln_runner *r, const ln_watched *w, int threads)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    r->observe = options ? add_operator(r, options, OBSERVE, observe) : NULL;
    r->watch = options ? add_operator(r, options, LN_QUANT_WATCH, watch) : NULL;
    if (r->observe && r->watch) {
        TfLiteInterpreterOptionsSetErrorReporter(options, report, &r->diag);
        TfLiteInterpreterOptionsSetNumThreads(options, threads);
        r->interpreter = TfLiteInterpreterCreate(w->model, options);
    }
    TfLiteInterpreterOptionsDelete(options);
    if (!r->interpreter)
        return ln_fail(&r->diag, LN_ERR_STATE, "%s",
                       r->diag.text[0] ? r->diag.text : "the model cannot be run");
    if (TfLiteInterpreterAllocateTensors(r->interpreter) != kTfLiteOk)
        return LN_ERR_STATE; /* with the interpreter's message */
    return LN_OK;
}

ln_status ln_runner_create(ln_runner **out, const ln_watched *w, int threads, ln_diag *diag)
{
    const ln_stats *s = w->stats;
    ln_runner *r = ln_new(&ln_alloc_default, 1, sizeof *r);
    *out = NULL;
    if (!r)
        return LN_ERR_MEMORY;
    ln_status status =
        ln_stats_create(&r->stats, s->model, s->n_graphs, s->n_tensors, &ln_alloc_default);
    if (status == LN_OK)
        status = start(r, w, threads);
    if (status != LN_OK) {
        *diag = r->diag;
        ln_runner_free(r);
        return status;
    }
    *out = r;
    return LN_OK;
}

void ln_runner_free(ln_runner *r)
{
    if (!r)
        return;
    TfLiteInterpreterDelete(r->interpreter);
    TfLiteOperatorDelete(r->observe);
    TfLiteOperatorDelete(r->watch);
    ln_stats_free(r->stats);
    ln_free(&ln_alloc_default, r);
}

/* Gives the inputs the shapes of the other interpreter's. */
static bool take_shapes(ln_runner *r, const TfLiteInterpreter *from)
{
    TfLiteInterpreter *p = r->interpreter;
    bool changed = false;
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(from); i++) {
        const TfLiteIntArray *dims = TfLiteInterpreterGetInputTensor(from, i)->dims;
        if (TfLiteIntArrayEqual(dims, TfLiteInterpreterGetInputTensor(p, i)->dims))
            continue;
        changed = true;
        if (TfLiteInterpreterResizeInputTensor(p, i, dims->data, dims->size) != kTfLiteOk)
            return false;
    }
    return !changed || TfLiteInterpreterAllocateTensors(p) == kTfLiteOk;
}

bool ln_runner_take(ln_runner *r, const TfLiteInterpreter *from)
{
    if (!take_shapes(r, from))
        return false;
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(from); i++) {
        const TfLiteTensor *in = TfLiteInterpreterGetInputTensor(from, i);
        TfLiteTensor *t = TfLiteInterpreterGetInputTensor(r->interpreter, i);
        if (in->type == kTfLiteString || in->bytes != t->bytes ||
            (t->bytes && TfLiteTensorCopyFromBuffer(t, in->data.raw, in->bytes) != kTfLiteOk))
            return false;
    }
    return true;
}

void ln_runner_run(ln_runner *r, TfLiteSignatureRunner *signature)
{
    r->status = LN_OK;
    const TfLiteStatus status = signature ? TfLiteSignatureRunnerInvoke(signature)
                                          : TfLiteInterpreterInvoke(r->interpreter);
    if (status != kTfLiteOk && r->status == LN_OK)
        r->status = LN_ERR_STATE;
}
