/* SPDX-License-Identifier: Apache-2.0 */
/* emit.c: tensors, constants and nodes, with their shapes inferred. */
#include "emit/emit.h"

#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "model/options.h"
#include "ops/list.h"

enum { FOLD_LIMIT = 1 << 28 };

void ln_emit_init(ln_emit *e, ln_model *m, ln_graph *g, ln_diag *diag)
{
    *e = (ln_emit){.m = m, .g = g, .diag = diag, .fold_limit = FOLD_LIMIT};
}

void ln_emit_at(ln_emit *e, const char *location)
{
    if (!ln_emit_ok(e))
        return;
    e->location = ln_arena_string(&e->m->arena, location, strlen(location));
    if (!e->location)
        e->status = LN_ERR_MEMORY;
}

ln_id ln_emit_fail(ln_emit *e, ln_status status, const char *fmt, ...)
{
    if (!ln_emit_ok(e))
        return -1;
    char text[LN_DIAG_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    e->status = status;
    if (e->location)
        (void)ln_fail(e->diag, status, "%s: %s", e->location, text);
    else
        (void)ln_fail(e->diag, status, "%s", text);
    return -1;
}

/* Keeps a status that came without a message of its own. */
static ln_id failed(ln_emit *e, ln_status status)
{
    return status == LN_ERR_MEMORY ? ln_emit_fail(e, status, "out of memory")
                                   : ln_emit_fail(e, status, "the node cannot be made");
}

/* ---- tensors ---- */

static bool is_id(const ln_emit *e, ln_id id)
{
    return id >= 0 && id < e->g->n_tensors;
}

static ln_id new_tensor(ln_emit *e, const char *name, TfLiteType type, const ln_shape *s)
{
    ln_id id;
    if (!ln_emit_ok(e))
        return -1;
    const ln_status status =
        ln_graph_add_tensor(e->m, e->g, name ? name : "", type, s->rank, s->dim, &id);
    return status == LN_OK ? id : failed(e, status);
}

static bool append(ln_emit *e, TfLiteIntArray **ids, ln_id id)
{
    TfLiteIntArray *longer = ln_ints(&e->m->arena, (*ids)->size + 1, NULL);
    if (!longer) {
        failed(e, LN_ERR_MEMORY);
        return false;
    }
    memcpy(longer->data, (*ids)->data, (size_t)(*ids)->size * sizeof longer->data[0]);
    longer->data[(*ids)->size] = id;
    *ids = longer;
    return true;
}

ln_id ln_emit_input(ln_emit *e, const char *name, TfLiteType type, const ln_shape *shape)
{
    const ln_id id = new_tensor(e, name, type, shape);
    return id >= 0 && append(e, &e->g->inputs, id) ? id : -1;
}

void ln_emit_output(ln_emit *e, ln_id id)
{
    if (ln_emit_ok(e) && !is_id(e, id))
        ln_emit_fail(e, LN_ERR_ARGUMENT, "there is no tensor %d to be an output", id);
    if (ln_emit_ok(e))
        append(e, &e->g->outputs, id);
}

/* Truths of a foreign file may be any byte; a bool of C is 0 or 1. */
static const void *as_truths(ln_emit *e, const void *data, size_t n)
{
    const uint8_t *x = data;
    uint8_t *y = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!y && x[i] > 1) {
            y = ln_arena_copy(&e->m->arena, data, n);
            if (!y)
                return NULL;
        }
        if (y)
            y[i] = x[i] != 0;
    }
    return y ? y : data;
}

ln_id ln_emit_constant(ln_emit *e, TfLiteType type, const ln_shape *shape, const void *data,
                       size_t bytes, bool copy)
{
    const int count = ln_shape_count(shape, 0, shape->rank);
    size_t wanted = bytes;
    ln_id buffer;
    if (!ln_emit_ok(e))
        return -1;
    if (count < 0 || (type != kTfLiteString &&
                      (!ln_type_bytes(type, (size_t)count, &wanted) || wanted != bytes)))
        return ln_emit_fail(e, LN_ERR_FORMAT, "a constant of %d items of %s has %zu bytes, not %zu",
                            count, ln_type_name(type), bytes, wanted);
    const ln_id id = new_tensor(e, e->location, type, shape);
    if (!bytes) /* no items are data all the same */
        data = "";
    if (type == kTfLiteBool && bytes && !(data = as_truths(e, data, bytes)))
        return failed(e, LN_ERR_MEMORY);
    const ln_status status = ln_model_add_buffer(e->m, data, bytes, copy, &buffer);
    if (id < 0 || status != LN_OK)
        return failed(e, LN_ERR_MEMORY);
    ln_tensor *t = &e->g->tensors[id];
    t->buffer = buffer;
    t->t.data.raw_const = (const char *)e->m->buffers[buffer].data;
    t->t.bytes = bytes;
    t->t.allocation_type = kTfLiteMmapRo;
    return id;
}

