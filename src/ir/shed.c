/* SPDX-License-Identifier: Apache-2.0 */
/* shed.c: memory of large constants, given back before the model ends. */
#include "ir/graph.h"

enum { WORTH_IT = 1 << 15 };

/* True where what lies in [p, p + n) is a buffer's, of those from `first` on that are `used`. */
static bool is_needed(const ln_model *m, int first, const bool *used, const void *p, size_t n)
{
    const uintptr_t from = (uintptr_t)p;
    for (int i = first; i < m->n_buffers; i++) {
        const uintptr_t at = (uintptr_t)m->buffers[i].data;
        if ((!used || used[i]) && at >= from && at - from < n)
            return true;
    }
    return false;
}

void ln_model_forget_part(const ln_model *m, const void *data, size_t n)
{
    if (n < WORTH_IT)
        return;
    if (m->forget)
        m->forget(m, data, n);
    else if (m->file)
        ln_file_forget(m->file, data, n);
}

void ln_model_forget(const ln_model *m, int i)
{
    ln_model_forget_part(m, m->buffers[i].data, m->buffers[i].size);
}

/* Buffer i is not read any more; others, from `first` on, may share its memory. */
static void shed(ln_model *m, int i, int first, const bool *used)
{
    const ln_buffer *b = &m->buffers[i];
    size_t n;
    if (b->size < WORTH_IT)
        return;
    const void *own = ln_arena_large(&m->arena, b->data, &n);
    if (!own)
        ln_model_forget(m, i);
    if (!own || is_needed(m, first, used, own, n))
        return;
    ln_arena_free_large(&m->arena, own);
    for (int k = 0; k < m->n_buffers; k++) /* nothing is to point at it */
        if ((uintptr_t)m->buffers[k].data - (uintptr_t)own < n)
            m->buffers[k] = (ln_buffer){0};
}

void ln_model_shed_buffer(ln_model *m, int i)
{
    shed(m, i, i + 1, NULL);
}

ln_status ln_model_shed(ln_model *m)
{
    bool *used = ln_new(&m->alloc, (size_t)m->n_buffers + 1, sizeof *used);
    if (!used)
        return LN_ERR_MEMORY;
    for (int g = 0; g < m->n_graphs; g++)
        for (int i = 0; i < m->graphs[g]->n_tensors; i++)
            used[m->graphs[g]->tensors[i].buffer] = true;
    for (int i = 0; i < m->n_metadata; i++)
        used[m->metadata[i].buffer] = true;
    for (int i = 1; i < m->n_buffers; i++)
        if (!used[i])
            shed(m, i, 1, used);
    ln_free(&m->alloc, used);
    return LN_OK;
}
