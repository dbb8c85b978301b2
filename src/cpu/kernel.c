/* SPDX-License-Identifier: Apache-2.0 */
/* kernel.c: a claimed group of nodes as a node of the runtime.  Shapes come from the operators' own
 * infer, node after node, so a resized graph needs nothing but a new plan.  What a row does not
 * take after all, for shapes that it has no code for, runs by the references (fallback.c). */
#include "cpu/kernel.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cpu/cache.h"
#include "cpu/chain.h"
#include "cpu/constants.h"
#include "cpu/pad.h"
#include "cpu/share.h"

static const ln_alloc *const heap = &ln_alloc_default;

/* The runtime lists a kernel's inputs in an order of its own. */
#define IN_PLACE \
    (kTfLiteInplaceOpInput0Shared | kTfLiteInplaceOpInput1Shared | kTfLiteInplaceOpInput2Shared)

/* ---- operands ---- */

static TfLiteTensor *find(ln_cpu_group *k, TfLiteContext *context, int id)
{
    if (id < 0)
        return NULL;
    for (int i = 0; i < k->n_locals; i++)
        if (k->locals[i].id == id)
            return &k->locals[i].t;
    return &context->tensors[id];
}

/* Points the operands at the tensors, which move when others are added. */
static void bind(ln_cpu_group *k, TfLiteContext *context)
{
    for (int i = 0; i < k->k.n_nodes; i++) {
        ln_cpu_operands *o = &k->operands[i];
        ln_call *c = &k->k.nodes[i].call;
        const int *id = o->ids;
        for (int j = 0; j < c->n_in; j++)
            o->in[j] = find(k, context, *id++);
        for (int j = 0; j < c->n_out; j++)
            o->out[j] = find(k, context, *id++);
        for (int j = 0; j < c->n_mid; j++)
            o->mid[j] = find(k, context, *id++);
        c->tensors = context->tensors;
        c->n_tensors = (int)LN_MIN(context->tensors_size, (size_t)INT32_MAX);
    }
    k->bound_to = context->tensors;
}

/* The row's node reads what the node before it reads, and makes what the one behind it makes. */
static void leave_out_around(ln_cpu_group *k)
{
    if (k->around.before >= 0)
        k->operands[k->main].in[0] = k->operands[k->around.before].in[0];
    if (k->around.behind >= 0)
        k->operands[k->main].out[0] = k->operands[k->around.behind].out[0];
}

/* Behind the nodes whose work the row does. */
static int tail_of(const ln_cpu_group *k)
{
    return LN_MAX(k->main, k->around.behind) + 1;
}

static int *copy_ids(int *to, const TfLiteIntArray *list)
{
    for (int i = 0; i < list->size; i++)
        *to++ = list->data[i];
    return to;
}

static bool add_node(ln_cpu_group *k, TfLiteContext *context, int id)
{
    TfLiteNode *node;
    TfLiteRegistration *r;
    ln_arena *a = &k->arena;
    ln_cpu_operands *o = &k->operands[k->k.n_nodes];
    ln_cpu_node *to = &k->k.nodes[k->k.n_nodes];
    if (context->GetNodeAndRegistration(context, id, &node, &r) != kTfLiteOk)
        return false;
    const size_t in = (size_t)node->inputs->size, out = (size_t)node->outputs->size;
    const size_t mid = (size_t)node->intermediates->size;
    *o = (ln_cpu_operands){ln_arena_new(a, in, sizeof *o->in), ln_arena_new(a, out, sizeof *o->out),
                           ln_arena_new(a, mid, sizeof *o->mid),
                           ln_arena_new(a, in + out + mid, sizeof *o->ids)};
    to->op = ln_op_builtin(r->builtin_code);
    to->call = (ln_call){
        .in = o->in,
        .out = o->out,
        .mid = o->mid,
        .n_in = node->inputs->size,
        .n_out = node->outputs->size,
        .n_mid = node->intermediates->size,
        .params = node->builtin_data,
        .made = ln_arena_new(a, out, sizeof *to->call.made),
        .diag = &k->diag,
    };
    if (!to->op || !o->in || !o->out || !o->mid || !o->ids || !to->call.made)
        return false;
    copy_ids(copy_ids(copy_ids(o->ids, node->inputs), node->outputs), node->intermediates);
    k->k.n_nodes++;
    return true;
}

