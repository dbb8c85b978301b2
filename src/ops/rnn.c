/* SPDX-License-Identifier: Apache-2.0 */
/* rnn.c: RNN, UNIDIRECTIONAL_SEQUENCE_RNN, BIDIRECTIONAL_SEQUENCE_RNN.
 *
 *   h = act(W x + A aux + R h + bias), y = h
 *   x [batch, k] (RNN), [batch, time, k] or, time_major, [time, batch, k]
 *   W [n, k]    R [n, n]    bias [n]    h [batch, n], a variable
 *
 * float, or hybrid with 8-bit weights (recurrent.c).  LSTM has more gates: lstm.c. */
#include <string.h>

#include "ops/recurrent.h"
#include "ops/scratch.h"

enum { X, FORWARD = 1, BACKWARD = 5, AUX = 9, AUX_FORWARD, AUX_BACKWARD };
enum { W, R, BIAS, H }; /* counted from a cell's first input */

typedef struct cell {
    const TfLiteTensor *w, *r, *bias, *h, *aux_w;
    int k, n, n_aux;
    TfLiteFusedActivation act;
    bool asymmetric;
    const ln_row_loops *loops;
} cell;

static cell collect(const ln_call *c, int first, int aux)
{
    cell l = {.w = c->in[first + W],
              .r = c->in[first + R],
              .bias = c->in[first + BIAS],
              .h = c->in[first + H],
              .loops = c->loops};
    const ln_shape w = ln_shape_of(l.w);

    l.n = w.dim[0];
    l.k = w.dim[1];
    if (aux && ln_has(c, aux)) {
        l.aux_w = c->in[aux];
        l.n_aux = ln_shape_of(c->in[AUX]).dim[2];
    }
    return l;
}

typedef struct memory {
    int8_t *x, *aux, *h;
    float *y;
} memory;

static memory cut(const cell *l, ln_scratch *s)
{
    memory m;

    m.x = ln_scratch_take(s, l->k, 1);
    m.aux = ln_scratch_take(s, l->n_aux, 1);
    m.h = ln_scratch_take(s, l->n, 1);
    m.y = ln_scratch_take(s, l->n, sizeof(float));
    return m;
}

static ln_status check_cell(ln_call *c, int first, int aux, const cell *l, int batch)
{
    const TfLiteType type = l->w->type;
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_scratch s = {0};

    if (c->in[X]->type != kTfLiteFloat32)
        return ln_fail_type(c, X);
    if (!ln_row_type(type))
        return ln_fail_type(c, first + W);
    LN_CHECK(c, l->n > 0 && l->k > 0, "weights are [%d, %d]", l->n, l->k);
    LN_TRY(ln_check_operand(c, first + W, type, l->n, x.dim[x.rank - 1]));
    LN_TRY(ln_check_operand(c, first + R, type, l->n, l->n));
    LN_TRY(ln_check_operand(c, first + BIAS, kTfLiteFloat32, l->n, LN_NO_DIM));
    LN_TRY(ln_check_state(c, first + H, kTfLiteFloat32, batch, l->n));
    if (l->aux_w) {
        LN_CHECK(c, l->n_aux > 0, "the second input has no features");
        LN_TRY(ln_check_operand(c, aux, type, l->n, l->n_aux));
    }
    cut(l, &s);
    c->scratch_bytes = LN_MAX(c->scratch_bytes, s.used);
    return ln_scratch_ask(c, &(ln_scratch){NULL, c->scratch_bytes});
}

static void step(const cell *l, int b, const float *x, const float *aux, float *y, void *scratch)
{
    ln_scratch s = {.base = scratch};
    const memory m = cut(l, &s);
    const size_t bytes = (size_t)l->n * sizeof(float);
    float *const h = l->h->data.f + (size_t)b * (size_t)l->n;
    ln_row rx = ln_row_for(l->w->type, x, l->k, l->asymmetric, m.x);
    ln_row rh = ln_row_for(l->w->type, h, l->n, l->asymmetric, m.h);

    rx.loops = rh.loops = l->loops;
    memcpy(m.y, l->bias->data.f, bytes);
    ln_row_product(l->w, &rx, l->n, m.y);
    if (aux) {
        ln_row ra = ln_row_for(l->w->type, aux, l->n_aux, l->asymmetric, m.aux);
        ra.loops = l->loops;
        ln_row_product(l->aux_w, &ra, l->n, m.y);
    }
    ln_row_product(l->r, &rh, l->n, m.y);
    ln_activate_row(l->loops, l->act, m.y, l->n, h);
    memcpy(y, h, bytes);
}