ln_id ln_emit_ints(ln_emit *e, int n, const int *values)
{
    const ln_shape s = {.rank = 1, .dim = {n}};
    return ln_emit_constant(e, kTfLiteInt32, &s, values, (size_t)n * sizeof *values, true);
}

ln_id ln_emit_floats(ln_emit *e, int n, const float *values)
{
    const ln_shape s = {.rank = 1, .dim = {n}};
    return ln_emit_constant(e, kTfLiteFloat32, &s, values, (size_t)n * sizeof *values, true);
}

ln_id ln_emit_int(ln_emit *e, int value)
{
    const ln_shape s = {0};
    return ln_emit_constant(e, kTfLiteInt32, &s, &value, sizeof value, true);
}

ln_id ln_emit_float(ln_emit *e, float value)
{
    const ln_shape s = {0};
    return ln_emit_constant(e, kTfLiteFloat32, &s, &value, sizeof value, true);
}

#define NUMBER(code, type)                                        \
    case code: {                                                  \
        const type v = (type)value;                               \
        return ln_emit_constant(e, code, &s, &v, sizeof v, true); \
    }
#define WHOLE(code, type, least, most)                            \
    case code: {                                                  \
        const type v = value <= (double)(least)  ? (type)(least)  \
                       : value >= (double)(most) ? (type)(most)   \
                                                 : (type)value;   \
        return ln_emit_constant(e, code, &s, &v, sizeof v, true); \
    }

ln_id ln_emit_number(ln_emit *e, TfLiteType type, double value)
{
    const ln_shape s = {0};
    if (value != value && type != kTfLiteFloat32 && type != kTfLiteFloat64)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "NaN as a number of type %s",
                            ln_type_name(type));
    switch (type) {
        NUMBER(kTfLiteBool, bool)
        WHOLE(kTfLiteInt8, int8_t, INT8_MIN, INT8_MAX)
        WHOLE(kTfLiteUInt8, uint8_t, 0, UINT8_MAX)
        WHOLE(kTfLiteInt16, int16_t, INT16_MIN, INT16_MAX)
        WHOLE(kTfLiteUInt16, uint16_t, 0, UINT16_MAX)
        WHOLE(kTfLiteInt32, int32_t, INT32_MIN, INT32_MAX)
        WHOLE(kTfLiteUInt32, uint32_t, 0, UINT32_MAX)
        WHOLE(kTfLiteInt64, int64_t, INT64_MIN, INT64_MAX)
        WHOLE(kTfLiteUInt64, uint64_t, 0, UINT64_MAX)
        NUMBER(kTfLiteFloat32, float)
        NUMBER(kTfLiteFloat64, double)
    default:
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "there are no numbers of type %s",
                            ln_type_name(type));
    }
}

ln_id ln_emit_strings(ln_emit *e, const ln_shape *shape, const char *const *texts,
                      const size_t *lengths, int n)
{
    size_t size = 8 + 4 * (size_t)n;
    for (int i = 0; i < n; i++)
        if (!ln_add_size(size, lengths[i], &size) || size > INT32_MAX)
            return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "strings of more than 2 GB");
    uint8_t *block = ln_emit_ok(e) ? ln_arena_new(&e->m->arena, 1, size) : NULL;
    if (!block)
        return failed(e, LN_ERR_MEMORY);
    int32_t at = (int32_t)(8 + 4 * n);
    const int32_t count = n;
    memcpy(block, &count, 4);
    memcpy(block + 4, &at, 4);
    for (int i = 0; i < n; i++) {
        if (lengths[i])
            memcpy(block + at, texts[i], lengths[i]);
        at += (int32_t)lengths[i];
        memcpy(block + 8 + 4 * i, &at, 4);
    }
    return ln_emit_constant(e, kTfLiteString, shape, block, size, false);
}

const TfLiteTensor *ln_emit_tensor(const ln_emit *e, ln_id id)
{
    static const TfLiteTensor none = {0};
    return is_id(e, id) ? &e->g->tensors[id].t : &none;
}

