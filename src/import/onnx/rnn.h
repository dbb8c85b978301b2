/* SPDX-License-Identifier: Apache-2.0 */
/* rnn.h: what the parts of LSTM, GRU and RNN share. */
#ifndef LN_IMPORT_ONNX_RNN_H
#define LN_IMPORT_ONNX_RNN_H

#include "import/onnx/families.h"

typedef struct ln_ox_activation_of {
    int what;
    float a, b;
} ln_ox_activation_of;

typedef struct ln_ox_rnn_node {
    ln_id x, lengths; /* x [t, b, k]; lengths [b], -1: all are t */
    int gates, n_activations, directions, hidden;
    int steps, batch; /* -1: not known */
    bool batch_first, reverse, input_forget, linear_before_reset, needs_cell;
    float clip;
    ln_ox_activation_of activations[6];
} ln_ox_rnn_node;

/* One direction's operands; -1: absent, or zeros. */
typedef struct ln_ox_direction {
    ln_id w, r, wb, rb, h, c, p;
    const ln_ox_activation_of *f;
} ln_ox_direction;

bool ln_ox_all_zero(ln_ox *o, ln_id id);

/* ---- rnn_fused.c ---- */

/* True where UNIDIRECTIONAL_SEQUENCE_LSTM or _RNN computes this. */
bool ln_ox_can_fuse(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d);
/* [t, b, h], and the last step [b, h]. */
ln_id ln_ox_fused(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id x, ln_id *h);

/* ---- rnn_step.c ---- */

typedef struct ln_ox_state {
    ln_id h, c; /* c -1: a cell that has none */
} ln_ox_state;

/* The same in elementary operators, and the last cell. */
ln_id ln_ox_written_out(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id x,
                        ln_id *h, ln_id *c);
/* Step t (int32 []) of gates [b, gates h]; the state is the next one, what it gives is returned. */
ln_id ln_ox_step(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id gates, ln_id t,
                 ln_ox_state *s);

/* ---- rnn_loop.c ---- */

/* All steps of gates [t, b, gates h] in a WHILE, for weights that are constants: [t, b, h]. */
ln_id ln_ox_looped(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id gates,
                   ln_ox_state *s);

#endif
