/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c: operators that look up by indices.  ONNX counts negative indices from the
 * end, TFLite does not: where an index may be negative, FLOOR_MOD by the dimension is in front. */
#include <string.h>

#include "import/onnx/families.h"

/* Indices of dimension `axis` of x, none negative. */
static ln_id from_start(ln_ox *o, ln_id x, int axis, ln_id indices)
{
    ln_id size = ln_emit_cast(&o->e, ln_ox_dim_of(o, x, axis), ln_emit_type(&o->e, indices));
    if (!ln_emit_known(&o->e, size)) /* nothing looks up in a dimension of 0, but it is divided */
        size = ln_ox_op2(o, &ln_op_maximum, size, ln_ox_like(o, size, 1));
    return ln_ox_op2(o, &ln_op_floor_mod, indices, size);
}

static bool is_natural(ln_ox *o, ln_id indices)
{
    int v[64], count;
    if (!ln_emit_values(&o->e, indices, 64, v, &count))
        return false;
    for (int i = 0; i < count; i++)
        if (v[i] < 0)
            return false;
    return true;
}

void ln_ox_gather(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0), *at = ln_ox_in(o, n, 1);
    int axis;
    if (!v || !at || !ln_ox_axis(o, n, 0, v->at.rank, &axis))
        return;
    const int rank = at->at.rank;
    const bool keeps = rank <= 1;
    const ln_id x = keeps ? ln_ox_id(o, v) : ln_ox_plain(o, v);
    const int stored = keeps ? ln_ox_at(&v->at, axis) : axis;
    ln_id indices = ln_ox_plain(o, at);
    /* what looks up an embedding table is never negative */
    if (!is_natural(o, indices) && !(ln_emit_known(&o->e, x) && !ln_emit_known(&o->e, indices)))
        indices = from_start(o, x, stored, indices);
    ln_ox_layout y = keeps ? v->at : ln_ox_plain_layout(v->at.rank + rank - 1);
    if (rank == 0)
        y = ln_ox_drop_axes(&v->at, 1u << axis);
    ln_ox_out_at(o, n, 0, ln_emit_gather(&o->e, x, indices, stored), &y);
}

/* ---- by elements: a flat GATHER of computed places ---- */

/* The place of each item of `at` in x, flat: constants for all dimensions but `axis`. */
static ln_id flat_places(ln_ox *o, const ln_shape *x, const ln_shape *at, int axis, ln_id indices)
{
    const int count = ln_shape_count(at, 0, at->rank);
    int stride[LN_MAX_RANK];
    int32_t *base = count >= 0 ? ln_arena_new(&o->m->arena, (size_t)count + 1, sizeof *base) : NULL;
    if (!base || ln_shape_count(x, 0, x->rank) < 0)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "data or indices are too large");
    for (int i = 0; i < at->rank; i++)
        if (i != axis && at->dim[i] > x->dim[i]) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "indices of %d in a dimension of %d", at->dim[i],
                         x->dim[i]);
            return -1;
        }
    for (int i = x->rank - 1, s = 1; i >= 0; i--) {
        stride[i] = s;
        s *= x->dim[i];
    }
    for (int k = 0; k < count; k++)
        for (int i = at->rank - 1, rest = k; i >= 0; i--) {
            base[k] += i == axis ? 0 : rest % at->dim[i] * stride[i];
            rest /= at->dim[i];
        }
    const ln_id constant =
        ln_emit_constant(&o->e, kTfLiteInt32, at, base, (size_t)count * sizeof *base, false);
    const ln_id own = ln_ox_int32(o, indices);
    const ln_id along =
        stride[axis] == 1 ? own : ln_ox_mul(o, own, ln_emit_int(&o->e, stride[axis]));
    return ln_ox_add(o, along, constant);
}

/* The same where dimensions are open: computed from both shapes. */
static ln_id open_places(ln_ox *o, ln_id x, ln_id at, int axis, int rank)
{
    ln_id stride = ln_emit_int(&o->e, 1), sum = -1;
    for (int i = rank - 1; i >= 0 && ln_ox_ok(o); i--) {
        int dims[LN_MAX_RANK];
        for (int k = 0; k < rank; k++)
            dims[k] = k == i ? -1 : 1;
        const ln_id along =
            i == axis ? ln_ox_int32(o, at)
                      : ln_ox_reshape(o, ln_emit_range(&o->e, ln_ox_dim_of(o, at, i)), rank, dims);
        const ln_id part = i == rank - 1 ? along : ln_ox_mul(o, along, stride);
        sum = sum < 0 ? part : ln_ox_add(o, sum, part);
        stride = i == rank - 1 ? ln_ox_dim_of(o, x, i)
                 : i > 0       ? ln_ox_mul(o, stride, ln_ox_dim_of(o, x, i))
                               : stride;
    }
    return sum;
}