static void run(ln_call *c, const cell *l, const ln_walk *w, const TfLiteTensor *x,
                const TfLiteTensor *aux, const TfLiteTensor *y)
{
    for (int b = 0; b < w->batch; b++) {
        for (int i = 0; i < w->time; i++) {
            const size_t row = ln_walk_row(w, b, i);
            step(l, b, x->data.f + row * (size_t)l->k,
                 l->aux_w ? aux->data.f + row * (size_t)l->n_aux : NULL,
                 y->data.f + row * (size_t)w->y_row + (size_t)w->y_offset, c->scratch);
        }
    }
}

/* collect() reads the shape of W. */
static ln_status check_weights(ln_call *c, int first)
{
    const ln_shape w = ln_shape_of(c->in[first + W]);
    LN_CHECK(c, w.rank == 2, "input %d has rank %d, not 2", first + W, w.rank);
    return LN_OK;
}

/* ---- RNN, UNIDIRECTIONAL_SEQUENCE_RNN ---- */

static ln_status infer_single(ln_call *c, bool sequence, bool time_major)
{
    const ln_shape x = ln_shape_of(c->in[X]);

    LN_CHECK(c, x.rank == (sequence ? 3 : 2), "the input has rank %d, not %d", x.rank,
             sequence ? 3 : 2);
    LN_TRY(check_weights(c, FORWARD));
    const cell l = collect(c, FORWARD, 0);
    LN_TRY(check_cell(c, FORWARD, 0, &l, x.dim[sequence && time_major ? 1 : 0]));
    ln_shape y = x;
    y.dim[y.rank - 1] = l.n;
    return ln_set_out(c, 0, kTfLiteFloat32, &y);
}

static ln_status rnn_infer(ln_call *c)
{
    return infer_single(c, false, false);
}

static ln_status rnn_eval(ln_call *c)
{
    const TfLiteRNNParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    cell l = collect(c, FORWARD, 0);
    const ln_walk w = {.batch = x.dim[0], .time = 1, .y_row = l.n};

    l.act = p->activation;
    l.asymmetric = p->asymmetric_quantize_inputs;
    run(c, &l, &w, c->in[X], NULL, c->out[0]);
    return LN_OK;
}

static ln_status sequence_infer(ln_call *c)
{
    const TfLiteSequenceRNNParams *p = c->params;
    return infer_single(c, true, p->time_major);
}

static ln_status sequence_eval(ln_call *c)
{
    const TfLiteSequenceRNNParams *p = c->params;
    cell l = collect(c, FORWARD, 0);
    ln_walk w = ln_walk_over(c->in[X], p->time_major);

    w.y_row = l.n;
    l.act = p->activation;
    l.asymmetric = p->asymmetric_quantize_inputs;
    run(c, &l, &w, c->in[X], NULL, c->out[0]);
    return LN_OK;
}

/* ---- BIDIRECTIONAL_SEQUENCE_RNN ---- */

static ln_status bidirectional_infer(ln_call *c)
{
    const TfLiteBidirectionalSequenceRNNParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);

    LN_CHECK(c, c->n_out == (p->merge_outputs ? 1 : 2), "there are %d outputs, not %d", c->n_out,
             p->merge_outputs ? 1 : 2);
    LN_CHECK(c, x.rank == 3, "the input has rank %d, not 3", x.rank);
    LN_TRY(check_weights(c, FORWARD));
    LN_TRY(check_weights(c, BACKWARD));
    LN_TRY(ln_check_second_input(c, AUX, &x, ln_has(c, AUX_FORWARD), ln_has(c, AUX_BACKWARD)));
    const cell fw = collect(c, FORWARD, AUX_FORWARD), bw = collect(c, BACKWARD, AUX_BACKWARD);
    const int batch = x.dim[p->time_major ? 1 : 0];
    LN_TRY(check_cell(c, FORWARD, AUX_FORWARD, &fw, batch));
    LN_TRY(check_cell(c, BACKWARD, AUX_BACKWARD, &bw, batch));
    LN_CHECK(c, fw.n <= INT32_MAX - bw.n, "%d and %d outputs are too many", fw.n, bw.n);

    ln_shape y = x;
    y.dim[2] = p->merge_outputs ? fw.n + bw.n : fw.n;
    LN_TRY(ln_set_out(c, 0, kTfLiteFloat32, &y));
    if (p->merge_outputs)
        return LN_OK;
    y.dim[2] = bw.n;
    return ln_set_out(c, 1, kTfLiteFloat32, &y);
}