ln_shape ln_emit_shape(const ln_emit *e, ln_id id)
{
    if (!is_id(e, id) || !e->g->tensors[id].has_rank)
        return ln_shape_unknown(-1);
    return ln_shape_of(&e->g->tensors[id].t);
}

TfLiteType ln_emit_type(const ln_emit *e, ln_id id)
{
    return ln_emit_tensor(e, id)->type;
}

bool ln_emit_known(const ln_emit *e, ln_id id)
{
    return ln_emit_tensor(e, id)->allocation_type == kTfLiteMmapRo;
}

bool ln_emit_read_ints(const ln_emit *e, ln_id id, int max, int *values, int *n)
{
    const TfLiteTensor *t = ln_emit_tensor(e, id);
    const int count = ln_emit_known(e, id) ? ln_count(t) : -1;
    if (count < 0 || count > max)
        return false;
    for (int i = 0; i < count; i++) {
        const int64_t v = t->type == kTfLiteInt32   ? t->data.i32[i]
                          : t->type == kTfLiteInt64 ? t->data.i64[i]
                          : t->type == kTfLiteBool  ? t->data.b[i]
                                                    : INT64_MIN;
        if (v < INT32_MIN || v > INT32_MAX)
            return false;
        values[i] = (int)v;
    }
    *n = count;
    return true;
}

bool ln_emit_read_number(const ln_emit *e, ln_id id, double *value)
{
    const TfLiteTensor *t = ln_emit_tensor(e, id);
    int v, n;
    if (!ln_emit_known(e, id) || ln_count(t) != 1)
        return false;
    if (t->type == kTfLiteFloat32)
        *value = (double)t->data.f[0];
    else if (t->type == kTfLiteFloat64)
        *value = t->data.f64[0];
    else if (ln_emit_read_ints(e, id, 1, &v, &n))
        *value = v;
    else
        return false;
    return true;
}

/* ---- nodes ---- */

/* What other graphs give, as far as they are made. */
typedef struct graph_host {
    ln_host host;
    const ln_model *m;
} graph_host;

static ln_status graph_infer(ln_host *host, int graph, const TfLiteTensor *const *in, int n_in,
                             TfLiteType *types, ln_shape *shapes, int n_out)
{
    const ln_model *m = ((const graph_host *)host)->m;
    const ln_graph *g = m->graphs[graph];
    (void)in;
    if (g->outputs->size != n_out || g->inputs->size != n_in)
        return ln_fail(host->diag, LN_ERR_FORMAT,
                       "graph %d has %d inputs and %d outputs, the node %d and %d", graph,
                       g->inputs->size, g->outputs->size, n_in, n_out);
    for (int i = 0; i < n_out; i++) {
        const ln_tensor *t = &g->tensors[g->outputs->data[i]];
        types[i] = t->t.type;
        shapes[i] = t->has_rank ? ln_shape_of(&t->t) : ln_shape_unknown(-1);
    }
    return LN_OK;
}

/* The node's operands as the op sees them; `in` and `out` have room for all. */
static ln_status infer(ln_emit *e, const ln_emit_call *call, const void *params, ln_made *made)
{
    graph_host host = {
        .host = {.graph_infer = graph_infer, .n_graphs = e->m->n_graphs, .diag = e->diag},
        .m = e->m};
    const TfLiteTensor **in = ln_arena_new(&e->m->arena, (size_t)call->n_in + 1, sizeof *in);
    TfLiteTensor **out = ln_arena_new(&e->m->arena, (size_t)call->n_out + 1, sizeof *out);
    TfLiteTensor *typed = ln_arena_new(&e->m->arena, (size_t)call->n_out + 1, sizeof *typed);
    if (!in || !out || !typed)
        return LN_ERR_MEMORY;
    for (int i = 0; i < call->n_in; i++)
        in[i] = call->in[i] < 0 ? NULL : &e->g->tensors[call->in[i]].t;
    for (int i = 0; i < call->n_out; i++) {
        typed[i].type = call->hints ? call->hints[i].type
                        : call->op == &ln_op_cast
                            ? ((const TfLiteCastParams *)params)->out_data_type
                            : kTfLiteNoType;
        if (call->hints && call->hints[i].shape.rank >= 0)
            typed[i].dims =
                ln_ints(&e->m->arena, call->hints[i].shape.rank, call->hints[i].shape.dim);
        if (call->like) {
            typed[i].type = call->like[i].type;
            typed[i].params = call->like[i].params;
            typed[i].quantization = call->like[i].quantization;
        }
        out[i] = &typed[i];
        made[i] = (ln_made){.type = kTfLiteNoType};
    }
    ln_call c = {.in = in,
                 .out = out,
                 .n_in = call->n_in,
                 .n_out = call->n_out,
                 .tensors = NULL,
                 .params = params,
                 .made = made,
                 .host = &host.host,
                 .diag = e->diag};
    return call->op->infer(&c);
}

