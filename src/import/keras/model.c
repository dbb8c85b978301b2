/* SPDX-License-Identifier: Apache-2.0 */
/* model.c: Sequential and Functional models.
 *
 * A Functional model lists its layers, and for each the calls ("nodes") with what they are given:
 * tensors named by [layer, node, output].  Keras 2 writes a call as a list of such names, with the
 * keyword arguments in the first; Keras 3 as args and kwargs.  Calls run as soon as all that they
 * are given is there; mostly that is the order in which they are listed. */
#include <stdio.h>
#include <string.h>

#include "import/keras/model.h"

enum { MAX_LAYERS = 20000, MAX_NODES = 20000, MAX_PASSES = 2000 };

/* ---- what is listed ---- */

bool ln_keras_is_model(const cJSON *layer)
{
    const cJSON *config = ln_json_get(layer, "config");
    const char *class = ln_json_text(layer, "class_name", "");
    return (cJSON_IsArray(config) || cJSON_IsArray(ln_json_get(config, "layers"))) &&
           (strcmp(class, "Sequential") == 0 || strcmp(class, "Functional") == 0 ||
            strcmp(class, "Model") == 0);
}

bool ln_keras_is_class(const cJSON *layer, const char *class)
{
    return strcmp(ln_json_text(layer, "class_name", ""), class) == 0;
}

/* Old Sequential models are a list themselves. */
const cJSON *ln_keras_layers_of(const cJSON *model)
{
    const cJSON *config = ln_json_get(model, "config");
    return cJSON_IsArray(config) ? config : ln_json_get(config, "layers");
}

const char *ln_keras_name_of(const cJSON *layer)
{
    return ln_json_text(ln_json_get(layer, "config"), "name", ln_json_text(layer, "name", ""));
}

/* [layer, node, output] */
static bool is_tensor_name(const cJSON *item)
{
    return cJSON_IsArray(item) && cJSON_GetArraySize(item) >= 3 &&
           cJSON_IsString(cJSON_GetArrayItem(item, 0)) &&
           cJSON_IsNumber(cJSON_GetArrayItem(item, 1)) &&
           cJSON_IsNumber(cJSON_GetArrayItem(item, 2));
}

static bool collect(ln_keras *k, const cJSON *item, const char *key, int depth, ln_keras_names *to)
{
    const cJSON *inner;
    if (is_tensor_name(item)) {
        if (to->n == to->capacity)
            return false;
        to->tensor[to->n] = item;
        to->key[to->n++] = key;
        return true;
    }
    if ((!cJSON_IsArray(item) && !cJSON_IsObject(item)) || depth > LN_KERAS_MAX_DEPTH)
        return false;
    cJSON_ArrayForEach(inner, item) if (!collect(k, inner, inner->string ? inner->string : key,
                                                 depth + 1, to)) return false;
    return true;
}

bool ln_keras_collect(ln_keras *k, const cJSON *config, const char *key, ln_keras_names *to)
{
    enum { MAX_TENSORS = 4096 };
    to->n = 0;
    to->capacity = MAX_TENSORS;
    to->tensor = ln_arena_new(&k->arena, MAX_TENSORS, sizeof(cJSON *));
    to->key = ln_arena_new(&k->arena, MAX_TENSORS, sizeof(char *));
    if (!to->tensor || !to->key || !collect(k, ln_json_get(config, key), NULL, 0, to)) {
        ln_emit_fail(&k->e, LN_ERR_FORMAT, "the model's %s cannot be understood", key);
        return false;
    }
    return true;
}

/* ---- one call ---- */

typedef struct values {
    ln_keras_value *v;
    int n;
    bool done;
} values;

/* What a layer is called with. */
typedef struct given {
    ln_keras_arg *args, *kwargs;
    int n_args, n_kwargs;
} given;

