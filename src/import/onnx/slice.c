/* SPDX-License-Identifier: Apache-2.0 */
/* slice.c: Slice, Split, Concat, Pad, Trilu, along the stored dimensions. */
#include <string.h>

#include "import/onnx/families.h"

/* ---- Slice ---- */

typedef struct slices {
    int rank, n;
    int axes[LN_MAX_RANK]; /* stored */
    int start[LN_MAX_RANK], end[LN_MAX_RANK], step[LN_MAX_RANK];
} slices;

static bool read_axes(ln_ox *o, const ln_ox_node *n, const ln_ox_value *v, int count, slices *s)
{
    int axes[LN_MAX_RANK], n_axes = -1;
    if (n->opset < 10)
        n_axes = ln_ox_ints(n, "axes", LN_MAX_RANK, axes);
    else if (ln_ox_has_in(n, 3) && !ln_ox_const_ints(o, n, 3, LN_MAX_RANK, axes, &n_axes))
        return false;
    if (n_axes < 0)
        for (n_axes = 0; n_axes < count; n_axes++)
            axes[n_axes] = n_axes;
    s->rank = v->at.rank;
    s->n = count;
    if (n_axes != count || count > s->rank) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "%d axes for %d limits", n_axes, count);
        return false;
    }
    for (int i = 0; i < count; i++) {
        const int axis = axes[i] + (axes[i] < 0 ? s->rank : 0);
        if (axis < 0 || axis >= s->rank) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "axis %d of %d dimensions", axes[i], s->rank);
            return false;
        }
        s->axes[i] = ln_ox_at(&v->at, axis);
        s->step[i] = 1;
    }
    return true;
}

/* All limits are constants. */
static ln_id slice_constant(ln_ox *o, ln_id x, const slices *s)
{
    int begin[LN_MAX_RANK] = {0}, end[LN_MAX_RANK] = {0}, step[LN_MAX_RANK], size[LN_MAX_RANK];
    int open_ends = (1 << s->rank) - 1;
    bool plain = true;
    const ln_shape shape = ln_emit_shape(&o->e, x);
    for (int i = 0; i < s->rank; i++) {
        step[i] = 1;
        size[i] = -1;
    }
    for (int i = 0; i < s->n; i++) {
        const int axis = s->axes[i], dim = shape.dim[axis];
        const bool open = s->step[i] > 0 ? s->end[i] >= INT32_MAX : s->end[i] <= -INT32_MAX;
        begin[axis] = s->start[i];
        end[axis] = s->end[i];
        step[axis] = s->step[i];
        if (!open)
            open_ends &= ~(1 << axis);
        plain = plain && step[axis] == 1 && dim >= 0;
        if (!plain)
            continue;
        const int64_t from = begin[axis] + (int64_t)(begin[axis] < 0 ? dim : 0);
        const int64_t to = open ? dim : end[axis] + (int64_t)(end[axis] < 0 ? dim : 0);
        begin[axis] = (int)LN_MIN(LN_MAX(from, 0), dim);
        size[axis] = (int)LN_MAX(LN_MIN(to, dim) - begin[axis], 0);
        end[axis] = begin[axis] + size[axis];
        open_ends &= ~(1 << axis);
    }
    return plain ? ln_emit_slice(&o->e, x, s->rank, begin, size)
                 : ln_ox_strided_slice(o, x, s->rank, begin, end, step, open_ends);
}

/* Limits as int32.  The largest int64 is usual for "to the end"; dimensions need no care. */
static ln_id limits(ln_ox *o, ln_id v)
{
    int values[LN_MAX_RANK], count = 0;
    ln_origin from[LN_MAX_RANK];
    bool small = ln_emit_type(&o->e, v) == kTfLiteInt32 ||
                 ln_emit_items(&o->e, v, LN_MAX_RANK, values, from, &count);
    for (int i = 0; i < count; i++)
        small = small && (values[i] != LN_UNKNOWN || from[i].id >= 0);
    if (!small) {
        v = ln_ox_op2(o, &ln_op_minimum, v, ln_ox_like(o, v, INT32_MAX));
        v = ln_ox_op2(o, &ln_op_maximum, v, ln_ox_like(o, v, -INT32_MAX));
    }
    return ln_ox_int32(o, v);
}

