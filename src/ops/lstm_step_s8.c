/* SPDX-License-Identifier: Apache-2.0 */
/* lstm_step_s8.c: one step of the full LSTM cell in integers: int8 input, weights and output,
 * int16 gates (Q3.12 before, Q0.15 after the activation) and cell state (a power of two).
 *
 * Follows CalculateLstmGateInteger8x8_16 and its helpers in lstm_eval.cc and
 * portable_tensor_utils.cc bit for bit; float arithmetic is in lstm_step.c. */
#include "ops/lstm_step.h"

#include <math.h>
#include <string.h>

#include "ops/qmath.h"
#include "ops/recurrent.h"
#include "ops/scratch.h"

enum { HIDDEN = 4, N_INTERMEDIATES = 5 };

typedef struct memory {
    int16_t *gate[LN_GATES];
    int8_t *hidden;
} memory;

static memory cut(const ln_lstm *l, ln_scratch *s)
{
    memory m;

    for (int k = 0; k < LN_GATES; k++)
        m.gate[k] = ln_scratch_take(s, l->n_cell, sizeof(int16_t));
    m.hidden = ln_scratch_take(s, l->n_cell, sizeof(int8_t));
    return m;
}

size_t ln_lstm_scratch_s8(const ln_lstm *l)
{
    ln_scratch s = {0};

    cut(l, &s);
    return s.used;
}

/* ---- scales ---- */

ln_status ln_lstm_check_scale(ln_call *c, const TfLiteTensor *t, const char *what)
{
    LN_CHECK(c, isfinite(t->params.scale) && t->params.scale > 0,
             "the %s has scale %g, not a positive number", what, (double)t->params.scale);
    return LN_OK;
}

/* Fixed-point multipliers hold magnitudes up to 2^30. */
ln_status ln_lstm_check_multiplier(ln_call *c, double m, const char *what)
{
    LN_CHECK(c, m >= 0 && m < 1 << 30, "the multiplier of the %s is %g, outside of [0, 2^30)", what,
             m);
    return LN_OK;
}

static ln_status gate_scales(ln_call *c, const ln_lstm *l, int k, const TfLiteTensor *x,
                             ln_lstm_s8 *q)
{
    const ln_lstm_gate *g = &l->gate[k];
    ln_lstm_s8_gate *s = &q->gate[k];
    float inner = ldexpf(1, -12); /* scale before the activation */

    LN_TRY(ln_lstm_check_scale(c, g->w, "input weight"));
    LN_TRY(ln_lstm_check_scale(c, g->r, "recurrent weight"));
    if (g->norm) {
        LN_TRY(ln_lstm_check_scale(c, c->mid[k], "intermediate"));
        LN_TRY(ln_lstm_check_scale(c, g->norm, "layer norm coefficient"));
        inner = c->mid[k]->params.scale;
        s->norm = g->norm->params.scale;
        const float guard = 10000 * g->norm->params.scale;
        s->guard = guard < 1 ? 1 : guard > 1e9f ? 1000000000 : (int32_t)guard;
    }
    s->w = g->w->params.scale * x->params.scale / inner;
    s->r = g->r->params.scale * l->h->params.scale / inner;
    if (g->peep) {
        LN_TRY(ln_lstm_check_scale(c, g->peep, "peephole weight"));
        s->peep = (float)(ldexp(1, q->cell_log2) * g->peep->params.scale / inner);
    }
    LN_TRY(ln_lstm_check_multiplier(c, s->w, "input"));
    LN_TRY(ln_lstm_check_multiplier(c, s->r, "last output"));
    LN_TRY(ln_lstm_check_multiplier(c, s->peep, "peephole"));
    return ln_lstm_check_multiplier(c, ldexp(s->norm, 12), "layer norm");
}

/* The cell state's scale must be a power of two for the fixed-point tanh to read it. */
static ln_status cell_scale(ln_call *c, const TfLiteTensor *t, int *log2_scale)
{
    LN_TRY(ln_lstm_check_scale(c, t, "cell state"));
    const float exact = logf(t->params.scale) * (1.0f / logf(2.0f));
    const float rounded = roundf(exact);

    LN_CHECK(c, fabsf(exact - rounded) < 1e-3f && rounded >= -15 && rounded <= -9,
             "the cell state has scale %g, not a power of two from 2^-15 to 2^-9",
             (double)t->params.scale);
    *log2_scale = (int)rounded;
    return LN_OK;
}

