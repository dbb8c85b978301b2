/* SPDX-License-Identifier: Apache-2.0 */
/* weights.c: where the weights of a layer lie.
 *
 * .keras: a path of attributes and positions, "layers/bidirectional/forward_layer/cell/vars/0"; the
 * layers of a model are counted by class, whatever their names.
 * .h5: a group per layer of the outermost model, with a list of the names of all weights inside,
 * "bidirectional/forward_lstm/lstm_cell/kernel:0".  Which parts such a name has differs between
 * versions of Keras; so names are narrowed down: by the layer that is inside, where any name has
 * it, and by the weight's own name. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "import/keras/keras.h"

enum { MAX_PATH_BYTES = 2048, MAX_PERM = 6 };

struct ln_keras_kept {
    struct ln_keras_kept *next;
    const ln_graph *graph;
    const char *key;
    ln_id id;
};

/* ---- scopes ---- */

static const char *join(ln_keras *k, const char *a, const char *b)
{
    char text[MAX_PATH_BYTES];
    const int n = snprintf(text, sizeof text, "%s%s%s", a, *a ? "/" : "", b);
    const char *copy = n < (int)sizeof text ? ln_arena_string(&k->arena, text, (size_t)n) : NULL;
    if (!copy)
        ln_emit_fail(&k->e, n < (int)sizeof text ? LN_ERR_MEMORY : LN_ERR_FORMAT,
                     "the path of a weight is too long");
    return copy ? copy : "";
}

void ln_keras_scope_part(ln_keras *k, const ln_keras_scope *outer, const char *attribute,
                         const char *name, ln_keras_scope *part)
{
    ln_keras_scope s = *outer;
    char hidden[320];
    if (!k->legacy) {
        s.path = join(k, outer->path, attribute);
        snprintf(hidden, sizeof hidden, "_%s", attribute);
        if (k->h5 && !ln_h5_exists(k->h5, s.path)) /* an attribute that is no property */
            s.path = join(k, outer->path, hidden);
    }
    if (k->legacy && name && s.n_names < LN_KERAS_MAX_NAMES)
        s.names[s.n_names++] = name;
    *part = s;
}

struct ln_keras_counter {
    struct class
    {
        struct class *next;
        const char *name;
        int n;
    } * first;
};

ln_keras_counter *ln_keras_counter_new(ln_keras *k)
{
    return ln_arena_new(&k->arena, 1, sizeof(ln_keras_counter));
}

/* First pass of Keras's rule: "(.)([A-Z][a-z]+)" -> "\1_\2". */
static void split_words(const char *name, char *to, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; name[i] && n + 3 < room;) {
        to[n++] = name[i++];
        if (!isupper((unsigned char)name[i]) || !islower((unsigned char)name[i + 1]))
            continue;
        to[n++] = '_';
        to[n++] = name[i++];
        while (islower((unsigned char)name[i]) && n + 3 < room)
            to[n++] = name[i++];
    }
    to[n] = 0;
}

/* "MultiHeadAttention" -> "multi_head_attention", by the two substitutions that Keras does. */
static const char *snake_case(ln_keras *k, const char *name)
{
    char plain[256], once[512], twice[1024];
    size_t n = 0;
    for (; *name && n + 1 < sizeof plain; name++)
        if (isalnum((unsigned char)*name) || *name == '_')
            plain[n++] = *name;
    plain[n] = 0;
    split_words(plain, once, sizeof once);
    n = 0;
    for (size_t i = 0; once[i]; i++) {
        twice[n++] = (char)tolower((unsigned char)once[i]);
        if (islower((unsigned char)once[i]) && isupper((unsigned char)once[i + 1])) {
            twice[n++] = '_';
            twice[n++] = (char)tolower((unsigned char)once[++i]);
        }
    }
    const char *copy = ln_arena_string(&k->arena, twice, n);
    return copy ? copy : "";
}

/* How many layers of this class came before. */
static int count_class(ln_keras *k, ln_keras_counter *counter, const char *name)
{
    struct class *c = counter->first;
    while (c && strcmp(c->name, name) != 0)
        c = c->next;
    if (c)
        return ++c->n;
    c = ln_arena_new(&k->arena, 1, sizeof *c);
    if (!c)
        return 0;
    c->name = name;
    c->next = counter->first;
    counter->first = c;
    return 0;
}

/* "layers/dense_1" */
static void count(ln_keras *k, ln_keras_counter *counter, const cJSON *layer, const char *list,
                  char *to, size_t room)
{
    const char *name = ln_json_text(layer, "class_name", "");
    if (strcmp(name, "GroupQueryAttention") == 0)
        name = "GroupedQueryAttention"; /* the class's own name, under which it is not exported */
    const char *class = snake_case(k, name);
    const int n = counter ? count_class(k, counter, class) : 0;
    if (n)
        snprintf(to, room, "%s/%s_%d", list, class, n);
    else
        snprintf(to, room, "%s/%s", list, class);
}

