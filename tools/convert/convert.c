/* SPDX-License-Identifier: Apache-2.0 */
/* convert.c: `linnet convert`: models of other frameworks -> .tflite. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common/tool.h"
#include "convert/conversion.h"

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

static void explain(const findings *f, FILE *to)
{
    for (int i = 0; i < f->n; i++)
        fprintf(to, "%-24s %-12s %s%s%s\n", f->all[i].op, f->all[i].fate, f->all[i].layer,
                f->all[i].cure ? ": " : "", f->all[i].cure ? f->all[i].cure : "");
}

static void summarize(const ln_conversion *c, const char *to)
{
    ln_convert_summary s;
    ln_conversion_summary(c, &s);
    printf("%s: %zu bytes, %d operators (%d before the passes), %.3f s", to, s.bytes, s.operators,
           s.operators_before, s.seconds);
    printf(*s.runtime_version ? "; for TensorFlow Lite %s\n" : "\n", s.runtime_version);
}

static int convert(const args *a, conversion *from, findings *f)
{
    ln_convert_options *options = &from->options;
    ln_convert_error error = {""};
    const char *report = args_text(a, "report", NULL), *to = args_text(a, "output", NULL);
    size_t n;
    options->finding = add_finding;
    options->progress = show_progress;
    options->user = f;
    ln_conversion *c = ln_convert(from->source, options, &error);
    if (args_flag(a, "explain"))
        explain(f, strcmp(to, "-") == 0 ? stderr : stdout);
    const conversion_report r = {a->operands[0], to, error.text, f->all, f->n, c};
    bool ok = !report || conversion_write_report(report, &r);
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
    int code;
    conversion *c = conversion_new(a, &code);
    findings f = {.progress = args_flag(a, "progress")};
    if (!c)
        return code;
    code = convert(a, c, &f);
    free_findings(&f);
    conversion_free(c);
    return code;
}

static const arg_option options[] = {
    CONVERSION_OPTIONS,
    {"tag", "TAG", "of the MetaGraph in a SavedModel (serve)"},
    {"input", "NODE", "an input of a frozen graph; may be repeated"},
    {"output-node", "NODE", "an output of a frozen graph; may be repeated"},
    {"select-tf-ops", NULL, "what has no builtin operator becomes a Select-TF one"},
    {"allow-custom-ops", NULL, "... or a custom operator under its own name"},
    {"fuse-lstm", NULL, "an LSTM becomes one operator, which keeps its state between runs"},
    {"optimize", NULL, "fold, fuse and tidy up the graph: done unless the next one is given"},
    {"no-optimization", NULL, "leave the graph as it was imported"},
    {"explain", NULL, "print every operator of the source, its fate, layer and cure"},
    {"report", "FILE", "write that, sizes and passes as JSON, or as a page (.html)"},
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
