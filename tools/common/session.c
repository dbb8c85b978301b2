/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: the C API with errors as text and arrays as values. */
#include "common/session.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/tool.h"
#include "linnet/subgraph.h"
#include "tensorflow/lite/c/c_api_experimental.h"
#include "tensorflow/lite/delegates/external/external_delegate.h"

static void report(void *user, const char *format, va_list args)
{
    session *s = user;
    const size_t used = strlen(s->error);
    if (used + 4 >= sizeof s->error)
        return;
    const int gap = used > 0 ? snprintf(s->error + used, sizeof s->error - used, "; ") : 0;
    vsnprintf(s->error + used + gap, sizeof s->error - used - (size_t)gap, format, args);
}

/* Clears the messages before a call and makes sure that a failed call left one. */
static bool done(session *s, const char *what, TfLiteStatus status)
{
    if (status != kTfLiteOk && !s->error[0])
        snprintf(s->error, sizeof s->error, "%s failed with status %d and no message", what,
                 (int)status);
    return status == kTfLiteOk;
}

bool session_read_delegate(session_options *options, const char *option, const char *delegate)
{
    options->reference = strcmp(delegate, "none") == 0;
    options->delegate = NULL;
    if (options->reference || strcmp(delegate, "cpu") == 0)
        return true;
    if (!strchr(delegate, '/') && !strchr(delegate, '.')) {
        tool_error("--%s is \"%s\", not none, cpu or a library", option, delegate);
        return false;
    }
    options->delegate = delegate;
    return true;
}

bool session_read_tuning(session_options *options, const char *mode)
{
    static const char *const modes[] = {"off", "quick", "full"};
    for (int i = 0; mode && i < 3; i++)
        if (strcmp(mode, modes[i]) == 0)
            options->tuning = (ln_tuning)(LN_TUNING_OFF + i);
    if (mode && options->tuning == LN_TUNING_DEFAULT)
        tool_error("--tune is \"%s\", not off, quick or full", mode);
    return !mode || options->tuning != LN_TUNING_DEFAULT;
}

bool session_read_options(session_options *options, const args *a)
{
    *options = (session_options){.threads = 1};
    if (!session_read_delegate(options, "delegate", args_text(a, "delegate", "cpu")))
        return false;
    int at = 0, n = 0;
    for (const char *path; (path = args_next(a, "custom-ops", &at)); n++) {
        if (n + 1 == (int)(sizeof options->custom_ops / sizeof *options->custom_ops)) {
            tool_error("--custom-ops is given more than %d times", n);
            return false;
        }
        options->custom_ops[n] = path;
    }
    options->weight_cache = args_text(a, "weight-cache", NULL);
    if (!session_read_tuning(options, args_text(a, "tune", NULL)))
        return false;
    return args_int(a, "threads", -1, 256, &options->threads);
}

/* Puts the model that the first one is written as in its place. */
static bool round_trip(session *s)
{
    size_t n = 0;
    if (!done(s, "writing the model", ln_tflite_model_write(s->model, &s->rewritten, &n)))
        return false;
    TfLiteModelDelete(s->model);
    s->model = TfLiteModelCreateWithErrorReporter(s->rewritten, n, report, s);
    return done(s, "reading the written model", s->model ? kTfLiteOk : kTfLiteError);
}

/* Lets a plug-in add its operators; it stays loaded. */
static bool add_custom_ops(session *s, TfLiteInterpreterOptions *o, const char *path)
{
    void (*add)(TfLiteInterpreterOptions *) = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    void *symbol = library ? dlsym(library, "linnet_plugin_register") : NULL;
    memcpy(&add, &symbol, sizeof add);
    if (add)
        add(o);
    else
        snprintf(s->error, sizeof s->error, "%s",
                 library ? "the plug-in has no function linnet_plugin_register" : dlerror());
    return add != NULL;
}

/* Says why a library gave none. */
static void no_delegate(session *s, const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        snprintf(s->error, sizeof s->error, "no delegate: %s", dlerror());
    else
        snprintf(s->error, sizeof s->error, "%s %s", path,
                 dlsym(library, "tflite_plugin_create_delegate")
                     ? "gives no delegate"
                     : "has no function tflite_plugin_create_delegate");
    if (library)
        dlclose(library);
}

static bool add_plugins(session *s, TfLiteInterpreterOptions *o, const session_options *options)
{
    for (int i = 0; options->custom_ops[i]; i++)
        if (!add_custom_ops(s, o, options->custom_ops[i]))
            return false;
    if (!options->delegate)
        return true;
    const TfLiteExternalDelegateOptions how =
        TfLiteExternalDelegateOptionsDefault(options->delegate);
    s->delegate = TfLiteExternalDelegateCreate(&how);
    if (s->delegate)
        TfLiteInterpreterOptionsAddDelegate(o, s->delegate);
    else
        no_delegate(s, options->delegate);
    return s->delegate != NULL;
}

