/* SPDX-License-Identifier: Apache-2.0 */
/* recurrent.c: LSTM, RNN, SVDF and their kin: the operators' own eval with the engine's inner loops
 * (ops/recurrent.h).  Weights stay as they are: a step reads each once, row by row. */
#include "ops/recurrent.h"
#include "cpu/row.h"

extern const ln_op ln_op_lstm, ln_op_unidirectional_sequence_lstm, ln_op_rnn,
    ln_op_unidirectional_sequence_rnn, ln_op_bidirectional_sequence_rnn, ln_op_svdf;

typedef struct plan {
    ln_row_loops loops;
} plan;

static bool claims(const ln_call *c)
{
    return c->n_in > 0 && c->in[0] &&
           (c->in[0]->type == kTfLiteFloat32 || c->in[0]->type == kTfLiteInt8);
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_recurrent_kernels *fn = &k->fn->recurrent;
    p->loops = (ln_row_loops){
        .dots_f32 = fn->dots_f32,
        .dots_s8 = fn->dots_s8,
        .add_s16 = fn->add_s16,
        .logistic_s16 = fn->logistic_s16,
        .tanh_s16 = fn->tanh_s16,
        .logistic_f32 = k->fn->unary.f32[LN_UNARY_LOGISTIC],
        .tanh_f32 = k->fn->unary.f32[LN_UNARY_TANH],
    };
    k->scratch_bytes = c->scratch_bytes;
    return LN_OK;
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    ln_row_loops loops = p->loops;
    ln_call call = *c;
    loops.pool = k->pool; /* which is this run's */
    call.loops = &loops;
    call.scratch = k->scratch;
    call.run = true;
    /* infer was content with the types and shapes, which is all that these can fail for */
    if (k->nodes[0].op->eval(&call) != LN_OK)
        return;
}

#define RECURRENT(lower)                \
    const ln_cpu_row ln_cpu_##lower = { \
        .op = &ln_op_##lower,           \
        .plan_size = sizeof(plan),      \
        .traits = LN_CPU_STATE,         \
        .claims = claims,               \
        .plan = make_plan,              \
        .run = run,                     \
    };
RECURRENT(lstm)
RECURRENT(unidirectional_sequence_lstm)
RECURRENT(rnn)
RECURRENT(unidirectional_sequence_rnn)
RECURRENT(bidirectional_sequence_rnn)
RECURRENT(svdf)
