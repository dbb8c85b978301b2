/* SPDX-License-Identifier: Apache-2.0 */
/* host.c: what stateful ops ask of the interpreter: memory of unknown size, resources that all
 * graphs share, and running other graphs of the model (IF, WHILE, CALL_ONCE, ...).  Every graph
 * has its own plan and memory; calling one copies the values in. */
#include <string.h>

#include "runtime/internal.h"

static ln_interpreter *interpreter_of(ln_host *host)
{
    return (ln_interpreter *)host;
}

/* The graph that a tensor belongs to, NULL for a resource's value. */
static ln_rt_graph *owner_of(ln_interpreter *it, const TfLiteTensor *t, int *id)
{
    for (int i = 0; i < it->n_graphs; i++) {
        *id = ln_rt_tensor_id(&it->graphs[i], t);
        if (*id >= 0)
            return &it->graphs[i];
    }
    return NULL;
}

static ln_status set_bytes(ln_host *host, TfLiteTensor *t, size_t bytes)
{
    ln_interpreter *it = interpreter_of(host);
    int id;
    ln_rt_graph *g = owner_of(it, t, &id);
    if (g) {
        ln_rt_to_dynamic(g, id);
        if (t->allocation_type == kTfLiteCustom)
            return ln_fail(&it->diag, LN_ERR_ARGUMENT,
                           "tensor %d has no fixed size and cannot live in the caller's memory",
                           id);
        return ln_rt_heap(g, id, bytes);
    }
    if (t->data.raw && t->bytes == bytes)
        return LN_OK;
    const size_t old = t->data.raw ? t->bytes : 0;
    if (!ln_rt_charge(it, old, bytes))
        return LN_ERR_MEMORY;
    t->allocation_type = kTfLiteDynamic;
    if (TfLiteTensorResizeMaybeCopy(bytes, t, false) != kTfLiteOk) {
        ln_rt_charge(it, bytes, 0);
        return ln_fail(&it->diag, LN_ERR_MEMORY, "no memory for %zu bytes", bytes);
    }
    return LN_OK;
}

static ln_status set_shape(ln_host *host, TfLiteTensor *t, const ln_shape *shape)
{
    ln_interpreter *it = interpreter_of(host);
    int id;
    ln_rt_graph *g = owner_of(it, t, &id);
    if (!ln_shape_known(shape))
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "a value's shape is unknown or too large");
    if (g)
        return ln_rt_set_dims(g, id, shape->rank, shape->dim);
    if (t->dims && TfLiteIntArrayEqualsArray(t->dims, shape->rank, shape->dim))
        return LN_OK;
    TfLiteIntArray *dims = TfLiteIntArrayCreate(shape->rank);
    if (!dims)
        return ln_fail(&it->diag, LN_ERR_MEMORY, "no memory for a shape");
    if (shape->rank)
        memcpy(dims->data, shape->dim, (size_t)shape->rank * sizeof *dims->data);
    TfLiteIntArrayFree(t->dims);
    t->dims = dims;
    return LN_OK;
}

/* ---- resources ---- */

static bool same_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static ln_status resource_id(ln_host *host, int kind, const char *container, const char *name,
                             int *id)
{
    ln_interpreter *it = interpreter_of(host);
    for (int i = 0; i < it->n_resources; i++) {
        const ln_rt_resource *r = it->resources[i];
        if (r->r.kind == kind && same_text(r->container, container) && same_text(r->name, name)) {
            *id = i;
            return LN_OK;
        }
    }
    if (!ln_grow(&it->alloc, (void **)&it->resources, &it->resource_capacity,
                 (size_t)it->n_resources, sizeof *it->resources))
        return ln_fail(&it->diag, LN_ERR_MEMORY, "no memory for a resource");
    ln_rt_resource *r = ln_arena_new(&it->arena, 1, sizeof *r);
    if (!r)
        return ln_fail(&it->diag, LN_ERR_MEMORY, "no memory for a resource");
    container = container ? container : "";
    name = name ? name : "";
    r->container = ln_arena_string(&it->arena, container, strlen(container));
    r->name = ln_arena_string(&it->arena, name, strlen(name));
    if (!r->container || !r->name)
        return ln_fail(&it->diag, LN_ERR_MEMORY, "no memory for a resource");
    r->r.kind = kind;
    it->resources[it->n_resources] = r;
    *id = it->n_resources++;
    return LN_OK;
}

