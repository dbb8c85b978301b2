/* SPDX-License-Identifier: Apache-2.0 */
/* keras.c: one import: the file, the report, the model, its signature. */
#include "import/keras/keras.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/keras/archive.h"

/* What was read of a file. */
typedef struct source {
    cJSON *model;
    char *weights; /* model.weights.h5 in memory */
} source;

static ln_status parse(const char *text, size_t n, const char *what, cJSON **out, ln_diag *diag)
{
    *out = cJSON_ParseWithLength(text, n);
    return *out ? LN_OK : ln_fail(diag, LN_ERR_FORMAT, "%s is no JSON that can be read", what);
}

/* The version of Keras that wrote it: "3.15.1" is 3. */
static int major(const char *version)
{
    return version && version[0] >= '1' && version[0] <= '9' && version[1] == '.' ? version[0] - '0'
                                                                                  : 3;
}

static ln_status read_version(ln_keras *k, const char *path)
{
    char *text;
    size_t n;
    cJSON *metadata;
    const ln_alloc *a = k->arena.alloc;
    k->version = 3;
    const ln_status status = ln_archive_read(path, "metadata.json", &text, &n, a, k->diag);
    if (status == LN_ERR_NOT_FOUND)
        return LN_OK;
    LN_TRY(status);
    const ln_status parsed = parse(text, n, "metadata.json", &metadata, k->diag);
    if (parsed == LN_OK)
        k->version = major(ln_json_text(metadata, "keras_version", NULL));
    cJSON_Delete(metadata);
    ln_free(a, text);
    return parsed;
}

/* A .keras file: config.json, metadata.json and model.weights.h5 in a zip archive. */
static ln_status read_archive(ln_keras *k, const char *path, source *s)
{
    char *text;
    size_t n;
    const ln_alloc *a = k->arena.alloc;
    ln_status status = ln_archive_read(path, "config.json", &text, &n, a, k->diag);
    if (status == LN_ERR_NOT_FOUND)
        return ln_fail(k->diag, LN_ERR_FORMAT, "%s has no config.json: it is no Keras model", path);
    LN_TRY(status);
    status = parse(text, n, "config.json", &s->model, k->diag);
    ln_free(a, text);
    LN_TRY(status);
    LN_TRY(read_version(k, path));
    status = ln_archive_read(path, "model.weights.h5", &s->weights, &n, a, k->diag);
    if (status == LN_ERR_NOT_FOUND)
        return ln_fail(k->diag, LN_ERR_UNSUPPORTED,
                       "%s has no model.weights.h5 (weights in several files are not read)", path);
    LN_TRY(status);
    return ln_h5_open_memory(&k->h5, s->weights, n, a, k->diag);
}

/* An .h5 file: the model in an attribute, the weights in groups. */
static ln_status read_h5(ln_keras *k, const char *path, source *s)
{
    LN_TRY(ln_h5_open(&k->h5, path, k->arena.alloc, k->diag));
    const char *text = ln_h5_text(k->h5, "/", "model_config", &k->arena);
    if (!text)
        return ln_fail(k->diag, LN_ERR_UNSUPPORTED,
                       "%s has weights, but no model: save the model by model.save(), not by "
                       "save_weights()",
                       path);
    k->legacy = true;
    k->version = major(ln_h5_text(k->h5, "/", "keras_version", &k->arena));
    return parse(text, strlen(text), "model_config", &s->model, k->diag);
}

static bool is_zip(const char *path)
{
    char magic[2] = {0};
    FILE *f = fopen(path, "rb");
    const bool zip = f && fread(magic, 1, 2, f) == 2 && magic[0] == 'P' && magic[1] == 'K';
    if (f)
        fclose(f);
    return zip;
}

/* ---- the model ---- */

static const char **input_names(ln_keras *k)
{
    const TfLiteIntArray *ids = k->e.g->inputs;
    const char **names = ln_arena_new(&k->arena, (size_t)ids->size + 1, sizeof *names);
    for (int i = 0; names && i < ids->size; i++)
        names[i] = ln_emit_tensor(&k->e, ids->data[i])->name;
    return names;
}

static ln_status translate(ln_keras *k, const cJSON *model)
{
    ln_keras_value *in;
    int n_in;
    LN_TRY(ln_keras_model_inputs(k, model, &in, &n_in));
    ln_keras_call c = {.k = k,
                       .e = &k->e,
                       .layer = model,
                       .config = ln_json_get(model, "config"),
                       .name = "",
                       .scope = {.path = ""},
                       .in = in,
                       .n_in = n_in};
    ln_keras_layer_call(&c);
    for (int i = 0; i < c.n_out; i++)
        ln_emit_output(&k->e, c.out[i].id);
    LN_TRY(k->e.status);
    const char **inputs = input_names(k), **outputs = ln_keras_output_names(k, model, c.n_out);
    if (!inputs || !outputs)
        return LN_ERR_MEMORY;
    return ln_emit_signature(k->m, 0, "serving_default", inputs, outputs);
}

static ln_status import(ln_keras *k, const char *path, source *s)
{
    ln_graph *g;
    if (is_zip(path))
        LN_TRY(read_archive(k, path, s));
    else
        LN_TRY(read_h5(k, path, s));
    if (!ln_keras_is_model(s->model))
        return ln_fail(k->diag, LN_ERR_UNSUPPORTED,
                       "%s: the model is of class \"%s\", a class of one's own, whose code is not "
                       "in the file: convert a SavedModel",
                       path, ln_json_text(s->model, "class_name", "?"));
    LN_TRY(ln_keras_report(k, s->model));
    LN_TRY(ln_model_add_graph(k->m, "main", &g));
    ln_emit_init(&k->e, k->m, g, k->diag);
    return translate(k, s->model);
}

ln_status ln_import_keras(ln_model **out, const char *path, const ln_import_options *o,
                          ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    ln_keras k = {.options = o, .report = report, .diag = diag};
    source s = {.model = NULL};
    *out = NULL;
    ln_arena_init(&k.arena, alloc);
    ln_arena_init(&k.scratch, alloc);
    ln_status status = ln_model_create(&k.m, alloc);
    if (status == LN_OK)
        status = import(&k, path, &s);
    ln_h5_close(k.h5);
    ln_free(alloc, s.weights);
    cJSON_Delete(s.model);
    ln_arena_deinit(&k.scratch);
    ln_arena_deinit(&k.arena);
    if (status == LN_OK)
        *out = k.m;
    else
        ln_model_release(k.m);
    return status;
}
