/* SPDX-License-Identifier: Apache-2.0 */
/* lstm_step.h: one time step of the full LSTM cell for one row of a batch, in float or hybrid
 * arithmetic (lstm_step.c) and in integers (lstm_step_s8.c).  lstm.c collects and checks the
 * operands and walks over time. */
#ifndef LN_OPS_LSTM_STEP_H
#define LN_OPS_LSTM_STEP_H

#include "ops/op.h"

enum { LN_GATE_I, LN_GATE_F, LN_GATE_C, LN_GATE_O, LN_GATES };

/* The operands of one gate; NULL where the cell lacks that part. */
typedef struct ln_lstm_gate {
    const TfLiteTensor *w, *aux, *r; /* weights of input, second input and last output */
    const TfLiteTensor *peep;        /* of the cell state */
    const TfLiteTensor *norm, *bias;
} ln_lstm_gate;

typedef struct ln_lstm {
    ln_lstm_gate gate[LN_GATES];
    const TfLiteTensor *proj, *proj_bias;
    const TfLiteTensor *h, *c; /* variables: last output and cell state, [batch, n] */
    int n_input, n_aux, n_cell, n_output;
    bool cifg; /* the input gate is 1 - forget gate */
    bool asymmetric;
    TfLiteFusedActivation activation;
    float cell_clip, proj_clip;
    const struct ln_row_loops *loops; /* NULL: plain ones */
    const ln_watch *watch;            /* NULL: nobody */
} ln_lstm;

/* The scratch memory of one step (scratch.h: `used`). */
size_t ln_lstm_scratch(const ln_lstm *l);
size_t ln_lstm_scratch_s8(const ln_lstm *l);
/* Row `b` of the batch: x [n_input], aux [n_aux] or NULL, y [n_output]. */
void ln_lstm_step(const ln_lstm *l, int b, const float *x, const float *aux, float *y,
                  void *scratch);

/* What the integer step derives from scales (TFLite's 8x8_16 form: int16 gates). */
typedef struct ln_lstm_s8_gate {
    double w, r, peep, norm; /* real multipliers */
    int32_t guard;           /* variance of layer norm where it would be 0 */
} ln_lstm_s8_gate;
typedef struct ln_lstm_s8 {
    ln_lstm_s8_gate gate[LN_GATES];
    double hidden, proj;
    int32_t x_zero, h_zero, hidden_zero;
    int cell_log2; /* scale of the cell state */
    int group;     /* rows of the batch that TFLite steps together */
    int16_t cell_clip;
    int8_t proj_clip;
} ln_lstm_s8;

/* Derives and checks the scales; `x` and `y` are the op's input and output. */
ln_status ln_lstm_s8_scales(ln_call *c, const ln_lstm *l, const TfLiteTensor *x,
                            const TfLiteTensor *y, ln_lstm_s8 *q) LN_MUST_USE;
void ln_lstm_step_s8(const ln_lstm *l, const ln_lstm_s8 *q, int b, const int8_t *x, int8_t *y,
                     void *scratch);

/* ---- shared with lstm_narrow.c ---- */

ln_status ln_lstm_check_scale(ln_call *c, const TfLiteTensor *t, const char *what) LN_MUST_USE;
/* Fixed-point multipliers hold magnitudes up to 2^30. */
ln_status ln_lstm_check_multiplier(ln_call *c, double m, const char *what) LN_MUST_USE;
/* c = f . c + i . g for n cells of scale 2^log2, clipped to limit if it is positive; without
 * `in` (CIFG) the input gate is 1 - f. */
typedef struct ln_lstm_s8_cell {
    int n, log2;
    int32_t limit;
} ln_lstm_s8_cell;
void ln_lstm_s8_update(const ln_lstm_s8_cell *cell, const int16_t *in, const int16_t *forget,
                       const int16_t *g, int16_t *c);

#endif
