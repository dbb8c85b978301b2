/* SPDX-License-Identifier: Apache-2.0 */
/* space_depth.c: SPACE_TO_DEPTH puts each block of b x b pixels into the channels of one;
 * DEPTH_TO_SPACE is the way back.
 *
 *   [n, h, w, c] <-> [n, h / b, w / b, b * b * c], channels in order of block row, block column,
 * channel.  Both are one transpose of [n, h / b, b, w / b, b, c]. */
#include "ops/move.h"

static ln_status check(ln_call *c, int block)
{
    const ln_shape x = ln_shape_of(c->in[0]);
    LN_TRY(ln_check_plain(c, 0));
    LN_CHECK(c, x.rank == 4, "the input has rank %d, not 4", x.rank);
    LN_CHECK(c, block > 0, "the block size is %d", block);
    return LN_OK;
}

/* Small: [n, h, w, b * b * c]; the other side has height h * b and width w * b. */
static ln_move shuffle(const ln_shape *small, int block, bool to_space)
{
    const int64_t n = small->dim[0], h = small->dim[1], w = small->dim[2], all = small->dim[3];
    const int64_t b = block, ch = all / (b * b), row = w * b * ch;
    const int size[6] = {(int)n, (int)h, block, (int)w, block, (int)ch};
    const int64_t space[6] = {h * b * row, b * row, row, b * ch, ch, 1};
    const int64_t depth[6] = {h * w * all, w * all, b * ch, all, ch, 1};
    ln_move m = {0};
    for (int i = 0; i < 6; i++)
        ln_move_axis(&m, size[i], to_space ? depth[i] : space[i], to_space ? space[i] : depth[i]);
    return m;
}

/* ---- SPACE_TO_DEPTH ---- */

static ln_status to_depth_infer(ln_call *c)
{
    const int block = ((const TfLiteSpaceToDepthParams *)c->params)->block_size;
    ln_shape y = ln_shape_of(c->in[0]);

    LN_TRY(check(c, block));
    for (int i = 1; i <= 2; i++) {
        if (y.dim[i] < 0)
            continue;
        LN_CHECK(c, y.dim[i] % block == 0, "dimension %d of size %d has no blocks of %d", i,
                 y.dim[i], block);
        y.dim[i] /= block;
    }
    const int64_t squared = (int64_t)block * block;
    LN_CHECK(c, y.dim[3] <= INT32_MAX / squared, "%d channels get too many with blocks of %d",
             y.dim[3], block);
    if (y.dim[3] >= 0)
        y.dim[3] *= (int)squared;
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

static ln_status to_depth_eval(ln_call *c)
{
    const int block = ((const TfLiteSpaceToDepthParams *)c->params)->block_size;
    const ln_shape y = ln_shape_of(c->out[0]);
    if (ln_count(c->out[0]) > 0) {
        const ln_move m = shuffle(&y, block, false);
        ln_move_data(&m, c->in[0], c->out[0]);
    }
    return LN_OK;
}

static const ln_field to_depth_fields[] = {
    LN_FIELD(I32, 0, TfLiteSpaceToDepthParams, block_size, 1),
    {0},
};

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(0)}};

const ln_op ln_op_space_to_depth = {
    .name = "SPACE_TO_DEPTH",
    .builtin = kTfLiteBuiltinSpaceToDepth,
    .version = 2,
    .options = 19,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = to_depth_fields,
    .params_size = sizeof(TfLiteSpaceToDepthParams),
    .infer = to_depth_infer,
    .eval = to_depth_eval,
    .quant = &quant,
};

/* ---- DEPTH_TO_SPACE ---- */

static ln_status to_space_infer(ln_call *c)
{
    const int block = ((const TfLiteDepthToSpaceParams *)c->params)->block_size;
    ln_shape y = ln_shape_of(c->in[0]);

    LN_TRY(check(c, block));
    for (int i = 1; i <= 2; i++) {
        LN_CHECK(c, y.dim[i] <= INT32_MAX / block, "dimension %d gets too large", i);
        y.dim[i] = y.dim[i] < 0 ? -1 : y.dim[i] * block;
    }
    const int64_t squared = (int64_t)block * block;
    LN_CHECK(c, y.dim[3] < 0 || y.dim[3] % squared == 0, "%d channels have no blocks of %d by %d",
             y.dim[3], block, block);
    if (y.dim[3] > 0)
        y.dim[3] = (int)(y.dim[3] / squared);
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

static ln_status to_space_eval(ln_call *c)
{
    const int block = ((const TfLiteDepthToSpaceParams *)c->params)->block_size;
    const ln_shape x = ln_shape_of(c->in[0]);
    if (ln_count(c->out[0]) > 0) {
        const ln_move m = shuffle(&x, block, true);
        ln_move_data(&m, c->in[0], c->out[0]);
    }
    return LN_OK;
}

static const ln_field to_space_fields[] = {
    LN_FIELD(I32, 0, TfLiteDepthToSpaceParams, block_size, 1),
    {0},
};

const ln_op ln_op_depth_to_space = {
    .name = "DEPTH_TO_SPACE",
    .builtin = kTfLiteBuiltinDepthToSpace,
    .version = 2,
    .options = 94,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = to_space_fields,
    .params_size = sizeof(TfLiteDepthToSpaceParams),
    .infer = to_space_infer,
    .eval = to_space_eval,
    .quant = &quant,
};