void ln_keras_scope_numbered(ln_keras *k, const ln_keras_scope *model, ln_keras_counter *counter,
                             const cJSON *layer, ln_keras_scope *scope)
{
    char numbered[1100];
    *scope = *model;
    count(k, counter, layer, "layers", numbered, sizeof numbered);
    scope->path = join(k, model->path, numbered);
}

void ln_keras_scope_layer(ln_keras *k, const ln_keras_scope *model, ln_keras_counter *counter,
                          const cJSON *layer, ln_keras_scope *scope)
{
    const char *name = ln_json_text(ln_json_get(layer, "config"), "name", "");
    if (!k->legacy) {
        ln_keras_scope_numbered(k, model, counter, layer, scope);
        ln_keras_scope_shared(k, layer, scope);
        return;
    }
    *scope = *model;
    if (!model->group)
        scope->group = name;
    else if (scope->n_names < LN_KERAS_MAX_NAMES)
        scope->names[scope->n_names++] = name;
}

void ln_keras_scope_cell(ln_keras *k, const ln_keras_scope *stack, ln_keras_counter *counter,
                         const cJSON *cell, ln_keras_scope *scope)
{
    char numbered[1100];
    count(k, counter, cell, "cells", numbered, sizeof numbered);
    ln_keras_scope_part(k, stack, numbered, ln_json_text(ln_json_get(cell, "config"), "name", NULL),
                        scope);
}

/* ---- names in an .h5 file ---- */

/* Whether a part of a path between slashes is `part` (without ":0"). */
static bool has_part(const char *path, const char *part)
{
    const size_t n = strlen(part);
    for (const char *at = path; at; at = strchr(at, '/')) {
        at += *at == '/';
        const size_t k = strcspn(at, "/:");
        if (k == n && memcmp(at, part, n) == 0)
            return true;
        if (!*at)
            break;
    }
    return false;
}

/* Whether the last part is one of the alternatives "a|b". */
static bool is_called(const char *path, const char *alternatives)
{
    const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    const size_t n = strcspn(last, ":");
    for (const char *a = alternatives; *a; a += strcspn(a, "|"), a += *a == '|')
        if (strcspn(a, "|") == n && memcmp(a, last, n) == 0)
            return true;
    return false;
}

/* Leaves those that have the part, if any has. */
static int narrow(const char **names, int n, const char *part)
{
    int kept = 0;
    for (int i = 0; i < n; i++)
        kept += has_part(names[i], part);
    if (kept == 0)
        return n;
    kept = 0;
    for (int i = 0; i < n; i++)
        if (has_part(names[i], part))
            names[kept++] = names[i];
    return kept;
}

static const char *find_legacy(ln_keras_call *c, const char *name)
{
    ln_keras *k = c->k;
    int n, kept = 0;
    const char *group = join(k, "model_weights", c->scope.group ? c->scope.group : "");
    const char **names = ln_h5_texts(k->h5, group, "weight_names", &k->scratch, &n);
    for (int i = 0; i < c->scope.n_names; i++)
        n = narrow(names, n, c->scope.names[i]);
    for (int i = 0; i < n; i++)
        if (strcmp(name, "*") == 0 || is_called(names[i], name))
            names[kept++] = names[i];
    if (kept == 1)
        return join(k, group, names[0]);
    ln_emit_fail(c->e, LN_ERR_FORMAT, "the file has %s weight \"%s\" for this layer",
                 kept ? "more than one" : "no", name);
    return NULL;
}

static const char *find(ln_keras_call *c, const char *name, int index)
{
    char vars[32];
    if (!c->k->h5) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "the file has no weights");
        return NULL;
    }
    if (c->k->legacy)
        return find_legacy(c, name);
    snprintf(vars, sizeof vars, "vars/%d", index);
    return join(c->k, c->scope.path, vars);
}

/* ---- weights ---- */

bool ln_keras_has_weight(const ln_keras_call *c, int index)
{
    char path[MAX_PATH_BYTES];
    const int n = snprintf(path, sizeof path, "%s/vars/%d", c->scope.path, index);
    return !c->k->legacy && c->k->h5 && n < (int)sizeof path && ln_h5_exists(c->k->h5, path);
}

bool ln_keras_weight(ln_keras_call *c, const char *name, int index, ln_keras_array *out)
{
    *out = (ln_keras_array){.f = NULL};
    const char *path = ln_emit_ok(c->e) ? find(c, name, index) : NULL;
    if (!path || !ln_emit_ok(c->e))
        return false;
    ln_diag_where(c->k->diag, "%s", c->name);
    const ln_status status =
        ln_h5_floats(c->k->h5, path, &c->k->scratch, &out->shape, &out->f, c->k->diag);
    ln_diag_where(c->k->diag, NULL);
    if (status != LN_OK)
        c->e->status = status;
    out->count = ln_shape_count(&out->shape, 0, out->shape.rank);
    return status == LN_OK;
}

