/* SPDX-License-Identifier: Apache-2.0 */
/* lstm_narrow.c: the LSTM cell in integers with int8 sums (TFLite's 8x8_8 form, LSTM only).
 *
 *   gate = act(norm(int8(W x) + int8(R h)))    c = f . c + (1 - f) . g    h = P (o . tanh(c)) + b
 *
 * Norm and activations go through float.  Layer norm and projection are always there, peepholes
 * never, and the input gate is ignored.  Follows LstmStepInteger8x8_8 in lstm_eval.cc and
 * PopulateQuantizedLstmParams8x8_8 in lstm.cc; lstm_step_s8.c has the usual integer form. */
#include "ops/lstm_narrow.h"

#include <math.h>
#include <string.h>

#include "ops/qmath.h"
#include "ops/recurrent.h"
#include "ops/scratch.h"

enum { X = 0, SUM = 0, WX = 1, RH = 2, PER_GATE = 3 }; /* intermediates of a gate */

typedef struct gate_scales {
    ln_mult w, r;         /* of the products */
    ln_mult sum_x, sum_h; /* from a product to their sum */
    int32_t x_zero, h_zero;
    float norm;
} gate_scales;

typedef struct scales {
    gate_scales gate[LN_GATES];
    ln_mult proj;
    int16_t cell_clip;
    int8_t proj_clip;
} scales;

typedef struct memory {
    int16_t *gate[LN_GATES];
    int8_t *wx, *rh;
} memory;

static memory cut(const ln_lstm *l, ln_scratch *s)
{
    memory m = {0};

    for (int k = LN_GATE_F; k < LN_GATES; k++)
        m.gate[k] = ln_scratch_take(s, l->n_cell, sizeof(int16_t));
    m.wx = ln_scratch_take(s, l->n_cell, 1);
    m.rh = ln_scratch_take(s, l->n_cell, 1);
    return m;
}

/* ---- scales ---- */

static ln_status multiplier(ln_call *c, float real, const char *what, ln_mult *m)
{
    LN_TRY(ln_lstm_check_multiplier(c, real, what));
    *m = ln_quantize_multiplier(real);
    return LN_OK;
}

static ln_status scales_of_gate(ln_call *c, const ln_lstm *l, int k, gate_scales *s)
{
    const ln_lstm_gate *g = &l->gate[k];
    const TfLiteTensor *const *mid = c->mid + k * PER_GATE;

    LN_CHECK(c, g->norm, "an LSTM with 12 intermediate tensors lacks the layer norm of gate %d", k);
    LN_TRY(ln_lstm_check_scale(c, g->w, "input weight"));
    LN_TRY(ln_lstm_check_scale(c, g->r, "recurrent weight"));
    LN_TRY(ln_lstm_check_scale(c, g->norm, "layer norm coefficient"));
    LN_TRY(ln_lstm_check_multiplier(c, g->norm->params.scale, "layer norm"));

    const float sum = mid[SUM]->params.scale, wx = mid[WX]->params.scale;
    const float rh = mid[RH]->params.scale;
    const ln_mult norm = ln_quantize_multiplier(g->norm->params.scale);
    s->norm = (float)ldexp(norm.mul, norm.shift - 31);
    s->x_zero = mid[WX]->params.zero_point;
    s->h_zero = mid[RH]->params.zero_point;
    LN_TRY(multiplier(c, g->w->params.scale * c->in[X]->params.scale / wx, "input", &s->w));
    LN_TRY(multiplier(c, g->r->params.scale * l->h->params.scale / rh, "last output", &s->r));
    LN_TRY(multiplier(c, wx / sum, "input's sum", &s->sum_x));
    return multiplier(c, rh / sum, "last output's sum", &s->sum_h);
}

static ln_status check_mids(ln_call *c)
{
    for (int i = 0; i < LN_LSTM_NARROW_MIDS; i++) {
        LN_CHECK(c, c->mid[i], "intermediate tensor %d is missing", i);
        LN_TRY(ln_lstm_check_scale(c, c->mid[i], "intermediate"));
        const int zero = c->mid[i]->params.zero_point;
        LN_CHECK(c, zero >= INT8_MIN && zero <= INT8_MAX,
                 "intermediate tensor %d has zero point %d, not in [-128, 127]", i, zero);
    }
    return LN_OK;
}

