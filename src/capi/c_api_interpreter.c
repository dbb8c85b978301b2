/* SPDX-License-Identifier: Apache-2.0 */
/* c_api_interpreter.c: TfLiteInterpreter of c_api.h.  The default engine is applied when tensors
 * are first allocated, after the delegates of the program had their choice. */
#include <string.h>

#include "capi/capi.h"
#include "cpu/engine.h"
#include "linnet/linnet.h"
#include "tensorflow/lite/c/c_api_experimental.h"

static const ln_alloc *const heap = &ln_alloc_default;

TfLiteStatus ln_capi_error(const TfLiteInterpreter *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)ln_failv(ln_interpreter_diag(p->it), LN_ERR_ARGUMENT, format, args);
    va_end(args);
    return kTfLiteError;
}

const char *ln_last_error(const TfLiteInterpreter *interpreter)
{
    return interpreter ? ln_interpreter_diag(interpreter->it)->text : "";
}

/* ---- life ---- */

static ln_status make_interpreter(TfLiteInterpreter *p, const TfLiteModel *model,
                                  const TfLiteInterpreterOptions *options, bool selected_ops)
{
    ln_interpreter_options o;
    ln_interpreter_options_init(&o);
    o.report = ln_reporter_report;
    o.report_user = &p->reporter;
    o.resolver = (ln_resolver){ln_op_finder_find, &p->finder,
                               selected_ops || ln_user_ops_only(&p->finder.ops)};
    if (options) {
        o.threads = options->threads < -1 ? -1 : options->threads;
        o.max_bytes = options->max_bytes;
        o.max_steps = options->max_steps;
        o.cancellable = options->cancellable;
        o.allow_fp16 = options->allow_fp16;
        o.release_dynamic = options->release_dynamic;
        o.ordered_parts = options->ordered_parts;
        o.delegable = options->delegable;
        o.preserve = options->preserve;
    }
    return ln_interpreter_create(&p->it, model->model, &o);
}

static TfLiteStatus add_delegates(TfLiteInterpreter *p, const TfLiteInterpreterOptions *options)
{
    for (size_t i = 0; i < options->n_delegates; i++) {
        const TfLiteStatus status = ln_capi_delegate(p, options->delegates[i]);
        if (status != kTfLiteOk)
            return status;
    }
    return kTfLiteOk;
}

static TfLiteInterpreter *create(const TfLiteModel *model, const TfLiteInterpreterOptions *options,
                                 bool selected_ops)
{
    TfLiteInterpreter *p = model ? ln_new(heap, 1, sizeof *p) : NULL;
    if (!p)
        return NULL;
    p->reporter = options && options->reporter.fn ? options->reporter : model->reporter;
    if (options && options->out_of_memory) {
        ln_reporter_report(&p->reporter, "memory was out when the options were set");
        goto fail;
    }
    if (!ln_capi_copy_text(&p->weight_cache, options ? options->weight_cache : NULL))
        goto fail;
    if (ln_op_finder_init(&p->finder, options ? &options->ops : NULL) != LN_OK ||
        make_interpreter(p, model, options, selected_ops) != LN_OK)
        goto fail;
    p->engine_due = true;
    if (options) {
        p->fallback = options->fallback;
        p->half = options->allow_fp16;
        p->tuning = options->tuning;
        p->engine_due = !options->no_engine && !options->preserve;
        p->telemetry = options->telemetry;
        ln_telemetry_attach(p);
        if (options->threads < -1)
            (void)ln_capi_error(p, "the number of threads is %d, less than -1: it is ignored",
                                options->threads);
        if (add_delegates(p, options) != kTfLiteOk)
            goto fail;
    }
    return p;
fail:
    TfLiteInterpreterDelete(p);
    return NULL;
}

TfLiteInterpreter *TfLiteInterpreterCreate(const TfLiteModel *model,
                                           const TfLiteInterpreterOptions *optional_options)
{
    return create(model, optional_options, false);
}

TfLiteInterpreter *TfLiteInterpreterCreateWithSelectedOps(const TfLiteModel *model,
                                                          const TfLiteInterpreterOptions *options)
{
    return create(model, options, true);
}

void TfLiteInterpreterDelete(TfLiteInterpreter *interpreter)
{
    if (!interpreter)
        return;
    ln_interpreter_destroy(interpreter->it);
    ln_cpu_destroy(interpreter->engine);
    ln_op_finder_deinit(&interpreter->finder);
    ln_free(heap, interpreter->weight_cache);
    ln_free(heap, interpreter);
}

/* ---- running, shared with signature runners ---- */

/* The engine gives way to a delegate of the program that comes after the first allocation; it gets
 * what is left then. */
