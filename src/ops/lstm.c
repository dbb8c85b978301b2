/* SPDX-License-Identifier: Apache-2.0 */
/* lstm.c: LSTM, UNIDIRECTIONAL_SEQUENCE_LSTM and BIDIRECTIONAL_SEQUENCE_LSTM.
 *
 *   x [batch, k] (LSTM), [batch, time, k] or, time_major, [time, batch, k]
 *   weights [cells, k], [cells, outputs], projection [outputs, cells]      y like x, outputs last
 *
 * Peepholes, projection, layer norm and the input gate (without it: CIFG) are optional.  Float,
 * hybrid (8-bit weights, float input; in LSTM they may be sparse) and int8 with int16 state.  The
 * cell itself is lstm_step.c and lstm_step_s8.c; LSTM's older form with one weight matrix is
 * lstm_basic.c, its integer form with 12 intermediates lstm_narrow.c. */
#include "ops/lstm_basic.h"
#include "ops/lstm_narrow.h"
#include "ops/lstm_step.h"
#include "ops/recurrent.h"
#include "ops/scratch.h"
#include "ops/sparse.h"

enum { X = 0, FORWARD = 1, BACKWARD = 18 }; /* where the weights of a direction start */
/* Inputs of a direction, counted from its start. */
enum { WEIGHTS = 0, RECURRENT = 4, PEEPHOLE = 8, BIAS = 11, PROJ = 15, PROJ_BIAS = 16 };

/* Where a cell's other inputs are; -1: it has none. */
typedef struct places {
    int first, h, c, aux, norm;
} places;
static const places single = {FORWARD, 18, 19, -1, 20};
static const places forward = {FORWARD, 35, 36, 40, -1};
static const places backward = {BACKWARD, 37, 38, 44, -1};
enum { AUX = 39 };

#define BIT(i) (UINT64_C(1) << (i))
#define OPTIONAL(first)                                                                        \
    (BIT(first) | BIT((first) + 4) | BIT((first) + 8) | BIT((first) + 9) | BIT((first) + 10) | \
     BIT((first) + 11) | BIT((first) + 15) | BIT((first) + 16))

static const TfLiteTensor *input(const ln_call *c, int i)
{
    return i >= 0 && ln_has(c, i) ? c->in[i] : NULL;
}

/* The cell as its operands describe it; sizes are of the output gate's weights. */
static void collect(const ln_call *c, const places *p, ln_lstm *l)
{
    static const int8_t peep[LN_GATES] = {0, 1, -1, 2};

    for (int k = 0; k < LN_GATES; k++) {
        ln_lstm_gate *g = &l->gate[k];
        g->w = input(c, p->first + WEIGHTS + k);
        g->r = input(c, p->first + RECURRENT + k);
        g->bias = input(c, p->first + BIAS + k);
        g->peep = peep[k] < 0 ? NULL : input(c, p->first + PEEPHOLE + peep[k]);
        g->aux = p->aux < 0 ? NULL : input(c, p->aux + k);
        g->norm = p->norm < 0 ? NULL : input(c, p->norm + k);
    }
    l->proj = input(c, p->first + PROJ);
    l->proj_bias = input(c, p->first + PROJ_BIAS);
    l->h = input(c, p->h);
    l->c = input(c, p->c);
    l->cifg = !l->gate[LN_GATE_I].w;
    l->loops = c->loops;
    l->watch = c->watch;

    const ln_shape w = ln_shape_of(l->gate[LN_GATE_O].w), r = ln_shape_of(l->gate[LN_GATE_O].r);
    l->n_cell = w.dim[0];
    l->n_input = w.dim[1];
    l->n_output = r.dim[r.rank == 1 ? 0 : 1];
}

