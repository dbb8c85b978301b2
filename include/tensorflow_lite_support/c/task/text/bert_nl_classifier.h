/* SPDX-License-Identifier: Apache-2.0 */
/* bert_nl_classifier.h: of what kind a text is, by BERT, with the names of the Task Library.
 *
 * Functions that return a pointer return NULL on failure. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_TEXT_BERT_NL_CLASSIFIER_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_TEXT_BERT_NL_CLASSIFIER_H_

#include "tensorflow_lite_support/c/task/text/nl_classifier_common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteBertNLClassifier TfLiteBertNLClassifier;

typedef struct TfLiteBertNLClassifierOptions {
    int max_seq_len; /* not looked at: the model says it */
} TfLiteBertNLClassifierOptions;

TFL_CAPI_EXPORT TfLiteBertNLClassifier *TfLiteBertNLClassifierCreateFromOptions(
    const char *model_path, const TfLiteBertNLClassifierOptions *options);

TFL_CAPI_EXPORT TfLiteBertNLClassifier *TfLiteBertNLClassifierCreate(const char *model_path);

TFL_CAPI_EXPORT Categories *TfLiteBertNLClassifierClassify(const TfLiteBertNLClassifier *classifier,
                                                           const char *text);

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteBertNLClassifierDelete(TfLiteBertNLClassifier *classifier);

#ifdef __cplusplus
}
#endif

#endif