static void call_layer(const ln_keras_call *outer, const cJSON *layer, const ln_keras_scope *scope,
                       const given *with, values *out)
{
    ln_keras *k = outer->k;
    ln_keras_value *in = NULL;
    int n_in = 0, capacity = 0;
    ln_keras_call c = {.k = k,
                       .e = outer->e,
                       .layer = layer,
                       .config = ln_json_get(layer, "config"),
                       .name = ln_keras_location(k, outer->name, ln_keras_name_of(layer)),
                       .scope = *scope,
                       .args = with->args,
                       .n_args = with->n_args,
                       .kwargs = with->kwargs,
                       .n_kwargs = with->n_kwargs};
    if (++k->calls > LN_KERAS_MAX_CALLS) {
        ln_emit_fail(c.e, LN_ERR_FORMAT, "the model has more than %d calls of layers",
                     (int)LN_KERAS_MAX_CALLS);
        return;
    }
    ln_emit_at(c.e, c.name);
    ln_keras_constants(&c, with->args, with->n_args);
    ln_keras_constants(&c, with->kwargs, with->n_kwargs);
    if (c.n_args && !ln_keras_arg_flatten(k, &c.args[0], &in, &n_in, &capacity)) {
        ln_emit_fail(c.e, LN_ERR_MEMORY, "out of memory");
        return;
    }
    c.in = in;
    c.n_in = n_in;
    ln_keras_layer_call(&c);
    *out = (values){c.out, c.n_out, true};
    if (k->busy == 0)
        ln_arena_deinit(&k->scratch);
}

/* ---- Sequential ---- */

static void sequential(ln_keras_call *c)
{
    const cJSON *layer;
    ln_keras_counter *counter = ln_keras_counter_new(c->k);
    values now = {(ln_keras_value *)c->in, c->n_in, true};
    cJSON_ArrayForEach(layer, ln_keras_layers_of(c->layer))
    {
        ln_keras_scope scope;
        if (ln_keras_is_class(layer, "InputLayer"))
            continue;
        ln_keras_scope_layer(c->k, &c->scope, counter, layer, &scope);
        ln_keras_arg *items = ln_arena_new(&c->k->arena, (size_t)now.n + 1, sizeof *items);
        for (int i = 0; items && i < now.n; i++)
            items[i] = (ln_keras_arg){.kind = LN_ARG_TENSOR, .value = now.v[i]};
        if (!items || !ln_emit_ok(c->e))
            return;
        ln_keras_arg list = {.kind = LN_ARG_LIST, .items = items, .n = now.n};
        const given with = {.args = now.n == 1 ? items : &list, .n_args = 1};
        call_layer(c, layer, &scope, &with, &now);
    }
    for (int i = 0; i < now.n; i++)
        ln_keras_out_masked(c, now.v[i].id, now.v[i].mask);
}

/* ---- Functional ---- */

typedef struct one_call {
    int layer;
    const cJSON *node; /* NULL: of an input */
    values made;
} one_call;

typedef struct state {
    ln_keras_call *c;
    int n, n_calls;
    const cJSON **layers;
    ln_keras_scope *scopes;
    int *begin, *n_nodes; /* a layer's calls among all of them */
    int *first;           /* what the file calls the first of them */
    one_call *calls;
} state;

typedef enum found { READY, WAIT, BAD } found;

static int layer_index(const state *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(ln_keras_name_of(s->layers[i]), name) == 0)
            return i;
    return -1;
}

/* Models count their calls from 1, for their own inputs lead to their outputs by call 0, which is
 * not listed.  Keras 3 does so for Functional ones and for the outputs of the outer model alone. */
static int first_call(const ln_keras *k, const cJSON *layer)
{
    const cJSON *first = ln_keras_is_model(layer) ? ln_keras_layers_of(layer)->child : NULL;
    if (!first ||
        (ln_keras_is_class(layer, "Sequential") &&
         (k->version >= 3 || (!ln_keras_is_class(first, "InputLayer") &&
                              !ln_json_get(ln_json_get(first, "config"), "batch_input_shape")))))
        return 0;
    return 1;
}

typedef enum user { A_CALL, AN_OUTPUT } user;

/* The call that makes a tensor; -1: there is none. */
static int maker(const state *s, const cJSON *tensor, user by)
{
    const int layer = layer_index(s, cJSON_GetArrayItem(tensor, 0)->valuestring);
    int node;
    if (layer < 0 || !ln_json_is_int(cJSON_GetArrayItem(tensor, 1), &node))
        return -1;
    if (node >= 0 && (by == AN_OUTPUT || s->c->k->version < 3))
        node -= s->first[layer];
    return node < 0 || node >= s->n_nodes[layer] ? -1 : s->begin[layer] + node;
}

