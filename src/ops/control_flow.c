/* SPDX-License-Identifier: Apache-2.0 */
/* control_flow.c: the ops that run other graphs of the model: IF, WHILE, CALL, CALL_ONCE,
 * STABLEHLO_CASE, STABLEHLO_WHILE, STABLEHLO_COMPOSITE.
 *
 * infer asks the host what a graph's outputs will look like.  Where only a run can tell (the
 * branches differ, a loop changes a shape), the graphs run already in the second infer, and eval
 * just copies: until the next run, their outputs stand in the node's state. */
#include <string.h>

#include "ops/op.h"

enum { MAX_VALUES = 256 }; /* inputs or outputs of a graph */

typedef struct results {
    bool ready; /* infer has run the graphs */
    const TfLiteTensor *out[MAX_VALUES];
} results;

typedef ln_status run_fn(ln_call *c, const TfLiteTensor **out);

/* ---- shapes ---- */

/* A condition's value.  Read as a byte: a caller's byte need not be a valid bool. */
static bool truth(const TfLiteTensor *t)
{
    return t->data.uint8[0] != 0;
}

static ln_status check_graph(ln_call *c, int graph)
{
    LN_CHECK(c, graph >= 0 && graph < c->host->n_graphs, "there is no graph %d, the model has %d",
             graph, c->host->n_graphs);
    return LN_OK;
}

static ln_status check_counts(ln_call *c)
{
    LN_CHECK(c, c->n_in <= MAX_VALUES && c->n_out <= MAX_VALUES,
             "%d inputs and %d outputs are more than %d", c->n_in, c->n_out, (int)MAX_VALUES);
    return LN_OK;
}

/* What the model says of the outputs' types, with shapes unknown. */
static ln_status set_unknown(ln_call *c)
{
    const ln_shape unknown = ln_shape_unknown(-1);

    for (int i = 0; i < c->n_out; i++)
        LN_TRY(ln_set_out(c, i, c->out[i]->type, &unknown));
    return LN_OK;
}

/* Merges what one graph gives into c->made: shapes that differ are not known. */
static ln_status merge_graph(ln_call *c, int graph, int first_input, bool first)
{
    TfLiteType types[MAX_VALUES];
    ln_shape shapes[MAX_VALUES];

    LN_TRY(check_graph(c, graph));
    LN_TRY(c->host->graph_infer(c->host, graph, c->in + first_input, c->n_in - first_input, types,
                                shapes, c->n_out));
    for (int i = 0; i < c->n_out; i++) {
        LN_CHECK(c, first || c->made[i].type == types[i],
                 "output %d has type %s in graph %d, %s in another", i, ln_type_name(types[i]),
                 graph, ln_type_name(c->made[i].type));
        if (!first && !ln_shape_equal(&c->made[i].shape, &shapes[i]))
            shapes[i] = ln_shape_unknown(-1);
        LN_TRY(ln_set_out(c, i, types[i], &shapes[i]));
    }
    return LN_OK;
}

/* ---- running ---- */

/* Runs the graphs and tells the outputs' shapes from what came out. */
static ln_status run_for_shapes(ln_call *c, run_fn *run)
{
    results *r = c->state;

    r->ready = false;
    LN_TRY(run(c, r->out));
    for (int i = 0; i < c->n_out; i++) {
        const ln_shape s = ln_shape_of(r->out[i]);
        LN_TRY(ln_set_out(c, i, r->out[i]->type, &s));
    }
    r->ready = true;
    return LN_OK;
}

static ln_status copy_result(ln_call *c, int i, const TfLiteTensor *from)
{
    TfLiteTensor *to = c->out[i];
    const ln_shape want = ln_shape_of(to), got = ln_shape_of(from);

    LN_CHECK(c, to->type == from->type, "output %d is %s, planned was %s", i,
             ln_type_name(from->type), ln_type_name(to->type));
    LN_CHECK(c, ln_shape_equal(&want, &got), "output %d came out with another shape than planned",
             i);
    if (to->type == kTfLiteString)
        LN_TRY(c->host->set_bytes(c->host, to, from->bytes));
    LN_CHECK(c, to->bytes == from->bytes, "output %d has %zu bytes, planned were %zu", i,
             from->bytes, to->bytes);
    LN_CHECK(c, from->data.raw || to->bytes == 0, "output %d of the graph was never computed", i);
    if (to->bytes && to->data.raw != from->data.raw)
        memcpy(to->data.raw, from->data.raw, to->bytes);
    return LN_OK;
}

static ln_status run_and_copy(ln_call *c, run_fn *run)
{
    results *r = c->state;

    if (!r->ready)
        LN_TRY(run(c, r->out));
    r->ready = false;
    for (int i = 0; i < c->n_out; i++)
        LN_TRY(copy_result(c, i, r->out[i]));
    return LN_OK;
}

