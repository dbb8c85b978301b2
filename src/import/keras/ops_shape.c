/* SPDX-License-Identifier: Apache-2.0 */
/* ops_shape.c: functions of keras.ops that move data. */
#include <string.h>

#include "import/keras/keras.h"
#include "ops/list.h"

int ln_keras_ints(const ln_keras_call *c, int position, const char *name, int *values)
{
    const cJSON *json = ln_keras_arg_json(c, position, name), *item;
    int n = 0;
    if (ln_json_is_int(json, values))
        return 1;
    if (!cJSON_IsArray(json))
        return -1;
    cJSON_ArrayForEach(item,
                       json) if (n == LN_MAX_RANK || !ln_json_is_int(item, &values[n++])) return -1;
    return n;
}

static int rank_of(const ln_keras_call *c)
{
    return ln_emit_shape(c->e, ln_keras_x(c)).rank;
}

/* Without an axis, the function goes by the items in one row. */
static ln_id flat_without_axis(ln_keras_call *c, ln_id x)
{
    const ln_shape row = {.rank = 1, .dim = {-1}};
    return ln_keras_arg_json(c, -1, "axis") ? x : ln_emit_reshape(c->e, x, &row);
}

static int axis_argument(ln_keras_call *c, const char *name, int fallback, int rank)
{
    return ln_keras_axis(c, ln_keras_arg_int(c, -1, name, fallback), rank);
}

/* ---- x[...] ---- */

typedef struct cut {
    TfLiteStridedSliceParams p;
    int begin[LN_MAX_RANK], end[LN_MAX_RANK], step[LN_MAX_RANK];
    unsigned fresh; /* axes of the result that are new */
    int n, made;    /* axes of x that are seen to, of the result */
} cut;

static bool is_class(const cJSON *item, const char *class)
{
    return strcmp(ln_json_text(item, "class_name", ""), class) == 0;
}

/* An axis that is taken as a whole. */
static void whole(cut *k)
{
    k->p.begin_mask |= 1 << k->n;
    k->p.end_mask |= 1 << k->n;
    k->step[k->n++] = 1;
    k->made++;
}

/* Keras 2 writes a slice as it is, Keras 3 as an object of that class. */
static bool is_slice(const cJSON *item)
{
    return is_class(item, "__slice__") ||
           (cJSON_HasObjectItem(item, "start") && cJSON_HasObjectItem(item, "stop"));
}

static bool slice_axis(const cJSON *item, cut *k)
{
    const cJSON *config = is_class(item, "__slice__") ? ln_json_get(item, "config") : item;
    const cJSON *start = ln_json_get(config, "start"), *stop = ln_json_get(config, "stop");
    if ((start && !ln_json_is_int(start, &k->begin[k->n])) ||
        (stop && !ln_json_is_int(stop, &k->end[k->n])))
        return false;
    k->step[k->n] = ln_json_int(config, "step", 1);
    k->p.begin_mask |= start ? 0 : 1 << k->n;
    k->p.end_mask |= stop ? 0 : 1 << k->n;
    k->made++;
    return k->step[k->n++] != 0;
}

/* One item of the key. */
static bool cut_axis(const cJSON *item, int rank, int rest, cut *k)
{
    int v;
    if (cJSON_IsNull(item)) {
        k->fresh |= 1U << k->made++;
        return k->made <= LN_MAX_RANK;
    }
    if (is_class(item, "__ellipsis__")) {
        while (k->n < rank - rest)
            whole(k);
        return true;
    }
    if (k->n >= rank)
        return false;
    if (is_slice(item))
        return slice_axis(item, k);
    if (!ln_json_is_int(item, &v))
        return false;
    k->begin[k->n] = v;
    k->end[k->n] = v + 1;
    k->p.end_mask |= v == -1 ? 1 << k->n : 0;
    k->p.shrink_axis_mask |= 1 << k->n;
    k->step[k->n++] = 1;
    return true;
}

/* Items of the key from here on that take an axis of x each. */
static int taken(const cJSON *item)
{
    int n = 0;
    for (; item; item = item->next)
        n += !cJSON_IsNull(item) && !is_class(item, "__ellipsis__");
    return n;
}

