/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c: layers that move data, and what the other families need of that. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* ---- for all ---- */

ln_id ln_keras_unary(ln_emit *e, const ln_op *op, ln_id x)
{
    return ln_emit_unary(e, op, NULL, x);
}

ln_id ln_keras_binary(ln_emit *e, const ln_op *op, ln_id a, ln_id b)
{
    return ln_emit_binary(e, op, NULL, a, b);
}

ln_id ln_keras_part(ln_emit *e, ln_id x, int axis, int begin, int size)
{
    int from[LN_MAX_RANK] = {0}, count[LN_MAX_RANK];
    const int rank = ln_emit_shape(e, x).rank;
    for (int i = 0; i < rank; i++)
        count[i] = -1;
    from[axis] = begin;
    count[axis] = size;
    return ln_emit_slice(e, x, rank, from, count);
}

ln_id ln_keras_with(ln_emit *e, const ln_op *op, ln_id x, double number)
{
    if (((op == &ln_op_add || op == &ln_op_sub) && number == 0) ||
        ((op == &ln_op_mul || op == &ln_op_div) && number == 1))
        return x;
    return ln_emit_binary(e, op, NULL, x, ln_emit_number(e, ln_emit_type(e, x), number));
}

int ln_keras_axis(ln_keras_call *c, int axis, int rank)
{
    const int at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at >= rank) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "axis %d of rank %d", axis, rank);
        return 0;
    }
    return at;
}

/* One dimension of x as int32 [1]. */
static ln_id dimension(ln_emit *e, ln_id shape, int axis)
{
    const int begin[] = {axis}, size[] = {1};
    return ln_emit_slice(e, shape, 1, begin, size);
}

ln_id ln_keras_reshape(ln_emit *e, ln_id x, const ln_shape *to)
{
    const ln_shape from = ln_emit_shape(e, x);
    ln_shape s = *to;
    int open = 0;
    for (int i = 0; i < s.rank; i++) {
        const int axis = LN_KERAS_AS - to->dim[i];
        if (axis >= 0)
            s.dim[i] = axis < from.rank ? from.dim[axis] : -1;
        open += s.dim[i] < 0;
    }
    if (open <= 1)
        return ln_emit_reshape(e, x, &s);
    ln_id parts[LN_MAX_RANK];
    const ln_id shape = ln_emit_shape_of(e, x);
    for (int i = 0; i < s.rank; i++) {
        const int axis = LN_KERAS_AS - to->dim[i];
        parts[i] =
            s.dim[i] < 0 && axis >= 0 ? dimension(e, shape, axis) : ln_emit_ints(e, 1, &s.dim[i]);
    }
    return ln_emit_binary(e, &ln_op_reshape, NULL, x, ln_emit_concat(e, s.rank, parts, 0));
}

/* What came down a moment ago is taken as it was before. */
ln_id ln_keras_lift(ln_emit *e, ln_id x)
{
    const ln_id made_by = ln_emit_ok(e) ? ln_graph_producer(e->g, x) : -1;
    const ln_node *n = made_by >= 0 ? &e->g->nodes[made_by] : NULL;
    if (n && n->op == &ln_op_squeeze) {
        const TfLiteSqueezeParams *p = n->params;
        const ln_id before = n->inputs->data[0];
        if (p->num_squeeze_dims == 1 && p->squeeze_dims[0] == 1 &&
            ln_emit_shape(e, before).rank == 4)
            return before;
    }
    return ln_emit_expand_dims(e, x, 1);
}

ln_id ln_keras_drop(ln_emit *e, ln_id x)
{
    return ln_emit_squeeze(e, x, 1U << 1);
}

static bool channels_first(const ln_keras_call *c)
{
    return strcmp(ln_json_text(c->config, "data_format", ""), "channels_first") == 0;
}

