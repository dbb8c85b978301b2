/* SPDX-License-Identifier: Apache-2.0 */
/* convert.c: `linnet convert`: models of other frameworks -> .tflite. */
#include "linnet/convert.h"

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
                              .no_optimization = args_flag(a, "no-optimization")};
    for (const char *text; (text = args_next(a, "input-shape", &at));)
        if (!read_shape(r, text))
            return false;
    return read_names(a, "signature", r->signatures, &o->n_signatures) &&
           read_names(a, "input", r->inputs, &o->n_inputs) &&
           read_names(a, "output-node", r->outputs, &o->n_outputs);
}

static int convert(const char *from, const char *to, const ln_convert_options *options)
{
    ln_convert_error error;
    size_t n;
    ln_conversion *c = ln_convert(from, options, &error);
    if (!c)
        return tool_error("%s", error.text);
    const void *model = ln_conversion_model(c, &n);
    const bool ok = tool_write_file(to, model, n);
    if (ok && strcmp(to, "-") != 0)
        printf("%s: %zu bytes\n", to, n);
    ln_conversion_free(c);
    return ok ? TOOL_OK : TOOL_FAILED;
}

static int run(const args *a)
{
    const char *to = args_text(a, "output", NULL);
    if (a->n_operands != 1 || !to) {
        tool_error("convert takes one model, and --output");
        return TOOL_USAGE;
    }
    request *r = tool_new(1, sizeof *r);
    const int code = read_request(a, r) ? convert(a->operands[0], to, &r->options) : TOOL_USAGE;
    for (int i = 0; i < r->options.n_shapes; i++)
        tool_free(r->names[i]);
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
    {NULL, NULL, NULL},
};

const command convert_command = {
    .name = "convert",
    .operands = "MODEL",
    .summary = "Turns a SavedModel, Keras or ONNX model into .tflite.",
    .options = options,
    .run = run,
};
