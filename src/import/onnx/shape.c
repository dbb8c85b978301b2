/* SPDX-License-Identifier: Apache-2.0 */
/* shape.c: operators that change what the dimensions are, or ask for them.  A Transpose only
 * renames dimensions: whoever needs an order transposes. */
#include <math.h>
#include <string.h>

#include "import/onnx/families.h"

/* ---- Reshape and the like ---- */

/* ONNX's zeros (copy the input's dimension) replaced; false when the shape cannot be said by
 * numbers of which one is open. */
static bool resolve_zeros(const ln_shape *x, bool allow_zero, ln_shape *y)
{
    int open = 0, inferred = -1, copied = -1;
    double known = 1, own = 1;
    for (int i = 0; i < y->rank; i++) {
        if (y->dim[i] == 0 && !allow_zero) {
            if (i >= x->rank)
                return false;
            y->dim[i] = x->dim[i];
            copied = y->dim[i] < 0 ? i : copied;
        } else if (y->dim[i] < 0) {
            inferred = i;
            y->dim[i] = -1;
        }
        open += y->dim[i] < 0;
        known *= y->dim[i] < 0 ? 1 : y->dim[i];
    }
    if (open <= 1)
        return true;
    for (int i = 0, seen = 0; i < x->rank; i++) { /* [0, -1, 64] of an open batch */
        seen += x->dim[i] < 0;
        if (seen > 1)
            return false;
        own *= x->dim[i] < 0 ? 1 : x->dim[i];
    }
    if (open != 2 || copied < 0 || inferred < 0 || known < 1 || own > INT32_MAX ||
        floor(own / known) * known != own)
        return false;
    y->dim[inferred] = (int)(own / known);
    return true;
}

/* The shape operand where no numbers can say it: zeros are looked up when the model runs. */
static ln_id computed_shape(ln_ox *o, ln_id x, ln_id shape, const ln_shape *given)
{
    ln_id parts[LN_MAX_RANK];
    bool zero = false;
    for (int i = 0; i < given->rank; i++)
        zero = zero || given->dim[i] == 0;
    if (!zero)
        return ln_ox_int32(o, shape);
    const ln_id own = ln_emit_shape_of(&o->e, x), wanted = ln_ox_int32(o, shape);
    for (int i = 0; i < given->rank; i++)
        parts[i] = ln_emit_slice(&o->e, given->dim[i] == 0 ? own : wanted, 1, &i, (const int[]){1});
    return ln_emit_concat(&o->e, given->rank, parts, 0);
}

/* Output 0 is v in shape y, of which one dimension may be open. */
static void out_reshaped(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, const ln_shape *y)
{
    ln_ox_layout at;
    ln_id id;
    if (ln_ox_regroup(o, v, y, NULL, &id, &at))
        ln_ox_out_at(o, n, 0, id, &at);
    else
        ln_ox_out(o, n, 0, ln_emit_reshape(&o->e, ln_ox_flat(o, v), y));
}

static void reshape_constant(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, const ln_shape *given,
                             ln_id shape)
{
    const ln_shape x = ln_ox_shape(o, v);
    ln_shape y = *given;
    if (resolve_zeros(&x, ln_ox_int(n, "allowzero", 0), &y)) {
        out_reshaped(o, n, v, &y);
        return;
    }
    const ln_id id = ln_ox_plain(o, v);
    const ln_made hint = {.type = ln_emit_type(&o->e, id), .shape = y};
    const ln_id in[] = {id, computed_shape(o, id, shape, given)};
    const ln_emit_call call = {
        .op = &ln_op_reshape, .in = in, .n_in = 2, .n_out = 1, .hints = &hint};
    ln_id out;
    if (ln_emit_node(&o->e, &call, &out))
        ln_ox_out(o, n, 0, out);
}

/* Which dimension of v, from `first` on, item i of a shape is; -1: that is not known. */
static int dimension_at(const ln_ox *o, const ln_ox_value *v, ln_id shape, int i, int first)
{
    ln_origin from;
    if (!ln_emit_source(&o->e, shape, i, &from))
        return -1;
    if (from.id == v->id && from.dim < v->at.rank)
        return v->at.dim[from.dim];
    from = ln_emit_origin(&o->e, from.id, from.dim);
    for (int axis = first; from.id >= 0 && axis < v->at.rank; axis++) {
        const ln_origin own = ln_emit_origin(&o->e, v->id, ln_ox_at(&v->at, axis));
        if (own.id == from.id && own.dim == from.dim)
            return axis;
    }
    return -1;
}

