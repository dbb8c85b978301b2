/* SPDX-License-Identifier: Apache-2.0 */
/* ops_more.c: functions of keras.ops that pick, order and repeat, and those of images. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

static ln_shape shape_of(const ln_keras_call *c)
{
    return ln_emit_shape(c->e, ln_keras_x(c));
}

static int axis_of(ln_keras_call *c, int fallback, int rank)
{
    return ln_keras_axis(c, ln_keras_arg_int(c, -1, "axis", fallback), rank);
}

/* ---- shapes ---- */

void ln_keras_broadcast_to_op(ln_keras_call *c)
{
    const cJSON *json = ln_keras_arg_json(c, 1, "shape");
    ln_shape s = {0};
    s.rank = ln_json_ints_of(json, LN_MAX_RANK, s.dim);
    if (s.rank < 1 || !ln_shape_known(&s))
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a shape that is not in the file");
    else
        ln_keras_out(c, ln_keras_binary(c->e, &ln_op_broadcast_to, ln_keras_x(c),
                                        ln_emit_ints(c->e, s.rank, s.dim)));
}

void ln_keras_ravel_op(ln_keras_call *c)
{
    const ln_shape flat = {.rank = 1, .dim = {-1}};
    ln_keras_out(c, ln_emit_reshape(c->e, ln_keras_x(c), &flat));
}

/* Hstack, Vstack, Dstack */
void ln_keras_stack_op(ln_keras_call *c)
{
    const int axis = c->row->name[0] == 'V' ? 0 : c->row->name[0] == 'H' ? 1 : 2;
    ln_id *ids = ln_arena_new(&c->k->arena, (size_t)c->n_in + 1, sizeof *ids);
    for (int i = 0; ids && i < c->n_in; i++)
        ids[i] = c->in[i].id;
    if (shape_of(c).rank <= axis)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "%s of rank %d", c->row->name, shape_of(c).rank);
    else if (ids && ln_keras_all_tensors(c))
        ln_keras_out(c, ln_emit_concat(c->e, c->n_in, ids, axis));
}

void ln_keras_unstack_op(ln_keras_call *c)
{
    enum { MAX_PARTS = 256 };
    const ln_shape s = shape_of(c);
    const int axis = axis_of(c, 0, s.rank), n = s.rank > 0 ? s.dim[axis] : -1;
    const TfLiteUnpackParams p = {.num = n, .axis = axis};
    const ln_id x = ln_keras_x(c);
    ln_id out[MAX_PARTS];
    if (n < 1 || n > MAX_PARTS) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "%d parts", n);
        return;
    }
    const ln_emit_call call = {.op = &ln_op_unpack, .params = &p, .in = &x, .n_in = 1, .n_out = n};
    if (ln_emit_node(c->e, &call, out))
        for (int i = 0; i < n; i++)
            ln_keras_out(c, out[i]);
}

void ln_keras_roll_op(ln_keras_call *c)
{
    const ln_shape s = shape_of(c);
    if (!ln_keras_arg_json(c, -1, "axis") || !cJSON_IsNumber(ln_keras_arg_json(c, 1, "shift"))) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "roll other than by one number along one axis");
        return;
    }
    const int axis = axis_of(c, 0, s.rank), n = s.rank > 0 ? s.dim[axis] : -1;
    if (n < 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "roll along an open axis: give --input-shape");
        return;
    }
    const int by = (ln_keras_arg_int(c, 1, "shift", 0) % n + n) % n;
    const ln_id parts[] = {ln_keras_part(c->e, ln_keras_x(c), axis, n - by, by),
                           ln_keras_part(c->e, ln_keras_x(c), axis, 0, n - by)};
    ln_keras_out(c, by ? ln_emit_concat(c->e, 2, parts, axis) : ln_keras_x(c));
}

