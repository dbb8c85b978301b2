/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c: a thin layer over libzip. */
#include "common/archive.h"

#include <zip.h>

#include "common/tool.h"

struct archive {
    zip_t *zip;
    int count;
};

/* No case holds an entry near this size; a header that says more is not believed, nor one that says
 * that the entry was packed better than can be (deflate: 1032 times). */
static const zip_uint64_t max_entry_bytes = (zip_uint64_t)4 << 30, max_ratio = 1040;

static archive *new_archive(zip_t *zip)
{
    archive *a = tool_new(1, sizeof *a);
    a->zip = zip;
    a->count = (int)zip_get_num_entries(zip, 0);
    return a;
}

archive *archive_open_memory(const void *bytes, size_t n)
{
    zip_source_t *source = zip_source_buffer_create(bytes, n, 0, NULL);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, NULL) : NULL;
    if (source && !zip)
        zip_source_free(source);
    return zip ? new_archive(zip) : NULL;
}

archive *archive_open(const char *path)
{
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);
    if (!zip) {
        zip_error_t error;
        zip_error_init_with_code(&error, code);
        tool_error("%s: %s", path, zip_error_strerror(&error));
        zip_error_fini(&error);
        return NULL;
    }
    return new_archive(zip);
}

void archive_close(archive *a)
{
    if (!a)
        return;
    zip_discard(a->zip);
    tool_free(a);
}

int archive_count(const archive *a)
{
    return a->count;
}

const char *archive_name(const archive *a, int i)
{
    const char *name = zip_get_name(a->zip, (zip_uint64_t)i, 0);
    return name ? name : "";
}

bool archive_has(const archive *a, const char *name)
{
    return zip_name_locate(a->zip, name, 0) >= 0;
}

uint8_t *archive_read(archive *a, const char *name, size_t *n)
{
    zip_stat_t stat;
    if (zip_stat(a->zip, name, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE) ||
        !(stat.valid & ZIP_STAT_COMP_SIZE) || stat.size > max_entry_bytes ||
        stat.size / max_ratio > stat.comp_size)
        return NULL;
    zip_file_t *f = zip_fopen(a->zip, name, 0);
    if (!f)
        return NULL;
    uint8_t *data = tool_new((size_t)stat.size + 1, 1);
    size_t done = 0;
    while (done < stat.size) {
        const zip_int64_t got = zip_fread(f, data + done, stat.size - done);
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    zip_fclose(f);
    if (done != stat.size) {
        tool_free(data);
        return NULL;
    }
    *n = done;
    return data;
}