/* Dimensions of x that no open one of the result is: one, or neighbors, stand for number `rest` of
 * these; false: they do not. */
static bool find_rest(const ln_shape *x, unsigned met, int rest, ln_ox_same *same)
{
    int first = -1, last = -1;
    for (int i = 0; i < x->rank; i++) {
        if (x->dim[i] >= 0 || met >> i & 1)
            continue;
        if (last >= 0 && last != i - 1)
            return false;
        first = first < 0 ? i : first;
        last = i;
    }
    if ((first < 0) != (rest < 0))
        return false;
    if (rest >= 0) {
        same->axis[rest] = first;
        same->count[rest] = last - first + 1;
    }
    return true;
}

/* The result y has several open dimensions; false: they are not all dimensions of v. */
static bool out_by_dimensions(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, ln_id shape,
                              const ln_shape *y)
{
    const ln_shape x = ln_ox_shape(o, v);
    ln_ox_same same = {0};
    int rest = -1, rests = 0, next = 0;
    unsigned met = 0;
    double known[2] = {1, 1};
    ln_ox_layout at;
    ln_id id;
    for (int i = 0; i < x.rank; i++)
        known[0] *= x.dim[i] < 0 ? 1 : x.dim[i];
    for (int i = 0; i < y->rank; i++) {
        known[1] *= y->dim[i] < 0 ? 1 : y->dim[i];
        if (y->dim[i] >= 0)
            continue;
        const int axis = dimension_at(o, v, shape, i, next);
        same.axis[i] = axis;
        same.count[i] = 1;
        next = axis >= 0 ? axis + 1 : next;
        met |= axis >= 0 ? 1u << axis : 0;
        rests += axis < 0;
        rest = axis < 0 ? i : rest;
    }
    if (rests > 1 || known[0] != known[1] || !find_rest(&x, met, rest, &same) ||
        !ln_ox_regroup(o, v, y, &same, &id, &at))
        return false;
    ln_ox_out_at(o, n, 0, id, &at);
    return true;
}

/* The shape is computed, but all of its items but one are known. */
static bool out_by_known_items(ln_ox *o, const ln_ox_node *n, ln_ox_value *v, ln_id shape)
{
    const ln_id in[] = {v->q >= 0 ? v->q : v->id, shape};
    const ln_emit_call call = {.op = &ln_op_reshape, .in = in, .n_in = 2};
    ln_shape y;
    int open = 0;
    if (!ln_ox_ok(o) || !ln_emit_known_dims(&o->e, &call, &y))
        return false;
    for (int i = 0; i < y.rank; i++) {
        open += y.dim[i] < 0;
        if (y.dim[i] == 0)
            return false;
    }
    if (open > 1)
        return v->id >= 0 && out_by_dimensions(o, n, v, shape, &y);
    out_reshaped(o, n, v, &y);
    return true;
}

void ln_ox_reshape_node(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    ln_shape given = {0};
    ln_id shape = -1;
    int count;
    if (!v)
        return;
    if (ln_ox_has_in(n, 1)) {
        shape = ln_ox_in_id(o, n, 1);
    } else {
        given.rank = ln_ox_ints(n, "shape", LN_MAX_RANK, given.dim);
        given.rank = LN_MAX(given.rank, 0);
        reshape_constant(o, n, v, &given, -1);
        return;
    }
    if (ln_emit_known(&o->e, shape)) {
        if (ln_ox_const_ints(o, n, 1, LN_MAX_RANK, given.dim, &given.rank))
            reshape_constant(o, n, v, &given, shape);
        return;
    }
    if (out_by_known_items(o, n, v, shape))
        return;
    if (ln_emit_values(&o->e, shape, LN_MAX_RANK, given.dim, &count)) {
        bool zero = false;
        given.rank = count;
        for (int i = 0; i < count; i++)
            zero = zero || given.dim[i] == 0;
        if (zero)
            shape = computed_shape(o, ln_ox_plain(o, v), shape, &given);
    }
    const ln_id in[] = {ln_ox_plain(o, v), ln_ox_int32(o, shape)};
    ln_ox_out(o, n, 0, ln_emit_nary(&o->e, &ln_op_reshape, NULL, 2, in));
}

