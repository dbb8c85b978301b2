/* SPDX-License-Identifier: Apache-2.0 */
/* convert.c: `linnet convert`: models of other frameworks -> .tflite. */
#include "linnet/convert.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tool.h"

enum { MAX_ITEMS = 64, MAX_RANK = 8 };

typedef struct request {
    ln_convert_options options;
    ln_convert_shape shapes[MAX_ITEMS];
    int dims[MAX_ITEMS][MAX_RANK];
    char *names[MAX_ITEMS];
    const char *signatures[MAX_ITEMS], *inputs[MAX_ITEMS], *outputs[MAX_ITEMS];
} request;

/* NAME=1,224,224,3 */
static bool read_shape(request *r, const char *text)
{
    const char *at = strrchr(text, '=');
    const int i = r->options.n_shapes;
    if (!at || i == MAX_ITEMS) {
        tool_error("--input-shape %s is not NAME=D,D,...", text);
        return false;
    }
    int rank = 0;
    for (at++; *at; rank++) {
        char *end;
        const long v = strtol(at, &end, 10);
        if (end == at || v < -1 || v > 1 << 30 || rank == MAX_RANK || (*end && *end != ',')) {
            tool_error("--input-shape %s: dimensions are numbers or -1, at most %d", text,
                       (int)MAX_RANK);
            return false;
        }
        r->dims[i][rank] = (int)v;
        at = *end ? end + 1 : end;
    }
    r->names[i] = tool_copy(text);
    *strrchr(r->names[i], '=') = 0;
    r->shapes[i] = (ln_convert_shape){r->names[i], r->dims[i], rank};
    r->options.n_shapes++;
    return true;
}

static bool read_names(const args *a, const char *option, const char **names, int *n)
{
    int at = 0;
    for (const char *name; (name = args_next(a, option, &at)); *n += 1) {
        if (*n == MAX_ITEMS) {
            tool_error("--%s is given more than %d times", option, (int)MAX_ITEMS);
            return false;
        }
        names[*n] = name;
    }
    return true;
}

static bool read_request(const args *a, request *r)
{
    ln_convert_options *o = &r->options;
    int at = 0;
    *o = (ln_convert_options){.shapes = r->shapes,
                              .signatures = r->signatures,
                              .inputs = r->inputs,
                              .outputs = r->outputs,
                              .tag = args_text(a, "tag", NULL),
                              .select_tf_ops = args_flag(a, "select-tf-ops"),
                              .allow_custom_ops = args_flag(a, "allow-custom-ops"),
                              .strip_names = args_flag(a, "strip-names"),
                              .no_optimization = args_flag(a, "no-optimization")};
    for (const char *text; (text = args_next(a, "input-shape", &at));)
        if (!read_shape(r, text))
            return false;
    return read_names(a, "signature", r->signatures, &o->n_signatures) &&
           read_names(a, "input", r->inputs, &o->n_inputs) &&
           read_names(a, "output-node", r->outputs, &o->n_outputs);
}

/* ---- what is said of the source ---- */

typedef struct findings {
    ln_convert_finding *all;
    int n;
    bool progress;
} findings;

static void add_finding(void *user, const ln_convert_finding *f)
{
    findings *to = user;
    to->all = tool_resize(to->all, (size_t)to->n + 1, sizeof *to->all);
    to->all[to->n++] = (ln_convert_finding){tool_copy(f->op), tool_copy(f->layer), f->fate,
                                            f->cure ? tool_copy(f->cure) : NULL};
}

static void show_progress(void *user, const char *step)
{
    const findings *f = user;
    if (f->progress)
        fprintf(stderr, "linnet: %s...\n", step);
}

static void free_findings(findings *f)
{
    for (int i = 0; i < f->n; i++) {
        tool_free((char *)(uintptr_t)f->all[i].op);
        tool_free((char *)(uintptr_t)f->all[i].layer);
        tool_free((char *)(uintptr_t)f->all[i].cure);
    }
    tool_free(f->all);
}

static void explain(const findings *f)
{
    for (int i = 0; i < f->n; i++)
        printf("%-24s %-16s %s%s%s\n", f->all[i].op, f->all[i].fate, f->all[i].layer,
               f->all[i].cure ? ": " : "", f->all[i].cure ? f->all[i].cure : "");
}

static cJSON *json_findings(const findings *f)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < f->n; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "op", f->all[i].op);
        cJSON_AddStringToObject(item, "layer", f->all[i].layer);
        cJSON_AddStringToObject(item, "fate", f->all[i].fate);
        if (f->all[i].cure)
            cJSON_AddStringToObject(item, "cure", f->all[i].cure);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}