/* True when the rank of an input is not known, of which ops know nothing. */
static bool any_unranked(const ln_emit *e, const ln_emit_call *call)
{
    for (int i = 0; i < call->n_in; i++)
        if (call->in[i] >= 0 && !e->g->tensors[call->in[i]].has_rank)
            return true;
    return false;
}

/* A RESHAPE whose shape is computed, but for one dimension known: a constant says it as well, with
 * -1 for that one. */
static bool is_plain_reshape(const ln_emit *e, const ln_emit_call *call, ln_shape *shape)
{
    int open = 0;
    if (call->op != &ln_op_reshape || call->n_in != 2 || !ln_emit_known_dims(e, call, shape))
        return false;
    for (int i = 0; i < shape->rank; i++) {
        open += shape->dim[i] < 0;
        if (shape->dim[i] == 0)
            return false; /* then -1 could be anything */
    }
    return open <= 1;
}

/* An unknown shape, and the dimensions that are not known, are as the hint says. */
static void take_hint(ln_made *made, const ln_made *hint)
{
    if (made->type == kTfLiteNoType)
        made->type = hint->type;
    if (made->shape.rank < 0)
        made->shape = hint->shape;
    for (int i = 0; i < made->shape.rank && made->shape.rank == hint->shape.rank; i++)
        if (made->shape.dim[i] < 0)
            made->shape.dim[i] = hint->shape.dim[i];
}

static bool check_arity(ln_emit *e, const ln_emit_call *call)
{
    const ln_op *op = call->op;
    for (int i = 0; i < call->n_in; i++) {
        const bool optional = !op || (i < 64 && (op->optional >> i & 1));
        if (!is_id(e, call->in[i]) && !(call->in[i] == -1 && optional)) {
            ln_emit_fail(e, LN_ERR_ARGUMENT, "%s has no input %d", op ? op->name : call->custom, i);
            return false;
        }
    }
    if (op && (call->n_in < op->min_in || (op->max_in >= 0 && call->n_in > op->max_in) ||
               (op->n_out >= 0 && call->n_out != op->n_out))) {
        ln_emit_fail(e, LN_ERR_ARGUMENT, "%s does not take %d inputs and give %d outputs", op->name,
                     call->n_in, call->n_out);
        return false;
    }
    if (!op && !call->hints)
        ln_emit_fail(e, LN_ERR_ARGUMENT, "what %s gives is not known", call->custom);
    return ln_emit_ok(e);
}

/* RESHAPE asks for no rank: what it gives has the dimensions that are asked for. */
static bool reshapes_blindly(const ln_emit *e, const ln_emit_call *call, ln_made *made)
{
    ln_origin from[LN_MAX_RANK];
    ln_shape *y = &made[0].shape;
    if (call->op != &ln_op_reshape || call->n_in != 2 ||
        !ln_emit_items(e, call->in[1], LN_MAX_RANK, y->dim, from, &y->rank))
        return false;
    made[0].type = ln_emit_type(e, call->in[0]);
    for (int i = 0; i < y->rank; i++)
        y->dim[i] = y->dim[i] < 0 ? -1 : y->dim[i];
    return true;
}

static ln_status infer_shapes(ln_emit *e, const ln_emit_call *call, const void *params,
                              ln_made *made)
{
    const bool blind = !call->op || any_unranked(e, call);
    if (blind && reshapes_blindly(e, call, made))
        return LN_OK;
    if (blind && !call->hints && call->n_out > 0)
        return ln_fail(e->diag, LN_ERR_UNSUPPORTED, "%s%s%s: the rank of an input is not known",
                       e->location ? e->location : "", e->location ? ": " : "",
                       call->op ? call->op->name : call->custom);
    for (int i = 0; blind && i < call->n_out; i++)
        made[i] = (ln_made){kTfLiteNoType, ln_shape_unknown(-1)};
    if (!blind) {
        ln_diag_where(e->diag, e->location ? "%s (%s)" : "%s%s", e->location ? e->location : "",
                      call->op->name);
        const ln_status status = infer(e, call, params, made);
        ln_diag_where(e->diag, NULL);
        LN_TRY(status);
    }
    ln_made known = {.type = kTfLiteNoType};
    if (!blind && ln_emit_known_dims(e, call, &known.shape))
        take_hint(&made[0], &known);
    for (int i = 0; i < call->n_out && call->hints; i++)
        take_hint(&made[i], &call->hints[i]);
    return LN_OK;
}