/* The second half of opening: what the model is opened for. */
static bool start(session *s, const session_options *options)
{
    if (!s->model)
        return done(s, "reading the model", kTfLiteError);
    if (options->round_trip && !round_trip(s))
        return false;
    TfLiteInterpreterOptions *o = TfLiteInterpreterOptionsCreate();
    if (o) {
        TfLiteInterpreterOptionsSetNumThreads(o, options->threads);
        TfLiteInterpreterOptionsSetErrorReporter(o, report, s);
        ln_options_set_engine(o, !options->reference);
        ln_options_set_weight_cache(o, options->weight_cache);
        ln_options_set_tuning(o, options->tuning);
        if (options->configure)
            options->configure(o, options->user);
        if (add_plugins(s, o, options))
            s->interpreter = TfLiteInterpreterCreate(s->model, o);
    }
    TfLiteInterpreterOptionsDelete(o);
    if (s->interpreter && options->profile)
        ln_tflite_interpreter_profile(s->interpreter, true);
    return done(s, "making an interpreter", s->interpreter ? kTfLiteOk : kTfLiteError);
}

bool session_open(session *s, const void *bytes, size_t n, const session_options *options)
{
    memset(s, 0, sizeof *s);
    s->model = TfLiteModelCreateWithErrorReporter(bytes, n, report, s);
    return start(s, options);
}

bool session_open_file(session *s, const char *path, const session_options *options)
{
    memset(s, 0, sizeof *s);
    if (strcmp(path, "-") != 0) {
        s->model = TfLiteModelCreateFromFileWithErrorReporter(path, report, s);
        return start(s, options);
    }
    size_t n = 0;
    s->bytes = tool_read_file(path, &n);
    s->model = s->bytes ? TfLiteModelCreateWithErrorReporter(s->bytes, n, report, s) : NULL;
    return start(s, options);
}

void session_close(session *s)
{
    if (s->runner)
        TfLiteSignatureRunnerDelete(s->runner);
    if (s->interpreter)
        TfLiteInterpreterDelete(s->interpreter);
    if (s->model)
        TfLiteModelDelete(s->model);
    TfLiteExternalDelegateDelete(s->delegate);
    ln_tflite_free(s->rewritten);
    tool_free(s->bytes);
    s->bytes = NULL;
    s->delegate = NULL;
    s->runner = NULL;
    s->interpreter = NULL;
    s->model = NULL;
    s->rewritten = NULL;
}

bool session_use_signature(session *s, const char *key)
{
    s->error[0] = 0;
    s->runner = TfLiteInterpreterGetSignatureRunner(s->interpreter, key);
    const char *name;
    for (int i = 0, graph; (name = ln_tflite_model_signature(s->model, i, &graph)) != NULL; i++)
        s->graph = strcmp(name, key) == 0 ? graph : s->graph;
    return done(s, "finding the signature", s->runner ? kTfLiteOk : kTfLiteError);
}

bool session_delegate(session *s, TfLiteDelegate *delegate)
{
    s->error[0] = 0;
    return done(s, "applying the delegate",
                TfLiteInterpreterModifyGraphWithDelegate(s->interpreter, delegate));
}

const char *session_input_name(const session *s, int i)
{
    if (s->runner)
        return TfLiteSignatureRunnerGetInputName(s->runner, i);
    const TfLiteTensor *t = session_input(s, i);
    return t && t->name ? t->name : "";
}

int session_input_count(const session *s)
{
    if (s->runner)
        return (int)TfLiteSignatureRunnerGetInputCount(s->runner);
    return TfLiteInterpreterGetInputTensorCount(s->interpreter);
}

int session_output_count(const session *s)
{
    if (s->runner)
        return (int)TfLiteSignatureRunnerGetOutputCount(s->runner);
    return TfLiteInterpreterGetOutputTensorCount(s->interpreter);
}

TfLiteTensor *session_input(const session *s, int i)
{
    if (s->runner)
        return TfLiteSignatureRunnerGetInputTensor(s->runner,
                                                   TfLiteSignatureRunnerGetInputName(s->runner, i));
    return TfLiteInterpreterGetInputTensor(s->interpreter, i);
}

const TfLiteTensor *session_output(const session *s, int i)
{
    if (s->runner)
        return TfLiteSignatureRunnerGetOutputTensor(
            s->runner, TfLiteSignatureRunnerGetOutputName(s->runner, i));
    return TfLiteInterpreterGetOutputTensor(s->interpreter, i);
}

/* The number in its graph of the session's input `i`, -1 where there is none. */
static int input_id(const session *s, int i)
{
    const TfLiteIntArray *ids = ln_tflite_interpreter_inputs(s->interpreter, s->graph);
    const TfLiteTensor *t = session_input(s, i);
    for (int k = 0; ids && t && k < ids->size; k++) {
        if (ln_tflite_interpreter_tensor(s->interpreter, s->graph, ids->data[k]) == t)
            return ids->data[k];
    }
    return -1;
}

/* Not by the signature's runner, which changes only dimensions that are not fixed: TensorFlow
 * Lite's tool and its interpreter in Python change any. */
