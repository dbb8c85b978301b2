/* SPDX-License-Identifier: Apache-2.0 */
/* optimize.c: `linnet optimize`: the converter's passes over a .tflite model, and what its size is
 * made of: each constant's bytes, and what deflate makes of them in an app package. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "commands.h"
#include "linnet/convert.h"
#include "linnet/model.h"
#include "tool.h"

enum { SHOWN = 20 };

typedef struct part {
    const char *name;
    const void *data; /* constants with the same bytes lie at the same place */
    size_t bytes;
    zip_uint64_t deflated;
} part;

typedef struct parts {
    part *all;
    size_t n;
} parts;

static int by_place(const void *a, const void *b)
{
    const part *x = a, *y = b;
    return x->data < y->data ? -1 : x->data > y->data;
}

static int by_size(const void *a, const void *b)
{
    const part *x = a, *y = b;
    return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

/* Every constant of the model once. */
static parts constants(const TfLiteModel *model)
{
    parts p = {NULL, 0};
    for (int g = 0; g < ln_tflite_model_graph_count(model); g++) {
        const TfLiteTensor *t;
        for (int i = 0; (t = ln_tflite_model_tensor(model, g, i)) != NULL; i++) {
            if (t->allocation_type != kTfLiteMmapRo || t->bytes == 0)
                continue;
            p.all = tool_resize(p.all, p.n + 1, sizeof *p.all);
            p.all[p.n++] = (part){t->name ? t->name : "", t->data.raw_const, t->bytes, 0};
        }
    }
    if (p.n == 0)
        return p;
    qsort(p.all, p.n, sizeof *p.all, by_place);
    size_t kept = 1;
    for (size_t i = 1; i < p.n; i++)
        if (p.all[i].data != p.all[kept - 1].data)
            p.all[kept++] = p.all[i];
    p.n = kept;
    qsort(p.all, p.n, sizeof *p.all, by_size);
    return p;
}

/* Adds each part to an archive in memory, in which libzip deflates them. */
static bool add_parts(zip_t *archive, const parts *p)
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

static bool read_sizes(zip_source_t *whole, parts *p)
{
    zip_error_t error;
    zip_error_init(&error);
    zip_t *archive = zip_open_from_source(whole, ZIP_RDONLY, &error);
    zip_error_fini(&error);
    for (size_t i = 0; archive && i < p->n; i++) {
        zip_stat_t s;
        if (zip_stat_index(archive, i, 0, &s) == 0)
            p->all[i].deflated = s.comp_size;
    }
    if (archive)
        zip_discard(archive);
    return archive != NULL;
}

static bool deflate_parts(parts *p)
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

static void print_sizes(const parts *p, size_t file)
{
    size_t bytes = 0, deflated = 0;
    for (size_t i = 0; i < p->n; i++) {
        bytes += p->all[i].bytes;
        deflated += (size_t)p->all[i].deflated;
    }
    printf("%12s %12s\n%12zu %12zu constants (%zu)\n%12zu %12s graph and the rest\n", "bytes",
           "deflated", bytes, deflated, p->n, file - bytes, "");
    for (size_t i = 0; i < p->n && i < SHOWN; i++)
        printf("%12zu %12zu %s\n", p->all[i].bytes, (size_t)p->all[i].deflated, p->all[i].name);
    if (p->n > SHOWN)
        printf("%25s ... and %zu smaller ones\n", "", p->n - SHOWN);
}

static int report_sizes(const void *bytes, size_t n)
{
    TfLiteModel *model = TfLiteModelCreate(bytes, n);
    if (!model)
        return tool_error("the model that was written cannot be read");
    parts p = constants(model);
    const bool ok = p.n == 0 || deflate_parts(&p);
    if (ok)
        print_sizes(&p, n);
    tool_free(p.all);
    TfLiteModelDelete(model);
    return ok ? TOOL_OK : tool_error("what deflate makes of the constants cannot be found out");
}

static int run(const args *a)
{
    const char *to = args_text(a, "output", NULL);
    ln_convert_error error;
    ln_convert_summary s;
    size_t n;
    if (a->n_operands != 1 || !to) {
        tool_error("optimize takes one model, and --output");
        return TOOL_USAGE;
    }
    const ln_convert_options options = {.format = LN_SOURCE_TFLITE,
                                        .strip_names = args_flag(a, "strip-names"),
                                        .strip_metadata = args_flag(a, "strip-metadata")};
    ln_conversion *c = ln_convert(a->operands[0], &options, &error);
    if (!c)
        return tool_error("%s", error.text);
    const void *model = ln_conversion_model(c, &n);
    int code = tool_write_file(to, model, n) ? TOOL_OK : TOOL_FAILED;
    ln_conversion_summary(c, &s);
    if (code == TOOL_OK && strcmp(to, "-") != 0) {
        printf("%s: %zu bytes, %d operators, %d before\n", to, n, s.operators, s.operators_before);
        code = report_sizes(model, n);
    }
    ln_conversion_free(c);
    return code;
}

static const arg_option options[] = {
    {"output", "FILE", "where the model goes"},
    {"strip-names", NULL, "inner tensors lose their names"},
    {"strip-metadata", NULL, "leave metadata and its files behind"},
    {NULL, NULL, NULL},
};

const command optimize_command = {
    .name = "optimize",
    .operands = "MODEL",
    .summary = "Makes a .tflite model smaller and faster; says what its size is made of.",
    .options = options,
    .run = run,
};