/* Item i of a vector as [1], for every stored dimension; `other` where there is none. */
static ln_id spread_out(ln_ox *o, ln_id v, const slices *s, int other)
{
    ln_id parts[LN_MAX_RANK];
    const ln_id items = limits(o, v);
    for (int i = 0; i < s->rank; i++)
        parts[i] = ln_emit_ints(&o->e, 1, &other);
    for (int i = 0; i < s->n; i++)
        parts[s->axes[i]] = ln_emit_slice(&o->e, items, 1, &i, (const int[]){1});
    return ln_emit_concat(&o->e, s->rank, parts, 0);
}

static ln_id slice_computed(ln_ox *o, ln_id x, ln_id start, ln_id end, const slices *s)
{
    TfLiteStridedSliceParams p = {.end_mask = (1 << s->rank) - 1};
    int step[LN_MAX_RANK];
    for (int i = 0; i < s->rank; i++)
        step[i] = 1;
    for (int i = 0; i < s->n; i++) {
        step[s->axes[i]] = s->step[i];
        p.end_mask &= ~(1 << s->axes[i]);
    }
    const ln_id in[] = {x, spread_out(o, start, s, 0), spread_out(o, end, s, 0),
                        ln_emit_ints(&o->e, s->rank, step)};
    return ln_emit_nary(&o->e, &ln_op_strided_slice, &p, 4, in);
}

void ln_ox_slice(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    slices s = {0};
    int count, n_steps = 0;
    if (!v)
        return;
    if (n->opset < 10) {
        count = ln_ox_ints(n, "starts", LN_MAX_RANK, s.start);
        if (count < 0 || ln_ox_ints(n, "ends", LN_MAX_RANK, s.end) != count) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "as many starts as ends are needed");
            return;
        }
        if (read_axes(o, n, v, count, &s))
            ln_ox_out_at(o, n, 0, slice_constant(o, ln_ox_id(o, v), &s), &v->at);
        return;
    }
    const ln_id start = ln_ox_in_id(o, n, 1), end = ln_ox_in_id(o, n, 2);
    const ln_shape shape = ln_emit_shape(&o->e, start);
    count = shape.rank == 1 ? shape.dim[0] : -1;
    if (!ln_ox_ok(o) || count < 0 || count > LN_MAX_RANK) {
        LN_OX_FAIL(o, "how many dimensions are sliced has to be known");
        return;
    }
    if (!read_axes(o, n, v, count, &s) ||
        (ln_ox_has_in(n, 4) && !ln_ox_const_ints(o, n, 4, LN_MAX_RANK, s.step, &n_steps)))
        return;
    ln_id y;
    if (ln_emit_known(&o->e, start) && ln_emit_known(&o->e, end)) {
        if (!ln_ox_const_ints(o, n, 1, LN_MAX_RANK, s.start, &count) ||
            !ln_ox_const_ints(o, n, 2, LN_MAX_RANK, s.end, &count))
            return;
        y = slice_constant(o, ln_ox_id(o, v), &s);
    } else {
        y = slice_computed(o, ln_ox_id(o, v), start, end, &s);
    }
    ln_ox_out_at(o, n, 0, y, &v->at);
}

/* ---- Split, Concat ---- */

/* The sizes of the parts; false when they are all the same. */
static bool part_sizes(ln_ox *o, const ln_ox_node *n, int n_out, int dim, int *sizes)
{
    int count = n->opset < 13 ? ln_ox_ints(n, "split", n_out, sizes) : -1;
    bool same = true;
    if (n->opset >= 13 && ln_ox_has_in(n, 1) && !ln_ox_const_ints(o, n, 1, n_out, sizes, &count))
        return false;
    if (count < 0) {
        if (dim < 0 || dim % n_out == 0)
            return false;
        const int chunk = (dim + n_out - 1) / n_out;
        for (int i = 0; i < n_out; i++)
            sizes[i] = LN_MAX(LN_MIN(chunk, dim - i * chunk), 0);
        return true;
    }
    if (count != n_out) {
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "%d sizes for %d parts", count, n_out);
        return false;
    }
    for (int i = 1; i < n_out; i++)
        same = same && sizes[i] == sizes[0];
    return !same || dim < 0;
}