static bool withdraw_engine(TfLiteInterpreter *p)
{
    if (!p->engine || p->n_delegates > 0 || ln_interpreter_remove_delegates(p->it) != LN_OK)
        return false;
    ln_cpu_destroy(p->engine);
    p->engine = NULL;
    p->engine_due = true;
    return true;
}

TfLiteStatus ln_capi_delegate(TfLiteInterpreter *p, TfLiteDelegate *delegate)
{
    const bool withdrawn = withdraw_engine(p);
    const ln_status status = ln_interpreter_apply_delegate(p->it, delegate);
    TfLiteStatus result =
        status == LN_ERR_STATE ? kTfLiteApplicationError : ln_status_to_tflite(status);
    p->n_delegates += status == LN_OK;
    if (withdrawn && ln_capi_allocate(p, 0) != kTfLiteOk && result == kTfLiteOk)
        result = kTfLiteError;
    ln_telemetry_event(p->telemetry, "ModifyGraphWithDelegate", result);
    return result;
}

/* The engine is an extra: where it cannot be had, the reference operators run, and say what is
 * wrong if the fault is the model's. */
static void add_engine(TfLiteInterpreter *p)
{
    p->engine_due = false;
    const ln_cpu_options options = {.threads = ln_interpreter_threads(p->it),
                                    .half = p->half,
                                    .weight_cache = p->weight_cache,
                                    .tuning = (ln_cpu_tuning)p->tuning}; /* of the same order */
    p->engine = ln_cpu_create(&options);
    if (!p->engine)
        return;
    ln_diag *diag = ln_interpreter_diag(p->it);
    void (*const sink)(void *user, const char *message) = diag->sink;
    diag->sink = NULL;
    (void)!ln_interpreter_apply_delegate(p->it, p->engine);
    diag->sink = sink;
}

TfLiteStatus ln_capi_allocate(TfLiteInterpreter *p, int graph)
{
    if (p->engine_due)
        add_engine(p);
    const TfLiteStatus status = ln_status_to_tflite(ln_interpreter_allocate(p->it, graph));
    ln_telemetry_event(p->telemetry, "AllocateTensors", status);
    return status;
}

/* The data of a graph's inputs, kept while delegates are taken off. */
typedef struct saved {
    void **data;
    size_t *bytes;
    int n;
} saved;

static void saved_free(saved *s)
{
    for (int i = 0; s->data && i < s->n; i++)
        ln_free(heap, s->data[i]);
    ln_free(heap, s->data);
    ln_free(heap, s->bytes);
}

static bool save_inputs(TfLiteInterpreter *p, int graph, saved *s)
{
    const TfLiteIntArray *inputs = ln_interpreter_inputs(p->it, graph);
    *s = (saved){.n = inputs->size};
    s->data = ln_new(heap, (size_t)s->n + 1, sizeof *s->data);
    s->bytes = ln_new(heap, (size_t)s->n + 1, sizeof *s->bytes);
    if (!s->data || !s->bytes)
        return false;
    for (int i = 0; i < s->n; i++) {
        const TfLiteTensor *t = ln_interpreter_tensor(p->it, graph, inputs->data[i]);
        if (!t || !t->data.raw || t->bytes == 0 || t->allocation_type == kTfLiteMmapRo)
            continue;
        s->data[i] = ln_new(heap, t->bytes, 1);
        if (!s->data[i])
            return false;
        s->bytes[i] = t->bytes;
        memcpy(s->data[i], t->data.raw, t->bytes);
    }
    return true;
}

static bool restore_inputs(TfLiteInterpreter *p, int graph, const saved *s)
{
    const TfLiteIntArray *inputs = ln_interpreter_inputs(p->it, graph);
    for (int i = 0; i < s->n; i++) {
        TfLiteTensor *t = ln_interpreter_tensor(p->it, graph, inputs->data[i]);
        if (!s->data[i])
            continue;
        if (t->bytes != s->bytes[i] &&
            ln_interpreter_set_bytes(p->it, graph, inputs->data[i], s->bytes[i]) != LN_OK)
            return false;
        if (!t->data.raw || t->bytes != s->bytes[i])
            return false;
        memcpy(t->data.raw, s->data[i], s->bytes[i]);
    }
    return true;
}

/* Runs again without delegates; kTfLiteDelegateError is success then, as in TFLite. */
static TfLiteStatus run_without_delegates(TfLiteInterpreter *p, int graph)
{
    saved inputs;
    TfLiteStatus status = kTfLiteError;
    if (save_inputs(p, graph, &inputs) && ln_interpreter_remove_delegates(p->it) == LN_OK &&
        ln_interpreter_allocate(p->it, graph) == LN_OK && restore_inputs(p, graph, &inputs) &&
        ln_interpreter_invoke(p->it, graph) == LN_OK)
        status = kTfLiteDelegateError;
    saved_free(&inputs);
    return status;
}