float *ln_keras_floats(ln_keras_call *c, size_t n)
{
    float *f = ln_emit_ok(c->e) ? ln_arena_new(&c->k->scratch, n + 1, sizeof *f) : NULL;
    if (!f)
        ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory");
    return f;
}

ln_id ln_keras_constant(ln_keras_call *c, const ln_shape *shape, const float *values)
{
    const int n = ln_shape_count(shape, 0, shape->rank);
    if (!ln_emit_ok(c->e) || !values)
        return -1;
    if (n < 0)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "a constant is too large");
    return ln_emit_constant(c->e, kTfLiteFloat32, shape, values, (size_t)n * sizeof *values, true);
}

/* y[...] = x with axes in the order of `perm`. */
static void transpose(const ln_keras_array *x, const int *perm, ln_shape *shape, float *y)
{
    size_t stride[MAX_PERM], step[MAX_PERM], at = 0;
    int index[MAX_PERM] = {0};
    const int rank = x->shape.rank;
    size_t s = 1;
    for (int i = rank - 1; i >= 0; i--) {
        stride[i] = s;
        s *= (size_t)x->shape.dim[i];
    }
    shape->rank = rank;
    for (int i = 0; i < rank; i++) {
        shape->dim[i] = x->shape.dim[perm[i]];
        step[i] = stride[perm[i]];
    }
    for (int n = 0; n < x->count; n++) {
        y[n] = x->f[at];
        for (int i = rank - 1; i >= 0; i--) {
            at += step[i];
            if (++index[i] < shape->dim[i])
                break;
            at -= step[i] * (size_t)shape->dim[i];
            index[i] = 0;
        }
    }
}

/* A dimension of -1 is what is left over. */
static bool fill_in(ln_shape *shape, int count)
{
    int open = -1, known = 1;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] < 0)
            open = i;
        else if (shape->dim[i] > 0 && known > INT32_MAX / shape->dim[i])
            return false;
        else
            known *= shape->dim[i];
    }
    if (open >= 0 && known > 0)
        shape->dim[open] = count / known;
    return ln_shape_count(shape, 0, shape->rank) == count;
}

static const char *key_of(ln_keras_call *c, const char *path, const int *perm, const ln_shape *as)
{
    char text[MAX_PATH_BYTES];
    int n = snprintf(text, sizeof text, "%s", path);
    for (int i = 0; perm && perm[i] >= 0 && n < (int)sizeof text - 16; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ";%d", perm[i]);
    for (int i = 0; as && i < as->rank && n < (int)sizeof text - 16; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, ":%d", as->dim[i]);
    return ln_arena_string(&c->k->arena, text, strlen(text));
}

static void keep(ln_keras_call *c, const char *key, ln_id id)
{
    struct ln_keras_kept *kept = ln_arena_new(&c->k->arena, 1, sizeof *kept);
    if (!kept || !ln_emit_ok(c->e))
        return;
    *kept = (struct ln_keras_kept){c->k->kept, c->e->g, key, id};
    c->k->kept = kept;
}

static ln_id lay_out(ln_keras_call *c, const char *name, int index, const int *perm,
                     const ln_shape *as)
{
    ln_keras_array x;
    if (!ln_keras_weight(c, name, index, &x))
        return -1;
    ln_shape shape = x.shape;
    const float *values = x.f;
    int rank = 0;
    while (perm && perm[rank] >= 0)
        rank++;
    if (perm && x.shape.rank != rank)
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "weight \"%s\" has rank %d, not %d", name,
                            x.shape.rank, rank);
    if (perm) {
        float *y = ln_keras_floats(c, (size_t)x.count);
        if (!y)
            return -1;
        transpose(&x, perm, &shape, y);
        values = y;
    }
    if (as) {
        shape = *as;
        if (!fill_in(&shape, x.count))
            return ln_emit_fail(c->e, LN_ERR_FORMAT, "weight \"%s\" has %d items", name, x.count);
    }
    return ln_keras_constant(c, &shape, values);
}

ln_id ln_keras_param(ln_keras_call *c, const char *name, int index, const int *perm,
                     const ln_shape *as)
{
    const char *path = ln_emit_ok(c->e) ? find(c, name, index) : NULL;
    const char *key = path ? key_of(c, path, perm, as) : NULL;
    if (!key)
        return path ? ln_emit_fail(c->e, LN_ERR_MEMORY, "out of memory") : -1;
    for (const struct ln_keras_kept *kept = c->k->kept; kept; kept = kept->next)
        if (kept->graph == c->e->g && strcmp(kept->key, key) == 0)
            return kept->id;
    const ln_id id = lay_out(c, name, index, perm, as);
    keep(c, key, id);
    return id;
}
