/* SPDX-License-Identifier: Apache-2.0 */
/* reduce_window.c: REDUCE_WINDOW, STABLEHLO_REDUCE_WINDOW: each place of the output reduces a
 * window of the input, starting from an initial value; STABLEHLO_REDUCE: whole dimensions.
 *
 *   REDUCE_WINDOW            x, init [], window [rank], strides [rank], dilations [rank]
 *   STABLEHLO_REDUCE_WINDOW  x, init []: geometry in the options, with padding and spreading
 *   STABLEHLO_REDUCE         x, init [] -> x without the reduced dimensions
 * Padding and the holes between spread items hold the initial value and are reduced like items. */
#include "ops/combine.h"
#include "ops/move.h"
#include "ops/stablehlo.h"

enum { X, INIT, WINDOW, STRIDES, DILATIONS };

/* Positions (window places times outputs) that one call may visit. */
static const int64_t max_work = (int64_t)1 << 33;

typedef struct geometry {
    int64_t window[LN_MAX_RANK], stride[LN_MAX_RANK], dilation[LN_MAX_RANK];
    int64_t spread[LN_MAX_RANK], low[LN_MAX_RANK], high[LN_MAX_RANK];
} geometry;

static ln_status check_types(ln_call *c)
{
    if (!ln_combine_of(LN_COMBINE_ADD, c->in[X]->type))
        return ln_fail_type(c, X);
    LN_CHECK(c, c->in[INIT]->type == c->in[X]->type, "the initial value has type %s, the input %s",
             ln_type_name(c->in[INIT]->type), ln_type_name(c->in[X]->type));
    LN_CHECK(c, ln_count(c->in[INIT]) == 1, "the initial value has %d items, not 1",
             ln_count(c->in[INIT]));
    return LN_OK;
}

static ln_status check_range(ln_call *c, int axis, const char *what, int64_t v, int64_t min)
{
    LN_CHECK(c, v >= min && v <= INT32_MAX, "the %s of dimension %d is %lld", what, axis,
             (long long)v);
    return LN_OK;
}

static ln_status set_out(ln_call *c, const geometry *g)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = {.rank = x.rank};
    double work = 1;
    for (int i = 0; i < x.rank; i++) {
        LN_TRY(check_range(c, i, "window", g->window[i], 1));
        LN_TRY(check_range(c, i, "stride", g->stride[i], 1));
        LN_TRY(check_range(c, i, "dilation", g->dilation[i], 1));
        LN_TRY(check_range(c, i, "base dilation", g->spread[i], 1));
        LN_TRY(check_range(c, i, "padding", g->low[i], -INT32_MAX));
        LN_TRY(check_range(c, i, "padding", g->high[i], -INT32_MAX));
        const int64_t whole = x.dim[i] > 0 ? (x.dim[i] - 1) * g->spread[i] + 1 : 0;
        const int64_t room = whole + g->low[i] + g->high[i];
        const int64_t size = (g->window[i] - 1) * g->dilation[i] + 1;
        const int64_t n = x.dim[i] < 0 ? -1 : room < size ? 0 : (room - size) / g->stride[i] + 1;
        LN_CHECK(c, n <= INT32_MAX, "dimension %d gets too large", i);
        y.dim[i] = (int)n;
        work *= (double)g->window[i] * (double)LN_MAX(n, 1);
    }
    LN_CHECK(c, work <= (double)max_work, "the windows have %g places in all", work);
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

/* ---- the reduction ---- */

typedef struct reduction {
    const geometry *g;
    ln_shape x, y;
    int64_t step[LN_MAX_RANK];
    const void *items, *init;
    void *out;
    int64_t to;
    int index[LN_MAX_RANK]; /* of the output */
    ln_combine_run run;
} reduction;

/* The window from dimension `axis` on; `at` is the place in x, -1: in the padding. */
static void reduce_axis(const reduction *r, int axis, int64_t at)
{
    const geometry *g = r->g;
    if (axis == r->x.rank) {
        r->run(r->out, r->to, 0, at < 0 ? r->init : r->items, at < 0 ? 0 : at, 0, 1);
        return;
    }
    for (int64_t w = 0; w < g->window[axis]; w++) {
        const int64_t p = r->index[axis] * g->stride[axis] + w * g->dilation[axis] - g->low[axis];
        const bool inside =
            at >= 0 && p >= 0 && p % g->spread[axis] == 0 && p / g->spread[axis] < r->x.dim[axis];
        reduce_axis(r, axis + 1, inside ? at + p / g->spread[axis] * r->step[axis] : -1);
    }
}

