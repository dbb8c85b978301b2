/* SPDX-License-Identifier: Apache-2.0 */
/* broadcast_to.c: BROADCAST_TO and STABLEHLO_BROADCAST_IN_DIM repeat an input to a larger shape;
 * BROADCAST_ARGS says to which shape two shapes broadcast.
 *
 *   BROADCAST_TO      x [..], shape [rank] -> [shape...]
 *   BROADCAST_IN_DIM  x [..] -> the shape that the model states; the options name for each
 *                     dimension of x the one it becomes
 *   BROADCAST_ARGS    shape0 [n], shape1 [m] -> [max(n, m)] */
#include "ops/move.h"

enum { X, SHAPE };

/* Repeats x where axis[i], the place of its dimension i in y, has it so. */
static ln_status spread(ln_call *c, const int *axis)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    int64_t step[LN_MAX_RANK], from[LN_MAX_RANK] = {0}, to[LN_MAX_RANK];
    ln_move m = {0};

    if (c->in[X]->type != kTfLiteString && ln_count(c->out[0]) == 0)
        return LN_OK;
    ln_steps(&x, step);
    ln_steps(&y, to);
    for (int i = 0; i < x.rank; i++)
        from[axis[i]] = x.dim[i] == 1 ? 0 : step[i];
    for (int i = 0; i < y.rank; i++)
        ln_move_axis(&m, y.dim[i], from[i], to[i]);
    return ln_move_tensor(c, X, 0, &m);
}

/* ---- BROADCAST_TO ---- */

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), s = ln_shape_of(c->in[SHAPE]);
    ln_shape y;

    LN_TRY(ln_check_movable(c, X));
    LN_TRY(ln_check_index(c, SHAPE));
    LN_CHECK(c, s.rank == 1, "the shape has rank %d, not 1", s.rank);
    y = ln_shape_unknown(s.dim[0] > LN_MAX_RANK ? -1 : s.dim[0]);
    if (ln_known(c, SHAPE)) {
        LN_TRY(ln_read_ints(c, SHAPE, LN_MAX_RANK, y.dim, &y.rank));
        LN_CHECK(c, x.rank <= y.rank, "the input has rank %d, the shape only %d", x.rank, y.rank);
        for (int i = 0; i < y.rank; i++) {
            const int k = i - (y.rank - x.rank), from = k < 0 ? 1 : x.dim[k];
            LN_CHECK(c, y.dim[i] >= 0 && (from < 0 || from == 1 || from == y.dim[i]),
                     "dimension %d of size %d does not broadcast to %d", i, from, y.dim[i]);
        }
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status eval(ln_call *c)
{
    const int shift = ln_shape_of(c->out[0]).rank - ln_shape_of(c->in[X]).rank;
    int axis[LN_MAX_RANK];
    for (int i = 0; i < LN_MAX_RANK; i++)
        axis[i] = i + shift;
    return spread(c, axis);
}

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_broadcast_to = {
    .name = "BROADCAST_TO",
    .builtin = kTfLiteBuiltinBroadcastTo,
    .version = 4,
    .options = 104,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};

/* ---- STABLEHLO_BROADCAST_IN_DIM ---- */

typedef struct in_dim_params {
    int64_t dims[LN_MAX_RANK];
    int n;
} in_dim_params;

static ln_status in_dim_infer(ln_call *c)
{
    const in_dim_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    unsigned seen = 0;

    LN_TRY(ln_check_movable(c, X));
    LN_CHECK(c, p->n == x.rank, "there are %d dimensions, the input has rank %d", p->n, x.rank);
    for (int i = 0; i < x.rank; i++) {
        const int64_t axis = p->dims[i];
        LN_CHECK(c, axis >= 0 && axis < y.rank && !(seen >> axis & 1),
                 "dimension %d goes to %lld, which is taken or outside of rank %d", i,
                 (long long)axis, y.rank);
        seen |= 1u << axis;
        LN_CHECK(c, x.dim[i] == 1 || x.dim[i] == y.dim[axis] || x.dim[i] < 0 || y.dim[axis] < 0,
                 "dimension %d of size %d does not broadcast to %d", i, x.dim[i], y.dim[axis]);
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status in_dim_eval(ln_call *c)
{
    const in_dim_params *p = c->params;
    int axis[LN_MAX_RANK];
    for (int i = 0; i < p->n; i++)
        axis[i] = (int)p->dims[i];
    return spread(c, axis);
}

static const ln_field in_dim_fields[] = {
    LN_FIELD_LIST(I64S, 0, in_dim_params, dims, n, LN_MAX_RANK, 1),
    {0},
};

const ln_op ln_op_stablehlo_broadcast_in_dim = {
    .name = "STABLEHLO_BROADCAST_IN_DIM",
    .builtin = kTfLiteBuiltinStablehloBroadcastInDim,
    .version = 1,
    .options = 2,
    .options2 = true,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = in_dim_fields,
    .params_size = sizeof(in_dim_params),
    .infer = in_dim_infer,
    .eval = in_dim_eval,
    .quant = &quant,
};

/* ---- BROADCAST_ARGS ---- */

static ln_status args_infer(ln_call *c)
{
    const ln_shape a = ln_shape_of(c->in[0]), b = ln_shape_of(c->in[1]);
    const ln_shape y = {.rank = 1, .dim = {LN_MAX(a.dim[0], b.dim[0])}};

    LN_TRY(ln_check_index(c, 0));
    LN_CHECK(c, c->in[1]->type == c->in[0]->type, "the shapes have types %s and %s",
             ln_type_name(c->in[0]->type), ln_type_name(c->in[1]->type));
    LN_CHECK(c, a.rank == 1 && b.rank == 1, "the shapes have ranks %d and %d, not 1", a.rank,
             b.rank);
    return ln_set_out(c, 0, c->in[0]->type, &y);
}

static ln_status args_eval(ln_call *c)
{
    TfLiteTensor *y = c->out[0];
    const int na = ln_count(c->in[0]), nb = ln_count(c->in[1]), n = LN_MAX(na, nb);
    for (int i = 0; i < n; i++) {
        const int64_t a = i < n - na ? 1 : ln_int_at(c->in[0], i - (n - na));
        const int64_t b = i < n - nb ? 1 : ln_int_at(c->in[1], i - (n - nb));
        LN_CHECK(c, a == b || a == 1 || b == 1,
                 "shapes do not broadcast: %lld and %lld at dimension %d", (long long)a,
                 (long long)b, i);
        const int64_t v = a == 1 ? b : a;
        if (y->type == kTfLiteInt64)
            y->data.i64[i] = v;
        else
            y->data.i32[i] = (int32_t)v;
    }
    return LN_OK;
}

const ln_op ln_op_broadcast_args = {
    .name = "BROADCAST_ARGS",
    .builtin = kTfLiteBuiltinBroadcastArgs,
    .version = 1,
    .min_in = 2,
    .max_in = 2,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = args_infer,
    .eval = args_eval,
};