void ln_keras_get_item_op(ln_keras_call *c)
{
    const cJSON *key = ln_keras_arg_json(c, 1, "key");
    const int rank = rank_of(c);
    cut k = {.n = 0};
    bool good = key && rank >= 1;
    for (const cJSON *item = cJSON_IsArray(key) ? key->child : key; good && item;
         item = cJSON_IsArray(key) ? item->next : NULL)
        good = cut_axis(item, rank, cJSON_IsArray(key) ? taken(item->next) : 0, &k);
    if (!good) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "x[...] other than by numbers and slices");
        return;
    }
    while (k.n < rank)
        whole(&k);
    const ln_id in[] = {ln_keras_x(c), ln_emit_ints(c->e, rank, k.begin),
                        ln_emit_ints(c->e, rank, k.end), ln_emit_ints(c->e, rank, k.step)};
    bool all = k.p.begin_mask == (1 << rank) - 1 && k.p.end_mask == k.p.begin_mask &&
               !k.p.shrink_axis_mask;
    for (int i = 0; i < rank; i++)
        all = all && k.step[i] == 1;
    ln_id y = all ? in[0] : ln_emit_nary(c->e, &ln_op_strided_slice, &k.p, 4, in);
    for (int i = 0; i < LN_MAX_RANK; i++)
        if (k.fresh >> i & 1)
            y = ln_emit_expand_dims(c->e, y, i);
    ln_keras_out(c, y);
}

/* ---- shapes ---- */

void ln_keras_reshape_op(ln_keras_call *c)
{
    ln_shape s = {0};
    s.rank =
        ln_keras_ints(c, 1, ln_keras_arg_json(c, -1, "newshape") ? "newshape" : "shape", s.dim);
    for (int i = 0; i < s.rank; i++)
        s.dim[i] = s.dim[i] < 0 ? -1 : s.dim[i];
    if (s.rank < 0)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a shape that is not in the file");
    else
        ln_keras_out(c, ln_emit_reshape(c->e, ln_keras_x(c), &s));
}

static void permute(ln_keras_call *c, const int *perm, int n)
{
    unsigned seen = 0;
    for (int i = 0; i < n; i++)
        seen |= perm[i] >= 0 && perm[i] < n ? 1U << perm[i] : 0;
    if (n < 0 || n != rank_of(c) || seen != (1U << n) - 1)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "axes are no permutation");
    else
        ln_keras_out(c, ln_emit_transpose(c->e, ln_keras_x(c), n, perm));
}

void ln_keras_transpose_op(ln_keras_call *c)
{
    int perm[LN_MAX_RANK];
    const int rank = rank_of(c);
    int n = ln_keras_ints(c, 1, ln_keras_arg_json(c, -1, "perm") ? "perm" : "axes", perm);
    for (int i = 0; n < 0 && i < rank; i++)
        perm[i] = rank - 1 - i;
    permute(c, perm, n < 0 ? rank : n);
}

/* Swapaxes, Moveaxis */
void ln_keras_move_axis_op(ln_keras_call *c)
{
    int perm[LN_MAX_RANK + 2], n = 0;
    const int rank = rank_of(c);
    const bool swap = strcmp(c->row->name, "Swapaxes") == 0;
    const int from = axis_argument(c, swap ? "axis1" : "source", 0, rank),
              to = axis_argument(c, swap ? "axis2" : "destination", 0, rank);
    for (int i = 0; i < rank; i++)
        perm[i] = i;
    if (swap) {
        perm[from] = to;
        perm[to] = from;
    } else {
        for (int i = 0; i < rank; i++) { /* all others in order, `from` at its place */
            perm[n + (n >= to)] = i;
            n += i != from;
        }
        perm[to] = from;
    }
    permute(c, perm, rank);
}

void ln_keras_expand_dims_op(ln_keras_call *c)
{
    int axes[LN_MAX_RANK];
    const int n = ln_keras_ints(c, 1, "axis", axes), rank = rank_of(c);
    ln_id y = ln_keras_x(c);
    unsigned fresh = 0;
    for (int i = 0; i < n; i++)
        fresh |= 1U << ln_keras_axis(c, axes[i], rank + n);
    if (n < 1 || rank + n > LN_MAX_RANK)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "axis is no list of axes");
    for (int i = 0; i < rank + n; i++)
        if (fresh >> i & 1)
            y = ln_emit_expand_dims(c->e, y, i);
    ln_keras_out(c, y);
}

void ln_keras_squeeze_op(ln_keras_call *c)
{
    int axes[LN_MAX_RANK];
    const ln_shape s = ln_emit_shape(c->e, ln_keras_x(c));
    const int n = ln_keras_ints(c, 1, "axis", axes);
    unsigned dropped = 0;
    for (int i = 0; i < n; i++)
        dropped |= 1U << ln_keras_axis(c, axes[i], s.rank);
    for (int i = 0; n < 0 && i < s.rank; i++)
        dropped |= s.dim[i] == 1 ? 1U << i : 0;
    ln_keras_out(c, ln_emit_squeeze(c->e, ln_keras_x(c), dropped));
}

