/* SPDX-License-Identifier: Apache-2.0 */
/* interpreter_options.c: TfLiteInterpreterOptions.  Setters that return nothing note that memory
 * is out, and TfLiteInterpreterCreate then fails. */
#include <string.h>

#include "capi/capi.h"
#include "linnet/linnet.h"
#include "tensorflow/lite/c/c_api_experimental.h"

static const ln_alloc *const heap = &ln_alloc_default;

bool ln_capi_copy_text(char **to, const char *text)
{
    const size_t length = text ? strlen(text) + 1 : 0;
    char *copy = text ? ln_new(heap, length, 1) : NULL;
    if (copy)
        memcpy(copy, text, length);
    ln_free(heap, *to);
    *to = copy;
    return copy || !text;
}

TfLiteInterpreterOptions *TfLiteInterpreterOptionsCreate(void)
{
    TfLiteInterpreterOptions *o = ln_new(heap, 1, sizeof *o);
    if (o)
        o->threads = -1;
    return o;
}

TfLiteInterpreterOptions *TfLiteInterpreterOptionsCopy(const TfLiteInterpreterOptions *from)
{
    TfLiteInterpreterOptions *o = from ? ln_new(heap, 1, sizeof *o) : NULL;
    if (!o)
        return NULL;
    *o = *from;
    o->delegates = NULL;
    o->weight_cache = NULL;
    o->n_delegates = o->delegate_capacity = 0;
    const bool copied = ln_user_ops_copy(&o->ops, &from->ops) == LN_OK;
    for (size_t i = 0; copied && i < from->n_delegates; i++)
        TfLiteInterpreterOptionsAddDelegate(o, from->delegates[i]);
    if (!ln_capi_copy_text(&o->weight_cache, from->weight_cache) || !copied ||
        o->n_delegates != from->n_delegates) {
        TfLiteInterpreterOptionsDelete(o);
        return NULL;
    }
    return o;
}

void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions *options)
{
    if (!options)
        return;
    ln_user_ops_deinit(&options->ops);
    ln_free(heap, options->delegates);
    ln_free(heap, options->weight_cache);
    ln_free(heap, options);
}

void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions *options, int32_t num_threads)
{
    if (options)
        options->threads = num_threads;
}

void TfLiteInterpreterOptionsAddDelegate(TfLiteInterpreterOptions *options,
                                         TfLiteOpaqueDelegate *delegate)
{
    if (!options || !delegate)
        return;
    void *items = options->delegates;
    if (!ln_grow(heap, &items, &options->delegate_capacity, options->n_delegates,
                 sizeof *options->delegates)) {
        options->out_of_memory = true;
        return;
    }
    options->delegates = items;
    options->delegates[options->n_delegates++] = delegate;
}

void TfLiteInterpreterOptionsSetErrorReporter(TfLiteInterpreterOptions *options,
                                              void (*reporter)(void *user_data, const char *format,
                                                               va_list args),
                                              void *user_data)
{
    if (options)
        options->reporter = (ln_reporter){reporter, user_data};
}

TfLiteStatus TfLiteInterpreterOptionsEnableCancellation(TfLiteInterpreterOptions *options,
                                                        bool enable)
{
    if (!options)
        return kTfLiteError;
    options->cancellable = enable;
    return kTfLiteOk;
}

void TfLiteInterpreterOptionsSetUseNNAPI(TfLiteInterpreterOptions *options, bool enable)
{
    (void)options; /* there is no NNAPI here, and TFLite without it ignores the wish too */
    (void)enable;
}

void TfLiteInterpreterOptionsSetEnableDelegateFallback(TfLiteInterpreterOptions *options,
                                                       bool enable)
{
    if (options)
        options->fallback = enable;
}

void TfLiteInterpreterOptionsSetTelemetryProfiler(TfLiteInterpreterOptions *options,
                                                  struct TfLiteTelemetryProfilerStruct *profiler)
{
    if (options)
        options->telemetry = profiler;
}

/* ---- operators ---- */

static void add_op(TfLiteInterpreterOptions *options, const char *name,
                   const TfLiteRegistration *registration, int min_version, int max_version)
{
    if (ln_user_ops_add(&options->ops, name, registration, min_version, max_version) != LN_OK)
        options->out_of_memory = true;
}

void TfLiteInterpreterOptionsAddOperator(TfLiteInterpreterOptions *options,
                                         TfLiteOperator *registration)
{
    if (!options || !registration)
        return;
    const TfLiteRegistration r = ln_operator_registration(registration);
    add_op(options, r.custom_name, &r, r.version, r.version);
}

void TfLiteInterpreterOptionsAddRegistrationExternal(TfLiteInterpreterOptions *options,
                                                     TfLiteRegistrationExternal *registration)
{
    TfLiteInterpreterOptionsAddOperator(options, registration);
}

