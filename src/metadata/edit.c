/* SPDX-License-Identifier: Apache-2.0 */
/* edit.c: gives a model other metadata and files.  What was asked for is kept until it is written:
 * the metadata then goes into the model's FlatBuffer (liblinnet does that), the files into an
 * archive behind it.  Files that do not change are not unpacked before. */
#include "linnet/metadata_edit.h"

#include <string.h>

#include "linnet/model.h"
#include "metadata/json.h"
#include "metadata/meta.h"
#include "metadata/packed.h"
#include "metadata/text.h"

typedef struct held_file {
    char *name;
    void *data; /* NULL: it still is where the model has it */
    size_t size;
} held_file;

struct ln_meta_edit {
    ln_meta *meta;   /* the model as it was */
    uint8_t *buffer; /* its new metadata; NULL: none */
    size_t buffer_size;
    bool new_metadata, new_files;
    held_file *files;
    size_t n_files, capacity;
};

static const ln_alloc *const heap = &ln_alloc_default;

/* ---- the files ---- */

static held_file *find_file(const ln_meta_edit *e, const char *name)
{
    for (size_t i = 0; i < e->n_files; i++) {
        if (strcmp(e->files[i].name, name) == 0)
            return &e->files[i];
    }
    return NULL;
}

static void drop_file(held_file *f)
{
    ln_free(heap, f->name);
    ln_free(heap, f->data);
}

/* A file of this name, made where there is none; NULL when memory is out. */
static held_file *make_file(ln_meta_edit *e, const char *name)
{
    held_file *f = find_file(e, name);
    if (f || !ln_grow(heap, (void **)&e->files, &e->capacity, e->n_files, sizeof *f))
        return f;
    char *copy = ln_new(heap, strlen(name) + 1, 1);
    if (!copy)
        return NULL;
    memcpy(copy, name, strlen(name));
    f = &e->files[e->n_files++];
    *f = (held_file){.name = copy};
    return f;
}

bool ln_meta_edit_add_file(ln_meta_edit *edit, const char *name, const void *data, size_t n,
                           ln_meta_error *error)
{
    ln_diag diag = {0};
    if (!*ln_base_name(name))
        return ln_meta_report(ln_fail(&diag, LN_ERR_ARGUMENT, "'%s' is no name of a file", name),
                              &diag, error);
    uint8_t *copy = ln_new(heap, n + 1, 1);
    held_file *f = copy ? make_file(edit, ln_base_name(name)) : NULL;
    if (!f) {
        ln_free(heap, copy);
        return ln_meta_report(ln_fail(&diag, LN_ERR_MEMORY, "no memory for the file %s", name),
                              &diag, error);
    }
    if (n)
        memcpy(copy, data, n);
    ln_free(heap, f->data);
    f->data = copy;
    f->size = n;
    edit->new_files = true;
    return true;
}

bool ln_meta_edit_remove_file(ln_meta_edit *edit, const char *name, ln_meta_error *error)
{
    held_file *f = find_file(edit, name);
    if (!f) {
        ln_diag diag = {0};
        return ln_meta_report(
            ln_fail(&diag, LN_ERR_NOT_FOUND, "the model carries no file %s", name), &diag, error);
    }
    drop_file(f);
    const size_t i = (size_t)(f - edit->files);
    memmove(f, f + 1, (edit->n_files - i - 1) * sizeof *f);
    edit->n_files--;
    edit->new_files = true;
    return true;
}

/* ---- life ---- */

static ln_meta_edit *start(ln_meta *meta, ln_meta_error *error)
{
    static const ln_diag no_text = {0};
    const char *name;
    if (!meta)
        return NULL;
    ln_meta_edit *e = ln_new(heap, 1, sizeof *e);
    bool ok = e != NULL;
    if (e)
        e->meta = meta;
    else
        ln_meta_close(meta);
    for (int i = 0; ok && (name = ln_meta_packed_file(meta, i)) != NULL; i++)
        ok = make_file(e, name) != NULL;
    if (ln_meta_report(ok ? LN_OK : LN_ERR_MEMORY, &no_text, error))
        return e;
    ln_meta_edit_close(e);
    return NULL;
}

ln_meta_edit *ln_meta_edit_open(const char *path, ln_meta_error *error)
{
    return start(ln_meta_open(path, error), error);
}

ln_meta_edit *ln_meta_edit_memory(const void *model, size_t n, ln_meta_error *error)
{
    return start(ln_meta_open_memory(model, n, error), error);
}

void ln_meta_edit_clear(ln_meta_edit *edit)
{
    for (size_t i = 0; i < edit->n_files; i++)
        drop_file(&edit->files[i]);
    edit->n_files = 0;
    ln_free(heap, edit->buffer);
    edit->buffer = NULL;
    edit->buffer_size = 0;
    edit->new_files = edit->new_metadata = true;
}

void ln_meta_edit_close(ln_meta_edit *edit)
{
    if (!edit)
        return;
    ln_meta_edit_clear(edit);
    ln_free(heap, edit->files);
    ln_meta_close(edit->meta);
    ln_free(heap, edit);
}

const ln_meta *ln_meta_edit_source(const ln_meta_edit *edit)
{
    return edit->meta;
}

/* ---- the metadata ---- */

