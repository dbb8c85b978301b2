/* SPDX-License-Identifier: Apache-2.0 */
/* c_object_detector.c: TfLiteObjectDetector over ln_object_detector. */
#include "linnet/task/vision.h"
#include "task/c_api.h"
#include "tensorflow_lite_support/c/task/vision/object_detector.h"

/* A pointer to one is a pointer to ours: the type is never defined. */
static ln_object_detector *ours(const TfLiteObjectDetector *detector)
{
    return (ln_object_detector *)(void *)detector;
}

TfLiteObjectDetectorOptions TfLiteObjectDetectorOptionsCreate(void)
{
    return (TfLiteObjectDetectorOptions){ln_c_default_categories(), ln_c_default_base()};
}

static ln_object_detector *create(const TfLiteObjectDetectorOptions *from, ln_task_error *error)
{
    ln_vision_options options = {0};
    ln_object_detector *detector = NULL;

    if (!from) {
        ln_task_fail(error, kInvalidArgumentError, "Expected non null options.");
        return NULL;
    }
    if (ln_c_base(&from->base_options, &options.base, error) &&
        ln_c_categories(&from->classification_options, &options.categories, error))
        detector = ln_object_detector_create(&options, error);
    ln_c_categories_free(&options.categories);
    return detector;
}

TfLiteObjectDetector *TfLiteObjectDetectorFromOptions(const TfLiteObjectDetectorOptions *options,
                                                      TfLiteSupportError **error)
{
    ln_task_error why = {0};
    ln_object_detector *detector = create(options, &why);
    if (!detector)
        ln_c_report(error, &why);
    return (TfLiteObjectDetector *)(void *)detector;
}

void TfLiteObjectDetectorDelete(TfLiteObjectDetector *detector)
{
    ln_object_detector_free(ours(detector));
}

/* ---- results ---- */

static bool copy_detection(const ln_detection *from, TfLiteDetection *to, ln_task_error *error)
{
    const ln_box *box = &from->box;

    to->bounding_box = (TfLiteBoundingBox){box->x, box->y, box->width, box->height};
    to->categories = ln_c_new(1, sizeof *to->categories, error);
    if (!to->categories)
        return false;
    to->size = 1;
    return ln_c_category(&from->category, to->categories, error);
}

static TfLiteDetectionResult *result_of(const ln_detection_result *from, ln_task_error *error)
{
    TfLiteDetectionResult *to = ln_c_new(1, sizeof *to, error);
    if (!to)
        return NULL;
    to->detections = ln_c_new((size_t)from->n, sizeof *to->detections, error);
    bool ok = to->detections != NULL;
    to->size = ok ? from->n : 0;
    for (int i = 0; ok && i < from->n; i++)
        ok = copy_detection(&from->detections[i], &to->detections[i], error);
    if (ok)
        return to;
    TfLiteDetectionResultDelete(to);
    return NULL;
}

void TfLiteDetectionResultDelete(TfLiteDetectionResult *result)
{
    if (!result)
        return;
    for (int i = 0; i < result->size; i++) {
        for (int j = 0; j < result->detections[i].size; j++)
            TfLiteCategoryDelete(&result->detections[i].categories[j]);
        ln_free(&ln_alloc_default, result->detections[i].categories);
    }
    ln_free(&ln_alloc_default, result->detections);
    ln_free(&ln_alloc_default, result);
}

/* ---- use ---- */

static TfLiteDetectionResult *detect(const TfLiteObjectDetector *detector,
                                     const TfLiteFrameBuffer *frame_buffer, ln_task_error *error)
{
    ln_frame frame;

    if (!detector) {
        ln_task_fail(error, kInvalidArgumentError, "Expected non null object detector.");
        return NULL;
    }
    if (!ln_c_frame(frame_buffer, &frame, error))
        return NULL;
    ln_detection_result *result = ln_object_detect(ours(detector), &frame, error);
    TfLiteDetectionResult *copy = result ? result_of(result, error) : NULL;
    ln_detection_result_free(result);
    return copy;
}

TfLiteDetectionResult *TfLiteObjectDetectorDetect(const TfLiteObjectDetector *detector,
                                                  const TfLiteFrameBuffer *frame_buffer,
                                                  TfLiteSupportError **error)
{
    ln_task_error why = {0};
    TfLiteDetectionResult *result = detect(detector, frame_buffer, &why);
    if (!result)
        ln_c_report(error, &why);
    return result;
}
