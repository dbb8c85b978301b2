/* SPDX-License-Identifier: Apache-2.0 */
/* space_batch.c: SPACE_TO_BATCH_ND deals the pixels of blocks out to as many images;
 * BATCH_TO_SPACE_ND brings them together again.
 *
 *   space [n, s0, s1, .., rest..]   block [m]   margins [m, 2]
 *   batch [prod(block) * n, (s0 + margins) / block0, .., rest..]
 * Image p of the batch side has the pixels at offset p within each block, row by row.  On the
 * space side the margins are paddings one way, crops the other. */
#include "ops/move.h"

enum { X, BLOCK, MARGINS };

static ln_status check(ln_call *c, int *m)
{
    const ln_shape x = ln_shape_of(c->in[X]), b = ln_shape_of(c->in[BLOCK]);
    const ln_shape p = ln_shape_of(c->in[MARGINS]);

    LN_TRY(ln_check_plain(c, X));
    LN_TRY(ln_check_index(c, BLOCK));
    LN_TRY(ln_check_index(c, MARGINS));
    LN_CHECK(c, b.rank == 1 && b.dim[0] >= 0 && b.dim[0] < x.rank,
             "the block has rank %d and %d dimensions, the input rank %d", b.rank, b.dim[0],
             x.rank);
    LN_CHECK(c, p.rank == 2 && p.dim[0] == b.dim[0] && p.dim[1] == 2,
             "paddings or crops are no [%d, 2] matrix", b.dim[0]);
    *m = b.dim[0];
    for (int i = 0; i < *m && ln_known(c, BLOCK); i++)
        LN_CHECK(c, ln_int_at(c->in[BLOCK], i) > 0 && ln_int_at(c->in[BLOCK], i) <= INT32_MAX,
                 "the block of dimension %d is %lld", i, (long long)ln_int_at(c->in[BLOCK], i));
    for (int i = 0; i < 2 * *m && ln_known(c, MARGINS); i++)
        LN_CHECK(c, ln_int_at(c->in[MARGINS], i) >= 0 && ln_int_at(c->in[MARGINS], i) <= INT32_MAX,
                 "padding or crop %d is %lld", i, (long long)ln_int_at(c->in[MARGINS], i));
    return LN_OK;
}

static int64_t margins(const ln_call *c, int i)
{
    return ln_int_at(c->in[MARGINS], 2 * i) + ln_int_at(c->in[MARGINS], 2 * i + 1);
}

/* Images on the batch side per image on the space side. */
static ln_status images(ln_call *c, int m, int64_t *count)
{
    *count = 1;
    for (int i = 0; i < m; i++) {
        *count *= ln_int_at(c->in[BLOCK], i);
        LN_CHECK(c, *count <= INT32_MAX, "the block is larger than %d", INT32_MAX);
    }
    return LN_OK;
}

/* The box of one image: for each dimension, which pixels of the space side there are. */
static bool image_box(const ln_call *c, const ln_shape *space, const ln_shape *batch, int image,
                      int box[4][LN_MAX_RANK])
{
    int *size = box[0], *at = box[1], *stride = box[2], *to = box[3];
    const int m = c->in[BLOCK]->dims->data[0];
    int offset = image;
    for (int i = space->rank - 1; i >= 0; i--) {
        size[i] = space->dim[i];
        at[i] = to[i] = 0;
        stride[i] = 1;
        if (i == 0 || i > m)
            continue;
        const int64_t block = ln_int_at(c->in[BLOCK], i - 1);
        const int64_t first = offset % block - ln_int_at(c->in[MARGINS], 2 * (i - 1));
        offset = (int)(offset / block);
        const int64_t skip = first < 0 ? (-first + block - 1) / block : 0;
        const int64_t end =
            first >= space->dim[i] ? 0 : (space->dim[i] - first + block - 1) / block;
        const int64_t n = LN_MIN(end, batch->dim[i]) - skip;
        if (n <= 0)
            return false;
        size[i] = (int)n;
        at[i] = (int)(first + skip * block);
        stride[i] = n > 1 ? (int)block : 1;
        to[i] = (int)skip;
    }
    to[0] = image * space->dim[0];
    return true;
}

