/* SPDX-License-Identifier: Apache-2.0 */
/* optimize.c: `linnet optimize`: the converter's passes over a .tflite model; `linnet downgrade`:
 * the same model for an older runtime. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/tool.h"
#include "convert/conversion.h"

static bool print_sizes(const void *model, size_t n)
{
    size_parts sizes;
    const bool ok = sizes_of(model, n, &sizes);
    if (ok)
        sizes_print(&sizes, n);
    sizes_free(&sizes);
    return ok;
}

static int finish(const ln_conversion *c, const char *to, bool downgrade)
{
    ln_convert_summary s;
    size_t n;
    const void *model = ln_conversion_model(c, &n);
    if (!tool_write_file(to, model, n))
        return TOOL_FAILED;
    if (strcmp(to, "-") == 0)
        return TOOL_OK;
    ln_conversion_summary(c, &s);
    printf("%s: %zu bytes, %d operators, %d before; for TensorFlow Lite %s\n", to, n, s.operators,
           s.operators_before, *s.runtime_version ? s.runtime_version : "1.5.0");
    return downgrade || print_sizes(model, n) ? TOOL_OK : TOOL_FAILED;
}

static int convert(const args *a, bool downgrade)
{
    ln_convert_error error;
    int code;
    conversion *from = conversion_new(a, &code);
    if (!from)
        return code;
    from->options.format = LN_SOURCE_TFLITE;
    from->options.no_optimization = downgrade;
    ln_conversion *c = ln_convert(from->source, &from->options, &error);
    code = c ? finish(c, args_text(a, "output", NULL), downgrade) : tool_error("%s", error.text);
    ln_conversion_free(c);
    conversion_free(from);
    return code;
}

static int optimize(const args *a)
{
    return convert(a, false);
}

static int downgrade(const args *a)
{
    if (!args_text(a, "target-version", NULL)) {
        tool_error("downgrade takes --target-version");
        return TOOL_USAGE;
    }
    return convert(a, true);
}

static const arg_option optimize_options[] = {
    CONVERSION_OPTIONS,
    {"strip-metadata", NULL, "leave metadata and its files behind"},
    {NULL, NULL, NULL},
};

const command optimize_command = {
    .name = "optimize",
    .operands = "MODEL",
    .summary = "Makes a .tflite model smaller and faster; says what its size is made of.",
    .options = optimize_options,
    .run = optimize,
};

static const arg_option downgrade_options[] = {
    {"output", "FILE", "where the model goes; - is stdout"},
    {"target-version", "2.X", "the TensorFlow Lite that has to run it"},
    {NULL, NULL, NULL},
};

const command downgrade_command = {
    .name = "downgrade",
    .operands = "MODEL",
    .summary = "Rewrites a .tflite model for an older TensorFlow Lite.",
    .options = downgrade_options,
    .run = downgrade,
};
