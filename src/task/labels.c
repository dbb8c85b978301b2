/* SPDX-License-Identifier: Apache-2.0 */
/* labels.c: label maps as the Task Library reads them: a line per class. */
#include "task/labels.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

/* Cuts text into lines in place; a carriage return at an end goes, too. */
static bool split(ln_task *task, const char *text, size_t n, const char ***lines, int *count,
                  ln_task_error *error)
{
    char *copy = ln_arena_string(&task->arena, text, n);
    size_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += text[i] == '\n';
    total += n > 0 && text[n - 1] != '\n';
    *lines = ln_arena_new(&task->arena, total + 1, sizeof **lines);
    if (!copy || !*lines || total > INT32_MAX)
        return ln_task_fail(error, kError, "No memory for %zu labels.", total);
    for (size_t i = 0; i < total; i++) {
        char *end = strchr(copy, '\n');
        (*lines)[i] = copy;
        if (end) {
            *end = 0;
            if (end > copy && end[-1] == '\r')
                end[-1] = 0;
            copy = end + 1;
        }
    }
    *count = (int)total;
    return true;
}

static bool read_lines(ln_task *task, const ln_meta_file *file, const char ***lines, int *count,
                       ln_task_error *error)
{
    const char *text;
    size_t n;
    return ln_task_file(task, file->name, &text, &n, error) &&
           split(task, text, n, lines, count, error);
}

/* The first file of a type, whatever its locale. */
static const ln_meta_file *first_of(const ln_meta_files *files, ln_meta_file_type type)
{
    for (int i = 0; i < files->n; i++) {
        if (files->all[i].type == type)
            return &files->all[i];
    }
    return NULL;
}

bool ln_labels_read(ln_labels *labels, ln_task *task, const ln_meta_tensor *tensor,
                    ln_meta_file_type type, const char *locale, ln_task_error *error)
{
    const ln_meta_file *names = tensor ? first_of(&tensor->files, type) : NULL;
    const ln_meta_file *display =
        tensor ? ln_meta_find_file(&tensor->files, type, locale && *locale ? locale : "en") : NULL;
    int n = 0;

    *labels = (ln_labels){0};
    if (!names)
        return true;
    if (!read_lines(task, names, &labels->names, &labels->n, error))
        return false;
    if (labels->n == 0)
        return ln_task_fail(error, kMetadataMissingLabelsError,
                            "Expected non-empty labels file: `%s` is empty.", names->name);
    if (!display || !display->locale || !*display->locale)
        return true;
    if (!read_lines(task, display, &labels->display_names, &n, error))
        return false;
    if (n != labels->n)
        return ln_task_fail(error, kMetadataNumLabelsMismatchError,
                            "Mismatch between number of labels (%d) and display names (%d).",
                            labels->n, n);
    return true;
}

const char *ln_label_name(const ln_labels *labels, int i)
{
    return i >= 0 && i < labels->n ? labels->names[i] : "";
}

const char *ln_label_display_name(const ln_labels *labels, int i)
{
    return i >= 0 && i < labels->n && labels->display_names ? labels->display_names[i] : "";
}

static bool has_any(const char *const *list)
{
    return list && list[0];
}

bool ln_labels_check_options(const ln_classifier_options *o, ln_task_error *error)
{
    if (has_any(o->allow) && has_any(o->deny))
        return ln_task_fail(error, kInvalidArgumentError,
                            "`class_name_whitelist` and `class_name_blacklist` are mutually "
                            "exclusive options.");
    return true;
}

bool ln_labels_allowed(bool *allowed, int n, const ln_labels *labels,
                       const ln_classifier_options *o, bool *any, ln_task_error *error)
{
    const bool allow = has_any(o->allow), deny = has_any(o->deny);
    const char *const *list = allow ? o->allow : o->deny;

    for (int i = 0; i < n; i++)
        allowed[i] = !allow;
    if (!allow && !deny)
        return true;
    if (labels->n == 0)
        return ln_task_fail(
            error, kMetadataMissingLabelsError,
            "Using `class_name_whitelist` or `class_name_blacklist` requires labels "
            "to be present in the TFLite Model Metadata but none was found; `linnet "
            "metadata add-file` packs a label file.");
    for (; *list; list++) {
        for (int i = 0; i < n && i < labels->n; i++) {
            if (strcmp(labels->names[i], *list) == 0) {
                allowed[i] = allow;
                *any = true;
            }
        }
    }
    return true;
}

bool ln_labels_check_match(const ln_classifier_options *o, bool any, ln_task_error *error)
{
    const bool allow = has_any(o->allow);
    if (any || (!allow && !has_any(o->deny)))
        return true;
    return ln_task_fail(error, kInvalidArgumentError,
                        "Invalid class names specified via `class_name_%s`: none match with model "
                        "labels.",
                        allow ? "whitelist" : "blacklist");
}

float ln_labels_threshold(const ln_classifier_options *o, const ln_meta_tensor *tensor)
{
    const ln_meta_unit *unit =
        tensor ? ln_meta_find_unit(&tensor->units, LN_META_THRESHOLDING) : NULL;
    if (o->has_score_threshold)
        return o->score_threshold;
    return unit ? unit->threshold : -FLT_MAX;
}

bool ln_labels_calibration(ln_calibration *c, bool *has, ln_task *task,
                           const ln_meta_tensor *tensor, int classes, ln_task_error *error)
{
    const ln_meta_unit *unit =
        tensor ? ln_meta_find_unit(&tensor->units, LN_META_CALIBRATION) : NULL;
    const ln_alloc alloc = ln_alloc_default;
    ln_diag diag = {0};
    const char *text;
    size_t n;

    *has = false;
    if (!unit)
        return true;
    const ln_meta_file *file = first_of(&tensor->files, LN_META_SCORE_CALIBRATION);
    if (!file)
        return ln_task_fail(error, kMetadataAssociatedFileNotFoundError,
                            "The metadata has ScoreCalibrationOptions but no associated file of "
                            "type TENSOR_AXIS_SCORE_CALIBRATION.");
    if (!ln_task_file(task, file->name, &text, &n, error))
        return false;
    *c = (ln_calibration){.transform = (ln_score_transform)unit->transformation,
                          .default_score = unit->default_score};
    const ln_status status = ln_calibration_parse(c, text, n, classes, &alloc, &diag);
    ln_sigmoid *copy =
        c->sigmoids && status == LN_OK
            ? ln_arena_copy(&task->arena, c->sigmoids, (size_t)classes * sizeof *copy)
            : NULL;
    ln_free(&alloc, c->sigmoids);
    c->sigmoids = copy;
    if (status != LN_OK || !copy)
        return ln_task_fail_diag(error, kMetadataMalformedScoreCalibrationError, status, &diag);
    *has = true;
    return true;
}