void TfLiteInterpreterOptionsAddBuiltinOp(TfLiteInterpreterOptions *options,
                                          TfLiteBuiltinOperator op,
                                          const TfLiteRegistration *registration,
                                          int32_t min_version, int32_t max_version)
{
    if (!options || !registration)
        return;
    TfLiteRegistration r = *registration;
    r.builtin_code = op;
    add_op(options, NULL, &r, min_version, max_version);
}

void TfLiteInterpreterOptionsAddCustomOp(TfLiteInterpreterOptions *options, const char *name,
                                         const TfLiteRegistration *registration,
                                         int32_t min_version, int32_t max_version)
{
    if (options && name && registration)
        add_op(options, name, registration, min_version, max_version);
}

static void set_callbacks(TfLiteInterpreterOptions *options, ln_op_callbacks callbacks)
{
    if (options)
        options->ops.callbacks = callbacks;
}

void TfLiteInterpreterOptionsSetOpResolverExternal(
    TfLiteInterpreterOptions *options,
    const TfLiteOperator *(*find_builtin_op)(void *user_data, int op, int version),
    const TfLiteOperator *(*find_custom_op)(void *user_data, const char *custom_op, int version),
    void *op_resolver_user_data)
{
    set_callbacks(options, (ln_op_callbacks){.builtin_external = find_builtin_op,
                                             .custom_external = find_custom_op,
                                             .user = op_resolver_user_data});
}

void TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
    TfLiteInterpreterOptions *options,
    const TfLiteOperator *(*find_builtin_op_external)(void *user_data, int op, int version),
    const TfLiteOperator *(*find_custom_op_external)(void *user_data, const char *custom_op,
                                                     int version),
    const TfLiteRegistration *(*find_builtin_op)(void *user_data, TfLiteBuiltinOperator op,
                                                 int version),
    const TfLiteRegistration *(*find_custom_op)(void *user_data, const char *op, int version),
    void *op_resolver_user_data)
{
    set_callbacks(options, (ln_op_callbacks){.builtin_external = find_builtin_op_external,
                                             .custom_external = find_custom_op_external,
                                             .builtin = find_builtin_op,
                                             .custom = find_custom_op,
                                             .user = op_resolver_user_data});
}

void TfLiteInterpreterOptionsSetOpResolver(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration *(*find_builtin_op)(void *user_data, TfLiteBuiltinOperator op,
                                                 int version),
    const TfLiteRegistration *(*find_custom_op)(void *user_data, const char *custom_op,
                                                int version),
    void *op_resolver_user_data)
{
    set_callbacks(options, (ln_op_callbacks){.builtin = find_builtin_op,
                                             .custom = find_custom_op,
                                             .user = op_resolver_user_data});
}

/* TfLiteInterpreterOptionsSetOpResolver for an older form of TfLiteRegistration. */
#define SET_OP_RESOLVER(form, suffix)                                                           \
    void TfLiteInterpreterOptionsSetOpResolver##form(                                           \
        TfLiteInterpreterOptions *options,                                                      \
        const TfLiteRegistration_##form *(*find_builtin)(void *, TfLiteBuiltinOperator, int),   \
        const TfLiteRegistration_##form *(*find_custom)(void *, const char *, int), void *user) \
    {                                                                                           \
        set_callbacks(options, (ln_op_callbacks){.builtin##suffix = find_builtin,               \
                                                 .custom##suffix = find_custom,                 \
                                                 .user = user});                                \
    }
SET_OP_RESOLVER(V3, _v3)
SET_OP_RESOLVER(V2, _v2)
SET_OP_RESOLVER(V1, _v1)

/* ---- our own ---- */

void ln_options_set_engine(TfLiteInterpreterOptions *options, bool on)
{
    if (options)
        options->no_engine = !on;
}

void ln_options_set_weight_cache(TfLiteInterpreterOptions *options, const char *path)
{
    if (options && !ln_capi_copy_text(&options->weight_cache, path))
        options->out_of_memory = true;
}

void ln_options_set_tuning(TfLiteInterpreterOptions *options, ln_tuning tuning)
{
    if (options)
        options->tuning = tuning;
}

void ln_options_set_preserve_tensors(TfLiteInterpreterOptions *options, bool on)
{
    if (options)
        options->preserve = on;
}

void ln_options_set_limits(TfLiteInterpreterOptions *options, size_t max_bytes, uint64_t max_steps)
{
    if (!options)
        return;
    options->max_bytes = max_bytes;
    options->max_steps = max_steps;
}

void ln_options_set_fp16(TfLiteInterpreterOptions *options, bool allow)
{
    if (options)
        options->allow_fp16 = allow;
}

void ln_options_set_release(TfLiteInterpreterOptions *options, bool on)
{
    if (options)
        options->release_dynamic = on;
}

void ln_options_set_delegation(TfLiteInterpreterOptions *options, bool clustered,
                               bool (*delegable)(void *user, int graph, int node), void *user)
{
    if (!options)
        return;
    options->ordered_parts = !clustered;
    options->delegable = (ln_delegable){delegable, user};
}
