/* SPDX-License-Identifier: Apache-2.0 */
/* heads.c: attention written out: heads, scores, masks, probabilities; rotated positions. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "import/onnx/heads.h"

/* ---- shapes ---- */

ln_id ln_ox_last_part(ln_ox *o, ln_id x, int from, int n)
{
    int begin[LN_MAX_RANK] = {0}, size[LN_MAX_RANK];
    const int rank = ln_emit_shape(&o->e, x).rank;
    for (int i = 0; i < rank; i++)
        size[i] = -1;
    if (rank < 1)
        return x;
    begin[rank - 1] = from;
    size[rank - 1] = n;
    return ln_emit_slice(&o->e, x, rank, begin, size);
}

ln_id ln_ox_split_heads(ln_ox *o, ln_id x, int heads)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (ln_ox_ok(o) && (s.rank != 3 || heads < 1 || s.dim[2] < 1 || s.dim[2] % heads != 0)) {
        LN_OX_FAIL(o, "%d heads of a tensor of rank %d with %d channels", heads, s.rank,
                   s.rank == 3 ? s.dim[2] : -1);
        return -1;
    }
    const ln_ox_dim dims[] = {LN_OX_DIM_OF(x, 0), LN_OX_DIM_OF(x, 1), LN_OX_NUMBER(heads),
                              LN_OX_NUMBER(s.dim[2] / LN_MAX(heads, 1))};
    return ln_emit_transpose(&o->e, ln_ox_reshape_by(o, x, 4, dims), 4, (const int[]){0, 2, 1, 3});
}

ln_id ln_ox_merge_heads(ln_ox *o, ln_id x)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    const ln_id y = ln_emit_transpose(&o->e, x, 4, (const int[]){0, 2, 1, 3});
    if (!ln_ox_ok(o) || s.rank != 4)
        return -1;
    const int width = s.dim[1] < 0 || s.dim[3] < 0 ? -1 : s.dim[1] * s.dim[3];
    const ln_ox_dim dims[] = {LN_OX_DIM_OF(y, 0), LN_OX_DIM_OF(y, 1), LN_OX_NUMBER(width)};
    return ln_ox_reshape_by(o, y, 3, dims);
}

ln_id ln_ox_join_past(ln_ox *o, const ln_ox_node *n, int i, ln_ox_heads *h)
{
    if (!ln_ox_has_in(n, i) || !ln_ox_has_in(n, i + 1))
        return ln_emit_int(&o->e, 0);
    const ln_id k[] = {ln_ox_in_id(o, n, i), h->k}, v[] = {ln_ox_in_id(o, n, i + 1), h->v};
    const ln_id past = ln_ox_dim_of(o, k[0], 2);
    h->k = ln_emit_concat(&o->e, 2, k, 2);
    h->v = ln_emit_concat(&o->e, 2, v, 2);
    return past;
}

/* ---- masks ---- */

ln_id ln_ox_both(ln_ox *o, ln_id a, ln_id b)
{
    return a < 0 ? b : b < 0 ? a : ln_ox_op2(o, &ln_op_logical_and, a, b);
}

ln_id ln_ox_window_mask(ln_ox *o, const ln_ox_heads *h, ln_id offset, int left, int right)
{
    const ln_id keys = ln_emit_range(&o->e, ln_ox_dim_of(o, h->k, 2));
    const ln_id rows =
        ln_emit_expand_dims(&o->e, ln_emit_range(&o->e, ln_ox_dim_of(o, h->q, 2)), 1);
    const ln_id at = ln_ox_add(o, rows, offset);
    ln_id y = -1;
    if (right >= 0) {
        const ln_id last = right ? ln_ox_add(o, at, ln_emit_int(&o->e, right)) : at;
        y = ln_ox_op2(o, &ln_op_less_equal, keys, last);
    }
    if (left >= 0)
        y = ln_ox_both(
            o, y,
            ln_ox_op2(o, &ln_op_greater_equal, keys, ln_ox_sub(o, at, ln_emit_int(&o->e, left))));
    return y;
}

/* A constant mask of which every row has something that counts. */
static bool has_no_empty_row(const ln_ox *o, ln_id bias)
{
    const ln_shape s = ln_emit_shape(&o->e, bias);
    if (!ln_emit_known(&o->e, bias) || s.rank < 1 || s.dim[s.rank - 1] < 1)
        return false;
    const int n = ln_shape_count(&s, 0, s.rank), row = s.dim[s.rank - 1];
    const float *x = ln_emit_tensor(&o->e, bias)->data.f;
    for (int i = 0; i < n; i += row) {
        bool any = false;
        for (int k = 0; k < row; k++)
            any = any || x[i + k] > -FLT_MAX;
        if (!any)
            return false;
    }
    return true;
}

