/* SPDX-License-Identifier: Apache-2.0 */
/* audio_buffer.h: sound for audio_classifier.h, with the names of the Task Library. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_AUDIO_AUDIO_BUFFER_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_AUDIO_AUDIO_BUFFER_H_

#include "tensorflow_lite_support/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteAudioFormat {
    int channels;
    int sample_rate;
} TfLiteAudioFormat;

/* A view of samples, those of one moment side by side. */
typedef struct TfLiteAudioBuffer {
    TfLiteAudioFormat format;
    const float *data;
    const unsigned long size; /* samples of all channels together */
} TfLiteAudioBuffer;

/* Frees a buffer and its samples, which are to come from malloc; NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteAudioBufferDelete(const TfLiteAudioBuffer *buffer);
/* Frees its samples alone. */
TFL_CAPI_EXPORT void TfLiteAudioBufferDataDelete(const TfLiteAudioBuffer audio_buffer);
TFL_CAPI_EXPORT void TfLiteAudioFormatDelete(const TfLiteAudioFormat *format);

#ifdef __cplusplus
}
#endif

#endif
