/* SPDX-License-Identifier: Apache-2.0 */
/* rnn_fused.c: an LSTM or RNN with constant weights and nothing that TFLite's fused operators lack.
 * Their states are variables of the model, zero at first, as TensorFlow's converter makes them: who
 * runs sequences that do not continue each other resets the variables in between. */
#include <string.h>

#include "import/onnx/rnn.h"

static bool is_constant(ln_ox *o, ln_id id)
{
    return id < 0 || ln_emit_known(&o->e, id);
}

static bool is_plain(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d)
{
    return r->batch > 0 && r->lengths < 0 && r->clip == 0.f && !r->needs_cell && d->h < 0 &&
           d->c < 0 && is_constant(o, d->w) && is_constant(o, d->r) && is_constant(o, d->wb) &&
           is_constant(o, d->rb) && is_constant(o, d->p);
}

bool ln_ox_can_fuse(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d)
{
    if (!is_plain(o, r, d))
        return false;
    if (r->gates == 4)
        return !r->input_forget && d->f[0].what == LN_OX_SIGMOID && d->f[1].what == LN_OX_TANH &&
               d->f[2].what == LN_OX_TANH;
    return r->gates == 1 && (d->f[0].what == LN_OX_TANH || d->f[0].what == LN_OX_RELU);
}

/* A state: a variable [b, h] without data. */
static ln_id variable(ln_ox *o, int batch, int hidden)
{
    ln_id id = -1;
    const int dims[] = {batch, hidden};
    if (!ln_ox_ok(o))
        return -1;
    if (ln_graph_add_tensor(o->m, o->e.g, "state", kTfLiteFloat32, 2, dims, &id) != LN_OK)
        return ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
    o->e.g->tensors[id].t.is_variable = true;
    return id;
}

/* Gate i of stacked rows; -1 stays. */
static ln_id gate(ln_ox *o, ln_id x, int i, int hidden)
{
    const int begin[] = {i * hidden, 0}, size[] = {hidden, -1};
    return x < 0 ? -1 : ln_emit_slice(&o->e, x, ln_emit_shape(&o->e, x).rank, begin, size);
}

/* Both biases in one; zeros where there are none. */
static ln_id bias(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d)
{
    const ln_shape s = {.rank = 1, .dim = {r->gates * r->hidden}};
    if (d->wb >= 0)
        return ln_ox_add(o, d->wb, d->rb);
    float *zeros = ln_arena_new(&o->m->arena, (size_t)s.dim[0], sizeof *zeros);
    return zeros ? ln_emit_constant(&o->e, kTfLiteFloat32, &s, zeros,
                                    (size_t)s.dim[0] * sizeof *zeros, false)
                 : ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
}

static ln_id lstm(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id x)
{
    /* ours: input, forget, cell, output; ONNX's: input, output, forget, cell */
    static const int order[] = {0, 2, 3, 1};
    static const int peepholes[] = {0, 2, 1}; /* input, forget, output of input, output, forget */
    const TfLiteUnidirectionalSequenceLSTMParams p = {.activation = kTfLiteActTanh,
                                                      .time_major = true};
    const ln_id b = bias(o, r, d);
    ln_id in[24];
    for (int i = 0; i < 24; i++)
        in[i] = -1;
    in[0] = x;
    for (int i = 0; i < 4; i++) {
        in[1 + i] = gate(o, d->w, order[i], r->hidden);
        in[5 + i] = gate(o, d->r, order[i], r->hidden);
        in[12 + i] = gate(o, b, order[i], r->hidden);
    }
    for (int i = 0; i < 3; i++)
        in[9 + i] = gate(o, d->p, peepholes[i], r->hidden);
    in[18] = variable(o, r->batch, r->hidden);
    in[19] = variable(o, r->batch, r->hidden);
    return ln_emit_nary(&o->e, &ln_op_unidirectional_sequence_lstm, &p, 24, in);
}

static ln_id rnn(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id x)
{
    const TfLiteSequenceRNNParams p = {.time_major = true,
                                       .activation = d->f[0].what == LN_OX_TANH ? kTfLiteActTanh
                                                                                : kTfLiteActRelu};
    const ln_id in[] = {x, d->w, d->r, bias(o, r, d), variable(o, r->batch, r->hidden)};
    return ln_emit_nary(&o->e, &ln_op_unidirectional_sequence_rnn, &p, 5, in);
}

ln_id ln_ox_fused(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id x, ln_id *h)
{
    const ln_id y = r->gates == 4 ? lstm(o, r, d, x) : rnn(o, r, d, x);
    const int begin[] = {-1, 0, 0}, end[] = {0, 0, 0}, step[] = {1, 1, 1};
    *h = ln_emit_squeeze(&o->e, ln_ox_strided_slice(o, y, 3, begin, end, step, 7), 1);
    return y;
}
