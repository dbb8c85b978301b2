/* SPDX-License-Identifier: Apache-2.0 */
/* quantize.c: `linnet quantize`: a float .tflite -> one with integers in it. */
#include "linnet/quantize.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common/progress.h"
#include "common/tool.h"
#include "quantize/budget.h"
#include "quantize/debug.h"
#include "quantize/samples.h"

enum { MAX_NAMES = 4096 };

typedef struct request {
    ln_quantize_options options;
    const char *keep[MAX_NAMES], *wide[MAX_NAMES], *per_channel[MAX_NAMES];
} request;

static bool read_mode(const args *a, ln_quantize_options *o)
{
    /* the last one is int8, as people call it */
    static const char *const modes[] = {"dynamic", "weight-only", "float16", "bfloat16",  "int8",
                                        "int16x8", "float",       "io",      "full-int8", NULL};
    const int mode = args_choice(a, "mode", modes, modes[0]);
    o->mode = mode > LN_QUANT_IO ? LN_QUANT_INT8 : (ln_quant_mode)mode;
    return mode >= 0;
}

static bool read_type(const args *a, const char *option, TfLiteType *type)
{
    static const char *const names[] = {"float32", "int8", "uint8", "int16", NULL};
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16};
    *type = kTfLiteNoType;
    if (!args_flag(a, option))
        return true;
    const int i = args_choice(a, option, names, names[0]);
    if (i >= 0)
        *type = types[i];
    return i >= 0;
}

static bool read_observer(const args *a, ln_quantize_options *o)
{
    static const char *const names[] = {"mse", "minmax", "average", "percentile", "entropy", NULL};
    const int i = args_choice(a, "observer", names, names[0]);
    o->observer = (ln_quant_observer)i;
    return i >= 0 && args_double(a, "percentile", &o->percentile);
}

static bool read_rounding(const args *a, ln_quantize_options *o)
{
    static const char *const names[] = {"nearest", "gptq", NULL};
    const int i = args_choice(a, "round", names, names[0]);
    o->rounding = (ln_quant_rounding)i;
    return i >= 0;
}

/* The values of a repeated option; their number, or -1 with a message. */
static int read_names(const args *a, const char *option, const char **names)
{
    int at = 0, n = 0;
    for (const char *name; (name = args_next(a, option, &at));) {
        if (n == MAX_NAMES) {
            tool_error("--%s is given more than %d times", option, (int)MAX_NAMES);
            return -1;
        }
        names[n++] = name;
    }
    return n;
}

static bool read_request(const args *a, request *r)
{
    ln_quantize_options *o = &r->options;
    int min_items = 0;
    *o = (ln_quantize_options){.keep_float = r->keep,
                               .n_keep_float = read_names(a, "keep-float", r->keep),
                               .wide = r->wide,
                               .n_wide = read_names(a, "int16", r->wide),
                               .per_channel = r->per_channel,
                               .n_per_channel = read_names(a, "per-channel", r->per_channel),
                               .correct_bias = args_flag(a, "correct-bias"),
                               .strict = args_flag(a, "strict"),
                               .per_tensor = args_flag(a, "per-tensor"),
                               .clip = args_flag(a, "clip-weights") ? LN_QUANT_CLIP_MSE
                                                                    : LN_QUANT_CLIP_NONE};
    if (!read_mode(a, o) || !read_observer(a, o) || !read_rounding(a, o) ||
        !read_type(a, "input-type", &o->input_type) ||
        !read_type(a, "output-type", &o->output_type) ||
        !args_int(a, "bits", 4, 8, &o->weight_bits) ||
        !args_int(a, "block", 0, 256, &o->block_size) ||
        !args_int(a, "min-items", 0, 1 << 30, &min_items))
        return false;
    o->min_items = min_items;
    return o->n_keep_float >= 0 && o->n_wide >= 0 && o->n_per_channel >= 0;
}

/* ---- calibration ---- */

static bool run_samples(ln_calibration *c, samples *s)
{
    ln_quantize_error error;
    TfLiteInterpreter *p = ln_calibration_interpreter(c);
    progress shown;
    char text[64];
    int more;
    progress_start(&shown);
    while ((more = samples_next(s, p)) > 0) {
        if (!samples_feed(s, p))
            return false;
        if (!ln_calibration_run(c, &error)) {
            tool_error("%s", error.text);
            return false;
        }
        snprintf(text, sizeof text, "sample %d", samples_given(s));
        progress_show(&shown, samples_progress(s), text);
    }
    progress_end(&shown);
    const char *warning;
    for (int i = 0; more == 0 && (warning = ln_calibration_warning(c, i)) != NULL; i++)
        fprintf(stderr, "linnet: warning: %s\n", warning);
    return more == 0;
}

