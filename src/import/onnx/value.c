/* SPDX-License-Identifier: Apache-2.0 */
/* value.c: layouts.  A value is transposed only where an operator needs another order than it has;
 * a transposed copy is kept with the value for the next one that asks.  Moving dimensions of 1 is a
 * RESHAPE, and costs nothing. */
#include <string.h>

#include "import/onnx/onnx.h"

ln_ox_layout ln_ox_plain_layout(int rank)
{
    ln_ox_layout at = {.rank = rank};
    for (int i = 0; i < rank && i < LN_MAX_RANK; i++)
        at.dim[i] = (int8_t)i;
    return at;
}

ln_ox_layout ln_ox_channels_last(int rank)
{
    ln_ox_layout at = {.rank = rank};
    for (int i = 1; i < rank; i++)
        at.dim[i] = (int8_t)(i + 1 < rank ? i + 1 : 1);
    return at;
}

bool ln_ox_same_layout(const ln_ox_layout *a, const ln_ox_layout *b)
{
    return a->rank == b->rank &&
           (a->rank <= 0 || memcmp(a->dim, b->dim, (size_t)a->rank * sizeof a->dim[0]) == 0);
}

int ln_ox_at(const ln_ox_layout *at, int axis)
{
    for (int i = 0; i < at->rank; i++)
        if (at->dim[i] == axis)
            return i;
    return axis;
}

ln_ox_layout ln_ox_drop_axes(const ln_ox_layout *at, unsigned axes)
{
    ln_ox_layout y = {0};
    int to[LN_MAX_RANK] = {0}, next = 0;
    for (int i = 0; i < at->rank; i++)
        to[i] = axes >> i & 1 ? -1 : next++;
    for (int i = 0; i < at->rank; i++)
        if (to[at->dim[i]] >= 0)
            y.dim[y.rank++] = (int8_t)to[at->dim[i]];
    return y;
}

ln_ox_value *ln_ox_value_new(ln_ox *o, ln_id id, const ln_ox_layout *at)
{
    const int rank = id >= 0 ? ln_emit_shape(&o->e, id).rank : -1;
    if (rank >= 0 && at->rank >= 0 && rank != at->rank)
        ln_emit_fail(&o->e, LN_ERR_FORMAT, "a result of rank %d, not %d", rank, at->rank);
    ln_ox_value *v = ln_ox_ok(o) ? ln_arena_new(&o->m->arena, 1, sizeof *v) : NULL;
    if (!v) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return NULL;
    }
    v->id = id;
    v->q = -1;
    v->at = *at;
    return v;
}

ln_id ln_ox_id(ln_ox *o, ln_ox_value *v)
{
    if (v->id < 0 && v->q >= 0)
        v->id = ln_ox_dequantized(o, v);
    else if (v->id < 0)
        LN_OX_FAIL(o, "a sequence where .tflite wants a tensor: in a loop that runs a number of "
                      "times that is not known, or as an output");
    return v->id;
}

bool ln_ox_is_constant(const ln_ox *o, const ln_ox_value *v)
{
    return ln_emit_known(&o->e, v->q >= 0 ? v->q : v->id);
}

ln_shape ln_ox_shape(const ln_ox *o, const ln_ox_value *v)
{
    const ln_shape s = ln_emit_shape(&o->e, v->id >= 0 ? v->id : v->q);
    ln_shape y = s;
    for (int i = 0; i < s.rank && i < v->at.rank; i++)
        y.dim[v->at.dim[i]] = s.dim[i];
    return y;
}

int ln_ox_rank(const ln_ox *o, const ln_ox_value *v)
{
    return ln_ox_shape(o, v).rank;
}

TfLiteType ln_ox_value_type(const ln_ox *o, const ln_ox_value *v)
{
    if (v->id >= 0)
        return ln_emit_type(&o->e, v->id);
    if (v->integer)
        return v->was_unsigned ? kTfLiteUInt8 : ln_emit_type(&o->e, v->q);
    return kTfLiteFloat32;
}

/* What a transposition does to a tensor of this shape. */
typedef enum move { NOTHING, RENAMES, MOVES } move;

static move what_moves(const ln_shape *s, const int *perm)
{
    int last = -1, open = 0;
    move y = NOTHING;
    for (int i = 0; i < s->rank; i++) {
        if (perm[i] != i && y == NOTHING)
            y = RENAMES;
        if (s->dim[perm[i]] == 1)
            continue;
        open += s->dim[perm[i]] < 0 || s->dim[perm[i]] == 0;
        if (perm[i] < last)
            return MOVES;
        last = perm[i];
    }
    return y == RENAMES && open > 1 ? MOVES : y;
}

static void permutation(const ln_ox_layout *from, const ln_ox_layout *to, int *perm)
{
    for (int i = 0; i < LN_MAX_RANK; i++)
        perm[i] = i < to->rank ? ln_ox_at(from, to->dim[i]) : i;
}

ln_id ln_ox_relayout(ln_ox *o, ln_id id, const ln_ox_layout *from, const ln_ox_layout *to)
{
    int perm[LN_MAX_RANK];
    const ln_shape s = ln_emit_shape(&o->e, id);
    if (!ln_ox_ok(o) || s.rank <= 0)
        return id;
    permutation(from, to, perm);
    switch (what_moves(&s, perm)) {
    case NOTHING:
        return id;
    case RENAMES: {
        ln_shape y = {.rank = s.rank};
        for (int i = 0; i < s.rank; i++)
            y.dim[i] = s.dim[perm[i]];
        return ln_emit_reshape(&o->e, id, &y);
    }
    default:
        return ln_emit_transpose(&o->e, id, s.rank, perm);
    }
}

