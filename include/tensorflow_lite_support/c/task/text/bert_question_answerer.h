/* SPDX-License-Identifier: Apache-2.0 */
/* bert_question_answerer.h: what a text answers, with the names of the Task Library.
 *
 * Functions that return a pointer return NULL on failure. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_TEXT_BERT_QUESTION_ANSWERER_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_TEXT_BERT_QUESTION_ANSWERER_H_

#include "tensorflow/lite/core/c/c_api_types.h" /* TFL_CAPI_EXPORT */

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteBertQuestionAnswerer TfLiteBertQuestionAnswerer;

typedef struct TfLiteQaAnswer {
    int start, end; /* tokens of the model's sequence */
    float logit;    /* the higher the better */
    char *text;     /* words of the context */
} TfLiteQaAnswer;

typedef struct TfLiteQaAnswers {
    int size;
    TfLiteQaAnswer *answers; /* best first */
} TfLiteQaAnswers;

TFL_CAPI_EXPORT TfLiteBertQuestionAnswerer *TfLiteBertQuestionAnswererCreate(
    const char *model_path);

TFL_CAPI_EXPORT TfLiteQaAnswers *TfLiteBertQuestionAnswererAnswer(
    const TfLiteBertQuestionAnswerer *question_answerer, const char *context, const char *question);

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteBertQuestionAnswererDelete(
    TfLiteBertQuestionAnswerer *bert_question_answerer);

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteQaAnswersDelete(TfLiteQaAnswers *qa_answers);

#ifdef __cplusplus
}
#endif

#endif
