/* SPDX-License-Identifier: Apache-2.0 */
/* rnn.c: LSTM, GRU, RNN: what their nodes say, and their outputs.
 *
 *   x [t, b, k] (layout 1: [b, t, k])  W [d, g h, k]  R [d, g h, h]  B [d, 2 g h]
 *   -> Y [t, d, b, h] (layout 1: [b, t, d, h]), Y_h [d, b, h], Y_c [d, b, h]
 * Directions are computed for themselves, time first.  Both in one output lie side by side,
 * [t, b, 2 h], as exporters' next nodes want it.  The steps are in rnn_step.c, the loop over
 * them in rnn_loop.c, TFLite's fused operators in rnn_fused.c. */
#include <string.h>

#include "import/onnx/rnn.h"

static const struct {
    const char *name;
    int what;
    float a, b;
} activations[] = {
    {"Sigmoid", LN_OX_SIGMOID, 0, 0},
    {"Tanh", LN_OX_TANH, 0, 0},
    {"Relu", LN_OX_RELU, 0, 0},
    {"HardSigmoid", LN_OX_HARD_SIGMOID, 0.2f, 0.5f},
    {"LeakyRelu", LN_OX_LEAKY_RELU, 0.01f, 0},
    {"ThresholdedRelu", LN_OX_THRESHOLDED_RELU, 1, 0},
    {"ScaledTanh", LN_OX_SCALED_TANH, 1, 1},
    {"Elu", LN_OX_ELU, 1, 0},
    {"Softsign", LN_OX_SOFTSIGN, 0, 0},
    {"Softplus", LN_OX_SOFTPLUS, 0, 0},
    {"Affine", LN_OX_AFFINE, 1, 0},
};

/* Activation i of all directions: by name, else the default. */
static bool read_activation(ln_ox *o, const ln_ox_node *n, int i, int fallback,
                            ln_ox_activation_of *f)
{
    const Onnx__AttributeProto *a = ln_ox_attr(n, "activations");
    const Onnx__AttributeProto *alpha = ln_ox_attr(n, "activation_alpha");
    const Onnx__AttributeProto *beta = ln_ox_attr(n, "activation_beta");
    *f = (ln_ox_activation_of){.what = fallback};
    if (!a || (size_t)i >= a->n_strings)
        return true;
    for (size_t k = 0; k < LN_COUNTOF(activations); k++)
        if (a->strings[i].len == strlen(activations[k].name) &&
            memcmp(a->strings[i].data, activations[k].name, a->strings[i].len) == 0) {
            *f = (ln_ox_activation_of){activations[k].what, activations[k].a, activations[k].b};
            if (alpha && (size_t)i < alpha->n_floats)
                f->a = alpha->floats[i];
            if (beta && (size_t)i < beta->n_floats)
                f->b = beta->floats[i];
            return true;
        }
    LN_OX_FAIL(o, "an unknown activation");
    return false;
}

/* Direction d of a tensor [directions, ...] without that dimension; -1 when there is none. */
static ln_id of_direction(ln_ox *o, ln_id x, int d)
{
    int begin[LN_MAX_RANK] = {d}, size[LN_MAX_RANK];
    const ln_shape s = ln_emit_shape(&o->e, x);
    if (x < 0 || s.rank < 1)
        return -1;
    for (int i = 0; i < s.rank; i++)
        size[i] = i ? -1 : 1;
    return ln_emit_squeeze(&o->e, ln_emit_slice(&o->e, x, s.rank, begin, size), 1);
}

/* A state [d, b, h] (layout 1: [b, d, h]) of direction d; -1: zeros. */
static ln_id initial(ln_ox *o, const ln_ox_node *n, int i, int d, bool batch_first)
{
    ln_ox_value *v = ln_ox_in(o, n, i);
    const ln_ox_layout to =
        batch_first ? (ln_ox_layout){.rank = 3, .dim = {1, 0, 2}} : ln_ox_plain_layout(3);
    if (!v)
        return -1;
    if (v->at.rank != 3)
        return ln_emit_fail(&o->e, LN_ERR_FORMAT, "an initial state of rank %d", v->at.rank);
    const ln_id id = ln_ox_as(o, v, &to);
    if (ln_ox_all_zero(o, id))
        return -1;
    return of_direction(o, id, d);
}