/* What a node of the group makes and nobody else sees. */
static void add_locals(ln_cpu_group *k, TfLiteContext *context, const TfLiteIntArray *visible)
{
    for (int i = 0; i < k->k.n_nodes; i++) {
        const ln_call *c = &k->k.nodes[i].call;
        for (int j = 0; j < c->n_out; j++) {
            const int id = k->operands[i].ids[c->n_in + j];
            bool seen = false;
            for (int v = 0; v < visible->size; v++)
                seen = seen || visible->data[v] == id;
            if (seen || id < 0)
                continue;
            ln_cpu_local *l = &k->locals[k->n_locals++];
            l->id = id;
            l->unused = i == k->k.n_nodes - 1;
            l->t = context->tensors[id];
            l->t.data.raw = NULL;
            l->t.allocation_type = kTfLiteArenaRw;
            l->dims.size = 0; /* as the model has it: single items keep their rank by it */
            if (l->t.dims && l->t.dims->size <= LN_MAX_RANK) {
                l->dims.size = l->t.dims->size;
                memcpy(l->dims.data, l->t.dims->data, sizeof(int) * (size_t)l->dims.size);
            }
            l->t.dims = (TfLiteIntArray *)(void *)&l->dims;
        }
    }
}

/* ---- life ---- */

static void group_free(TfLiteContext *context, void *data)
{
    ln_cpu_group *k = data;
    (void)context;
    if (!k || data == TfLiteKernelInitFailed())
        return;
    ln_lock *lock = k->shared->lock;
    ln_lock_take(lock);
    ln_cpu_constants_drop(k, true);
    ln_cpu_share_leave(&k->k);
    ln_cpu_pace_leave(&k->shared->paces, k->pace);
    ln_cpu_unpack(&k->k); /* parts lie in the plan */
    ln_free(heap, k->k.tail);
    ln_free(heap, k->k.plan);
    k->shared->unplanned -= !k->planned;
    k->shared->packed_in = NULL; /* the model may go next */
    ln_lock_leave(lock);
    ln_arena_deinit(&k->arena);
    ln_free(heap, k);
}

static void make_name(ln_cpu_group *k)
{
    const char *own = k->row->name && k->row->op ? k->row->name : k->k.nodes[k->main].op->name;
    const int end = k->row->match ? 0 : k->k.n_nodes;
    const char *before = k->around.before >= 0 ? k->k.nodes[k->around.before].op->name : "";
    int at = snprintf(k->name, sizeof k->name, "%s%s%s", before, before[0] ? "+" : "", own);
    for (int i = k->main + 1; i < end && at > 0 && (size_t)at < sizeof k->name; i++)
        at += snprintf(k->name + at, sizeof k->name - (size_t)at, "+%s", k->k.nodes[i].op->name);
    if (k->by_reference && at > 0 && (size_t)at < sizeof k->name)
        snprintf(k->name + at, sizeof k->name - (size_t)at, " by reference");
}

static void *new_plan(const ln_cpu_row *row, int nodes)
{
    const size_t bytes = row->plan_size + row->node_size * (size_t)nodes;
    return ln_new(heap, 1, LN_MAX(bytes, (size_t)1));
}

static bool group_fill(ln_cpu_group *k, TfLiteContext *context, const TfLiteDelegateParams *params)
{
    const TfLiteIntArray *nodes = params->nodes_to_replace;
    int outputs = 0;
    k->operands = ln_arena_new(&k->arena, (size_t)nodes->size, sizeof *k->operands);
    k->k.nodes = ln_arena_new(&k->arena, (size_t)nodes->size, sizeof *k->k.nodes);
    k->k.plan = new_plan(k->row, nodes->size);
    if (!k->operands || !k->k.nodes || !k->k.plan)
        return false;
    for (int i = 0; i < nodes->size; i++) {
        if (!add_node(k, context, nodes->data[i]))
            return false;
        outputs += k->k.nodes[i].call.n_out;
    }
    k->locals = ln_arena_new(&k->arena, (size_t)outputs, sizeof *k->locals);
    if (!k->locals)
        return false;
    add_locals(k, context, params->output_tensors);
    k->constants = k->shared->claiming_constants;
    k->around = k->shared->claiming_around;
    k->main = k->constants + (k->around.before >= 0);
    if (k->shared->claiming_tail)
        k->k.tail = ln_new(heap, 1,
                           sizeof *k->k.tail +
                               (size_t)(nodes->size - tail_of(k)) * sizeof k->k.tail->steps[0]);
    return !k->shared->claiming_tail || k->k.tail;
}

