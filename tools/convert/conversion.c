/* SPDX-License-Identifier: Apache-2.0 */
/* conversion.c: the options of a conversion from the command line. */
#include "convert/conversion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

/* NAME=1,224,224,3 */
static bool read_shape(conversion *c, const char *text)
{
    const char *at = strrchr(text, '=');
    const int i = c->options.n_shapes;
    if (!at || i == CONVERSION_ITEMS) {
        tool_error("--input-shape %s is not NAME=D,D,...", text);
        return false;
    }
    int rank = 0;
    for (at++; *at; rank++) {
        char *end;
        const long v = strtol(at, &end, 10);
        if (end == at || v < -1 || v > 1 << 30 || rank == LN_CONVERT_MAX_RANK ||
            (*end && *end != ',')) {
            tool_error("--input-shape %s: dimensions are numbers or -1, at most %d", text,
                       (int)LN_CONVERT_MAX_RANK);
            return false;
        }
        c->dims[i][rank] = (int)v;
        at = *end ? end + 1 : end;
    }
    c->names[i] = tool_copy(text);
    *strrchr(c->names[i], '=') = 0;
    c->shapes[i] = (ln_convert_shape){c->names[i], c->dims[i], rank};
    c->options.n_shapes++;
    return true;
}

static bool read_names(const args *a, const char *option, const char **names, int *n)
{
    int at = 0;
    for (const char *name; (name = args_next(a, option, &at)); *n += 1) {
        if (*n == CONVERSION_ITEMS) {
            tool_error("--%s is given more than %d times", option, (int)CONVERSION_ITEMS);
            return false;
        }
        names[*n] = name;
    }
    return true;
}

static bool read_all(const args *a, conversion *c)
{
    ln_convert_options *o = &c->options;
    int at = 0;
    *o = (ln_convert_options){.shapes = c->shapes,
                              .signatures = c->signatures,
                              .inputs = c->inputs,
                              .outputs = c->outputs,
                              .tag = args_text(a, "tag", NULL),
                              .target_version = args_text(a, "target-version", NULL),
                              .rules = c->rules,
                              .select_tf_ops = args_flag(a, "select-tf-ops"),
                              .allow_custom_ops = args_flag(a, "allow-custom-ops"),
                              .fuse_lstm = args_flag(a, "fuse-lstm"),
                              .strip_names = args_flag(a, "strip-names"),
                              .strip_metadata = args_flag(a, "strip-metadata"),
                              .no_optimization = args_flag(a, "no-optimization")};
    for (const char *text; (text = args_next(a, "input-shape", &at));)
        if (!read_shape(c, text))
            return false;
    if (args_flag(a, "optimize") && o->no_optimization) {
        tool_error("--optimize and --no-optimization say two things");
        return false;
    }
    return read_names(a, "signature", c->signatures, &o->n_signatures) &&
           read_names(a, "input", c->inputs, &o->n_inputs) &&
           read_names(a, "output-node", c->outputs, &o->n_outputs);
}

/* Importers read files, some of them anywhere: what comes from stdin becomes one. */
static bool find_source(conversion *c, const char *path)
{
    c->source = path;
    if (strcmp(path, "-") != 0)
        return true;
    size_t n;
    uint8_t *bytes = tool_read_file(path, &n);
    c->spooled = bytes ? tool_temporary_file("", bytes, n) : NULL;
    c->source = c->spooled;
    tool_free(bytes);
    return c->source != NULL;
}

conversion *conversion_new(const args *a, int *code)
{
    const char *rules = args_text(a, "rules", NULL);
    size_t n;
    *code = TOOL_USAGE;
    if (a->n_operands != 1 || !args_text(a, "output", NULL)) {
        tool_error("%s takes one model, and --output", a->command->name);
        return NULL;
    }
    conversion *c = tool_new(1, sizeof *c);
    *code = TOOL_FAILED;
    c->rules = rules ? (char *)tool_read_file(rules, &n) : NULL;
    if ((!rules || c->rules) && find_source(c, a->operands[0])) {
        *code = TOOL_USAGE;
        if (read_all(a, c))
            return c;
    }
    conversion_free(c);
    return NULL;
}

void conversion_free(conversion *c)
{
    for (int i = 0; i < CONVERSION_ITEMS; i++)
        tool_free(c->names[i]);
    if (c->spooled)
        remove(c->spooled);
    tool_free(c->spooled);
    tool_free(c->rules);
    tool_free(c);
}
