/* SPDX-License-Identifier: Apache-2.0 */
/* keras.c: one import: the file, the report, the model, its signature. */
#include "import/keras/keras.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "import/keras/archive.h"

/* What was read of a file. */
typedef struct source {
    const void *data;
    size_t n;
    ln_archive *archive;
    cJSON *model;
    char *weights; /* model.weights.h5 in memory */
} source;

static ln_status parse(ln_keras *k, const char *text, size_t n, const char *what, cJSON **out)
{
    *out = ln_json_parse(text, n, k->arena.alloc);
    if (!*out)
        return ln_fail(k->diag, LN_ERR_FORMAT, "%s is no JSON that can be read", what);
    ln_json_sort(*out);
    return LN_OK;
}

/* The version of Keras that wrote it: "3.15.1" is 315, as is what is not known. */
static void read_release(ln_keras *k, const char *version)
{
    enum { LATEST = 315 };
    const bool good = version && version[0] >= '1' && version[0] <= '9' && version[1] == '.';
    const int minor = good ? atoi(version + 2) : 0;
    k->release = good ? 100 * (version[0] - '0') + LN_MAX(0, LN_MIN(minor, 99)) : LATEST;
    k->version = k->release / 100;
}

static ln_status read_version(ln_keras *k, ln_archive *archive)
{
    char *text;
    size_t n;
    cJSON *metadata;
    const ln_alloc *a = k->arena.alloc;
    read_release(k, NULL);
    const ln_status status = ln_archive_read(archive, "metadata.json", &text, &n, k->diag);
    if (status == LN_ERR_NOT_FOUND)
        return LN_OK;
    LN_TRY(status);
    const ln_status parsed = parse(k, text, n, "metadata.json", &metadata);
    if (parsed == LN_OK)
        read_release(k, ln_json_text(metadata, "keras_version", NULL));
    cJSON_Delete(metadata);
    ln_free(a, text);
    return parsed;
}

/* A .keras file: config.json, metadata.json and model.weights.h5 in a zip archive. */
static ln_status read_archive(ln_keras *k, source *s)
{
    char *text;
    size_t n;
    const ln_alloc *a = k->arena.alloc;
    LN_TRY(ln_archive_open(&s->archive, s->data, s->n, a, k->diag));
    k->archive = s->archive;
    ln_status status = ln_archive_read(s->archive, "config.json", &text, &n, k->diag);
    if (status == LN_ERR_NOT_FOUND)
        return ln_fail(k->diag, LN_ERR_FORMAT, "there is no config.json: it is no Keras model");
    LN_TRY(status);
    status = parse(k, text, n, "config.json", &s->model);
    ln_free(a, text);
    LN_TRY(status);
    LN_TRY(read_version(k, s->archive));
    status = ln_archive_read(s->archive, "model.weights.h5", &s->weights, &n, k->diag);
    if (status == LN_ERR_NOT_FOUND)
        return LN_OK; /* a model of layers without weights, or weights in several files */
    LN_TRY(status);
    return ln_h5_open(&k->h5, s->weights, n, a, k->diag);
}

/* An .h5 file: the model in an attribute, the weights in groups. */
static ln_status read_h5(ln_keras *k, source *s)
{
    LN_TRY(ln_h5_open(&k->h5, s->data, s->n, k->arena.alloc, k->diag));
    const char *text = ln_h5_text(k->h5, "/", "model_config", &k->arena);
    if (!text)
        return ln_fail(k->diag, LN_ERR_UNSUPPORTED,
                       "there are weights, but no model: save the model by model.save(), not by "
                       "save_weights()");
    k->legacy = true;
    read_release(k, ln_h5_text(k->h5, "/", "keras_version", &k->arena));
    const char *backend = ln_h5_text(k->h5, "model_weights", "backend", &k->arena);
    k->plain_sums = backend && strcmp(backend, "tensorflow") != 0;
    return parse(k, text, strlen(text), "model_config", &s->model);
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

static ln_status import(ln_keras *k, source *s)
{
    const char *data = s->data;
    ln_graph *g;
    if (s->n > 1 && data[0] == 'P' && data[1] == 'K')
        LN_TRY(read_archive(k, s));
    else
        LN_TRY(read_h5(k, s));
    if (!ln_keras_is_model(s->model))
        return ln_fail(k->diag, LN_ERR_UNSUPPORTED,
                       "the model is of class \"%s\", a class of one's own, whose code is not in "
                       "the file: save it by model.export(), and convert the SavedModel",
                       ln_json_text(s->model, "class_name", "?"));
    k->root = s->model;
    LN_TRY(ln_keras_report(k, s->model));
    LN_TRY(ln_model_add_graph(k->m, "main", &g));
    ln_emit_init(&k->e, k->m, g, k->diag);
    return translate(k, s->model);
}

ln_status ln_keras_import(ln_model **out, const void *data, size_t n, const ln_import_options *o,
                          ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    ln_keras k = {.options = o, .report = report, .diag = diag};
    source s = {.data = data, .n = n};
    *out = NULL;
    ln_arena_init(&k.arena, alloc);
    ln_arena_init(&k.scratch, alloc);
    ln_status status = ln_model_create(&k.m, alloc);
    if (status == LN_OK)
        status = import(&k, &s);
    ln_h5_close(k.h5);
    ln_archive_close(s.archive);
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

ln_status ln_import_keras(ln_model **out, const char *path, const ln_import_options *o,
                          ln_report *report, const ln_alloc *alloc, ln_diag *diag)
{
    ln_file file;
    *out = NULL;
    LN_TRY(ln_file_open(&file, path, alloc, diag));
    const ln_status status = ln_keras_import(out, file.data, file.size, o, report, alloc, diag);
    ln_file_close(&file);
    return status;
}
