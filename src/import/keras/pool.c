/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c: pooling.  One dimension is two with a height of 1; three are first height and width, then
 * depth, which is the same for maxima and for means (also at borders, where a mean counts only what
 * is inside: the counts multiply). */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* The last three axes' numbers from a list of n or one; absent: `fallback`. */
static bool read_axes(ln_keras_call *c, const char *key, int n, const int *fallback, int *to)
{
    int v[3];
    const int got = ln_json_get(c->config, key) ? ln_json_ints(c->config, key, 3, v) : 0;
    for (int i = 0; i < 3; i++) {
        const int k = i - (3 - n);
        to[i] = k < 0 ? 1 : got == 0 ? fallback[i] : got == 1 ? v[0] : v[LN_MIN(k, got - 1)];
        if ((got > 1 && got != n) || got < 0 || to[i] < 1) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "%s is not %d positive numbers", key, n);
            return false;
        }
    }
    return true;
}

static ln_id pool_2d(ln_emit *e, const ln_op *op, ln_id x, const TfLitePoolParams *p)
{
    return p->filter_width == 1 && p->filter_height == 1 && p->stride_width == 1 &&
                   p->stride_height == 1
               ? x
               : ln_emit_unary(e, op, p, x);
}

static ln_id pool_3d(ln_emit *e, const ln_op *op, ln_id x, const int *size, const int *stride,
                     TfLitePadding padding)
{
    const ln_shape s = ln_emit_shape(e, x);
    const ln_shape slices = {.rank = 4, .dim = {-1, s.dim[2], s.dim[3], s.dim[4]}};
    const TfLitePoolParams plane = {.padding = padding,
                                    .stride_width = stride[2],
                                    .stride_height = stride[1],
                                    .filter_width = size[2],
                                    .filter_height = size[1]};
    const TfLitePoolParams deep = {.padding = padding,
                                   .stride_width = 1,
                                   .stride_height = stride[0],
                                   .filter_width = 1,
                                   .filter_height = size[0]};
    for (int i = 1; i < 5; i++)
        if (s.dim[i] < 0)
            return ln_emit_fail(e, LN_ERR_UNSUPPORTED,
                                "pooling of volumes of an open size: give --input-shape");
    ln_id y = pool_2d(e, op, ln_keras_reshape(e, x, &slices), &plane);
    const ln_shape t = ln_emit_shape(e, y);
    if (t.rank != 4 || t.dim[1] < 0 || t.dim[2] < 0)
        return ln_emit_fail(e, LN_ERR_UNSUPPORTED, "pooling of this shape");
    const ln_shape columns = {.rank = 4,
                              .dim = {s.dim[0], s.dim[1], t.dim[1] * t.dim[2], t.dim[3]}};
    y = pool_2d(e, op, ln_keras_reshape(e, y, &columns), &deep);
    const ln_shape made = {
        .rank = 5, .dim = {s.dim[0], ln_emit_shape(e, y).dim[1], t.dim[1], t.dim[2], t.dim[3]}};
    return ln_keras_reshape(e, y, &made);
}

static void pool(ln_keras_call *c, const ln_op *op)
{
    ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const int n = ln_emit_shape(c->e, x).rank - 2;
    static const int two[] = {2, 2, 2};
    int size[3], stride[3];
    if (n < 1 || n > 3) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "pooling of rank %d", n + 2);
        return;
    }
    if (!read_axes(c, "pool_size", n, two, size) || !read_axes(c, "strides", n, size, stride))
        return;
    const TfLitePadding padding = strcmp(ln_json_text(c->config, "padding", "valid"), "same") == 0
                                      ? kTfLitePaddingSame
                                      : kTfLitePaddingValid;
    const TfLitePoolParams p = {.padding = padding,
                                .stride_width = stride[2],
                                .stride_height = stride[1],
                                .filter_width = size[2],
                                .filter_height = size[1]};
    if (n == 3)
        x = pool_3d(c->e, op, x, size, stride, padding);
    else if (n == 2)
        x = pool_2d(c->e, op, x, &p);
    else
        x = ln_keras_drop(c->e, pool_2d(c->e, op, ln_keras_lift(c->e, x), &p));
    ln_keras_out(c, ln_keras_from_last(c, x));
}

void ln_keras_max_pooling(ln_keras_call *c)
{
    pool(c, &ln_op_max_pool_2d);
}