static ln_status eval(ln_call *c, bool to_batch)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    const ln_shape *space = to_batch ? &x : &y, *batch = to_batch ? &y : &x;

    if (to_batch)
        LN_TRY(ln_fill_tensor(c, 0, NULL, c->out[0]->params.zero_point));
    if (ln_count(c->in[X]) == 0 || ln_count(c->out[0]) == 0)
        return LN_OK;
    const int n = batch->dim[0] / space->dim[0];
    for (int image = 0; image < n; image++) {
        int box[4][LN_MAX_RANK];
        if (!image_box(c, space, batch, image, box))
            continue;
        const ln_side s = {space, box[1], box[2]}, b = {batch, box[3], NULL};
        const ln_move m = to_batch ? ln_move_box(box[0], &s, &b) : ln_move_box(box[0], &b, &s);
        ln_move_data(&m, c->in[X], c->out[0]);
    }
    return LN_OK;
}

/* Dimension 1 + i of the output. */
static ln_status spatial_dim(ln_call *c, int i, bool to_batch, int *n)
{
    const int64_t block = ln_int_at(c->in[BLOCK], i), x = ln_shape_of(c->in[X]).dim[1 + i];
    const int64_t y = to_batch ? x + margins(c, i) : x * block - margins(c, i);
    *n = -1;
    if (x < 0)
        return LN_OK;
    LN_CHECK(c, !to_batch || y % block == 0,
             "dimension %d with paddings is %lld, no multiple of its block %lld", 1 + i,
             (long long)y, (long long)block);
    LN_CHECK(c, y >= 0 && y <= INT32_MAX, "dimension %d would be %lld", 1 + i, (long long)y);
    *n = (int)(to_batch ? y / block : y);
    return LN_OK;
}

static ln_status infer(ln_call *c, bool to_batch)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = ln_shape_unknown(x.rank);
    int64_t count;
    int m = 0;

    LN_TRY(check(c, &m));
    if (!ln_known(c, BLOCK) || !ln_known(c, MARGINS))
        return ln_set_out(c, 0, c->in[X]->type, &y);
    LN_TRY(images(c, m, &count));
    y = x;
    if (x.dim[0] >= 0) {
        LN_CHECK(c, to_batch ? x.dim[0] * count <= INT32_MAX : x.dim[0] % count == 0,
                 "a batch of %d does not go with blocks of %lld", x.dim[0], (long long)count);
        y.dim[0] = (int)(to_batch ? x.dim[0] * count : x.dim[0] / count);
    }
    for (int i = 0; i < m; i++)
        LN_TRY(spatial_dim(c, i, to_batch, &y.dim[1 + i]));
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

/* ---- SPACE_TO_BATCH_ND ---- */

static ln_status to_batch_infer(ln_call *c)
{
    return infer(c, true);
}

static ln_status to_batch_eval(ln_call *c)
{
    return eval(c, true);
}

const ln_op ln_op_space_to_batch_nd = {
    .name = "SPACE_TO_BATCH_ND",
    .builtin = kTfLiteBuiltinSpaceToBatchNd,
    .version = 4,
    .options = 25,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = to_batch_infer,
    .eval = to_batch_eval,
    .quant = &quant,
};

/* ---- BATCH_TO_SPACE_ND ---- */

static ln_status to_space_infer(ln_call *c)
{
    return infer(c, false);
}

static ln_status to_space_eval(ln_call *c)
{
    return eval(c, false);
}

const ln_op ln_op_batch_to_space_nd = {
    .name = "BATCH_TO_SPACE_ND",
    .builtin = kTfLiteBuiltinBatchToSpaceNd,
    .version = 4,
    .options = 24,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = to_space_infer,
    .eval = to_space_eval,
    .quant = &quant,
};
