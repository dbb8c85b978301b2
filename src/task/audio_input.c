/* SPDX-License-Identifier: Apache-2.0 */
/* audio_input.c: sound from files, streams, and for models (audio_preprocessor.cc of the Task
 * Library). */
#include "task/audio_input.h"

#include <string.h>
#include <unistd.h>

#include "media/features.h"
#include "tensorflow/lite/core/c/common.h"

/* ---- sound ---- */

static ln_audio *wrap(const ln_sound *s, ln_task_error *error)
{
    ln_audio *audio = ln_new(&ln_alloc_default, 1, sizeof *audio);
    if (!audio) {
        ln_free(&ln_alloc_default, s->samples);
        ln_task_fail(error, kError, "No memory for sound.");
        return NULL;
    }
    *audio = (ln_audio){s->rate, s->channels, s->frames, s->samples};
    return audio;
}

ln_audio *ln_audio_decode(const void *data, size_t n, ln_task_error *error)
{
    ln_diag diag = {0};
    ln_sound sound;
    const ln_status status = ln_wav_decode(&sound, data, n, &ln_alloc_default, &diag);
    if (status != LN_OK) {
        ln_task_fail_diag(error, kInvalidArgumentError, status, &diag);
        return NULL;
    }
    return wrap(&sound, error);
}

ln_audio *ln_audio_read(const char *path, ln_task_error *error)
{
    ln_diag diag = {0};
    ln_file file;
    const ln_status status = ln_file_open(&file, path, &ln_alloc_default, &diag);
    if (status != LN_OK) {
        const bool absent = access(path, F_OK) != 0;
        ln_task_fail_diag(error, absent ? kFileNotFoundError : kFileReadError, status, &diag);
        return NULL;
    }
    ln_audio *audio = ln_audio_decode(file.data, file.size, error);
    ln_file_close(&file);
    return audio;
}

static ln_sound sound_of(const ln_audio *a, size_t first, size_t frames)
{
    return (ln_sound){(float *)(uintptr_t)a->samples + first * (size_t)a->channels, frames,
                      a->channels, a->sample_rate};
}

ln_audio *ln_audio_convert(const ln_audio *audio, int sample_rate, int channels,
                           ln_task_error *error)
{
    const ln_sound from = sound_of(audio, 0, audio->frames);
    ln_diag diag = {0};
    ln_sound to;
    const ln_status status =
        ln_sound_convert(&to, &from, sample_rate, channels, &ln_alloc_default, &diag);
    if (status != LN_OK) {
        ln_task_fail_diag(error, kInvalidArgumentError, status, &diag);
        return NULL;
    }
    return wrap(&to, error);
}

void ln_audio_free(ln_audio *audio)
{
    if (!audio)
        return;
    ln_free(&ln_alloc_default, (void *)(uintptr_t)audio->samples);
    ln_free(&ln_alloc_default, audio);
}

ln_features *ln_audio_features(const ln_audio *audio, const ln_feature_options *options,
                               ln_task_error *error)
{
    const ln_sound sound = sound_of(audio, 0, audio->frames);
    ln_features *f = ln_new(&ln_alloc_default, 1, sizeof *f);
    ln_diag diag = {0};

    if (!f) {
        ln_task_fail(error, kError, "No memory for features.");
        return NULL;
    }
    const ln_status status = ln_sound_features(f, &sound, options, &ln_alloc_default, &diag);
    if (status == LN_OK)
        return f;
    ln_free(&ln_alloc_default, f);
    ln_task_fail_diag(error, kInvalidArgumentError, status, &diag);
    return NULL;
}

void ln_features_free(ln_features *features)
{
    if (!features)
        return;
    ln_free(&ln_alloc_default, (void *)(uintptr_t)features->values);
    ln_free(&ln_alloc_default, features);
}

/* ---- the model's input ---- */

bool ln_audio_input_init(ln_audio_input *in, ln_task *task, ln_task_error *error)
{
    static const char *const contents[] = {"NONE", "FeatureProperties", "ImageProperties",
                                           "BoundingBoxProperties", "AudioProperties"};
    const ln_meta_tensor *meta = ln_meta_input(task->meta, 0);

    *in = (ln_audio_input){.task = task};
    if (ln_task_inputs(task) != 1)
        return ln_task_fail(error, kInvalidNumInputTensorsError,
                            "Models are assumed to have a single input.");
    if (!meta)
        return ln_task_fail(error, kMetadataNotFoundError,
                            "input tensor 0 is missing TensorMetadata. `linnet metadata "
                            "write-audio-classifier --sample-rate 16000` adds it.");
    if (meta->content != LN_META_AUDIO)
        return ln_task_fail(error, kMetadataInvalidContentPropertiesError,
                            "Expected AudioProperties for tensor %s, got %s. `linnet metadata "
                            "write-audio-classifier --sample-rate 16000` adds them.",
                            meta->name ? meta->name : "#0", contents[meta->content]);
    if (meta->sample_rate == 0 || meta->channels == 0 || meta->sample_rate > LN_MAX_RATE ||
        meta->channels > LN_MAX_CHANNELS)
        return ln_task_fail(error, kMetadataInvalidContentPropertiesError,
                            "AudioProperties: %u channels at %u Hz.", (unsigned)meta->channels,
                            (unsigned)meta->sample_rate);
    const TfLiteTensor *t = ln_task_input(task, 0);
    const size_t values = ln_task_count(t);
    if (TfLiteTensorType(t) != kTfLiteFloat32)
        return ln_task_fail(error, kInvalidInputTensorTypeError,
                            "Type mismatch for input tensor %s. Requested kTfLiteFloat32, got %s.",
                            TfLiteTensorName(t), TfLiteTypeGetName(TfLiteTensorType(t)));
    if (values == 0 || values % meta->channels != 0)
        return ln_task_fail(error, kInvalidInputTensorSizeError,
                            "The input has %zu values, which are no frames of %u channels.", values,
                            (unsigned)meta->channels);
    in->format =
        (ln_audio_format){(int)meta->sample_rate, (int)meta->channels, values / meta->channels};
    return true;
}

