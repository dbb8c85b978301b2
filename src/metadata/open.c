/* SPDX-License-Identifier: Apache-2.0 */
/* open.c: opens the metadata of a model and finds things in it.  The model's own FlatBuffer is
 * verified like any other input, since the way to the metadata leads through it. */
#include <string.h>

#include "fb/reader.h"
#include "metadata/meta.h"
#include "schema/schema.h"

static const char metadata_name[] = "TFLITE_METADATA";

/* ---- finding the buffer ---- */

static ln_status buffer_bytes(const ln_fb_table *root, uint32_t i, const uint8_t **buffer,
                              size_t *n, ln_diag *diag)
{
    const ln_fb_vector buffers = ln_fb_vec(root, LN_Model_buffers, 4);
    if (i >= buffers.count)
        return ln_fail(diag, LN_ERR_FORMAT, "the metadata is in buffer %u of %zu", i,
                       buffers.count);
    const ln_fb_table t = ln_fb_item(&buffers, i);
    const ln_fb_vector data = ln_fb_vec(&t, LN_Buffer_data, 1);
    const uint64_t at = ln_fb_u64(&t, LN_Buffer_offset, 0), size = ln_fb_u64(&t, LN_Buffer_size, 0);
    if (data.present) {
        *buffer = data.data;
        *n = data.count;
    } else if (at > 1 && at <= root->size && size <= root->size - at) {
        *buffer = root->data + at;
        *n = (size_t)size;
    } else {
        return ln_fail(diag, LN_ERR_FORMAT, "the metadata's buffer %u has no data in the file", i);
    }
    return LN_OK;
}

ln_status ln_meta_locate(const uint8_t *model, size_t size, const uint8_t **buffer, size_t *n,
                         ln_diag *diag)
{
    const ln_fb_table root = ln_fb_root(model, size);
    const ln_fb_vector entries = ln_fb_vec(&root, LN_Model_metadata, 4);
    *buffer = NULL;
    *n = 0;
    for (size_t i = 0; i < entries.count; i++) {
        const ln_fb_table t = ln_fb_item(&entries, i);
        const char *name = ln_fb_string(&t, LN_Metadata_name);
        if (name && strcmp(name, metadata_name) == 0)
            return buffer_bytes(&root, ln_fb_u32(&t, LN_Metadata_buffer, 0), buffer, n, diag);
    }
    return LN_OK;
}

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
