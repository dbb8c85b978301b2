/* SPDX-License-Identifier: Apache-2.0 */
/* lstm_step.c: one step of the full LSTM cell in float, with float or 8-bit weights.
 *
 *   gate = act(norm(W x + A aux + R h + p . c) + bias)       (no norm: bias comes first)
 *   c = clip(f . c + i . g)     o = gate with the new c     h = clip(P (o . act(c)) + bias)
 *
 * TFLite computes all rows of a batch together; rows do not meet, so one at a time is the same.
 * Integers are in lstm_step_s8.c. */
#include "ops/lstm_step.h"

#include <math.h>
#include <string.h>

#include "ops/recurrent.h"
#include "ops/scratch.h"

/* The rows that all gates of one step see. */
typedef struct step_rows {
    ln_row x, aux, h;
    const float *c;
} step_rows;

typedef struct memory {
    float *gate[LN_GATES], *hidden;
    int8_t *x, *aux, *h, *quantized; /* rows as 8-bit weights want them */
} memory;

static memory cut(const ln_lstm *l, ln_scratch *s)
{
    memory m;

    for (int k = 0; k < LN_GATES; k++)
        m.gate[k] = ln_scratch_take(s, l->n_cell, sizeof(float));
    m.hidden = ln_scratch_take(s, l->n_cell, sizeof(float));
    m.x = ln_scratch_take(s, l->n_input, 1);
    m.aux = ln_scratch_take(s, l->n_aux, 1);
    m.h = ln_scratch_take(s, l->n_output, 1);
    m.quantized = ln_scratch_take(s, l->n_cell, 1);
    return m;
}

size_t ln_lstm_scratch(const ln_lstm *l)
{
    ln_scratch s = {0};

    cut(l, &s);
    return s.used;
}

static void normalize(float *y, int n)
{
    float sum = 0, squares = 0;

    for (int i = 0; i < n; i++)
        sum += y[i];
    const float mean = sum / (float)n;
    for (int i = 0; i < n; i++)
        squares += (y[i] - mean) * (y[i] - mean);
    const float scale = 1.0f / sqrtf(squares / (float)n + 1e-8f);
    for (int i = 0; i < n; i++)
        y[i] = (y[i] - mean) * scale;
}

static void add_peephole(const TfLiteTensor *w, const float *c, int n, float *y)
{
    if (w->type == kTfLiteFloat32) {
        for (int i = 0; i < n; i++)
            y[i] += w->data.f[i] * c[i];
    } else {
        for (int i = 0; i < n; i++)
            y[i] += w->params.scale * w->data.int8[i] * c[i];
    }
}

static void show(const ln_lstm *l, const TfLiteTensor *operand, const float *x, int n)
{
    if (l->watch && operand)
        l->watch->see(l->watch, operand, x, (size_t)n);
}

static void run_gate(const ln_lstm *l, const ln_lstm_gate *g, const step_rows *rows,
                     TfLiteFusedActivation act, float *y)
{
    const int n = l->n_cell;
    const size_t bytes = (size_t)n * sizeof(float);

    if (g->norm)
        memset(y, 0, bytes);
    else
        memcpy(y, g->bias->data.f, bytes);
    ln_row_product(g->w, &rows->x, n, y);
    if (g->aux && rows->aux.f)
        ln_row_product(g->aux, &rows->aux, n, y);
    ln_row_product(g->r, &rows->h, n, y);
    if (g->peep)
        add_peephole(g->peep, rows->c, n, y);
    if (g->norm) {
        show(l, g->norm, y, n);
        normalize(y, n);
        for (int i = 0; i < n; i++)
            y[i] = y[i] * g->norm->data.f[i] + g->bias->data.f[i];
    }
    ln_activate_row(l->loops, act, y, n, y);
}

static void clip(float *y, int n, float limit)
{
    if (limit <= 0)
        return;
    for (int i = 0; i < n; i++)
        y[i] = y[i] > limit ? limit : y[i] < -limit ? -limit : y[i];
}

static void update_cell(const ln_lstm *l, const float *in, const float *forget, const float *g,
                        float *c)
{
    for (int i = 0; i < l->n_cell; i++)
        c[i] = forget[i] * c[i] + g[i] * (l->cifg ? 1.0f - forget[i] : in[i]);
    clip(c, l->n_cell, l->cell_clip);
}

/* h = P hidden + bias; without a projection there is nothing to do but to copy. */
static void project(const ln_lstm *l, const float *hidden, float *h, int8_t *q)
{
    if (!l->proj) {
        memcpy(h, hidden, (size_t)l->n_output * sizeof(float));
        return;
    }
    ln_row row = ln_row_for(l->proj->type, hidden, l->n_cell, l->asymmetric, q);
    row.loops = l->loops;
    for (int i = 0; i < l->n_output; i++)
        h[i] = l->proj_bias ? l->proj_bias->data.f[i] : 0;
    ln_row_product(l->proj, &row, l->n_output, h);
    clip(h, l->n_output, l->proj_clip);
}

void ln_lstm_step(const ln_lstm *l, int b, const float *x, const float *aux, float *y,
                  void *scratch)
{
    const size_t n = (size_t)l->n_cell;
    ln_scratch s = {.base = scratch};
    const memory m = cut(l, &s);
    float *const c = l->c->data.f + (size_t)b * n;
    float *const h = l->h->data.f + (size_t)b * (size_t)l->n_output;
    const TfLiteType type = l->gate[LN_GATE_F].w->type;
    step_rows rows = {.c = c};

    rows.x = ln_row_for(type, x, l->n_input, l->asymmetric, m.x);
    rows.h = ln_row_for(type, h, l->n_output, l->asymmetric, m.h);
    if (aux)
        rows.aux = ln_row_for(type, aux, l->n_aux, l->asymmetric, m.aux);
    rows.x.loops = rows.aux.loops = rows.h.loops = l->loops;

    if (!l->cifg)
        run_gate(l, &l->gate[LN_GATE_I], &rows, kTfLiteActSigmoid, m.gate[LN_GATE_I]);
    run_gate(l, &l->gate[LN_GATE_F], &rows, kTfLiteActSigmoid, m.gate[LN_GATE_F]);
    run_gate(l, &l->gate[LN_GATE_C], &rows, l->activation, m.gate[LN_GATE_C]);
    update_cell(l, m.gate[LN_GATE_I], m.gate[LN_GATE_F], m.gate[LN_GATE_C], c);
    show(l, l->c, c, l->n_cell);
    run_gate(l, &l->gate[LN_GATE_O], &rows, kTfLiteActSigmoid, m.gate[LN_GATE_O]);

    /* TFLite's kernels leave the cell gate there when no activation fills it. */
    const float *state = l->activation == kTfLiteActNone ? m.gate[LN_GATE_C] : c;
    ln_activate_row(l->loops, l->activation, state, l->n_cell, m.hidden);
    for (size_t i = 0; i < n; i++)
        m.hidden[i] *= m.gate[LN_GATE_O][i];
    show(l, l->proj, m.hidden, l->n_cell);
    project(l, m.hidden, h, m.quantized);
    memcpy(y, h, (size_t)l->n_output * sizeof(float));
}
