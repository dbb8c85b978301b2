/* SPDX-License-Identifier: Apache-2.0 */
/* label_table.c: see label_table.h. */
#include "common/label_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

/* A line of the text. */
typedef struct entry {
    char *file; /* NULL: it stands at the sample's place */
    char *name; /* of the class */
    int number; /* once that is known */
} entry;

typedef struct name_list {
    char **names;
    size_t n, capacity;
} name_list;

/* A name and its class; sorted, to be found. */
typedef struct named {
    const char *name;
    size_t number;
} named;

struct label_table {
    entry *entries;
    size_t n, capacity;
    bool folders, by_file; /* the entries are sorted by their files' names */
    name_list classes;     /* empty: they are numbers */
    named *order;
    bool listed; /* the classes were set */
};

label_table *label_table_create(void)
{
    return tool_new(1, sizeof(label_table));
}

static void clear(name_list *l)
{
    while (l->n > 0)
        tool_free(l->names[--l->n]);
    tool_free(l->names);
    *l = (name_list){0};
}

void label_table_free(label_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n; i++) {
        tool_free(t->entries[i].file);
        tool_free(t->entries[i].name);
    }
    tool_free(t->entries);
    tool_free(t->order);
    clear(&t->classes);
    tool_free(t);
}

/* ---- names ---- */

static void add_name(name_list *l, const char *name)
{
    if (l->n == l->capacity) {
        l->capacity = 2 * l->capacity + 16;
        l->names = tool_resize(l->names, l->capacity, sizeof *l->names);
    }
    l->names[l->n++] = tool_copy(name);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts a list and leaves each name in it once. */
static void sort(name_list *l)
{
    size_t kept = 0;
    if (l->n > 0)
        qsort(l->names, l->n, sizeof *l->names, by_text);
    for (size_t i = 0; i < l->n; i++) {
        if (kept > 0 && strcmp(l->names[kept - 1], l->names[i]) == 0)
            tool_free(l->names[i]);
        else
            l->names[kept++] = l->names[i];
    }
    l->n = kept;
}

static bool is_number(const char *text, int *number)
{
    char *end;
    const long x = strtol(text, &end, 10);
    *number = (int)x;
    return end != text && !*end && x >= 0 && x < LABEL_MAX_CLASS;
}

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order ? order : x->number < y->number ? -1 : x->number > y->number;
}

static void order_classes(label_table *t)
{
    t->order = tool_resize(t->order, t->classes.n + 1, sizeof *t->order);
    for (size_t i = 0; i < t->classes.n; i++)
        t->order[i] = (named){t->classes.names[i], i};
    if (t->classes.n > 0)
        qsort(t->order, t->classes.n, sizeof *t->order, by_name);
}

