/* SPDX-License-Identifier: Apache-2.0 */
/* audio.h: what can be heard.
 *
 *     ln_audio_options options = {.base.model_path = "yamnet.tflite"};
 *     ln_audio_classifier *classifier = ln_audio_classifier_create(&options, NULL);
 *     ln_audio *audio = ln_audio_read("speech.wav", NULL);
 *     ln_classification_result *r = ln_audio_classify(classifier, audio, 0, NULL);
 *     printf("%s %.2f\n", r->heads[0].categories[0].name, r->heads[0].categories[0].score);
 *
 * A model is to have one float32 input of samples and metadata (AudioProperties) with their rate
 * and channels.  Sound of another rate or number of channels is converted.
 *
 * Functions that return a pointer return NULL on failure; `error` says why, where it is not NULL.
 * Results are to be freed by their _free function, tasks by theirs. */
#ifndef LINNET_TASK_AUDIO_H
#define LINNET_TASK_AUDIO_H

#include "linnet/task/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sound: `frames` times `channels` samples, from -1 to 1, those of one moment side by side. */
typedef struct ln_audio {
    int sample_rate, channels; /* samples of a channel per second */
    size_t frames;
    const float *samples;
} ln_audio;

/* Reads a WAV file of 8, 16, 24 or 32 bits, or floats; to be freed by ln_audio_free. */
LN_API ln_audio *ln_audio_read(const char *path, ln_task_error *error);
/* The same for a file's `n` bytes. */
LN_API ln_audio *ln_audio_decode(const void *data, size_t n, ln_task_error *error);
/* A copy with another rate and number of channels. */
LN_API ln_audio *ln_audio_convert(const ln_audio *audio, int sample_rate, int channels,
                                  ln_task_error *error);
/* NULL is allowed. */
LN_API void ln_audio_free(ln_audio *audio);

/* ---- features: for models that take spectra, not samples ---- */

/* What becomes of each window of samples. */
typedef enum ln_feature_kind {
    LN_FEATURE_MAGNITUDE, /* its spectrum: n / 2 + 1 values, n the next power of two */
    LN_FEATURE_POWER,     /* the squares of these */
    LN_FEATURE_MEL,       /* sums of magnitudes in triangular bands, evenly spaced in mel */
    LN_FEATURE_LOG_MEL,   /* their natural logarithms, of 1e-12 at least */
    LN_FEATURE_MFCC       /* the cosine transform of these */
} ln_feature_kind;

typedef struct ln_feature_options {
    ln_feature_kind kind;
    int window, stride;     /* samples; windows go under a periodic Hann window */
    int bands;              /* of mel: from `low` to `high` Hz */
    float low, high;
    int coefficients;       /* of MFCC: at most `bands` */
} ln_feature_options;

typedef struct ln_features {
    int windows, width;
    const float *values; /* window by window */
} ln_features;

/* The features of sound of one channel, as TensorFlow Lite's operators AudioSpectrogram and Mfcc
 * compute them; windows that would go beyond the end are left out. */
LN_API ln_features *ln_audio_features(const ln_audio *audio, const ln_feature_options *options,
                                      ln_task_error *error);
/* NULL is allowed. */
LN_API void ln_features_free(ln_features *features);

/* How to make an audio task.  All zero but the model is a good start. */
typedef struct ln_audio_options {
    ln_task_options base;
    ln_classifier_options categories; /* of classifiers */
    ln_embedder_options embedding;    /* of embedders */
} ln_audio_options;

/* What a model takes at once. */
typedef struct ln_audio_format {
    int sample_rate, channels;
    size_t frames;
} ln_audio_format;

/* ---- what is it? ---- */

typedef struct ln_audio_classifier ln_audio_classifier;

LN_API ln_audio_classifier *ln_audio_classifier_create(const ln_audio_options *options,
                                                       ln_task_error *error);
LN_API ln_audio_format ln_audio_classifier_format(const ln_audio_classifier *classifier);
/* Classifies as many frames as the model takes, from frame `first` on (of the sound as given).
 * Where there are fewer, silence comes before them. */
LN_API ln_classification_result *ln_audio_classify(ln_audio_classifier *classifier,
                                                   const ln_audio *audio, size_t first,
                                                   ln_task_error *error);
LN_API void ln_audio_classifier_free(ln_audio_classifier *classifier);

/* ---- what is it like? ---- */

typedef struct ln_audio_embedder ln_audio_embedder;

LN_API ln_audio_embedder *ln_audio_embedder_create(const ln_audio_options *options,
                                                   ln_task_error *error);
LN_API ln_audio_format ln_audio_embedder_format(const ln_audio_embedder *embedder);
LN_API ln_embedding_result *ln_audio_embed(ln_audio_embedder *embedder, const ln_audio *audio,
                                           size_t first, ln_task_error *error);
/* The length of vector `i`; -1 when there is none. */
LN_API int ln_audio_embedder_dimension(const ln_audio_embedder *embedder, int i);
LN_API void ln_audio_embedder_free(ln_audio_embedder *embedder);

/* ---- a microphone's sound, piece by piece ---- */

/* Keeps the last frames of a stream.  To be used by one thread at a time. */
typedef struct ln_audio_ring ln_audio_ring;

LN_API ln_audio_ring *ln_audio_ring_create(const ln_audio_format *format, ln_task_error *error);
/* Adds frames; only the last ones that there is room for stay. */
LN_API void ln_audio_ring_push(ln_audio_ring *ring, const float *samples, size_t frames);
/* The frames kept, the oldest first, with silence before them while there are too few; theirs is
 * the format that the ring was made with.  They belong to the ring, until the next push. */
LN_API const ln_audio *ln_audio_ring_read(ln_audio_ring *ring);
LN_API void ln_audio_ring_free(ln_audio_ring *ring);

#ifdef __cplusplus
}
#endif

#endif
