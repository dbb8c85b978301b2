/* SPDX-License-Identifier: Apache-2.0 */
/* gather.c: GATHER, GATHER_ND: pieces of the input, in the order that indices say.
 *
 *   GATHER     x [batch.., outer.., n, inner..], i [batch.., places..]
 *              -> [batch.., outer.., places.., inner..]
 *   GATHER_ND  x [d0, .., d(k-1), inner..], i [places.., k] -> [places.., inner..]
 * Both look up piece after piece of `inner` items; the indices are checked on running. */
#include <string.h>

#include "ops/move.h"
#include "ops/strings.h"

enum { X, INDICES };

/* How piece p of the output is found. */
typedef struct gather {
    const ln_call *c;
    ln_strings strings;
    int64_t inner;            /* items of a piece */
    int64_t outer, n, places; /* GATHER */
    int depth;                /* GATHER_ND: components of an index */
    int64_t step[LN_MAX_RANK];
    int64_t (*find)(const struct gather *g, int64_t piece); /* its first item */
} gather;

static ln_status check_types(ln_call *c)
{
    const TfLiteType type = c->in[INDICES]->type;
    LN_TRY(ln_check_movable(c, X));
    if (type != kTfLiteInt16 && type != kTfLiteInt32 && type != kTfLiteInt64)
        return ln_fail_type(c, INDICES);
    return LN_OK;
}

static ln_string find_string(void *arg, int k)
{
    const gather *g = arg;
    return ln_strings_at(&g->strings, (int)(g->find(g, k / g->inner) + k % g->inner));
}

static ln_status collect(ln_call *c, gather *g)
{
    const int64_t count = ln_count(c->out[0]);
    if (c->in[X]->type == kTfLiteString) {
        LN_TRY(ln_strings_open(c->diag, c->in[X], &g->strings));
        return ln_strings_write(c, 0, (int)count, find_string, g);
    }
    for (int64_t at = 0, piece = 0; at < count; at += g->inner, piece++)
        ln_copy_run(c->out[0], at, c->in[X], g->find(g, piece), g->inner);
    return LN_OK;
}

/* ---- GATHER ---- */

static ln_status read_axes(ln_call *c, int *axis, int *batch)
{
    const TfLiteGatherParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), i = ln_shape_of(c->in[INDICES]);
    LN_TRY(ln_axis(c, p->axis, x.rank, axis));
    *batch = p->batch_dims < 0 ? p->batch_dims + i.rank : p->batch_dims;
    LN_CHECK(c, *batch >= 0 && *batch <= i.rank && *batch <= *axis,
             "%d batch dimensions do not go with axis %d and indices of rank %d", p->batch_dims,
             *axis, i.rank);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), i = ln_shape_of(c->in[INDICES]);
    ln_shape y = {0};
    int axis, batch;

    LN_TRY(check_types(c));
    LN_TRY(read_axes(c, &axis, &batch));
    LN_CHECK(c, x.rank - 1 + i.rank - batch <= LN_MAX_RANK, "the result has rank %d, more than %d",
             x.rank - 1 + i.rank - batch, (int)LN_MAX_RANK);
    for (int d = 0; d < axis; d++) {
        y.dim[y.rank++] = x.dim[d];
        LN_CHECK(c, d >= batch || x.dim[d] < 0 || i.dim[d] < 0 || x.dim[d] == i.dim[d],
                 "batch dimension %d is %d in the input, %d in the indices", d, x.dim[d], i.dim[d]);
    }
    for (int d = batch; d < i.rank; d++)
        y.dim[y.rank++] = i.dim[d];
    for (int d = axis + 1; d < x.rank; d++)
        y.dim[y.rank++] = x.dim[d];
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

/* Pieces come as [batch, outer, places]. */
static int64_t find(const gather *g, int64_t piece)
{
    const int64_t row = piece / g->places, batch = row / g->outer;
    const int64_t index = ln_int_at(g->c->in[INDICES], batch * g->places + piece % g->places);
    return (row * g->n + index) * g->inner;
}

static ln_status check_indices(ln_call *c, int n)
{
    const TfLiteTensor *t = c->in[INDICES];
    const int count = ln_count(t);
    int at = 0;
    if (t->type == kTfLiteInt32)
        while (at < count && (uint32_t)t->data.i32[at] < (uint32_t)n)
            at++;
    for (; at < count; at++) {
        const int64_t index = ln_int_at(t, at);
        LN_CHECK(c, index >= 0 && index < n, "index %d is %lld, outside of [0, %d)", at,
                 (long long)index, n);
    }
    return LN_OK;
}

LN_INLINE void copy_each(char *y, const char *x, const int32_t *index, int64_t n,
                         const size_t piece)
{
    for (int64_t k = 0; k < n; k++, y += piece)
        memcpy(y, x + (size_t)index[k] * piece, piece);
}