bool ln_ox_all_zero(ln_ox *o, ln_id id)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, id);
    if (!ln_emit_known(&o->e, id) || t->type != kTfLiteFloat32)
        return false;
    const int n = ln_count(t);
    for (int i = 0; i < n; i++)
        if (t->data.f[i] != 0)
            return false;
    return true;
}

static bool read_sizes(ln_ox *o, ln_ox_rnn_node *r, const ln_shape *w)
{
    const ln_shape x = ln_emit_shape(&o->e, r->x);
    r->hidden = w->rank == 3 && w->dim[1] > 0 ? w->dim[1] / r->gates : 0;
    if (x.rank != 3 || r->hidden < 1 || w->dim[1] % r->gates || w->dim[0] != r->directions) {
        LN_OX_FAIL(o, "weights of rank %d do not fit %d directions and %d gates", w->rank,
                   r->directions, r->gates);
        return false;
    }
    r->steps = x.dim[0];
    r->batch = x.dim[1];
    return true;
}

static bool read_node(ln_ox *o, const ln_ox_node *n, ln_ox_rnn_node *r)
{
    static const int defaults[][3] = {{LN_OX_TANH, 0, 0},
                                      {LN_OX_SIGMOID, LN_OX_TANH, 0},
                                      {LN_OX_SIGMOID, LN_OX_TANH, LN_OX_TANH}};
    ln_ox_value *x = ln_ox_in(o, n, 0), *w = ln_ox_in(o, n, 1);
    if (!x || !w || x->at.rank != 3) {
        LN_OX_FAIL(o, "its input has to have three dimensions");
        return false;
    }
    r->batch_first = ln_ox_int(n, "layout", 0);
    const ln_ox_layout time_first =
        r->batch_first ? (ln_ox_layout){.rank = 3, .dim = {1, 0, 2}} : ln_ox_plain_layout(3);
    r->x = ln_ox_as(o, x, &time_first);
    r->directions = ln_ox_is(n, "direction", "bidirectional", "forward") ? 2 : 1;
    r->reverse = ln_ox_is(n, "direction", "reverse", "forward");
    r->clip = ln_ox_float(n, "clip", 0);
    r->input_forget = ln_ox_int(n, "input_forget", 0);
    r->linear_before_reset = ln_ox_int(n, "linear_before_reset", 0);
    r->lengths = ln_ox_in_id(o, n, 4);
    r->needs_cell = ln_ox_has_out(n, 2) && ln_ox_uses(n, 2);
    const ln_shape ws = ln_ox_shape(o, w);
    for (int i = 0; i < r->directions * r->n_activations; i++)
        if (!read_activation(o, n, i, defaults[r->n_activations - 1][i % r->n_activations],
                             &r->activations[i]))
            return false;
    return ln_ox_ok(o) && read_sizes(o, r, &ws);
}

/* Lengths that are all the whole sequence say nothing. */
static void drop_full_lengths(ln_ox *o, ln_ox_rnn_node *r)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, r->lengths);
    if (r->lengths < 0 || !ln_emit_known(&o->e, r->lengths) || t->type != kTfLiteInt32)
        return;
    const int n = ln_count(t);
    for (int i = 0; i < n; i++)
        if (t->data.i32[i] != r->steps)
            return;
    r->lengths = -1;
}

static ln_id reversed(ln_ox *o, const ln_ox_rnn_node *r, ln_id x)
{
    const TfLiteReverseSequenceParams p = {.seq_dim = 0, .batch_dim = 1};
    if (r->lengths >= 0)
        return ln_emit_binary(&o->e, &ln_op_reverse_sequence, &p, x, r->lengths);
    return ln_ox_op2(o, &ln_op_reverse_v2, x, ln_emit_ints(&o->e, 1, (const int[]){0}));
}

