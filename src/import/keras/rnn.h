/* SPDX-License-Identifier: Apache-2.0 */
/* rnn.h: recurrent layers, for the layers themselves (rnn.c) and the wrappers around them. */
#ifndef LN_IMPORT_KERAS_RNN_H
#define LN_IMPORT_KERAS_RNN_H

#include "import/keras/keras.h"

enum { LN_RNN_MAX_STATES = 16 };

typedef struct ln_rnn_run {
    ln_id x;                /* [batch, time, features] */
    ln_keras_mask mask;
    const ln_id *initial;   /* states to begin with */
    int n_initial;          /* 0: zeros */
    bool backwards;         /* from the last step to the first ... */
    bool in_place;          /* ... and the results of a sequence stand at the steps' own places */
    bool zero_masked;       /* where masked, a sequence is 0, not as before */
    bool sequences;
    bool stateful;          /* begins where the last run ended */
} ln_rnn_run;

typedef struct ln_rnn_result {
    ln_id y;
    ln_id states[LN_RNN_MAX_STATES];
    int n_states;
} ln_rnn_result;

/* One cell over a sequence: "LSTMCell" or "LSTM" and so on say what it computes. */
bool ln_rnn_cell(ln_keras_call *c, const cJSON *cell, const ln_rnn_run *run, ln_rnn_result *out);
/* A whole layer: LSTM, GRU, SimpleRNN, or RNN around one cell or several. */
bool ln_rnn_layer(ln_keras_call *c, ln_rnn_run *run, ln_rnn_result *out);
/* The run that a layer's configuration asks for, on the call's own inputs. */
void ln_rnn_prepare(const ln_keras_call *c, ln_rnn_run *run, ln_id *initial);
/* The layer's outputs: its result, then its states if it is to give them. */
void ln_rnn_out(ln_keras_call *c, const ln_rnn_run *run, const ln_rnn_result *result);

#endif
