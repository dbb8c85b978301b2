/* SPDX-License-Identifier: Apache-2.0 */
/* category.h: a class with its score. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_CATEGORY_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_CATEGORY_H_

#include "tensorflow/lite/core/c/c_api_types.h" /* TFL_CAPI_EXPORT */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteCategory {
    int index; /* in the model's output, or the label map */
    float score;
    char *display_name; /* NULL where there is none */
    char *label;        /* NULL where there is none */
} TfLiteCategory;

/* Frees the names of a category, not the structure. */
TFL_CAPI_EXPORT void TfLiteCategoryDelete(TfLiteCategory *category);

#ifdef __cplusplus
}
#endif

#endif
