/* SPDX-License-Identifier: Apache-2.0 */
/* audio_tasks.c: what can be heard, as classes or as a vector. */
#include "task/audio_input.h"
#include "task/embeddings.h"
#include "task/heads.h"

struct ln_audio_classifier {
    ln_task task;
    ln_audio_input input;
    ln_heads heads;
};

ln_audio_classifier *ln_audio_classifier_create(const ln_audio_options *options,
                                                ln_task_error *error)
{
    ln_audio_classifier *c = ln_new(&ln_alloc_default, 1, sizeof *c);
    if (!c) {
        ln_task_fail(error, kError, "No memory for a classifier.");
        return NULL;
    }
    if (ln_labels_check_options(&options->categories, error) &&
        ln_task_open(&c->task, &options->base, error) &&
        ln_audio_input_init(&c->input, &c->task, error) &&
        ln_heads_init(&c->heads, &c->task, &options->categories, error))
        return c;
    ln_audio_classifier_free(c);
    return NULL;
}

void ln_audio_classifier_free(ln_audio_classifier *c)
{
    if (!c)
        return;
    ln_task_close(&c->task);
    ln_free(&ln_alloc_default, c);
}

ln_audio_format ln_audio_classifier_format(const ln_audio_classifier *c)
{
    return c->input.format;
}

ln_classification_result *ln_audio_classify(ln_audio_classifier *c, const ln_audio *audio,
                                            size_t first, ln_task_error *error)
{
    return ln_audio_run(&c->input, audio, first, error) ? ln_heads_result(&c->heads, error) : NULL;
}

struct ln_audio_embedder {
    ln_task task;
    ln_audio_input input;
    ln_embedder_options options;
};

ln_audio_embedder *ln_audio_embedder_create(const ln_audio_options *options, ln_task_error *error)
{
    ln_audio_embedder *e = ln_new(&ln_alloc_default, 1, sizeof *e);
    if (!e) {
        ln_task_fail(error, kError, "No memory for an embedder.");
        return NULL;
    }
    e->options = options->embedding;
    if (ln_task_open(&e->task, &options->base, error) &&
        ln_audio_input_init(&e->input, &e->task, error))
        return e;
    ln_audio_embedder_free(e);
    return NULL;
}

void ln_audio_embedder_free(ln_audio_embedder *e)
{
    if (!e)
        return;
    ln_task_close(&e->task);
    ln_free(&ln_alloc_default, e);
}

ln_audio_format ln_audio_embedder_format(const ln_audio_embedder *e)
{
    return e->input.format;
}

int ln_audio_embedder_dimension(const ln_audio_embedder *e, int i)
{
    return ln_embedding_dimension(&e->task, i);
}

ln_embedding_result *ln_audio_embed(ln_audio_embedder *e, const ln_audio *audio, size_t first,
                                    ln_task_error *error)
{
    if (!ln_audio_run(&e->input, audio, first, error))
        return NULL;
    return ln_embeddings_of(&e->task, &e->options, error);
}
