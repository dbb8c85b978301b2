/* SPDX-License-Identifier: Apache-2.0 */
/* c_audio_classifier.c: TfLiteAudioClassifier over ln_audio_classifier. */
#include "linnet/task/audio.h"
#include "task/c_api.h"
#include "tensorflow_lite_support/c/task/audio/audio_classifier.h"

/* A pointer to one is a pointer to ours: the type is never defined. */
static ln_audio_classifier *ours(const TfLiteAudioClassifier *classifier)
{
    return (ln_audio_classifier *)(void *)classifier;
}

TfLiteAudioClassifierOptions TfLiteAudioClassifierOptionsCreate(void)
{
    return (TfLiteAudioClassifierOptions){ln_c_default_categories(), ln_c_default_base()};
}

static ln_audio_classifier *create(const TfLiteAudioClassifierOptions *from, ln_task_error *error)
{
    ln_audio_options options = {0};
    ln_audio_classifier *classifier = NULL;

    if (!from) {
        ln_task_fail(error, kInvalidArgumentError, "Expected non null options.");
        return NULL;
    }
    if (ln_c_base(&from->base_options, &options.base, error) &&
        ln_c_categories(&from->classification_options, &options.categories, error))
        classifier = ln_audio_classifier_create(&options, error);
    ln_c_categories_free(&options.categories);
    return classifier;
}

TfLiteAudioClassifier *TfLiteAudioClassifierFromOptions(const TfLiteAudioClassifierOptions *options,
                                                        TfLiteSupportError **error)
{
    ln_task_error why = {0};
    ln_audio_classifier *classifier = create(options, &why);
    if (!classifier)
        ln_c_report(error, &why);
    return (TfLiteAudioClassifier *)(void *)classifier;
}

void TfLiteAudioClassifierDelete(TfLiteAudioClassifier *classifier)
{
    ln_audio_classifier_free(ours(classifier));
}

/* ---- use ---- */

static bool check(const TfLiteAudioClassifier *classifier, ln_task_error *error)
{
    return classifier ||
           ln_task_fail(error, kInvalidArgumentError, "Expected non null audio classifier.");
}

static TfLiteClassificationResult *classify(const TfLiteAudioClassifier *classifier,
                                            const TfLiteAudioBuffer *buffer, ln_task_error *error)
{
    if (!check(classifier, error))
        return NULL;
    if (!buffer || buffer->format.channels < 1 || (buffer->size && !buffer->data)) {
        ln_task_fail(error, kInvalidArgumentError,
                     buffer ? "The audio buffer has no channels or no samples."
                            : "Expected non null audio buffer.");
        return NULL;
    }
    const ln_audio audio = {buffer->format.sample_rate, buffer->format.channels,
                            buffer->size / (unsigned)buffer->format.channels, buffer->data};
    ln_classification_result *result = ln_audio_classify(ours(classifier), &audio, 0, error);
    TfLiteClassificationResult *copy = result ? ln_c_classifications(result, true, error) : NULL;
    ln_classification_result_free(result);
    return copy;
}

TfLiteClassificationResult *TfLiteAudioClassifierClassify(const TfLiteAudioClassifier *classifier,
                                                          const TfLiteAudioBuffer *audio_buffer,
                                                          TfLiteSupportError **error)
{
    ln_task_error why = {0};
    TfLiteClassificationResult *result = classify(classifier, audio_buffer, &why);
    if (!result)
        ln_c_report(error, &why);
    return result;
}

/* ---- what the model takes ---- */

int TfLiteAudioClassifierGetRequiredInputBufferSize(TfLiteAudioClassifier *classifier,
                                                    TfLiteSupportError **error)
{
    ln_task_error why = {0};
    if (!check(classifier, &why)) {
        ln_c_report(error, &why);
        return -1;
    }
    const ln_audio_format format = ln_audio_classifier_format(ours(classifier));
    return (int)format.frames * format.channels;
}

TfLiteAudioFormat *TfLiteAudioClassifierGetRequiredAudioFormat(TfLiteAudioClassifier *classifier,
                                                               TfLiteSupportError **error)
{
    ln_task_error why = {0};
    TfLiteAudioFormat *to = check(classifier, &why) ? ln_c_new(1, sizeof *to, &why) : NULL;
    if (!to) {
        ln_c_report(error, &why);
        return NULL;
    }
    const ln_audio_format format = ln_audio_classifier_format(ours(classifier));
    *to = (TfLiteAudioFormat){format.channels, format.sample_rate};
    return to;
}

void TfLiteAudioFormatDelete(const TfLiteAudioFormat *format)
{
    ln_free(&ln_alloc_default, (void *)(uintptr_t)format);
}

void TfLiteAudioBufferDataDelete(const TfLiteAudioBuffer audio_buffer)
{
    ln_free(&ln_alloc_default, (void *)(uintptr_t)audio_buffer.data);
}

void TfLiteAudioBufferDelete(const TfLiteAudioBuffer *buffer)
{
    if (!buffer)
        return;
    TfLiteAudioBufferDataDelete(*buffer);
    ln_free(&ln_alloc_default, (void *)(uintptr_t)buffer);
}
