/* SPDX-License-Identifier: Apache-2.0 */
/* ops_order.c: functions of keras.ops that look items up, count up along an axis, or take what
 * stands at a place of the order. */
#include <math.h>
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

/* ---- along one axis, or all items in a row ---- */

ln_id ln_keras_running(ln_keras_call *c, int *axis)
{
    const ln_shape row = {.rank = 1, .dim = {-1}};
    int axes[LN_MAX_RANK] = {0};
    ln_id x = ln_keras_x(c);
    const bool flat = !ln_keras_arg_json(c, -1, "axis");
    x = flat ? ln_emit_reshape(c->e, x, &row) : x;
    if (!flat && ln_keras_ints(c, -1, "axis", axes) != 1)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "%s along several axes", c->row->name);
    *axis = ln_keras_axis(c, axes[0], ln_emit_shape(c->e, x).rank);
    return x;
}

/* Products of 1, 2, 4 ... items, each with what stands that far in front. */
void ln_keras_cumprod_op(ln_keras_call *c)
{
    ln_emit *e = c->e;
    int axis = 0, none[LN_MAX_RANK] = {0}, before[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
    ln_id y = ln_keras_running(c, &axis);
    const ln_shape s = ln_emit_shape(e, y);
    const TfLiteType type = ln_emit_type(e, y);
    const int n = ln_emit_ok(e) && s.rank > 0 ? s.dim[axis] : -1;
    if (n < 1 || type == kTfLiteBool || ln_keras_arg_json(c, -1, "dtype")) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED,
                     "products along an open axis (give --input-shape), of bool, or to a dtype");
        return;
    }
    for (int i = 0; i < s.rank; i++)
        size[i] = -1;
    for (int step = 1; step < n && ln_emit_ok(e); step *= 2) {
        size[axis] = n - step;
        before[axis] = step;
        const ln_id front = ln_emit_slice(e, y, s.rank, none, size);
        y = ln_keras_binary(
            e, &ln_op_mul, y,
            ln_emit_pad_value(e, front, s.rank, before, none, ln_emit_number(e, type, 1)));
    }
    ln_keras_out(c, y);
}

/* ---- Median, Quantile, Percentile ---- */

/* What stands at `place` of an order from the least; all of it as [..., n], the largest first. */
static ln_id at_place(ln_keras_call *c, ln_id ordered, int n, double place)
{
    const int axis = ln_emit_shape(c->e, ordered).rank - 1;
    return ln_emit_gather(c->e, ordered, ln_emit_int(c->e, n - 1 - (int)place), axis);
}

static ln_id between(ln_keras_call *c, ln_id ordered, int n, double q)
{
    ln_emit *e = c->e;
    const double place = q * (n - 1), low = floor(place), high = ceil(place), part = place - low;
    const ln_id a = at_place(c, ordered, n, low);
    if (low == high)
        return a;
    return ln_keras_binary(e, &ln_op_add, ln_keras_with(e, &ln_op_mul, a, 1 - part),
                           ln_keras_with(e, &ln_op_mul, at_place(c, ordered, n, high), part));
}

/* x [..., n] from the largest on; NaN in all of a row where one is. */
static ln_id order(ln_emit *e, ln_id x, int n)
{
    static const int last = -1;
    const ln_id in[] = {x, ln_emit_int(e, n)};
    const ln_emit_call call = {.op = &ln_op_topk_v2, .in = in, .n_in = 2, .n_out = 2};
    ln_id out[2];
    if (!ln_emit_node(e, &call, out))
        return -1;
    const ln_id broken = ln_emit_reduce(e, &ln_op_reduce_any,
                                        ln_keras_binary(e, &ln_op_not_equal, x, x), 1, &last, true);
    const ln_id all[] = {broken, ln_emit_float(e, NAN), out[0]};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, all);
}

/* The places wanted: one, or several along a new first axis. */
static int read_places(ln_keras_call *c, const float **q)
{
    static const float half = 0.5F;
    const ln_keras_arg *a = ln_keras_arg_find(c, 1, "q");
    int n = 0;
    *q = &half;
    if (strstr(c->row->name, "edian"))
        return 1;
    *q = a && a->json ? ln_json_floats(a->json, &c->k->scratch, &n) : NULL;
    for (int i = 0; i < n; i++)
        if (!((*q)[i] >= 0 && (*q)[i] <= (c->row->name[0] == 'P' ? 100 : 1)))
            n = -1;
    if (n < 1 || n > 256)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "q that is not in the file, or not in its range");
    return n;
}

void ln_keras_quantile_op(ln_keras_call *c)
{
    enum { MAX_PLACES = 256 };
    ln_emit *e = c->e;
    int axis = 0, perm[LN_MAX_RANK];
    const float *q;
    ln_id parts[MAX_PLACES];
    ln_id x = ln_keras_running(c, &axis);
    const bool flat = !ln_keras_arg_json(c, -1, "axis"),
               kept = ln_keras_arg_number(c, -1, "keepdims", 0) != 0;
    const ln_shape s = ln_emit_shape(e, x);
    const int count = read_places(c, &q), n = ln_emit_ok(e) && s.rank > 0 ? s.dim[axis] : -1;
    const cJSON *method = ln_keras_arg_json(c, -1, "method"), *given = ln_keras_arg_json(c, 1, "q");
    /* a Quantile of Keras 3.15 does not look at its method */
    if (cJSON_IsString(method) && strcmp(method->valuestring, "linear") != 0)
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "method \"%s\", which Keras's releases do not agree on",
                     method->valuestring);
    if (n < 1 || (flat && kept)) {
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "an open axis, or keepdims of all axes");
        return;
    }
    for (int i = 0; i < s.rank; i++)
        perm[i] = i < axis ? i : i == s.rank - 1 ? axis : i + 1;
    x = ln_emit_transpose(e, ln_emit_cast(e, x, kTfLiteFloat32), s.rank, perm);
    const ln_id ordered = order(e, x, n);
    const double unit = c->row->name[0] == 'P' ? 100 : 1;
    for (int i = 0; i < count; i++) {
        parts[i] = between(c, ordered, n, (double)q[i] / unit);
        parts[i] = kept ? ln_emit_expand_dims(e, parts[i], axis) : parts[i];
    }
    const bool several = cJSON_IsArray(given) && !strstr(c->row->name, "edian");
    for (int i = 0; several && i < count; i++)
        parts[i] = ln_emit_expand_dims(e, parts[i], 0);
    ln_keras_out(c, several ? ln_emit_concat(e, count, parts, 0) : parts[0]);
}

