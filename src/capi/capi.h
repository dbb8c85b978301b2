/* SPDX-License-Identifier: Apache-2.0 */
/* capi/: the functions of include/tensorflow/lite/c and our own C API, thin code over runtime/,
 * one file per group of functions.  The one place that names the default engine (src/cpu).
 *
 * capi.h: what the opaque objects of the C API are made of. */
#ifndef LN_CAPI_CAPI_H
#define LN_CAPI_CAPI_H

#include <stdarg.h>

#include "capi/resolver.h"
#include "linnet/linnet.h"
#include "runtime/interpreter.h"
#include "tensorflow/lite/c/c_api.h"

struct TfLiteTelemetryProfilerStruct;

/* An error reporter as programs give it; fn NULL: none. */
typedef struct ln_reporter {
    void (*fn)(void *user, const char *format, va_list args);
    void *user;
} ln_reporter;

struct TfLiteModel {
    ln_model *model;
    ln_reporter reporter;
};

struct TfLiteInterpreterOptions {
    int threads; /* -1: the library's choice */
    bool cancellable, fallback;
    bool no_engine, allow_fp16, release_dynamic, ordered_parts, preserve;
    ln_delegable delegable;
    bool out_of_memory; /* a setter that returns nothing failed: create will */
    size_t max_bytes;
    uint64_t max_steps;
    ln_reporter reporter;
    struct TfLiteTelemetryProfilerStruct *telemetry;
    TfLiteDelegate **delegates;
    size_t n_delegates, delegate_capacity;
    ln_user_ops ops;
    char *weight_cache; /* path; NULL: none */
    ln_tuning tuning;
};

struct TfLiteInterpreter {
    ln_interpreter *it;
    ln_reporter reporter;
    ln_op_finder finder;
    bool fallback, half; /* half: the engine may compute in 16 bits */
    bool engine_due; /* the default engine is to be applied by the next allocation */
    TfLiteDelegate *engine;
    char *weight_cache; /* the engine's; NULL: none */
    ln_tuning tuning;   /* the engine's */
    int n_delegates; /* of the program, that were applied */
    struct TfLiteTelemetryProfilerStruct *telemetry;
};

/* A copy of `text`, which may be NULL, put into *to, whose old value is freed; false when memory is
 * out. */
bool ln_capi_copy_text(char **to, const char *text);

/* Hands a message to a reporter; ln_interpreter_options.report of an ln_reporter. */
void ln_reporter_report(void *reporter, const char *message);
/* Reports `format` to the interpreter and returns kTfLiteError. */
TfLiteStatus ln_capi_error(const TfLiteInterpreter *p, const char *format, ...) LN_PRINTF(2, 3);

/* What all ways to allocate, run and delegate share (telemetry, the default engine). */
TfLiteStatus ln_capi_allocate(TfLiteInterpreter *p, int graph);
TfLiteStatus ln_capi_invoke(TfLiteInterpreter *p, int graph);
TfLiteStatus ln_capi_delegate(TfLiteInterpreter *p, TfLiteDelegate *delegate);
/* telemetry.c: tells the telemetry profiler of an event; NULL: nobody listens. */
void ln_telemetry_event(struct TfLiteTelemetryProfilerStruct *telemetry, const char *name,
                        TfLiteStatus status);
void ln_telemetry_attach(TfLiteInterpreter *p);

#endif