/* ---- IF, STABLEHLO_CASE: one of several graphs ---- */

typedef struct choice {
    const int32_t *graphs;
    int n;
} choice;

static ln_status infer_choice(ln_call *c, const choice *k, int selected, run_fn *run)
{
    if (!c->host)
        return set_unknown(c);
    LN_TRY(check_counts(c));
    for (int i = 0; i < k->n; i++)
        LN_TRY(check_graph(c, k->graphs[i]));
    if (c->run)
        return run_for_shapes(c, run);
    if (selected >= 0)
        return merge_graph(c, k->graphs[selected], 1, true);
    for (int i = 0; i < k->n; i++)
        LN_TRY(merge_graph(c, k->graphs[i], 1, i == 0));
    return LN_OK;
}

static ln_status run_graph(ln_call *c, int graph, int first_input, const TfLiteTensor **out)
{
    return c->host->graph_run(c->host, graph, c->in + first_input, c->n_in - first_input, out,
                              c->n_out);
}

static int if_branch(const ln_call *c)
{
    const TfLiteIfParams *p = c->params;
    return truth(c->in[0]) ? p->then_subgraph_index : p->else_subgraph_index;
}

static ln_status if_run(ln_call *c, const TfLiteTensor **out)
{
    return run_graph(c, if_branch(c), 1, out);
}

static ln_status if_infer(ln_call *c)
{
    const TfLiteIfParams *p = c->params;
    const int32_t graphs[] = {p->then_subgraph_index, p->else_subgraph_index};
    const choice k = {graphs, 2};
    const int n = ln_count(c->in[0]);

    LN_CHECK(c, c->in[0]->type == kTfLiteBool, "the condition has type %s, not BOOL",
             ln_type_name(c->in[0]->type));
    LN_CHECK(c, n == 1 || (n < 0 && !c->run), "the condition has %d items, not 1", n);
    return infer_choice(c, &k, !ln_known(c, 0) ? -1 : truth(c->in[0]) ? 0 : 1, if_run);
}

static ln_status if_eval(ln_call *c)
{
    return run_and_copy(c, if_run);
}

/* An index out of range means the last branch. */
static int case_branch(const ln_call *c)
{
    const TfLiteStablehloCaseParams *p = c->params;
    const int32_t i = c->in[0]->data.i32[0], n = (int32_t)p->num_branches;
    return i < 0 || i >= n ? n - 1 : i;
}

static ln_status case_run(ln_call *c, const TfLiteTensor **out)
{
    const TfLiteStablehloCaseParams *p = c->params;
    return run_graph(c, p->branch_subgraph_indices[case_branch(c)], 1, out);
}

static ln_status case_infer(ln_call *c)
{
    const TfLiteStablehloCaseParams *p = c->params;
    const choice k = {p->branch_subgraph_indices, (int)p->num_branches};
    const int n = ln_count(c->in[0]);

    LN_CHECK(c, c->in[0]->type == kTfLiteInt32, "the index has type %s, not INT32",
             ln_type_name(c->in[0]->type));
    LN_CHECK(c, n == 1 || (n < 0 && !c->run), "the index has %d items, not 1", n);
    LN_CHECK(c, k.n > 0 && k.n <= (int)LN_COUNTOF(p->branch_subgraph_indices),
             "there are %d branches, not 1 to %d", k.n,
             (int)LN_COUNTOF(p->branch_subgraph_indices));
    return infer_choice(c, &k, ln_known(c, 0) ? case_branch(c) : -1, case_run);
}

static ln_status case_eval(ln_call *c)
{
    return run_and_copy(c, case_run);
}

/* ---- CALL, STABLEHLO_COMPOSITE: one graph ---- */

typedef struct call_params {
    int subgraph;
} call_params;

static ln_status infer_one(ln_call *c, int graph, run_fn *run)
{
    if (!c->host)
        return set_unknown(c);
    LN_TRY(check_counts(c));
    LN_TRY(check_graph(c, graph));
    return c->run ? run_for_shapes(c, run) : merge_graph(c, graph, 0, true);
}

static ln_status call_run(ln_call *c, const TfLiteTensor **out)
{
    const call_params *p = c->params;
    return run_graph(c, p->subgraph, 0, out);
}

static ln_status call_infer(ln_call *c)
{
    const call_params *p = c->params;
    return infer_one(c, p->subgraph, call_run);
}

static ln_status call_eval(ln_call *c)
{
    return run_and_copy(c, call_run);
}

static ln_status composite_run(ln_call *c, const TfLiteTensor **out)
{
    const TfLiteStablehloCompositeParams *p = c->params;
    return run_graph(c, p->subgraph_index, 0, out);
}

