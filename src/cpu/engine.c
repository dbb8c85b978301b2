/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c: the delegate: looks for nodes that rows.def has fast code for and claims them, alone or
 * in groups.  kernel.c runs them. */
#include "cpu/engine.h"

#include "cpu/graph.h"
#include "cpu/kernel.h"

static const ln_alloc *const heap = &ln_alloc_default;

/* Claiming a node costs the runtime a walk over the graph; a huge graph keeps the rest of its nodes
 * as they are rather than taking minutes to start. */
enum { CLAIM_BUDGET = 50 * 1000 * 1000, MAX_GROUP = 64 };

static const ln_cpu_row *const rows[] = {
#define LN_CPU_ROW(name) &ln_cpu_##name,
#include "cpu/rows.def"
#undef LN_CPU_ROW
};

typedef struct engine {
    TfLiteDelegate base; /* first: what the program gets */
    ln_cpu_shared shared;
    void *user;
} engine;

/* ---- claims ---- */

/* A node's call on the tensors as they are now. */
typedef struct view {
    ln_call call;
    const TfLiteTensor *in[LN_MAX_ARITY], *mid[LN_MAX_ARITY];
    TfLiteTensor *out[LN_MAX_ARITY];
    ln_made made[LN_MAX_ARITY];
    ln_diag diag;
} view;

static bool view_node(view *v, const ln_cpu_graph *g, int at)
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

/* Sparse tensors have less data than their shape says; the runtime refuses them where an operator
 * cannot take them, so such nodes stay with it. */
static bool is_dense(const ln_call *c)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i] && c->in[i]->sparsity)
            return false;
    return true;
}

/* Operators with state or side effects need the runtime around them, and an output whose shape
 * depends on values would have to be planned in the middle of a run. */
static bool is_plain(const ln_op *op, view *v)
{
    if ((op->traits & LN_STATEFUL) || op->state_bytes > 0 || !is_dense(&v->call))
        return false;
    if (op->infer(&v->call) != LN_OK)
        return true; /* the shapes in the file are not those of a run yet */
    for (int i = 0; i < v->call.n_out; i++)
        if (!ln_shape_known(&v->made[i].shape))
            return false;
    return true;
}

typedef struct group {
    const ln_cpu_row *row;
    int nodes[MAX_GROUP], n;
} group;

static bool find_group(const ln_cpu_graph *g, int at, group *to)
{
    const ln_op *op = g->items[at].op;
    view v;
    bool seen = false;
    for (size_t i = 0; op && i < LN_COUNTOF(rows); i++) {
        const ln_cpu_row *row = rows[i];
        if (row->op != op)
            continue;
        if (!seen && (!view_node(&v, g, at) || !is_plain(op, &v)))
            return false;
        seen = true;
        *to = (group){.row = row, .nodes = {at}, .n = 1};
        if (row->match)
            to->n = row->match(g, at, to->nodes, MAX_GROUP);
        else if (!row->claims(&v.call))
            continue;
        if (to->n == 0)
            continue;
        return true;
    }
    return false;
}

static TfLiteStatus claim(engine *e, ln_cpu_graph *g, const group *group)
{
    TfLiteContext *context = g->context;
    TfLiteIntArray *ids = TfLiteIntArrayCreate(group->n);
    if (!ids)
        return kTfLiteError;
    for (int i = 0; i < group->n; i++) {
        ids->data[i] = g->items[group->nodes[i]].id;
        g->items[group->nodes[i]].taken = true;
    }
    e->shared.claiming = group->row;
    e->shared.claiming_nodes = group->n;
    const TfLiteStatus status = context->ReplaceNodeSubsetsWithDelegateKernels(
        context, ln_cpu_registration(group->row), ids, &e->base);
    e->shared.claiming = NULL;
    TfLiteIntArrayFree(ids);
    return status;
}

static TfLiteStatus claim_all(engine *e, ln_cpu_graph *g)
{
    int64_t budget = CLAIM_BUDGET;
    group found;
    for (int at = 0; at < g->n && budget > 0; at++) {
        if (g->items[at].taken || !find_group(g, at, &found))
            continue;
        if (claim(e, g, &found) != kTfLiteOk)
            return kTfLiteError;
        budget -= g->n + (int64_t)g->context->tensors_size;
    }
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteDelegate *delegate)
{
    ln_cpu_graph g;
    TfLiteStatus status = kTfLiteDelegateError;
    if (ln_cpu_graph_read(&g, context) == LN_OK)
        status = claim_all((engine *)(void *)delegate, &g);
    ln_cpu_graph_free(&g);
    return status;
}

/* ---- the delegate ---- */

TfLiteDelegate *ln_cpu_create(const ln_cpu_options *options)
{
    engine *e = ln_new(heap, 1, sizeof *e);
    if (!e)
        return NULL;
    ln_cpu_shared *s = &e->shared;
    atomic_flag_clear(&s->busy);
    ln_kernels_init(&s->kernels, ln_cpu_isas());
    if (options && options->threads > 1 &&
        ln_pool_create(&s->pool, heap, options->threads) != LN_OK)
        s->pool = NULL;
    e->base.data_ = s;
    e->base.Prepare = prepare;
    e->base.flags =
        kTfLiteDelegateFlagsAllowDynamicTensors | kTfLiteDelegateFlagsPerOperatorProfiling;
    return &e->base;
}

void ln_cpu_destroy(TfLiteDelegate *delegate)
{
    engine *e = (engine *)(void *)delegate;
    if (!e)
        return;
    ln_pool_destroy(e->shared.pool);
    ln_free(heap, e);
}

void **ln_cpu_user(TfLiteDelegate *delegate)
{
    return &((engine *)(void *)delegate)->user;
}