bool ln_emit_infer(ln_emit *e, const ln_emit_call *call, ln_made *made)
{
    if (!ln_emit_ok(e) || !check_arity(e, call))
        return false;
    const ln_status status = infer_shapes(e, call, call->params, made);
    if (status != LN_OK)
        e->status = status;
    return status == LN_OK;
}

static void *own_params(ln_emit *e, const ln_op *op, const void *params)
{
    const ln_fb_table absent = {0};
    void *own = ln_arena_new(&e->m->arena, 1, op->params_size ? op->params_size : 1);
    if (own && params)
        memcpy(own, params, op->params_size);
    else if (own && ln_options_parse(op, &absent, &e->m->arena, own, e->diag) != LN_OK)
        return NULL;
    return own;
}

static ln_status add_node(ln_emit *e, const ln_emit_call *call, void *params, const ln_id *out)
{
    const ln_op *op = call->op;
    ln_id id;
    LN_TRY(ln_graph_add_node(e->m, e->g, op, call->n_in, call->in, call->n_out, out, &id));
    ln_node *n = &e->g->nodes[id];
    n->location = e->location;
    n->builtin = op && !call->custom ? op->builtin : kTfLiteBuiltinCustom;
    n->params = params;
    n->params_size = params ? op->params_size : 0;
    if (call->custom) {
        n->custom_name = ln_arena_string(&e->m->arena, call->custom, strlen(call->custom));
        n->custom =
            ln_arena_copy(&e->m->arena, call->n_options ? call->options : "", call->n_options);
        n->custom_size = call->n_options;
        if (!n->custom_name || !n->custom)
            return LN_ERR_MEMORY;
    }
    return LN_OK;
}

bool ln_emit_node(ln_emit *e, const ln_emit_call *call, ln_id *out)
{
    for (int i = 0; i < call->n_out; i++)
        out[i] = -1;
    if (!ln_emit_ok(e) || !check_arity(e, call))
        return false;
    ln_shape plain;
    if (is_plain_reshape(e, call, &plain)) {
        out[0] = ln_emit_reshape(e, call->in[0], &plain);
        return ln_emit_ok(e);
    }
    ln_made *made = ln_arena_new(&e->m->arena, (size_t)call->n_out + 1, sizeof *made);
    void *params = call->op ? own_params(e, call->op, call->params) : NULL;
    if (!made || (call->op && !params)) {
        failed(e, LN_ERR_MEMORY);
        return false;
    }
    ln_emit_call own = *call;
    own.params = params;
    const ln_status status = infer_shapes(e, &own, params, made);
    if (status != LN_OK) {
        e->status = status; /* with the op's own message */
        return false;
    }
    if (call->op && !call->custom && !call->like && ln_emit_fold(e, &own, made, out))
        return true;
    for (int i = 0; i < call->n_out; i++)
        out[i] = new_tensor(e, e->location, made[i].type, &made[i].shape);
    for (int i = 0; i < call->n_out && call->like && ln_emit_ok(e); i++) {
        e->g->tensors[out[i]].t.params = call->like[i].params;
        e->g->tensors[out[i]].t.quantization = call->like[i].quantization;
    }
    if (ln_emit_ok(e) && add_node(e, call, params, out) != LN_OK)
        failed(e, LN_ERR_MEMORY);
    return ln_emit_ok(e);
}

ln_id ln_emit_nary(ln_emit *e, const ln_op *op, const void *params, int n, const ln_id *in)
{
    const ln_emit_call call = {.op = op, .params = params, .in = in, .n_in = n, .n_out = 1};
    ln_id out;
    return ln_emit_node(e, &call, &out) ? out : -1;
}

ln_id ln_emit_unary(ln_emit *e, const ln_op *op, const void *params, ln_id x)
{
    return ln_emit_nary(e, op, params, 1, &x);
}

ln_id ln_emit_binary(ln_emit *e, const ln_op *op, const void *params, ln_id a, ln_id b)
{
    const ln_id in[] = {a, b};
    return ln_emit_nary(e, op, params, 2, in);
}
