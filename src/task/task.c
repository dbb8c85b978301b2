/* SPDX-License-Identifier: Apache-2.0 */
/* task.c: opening models, running them, errors. */
#include "task/task.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "task/encoder_op.h"
#include "tensorflow/lite/core/c/c_api_experimental.h"
#include "tensorflow/lite/core/c/common.h"
#include "tensorflow/lite/delegates/external/external_delegate.h"

/* ---- errors ---- */

bool ln_task_fail(ln_task_error *error, int code, const char *fmt, ...)
{
    va_list args;
    if (!error)
        return false;
    error->code = code;
    va_start(args, fmt);
    vsnprintf(error->message, sizeof error->message, fmt, args);
    va_end(args);
    return false;
}

bool ln_task_fail_diag(ln_task_error *error, int code, ln_status status, const ln_diag *diag)
{
    return ln_task_fail(error, code, "%s", diag->text[0] ? diag->text : ln_status_text(status));
}

static void keep_message(void *user, const char *fmt, va_list args)
{
    ln_task *task = user;
    vsnprintf(task->message, sizeof task->message, fmt, args);
}

/* ---- the model's bytes ---- */

static bool read_descriptor(ln_task *task, const ln_task_options *o, ln_task_error *error)
{
    const size_t n = (size_t)o->fd_length;
    size_t have = 0;

    if (o->fd_offset < 0 || (unsigned long long)o->fd_length > SIZE_MAX / 2)
        return ln_task_fail(error, kInvalidArgumentError,
                            "Invalid part of a file: offset %lld, length %lld.", o->fd_offset,
                            o->fd_length);
    const off_t size = lseek(o->model_fd, 0, SEEK_END);
    if (size < 0 || o->fd_offset > size || o->fd_length > size - o->fd_offset)
        return ln_task_fail(error, kFileReadError,
                            "The file of descriptor %d has %lld bytes; the model is said to be the "
                            "%lld from %lld on.",
                            o->model_fd, (long long)size, o->fd_length, o->fd_offset);
    task->copy = ln_new_aligned(&ln_alloc_default, n);
    if (!task->copy)
        return ln_task_fail(error, kError, "No memory for a model of %zu bytes.", n);
    while (have < n) {
        const ssize_t got =
            pread(o->model_fd, task->copy + have, n - have, (off_t)o->fd_offset + (off_t)have);
        if (got <= 0)
            return ln_task_fail(error, kFileReadError, "Descriptor %d cannot be read.",
                                o->model_fd);
        have += (size_t)got;
    }
    return true;
}

bool ln_task_source_is_whole(const char *path, const void *data, size_t size, ln_task_error *error)
{
    if ((!data || size > 0) && (!path || *path))
        return true;
    return ln_task_fail(error, kInvalidArgumentError,
                        "ExternalFile must specify at least one of 'file_content', 'file_name' or "
                        "'file_descriptor_meta'. The %s is empty.",
                        data ? "content" : "name");
}

static bool find_bytes(ln_task *task, const ln_task_options *o, const void **data, size_t *n,
                       ln_task_error *error)
{
    const int sources = (o->model_path != NULL) + (o->model_data != NULL) + (o->fd_length > 0);
    ln_diag diag = {0};

    if (sources != 1)
        return ln_task_fail(error, kInvalidArgumentError,
                            "Expected exactly one of `base_options.model_file` or "
                            "`model_file_with_metadata` to be provided, found %d.",
                            sources);
    if (!ln_task_source_is_whole(o->model_path, o->model_data, o->model_size, error))
        return false;
    if (o->model_data) {
        *data = o->model_data;
        *n = o->model_size;
    } else if (o->model_path) {
        if (access(o->model_path, F_OK) != 0)
            return ln_task_fail(error, kFileNotFoundError, "Unable to open file at %s",
                                o->model_path);
        const ln_status status = ln_file_open(&task->file, o->model_path, &ln_alloc_default, &diag);
        if (status != LN_OK)
            return ln_task_fail_diag(error, kFileReadError, status, &diag);
        *data = task->file.data;
        *n = task->file.size;
    } else {
        if (!read_descriptor(task, o, error))
            return false;
        *data = task->copy;
        *n = (size_t)o->fd_length;
    }
    return true;
}

/* ---- the interpreter ---- */