void ln_ox_flatten(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    if (!v)
        return;
    const ln_shape s = ln_ox_shape(o, v);
    int axis = ln_ox_int(n, "axis", 1);
    axis += axis < 0 ? s.rank : 0;
    if (axis < 0 || axis > s.rank) {
        LN_OX_FAIL(o, "axis %d of %d dimensions", axis, s.rank);
        return;
    }
    ln_shape y = {.rank = 2,
                  .dim = {ln_shape_count(&s, 0, axis), ln_shape_count(&s, axis, s.rank)}};
    if (y.dim[0] >= 0 || y.dim[1] >= 0) {
        out_reshaped(o, n, v, &y);
        return;
    }
    ln_ox_out(o, n, 0, ln_ox_rows(o, ln_ox_plain(o, v), axis));
}

void ln_ox_transpose(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int perm[LN_MAX_RANK];
    unsigned seen = 0;
    if (!v)
        return;
    const int rank = v->at.rank, count = ln_ox_ints(n, "perm", LN_MAX_RANK, perm);
    if (rank < 0) {
        LN_OX_FAIL(o, "the rank of its input is not known");
        return;
    }
    for (int i = 0; count < 0 && i < rank; i++)
        perm[i] = rank - 1 - i;
    for (int i = 0; i < rank; i++)
        if (perm[i] >= 0 && perm[i] < rank)
            seen |= 1u << perm[i];
    if ((count >= 0 && count != rank) || seen != (1u << rank) - 1) {
        LN_OX_FAIL(o, "perm is no permutation of %d dimensions", rank);
        return;
    }
    ln_ox_value *y = ln_ox_value_new(o, v->id, &v->at);
    if (!y)
        return;
    y->q = v->q;
    y->integer = v->integer;
    y->was_unsigned = v->was_unsigned;
    for (int i = 0; i < rank; i++)
        for (int k = 0; k < rank; k++)
            if (perm[k] == v->at.dim[i])
                y->at.dim[i] = (int8_t)k;
    ln_ox_out_value(o, n, 0, y);
}

void ln_ox_squeeze(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int axes[LN_MAX_RANK], count;
    unsigned drop = 0, stored = 0;
    if (!v)
        return;
    const ln_shape s = ln_ox_shape(o, v);
    if (!ln_ox_axes(o, n, 1, s.rank, axes, &count))
        return;
    for (int i = 0; i < count; i++)
        drop |= 1u << axes[i];
    for (int i = 0; count < 0 && i < s.rank; i++)
        drop |= s.dim[i] == 1 ? 1u << i : 0;
    for (int i = 0; i < s.rank; i++)
        stored |= drop >> v->at.dim[i] & 1 ? 1u << i : 0;
    const ln_ox_layout at = ln_ox_drop_axes(&v->at, drop);
    ln_ox_out_at(o, n, 0, ln_emit_squeeze(&o->e, ln_ox_id(o, v), stored), &at);
}

/* Where new dimensions are stored: in front of the one that follows in ONNX's order. */
static void insert_axis(ln_ox_layout *at, int axis)
{
    int place = at->rank;
    for (int i = 0; i < at->rank; i++)
        if (at->dim[i] == axis + 1)
            place = i;
    memmove(at->dim + place + 1, at->dim + place, (size_t)(at->rank - place) * sizeof *at->dim);
    at->dim[place] = (int8_t)axis;
    at->rank++;
}

ln_id ln_ox_unsqueeze_as(ln_ox *o, ln_ox_value *v, unsigned axes, int rank, ln_ox_layout *at)
{
    int to[LN_MAX_RANK], next = 0;
    for (int i = 0; i < rank; i++)
        if (!(axes >> i & 1))
            to[next++] = i;
    *at = v->at;
    for (int i = 0; i < at->rank; i++)
        at->dim[i] = (int8_t)to[at->dim[i]];
    for (int i = rank - 1; i >= 0; i--)
        if (axes >> i & 1)
            insert_axis(at, i);
    const ln_shape s = ln_emit_shape(&o->e, ln_ox_id(o, v));
    ln_shape y = {.rank = rank};
    ln_id id = v->id;
    int open = 0;
    for (int i = 0, k = 0; i < rank; i++) {
        y.dim[i] = axes >> at->dim[i] & 1 ? 1 : s.dim[k++];
        open += y.dim[i] <= 0;
    }
    if (open <= 1)
        return ln_emit_reshape(&o->e, id, &y);
    for (int i = 0; i < rank; i++)
        if (axes >> at->dim[i] & 1)
            id = ln_emit_expand_dims(&o->e, id, i);
    return id;
}