static found look_up(const state *s, const cJSON *tensor, user by, ln_keras_value *out)
{
    const int call = maker(s, tensor, by);
    int index;
    if (call < 0 || !ln_json_is_int(cJSON_GetArrayItem(tensor, 2), &index))
        return BAD;
    const values *v = &s->calls[call].made;
    if (!v->done)
        return WAIT;
    if (index < 0 || index >= v->n)
        return BAD;
    *out = v->v[index];
    if (ln_keras_mask_is_gone(s->c, out->id))
        out->mask.kind = LN_MASK_NONE;
    return READY;
}

static const cJSON *keras_tensor(const cJSON *item)
{
    return ln_keras_is_class(item, "__keras_tensor__")
               ? ln_json_get(ln_json_get(item, "config"), "keras_history")
               : NULL;
}

static bool is_constant(const cJSON *item)
{
    return ln_keras_is_class(item, "__tensor__") || ln_keras_is_class(item, "__numpy__");
}

/* Whether there is a tensor anywhere in it. */
static bool has_tensor(const cJSON *item, int depth)
{
    const cJSON *inner;
    if (depth > LN_KERAS_MAX_DEPTH || (!cJSON_IsArray(item) && !cJSON_IsObject(item)))
        return false;
    if (is_tensor_name(item) || keras_tensor(item) || is_constant(item))
        return true;
    cJSON_ArrayForEach(inner, item) if (has_tensor(inner, depth + 1)) return true;
    return false;
}

static found resolve(const state *s, const cJSON *item, ln_keras_arg *out);

static found resolve_list(const state *s, const cJSON *list, ln_keras_arg *out)
{
    const cJSON *inner;
    out->kind = LN_ARG_LIST;
    out->items =
        ln_arena_new(&s->c->k->arena, (size_t)cJSON_GetArraySize(list) + 1, sizeof *out->items);
    if (!out->items)
        return BAD;
    cJSON_ArrayForEach(inner, list)
    {
        const found f = resolve(s, inner, &out->items[out->n]);
        out->items[out->n++].name = inner->string;
        if (f != READY)
            return f;
    }
    return READY;
}

/* The depth is bounded: has_tensor looks no deeper. */
static found resolve(const state *s, const cJSON *item, ln_keras_arg *out)
{
    const cJSON *tensor = is_tensor_name(item) ? item : keras_tensor(item);
    *out = (ln_keras_arg){.kind = LN_ARG_JSON, .json = item};
    if (tensor && strcmp(cJSON_GetArrayItem(tensor, 0)->valuestring, "_CONSTANT_VALUE") == 0) {
        out->json = cJSON_GetArrayItem(tensor, 2);
        return READY;
    }
    if (is_constant(item)) {
        out->json = ln_json_get(ln_json_get(item, "config"), "value");
        out->dtype = ln_json_text(ln_json_get(item, "config"), "dtype", "float32");
        return out->json ? READY : BAD;
    }
    if (tensor) {
        *out = (ln_keras_arg){.kind = LN_ARG_TENSOR};
        return is_tensor_name(tensor) ? look_up(s, tensor, A_CALL, &out->value) : BAD;
    }
    if (has_tensor(item, 0))
        return resolve_list(s, item, out);
    if (cJSON_IsNull(item))
        out->kind = LN_ARG_NONE;
    return READY;
}

static found resolve_kwargs(const state *s, const cJSON *kwargs, given *with)
{
    ln_keras_arg list = {.kind = LN_ARG_NONE};
    const found f = cJSON_IsObject(kwargs) ? resolve_list(s, kwargs, &list) : READY;
    with->kwargs = list.items;
    with->n_kwargs = list.n;
    return f;
}

/* Keras 2: [[layer, node, output, kwargs], ...], or one of them. */
static found resolve_old(const state *s, const cJSON *node, given *with)
{
    ln_keras_arg *arg = ln_arena_new(&s->c->k->arena, 1, sizeof *arg);
    const cJSON *first = is_tensor_name(node) ? node : cJSON_GetArrayItem(node, 0);
    if (!arg || !first)
        return BAD;
    const bool one = is_tensor_name(node) || cJSON_GetArraySize(node) == 1;
    const found f = resolve(s, one ? first : node, arg);
    with->args = arg;
    with->n_args = 1;
    return f == READY && is_tensor_name(first)
               ? resolve_kwargs(s, cJSON_GetArrayItem(first, 3), with)
               : f;
}

