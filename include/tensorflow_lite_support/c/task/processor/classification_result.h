/* SPDX-License-Identifier: Apache-2.0 */
/* classification_result.h: what a classifier of the Task Library gives. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_CLASSIFICATION_RESULT_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_CLASSIFICATION_RESULT_H_

#include "tensorflow_lite_support/c/task/processor/category.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The classes of one output (head) of the model, best first. */
typedef struct TfLiteClassifications {
    int head_index;
    char *head_name; /* NULL for images */
    int size;
    TfLiteCategory *categories;
} TfLiteClassifications;

typedef struct TfLiteClassificationResult {
    int size; /* heads */
    TfLiteClassifications *classifications;
} TfLiteClassificationResult;

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteClassificationResultDelete(
    TfLiteClassificationResult *classification_result);

#ifdef __cplusplus
}
#endif

#endif
