/* SPDX-License-Identifier: Apache-2.0 */
/* mirror_pad.c: MIRROR_PAD: the input, continued by its mirror image on both sides of every
 * dimension.  REFLECT leaves the border item out of the image, SYMMETRIC repeats it.
 *
 *   x [d0, ...]   paddings [rank, 2]   y [d0 + left0 + right0, ...]
 * The input goes into the middle of the output; then, dimension by dimension, the output is
 * mirrored into its own margins, so that corners come by themselves. */
#include "ops/move.h"

enum { X, PADDINGS };

static int margin(const ln_call *c, int axis, int side)
{
    return (int)ln_int_at(c->in[PADDINGS], 2 * axis + side);
}

/* Items at the border that the image leaves out. */
static int left_out(const ln_call *c)
{
    const TfLiteMirrorPaddingParams *p = c->params;
    return p->mode == kTfLiteMirrorPaddingReflect ? 1 : 0;
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), p = ln_shape_of(c->in[PADDINGS]);
    ln_shape y = ln_shape_unknown(x.rank);

    LN_TRY(ln_check_plain(c, X));
    LN_TRY(ln_check_index(c, PADDINGS));
    LN_CHECK(c, p.rank == 2 && p.dim[0] == x.rank && p.dim[1] == 2,
             "the paddings are no [%d, 2] matrix", x.rank);
    for (int i = 0; i < x.rank && ln_known(c, PADDINGS); i++) {
        if (x.dim[i] < 0)
            continue;
        int64_t sum = x.dim[i];
        for (int side = 0; side < 2; side++) {
            const int64_t n = ln_int_at(c->in[PADDINGS], 2 * i + side);
            LN_CHECK(c, n >= 0 && n <= LN_MAX(x.dim[i] - left_out(c), 0),
                     "a padding of %lld does not fit dimension %d of size %d", (long long)n, i,
                     x.dim[i]);
            sum += n;
        }
        LN_CHECK(c, sum <= INT32_MAX, "dimension %d gets too large", i);
        y.dim[i] = (int)sum;
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

/* Fills one margin: `n` places from `to` on mirror those that end (left) or start at `from`. */
static void mirror(ln_call *c, int axis, int n, int from, int to)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    int size[LN_MAX_RANK], source[LN_MAX_RANK], target[LN_MAX_RANK], stride[LN_MAX_RANK];
    for (int i = 0; i < y.rank; i++) {
        /* Dimensions before this one have no margins yet. */
        size[i] = i < axis ? x.dim[i] : y.dim[i];
        source[i] = target[i] = i < axis ? margin(c, i, 0) : 0;
        stride[i] = 1;
    }
    size[axis] = n;
    source[axis] = from;
    target[axis] = to;
    stride[axis] = -1;
    const ln_side s = {&y, source, stride}, t = {&y, target, NULL};
    const ln_move m = ln_move_box(size, &s, &t);
    ln_move_data(&m, c->out[0], c->out[0]);
}

static ln_status eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    const int skip = left_out(c);
    int at[LN_MAX_RANK];

    if (ln_count(c->in[X]) == 0)
        return LN_OK;
    for (int i = 0; i < x.rank; i++)
        at[i] = margin(c, i, 0);
    const ln_side from = {&x, NULL, NULL}, to = {&y, at, NULL};
    const ln_move m = ln_move_box(x.dim, &from, &to);
    ln_move_data(&m, c->in[X], c->out[0]);
    for (int i = x.rank - 1; i >= 0; i--) {
        const int left = at[i], right = margin(c, i, 1), end = left + x.dim[i];
        if (left > 0)
            mirror(c, i, left, 2 * left - 1 + skip, 0);
        if (right > 0)
            mirror(c, i, right, end - 1 - skip, end);
    }
    return LN_OK;
}

/* The schema's numbers are one less than the C API's, as with paddings. */
static const ln_field fields[] = {
    LN_FIELD(PAD, 0, TfLiteMirrorPaddingParams, mode, 1),
    {0},
};

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_mirror_pad = {
    .name = "MIRROR_PAD",
    .builtin = kTfLiteBuiltinMirrorPad,
    .version = 3,
    .options = 77,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteMirrorPaddingParams),
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};
