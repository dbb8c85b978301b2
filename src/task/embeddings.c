/* SPDX-License-Identifier: Apache-2.0 */
/* embeddings.c: vectors: normalized and quantized as the Task Library does
 * (embedding_postprocessor.cc). */
#include "task/embeddings.h"

#include "media/score.h"

void ln_embedding_result_free(ln_embedding_result *result)
{
    ln_result_free(result, sizeof *result);
}

static int count(const ln_task *task)
{
    return task->only_output ? 1 : ln_task_outputs(task);
}

int ln_embedding_dimension(const ln_task *task, int i)
{
    if (i < 0 || i >= count(task))
        return -1;
    const TfLiteTensor *t = ln_task_output(task, task->only_output + i);
    return TfLiteTensorNumDims(t) ? TfLiteTensorDim(t, TfLiteTensorNumDims(t) - 1) : 1;
}

static bool fill(const TfLiteTensor *t, const ln_embedder_options *o, ln_embedding *to,
                 ln_arena *arena, ln_task_error *error)
{
    const size_t n = ln_task_count(t);
    float *values = ln_arena_new(arena, n + 1, sizeof *values);
    int8_t *quantized = o->quantize ? ln_arena_new(arena, n + 1, 1) : NULL;

    if (!values || (o->quantize && !quantized))
        return ln_task_fail(error, kError, "No memory for a vector of %zu.", n);
    if (!ln_task_floats(t, values, error))
        return false;
    if (o->l2_normalize)
        ln_l2_normalize(values, (int)n);
    if (o->quantize)
        ln_quantize_unit(values, (int)n, quantized);
    *to = (ln_embedding){
        .dimension = (int)n, .values = o->quantize ? NULL : values, .quantized = quantized};
    return true;
}

ln_embedding_result *ln_embeddings_of(const ln_task *task, const ln_embedder_options *options,
                                      ln_task_error *error)
{
    ln_arena *arena;
    const int n = count(task);
    ln_embedding_result *result = ln_result_new(sizeof *result, &arena);
    ln_embedding *all = result ? ln_arena_new(arena, (size_t)n + 1, sizeof *all) : NULL;
    bool ok = all || ln_task_fail(error, kError, "No memory for a result.");

    for (int i = 0; i < n && ok; i++) {
        ok = fill(ln_task_output(task, task->only_output + i), options, &all[i], arena, error);
        all[i].output = task->only_output + i;
    }
    if (!ok) {
        ln_embedding_result_free(result);
        return NULL;
    }
    result->n = n;
    result->embeddings = all;
    return result;
}

bool ln_cosine_similarity(const ln_embedding *a, const ln_embedding *b, double *cosine)
{
    if (a->dimension != b->dimension || !a->values != !b->values)
        return false;
    return a->values ? ln_cosine(a->values, b->values, a->dimension, cosine)
                     : ln_cosine_s8(a->quantized, b->quantized, a->dimension, cosine);
}