/* The rows of small embeddings by copies whose length the compiler knows, which are no calls. */
static void copy_row(char *y, const char *x, const int32_t *index, int64_t n, size_t piece)
{
    switch (piece) {
    case 4:
        copy_each(y, x, index, n, 4);
        break;
    case 16:
        copy_each(y, x, index, n, 16);
        break;
    case 32:
        copy_each(y, x, index, n, 32);
        break;
    case 64:
        copy_each(y, x, index, n, 64);
        break;
    case 128:
        copy_each(y, x, index, n, 128);
        break;
    default:
        copy_each(y, x, index, n, piece);
        break;
    }
}

/* Items of whole bytes: `piece` of them belong together. */
static void copy_pieces(const gather *g, size_t piece)
{
    const TfLiteTensor *t = g->c->in[INDICES];
    const int32_t *i32 = t->type == kTfLiteInt32 ? t->data.i32 : NULL;
    const int64_t rows =
        piece > 0 && g->places > 0 ? ln_count(g->c->out[0]) / g->inner / g->places : 0;
    const char *x = g->c->in[X]->data.raw;
    char *y = g->c->out[0]->data.raw;
    for (int64_t row = 0; row < rows; row++, x += (size_t)g->n * piece) {
        const int64_t first = row / g->outer * g->places;
        if (i32)
            copy_row(y, x, i32 + first, g->places, piece);
        for (int64_t k = 0; k < g->places && !i32; k++)
            memcpy(y + (size_t)k * piece, x + (size_t)ln_int_at(t, first + k) * piece, piece);
        y += (size_t)g->places * piece;
    }
}

static ln_status eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), i = ln_shape_of(c->in[INDICES]);
    int axis, batch;

    LN_TRY(read_axes(c, &axis, &batch));
    const int n = x.dim[axis];
    LN_TRY(check_indices(c, n));
    gather g = {
        .c = c,
        .find = find,
        .n = n,
        .outer = ln_product(&x, batch, axis),
        .places = ln_product(&i, batch, i.rank),
        .inner = ln_product(&x, axis + 1, x.rank),
    };
    const size_t size = ln_type_size(c->in[X]->type);
    if (size == 0)
        return collect(c, &g);
    copy_pieces(&g, (size_t)g.inner * size);
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD(I32, 0, TfLiteGatherParams, axis, 1),
    LN_FIELD(I32, 1, TfLiteGatherParams, batch_dims, 5),
    {0},
};

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};
static const ln_quant table_quant = {
    .in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}, .hybrid = LN_HYBRID_TABLE};

const ln_op ln_op_gather = {
    .name = "GATHER",
    .builtin = kTfLiteBuiltinGather,
    .version = 8,
    .options = 23,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteGatherParams),
    .infer = infer,
    .eval = eval,
    .quant = &table_quant,
};

/* ---- GATHER_ND ---- */

static ln_status nd_infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), i = ln_shape_of(c->in[INDICES]);
    ln_shape y = {0};

    LN_TRY(check_types(c));
    LN_CHECK(c, i.rank >= 1, "the indices are a scalar");
    const int depth = i.dim[i.rank - 1];
    if (depth < 0) {
        y = ln_shape_unknown(-1);
        return ln_set_out(c, 0, c->in[X]->type, &y);
    }
    LN_CHECK(c, depth <= x.rank, "indices have %d components, the input rank %d", depth, x.rank);
    LN_CHECK(c, i.rank - 1 + x.rank - depth <= LN_MAX_RANK, "the result has rank %d, more than %d",
             i.rank - 1 + x.rank - depth, (int)LN_MAX_RANK);
    for (int d = 0; d < i.rank - 1; d++)
        y.dim[y.rank++] = i.dim[d];
    for (int d = depth; d < x.rank; d++)
        y.dim[y.rank++] = x.dim[d];
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static int64_t nd_find(const gather *g, int64_t piece)
{
    int64_t at = 0;
    for (int d = 0; d < g->depth; d++)
        at += ln_int_at(g->c->in[INDICES], piece * g->depth + d) * g->step[d];
    return at;
}

static ln_status nd_eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), i = ln_shape_of(c->in[INDICES]);
    const int depth = i.dim[i.rank - 1], count = ln_count(c->in[INDICES]);

    for (int k = 0; k < count; k++) {
        const int64_t index = ln_int_at(c->in[INDICES], k);
        const int n = x.dim[k % depth];
        LN_CHECK(c, index >= 0 && index < n, "component %d of an index is %lld, outside of [0, %d)",
                 k % depth, (long long)index, n);
    }
    gather g = {.c = c, .find = nd_find, .depth = depth, .inner = ln_product(&x, depth, x.rank)};
    ln_steps(&x, g.step);
    return collect(c, &g);
}

const ln_op ln_op_gather_nd = {
    .name = "GATHER_ND",
    .builtin = kTfLiteBuiltinGatherNd,
    .version = 6,
    .options = 83,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = nd_infer,
    .eval = nd_eval,
    .quant = &quant,
};
