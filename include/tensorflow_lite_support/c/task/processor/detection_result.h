/* SPDX-License-Identifier: Apache-2.0 */
/* detection_result.h: what an object detector of the Task Library gives. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_DETECTION_RESULT_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_DETECTION_RESULT_H_

#include "tensorflow_lite_support/c/task/processor/bounding_box.h"
#include "tensorflow_lite_support/c/task/processor/category.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteDetection {
    TfLiteBoundingBox bounding_box;
    TfLiteCategory *categories;
    int size; /* of `categories` */
} TfLiteDetection;

typedef struct TfLiteDetectionResult {
    int size;
    TfLiteDetection *detections;
} TfLiteDetectionResult;

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteDetectionResultDelete(TfLiteDetectionResult *detection_result);

#ifdef __cplusplus
}
#endif

#endif