static bool choose_delegate(ln_task *task, const char *name, ln_task_error *error)
{
    if (!name || strcmp(name, "cpu") == 0)
        return true;
    if (strcmp(name, "none") == 0) {
        ln_options_set_engine(task->options, false);
        return true;
    }
    TfLiteExternalDelegateOptions options = TfLiteExternalDelegateOptionsDefault(name);
    task->delegate = (TfLiteOpaqueDelegate *)TfLiteExternalDelegateCreate(&options);
    if (!task->delegate)
        return ln_task_fail(
            error, kInvalidArgumentError,
            "The delegate `%s` is neither \"cpu\", nor \"none\", nor a library that "
            "makes one.",
            name);
    TfLiteInterpreterOptionsAddDelegate(task->options, task->delegate);
    return true;
}

static int code_of_failure(const char *message)
{
    if (strstr(message, "custom"))
        return kUnsupportedCustomOpError;
    return strstr(message, "builtin") || strstr(message, "operator") ? kUnsupportedBuiltinOpError
                                                                     : kError;
}

static bool make_interpreter(ln_task *task, const ln_task_options *o, ln_task_error *error)
{
    task->options = TfLiteInterpreterOptionsCreate();
    if (!task->options)
        return ln_task_fail(error, kError, "No memory for options.");
    TfLiteInterpreterOptionsSetErrorReporter(task->options, keep_message, task);
    TfLiteInterpreterOptionsSetNumThreads(task->options, o->num_threads > 0 ? o->num_threads : 1);
    ln_encoder_op_add(task->options);
    if (!choose_delegate(task, o->delegate, error))
        return false;
    if (o->configure)
        o->configure(task->options, o->user);
    task->interpreter = TfLiteInterpreterCreate(task->model, task->options);
    if (!task->interpreter || TfLiteInterpreterAllocateTensors(task->interpreter) != kTfLiteOk)
        return ln_task_fail(error, code_of_failure(task->message), "The model cannot be run: %s",
                            task->message);
    return true;
}

bool ln_task_open(ln_task *task, const ln_task_options *o, ln_task_error *error)
{
    const void *data = NULL;
    size_t n = 0;
    ln_meta_error why;

    memset(task, 0, sizeof *task);
    ln_arena_init(&task->arena, &ln_alloc_default);
    if (o->num_threads < -1)
        return ln_task_fail(error, kInvalidArgumentError,
                            "`num_threads` must be greater than 0 or equal to -1.");
    if (!find_bytes(task, o, &data, &n, error))
        return false;
    task->model = TfLiteModelCreateWithErrorReporter(data, n, keep_message, task);
    if (!task->model)
        return ln_task_fail(error, kInvalidFlatBufferError,
                            "The model is not a valid Flatbuffer buffer: %s", task->message);
    task->meta = ln_meta_open_memory(data, n, &why);
    if (!task->meta)
        return ln_task_fail(error, kMetadataAssociatedFileZipError, "%s", why.text);
    return make_interpreter(task, o, error);
}

void ln_task_close(ln_task *task)
{
    TfLiteInterpreterDelete(task->interpreter);
    TfLiteInterpreterOptionsDelete(task->options);
    if (task->delegate)
        TfLiteExternalDelegateDelete((TfLiteDelegate *)task->delegate);
    TfLiteModelDelete(task->model);
    ln_meta_close(task->meta);
    if (task->file.data)
        ln_file_close(&task->file);
    if (task->copy)
        ln_free_aligned(&ln_alloc_default, task->copy);
    ln_arena_deinit(&task->arena);
}

bool ln_task_invoke(ln_task *task, ln_task_error *error)
{
    if (TfLiteInterpreterInvoke(task->interpreter) != kTfLiteOk)
        return ln_task_fail(error, kError, "The model cannot be run: %s", task->message);
    return true;
}

int ln_task_inputs(const ln_task *task)
{
    return TfLiteInterpreterGetInputTensorCount(task->interpreter);
}

int ln_task_outputs(const ln_task *task)
{
    return TfLiteInterpreterGetOutputTensorCount(task->interpreter);
}

TfLiteTensor *ln_task_input(const ln_task *task, int i)
{
    return TfLiteInterpreterGetInputTensor(task->interpreter, i);
}