static ln_status check_gate(ln_call *c, const places *p, const ln_lstm *l, int k)
{
    const ln_lstm_gate *g = &l->gate[k];
    const bool s8 = c->in[X]->type == kTfLiteInt8, norm = l->gate[LN_GATE_F].norm;
    const TfLiteType type = l->gate[LN_GATE_F].w->type;
    const TfLiteType wide = s8 ? kTfLiteInt16 : kTfLiteFloat32;
    const int n = l->n_cell;

    LN_TRY(ln_check_operand(c, p->first + WEIGHTS + k, type, n, l->n_input));
    if (!s8 && g->r && ln_shape_of(g->r).rank == 1) {
        LN_CHECK(c, n == l->n_output, "diagonal weights of %d cells give %d outputs", n,
                 l->n_output);
        LN_TRY(ln_check_operand(c, p->first + RECURRENT + k, kTfLiteFloat32, n, LN_NO_DIM));
    } else {
        LN_TRY(ln_check_operand(c, p->first + RECURRENT + k, type, n, l->n_output));
    }
    LN_TRY(
        ln_check_operand(c, p->first + BIAS + k, s8 ? kTfLiteInt32 : kTfLiteFloat32, n, LN_NO_DIM));
    if (g->peep)
        LN_TRY(ln_check_operand(c, p->first + PEEPHOLE + (k == LN_GATE_O ? 2 : k), s8 ? wide : type,
                                n, LN_NO_DIM));
    if (norm)
        LN_TRY(ln_check_operand(c, p->norm + k, wide, n, LN_NO_DIM));
    LN_CHECK(c, norm || !g->norm, "gate %d has layer norm, the forget gate has not", k);
    LN_CHECK(c, k == LN_GATE_C || !g->peep == !l->gate[LN_GATE_F].peep,
             "peepholes are there for some gates only");
    if (l->gate[LN_GATE_F].aux)
        LN_TRY(ln_check_operand(c, p->aux + k, type, n, l->n_aux));
    return LN_OK;
}

static ln_status check_projection(ln_call *c, const places *p, const ln_lstm *l)
{
    const bool s8 = c->in[X]->type == kTfLiteInt8;

    if (!l->proj) {
        LN_CHECK(c, !l->proj_bias, "there is a projection bias but no projection");
        LN_CHECK(c, l->n_output == l->n_cell, "%d cells without a projection give %d outputs",
                 l->n_cell, l->n_output);
        return LN_OK;
    }
    LN_TRY(
        ln_check_operand(c, p->first + PROJ, l->gate[LN_GATE_F].w->type, l->n_output, l->n_cell));
    if (l->proj_bias)
        LN_TRY(ln_check_operand(c, p->first + PROJ_BIAS, s8 ? kTfLiteInt32 : kTfLiteFloat32,
                                l->n_output, LN_NO_DIM));
    return LN_OK;
}

/* Everything that a step relies on; `batch` may be -1. */
static ln_status check_cell(ln_call *c, const places *p, ln_lstm *l, int n_input, int batch)
{
    const TfLiteTensor *x = c->in[X];
    const bool s8 = x->type == kTfLiteInt8;
    const TfLiteType type = l->gate[LN_GATE_F].w->type;

    LN_CHECK(c, l->n_cell > 0 && l->n_output > 0, "%d cells give %d outputs", l->n_cell,
             l->n_output);
    LN_CHECK(c, n_input == l->n_input || n_input < 0,
             "the input has %d features, the weights are for %d", n_input, l->n_input);
    if (s8 ? type != kTfLiteInt8 : x->type != kTfLiteFloat32 || !ln_row_type(type))
        return ln_fail(c->diag, LN_ERR_UNSUPPORTED, "an LSTM with input %s and weights %s",
                       ln_type_name(x->type), ln_type_name(type));
    LN_CHECK(c, l->cell_clip >= 0 && l->proj_clip >= 0, "clip limits %g and %g are negative",
             (double)l->cell_clip, (double)l->proj_clip);

    const ln_lstm_gate *in = &l->gate[LN_GATE_I];
    LN_CHECK(c, !l->cifg || (!in->r && !in->bias && !in->peep && !in->norm),
             "the input gate lacks its input weights but has others");
    for (int k = l->cifg ? LN_GATE_F : LN_GATE_I; k < LN_GATES; k++)
        LN_TRY(check_gate(c, p, l, k));
    LN_TRY(check_projection(c, p, l));
    LN_TRY(ln_check_state(c, p->h, x->type, batch, l->n_output));
    return ln_check_state(c, p->c, s8 ? kTfLiteInt16 : kTfLiteFloat32, batch, l->n_cell);
}