/* ---- looking up ---- */

/* Each item of x against all items of a row: [..., n]. */
static ln_id against_all(ln_keras_call *c, const ln_op *op, ln_id row, ln_id x)
{
    const int rank = ln_emit_shape(c->e, x).rank;
    if (rank < 0 || rank >= LN_MAX_RANK)
        return ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a tensor of rank %d", rank);
    return ln_keras_binary(c->e, op, row, ln_emit_expand_dims(c->e, x, rank));
}

/* How many items of a row are less, or not larger. */
void ln_keras_search_sorted_op(ln_keras_call *c)
{
    static const int last = -1;
    const cJSON *side = ln_keras_arg_json(c, -1, "side");
    const bool right = cJSON_IsString(side) && strcmp(side->valuestring, "right") == 0;
    const ln_id row =
                    ln_keras_operand(c, ln_keras_arg_find(c, 0, "sorted_sequence"), kTfLiteFloat32),
                x = ln_keras_operand(c, ln_keras_arg_find(c, 1, "values"), kTfLiteFloat32);
    if (ln_emit_shape(c->e, row).rank != 1) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a sequence of another rank than 1");
        return;
    }
    const ln_id less = against_all(c, right ? &ln_op_less_equal : &ln_op_less, row, x);
    ln_keras_out(c, ln_emit_reduce(c->e, &ln_op_sum, ln_emit_cast(c->e, less, kTfLiteInt32), 1,
                                   &last, false));
}

void ln_keras_is_in_op(ln_keras_call *c)
{
    static const int last = -1;
    const ln_shape flat = {.rank = 1, .dim = {-1}};
    const TfLiteType type = ln_emit_type(c->e, ln_keras_x(c));
    const ln_id x = ln_keras_operand(c, ln_keras_arg_find(c, 0, "x1"), type),
                all = ln_emit_reshape(
                    c->e, ln_keras_operand(c, ln_keras_arg_find(c, 1, "x2"), type), &flat);
    const ln_id y = ln_emit_reduce(c->e, &ln_op_reduce_any, against_all(c, &ln_op_equal, all, x), 1,
                                   &last, false);
    const bool invert = ln_keras_arg_number(c, -1, "invert", 0) != 0;
    ln_keras_out(c, invert ? ln_keras_unary(c->e, &ln_op_logical_not, y) : y);
}

/* ---- by indices ---- */

void ln_keras_scatter_op(ln_keras_call *c)
{
    int dims[LN_MAX_RANK];
    const int n = ln_keras_ints(c, -1, "shape", dims);
    const ln_keras_arg *values = ln_keras_arg_find(c, 1, "values");
    if (n < 1 || !values || values->kind != LN_ARG_TENSOR) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a shape that is not in the file, or no values");
        return;
    }
    const ln_id in[] = {ln_keras_operand(c, ln_keras_arg_find(c, 0, "indices"), kTfLiteInt32),
                        values->value.id, ln_emit_ints(c->e, n, dims)};
    ln_keras_out(c, ln_emit_nary(c->e, &ln_op_scatter_nd, NULL, 3, in));
}

void ln_keras_scatter_update_op(ln_keras_call *c)
{
    static const char *const names[] = {[LN_SCATTER_ADD] = "add",
                                        [LN_SCATTER_MUL] = "mul",
                                        [LN_SCATTER_MIN] = "min",
                                        [LN_SCATTER_MAX] = "max"};
    ln_emit *e = c->e;
    const ln_id x = ln_keras_x(c),
                at = ln_keras_operand(c, ln_keras_arg_find(c, 1, "indices"), kTfLiteInt32),
                values =
                    ln_keras_operand(c, ln_keras_arg_find(c, 2, "updates"), ln_emit_type(e, x));
    const cJSON *given = ln_keras_arg_json(c, 3, "reduction");
    ln_scatter how = LN_SCATTER_LAST;
    for (int i = 0; cJSON_IsString(given) && i < (int)LN_COUNTOF(names); i++)
        if (names[i] && strcmp(given->valuestring, names[i]) == 0)
            how = (ln_scatter)i;
    if (given && !cJSON_IsNull(given) && how == LN_SCATTER_LAST)
        ln_emit_fail(e, LN_ERR_UNSUPPORTED, "a reduction other than add, mul, min and max");
    ln_keras_out(c, ln_emit_scatter(e, how, x, at, values));
}

/* ---- Size, Ndim ---- */

void ln_keras_size_op(ln_keras_call *c)
{
    static const int all = 0;
    const ln_shape s = ln_emit_shape(c->e, ln_keras_x(c));
    ln_keras_out(c, c->row->name[0] == 'N'
                        ? ln_emit_int(c->e, s.rank)
                        : ln_emit_reduce(c->e, &ln_op_reduce_prod,
                                         ln_emit_shape_of(c->e, ln_keras_x(c)), 1, &all, false));
}