/* The value of integers, in another layout. */
static ln_id as_quantized(ln_ox *o, const ln_ox_value *v, const ln_ox_layout *to)
{
    ln_ox_value moved = {
        .id = -1, .integer = v->integer, .was_unsigned = v->was_unsigned, .at = *to};
    moved.q = ln_ox_relayout_quantized(o, v->q, &v->at, to);
    return ln_ox_dequantized(o, &moved);
}

ln_id ln_ox_as(ln_ox *o, ln_ox_value *v, const ln_ox_layout *to)
{
    if (v->at.rank <= 0 || ln_ox_same_layout(&v->at, to))
        return ln_ox_id(o, v);
    for (int i = 0; i < v->n_alts; i++)
        if (ln_ox_same_layout(&v->alts[i].at, to))
            return v->alts[i].id;
    const ln_id y =
        v->q >= 0 ? as_quantized(o, v, to) : ln_ox_relayout(o, ln_ox_id(o, v), &v->at, to);
    if (v->n_alts < LN_OX_ALTS) {
        v->alts[v->n_alts].at = *to;
        v->alts[v->n_alts++].id = y;
    }
    return y;
}

ln_id ln_ox_plain(ln_ox *o, ln_ox_value *v)
{
    const ln_ox_layout plain = ln_ox_plain_layout(v->at.rank);
    return ln_ox_as(o, v, &plain);
}

ln_id ln_ox_flat(ln_ox *o, ln_ox_value *v)
{
    const ln_ox_layout plain = ln_ox_plain_layout(v->at.rank);
    const ln_id id = ln_ox_id(o, v);
    const ln_shape s = ln_emit_shape(&o->e, id);
    int perm[LN_MAX_RANK];
    if (s.rank <= 0)
        return id;
    permutation(&v->at, &plain, perm);
    return what_moves(&s, perm) == MOVES ? ln_ox_plain(o, v) : id;
}

/* ---- operands that broadcast ---- */

/* `to` without the leading dimensions that a tensor of this rank lacks. */
static ln_ox_layout trailing(const ln_ox_layout *to, int rank)
{
    ln_ox_layout y = {0};
    for (int i = 0; i < to->rank; i++)
        if (to->dim[i] >= to->rank - rank)
            y.dim[y.rank++] = (int8_t)(to->dim[i] - (to->rank - rank));
    return y;
}

/* Puts dimensions of 1 where `to` has those that a tensor of rank `rank` lacks. */
static ln_id fill_up(ln_ox *o, ln_id id, int rank, const ln_ox_layout *to)
{
    const ln_shape s = ln_emit_shape(&o->e, id);
    ln_shape y = {0};
    int open = 0, k = 0;
    for (int i = 0; i < to->rank; i++) {
        const bool lacks = to->dim[i] < to->rank - rank;
        if (lacks && y.rank == 0)
            continue; /* in front: broadcasting does it */
        y.dim[y.rank++] = lacks ? 1 : s.dim[k++];
        open += y.dim[y.rank - 1] <= 0;
    }
    if (open <= 1)
        return ln_emit_reshape(&o->e, id, &y);
    for (int i = 0, at = 0; i < to->rank; i++) {
        const bool lacks = to->dim[i] < to->rank - rank;
        if (lacks && at > 0)
            id = ln_emit_expand_dims(&o->e, id, at);
        at += !lacks || at > 0;
    }
    return id;
}

ln_id ln_ox_broadcast_as(ln_ox *o, ln_ox_value *v, const ln_ox_layout *to)
{
    const ln_shape s = ln_ox_shape(o, v);
    if (s.rank <= 0 || s.rank > to->rank)
        return ln_ox_plain(o, v);
    if (ln_shape_count(&s, 0, s.rank) == 1)
        return s.rank == to->rank ? ln_ox_as(o, v, to) : ln_ox_plain(o, v);
    const ln_ox_layout own = trailing(to, s.rank);
    const ln_id id = ln_ox_as(o, v, &own);
    return s.rank == to->rank ? id : fill_up(o, id, s.rank, to);
}

/* How many items must be moved for v to be in this layout. */
static double cost(ln_ox *o, ln_ox_value *v, const ln_ox_layout *to)
{
    const ln_shape s = ln_emit_shape(&o->e, v->id >= 0 ? v->id : v->q);
    const ln_ox_layout own = trailing(to, s.rank);
    int perm[LN_MAX_RANK];
    double items = 1;
    if (s.rank <= 0 || s.rank > to->rank || ln_ox_is_constant(o, v))
        return 0;
    permutation(&v->at, &own, perm);
    if (what_moves(&s, perm) != MOVES)
        return 0;
    for (int i = 0; i < s.rank; i++)
        items *= s.dim[i] < 0 ? 16 : s.dim[i];
    for (int i = 0; i < v->n_alts; i++)
        if (ln_ox_same_layout(&v->alts[i].at, &own))
            return 0;
    return items;
}

void ln_ox_align(ln_ox *o, int n, ln_ox_value *const *v, ln_id *ids, ln_ox_layout *at)
{
    int rank = 0;
    for (int i = 0; i < n; i++) {
        if (!v[i]) {
            ln_emit_fail(&o->e, LN_ERR_FORMAT, "input %d is missing", i);
            return;
        }
        rank = LN_MAX(rank, v[i]->at.rank);
    }
    double best = -1;
    *at = ln_ox_plain_layout(rank);
    for (int i = 0; i < n; i++) {
        if (v[i]->at.rank != rank || ln_ox_is_constant(o, v[i]))
            continue;
        double total = 0;
        for (int k = 0; k < n; k++)
            total += cost(o, v[k], &v[i]->at);
        if (best < 0 || total < best) {
            best = total;
            *at = v[i]->at;
        }
    }
    for (int i = 0; i < n; i++)
        ids[i] = ln_ox_broadcast_as(o, v[i], at);
}