void ln_keras_diff_op(ln_keras_call *c)
{
    const ln_shape s = shape_of(c);
    const int axis = axis_of(c, -1, s.rank), times = ln_keras_arg_int(c, 1, "n", 1);
    ln_id x = ln_keras_x(c);
    if (s.rank < 1 || s.dim[axis] <= times || times < 0) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "differences along an axis of %d",
                     s.rank < 1 ? 0 : s.dim[axis]);
        return;
    }
    for (int i = 0; i < times; i++) {
        const int n = s.dim[axis] - i;
        x = ln_keras_binary(c->e, &ln_op_sub, ln_keras_part(c->e, x, axis, 1, n - 1),
                            ln_keras_part(c->e, x, axis, 0, n - 1));
    }
    ln_keras_out(c, x);
}

/* Tril, Triu: what lies above, or below, diagonal k is 0. */
void ln_keras_triangle_op(ln_keras_call *c)
{
    const ln_shape s = shape_of(c);
    const int h = s.rank >= 2 ? s.dim[s.rank - 2] : -1, w = s.rank >= 2 ? s.dim[s.rank - 1] : -1;
    const double k = ln_keras_arg_number(c, 1, "k", 0);
    const bool upper = strcmp(c->row->name, "Triu") == 0;
    const ln_shape to = {.rank = 2, .dim = {h, w}};
    if (h < 1 || w < 1 || ln_shape_count(&to, 0, 2) < 0) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "matrices of an open size: give --input-shape");
        return;
    }
    bool *kept = ln_arena_new(&c->k->scratch, (size_t)h * (size_t)w, sizeof *kept);
    for (int i = 0; kept && i < h * w; i++)
        kept[i] = upper ? i % w - i / w >= k : i % w - i / w <= k;
    if (!kept)
        return;
    const ln_id in[] = {ln_emit_constant(c->e, kTfLiteBool, &to, kept, (size_t)h * (size_t)w, true),
                        ln_keras_x(c), ln_emit_number(c->e, ln_emit_type(c->e, ln_keras_x(c)), 0)};
    ln_keras_out(c, ln_emit_nary(c->e, &ln_op_select_v2, NULL, 3, in));
}

void ln_keras_full_like_op(ln_keras_call *c)
{
    const TfLiteType type = ln_emit_type(c->e, ln_keras_x(c));
    const ln_id in[] = {ln_emit_shape_of(c->e, ln_keras_x(c)),
                        ln_keras_operand(c, ln_keras_arg_find(c, 1, "fill_value"), type)};
    ln_keras_out(c, ln_emit_nary(c->e, &ln_op_fill, NULL, 2, in));
}

/* ---- order ---- */

static bool top(ln_emit *e, ln_id x, int k, ln_id *out)
{
    const ln_id in[] = {x, ln_emit_int(e, k)};
    const ln_emit_call call = {.op = &ln_op_topk_v2, .in = in, .n_in = 2, .n_out = 2};
    return ln_emit_node(e, &call, out);
}

void ln_keras_top_k_op(ln_keras_call *c)
{
    ln_id out[2];
    if (top(c->e, ln_keras_x(c), ln_keras_arg_int(c, 1, "k", 1), out)) {
        ln_keras_out(c, out[0]);
        ln_keras_out(c, out[1]);
    }
}

/* Sort, Argsort: the largest of -x come last. */
void ln_keras_sort_op(ln_keras_call *c)
{
    const ln_shape s = shape_of(c);
    const int axis = axis_of(c, -1, s.rank);
    int perm[LN_MAX_RANK];
    ln_id out[2];
    for (int i = 0; i < s.rank; i++)
        perm[i] = i == axis ? s.rank - 1 : i == s.rank - 1 ? axis : i;
    if (s.rank < 1 || s.dim[axis] < 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "sorting along an open axis: give --input-shape");
        return;
    }
    const TfLiteType type = ln_emit_type(c->e, ln_keras_x(c));
    const bool small = type != kTfLiteFloat32 && type != kTfLiteInt64; /* -x has to fit */
    const ln_id x = ln_emit_transpose(
        c->e, small ? ln_emit_cast(c->e, ln_keras_x(c), kTfLiteInt32) : ln_keras_x(c), s.rank,
        perm);
    if (!top(c->e, ln_keras_unary(c->e, &ln_op_neg, x), s.dim[axis], out))
        return;
    const bool places = strcmp(c->row->name, "Argsort") == 0;
    const ln_id y =
        places ? out[1] : ln_emit_cast(c->e, ln_keras_unary(c->e, &ln_op_neg, out[0]), type);
    ln_keras_out(c, ln_emit_transpose(c->e, y, s.rank, perm));
}