static ln_status find_scales(ln_call *c, const ln_lstm *l, scales *q)
{
    const float h = l->h->params.scale;

    *q = (scales){0};
    LN_CHECK(c, l->proj && l->proj_bias,
             "an LSTM with 12 intermediate tensors lacks the projection or its bias");
    LN_TRY(check_mids(c));
    LN_TRY(ln_lstm_check_scale(c, c->in[X], "input"));
    LN_TRY(ln_lstm_check_scale(c, c->out[0], "output"));
    LN_TRY(ln_lstm_check_scale(c, l->h, "output state"));
    LN_TRY(ln_lstm_check_scale(c, l->proj, "projection weight"));
    LN_CHECK(c, l->c->params.scale == 1.0f / 32768, "the cell state has scale %g, not 2^-15",
             (double)l->c->params.scale);
    for (int k = LN_GATE_F; k < LN_GATES; k++)
        LN_TRY(scales_of_gate(c, l, k, &q->gate[k]));

    /* TFLite reads past the end of a table of multipliers for the output gate: it meets the
     * exponent of another gate there, and takes that gate's zero point. */
    gate_scales *const o = &q->gate[LN_GATE_O];
    o->sum_h.mul = q->gate[LN_GATE_F].sum_h.shift;
    o->h_zero = q->gate[LN_GATE_C].x_zero;

    const double proj = l->proj->params.scale * ldexp(1, -15) / h;
    LN_CHECK(c, proj < 64, "the multiplier of the projection is %g, not below 64", proj);
    LN_TRY(multiplier(c, (float)proj, "projection", &q->proj));
    if (l->cell_clip > 0 && l->cell_clip < 1)
        q->cell_clip = (int16_t)(l->cell_clip * 32768 < 32767 ? l->cell_clip * 32768 : 32767);
    if (l->proj_clip > 0) {
        const float clip = l->proj_clip / c->out[0]->params.scale;
        q->proj_clip = (int8_t)(clip < INT8_MAX ? clip : INT8_MAX);
    }
    return LN_OK;
}

/* ---- the step ---- */

static int16_t narrow(int32_t x)
{
    return (int16_t)ln_clamp(x, INT16_MIN, INT16_MAX);
}

/* Infinities and NaN become the lowest number, as on x86. */
static int32_t to_int(double x)
{
    return x > -2147483649.0 && x < 2147483648.0 ? (int32_t)x : INT32_MIN;
}

static void product(const TfLiteTensor *w, const ln_row *x, ln_mult m, int32_t zero, int rows,
                    int8_t *y)
{
    for (int i = 0; i < rows; i++) {
        const int8_t *row = w->data.int8 + (size_t)i * (size_t)x->n;
        const int32_t v = ln_mul_q(ln_dot_offset_s8(row, x->q, x->zero, x->n), m);
        y[i] = (int8_t)ln_clamp(ln_wrap_add(v, zero), INT8_MIN, INT8_MAX);
    }
}

static void layer_norm(const ln_lstm_gate *g, float scale, int n, int16_t *y)
{
    const float bias_scale = (float)(ldexp(1, -10) * scale);
    float sum = 0, squares = 0;

    for (int i = 0; i < n; i++) {
        sum += (float)y[i];
        squares += (float)y[i] * (float)y[i];
    }
    const float mean = sum / (float)n;
    const float variance = squares / (float)n - mean * mean;
    const float inverse = variance == 0 ? (float)(1.0 / sqrt(1e-8)) : 1.0f / sqrtf(variance);
    for (int i = 0; i < n; i++) {
        const float v = ((float)y[i] - mean) * inverse * (float)g->norm->data.i16[i] * scale +
                        (float)g->bias->data.i32[i] * bias_scale;
        y[i] = narrow(to_int(round(v * 4096.0)));
    }
}

static void squash_tanh(const int16_t *x, int point, int n, int16_t *y)
{
    const float scale = ldexpf(1, -point);

    for (int i = 0; i < n; i++)
        y[i] = narrow((int32_t)(tanhf((float)x[i] * scale) * 32768));
}

