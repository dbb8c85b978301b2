/* SPDX-License-Identifier: Apache-2.0 */
/* stablehlo_gather.c: STABLEHLO_GATHER: boxes of the input, one per index; STABLEHLO_SCATTER:
 * boxes of updates combined into the input.  Names are those of the StableHLO specification.
 *
 *   GATHER   x, indices [batch.., components] -> batch and offset dimensions, interleaved
 *   SCATTER  x, indices [batch.., components], updates -> the shape of x
 * The components stand along index_vector_dim; where that is the rank of the indices, each index
 * is one component.  Gathered boxes are moved so that they fit; updates outside x are left out. */
#include "ops/combine.h"
#include "ops/move.h"
#include "ops/stablehlo.h"

enum { X, INDICES, UPDATES };

static int size_of(unsigned set)
{
    int n = 0;
    for (; set; set &= set - 1)
        n++;
    return n;
}

/* ---- indices ---- */

typedef struct reader {
    const TfLiteTensor *t;
    int n;             /* components of an index */
    int64_t component; /* items from one component to the next */
    int batch_rank, batch[LN_MAX_RANK];
    int64_t step[LN_MAX_RANK]; /* of the batch dimensions */
} reader;

static ln_status reader_init(ln_call *c, reader *r, int64_t vector_dim, int n)
{
    const ln_shape s = ln_shape_of(c->in[INDICES]);
    int64_t step[LN_MAX_RANK];
    *r = (reader){.t = c->in[INDICES], .n = n};
    LN_TRY(ln_check_index(c, INDICES));
    LN_CHECK(c, vector_dim >= 0 && vector_dim <= s.rank,
             "index_vector_dim is %lld, the indices have rank %d", (long long)vector_dim, s.rank);
    const int have = vector_dim < s.rank ? s.dim[vector_dim] : 1;
    LN_CHECK(c, have == n || have < 0, "indices have %d components, %d are mapped", have, n);
    if (ln_shape_known(&s))
        ln_steps(&s, step);
    for (int i = 0; i < s.rank; i++) {
        const int64_t items = ln_shape_known(&s) ? step[i] : 0;
        if (i == vector_dim) {
            r->component = items;
            continue;
        }
        r->batch[r->batch_rank] = s.dim[i];
        r->step[r->batch_rank++] = items;
    }
    return LN_OK;
}

/* ---- GATHER ---- */

typedef struct gather {
    reader indices;
    unsigned offset, collapsed;
    int rank; /* of the result */
} gather;

static ln_status gather_init(ln_call *c, gather *g)
{
    const TfLiteStablehloGatherParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    unsigned map;

    LN_TRY(ln_check_plain(c, X));
    LN_TRY(ln_axis_set(c, "start_index_map", p->start_index_map, p->num_start_index_map, x.rank,
                       &map));
    LN_TRY(ln_axis_set(c, "collapsed_slice_dims", p->collapsed_slice_dims,
                       p->num_collapsed_slice_dims, x.rank, &g->collapsed));
    LN_TRY(reader_init(c, &g->indices, p->index_vector_dim, p->num_start_index_map));
    g->rank = g->indices.batch_rank + p->num_offset_dims;
    LN_CHECK(c, g->rank >= 0 && g->rank <= LN_MAX_RANK, "the result has rank %d", g->rank);
    LN_TRY(ln_axis_set(c, "offset_dims", p->offset_dims, p->num_offset_dims, g->rank, &g->offset));
    LN_CHECK(c, p->num_slice_sizes == x.rank, "there are %d slice sizes, the input has rank %d",
             p->num_slice_sizes, x.rank);
    LN_CHECK(c, size_of(g->collapsed) + size_of(g->offset) == x.rank,
             "%d collapsed and %d offset dimensions, the input has rank %d", size_of(g->collapsed),
             size_of(g->offset), x.rank);
    for (int i = 0; i < x.rank; i++) {
        const int64_t n = p->slice_sizes[i];
        LN_CHECK(c,
                 n >= 0 && n <= (x.dim[i] < 0 ? INT32_MAX : x.dim[i]) &&
                     (n <= 1 || !(g->collapsed >> i & 1)),
                 "slice size %lld does not fit dimension %d of size %d", (long long)n, i, x.dim[i]);
    }
    return LN_OK;
}