void ln_ox_unsqueeze(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    int axes[LN_MAX_RANK], count;
    unsigned added = 0;
    if (!v || v->at.rank < 0)
        return;
    count = ln_ox_ints(n, "axes", LN_MAX_RANK, axes);
    if (count < 0 && !ln_ox_const_ints(o, n, 1, LN_MAX_RANK, axes, &count))
        return;
    const int rank = v->at.rank + count;
    for (int i = 0; i < count && rank <= LN_MAX_RANK; i++) {
        const int axis = axes[i] + (axes[i] < 0 ? rank : 0);
        if (axis < 0 || axis >= rank || added >> axis & 1) {
            LN_OX_FAIL(o, "axis %d of %d dimensions", axes[i], rank);
            return;
        }
        added |= 1u << axis;
    }
    if (rank > LN_MAX_RANK) {
        LN_OX_FAIL(o, "a tensor of rank %d", rank);
        return;
    }
    ln_ox_layout at;
    const ln_id y = ln_ox_unsqueeze_as(o, v, added, rank, &at);
    ln_ox_out_at(o, n, 0, y, &at);
}

/* ---- sizes ---- */

/* int64 [rank], in ONNX's order; a constant where all of it is known. */
static ln_id shape_of(ln_ox *o, ln_ox_value *v)
{
    const TfLiteShapeParams p = {.out_type = kTfLiteInt64};
    int order[LN_MAX_RANK];
    bool plain = true;
    const ln_id s = ln_emit_unary(&o->e, &ln_op_shape, &p, ln_ox_id(o, v));
    for (int i = 0; i < v->at.rank; i++) {
        order[i] = ln_ox_at(&v->at, i);
        plain = plain && order[i] == i;
    }
    return plain ? s : ln_emit_gather(&o->e, s, ln_emit_ints(&o->e, v->at.rank, order), 0);
}

static int within(int v, int rank)
{
    v += v < 0 ? rank : 0;
    return LN_MIN(LN_MAX(v, 0), rank);
}

void ln_ox_shape_node(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    if (!v)
        return;
    const int rank = LN_MAX(v->at.rank, 0);
    const int begin = within(ln_ox_int(n, "start", 0), rank);
    const int size = LN_MAX(within(ln_ox_int(n, "end", rank), rank) - begin, 0);
    ln_ox_out(o, n, 0, ln_emit_slice(&o->e, shape_of(o, v), 1, &begin, &size));
}

void ln_ox_size(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    if (v)
        ln_ox_out(
            o, n, 0,
            ln_emit_reduce(&o->e, &ln_op_reduce_prod, shape_of(o, v), 1, (const int[]){0}, false));
}

/* ---- repetition ---- */

/* What two shapes broadcast to; false when that is not known. */
static bool joined(const ln_shape *x, const ln_shape *y, ln_shape *out)
{
    out->rank = LN_MAX(x->rank, y->rank);
    for (int i = 0; i < out->rank; i++) {
        const int a = i - (out->rank - x->rank), b = i - (out->rank - y->rank);
        const int p = a < 0 ? 1 : x->dim[a], q = b < 0 ? 1 : y->dim[b];
        if (p < 0 && q == 1)
            return false; /* stays open */
        out->dim[i] = q == 1 ? p : q;
    }
    return true;
}

static ln_id expand_dynamic(ln_ox *o, ln_id x, ln_id shape)
{
    const ln_id own = ln_emit_shape_of(&o->e, x);
    return ln_ox_op2(o, &ln_op_broadcast_to, x,
                     ln_ox_op2(o, &ln_op_broadcast_args, own, ln_ox_int32(o, shape)));
}