/* `c` is NULL where the conversion failed. */
static bool write_report(const char *path, const findings *f, const ln_conversion *c,
                         const char *error)
{
    cJSON *report = cJSON_CreateObject(), *passes = cJSON_CreateObject();
    ln_convert_summary s;
    const char *name;
    cJSON_AddItemToObject(report, "operators", json_findings(f));
    cJSON_AddStringToObject(report, "error", error);
    if (c) {
        ln_conversion_summary(c, &s);
        cJSON_AddNumberToObject(report, "operators_imported", s.operators_before);
        cJSON_AddNumberToObject(report, "operators_written", s.operators);
        cJSON_AddStringToObject(report, "runtime_version", s.runtime_version);
        cJSON_AddNumberToObject(report, "bytes", (double)s.bytes);
        cJSON_AddNumberToObject(report, "seconds", s.seconds);
    }
    for (int i = 0, changes; c && ln_conversion_pass(c, i, &name, &changes); i++)
        if (changes)
            cJSON_AddNumberToObject(passes, name, changes);
    cJSON_AddItemToObject(report, "passes", passes);
    char *text = cJSON_Print(report);
    cJSON_Delete(report);
    const bool ok = text && tool_write_file(path, text, strlen(text));
    cJSON_free(text);
    return ok;
}

static void summarize(const ln_conversion *c, const char *to)
{
    ln_convert_summary s;
    ln_conversion_summary(c, &s);
    printf("%s: %zu bytes, %d operators (%d before the passes), %.3f s; for TensorFlow Lite %s\n",
           to, s.bytes, s.operators, s.operators_before, s.seconds, s.runtime_version);
}

static int convert(const args *a, const char *to, ln_convert_options *options, findings *f)
{
    ln_convert_error error = {""};
    const char *report = args_text(a, "report", NULL);
    size_t n;
    options->finding = add_finding;
    options->progress = show_progress;
    options->user = f;
    ln_conversion *c = ln_convert(a->operands[0], options, &error);
    if (args_flag(a, "explain"))
        explain(f);
    bool ok = !report || write_report(report, f, c, error.text);
    if (!c)
        return tool_error("%s", error.text);
    const void *model = ln_conversion_model(c, &n);
    ok = tool_write_file(to, model, n) && ok;
    if (ok && strcmp(to, "-") != 0)
        summarize(c, to);
    ln_conversion_free(c);
    return ok ? TOOL_OK : TOOL_FAILED;
}

static int run(const args *a)
{
    const char *to = args_text(a, "output", NULL), *rules = args_text(a, "rules", NULL);
    if (a->n_operands != 1 || !to) {
        tool_error("convert takes one model, and --output");
        return TOOL_USAGE;
    }
    size_t n;
    char *text = rules ? (char *)tool_read_file(rules, &n) : NULL;
    if (rules && !text)
        return TOOL_FAILED;
    request *r = tool_new(1, sizeof *r);
    findings f = {.progress = args_flag(a, "progress")};
    int code = TOOL_USAGE;
    if (read_request(a, r)) {
        r->options.rules = text;
        code = convert(a, to, &r->options, &f);
    }
    for (int i = 0; i < r->options.n_shapes; i++)
        tool_free(r->names[i]);
    free_findings(&f);
    tool_free(text);
    tool_free(r);
    return code;
}

static const arg_option options[] = {
    {"output", "FILE", "where the .tflite goes"},
    {"signature", "KEY", "convert this signature only; may be repeated"},
    {"tag", "TAG", "of the MetaGraph in a SavedModel (serve)"},
    {"input-shape", "NAME=D,D,...", "the shape of an input, -1: open; may be repeated"},
    {"input", "NODE", "an input of a frozen graph; may be repeated"},
    {"output-node", "NODE", "an output of a frozen graph; may be repeated"},
    {"select-tf-ops", NULL, "what has no builtin operator becomes a Select-TF one"},
    {"allow-custom-ops", NULL, "... or a custom operator under its own name"},
    {"no-optimization", NULL, "leave the graph as it was imported"},
    {"rules", "FILE", "replacements of your own (docs/converting.md)"},
    {"strip-names", NULL, "inner tensors lose their names"},
    {"explain", NULL, "print every operator of the source, its fate, layer and cure"},
    {"report", "FILE", "write that and the passes as JSON"},
    {"progress", NULL, "say on stderr what is being done"},
    {NULL, NULL, NULL},
};

const command convert_command = {
    .name = "convert",
    .operands = "MODEL",
    .summary = "Turns a SavedModel, Keras or ONNX model into .tflite.",
    .options = options,
    .run = run,
};
