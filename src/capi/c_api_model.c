/* SPDX-License-Identifier: Apache-2.0 */
/* c_api_model.c: versions, models and error reporters of c_api.h. */
#include <stdio.h>

#include "capi/capi.h"
#include "linnet/linnet.h"
#include "model/model.h"

#define TFLITE_VERSION "2.19.0"
#define LINNET_VERSION "0.1.0"
enum { SCHEMA_VERSION = 3 };

static const ln_alloc *const heap = &ln_alloc_default;

const char *TfLiteVersion(void)
{
    return TFLITE_VERSION;
}

const char *TfLiteExtensionApisVersion(void)
{
    return TFLITE_VERSION;
}

int TfLiteSchemaVersion(void)
{
    return SCHEMA_VERSION;
}

const char *ln_version(void)
{
    return LINNET_VERSION;
}

/* ---- error reporters ---- */

static void call_reporter(const ln_reporter *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    r->fn(r->user, format, args);
    va_end(args);
}

void ln_reporter_report(void *reporter, const char *message)
{
    const ln_reporter *r = reporter;
    if (r->fn)
        call_reporter(r, "%s", message);
}

/* ---- models ---- */

/* A model from a file if `path` is not NULL, else from memory. */
static TfLiteModel *open_model(const char *path, const void *data, size_t size,
                               ln_reporter reporter)
{
    ln_diag diag = {.sink = ln_reporter_report, .user = &reporter};
    TfLiteModel *m = NULL;
    if (!path && !data) {
        (void)ln_fail(&diag, LN_ERR_ARGUMENT, "the model to load is NULL");
        return NULL;
    }
    m = ln_new(heap, 1, sizeof *m);
    if (!m) {
        (void)ln_fail(&diag, LN_ERR_MEMORY, "no memory for a model");
        return NULL;
    }
    m->reporter = reporter;
    const ln_status status = path ? ln_model_open(&m->model, path, heap, &diag)
                                  : ln_model_open_memory(&m->model, data, size, heap, &diag);
    if (status != LN_OK) {
        ln_free(heap, m);
        return NULL;
    }
    return m;
}

TfLiteModel *TfLiteModelCreate(const void *model_data, size_t model_size)
{
    return open_model(NULL, model_data, model_size, (ln_reporter){0});
}

TfLiteModel *TfLiteModelCreateWithErrorReporter(const void *model_data, size_t model_size,
                                                void (*reporter)(void *user_data,
                                                                 const char *format, va_list args),
                                                void *user_data)
{
    return open_model(NULL, model_data, model_size, (ln_reporter){reporter, user_data});
}

TfLiteModel *TfLiteModelCreateFromFile(const char *model_path)
{
    return open_model(model_path, NULL, 0, (ln_reporter){0});
}

TfLiteModel *TfLiteModelCreateFromFileWithErrorReporter(
    const char *model_path, void (*reporter)(void *user_data, const char *format, va_list args),
    void *user_data)
{
    return open_model(model_path, NULL, 0, (ln_reporter){reporter, user_data});
}

void TfLiteModelDelete(TfLiteModel *model)
{
    if (!model)
        return;
    ln_model_release(model->model);
    ln_free(heap, model);
}