/* The rows of weights' shapes that collect() reads must be there before. */
static ln_status check_output_gate(ln_call *c, const places *p)
{
    const int w = p->first + WEIGHTS + LN_GATE_O, r = p->first + RECURRENT + LN_GATE_O;
    const int forget = p->first + WEIGHTS + LN_GATE_F;

    LN_CHECK(c, ln_has(c, w) && ln_has(c, r) && ln_has(c, forget), "weights are missing");
    const ln_shape ws = ln_shape_of(c->in[w]), rs = ln_shape_of(c->in[r]);
    LN_CHECK(c, ws.rank == 2, "input %d has rank %d, not 2", w, ws.rank);
    LN_CHECK(c, rs.rank == 2 || rs.rank == 1, "input %d has rank %d, not 2", r, rs.rank);
    return LN_OK;
}

/* ---- one direction over time ---- */

static ln_status run_cell(ln_call *c, const ln_lstm *l, const ln_walk *w, const TfLiteTensor *x,
                          const TfLiteTensor *aux, const TfLiteTensor *y)
{
    ln_lstm_s8 q;
    const bool s8 = x->type == kTfLiteInt8;

    if (s8)
        LN_TRY(ln_lstm_s8_scales(c, l, x, y, &q));
    q.group = w->time_major ? w->batch : 1;
    for (int b = 0; b < w->batch; b++) {
        for (int i = 0; i < w->time; i++) {
            const size_t row = ln_walk_row(w, b, i), from = row * (size_t)l->n_input;
            const size_t to = row * (size_t)w->y_row + (size_t)w->y_offset;
            if (s8)
                ln_lstm_step_s8(l, &q, b, x->data.int8 + from, y->data.int8 + to, c->scratch);
            else
                ln_lstm_step(l, b, x->data.f + from,
                             aux ? aux->data.f + row * (size_t)l->n_aux : NULL, y->data.f + to,
                             c->scratch);
        }
    }
    return LN_OK;
}

/* ---- LSTM and UNIDIRECTIONAL_SEQUENCE_LSTM ---- */

enum { DENSE = 2 * LN_GATES + 1 }; /* matrices that may be sparse */

/* LSTM takes sparse constants; which ones, it says itself: those of the full cell for floats. */
static ln_status check_sparsity(ln_call *c, bool hybrid)
{
    for (int i = 0; i < c->n_in; i++) {
        const bool matrix = (i >= FORWARD && i < FORWARD + 2 * LN_GATES) || i == FORWARD + PROJ;
        LN_CHECK(
            c,
            !c->in[i] || !c->in[i]->sparsity ||
                (hybrid && matrix && c->in[i]->type == kTfLiteInt8 && c->in[i]->dims->size == 2),
            "input %d is sparse, which needs a DENSIFY before", i);
    }
    return LN_OK;
}

/* Puts dense tensors in the place of sparse weights; without memory it only counts. */
static void densify(ln_lstm *l, ln_scratch *s, TfLiteTensor dense[DENSE])
{
    const TfLiteTensor **all[DENSE] = {&l->proj};
    for (int k = 0; k < LN_GATES; k++) {
        all[1 + k] = &l->gate[k].w;
        all[1 + LN_GATES + k] = &l->gate[k].r;
    }
    for (int i = 0; i < DENSE; i++) {
        const TfLiteTensor *t = *all[i];
        if (!t || !t->sparsity)
            continue;
        char *data = ln_scratch_take(s, ln_count(t), 1);
        if (!data)
            continue;
        ln_densify(t, data);
        dense[i] = *t;
        dense[i].data.raw = data;
        dense[i].sparsity = NULL;
        *all[i] = &dense[i];
    }
}

static bool is_narrow(const ln_call *c, bool sequence)
{
    return !sequence && c->in[X]->type == kTfLiteInt8 && c->n_mid == LN_LSTM_NARROW_MIDS;
}

