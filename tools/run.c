/* SPDX-License-Identifier: Apache-2.0 */
/* run.c: `linnet run`: runs a model once on files or random numbers; prints or saves outputs. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "common/feed.h"
#include "common/tool.h"
#include "compare.h"

enum { PRINTED = 8, PRINTED_JSON = 4096, MAX_TOP = 1000 };

/* One label per line. */
typedef struct labels {
    char *text, **lines;
    size_t n;
} labels;

static bool labels_read(labels *l, const char *path)
{
    size_t n = 0;
    uint8_t *data = tool_read_file(path, &n);
    if (!data)
        return false;
    l->text = tool_format("%.*s", (int)n, (const char *)data);
    tool_free(data);
    l->lines = tool_new(n + 1, sizeof *l->lines);
    for (char *at = l->text; *at;) {
        const size_t length = strcspn(at, "\r\n");
        l->lines[l->n++] = at;
        at += length;
        if (*at == '\r' && at[1] == '\n')
            *at++ = 0;
        if (*at)
            *at++ = 0;
    }
    return true;
}

static void labels_free(labels *l)
{
    tool_free(l->lines);
    tool_free(l->text);
}

/* ---- the classes with the highest scores ---- */

typedef struct score {
    size_t index;
    double value;
} score;

static int by_value(const void *a, const void *b)
{
    const score *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? 1 : -1;
    return x->index < y->index ? -1 : 1;
}

/* All items in order of their real values; to be freed. */
static score *ranked(const value *v, const TfLiteTensor *t)
{
    score *scores = tool_new(v->count, sizeof *scores);
    for (size_t i = 0; i < v->count; i++) {
        double x = value_real(v, i, 0);
        if (t->params.scale > 0)
            x = (x - t->params.zero_point) * (double)t->params.scale;
        scores[i] = (score){i, x};
    }
    if (v->count > 0)
        qsort(scores, v->count, sizeof *scores, by_value);
    return scores;
}

static const char *label_of(const labels *l, size_t i)
{
    return i < l->n ? l->lines[i] : "";
}

static void print_top(const value *v, const TfLiteTensor *t, const labels *l, int top)
{
    score *scores = ranked(v, t);
    for (size_t i = 0; i < v->count && i < (size_t)top; i++)
        printf("  %-6zu %9.6f  %s\n", scores[i].index, scores[i].value,
               label_of(l, scores[i].index));
    tool_free(scores);
}

static cJSON *json_top(const value *v, const TfLiteTensor *t, const labels *l, int top)
{
    cJSON *list = cJSON_CreateArray();
    score *scores = ranked(v, t);
    for (size_t i = 0; i < v->count && i < (size_t)top; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddNumberToObject(item, "class", (double)scores[i].index);
        cJSON_AddNumberToObject(item, "score", scores[i].value);
        if (l->n > 0)
            cJSON_AddStringToObject(item, "label", label_of(l, scores[i].index));
        cJSON_AddItemToArray(list, item);
    }
    tool_free(scores);
    return list;
}

/* ---- outputs ---- */

static void print_value(const value *v, const TfLiteTensor *t, int number)
{
    char item[160];
    printf("output %d  %s  %s [", number, t->name ? t->name : "", value_type_name(v->type));
    for (int i = 0; i < v->rank; i++)
        printf("%s%d", i ? "," : "", v->dims[i]);
    printf("]\n ");
    for (size_t i = 0; i < v->count && i < PRINTED; i++) {
        compare_print_item(v, i, item, sizeof item);
        printf(" %s", item);
    }
    printf("%s\n", v->count > PRINTED ? " ..." : "");
}

static cJSON *json_item(const value *v, size_t i)
{
    char text[160];
    const value_kind kind = value_kind_of(v->type);
    if (kind == VALUE_STRING) {
        size_t n = 0;
        const char *string = value_string(v, i, &n);
        char *copy = tool_format("%.*s", (int)n, string ? string : "");
        cJSON *item = cJSON_CreateString(copy);
        tool_free(copy);
        return item;
    }
    compare_print_item(v, i, text, sizeof text);
    return kind == VALUE_COMPLEX ? cJSON_CreateString(text)
                                 : cJSON_CreateNumber(value_real(v, i, 0));
}

