/* SPDX-License-Identifier: Apache-2.0 */
/* searchers.c: which stored items are like an image or a text: an embedder and an index. */
#include <unistd.h>

#include "base/file.h"
#include "task/embeddings.h"
#include "task/index.h"
#include "task/text_input.h"
#include "task/vision_input.h"

/* What both have. */
typedef struct searcher {
    ln_task task;
    ln_embedder_options embedding;
    ln_file file; /* the index's */
    ln_index index;
    int most;
} searcher;

struct ln_image_searcher {
    searcher base;
    ln_vision_input input;
};

struct ln_text_searcher {
    searcher base;
    ln_text_input input;
};

/* The bytes of the index; those in the model are in the task's arena. */
static bool find_bytes(searcher *s, const ln_search_options *o, const void **data, size_t *n,
                       ln_task_error *error)
{
    const ln_meta_tensor *meta = ln_meta_output(s->task.meta, 0);
    ln_diag diag = {0};

    if (o && !ln_task_source_is_whole(o->index_path, o->index_data, o->index_size, error))
        return false;
    if (o && o->index_data) {
        *data = o->index_data;
        *n = o->index_size;
        return true;
    }
    if (o && o->index_path) {
        if (access(o->index_path, F_OK) != 0)
            return ln_task_fail(error, kFileNotFoundError, "Unable to open file at %s",
                                o->index_path);
        const ln_status status = ln_file_open(&s->file, o->index_path, &ln_alloc_default, &diag);
        if (status != LN_OK)
            return ln_task_fail_diag(error, kFileNotFoundError, status, &diag);
        *data = s->file.data;
        *n = s->file.size;
        return true;
    }
    for (int i = 0; meta && i < meta->files.n; i++) {
        const char *text;
        if (meta->files.all[i].type != LN_META_SCANN_INDEX)
            continue;
        if (!ln_task_file(&s->task, meta->files.all[i].name, &text, n, error))
            return false;
        *data = text;
        return true;
    }
    return ln_task_fail(error, kMetadataAssociatedFileNotFoundError,
                        "Unable to find index file: SearchOptions.index_file is not set and no "
                        "AssociatedFile with type SCANN_INDEX_FILE could be found in the output "
                        "tensor metadata.");
}

static bool open_index(searcher *s, const ln_search_options *o, ln_task_error *error)
{
    const void *data = NULL;
    size_t n = 0;
    ln_diag diag = {0};

    s->most = o && o->max_results ? o->max_results : 5;
    if (s->most < 1)
        return ln_task_fail(error, kInvalidArgumentError,
                            "SearchOptions.max_results must be > 0, found %d.", s->most);
    if (s->embedding.quantize)
        return ln_task_fail(error, kInvalidArgumentError,
                            "Setting EmbeddingOptions.quantize = true is not allowed in "
                            "searchers.");
    if (!find_bytes(s, o, &data, &n, error))
        return false;
    const ln_status status = ln_index_read(&s->index, data, n, &diag);
    if (status != LN_OK)
        return ln_task_fail_diag(error, status == LN_ERR_ARGUMENT ? kInvalidArgumentError : kError,
                                 status, &diag);
    const size_t dimension = ln_task_count(ln_task_output(&s->task, s->task.only_output));
    if (ln_task_outputs(&s->task) < 1 || dimension != (size_t)s->index.dimension)
        return ln_task_fail(error, kInvalidArgumentError,
                            "The model gives vectors of %zu values, the index has %d: it was made "
                            "for another model.",
                            dimension, s->index.dimension);
    return true;
}

static void close_searcher(searcher *s)
{
    ln_index_deinit(&s->index);
    if (s->file.data)
        ln_file_close(&s->file);
    ln_task_close(&s->task);
}

static ln_search_result *search(searcher *s, ln_task_error *error)
{
    ln_search_result *result = NULL;
    ln_embedding_result *vectors = ln_embeddings_of(&s->task, &s->embedding, error);
    if (vectors && vectors->embeddings[0].dimension == s->index.dimension)
        result = ln_index_search(&s->index, vectors->embeddings[0].values, s->most, error);
    else if (vectors)
        ln_task_fail(error, kError, "The model's output has changed its size.");
    ln_embedding_result_free(vectors);
    return result;
}

/* ---- images ---- */

ln_image_searcher *ln_image_searcher_create(const ln_vision_options *options,
                                            const ln_search_options *search_options,
                                            ln_task_error *error)
{
    ln_image_searcher *s = ln_new(&ln_alloc_default, 1, sizeof *s);
    if (!s) {
        ln_task_fail(error, kError, "No memory for a searcher.");
        return NULL;
    }
    s->base.embedding = options->embedding;
    if (ln_task_open(&s->base.task, &options->base, error) &&
        ln_vision_input_init(&s->input, &s->base.task, options, error) &&
        open_index(&s->base, search_options, error))
        return s;
    ln_image_searcher_free(s);
    return NULL;
}

ln_search_result *ln_image_search(ln_image_searcher *s, const ln_frame *frame, const ln_box *roi,
                                  ln_task_error *error)
{
    return ln_vision_run(&s->input, frame, roi, error) ? search(&s->base, error) : NULL;
}

const char *ln_image_searcher_info(const ln_image_searcher *s, size_t *size)
{
    return ln_index_info(&s->base.index, size);
}

void ln_image_searcher_free(ln_image_searcher *s)
{
    if (!s)
        return;
    ln_vision_input_deinit(&s->input);
    close_searcher(&s->base);
    ln_free(&ln_alloc_default, s);
}

/* ---- texts ---- */

ln_text_searcher *ln_text_searcher_create(const ln_text_options *options,
                                          const ln_search_options *search_options,
                                          ln_task_error *error)
{
    ln_text_searcher *s = ln_new(&ln_alloc_default, 1, sizeof *s);
    if (!s) {
        ln_task_fail(error, kError, "No memory for a searcher.");
        return NULL;
    }
    s->base.embedding = options->embedding;
    if (ln_task_open(&s->base.task, &options->base, error) &&
        ln_text_input_init(&s->input, &s->base.task, options, error) &&
        ln_text_input_encodes(&s->input, error) && open_index(&s->base, search_options, error))
        return s;
    ln_text_searcher_free(s);
    return NULL;
}

ln_search_result *ln_text_search(ln_text_searcher *s, const char *text, ln_task_error *error)
{
    return ln_text_run(&s->input, text, error) ? search(&s->base, error) : NULL;
}

const char *ln_text_searcher_info(const ln_text_searcher *s, size_t *size)
{
    return ln_index_info(&s->base.index, size);
}

void ln_text_searcher_free(ln_text_searcher *s)
{
    if (!s)
        return;
    ln_text_input_deinit(&s->input);
    close_searcher(&s->base);
    ln_free(&ln_alloc_default, s);
}
