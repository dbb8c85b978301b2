/* SPDX-License-Identifier: Apache-2.0 */
/* object_detector.h: what is where in an image, with the names of the Task Library.
 *
 * A function that fails returns NULL, and where `error` is not NULL makes an error there, to be
 * freed by TfLiteSupportErrorDelete.  Results are to be freed by their _Delete function, too. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_VISION_OBJECT_DETECTOR_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_VISION_OBJECT_DETECTOR_H_

#include "tensorflow_lite_support/c/common.h"
#include "tensorflow_lite_support/c/task/core/base_options.h"
#include "tensorflow_lite_support/c/task/processor/classification_options.h"
#include "tensorflow_lite_support/c/task/processor/detection_result.h"
#include "tensorflow_lite_support/c/task/vision/core/frame_buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteObjectDetector TfLiteObjectDetector;

typedef struct TfLiteObjectDetectorOptions {
    TfLiteClassificationOptions classification_options;
    TfLiteBaseOptions base_options;
} TfLiteObjectDetectorOptions;

/* The defaults, which a program is to begin with. */
TFL_CAPI_EXPORT TfLiteObjectDetectorOptions TfLiteObjectDetectorOptionsCreate(void);

TFL_CAPI_EXPORT TfLiteObjectDetector *TfLiteObjectDetectorFromOptions(
    const TfLiteObjectDetectorOptions *options, TfLiteSupportError **error);

TFL_CAPI_EXPORT TfLiteDetectionResult *TfLiteObjectDetectorDetect(
    const TfLiteObjectDetector *detector, const TfLiteFrameBuffer *frame_buffer,
    TfLiteSupportError **error);

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteObjectDetectorDelete(TfLiteObjectDetector *detector);

#ifdef __cplusplus
}
#endif

#endif