static ln_status reduce(ln_call *c, const geometry *g, ln_combine op)
{
    TfLiteTensor *y = c->out[0];
    const int count = ln_count(y);
    reduction r = {
        .g = g,
        .x = ln_shape_of(c->in[X]),
        .y = ln_shape_of(y),
        .items = c->in[X]->data.raw,
        .init = c->in[INIT]->data.raw,
        .out = y->data.raw,
        .run = ln_combine_of(op, y->type),
    };
    ln_steps(&r.x, r.step);
    LN_TRY(ln_fill_tensor(c, 0, c->in[INIT], 0));
    for (; r.to < count; r.to++) {
        reduce_axis(&r, 0, 0);
        for (int i = r.y.rank - 1; i >= 0 && ++r.index[i] == r.y.dim[i]; i--)
            r.index[i] = 0;
    }
    return LN_OK;
}

/* ---- REDUCE_WINDOW ---- */

static void geometry_of_inputs(const ln_call *c, geometry *g)
{
    for (int i = 0; i < ln_shape_of(c->in[X]).rank; i++) {
        g->window[i] = ln_int_at(c->in[WINDOW], i);
        g->stride[i] = ln_int_at(c->in[STRIDES], i);
        g->dilation[i] = ln_int_at(c->in[DILATIONS], i);
        g->spread[i] = 1;
        g->low[i] = g->high[i] = 0;
    }
}

static ln_status infer(ln_call *c)
{
    const TfLiteReduceWindowParams *p = c->params;
    const int rank = ln_shape_of(c->in[X]).rank;
    geometry g;
    bool known = true;

    LN_TRY(check_types(c));
    LN_CHECK(c,
             p->reduce_function >= TfLiteReduceWindowFunctionAdd &&
                 p->reduce_function <= TfLiteReduceWindowFunctionAny,
             "the reduction is %d", (int)p->reduce_function);
    for (int i = WINDOW; i <= DILATIONS; i++) {
        LN_TRY(ln_check_index(c, i));
        LN_CHECK(c, ln_count(c->in[i]) == rank, "input %d has %d items, the input rank %d", i,
                 ln_count(c->in[i]), rank);
        known = known && ln_known(c, i);
    }
    if (!known) {
        const ln_shape y = ln_shape_unknown(rank);
        return ln_set_out(c, 0, c->in[X]->type, &y);
    }
    geometry_of_inputs(c, &g);
    return set_out(c, &g);
}

static ln_status eval(ln_call *c)
{
    static const ln_combine ops[] = {
        [TfLiteReduceWindowFunctionAdd] = LN_COMBINE_ADD,
        [TfLiteReduceWindowFunctionMul] = LN_COMBINE_MUL,
        [TfLiteReduceWindowFunctionMin] = LN_COMBINE_MIN,
        [TfLiteReduceWindowFunctionMax] = LN_COMBINE_MAX,
        [TfLiteReduceWindowFunctionAll] = LN_COMBINE_ALL,
        [TfLiteReduceWindowFunctionAny] = LN_COMBINE_ANY,
    };
    const TfLiteReduceWindowParams *p = c->params;
    geometry g;
    geometry_of_inputs(c, &g);
    return reduce(c, &g, ops[p->reduce_function]);
}

static const ln_field fields[] = {
    LN_FIELD(I32, 0, TfLiteReduceWindowParams, reduce_function, 1),
    {0},
};

const ln_op ln_op_reduce_window = {
    .name = "REDUCE_WINDOW",
    .builtin = kTfLiteBuiltinReduceWindow,
    .version = 1,
    .options = 20,
    .options2 = true,
    .min_in = 5,
    .max_in = 5,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(TfLiteReduceWindowParams),
    .infer = infer,
    .eval = eval,
};

/* ---- STABLEHLO_REDUCE_WINDOW ---- */

typedef struct window_params {
    TfLiteStablehloReduceWindowParams p; /* first: what others see */
    int n_window, n_stride, n_spread, n_dilation, n_padding;
} window_params;

static void geometry_of_params(const ln_call *c, geometry *g)
{
    const window_params *w = c->params;
    for (int i = 0; i < ln_shape_of(c->in[X]).rank; i++) {
        g->window[i] = w->p.window_dimensions[i];
        g->stride[i] = w->n_stride ? w->p.window_strides[i] : 1;
        g->spread[i] = w->n_spread ? w->p.base_dilations[i] : 1;
        g->dilation[i] = w->n_dilation ? w->p.window_dilations[i] : 1;
        g->low[i] = w->n_padding ? w->p.padding[2 * i] : 0;
        g->high[i] = w->n_padding ? w->p.padding[2 * i + 1] : 0;
    }
}

