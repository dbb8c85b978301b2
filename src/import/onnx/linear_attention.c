/* SPDX-License-Identifier: Apache-2.0 */
/* linear_attention.c: LinearAttention and CausalConvWithState, of models that keep a state instead
 * of all keys.  The state S [b, heads, d_k, d_v] goes from step to step:
 *
 *   S = exp(g) S + k (v - beta S' k)'    y = scale S' q
 * (without g or beta where the rule has none); steps are written out one after the other. */
#include <math.h>
#include <string.h>

#include "import/onnx/heads.h"

enum { MOST_STEPS = 256 };

typedef struct linear {
    int steps, heads, kv_heads, d_k, d_v, batch;
    ln_id q, k, v, decay, beta, state; /* [b, heads, t, d] */
    float scale;
} linear;

/* x [b, t, heads * d] as [b, heads, t, d]; -1 stays. */
static ln_id unpacked(ln_ox *o, ln_id x, int heads)
{
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (x < 0)
        return -1;
    if (s.rank != 3 || heads < 1 || s.dim[2] < 1 || s.dim[2] % heads) {
        LN_OX_FAIL(o, "%d heads in a last dimension of %d", heads, s.dim[2]);
        return -1;
    }
    return ln_ox_split_heads(o, x, heads);
}

static bool read_linear(ln_ox *o, const ln_ox_node *n, linear *l)
{
    const ln_id q = ln_ox_in_id(o, n, 0), k = ln_ox_in_id(o, n, 1), v = ln_ox_in_id(o, n, 2);
    const ln_id decay = ln_ox_in_id(o, n, 4), beta = ln_ox_in_id(o, n, 5);
    const ln_shape qs = ln_emit_shape(&o->e, q), vs = ln_emit_shape(&o->e, v);
    const ln_shape bs = ln_emit_shape(&o->e, beta);
    l->heads = ln_ox_int(n, "q_num_heads", 0);
    l->kv_heads = ln_ox_int(n, "kv_num_heads", 0);
    if (!ln_ox_ok(o) || !ln_shape_known(&qs) || !ln_shape_known(&vs) || qs.rank != 3 ||
        vs.rank != 3 || l->kv_heads < 1 || l->heads < 1 || l->heads % l->kv_heads ||
        qs.dim[1] < 1 || qs.dim[1] > MOST_STEPS) {
        LN_OX_FAIL(o, "shapes have to be known, of at most %d steps", (int)MOST_STEPS);
        return false;
    }
    l->batch = qs.dim[0];
    l->steps = qs.dim[1];
    l->d_k = qs.dim[2] / l->heads;
    l->d_v = vs.dim[2] / l->kv_heads;
    if ((int64_t)l->d_v * l->heads > 1 << 24) {
        LN_OX_FAIL(o, "%d heads of %d", l->heads, l->d_v);
        return false;
    }
    l->q = unpacked(o, q, l->heads);
    l->k = unpacked(o, k, l->kv_heads);
    l->v = unpacked(o, v, l->kv_heads);
    l->decay = unpacked(o, decay, l->kv_heads);
    l->beta = unpacked(o, beta, bs.rank == 3 && bs.dim[2] == 1 ? 1 : l->kv_heads);
    l->scale = ln_ox_float(n, "scale", 0);
    l->scale = l->scale == 0.f && l->d_k > 0 ? 1.f / sqrtf((float)l->d_k) : l->scale;
    l->state = ln_ox_in_id(o, n, 3);
    if (l->state < 0) {
        const int dims[] = {l->batch, l->kv_heads, l->d_k, l->d_v};
        l->state = ln_ox_op2(o, &ln_op_fill, ln_emit_ints(&o->e, 4, dims), ln_emit_float(&o->e, 0));
    }
    return ln_ox_ok(o);
}

/* Step t of [b, heads, steps, d] as [b, heads, 1, d]. */
static ln_id step_of(ln_ox *o, ln_id x, int t)
{
    const int begin[] = {0, 0, t, 0}, size[] = {-1, -1, 1, -1};
    return ln_emit_slice(&o->e, x, 4, begin, size);
}

/* S times k, [b, heads, 1, d_v]. */
static ln_id retrieved(ln_ox *o, const linear *l, ln_id k)
{
    return ln_ox_product(o, k, l->state, false, false);
}