static ln_status resource(ln_host *host, int kind, int id, ln_resource **out)
{
    ln_interpreter *it = interpreter_of(host);
    if (id < 0 || id >= it->n_resources || it->resources[id]->r.kind != kind)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "there is no %s with id %d",
                       kind == LN_RESOURCE_TABLE ? "hash table" : "variable", id);
    *out = &it->resources[id]->r;
    return LN_OK;
}

/* ---- other graphs ---- */

static ln_status callee(ln_interpreter *it, int graph, int n_in, int n_out, ln_rt_graph **out)
{
    ln_rt_graph *g = ln_rt_graph_at(it, graph);
    if (!g)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "there is no graph %d", graph);
    if (g->busy)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "graph %d calls itself", graph);
    if (g->source->inputs->size != n_in)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "graph %d has %d inputs, not %d", graph,
                       g->source->inputs->size, n_in);
    if (g->source->outputs->size < n_out)
        return ln_fail(&it->diag, LN_ERR_ARGUMENT, "graph %d has %d outputs, not %d", graph,
                       g->source->outputs->size, n_out);
    *out = g;
    return LN_OK;
}

static bool open_shape(const TfLiteTensor *t)
{
    for (int i = 0; t->dims && i < t->dims->size; i++)
        if (t->dims->data[i] < 0)
            return true;
    return false;
}

/* Gives input i the shape of `in`; *changed is set where it had another. */
static ln_status shape_input(ln_rt_graph *g, int i, const TfLiteTensor *in, const ln_shape *shape,
                             bool *changed)
{
    ln_diag *diag = &g->it->diag;
    const int id = g->source->inputs->data[i];
    if (id < 0 || !in)
        return ln_fail(diag, LN_ERR_ARGUMENT, "input %d of graph %d is absent", i, g->index);
    TfLiteTensor *t = &g->context.tensors[id];
    if (t->type != in->type)
        return ln_fail(diag, LN_ERR_ARGUMENT, "input %d of graph %d is %s, not %s", i, g->index,
                       TfLiteTypeGetName(t->type), TfLiteTypeGetName(in->type));
    if (t->allocation_type == kTfLiteMmapRo)
        return ln_fail(diag, LN_ERR_ARGUMENT, "input %d of graph %d is constant", i, g->index);
    if (TfLiteIntArrayEqualsArray(t->dims, shape->rank, shape->dim))
        return LN_OK;
    *changed = true;
    return ln_rt_set_dims(g, id, shape->rank, shape->dim);
}

static void say_output(const ln_rt_graph *g, int i, TfLiteType *type, ln_shape *shape)
{
    const int id = g->source->outputs->data[i];
    *type = kTfLiteNoType;
    *shape = ln_shape_unknown(-1);
    if (id < 0)
        return;
    const TfLiteTensor *t = &g->context.tensors[id];
    const ln_rt_slot *s = &g->slots[id];
    *type = t->type;
    const bool made = s->is_input || t->allocation_type == kTfLiteMmapRo || t->is_variable ||
                      (s->maker >= 0 && s->maker < g->planned);
    if (made && !s->unknown)
        *shape = ln_shape_of(t);
}

