/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c: the delegate that claims nodes and runs them by the rows of row.h.  Output shapes come
 * from the operator's own infer, so a resized graph needs nothing but a new plan, and the graph
 * stays open to other delegates. */
#include "cpu/engine.h"

#include <stdatomic.h>
#include <string.h>

#include "cpu/row.h"

static const ln_alloc *const heap = &ln_alloc_default;

/* Claiming a node costs the runtime a walk over the graph; a huge graph keeps the rest of its nodes
 * as they are rather than taking minutes to start. */
enum { CLAIM_BUDGET = 50 * 1000 * 1000, MAX_IN = 4 };

static const ln_cpu_row *const rows[] = {
    &ln_cpu_conv,
    &ln_cpu_fully_connected,
};

typedef struct engine {
    TfLiteDelegate base; /* first: what the program gets */
    ln_cpu_options options;
    ln_kernels kernels;
    ln_pool *pool;    /* NULL: none, or none could be had */
    atomic_flag busy; /* an interpreter uses the pool; others meanwhile do without */
    void *user;
} engine;

/* A claimed node: row, operands, and the row's state. */
typedef struct kernel {
    ln_cpu_kernel k;
    const ln_cpu_row *row;
    const void *params;
    int in_ids[MAX_IN], n_in, out_id;
    int scratch_index;
    const TfLiteTensor *in[MAX_IN];
    TfLiteTensor *out[1];
    ln_made made[1];
    ln_call call;
    ln_diag diag;
} kernel;

/* ---- claims ---- */

/* The row for a node, NULL when there is none.  A node whose registration is the program's own, not
 * the library's, is left alone: only ours names itself by the operator's constant. */
static const ln_cpu_row *find_row(TfLiteContext *context, const TfLiteNode *node,
                                  const TfLiteRegistration *r)
{
    if (node->delegate || r->builtin_code == kTfLiteBuiltinCustom || !r->profiling_string)
        return NULL;
    const ln_op *op = ln_op_builtin(r->builtin_code);
    for (size_t i = 0; op && i < LN_COUNTOF(rows); i++)
        if (rows[i]->op == op)
            return r->profiling_string(context, node) == op->name ? rows[i] : NULL;
    return NULL;
}

/* Points the operands of `k` at the tensors as they are now. */
static bool bind(kernel *k, TfLiteContext *context)
{
    for (int i = 0; i < k->n_in; i++)
        k->in[i] = k->in_ids[i] < 0 ? NULL : context->GetTensor(context, k->in_ids[i]);
    k->out[0] = context->GetTensor(context, k->out_id);
    k->call.in = k->in;
    k->call.out = k->out;
    k->call.n_in = k->n_in;
    k->call.n_out = 1;
    k->call.params = k->params;
    k->call.made = k->made;
    k->call.diag = &k->diag;
    return k->out[0] != NULL;
}