/* The state after step t. */
static ln_id next_state(ln_ox *o, linear *l, int t)
{
    const ln_id k = step_of(o, l->k, t);
    ln_id v = step_of(o, l->v, t);
    if (l->decay >= 0) { /* one number per row of the state, or one for all */
        const ln_id g = ln_ox_op1(o, &ln_op_exp, step_of(o, l->decay, t));
        l->state =
            ln_ox_mul(o, l->state, ln_emit_transpose(&o->e, g, 4, (const int[]){0, 1, 3, 2}));
    }
    if (l->beta >= 0)
        v = ln_ox_mul(o, ln_ox_sub(o, v, retrieved(o, l, k)), step_of(o, l->beta, t));
    return ln_ox_add(o, l->state, ln_ox_product(o, k, v, true, false));
}

/* The state times each of the queries that share a head of it, [b, heads, d_v]. */
static ln_id answer(ln_ox *o, const linear *l, int t)
{
    const int each = l->heads / l->kv_heads;
    ln_id q = step_of(o, l->q, t);
    q = ln_ox_reshape(o, q, 4, (const int[]){l->batch, l->kv_heads, each, l->d_k});
    const ln_id y = ln_ox_product(o, q, l->state, false, false);
    return ln_ox_reshape(o, y, 3, (const int[]){l->batch, l->heads, l->d_v});
}

void ln_ox_linear_attention(ln_ox *o, const ln_ox_node *n)
{
    linear l = {0};
    ln_id all[MOST_STEPS];
    if (!read_linear(o, n, &l))
        return;
    for (int t = 0; t < l.steps && ln_ox_ok(o); t++) {
        l.state = next_state(o, &l, t);
        all[t] = answer(o, &l, t);
    }
    if (!ln_ox_ok(o))
        return;
    const TfLitePackParams p = {.values_count = l.steps, .axis = 1};
    ln_id y = ln_emit_nary(&o->e, &ln_op_pack, &p, l.steps, all);
    y = ln_ox_mul(o, y, ln_emit_float(&o->e, l.scale));
    ln_ox_out(o, n, 0, ln_ox_reshape(o, y, 3, (const int[]){l.batch, l.steps, l.heads * l.d_v}));
    ln_ox_out(o, n, 1, l.state);
}

/* ---- CausalConvWithState: a depthwise convolution over what came before, too ---- */

void ln_ox_causal_conv(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_value *v = ln_ox_in(o, n, 0), *w = ln_ox_in(o, n, 1);
    const ln_ox_layout last = ln_ox_channels_last(3), taps = {.rank = 3, .dim = {1, 2, 0}};
    ln_ox_value *past = ln_ox_in(o, n, 3);
    if (!v || !w)
        return;
    const ln_shape xs = ln_ox_shape(o, v), ws = ln_ox_shape(o, w);
    if (xs.rank != 3 || ws.rank != 3 || ws.dim[1] != 1 || ws.dim[0] < 1 || ws.dim[2] < 1 ||
        xs.dim[2] < 1 || xs.dim[1] != ws.dim[0]) {
        LN_OX_FAIL(o, "an input of rank %d and weights of rank %d, whose sizes have to be known",
                   xs.rank, ws.rank);
        return;
    }
    const int c = ws.dim[0], k = ws.dim[2], before[] = {0, k - 1, 0}, none[] = {0, 0, 0};
    ln_id x = ln_ox_as(o, v, &last), bias = ln_ox_in_id(o, n, 2); /* [b, length, c] */
    const ln_id parts[] = {past ? ln_ox_as(o, past, &last) : -1, x};
    x = past ? ln_emit_concat(&o->e, 2, parts, 1) : ln_emit_pad(&o->e, x, 3, before, none);
    if (bias < 0)
        bias = ln_ox_op2(o, &ln_op_fill, ln_emit_ints(&o->e, 1, &c), ln_emit_float(&o->e, 0));
    const ln_ox_filter f = {.weights = ln_ox_with_height(o, ln_ox_as(o, w, &taps)),
                            .bias = bias,
                            .groups = c,
                            .in = c,
                            .out = c};
    const ln_ox_window window = {.nd = 1, .size = {k}, .stride = {1}, .dilation = {1}};
    ln_id y = ln_ox_convolve(o, ln_emit_expand_dims(&o->e, x, 1), &f, &window);
    if (!ln_ox_is(n, "activation", "none", "none"))
        y = ln_ox_mul(o, y, ln_ox_op1(o, &ln_op_logistic, y));
    ln_ox_out_image(o, n, y, 1);
    if (ln_ox_has_out(n, 1)) {
        const int begin[] = {0, xs.dim[2], 0}, size[] = {-1, k - 1, -1};
        ln_ox_out_at(o, n, 1, ln_emit_slice(&o->e, x, 3, begin, size), &last);
    }
}
