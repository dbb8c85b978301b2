/* SPDX-License-Identifier: Apache-2.0 */
/* image_embedder.c: an image as a vector. */
#include "task/embeddings.h"
#include "task/vision_input.h"

struct ln_image_embedder {
    ln_task task;
    ln_vision_input input;
    ln_embedder_options options;
};

ln_image_embedder *ln_image_embedder_create(const ln_vision_options *options, ln_task_error *error)
{
    ln_image_embedder *e = ln_new(&ln_alloc_default, 1, sizeof *e);
    if (!e) {
        ln_task_fail(error, kError, "No memory for an embedder.");
        return NULL;
    }
    e->options = options->embedding;
    if (options->base.num_threads < -1) /* another error than those of the other tasks, as there */
        ln_task_fail(error, kError, "Failed setting number of CPU threads: %d.",
                     options->base.num_threads);
    else if (ln_task_open(&e->task, &options->base, error) &&
             ln_vision_input_init(&e->input, &e->task, options, error))
        return e;
    ln_image_embedder_free(e);
    return NULL;
}

void ln_image_embedder_free(ln_image_embedder *e)
{
    if (!e)
        return;
    ln_vision_input_deinit(&e->input);
    ln_task_close(&e->task);
    ln_free(&ln_alloc_default, e);
}

int ln_image_embedder_dimension(const ln_image_embedder *e, int i)
{
    return ln_embedding_dimension(&e->task, i);
}

ln_embedding_result *ln_image_embed(ln_image_embedder *e, const ln_frame *frame, const ln_box *roi,
                                    ln_task_error *error)
{
    if (!ln_vision_run(&e->input, frame, roi, error))
        return NULL;
    return ln_embeddings_of(&e->task, &e->options, error);
}
