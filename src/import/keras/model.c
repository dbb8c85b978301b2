/* SPDX-License-Identifier: Apache-2.0 */
/* model.c: Sequential and Functional models.
 *
 * A Functional model lists its layers, and for each the calls ("nodes") with what they are given:
 * tensors named by [layer, node, output].  Keras 2 writes a call as a list of such names, with the
 * keyword arguments in the first; Keras 3 as args and kwargs.  Calls run as soon as all that they
 * are given is there; mostly that is the order in which they are listed. */
#include <stdio.h>
#include <string.h>

#include "import/keras/keras.h"

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

static bool is_class(const cJSON *layer, const char *class)
{
    return strcmp(ln_json_text(layer, "class_name", ""), class) == 0;
}

/* Old Sequential models are a list themselves. */
static const cJSON *layers_of(const cJSON *model)
{
    const cJSON *config = ln_json_get(model, "config");
    return cJSON_IsArray(config) ? config : ln_json_get(config, "layers");
}

static const char *name_of(const cJSON *layer)
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

/* The names in input_layers or output_layers: one, a list or a dictionary of them. */
typedef struct names {
    const cJSON **tensor; /* NULL past the end */
    const char **key;     /* of a dictionary */
    int n, capacity;
} names;

static bool collect(ln_keras *k, const cJSON *item, const char *key, int depth, names *to)
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

static bool collect_all(ln_keras *k, const cJSON *config, const char *key, names *to)
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
                       .name = ln_keras_location(k, outer->name, name_of(layer)),
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
    cJSON_ArrayForEach(layer, layers_of(c->layer))
    {
        ln_keras_scope scope;
        if (is_class(layer, "InputLayer"))
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

typedef struct state {
    ln_keras_call *c;
    int n;
    const cJSON **layers, **inbound; /* inbound: the list of its calls */
    ln_keras_scope *scopes;
    int *n_nodes;
    int *first; /* the number of its first call */
    values **nodes;
} state;

typedef enum found { READY, WAIT, BAD } found;

static int layer_index(const state *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(name_of(s->layers[i]), name) == 0)
            return i;
    return -1;
}

/* Models count their calls from 1, for their own inputs lead to their outputs by call 0, which is
 * not listed.  Keras 3 does so for Functional ones and for the outputs of the outer model alone. */
static int first_call(const ln_keras *k, const cJSON *layer)
{
    const cJSON *first = ln_keras_is_model(layer) ? layers_of(layer)->child : NULL;
    if (!first ||
        (is_class(layer, "Sequential") &&
         (k->version >= 3 || (!is_class(first, "InputLayer") &&
                              !ln_json_get(ln_json_get(first, "config"), "batch_input_shape")))))
        return 0;
    return 1;
}

typedef enum user { A_CALL, AN_OUTPUT } user;

static found look_up(const state *s, const cJSON *tensor, user by, ln_keras_value *out)
{
    const int layer = layer_index(s, cJSON_GetArrayItem(tensor, 0)->valuestring);
    int node, index;
    if (layer < 0 || !ln_json_is_int(cJSON_GetArrayItem(tensor, 1), &node) ||
        !ln_json_is_int(cJSON_GetArrayItem(tensor, 2), &index))
        return BAD;
    if (node >= 0 && (by == AN_OUTPUT || s->c->k->version < 3))
        node -= s->first[layer];
    if (node < 0 || node >= s->n_nodes[layer])
        return BAD;
    const values *v = &s->nodes[layer][node];
    if (!v->done)
        return WAIT;
    if (index < 0 || index >= v->n)
        return BAD;
    *out = v->v[index];
    return READY;
}

static const cJSON *keras_tensor(const cJSON *item)
{
    return is_class(item, "__keras_tensor__")
               ? ln_json_get(ln_json_get(item, "config"), "keras_history")
               : NULL;
}

