/* SPDX-License-Identifier: Apache-2.0 */
/* lstm_basic.c: LSTM of kernel type BASIC: one weight matrix for all gates, float or uint8.
 *
 *   x [batch, k]    h [batch, n]    W [4n, k + n]    bias [4n]    c [batch, n]
 *   y, c' [batch, n]    temporary outputs: x and h side by side, and the gates before activation
 *
 * Gates stand in the order input, modulation, forget, output.  uint8 follows LstmCell of
 * internal/reference/reference_ops.h: Q3.12 gates, Q4.11 state, activations in steps of 1/128. */
#include "ops/lstm_basic.h"

#include <math.h>
#include <string.h>

#include "ops/qmath.h"
#include "ops/recurrent.h"

enum { X, H, W, BIAS, C, N_IN };
enum { Y, NEW_C, CONCAT, GATES, N_OUT };
enum { IN, MODULATION, FORGET, OUTPUT };
enum { STATE_BITS = 4 };

ln_status ln_lstm_basic_infer(ln_call *c)
{
    LN_CHECK(c, c->n_in == N_IN && c->n_out == N_OUT,
             "there are %d inputs and %d outputs, not 5 "
             "and 4",
             c->n_in, c->n_out);
    LN_CHECK(c, ln_has(c, H), "input %d is missing", (int)H);
    const TfLiteType type = c->in[X]->type;
    const bool u8 = type == kTfLiteUInt8;
    const ln_shape x = ln_shape_of(c->in[X]), h = ln_shape_of(c->in[H]);

    if (!u8 && type != kTfLiteFloat32)
        return ln_fail_type(c, X);
    LN_CHECK(c, x.rank == 2 && h.rank == 2, "inputs 0 and 1 have ranks %d and %d, not 2", x.rank,
             h.rank);
    const int batch = x.dim[0], k = x.dim[1], n = h.dim[1];
    LN_CHECK(c, n <= INT32_MAX / 4 && k <= INT32_MAX - n, "%d features and %d cells are too many",
             k, n);
    const int total = k < 0 || n < 0 ? -1 : k + n, four = n < 0 ? -1 : 4 * n;
    const TfLiteType state = u8 ? kTfLiteInt16 : type;

    LN_TRY(ln_check_operand(c, H, type, batch, n));
    LN_TRY(ln_check_operand(c, W, type, four, total));
    LN_TRY(ln_check_operand(c, BIAS, u8 ? kTfLiteInt32 : type, four, LN_NO_DIM));
    LN_TRY(ln_check_operand(c, C, state, batch, n));
    if (u8) {
        const float scale = c->out[NEW_C]->params.scale, unit = c->in[BIAS]->params.scale;
        LN_CHECK(c, fabsf(scale - ldexpf(1, STATE_BITS - 15)) < 1e-6f,
                 "the state has scale %g, not 2^-11", (double)scale);
        LN_CHECK(c, unit > 0 && unit < 1 << 17, "the bias has scale %g, not in (0, 2^17)",
                 (double)unit);
    }
    const ln_shape y = {2, {batch, n}}, concat = {2, {batch, total}}, gates = {2, {batch, four}};
    LN_TRY(ln_set_out(c, Y, type, &y));
    LN_TRY(ln_set_out(c, NEW_C, state, &y));
    LN_TRY(ln_set_out(c, CONCAT, type, &concat));
    return ln_set_out(c, GATES, state, &gates);
}

/* One row: x and h side by side. */
static void concat(const ln_call *c, int b, int k, int n, size_t size)
{
    const size_t xs = (size_t)k * size, hs = (size_t)n * size;
    char *to = c->out[CONCAT]->data.raw + (size_t)b * (xs + hs);

    memcpy(to, c->in[X]->data.raw + (size_t)b * xs, xs);
    memcpy(to + xs, c->in[H]->data.raw + (size_t)b * hs, hs);
}