static found resolve_node(const state *s, const cJSON *node, given *with)
{
    ln_keras_arg list = {.kind = LN_ARG_NONE};
    *with = (given){.args = NULL};
    if (cJSON_IsArray(node))
        return resolve_old(s, node, with);
    if (!cJSON_IsObject(node))
        return BAD;
    const cJSON *args = ln_json_get(node, "args");
    const found f = cJSON_IsArray(args) ? resolve_list(s, args, &list) : READY;
    with->args = list.items;
    with->n_args = list.n;
    return f == READY ? resolve_kwargs(s, ln_json_get(node, "kwargs"), with) : f;
}

/* How many calls of a layer are listed. */
static int count_calls(const cJSON *layer)
{
    const int nodes = cJSON_GetArraySize(ln_json_get(layer, "inbound_nodes"));
    return ln_keras_is_class(layer, "InputLayer") || nodes > MAX_NODES ? 1 : nodes;
}

static bool allocate(state *s, const cJSON *layers)
{
    ln_arena *a = &s->c->k->arena;
    const cJSON *layer;
    const size_t n = (size_t)cJSON_GetArraySize(layers);
    size_t calls = 0;
    if (n > MAX_LAYERS) {
        ln_emit_fail(s->c->e, LN_ERR_FORMAT, "a model has more than %d layers", (int)MAX_LAYERS);
        return false;
    }
    cJSON_ArrayForEach(layer, layers) calls += (size_t)count_calls(layer);
    if (calls > LN_KERAS_MAX_CALLS) {
        ln_emit_fail(s->c->e, LN_ERR_FORMAT, "a model has more than %d calls of layers",
                     (int)LN_KERAS_MAX_CALLS);
        return false;
    }
    s->layers = ln_arena_new(a, n + 1, sizeof *s->layers);
    s->scopes = ln_arena_new(a, n + 1, sizeof *s->scopes);
    s->begin = ln_arena_new(a, n + 1, sizeof *s->begin);
    s->n_nodes = ln_arena_new(a, n + 1, sizeof *s->n_nodes);
    s->first = ln_arena_new(a, n + 1, sizeof *s->first);
    s->calls = ln_arena_new(a, calls + 1, sizeof *s->calls);
    return s->layers && s->scopes && s->begin && s->n_nodes && s->first && s->calls;
}

static bool list_calls(state *s, const cJSON *layers)
{
    ln_keras_counter *counter = ln_keras_counter_new(s->c->k);
    const cJSON *layer;
    if (!counter || !allocate(s, layers))
        return false;
    cJSON_ArrayForEach(layer, layers)
    {
        const cJSON *inbound = ln_json_get(layer, "inbound_nodes");
        const int i = s->n++;
        s->layers[i] = layer;
        s->first[i] = first_call(s->c->k, layer);
        s->begin[i] = s->n_calls;
        s->n_nodes[i] = count_calls(layer);
        ln_keras_scope_layer(s->c->k, &s->c->scope, counter, layer, &s->scopes[i]);
        const cJSON *node = inbound ? inbound->child : NULL;
        for (int at = 0; at < s->n_nodes[i]; at++, node = node ? node->next : NULL)
            s->calls[s->n_calls++] = (one_call){.layer = i, .node = node};
    }
    return true;
}

/* ---- the order of the calls ---- */

/* Adds the makers of the tensors in it. */
static bool add_makers(const state *s, const cJSON *item, int depth, ln_keras_makers *to)
{
    const cJSON *tensor = is_tensor_name(item) ? item : keras_tensor(item), *inner;
    if (tensor && is_tensor_name(tensor)) {
        const int call = maker(s, tensor, A_CALL);
        return call < 0 || ln_keras_add_maker(&s->c->k->arena, to, call);
    }
    if (depth > LN_KERAS_MAX_DEPTH || (!cJSON_IsArray(item) && !cJSON_IsObject(item)))
        return true;
    cJSON_ArrayForEach(inner, item) if (!add_makers(s, inner, depth + 1, to)) return false;
    return true;
}

/* All calls in the order in which Keras 3 makes them, else as listed; NULL: no memory. */
static const int *order_of(const state *s, const ln_keras_names *outputs)
{
    ln_arena *a = &s->c->k->arena;
    ln_keras_graph g = {.n = s->n_calls,
                        .layer = ln_arena_new(a, (size_t)s->n_calls + 1, sizeof(int)),
                        .from = ln_arena_new(a, (size_t)s->n_calls + 1, sizeof *g.from)};
    ln_keras_makers last = {.n = 0};
    bool good = g.layer && g.from;
    for (int i = 0; good && i < s->n_calls; i++) {
        g.layer[i] = s->calls[i].layer;
        if (s->c->k->version >= 3)
            good = add_makers(s, s->calls[i].node, 0, &g.from[i]);
    }
    for (int i = 0; good && s->c->k->version >= 3 && i < outputs->n; i++) {
        const int call = maker(s, outputs->tensor[i], AN_OUTPUT);
        good = call < 0 || ln_keras_add_maker(a, &last, call);
    }
    return good ? ln_keras_order(a, &g, &last) : NULL;
}