void ln_keras_average_pooling(ln_keras_call *c)
{
    pool(c, &ln_op_average_pool_2d);
}

/* ---- over everything ---- */

static void global(ln_keras_call *c, const ln_op *op)
{
    const ln_id x = ln_keras_x(c);
    const int rank = ln_emit_shape(c->e, x).rank;
    const bool first = strcmp(ln_json_text(c->config, "data_format", ""), "channels_first") == 0;
    int axes[LN_MAX_RANK];
    for (int i = 0; i + 2 < rank; i++)
        axes[i] = i + 1 + first;
    ln_keras_out(c, ln_emit_reduce(c->e, op, x, LN_MAX(rank - 2, 0), axes,
                                   ln_json_bool(c->config, "keepdims", false)));
}

void ln_keras_global_max_pooling(ln_keras_call *c)
{
    global(c, &ln_op_reduce_max);
}

/* The mean of the steps that count. */
void ln_keras_global_average_pooling(ln_keras_call *c)
{
    const ln_keras_mask mask = ln_keras_mask_of(c, 0);
    const ln_id x = ln_keras_x(c);
    const bool keep = ln_json_bool(c->config, "keepdims", false);
    static const int time[] = {1};
    if (mask.kind == LN_MASK_NONE || ln_emit_shape(c->e, x).rank != 3) {
        global(c, &ln_op_mean);
        return;
    }
    const ln_id counts = ln_emit_expand_dims(
        c->e, ln_emit_cast(c->e, ln_keras_mask_tensor(c->e, &mask), ln_emit_type(c->e, x)), 2);
    const ln_id sum = ln_emit_reduce(c->e, &ln_op_sum, ln_keras_binary(c->e, &ln_op_mul, x, counts),
                                     1, time, keep);
    ln_keras_out(c, ln_keras_binary(c->e, &ln_op_div, sum,
                                    ln_emit_reduce(c->e, &ln_op_sum, counts, 1, time, keep)));
}

/* ---- to a given size ---- */

/* Windows from floor(i n / m) to ceil((i + 1) n / m) along one axis, each reduced by itself. */
static ln_id adapt(ln_keras_call *c, const ln_op *op, ln_id x, int axis, int m)
{
    const ln_shape s = ln_emit_shape(c->e, x);
    const int n = axis < s.rank ? s.dim[axis] : -1;
    ln_id parts[64];
    if (m == n)
        return x;
    if (n < 1 || m < 1 || m > 64)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED,
                            "adaptive pooling of %d to %d steps (known, and at most 64)", n, m);
    for (int i = 0; i < m; i++) {
        int begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
        for (int k = 0; k < s.rank; k++)
            size[k] = -1;
        begin[axis] = (int)((int64_t)i * n / m);
        size[axis] = (int)(((int64_t)(i + 1) * n + m - 1) / m) - begin[axis];
        parts[i] =
            ln_emit_reduce(c->e, op, ln_emit_slice(c->e, x, s.rank, begin, size), 1, &axis, true);
    }
    return ln_emit_concat(c->e, m, parts, axis);
}

static void adaptive(ln_keras_call *c, const ln_op *op, const ln_op *pooling)
{
    ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x);
    const int n = s.rank - 2;
    int size[3];
    if (n < 1 || n > 3 || !read_axes(c, "output_size", n, (const int[]){0, 0, 0}, size)) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "output_size does not fit a rank of %d", s.rank);
        return;
    }
    const int h = s.dim[1], w = s.dim[2], *to = size + 3 - n;
    if (n == 2 && h > 0 && w > 0 && h % to[0] == 0 && w % to[1] == 0) { /* equal windows */
        const TfLitePoolParams p = {.padding = kTfLitePaddingValid,
                                    .stride_width = w / to[1],
                                    .stride_height = h / to[0],
                                    .filter_width = w / to[1],
                                    .filter_height = h / to[0]};
        x = pool_2d(c->e, pooling, x, &p);
    } else {
        for (int i = 0; i < n; i++)
            x = adapt(c, op, x, i + 1, to[i]);
    }
    ln_keras_out(c, ln_keras_from_last(c, x));
}

void ln_keras_adaptive_max_pooling(ln_keras_call *c)
{
    adaptive(c, &ln_op_reduce_max, &ln_op_max_pool_2d);
}

void ln_keras_adaptive_average_pooling(ln_keras_call *c)
{
    adaptive(c, &ln_op_mean, &ln_op_average_pool_2d);
}