/* ---- several ---- */

void ln_keras_join_op(ln_keras_call *c)
{
    const bool stack = strcmp(c->row->name, "Stack") == 0;
    const int axis = axis_argument(c, "axis", stack ? 0 : -1, rank_of(c) + stack);
    ln_id *ids = ln_arena_new(&c->k->arena, (size_t)c->n_in + 1, sizeof *ids);
    const TfLitePackParams p = {.values_count = c->n_in, .axis = axis};
    for (int i = 0; ids && i < c->n_in; i++)
        ids[i] = c->in[i].id;
    if (ids && ln_keras_all_tensors(c))
        ln_keras_out(c, stack ? ln_emit_nary(c->e, &ln_op_pack, &p, c->n_in, ids)
                              : ln_emit_concat(c->e, c->n_in, ids, axis));
}

/* Append: without an axis, of all items in a row. */
void ln_keras_append_op(ln_keras_call *c)
{
    const TfLiteType type = ln_emit_type(c->e, ln_keras_x(c));
    const ln_id in[] = {
        flat_without_axis(c, ln_keras_x(c)),
        flat_without_axis(c, ln_keras_operand(c, ln_keras_arg_find(c, 1, "x2"), type))};
    const int axis = axis_argument(c, "axis", 0, ln_emit_shape(c->e, in[0]).rank);
    ln_keras_out(c, ln_emit_concat(c->e, 2, in, axis));
}

/* Hsplit goes along the second axis, Vsplit along the first, Dsplit along the third. */
static int split_axis(ln_keras_call *c, int rank)
{
    const char kind = c->row->name[0];
    return kind == 'S' || kind == 'A' ? axis_argument(c, "axis", 0, rank)
                                      : ln_keras_axis(c,
                                                      kind == 'H'   ? 1
                                                      : kind == 'V' ? 0
                                                                    : 2,
                                                      rank);
}

/* Where the parts begin and end: equal ones (ArraySplit: the first are one longer), or those
 * between given places.  How many, 0: none. */
static int split_places(ln_keras_call *c, int length, int max, int *places)
{
    int at[LN_MAX_RANK];
    const int n = ln_keras_ints(c, 1, "indices_or_sections", at);
    if (n < 0 || length < 0)
        return 0;
    if (!cJSON_IsNumber(ln_keras_arg_json(c, 1, "indices_or_sections"))) {
        places[0] = 0;
        memcpy(places + 1, at, (size_t)n * sizeof *at);
        places[n + 1] = length;
        return n + 1;
    }
    const int parts = at[0], rest = parts > 0 ? length % parts : 0;
    if (parts < 1 || parts > max || (rest && (c->row->name[0] != 'A' || length < parts)))
        return 0;
    for (int i = 0; i <= parts; i++)
        places[i] = i * (length / parts) + LN_MIN(i, rest);
    return parts;
}

void ln_keras_split_op(ln_keras_call *c)
{
    enum { MAX_PARTS = 256 };
    int at[MAX_PARTS + 1], begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
    const ln_shape s = ln_emit_shape(c->e, ln_keras_x(c));
    const int axis = split_axis(c, s.rank), length = s.rank > 0 ? s.dim[axis] : -1;
    const int parts = split_places(c, length, MAX_PARTS, at);
    if (parts < 1)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a split of %d items", length);
    for (int i = 0; i < s.rank; i++)
        size[i] = -1;
    for (int i = 0; i < parts; i++) {
        if (at[i] < 0 || at[i + 1] < at[i] || at[i + 1] > length) {
            ln_emit_fail(c->e, LN_ERR_FORMAT, "a split at %d of %d", at[i + 1], length);
            return;
        }
        begin[axis] = at[i];
        size[axis] = at[i + 1] - at[i];
        ln_keras_out(c, ln_emit_slice(c->e, ln_keras_x(c), s.rank, begin, size));
    }
}

/* ---- repeating, turning, padding, taking ---- */

void ln_keras_flip_op(ln_keras_call *c)
{
    int axes[LN_MAX_RANK];
    const int rank = rank_of(c);
    int n = ln_keras_ints(c, 1, "axis", axes);
    for (int i = 0; n < 0 && i < rank; i++)
        axes[i] = i;
    n = n < 0 ? rank : n;
    for (int i = 0; i < n; i++)
        axes[i] = ln_keras_axis(c, axes[i], rank);
    ln_keras_out(
        c, ln_keras_binary(c->e, &ln_op_reverse_v2, ln_keras_x(c), ln_emit_ints(c->e, n, axes)));
}

