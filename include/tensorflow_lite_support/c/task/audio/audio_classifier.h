/* SPDX-License-Identifier: Apache-2.0 */
/* audio_classifier.h: what is to be heard, with the names of the Task Library.
 *
 * Functions that return a pointer return NULL on failure; `error` (NULL is allowed) then says why,
 * and is to be freed by TfLiteSupportErrorDelete. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_AUDIO_AUDIO_CLASSIFIER_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_AUDIO_AUDIO_CLASSIFIER_H_

#include "tensorflow_lite_support/c/common.h"
#include "tensorflow_lite_support/c/task/audio/core/audio_buffer.h"
#include "tensorflow_lite_support/c/task/core/base_options.h"
#include "tensorflow_lite_support/c/task/processor/classification_options.h"
#include "tensorflow_lite_support/c/task/processor/classification_result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteAudioClassifier TfLiteAudioClassifier;

typedef struct TfLiteAudioClassifierOptions {
    TfLiteClassificationOptions classification_options;
    TfLiteBaseOptions base_options;
} TfLiteAudioClassifierOptions;

/* The defaults, which a program is to begin with. */
TFL_CAPI_EXPORT TfLiteAudioClassifierOptions TfLiteAudioClassifierOptionsCreate(void);

TFL_CAPI_EXPORT TfLiteAudioClassifier *TfLiteAudioClassifierFromOptions(
    const TfLiteAudioClassifierOptions *options, TfLiteSupportError **error);

TFL_CAPI_EXPORT TfLiteClassificationResult *TfLiteAudioClassifierClassify(
    const TfLiteAudioClassifier *classifier, const TfLiteAudioBuffer *audio_buffer,
    TfLiteSupportError **error);

/* Samples of all channels together; -1 on failure. */
TFL_CAPI_EXPORT int TfLiteAudioClassifierGetRequiredInputBufferSize(
    TfLiteAudioClassifier *classifier, TfLiteSupportError **error);

/* To be freed by TfLiteAudioFormatDelete. */
TFL_CAPI_EXPORT TfLiteAudioFormat *TfLiteAudioClassifierGetRequiredAudioFormat(
    TfLiteAudioClassifier *classifier, TfLiteSupportError **error);

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteAudioClassifierDelete(TfLiteAudioClassifier *classifier);

#ifdef __cplusplus
}
#endif

#endif
