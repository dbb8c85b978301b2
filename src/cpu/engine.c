/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c: the delegate: looks for nodes that rows.def has fast code for and claims them, alone or
 * in groups.  kernel.c runs them. */
#include "cpu/engine.h"

#include "cpu/cache.h"
#include "cpu/chain.h"
#include "cpu/constants.h"
#include "cpu/kernel.h"
#include "cpu/pad.h"

static const ln_alloc *const heap = &ln_alloc_default;

/* Claiming a node costs the runtime a walk over the graph; a huge graph keeps the rest of its nodes
 * as they are rather than taking minutes to start. */
enum { CLAIM_BUDGET = 50 * 1000 * 1000, MAX_GROUP = 64, MAX_CONSTANTS = 3 };

static const ln_cpu_row *const rows[] = {
#define LN_CPU_ROW(name) &ln_cpu_##name,
#include "cpu/rows.def"
#undef LN_CPU_ROW
};

const ln_cpu_row *ln_cpu_row_at(int i)
{
    return (size_t)i < LN_COUNTOF(rows) ? rows[i] : NULL;
}

typedef struct engine {
    TfLiteDelegate base; /* first: what the program gets */
    ln_cpu_shared shared;
    void *user;
    bool usable; /* this processor has what the kernels were built for */
} engine;

/* ---- claims ---- */

typedef struct group {
    const ln_cpu_row *row;
    int nodes[MAX_GROUP], n;
    int constants;        /* nodes that come first and are computed with the plan, */
    ln_cpu_around around; /* see pad.h; by positions in the group; */
    bool tail;            /* elementwise nodes follow */
} group;

/* Groups are looked for in this order over the whole graph, so that a node that could end one group
 * or begin another goes where it saves most. */
typedef enum pass { PATTERNS, PRODUCERS, OTHERS, PASSES } pass;

static pass pass_of(const ln_cpu_row *row)
{
    return row->match ? PATTERNS : row->traits & (LN_CPU_TAIL | LN_CPU_PAD) ? PRODUCERS : OTHERS;
}

/* Adds what can precede and follow the one node of the group. */
static void extend(const ln_cpu_graph *g, group *to)
{
    const int at = to->nodes[0];
    const ln_cpu_around around = ln_cpu_around_match(g, at, to->row->traits);
    const bool step = ln_chain_takes(g, at);
    to->n = 0;
    if (to->row->traits & (LN_CPU_TAIL | LN_CPU_PAD))
        to->constants = to->n = ln_cpu_constants_match(g, at, to->nodes, MAX_CONSTANTS);
    /* nodes come in the order of the plan; a constant that the PAD is ahead of is folded */
    while (around.before >= 0 && to->n > 0 && to->nodes[to->n - 1] > around.before)
        to->constants = --to->n;
    if (around.before >= 0) {
        to->around.before = to->n;
        to->nodes[to->n++] = around.before;
    }
    to->nodes[to->n++] = at;
    if (around.behind >= 0) {
        to->around.behind = to->n;
        to->nodes[to->n++] = around.behind;
    }
    if (!step && !(to->row->traits & LN_CPU_TAIL))
        return;
    const int tail = ln_chain_match(g, to->nodes[to->n - 1], to->nodes + to->n, LN_CHAIN_MAX - 1);
    to->n += tail;
    to->tail = !step && tail > 0;
    if (step && tail > 0)
        to->row = &ln_cpu_chain;
}

static bool find_group(const ln_cpu_graph *g, int at, pass pass, group *to)
{
    const ln_op *op = g->items[at].op;
    ln_cpu_view v;
    bool seen = false;
    if (g->items[at].constant)
        return false;
    for (size_t i = 0; op && i < LN_COUNTOF(rows); i++) {
        const ln_cpu_row *row = rows[i];
        if (row->op != op || pass_of(row) != pass)
            continue;
        *to = (group){.row = row, .nodes = {at}, .n = 1, .around = {-1, -1}};
        if (row->match) {
            to->n = row->match(g, at, to->nodes, MAX_GROUP);
            while (row->traits & LN_CPU_CONSTANTS && to->constants < to->n &&
                   g->items[to->nodes[to->constants]].constant)
                to->constants++;
            if (to->n > 0)
                return true;
            continue;
        }
        if (!seen && !ln_cpu_view_plain(&v, g, at, row->traits & LN_CPU_STATE))
            return false;
        seen = true;
        if (row->claims(&v.call))
            extend(g, to);
        else
            continue;
        if (to->n > 0)
            return true;
    }
    return false;
}