/* The other operand of the elementwise operator that alone uses the result; NULL: none does. */
static const char *combined_with(const ln_ox_node *n)
{
    static const char *const ops[] = {"Mul", "Add", "Sub", "Div"};
    for (size_t i = 0; i < LN_COUNTOF(ops); i++) {
        const Onnx__NodeProto *user = ln_ox_only_user(n, 0, ops[i]);
        if (user && user->n_input == 2)
            return user->input[strcmp(user->input[0], n->p->output[0]) == 0];
    }
    return NULL;
}

/* Dimensions that the file knows of the result, but not of v, would be taken for v's. */
static bool says_more(const ln_ox *o, const ln_ox_node *n, const ln_ox_value *v)
{
    const ln_ox_name *y = ln_ox_lookup(n->scope, n->p->output[0]);
    const ln_shape s = ln_ox_shape(o, v);
    const Onnx__TypeProto *type = y ? y->type : NULL;
    if (!type || !type->tensor_type || !type->tensor_type->shape)
        return false;
    const Onnx__TensorShapeProto *known = type->tensor_type->shape;
    for (int i = 0; i < s.rank && (size_t)i < known->n_dim; i++)
        if (s.dim[i] < 0 && known->dim[i]->has_dim_value)
            return true;
    return false;
}

/* Expanded to the shape of what it is combined with: broadcasting does that anyway. */
static bool is_broadcast(ln_ox *o, const ln_ox_node *n, const ln_ox_value *v)
{
    const char *other = ln_ox_has_out(n, 0) ? combined_with(n) : NULL;
    const ln_ox_name *shape = ln_ox_lookup(n->scope, n->p->input[1]);
    const Onnx__NodeProto *made = shape ? shape->maker : NULL;
    const ln_ox_name *found = other ? ln_ox_lookup(n->scope, other) : NULL;
    return found && found->value && found->value->id >= 0 && made && made->op_type &&
           strcmp(made->op_type, "Shape") == 0 && made->n_attribute == 0 && made->n_input == 1 &&
           strcmp(made->input[0], other) == 0 && ln_ox_rank(o, found->value) == ln_ox_rank(o, v) &&
           !says_more(o, n, v);
}

void ln_ox_expand(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0), *shape = ln_ox_in(o, n, 1);
    ln_shape wanted = {0}, y, stored;
    if (!v || !shape)
        return;
    if (is_broadcast(o, n, v)) {
        ln_ox_out_value(o, n, 0, v);
        return;
    }
    const ln_shape x = ln_ox_shape(o, v);
    const ln_id id = ln_ox_plain(o, shape);
    if (!ln_emit_read_ints(&o->e, id, LN_MAX_RANK, wanted.dim, &wanted.rank) ||
        !joined(&x, &wanted, &y)) {
        ln_ox_out(o, n, 0, expand_dynamic(o, ln_ox_plain(o, v), id));
        return;
    }
    if (ln_shape_equal(&x, &y)) {
        ln_ox_out_value(o, n, 0, v);
        return;
    }
    const ln_ox_layout at = y.rank == v->at.rank ? v->at : ln_ox_plain_layout(y.rank);
    stored = y;
    for (int i = 0; i < y.rank; i++)
        stored.dim[i] = y.dim[at.dim[i]];
    ln_ox_out_at(o, n, 0,
                 ln_ox_op2(o, &ln_op_broadcast_to, ln_ox_broadcast_as(o, v, &at),
                           ln_emit_ints(&o->e, stored.rank, stored.dim)),
                 &at);
}

void ln_ox_tile(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0), *repeats = ln_ox_in(o, n, 1);
    int times[LN_MAX_RANK], stored[LN_MAX_RANK], count;
    if (!v || !repeats)
        return;
    const ln_id id = ln_ox_plain(o, repeats);
    if (!ln_emit_read_ints(&o->e, id, LN_MAX_RANK, times, &count) || count != v->at.rank) {
        ln_ox_out(o, n, 0, ln_ox_op2(o, &ln_op_tile, ln_ox_plain(o, v), ln_ox_int32(o, id)));
        return;
    }
    for (int i = 0; i < count; i++)
        stored[i] = times[v->at.dim[i]];
    ln_ox_out_at(o, n, 0,
                 ln_ox_op2(o, &ln_op_tile, ln_ox_id(o, v), ln_emit_ints(&o->e, count, stored)),
                 &v->at);
}

