/* SPDX-License-Identifier: Apache-2.0 */
/* c_api.c: options, frames, categories and errors of the C API with the Task Library's names. */
#include "task/c_api.h"

#include <string.h>

/* ---- memory and errors ---- */

void *ln_c_new(size_t count, size_t size, ln_task_error *error)
{
    void *p = ln_new(&ln_alloc_default, count ? count : 1, size);
    if (!p)
        ln_task_fail(error, kError, "No memory for a result.");
    return p;
}

char *ln_c_copy(const char *text)
{
    const size_t n = strlen(text) + 1;
    char *copy = ln_new(&ln_alloc_default, n, 1);
    if (copy)
        memcpy(copy, text, n);
    return copy;
}

void ln_c_report(TfLiteSupportError **to, const ln_task_error *error)
{
    if (!to)
        return;
    *to = ln_new(&ln_alloc_default, 1, sizeof **to);
    if (!*to)
        return;
    (*to)->code = (enum TfLiteSupportErrorCode)error->code;
    (*to)->message = ln_c_copy(error->message);
}

void TfLiteSupportErrorDelete(TfLiteSupportError *error)
{
    if (!error)
        return;
    ln_free(&ln_alloc_default, error->message);
    ln_free(&ln_alloc_default, error);
}

/* ---- options ---- */

TfLiteBaseOptions ln_c_default_base(void)
{
    TfLiteBaseOptions options;
    memset(&options, 0, sizeof options);
    options.compute_settings.cpu_settings.num_threads = -1;
    return options;
}

bool ln_c_base(const TfLiteBaseOptions *from, ln_task_options *to, ln_task_error *error)
{
    const TfLiteComputeSettings *compute = &from->compute_settings;

    if (compute->cpu_settings.num_threads == 0)
        return ln_task_fail(error, kInvalidArgumentError,
                            "`num_threads` must be greater than 0 or equal to -1.");
    if (compute->coreml_delegate_settings.enable_delegate)
        return ln_task_fail(error, kInvalidArgumentError, "There is no Core ML delegate.");
    if (compute->coral_delegate_settings.enable_delegate)
        return ln_task_fail(error, kInvalidArgumentError, "There is no Coral delegate.");
    to->model_path = from->model_file.file_path;
    to->num_threads = compute->cpu_settings.num_threads;
    return true;
}

TfLiteClassificationOptions ln_c_default_categories(void)
{
    TfLiteClassificationOptions options;
    memset(&options, 0, sizeof options);
    options.max_results = -1;
    return options;
}

/* A list of ours, ended by NULL; NULL for an empty one. */
static bool list_of(const TfLiteStringArrayOption *from, const char *const **to,
                    ln_task_error *error)
{
    if (from->length <= 0)
        return true;
    if (!from->list)
        return ln_task_fail(error, kInvalidArgumentError, "A list of labels is NULL.");
    const char **list = ln_c_new((size_t)from->length + 1, sizeof *list, error);
    if (!list)
        return false;
    *to = list;
    for (int i = 0; i < from->length; i++) {
        if (!from->list[i])
            return ln_task_fail(error, kInvalidArgumentError, "Label %d of a list is NULL.", i);
        list[i] = from->list[i];
    }
    return true;
}

bool ln_c_categories(const TfLiteClassificationOptions *from, ln_classifier_options *to,
                     ln_task_error *error)
{
    if (from->max_results == 0)
        return ln_task_fail(error, kInvalidArgumentError,
                            "Invalid `max_results` option: value must be != 0");
    to->max_results = from->max_results;
    to->has_score_threshold = true; /* there is no telling a 0 that was set from one that was not */
    to->score_threshold = from->score_threshold;
    to->locale = from->display_names_local;
    return list_of(&from->label_denylist, &to->deny, error) &&
           list_of(&from->label_allowlist, &to->allow, error);
}

void ln_c_categories_free(ln_classifier_options *options)
{
    ln_free(&ln_alloc_default, (void *)options->deny);
    ln_free(&ln_alloc_default, (void *)options->allow);
}

/* ---- frames ---- */

bool ln_c_frame(const TfLiteFrameBuffer *from, ln_frame *to, ln_task_error *error)
{
    static const ln_pixel_format formats[] = {
        [kRGBA] = LN_PIXEL_RGBA, [kRGB] = LN_PIXEL_RGB,   [kNV12] = LN_PIXEL_NV12,
        [kNV21] = LN_PIXEL_NV21, [kYV12] = LN_PIXEL_YV12, [kYV21] = LN_PIXEL_YV21,
        [kGRAY] = LN_PIXEL_GRAY,
    };

    if (!from)
        return ln_task_fail(error, kInvalidArgumentError, "Expected non null frame buffer.");
    if (!from->buffer)
        return ln_task_fail(error, kInvalidArgumentError,
                            "Invalid stride information: the frame buffer has no pixels.");
    if ((unsigned)from->format >= sizeof formats / sizeof formats[0])
        return ln_task_fail(error, kInvalidArgumentError, "Unsupported frame buffer format: %d.",
                            (int)from->format);
    memset(to, 0, sizeof *to);
    to->format = formats[from->format];
    to->width = from->dimension.width;
    to->height = from->dimension.height;
    to->planes[0] = from->buffer;
    /* Programs are used to leave the orientation unset. */
    to->orientation = (int)from->orientation;
    if (to->orientation < kTopLeft || to->orientation > kLeftBottom)
        to->orientation = kTopLeft;
    return true;
}

/* ---- categories ---- */

char *ln_c_name(const char *name, bool *ok, ln_task_error *error)
{
    if (!name || !name[0])
        return NULL;
    char *copy = ln_c_copy(name);
    if (!copy)
        *ok = ln_task_fail(error, kError, "No memory for a result.");
    return copy;
}

bool ln_c_category(const ln_category *from, TfLiteCategory *to, ln_task_error *error)
{
    bool ok = true;
    to->index = from->index;
    to->score = from->score;
    to->label = ln_c_name(from->name, &ok, error);
    to->display_name = ln_c_name(from->display_name, &ok, error);
    return ok;
}

void TfLiteCategoryDelete(TfLiteCategory *category)
{
    ln_free(&ln_alloc_default, category->display_name);
    ln_free(&ln_alloc_default, category->label);
}