static void row_f32(const ln_call *c, int b, int k, int n)
{
    const float *in = c->out[CONCAT]->data.f + (size_t)b * (size_t)(k + n);
    const size_t from = (size_t)b * (size_t)n;
    float *g = c->out[GATES]->data.f + 4 * from;
    const ln_row row = {.f = in, .n = k + n, .loops = c->loops};

    memcpy(g, c->in[BIAS]->data.f, 4 * (size_t)n * sizeof(float));
    ln_row_product(c->in[W], &row, 4 * n, g);
    for (int i = 0; i < n; i++) {
        const float gate = ln_activate(kTfLiteActSigmoid, g[IN * n + i]);
        const float forget = ln_activate(kTfLiteActSigmoid, g[FORGET * n + i]);
        const float out = ln_activate(kTfLiteActSigmoid, g[OUTPUT * n + i]);
        const float state =
            gate * tanhf(g[MODULATION * n + i]) + forget * c->in[C]->data.f[from + (size_t)i];
        c->out[NEW_C]->data.f[from + (size_t)i] = state;
        c->out[Y]->data.f[from + (size_t)i] = out * tanhf(state);
    }
}

static int32_t clamp16(int64_t x)
{
    return x < INT16_MIN ? INT16_MIN : x > INT16_MAX ? INT16_MAX : (int32_t)x;
}

/* The matrix product here is an optimized one in TFLite, whose last rounding takes halves up. */
static int32_t multiply(int32_t x, ln_mult m)
{
    const int left = m.shift > 0 ? m.shift : 0, right = left - m.shift;
    const int64_t high = ln_sat_rounding_doubling_high_mul((int32_t)((uint32_t)x << left), m.mul);

    if (right == 0)
        return clamp16(high);
    return right > 31 ? 0 : clamp16((high + (INT64_C(1) << (right - 1))) >> right);
}

static void gates_u8(const ln_call *c, int b, int total, int rows, int16_t *g)
{
    const uint8_t *in = c->out[CONCAT]->data.uint8 + (size_t)b * (size_t)total;
    const uint32_t zero = (uint32_t)c->in[W]->params.zero_point;
    const ln_mult m = ln_quantize_multiplier(4096 * c->in[BIAS]->params.scale);

    for (int i = 0; i < rows; i++) {
        const uint8_t *w = c->in[W]->data.uint8 + (size_t)i * (size_t)total;
        uint32_t acc = (uint32_t)c->in[BIAS]->data.i32[i];
        for (int j = 0; j < total; j++)
            acc += ((uint32_t)in[j] - 128) * ((uint32_t)w[j] - zero);
        g[i] = (int16_t)multiply((int32_t)acc, m);
    }
}

static void row_u8(const ln_call *c, int b, int k, int n)
{
    const size_t from = (size_t)b * (size_t)n;
    int16_t *g = c->out[GATES]->data.i16 + 4 * from;
    const int16_t *old = c->in[C]->data.i16 + from;
    int16_t *state = c->out[NEW_C]->data.i16 + from;
    uint8_t *y = c->out[Y]->data.uint8 + from;

    gates_u8(c, b, k + n, 4 * n, g);
    for (int i = 0; i < n; i++) {
        const int16_t gate = ln_fx_logistic16(g[IN * n + i], 3);
        const int16_t modulation = ln_fx_tanh16(g[MODULATION * n + i], 3);
        const int16_t forget = ln_fx_logistic16(g[FORGET * n + i], 3);
        const int16_t out = ln_fx_logistic16(g[OUTPUT * n + i], 3);
        const int16_t fresh = ln_sat_rounding_doubling_high_mul16(gate, modulation);
        const int16_t kept = ln_sat_rounding_doubling_high_mul16(forget, old[i]);

        state[i] = (int16_t)clamp16(ln_rounding_divide_by_pot(fresh, STATE_BITS) + kept);
        const int16_t shown =
            ln_sat_rounding_doubling_high_mul16(out, ln_fx_tanh16(state[i], STATE_BITS));
        const int32_t v = ln_rounding_divide_by_pot(shown, 8);
        y[i] = (uint8_t)(128 + (v > 127 ? 127 : v < -128 ? -128 : v));
    }
}

ln_status ln_lstm_basic_eval(ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), h = ln_shape_of(c->in[H]);
    const bool u8 = c->in[X]->type == kTfLiteUInt8;

    for (int b = 0; b < x.dim[0]; b++) {
        concat(c, b, x.dim[1], h.dim[1], u8 ? 1 : sizeof(float));
        if (u8)
            row_u8(c, b, x.dim[1], h.dim[1]);
        else
            row_f32(c, b, x.dim[1], h.dim[1]);
    }
    return LN_OK;
}