/* ---- blocks ---- */

/* A convolution by constants whose output channels see all input channels. */
static bool is_dense_conv(const ln_ox *o, const ln_node *n)
{
    return n && n->op == &ln_op_conv_2d && n->inputs->size == 3 &&
           ln_emit_known(&o->e, n->inputs->data[1]) && ln_emit_known(&o->e, n->inputs->data[2]) &&
           ln_emit_shape(&o->e, n->inputs->data[0]).dim[3] ==
               ln_emit_shape(&o->e, n->inputs->data[1]).dim[3];
}

/* The convolution that makes x, its output channels in another order; -1: there is none. */
static ln_id reordered_conv(ln_ox *o, ln_id x, ln_id order)
{
    const ln_node *n = ln_ox_maker(o, x);
    ln_id in[3], y;
    if (!is_dense_conv(o, n))
        return -1;
    void *params = ln_arena_copy(&o->m->arena, n->params, n->params_size);
    if (!params)
        return -1;
    in[0] = n->inputs->data[0];
    in[1] = ln_emit_gather(&o->e, n->inputs->data[1], order, 0);
    in[2] = ln_emit_gather(&o->e, ln_ox_maker(o, x)->inputs->data[2], order, 0);
    const ln_emit_call call = {
        .op = &ln_op_conv_2d, .params = params, .in = in, .n_in = 3, .n_out = 1};
    return ln_emit_node(&o->e, &call, &y) ? y : -1;
}

/* Channels [c / n, n], as [n, c / n]: channel i comes from i % n * (c / n) + i / n.  `alone`:
 * nobody else uses x. */
static ln_id turned_channels(ln_ox *o, ln_id x, int c, int n, bool alone)
{
    int *order = ln_arena_new(&o->m->arena, (size_t)c, sizeof *order);
    for (int i = 0; order && i < c; i++)
        order[i] = i % n * (c / n) + i / n;
    if (!order)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    const ln_id at = ln_emit_ints(&o->e, c, order), y = alone ? reordered_conv(o, x, at) : -1;
    return y >= 0 ? y : ln_emit_gather(&o->e, x, at, 3);
}

/* Nobody but the node uses its input. */
static bool is_only_user(const ln_ox_node *n)
{
    const ln_ox_name *x = ln_ox_lookup(n->scope, n->p->input[0]);
    return x && x->uses == 1 && !x->output;
}

void ln_ox_depth_to_space(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const int block = ln_ox_int(n, "blocksize", 0);
    if (!v)
        return;
    const ln_shape s = ln_ox_shape(o, v);
    if (s.rank != 4 || block < 1 || block > 256 || s.dim[1] < 1 || s.dim[1] % (block * block)) {
        LN_OX_FAIL(o, "blocks of %d and %d channels", block, s.rank == 4 ? s.dim[1] : -1);
        return;
    }
    ln_id x = ln_ox_image(o, v);
    if (ln_ox_is(n, "mode", "CRD", "DCR")) /* channels c * b * b + i as i * (c / b / b) + c */
        x = turned_channels(o, x, s.dim[1], s.dim[1] / (block * block), is_only_user(n));
    const TfLiteDepthToSpaceParams p = {.block_size = block};
    ln_ox_out_image(o, n, ln_emit_unary(&o->e, &ln_op_depth_to_space, &p, x), 2);
}

void ln_ox_space_to_depth(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0);
    const TfLiteSpaceToDepthParams p = {.block_size = ln_ox_int(n, "blocksize", 0)};
    if (!v)
        return;
    const ln_shape s = ln_ox_shape(o, v);
    if (s.rank != 4 || s.dim[1] < 1 || p.block_size < 1 || p.block_size > 256 ||
        s.dim[1] > INT32_MAX / (p.block_size * p.block_size)) {
        LN_OX_FAIL(o, "blocks of %d", p.block_size);
        return;
    }
    const int area = p.block_size * p.block_size;
    ln_id y = ln_emit_unary(&o->e, &ln_op_space_to_depth, &p, ln_ox_image(o, v));
    if (ln_ox_is(n, "mode", "CRD", "DCR"))
        y = turned_channels(o, y, s.dim[1] * area, area, false);
    ln_ox_out_image(o, n, y, 2);
}
