/* SPDX-License-Identifier: Apache-2.0 */
/* values.c: follows the arithmetic of shapes.  Exporters compute shapes in the graph (SHAPE, a
 * STRIDED_SLICE of it, a PACK with constants); with an open batch such a tensor is no constant, but
 * most of its items are known.  What is known decides shapes further on, and a RESHAPE of which one
 * item is open needs no computed shape at all. */
#include <string.h>

#include "emit/emit.h"
#include "ops/list.h"

enum { MAX_ITEMS = 64, MAX_DEPTH = 64 };

typedef struct items {
    int n, v[MAX_ITEMS];
    ln_origin from[MAX_ITEMS]; /* of dimensions: of which tensor */
} items;

static const ln_origin nowhere = {-1, 0};

static void put(items *out, int v, ln_origin from)
{
    out->v[out->n] = v;
    out->from[out->n++] = from;
}

static void put_items(items *out, const items *x, int first, int n)
{
    for (int i = 0; i < n; i++)
        put(out, x->v[first + i], x->from[first + i]);
}

static bool follow(const ln_emit *e, ln_id id, int depth, items *out);

typedef bool rule_fn(const ln_emit *e, const ln_node *n, int depth, items *out);

static bool input(const ln_emit *e, const ln_node *n, int i, int depth, items *out)
{
    return i < n->inputs->size && follow(e, n->inputs->data[i], depth, out);
}

static bool read_items(const ln_emit *e, ln_id id, items *out)
{
    for (int i = 0; i < MAX_ITEMS; i++)
        out->from[i] = nowhere;
    return ln_emit_read_ints(e, id, MAX_ITEMS, out->v, &out->n);
}

static bool constants(const ln_emit *e, const ln_node *n, int i, items *out)
{
    return i < n->inputs->size && read_items(e, n->inputs->data[i], out);
}

static bool of_shape(const ln_emit *e, const ln_node *n, int depth, items *out)
{
    const ln_shape s = ln_emit_shape(e, n->inputs->data[0]);
    (void)depth;
    out->n = 0;
    for (int i = 0; i < s.rank; i++)
        put(out, s.dim[i] < 0 ? LN_UNKNOWN : s.dim[i], (ln_origin){n->inputs->data[0], i});
    return s.rank >= 0;
}

static bool of_same(const ln_emit *e, const ln_node *n, int depth, items *out)
{
    return input(e, n, 0, depth, out);
}

static bool of_gather(const ln_emit *e, const ln_node *n, int depth, items *out)
{
    items x, at;
    if (!input(e, n, 0, depth, &x) || !constants(e, n, 1, &at))
        return false;
    out->n = 0;
    for (int i = 0; i < at.n; i++) {
        if (at.v[i] < 0 || at.v[i] >= x.n)
            return false;
        put_items(out, &x, at.v[i], 1);
    }
    return true;
}