ln_id ln_keras_to_last(ln_keras_call *c, ln_id x)
{
    const int rank = ln_emit_shape(c->e, x).rank;
    int perm[LN_MAX_RANK] = {0};
    if (!channels_first(c) || rank < 3)
        return x;
    for (int i = 1; i < rank - 1; i++)
        perm[i] = i + 1;
    perm[rank - 1] = 1;
    return ln_emit_transpose(c->e, x, rank, perm);
}

ln_id ln_keras_from_last(ln_keras_call *c, ln_id y)
{
    const int rank = ln_emit_shape(c->e, y).rank;
    int perm[LN_MAX_RANK] = {0, rank - 1};
    if (!channels_first(c) || rank < 3)
        return y;
    for (int i = 2; i < rank; i++)
        perm[i] = i - 1;
    return ln_emit_transpose(c->e, y, rank, perm);
}

/* ---- layers ---- */

void ln_keras_identity(ln_keras_call *c)
{
    for (int i = 0; i < c->n_in; i++)
        ln_keras_out_masked(c, c->in[i].id, c->in[i].mask);
}

/* Channels first are flattened as if they were last. */
void ln_keras_flatten(ln_keras_call *c)
{
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x);
    const ln_shape to = {.rank = 2,
                         .dim = {LN_KERAS_AS, s.rank > 1 ? ln_shape_count(&s, 1, s.rank) : 1}};
    ln_keras_out(c, ln_keras_reshape(c->e, x, &to));
}

/* A dimension of -1 is what is left of the others, without the batch; where that is not known yet,
 * it stays -1. */
static void fill_in(const ln_shape *from, ln_shape *to)
{
    const int all = from->rank > 0 ? ln_shape_count(from, 1, from->rank) : -1;
    int open = 0, rest = 1;
    for (int i = 1; i < to->rank; i++) {
        if (to->dim[i] < 0)
            open = i;
        else if (to->dim[i] > 0 && rest <= INT32_MAX / to->dim[i])
            rest *= to->dim[i];
    }
    if (open && all >= 0)
        to->dim[open] = all / rest;
}

void ln_keras_reshape_layer(ln_keras_call *c)
{
    const ln_id x = ln_keras_x(c);
    const ln_shape s = ln_emit_shape(c->e, x);
    ln_shape to = {.dim = {LN_KERAS_AS}};
    int n = ln_json_get(c->config, "target_shape")
                ? ln_json_ints(c->config, "target_shape", LN_MAX_RANK - 1, to.dim + 1)
                : -1;
    if (n < 0) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "target_shape is no list of at most %d numbers",
                     LN_MAX_RANK - 1);
        return;
    }
    to.rank = n + 1;
    fill_in(&s, &to);
    ln_keras_out(c, ln_keras_reshape(c->e, x, &to));
}

void ln_keras_permute(ln_keras_call *c)
{
    int perm[LN_MAX_RANK] = {0};
    const int n = ln_json_ints(c->config, "dims", LN_MAX_RANK - 1, perm + 1);
    const int rank = ln_emit_shape(c->e, ln_keras_x(c)).rank;
    if (n < 0 || n + 1 != rank)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "dims are not a permutation of %d axes", rank - 1);
    else
        ln_keras_out(c, ln_emit_transpose(c->e, ln_keras_x(c), n + 1, perm));
}

static ln_id repeat(ln_emit *e, ln_id x, int axis, int times)
{
    const int rank = ln_emit_shape(e, x).rank;
    int multiples[LN_MAX_RANK];
    for (int i = 0; i < rank; i++)
        multiples[i] = i == axis ? times : 1;
    return times == 1 ? x
                      : ln_emit_binary(e, &ln_op_tile, NULL, x, ln_emit_ints(e, rank, multiples));
}

void ln_keras_repeat_vector(ln_keras_call *c)
{
    const ln_id x = ln_emit_expand_dims(c->e, ln_keras_x(c), 1);
    ln_keras_out(c, repeat(c->e, x, 1, ln_json_int(c->config, "n", 1)));
}

