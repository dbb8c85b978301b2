/* SPDX-License-Identifier: Apache-2.0 */
/* open.c: opens the metadata of a model and finds things in it.  The model's own FlatBuffer is
 * verified like any other input, since the way to the metadata leads through it. */
#include <string.h>

#include "fb/reader.h"
#include "metadata/meta.h"
#include "schema/schema.h"

/* ---- life ---- */

static ln_status open_model(ln_meta *meta, ln_diag *diag)
{
    LN_TRY(ln_meta_verify_model(meta->model, meta->size, diag));
    LN_TRY(ln_meta_locate(meta->model, meta->size, &meta->buffer, &meta->buffer_size, diag));
    if (meta->buffer) {
        LN_TRY(ln_meta_verify(meta->buffer, meta->buffer_size, diag));
        if (ln_meta_decode(&meta->arena, meta->buffer, meta->buffer_size, &meta->root) != LN_OK)
            return ln_fail(diag, LN_ERR_MEMORY, "no memory for the metadata");
    }
    return ln_meta_list(meta, diag);
}

static ln_meta *create(void)
{
    ln_meta *meta = ln_new(&ln_alloc_default, 1, sizeof *meta);
    if (meta) {
        meta->alloc = ln_alloc_default;
        ln_arena_init(&meta->arena, &meta->alloc);
    }
    return meta;
}

/* `meta` once its model is open and read, else NULL and why. */
static ln_meta *finish(ln_meta *meta, ln_status status, ln_diag *diag, ln_meta_error *error)
{
    if (status == LN_OK)
        status = open_model(meta, diag);
    if (ln_meta_report(status, diag, error))
        return meta;
    ln_meta_close(meta);
    return NULL;
}

ln_meta *ln_meta_open(const char *path, ln_meta_error *error)
{
    ln_diag diag = {0};
    ln_meta *meta = create();
    if (!meta)
        return finish(NULL, LN_ERR_MEMORY, &diag, error);
    const ln_status status = ln_file_open(&meta->file, path, &meta->alloc, &diag);
    meta->has_file = status == LN_OK;
    meta->model = meta->has_file ? meta->file.data : NULL;
    meta->size = meta->has_file ? meta->file.size : 0;
    return finish(meta, status, &diag, error);
}

ln_meta *ln_meta_open_memory(const void *model, size_t n, ln_meta_error *error)
{
    ln_diag diag = {0};
    ln_meta *meta = create();
    if (!meta)
        return finish(NULL, LN_ERR_MEMORY, &diag, error);
    meta->model = model;
    meta->size = model ? n : 0;
    return finish(meta, LN_OK, &diag, error);
}

void ln_meta_close(ln_meta *meta)
{
    if (!meta)
        return;
    if (meta->has_file)
        ln_file_close(&meta->file);
    ln_arena_deinit(&meta->arena);
    ln_free(&ln_alloc_default, meta);
}

/* ---- finding ---- */

const ln_meta_model *ln_meta_get(const ln_meta *meta)
{
    return meta ? meta->root : NULL;
}

const ln_meta_tensor *ln_meta_input(const ln_meta *meta, int i)
{
    const ln_meta_graph *g = meta && meta->root ? meta->root->graphs : NULL;
    return g && i >= 0 && i < g->inputs.n ? &g->inputs.all[i] : NULL;
}

const ln_meta_tensor *ln_meta_output(const ln_meta *meta, int i)
{
    const ln_meta_graph *g = meta && meta->root ? meta->root->graphs : NULL;
    return g && i >= 0 && i < g->outputs.n ? &g->outputs.all[i] : NULL;
}

const void *ln_meta_buffer(const ln_meta *meta, size_t *n)
{
    *n = meta ? meta->buffer_size : 0;
    return meta ? meta->buffer : NULL;
}

const ln_meta_file *ln_meta_find_file(const ln_meta_files *files, ln_meta_file_type type,
                                      const char *locale)
{
    const char *wanted = locale ? locale : "";
    for (int i = 0; i < files->n; i++) {
        const ln_meta_file *f = &files->all[i];
        if (f->type == type && strcmp(f->locale ? f->locale : "", wanted) == 0)
            return f;
    }
    return NULL;
}

const ln_meta_unit *ln_meta_find_unit(const ln_meta_units *units, ln_meta_unit_type type)
{
    for (int i = 0; i < units->n; i++) {
        if (units->all[i].type == type)
            return &units->all[i];
    }
    return NULL;
}