static ln_status infer_single(ln_call *c, ln_lstm *l, bool sequence, bool time_major)
{
    const ln_shape x = ln_shape_of(c->in[X]);

    LN_CHECK(c, c->n_in == 20 || c->n_in == 24, "there are %d inputs, not 20 or 24", c->n_in);
    LN_CHECK(c, c->n_out == 1, "there are %d outputs, not 1", c->n_out);
    LN_CHECK(c, x.rank == (sequence ? 3 : 2), "the input has rank %d, not %d", x.rank,
             sequence ? 3 : 2);
    LN_TRY(check_output_gate(c, &single));
    collect(c, &single, l);
    LN_TRY(check_cell(c, &single, l, x.dim[x.rank - 1], x.dim[sequence && time_major ? 1 : 0]));

    if (is_narrow(c, sequence)) {
        LN_TRY(ln_lstm_narrow_infer(c, l));
    } else if (c->in[X]->type == kTfLiteInt8) {
        ln_lstm_s8 q;
        LN_TRY(ln_lstm_s8_scales(c, l, c->in[X], c->out[0], &q));
        LN_TRY(ln_scratch_ask(c, &(ln_scratch){NULL, ln_lstm_scratch_s8(l)}));
    } else {
        ln_scratch s = {NULL, ln_lstm_scratch(l)};
        densify(l, &s, NULL);
        LN_TRY(ln_scratch_ask(c, &s));
    }
    ln_shape y = x;
    y.dim[y.rank - 1] = l->n_output;
    return ln_set_out(c, 0, c->in[X]->type, &y);
}

static ln_status eval_single(ln_call *c, ln_lstm *l, bool sequence, bool time_major)
{
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_walk w = {.batch = x.dim[0], .time = 1, .time_major = time_major};
    TfLiteTensor dense[DENSE];

    collect(c, &single, l);
    if (is_narrow(c, sequence))
        return ln_lstm_narrow_eval(c, l);
    if (c->in[X]->type == kTfLiteFloat32)
        densify(l, &(ln_scratch){c->scratch, ln_lstm_scratch(l)}, dense);
    if (sequence)
        w = ln_walk_over(c->in[X], time_major);
    w.y_row = l->n_output;
    return run_cell(c, l, &w, c->in[X], NULL, c->out[0]);
}

static ln_lstm lstm_of(const TfLiteLSTMParams *p)
{
    return (ln_lstm){.asymmetric = p->asymmetric_quantize_inputs,
                     .activation = p->activation,
                     .cell_clip = p->cell_clip,
                     .proj_clip = p->proj_clip};
}

static ln_status lstm_infer(ln_call *c)
{
    const TfLiteLSTMParams *p = c->params;
    ln_lstm l = lstm_of(p);

    const bool full = p->kernel_type != kTfLiteLSTMBasicKernel;
    LN_TRY(check_sparsity(c, full && c->in[X]->type == kTfLiteFloat32));
    return full ? infer_single(c, &l, false, true) : ln_lstm_basic_infer(c);
}

static ln_status lstm_eval(ln_call *c)
{
    const TfLiteLSTMParams *p = c->params;
    ln_lstm l = lstm_of(p);

    if (p->kernel_type == kTfLiteLSTMBasicKernel)
        return ln_lstm_basic_eval(c);
    return eval_single(c, &l, false, true);
}

static ln_lstm lstm_of_sequence(const TfLiteUnidirectionalSequenceLSTMParams *p)
{
    return (ln_lstm){.asymmetric = p->asymmetric_quantize_inputs,
                     .activation = p->activation,
                     .cell_clip = p->cell_clip,
                     .proj_clip = p->proj_clip};
}

static ln_status sequence_infer(ln_call *c)
{
    const TfLiteUnidirectionalSequenceLSTMParams *p = c->params;
    ln_lstm l = lstm_of_sequence(p);
    return infer_single(c, &l, true, p->time_major);
}

static ln_status sequence_eval(ln_call *c)
{
    const TfLiteUnidirectionalSequenceLSTMParams *p = c->params;
    ln_lstm l = lstm_of_sequence(p);
    return eval_single(c, &l, true, p->time_major);
}

/* ---- BIDIRECTIONAL_SEQUENCE_LSTM ---- */

static ln_lstm lstm_of_bidirectional(const TfLiteBidirectionalSequenceLSTMParams *p)
{
    return (ln_lstm){.asymmetric = p->asymmetric_quantize_inputs,
                     .activation = p->activation,
                     .cell_clip = p->cell_clip,
                     .proj_clip = p->proj_clip};
}

/* A second input without weights of its own is what the backward cell reads. */
static bool aux_has_weights(const ln_call *c)
{
    return ln_has(c, forward.aux + LN_GATE_F);
}

