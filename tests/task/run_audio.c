/* SPDX-License-Identifier: Apache-2.0 */
/* run_audio.c: expected results of the audio tasks.  The model's core is quantized, which the peer
 * runs by XNNPACK (see run_vision.c). */
#include <string.h>

#include "fixtures.h"
#include "linnet/task/audio.h"

static verdict classify(const fixture *f, ln_audio_classifier *c)
{
    ln_task_error error = {0};
    ln_audio *audio = ln_audio_read(fixture_input(f, text_of(f->input, "wav")), &error);
    ln_classification_result *r = audio ? ln_audio_classify(c, audio, 0, &error) : NULL;
    const cJSON *list =
        item_of(cJSON_GetArrayItem(item_of(f->expected, "classifications"), 0), "categories");
    verdict v =
        r ? fixture_compare(f, &r->heads[0], list, 0.03) : fixture_fail(f, "%s", error.message);
    if (v == PASSED &&
        ln_audio_classifier_format(c).frames != (size_t)number_of(f->expected, "buffer_size", 0))
        v = fixture_fail(f, "the model takes %zu frames", ln_audio_classifier_format(c).frames);
    ln_classification_result_free(r);
    ln_audio_free(audio);
    return v;
}

static verdict embed(const fixture *f)
{
    const ln_audio_options o = {.base.model_path = f->model};
    ln_task_error error = {0};
    ln_audio_embedder *e = ln_audio_embedder_create(&o, &error);
    ln_audio *x = ln_audio_read(fixture_input(f, text_of(f->input, "a")), &error);
    ln_audio *y = ln_audio_read(fixture_input(f, text_of(f->input, "b")), &error);
    ln_embedding_result *a = e && x ? ln_audio_embed(e, x, 0, &error) : NULL;
    ln_embedding_result *b = e && y ? ln_audio_embed(e, y, 0, &error) : NULL;
    const verdict v = a && b
                          ? fixture_compare_vectors(f, &a->embeddings[0], &b->embeddings[0], 0.01)
                          : fixture_fail(f, "no vectors: %s", error.message);
    ln_embedding_result_free(a);
    ln_embedding_result_free(b);
    ln_audio_free(x);
    ln_audio_free(y);
    ln_audio_embedder_free(e);
    return v;
}

verdict run_audio(const fixture *f, const char *task)
{
    ln_audio_options o = {.base.model_path = f->model};
    ln_task_error error = {0};
    verdict v;

    if (strcmp(task, "audio_classifier") != 0)
        return embed(f);
    fixture_categories(f, &o.categories);
    ln_audio_classifier *c = ln_audio_classifier_create(&o, &error);
    if (!fixture_error(f, !c, &error, &v))
        v = classify(f, c);
    ln_audio_classifier_free(c);
    return v;
}
