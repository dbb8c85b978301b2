/* SPDX-License-Identifier: Apache-2.0 */
/* labels.c: see labels.h.  A class is a number, or a name: that of a line of --classes, or else of
 * the sorted list of all names. */
#include "labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"
#include "value.h"

enum { MAX_CLASS = 1 << 24 };

/* A line of the file. */
typedef struct entry {
    char *file; /* NULL: it stands at the sample's place */
    char *name; /* of the class */
} entry;

struct labels {
    entry *entries;
    size_t n_entries;
    bool folders;
    char **classes; /* their names; NULL: they are numbers */
    size_t n_classes;
    int *numbers; /* of a .npy */
    size_t n_numbers;
};

/* ---- text ---- */

static char *next_line(char **at)
{
    char *line = *at;
    if (!line || !*line)
        return NULL;
    const size_t n = strcspn(line, "\r\n");
    *at = line + n + strspn(line + n, "\r\n");
    line[n] = 0;
    return line;
}

static void add_name(char ***names, size_t *n, const char *name)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp((*names)[i], name) == 0)
            return;
    *names = tool_resize(*names, *n + 1, sizeof **names);
    (*names)[(*n)++] = tool_copy(name);
}

static bool is_number(const char *text, int *number)
{
    char *end;
    const long x = strtol(text, &end, 10);
    *number = (int)x;
    return end != text && !*end && x >= 0 && x < MAX_CLASS;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ---- reading ---- */

static bool read_classes(labels *l, const char *path)
{
    size_t n;
    char *text = (char *)tool_read_file(path, &n), *at = text, *line;
    while ((line = next_line(&at)) != NULL)
        add_name(&l->classes, &l->n_classes, line);
    tool_free(text);
    return text != NULL;
}

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
    l->numbers = tool_new(v.count + 1, sizeof *l->numbers);
    for (size_t i = 0; ok && i < v.count; i++) {
        const double x = value_real(&v, i, 0);
        l->numbers[i] = x >= 0 && x < MAX_CLASS ? (int)x : -1;
    }
    l->n_numbers = ok ? v.count : 0;
    value_free(&v);
    tool_free(data);
    return ok;
}

static bool read_lines(labels *l, const char *path)
{
    size_t n;
    char *text = (char *)tool_read_file(path, &n), *at = text, *line;
    while ((line = next_line(&at)) != NULL) {
        char *comma = strrchr(line, ',');
        l->entries = tool_resize(l->entries, l->n_entries + 1, sizeof *l->entries);
        entry *e = &l->entries[l->n_entries++];
        if (comma)
            *comma = 0;
        e->file = comma ? tool_copy(line) : NULL;
        e->name = tool_copy(comma ? comma + 1 : line);
    }
    tool_free(text);
    return text != NULL;
}

/* ---- classes ---- */

/* The folder that a file lies in. */
static char *folder_of(const char *path)
{
    const char *end = strrchr(path, '/'), *from = end;
    while (end && from > path && from[-1] != '/')
        from--;
    return end ? tool_format("%.*s", (int)(end - from), from) : tool_copy("");
}

/* Without a list of classes: nothing where all are numbers, else their names in order. */
static void make_classes(labels *l, const samples *s)
{
    bool numbers = true;
    int number;
    for (size_t i = 0; i < l->n_entries; i++)
        add_name(&l->classes, &l->n_classes, l->entries[i].name);
    for (int i = 0; l->folders && i < samples_files(s); i++) {
        char *folder = folder_of(samples_path(s, i));
        add_name(&l->classes, &l->n_classes, folder);
        tool_free(folder);
    }
    for (size_t i = 0; i < l->n_classes; i++)
        numbers = numbers && is_number(l->classes[i], &number);
    if (!numbers) {
        qsort(l->classes, l->n_classes, sizeof *l->classes, by_text);
        return;
    }
    while (l->n_classes > 0)
        tool_free(l->classes[--l->n_classes]);
    tool_free(l->classes);
    l->classes = NULL;
}

static int class_of(const labels *l, const char *name)
{
    int number;
    for (size_t i = 0; i < l->n_classes; i++)
        if (strcmp(l->classes[i], name) == 0)
            return (int)i;
    return !l->classes && is_number(name, &number) ? number : -1;
}

/* ---- the interface ---- */

bool labels_open(labels **out, const args *a, const samples *s)
{
    const char *from = args_text(a, "labels", NULL), *classes = args_text(a, "classes", NULL);
    *out = NULL;
    if (!from)
        return true;
    labels *l = tool_new(1, sizeof *l);
    l->folders = strcmp(from, "folders") == 0;
    const bool ok =
        (!classes || read_classes(l, classes)) &&
        (l->folders || (tool_ends_with(from, ".npy") ? read_numbers : read_lines)(l, from));
    if (ok && !classes)
        make_classes(l, s);
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
    for (size_t i = 0; i < l->n_entries; i++) {
        tool_free(l->entries[i].file);
        tool_free(l->entries[i].name);
    }
    for (size_t i = 0; i < l->n_classes; i++)
        tool_free(l->classes[i]);
    tool_free(l->entries);
    tool_free(l->classes);
    tool_free(l->numbers);
    tool_free(l);
}

int labels_of(const labels *l, const samples *s)
{
    const size_t at = (size_t)samples_given(s) - 1;
    const char *path = samples_path(s, samples_file(s) - 1);
    if (l->numbers)
        return at < l->n_numbers ? l->numbers[at] : -1;
    if (l->folders) {
        char *folder = folder_of(path);
        const int number = class_of(l, folder);
        tool_free(folder);
        return number;
    }
    if (at < l->n_entries && !l->entries[at].file)
        return class_of(l, l->entries[at].name);
    for (size_t i = 0; i < l->n_entries; i++)
        if (l->entries[i].file &&
            (tool_ends_with(path, l->entries[i].file) ||
             strcmp(tool_basename(l->entries[i].file), tool_basename(path)) == 0))
            return class_of(l, l->entries[i].name);
    return -1;
}

const int *labels_mask(const labels *l, const samples *s, size_t n)
{
    const size_t at = (size_t)samples_given(s) - 1;
    return n && at < l->n_numbers / n ? l->numbers + at * n : NULL;
}
