/* SPDX-License-Identifier: Apache-2.0 */
/* text_embedder.c: a text as a vector. */
#include "task/embeddings.h"
#include "task/text_input.h"

struct ln_text_embedder {
    ln_task task;
    ln_text_input input;
    ln_embedder_options options;
};

ln_text_embedder *ln_text_embedder_create(const ln_text_options *options, ln_task_error *error)
{
    ln_text_embedder *e = ln_new(&ln_alloc_default, 1, sizeof *e);
    if (!e) {
        ln_task_fail(error, kError, "No memory for an embedder.");
        return NULL;
    }
    e->options = options->embedding;
    if (ln_task_open(&e->task, &options->base, error) &&
        ln_text_input_init(&e->input, &e->task, options, error) &&
        ln_text_input_encodes(&e->input, error))
        return e;
    ln_text_embedder_free(e);
    return NULL;
}

void ln_text_embedder_free(ln_text_embedder *e)
{
    if (!e)
        return;
    ln_text_input_deinit(&e->input);
    ln_task_close(&e->task);
    ln_free(&ln_alloc_default, e);
}

int ln_text_embedder_dimension(const ln_text_embedder *e, int i)
{
    return ln_embedding_dimension(&e->task, i);
}

ln_embedding_result *ln_text_embed(ln_text_embedder *e, const char *text, ln_task_error *error)
{
    if (!ln_text_run(&e->input, text, error))
        return NULL;
    return ln_embeddings_of(&e->task, &e->options, error);
}