void ln_keras_tile_op(ln_keras_call *c)
{
    int times[LN_MAX_RANK];
    const int n = ln_keras_ints(c, 1, "repeats", times);
    if (n != rank_of(c))
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "repeats are wanted for each axis");
    else
        ln_keras_out(
            c, ln_keras_binary(c->e, &ln_op_tile, ln_keras_x(c), ln_emit_ints(c->e, n, times)));
}

void ln_keras_repeat_op(ln_keras_call *c)
{
    int times[LN_MAX_RANK];
    const ln_id x = flat_without_axis(c, ln_keras_x(c));
    const int axis = axis_argument(c, "axis", 0, ln_emit_shape(c->e, x).rank);
    if (ln_keras_ints(c, 1, "repeats", times) != 1 || times[0] < 1)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "repeats that differ");
    else
        ln_keras_out(c, ln_keras_stretch(c->e, x, axis, times[0]));
}

void ln_keras_pad_op(ln_keras_call *c)
{
    const cJSON *width = ln_keras_arg_json(c, 1, "pad_width"), *pair;
    const cJSON *mode = ln_keras_arg_json(c, 2, "mode");
    const char *how = cJSON_IsString(mode) ? mode->valuestring : "constant";
    const bool reflect = strcmp(how, "reflect") == 0, symmetric = strcmp(how, "symmetric") == 0;
    const TfLiteMirrorPaddingParams p = {.mode = reflect ? kTfLiteMirrorPaddingReflect
                                                         : kTfLiteMirrorPaddingSymmetric};
    int pads[2 * LN_MAX_RANK], n = 0;
    const int rank = rank_of(c);
    cJSON_ArrayForEach(pair, width)
    {
        if (n == rank || cJSON_GetArraySize(pair) != 2 ||
            !ln_json_is_int(pair->child, &pads[2 * n]) ||
            !ln_json_is_int(pair->child->next, &pads[2 * n + 1]))
            break;
        n++;
    }
    if (n != rank || (!reflect && !symmetric && strcmp(how, "constant") != 0)) {
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "this kind of padding");
        return;
    }
    const ln_shape s = {.rank = 2, .dim = {n, 2}};
    const double fill = ln_keras_arg_number(c, -1, "constant_values", 0);
    const ln_id in[] = {
        ln_keras_x(c),
        ln_emit_constant(c->e, kTfLiteInt32, &s, pads, 2 * sizeof(int) * (size_t)n, true),
        fill == 0 ? -1 : ln_emit_number(c->e, ln_emit_type(c->e, ln_keras_x(c)), fill)};
    const ln_op *op = reflect || symmetric ? &ln_op_mirror_pad
                      : fill == 0          ? &ln_op_pad
                                           : &ln_op_padv2;
    ln_keras_out(c, ln_emit_nary(c->e, op, op == &ln_op_mirror_pad ? &p : NULL,
                                 op == &ln_op_padv2 ? 3 : 2, in));
}

void ln_keras_take_op(ln_keras_call *c)
{
    const cJSON *json = ln_keras_arg_json(c, 1, "indices"), *item;
    ln_id at = ln_keras_arg_tensor(c, 1, "indices");
    const ln_id x = flat_without_axis(c, ln_keras_x(c));
    const int rank = ln_emit_shape(c->e, x).rank, axis = axis_argument(c, "axis", 0, rank);
    const int length = rank > 0 ? ln_emit_shape(c->e, x).dim[axis] : -1;
    int n = 0, one;
    if (at < 0 && ln_json_is_int(json, &one)) {
        at = ln_emit_int(c->e, one < 0 && length >= 0 ? one + length : one);
    } else if (at < 0) {
        int *all = ln_arena_new(&c->k->arena, (size_t)cJSON_GetArraySize(json) + 1, sizeof *all);
        cJSON_ArrayForEach(item, json)
        {
            if (!all || !ln_json_is_int(item, &all[n])) {
                ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "indices that are no list of numbers");
                return;
            }
            all[n] += all[n] < 0 && length >= 0 ? length : 0;
            n++;
        }
        at = n ? ln_emit_ints(c->e, n, all) : ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "no indices");
    }
    ln_keras_out(c, ln_emit_gather(c->e, x, at, axis));
}