static int clamp(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

static bool of_strided_slice(const ln_emit *e, const ln_node *n, int depth, items *out)
{
    const TfLiteStridedSliceParams *p = n->params;
    items x, begin, end, step;
    if (!input(e, n, 0, depth, &x) || !constants(e, n, 1, &begin) || !constants(e, n, 2, &end) ||
        !constants(e, n, 3, &step))
        return false;
    if (begin.n != 1 || end.n != 1 || step.n != 1 || step.v[0] <= 0 || p->ellipsis_mask ||
        p->new_axis_mask || p->offset)
        return false;
    const int from =
        p->begin_mask & 1 ? 0 : clamp(begin.v[0] < 0 ? begin.v[0] + x.n : begin.v[0], 0, x.n);
    int to = p->end_mask & 1 ? x.n : clamp(end.v[0] < 0 ? end.v[0] + x.n : end.v[0], 0, x.n);
    if (p->shrink_axis_mask & 1) {
        if (from >= x.n)
            return false;
        to = from + 1;
    }
    out->n = 0;
    for (int i = from; i < to; i += step.v[0])
        put_items(out, &x, i, 1);
    return true;
}

static bool of_slice(const ln_emit *e, const ln_node *n, int depth, items *out)
{
    items x, begin, size;
    if (!input(e, n, 0, depth, &x) || !constants(e, n, 1, &begin) || !constants(e, n, 2, &size) ||
        begin.n != 1 || size.n != 1 || begin.v[0] < 0 || begin.v[0] > x.n)
        return false;
    const int count = size.v[0] == -1 ? x.n - begin.v[0] : size.v[0];
    if (count < 0 || count > x.n - begin.v[0])
        return false;
    out->n = 0;
    put_items(out, &x, begin.v[0], count);
    return true;
}

/* PACK of scalars and CONCATENATION of vectors: one behind the other. */
static bool of_list(const ln_emit *e, const ln_node *n, int depth, items *out)
{
    out->n = 0;
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_shape s = ln_emit_shape(e, n->inputs->data[i]);
        items x;
        if (!input(e, n, i, depth, &x)) { /* an item of unknown value is an item */
            const int count = ln_shape_known(&s) ? ln_shape_count(&s, 0, s.rank) : -1;
            if (count < 0 || count > MAX_ITEMS)
                return false;
            x.n = 0;
            while (x.n < count)
                put(&x, LN_UNKNOWN, nowhere);
        }
        if (s.rank > 1 || out->n + x.n > MAX_ITEMS)
            return false;
        put_items(out, &x, 0, x.n);
    }
    return true;
}

static int apply(const ln_op *op, int a, int b)
{
    if (a == LN_UNKNOWN || b == LN_UNKNOWN)
        return op == &ln_op_mul && (a == 0 || b == 0) ? 0 : LN_UNKNOWN;
    const int64_t y = op == &ln_op_add       ? (int64_t)a + b
                      : op == &ln_op_sub     ? (int64_t)a - b
                      : op == &ln_op_mul     ? (int64_t)a * b
                      : op == &ln_op_maximum ? LN_MAX(a, b)
                      : op == &ln_op_minimum ? LN_MIN(a, b)
                      : b > 0 && a >= 0      ? a / b /* FLOOR_DIV, DIV */
                                             : LN_UNKNOWN;
    return y > INT32_MIN && y <= INT32_MAX ? (int)y : LN_UNKNOWN;
}

static bool of_pairs(const ln_emit *e, const ln_node *n, int depth, items *out)
{
    items a, b;
    if (!input(e, n, 0, depth, &a) || !input(e, n, 1, depth, &b))
        return false;
    if (a.n != b.n && a.n != 1 && b.n != 1)
        return false;
    const int count = a.n == 1 ? b.n : a.n;
    out->n = 0;
    for (int i = 0; i < count; i++)
        put(out, apply(n->op, a.v[a.n == 1 ? 0 : i], b.v[b.n == 1 ? 0 : i]), nowhere);
    return true;
}

static bool of_product(const ln_emit *e, const ln_node *n, int depth, items *out)
{
    items x;
    if (!input(e, n, 0, depth, &x))
        return false;
    int y = 1;
    for (int i = 0; i < x.n; i++)
        y = apply(&ln_op_mul, y, x.v[i]);
    out->n = 0;
    put(out, y, nowhere);
    return true;
}

static const struct {
    const ln_op *op;
    rule_fn *rule;
} rules[] = {
    {&ln_op_shape, of_shape},
    {&ln_op_cast, of_same},
    {&ln_op_reshape, of_same},
    {&ln_op_squeeze, of_same},
    {&ln_op_expand_dims, of_same},
    {&ln_op_gather, of_gather},
    {&ln_op_strided_slice, of_strided_slice},
    {&ln_op_slice, of_slice},
    {&ln_op_pack, of_list},
    {&ln_op_concatenation, of_list},
    {&ln_op_add, of_pairs},
    {&ln_op_sub, of_pairs},
    {&ln_op_mul, of_pairs},
    {&ln_op_maximum, of_pairs},
    {&ln_op_minimum, of_pairs},
    {&ln_op_floor_div, of_pairs},
    {&ln_op_div, of_pairs},
    {&ln_op_reduce_prod, of_product},
};