void ln_ox_split(ln_ox *o, const ln_ox_node *n)
{
    enum { MOST = 4096 };
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const int n_out = ln_ox_n_out(n);
    int axis;
    if (!v || !ln_ox_axis(o, n, 0, v->at.rank, &axis))
        return;
    int *sizes =
        n_out <= MOST ? ln_arena_new(&o->m->arena, (size_t)n_out + 1, sizeof *sizes) : NULL;
    ln_id *out = sizes ? ln_arena_new(&o->m->arena, (size_t)n_out + 1, sizeof *out) : NULL;
    if (!out || n_out < 1) {
        LN_OX_FAIL(o, "%d parts", n_out);
        return;
    }
    const int stored = ln_ox_at(&v->at, axis);
    const ln_id x = ln_ox_id(o, v), at = ln_emit_int(&o->e, stored);
    const int dim = ln_emit_shape(&o->e, x).dim[stored];
    const TfLiteSplitParams p = {.num_splits = n_out};
    const TfLiteSplitVParams pv = {.num_splits = n_out};
    ln_emit_call call = {.n_out = n_out};
    ln_id in[3] = {at, x};
    if (part_sizes(o, n, n_out, dim, sizes)) {
        in[0] = x;
        in[1] = ln_emit_ints(&o->e, n_out, sizes);
        in[2] = at;
        call.op = &ln_op_split_v;
        call.params = &pv;
        call.n_in = 3;
    } else {
        call.op = &ln_op_split;
        call.params = &p;
        call.n_in = 2;
    }
    call.in = in;
    if (ln_ox_ok(o) && n_out == 1)
        ln_ox_out_value(o, n, 0, v);
    else if (ln_emit_node(&o->e, &call, out))
        for (int i = 0; i < n_out; i++)
            ln_ox_out_at(o, n, i, out[i], &v->at);
}

void ln_ox_concat(ln_ox *o, const ln_ox_node *n)
{
    const int count = ln_ox_n_in(n);
    ln_ox_value **v = ln_arena_new(&o->m->arena, (size_t)count + 1, sizeof *v);
    ln_id *ids = ln_arena_new(&o->m->arena, (size_t)count + 1, sizeof *ids);
    ln_ox_layout at;
    int axis;
    if (!v || !ids || count < 1) {
        LN_OX_FAIL(o, "%d operands", count);
        return;
    }
    for (int i = 0; i < count; i++) {
        v[i] = ln_ox_in(o, n, i);
        if (v[0] && v[i] && v[i]->at.rank != v[0]->at.rank)
            LN_OX_FAIL(o, "operands of ranks %d and %d", v[0]->at.rank, v[i]->at.rank);
    }
    ln_ox_align(o, count, v, ids, &at);
    if (!ln_ox_ok(o) || !ln_ox_axis(o, n, 1, at.rank, &axis))
        return;
    ln_ox_out_at(o, n, 0, ln_emit_concat(&o->e, count, ids, ln_ox_at(&at, axis)), &at);
}

/* ---- Trilu ---- */

/* Which items of the last two dimensions are kept: j - i >= k, or <= k. */
static ln_id triangle(ln_ox *o, ln_id x, int rank, ln_id k, bool upper)
{
    const ln_id rows = ln_emit_range(&o->e, ln_ox_dim_of(o, x, rank - 2));
    const ln_id columns = ln_emit_range(&o->e, ln_ox_dim_of(o, x, rank - 1));
    const ln_id edge = ln_ox_add(o, ln_emit_expand_dims(&o->e, rows, 1), k);
    return ln_ox_op2(o, upper ? &ln_op_greater_equal : &ln_op_less_equal, columns, edge);
}

void ln_ox_trilu(ln_ox *o, const ln_ox_node *n)
{
    const ln_id x = ln_ox_in_id(o, n, 0), k = ln_ox_in_id(o, n, 1);
    const int rank = x >= 0 ? ln_emit_shape(&o->e, x).rank : -1;
    if (rank < 2) {
        LN_OX_FAIL(o, "a matrix of rank %d", rank);
        return;
    }
    const ln_id by = k < 0 ? ln_emit_int(&o->e, 0) : ln_ox_reshape(o, ln_ox_int32(o, k), 0, NULL);
    const ln_id keep = triangle(o, x, rank, by, ln_ox_int(n, "upper", 1) != 0);
    ln_ox_out(o, n, 0, ln_ox_select(o, keep, x, ln_ox_like(o, x, 0)));
}
