/* SPDX-License-Identifier: Apache-2.0 */
/* session.c: an interpreter with errors as text and arrays as values. */
#include "session.h"

#include <stdio.h>
#include <string.h>

#include "model/model.h"
#include "runtime/interpreter.h"
#include "tool.h"

static void report(void *user, const char *message)
{
    session *s = user;
    const size_t used = strlen(s->error);
    if (used + 4 < sizeof s->error)
        snprintf(s->error + used, sizeof s->error - used, "%s%s", used ? "; " : "", message);
}

/* Makes sure that a failed call left a message. */
static bool done(session *s, const char *what, ln_status status)
{
    if (status != LN_OK && !s->error[0])
        snprintf(s->error, sizeof s->error, "%s failed: %s", what, ln_status_text(status));
    return status == LN_OK;
}

static ln_status round_trip(session *s, ln_diag *diag)
{
    uint8_t *bytes = NULL;
    size_t n = 0;
    LN_TRY(ln_model_write(s->model, &bytes, &n, &ln_alloc_default, diag));
    s->rewritten = bytes;
    ln_model_release(s->model);
    s->model = NULL;
    return ln_model_open_memory(&s->model, s->rewritten, n, &ln_alloc_default, diag);
}

bool session_read_options(session_options *options, const args *a)
{
    const char *delegate = args_text(a, "delegate", "cpu");
    *options = (session_options){.threads = 1, .reference = strcmp(delegate, "none") == 0};
    if (!options->reference && strcmp(delegate, "cpu") != 0) {
        tool_error("--delegate is \"%s\", not none or cpu", delegate);
        return false;
    }
    return args_int(a, "threads", -1, 256, &options->threads);
}

/* The second half of opening: what the model is opened for. */
static bool start(session *s, const session_options *options, ln_diag *diag)
{
    ln_interpreter_options o;
    ln_interpreter_options_init(&o);
    o.threads = options->threads;
    o.report = report;
    o.report_user = s;
    o.profile = options->profile;
    if (options->round_trip && !done(s, "writing the model", round_trip(s, diag)))
        return false;
    return done(s, "making an interpreter", ln_interpreter_create(&s->interpreter, s->model, &o));
}

bool session_open(session *s, const void *bytes, size_t n, const session_options *options)
{
    memset(s, 0, sizeof *s);
    ln_diag diag = {.sink = report, .user = s};
    return done(s, "reading the model",
                ln_model_open_memory(&s->model, bytes, n, &ln_alloc_default, &diag)) &&
           start(s, options, &diag);
}

bool session_open_file(session *s, const char *path, const session_options *options)
{
    memset(s, 0, sizeof *s);
    ln_diag diag = {.sink = report, .user = s};
    return done(s, "reading the model", ln_model_open(&s->model, path, &ln_alloc_default, &diag)) &&
           start(s, options, &diag);
}

void session_close(session *s)
{
    ln_interpreter_destroy(s->interpreter);
    ln_model_release(s->model);
    ln_free(&ln_alloc_default, s->rewritten);
    s->interpreter = NULL;
    s->model = NULL;
    s->rewritten = NULL;
}

int session_input_count(const session *s)
{
    return ln_interpreter_inputs(s->interpreter, 0)->size;
}

int session_output_count(const session *s)
{
    return ln_interpreter_outputs(s->interpreter, 0)->size;
}

TfLiteTensor *session_input(const session *s, int i)
{
    const TfLiteIntArray *ids = ln_interpreter_inputs(s->interpreter, 0);
    return i < ids->size ? ln_interpreter_tensor(s->interpreter, 0, ids->data[i]) : NULL;
}

const TfLiteTensor *session_output(const session *s, int i)
{
    const TfLiteIntArray *ids = ln_interpreter_outputs(s->interpreter, 0);
    return i < ids->size ? ln_interpreter_tensor(s->interpreter, 0, ids->data[i]) : NULL;
}

bool session_resize(session *s, int i, const int *dims, int rank)
{
    s->error[0] = 0;
    const int id = ln_interpreter_inputs(s->interpreter, 0)->data[i];
    return done(s, "resizing an input",
                ln_interpreter_resize(s->interpreter, 0, id, rank, dims, false));
}

bool session_allocate(session *s)
{
    s->error[0] = 0;
    return done(s, "allocating tensors", ln_interpreter_allocate(s->interpreter, 0));
}

bool session_invoke(session *s)
{
    s->error[0] = 0;
    return done(s, "running the model", ln_interpreter_invoke(s->interpreter, 0));
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
    const int id = ln_interpreter_inputs(s->interpreter, 0)->data[i];
    if (t->type == kTfLiteString &&
        !done(s, "making room for strings", ln_interpreter_set_bytes(s->interpreter, 0, id, bytes)))
        return false;
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
    const TfLiteIntArray *plan = ln_interpreter_plan(s->interpreter, 0);
    ln_node_info info;
    if (i >= plan->size || !ln_interpreter_node_info(s->interpreter, 0, plan->data[i], &info))
        return false;
    const TfLiteTensor *t = ln_interpreter_tensor(s->interpreter, 0, info.first_output);
    *profile = (ln_tflite_profile){
        .op = info.op,
        .output = t && t->name ? t->name : "",
        .runs = info.runs,
        .total_ns = info.total_ns,
        .delegated = info.delegated,
    };
    return true;
}

void session_profile_reset(session *s)
{
    ln_interpreter_profile_reset(s->interpreter);
}

void session_memory(const session *s, ln_tflite_memory *memory)
{
    ln_memory_info info = {0};
    ln_interpreter_memory(s->interpreter, &info);
    *memory = (ln_tflite_memory){info.arena_bytes, info.persistent_bytes, info.dynamic_bytes};
}
