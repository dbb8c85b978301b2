/* SPDX-License-Identifier: Apache-2.0 */
/* slice.c: SLICE, STABLEHLO_SLICE, STABLEHLO_DYNAMIC_SLICE: a box of the input.
 *
 *   x [d0, d1, ...]   y [size0, size1, ...]
 * SLICE takes begin and size as vectors (size -1: up to the end); STABLEHLO_SLICE has constants,
 * an end and a stride; STABLEHLO_DYNAMIC_SLICE one scalar start per dimension, which is moved so
 * that the slice fits.  Sibling: strided_slice.c. */
#include "ops/move.h"

enum { X, BEGIN, SIZE };

static ln_status set_unknown(ln_call *c)
{
    const ln_shape y = ln_shape_unknown(ln_shape_of(c->in[X]).rank);
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status move(ln_call *c, const int *begin, const int *stride)
{
    const ln_shape x = ln_shape_of(c->in[X]), y = ln_shape_of(c->out[0]);
    const ln_side from = {&x, begin, stride}, to = {&y, NULL, NULL};
    const ln_move m = ln_move_box(y.dim, &from, &to);
    return ln_move_tensor(c, X, 0, &m);
}

/* ---- SLICE ---- */

static ln_status infer(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    int begin[LN_MAX_RANK], n_begin, n_size;
    ln_shape y = {.rank = x.rank};

    LN_TRY(ln_check_movable(c, X));
    LN_TRY(ln_check_index(c, BEGIN));
    LN_TRY(ln_check_index(c, SIZE));
    if (!ln_known(c, BEGIN) || !ln_known(c, SIZE))
        return set_unknown(c);
    LN_TRY(ln_read_ints(c, BEGIN, LN_MAX_RANK, begin, &n_begin));
    LN_TRY(ln_read_ints(c, SIZE, LN_MAX_RANK, y.dim, &n_size));
    LN_CHECK(c, n_begin == x.rank && n_size == x.rank,
             "begin has %d and size %d items, the input rank %d", n_begin, n_size, x.rank);
    for (int i = 0; i < x.rank; i++) {
        LN_CHECK(c, begin[i] >= 0 && y.dim[i] >= -1, "dimension %d: begin %d, size %d", i, begin[i],
                 y.dim[i]);
        if (x.dim[i] < 0)
            continue;
        LN_CHECK(c, begin[i] <= x.dim[i] && y.dim[i] <= x.dim[i] - begin[i],
                 "dimension %d of size %d has no slice of %d from %d on", i, x.dim[i], y.dim[i],
                 begin[i]);
        if (y.dim[i] < 0)
            y.dim[i] = x.dim[i] - begin[i];
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status eval(ln_call *c)
{
    int begin[LN_MAX_RANK], n;
    LN_TRY(ln_read_ints(c, BEGIN, LN_MAX_RANK, begin, &n));
    return move(c, begin, NULL);
}

static const ln_quant quant = {.in = {LN_Q_ACTIVATION}, .out = {LN_Q_LIKE(X)}};

const ln_op ln_op_slice = {
    .name = "SLICE",
    .builtin = kTfLiteBuiltinSlice,
    .version = 8,
    .options = 48,
    .min_in = 3,
    .max_in = 3,
    .n_out = 1,
    .traits = LN_PURE,
    .infer = infer,
    .eval = eval,
    .quant = &quant,
};

/* ---- STABLEHLO_SLICE ---- */

typedef struct slice_params {
    int64_t start[LN_MAX_RANK], limit[LN_MAX_RANK], stride[LN_MAX_RANK];
    int n_start, n_limit, n_stride;
} slice_params;

static ln_status stablehlo_infer(ln_call *c)
{
    const slice_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = {.rank = x.rank};

    LN_TRY(ln_check_movable(c, X));
    LN_CHECK(c, p->n_start == x.rank && p->n_limit == x.rank && p->n_stride == x.rank,
             "the slice has %d starts, %d limits, %d strides, the input rank %d", p->n_start,
             p->n_limit, p->n_stride, x.rank);
    for (int i = 0; i < x.rank; i++) {
        const int64_t from = p->start[i], to = p->limit[i], stride = p->stride[i];
        LN_CHECK(c,
                 from >= 0 && to >= from && to <= (x.dim[i] < 0 ? INT32_MAX : x.dim[i]) &&
                     stride > 0 && stride <= INT32_MAX,
                 "dimension %d has no slice from %lld to %lld by %lld", i, (long long)from,
                 (long long)to, (long long)stride);
        y.dim[i] = (int)((to - from + stride - 1) / stride);
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status stablehlo_eval(ln_call *c)
{
    const slice_params *p = c->params;
    int begin[LN_MAX_RANK], stride[LN_MAX_RANK];
    for (int i = 0; i < p->n_start; i++) {
        begin[i] = (int)p->start[i];
        stride[i] = (int)p->stride[i];
    }
    return move(c, begin, stride);
}

static const ln_field stablehlo_fields[] = {
    LN_FIELD_LIST(I64S, 0, slice_params, start, n_start, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 1, slice_params, limit, n_limit, LN_MAX_RANK, 1),
    LN_FIELD_LIST(I64S, 2, slice_params, stride, n_stride, LN_MAX_RANK, 1),
    {0},
};

const ln_op ln_op_stablehlo_slice = {
    .name = "STABLEHLO_SLICE",
    .builtin = kTfLiteBuiltinStablehloSlice,
    .version = 1,
    .options = 3,
    .options2 = true,
    .min_in = 1,
    .max_in = 1,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = stablehlo_fields,
    .params_size = sizeof(slice_params),
    .infer = stablehlo_infer,
    .eval = stablehlo_eval,
    .quant = &quant,
};

/* ---- STABLEHLO_DYNAMIC_SLICE ---- */

typedef struct dynamic_params {
    int64_t size[LN_MAX_RANK];
    int n;
} dynamic_params;

static ln_status dynamic_infer(ln_call *c)
{
    const dynamic_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_shape y = {.rank = x.rank};

    LN_TRY(ln_check_movable(c, X));
    LN_CHECK(c, p->n == x.rank && c->n_in == 1 + x.rank,
             "the slice has %d sizes and %d starts, the input rank %d", p->n, c->n_in - 1, x.rank);
    for (int i = 0; i < x.rank; i++) {
        LN_TRY(ln_check_index(c, 1 + i));
        LN_CHECK(c, ln_count(c->in[1 + i]) == 1, "start %d has %d items, not 1", i,
                 ln_count(c->in[1 + i]));
        LN_CHECK(c, p->size[i] >= 0 && p->size[i] <= (x.dim[i] < 0 ? INT32_MAX : x.dim[i]),
                 "dimension %d of size %d has no slice of %lld", i, x.dim[i],
                 (long long)p->size[i]);
        y.dim[i] = (int)p->size[i];
    }
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status dynamic_eval(ln_call *c)
{
    const dynamic_params *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    int begin[LN_MAX_RANK];
    for (int i = 0; i < x.rank; i++) {
        const int64_t at = ln_int_at(c->in[1 + i], 0), last = x.dim[i] - p->size[i];
        begin[i] = (int)(at < 0 ? 0 : at > last ? last : at);
    }
    return move(c, begin, NULL);
}

static const ln_field dynamic_fields[] = {
    LN_FIELD_LIST(I64S, 0, dynamic_params, size, n, LN_MAX_RANK, 1),
    {0},
};

const ln_op ln_op_stablehlo_dynamic_slice = {
    .name = "STABLEHLO_DYNAMIC_SLICE",
    .builtin = kTfLiteBuiltinStablehloDynamicSlice,
    .version = 1,
    .options = 9,
    .options2 = true,
    .min_in = 1,
    .max_in = 1 + LN_MAX_RANK,
    .n_out = 1,
    .traits = LN_PURE,
    .fields = dynamic_fields,
    .params_size = sizeof(dynamic_params),
    .infer = dynamic_infer,
    .eval = dynamic_eval,
    .quant = &quant,
};