static void *group_create(TfLiteContext *context, const char *buffer, size_t length)
{
    const TfLiteDelegateParams *params = (const TfLiteDelegateParams *)(const void *)buffer;
    ln_cpu_shared *shared = params->delegate->data_;
    (void)length;
    if (!shared->claiming || params->nodes_to_replace->size != shared->claiming_nodes)
        return TfLiteKernelInitFailed();
    ln_cpu_group *k = ln_new(heap, 1, sizeof *k);
    if (!k)
        return TfLiteKernelInitFailed();
    k->row = shared->claiming;
    k->shared = shared;
    k->k.cache = shared->cache;
    k->k.slabs = &shared->slabs;
    k->k.shares = shared->shares;
    k->k.graph = context;
    k->k.row_name = k->row->name ? k->row->name : k->row->op->name;
    if (shared->pool && shared->tuner.mode != LN_CPU_TUNE_OFF)
        k->pace = ln_cpu_pace_join(&shared->paces, context, shared->tuner.now);
    shared->unplanned++;
    ln_arena_init(&k->arena, heap);
    if (!group_fill(k, context, params)) {
        group_free(context, k);
        return TfLiteKernelInitFailed();
    }
    return k;
}

/* ---- planning ---- */

static void report(void *user, const char *message)
{
    TfLiteContext *context = user;
    context->ReportError(context, "%s", message);
}

static TfLiteStatus resize(TfLiteContext *context, TfLiteTensor *t, const ln_made *made)
{
    const ln_shape *s = &made->shape;
    if (!ln_shape_known(s))
        return kTfLiteError;
    if (t->type == made->type && TfLiteIntArrayEqualsArray(t->dims, s->rank, s->dim))
        return kTfLiteOk;
    TfLiteIntArray *dims = TfLiteIntArrayCreate(s->rank);
    if (!dims)
        return kTfLiteError;
    memcpy(dims->data, s->dim, (size_t)s->rank * sizeof s->dim[0]);
    t->type = made->type;
    return context->ResizeTensor(context, t, dims);
}

/* A local tensor's shape. */
static TfLiteStatus set_local(ln_cpu_local *l, const ln_made *made)
{
    const ln_shape *s = &made->shape;
    if (!ln_shape_known(s) ||
        !ln_type_bytes(made->type, (size_t)ln_shape_count(s, 0, s->rank), &l->t.bytes))
        return kTfLiteError;
    l->t.type = made->type;
    l->dims.size = s->rank;
    memcpy(l->dims.data, s->dim, sizeof l->dims.data);
    return kTfLiteOk;
}

ln_cpu_local *ln_cpu_local_of(ln_cpu_group *k, const TfLiteTensor *t)
{
    for (int i = 0; i < k->n_locals; i++)
        if (&k->locals[i].t == t)
            return &k->locals[i];
    return NULL;
}

static TfLiteStatus set_outputs(ln_cpu_group *k, TfLiteContext *context, const ln_call *c)
{
    for (int j = 0; j < c->n_out; j++) {
        ln_cpu_local *l = ln_cpu_local_of(k, c->out[j]);
        if ((l ? set_local(l, &c->made[j]) : resize(context, c->out[j], &c->made[j])) != kTfLiteOk)
            return kTfLiteError;
    }
    return kTfLiteOk;
}

static TfLiteStatus infer(ln_cpu_group *k, TfLiteContext *context)
{
    if (k->row->infer)
        return k->row->infer(&k->k) == LN_OK
                   ? set_outputs(k, context, &k->k.nodes[k->k.n_nodes - 1].call)
                   : kTfLiteError;
    for (int i = 0; i < k->k.n_nodes; i++) {
        ln_call *c = &k->k.nodes[i].call;
        c->scratch_bytes = 0;
        if (k->k.nodes[i].op->infer(c) != LN_OK || set_outputs(k, context, c) != kTfLiteOk)
            return kTfLiteError;
    }
    return kTfLiteOk;
}

static void forget_now(ln_cpu_shared *s)
{
    if (s->packed_in)
        ln_file_forget(s->packed_in, s->packed_from, (size_t)(s->packed_to - s->packed_from));
    s->packed_in = NULL;
    s->packed_bytes = 0;
}

/* Pages go back together, as each call makes processors forget addresses: those that have been read
 * when they are many, those that came along with others' in the end. */
static void forget_soon(ln_cpu_shared *s, const TfLiteTensor *t, bool read)
{
    enum { MANY = 1 << 20 };
    const char *from = t->data.raw_const, *to = from + t->bytes;
    if (s->packed_in != t->allocation)
        forget_now(s);
    s->packed_from = s->packed_in ? LN_MIN(s->packed_from, from) : from;
    s->packed_to = s->packed_in ? LN_MAX(s->packed_to, to) : to;
    s->packed_in = t->allocation;
    s->packed_bytes += read ? t->bytes : 0;
    if (s->packed_bytes >= MANY)
        forget_now(s);
}