static void read_direction(ln_ox *o, const ln_ox_node *n, const ln_ox_rnn_node *r, int d,
                           ln_ox_direction *y)
{
    const int half = r->gates * r->hidden;
    *y = (ln_ox_direction){.w = of_direction(o, ln_ox_in_id(o, n, 1), d),
                           .r = of_direction(o, ln_ox_in_id(o, n, 2), d),
                           .wb = -1,
                           .rb = -1,
                           .h = initial(o, n, 5, d, r->batch_first),
                           .c = r->gates == 4 ? initial(o, n, 6, d, r->batch_first) : -1,
                           .p = r->gates == 4 ? of_direction(o, ln_ox_in_id(o, n, 7), d) : -1,
                           .f = &r->activations[d * r->n_activations]};
    const ln_id b = of_direction(o, ln_ox_in_id(o, n, 3), d);
    if (b < 0)
        return;
    y->wb = ln_emit_slice(&o->e, b, 1, (const int[]){0}, &half);
    y->rb = ln_emit_slice(&o->e, b, 1, &half, &half);
}

/* Y [t, d, b, h], stored [t, b, d, h]. */
static void out_sequence(ln_ox *o, const ln_ox_node *n, const ln_ox_rnn_node *r, const ln_id *y)
{
    const ln_ox_layout at = r->batch_first ? (ln_ox_layout){.rank = 4, .dim = {1, 0, 2, 3}}
                                           : (ln_ox_layout){.rank = 4, .dim = {0, 2, 1, 3}};
    const ln_id both = ln_emit_concat(&o->e, r->directions, y, 2);
    ln_id out;
    if (r->steps < 0 && r->batch < 0) {
        const ln_id parts[] = {ln_emit_slice(&o->e, ln_emit_shape_of(&o->e, both), 1,
                                             (const int[]){0}, (const int[]){2}),
                               ln_emit_ints(&o->e, 2, (const int[]){r->directions, r->hidden})};
        out = ln_ox_op2(o, &ln_op_reshape, both, ln_emit_concat(&o->e, 2, parts, 0));
    } else {
        out =
            ln_ox_reshape(o, both, 4, (const int[]){r->steps, r->batch, r->directions, r->hidden});
    }
    ln_ox_out_at(o, n, 0, out, &at);
}

/* A state of each direction, [b, h], as [d, b, h]. */
static void out_state(ln_ox *o, const ln_ox_node *n, const ln_ox_rnn_node *r, int i,
                      const ln_id *state)
{
    const ln_ox_layout at =
        r->batch_first ? (ln_ox_layout){.rank = 3, .dim = {1, 0, 2}} : ln_ox_plain_layout(3);
    const TfLitePackParams p = {.values_count = r->directions, .axis = 0};
    const ln_id y = r->directions == 1 ? ln_emit_expand_dims(&o->e, state[0], 0)
                                       : ln_emit_nary(&o->e, &ln_op_pack, &p, r->directions, state);
    ln_ox_out_at(o, n, i, y, &at);
}

static void recurrent(ln_ox *o, const ln_ox_node *n, ln_ox_rnn_node *r)
{
    ln_id y[2], h[2] = {-1, -1}, c[2] = {-1, -1};
    if (!read_node(o, n, r))
        return;
    drop_full_lengths(o, r);
    for (int d = 0; d < r->directions && ln_ox_ok(o); d++) {
        const bool back = r->reverse || d == 1;
        ln_ox_direction dir;
        read_direction(o, n, r, d, &dir);
        const ln_id x = back ? reversed(o, r, r->x) : r->x;
        if (ln_ox_can_fuse(o, r, &dir))
            y[d] = ln_ox_fused(o, r, &dir, x, &h[d]);
        else
            y[d] = ln_ox_written_out(o, r, &dir, x, &h[d], &c[d]);
        if (back && ln_ox_uses(n, 0))
            y[d] = reversed(o, r, y[d]);
    }
    if (!ln_ox_ok(o))
        return;
    if (ln_ox_has_out(n, 0) && ln_ox_uses(n, 0))
        out_sequence(o, n, r, y);
    if (ln_ox_has_out(n, 1) && ln_ox_uses(n, 1))
        out_state(o, n, r, 1, h);
    if (r->needs_cell)
        out_state(o, n, r, 2, c);
}

void ln_ox_lstm(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_rnn_node r = {.gates = 4, .n_activations = 3};
    recurrent(o, n, &r);
}

void ln_ox_gru(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_rnn_node r = {.gates = 3, .n_activations = 2};
    recurrent(o, n, &r);
}

void ln_ox_rnn(ln_ox *o, const ln_ox_node *n)
{
    ln_ox_rnn_node r = {.gates = 1, .n_activations = 1};
    recurrent(o, n, &r);
}