/* Input i of a model that is called with a dictionary, whose keys are those of the model's own or
 * the names of its input layers; else NULL. */
static const ln_keras_value *named_input(const ln_keras_call *c, const ln_keras_names *in, int i)
{
    const char *name = cJSON_GetArrayItem(in->tensor[i], 0)->valuestring;
    return c->n_args ? ln_keras_arg_item(&c->args[0], in->key[i] ? in->key[i] : name) : NULL;
}

/* The call's tensors are those of the model's input layers: by names, else in order. */
static bool bind_inputs(state *s)
{
    ln_keras_names inputs;
    if (!ln_keras_collect(s->c->k, s->c->config, "input_layers", &inputs))
        return false;
    int named = 0;
    while (named < inputs.n && named_input(s->c, &inputs, named))
        named++;
    const bool in_order = named < inputs.n;
    if (in_order && inputs.n != s->c->n_in) {
        ln_emit_fail(s->c->e, LN_ERR_FORMAT, "the model has %d inputs and is given %d", inputs.n,
                     s->c->n_in);
        return false;
    }
    for (int i = 0; i < inputs.n; i++) {
        const int layer = layer_index(s, cJSON_GetArrayItem(inputs.tensor[i], 0)->valuestring);
        if (layer < 0 || s->n_nodes[layer] < 1) {
            ln_emit_fail(s->c->e, LN_ERR_FORMAT, "input %d is no layer of the model", i);
            return false;
        }
        const ln_keras_value *v = in_order ? &s->c->in[i] : named_input(s->c, &inputs, i);
        s->calls[s->begin[layer]].made = (values){(ln_keras_value *)v, 1, true};
    }
    return true;
}

/* Runs all calls that can; how many still wait. */
static int run_ready(state *s, const int *order, bool *progress)
{
    int waiting = 0;
    for (int i = 0; i < s->n_calls && ln_emit_ok(s->c->e); i++) {
        one_call *call = &s->calls[order[i]];
        const cJSON *layer = s->layers[call->layer];
        given with;
        if (call->made.done || !call->node)
            continue;
        const found f = resolve_node(s, call->node, &with);
        if (f == BAD)
            ln_emit_fail(s->c->e, LN_ERR_FORMAT, "layer %s is called with what is not there",
                         ln_keras_name_of(layer));
        if (f == READY)
            call_layer(s->c, layer, &s->scopes[call->layer], &with, &call->made);
        waiting += f == WAIT;
        *progress = *progress || f == READY;
    }
    return waiting;
}

static void functional(ln_keras_call *c)
{
    state s = {.c = c};
    ln_keras_names outputs;
    bool progress = true;
    if (!list_calls(&s, ln_keras_layers_of(c->layer)) || !bind_inputs(&s) ||
        !ln_keras_collect(c->k, c->config, "output_layers", &outputs))
        return;
    const int *order = order_of(&s, &outputs);
    if (!order)
        ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
    for (int pass = 0; progress && ln_emit_ok(c->e) && pass < MAX_PASSES; pass++) {
        progress = false;
        if (run_ready(&s, order, &progress) == 0)
            break;
    }
    ln_emit_at(c->e, c->name);
    for (int i = 0; i < outputs.n; i++) {
        ln_keras_value v;
        if (look_up(&s, outputs.tensor[i], AN_OUTPUT, &v) != READY) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "output %d is made by no layer", i);
            return;
        }
        ln_keras_out_masked(c, v.id, v.mask);
    }
}

void ln_keras_model(ln_keras_call *c)
{
    if (++c->k->depth > LN_KERAS_MAX_DEPTH)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "models are nested more than %d deep",
                     (int)LN_KERAS_MAX_DEPTH);
    else if (ln_keras_is_class(c->layer, "Sequential"))
        sequential(c);
    else
        functional(c);
    c->k->depth--;
}
