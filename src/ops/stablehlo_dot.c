/* SPDX-License-Identifier: Apache-2.0 */
/* stablehlo_dot.c: STABLEHLO_DOT_GENERAL, sums of products over the contracting dimensions, for
 * each pair of places in the other dimensions.  TFLite cannot run it; this is what the StableHLO
 * specification says.
 *
 *   x, w -> [batching.., the free dimensions of x, those of w]
 * Types are those of ln_product_type.  The requested precision changes nothing: float is float. */
#include "ops/move.h"
#include "ops/stablehlo.h"

enum { X, W };

typedef struct dot_params {
    int64_t x_batch[LN_MAX_RANK], w_batch[LN_MAX_RANK];
    int64_t x_contract[LN_MAX_RANK], w_contract[LN_MAX_RANK];
    int n_x_batch, n_w_batch, n_x_contract, n_w_contract;
    int32_t precision[2];
    int n_precision;
} dot_params;

/* Nested loops over both operands; a loop over one of them stands still in the other. */
typedef struct walk {
    int rank, dim[LN_MAX_RANK], index[LN_MAX_RANK];
    int64_t x_step[LN_MAX_RANK], w_step[LN_MAX_RANK];
    int64_t x_at, w_at;
} walk;

static void walk_axis(walk *l, int n, int64_t x_step, int64_t w_step)
{
    l->dim[l->rank] = n;
    l->x_step[l->rank] = x_step;
    l->w_step[l->rank++] = w_step;
}

/* One step on; false, and back at the start, after the last. */
static bool walk_next(walk *l)
{
    for (int i = l->rank - 1; i >= 0; i--) {
        l->x_at += l->x_step[i];
        l->w_at += l->w_step[i];
        if (++l->index[i] < l->dim[i])
            return true;
        l->x_at -= l->dim[i] * l->x_step[i];
        l->w_at -= l->dim[i] * l->w_step[i];
        l->index[i] = 0;
    }
    return false;
}

static ln_status check_pairs(ln_call *c, const char *what, const int64_t *x_axis,
                             const int64_t *w_axis, int n)
{
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    for (int i = 0; i < n; i++) {
        const int a = x.dim[x_axis[i]], b = w.dim[w_axis[i]];
        LN_CHECK(c, a == b || a < 0 || b < 0, "%s dimension %d has sizes %d and %d", what, i, a, b);
    }
    return LN_OK;
}

/* The axes of each operand that are neither batching nor contracting. */
static ln_status free_axes(ln_call *c, unsigned *x_free, unsigned *w_free)
{
    const dot_params *p = c->params;
    const int x_rank = ln_shape_of(c->in[X]).rank, w_rank = ln_shape_of(c->in[W]).rank;
    unsigned xb, wb, xc, wc;

    LN_TRY(ln_axis_set(c, "lhs_batching_dimensions", p->x_batch, p->n_x_batch, x_rank, &xb));
    LN_TRY(ln_axis_set(c, "rhs_batching_dimensions", p->w_batch, p->n_w_batch, w_rank, &wb));
    LN_TRY(
        ln_axis_set(c, "lhs_contracting_dimensions", p->x_contract, p->n_x_contract, x_rank, &xc));
    LN_TRY(
        ln_axis_set(c, "rhs_contracting_dimensions", p->w_contract, p->n_w_contract, w_rank, &wc));
    LN_CHECK(c, p->n_x_batch == p->n_w_batch && p->n_x_contract == p->n_w_contract,
             "%d and %d batching, %d and %d contracting dimensions do not pair up", p->n_x_batch,
             p->n_w_batch, p->n_x_contract, p->n_w_contract);
    LN_CHECK(c, !(xb & xc) && !(wb & wc), "a dimension is both batching and contracting");
    LN_TRY(check_pairs(c, "batching", p->x_batch, p->w_batch, p->n_x_batch));
    LN_TRY(check_pairs(c, "contracting", p->x_contract, p->w_contract, p->n_x_contract));
    *x_free = ~(xb | xc);
    *w_free = ~(wb | wc);
    return LN_OK;
}

