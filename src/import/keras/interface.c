/* SPDX-License-Identifier: Apache-2.0 */
/* interface.c: the outermost model's inputs and outputs. */
#include <stdio.h>
#include <string.h>

#include "import/keras/model.h"

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
    const cJSON *first = ln_keras_layers_of(model)->child, *config = ln_json_get(model, "config");
    for (int depth = 0; first && ln_keras_is_model(first) && depth < LN_KERAS_MAX_DEPTH; depth++)
        first = ln_keras_layers_of(first)->child;
    if (first && ln_keras_is_class(first, "InputLayer")) {
        add_input(k, ln_json_get(first, "config"), ln_keras_name_of(first), shape_in(first), in);
        return;
    }
    const cJSON *shape = first ? shape_in(first) : NULL;
    shape = shape ? shape : ln_json_get(config, "build_input_shape");
    char name[256];
    const size_t n = first && k->version < 3 ? strlen(ln_keras_name_of(first)) : 0;
    if (n && n + 7 < sizeof name) {
        memcpy(name, ln_keras_name_of(first), n);
        memcpy(name + n, "_input", 7);
        add_input(k, ln_json_get(first, "config"), name, shape, in);
    } else {
        add_input(k, NULL, "input_layer", shape, in);
    }
}

ln_status ln_keras_model_inputs(ln_keras *k, const cJSON *model, ln_keras_value **in, int *n_in)
{
    const cJSON *config = ln_json_get(model, "config"), *layer;
    ln_keras_names inputs;
    *n_in = 1;
    *in = ln_arena_new(&k->arena, 1, sizeof **in);
    if (!*in)
        return LN_ERR_MEMORY;
    if (ln_keras_is_class(model, "Sequential")) {
        sequential_input(k, model, *in);
        return k->e.status;
    }
    if (!ln_keras_collect(k, config, "input_layers", &inputs))
        return k->e.status;
    *n_in = inputs.n;
    *in = ln_arena_new(&k->arena, (size_t)inputs.n + 1, sizeof **in);
    for (int i = 0; *in && i < inputs.n; i++) {
        const char *name = cJSON_GetArrayItem(inputs.tensor[i], 0)->valuestring;
        (*in)[i].id = -1;
        cJSON_ArrayForEach(layer, ln_keras_layers_of(model))
        {
            if ((*in)[i].id < 0 && strcmp(ln_keras_name_of(layer), name) == 0)
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
    ln_keras_names outputs = {.n = 0};
    const bool listed = !ln_keras_is_class(model, "Sequential") &&
                        ln_keras_collect(k, config, "output_layers", &outputs) && outputs.n == n;
    for (int i = 0; all && i < n; i++) {
        char text[320], *at = text;
        int same = 0;
        if (listed && outputs.key[i])
            snprintf(text, sizeof text, "%s", outputs.key[i]);
        else if (k->version >= 3)
            snprintf(text, sizeof text, "output_%d", i);
        else
            snprintf(text, sizeof text, "%.256s",
                     listed ? cJSON_GetArrayItem(outputs.tensor[i], 0)->valuestring
                            : ln_keras_name_of(ln_keras_layers_of(model)->child
                                                   ? ln_keras_layers_of(model)->child->prev
                                                   : NULL));
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