static ln_status bidirectional_infer(ln_call *c)
{
    const TfLiteBidirectionalSequenceLSTMParams *p = c->params;
    const ln_shape x = ln_shape_of(c->in[X]);
    ln_lstm fw = lstm_of_bidirectional(p), bw = fw;
    const bool weights = aux_has_weights(c);

    LN_CHECK(c, c->n_out == (p->merge_outputs ? 1 : 2), "there are %d outputs, not %d", c->n_out,
             p->merge_outputs ? 1 : 2);
    LN_CHECK(c, c->in[X]->type == kTfLiteFloat32, "the input has type %s, not FLOAT32",
             ln_type_name(c->in[X]->type));
    LN_CHECK(c, x.rank == 3, "the input has rank %d, not 3", x.rank);
    LN_TRY(check_output_gate(c, &forward));
    LN_TRY(check_output_gate(c, &backward));
    collect(c, &forward, &fw);
    collect(c, &backward, &bw);

    LN_TRY(ln_check_second_input(c, AUX, &x, weights, ln_has(c, backward.aux + LN_GATE_F)));
    fw.n_aux = bw.n_aux = weights ? ln_shape_of(c->in[AUX]).dim[2] : 0;
    const int batch = x.dim[p->time_major ? 1 : 0];
    LN_TRY(check_cell(c, &forward, &fw, x.dim[2], batch));
    LN_TRY(check_cell(c, &backward, &bw, x.dim[2], batch));
    /* The cells run one after the other and share the memory. */
    const size_t need = LN_MAX(ln_lstm_scratch(&fw), ln_lstm_scratch(&bw));
    LN_TRY(ln_scratch_ask(c, &(ln_scratch){NULL, need}));

    ln_shape y = x;
    const int64_t both = (int64_t)fw.n_output + bw.n_output;
    LN_CHECK(c, both <= INT32_MAX, "%lld outputs are too many", (long long)both);
    y.dim[2] = p->merge_outputs ? (int)both : fw.n_output;
    LN_TRY(ln_set_out(c, 0, kTfLiteFloat32, &y));
    if (p->merge_outputs)
        return LN_OK;
    y.dim[2] = bw.n_output;
    return ln_set_out(c, 1, kTfLiteFloat32, &y);
}

static ln_status bidirectional_eval(ln_call *c)
{
    const TfLiteBidirectionalSequenceLSTMParams *p = c->params;
    ln_lstm fw = lstm_of_bidirectional(p), bw = fw;
    ln_walk w = ln_walk_over(c->in[X], p->time_major);
    const TfLiteTensor *aux = input(c, AUX), *bw_x = c->in[X];

    collect(c, &forward, &fw);
    collect(c, &backward, &bw);
    if (aux && !aux_has_weights(c)) {
        bw_x = aux;
        aux = NULL;
    }
    if (aux)
        fw.n_aux = bw.n_aux = ln_shape_of(aux).dim[2];

    w.y_row = p->merge_outputs ? fw.n_output + bw.n_output : fw.n_output;
    LN_TRY(run_cell(c, &fw, &w, c->in[X], aux, c->out[0]));
    w.backward = true;
    if (p->merge_outputs)
        w.y_offset = fw.n_output;
    else
        w.y_row = bw.n_output;
    return run_cell(c, &bw, &w, bw_x, aux, c->out[p->merge_outputs ? 0 : 1]);
}

/* ---- tables ---- */

static const ln_field lstm_fields[] = {
    LN_FIELD(ACT, 0, TfLiteLSTMParams, activation, 1),
    LN_FIELD(F32, 1, TfLiteLSTMParams, cell_clip, 1),
    LN_FIELD(F32, 2, TfLiteLSTMParams, proj_clip, 1),
    LN_FIELD(ENUM, 3, TfLiteLSTMParams, kernel_type, 2),
    LN_FIELD(BOOL, 4, TfLiteLSTMParams, asymmetric_quantize_inputs, 4),
    {0},
};

static const ln_field sequence_fields[] = {
    LN_FIELD(ACT, 0, TfLiteUnidirectionalSequenceLSTMParams, activation, 1),
    LN_FIELD(F32, 1, TfLiteUnidirectionalSequenceLSTMParams, cell_clip, 1),
    LN_FIELD(F32, 2, TfLiteUnidirectionalSequenceLSTMParams, proj_clip, 1),
    LN_FIELD(BOOL, 3, TfLiteUnidirectionalSequenceLSTMParams, time_major, 1),
    LN_FIELD(BOOL, 4, TfLiteUnidirectionalSequenceLSTMParams, asymmetric_quantize_inputs, 3),
    LN_FIELD(BOOL, 5, TfLiteUnidirectionalSequenceLSTMParams, diagonal_recurrent_tensors, 4),
    {0},
};