void ln_keras_one_hot_op(ln_keras_call *c)
{
    const int depth = ln_keras_arg_int(c, 1, "num_classes", 0);
    const TfLiteOneHotParams p = {.axis = ln_keras_arg_int(c, 2, "axis", -1)};
    ln_id x = ln_keras_x(c);
    const TfLiteType type = ln_emit_type(c->e, x);
    if (type != kTfLiteInt32 && type != kTfLiteInt64)
        x = ln_emit_cast(c->e, x, kTfLiteInt32);
    const ln_id in[] = {x, ln_emit_int(c->e, depth), ln_emit_float(c->e, 1),
                        ln_emit_float(c->e, 0)};
    ln_keras_out(c, ln_emit_nary(c->e, &ln_op_one_hot, &p, 4, in));
}

/* SegmentSum and so on, by numbers of segments in any order. */
void ln_keras_segment_op(ln_keras_call *c)
{
    static const struct {
        const char *name;
        const ln_op *op;
    } kinds[] = {{"SegmentSum", &ln_op_unsorted_segment_sum},
                 {"SegmentMax", &ln_op_unsorted_segment_max},
                 {"SegmentMin", &ln_op_unsorted_segment_min},
                 {"SegmentProd", &ln_op_unsorted_segment_prod}};
    const int n = ln_keras_arg_int(c, 2, "num_segments", 0);
    size_t i = 0;
    while (i + 1 < LN_COUNTOF(kinds) && strcmp(kinds[i].name, c->row->name) != 0)
        i++;
    if (n < 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "num_segments is not in the file");
        return;
    }
    const ln_id in[] = {ln_keras_x(c),
                        ln_keras_operand(c, ln_keras_arg_find(c, 1, "segment_ids"), kTfLiteInt32),
                        ln_emit_int(c->e, n)};
    ln_keras_out(c, ln_emit_nary(c->e, kinds[i].op, NULL, 3, in));
}

/* ---- over axes ---- */

static bool keeps(const ln_keras_call *c)
{
    return ln_keras_arg_number(c, -1, "keepdims", 0) != 0;
}

void ln_keras_count_nonzero_op(ln_keras_call *c)
{
    int axes[LN_MAX_RANK];
    const int n = ln_keras_axes(c, shape_of(c).rank, axes);
    const ln_id set = ln_keras_with(c->e, &ln_op_not_equal, ln_keras_x(c), 0);
    ln_keras_out(
        c, ln_emit_reduce(c->e, &ln_op_sum, ln_emit_cast(c->e, set, kTfLiteInt32), n, axes, false));
}

/* Ptp: the largest less the smallest. */
void ln_keras_range_op(ln_keras_call *c)
{
    int axes[LN_MAX_RANK];
    const int n = ln_keras_axes(c, shape_of(c).rank, axes);
    const ln_id max = ln_emit_reduce(c->e, &ln_op_reduce_max, ln_keras_x(c), n, axes, keeps(c)),
                min = ln_emit_reduce(c->e, &ln_op_reduce_min, ln_keras_x(c), n, axes, keeps(c));
    ln_keras_out(c, ln_keras_binary(c->e, &ln_op_sub, max, min));
}

/* The mean and the variance. */
void ln_keras_moments_op(ln_keras_call *c)
{
    int axes[LN_MAX_RANK];
    const ln_id x = ln_keras_x(c);
    const ln_shape s = shape_of(c);
    const int n = ln_json_ints_of(ln_keras_arg_json(c, 1, "axes"), LN_MAX_RANK, axes);
    for (int i = 0; i < n; i++)
        axes[i] = ln_keras_axis(c, axes[i], s.rank);
    if (n < 1) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "axes is no list of axes");
        return;
    }
    const ln_id mean = ln_emit_reduce(c->e, &ln_op_mean, x, n, axes, true);
    const ln_id square = ln_keras_binary(c->e, &ln_op_squared_difference, x, mean);
    ln_keras_out(c, keeps(c) ? mean : ln_emit_reduce(c->e, &ln_op_mean, x, n, axes, false));
    ln_keras_out(c, ln_emit_reduce(c->e, &ln_op_mean, square, n, axes, keeps(c)));
}

