/* SPDX-License-Identifier: Apache-2.0 */
/* origin.c: which open dimension of the graph's inputs a tensor's open dimension is.  It is
 * followed back through the nodes that leave it as it is: the batch of an input is that of a
 * convolution's result. */
#include "emit/emit.h"
#include "ops/list.h"

enum { MOST_POINTS = 2048, SLOTS = 4096 };

/* What a walk back has met: each dimension of a tensor once, however many paths lead to it. */
typedef struct walk {
    int dim; /* the dimension of a node's output that is followed now */
    int n;
    ln_origin met[MOST_POINTS];
    short slots[SLOTS]; /* of a hash table: 1 + an index of `met`, or 0 */
} walk;

/* From an output's dimension p->dim to those of operands that it may be; false: none is known. */
typedef bool step_fn(const ln_emit *e, const ln_node *n, walk *p);

static bool is_open(const ln_emit *e, ln_id id, int dim)
{
    const ln_shape s = id < 0 ? ln_shape_unknown(-1) : ln_emit_shape(e, id);
    return dim >= 0 && dim < s.rank && s.dim[dim] < 0;
}

/* False where the walk has grown too long. */
static bool meet(walk *p, ln_id id, int dim)
{
    unsigned at = ((unsigned)id * LN_MAX_RANK + (unsigned)dim) * 2654435761u >> 20;
    for (; p->slots[at]; at = (at + 1) % SLOTS) {
        const ln_origin *o = &p->met[p->slots[at] - 1];
        if (o->id == id && o->dim == dim)
            return true;
    }
    if (p->n == MOST_POINTS)
        return false;
    p->met[p->n++] = (ln_origin){id, dim};
    p->slots[at] = (short)p->n;
    return true;
}

static bool to(const ln_emit *e, const ln_node *n, int i, int dim, walk *p)
{
    return i < n->inputs->size && is_open(e, n->inputs->data[i], dim) &&
           meet(p, n->inputs->data[i], dim);
}

static int rank_in(const ln_emit *e, const ln_node *n, int i)
{
    return i < n->inputs->size && n->inputs->data[i] >= 0
               ? ln_emit_shape(e, n->inputs->data[i]).rank
               : -1;
}

static bool same_dim(const ln_emit *e, const ln_node *n, walk *p)
{
    return to(e, n, 0, p->dim, p);
}

static bool batch(const ln_emit *e, const ln_node *n, walk *p)
{
    return p->dim == 0 && to(e, n, 0, 0, p);
}

static bool batch_of_third(const ln_emit *e, const ln_node *n, walk *p)
{
    return p->dim == 0 && to(e, n, 2, 0, p);
}

/* Operand i's dimension where the shapes of operands are aligned at their ends; -1: it has none. */
static int aligned(const ln_emit *e, const ln_node *n, int i, int dim)
{
    const int own = rank_in(e, n, i);
    return own < 0 ? -1 : dim - (ln_emit_shape(e, n->outputs->data[0]).rank - own);
}

/* Operands that broadcast: any of those in which the dimension is open may be 1 when the model
 * runs, so that all are followed. */
static bool broadcast(const ln_emit *e, const ln_node *n, walk *p)
{
    int open = 0;
    for (int i = 0; i < n->inputs->size; i++) {
        const int dim = aligned(e, n, i, p->dim);
        if (!is_open(e, n->inputs->data[i], dim))
            continue;
        if (!to(e, n, i, dim, p))
            return false;
        open++;
    }
    return open > 0;
}

static bool dense(const ln_emit *e, const ln_node *n, walk *p)
{
    const int rank = ln_emit_shape(e, n->outputs->data[0]).rank;
    return rank == rank_in(e, n, 0) && p->dim < rank - 1 && to(e, n, 0, p->dim, p);
}

static bool product(const ln_emit *e, const ln_node *n, walk *p)
{
    const int rank = ln_emit_shape(e, n->outputs->data[0]).rank;
    return p->dim < rank - 2 && broadcast(e, n, p);
}

/* Input i as constants. */
static bool constants(const ln_emit *e, const ln_node *n, int i, int *v, int *count)
{
    return i < n->inputs->size &&
           ln_emit_read_ints(e, n->inputs->data[i], 2 * LN_MAX_RANK, v, count);
}