static bool is_integer(TfLiteType type)
{
    return type == kTfLiteInt32 || type == kTfLiteInt64;
}

static bool follow(const ln_emit *e, ln_id id, int depth, items *out)
{
    if (id < 0 || depth > MAX_DEPTH || !is_integer(ln_emit_type(e, id)))
        return false;
    if (ln_emit_known(e, id))
        return read_items(e, id, out);
    const ln_id made_by = ln_graph_producer(e->g, id);
    if (made_by < 0)
        return false;
    const ln_node *n = &e->g->nodes[made_by];
    for (size_t i = 0; i < LN_COUNTOF(rules); i++)
        if (rules[i].op == n->op)
            return rules[i].rule(e, n, depth + 1, out);
    return false;
}

bool ln_emit_items(const ln_emit *e, ln_id id, int max, int *values, ln_origin *from, int *n)
{
    items found;
    if (!follow(e, id, 0, &found) || found.n > max)
        return false;
    memcpy(values, found.v, sizeof(int) * (size_t)found.n);
    for (int i = 0; from && i < found.n; i++)
        from[i] = ln_emit_origin(e, found.from[i].id, found.from[i].dim);
    *n = found.n;
    return true;
}

bool ln_emit_source(const ln_emit *e, ln_id id, int i, ln_origin *from)
{
    items found;
    if (!follow(e, id, 0, &found) || i < 0 || i >= found.n || found.v[i] != LN_UNKNOWN)
        return false;
    *from = found.from[i];
    return from->id >= 0;
}

bool ln_emit_values(const ln_emit *e, ln_id id, int max, int *values, int *n)
{
    return ln_emit_items(e, id, max, values, NULL, n);
}

/* ---- what that says of other nodes ---- */

/* Ops whose output has the shape that an operand holds. */
static const struct {
    const ln_op *op;
    int operand;
} shaped[] = {
    {&ln_op_reshape, 1},
    {&ln_op_broadcast_to, 1},
    {&ln_op_fill, 0},
};

static int shape_operand(const ln_emit_call *call)
{
    for (size_t i = 0; i < LN_COUNTOF(shaped); i++)
        if (shaped[i].op == call->op && shaped[i].operand < call->n_in)
            return call->in[shaped[i].operand];
    return -1;
}

/* [batch, -1, 64] of a tensor whose only open dimension is that batch: what -1 stands for. */
static void find_rest(const ln_emit *e, ln_id id, const int *v, const ln_origin *from, ln_shape *y)
{
    const ln_shape x = ln_emit_shape(e, id);
    ln_origin own = nowhere;
    double items = 1, known = 1;
    int open = 0, rest = -1, same = 0, unknown = 0;
    for (int i = 0; i < x.rank; i++) {
        items *= x.dim[i] < 0 ? 1 : x.dim[i];
        open += x.dim[i] < 0;
        own = x.dim[i] < 0 ? ln_emit_origin(e, id, i) : own;
    }
    for (int i = 0; i < y->rank; i++) {
        const bool same_one =
            v[i] == LN_UNKNOWN && own.id >= 0 && from[i].id == own.id && from[i].dim == own.dim;
        known *= v[i] < 0 ? 1 : v[i];
        rest = v[i] == -1 ? i : rest;
        same += same_one;
        unknown += v[i] == LN_UNKNOWN;
    }
    if (open == 1 && same == 1 && unknown == 1 && rest >= 0 && known > 0 && items <= INT32_MAX &&
        (double)(int)(items / known) * known == items)
        y->dim[rest] = (int)(items / known);
}

/* ---- slices whose place is computed: x[:, i] ---- */

/* The items of an operand, LN_UNKNOWN where they are not known. */
static void partial(const ln_emit *e, ln_id id, int n, int *v)
{
    int found;
    if (!ln_emit_values(e, id, 2 * LN_MAX_RANK, v, &found) || found != n)
        for (int i = 0; i < n; i++)
            v[i] = LN_UNKNOWN;
}