/* Constants that have been packed are not read again. */
static void forget_packed(ln_cpu_shared *s, const ln_cpu_kernel *k)
{
    for (int i = 0; i < k->n_parts; i++)
        forget_packed(s, &k->parts[i]);
    for (int i = 0; k->packed && i < k->n_nodes; i++) {
        const ln_call *c = &k->nodes[i].call;
        for (int j = 0; j < c->n_in; j++)
            if (c->in[j] && c->in[j]->data.raw == k->packed_of && c->in[j]->allocation &&
                c->in[j]->allocation_type == kTfLiteMmapRo)
                forget_soon(s, c->in[j], !k->filled);
    }
}

/* Lends the kernel the threads, if it wants them and nobody else has them. */
static void take_pool(ln_cpu_group *k, bool wanted)
{
    ln_cpu_shared *s = k->shared;
    const bool mine = wanted && s->pool && !atomic_flag_test_and_set(&s->busy);
    k->k.pool = mine ? s->pool : NULL;
}

static void give_pool(const ln_cpu_group *k)
{
    if (k->k.pool)
        atomic_flag_clear(&k->shared->busy);
}

static ln_status plan_unused(ln_cpu_group *k)
{
    for (int i = 0; i < k->n_locals; i++)
        if (k->locals[i].unused &&
            !ln_cpu_add_scratch(&k->k.scratch_bytes, k->locals[i].t.bytes, &k->locals[i].at))
            return LN_ERR_MEMORY;
    return LN_OK;
}

/* The cache is written, and threads are there, when the last kernel has been planned.  Doing
 * without it is no error, but its user wants to know. */
static void keep_weights(ln_cpu_group *k)
{
    ln_cpu_shared *s = k->shared;
    s->unplanned -= !k->planned;
    k->planned = true;
    if (s->unplanned == 0) {
        forget_now(s);
        ln_cpu_tuner_save(&s->tuner, &k->diag);
        take_pool(k, true);
        if (k->k.pool)
            ln_pool_start(k->k.pool);
        give_pool(k);
    }
    if (!s->cache)
        return;
    if (!k->by_reference)
        ln_cpu_keep_packed(&k->k);
    if (s->unplanned > 0)
        return;
    ln_diag diag = {.sink = k->diag.sink, .user = k->diag.user};
    ln_diag_where(&diag, "weight cache");
    (void)!ln_cpu_cache_save(s->cache, &diag);
}

/* Nobody needs the weights that are late: the cache had them packed. */
static bool weights_found(const ln_cpu_group *k, ln_status status)
{
    return status == LN_OK && k->k.late && k->k.filled &&
           k->k.packed_of == k->k.late->call.out[0]->data.raw;
}

ln_status ln_cpu_group_plan(ln_cpu_group *k)
{
    ln_cpu_share_leave(&k->k);
    k->k.scratch_bytes = 0;
    k->k.ways = 1;
    k->k.other_ways = 0;
    k->k.work = 0;
    take_pool(k, true);
    ln_status status = k->row->plan(&k->k, &k->k.nodes[k->main].call);
    give_pool(k);
    if ((status == LN_OK || status == LN_ERR_UNSUPPORTED) && !weights_found(k, status))
        LN_TRY(ln_cpu_constants_finish(&k->k));
    if (status == LN_OK && k->k.tail)
        status = ln_chain_plan(k->k.tail, &k->k, tail_of(k), k->k.n_nodes);
    return status == LN_OK ? plan_unused(k) : status;
}

static TfLiteStatus plan(ln_cpu_group *k, TfLiteContext *context)
{
    k->k.fn = &k->shared->kernels;
    k->k.threads = ln_pool_threads(k->shared->pool);
    k->diag = (ln_diag){.sink = report, .user = context};
    k->scratch_index = -1;
    bind(k, context);
    if (k->pace)
        ln_cpu_pace_forget(k->pace);
    if (infer(k, context) != kTfLiteOk)
        return kTfLiteError;
    ln_status status = ln_cpu_constants_make(k);
    if (status == LN_OK && k->around.before >= 0)
        status =
            ln_cpu_around_read(&k->k, &k->k.nodes[k->around.before].call,
                               k->around.behind >= 0 ? &k->k.nodes[k->around.behind].call : NULL);
    leave_out_around(k);
    if (status == LN_OK)
        status = ln_cpu_tune(&k->shared->tuner, k, context);
    k->by_reference = status == LN_ERR_UNSUPPORTED;
    if (k->by_reference) {
        bind(k, context);
        status = ln_cpu_fallback_plan(k);
    }
    k->name[0] = '\0';
    k->named = status == LN_OK;
    if (status != LN_OK)
        return kTfLiteError;
    if (!k->by_reference) {
        ln_cpu_constants_drop(k, false);
        forget_packed(k->shared, &k->k);
    }
    keep_weights(k);
    return k->k.scratch_bytes == 0 ? kTfLiteOk
                                   : context->RequestScratchBufferInArena(
                                         context, k->k.scratch_bytes, &k->scratch_index);
}