static cJSON *json_value(const value *v, const TfLiteTensor *t)
{
    cJSON *out = cJSON_CreateObject();
    cJSON_AddStringToObject(out, "name", t->name ? t->name : "");
    cJSON_AddStringToObject(out, "type", value_type_name(v->type));
    cJSON_AddItemToObject(out, "shape", cJSON_CreateIntArray(v->dims, v->rank));
    if (t->params.scale > 0) {
        cJSON_AddNumberToObject(out, "scale", (double)t->params.scale);
        cJSON_AddNumberToObject(out, "zero_point", t->params.zero_point);
    }
    if (v->count <= PRINTED_JSON) {
        cJSON *list = cJSON_AddArrayToObject(out, "values");
        for (size_t i = 0; i < v->count; i++)
            cJSON_AddItemToArray(list, json_item(v, i));
    }
    return out;
}

/* Saves an output as DIR/outN.npy, strings as DIR/outN.strs. */
static bool save(const value *v, const char *folder, int number, cJSON *json)
{
    const bool strings = v->type == kTfLiteString;
    char *path = tool_format("%s/out%d.%s", folder, number, strings ? "strs" : "npy");
    size_t n;
    uint8_t *file = strings ? value_to_strs(v, &n) : value_to_npy(v, &n);
    const bool ok = tool_write_file(path, file, n);
    if (ok && json)
        cJSON_AddStringToObject(json, "file", path);
    else if (ok)
        printf("  saved as %s\n", path);
    tool_free(file);
    tool_free(path);
    return ok;
}

typedef struct printer {
    const char *folder;
    labels labels;
    int top;
    cJSON *list; /* NULL: print for people */
} printer;

static bool show_output(const printer *p, session *s, int i)
{
    const TfLiteTensor *t = session_output(s, i);
    value v;
    bool ok = session_get(s, t, &v);
    cJSON *json = NULL;
    if (!ok) {
        tool_error("%s", s->error);
    } else if (p->list) {
        json = json_value(&v, t);
        if (p->top > 0)
            cJSON_AddItemToObject(json, "top", json_top(&v, t, &p->labels, p->top));
        cJSON_AddItemToArray(p->list, json);
    } else {
        print_value(&v, t, i);
        if (p->top > 0)
            print_top(&v, t, &p->labels, p->top);
    }
    if (ok && p->folder)
        ok = save(&v, p->folder, i, json);
    value_free(&v);
    return ok;
}

static bool show(printer *p, session *s, bool as_json)
{
    cJSON *json = as_json ? cJSON_CreateObject() : NULL;
    bool ok = true;
    if (json)
        p->list = cJSON_AddArrayToObject(json, "outputs");
    if (p->folder && mkdir(p->folder, 0777) != 0 && errno != EEXIST) {
        tool_error("%s: %s", p->folder, strerror(errno));
        ok = false;
    }
    for (int i = 0; ok && i < session_output_count(s); i++)
        ok = show_output(p, s, i);
    if (ok && json) {
        char *text = cJSON_Print(json);
        printf("%s\n", text ? text : "{}");
        cJSON_free(text);
    }
    cJSON_Delete(json);
    return ok;
}

static int run(const args *a)
{
    printer p = {.folder = args_text(a, "output", NULL)};
    session_options options;
    session s;
    const char *path = args_text(a, "labels", NULL);
    p.top = path ? 5 : 0;
    if (a->n_operands != 1) {
        tool_error("run takes one model, not %d", a->n_operands);
        return TOOL_USAGE;
    }
    if (!session_read_options(&options, a) || !args_int(a, "top", 0, MAX_TOP, &p.top) ||
        !feed_read_seed(a, &(int){0}))
        return TOOL_USAGE;
    bool ok = !path || labels_read(&p.labels, path);
    if (ok) {
        ok = session_open_file(&s, a->operands[0], &options);
        if (!ok)
            tool_error("%s: %s", a->operands[0], s.error);
        ok = ok && feed_inputs(&s, a);
        if (ok && !session_invoke(&s)) {
            tool_error("%s: %s", a->operands[0], s.error);
            ok = false;
        }
        ok = ok && show(&p, &s, args_flag(a, "json"));
        session_close(&s);
    }
    labels_free(&p.labels);
    return ok ? TOOL_OK : TOOL_FAILED;
}

static const arg_option options[] = {
    FEED_OPTIONS,
    SESSION_OPTIONS,
    {"output", "DIR", "save outputs as DIR/out0.npy, DIR/out1.npy, ..."},
    {"labels", "FILE", "names of classes, one per line"},
    {"top", "N", "print the N highest scores (default 5 with --labels)"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL},
};

const command run_command = {
    .name = "run",
    .operands = "MODEL",
    .summary = "Runs a model once and prints or saves its outputs.",
    .details = "Inputs that no option names get random numbers.  Images are scaled to the input's\n"
               "size; with --mean or --std their numbers are normalized, and quantized where the\n"
               "input is.\n",
    .options = options,
    .run = run,
};