static ln_status stablehlo_infer(ln_call *c)
{
    const window_params *w = c->params;
    const int rank = ln_shape_of(c->in[X]).rank;
    const int counts[4] = {w->n_stride, w->n_spread, w->n_dilation, w->n_padding / 2};
    geometry g;

    LN_TRY(check_types(c));
    LN_CHECK(c, w->n_window == rank, "the window has %d dimensions, the input %d", w->n_window,
             rank);
    for (int i = 0; i < 4; i++)
        LN_CHECK(c, counts[i] == 0 || counts[i] == rank,
                 "strides, dilations or padding are for %d dimensions, the input has %d", counts[i],
                 rank);
    geometry_of_params(c, &g);
    return set_out(c, &g);
}

static ln_status stablehlo_eval(ln_call *c)
{
    const TfLiteStablehloReduceWindowParams *p = c->params;
    geometry g;
    ln_combine op;
    LN_TRY(ln_combine_of_graph(c, p->body_subgraph_index, &op));
    geometry_of_params(c, &g);
    return reduce(c, &g, op);
}

static const ln_field stablehlo_fields[] = {
    LN_FIELD_LIST(I64S, 0, window_params, p.window_dimensions, n_window, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 1, window_params, p.window_strides, n_stride, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 2, window_params, p.base_dilations, n_spread, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 3, window_params, p.window_dilations, n_dilation, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 4, window_params, p.padding, n_padding, 2 * LN_MAX_RANK, 1),
    LN_FIELD(I32, 5, window_params, p.body_subgraph_index, 1),
    {0},
};

const ln_op ln_op_stablehlo_reduce_window = {
    .name = "STABLEHLO_REDUCE_WINDOW",
    .builtin = kTfLiteBuiltinStablehloReduceWindow,
    .version = 1,
    .options = 13,
    .options2 = true,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = stablehlo_fields,
    .params_size = sizeof(window_params),
    .infer = stablehlo_infer,
    .eval = stablehlo_eval,
};

/* ---- STABLEHLO_REDUCE: TFLite cannot run it; as the StableHLO specification says ---- */

typedef struct reduce_params {
    int64_t dimensions[LN_MAX_RANK];
    int n_dimensions;
    int32_t body_subgraph_index;
} reduce_params;

static ln_status whole_infer(ln_call *c)
{
    const reduce_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = {.rank = 0};
    unsigned reduced;

    LN_TRY(check_types(c));
    LN_TRY(ln_axis_set(c, "dimensions", p->dimensions, p->n_dimensions, x.rank, &reduced));
    for (int i = 0; i < x.rank; i++)
        if (!(reduced >> i & 1))
            y.dim[y.rank++] = x.dim[i];
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status whole_eval(ln_call *c)
{
    const reduce_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    const int count = ln_count(c->in[X]), last = x.rank - 1;
    const int n = x.rank > 0 ? x.dim[last] : 1;
    int64_t kept[LN_MAX_RANK], step[LN_MAX_RANK] = {0};
    int index[LN_MAX_RANK] = {0};
    unsigned reduced;
    ln_combine op;

    LN_TRY(ln_combine_of_graph(c, p->body_subgraph_index, &op));
    LN_TRY(ln_axis_set(c, "dimensions", p->dimensions, p->n_dimensions, x.rank, &reduced));
    LN_TRY(ln_fill_tensor(c, 0, c->in[INIT], 0));
    const ln_combine_run run = ln_combine_of(op, c->in[X]->type);
    ln_steps(&y, kept);
    for (int i = 0, k = 0; i < x.rank; i++)
        if (!(reduced >> i & 1))
            step[i] = kept[k++];
    for (int64_t from = 0; from < count; from += n) {
        int64_t to = 0;
        for (int i = 0; i < last; i++)
            to += index[i] * step[i];
        run(c->out[0]->data.raw, to, last < 0 ? 0 : step[last], c->in[X]->data.raw, from, 1, n);
        for (int i = last - 1; i >= 0 && ++index[i] == x.dim[i]; i--)
            index[i] = 0;
    }
    return LN_OK;
}

static const ln_field whole_fields[] = {
    LN_FIELD_LIST(I64S, 0, reduce_params, dimensions, n_dimensions, LN_MAX_RANK, 1),
    LN_FIELD(I32, 1, reduce_params, body_subgraph_index, 1),
    {0},
};

const ln_op ln_op_stablehlo_reduce = {
    .name = "STABLEHLO_REDUCE",
    .builtin = kTfLiteBuiltinStablehloReduce,
    .version = 1,
    .options = 6,
    .options2 = true,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = whole_fields,
    .params_size = sizeof(reduce_params),
    .infer = whole_infer,
    .eval = whole_eval,
};
