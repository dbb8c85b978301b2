/* SPDX-License-Identifier: Apache-2.0 */
/* packed.c: the files behind a model.  libzip is given the archive alone, for it would take an
 * older one inside of the model for as good; where places count from the start of the file, that is
 * a copy.  It is opened anew for each call, because libzip's archives are for one thread. */
#include <string.h>

#include <zip.h>

#include "metadata/meta.h"

/* Deflate makes at most this much out of a byte; a header that says more is not believed. */
enum { MAX_RATIO = 1032, RATIO_SLACK = 64 };

static ln_status open_archive(const ln_meta *meta, zip_t **out, ln_diag *diag)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(meta->archive, meta->tail.size, 0, &error);
    *out = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
    if (!*out) {
        ln_fail(diag, LN_ERR_FORMAT, "the files behind the model cannot be read: %s",
                zip_error_strerror(&error));
        zip_source_free(source);
    }
    zip_error_fini(&error);
    return *out ? LN_OK : LN_ERR_FORMAT;
}

static ln_status take_archive(ln_meta *meta)
{
    const ln_zip_tail *tail = &meta->tail;
    if (tail->shift == tail->start) {
        meta->archive = meta->model + tail->start;
        return LN_OK;
    }
    uint8_t *copy = ln_arena_new(&meta->arena, tail->size, 1);
    if (!copy || !ln_zip_tail_move(meta->model, tail, copy, 0))
        return LN_ERR_MEMORY;
    meta->archive = copy;
    return LN_OK;
}

static ln_status list_names(ln_meta *meta, zip_t *zip)
{
    const zip_int64_t n = zip_get_num_entries(zip, 0);
    meta->packed = ln_arena_new(&meta->arena, n > 0 ? (size_t)n : 1, sizeof *meta->packed);
    if (!meta->packed)
        return LN_ERR_MEMORY;
    for (zip_int64_t i = 0; i < n; i++) {
        const char *name = zip_get_name(zip, (zip_uint64_t)i, 0);
        const char *copy = ln_arena_string(&meta->arena, name ? name : "", name ? strlen(name) : 0);
        if (!copy)
            return LN_ERR_MEMORY;
        meta->packed[meta->n_packed++] = copy;
    }
    return LN_OK;
}

ln_status ln_meta_list(ln_meta *meta, ln_diag *diag)
{
    zip_t *zip;
    LN_TRY(ln_zip_tail_check(meta->model, meta->size, diag));
    if (!ln_zip_tail_find(meta->model, meta->size, &meta->tail))
        return LN_OK;
    ln_status status = take_archive(meta);
    if (status == LN_OK) {
        LN_TRY(open_archive(meta, &zip, diag));
        status = list_names(meta, zip);
        zip_discard(zip);
    }
    return status == LN_OK ? status : ln_fail(diag, status, "no memory for the names of files");
}

const char *ln_meta_packed_file(const ln_meta *meta, int i)
{
    return meta && i >= 0 && i < meta->n_packed ? meta->packed[i] : NULL;
}

/* ---- reading ---- */

static ln_status read_all(zip_file_t *f, const char *name, uint8_t *data, zip_uint64_t size,
                          ln_diag *diag)
{
    zip_uint64_t done = 0;
    while (done < size) {
        const zip_int64_t got = zip_fread(f, data + done, size - done);
        if (got <= 0)
            return ln_fail(diag, LN_ERR_FORMAT, "the file %s behind the model is damaged: %s", name,
                           got < 0 ? zip_file_strerror(f) : "it ends too early");
        done += (zip_uint64_t)got;
    }
    /* the sum of the bytes is checked once the end is seen */
    return zip_fread(f, data + size, 1) == 0
               ? LN_OK
               : ln_fail(diag, LN_ERR_FORMAT, "the file %s behind the model is damaged: %s", name,
                         zip_file_strerror(f));
}

static ln_status read_entry(const ln_meta *meta, zip_t *zip, const char *name, uint8_t **out,
                            size_t *n, ln_diag *diag)
{
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat(zip, name, 0, &stat) != 0)
        return ln_fail(diag, LN_ERR_NOT_FOUND, "the model carries no file %s", name);
    const zip_uint64_t both = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    if ((stat.valid & both) != both || stat.comp_size > meta->size ||
        stat.size > stat.comp_size * MAX_RATIO + RATIO_SLACK || stat.size >= SIZE_MAX)
        return ln_fail(diag, LN_ERR_FORMAT, "the file %s behind the model has a wrong size", name);
    uint8_t *data = ln_new(&ln_alloc_default, (size_t)stat.size + 1, 1);
    if (!data)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for the %llu bytes of %s",
                       (unsigned long long)stat.size, name);
    zip_file_t *f = zip_fopen_index(zip, stat.index, 0);
    ln_status status =
        f ? read_all(f, name, data, stat.size, diag)
          : ln_fail(diag, LN_ERR_FORMAT, "the file %s behind the model cannot be read: %s", name,
                    zip_strerror(zip));
    if (f)
        zip_fclose(f);
    if (status != LN_OK) {
        ln_free(&ln_alloc_default, data);
        return status;
    }
    data[stat.size] = 0;
    *out = data;
    *n = (size_t)stat.size;
    return LN_OK;
}

ln_status ln_meta_unpack(const ln_meta *meta, const char *name, void **data, size_t *n,
                         ln_diag *diag)
{
    zip_t *zip;
    uint8_t *bytes = NULL;
    *data = NULL;
    *n = 0;
    if (!meta || !name || meta->n_packed == 0)
        return ln_fail(diag, LN_ERR_NOT_FOUND, "the model carries no file %s", name ? name : "");
    LN_TRY(open_archive(meta, &zip, diag));
    const ln_status status = read_entry(meta, zip, name, &bytes, n, diag);
    zip_discard(zip);
    *data = bytes;
    return status;
}

bool ln_meta_read_file(const ln_meta *meta, const char *name, void **data, size_t *n,
                       ln_meta_error *error)
{
    ln_diag diag = {0};
    return ln_meta_report(ln_meta_unpack(meta, name, data, n, &diag), &diag, error);
}