static bool kernel_init(kernel *k, TfLiteContext *context, const TfLiteNode *node,
                        const ln_cpu_row *row)
{
    memset(k, 0, sizeof *k);
    if (node->inputs->size > MAX_IN || node->outputs->size != 1)
        return false;
    k->row = row;
    k->params = node->builtin_data;
    k->n_in = node->inputs->size;
    for (int i = 0; i < k->n_in; i++)
        k->in_ids[i] = node->inputs->data[i];
    k->out_id = node->outputs->data[0];
    k->scratch_index = -1;
    return bind(k, context);
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

static bool claims(TfLiteContext *context, int id)
{
    TfLiteNode *node;
    TfLiteRegistration *r;
    kernel k;
    if (context->GetNodeAndRegistration(context, id, &node, &r) != kTfLiteOk)
        return false;
    const ln_cpu_row *row = find_row(context, node, r);
    return row && kernel_init(&k, context, node, row) && is_dense(&k.call) && row->claims(&k.call);
}

/* ---- kernels ---- */

static void kernel_free(TfLiteContext *context, void *data)
{
    kernel *k = data;
    (void)context;
    if (!k || data == TfLiteKernelInitFailed())
        return;
    ln_free(heap, k->k.plan);
    ln_free_aligned(heap, k->k.packed);
    ln_free(heap, k);
}

static void *kernel_create(TfLiteContext *context, const char *buffer, size_t length)
{
    const TfLiteDelegateParams *params = (const TfLiteDelegateParams *)(const void *)buffer;
    TfLiteNode *node;
    TfLiteRegistration *r;
    (void)length;
    if (params->nodes_to_replace->size != 1 ||
        context->GetNodeAndRegistration(context, params->nodes_to_replace->data[0], &node, &r) !=
            kTfLiteOk)
        return TfLiteKernelInitFailed();
    const ln_cpu_row *row = find_row(context, node, r);
    kernel *k = row ? ln_new(heap, 1, sizeof *k) : NULL;
    if (!k)
        return TfLiteKernelInitFailed();
    if (!kernel_init(k, context, node, row) || !(k->k.plan = ln_new(heap, 1, row->plan_size))) {
        kernel_free(context, k);
        return TfLiteKernelInitFailed();
    }
    return k;
}

static void report(void *user, const char *message)
{
    TfLiteContext *context = user;
    context->ReportError(context, "%s", message);
}

static TfLiteStatus resize_output(TfLiteContext *context, const kernel *k)
{
    const ln_shape *s = &k->made[0].shape;
    if (!ln_shape_known(s))
        return kTfLiteError;
    if (TfLiteIntArrayEqualsArray(k->out[0]->dims, s->rank, s->dim))
        return kTfLiteOk;
    TfLiteIntArray *dims = TfLiteIntArrayCreate(s->rank);
    if (!dims)
        return kTfLiteError;
    memcpy(dims->data, s->dim, (size_t)s->rank * sizeof s->dim[0]);
    return context->ResizeTensor(context, k->out[0], dims);
}

static TfLiteStatus kernel_prepare(TfLiteContext *context, TfLiteNode *node)
{
    kernel *k = node->user_data;
    const engine *e = (engine *)(void *)node->delegate;
    k->k.fn = &e->kernels;
    k->k.threads = ln_pool_threads(e->pool);
    if (!bind(k, context))
        return kTfLiteError;
    k->diag = (ln_diag){.sink = report, .user = context};
    k->call.scratch_bytes = 0;
    k->k.scratch_bytes = 0;
    k->scratch_index = -1;
    if (k->row->op->infer(&k->call) != LN_OK || resize_output(context, k) != kTfLiteOk ||
        k->row->plan(&k->k, &k->call) != LN_OK)
        return kTfLiteError;
    return k->k.scratch_bytes == 0 ? kTfLiteOk
                                   : context->RequestScratchBufferInArena(
                                         context, k->k.scratch_bytes, &k->scratch_index);
}

static TfLiteStatus kernel_invoke(TfLiteContext *context, TfLiteNode *node)
{
    kernel *k = node->user_data;
    if (!bind(k, context))
        return kTfLiteError;
    k->k.scratch = NULL;
    if (k->scratch_index >= 0) {
        k->k.scratch = context->GetScratchBuffer(context, k->scratch_index);
        if (!k->k.scratch)
            return kTfLiteError;
    }
    /* nobody uses an output without memory */
    if (k->out[0]->bytes == 0 || !k->out[0]->data.raw)
        return kTfLiteOk;
    engine *e = (engine *)(void *)node->delegate;
    const bool mine = e->pool && !atomic_flag_test_and_set(&e->busy);
    k->k.pool = mine ? e->pool : NULL;
    k->row->run(&k->k, &k->call);
    if (mine)
        atomic_flag_clear(&e->busy);
    return kTfLiteOk;
}

static const char *kernel_name(const TfLiteContext *context, const TfLiteNode *node)
{
    const kernel *k = node->user_data;
    (void)context;
    return k->row->op->name;
}

void *ln_cpu_pack(ln_cpu_kernel *k, size_t bytes, const void *of)
{
    ln_free_aligned(heap, k->packed);
    k->packed = ln_new_aligned(heap, bytes > 0 ? bytes : 1);
    k->packed_of = k->packed ? of : NULL;
    return k->packed;
}

/* ---- the delegate ---- */

static TfLiteStatus claim(TfLiteContext *context, TfLiteDelegate *delegate, int id)
{
    TfLiteNode *node;
    TfLiteRegistration *r;
    TfLiteIntArray *one = TfLiteIntArrayCreate(1);
    if (!one)
        return kTfLiteError;
    one->data[0] = id;
    TfLiteStatus status = context->GetNodeAndRegistration(context, id, &node, &r);
    if (status == kTfLiteOk) {
        const TfLiteRegistration kernel_registration = {
            .init = kernel_create,
            .free = kernel_free,
            .prepare = kernel_prepare,
            .invoke = kernel_invoke,
            .profiling_string = kernel_name,
            .builtin_code = kTfLiteBuiltinDelegate,
            .custom_name = ln_op_code_name(r->builtin_code),
            .version = 1,
        };
        status = context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel_registration, one,
                                                                delegate);
    }
    TfLiteIntArrayFree(one);
    return status;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteDelegate *delegate)
{
    TfLiteIntArray *plan = NULL;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteDelegateError;
    plan = TfLiteIntArrayCopy(plan); /* claiming changes the runtime's */
    if (!plan)
        return kTfLiteDelegateError;
    int64_t budget = CLAIM_BUDGET;
    TfLiteStatus status = kTfLiteOk;
    for (int i = 0; i < plan->size && budget > 0 && status == kTfLiteOk; i++) {
        if (!claims(context, plan->data[i]))
            continue;
        status = claim(context, delegate, plan->data[i]);
        budget -= plan->size + (int64_t)context->tensors_size;
    }
    TfLiteIntArrayFree(plan);
    return status;
}

TfLiteDelegate *ln_cpu_create(const ln_cpu_options *options)
{
    engine *e = ln_new(heap, 1, sizeof *e);
    if (!e)
        return NULL;
    if (options)
        e->options = *options;
    atomic_flag_clear(&e->busy);
    ln_kernels_init(&e->kernels, ln_cpu_isas());
    if (e->options.threads > 1 && ln_pool_create(&e->pool, heap, e->options.threads) != LN_OK)
        e->pool = NULL;
    e->base.data_ = e;
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
    ln_pool_destroy(e->pool);
    ln_free(heap, e);
}

void **ln_cpu_user(TfLiteDelegate *delegate)
{
    return &((engine *)(void *)delegate)->user;
}