static const ln_field bidirectional_fields[] = {
    LN_FIELD(ACT, 0, TfLiteBidirectionalSequenceLSTMParams, activation, 1),
    LN_FIELD(F32, 1, TfLiteBidirectionalSequenceLSTMParams, cell_clip, 1),
    LN_FIELD(F32, 2, TfLiteBidirectionalSequenceLSTMParams, proj_clip, 1),
    LN_FIELD(BOOL, 3, TfLiteBidirectionalSequenceLSTMParams, merge_outputs, 1),
    LN_FIELD_DEFAULT(BOOL, 4, TfLiteBidirectionalSequenceLSTMParams, time_major, 2, 1),
    LN_FIELD(BOOL, 5, TfLiteBidirectionalSequenceLSTMParams, asymmetric_quantize_inputs, 3),
    {0},
};

#define MATRIX  LN_Q_WEIGHT(-1)
#define FOUR    MATRIX, MATRIX, MATRIX, MATRIX
#define PEEP    LN_Q_VECTOR(16, 1)
#define NORM    LN_Q_VECTOR(16, 0)
#define BIAS(k) LN_Q_BIAS_NORM(X, FORWARD + WEIGHTS + (k), 20 + (k))
static const ln_quant one_quant = {
    .in = {[X] = LN_Q_ACTIVATION,
           FOUR,
           FOUR,
           PEEP,
           PEEP,
           PEEP,
           BIAS(0),
           BIAS(1),
           BIAS(2),
           BIAS(3),
           MATRIX,
           LN_Q_BIAS(LN_Q_INNER(4), FORWARD + PROJ),
           LN_Q_STATE(LN_STATE_LIKE_OUTPUT),
           LN_Q_STATE(LN_STATE_POWER),
           NORM,
           NORM,
           NORM,
           NORM},
    .out = {LN_Q_ACTIVATION},
    .hybrid = LN_HYBRID_TENSOR,
    .lacks = LN_Q_NOT_16,
    .n_inner = 5,
    .inner = {{20, 16}, {21, 16}, {22, 16}, {23, 16}, {FORWARD + PROJ, 8}},
};

const ln_op ln_op_lstm = {
    .name = "LSTM",
    .builtin = kTfLiteBuiltinLstm,
    .version = 4,
    .options = 14,
    .min_in = 5,
    .max_in = 24,
    .n_out = -1,
    .optional = OPTIONAL(FORWARD) | BIT(20) | BIT(21) | BIT(22) | BIT(23),
    .traits = LN_STATEFUL | LN_SPARSE,
    .fields = lstm_fields,
    .params_size = sizeof(TfLiteLSTMParams),
    .infer = lstm_infer,
    .eval = lstm_eval,
    .quant = &one_quant,
};

const ln_op ln_op_unidirectional_sequence_lstm = {
    .name = "UNIDIRECTIONAL_SEQUENCE_LSTM",
    .builtin = kTfLiteBuiltinUnidirectionalSequenceLstm,
    .version = 4,
    .options = 71,
    .min_in = 20,
    .max_in = 24,
    .n_out = 1,
    .optional = OPTIONAL(FORWARD) | BIT(20) | BIT(21) | BIT(22) | BIT(23),
    .traits = LN_STATEFUL,
    .fields = sequence_fields,
    .params_size = sizeof(TfLiteUnidirectionalSequenceLSTMParams),
    .infer = sequence_infer,
    .eval = sequence_eval,
    .quant = &one_quant,
};

const ln_op ln_op_bidirectional_sequence_lstm = {
    .name = "BIDIRECTIONAL_SEQUENCE_LSTM",
    .builtin = kTfLiteBuiltinBidirectionalSequenceLstm,
    .version = 3,
    .options = 69,
    .min_in = 48,
    .max_in = 48,
    .n_out = -1,
    .optional = OPTIONAL(FORWARD) | OPTIONAL(BACKWARD) | UINT64_C(0x1ff) << AUX,
    .traits = LN_STATEFUL,
    .fields = bidirectional_fields,
    .params_size = sizeof(TfLiteBidirectionalSequenceLSTMParams),
    .infer = bidirectional_infer,
    .eval = bidirectional_eval,
};