static TfLiteStatus group_prepare(TfLiteContext *context, TfLiteNode *node)
{
    ln_cpu_group *k = node->user_data;
    ln_lock_take(k->shared->lock);
    const TfLiteStatus status = plan(k, context);
    ln_lock_leave(k->shared->lock);
    return status;
}

/* ---- running ---- */

/* Nobody uses an output without memory. */
static bool is_idle(ln_cpu_group *k)
{
    const ln_call *last = &k->k.nodes[k->k.n_nodes - 1].call;
    for (int i = 0; i < last->n_out; i++)
        if (last->out[i]->bytes > 0 && last->out[i]->data.raw &&
            (k->n_locals == 0 || !ln_cpu_local_of(k, last->out[i])))
            return false;
    return true;
}

static void point_unused(ln_cpu_group *k)
{
    for (int i = 0; i < k->n_locals; i++)
        if (k->locals[i].unused)
            k->locals[i].t.data.raw = (char *)k->k.scratch + k->locals[i].at;
}

/* With a tail, the row's node writes where the last one's output goes. */
static void lend_output(ln_cpu_group *k)
{
    TfLiteTensor *y = k->k.nodes[k->main].call.out[0];
    y->data = k->k.nodes[k->k.n_nodes - 1].call.out[0]->data;
}

void ln_cpu_group_run(ln_cpu_group *k, bool may_share)
{
    point_unused(k);
    if (k->k.tail)
        lend_output(k);
    take_pool(k, may_share && k->k.sharing != LN_SHARING_NONE);
    k->row->run(&k->k, &k->k.nodes[k->main].call);
    give_pool(k);
}

static void run_paced(ln_cpu_group *k)
{
    if (!k->pace) {
        ln_cpu_group_run(k, true);
        return;
    }
    const uint32_t jobs = ln_pool_jobs(k->shared->pool);
    ln_cpu_group_run(k, ln_cpu_pace_before(k->pace, k, k->shares));
    ln_cpu_pace_after(k->pace, k, &k->shares, k->k.pool || k->k.sharing == LN_SHARING_NONE,
                      k->k.pool && ln_pool_jobs(k->shared->pool) != jobs);
}

static TfLiteStatus group_invoke(TfLiteContext *context, TfLiteNode *node)
{
    ln_cpu_group *k = node->user_data;
    if (k->bound_to != context->tensors) {
        bind(k, context);
        if (!k->by_reference)
            leave_out_around(k);
    }
    if (is_idle(k))
        return kTfLiteOk;
    k->k.scratch = NULL;
    if (k->scratch_index >= 0) {
        k->k.scratch = context->GetScratchBuffer(context, k->scratch_index);
        if (!k->k.scratch)
            return kTfLiteError;
    }
    if (k->by_reference)
        return ln_cpu_fallback_run(k) == LN_OK ? kTfLiteOk : kTfLiteError;
    if (k->row->check && k->row->check(&k->k) != LN_OK)
        return kTfLiteError;
    run_paced(k);
    return kTfLiteOk;
}

static const char *group_name(const TfLiteContext *context, const TfLiteNode *node)
{
    ln_cpu_group *k = node->user_data;
    (void)context;
    if (k->named && !k->name[0])
        make_name(k);
    return k->named ? k->name : NULL;
}

TfLiteRegistration ln_cpu_registration(const ln_cpu_row *row)
{
    return (TfLiteRegistration){
        .init = group_create,
        .free = group_free,
        .prepare = group_prepare,
        .invoke = group_invoke,
        .profiling_string = group_name,
        .builtin_code = kTfLiteBuiltinDelegate,
        .custom_name = row->op ? row->op->name : row->name,
        .version = 1,
        .inplace_operator = row->traits & LN_CPU_IN_PLACE ? IN_PLACE : 0,
    };
}

void ln_cpu_tail_run(const ln_cpu_kernel *k, const ln_cpu_block *b, int thread)
{
    if (!k->tail)
        return;
    if (b->cols == b->ld) {
        ln_chain_run(k->tail, k, b->row * b->ld, b->rows * b->ld, thread);
        return;
    }
    for (size_t i = 0; i < b->rows; i++)
        ln_chain_run(k->tail, k, (b->row + i) * b->ld + b->col, b->cols, thread);
}