static bool same_rank(ln_ox *o, const ln_shape *x, const ln_shape *at)
{
    if (x->rank == at->rank && x->rank > 0)
        return true;
    LN_OX_FAIL(o, "data of rank %d and indices of rank %d", x->rank, at->rank);
    return false;
}

bool ln_ox_elements(ln_ox *o, const ln_ox_node *n, ln_id *flat, ln_id *places)
{
    const ln_id x = ln_ox_in_id(o, n, 0);
    ln_id at = ln_ox_in_id(o, n, 1);
    const ln_shape xs = ln_emit_shape(&o->e, x), as = ln_emit_shape(&o->e, at);
    int axis;
    if (!ln_ox_ok(o) || !same_rank(o, &xs, &as) || !ln_ox_axis(o, n, 0, xs.rank, &axis))
        return false;
    if (!is_natural(o, at))
        at = from_start(o, x, axis, at);
    const bool known = ln_shape_known(&xs) && ln_shape_known(&as);
    *places = known ? flat_places(o, &xs, &as, axis, at) : open_places(o, x, at, axis, xs.rank);
    *flat = ln_ox_reshape(o, x, 1, (const int[]){known ? ln_shape_count(&xs, 0, xs.rank) : -1});
    return true;
}

void ln_ox_gather_elements(ln_ox *o, const ln_ox_node *n)
{
    ln_id flat, places;
    if (ln_ox_elements(o, n, &flat, &places))
        ln_ox_out(o, n, 0, ln_emit_gather(&o->e, flat, places, 0));
}

ln_id ln_ox_index_vectors(ln_ox *o, ln_id x, ln_id indices, int first)
{
    const ln_shape s = ln_emit_shape(&o->e, x), at = ln_emit_shape(&o->e, indices);
    const int k = at.rank > 0 ? at.dim[at.rank - 1] : -1;
    indices = ln_ox_int32(o, indices);
    if (!ln_ox_ok(o) || k < 1 || first + k > s.rank) {
        LN_OX_FAIL(o, "index vectors of %d items for %d dimensions", k, s.rank);
        return -1;
    }
    if (is_natural(o, indices))
        return indices;
    bool known = true;
    for (int i = 0; i < k; i++)
        known = known && s.dim[first + i] > 0;
    const ln_id sizes = known ? ln_emit_ints(&o->e, k, s.dim + first)
                              : ln_emit_slice(&o->e, ln_emit_shape_of(&o->e, x), 1, &first, &k);
    return ln_ox_op2(o, &ln_op_floor_mod, indices, sizes);
}

/* Batches become one more item of each index vector, a constant. */
static ln_id with_batches(ln_ox *o, ln_id indices, int batches)
{
    ln_shape s = ln_emit_shape(&o->e, indices);
    const int count = ln_shape_known(&s) ? ln_shape_count(&s, 0, s.rank - 1) : -1;
    if (count < 0 || batches >= s.rank) {
        LN_OX_FAIL(o, "with batch_dims the shape of indices has to be known");
        return -1;
    }
    s.dim[s.rank - 1] = batches;
    int32_t *v = ln_arena_new(&o->m->arena, (size_t)count + 1, sizeof *v * (size_t)batches);
    if (!v)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    for (int k = 0; k < count; k++)
        for (int i = s.rank - 2, rest = k; i >= 0; i--) {
            if (i < batches)
                v[k * batches + i] = rest % s.dim[i];
            rest /= s.dim[i];
        }
    const ln_id parts[] = {ln_emit_constant(&o->e, kTfLiteInt32, &s, v,
                                            (size_t)count * (size_t)batches * sizeof *v, false),
                           indices};
    return ln_emit_concat(&o->e, 2, parts, s.rank - 1);
}