static ln_status infer(ln_call *c)
{
    const dot_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    unsigned x_free, w_free;
    ln_shape y = {.rank = 0};
    TfLiteType type;

    LN_TRY(ln_product_type(c, &type));
    LN_TRY(free_axes(c, &x_free, &w_free));
    const int rank = x.rank + w.rank - p->n_x_batch - 2 * p->n_x_contract;
    LN_CHECK(c, rank <= LN_MAX_RANK, "the result has rank %d, at most %d is supported", rank,
             LN_MAX_RANK);
    for (int i = 0; i < p->n_x_batch; i++)
        y.dim[y.rank++] = LN_MAX(x.dim[p->x_batch[i]], w.dim[p->w_batch[i]]);
    for (int i = 0; i < x.rank; i++)
        if (x_free >> i & 1)
            y.dim[y.rank++] = x.dim[i];
    for (int i = 0; i < w.rank; i++)
        if (w_free >> i & 1)
            y.dim[y.rank++] = w.dim[i];
    return ln_set_out(c, 0, type, &y);
}

/* The loops over the places of the output, and those of one sum but its innermost, which is
 * loop `rank` of `terms`. */
static ln_status plan(ln_call *c, walk *places, walk *terms)
{
    const dot_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    int64_t xs[LN_MAX_RANK], ws[LN_MAX_RANK];
    unsigned x_free, w_free;

    *places = *terms = (walk){.rank = 0};
    LN_TRY(free_axes(c, &x_free, &w_free));
    ln_steps(&x, xs);
    ln_steps(&w, ws);
    for (int i = 0; i < p->n_x_batch; i++)
        walk_axis(places, x.dim[p->x_batch[i]], xs[p->x_batch[i]], ws[p->w_batch[i]]);
    for (int i = 0; i < x.rank; i++)
        if (x_free >> i & 1)
            walk_axis(places, x.dim[i], xs[i], 0);
    for (int i = 0; i < w.rank; i++)
        if (w_free >> i & 1)
            walk_axis(places, w.dim[i], 0, ws[i]);
    for (int i = 0; i < p->n_x_contract; i++)
        walk_axis(terms, x.dim[p->x_contract[i]], xs[p->x_contract[i]], ws[p->w_contract[i]]);
    if (terms->rank == 0)
        walk_axis(terms, 1, 0, 0);
    terms->rank--;
    return LN_OK;
}

static ln_status eval(ln_call *c)
{
    ln_products sum = {.x = c->in[X], .w = c->in[W], .y = c->out[0]};
    const int count = ln_count(c->out[0]);
    walk places, terms;

    LN_TRY(plan(c, &places, &terms));
    const int last = terms.rank;
    const bool none = ln_count(c->in[X]) == 0 || ln_count(c->in[W]) == 0;
    for (int to = 0; to < count; to++) {
        bool more = !none;
        while (more) {
            ln_products_add(&sum, places.x_at + terms.x_at, terms.x_step[last],
                            places.w_at + terms.w_at, terms.w_step[last], terms.dim[last]);
            more = walk_next(&terms);
        }
        ln_products_end(&sum, to);
        walk_next(&places);
    }
    return LN_OK;
}

static const ln_field fields[] = {
    LN_FIELD_LIST(I64S, 0, dot_params, x_batch, n_x_batch, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 1, dot_params, w_batch, n_w_batch, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 2, dot_params, x_contract, n_x_contract, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 3, dot_params, w_contract, n_w_contract, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I32S, 4, dot_params, precision, n_precision, 2, 1),
    {0},
};

const ln_op ln_op_stablehlo_dot_general = {
    .name = "STABLEHLO_DOT_GENERAL",
    .builtin = kTfLiteBuiltinStablehloDotGeneral,
    .version = 1,
    .options = 12,
    .options2 = true,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = fields,
    .params_size = sizeof(dot_params),
    .infer = infer,
    .eval = eval,
};
