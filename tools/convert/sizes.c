/* SPDX-License-Identifier: Apache-2.0 */
/* sizes.c: what the size of a model is made of: each constant's bytes, and what deflate makes of
 * them in an app package. */
#include <stdio.h>
#include <stdlib.h>
#include <zip.h>

#include "common/tool.h"
#include "convert/conversion.h"
#include "linnet/model.h"

enum { SHOWN = 20 };

static int by_place(const void *a, const void *b)
{
    const size_part *x = a, *y = b;
    return x->data < y->data ? -1 : x->data > y->data;
}

static int by_size(const void *a, const void *b)
{
    const size_part *x = a, *y = b;
    return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

/* Every constant of the model once: those with the same bytes lie at the same place. */
static void find_constants(size_parts *p)
{
    for (int g = 0; g < ln_tflite_model_graph_count(p->model); g++) {
        const TfLiteTensor *t;
        for (int i = 0; (t = ln_tflite_model_tensor(p->model, g, i)) != NULL; i++) {
            if (t->allocation_type != kTfLiteMmapRo || t->bytes == 0)
                continue;
            p->all = tool_resize(p->all, p->n + 1, sizeof *p->all);
            p->all[p->n++] = (size_part){t->name ? t->name : "", t->data.raw_const, t->bytes, 0};
        }
    }
    if (p->n == 0)
        return;
    qsort(p->all, p->n, sizeof *p->all, by_place);
    size_t kept = 1;
    for (size_t i = 1; i < p->n; i++)
        if (p->all[i].data != p->all[kept - 1].data)
            p->all[kept++] = p->all[i];
    p->n = kept;
    qsort(p->all, p->n, sizeof *p->all, by_size);
}

/* Adds each part to an archive in memory, in which libzip deflates them. */
static bool add_parts(zip_t *archive, const size_parts *p)
{
    for (size_t i = 0; i < p->n; i++) {
        char name[32];
        snprintf(name, sizeof name, "%zu", i);
        zip_source_t *s = zip_source_buffer(archive, p->all[i].data, p->all[i].bytes, 0);
        if (!s || zip_file_add(archive, name, s, 0) < 0) {
            zip_source_free(s);
            return false;
        }
    }
    return true;
}

static bool read_sizes(zip_source_t *whole, size_parts *p)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_t *archive = zip_open_from_source(whole, ZIP_RDONLY, &error);
    zip_error_fini(&error);
    for (size_t i = 0; archive && i < p->n; i++) {
        zip_stat_t s;
        if (zip_stat_index(archive, i, 0, &s) == 0)
            p->all[i].deflated = (size_t)s.comp_size;
    }
    if (archive)
        zip_discard(archive);
    return archive != NULL;
}

static bool deflate_parts(size_parts *p)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t *whole = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *archive = whole ? zip_open_from_source(whole, ZIP_CREATE | ZIP_TRUNCATE, &error) : NULL;
    zip_error_fini(&error);
    if (!archive) {
        zip_source_free(whole);
        return false;
    }
    zip_source_keep(whole); /* closing the archive gives up one of two */
    if (!add_parts(archive, p) || zip_close(archive) != 0) {
        zip_discard(archive);
        zip_source_free(whole);
        return false;
    }
    return read_sizes(whole, p);
}

bool sizes_of(const void *bytes, size_t n, size_parts *p)
{
    *p = (size_parts){.model = TfLiteModelCreate(bytes, n)};
    if (!p->model) {
        tool_error("the model that was written cannot be read");
        return false;
    }
    find_constants(p);
    if (p->n && !deflate_parts(p)) {
        tool_error("what deflate makes of the constants cannot be found out");
        return false;
    }
    for (size_t i = 0; i < p->n; i++) {
        p->bytes += p->all[i].bytes;
        p->deflated += p->all[i].deflated;
    }
    return true;
}

void sizes_print(const size_parts *p, size_t file)
{
    printf("%12s %12s\n%12zu %12zu constants (%zu)\n%12zu %12s graph and the rest\n", "bytes",
           "deflated", p->bytes, p->deflated, p->n, file - p->bytes, "");
    for (size_t i = 0; i < p->n && i < SHOWN; i++)
        printf("%12zu %12zu %s\n", p->all[i].bytes, p->all[i].deflated, p->all[i].name);
    if (p->n > SHOWN)
        printf("%25s ... and %zu smaller ones\n", "", p->n - SHOWN);
}

void sizes_free(size_parts *p)
{
    tool_free(p->all);
    TfLiteModelDelete(p->model);
}