bool session_resize(session *s, int i, const int *dims, int rank)
{
    s->error[0] = 0;
    const TfLiteStatus status =
        s->runner
            ? ln_tflite_subgraph_resize(s->interpreter, s->graph, input_id(s, i), dims, rank, false)
            : TfLiteInterpreterResizeInputTensor(s->interpreter, i, dims, rank);
    return done(s, "resizing an input", status);
}

/* Says what was done without, such as a weight cache that cannot be written. */
bool session_allocate(session *s)
{
    s->error[0] = 0;
    const TfLiteStatus status = s->runner ? TfLiteSignatureRunnerAllocateTensors(s->runner)
                                          : TfLiteInterpreterAllocateTensors(s->interpreter);
    if (status == kTfLiteOk && s->error[0])
        tool_error("%s", s->error);
    return done(s, "allocating tensors", status);
}

bool session_invoke(session *s)
{
    s->error[0] = 0;
    return done(s, "running the model",
                s->runner ? TfLiteSignatureRunnerInvoke(s->runner)
                          : TfLiteInterpreterInvoke(s->interpreter));
}

/* Items per byte of the packed types, else 1. */
static unsigned items_per_byte(TfLiteType type)
{
    return type == kTfLiteInt4 || type == kTfLiteUInt4 ? 2 : type == kTfLiteInt2 ? 4 : 1;
}

static void pack_bits(uint8_t *to, const value *v, unsigned per_byte)
{
    const unsigned width = 8 / per_byte;
    memset(to, 0, (v->count + per_byte - 1) / per_byte);
    for (size_t i = 0; i < v->count; i++) {
        const unsigned bits = v->data[i] & ((1u << width) - 1);
        to[i / per_byte] |= (uint8_t)(bits << (width * (i % per_byte)));
    }
}

static void unpack_bits(value *v, const uint8_t *from, unsigned per_byte)
{
    const unsigned width = 8 / per_byte, sign = v->type == kTfLiteUInt4 ? 0 : 1u << (width - 1);
    for (size_t i = 0; i < v->count; i++) {
        const unsigned bits = from[i / per_byte] >> (width * (i % per_byte)) & ((1u << width) - 1);
        v->data[i] = (uint8_t)((bits ^ sign) - sign);
    }
}

bool session_set_input(session *s, int i, const value *v)
{
    TfLiteTensor *t = session_input(s, i);
    s->error[0] = 0;
    if (!t || t->type != v->type) {
        snprintf(s->error, sizeof s->error, "input %d has type %s, the array %s", i,
                 t ? value_type_name(t->type) : "none", value_type_name(v->type));
        return false;
    }
    const unsigned per_byte = items_per_byte(t->type);
    const size_t bytes = (v->bytes + per_byte - 1) / per_byte;
    if (t->type == kTfLiteString && TfLiteTensorRealloc(bytes, t) != kTfLiteOk)
        return done(s, "making room for strings", kTfLiteError);
    if (t->bytes != bytes || (bytes > 0 && !t->data.data)) {
        snprintf(s->error, sizeof s->error, "input %d takes %zu bytes, the array has %zu", i,
                 t->bytes, bytes);
        return false;
    }
    if (per_byte > 1)
        pack_bits(t->data.data, v, per_byte);
    else if (bytes > 0)
        memcpy(t->data.data, v->data, bytes);
    return true;
}

bool session_get(session *s, const TfLiteTensor *t, value *v)
{
    memset(v, 0, sizeof *v);
    s->error[0] = 0;
    const int rank = t->dims ? t->dims->size : 0;
    if (rank > VALUE_MAX_RANK) {
        snprintf(s->error, sizeof s->error, "tensor %s has rank %d", t->name ? t->name : "", rank);
        return false;
    }
    value_make(v, t->type, rank, t->dims ? t->dims->data : NULL);
    const unsigned per_byte = items_per_byte(t->type);
    size_t bytes = (v->bytes + per_byte - 1) / per_byte;
    if (t->type == kTfLiteString) {
        bytes = t->bytes;
        v->bytes = bytes;
        v->data = tool_resize(v->data, bytes, 1);
    }
    if (t->bytes < bytes || (bytes > 0 && !t->data.data)) {
        snprintf(s->error, sizeof s->error, "tensor %s has %zu bytes of data, its shape says %zu",
                 t->name ? t->name : "", t->data.data ? t->bytes : 0, bytes);
        return false;
    }
    if (per_byte > 1)
        unpack_bits(v, t->data.data, per_byte);
    else if (bytes > 0)
        memcpy(v->data, t->data.data, bytes);
    return true;
}

bool session_node(const session *s, int i, ln_tflite_profile *profile)
{
    return ln_tflite_interpreter_node(s->interpreter, i, profile);
}

void session_profile_reset(session *s)
{
    ln_tflite_interpreter_profile_reset(s->interpreter);
}

void session_memory(const session *s, ln_tflite_memory *memory)
{
    ln_tflite_interpreter_memory(s->interpreter, memory);
}