static ln_status bidirectional_eval(ln_call *c)
{
    const TfLiteBidirectionalSequenceRNNParams *p = c->params;
    cell fw = collect(c, FORWARD, AUX_FORWARD), bw = collect(c, BACKWARD, AUX_BACKWARD);
    ln_walk w = ln_walk_over(c->in[X], p->time_major);
    const TfLiteTensor *aux = ln_has(c, AUX) ? c->in[AUX] : NULL;

    fw.act = bw.act = p->activation;
    fw.asymmetric = bw.asymmetric = p->asymmetric_quantize_inputs;
    w.y_row = p->merge_outputs ? fw.n + bw.n : fw.n;
    const ln_walk ahead = w;
    w.backward = true;
    w.y_offset = p->merge_outputs ? fw.n : 0;
    w.y_row = p->merge_outputs ? w.y_row : bw.n;
    /* A second input without weights of its own is what the backward cell reads, but TFLite
     * forgets it where the batch comes first. */
    const TfLiteTensor *bw_x = aux && !bw.aux_w && p->time_major ? aux : c->in[X];
    /* TFLite's hybrid form goes over a sequence whose time comes first as often as it is long. */
    const int passes = p->time_major && fw.w->type != kTfLiteFloat32 ? w.time : 1;
    for (int i = 0; i < passes; i++) {
        run(c, &fw, &ahead, c->in[X], aux, c->out[0]);
        run(c, &bw, &w, bw_x, aux, c->out[p->merge_outputs ? 0 : 1]);
    }
    return LN_OK;
}

static const ln_field rnn_fields[] = {
    LN_FIELD(ACT, 0, TfLiteRNNParams, activation, 1),
    LN_FIELD(BOOL, 1, TfLiteRNNParams, asymmetric_quantize_inputs, 3),
    {0},
};

static const ln_field sequence_fields[] = {
    LN_FIELD(BOOL, 0, TfLiteSequenceRNNParams, time_major, 1),
    LN_FIELD(ACT, 1, TfLiteSequenceRNNParams, activation, 1),
    LN_FIELD(BOOL, 2, TfLiteSequenceRNNParams, asymmetric_quantize_inputs, 3),
    {0},
};

static const ln_field bidirectional_fields[] = {
    LN_FIELD(BOOL, 0, TfLiteBidirectionalSequenceRNNParams, time_major, 1),
    LN_FIELD(ACT, 1, TfLiteBidirectionalSequenceRNNParams, activation, 1),
    LN_FIELD(BOOL, 2, TfLiteBidirectionalSequenceRNNParams, merge_outputs, 1),
    LN_FIELD(BOOL, 3, TfLiteBidirectionalSequenceRNNParams, asymmetric_quantize_inputs, 3),
    {0},
};

static const ln_quant one_quant = {
    .in = {[FORWARD + W] = LN_Q_WEIGHT(0), [FORWARD + R] = LN_Q_WEIGHT(0)},
    .hybrid = LN_HYBRID_TENSOR,
};
static const ln_quant two_quant = {
    .in = {[FORWARD + W] = LN_Q_WEIGHT(0),
           [FORWARD + R] = LN_Q_WEIGHT(0),
           [BACKWARD + W] = LN_Q_WEIGHT(0),
           [BACKWARD + R] = LN_Q_WEIGHT(0),
           [AUX_FORWARD] = LN_Q_WEIGHT(0),
           [AUX_BACKWARD] = LN_Q_WEIGHT(0)},
    .hybrid = LN_HYBRID_TENSOR,
};

const ln_op ln_op_rnn = {
    .name = "RNN",
    .builtin = kTfLiteBuiltinRnn,
    .version = 3,
    .options = 7,
    .min_in = 5,
    .max_in = 5,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = rnn_fields,
    .params_size = sizeof(TfLiteRNNParams),
    .infer = rnn_infer,
    .eval = rnn_eval,
    .quant = &one_quant,
};

const ln_op ln_op_unidirectional_sequence_rnn = {
    .name = "UNIDIRECTIONAL_SEQUENCE_RNN",
    .builtin = kTfLiteBuiltinUnidirectionalSequenceRnn,
    .version = 3,
    .options = 31,
    .min_in = 5,
    .max_in = 5,
    .n_out = 1,
    .traits = LN_STATEFUL,
    .fields = sequence_fields,
    .params_size = sizeof(TfLiteSequenceRNNParams),
    .infer = sequence_infer,
    .eval = sequence_eval,
    .quant = &one_quant,
};

const ln_op ln_op_bidirectional_sequence_rnn = {
    .name = "BIDIRECTIONAL_SEQUENCE_RNN",
    .builtin = kTfLiteBuiltinBidirectionalSequenceRnn,
    .version = 3,
    .options = 70,
    .min_in = 12,
    .max_in = 12,
    .n_out = -1,
    .optional = UINT64_C(7) << AUX,
    .traits = LN_STATEFUL,
    .fields = bidirectional_fields,
    .params_size = sizeof(TfLiteBidirectionalSequenceRNNParams),
    .infer = bidirectional_infer,
    .eval = bidirectional_eval,
    .quant = &two_quant,
};
