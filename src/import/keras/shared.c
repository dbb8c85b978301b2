/* SPDX-License-Identifier: Apache-2.0 */
/* shared.c: layers that several models or wrappers share.  A .keras file has their weights once,
 * where Keras came to them first; further mentions have a "shared_object_id", which the first one
 * lacks.  So the first one is found by what it is: the layer of the same class and config, names
 * included, that has weights. */
#include <string.h>

#include "import/keras/keras.h"

enum { MAX_COMPARED = 100000 };

/* Every layer of the file and its path. */
struct ln_keras_place {
    struct ln_keras_place *next;
    const cJSON *layer;
    const char *path;
};

static void list(ln_keras *k, const cJSON *layer, const ln_keras_scope *scope, int depth)
{
    static const char *const wrapped[] = {"layer", "forward_layer", "backward_layer"};
    const cJSON *config = ln_json_get(layer, "config"), *inner;
    struct ln_keras_place *place = ln_arena_new(&k->arena, 1, sizeof *place);
    ln_keras_scope part;
    if (!place || depth > LN_KERAS_MAX_DEPTH)
        return;
    *place = (struct ln_keras_place){k->places, layer, scope->path};
    k->places = place;
    if (ln_keras_is_model(layer)) {
        ln_keras_counter *counter = ln_keras_counter_new(k);
        cJSON_ArrayForEach(inner, ln_keras_layers_of(layer))
        {
            ln_keras_scope_numbered(k, scope, counter, inner, &part);
            list(k, inner, &part, depth + 1);
        }
    }
    for (size_t i = 0; i < LN_COUNTOF(wrapped); i++) {
        inner = ln_json_get(config, wrapped[i]);
        if (!cJSON_IsObject(inner))
            continue;
        ln_keras_scope_part(k, scope, wrapped[i], NULL, &part);
        list(k, inner, &part, depth + 1);
    }
}

static void forget_ids(cJSON *item)
{
    cJSON_DeleteItemFromObjectCaseSensitive(item, "shared_object_id");
    for (cJSON *inner = item->child; inner; inner = inner->next)
        forget_ids(inner);
}

static bool is_called_so(const cJSON *a, const cJSON *b)
{
    const cJSON *x = ln_json_get(a, "config"), *y = ln_json_get(b, "config");
    return strcmp(ln_json_text(a, "class_name", ""), ln_json_text(b, "class_name", "")) == 0 &&
           strcmp(ln_json_text(x, "name", ""), ln_json_text(y, "name", "")) == 0;
}

static bool same_config(const cJSON *a, const cJSON *b)
{
    cJSON *one = cJSON_Duplicate(ln_json_get(a, "config"), true),
          *two = cJSON_Duplicate(ln_json_get(b, "config"), true);
    if (one && two) {
        forget_ids(one);
        forget_ids(two);
    }
    const bool same = one && two && cJSON_Compare(one, two, true);
    cJSON_Delete(one);
    cJSON_Delete(two);
    return same;
}

void ln_keras_scope_shared(ln_keras *k, const cJSON *layer, ln_keras_scope *scope)
{
    const char *found = NULL;
    if (k->legacy || !k->h5 || !ln_json_get(layer, "shared_object_id") ||
        ln_h5_exists(k->h5, scope->path))
        return;
    if (!k->places)
        list(k, k->root, &(const ln_keras_scope){.path = ""}, 0);
    for (const struct ln_keras_place *p = k->places; p; p = p->next) {
        if (!is_called_so(p->layer, layer) || ++k->compared > MAX_COMPARED ||
            !ln_h5_exists(k->h5, p->path) || !same_config(p->layer, layer))
            continue;
        if (found) {
            ln_emit_fail(&k->e, LN_ERR_FORMAT,
                         "several layers can be the one named \"%s\" that models share: give them "
                         "different names",
                         ln_json_text(ln_json_get(layer, "config"), "name", ""));
            return;
        }
        found = p->path;
    }
    scope->path = found ? found : scope->path;
}
