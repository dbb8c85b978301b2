/* SPDX-License-Identifier: Apache-2.0 */
/* labels.c: see labels.h.  The classes' names come from --classes, or else the model's metadata
 * where these have all of them. */
#include "common/labels.h"

#include <string.h>

#include "common/label_table.h"
#include "common/tool.h"
#include "common/value.h"
#include "linnet/metadata.h"

struct labels {
    label_table *table; /* NULL: numbers */
    int *numbers;       /* of a .npy */
    size_t n_numbers;
};

/* ---- the model's own list ---- */

typedef struct known_classes {
    char *text; /* the names lie in it */
    const char **names;
    size_t n;
} known_classes;

#ifdef LINNET_TASK
static void split(known_classes *k)
{
    for (char *at = k->text; *at;) {
        const size_t n = strcspn(at, "\r\n");
        char *next = at + n + strspn(at + n, "\r\n");
        at[n] = 0;
        k->names = tool_resize(k->names, k->n + 1, sizeof *k->names);
        k->names[k->n++] = at;
        at = next;
    }
}

/* What the metadata of the model at `path` call the places of the first output. */
static void read_known(known_classes *k, const char *path)
{
    ln_meta *meta = ln_meta_open(path, NULL);
    const ln_meta_tensor *t = meta ? ln_meta_output(meta, 0) : NULL;
    const ln_meta_file *file = t ? ln_meta_find_file(&t->files, LN_META_AXIS_LABELS, NULL) : NULL;
    void *bytes = NULL;
    size_t n;
    if (file && ln_meta_read_file(meta, file->name, &bytes, &n, NULL)) {
        k->text = tool_copy(bytes);
        split(k);
    }
    ln_meta_free(bytes);
    ln_meta_close(meta);
}
#else
static void read_known(known_classes *k, const char *path)
{
    (void)k;
    (void)path;
}
#endif

/* ---- reading ---- */

static bool read_numbers(labels *l, const char *path)
{
    char why[160] = "";
    size_t n;
    value v = {0};
    uint8_t *data = tool_read_file(path, &n);
    const bool read = data && value_from_npy(&v, data, n, why);
    const value_kind kind = value_kind_of(v.type);
    const bool ok = read && (kind == VALUE_INT || kind == VALUE_UINT);
    if (data && !ok)
        tool_error("%s: %s", path, read ? "classes are whole numbers" : why);
    l->numbers = tool_new(ok ? v.count + 1 : 1, sizeof *l->numbers);
    for (size_t i = 0; ok && i < v.count; i++) {
        const double x = value_real(&v, i, 0);
        l->numbers[i] = x >= 0 && x < LABEL_MAX_CLASS ? (int)x : -1;
    }
    l->n_numbers = ok ? v.count : 0;
    value_free(&v);
    tool_free(data);
    return ok;
}

static bool read_classes(label_table *t, const char *path)
{
    size_t n;
    char *text = (char *)tool_read_file(path, &n);
    if (text)
        label_table_set_classes(t, text);
    tool_free(text);
    return text != NULL;
}

/* Lines of a file, or the samples' folders. */
static bool fill_table(label_table *t, const char *from, const samples *s)
{
    char why[LABEL_ERROR] = "";
    size_t n;
    if (strcmp(from, "folders") == 0) {
        for (int i = 0; i < samples_files(s); i++)
            label_table_add_folder(t, samples_path(s, i));
        return true;
    }
    char *text = (char *)tool_read_file(from, &n);
    const bool ok = text && label_table_read(t, text, why);
    if (text && !ok)
        tool_error("%s: %s", from, why);
    tool_free(text);
    return ok;
}

static bool read_table(labels *l, const char *from, const char *classes, const samples *s,
                       const char *model)
{
    char why[LABEL_ERROR] = "";
    known_classes known = {0};
    l->table = label_table_create();
    if ((classes && !read_classes(l->table, classes)) || !fill_table(l->table, from, s))
        return false;
    read_known(&known, model);
    const bool ok = label_table_finish(l->table, known.names, known.n, why);
    if (!ok)
        tool_error("--labels %s: %s", from, why);
    tool_free(known.names);
    tool_free(known.text);
    return ok;
}

/* ---- the interface ---- */

bool labels_open(labels **out, const args *a, const samples *s, const char *model)
{
    const char *from = args_text(a, "labels", NULL), *classes = args_text(a, "classes", NULL);
    *out = NULL;
    if (!from)
        return true;
    labels *l = tool_new(1, sizeof *l);
    const bool ok = tool_ends_with(from, ".npy") ? read_numbers(l, from)
                                                 : read_table(l, from, classes, s, model);
    *out = l;
    if (!ok) {
        labels_close(l);
        *out = NULL;
    }
    return ok;
}

void labels_close(labels *l)
{
    if (!l)
        return;
    label_table_free(l->table);
    tool_free(l->numbers);
    tool_free(l);
}

int labels_of(const labels *l, const samples *s)
{
    const size_t at = samples_place(s);
    const char *path = samples_path(s, samples_file(s) - 1);
    int class = -1;
    if (l->table)
        class = label_table_find(l->table, path, at);
    else if (at < l->n_numbers)
        class = l->numbers[at];
    if (class < 0)
        tool_error("--labels has no class, or more than one, for sample %zu, from %s", at + 1,
                   path);
    return class;
}

const int *labels_mask(const labels *l, const samples *s, size_t n)
{
    const size_t at = samples_place(s);
    return n && at < l->n_numbers / n ? l->numbers + at * n : NULL;
}