/* ---- padding and cropping: a number, a list of numbers, or of pairs ---- */

/* before/after of `n` axes; false when it is none of these. */
static bool read_pairs(const cJSON *value, int n, int *before, int *after)
{
    const cJSON *item;
    int i = 0, v;
    if (ln_json_is_int(value, &v)) {
        for (i = 0; i < n; i++)
            before[i] = after[i] = v;
        return true;
    }
    if (!cJSON_IsArray(value))
        return false;
    if (n == 1 && cJSON_GetArraySize(value) == 2)
        return ln_json_is_int(value->child, before) && ln_json_is_int(value->child->next, after);
    cJSON_ArrayForEach(item, value)
    {
        if (i == n)
            return false;
        if (ln_json_is_int(item, &v))
            before[i] = after[i] = v;
        else if (cJSON_GetArraySize(item) != 2 || !ln_json_is_int(item->child, &before[i]) ||
                 !ln_json_is_int(item->child->next, &after[i]))
            return false;
        i++;
    }
    return i == n;
}

/* The pairs for the axes of x, channels last; 0 for batch and channels. */
static bool spatial_pairs(ln_keras_call *c, const char *key, int rank, int *before, int *after)
{
    memset(before, 0, LN_MAX_RANK * sizeof *before);
    memset(after, 0, LN_MAX_RANK * sizeof *after);
    if (rank < 3 || rank > LN_MAX_RANK ||
        !read_pairs(ln_json_get(c->config, key), rank - 2, before + 1, after + 1)) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "%s does not fit a rank of %d", key, rank);
        return false;
    }
    for (int i = 0; i < rank; i++)
        if (before[i] < 0 || after[i] < 0) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "%s is negative", key);
            return false;
        }
    return true;
}

void ln_keras_zero_padding(ln_keras_call *c)
{
    int before[LN_MAX_RANK], after[LN_MAX_RANK];
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const int rank = ln_emit_shape(c->e, x).rank;
    if (spatial_pairs(c, "padding", rank, before, after))
        ln_keras_out(c, ln_keras_from_last(c, ln_emit_pad(c->e, x, rank, before, after)));
}

/* x[:, before : -after, ...] */
static ln_id crop(ln_emit *e, ln_id x, int rank, const int *before, const int *after)
{
    TfLiteStridedSliceParams p = {0};
    int begin[LN_MAX_RANK], end[LN_MAX_RANK], step[LN_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        begin[i] = before[i];
        end[i] = -after[i];
        step[i] = 1;
        p.begin_mask |= before[i] == 0 ? 1 << i : 0;
        p.end_mask |= after[i] == 0 ? 1 << i : 0;
    }
    if (p.begin_mask == (1 << rank) - 1 && p.end_mask == p.begin_mask)
        return x;
    const ln_id in[] = {x, ln_emit_ints(e, rank, begin), ln_emit_ints(e, rank, end),
                        ln_emit_ints(e, rank, step)};
    return ln_emit_nary(e, &ln_op_strided_slice, &p, 4, in);
}

void ln_keras_cropping(ln_keras_call *c)
{
    int before[LN_MAX_RANK], after[LN_MAX_RANK];
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x);
    if (!spatial_pairs(c, "cropping", s.rank, before, after))
        return;
    for (int i = 1; i < s.rank; i++)
        if (s.dim[i] >= 0 && before[i] + (int64_t)after[i] >= s.dim[i] && i < s.rank - 1) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "cropping leaves nothing of axis %d", i);
            return;
        }
    ln_keras_out(c, ln_keras_from_last(c, crop(c->e, x, s.rank, before, after)));
}

/* ---- upsampling ---- */