static ln_status composite_infer(ln_call *c)
{
    const TfLiteStablehloCompositeParams *p = c->params;
    return infer_one(c, p->subgraph_index, composite_run);
}

static ln_status composite_eval(ln_call *c)
{
    return run_and_copy(c, composite_run);
}

/* ---- WHILE, STABLEHLO_WHILE ---- */

static ln_status loop_run(ln_call *c, const TfLiteTensor **out)
{
    const TfLiteWhileParams *p = c->params;
    ln_host *h = c->host;
    const int n = c->n_in;

    for (int i = 0; i < n; i++)
        out[i] = c->in[i];
    for (;;) {
        const TfLiteTensor *more;
        LN_TRY(h->graph_run(h, p->cond_subgraph_index, out, n, &more, 1));
        LN_CHECK(c, more->type == kTfLiteBool && more->bytes == 1,
                 "the condition graph gives %s, not one BOOL", ln_type_name(more->type));
        if (!truth(more))
            return LN_OK;
        LN_TRY(h->graph_run(h, p->body_subgraph_index, out, n, out, n));
    }
}

/* The body's outputs have the shapes of its inputs, or they are known only in the end. */
static ln_status loop_shapes(ln_call *c)
{
    const TfLiteWhileParams *p = c->params;
    TfLiteType type;
    ln_shape shape;

    LN_TRY(c->host->graph_infer(c->host, p->cond_subgraph_index, c->in, c->n_in, &type, &shape, 1));
    LN_CHECK(c, type == kTfLiteBool, "the condition graph gives %s, not BOOL", ln_type_name(type));
    LN_TRY(merge_graph(c, p->body_subgraph_index, 0, true));
    bool fixed = true;
    for (int i = 0; i < c->n_in; i++) {
        const ln_shape in = ln_shape_of(c->in[i]);
        LN_CHECK(c, c->made[i].type == c->in[i]->type,
                 "input %d has type %s, the body turns it into %s", i, ln_type_name(c->in[i]->type),
                 ln_type_name(c->made[i].type));
        fixed = fixed && ln_shape_equal(&in, &c->made[i].shape);
    }
    /* One shape that changes may change the others in the next round. */
    return fixed ? LN_OK : set_unknown(c);
}

static ln_status loop_infer(ln_call *c)
{
    const TfLiteWhileParams *p = c->params;

    LN_CHECK(c, c->n_in == c->n_out, "there are %d inputs and %d outputs", c->n_in, c->n_out);
    if (!c->host)
        return set_unknown(c);
    LN_TRY(check_counts(c));
    LN_TRY(check_graph(c, p->cond_subgraph_index));
    LN_TRY(check_graph(c, p->body_subgraph_index));
    LN_CHECK(c, p->cond_subgraph_index != p->body_subgraph_index,
             "graph %d is both condition and body", p->body_subgraph_index);
    return c->run ? run_for_shapes(c, loop_run) : loop_shapes(c);
}

static ln_status loop_eval(ln_call *c)
{
    return run_and_copy(c, loop_run);
}

/* ---- CALL_ONCE ---- */

static ln_status once_infer(ln_call *c)
{
    const TfLiteCallOnceParams *p = c->params;

    LN_CHECK(c, c->n_in == 0 && c->n_out == 0, "there are %d inputs and %d outputs, not 0", c->n_in,
             c->n_out);
    return c->host ? check_graph(c, p->init_subgraph_index) : LN_OK;
}

/* "Once" is per interpreter and graph, not per node: a resource that no model can name
 * remembers it. */
static ln_status once_eval(ln_call *c)
{
    const TfLiteCallOnceParams *p = c->params;
    char name[16];
    int k = sizeof(name) - 1, id;
    ln_resource *done;

    name[k] = 0;
    for (int v = p->init_subgraph_index; k == (int)sizeof(name) - 1 || v; v /= 10)
        name[--k] = (char)('0' + v % 10);
    LN_TRY(c->host->resource_id(c->host, LN_RESOURCE_VARIABLE, "\1once", name + k, &id));
    LN_TRY(c->host->resource(c->host, LN_RESOURCE_VARIABLE, id, &done));
    if (done->initialized)
        return LN_OK;
    LN_TRY(c->host->graph_run(c->host, p->init_subgraph_index, NULL, 0, NULL, 0));
    /* Running may have moved the resources. */
    LN_TRY(c->host->resource(c->host, LN_RESOURCE_VARIABLE, id, &done));
    done->initialized = true;
    return LN_OK;
}

/* ---- tables ---- */

static const ln_field if_fields[] = {
    LN_FIELD(I32, 0, TfLiteIfParams, then_subgraph_index, 1),
    LN_FIELD(I32, 1, TfLiteIfParams, else_subgraph_index, 1),
    {0},
};

