/* SPDX-License-Identifier: Apache-2.0 */
/* sparse.c: see sparse.h. */
#include "ops/sparse.h"

#include <string.h>

#include "ops/move.h"

enum { LEVELS = 2 * LN_MAX_RANK };

typedef struct walk {
    const TfLiteTensor *x;
    char *y;
    size_t size; /* of an item */
    int n;
    int64_t step[LEVELS]; /* items of y from one position of a level to the next */
} walk;

/* All positions from a level on; `from` counts those of the levels before, `at` is the place. */
static void expand(const walk *w, int level, int64_t from, int64_t at)
{
    if (level == w->n) {
        memcpy(w->y + (size_t)at * w->size, w->x->data.raw_const + (size_t)from * w->size, w->size);
        return;
    }
    const TfLiteDimensionMetadata *d = &w->x->sparsity->dim_metadata[level];
    if (d->format == kTfLiteDimDense) {
        for (int i = 0; i < d->dense_size; i++)
            expand(w, level + 1, from * d->dense_size + i, at + i * w->step[level]);
        return;
    }
    for (int i = d->array_segments->data[from]; i < d->array_segments->data[from + 1]; i++)
        expand(w, level + 1, i, at + d->array_indices->data[i] * w->step[level]);
}

void ln_densify(const TfLiteTensor *t, void *y)
{
    const TfLiteSparsity *s = t->sparsity;
    const ln_shape shape = ln_shape_of(t);
    walk w = {.x = t, .y = y, .size = ln_type_size(t->type), .n = s->dim_metadata_size};
    int64_t step[LEVELS] = {0};
    int size[LEVELS] = {0};

    if (ln_count(t) == 0)
        return;
    memset(y, 0, (size_t)ln_count(t) * w.size);
    ln_steps(&shape, step);
    for (int i = 0; i < w.n; i++)
        size[s->traversal_order->data[i]] = s->dim_metadata[i].dense_size;
    /* The last block of a dimension has the smallest step. */
    for (int block = w.n - 1; block >= shape.rank; block--) {
        const int of = s->block_map->data[block - shape.rank];
        step[block] = step[of];
        step[of] *= size[block];
    }
    for (int i = 0; i < w.n; i++)
        w.step[i] = step[s->traversal_order->data[i]];
    expand(&w, 0, 0, 0);
}
