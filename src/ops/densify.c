/* SPDX-License-Identifier: Apache-2.0 */
/* densify.c: DENSIFY: a sparse constant as a dense tensor.
 *
 * The format is TACO's: levels in order of storage, each all positions of a dimension (dense) or
 * those that an index list names (compressed); behind the tensor's own dimensions come those of
 * blocks, each a piece of one dimension.  model/sparsity.c has checked all of it on loading. */
#include "ops/move.h"

enum { LEVELS = 2 * LN_MAX_RANK };

typedef struct walk {
    const TfLiteTensor *x;
    TfLiteTensor *y;
    int n;
    int64_t step[LEVELS]; /* items of y from one position of a level to the next */
} walk;

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    LN_CHECK(c, c->in[0]->sparsity && ln_known(c, 0), "the input is no sparse constant");
    if (!ln_type_size(c->in[0]->type))
        return ln_fail_type(c, 0);
    return ln_set_out(c, 0, c->in[0]->type, &x);
}

/* All positions from a level on; `from` counts those of the levels before, `at` is the place. */
static void expand(const walk *w, int level, int64_t from, int64_t at)
{
    if (level == w->n) {
        ln_copy_run(w->y, at, w->x, from, 1);
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

static ln_status eval(ln_call *c)
{
    const TfLiteSparsity *s = c->in[0]->sparsity;
    const ln_shape shape = ln_shape_of(c->in[0]);
    walk w = {.x = c->in[0], .y = c->out[0], .n = s->dim_metadata_size};
    int64_t step[LEVELS] = {0};
    int size[LEVELS] = {0};

    LN_TRY(ln_fill_tensor(c, 0, NULL, 0));
    if (ln_count(c->out[0]) == 0)
        return LN_OK;
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
    return LN_OK;
}

const ln_op ln_op_densify = {
    .name = "DENSIFY",
    .builtin = kTfLiteBuiltinDensify,
    .version = 1,
    .options = 99,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE | LN_SPARSE,
    .infer = infer,
    .eval = eval,
};