/* How many items of a dimension are taken from begin to end; -1: not known. */
static int taken(int dim, int begin, int end, int stride, bool from_start, bool to_end)
{
    if (dim < 0 || stride != 1 || (!from_start && begin == LN_UNKNOWN) ||
        (!to_end && end == LN_UNKNOWN))
        return -1;
    const int first = from_start ? 0 : LN_MAX(begin < 0 ? begin + dim : begin, 0);
    const int last = to_end ? dim : LN_MIN(end < 0 ? end + dim : end, dim);
    return LN_MAX(last - first, 0);
}

typedef struct strides {
    int begin[2 * LN_MAX_RANK], end[2 * LN_MAX_RANK], stride[2 * LN_MAX_RANK], n;
} strides;

static bool put_dim(ln_shape *y, int dim)
{
    if (y->rank >= LN_MAX_RANK)
        return false;
    y->dim[y->rank++] = dim;
    return true;
}

static bool strided_dims(const TfLiteStridedSliceParams *p, const strides *s, const ln_shape *x,
                         ln_shape *y)
{
    int axis = 0, taking = 0;
    for (int i = 0; i < s->n; i++)
        taking += !((p->ellipsis_mask | p->new_axis_mask) >> i & 1);
    *y = (ln_shape){.rank = 0};
    for (int i = 0; i < s->n; i++) {
        if (p->ellipsis_mask >> i & 1) {
            for (int k = x->rank - taking; k > 0; k--, axis++)
                if (!put_dim(y, x->dim[axis]))
                    return false;
        } else if (p->new_axis_mask >> i & 1) {
            if (!put_dim(y, 1))
                return false;
        } else if (axis >= x->rank) {
            return false;
        } else {
            const int dim = taken(x->dim[axis], s->begin[i], s->end[i], s->stride[i],
                                  p->begin_mask >> i & 1, p->end_mask >> i & 1);
            if (!(p->shrink_axis_mask >> i & 1) && !put_dim(y, dim))
                return false;
            axis++;
        }
    }
    for (; axis < x->rank; axis++)
        if (!put_dim(y, x->dim[axis]))
            return false;
    return true;
}

static bool slice_dims(const ln_emit *e, const ln_emit_call *call, ln_shape *y)
{
    const ln_shape x = ln_emit_shape(e, call->in[0]);
    int size[2 * LN_MAX_RANK];
    if (x.rank < 0)
        return false;
    partial(e, call->in[2], x.rank, size);
    *y = (ln_shape){.rank = x.rank};
    for (int i = 0; i < x.rank; i++)
        y->dim[i] = size[i] < 0 ? -1 : size[i];
    return true;
}

static bool slice_dims_by_strides(const ln_emit *e, const ln_emit_call *call, ln_shape *y)
{
    const TfLiteStridedSliceParams *p = call->params;
    const ln_shape x = ln_emit_shape(e, call->in[0]), n = ln_emit_shape(e, call->in[1]);
    strides s = {.n = n.rank == 1 ? n.dim[0] : -1};
    if (!p || p->offset || x.rank < 0 || s.n < 0 || s.n > 2 * LN_MAX_RANK)
        return false;
    partial(e, call->in[1], s.n, s.begin);
    partial(e, call->in[2], s.n, s.end);
    partial(e, call->in[3], s.n, s.stride);
    return strided_dims(p, &s, &x, y);
}

bool ln_emit_known_dims(const ln_emit *e, const ln_emit_call *call, ln_shape *shape)
{
    if (call->op == &ln_op_slice && call->n_in == 3)
        return slice_dims(e, call, shape);
    if (call->op == &ln_op_strided_slice && call->n_in == 4)
        return slice_dims_by_strides(e, call, shape);
    const ln_id operand = shape_operand(call);
    int v[LN_MAX_RANK], n;
    ln_origin from[LN_MAX_RANK];
    if (operand < 0 || ln_emit_known(e, operand) ||
        !ln_emit_items(e, operand, LN_MAX_RANK, v, from, &n))
        return false;
    shape->rank = n;
    for (int i = 0; i < n; i++)
        shape->dim[i] = v[i] < 0 ? -1 : v[i];
    if (call->op == &ln_op_reshape)
        find_rest(e, call->in[0], v, from, shape);
    return true;
}