static ln_id resize(ln_keras_call *c, ln_id x, const int *size, const char *how, bool smooth)
{
    ln_emit *e = c->e;
    if (strcmp(how, "nearest") == 0) {
        /* By whole factors the centers make no difference, but LiteRT is slower by them. */
        const ln_shape s = ln_emit_shape(e, x);
        const bool whole = s.rank == 4 && s.dim[1] > 0 && s.dim[2] > 0 && size[0] % s.dim[1] == 0 &&
                           size[1] % s.dim[2] == 0;
        const TfLiteResizeNearestNeighborParams p = {.half_pixel_centers = !whole};
        return ln_emit_binary(e, &ln_op_resize_nearest_neighbor, &p, x, ln_emit_ints(e, 2, size));
    }
    if (strcmp(how, "bilinear") == 0 && !smooth) {
        const TfLiteResizeBilinearParams p = {.half_pixel_centers = true};
        return ln_emit_binary(e, &ln_op_resize_bilinear, &p, x, ln_emit_ints(e, 2, size));
    }
    if (ln_keras_resamples(how, smooth))
        return ln_keras_resample(c, x, size, how, smooth);
    return ln_emit_fail(e, LN_ERR_UNSUPPORTED,
                        "interpolation \"%s\" (nearest, bilinear, bicubic, lanczos3, lanczos5 and "
                        "area are)",
                        how);
}

ln_id ln_keras_resize(ln_keras_call *c, ln_id x, const int *size, const char *how, bool smooth)
{
    const ln_shape s = ln_emit_shape(c->e, x);
    const bool same = s.rank == 4 && s.dim[1] == size[0] && s.dim[2] == size[1];
    return same ? x : resize(c, x, size, how, smooth);
}

/* Each item `times` times along an axis: [.., n, ..] -> [.., n, 1, ..] -> [.., n, times, ..]. */
ln_id ln_keras_stretch(ln_emit *e, ln_id x, int axis, int times)
{
    const ln_shape s = ln_emit_shape(e, x);
    ln_shape to = s;
    if (times == 1 || s.rank + 1 > LN_MAX_RANK)
        return x;
    for (int i = 0; i < s.rank; i++)
        to.dim[i] = s.dim[i] >= 0 && i == axis ? s.dim[i] * times : LN_KERAS_AS - i;
    if (s.dim[axis] < 0)
        to.dim[axis] = -1;
    else if (s.dim[axis] > INT32_MAX / times)
        return ln_emit_fail(e, LN_ERR_FORMAT, "axis %d becomes too long", axis);
    const ln_id y = repeat(e, ln_emit_expand_dims(e, x, axis + 1), axis + 1, times);
    /* the axes of y behind the new one are one further on */
    for (int i = axis + 1; i < s.rank; i++)
        to.dim[i] = LN_KERAS_AS - (i + 1);
    return ln_keras_reshape(e, y, &to);
}

void ln_keras_up_sampling(ln_keras_call *c)
{
    int times[3] = {1, 1, 1};
    ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_shape s = ln_emit_shape(c->e, x);
    const int n = ln_json_ints(c->config, "size", 3, times);
    const char *how = ln_json_text(c->config, "interpolation", "nearest");
    if (n < 1 || s.rank < 3 || s.rank > 5) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "size is not one to three numbers");
        return;
    }
    for (int i = 0; i < s.rank - 2; i++) {
        times[i] = n == 1 ? times[0] : times[i];
        if (times[i] < 1 || times[i] > 1 << 16 ||
            (s.dim[i + 1] > 0 && s.dim[i + 1] > INT32_MAX / times[i])) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "a size of %d", times[i]);
            return;
        }
    }
    if (s.rank == 4 && s.dim[1] >= 0 && s.dim[2] >= 0) {
        const int size[] = {s.dim[1] * times[0], s.dim[2] * times[1]};
        x = ln_keras_resize(c, x, size, how, false);
    } else if (strcmp(how, "nearest") != 0) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "upsampling other than nearest of an open size");
    } else {
        for (int i = 0; i < s.rank - 2; i++)
            x = ln_keras_stretch(c->e, x, i + 1, times[i]);
    }
    ln_keras_out(c, ln_keras_from_last(c, x));
}
