/* SPDX-License-Identifier: Apache-2.0 */
/* nl_classifier_common.h: what the text classifiers of the Task Library give. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_TEXT_NL_CLASSIFIER_COMMON_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_TEXT_NL_CLASSIFIER_COMMON_H_

#include "tensorflow/lite/core/c/c_api_types.h" /* TFL_CAPI_EXPORT */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Category {
    char *text;
    double score;
} Category;

typedef struct Categories {
    int size;
    Category *categories; /* in the order of the model's classes */
} Categories;

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteNLClassifierCategoriesDelete(Categories *categories);

#ifdef __cplusplus
}
#endif

#endif
