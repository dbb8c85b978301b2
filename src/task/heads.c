/* SPDX-License-Identifier: Apache-2.0 */
/* heads.c: the order of things is the Task Library's (classification_postprocessor.cc): calibrate,
 * leave out what the lists and the threshold exclude, sort, cut. */
#include "task/heads.h"

#include <string.h>

#include "tensorflow/lite/core/c/common.h"

void ln_classification_result_free(ln_classification_result *result)
{
    ln_result_free(result, sizeof *result);
}

/* The last dimension, when the others are 1. */
static bool count_classes(const TfLiteTensor *t, int i, int *classes, ln_task_error *error)
{
    const int rank = TfLiteTensorNumDims(t);

    if (rank == 4 && (TfLiteTensorDim(t, 1) != 1 || TfLiteTensorDim(t, 2) != 1))
        return ln_task_fail(error, kInvalidOutputTensorDimensionsError,
                            "Unexpected WxH sizes for output index %d: got %dx%d, expected 1x1.", i,
                            TfLiteTensorDim(t, 2), TfLiteTensorDim(t, 1));
    if (rank != 2 && rank != 4)
        return ln_task_fail(
            error, kInvalidOutputTensorDimensionsError,
            "Unexpected number of dimensions for output index %d: got %dD, expected "
            "either 2D (BxN with B=1) or 4D (BxHxWxN with B=1, W=1, H=1).",
            i, rank);
    if (TfLiteTensorDim(t, 0) != 1)
        return ln_task_fail(error, kInvalidOutputTensorDimensionsError,
                            "The output array is expected to have a batch size of 1. Got %d for "
                            "output index %d.",
                            TfLiteTensorDim(t, 0), i);
    const TfLiteType type = TfLiteTensorType(t);
    if (type != kTfLiteFloat32 && type != kTfLiteUInt8 && type != kTfLiteInt8)
        return ln_task_fail(error, kInvalidOutputTensorTypeError,
                            "Type mismatch for output tensor %s. Requested one of these types: "
                            "kTfLiteUint8/kTfLiteInt8/kTfLiteFloat32, got %s.",
                            TfLiteTensorName(t), TfLiteTypeGetName(type));
    *classes = TfLiteTensorDim(t, rank - 1);
    return true;
}

static bool init_head(ln_head *h, int i, ln_task *task, const ln_classifier_options *o, bool *any,
                      ln_task_error *error)
{
    const ln_meta_tensor *meta = ln_meta_output(task->meta, i);

    h->name = meta && meta->name ? meta->name : "";
    if (!count_classes(ln_task_output(task, i), i, &h->classes, error))
        return false;
    if (!ln_labels_read(&h->labels, task, meta, LN_META_AXIS_LABELS, o->locale, error))
        return false;
    if (h->labels.n && h->labels.n != h->classes)
        return ln_task_fail(error, kMetadataInconsistencyError,
                            "Got %d class(es) for output index %d, expected %d according to the "
                            "label map.",
                            h->classes, i, h->labels.n);
    h->threshold = ln_labels_threshold(o, meta);
    if (!ln_labels_calibration(&h->calibration, &h->calibrated, task, meta, h->classes, error))
        return false;
    h->allowed = ln_arena_new(&task->arena, (size_t)h->classes + 1, sizeof *h->allowed);
    if (!h->allowed)
        return ln_task_fail(error, kError, "No memory for %d classes.", h->classes);
    return ln_labels_allowed(h->allowed, h->classes, &h->labels, o, any, error);
}

bool ln_heads_init(ln_heads *heads, ln_task *task, const ln_classifier_options *o,
                   ln_task_error *error)
{
    const int described = ln_task_described_outputs(task), n = ln_task_outputs(task);
    int most = 0;
    bool any = false;

    *heads = (ln_heads){.task = task, .n = n, .max_results = o->max_results};
    if (described && described != n)
        return ln_task_fail(error, kMetadataInconsistencyError,
                            "Mismatch between number of output tensors (%d) and output tensors "
                            "metadata (%d).",
                            n, described);
    heads->head = ln_arena_new(&task->arena, (size_t)n + 1, sizeof *heads->head);
    if (!heads->head)
        return ln_task_fail(error, kError, "No memory for %d outputs.", n);
    for (int i = 0; i < n; i++) {
        if (!init_head(&heads->head[i], i, task, o, &any, error))
            return false;
        most = LN_MAX(most, heads->head[i].classes);
    }
    heads->scores = ln_arena_new(&task->arena, (size_t)most + 1, sizeof *heads->scores);
    heads->order = ln_arena_new(&task->arena, (size_t)most + 1, sizeof *heads->order);
    if (!heads->scores || !heads->order)
        return ln_task_fail(error, kError, "No memory for %d classes.", most);
    return ln_labels_check_match(o, any, error);
}

/* Fills the categories of one head; their number is at most max_results. */
static bool fill(ln_heads *heads, int i, ln_classification *to, ln_arena *arena,
                 ln_task_error *error)
{
    const ln_head *h = &heads->head[i];
    const TfLiteTensor *t = ln_task_output(heads->task, i);
    const int most = heads->max_results > 0 ? LN_MIN(heads->max_results, h->classes) : h->classes;

    if (ln_task_count(t) != (size_t)h->classes)
        return ln_task_fail(error, kInvalidOutputTensorDimensionsError,
                            "Output %d has changed its size.", i);
    if (!ln_task_floats(t, heads->scores, error))
        return false;
    for (int k = 0; k < h->classes && h->calibrated; k++)
        heads->scores[k] = ln_calibrate(&h->calibration, k, heads->scores[k]);
    ln_top_k(heads->scores, h->classes, h->classes, heads->order);
    ln_category *categories = ln_arena_new(arena, (size_t)most + 1, sizeof *categories);
    if (!categories)
        return ln_task_fail(error, kError, "No memory for %d categories.", most);
    *to = (ln_classification){h->name, 0, categories};
    for (int k = 0; k < h->classes && to->n < most; k++) {
        const int c = heads->order[k];
        if (h->allowed[c] && heads->scores[c] >= h->threshold)
            categories[to->n++] = (ln_category){c, heads->scores[c], ln_label_name(&h->labels, c),
                                                ln_label_display_name(&h->labels, c)};
    }
    return true;
}

ln_classification_result *ln_heads_result(ln_heads *heads, ln_task_error *error)
{
    ln_arena *arena;
    ln_classification_result *result = ln_result_new(sizeof *result, &arena);
    ln_classification *all = result ? ln_arena_new(arena, (size_t)heads->n + 1, sizeof *all) : NULL;
    bool ok = all || ln_task_fail(error, kError, "No memory for a result.");

    for (int i = 0; i < heads->n && ok; i++)
        ok = fill(heads, i, &all[i], arena, error);
    if (!ok) {
        ln_classification_result_free(result);
        return NULL;
    }
    result->n = heads->n;
    result->heads = all;
    return result;
}
