/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.c: writes the metadata of an image classifier into a model, and prints the labels that
 * it carries from then on.
 *
 *     metadata MODEL LABELS OUTPUT
 *     cc metadata.c $(pkg-config --cflags --libs linnet_task) */
#include <stdio.h>
#include <stdlib.h>

#include "linnet/metadata_writers.h"

static char *read_file(const char *path, size_t *n)
{
    enum { MAX_BYTES = 1 << 20 };
    FILE *f = fopen(path, "rb");
    char *text = f ? malloc(MAX_BYTES) : NULL;
    *n = text ? fread(text, 1, MAX_BYTES, f) : 0;
    if (f)
        fclose(f);
    return text;
}

static int write_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    const int ok = f && fwrite(data, 1, n, f) == n;
    return f && fclose(f) == 0 && ok;
}

/* Pixels go into the model as 0 to 1. */
static int write_metadata(const char *from, const char *labels, const char *to)
{
    ln_meta_error error = {LN_META_OK, ""};
    const float mean = 0, std = 255;
    ln_meta_source source = {labels, NULL, 0, NULL};
    char *text = read_file(labels, &source.size);
    source.data = text;
    ln_meta_task_options options = {
        .task = LN_META_IMAGE_CLASSIFIER,
        .mean = &mean,
        .std = &std,
        .n_norm = 1,
        .labels = &source,
        .n_labels = 1,
    };
    void *model = NULL;
    size_t n = 0;
    ln_meta_edit *edit = ln_meta_edit_open(from, &error);
    const int ok = text && edit && ln_meta_edit_task(edit, &options, &error) &&
                   ln_meta_edit_write(edit, LN_META_CHECKED, &model, &n, &error) &&
                   write_file(to, model, n);
    if (!ok)
        fprintf(stderr, "%s: %s\n", from, error.text);
    ln_meta_edit_close(edit);
    ln_meta_free(model);
    free(text);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc != 4 || !write_metadata(argv[1], argv[2], argv[3]))
        return 1;
    ln_meta *meta = ln_meta_open(argv[3], NULL);
    const ln_meta_tensor *scores = ln_meta_output(meta, 0);
    const ln_meta_file *labels =
        scores ? ln_meta_find_file(&scores->files, LN_META_AXIS_LABELS, NULL) : NULL;
    void *text;
    size_t n;
    if (!labels || !ln_meta_read_file(meta, labels->name, &text, &n, NULL))
        return 1;
    fwrite(text, 1, n, stdout);
    ln_meta_free(text);
    ln_meta_close(meta);
    return 0;
}