/* Bias and mask as one summand; -1 where there is neither. */
static ln_id summand(ln_ox *o, const ln_ox_heads *h)
{
    if (h->allowed < 0)
        return h->bias;
    const ln_id y =
        ln_ox_select(o, h->allowed, ln_emit_float(&o->e, 0), ln_emit_float(&o->e, h->masked));
    return h->bias < 0 ? y : ln_ox_add(o, h->bias, y);
}

/* Zeros in rows of which nothing counts; their softmax is no number. */
static ln_id without_empty_rows(ln_ox *o, ln_id probabilities, ln_id bias)
{
    const int last = ln_emit_shape(&o->e, bias).rank - 1;
    if (bias < 0 || last < 0 || has_no_empty_row(o, bias))
        return probabilities;
    const ln_id most = ln_emit_reduce(&o->e, &ln_op_reduce_max, bias, 1, &last, true);
    const ln_id any = ln_ox_op2(o, &ln_op_greater, most, ln_emit_float(&o->e, -FLT_MAX));
    return ln_ox_select(o, any, probabilities, ln_emit_float(&o->e, 0));
}

/* ---- scores ---- */

/* Several heads of q for one of k: their rows stand below each other. */
static ln_id grouped(ln_ox *o, ln_id x, ln_id k)
{
    const ln_shape xs = ln_emit_shape(&o->e, x), ks = ln_emit_shape(&o->e, k);
    if (xs.rank != 4 || ks.rank != 4 || xs.dim[1] == ks.dim[1])
        return x;
    if (ks.dim[1] < 1 || xs.dim[1] < 1 || xs.dim[1] % ks.dim[1]) {
        LN_OX_FAIL(o, "%d heads for %d", xs.dim[1], ks.dim[1]);
        return -1;
    }
    const int times = xs.dim[1] / ks.dim[1];
    const int rows = xs.dim[2] < 0 || xs.dim[2] > INT32_MAX / times ? -1 : xs.dim[2] * times;
    const ln_ox_dim dims[] = {LN_OX_DIM_OF(x, 0), LN_OX_NUMBER(ks.dim[1]), LN_OX_NUMBER(rows),
                              LN_OX_DIM_OF(x, 3)};
    return ln_ox_reshape_by(o, x, 4, dims);
}

/* ... and back: the rows are q's again. */
static ln_id ungrouped(ln_ox *o, ln_id y, ln_id q, ln_id k, ln_ox_dim last)
{
    const ln_ox_dim dims[] = {LN_OX_DIM_OF(q, 0), LN_OX_DIM_OF(q, 1), LN_OX_DIM_OF(q, 2), last};
    const bool same = ln_emit_shape(&o->e, q).dim[1] == ln_emit_shape(&o->e, k).dim[1];
    return same ? y : ln_ox_reshape_by(o, y, 4, dims);
}

static ln_id capped(ln_ox *o, ln_id x, float limit)
{
    if (limit <= 0)
        return x;
    const ln_id small = ln_ox_mul(o, x, ln_emit_float(&o->e, 1 / limit));
    return ln_ox_mul(o, ln_ox_op1(o, &ln_op_tanh, small), ln_emit_float(&o->e, limit));
}

/* What a graph of the model makes of x. */
static ln_id modified(ln_ox *o, const Onnx__GraphProto *g, ln_id x)
{
    const ln_ox_layout plain = ln_ox_plain_layout(4);
    ln_ox_value *in = g && ln_ox_ok(o) ? ln_ox_value_new(o, x, &plain) : NULL, *out = NULL;
    if (!in)
        return x;
    ln_ox_inline(o, g, 1, &in, 1, &out);
    return out ? ln_ox_plain(o, out) : -1;
}

