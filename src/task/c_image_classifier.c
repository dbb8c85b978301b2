/* SPDX-License-Identifier: Apache-2.0 */
/* c_image_classifier.c: TfLiteImageClassifier over ln_image_classifier. */
#include "linnet/task/vision.h"
#include "task/c_api.h"
#include "tensorflow_lite_support/c/task/vision/image_classifier.h"

/* A pointer to one is a pointer to ours: the type is never defined. */
static ln_image_classifier *ours(const TfLiteImageClassifier *classifier)
{
    return (ln_image_classifier *)(void *)classifier;
}

TfLiteImageClassifierOptions TfLiteImageClassifierOptionsCreate(void)
{
    return (TfLiteImageClassifierOptions){ln_c_default_categories(), ln_c_default_base()};
}

static ln_image_classifier *create(const TfLiteImageClassifierOptions *from, ln_task_error *error)
{
    ln_vision_options options = {0};
    ln_image_classifier *classifier = NULL;

    if (!from) {
        ln_task_fail(error, kInvalidArgumentError, "Expected non null options.");
        return NULL;
    }
    if (ln_c_base(&from->base_options, &options.base, error) &&
        ln_c_categories(&from->classification_options, &options.categories, error))
        classifier = ln_image_classifier_create(&options, error);
    ln_c_categories_free(&options.categories);
    return classifier;
}

TfLiteImageClassifier *TfLiteImageClassifierFromOptions(const TfLiteImageClassifierOptions *options,
                                                        TfLiteSupportError **error)
{
    ln_task_error why = {0};
    ln_image_classifier *classifier = create(options, &why);
    if (!classifier)
        ln_c_report(error, &why);
    return (TfLiteImageClassifier *)(void *)classifier;
}

void TfLiteImageClassifierDelete(TfLiteImageClassifier *classifier)
{
    ln_image_classifier_free(ours(classifier));
}

/* ---- use ---- */

static TfLiteClassificationResult *classify(const TfLiteImageClassifier *classifier,
                                            const TfLiteFrameBuffer *frame_buffer,
                                            const TfLiteBoundingBox *roi, ln_task_error *error)
{
    ln_frame frame;
    ln_box box;

    if (!classifier) {
        ln_task_fail(error, kInvalidArgumentError, "Expected non null image classifier.");
        return NULL;
    }
    if (!ln_c_frame(frame_buffer, &frame, error))
        return NULL;
    if (roi)
        box = (ln_box){roi->origin_x, roi->origin_y, roi->width, roi->height};
    ln_classification_result *result =
        ln_image_classify(ours(classifier), &frame, roi ? &box : NULL, error);
    TfLiteClassificationResult *copy = result ? ln_c_classifications(result, false, error) : NULL;
    ln_classification_result_free(result);
    return copy;
}

TfLiteClassificationResult *TfLiteImageClassifierClassifyWithRoi(
    const TfLiteImageClassifier *classifier, const TfLiteFrameBuffer *frame_buffer,
    const TfLiteBoundingBox *roi, TfLiteSupportError **error)
{
    ln_task_error why = {0};
    TfLiteClassificationResult *result = classify(classifier, frame_buffer, roi, &why);
    if (!result)
        ln_c_report(error, &why);
    return result;
}

TfLiteClassificationResult *TfLiteImageClassifierClassify(const TfLiteImageClassifier *classifier,
                                                          const TfLiteFrameBuffer *frame_buffer,
                                                          TfLiteSupportError **error)
{
    return TfLiteImageClassifierClassifyWithRoi(classifier, frame_buffer, NULL, error);
}