static bool add_statistics(ln_calibration **c, const char *path)
{
    ln_quantize_error error;
    size_t n;
    uint8_t *bytes = tool_read_file(path, &n);
    const bool ok = bytes && ln_calibration_add(c, bytes, n, &error);
    if (bytes && !ok)
        tool_error("%s: %s", path, error.text);
    tool_free(bytes);
    return ok;
}

/* From --stats, or by running the model on --data; NULL with a message. */
static ln_calibration *calibrate(const args *a, const char *path, const void *model, size_t n)
{
    ln_quantize_error error;
    ln_calibration *c = NULL;
    int at = 0, threads = -1;
    bool ok = args_int(a, "threads", -1, 1024, &threads);
    const char *stats = NULL;
    while (ok && (stats = args_next(a, "stats", &at)) != NULL)
        ok = add_statistics(&c, stats);
    if (!ok || c) {
        if (!ok)
            ln_calibration_free(c);
        return ok ? c : NULL;
    }
    if (!args_flag(a, "data"))
        return NULL; /* a model that was trained for it needs none */
    samples *s = samples_open(a, "data", path);
    c = s ? ln_calibration_create(model, n, threads, &error) : NULL;
    if (s && !c)
        tool_error("%s: %s", path, error.text);
    if (c && !run_samples(c, s)) {
        ln_calibration_free(c);
        c = NULL;
    }
    samples_close(s);
    return c;
}

/* ---- quantize ---- */

static bool write_quantized(const void *model, size_t n, const char *from, const char *to,
                            const ln_quantize_options *o)
{
    ln_quantize_error error;
    size_t n_out = 0;
    ln_quantized *q = ln_quantize(model, n, o, &error);
    if (!q)
        tool_error("%s: %s", from, error.text);
    const void *bytes = q ? ln_quantized_model(q, &n_out) : NULL;
    const bool ok = q && tool_write_file(to, bytes, n_out);
    if (ok && strcmp(to, "-") != 0)
        printf("%s: %zu bytes, %.1f %% of %zu\n", to, n_out, 100.0 * (double)n_out / (double)n, n);
    ln_quantized_free(q);
    return ok;
}

static bool show_errors(const args *a, const char *path, const void *model, size_t n,
                        const ln_quantize_options *o)
{
    if (o->mode != LN_QUANT_INT8 && o->mode != LN_QUANT_INT16X8)
        return tool_error("--debug is for the modes int8 and int16x8") == TOOL_OK;
    debug *d = debug_run(a, path, model, n, o);
    const bool ok = d && debug_print(d, a);
    debug_free(d);
    return ok;
}

/* The model's file, with --equalize made over. */
static uint8_t *read_model(const args *a, const char *path, size_t *n)
{
    ln_quantize_error error;
    uint8_t *model = tool_read_file(path, n);
    if (!model || !args_flag(a, "equalize"))
        return model;
    ln_quantized *q = ln_quantize_equalized(model, *n, &error);
    tool_free(model);
    if (!q) {
        tool_error("%s: %s", path, error.text);
        return NULL;
    }
    const void *bytes = ln_quantized_model(q, n);
    model = tool_new(*n + 1, 1);
    memcpy(model, bytes, *n);
    ln_quantized_free(q);
    return model;
}

static int quantize(const args *a, const char *to, request *r)
{
    ln_quantize_options *o = &r->options;
    const char *from = a->operands[0];
    const bool integer = o->mode == LN_QUANT_INT8 || o->mode == LN_QUANT_INT16X8;
    size_t n;
    uint8_t *model = read_model(a, from, &n);
    const bool sampled = integer || o->rounding != LN_QUANT_NEAREST;
    ln_calibration *c = model && sampled ? calibrate(a, from, model, n) : NULL;
    o->calibration = c;
    bool missing = sampled && (args_flag(a, "data") || args_flag(a, "stats")) && !c;
    budget *b = NULL;
    if (model && !missing && args_flag(a, "max-drop")) {
        const budget_names names = {r->keep, r->wide, r->per_channel, MAX_NAMES};
        b = budget_search(a, from, model, n, o, &names);
        if (!b)
            missing = true;
    }
    const bool ok = model && !missing && (!to || write_quantized(model, n, from, to, o)) &&
                    (!debug_is_asked(a) || show_errors(a, from, model, n, o));
    budget_free(b);
    ln_calibration_free(c);
    tool_free(model);
    return ok ? TOOL_OK : TOOL_FAILED;
}