static void squash_logistic(int n, int16_t *y)
{
    for (int i = 0; i < n; i++)
        y[i] = narrow((int32_t)(1.0f / (1.0f + expf(-(float)y[i] / 4096)) * 32768));
}

static void run_gate(const ln_lstm *l, const gate_scales *s, int k, const ln_row *rows,
                     const memory *m)
{
    const ln_lstm_gate *g = &l->gate[k];
    const int n = l->n_cell;
    int16_t *const y = m->gate[k];

    product(g->w, &rows[0], s->w, s->x_zero, n, m->wx);
    product(g->r, &rows[1], s->r, s->h_zero, n, m->rh);
    for (int i = 0; i < n; i++)
        y[i] = narrow(ln_wrap_add(ln_mul_q(m->wx[i] - s->x_zero, s->sum_x),
                                  ln_mul_q(m->rh[i] - s->h_zero, s->sum_h)));
    layer_norm(g, s->norm, n, y);
    if (k == LN_GATE_C)
        squash_tanh(y, 12, n, y);
    else
        squash_logistic(n, y);
}

static void project(const ln_lstm *l, const scales *q, const int16_t *hidden, int8_t *h)
{
    for (int i = 0; i < l->n_output; i++) {
        const int8_t *w = l->proj->data.int8 + (size_t)i * (size_t)l->n_cell;
        int64_t acc = l->proj_bias->data.i32[i];
        for (int j = 0; j < l->n_cell; j++)
            acc += hidden[j] * w[j];
        const int32_t v = ln_wrap_add(ln_mul_q64(acc, q->proj), l->h->params.zero_point);
        h[i] = (int8_t)ln_clamp(v, INT8_MIN, INT8_MAX);
        if (q->proj_clip > 0)
            h[i] = (int8_t)ln_clamp(h[i], -q->proj_clip, q->proj_clip);
    }
}

static void step(const ln_lstm *l, const scales *q, const ln_row *rows, int16_t *c, int8_t *h,
                 const memory *m)
{
    const int n = l->n_cell;
    int16_t *const hidden = m->gate[LN_GATE_F];

    run_gate(l, &q->gate[LN_GATE_F], LN_GATE_F, rows, m);
    run_gate(l, &q->gate[LN_GATE_C], LN_GATE_C, rows, m);
    const ln_lstm_s8_cell cell = {.n = n, .log2 = -15, .limit = q->cell_clip};
    ln_lstm_s8_update(&cell, NULL, m->gate[LN_GATE_F], m->gate[LN_GATE_C], c);
    run_gate(l, &q->gate[LN_GATE_O], LN_GATE_O, rows, m);
    squash_tanh(c, 15, n, hidden);
    for (int i = 0; i < n; i++)
        hidden[i] = (int16_t)ln_rounding_divide_by_pot(m->gate[LN_GATE_O][i] * hidden[i], 15);
    project(l, q, hidden, h);
}

ln_status ln_lstm_narrow_infer(ln_call *c, const ln_lstm *l)
{
    scales q;
    ln_scratch s = {0};

    LN_TRY(find_scales(c, l, &q));
    cut(l, &s);
    return ln_scratch_ask(c, &s);
}

ln_status ln_lstm_narrow_eval(ln_call *c, const ln_lstm *l)
{
    const TfLiteTensor *x = c->in[X];
    const size_t n_out = (size_t)l->n_output;
    ln_scratch s = {.base = c->scratch};
    const memory m = cut(l, &s);
    scales q;

    LN_TRY(find_scales(c, l, &q));
    for (int b = 0; b < x->dims->data[0]; b++) {
        int8_t *const h = l->h->data.int8 + (size_t)b * n_out;
        const ln_row rows[2] = {{.q = x->data.int8 + (size_t)b * (size_t)l->n_input,
                                 .zero = x->params.zero_point,
                                 .n = l->n_input},
                                {.q = h, .zero = l->h->params.zero_point, .n = l->n_output}};
        step(l, &q, rows, l->c->data.i16 + (size_t)b * (size_t)l->n_cell, h, &m);
        memcpy(c->out[0]->data.int8 + (size_t)b * n_out, h, n_out);
    }
    return LN_OK;
}
