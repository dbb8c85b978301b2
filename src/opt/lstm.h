/* SPDX-License-Identifier: Apache-2.0 */
/* lstm.h: what the body of a WHILE computes, where that is a step of a recurrent cell
 * (lstm_step.c), for the pass that puts one operator in the loop's place (lstm.c). */
#ifndef LN_OPT_LSTM_H
#define LN_OPT_LSTM_H

#include "opt/opt.h"

enum { LN_CELL_MAX_BIASES = 8 };

/* Numbers of values that the loop carries; -1: there is none of the kind. */
typedef struct ln_cell {
    const ln_graph *body;
    bool lstm; /* else the state is the activation of the sum */
    TfLiteFusedActivation activation;
    int time, h, c, x, sequence;
    int x_axis;        /* of time in x */
    int sequence_axis; /* of time in the sequence; -1: each step overwrites its only item */
    int pace;          /* 1: from the first step on; -1: from the last */
    ln_id w, u;        /* weights [gates, items] in the body; w -1: x is multiplied already */
    ln_id bias[LN_CELL_MAX_BIASES];
    int n_bias;
    int order[4]; /* which quarter is: input, forget, cell, output */
} ln_cell;

/* False when it is no such step. */
bool ln_cell_match(const ln_graph *body, ln_cell *cell);
/* The node of the graph that makes `t`; NULL: none. */
const ln_node *ln_cell_maker(const ln_graph *g, ln_id t);
/* A constant of one int. */
bool ln_cell_int(const ln_graph *g, ln_id t, int *value);

#endif