static ln_status gather_infer(ln_call *c)
{
    const TfLiteStablehloGatherParams *p = c->params;
    ln_shape y;
    gather g;
    int batch = 0, slice = 0;

    LN_TRY(gather_init(c, &g));
    y = ln_shape_unknown(g.rank);
    for (int i = 0; i < g.rank; i++) {
        if (!(g.offset >> i & 1)) {
            y.dim[i] = g.indices.batch[batch++];
            continue;
        }
        while (g.collapsed >> slice & 1)
            slice++;
        y.dim[i] = (int)p->slice_sizes[slice++];
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static int64_t clamp(int64_t v, int64_t max)
{
    return v < 0 ? 0 : v > max ? max : v;
}

static ln_status gather_eval(ln_call *c)
{
    const TfLiteStablehloGatherParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    int64_t from[LN_MAX_RANK], to[LN_MAX_RANK], batch_step[LN_MAX_RANK];
    int index[LN_MAX_RANK] = {0}, n_batch = 0, offset = 0;
    ln_move box = {0};
    gather g;

    LN_TRY(gather_init(c, &g));
    if (ln_count(c->out[0]) == 0)
        return LN_OK;
    ln_steps(&x, from);
    ln_steps(&y, to);
    for (int i = 0; i < y.rank; i++)
        if (!(g.offset >> i & 1))
            batch_step[n_batch++] = to[i];
    for (int i = 0; i < x.rank; i++) {
        if (g.collapsed >> i & 1)
            continue;
        while (!(g.offset >> offset & 1))
            offset++;
        ln_move_axis(&box, (int)p->slice_sizes[i], from[i], to[offset++]);
    }
    for (bool more = true; more;) {
        int64_t at = 0;
        box.from_at = box.to_at = 0;
        for (int i = 0; i < n_batch; i++) {
            at += index[i] * g.indices.step[i];
            box.to_at += index[i] * batch_step[i];
        }
        for (int k = 0; k < g.indices.n; k++) {
            const int64_t axis = p->start_index_map[k];
            const int64_t start = ln_int_at(g.indices.t, at + k * g.indices.component);
            box.from_at += clamp(start, x.dim[axis] - p->slice_sizes[axis]) * from[axis];
        }
        ln_move_data(&box, c->in[X], c->out[0]);
        more = false;
        for (int i = n_batch - 1; i >= 0 && !more; i--) {
            more = ++index[i] < g.indices.batch[i];
            index[i] = more ? index[i] : 0;
        }
    }
    return LN_OK;
}

static const ln_field gather_fields[] = {
    LN_FIELD_LIST(I64S, 0, TfLiteStablehloGatherParams, offset_dims, num_offset_dims, LN_MAX_RANK,
                  1),
    LN_FIELD_LIST(I64S, 1, TfLiteStablehloGatherParams, collapsed_slice_dims,
                  num_collapsed_slice_dims, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 2, TfLiteStablehloGatherParams, start_index_map, num_start_index_map,
                  LN_MAX_RANK, 1),
    LN_FIELD(I64, 3, TfLiteStablehloGatherParams, index_vector_dim, 1),
    LN_FIELD_LIST(I64S, 4, TfLiteStablehloGatherParams, slice_sizes, num_slice_sizes, LN_MAX_RANK,
                  1),
    LN_FIELD(BOOL, 5, TfLiteStablehloGatherParams, indices_are_sorted, 1),
    {0},
};

const ln_op ln_op_stablehlo_gather = {
    .name = "STABLEHLO_GATHER",
    .builtin = kTfLiteBuiltinStablehloGather,
    .version = 1,
    .options = 16,
    .options2 = true,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = gather_fields,
    .params_size = sizeof(TfLiteStablehloGatherParams),
    .infer = gather_infer,
    .eval = gather_eval,
};

/* ---- SCATTER ---- */

typedef struct scatter {
    reader indices;
    int window[LN_MAX_RANK], n_window; /* for each window dimension of the updates: axis of x */
    unsigned windows;                  /* which dimensions of the updates those are */
} scatter;

static ln_status check_updates(ln_call *c, const scatter *s)
{
    const ln_shape x = ln_shape_of(c->in[X]), u = ln_shape_of(c->in[UPDATES]);
    int batch = 0, window = 0;
    for (int i = 0; i < u.rank; i++) {
        if (s->windows >> i & 1) {
            const int axis = s->window[window++];
            LN_CHECK(c, u.dim[i] <= x.dim[axis] || x.dim[axis] < 0,
                     "dimension %d of the updates is %d, larger than %d of the input", i, u.dim[i],
                     x.dim[axis]);
            continue;
        }
        const int want = s->indices.batch[batch++];
        LN_CHECK(c, u.dim[i] == want || u.dim[i] < 0 || want < 0,
                 "dimension %d of the updates is %d, of the indices %d", i, u.dim[i], want);
    }
    return LN_OK;
}

static ln_status scatter_init(ln_call *c, scatter *s)
{
    const TfLiteStablehloScatterParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), u = ln_shape_of(c->in[UPDATES]);
    unsigned map, inserted;

    *s = (scatter){.n_window = 0};
    if (!ln_combine_of(LN_COMBINE_ADD, c->in[X]->type))
        return ln_fail_type(c, X);
    LN_CHECK(c, c->in[UPDATES]->type == c->in[X]->type, "the updates have type %s, the input %s",
             ln_type_name(c->in[UPDATES]->type), ln_type_name(c->in[X]->type));
    LN_TRY(ln_axis_set(c, "scatter_dims_to_operand_dims", p->scatter_dims_to_operand_dims,
                       p->num_scatter_dims_to_operand_dims, x.rank, &map));
    LN_TRY(ln_axis_set(c, "inserted_window_dims", p->inserted_window_dims,
                       p->num_inserted_window_dims, x.rank, &inserted));
    LN_TRY(ln_axis_set(c, "update_window_dims", p->update_window_dims, p->num_update_window_dims,
                       u.rank, &s->windows));
    LN_TRY(reader_init(c, &s->indices, p->index_vector_dim, p->num_scatter_dims_to_operand_dims));
    for (int i = 0; i < x.rank; i++)
        if (!(inserted >> i & 1))
            s->window[s->n_window++] = i;
    LN_CHECK(c, s->n_window == p->num_update_window_dims,
             "%d inserted and %d window dimensions, the input has rank %d",
             p->num_inserted_window_dims, p->num_update_window_dims, x.rank);
    LN_CHECK(c, u.rank == s->n_window + s->indices.batch_rank,
             "the updates have rank %d, windows %d and indices %d", u.rank, s->n_window,
             s->indices.batch_rank);
    return check_updates(c, s);
}

static ln_status scatter_infer(ln_call *c)
{
    const ln_shape y = ln_shape_of(c->in[X]);
    scatter s;
    LN_TRY(scatter_init(c, &s));
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

/* Where update `index` goes in the output; -1: outside. */
static int64_t target(const ln_call *c, const scatter *s, const ln_shape *x, const int64_t *step,
                      const int *index)
{
    const TfLiteStablehloScatterParams *p = c->params;
    int64_t place[LN_MAX_RANK] = {0}, at = 0, to = 0;
    int batch = 0, window = 0;
    for (int i = 0; i < s->n_window + s->indices.batch_rank; i++) {
        if (s->windows >> i & 1)
            place[s->window[window++]] = index[i];
        else
            at += index[i] * s->indices.step[batch++];
    }
    for (int k = 0; k < s->indices.n; k++) {
        const int64_t axis = p->scatter_dims_to_operand_dims[k];
        const int64_t start = ln_int_at(s->indices.t, at + k * s->indices.component);
        if (start < -INT32_MAX || start > INT32_MAX)
            return -1;
        place[axis] += start;
    }
    for (int i = 0; i < x->rank; i++) {
        if (place[i] < 0 || place[i] >= x->dim[i])
            return -1;
        to += place[i] * step[i];
    }
    return to;
}

static ln_status scatter_eval(ln_call *c)
{
    const TfLiteStablehloScatterParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), u = ln_shape_of(c->in[UPDATES]);
    const int count = ln_count(c->in[UPDATES]);
    int64_t step[LN_MAX_RANK];
    int index[LN_MAX_RANK] = {0};
    ln_combine op;
    scatter s;

    LN_TRY(scatter_init(c, &s));
    LN_TRY(ln_combine_of_graph(c, p->update_computation_subgraph_index, &op));
    LN_TRY(ln_move_all(c, X, 0));
    const ln_combine_run run = ln_combine_of(op, c->in[X]->type);
    ln_steps(&x, step);
    for (int k = 0; k < count; k++) {
        const int64_t to = target(c, &s, &x, step, index);
        if (to >= 0)
            run(c->out[0]->data.raw, to, 0, c->in[UPDATES]->data.raw_const, k, 0, 1);
        for (int i = u.rank - 1; i >= 0 && ++index[i] == u.dim[i]; i--)
            index[i] = 0;
    }
    return LN_OK;
}

static const ln_field scatter_fields[] = {
    LN_FIELD(BOOL, 0, TfLiteStablehloScatterParams, indices_are_sorted, 1),
    LN_FIELD_LIST(I64S, 1, TfLiteStablehloScatterParams, update_window_dims, num_update_window_dims,
                  LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 2, TfLiteStablehloScatterParams, inserted_window_dims,
                  num_inserted_window_dims, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 3, TfLiteStablehloScatterParams, scatter_dims_to_operand_dims,
                  num_scatter_dims_to_operand_dims, LN_MAX_RANK, 1),
    LN_FIELD(I64, 4, TfLiteStablehloScatterParams, index_vector_dim, 1),
    LN_FIELD(BOOL, 5, TfLiteStablehloScatterParams, unique_indices, 1),
    LN_FIELD(I32, 6, TfLiteStablehloScatterParams, update_computation_subgraph_index, 1),
    {0},
};

const ln_op ln_op_stablehlo_scatter = {
    .name = "STABLEHLO_SCATTER",
    .builtin = kTfLiteBuiltinStablehloScatter,
    .version = 1,
    .options = 7,
    .options2 = true,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = scatter_fields,
    .params_size = sizeof(TfLiteStablehloScatterParams),
    .infer = scatter_infer,
    .eval = scatter_eval,
};
