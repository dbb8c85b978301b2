/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.c: the operators and models of fixture.h. */
#include "runtime/fixture.h"

#include <string.h>

#include "runtime/cmocka_all.h"

/* ---- operators ---- */

static ln_status infer_same(ln_call *c)
{
    const ln_shape s = ln_shape_of(c->in[0]);
    return ln_set_out(c, 0, c->in[0]->type, &s);
}

static ln_status eval_increment(ln_call *c)
{
    const int n = ln_count(c->in[0]);
    for (int i = 0; i < n; i++)
        c->out[0]->data.f[i] = c->in[0]->data.f[i] + 1;
    return LN_OK;
}

const ln_op op_increment = {
    .name = "INCREMENT",
    .builtin = kTfLiteBuiltinNeg,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_IN_PLACE,
    .infer = infer_same,
    .eval = eval_increment,
};

static ln_status eval_sum(ln_call *c)
{
    const int n = ln_count(c->in[0]);
    for (int i = 0; i < n; i++)
        c->out[0]->data.f[i] = c->in[0]->data.f[i] + c->in[1]->data.f[i];
    return LN_OK;
}

const ln_op op_sum = {
    .name = "SUM2",
    .builtin = kTfLiteBuiltinAdd,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer_same,
    .eval = eval_sum,
};

static ln_status infer_positive(ln_call *c)
{
    ln_shape s = ln_shape_unknown(1);
    if (ln_known(c, 0)) {
        s.dim[0] = 0;
        for (int i = 0; i < ln_count(c->in[0]); i++)
            s.dim[0] += c->in[0]->data.f[i] > 0;
    }
    return ln_set_out(c, 0, kTfLiteFloat32, &s);
}

static ln_status eval_positive(ln_call *c)
{
    int k = 0;
    for (int i = 0; i < ln_count(c->in[0]); i++)
        if (c->in[0]->data.f[i] > 0)
            c->out[0]->data.f[k++] = c->in[0]->data.f[i];
    return LN_OK;
}

const ln_op op_positive = {
    .name = "POSITIVE",
    .builtin = kTfLiteBuiltinWhere,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer_positive,
    .eval = eval_positive,
};

static ln_status infer_column(ln_call *c)
{
    const ln_shape s = {.rank = 2, .dim = {ln_count(c->in[0]), 1}};
    return ln_set_out(c, 0, c->in[0]->type, &s);
}

static ln_status eval_column(ln_call *c)
{
    if (c->out[0]->bytes)
        memmove(c->out[0]->data.raw, c->in[0]->data.raw, c->out[0]->bytes);
    return LN_OK;
}

const ln_op op_column = {
    .name = "COLUMN",
    .builtin = kTfLiteBuiltinReshape,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_VIEW,
    .infer = infer_column,
    .eval = eval_column,
};

static ln_status infer_shape(ln_call *c)
{
    const ln_shape s = {.rank = 1, .dim = {c->in[0]->dims->size}};
    return ln_set_out(c, 0, kTfLiteInt32, &s);
}

static ln_status eval_shape(ln_call *c)
{
    for (int i = 0; i < c->in[0]->dims->size; i++)
        c->out[0]->data.i32[i] = c->in[0]->dims->data[i];
    return LN_OK;
}

const ln_op op_shape = {
    .name = "SHAPE",
    .builtin = kTfLiteBuiltinShape,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_SHAPES,
    .infer = infer_shape,
    .eval = eval_shape,
};

static ln_status infer_total(ln_call *c)
{
    const ln_shape s = {.rank = 0};
    c->scratch_bytes = c->in[0]->bytes;
    return ln_set_out(c, 0, kTfLiteFloat32, &s);
}

static ln_status eval_total(ln_call *c)
{
    float *copy = c->scratch, sum = 0;
    const int n = ln_count(c->in[0]);
    if (n)
        memcpy(copy, c->in[0]->data.f, c->in[0]->bytes);
    for (int i = 0; i < n; i++)
        sum += copy[i];
    c->out[0]->data.f[0] = sum;
    return LN_OK;
}

const ln_op op_total = {
    .name = "TOTAL",
    .builtin = kTfLiteBuiltinSum,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer_total,
    .eval = eval_total,
};

/* Right before eval the graph runs already, since only that tells the shape. */
static ln_status infer_call(ln_call *c)
{
    const TfLiteTensor **out = c->state;
    TfLiteType type;
    ln_shape shape;
    if (!c->run) {
        LN_TRY(c->host->graph_infer(c->host, 1, c->in, c->n_in, &type, &shape, 1));
        return ln_set_out(c, 0, type, &shape);
    }
    LN_TRY(c->host->graph_run(c->host, 1, c->in, c->n_in, out, 1));
    shape = ln_shape_of(*out);
    return ln_set_out(c, 0, (*out)->type, &shape);
}