void ln_ox_gather_nd(ln_ox *o, const ln_ox_node *n)
{
    const int batches = ln_ox_int(n, "batch_dims", 0);
    const ln_id x = ln_ox_in_id(o, n, 0);
    if (batches < 0 || batches >= LN_MAX_RANK) {
        LN_OX_FAIL(o, "batch_dims of %d", batches);
        return;
    }
    ln_id at = ln_ox_index_vectors(o, x, ln_ox_in_id(o, n, 1), batches);
    if (batches && ln_ox_ok(o))
        at = with_batches(o, at, batches);
    ln_ox_out(o, n, 0, ln_ox_op2(o, &ln_op_gather_nd, x, at));
}

/* ---- OneHot, Compress, NonZero, ReverseSequence ---- */

static ln_id first_item(ln_ox *o, ln_id x)
{
    return ln_ox_reshape(o, x, 0, NULL);
}

void ln_ox_one_hot(ln_ox *o, const ln_ox_node *n)
{
    ln_id at = ln_ox_in_id(o, n, 0), values = ln_ox_in_id(o, n, 2);
    const ln_id depth = first_item(o, ln_ox_int32(o, ln_ox_in_id(o, n, 1)));
    const int axis = ln_ox_int(n, "axis", -1), rank = ln_emit_shape(&o->e, at).rank;
    const TfLiteOneHotParams p = {.axis = axis < -1 && rank >= 0 ? axis + rank + 1 : axis};
    if (ln_emit_type(&o->e, at) != kTfLiteInt64)
        at = ln_ox_int32(o, at);
    const ln_id size = ln_emit_cast(&o->e, depth, ln_emit_type(&o->e, at));
    if (!is_natural(o, at)) { /* -depth to -1 count from the end, all else is off */
        const ln_id low = ln_ox_op2(o, &ln_op_less, at, ln_ox_like(o, at, 0));
        at = ln_ox_select(o, low, ln_ox_add(o, at, size), at);
    }
    const TfLiteType type = ln_emit_type(&o->e, values);
    values = ln_ox_widen(o, values);
    const ln_id off = ln_emit_slice(&o->e, values, 1, (const int[]){0}, (const int[]){1});
    const ln_id on = ln_emit_slice(&o->e, values, 1, (const int[]){1}, (const int[]){1});
    const ln_id in[] = {at, depth, first_item(o, on), first_item(o, off)};
    ln_ox_out(o, n, 0, ln_emit_cast(&o->e, ln_emit_nary(&o->e, &ln_op_one_hot, &p, 4, in), type));
}

void ln_ox_compress(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const ln_id condition = ln_ox_in_id(o, n, 1);
    ln_ox_layout at;
    int axis = 0;
    ln_id x;
    if (!v)
        return;
    if (ln_ox_has(n, "axis")) {
        if (!ln_ox_axis(o, n, 0, v->at.rank, &axis))
            return;
        x = ln_ox_id(o, v);
        at = v->at;
        axis = ln_ox_at(&at, axis);
    } else {
        const ln_shape s = ln_ox_shape(o, v);
        const int count = ln_shape_count(&s, 0, s.rank);
        x = ln_ox_reshape(o, ln_ox_flat(o, v), 1, (const int[]){count < 0 ? -1 : count});
        at = ln_ox_plain_layout(1);
    }
    const ln_id places = ln_emit_squeeze(&o->e, ln_ox_op1(o, &ln_op_where, condition), 1u << 1);
    ln_ox_out_at(o, n, 0, ln_emit_gather(&o->e, x, places, axis), &at);
}

void ln_ox_non_zero(ln_ox *o, const ln_ox_node *n)
{
    ln_id x = ln_ox_in_id(o, n, 0);
    if (ln_emit_type(&o->e, x) != kTfLiteBool)
        x = ln_ox_op2(o, &ln_op_not_equal, ln_ox_widen(o, x), ln_ox_like(o, ln_ox_widen(o, x), 0));
    const ln_ox_layout swapped = {.rank = 2, .dim = {1, 0}};
    ln_ox_out_at(o, n, 0, ln_emit_cast(&o->e, ln_ox_op1(o, &ln_op_where, x), kTfLiteInt64),
                 &swapped);
}

void ln_ox_reverse_sequence(ln_ox *o, const ln_ox_node *n)
{
    const TfLiteReverseSequenceParams p = {.seq_dim = ln_ox_int(n, "time_axis", 0),
                                           .batch_dim = ln_ox_int(n, "batch_axis", 1)};
    ln_ox_out(o, n, 0,
              ln_emit_binary(&o->e, &ln_op_reverse_sequence, &p, ln_ox_in_id(o, n, 0),
                             ln_ox_in_id(o, n, 1)));
}