static float clamp_f32(float x, float lo, float hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

ln_status ln_lstm_s8_scales(ln_call *c, const ln_lstm *l, const TfLiteTensor *x,
                            const TfLiteTensor *y, ln_lstm_s8 *q)
{
    *q = (ln_lstm_s8){0};
    LN_CHECK(c, c->n_mid == N_INTERMEDIATES, "there are %d intermediate tensors, not %d", c->n_mid,
             (int)N_INTERMEDIATES);
    for (int i = 0; i < N_INTERMEDIATES; i++)
        LN_CHECK(c, c->mid[i], "intermediate tensor %d is missing", i);

    LN_TRY(ln_lstm_check_scale(c, x, "input"));
    LN_TRY(ln_lstm_check_scale(c, y, "output"));
    LN_TRY(ln_lstm_check_scale(c, l->h, "output state"));
    LN_TRY(ln_lstm_check_scale(c, c->mid[HIDDEN], "hidden state"));
    LN_TRY(cell_scale(c, l->c, &q->cell_log2));
    for (int k = l->cifg ? LN_GATE_F : LN_GATE_I; k < LN_GATES; k++)
        LN_TRY(gate_scales(c, l, k, x, q));

    const float hidden = c->mid[HIDDEN]->params.scale;
    q->hidden = (float)(ldexp(1, -15) / hidden * ldexp(1, -15));
    LN_TRY(ln_lstm_check_multiplier(c, q->hidden, "hidden state"));
    if (l->proj) {
        LN_TRY(ln_lstm_check_scale(c, l->proj, "projection weight"));
        q->proj = l->proj->params.scale * hidden / l->h->params.scale;
        LN_TRY(ln_lstm_check_multiplier(c, q->proj, "projection"));
    }
    q->x_zero = x->params.zero_point;
    q->h_zero = l->h->params.zero_point;
    q->hidden_zero = c->mid[HIDDEN]->params.zero_point;
    LN_CHECK(c, q->hidden_zero >= INT8_MIN && q->hidden_zero <= INT8_MAX,
             "the hidden state has zero point %d, not in [-128, 127]", (int)q->hidden_zero);
    LN_CHECK(c, q->h_zero >= INT8_MIN && q->h_zero <= INT8_MAX,
             "the output state has zero point %d, not in [-128, 127]", (int)q->h_zero);
    if (l->cell_clip > 0)
        q->cell_clip = (int16_t)clamp_f32(l->cell_clip / l->c->params.scale, 0, INT16_MAX);
    if (l->proj_clip > 0)
        q->proj_clip = (int8_t)clamp_f32(l->proj_clip / y->params.scale, 0, INT8_MAX);
    return LN_OK;
}

/* ---- the step ---- */

static int32_t clamp(int64_t x, int32_t lo, int32_t hi)
{
    return x < lo ? lo : x > hi ? hi : (int32_t)x;
}

/* Products wrap as int32 does. */
static int32_t wrap_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static void add_scaled(const ln_row_loops *loops, const int32_t *acc, ln_mult m, int n, int16_t *y)
{
    if (loops && m.mul > 0 && m.shift <= 30 && m.shift >= -31) {
        loops->add_s16(y, acc, (size_t)n, m.mul, LN_MAX(m.shift, 0), LN_MAX(-m.shift, 0));
        return;
    }
    for (int i = 0; i < n; i++)
        y[i] = (int16_t)clamp((int64_t)ln_mul_q(acc[i], m) + y[i], INT16_MIN, INT16_MAX);
}

typedef struct product {
    const TfLiteTensor *w;
    const int32_t *bias;
    const ln_row *x;
    ln_mult m;
    int16_t *y;
} product;

static void add_rows(void *arg, size_t begin, size_t end, int thread)
{
    const product *p = arg;
    int32_t acc[LN_ROW_BLOCK];
    (void)thread;
    for (size_t at = begin; at < end; at += LN_ROW_BLOCK) {
        const size_t n = LN_MIN(end - at, (size_t)LN_ROW_BLOCK);
        ln_dots_offset_s8(p->w->data.int8 + at * (size_t)p->x->n, p->x, (int)n, acc);
        for (size_t i = 0; i < n && p->bias; i++)
            acc[i] = wrap_add(acc[i], p->bias[at + i]);
        add_scaled(p->x->loops, acc, p->m, (int)n, p->y + at);
    }
}

static void add_product(const TfLiteTensor *w, const int32_t *bias, const ln_row *x, double scale,
                        int rows, int16_t *y)
{
    product p = {w, bias, x, ln_quantize_multiplier(scale), y};
    ln_row_share(x, rows, add_rows, &p);
}

static void layer_norm(const ln_lstm_gate *g, const ln_lstm_s8_gate *s, int n, int16_t *y)
{
    const ln_mult m = ln_quantize_multiplier(s->norm);
    const ln_mult out = {m.mul, m.shift + 12};
    int64_t sum = 0, squares = 0;

    for (int i = 0; i < n; i++) {
        sum += y[i];
        squares += (int32_t)y[i] * y[i];
    }
    const int32_t mean = (int32_t)(sum * 1024 / n);
    const int64_t spread = squares * ((1 << 20) / n) - (int64_t)mean * mean;
    int32_t variance = (int32_t)(spread / (1 << 20));
    if (variance < 1)
        variance = s->guard;
    const ln_mult inverse = ln_inv_sqrt_multiplier(variance);

    for (int i = 0; i < n; i++) {
        const int32_t v = ln_mul_q(1024 * y[i] - mean, inverse);
        const int64_t weighted = (int64_t)v * g->norm->data.i16[i] + g->bias->data.i32[i];
        const int64_t wrapped = (int32_t)(uint32_t)weighted;
        const int32_t scaled = (int32_t)((wrapped > 0 ? wrapped + 512 : wrapped - 512) / 1024);
        y[i] = (int16_t)clamp(ln_mul_q(scaled, out), INT16_MIN, INT16_MAX);
    }
}

/* TFLite walks over outputs x rows here, not cells x rows: with a projection the last cells go
 * without, and the weights shift from row to row. */
static void add_peephole(const ln_lstm *l, const ln_lstm_s8 *q, int k, int b, const int16_t *c,
                         int16_t *y)
{
    const int16_t *w = l->gate[k].peep->data.i16;
    const ln_mult m = ln_quantize_multiplier(q->gate[k].peep);
    const size_t n = (size_t)l->n_cell, n_out = (size_t)l->n_output;
    const size_t first = q->group > 1 ? (size_t)b * n : 0, end = (size_t)q->group * n_out;

    for (size_t i = 0; i < n && first + i < end; i++) {
        const int32_t weight = w[n_out < n ? (first + i) % n_out : i];
        y[i] = (int16_t)clamp((int64_t)ln_mul_q(weight * c[i], m) + y[i], INT16_MIN, INT16_MAX);
    }
}

static void gate(const ln_row_loops *loops, bool tanh, int bits, const int16_t *x, int n,
                 int16_t *y)
{
    if (loops) {
        (tanh ? loops->tanh_s16 : loops->logistic_s16)(y, x, (size_t)n, bits);
        return;
    }
    for (int i = 0; i < n; i++)
        y[i] = tanh ? ln_fx_tanh16(x[i], bits) : ln_fx_logistic16(x[i], bits);
}

static void run_gate(const ln_lstm *l, const ln_lstm_s8 *q, int k, int b, const int8_t *x,
                     int16_t *y)
{
    const ln_lstm_gate *g = &l->gate[k];
    const ln_lstm_s8_gate *s = &q->gate[k];
    const int n = l->n_cell;
    const int8_t *h = l->h->data.int8 + (size_t)b * (size_t)l->n_output;
    const int16_t *c = l->c->data.i16 + (size_t)b * (size_t)n;

    const ln_row row = {.q = x, .zero = q->x_zero, .n = l->n_input, .loops = l->loops};
    const ln_row last = {.q = h, .zero = q->h_zero, .n = l->n_output, .loops = l->loops};

    memset(y, 0, (size_t)n * sizeof(*y));
    add_product(g->w, g->norm ? NULL : g->bias->data.i32, &row, s->w, n, y);
    add_product(g->r, NULL, &last, s->r, n, y);
    if (g->peep)
        add_peephole(l, q, k, b, c, y);
    if (g->norm)
        layer_norm(g, s, n, y);
    gate(l->loops, k == LN_GATE_C, 3, y, n, y);
}

void ln_lstm_s8_update(const ln_lstm_s8_cell *cell, const int16_t *in, const int16_t *forget,
                       const int16_t *g, int16_t *c)
{
    const int32_t limit = cell->limit;

    for (int i = 0; i < cell->n; i++) {
        const int32_t gate = in ? in[i] : INT16_MAX - forget[i];
        const int32_t kept = ln_rounding_divide_by_pot((int32_t)forget[i] * c[i], 15);
        const int32_t fresh = ln_rounding_divide_by_pot(gate * g[i], 30 + cell->log2);
        const int32_t sum = clamp((int16_t)kept + (int16_t)fresh, INT16_MIN, INT16_MAX);
        c[i] = (int16_t)(limit > 0 ? clamp(sum, -limit, limit) : sum);
    }
}

static void project(const ln_lstm *l, const ln_lstm_s8 *q, const int8_t *hidden, int8_t *h)
{
    const ln_mult m = ln_quantize_multiplier(q->proj);
    const int32_t limit = q->proj_clip;

    for (int i = 0; i < l->n_output; i++) {
        const int8_t *w = l->proj->data.int8 + (size_t)i * (size_t)l->n_cell;
        const int32_t dot = ln_dot_offset_s8(w, hidden, -q->hidden_zero, l->n_cell);
        const int32_t acc = l->proj_bias ? wrap_add(dot, l->proj_bias->data.i32[i]) : dot;
        const int32_t v = clamp((int64_t)ln_mul_q(acc, m) + q->h_zero, INT8_MIN, INT8_MAX);
        h[i] = (int8_t)(limit > 0 ? clamp(v, -limit, limit) : v);
    }
}

void ln_lstm_step_s8(const ln_lstm *l, const ln_lstm_s8 *q, int b, const int8_t *x, int8_t *y,
                     void *scratch)
{
    const size_t n = (size_t)l->n_cell, n_out = (size_t)l->n_output;
    ln_scratch s = {.base = scratch};
    const memory mem = cut(l, &s);
    int8_t *const hidden = mem.hidden;
    int16_t *const c = l->c->data.i16 + (size_t)b * n;
    int8_t *const h = l->h->data.int8 + (size_t)b * n_out;
    const ln_mult m = ln_quantize_multiplier(q->hidden);
    const ln_lstm_s8_cell cell = {.n = l->n_cell, .log2 = q->cell_log2, .limit = q->cell_clip};
    /* With a projection TFLite gives the hidden state the negated zero point. */
    const int32_t zero = l->proj ? -q->hidden_zero : q->hidden_zero;

    for (int k = l->cifg ? LN_GATE_F : LN_GATE_I; k < LN_GATE_O; k++)
        run_gate(l, q, k, b, x, mem.gate[k]);
    ln_lstm_s8_update(&cell, l->cifg ? NULL : mem.gate[LN_GATE_I], mem.gate[LN_GATE_F],
                      mem.gate[LN_GATE_C], c);
    run_gate(l, q, LN_GATE_O, b, x, mem.gate[LN_GATE_O]);

    int16_t *const squashed = mem.gate[LN_GATE_C]; /* the update is done with it */
    gate(l->loops, true, 15 + q->cell_log2, c, l->n_cell, squashed);
    for (size_t i = 0; i < n; i++) {
        const int32_t v = ln_mul_q(mem.gate[LN_GATE_O][i] * squashed[i], m);
        hidden[i] = (int8_t)clamp((int64_t)v + zero, INT8_MIN, INT8_MAX);
    }
    if (l->proj)
        project(l, q, hidden, h);
    else
        memcpy(h, hidden, n_out);
    memcpy(y, h, n_out);
}