static bool is_constant(const cJSON *item)
{
    return is_class(item, "__tensor__") || is_class(item, "__numpy__");
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

static bool allocate(state *s, const cJSON *layers)
{
    ln_arena *a = &s->c->k->arena;
    const cJSON *layer;
    ln_keras_counter *counter = ln_keras_counter_new(s->c->k);
    const size_t n = (size_t)cJSON_GetArraySize(layers);
    if (n > MAX_LAYERS) {
        ln_emit_fail(s->c->e, LN_ERR_FORMAT, "a model has more than %d layers", (int)MAX_LAYERS);
        return false;
    }
    s->layers = ln_arena_new(a, n + 1, sizeof *s->layers);
    s->inbound = ln_arena_new(a, n + 1, sizeof *s->inbound);
    s->scopes = ln_arena_new(a, n + 1, sizeof *s->scopes);
    s->n_nodes = ln_arena_new(a, n + 1, sizeof *s->n_nodes);
    s->first = ln_arena_new(a, n + 1, sizeof *s->first);
    s->nodes = ln_arena_new(a, n + 1, sizeof *s->nodes);
    if (!counter || !s->layers || !s->inbound || !s->scopes || !s->n_nodes || !s->first ||
        !s->nodes)
        return false;
    cJSON_ArrayForEach(layer, layers)
    {
        const int i = s->n++;
        s->layers[i] = layer;
        s->inbound[i] = ln_json_get(layer, "inbound_nodes");
        s->first[i] = first_call(s->c->k, layer);
        ln_keras_scope_layer(s->c->k, &s->c->scope, counter, layer, &s->scopes[i]);
        const int nodes = cJSON_GetArraySize(s->inbound[i]);
        s->n_nodes[i] = is_class(layer, "InputLayer") || nodes > MAX_NODES ? 1 : nodes;
        s->nodes[i] = ln_arena_new(a, (size_t)s->n_nodes[i] + 1, sizeof *s->nodes[i]);
        if (!s->nodes[i])
            return false;
    }
    return true;
}

/* Input i of a model that is called with a dictionary, whose keys are those of the model's own or
 * the names of its input layers; else NULL. */
static const ln_keras_value *named_input(const ln_keras_call *c, const names *in, int i)
{
    const char *name = cJSON_GetArrayItem(in->tensor[i], 0)->valuestring;
    return c->n_args ? ln_keras_arg_item(&c->args[0], in->key[i] ? in->key[i] : name) : NULL;
}

/* The call's tensors are those of the model's input layers: by names, else in order. */
static bool bind_inputs(state *s)
{
    names inputs;
    if (!collect_all(s->c->k, s->c->config, "input_layers", &inputs))
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
        s->nodes[layer][0] = (values){(ln_keras_value *)v, 1, true};
    }
    return true;
}

/* Runs all calls that can; how many still wait. */
static int run_ready(state *s, bool *progress)
{
    int waiting = 0;
    for (int i = 0; i < s->n; i++) {
        int at = 0;
        const cJSON *node;
        cJSON_ArrayForEach(node, s->inbound[i])
        {
            given with;
            if (at >= s->n_nodes[i] || !ln_emit_ok(s->c->e))
                break;
            values *v = &s->nodes[i][at++];
            const found f = v->done ? WAIT : resolve_node(s, node, &with);
            if (f == BAD)
                ln_emit_fail(s->c->e, LN_ERR_FORMAT, "layer %s is called with what is not there",
                             name_of(s->layers[i]));
            if (f == READY)
                call_layer(s->c, s->layers[i], &s->scopes[i], &with, v);
            waiting += f == WAIT && !v->done;
            *progress = *progress || f == READY;
        }
    }
    return waiting;
}

