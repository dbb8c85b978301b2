/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: entries of a zip archive, by libzip.  An entry may not claim to be larger than deflate
 * could make of the whole file. */
#include "import/keras/archive.h"

#include <zip.h>

enum { PLAUSIBLE = 1100, SLACK = 1 << 16 };

struct ln_archive {
    zip_t *zip;
    size_t bytes;
    const ln_alloc *alloc;
};

ln_status ln_archive_open(ln_archive **out, const void *data, size_t n, const ln_alloc *alloc,
                          ln_diag *diag)
{
    zip_error_t why;
    zip_source_t *source = zip_source_buffer_create(data, n, 0, &why);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &why) : NULL;
    ln_archive *a = zip ? ln_new(alloc, 1, sizeof *a) : NULL;
    *out = a;
    if (a) {
        *a = (ln_archive){zip, n, alloc};
        return LN_OK;
    }
    if (zip)
        zip_discard(zip);
    else if (source)
        zip_source_free(source);
    return zip ? LN_ERR_MEMORY
               : ln_fail(diag, LN_ERR_FORMAT, "the file cannot be read as a zip archive");
}

void ln_archive_close(ln_archive *archive)
{
    if (!archive)
        return;
    zip_discard(archive->zip);
    ln_free(archive->alloc, archive);
}

static ln_status read_all(ln_archive *a, const zip_stat_t *s, char *bytes)
{
    zip_file_t *f = zip_fopen_index(a->zip, s->index, 0);
    zip_uint64_t at = 0;
    if (!f)
        return LN_ERR_FORMAT;
    while (at < s->size) {
        const zip_int64_t got = zip_fread(f, bytes + at, s->size - at);
        if (got <= 0)
            break;
        at += (zip_uint64_t)got;
    }
    const bool sound = zip_fclose(f) == 0;
    return sound && at == s->size ? LN_OK : LN_ERR_FORMAT;
}

ln_status ln_archive_read(ln_archive *a, const char *entry, char **bytes, size_t *n, ln_diag *diag)
{
    zip_stat_t s;
    *bytes = NULL;
    if (zip_stat(a->zip, entry, 0, &s) != 0)
        return LN_ERR_NOT_FOUND;
    if (!(s.valid & ZIP_STAT_SIZE) || s.size / PLAUSIBLE > a->bytes + SLACK / PLAUSIBLE)
        return ln_fail(diag, LN_ERR_FORMAT, "%s has no plausible size", entry);
    char *read = ln_new(a->alloc, 1, (size_t)s.size + 1);
    if (!read)
        return LN_ERR_MEMORY;
    if (read_all(a, &s, read) != LN_OK) {
        ln_free(a->alloc, read);
        return ln_fail(diag, LN_ERR_FORMAT, "%s is damaged", entry);
    }
    *bytes = read;
    *n = (size_t)s.size;
    return LN_OK;
}