const TfLiteTensor *ln_task_output(const ln_task *task, int i)
{
    return TfLiteInterpreterGetOutputTensor(task->interpreter, i);
}

/* ---- metadata ---- */

bool ln_task_has_graph_metadata(const ln_task *task)
{
    const ln_meta_model *m = ln_meta_get(task->meta);
    return m && m->n_graphs > 0;
}

int ln_task_described_outputs(const ln_task *task)
{
    return ln_task_has_graph_metadata(task) ? ln_meta_get(task->meta)->graphs[0].outputs.n : 0;
}

bool ln_task_file(ln_task *task, const char *name, const char **text, size_t *n,
                  ln_task_error *error)
{
    ln_meta_error why;
    void *data;

    if (!ln_meta_read_file(task->meta, name, &data, n, &why))
        return ln_task_fail(error,
                            why.code == LN_META_NOT_FOUND ? kMetadataAssociatedFileNotFoundError
                                                          : kMetadataAssociatedFileZipError,
                            "The metadata names the file `%s`: %s", name, why.text);
    *text = ln_arena_string(&task->arena, data, *n);
    ln_meta_free(data);
    return *text ? true : ln_task_fail(error, kError, "No memory for the file `%s`.", name);
}

static int named(const ln_meta_tensor *(*get)(const ln_meta *, int), const ln_task *task,
                 const char *name, int n)
{
    for (int i = 0; i < n; i++) {
        const ln_meta_tensor *t = get(task->meta, i);
        if (t && t->name && strcmp(t->name, name) == 0)
            return i;
    }
    return -1;
}

int ln_task_input_named(const ln_task *task, const char *name)
{
    return named(ln_meta_input, task, name, ln_task_inputs(task));
}

int ln_task_output_named(const ln_task *task, const char *name)
{
    return named(ln_meta_output, task, name, ln_task_outputs(task));
}

/* ---- tensors ---- */

size_t ln_task_count(const TfLiteTensor *t)
{
    size_t n = 1;
    for (int i = 0; i < TfLiteTensorNumDims(t); i++)
        n *= (size_t)LN_MAX(0, TfLiteTensorDim(t, i));
    return n;
}

bool ln_task_floats(const TfLiteTensor *t, float *to, ln_task_error *error)
{
    const size_t n = ln_task_count(t);
    const TfLiteQuantizationParams q = TfLiteTensorQuantizationParams(t);
    const void *data = TfLiteTensorData(t);

    switch (TfLiteTensorType(t)) {
    case kTfLiteFloat32:
        memcpy(to, data, n * sizeof *to);
        return true;
    case kTfLiteUInt8:
        for (size_t i = 0; i < n; i++)
            to[i] = q.scale * (float)((int)((const uint8_t *)data)[i] - q.zero_point);
        return true;
    case kTfLiteInt8:
        for (size_t i = 0; i < n; i++)
            to[i] = q.scale * (float)((int)((const int8_t *)data)[i] - q.zero_point);
        return true;
    case kTfLiteInt16:
        for (size_t i = 0; i < n; i++)
            to[i] = q.scale * (float)((int)((const int16_t *)data)[i] - q.zero_point);
        return true;
    case kTfLiteFloat64:
        for (size_t i = 0; i < n; i++)
            to[i] = (float)((const double *)data)[i];
        return true;
    case kTfLiteBool:
        for (size_t i = 0; i < n; i++)
            to[i] = ((const bool *)data)[i];
        return true;
    default:
        return ln_task_fail(error, kInvalidOutputTensorTypeError,
                            "Type mismatch for output tensor %s. Requested one of these types: "
                            "kTfLiteUint8/kTfLiteInt8/kTfLiteFloat32, got %s.",
                            TfLiteTensorName(t), TfLiteTypeGetName(TfLiteTensorType(t)));
    }
}

/* ---- results ---- */

void *ln_result_new(size_t size, ln_arena **arena)
{
    char *p = ln_new(&ln_alloc_default, 1, size + sizeof(ln_arena));
    if (!p)
        return NULL;
    *arena = (ln_arena *)(void *)(p + size);
    ln_arena_init(*arena, &ln_alloc_default);
    return p;
}

void ln_result_free(void *result, size_t size)
{
    if (!result)
        return;
    ln_arena_deinit((ln_arena *)(void *)((char *)result + size));
    ln_free(&ln_alloc_default, result);
}