void ln_keras_norm_op(ln_keras_call *c)
{
    int axes[LN_MAX_RANK];
    const cJSON *order = ln_keras_arg_json(c, 1, "ord");
    const int n = ln_keras_axes(c, shape_of(c).rank, axes);
    const ln_id square =
        ln_keras_unary(c->e, &ln_op_square, ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32));
    if (order && !(cJSON_IsNumber(order) && order->valuedouble == 2 && n == 1))
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "other norms than the Euclidean one");
    else
        ln_keras_out(c,
                     ln_keras_unary(c->e, &ln_op_sqrt,
                                    ln_emit_reduce(c->e, &ln_op_sum, square, n, axes, keeps(c))));
}

void ln_keras_threshold_op(ln_keras_call *c)
{
    const ln_id x = ln_keras_x(c);
    const TfLiteType type = ln_emit_type(c->e, x);
    const ln_id in[] = {
        ln_keras_with(c->e, &ln_op_greater, x, ln_keras_arg_number(c, 1, "threshold", 0)), x,
        ln_emit_number(
            c->e, type,
            ln_keras_arg_number(c, 2, "default_value", ln_keras_arg_number(c, 2, "value", 0)))};
    ln_keras_out(c, ln_emit_nary(c->e, &ln_op_select_v2, NULL, 3, in));
}

/* ---- images ---- */

void ln_keras_resize_op(ln_keras_call *c)
{
    int size[LN_MAX_RANK];
    const int n = ln_json_ints_of(ln_keras_arg_json(c, 1, "size"), LN_MAX_RANK, size);
    const cJSON *how = ln_keras_arg_json(c, -1, "interpolation");
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    if (n != 2 || ln_emit_shape(c->e, x).rank != 4 || size[0] < 1 || size[1] < 1 ||
        ln_keras_arg_number(c, -1, "crop_to_aspect_ratio", 0) != 0 ||
        ln_keras_arg_number(c, -1, "pad_to_aspect_ratio", 0) != 0) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "resizing other than a batch of images to a size");
        return;
    }
    const bool smooth = ln_keras_arg_number(c, -1, "antialias", 0) != 0;
    const ln_id y =
        ln_keras_resize(c, x, size, cJSON_IsString(how) ? how->valuestring : "bilinear", smooth);
    ln_keras_out(c, ln_keras_from_last(c, y));
}

void ln_keras_rgb_to_grayscale_op(ln_keras_call *c)
{
    static const float luma[] = {0.2989F, 0.587F, 0.114F};
    const ln_shape s = {.rank = 2, .dim = {1, 3}};
    const ln_id x = ln_keras_to_last(c, ln_emit_cast(c->e, ln_keras_x(c), kTfLiteFloat32));
    const ln_id y = ln_keras_product(c->e, x, ln_keras_constant(c, &s, luma), -1, kTfLiteActNone);
    ln_keras_out(c, ln_keras_from_last(c, y));
}

/* DepthToSpace, SpaceToDepth */
void ln_keras_blocks_op(ln_keras_call *c)
{
    const int n = ln_keras_arg_int(c, 1, "block_size", 1);
    const TfLiteDepthToSpaceParams d = {.block_size = n};
    const TfLiteSpaceToDepthParams s = {.block_size = n};
    const ln_id x = ln_keras_to_last(c, ln_keras_x(c));
    const ln_id y = c->row->name[0] == 'D' ? ln_emit_unary(c->e, &ln_op_depth_to_space, &d, x)
                                           : ln_emit_unary(c->e, &ln_op_space_to_depth, &s, x);
    ln_keras_out(c, ln_keras_from_last(c, y));
}