static bool padded(const ln_emit *e, const ln_node *n, walk *p)
{
    int v[2 * LN_MAX_RANK], count;
    return constants(e, n, 1, v, &count) && 2 * p->dim + 1 < count && v[2 * p->dim] == 0 &&
           v[2 * p->dim + 1] == 0 && to(e, n, 0, p->dim, p);
}

static bool transposed(const ln_emit *e, const ln_node *n, walk *p)
{
    int v[2 * LN_MAX_RANK], count;
    return constants(e, n, 1, v, &count) && p->dim < count && to(e, n, 0, v[p->dim], p);
}

static bool concatenated(const ln_emit *e, const ln_node *n, walk *p)
{
    const TfLiteConcatenationParams *params = n->params;
    const int rank = ln_emit_shape(e, n->outputs->data[0]).rank;
    if (p->dim == params->axis + (params->axis < 0 ? rank : 0))
        return false;
    for (int i = 0; i < n->inputs->size; i++) /* they do not broadcast: any one will do */
        if (to(e, n, i, p->dim, p))
            return true;
    return false;
}

static bool sliced(const ln_emit *e, const ln_node *n, walk *p)
{
    int begin[2 * LN_MAX_RANK], size[2 * LN_MAX_RANK], count;
    return constants(e, n, 1, begin, &count) && constants(e, n, 2, size, &count) &&
           p->dim < count && begin[p->dim] == 0 && size[p->dim] == -1 && to(e, n, 0, p->dim, p);
}

static bool strided(const ln_emit *e, const ln_node *n, walk *p)
{
    const TfLiteStridedSliceParams *params = n->params;
    int begin[2 * LN_MAX_RANK], step[2 * LN_MAX_RANK], count;
    if (!constants(e, n, 1, begin, &count) || !constants(e, n, 3, step, &count) ||
        p->dim >= count || params->ellipsis_mask || params->new_axis_mask ||
        params->shrink_axis_mask)
        return false;
    return (begin[p->dim] == 0 || params->begin_mask >> p->dim & 1) &&
           params->end_mask >> p->dim & 1 && step[p->dim] == 1 && to(e, n, 0, p->dim, p);
}

static bool split(const ln_emit *e, const ln_node *n, walk *p)
{
    const int data = n->op == &ln_op_split ? 1 : 0, axis = n->op == &ln_op_split ? 0 : 2;
    const int rank = rank_in(e, n, data);
    int v[2 * LN_MAX_RANK], count;
    return constants(e, n, axis, v, &count) && count == 1 &&
           p->dim != v[0] + (v[0] < 0 ? rank : 0) && to(e, n, data, p->dim, p);
}

static bool reduced(const ln_emit *e, const ln_node *n, walk *p)
{
    const TfLiteReducerParams *params = n->params;
    const int rank = rank_in(e, n, 0);
    int v[2 * LN_MAX_RANK], count;
    unsigned gone = 0;
    if (!constants(e, n, 1, v, &count))
        return false;
    for (int i = 0; i < count; i++) {
        const int axis = v[i] + (v[i] < 0 ? rank : 0);
        gone |= axis >= 0 && axis < rank ? 1u << axis : 0;
    }
    for (int i = 0, next = 0; i < rank; i++) {
        const bool here = next == p->dim && (params->keep_dims || !(gone >> i & 1));
        if (here)
            return !(gone >> i & 1) && to(e, n, 0, i, p);
        next += params->keep_dims || !(gone >> i & 1);
    }
    return false;
}

/* A GATHER's indices stand where its axis was. */
static bool gathered(const ln_emit *e, const ln_node *n, walk *p)
{
    const TfLiteGatherParams *params = n->params;
    const int rank = rank_in(e, n, 0), of_indices = rank_in(e, n, 1);
    const int axis = params->axis + (params->axis < 0 ? rank : 0);
    if (rank < 1 || of_indices < 0 || params->batch_dims)
        return false;
    if (p->dim < axis)
        return to(e, n, 0, p->dim, p);
    if (p->dim < axis + of_indices)
        return to(e, n, 1, p->dim - axis, p);
    return to(e, n, 0, p->dim - of_indices + 1, p);
}

/* The dimension is an item of an operand, and that the dimension of another tensor. */
static bool asked_for(const ln_emit *e, const ln_node *n, walk *p)
{
    const int shape = n->op == &ln_op_fill ? 0 : 1;
    ln_origin from;
    return shape < n->inputs->size && ln_emit_source(e, n->inputs->data[shape], p->dim, &from) &&
           is_open(e, from.id, from.dim) && meet(p, from.id, from.dim);
}