static ln_status graph_infer(ln_host *host, int graph, const TfLiteTensor *const *in, int n_in,
                             TfLiteType *types, ln_shape *shapes, int n_out)
{
    ln_interpreter *it = interpreter_of(host);
    ln_rt_graph *g;
    bool open = false, changed = false;
    LN_TRY(callee(it, graph, n_in, n_out, &g));
    for (int i = 0; i < n_in; i++)
        open = open || !in[i] || open_shape(in[i]);
    for (int i = 0; !open && i < n_in; i++) {
        const ln_shape s = ln_shape_of(in[i]);
        LN_TRY(shape_input(g, i, in[i], &s, &changed));
    }
    if (changed)
        g->allocated = false;
    if (!open)
        LN_TRY(ln_rt_allocate(g));
    for (int i = 0; i < n_out; i++) {
        say_output(g, i, &types[i], &shapes[i]);
        if (open)
            shapes[i] = ln_shape_unknown(-1);
    }
    return LN_OK;
}

/* Values that come from the graph's own tensors (a loop feeds outputs back) are copied aside
 * where planning or an earlier copy could destroy them. */
static bool needs_stage(const ln_rt_graph *g, const TfLiteTensor *const *in, int n_in)
{
    for (int i = 0; i < n_in; i++) {
        const int id = in[i] ? ln_rt_tensor_id(g, in[i]) : -1;
        if (id >= 0 &&
            (!g->allocated || (g->slots[id].is_input && id != g->source->inputs->data[i])))
            return true;
    }
    return false;
}

static ln_status stage(ln_interpreter *it, const TfLiteTensor *const *in, int n_in)
{
    size_t total = 0;
    for (int i = 0; i < n_in; i++)
        if (in[i] && in[i]->bytes > SIZE_MAX / 2 - total)
            return LN_ERR_MEMORY;
        else if (in[i])
            total += in[i]->bytes;
    if (total > it->stage_size) {
        if (!ln_rt_charge(it, it->stage_size, total))
            return LN_ERR_MEMORY;
        char *p = ln_resize(&it->alloc, it->stage, total, 1);
        if (!p) {
            ln_rt_charge(it, total, it->stage_size);
            return ln_fail(&it->diag, LN_ERR_MEMORY, "no memory for the values of a loop");
        }
        it->stage = p;
        it->stage_size = total;
    }
    size_t at = 0;
    for (int i = 0; i < n_in; i++) {
        if (!in[i])
            continue;
        if (in[i]->bytes && in[i]->data.raw)
            memcpy(it->stage + at, in[i]->data.raw, in[i]->bytes);
        at += in[i]->bytes;
    }
    return LN_OK;
}

/* `bytes` at `data` become the value of input i, if anybody wants it: a loop's condition mostly
 * reads a counter, whatever else the loop carries. */
static ln_status fill_input(ln_rt_graph *g, int i, const char *data, size_t bytes)
{
    const int id = g->source->inputs->data[i];
    TfLiteTensor *t = &g->context.tensors[id];
    if ((t->data.raw && t->data.raw == data) || !g->slots[id].wanted)
        return LN_OK;
    if (t->type == kTfLiteString) {
        ln_rt_to_dynamic(g, id);
        LN_TRY(ln_rt_heap(g, id, bytes));
    }
    if (t->bytes != bytes || (bytes && (!t->data.raw || !data)))
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT,
                       "input %d of graph %d has %zu bytes; %zu are given", i, g->index, t->bytes,
                       data ? bytes : 0);
    if (bytes)
        memmove(t->data.raw, data, bytes);
    return LN_OK;
}

/* Whether all inputs can take what is given as they are. */
static bool fits(const ln_rt_graph *g, const TfLiteTensor *const *in, int n_in)
{
    for (int i = 0; i < n_in; i++) {
        const int id = g->source->inputs->data[i];
        const TfLiteTensor *t = id >= 0 ? &g->context.tensors[id] : NULL;
        const int rank = in[i] && in[i]->dims ? in[i]->dims->size : 0;
        if (!t || !in[i] || t->type != in[i]->type || t->allocation_type == kTfLiteMmapRo ||
            !TfLiteIntArrayEqualsArray(t->dims, rank, rank ? in[i]->dims->data : NULL))
            return false;
    }
    return true;
}