static void functional(ln_keras_call *c)
{
    state s = {.c = c};
    names outputs;
    bool progress = true;
    if (!allocate(&s, layers_of(c->layer)) || !bind_inputs(&s) ||
        !collect_all(c->k, c->config, "output_layers", &outputs))
        return;
    for (int pass = 0; progress && ln_emit_ok(c->e) && pass < MAX_PASSES; pass++) {
        progress = false;
        if (run_ready(&s, &progress) == 0)
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
    else if (is_class(c->layer, "Sequential"))
        sequential(c);
    else
        functional(c);
    c->k->depth--;
}

/* ---- the outermost model's inputs and outputs ---- */

TfLiteType ln_keras_type(const char *name)
{
    static const struct {
        const char *name;
        TfLiteType type;
    } types[] = {
        {"int32", kTfLiteInt32},   {"int64", kTfLiteInt64},   {"bool", kTfLiteBool},
        {"string", kTfLiteString}, {"uint8", kTfLiteUInt8},   {"int8", kTfLiteInt8},
        {"int16", kTfLiteInt16},   {"uint32", kTfLiteUInt32},
    };
    for (size_t i = 0; i < LN_COUNTOF(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return kTfLiteFloat32; /* also of float16 and float64: we compute in float32 */
}

static void add_input(ln_keras *k, const cJSON *config, const char *name, const cJSON *shape,
                      ln_keras_value *in)
{
    ln_shape s = {.rank = cJSON_GetArraySize(shape)};
    const cJSON *item, *dtype = ln_json_get(config, "dtype");
    int i = 0;
    if (!cJSON_IsArray(shape) || s.rank > LN_MAX_RANK) {
        ln_emit_fail(&k->e, LN_ERR_FORMAT, "input %s has no shape of at most %d dimensions", name,
                     (int)LN_MAX_RANK);
        return;
    }
    cJSON_ArrayForEach(item, shape) if (!ln_json_is_int(item, &s.dim[i++])) s.dim[i - 1] = -1;
    const ln_shape *wanted = ln_import_shape(k->options, name);
    s = wanted ? *wanted : s;
    const char *type = cJSON_IsString(dtype) ? dtype->valuestring : "float32";
    in->id = ln_emit_input(&k->e, name, ln_keras_type(type), &s);
}

static const cJSON *shape_in(const cJSON *layer)
{
    const cJSON *config = ln_json_get(layer, "config");
    const cJSON *found = ln_json_get(config, "batch_shape");
    found = found ? found : ln_json_get(config, "batch_input_shape");
    return found ? found : ln_json_get(ln_json_get(layer, "build_config"), "input_shape");
}

/* A Sequential model may begin without an InputLayer. */
static void sequential_input(ln_keras *k, const cJSON *model, ln_keras_value *in)
{
    const cJSON *first = layers_of(model)->child, *config = ln_json_get(model, "config");
    for (int depth = 0; first && ln_keras_is_model(first) && depth < LN_KERAS_MAX_DEPTH; depth++)
        first = layers_of(first)->child;
    if (first && is_class(first, "InputLayer")) {
        add_input(k, ln_json_get(first, "config"), name_of(first), shape_in(first), in);
        return;
    }
    const cJSON *shape = first ? shape_in(first) : NULL;
    shape = shape ? shape : ln_json_get(config, "build_input_shape");
    char name[256];
    const size_t n = first && k->version < 3 ? strlen(name_of(first)) : 0;
    if (n && n + 7 < sizeof name) {
        memcpy(name, name_of(first), n);
        memcpy(name + n, "_input", 7);
        add_input(k, ln_json_get(first, "config"), name, shape, in);
    } else {
        add_input(k, NULL, "input_layer", shape, in);
    }
}

ln_status ln_keras_model_inputs(ln_keras *k, const cJSON *model, ln_keras_value **in, int *n_in)
{
    const cJSON *config = ln_json_get(model, "config"), *layer;
    names inputs;
    *n_in = 1;
    *in = ln_arena_new(&k->arena, 1, sizeof **in);
    if (!*in)
        return LN_ERR_MEMORY;
    if (is_class(model, "Sequential")) {
        sequential_input(k, model, *in);
        return k->e.status;
    }
    if (!collect_all(k, config, "input_layers", &inputs))
        return k->e.status;
    *n_in = inputs.n;
    *in = ln_arena_new(&k->arena, (size_t)inputs.n + 1, sizeof **in);
    for (int i = 0; *in && i < inputs.n; i++) {
        const char *name = cJSON_GetArrayItem(inputs.tensor[i], 0)->valuestring;
        (*in)[i].id = -1;
        cJSON_ArrayForEach(layer, layers_of(model))
        {
            if ((*in)[i].id < 0 && strcmp(name_of(layer), name) == 0)
                add_input(k, ln_json_get(layer, "config"), name, shape_in(layer), &(*in)[i]);
        }
        if ((*in)[i].id < 0)
            ln_emit_fail(&k->e, LN_ERR_FORMAT, "input %s is no layer of the model", name);
    }
    return *in ? k->e.status : LN_ERR_MEMORY;
}

/* Keras 3 counts outputs, Keras 2 names the layers that make them; a dictionary has its own names.
 */
const char **ln_keras_output_names(ln_keras *k, const cJSON *model, int n)
{
    const cJSON *config = ln_json_get(model, "config");
    const char **all = ln_arena_new(&k->arena, (size_t)n + 1, sizeof *all);
    names outputs = {.n = 0};
    const bool listed = !is_class(model, "Sequential") &&
                        collect_all(k, config, "output_layers", &outputs) && outputs.n == n;
    for (int i = 0; all && i < n; i++) {
        char text[320], *at = text;
        int same = 0;
        if (listed && outputs.key[i])
            snprintf(text, sizeof text, "%s", outputs.key[i]);
        else if (k->version >= 3)
            snprintf(text, sizeof text, "output_%d", i);
        else
            snprintf(text, sizeof text, "%.256s",
                     listed
                         ? cJSON_GetArrayItem(outputs.tensor[i], 0)->valuestring
                         : name_of(layers_of(model)->child ? layers_of(model)->child->prev : NULL));
        at += strlen(text);
        for (int j = 0; j < i; j++)
            same += strncmp(all[j], text, (size_t)(at - text)) == 0;
        if (same)
            snprintf(at, sizeof text - (size_t)(at - text), "_%d", same);
        all[i] = ln_arena_string(&k->arena, text, strlen(text));
        if (!all[i])
            return NULL;
    }
    return all;
}