static int run(const args *a)
{
    const char *to = args_text(a, "output", NULL);
    if (a->n_operands != 1 || (!to && !debug_is_asked(a))) {
        tool_error("quantize takes one model, and --output, or --debug");
        return TOOL_USAGE;
    }
    request *r = tool_new(1, sizeof *r);
    const int code = read_request(a, r) ? quantize(a, to, r) : TOOL_USAGE;
    tool_free(r);
    return code;
}

static const arg_option options[] = {
    {"output", "FILE", "where the quantized model goes"},
    {"mode", "MODE", "dynamic (default), weight-only, float16, bfloat16, int8, int16x8, float, io"},
    SAMPLES_OPTIONS,
    {"stats", "FILE", "instead of --data: what `linnet calibrate` wrote; may be repeated"},
    {"observer", "NAME", "ranges by: mse (default), minmax, average, percentile, entropy"},
    {"percentile", "P", "for that observer: how much of the values the range keeps (99.99)"},
    {"input-type", "TYPE", "of the model's inputs: float32 (default), int8, uint8, int16"},
    {"output-type", "TYPE", "of the model's outputs"},
    {"strict", NULL, "an operator that would stay in float is an error"},
    {"threads", "N", "samples that run at the same time (default: one per processor, up to 4)"},
    {"bits", "N", "of weights, 8 (default) or 4"},
    {"block", "N", "4-bit weights of FULLY_CONNECTED: a scale per 32, 64, 128 or 256 of them"},
    {"per-tensor", NULL, "one scale per constant, not one per channel"},
    {"clip-weights", NULL, "scales that make the mean square error of the weights least"},
    {"round", "HOW", "weights: nearest (default); gptq: by --data, so that errors cancel out"},
    {"correct-bias", NULL, "biases make up for what rounding does to means, by --data"},
    {"equalize", NULL, "first scale channels between layers so that they have like ranges"},
    {"min-items", "N", "smaller constants stay float (1024); for the modes above"},
    {"keep-float", "NAME", "operators of this name, or that make this tensor, stay as they are"},
    {"int16", "NAME", "mode int8: such operators take int16 activations, where they can"},
    {"per-channel", "NAME", "with --per-tensor: such operators have a scale per channel"},
    BUDGET_OPTIONS,
    DEBUG_OPTIONS,
    {NULL, NULL, NULL},
};

const command quantize_command = {
    .name = "quantize",
    .operands = "MODEL",
    .summary = "Makes a float model smaller and faster, with integers in it.",
    .options = options,
    .run = run,
};

/* ---- calibrate ---- */

static bool write_statistics(const ln_calibration *c, const char *to)
{
    ln_quantize_error error;
    void *bytes;
    size_t n;
    if (!ln_calibration_save(c, &bytes, &n, &error)) {
        tool_error("%s", error.text);
        return false;
    }
    const bool ok = tool_write_file(to, bytes, n);
    ln_calibration_free_bytes(bytes);
    return ok;
}

static ln_calibration *merge(const args *a)
{
    ln_calibration *c = NULL;
    for (int i = 0; i < a->n_operands; i++)
        if (!add_statistics(&c, a->operands[i])) {
            ln_calibration_free(c);
            return NULL;
        }
    return c;
}

static int run_calibrate(const args *a)
{
    const char *to = args_text(a, "output", NULL);
    const bool merging = args_flag(a, "merge");
    size_t n = 0;
    if (!to || a->n_operands < 1 || (!merging && a->n_operands > 1)) {
        tool_error("calibrate takes one model, or --merge and statistics, and --output");
        return TOOL_USAGE;
    }
    if (!merging && !args_flag(a, "data")) {
        tool_error("calibrate needs --data");
        return TOOL_USAGE;
    }
    uint8_t *model = merging ? NULL : read_model(a, a->operands[0], &n);
    ln_calibration *c = merging ? merge(a) : model ? calibrate(a, a->operands[0], model, n) : NULL;
    const bool ok = c && write_statistics(c, to);
    ln_calibration_free(c);
    tool_free(model);
    return ok ? TOOL_OK : TOOL_FAILED;
}

static const arg_option calibrate_options[] = {
    {"output", "FILE", "where the statistics go"},
    SAMPLES_OPTIONS,
    {"merge", NULL, "the operands are statistics: adds them up"},
    {"equalize", NULL, "of the model that `quantize --equalize` starts from"},
    {"threads", "N", "samples that run at the same time (default: one per processor, up to 4)"},
    {NULL, NULL, NULL},
};

const command calibrate_command = {
    .name = "calibrate",
    .operands = "MODEL",
    .summary = "Runs a float model on samples and keeps what values its tensors take.",
    .options = calibrate_options,
    .run = run_calibrate,
};