TfLiteStatus ln_capi_invoke(TfLiteInterpreter *p, int graph)
{
    TfLiteStatus status = ln_status_to_tflite(ln_interpreter_invoke(p->it, graph));
    if (status != kTfLiteOk && status != kTfLiteCancelled && p->fallback &&
        ln_interpreter_has_delegates(p->it))
        status = run_without_delegates(p, graph);
    ln_telemetry_event(p->telemetry, "Invoke", status);
    return status;
}

TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter *interpreter)
{
    return interpreter ? ln_capi_allocate(interpreter, 0) : kTfLiteError;
}

TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter *interpreter)
{
    return interpreter ? ln_capi_invoke(interpreter, 0) : kTfLiteError;
}

TfLiteStatus TfLiteInterpreterCancel(const TfLiteInterpreter *interpreter)
{
    return interpreter ? ln_status_to_tflite(ln_interpreter_cancel(interpreter->it)) : kTfLiteError;
}

/* ---- inputs and outputs ---- */

/* The tensor index at `i` of a list, -1 when there is none. */
static int index_at(const TfLiteIntArray *list, int32_t i)
{
    return list && i >= 0 && i < list->size ? list->data[i] : -1;
}

static const TfLiteIntArray *inputs_of(const TfLiteInterpreter *p)
{
    return p ? ln_interpreter_inputs(p->it, 0) : NULL;
}

static const TfLiteIntArray *outputs_of(const TfLiteInterpreter *p)
{
    return p ? ln_interpreter_outputs(p->it, 0) : NULL;
}

int32_t TfLiteInterpreterGetInputTensorCount(const TfLiteInterpreter *interpreter)
{
    const TfLiteIntArray *inputs = inputs_of(interpreter);
    return inputs ? inputs->size : 0;
}

const int *TfLiteInterpreterInputTensorIndices(const TfLiteInterpreter *interpreter)
{
    const TfLiteIntArray *inputs = inputs_of(interpreter);
    return inputs ? inputs->data : NULL;
}

int32_t TfLiteInterpreterGetInputTensorIndex(const TfLiteInterpreter *interpreter,
                                             int32_t input_index)
{
    return index_at(inputs_of(interpreter), input_index);
}

TfLiteTensor *TfLiteInterpreterGetInputTensor(const TfLiteInterpreter *interpreter,
                                              int32_t input_index)
{
    return TfLiteInterpreterGetTensor(interpreter, index_at(inputs_of(interpreter), input_index));
}

int32_t TfLiteInterpreterGetOutputTensorCount(const TfLiteInterpreter *interpreter)
{
    const TfLiteIntArray *outputs = outputs_of(interpreter);
    return outputs ? outputs->size : 0;
}

const int *TfLiteInterpreterOutputTensorIndices(const TfLiteInterpreter *interpreter)
{
    const TfLiteIntArray *outputs = outputs_of(interpreter);
    return outputs ? outputs->data : NULL;
}

int32_t TfLiteInterpreterGetOutputTensorIndex(const TfLiteInterpreter *interpreter,
                                              int32_t output_index)
{
    return index_at(outputs_of(interpreter), output_index);
}

const TfLiteTensor *TfLiteInterpreterGetOutputTensor(const TfLiteInterpreter *interpreter,
                                                     int32_t output_index)
{
    return TfLiteInterpreterGetTensor(interpreter, index_at(outputs_of(interpreter), output_index));
}

TfLiteTensor *TfLiteInterpreterGetTensor(const TfLiteInterpreter *interpreter, int index)
{
    return interpreter ? ln_interpreter_tensor(interpreter->it, 0, index) : NULL;
}

static TfLiteStatus resize(TfLiteInterpreter *p, int32_t input, const int *dims, int32_t rank,
                           bool strict)
{
    if (!p)
        return kTfLiteError;
    const int tensor = index_at(inputs_of(p), input);
    if (tensor < 0)
        return ln_capi_error(p, "there is no input %d", (int)input);
    if (rank < 0 || (rank > 0 && !dims))
        return ln_capi_error(p, "a shape of %d dimensions is not valid", (int)rank);
    return ln_status_to_tflite(ln_interpreter_resize(p->it, 0, tensor, rank, dims, strict));
}

TfLiteStatus TfLiteInterpreterResizeInputTensor(TfLiteInterpreter *interpreter, int32_t input_index,
                                                const int *input_dims, int32_t input_dims_size)
{
    return resize(interpreter, input_index, input_dims, input_dims_size, false);
}

TfLiteStatus TfLiteInterpreterResizeInputTensorStrict(TfLiteInterpreter *interpreter,
                                                      int32_t input_index, const int *input_dims,
                                                      int32_t input_dims_size)
{
    return resize(interpreter, input_index, input_dims, input_dims_size, true);
}