static ln_status eval_call(ln_call *c)
{
    const TfLiteTensor *const *out = c->state;
    if ((*out)->bytes)
        memcpy(c->out[0]->data.raw, (*out)->data.raw, (*out)->bytes);
    return LN_OK;
}

const ln_op op_call = {
    .name = "CALL",
    .builtin = kTfLiteBuiltinCall,
    .version = 1,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .state_bytes = sizeof(TfLiteTensor *),
    .infer = infer_call,
    .eval = eval_call,
};

static ln_status eval_accumulate(ln_call *c)
{
    float *state = c->in[1]->data.f;
    for (int i = 0; i < ln_count(c->in[0]); i++)
        c->out[0]->data.f[i] = state[i] += c->in[0]->data.f[i];
    return LN_OK;
}

const ln_op op_accumulate = {
    .name = "ACCUMULATE",
    .builtin = kTfLiteBuiltinSvdf,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .infer = infer_same,
    .eval = eval_accumulate,
};

/* ---- models ---- */

void build_begin(builder *b)
{
    assert_int_equal(ln_model_create(&b->model, &ln_alloc_default), LN_OK);
    build_graph(b, "main");
}

void build_graph(builder *b, const char *name)
{
    assert_int_equal(ln_model_add_graph(b->model, name, &b->graph), LN_OK);
}

int build_tensor(builder *b, int n)
{
    ln_id id;
    assert_int_equal(
        ln_graph_add_tensor(b->model, b->graph, "t", kTfLiteFloat32, n ? 1 : 0, &n, &id), LN_OK);
    return id;
}

int build_typed(builder *b, TfLiteType type, int rank, const int *shape, const void *values,
                size_t bytes)
{
    ln_id id;
    assert_int_equal(ln_graph_add_tensor(b->model, b->graph, "t", type, rank, shape, &id), LN_OK);
    ln_tensor *t = &b->graph->tensors[id];
    assert_int_equal(ln_model_add_buffer(b->model, values, bytes, true, &t->buffer), LN_OK);
    t->t.data.raw_const = (const char *)b->model->buffers[t->buffer].data;
    t->t.bytes = bytes;
    t->t.allocation_type = kTfLiteMmapRo;
    return id;
}

int build_constant(builder *b, int n, const float *values)
{
    return build_typed(b, kTfLiteFloat32, n ? 1 : 0, &n, values, (size_t)n * sizeof *values);
}

void build_scale(builder *b, int id, float scale, int zero)
{
    ln_arena *a = &b->model->arena;
    TfLiteTensor *t = &b->graph->tensors[id].t;
    TfLiteAffineQuantization *q = ln_arena_new(a, 1, sizeof *q);
    struct {
        int size;
        float value;
    } *scales = ln_arena_new(a, 1, sizeof *scales);
    assert_non_null(q);
    assert_non_null(scales);
    *scales = (__typeof__(*scales)){1, scale};
    q->scale = (TfLiteFloatArray *)(void *)scales;
    q->zero_point = ln_ints(a, 1, &zero);
    t->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, q};
    t->params.scale = scale;
    t->params.zero_point = zero;
}

int build_variable(builder *b, int n)
{
    const int id = build_tensor(b, n);
    b->graph->tensors[id].t.is_variable = true;
    return id;
}

static ln_node *add_node(builder *b, const ln_op *op, const int *inputs, int output)
{
    ln_id node;
    int n = 0;
    while (inputs[n] >= 0)
        n++;
    assert_int_equal(ln_graph_add_node(b->model, b->graph, op, n, inputs, 1, &output, &node),
                     LN_OK);
    return &b->graph->nodes[node];
}

void build_node(builder *b, const ln_op *op, const int *inputs, int output)
{
    ln_node *n = add_node(b, op, inputs, output);
    n->builtin = op->builtin;
}

void build_custom(builder *b, const char *name, const int *inputs, int output)
{
    ln_node *n = add_node(b, NULL, inputs, output);
    n->builtin = kTfLiteBuiltinCustom;
    n->custom_name = name;
}

void build_io(builder *b, int n_in, const int *in, int n_out, const int *out)
{
    b->graph->inputs = ln_ints(&b->model->arena, n_in, in);
    b->graph->outputs = ln_ints(&b->model->arena, n_out, out);
    assert_non_null(b->graph->inputs);
    assert_non_null(b->graph->outputs);
}