/* Of classes with the same name, the first. */
static int class_of(const label_table *t, const char *name)
{
    size_t low = 0, high = t->classes.n;
    int number;
    if (!t->listed && !t->classes.n)
        return is_number(name, &number) ? number : -1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(t->order[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->classes.n && strcmp(t->order[low].name, name) == 0 ? (int)t->order[low].number
                                                                       : -1;
}

/* ---- text ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next line without what is blank at its ends; NULL at the end.  Empty lines are skipped. */
static char *next_line(const char **at)
{
    const char *line = *at;
    while (*line == '\r' || *line == '\n' || is_blank(*line))
        line++;
    size_t n = strcspn(line, "\r\n");
    *at = line + n;
    while (n > 0 && is_blank(line[n - 1]))
        n--;
    return n > 0 ? tool_format("%.*s", (int)n, line) : NULL;
}

/* Cuts the next field off a line, in place: NULL past the last one. */
static char *next_field(char **at)
{
    char *from = *at, *to, *field;
    if (!from)
        return NULL;
    while (is_blank(*from))
        from++;
    field = to = from;
    if (*from == '"') {
        for (from++; *from && (*from != '"' || from[1] == '"'); from++) {
            from += *from == '"';
            *to++ = *from;
        }
        from += *from == '"';
    }
    while (*from && *from != ',')
        *to++ = *from++;
    *at = *from ? from + 1 : NULL;
    while (to > field && is_blank(to[-1]))
        to--;
    *to = 0;
    return field;
}

/* Both texts are the table's from here on. */
static void add_entry(label_table *t, char *file, char *name)
{
    if (t->n == t->capacity) {
        t->capacity = 2 * t->capacity + 16;
        t->entries = tool_resize(t->entries, t->capacity, sizeof *t->entries);
    }
    t->entries[t->n++] = (entry){.file = file, .name = name};
}

static bool add_line(label_table *t, char *line, size_t number, char *error)
{
    char *at = line, *first = next_field(&at), *second = next_field(&at);
    if (next_field(&at) || (t->n && !second != !t->entries[0].file)) {
        snprintf(error, LABEL_ERROR, "line %zu is not %s", number,
                 t->n && !t->entries[0].file ? "a class" : "\"file,class\"");
        return false;
    }
    add_entry(t, second ? tool_copy(first) : NULL, tool_copy(second ? second : first));
    return true;
}

/* Whether the first line has headings: its file has no ending, or its class is no number, where
 * those of the second have and are. */
static bool has_headings(const label_table *t)
{
    const entry *e = t->entries;
    int number;
    if (t->n < 2 || !e[0].file)
        return false;
    return (!strchr(e[0].file, '.') && strchr(e[1].file, '.')) ||
           (!is_number(e[0].name, &number) && is_number(e[1].name, &number));
}

void label_table_set_classes(label_table *t, const char *text)
{
    for (char *line; (line = next_line(&text)) != NULL; tool_free(line))
        add_name(&t->classes, line);
    t->listed = true;
    order_classes(t);
}

bool label_table_read(label_table *t, const char *text, char *error)
{
    char *line;
    bool ok = true;
    for (size_t number = 1; ok && (line = next_line(&text)) != NULL; number++) {
        ok = add_line(t, line, number, error);
        tool_free(line);
    }
    if (ok && !t->n)
        snprintf(error, LABEL_ERROR, "there are no classes in it");
    if (ok && has_headings(t)) {
        tool_free(t->entries[0].file);
        tool_free(t->entries[0].name);
        memmove(t->entries, t->entries + 1, --t->n * sizeof *t->entries);
    }
    return ok && t->n > 0;
}

/* ---- folders ---- */

/* The name of the folder that a file lies in. */
static char *folder_of(const char *path)
{
    const char *end = strrchr(path, '/'), *from = end;
    while (end && from > path && from[-1] != '/')
        from--;
    return end ? tool_format("%.*s", (int)(end - from), from) : tool_copy("");
}

void label_table_add_folder(label_table *t, const char *path)
{
    t->folders = true;
    add_entry(t, NULL, folder_of(path));
}

/* ---- numbers ---- */

static bool has_all(const name_list *names, const char *const *known, size_t n_known)
{
    for (size_t i = 0; i < names->n; i++) {
        size_t k = 0;
        while (k < n_known && strcmp(names->names[i], known[k]) != 0)
            k++;
        if (k == n_known)
            return false;
    }
    return true;
}

static void make_classes(label_table *t, const char *const *known, size_t n_known)
{
    name_list names = {0};
    bool numbers = true;
    int number;
    for (size_t i = 0; i < t->n; i++)
        add_name(&names, t->entries[i].name);
    sort(&names);
    for (size_t i = 0; i < names.n; i++)
        numbers = numbers && is_number(names.names[i], &number);
    if (!numbers && has_all(&names, known, n_known)) {
        for (size_t i = 0; i < n_known; i++)
            add_name(&t->classes, known[i]);
    } else if (!numbers) {
        t->classes = names;
        names = (name_list){0};
    }
    clear(&names);
    order_classes(t);
}

static int by_file_name(const void *a, const void *b)
{
    return strcmp(tool_basename(((const entry *)a)->file), tool_basename(((const entry *)b)->file));
}

bool label_table_finish(label_table *t, const char *const *known, size_t n_known, char *error)
{
    if (!t->listed)
        make_classes(t, known, n_known);
    for (size_t i = 0; i < t->n; i++) {
        entry *e = &t->entries[i];
        e->number = i && strcmp(e->name, e[-1].name) == 0 ? e[-1].number : class_of(t, e->name);
        if (e->number < 0) {
            snprintf(error, LABEL_ERROR, "\"%.150s\" is none of the %zu classes", e->name,
                     t->classes.n);
            return false;
        }
    }
    t->by_file = t->n > 0 && t->entries[0].file;
    if (t->by_file)
        qsort(t->entries, t->n, sizeof *t->entries, by_file_name);
    return true;
}

/* How many names at the ends of two paths are the same. */
static int same_names(const char *a, const char *b)
{
    size_t i = strlen(a), k = strlen(b);
    int n = 0;
    while (i > 0 && k > 0 && a[i - 1] == b[k - 1]) {
        n += a[i - 1] == '/';
        i--;
        k--;
    }
    const bool whole = (i == 0 || a[i - 1] == '/') && (k == 0 || b[k - 1] == '/');
    return n + whole;
}

/* Of the lines for a file of that name the one with most of its folders; -1 where that is not one
 * alone. */
static int find_file(const label_table *t, const char *path)
{
    size_t low = 0, high = t->n;
    int most = 0, number = -1;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(tool_basename(t->entries[middle].file), tool_basename(path)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < t->n; low++) {
        const entry *e = &t->entries[low];
        if (strcmp(tool_basename(e->file), tool_basename(path)) != 0)
            break;
        const int same = same_names(e->file, path);
        number = same > most ? e->number : same == most && e->number != number ? -1 : number;
        most = same > most ? same : most;
    }
    return number;
}

int label_table_find(const label_table *t, const char *path, size_t at)
{
    if (t->by_file)
        return find_file(t, path);
    if (!t->folders)
        return at < t->n ? t->entries[at].number : -1;
    char *folder = folder_of(path);
    const int number = class_of(t, folder);
    tool_free(folder);
    return number;
}

size_t label_table_count(const label_table *t)
{
    return t->classes.n;
}

const char *label_table_name(const label_table *t, size_t class_number)
{
    return class_number < t->classes.n ? t->classes.names[class_number] : "";
}
