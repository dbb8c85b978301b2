/* SPDX-License-Identifier: Apache-2.0 */
/* pack.c: writes the archive of files, in memory, by libzip. */
#include <zip.h>

#include "base/alloc.h"
#include "metadata/packed.h"

/* MS-DOS's first day, and midnight. */
enum { FIRST_DAY = 1 << 5 | 1, MIDNIGHT = 0 };

static bool add_file(zip_t *zip, const ln_packed *f)
{
    zip_source_t *source = zip_source_buffer(zip, f->data, f->size, 0);
    const zip_int64_t i = source ? zip_file_add(zip, f->name, source, ZIP_FL_ENC_UTF_8) : -1;
    if (i < 0) {
        zip_source_free(source);
        return false;
    }
    return zip_set_file_compression(zip, (zip_uint64_t)i, ZIP_CM_STORE, 0) == 0 &&
           zip_file_set_dostime(zip, (zip_uint64_t)i, MIDNIGHT, FIRST_DAY, 0) == 0;
}

static ln_status read_back(zip_source_t *source, uint8_t **out, size_t *size)
{
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_source_stat(source, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE) ||
        zip_source_open(source) != 0)
        return LN_ERR_MEMORY;
    uint8_t *bytes = ln_new(&ln_alloc_default, (size_t)stat.size + 1, 1);
    const zip_int64_t got = bytes ? zip_source_read(source, bytes, stat.size) : -1;
    zip_source_close(source);
    if (got < 0 || (zip_uint64_t)got != stat.size) {
        ln_free(&ln_alloc_default, bytes);
        return LN_ERR_MEMORY;
    }
    *out = bytes;
    *size = (size_t)stat.size;
    return LN_OK;
}

ln_status ln_pack_files(const ln_packed *files, size_t n, uint8_t **out, size_t *size,
                        ln_diag *diag)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, &error) : NULL;
    zip_error_fini(&error);
    if (!zip) {
        zip_source_free(source);
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for the files behind the model");
    }
    zip_source_keep(source); /* closing the archive gives up its own hold */
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++)
        ok = add_file(zip, &files[i]);
    if (ok && zip_close(zip) == 0) {
        const ln_status status = read_back(source, out, size);
        zip_source_free(source);
        return status == LN_OK ? status
                               : ln_fail(diag, status, "no memory for the files behind the model");
    }
    const ln_status status =
        ln_fail(diag, LN_ERR_ARGUMENT, "the files cannot be packed: %s", zip_strerror(zip));
    zip_discard(zip);
    zip_source_free(source);
    return status;
}