ln_model *chain_model(int n, int size)
{
    builder b;
    build_begin(&b);
    const int x = build_tensor(&b, size);
    int y = x;
    for (int i = 0; i < n; i++) {
        const int next = build_tensor(&b, size);
        build_node(&b, &op_increment, (int[]){y, -1}, next);
        y = next;
    }
    build_io(&b, 1, &x, 1, &y);
    return b.model;
}

ln_model *dynamic_model(int size)
{
    builder b;
    build_begin(&b);
    const int x = build_tensor(&b, size), p = build_tensor(&b, size), q = build_tensor(&b, size);
    const int y = build_tensor(&b, size);
    build_node(&b, &op_positive, (int[]){x, -1}, p);
    build_node(&b, &op_increment, (int[]){p, -1}, q);
    build_node(&b, &op_column, (int[]){q, -1}, y);
    build_io(&b, 1, &x, 1, &y);
    return b.model;
}

ln_model *mixed_model(int size)
{
    builder b;
    float values[64];
    for (int i = 0; i < size; i++)
        values[i] = (float)i;
    build_begin(&b);
    const int x = build_tensor(&b, size), c = build_constant(&b, size, values);
    const int p = build_tensor(&b, size), q = build_tensor(&b, size), y = build_tensor(&b, size);
    const int z = build_tensor(&b, 1), w = build_tensor(&b, 0);
    build_node(&b, &op_sum, (int[]){x, c, -1}, p);
    build_node(&b, &op_increment, (int[]){x, -1}, q);
    build_node(&b, &op_sum, (int[]){p, q, -1}, y);
    build_node(&b, &op_shape, (int[]){y, -1}, z);
    build_node(&b, &op_total, (int[]){y, -1}, w);
    build_io(&b, 1, &x, 3, (int[]){y, z, w});
    return b.model;
}

ln_model *calling_model(const ln_op *inner)
{
    builder b;
    build_begin(&b);
    const int x = build_tensor(&b, 4), p = build_tensor(&b, 4);
    const int q = build_tensor(&b, 4), y = build_tensor(&b, 4);
    build_node(&b, &op_increment, (int[]){x, -1}, p);
    build_node(&b, &op_call, (int[]){p, -1}, q);
    build_node(&b, &op_call, (int[]){q, -1}, y);
    build_io(&b, 1, &x, 1, &y);
    build_graph(&b, "callee");
    const int u = build_tensor(&b, 1), v = build_tensor(&b, 1);
    build_node(&b, inner, (int[]){u, -1}, v);
    build_io(&b, 1, &u, 1, &v);
    return b.model;
}

/* ---- running ---- */

ln_interpreter *open_model(ln_model *m, const ln_interpreter_options *options)
{
    ln_interpreter *it;
    assert_int_equal(ln_interpreter_create(&it, m, options), LN_OK);
    return it;
}

float *input_of(ln_interpreter *it, int i)
{
    return ln_interpreter_tensor(it, 0, ln_interpreter_inputs(it, 0)->data[i])->data.f;
}

const TfLiteTensor *output_of(ln_interpreter *it, int i)
{
    return ln_interpreter_tensor(it, 0, ln_interpreter_outputs(it, 0)->data[i]);
}

int largest_group(ln_interpreter *it)
{
    const TfLiteIntArray *plan = ln_interpreter_plan(it, 0);
    int most = 0;
    for (int i = 0; i < plan->size; i++) {
        ln_node_info info;
        assert_true(ln_interpreter_node_info(it, 0, plan->data[i], &info));
        most = info.replaces && info.replaces->size > most ? info.replaces->size : most;
    }
    return most;
}

void assert_same_output(ln_interpreter *got, ln_interpreter *want)
{
    const TfLiteTensor *a = output_of(got, 0), *b = output_of(want, 0);
    assert_int_equal(a->bytes, b->bytes);
    assert_memory_equal(a->data.raw, b->data.raw, b->bytes);
}

static void *failing_fn(void *user, void *p, size_t n)
{
    failing_alloc *state = user;
    if (n == 0) {
        state->live -= p != NULL;
        return ln_alloc_default.fn(NULL, p, 0);
    }
    state->calls++;
    if (state->left == 0)
        return NULL;
    if (state->left > 0)
        state->left--;
    void *result = ln_alloc_default.fn(NULL, p, n);
    state->live += !p && result;
    return result;
}

ln_alloc failing(failing_alloc *state)
{
    return (ln_alloc){failing_fn, state};
}
