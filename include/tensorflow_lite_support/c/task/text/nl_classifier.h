/* SPDX-License-Identifier: Apache-2.0 */
/* nl_classifier.h: of what kind a text is, with the names of the Task Library.
 *
 * Functions that return a pointer return NULL on failure. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_TEXT_NL_CLASSIFIER_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_TEXT_NL_CLASSIFIER_H_

#include "tensorflow_lite_support/c/task/text/nl_classifier_common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteNLClassifier TfLiteNLClassifier;

/* Which tensors matter, where the metadata does not say it: by name (NULL: none), else by number.
 * A label tensor less than 0: there is none. */
typedef struct TfLiteNLClassifierOptions {
    int input_tensor_index;
    int output_score_tensor_index;
    int output_label_tensor_index;
    const char *input_tensor_name;
    const char *output_score_tensor_name;
    const char *output_label_tensor_name;
} TfLiteNLClassifierOptions;

TFL_CAPI_EXPORT TfLiteNLClassifier *TfLiteNLClassifierCreateFromOptions(
    const char *model_path, const TfLiteNLClassifierOptions *options);

TFL_CAPI_EXPORT Categories *TfLiteNLClassifierClassify(const TfLiteNLClassifier *classifier,
                                                       const char *text);

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteNLClassifierDelete(TfLiteNLClassifier *classifier);

#ifdef __cplusplus
}
#endif

#endif