static const ln_field while_fields[] = {
    LN_FIELD(I32, 0, TfLiteWhileParams, cond_subgraph_index, 1),
    LN_FIELD(I32, 1, TfLiteWhileParams, body_subgraph_index, 1),
    {0},
};

static const ln_field call_fields[] = {LN_FIELD(U32, 0, call_params, subgraph, 1), {0}};

static const ln_field once_fields[] = {
    LN_FIELD(I32, 0, TfLiteCallOnceParams, init_subgraph_index, 1),
    {0},
};

static const ln_field case_fields[] = {
    LN_FIELD_LIST(I32S, 0, TfLiteStablehloCaseParams, branch_subgraph_indices, num_branches,
                  TFLITE_STABLEHLO_CASE_PARAMS_MAX_BRANCHES_COUNT, 1),
    {0},
};

static const ln_field composite_fields[] = {
    LN_FIELD(STR, 0, TfLiteStablehloCompositeParams, name, 1),
    LN_FIELD(I32, 1, TfLiteStablehloCompositeParams, subgraph_index, 1),
    LN_FIELD_LIST(U8S, 2, TfLiteStablehloCompositeParams, attributes, attributes_size, 0, 1),
    LN_FIELD(I32, 4, TfLiteStablehloCompositeParams, version, 1),
    {0},
};

const ln_op ln_op_if = {
    .name = "IF",
    .builtin = kTfLiteBuiltinIf,
    .version = 1,
    .options = 92,
    .min_in = 1,
    .max_in = -1,
    .n_out = -1,
    .traits = LN_STATEFUL,
    .fields = if_fields,
    .params_size = sizeof(TfLiteIfParams),
    .state_bytes = sizeof(results),
    .infer = if_infer,
    .eval = if_eval,
};

const ln_op ln_op_while = {
    .name = "WHILE",
    .builtin = kTfLiteBuiltinWhile,
    .version = 1,
    .options = 93,
    .min_in = 1,
    .max_in = -1,
    .n_out = -1,
    .traits = LN_STATEFUL,
    .fields = while_fields,
    .params_size = sizeof(TfLiteWhileParams),
    .state_bytes = sizeof(results),
    .infer = loop_infer,
    .eval = loop_eval,
};

const ln_op ln_op_stablehlo_while = {
    .name = "STABLEHLO_WHILE",
    .builtin = kTfLiteBuiltinStablehloWhile,
    .version = 1,
    .options = 15,
    .options2 = true,
    .min_in = 1,
    .max_in = -1,
    .n_out = -1,
    .traits = LN_STATEFUL,
    .fields = while_fields,
    .params_size = sizeof(TfLiteWhileParams),
    .state_bytes = sizeof(results),
    .infer = loop_infer,
    .eval = loop_eval,
};

const ln_op ln_op_call = {
    .name = "CALL",
    .builtin = kTfLiteBuiltinCall,
    .version = 1,
    .options = 16,
    .min_in = 0,
    .max_in = -1,
    .n_out = -1,
    .traits = LN_STATEFUL,
    .fields = call_fields,
    .params_size = sizeof(call_params),
    .state_bytes = sizeof(results),
    .infer = call_infer,
    .eval = call_eval,
};

const ln_op ln_op_call_once = {
    .name = "CALL_ONCE",
    .builtin = kTfLiteBuiltinCallOnce,
    .version = 1,
    .options = 103,
    .min_in = 0,
    .max_in = 0,
    .n_out = 0,
    .traits = LN_STATEFUL,
    .fields = once_fields,
    .params_size = sizeof(TfLiteCallOnceParams),
    .infer = once_infer,
    .eval = once_eval,
};

const ln_op ln_op_stablehlo_case = {
    .name = "STABLEHLO_CASE",
    .builtin = kTfLiteBuiltinStablehloCase,
    .version = 1,
    .options = 23,
    .options2 = true,
    .min_in = 1,
    .max_in = -1,
    .n_out = -1,
    .traits = LN_STATEFUL,
    .fields = case_fields,
    .params_size = sizeof(TfLiteStablehloCaseParams),
    .state_bytes = sizeof(results),
    .infer = case_infer,
    .eval = case_eval,
};

const ln_op ln_op_stablehlo_composite = {
    .name = "STABLEHLO_COMPOSITE",
    .builtin = kTfLiteBuiltinStablehloComposite,
    .version = 1,
    .options = 21,
    .options2 = true,
    .min_in = 0,
    .max_in = -1,
    .n_out = -1,
    .traits = LN_STATEFUL,
    .fields = composite_fields,
    .params_size = sizeof(TfLiteStablehloCompositeParams),
    .state_bytes = sizeof(results),
    .infer = composite_infer,
    .eval = composite_eval,
};