static ln_status shape_inputs(ln_rt_graph *g, const TfLiteTensor *const *in, int n_in)
{
    ln_shape shapes[LN_RT_MAX_INPUTS]; /* a value may be an input that gets another shape first */
    bool changed = false;
    for (int i = 0; i < n_in; i++)
        shapes[i] = in[i] && in[i]->dims ? ln_shape_of(in[i]) : (ln_shape){0};
    for (int i = 0; i < n_in; i++)
        LN_TRY(shape_input(g, i, in[i], &shapes[i], &changed));
    return LN_OK;
}

/* Inputs get new shapes without their old values, which a tensor may be reading from. */
static ln_status give_inputs(ln_rt_graph *g, const TfLiteTensor *const *in, int n_in)
{
    const bool fit = fits(g, in, n_in);
    g->allocated = g->allocated && fit;
    const bool staged = needs_stage(g, in, n_in);
    if (staged)
        LN_TRY(stage(g->it, in, n_in));
    size_t sizes[LN_RT_MAX_INPUTS];
    if (n_in > LN_RT_MAX_INPUTS)
        return ln_fail(&g->it->diag, LN_ERR_ARGUMENT, "graph %d has %d inputs, more than %d",
                       g->index, n_in, (int)LN_RT_MAX_INPUTS);
    for (int i = 0; i < n_in; i++)
        sizes[i] = in[i] ? in[i]->bytes : 0;
    if (!fit)
        LN_TRY(shape_inputs(g, in, n_in));
    LN_TRY(ln_rt_allocate(g));
    const char *from = g->it->stage;
    for (int i = 0; i < n_in; i++) {
        LN_TRY(fill_input(g, i, staged ? from : in[i]->data.raw, sizes[i]));
        if (staged)
            from += sizes[i];
    }
    return LN_OK;
}

static ln_status graph_run(ln_host *host, int graph, const TfLiteTensor *const *in, int n_in,
                           const TfLiteTensor **out, int n_out)
{
    ln_interpreter *it = interpreter_of(host);
    ln_rt_graph *g;
    LN_TRY(callee(it, graph, n_in, n_out, &g));
    LN_TRY(give_inputs(g, in, n_in));
    LN_TRY(ln_rt_run(g));
    for (int i = 0; i < n_out; i++) {
        const int id = g->source->outputs->data[i];
        if (id < 0)
            return ln_fail(&it->diag, LN_ERR_ARGUMENT, "output %d of graph %d is absent", i, graph);
        LN_TRY(ln_rt_make_readable(g, id));
        out[i] = &g->context.tensors[id];
    }
    return LN_OK;
}

static int graph_ops(ln_host *host, int graph, const ln_op **ops, int max)
{
    const ln_rt_graph *g = ln_rt_graph_at(interpreter_of(host), graph);
    if (!g)
        return -1;
    for (int i = 0; i < LN_MIN(max, g->source->n_nodes); i++)
        ops[i] = g->source->nodes[i].op;
    return g->source->n_nodes;
}

void ln_rt_host_init(ln_interpreter *it)
{
    it->host = (ln_host){
        .set_bytes = set_bytes,
        .set_shape = set_shape,
        .resource_id = resource_id,
        .resource = resource,
        .graph_infer = graph_infer,
        .graph_run = graph_run,
        .graph_ops = graph_ops,
        .n_graphs = it->model->n_graphs,
        .diag = &it->diag,
    };
}

void ln_rt_host_deinit(ln_interpreter *it)
{
    for (int i = 0; i < it->n_resources; i++) {
        ln_resource *r = &it->resources[i]->r;
        TfLiteTensorFree(&r->value);
        TfLiteTensorFree(&r->keys);
        TfLiteTensorFree(&r->values);
    }
    ln_free(&it->alloc, it->resources);
    ln_free(&it->alloc, it->stage);
}