/* Frames behind silence, where there are fewer than wanted. */
static void fill(const ln_audio_format *f, const float *samples, size_t frames, float *to)
{
    const size_t channels = (size_t)f->channels, n = LN_MIN(frames, f->frames);
    const size_t silence = (f->frames - n) * channels;
    memset(to, 0, silence * sizeof *to);
    if (n)
        memcpy(to + silence, samples, n * channels * sizeof *to);
}

bool ln_audio_run(ln_audio_input *in, const ln_audio *audio, size_t first, ln_task_error *error)
{
    const ln_audio_format *f = &in->format;
    float *to = TfLiteTensorData(ln_task_input(in->task, 0));

    if (audio->channels < 1 || audio->sample_rate < 1 || (audio->frames && !audio->samples))
        return ln_task_fail(error, kInvalidArgumentError, "Sound of %d channels at %d Hz.",
                            audio->channels, audio->sample_rate);
    first = LN_MIN(first, audio->frames);
    size_t frames = audio->frames - first;
    if (audio->channels == f->channels && audio->sample_rate == f->sample_rate) {
        fill(f, audio->samples + first * (size_t)audio->channels, frames, to);
    } else {
        /* no more than is needed, and a little for the filter */
        const double needed = (double)f->frames * audio->sample_rate / f->sample_rate + 100;
        frames = LN_MIN(frames, (size_t)needed);
        const ln_sound from = sound_of(audio, first, frames);
        ln_diag diag = {0};
        ln_sound sound;
        const ln_status status =
            ln_sound_convert(&sound, &from, f->sample_rate, f->channels, &ln_alloc_default, &diag);
        if (status != LN_OK)
            return ln_task_fail_diag(error, kInvalidArgumentError, status, &diag);
        fill(f, sound.samples, sound.frames, to);
        ln_free(&ln_alloc_default, sound.samples);
    }
    return ln_task_invoke(in->task, error);
}

/* ---- a stream ---- */

/* Twice the frames: what is kept always lies in one piece. */
struct ln_audio_ring {
    ln_audio_format format;
    float *samples;
    size_t end; /* frames written so far, from `samples` on */
    ln_audio view;
};

ln_audio_ring *ln_audio_ring_create(const ln_audio_format *format, ln_task_error *error)
{
    ln_audio_ring *r = ln_new(&ln_alloc_default, 1, sizeof *r);
    const bool right = format->channels > 0 && format->channels <= LN_MAX_CHANNELS &&
                       format->frames > 0 && format->frames < (size_t)1 << 28;
    float *samples = r && right
                         ? ln_new(&ln_alloc_default, 2 * format->frames * (size_t)format->channels,
                                  sizeof *samples)
                         : NULL;
    if (!samples) {
        ln_free(&ln_alloc_default, r);
        ln_task_fail(error, right ? kError : kInvalidArgumentError,
                     "A ring of %zu frames of %d channels.", format->frames, format->channels);
        return NULL;
    }
    *r = (ln_audio_ring){.format = *format, .samples = samples, .end = format->frames};
    return r;
}

void ln_audio_ring_push(ln_audio_ring *r, const float *samples, size_t frames)
{
    const size_t room = r->format.frames, channels = (size_t)r->format.channels;
    const size_t bytes = channels * sizeof *samples;

    if (frames > room) {
        samples += (frames - room) * channels;
        frames = room;
    }
    if (r->end + frames > 2 * room) { /* the frames that stay, to the front */
        const size_t stay = room - frames;
        memmove(r->samples, r->samples + (r->end - stay) * channels, stay * bytes);
        r->end = stay;
    }
    if (frames)
        memcpy(r->samples + r->end * channels, samples, frames * bytes);
    r->end += frames;
}

const ln_audio *ln_audio_ring_read(ln_audio_ring *r)
{
    const size_t first = r->end - r->format.frames;
    r->view = (ln_audio){r->format.sample_rate, r->format.channels, r->format.frames,
                         r->samples + first * (size_t)r->format.channels};
    return &r->view;
}

void ln_audio_ring_free(ln_audio_ring *r)
{
    if (!r)
        return;
    ln_free(&ln_alloc_default, r->samples);
    ln_free(&ln_alloc_default, r);
}
