/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: entries of a zip archive, by libzip.  An entry may not claim to be larger than deflate
 * could make of its bytes. */
#include "import/keras/archive.h"

#include <zip.h>

#include "base/checked.h"

enum { PLAUSIBLE = 1100, SLACK = 1 << 16 };

static bool plausible(const zip_stat_t *s)
{
    return (s->valid & ZIP_STAT_SIZE) && (s->valid & ZIP_STAT_COMP_SIZE) &&
           s->size < SIZE_MAX / 2 && s->size / PLAUSIBLE <= s->comp_size + SLACK / PLAUSIBLE;
}

static ln_status read_all(zip_t *z, const zip_stat_t *s, char *bytes)
{
    zip_file_t *f = zip_fopen_index(z, s->index, 0);
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

ln_status ln_archive_read(const char *path, const char *entry, char **bytes, size_t *n,
                          const ln_alloc *alloc, ln_diag *diag)
{
    zip_stat_t s;
    int why = 0;
    zip_t *z = zip_open(path, ZIP_RDONLY, &why);
    *bytes = NULL;
    if (!z)
        return ln_fail(diag, LN_ERR_FORMAT, "%s cannot be read as a zip archive", path);
    ln_status status = LN_OK;
    if (zip_stat(z, entry, 0, &s) != 0)
        status = LN_ERR_NOT_FOUND;
    else if (!plausible(&s))
        status = ln_fail(diag, LN_ERR_FORMAT, "%s: %s has no plausible size", path, entry);
    else if (!(*bytes = ln_new(alloc, 1, (size_t)s.size + 1)))
        status = LN_ERR_MEMORY;
    else if (read_all(z, &s, *bytes) != LN_OK)
        status = ln_fail(diag, LN_ERR_FORMAT, "%s: %s is damaged", path, entry);
    zip_discard(z);
    if (status != LN_OK) {
        ln_free(alloc, *bytes);
        *bytes = NULL;
        return status;
    }
    *n = (size_t)s.size;
    (*bytes)[s.size] = 0;
    return LN_OK;
}
