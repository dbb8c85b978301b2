/* SPDX-License-Identifier: Apache-2.0 */
/* invoke.c: runs a graph's plan.  Nothing is allocated here once shapes are fixed: a node whose
 * shapes only its run tells works them out again, and only where they differ from the last run is
 * what follows planned anew. */
#include <string.h>

#include "base/clock.h"
#include "runtime/internal.h"

static ln_status run_op(ln_rt_node *n)
{
    if (n->node.outputs->size && (n->op->traits & LN_VIEW) && n->in[0] &&
        n->in[0]->data.raw == n->out[0]->data.raw && !n->rerun_infer)
        return LN_OK;
    void *const scratch = n->call.scratch;
    if (n->rerun_infer)
        LN_TRY(ln_rt_infer(n, true));
    LN_TRY(ln_rt_bind(n));
    if (n->call.scratch_bytes > n->scratch_size)
        LN_TRY(ln_rt_late_scratch(n));
    n->call.run = true;
    const ln_status status = n->op->eval(&n->call);
    n->call.run = false;
    n->call.scratch = scratch;
    return status;
}

/* Inputs of an operator that checks nothing itself. */
static ln_status check_inputs(ln_rt_node *n)
{
    ln_rt_graph *g = n->graph;
    for (int i = 0; i < n->node.inputs->size; i++) {
        const int id = n->node.inputs->data[i];
        if (id < 0)
            continue;
        TfLiteTensor *t = &g->context.tensors[id];
        if (t->delegate && t->delegate != n->node.delegate && t->data_is_stale)
            LN_TRY(ln_rt_make_readable(g, id));
        if (!t->data.raw && t->bytes > 0 && !t->data_is_stale &&
            !(n->reg.builtin_code == kTfLiteBuiltinReshape && i == 1))
            return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "input %d (tensor %d) lacks data", i, id);
    }
    return LN_OK;
}

static ln_status run_registration(ln_rt_node *n)
{
    ln_rt_graph *g = n->graph;
    ln_diag *diag = &g->it->diag;
    LN_TRY(check_inputs(n));
    diag->text[0] = '\0';
    const TfLiteStatus status = ln_rt_reg_invoke(n);
    ln_rt_free_eval_buffers(g);
    if (status == kTfLiteOk)
        return LN_OK;
    const ln_status code = status == kTfLiteError && n->node.delegate
                               ? LN_ERR_DELEGATE
                               : ln_status_from_tflite(status);
    return diag->text[0] ? code : ln_fail(diag, code, "invoke failed");
}

/* Buffers of delegates that feed an op of ours. */
static ln_status read_stale(ln_rt_node *n)
{
    for (int i = 0; i < n->call.n_in; i++)
        if (n->in[i] && n->in[i]->data_is_stale)
            LN_TRY(ln_rt_make_readable(n->graph, n->node.inputs->data[i]));
    return LN_OK;
}

static ln_status run_node(ln_rt_node *n)
{
    if (!n->op)
        return run_registration(n);
    LN_TRY(ln_rt_bind(n));
    LN_TRY(read_stale(n));
    return run_op(n);
}

static ln_status run_timed(ln_rt_node *n)
{
    ln_interpreter *it = n->graph->it;
    const ln_profiler *p = &it->profiler;
    if (!it->options.profile && !p->begin)
        return run_node(n);
    uint32_t handle = 0;
    if (p->begin)
        handle = p->begin(p->user, n->graph->index, n->id, ln_rt_node_name(n));
    const uint64_t start = ln_now_ns();
    const ln_status status = run_node(n);
    n->total_ns += ln_now_ns() - start;
    n->runs++;
    if (p->end)
        p->end(p->user, handle);
    return status;
}

static ln_status before_node(ln_rt_graph *g, int pos)
{
    ln_interpreter *it = g->it;
    if (atomic_load_explicit(&it->cancelled, memory_order_relaxed))
        return ln_fail(&it->diag, LN_ERR_CANCELLED, "the run was cancelled");
    if (it->options.max_steps && it->steps++ >= it->options.max_steps)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "the run takes more than %llu nodes",
                       (unsigned long long)it->options.max_steps);
    if (pos >= g->planned)
        return ln_rt_plan(g, pos);
    return LN_OK;
}

/* Frees dynamic inputs that no later node reads; a graph's own inputs and outputs stay. */
static void release_inputs(ln_rt_graph *g, const ln_rt_node *n, int pos)
{
    const TfLiteIntArray *in = n->node.inputs;
    for (int i = 0; i < in->size; i++)
        if (in->data[i] >= 0 && g->slots[in->data[i]].use == pos)
            ln_rt_release(g, in->data[i]);
}

static ln_status run_all(ln_rt_graph *g)
{
    for (int pos = 0; pos < g->plan->size; pos++) {
        LN_TRY(before_node(g, pos));
        ln_rt_node *n = g->nodes[g->plan->data[pos]];
        if (n->folded)
            continue;
        g->resized = false;
        g->running = n;
        ln_rt_where(g, n);
        LN_TRY(run_timed(n));
        if (g->it->options.release_dynamic)
            release_inputs(g, n, pos);
        if (g->resized)
            ln_rt_unplan(g, pos + 1);
    }
    return LN_OK;
}

ln_status ln_rt_run(ln_rt_graph *g)
{
    ln_interpreter *it = g->it;
    if (g->busy || it->depth >= LN_RT_MAX_DEPTH)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT,
                       g->busy ? "graph %d calls itself" : "graph %d is called too deep", g->index);
    const void *where = ln_rt_where(g, NULL);
    g->busy = true;
    it->depth++;
    const ln_status status = run_all(g);
    it->depth--;
    g->busy = false;
    g->running = NULL;
    ln_rt_where(g, where);
    return status;
}

/* What the caller reads must be in memory that it can read. */
static ln_status finish(ln_rt_graph *g)
{
    const TfLiteIntArray *out = g->source->outputs;
    for (int i = 0; !g->it->keep_handles && i < out->size; i++)
        if (out->data[i] >= 0)
            LN_TRY(ln_rt_make_readable(g, out->data[i]));
    return LN_OK;
}

ln_status ln_interpreter_invoke(ln_interpreter *it, int graph)
{
    ln_rt_graph *g = ln_rt_graph_at(it, graph);
    if (!g)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "there is no graph %d", graph);
    if (!g->allocated || it->invoking || it->delegates_off)
        return ln_fail(&it->diag, LN_ERR_STATE,
                       "Invoke called on model that is not ready: graph %d is %s", graph,
                       it->invoking ? "running" : "not allocated");
    atomic_store(&it->cancelled, false);
    it->steps = it->plan_steps = 0;
    it->invoking = true;
    ln_status status = ln_rt_run(g);
    if (status == LN_OK)
        status = finish(g);
    it->invoking = false;
    return status;
}
