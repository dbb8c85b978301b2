/* SPDX-License-Identifier: Apache-2.0 */
/* image_classifier.h: what is in an image, with the names of the Task Library.
 *
 * A function that fails returns NULL, and where `error` is not NULL makes an error there, to be
 * freed by TfLiteSupportErrorDelete.  Results are to be freed by their _Delete function, too. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_VISION_IMAGE_CLASSIFIER_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_VISION_IMAGE_CLASSIFIER_H_

#include "tensorflow_lite_support/c/common.h"
#include "tensorflow_lite_support/c/task/core/base_options.h"
#include "tensorflow_lite_support/c/task/processor/bounding_box.h"
#include "tensorflow_lite_support/c/task/processor/classification_options.h"
#include "tensorflow_lite_support/c/task/processor/classification_result.h"
#include "tensorflow_lite_support/c/task/vision/core/frame_buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteImageClassifier TfLiteImageClassifier;

typedef struct TfLiteImageClassifierOptions {
    TfLiteClassificationOptions classification_options;
    TfLiteBaseOptions base_options;
} TfLiteImageClassifierOptions;

/* The defaults, which a program is to begin with. */
TFL_CAPI_EXPORT TfLiteImageClassifierOptions TfLiteImageClassifierOptionsCreate(void);

TFL_CAPI_EXPORT TfLiteImageClassifier *TfLiteImageClassifierFromOptions(
    const TfLiteImageClassifierOptions *options, TfLiteSupportError **error);

TFL_CAPI_EXPORT TfLiteClassificationResult *TfLiteImageClassifierClassify(
    const TfLiteImageClassifier *classifier, const TfLiteFrameBuffer *frame_buffer,
    TfLiteSupportError **error);

/* Classifies the part `roi` of a frame; NULL: all of it. */
TFL_CAPI_EXPORT TfLiteClassificationResult *TfLiteImageClassifierClassifyWithRoi(
    const TfLiteImageClassifier *classifier, const TfLiteFrameBuffer *frame_buffer,
    const TfLiteBoundingBox *roi, TfLiteSupportError **error);

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteImageClassifierDelete(TfLiteImageClassifier *classifier);

#ifdef __cplusplus
}
#endif

#endif