ln_id ln_ox_attend(ln_ox *o, ln_ox_heads *h)
{
    const TfLiteSoftmaxParams p = {.beta = 1};
    if (!ln_ox_ok(o))
        return -1;
    const ln_id q = ln_ox_mul(o, h->q, ln_emit_float(&o->e, h->scale));
    h->scores = ln_ox_product(o, grouped(o, q, h->k), h->k, false, true);
    if (!ln_ox_ok(o))
        return -1;
    h->scores = ungrouped(o, h->scores, h->q, h->k, LN_OX_DIM_OF(h->k, 2));
    h->capped = capped(o, h->scores, h->softcap);
    const ln_id bias = summand(o, h);
    h->biased = bias < 0 ? h->capped : ln_ox_add(o, h->capped, bias);
    h->biased = modified(o, h->score_mod, h->biased);
    h->probabilities = ln_emit_unary(&o->e, &ln_op_softmax, &p, h->biased);
    if (h->guarded && ln_ox_ok(o) && bias >= 0)
        h->probabilities = without_empty_rows(o, h->probabilities, bias);
    h->probabilities = modified(o, h->prob_mod, h->probabilities);
    if (!ln_ox_ok(o))
        return -1;
    const ln_id y = ln_ox_product(o, grouped(o, h->probabilities, h->v), h->v, false, false);
    return ln_ox_ok(o) ? ungrouped(o, y, h->q, h->v, LN_OX_DIM_OF(h->v, 3)) : -1;
}

/* ---- rotated positions ---- */

ln_id ln_ox_angles(ln_ox *o, ln_id table, ln_id at)
{
    const ln_id y = at < 0 ? table : ln_emit_gather(&o->e, table, ln_ox_int32(o, at), 0);
    const int rank = ln_emit_shape(&o->e, y).rank;
    return rank == 3 ? ln_emit_expand_dims(&o->e, y, 1) : y;
}

/* [.., d] -> every second item, from `first`. */
static ln_id every_second(ln_ox *o, ln_id x, int first)
{
    const int rank = ln_emit_shape(&o->e, x).rank;
    int begin[LN_MAX_RANK] = {0}, end[LN_MAX_RANK] = {0}, step[LN_MAX_RANK];
    for (int i = 0; i < rank; i++)
        step[i] = 1;
    if (rank < 1)
        return x;
    begin[rank - 1] = first;
    step[rank - 1] = 2;
    const TfLiteStridedSliceParams p = {.begin_mask = (1 << (rank - 1)) - 1,
                                        .end_mask = (1 << rank) - 1};
    const ln_id in[] = {x, ln_emit_ints(&o->e, rank, begin), ln_emit_ints(&o->e, rank, end),
                        ln_emit_ints(&o->e, rank, step)};
    return ln_emit_nary(&o->e, &ln_op_strided_slice, &p, 4, in);
}

/* Items of a and b in turn: [.., d] and [.., d] -> [.., 2 d]. */
static ln_id in_turn(ln_ox *o, ln_id a, ln_id b)
{
    const TfLitePackParams p = {.values_count = 2, .axis = 4};
    const ln_id in[] = {a, b};
    const int d = ln_emit_shape(&o->e, a).dim[3];
    const ln_ox_dim dims[] = {LN_OX_DIM_OF(a, 0), LN_OX_DIM_OF(a, 1), LN_OX_DIM_OF(a, 2),
                              LN_OX_NUMBER(d < 0 ? -1 : 2 * d)};
    return ln_ox_reshape_by(o, ln_emit_nary(&o->e, &ln_op_pack, &p, 2, in), 4, dims);
}

ln_id ln_ox_rotate(ln_ox *o, ln_id x, ln_id cos, ln_id sin, bool interleaved)
{
    const ln_shape s = ln_emit_shape(&o->e, x), cs = ln_emit_shape(&o->e, cos);
    const int half = cs.rank > 0 ? cs.dim[cs.rank - 1] : -1, width = s.rank == 4 ? s.dim[3] : -1;
    if (ln_ox_ok(o) && (half < 1 || width < 2 * half)) {
        LN_OX_FAIL(o, "angles of %d pairs for heads of %d items", half, width);
        return -1;
    }
    const ln_id turned = width > 2 * half ? ln_ox_last_part(o, x, 0, 2 * half) : x;
    const ln_id a = interleaved ? every_second(o, turned, 0) : ln_ox_last_part(o, turned, 0, half);
    const ln_id b =
        interleaved ? every_second(o, turned, 1) : ln_ox_last_part(o, turned, half, half);
    const ln_id real = ln_ox_sub(o, ln_ox_mul(o, a, cos), ln_ox_mul(o, b, sin));
    const ln_id imag = ln_ox_add(o, ln_ox_mul(o, a, sin), ln_ox_mul(o, b, cos));
    if (!ln_ox_ok(o))
        return -1;
    ln_id parts[] = {interleaved ? in_turn(o, real, imag) : real, imag, -1};
    int n = interleaved ? 1 : 2;
    if (width > 2 * half)
        parts[n++] = ln_ox_last_part(o, x, 2 * half, -1);
    return n == 1 ? parts[0] : ln_emit_concat(&o->e, n, parts, 3);
}