bool ln_meta_edit_json(ln_meta_edit *edit, const char *json, ln_meta_error *error)
{
    ln_diag diag = {0};
    uint8_t *buffer = NULL;
    size_t n = 0;
    cJSON *root = cJSON_Parse(json);
    const char *end = cJSON_GetErrorPtr();
    const ln_status status =
        root ? ln_meta_pack(root, &buffer, &n, &diag)
             : ln_fail(&diag, LN_ERR_ARGUMENT, "this is not JSON, at: %.40s", end ? end : "");
    cJSON_Delete(root);
    if (!ln_meta_report(status, &diag, error))
        return false;
    ln_free(heap, edit->buffer);
    edit->buffer = buffer;
    edit->buffer_size = n;
    edit->new_metadata = true;
    return true;
}

bool ln_meta_edit_buffer(ln_meta_edit *edit, const void *buffer, size_t n, ln_meta_error *error)
{
    char *json = ln_meta_json(buffer, n, true, error);
    const bool ok = json && ln_meta_edit_json(edit, json, error);
    ln_meta_free(json);
    return ok;
}

bool ln_meta_edit_take(ln_meta_edit *edit, const ln_meta *from, ln_meta_error *error)
{
    size_t n;
    const char *name;
    const void *buffer = ln_meta_buffer(from, &n);
    bool ok = !buffer || ln_meta_edit_buffer(edit, buffer, n, error);
    for (int i = 0; ok && (name = ln_meta_packed_file(from, i)) != NULL; i++) {
        void *data;
        ok = ln_meta_read_file(from, name, &data, &n, error) &&
             ln_meta_edit_add_file(edit, name, data, n, error);
        ln_meta_free(data);
    }
    return ok;
}

const void *ln_meta_edit_metadata(const ln_meta_edit *edit, size_t *n)
{
    if (!edit->new_metadata)
        return ln_meta_buffer(edit->meta, n);
    *n = edit->buffer_size;
    return edit->buffer;
}

/* ---- writing ---- */

static bool copy_model(const ln_meta_edit *e, size_t size, uint8_t **out, size_t *n, ln_diag *diag)
{
    const ln_tflite_entry entry = {"TFLITE_METADATA", e->buffer, e->buffer_size};
    void *bytes = NULL;
    if (!e->new_metadata) {
        *out = ln_new(heap, size, 1);
        if (*out)
            memcpy(*out, e->meta->model, size);
        *n = size;
        return *out != NULL;
    }
    const TfLiteStatus status =
        ln_tflite_attach(e->meta->model, size, &entry, &bytes, n, diag->text);
    *out = bytes;
    return status == kTfLiteOk;
}

/* Reads what is still in the model, and packs all. */
static ln_status pack_all(ln_meta_edit *e, uint8_t **archive, size_t *n, ln_diag *diag)
{
    ln_packed *all = ln_new(heap, e->n_files, sizeof *all);
    ln_status status = all ? LN_OK : LN_ERR_MEMORY;
    for (size_t i = 0; i < e->n_files && status == LN_OK; i++) {
        held_file *f = &e->files[i];
        if (!f->data)
            status = ln_meta_unpack(e->meta, f->name, &f->data, &f->size, diag);
        all[i] = (ln_packed){f->name, f->data, f->size};
    }
    if (status == LN_OK)
        status = ln_pack_files(all, e->n_files, archive, n, diag);
    ln_free(heap, all);
    return status;
}

static ln_status append_files(ln_meta_edit *e, uint8_t **out, size_t *n, ln_diag *diag)
{
    uint8_t *archive;
    size_t size;
    ln_zip_tail tail;
    if (e->n_files == 0)
        return LN_OK;
    if (!e->new_files)
        return ln_zip_tail_append(e->meta->model, &e->meta->tail, out, n, heap, diag);
    LN_TRY(pack_all(e, &archive, &size, diag));
    const ln_status status =
        ln_zip_tail_find(archive, size, &tail)
            ? ln_zip_tail_append(archive, &tail, out, n, heap, diag)
            : ln_fail(diag, LN_ERR_UNSUPPORTED, "the files are too many, or over 4 GB");
    ln_free(heap, archive);
    return status;
}

static bool check_written(const uint8_t *model, size_t n, ln_meta_strictness strictness,
                          ln_meta_error *error)
{
    ln_meta *meta = ln_meta_open_memory(model, n, error);
    const bool ok = meta && (strictness == LN_META_CHECKED ? ln_meta_check(meta, error)
                                                           : ln_meta_check_parts(meta, error));
    ln_meta_close(meta);
    return ok;
}

bool ln_meta_edit_write(ln_meta_edit *edit, ln_meta_strictness strictness, void **model, size_t *n,
                        ln_meta_error *error)
{
    ln_diag diag = {0};
    const ln_meta *meta = edit->meta;
    const size_t size = meta->tail.size ? meta->tail.start : meta->size;
    uint8_t *out = NULL;
    *model = NULL;
    ln_status status = copy_model(edit, size, &out, n, &diag) ? LN_OK : LN_ERR_MEMORY;
    if (status == LN_OK)
        status = append_files(edit, &out, n, &diag);
    if (ln_meta_report(status, &diag, error) && check_written(out, *n, strictness, error)) {
        *model = out;
        return true;
    }
    ln_free(heap, out);
    return false;
}