/* An operand that is shorter than the output but has larger items could take as many bytes. */
static bool same_sizes(const ln_cpu_graph *g, const group *group)
{
    const size_t size = ln_type_size(ln_cpu_graph_output(g, group->nodes[group->n - 1], 0)->type);
    for (int i = 0; i < group->n; i++)
        for (int k = 0; k < g->items[group->nodes[i]].node->inputs->size; k++) {
            const TfLiteTensor *t = ln_cpu_graph_input(g, group->nodes[i], k);
            if (t && ln_type_size(t->type) != size)
                return false;
        }
    return true;
}

static TfLiteStatus claim(engine *e, ln_cpu_graph *g, const group *group)
{
    TfLiteContext *context = g->context;
    TfLiteRegistration registration = ln_cpu_registration(group->row);
    TfLiteIntArray *ids = TfLiteIntArrayCreate(group->n);
    if (!ids)
        return kTfLiteError;
    for (int i = 0; i < group->n; i++) {
        ids->data[i] = g->items[group->nodes[i]].id;
        g->items[group->nodes[i]].taken = true;
    }
    if (group->row->run == ln_chain_row_run && !same_sizes(g, group))
        registration.inplace_operator = 0;
    e->shared.claiming = group->row;
    e->shared.claiming_nodes = group->n;
    e->shared.claiming_constants = group->constants;
    e->shared.claiming_around = group->around;
    e->shared.claiming_tail = group->tail;
    const TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, registration, ids, &e->base);
    e->shared.claiming = NULL;
    TfLiteIntArrayFree(ids);
    return status;
}

static TfLiteStatus claim_all(engine *e, ln_cpu_graph *g)
{
    int64_t budget = CLAIM_BUDGET;
    group found;
    for (pass pass = 0; pass < PASSES; pass++)
        for (int at = 0; at < g->n && budget > 0; at++) {
            if (g->items[at].taken || !find_group(g, at, pass, &found))
                continue;
            if (claim(e, g, &found) != kTfLiteOk)
                return kTfLiteError;
            budget -= g->n + (int64_t)g->context->tensors_size;
        }
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteDelegate *delegate)
{
    engine *e = (engine *)(void *)delegate;
    ln_cpu_graph g;
    TfLiteStatus status = kTfLiteDelegateError;
    if (!e->usable)
        return kTfLiteOk;
    if (ln_cpu_graph_read(&g, context) == LN_OK) {
        g.fn = &e->shared.kernels;
        g.threads = ln_pool_threads(e->shared.pool);
        ln_lock_take(e->shared.lock);
        status = claim_all(e, &g);
        ln_lock_leave(e->shared.lock);
    }
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
    if (ln_lock_create(&s->lock, heap) != LN_OK) {
        ln_free(heap, e);
        return NULL;
    }
    atomic_flag_clear(&s->busy);
    const bool same_floats = (options && options->same_floats) || ln_cpu_same_floats();
    e->usable = ln_kernels_init(&s->kernels, ln_cpu_isas(), same_floats);
    if (!(options && options->half) || same_floats) {
        s->kernels.gemm_half = (ln_gemm_kernels){.panel = NULL};
        s->kernels.gemm_half_row = (ln_gemm_kernels){.row = NULL};
    }
    if (options && options->threads > 1 &&
        ln_pool_create(&s->pool, heap, options->threads) != LN_OK)
        s->pool = NULL;
    if (options && options->weight_cache)
        s->cache = ln_cpu_cache_new(options->weight_cache, &s->kernels);
    ln_cpu_tuner_init(&s->tuner, options ? options->tuning : LN_CPU_TUNE_DEFAULT, s->cache);
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
    ln_cpu_tuner_deinit(&e->shared.tuner);
    ln_cpu_cache_free(e->shared.cache);
    ln_cpu_slabs_deinit(&e->shared.slabs);
    ln_lock_destroy(e->shared.lock);
    ln_free(heap, e);
}

void **ln_cpu_user(TfLiteDelegate *delegate)
{
    return &((engine *)(void *)delegate)->user;
}