/* The only open dimension on both sides is the same, when the others hold as many items. */
static bool reshaped(const ln_emit *e, const ln_node *n, walk *p)
{
    const ln_shape x = ln_emit_shape(e, n->inputs->data[0]);
    const ln_shape y = ln_emit_shape(e, n->outputs->data[0]);
    double items[2] = {1, 1};
    int open[2] = {0, 0}, at = -1;
    for (int i = 0; i < x.rank; i++) {
        items[0] *= x.dim[i] < 0 ? 1 : x.dim[i];
        open[0] += x.dim[i] < 0;
        at = x.dim[i] < 0 ? i : at;
    }
    for (int i = 0; i < y.rank; i++) {
        items[1] *= y.dim[i] < 0 ? 1 : y.dim[i];
        open[1] += y.dim[i] < 0;
    }
    return open[0] == 1 && open[1] == 1 && items[0] == items[1] && items[0] > 0
               ? to(e, n, 0, at, p)
               : asked_for(e, n, p);
}

static const struct {
    const ln_op *op;
    step_fn *step;
} steps[] = {
    {&ln_op_cast, same_dim},
    {&ln_op_softmax, same_dim},
    {&ln_op_log_softmax, same_dim},
    {&ln_op_dequantize, same_dim},
    {&ln_op_quantize, same_dim},
    {&ln_op_cumsum, same_dim},
    {&ln_op_reverse_v2, same_dim},
    {&ln_op_l2_normalization, same_dim},
    {&ln_op_local_response_normalization, same_dim},
    {&ln_op_conv_2d, batch},
    {&ln_op_depthwise_conv_2d, batch},
    {&ln_op_conv_3d, batch},
    {&ln_op_average_pool_2d, batch},
    {&ln_op_max_pool_2d, batch},
    {&ln_op_resize_bilinear, batch},
    {&ln_op_resize_nearest_neighbor, batch},
    {&ln_op_depth_to_space, batch},
    {&ln_op_space_to_depth, batch},
    {&ln_op_fill, asked_for},
    {&ln_op_broadcast_to, asked_for},
    {&ln_op_gather, gathered},
    {&ln_op_transpose_conv, batch_of_third},
    {&ln_op_fully_connected, dense},
    {&ln_op_batch_matmul, product},
    {&ln_op_pad, padded},
    {&ln_op_padv2, padded},
    {&ln_op_mirror_pad, padded},
    {&ln_op_transpose, transposed},
    {&ln_op_concatenation, concatenated},
    {&ln_op_slice, sliced},
    {&ln_op_strided_slice, strided},
    {&ln_op_split, split},
    {&ln_op_split_v, split},
    {&ln_op_mean, reduced},
    {&ln_op_sum, reduced},
    {&ln_op_reduce_max, reduced},
    {&ln_op_reduce_min, reduced},
    {&ln_op_reduce_prod, reduced},
    {&ln_op_reshape, reshaped},
    {&ln_op_squeeze, reshaped},
    {&ln_op_expand_dims, reshaped},
};

static bool step_back(const ln_emit *e, const ln_node *n, walk *p)
{
    for (size_t i = 0; i < LN_COUNTOF(steps); i++)
        if (steps[i].op == n->op)
            return steps[i].step(e, n, p);
    return n->op && (n->op->traits & LN_ELEMENTWISE) && broadcast(e, n, p);
}

ln_origin ln_emit_origin(const ln_emit *e, ln_id id, int dim)
{
    const ln_origin unknown = {-1, 0};
    ln_origin found = unknown;
    walk w = {0};
    if (!is_open(e, id, dim) || !meet(&w, id, dim))
        return unknown;
    for (int i = 0; i < w.n; i++) {
        const ln_origin at = w.met[i];
        const ln_id made_by = ln_graph_producer(e->g, at.id);
        w.dim = at.dim;
        if (made_by >= 0) {
            if (!step_back(e, &e->g->nodes[made_by], &w))
                return unknown;
        } else if (found.id < 0) {
            found = at;
        } else if (found.id != at.id || found.dim != at.dim) {
            return unknown;
        }
    }
    return found;
}
