/* SPDX-License-Identifier: Apache-2.0 */
/* recurrent.c: inner loops of recurrent cells against loops, their gates against ops/qmath.c for
 * every value. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ops/qmath.h"

enum { MOST = 70 };

static void dots_f32(check *c, size_t rows, size_t n)
{
    const size_t ld = n + rows % 3;
    const float *w = check_floats((rows - 1) * ld + n, CHECK_PLAIN);
    const float *x = check_floats(n, CHECK_PLAIN), *start = check_floats(rows, CHECK_PLAIN);
    float *y = check_buffer(rows * sizeof *y);
    memcpy(y, start, rows * sizeof *y);
    c->new->recurrent.dots_f32(y, w, ld, x, rows, n);
    for (size_t r = 0; r < rows; r++) {
        double want = (double)start[r];
        for (size_t i = 0; i < n; i++)
            want += (double)w[r * ld + i] * (double)x[i];
        check_that(c, fabs((double)y[r] - want) <= 2e-6 * (double)(64 * n + 8),
                   "%zu x %zu: [%zu] is %g, not %g", rows, n, r, (double)y[r], want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

static void dots_s8(check *c, size_t rows, size_t n)
{
    const size_t ld = n + rows % 3;
    const int8_t *w = check_bytes((rows - 1) * ld + n, (int)(n % CHECK_KINDS));
    const int8_t *bytes = check_bytes(n, (int)(rows % CHECK_KINDS));
    int16_t *x = check_buffer(n * sizeof *x);
    int32_t *y = check_buffer(rows * sizeof *y);
    for (size_t i = 0; i < n; i++)
        x[i] = (int16_t)(bytes[i] + (n & 1 ? 127 : -127));
    for (size_t r = 0; r < rows; r++)
        y[r] = r & 1 ? INT32_MAX : (int32_t)r;
    c->new->recurrent.dots_s8(y, w, ld, x, rows, n);
    for (size_t r = 0; r < rows; r++) {
        uint32_t want = r & 1 ? INT32_MAX : (uint32_t)r;
        for (size_t i = 0; i < n; i++)
            want += (uint32_t)(w[r * ld + i] * x[i]);
        check_that(c, y[r] == (int32_t)want, "%zu x %zu: [%zu] is %d, not %d", rows, n, r,
                   (int)y[r], (int)want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

static void add_s16(check *c, size_t n)
{
    const ln_mult m = {1100000000 + (int32_t)n * 9000000, (int)(n % 12) - 9};
    const int32_t *x = check_ints(n, n % 3 ? 1 << 18 : INT32_MAX);
    int16_t *y = check_buffer(n * sizeof *y), start[MOST];
    for (size_t i = 0; i < n; i++)
        y[i] = start[i] = (int16_t)check_random();
    c->new->recurrent.add_s16(y, x, n, m.mul, LN_MAX(m.shift, 0), LN_MAX(-m.shift, 0));
    for (size_t i = 0; i < n; i++) {
        const int64_t sum = (int64_t)ln_mul_q(x[i], m) + start[i];
        const int16_t want = (int16_t)LN_MAX(LN_MIN(sum, INT16_MAX), INT16_MIN);
        check_that(c, y[i] == want, "%zu items: [%zu] is %d, not %d", n, i, y[i], want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

/* All values, and short rows. */
static void gate(check *c, bool tanh, int bits)
{
    enum { ALL = UINT16_MAX + 1 };
    void (*const fn)(int16_t *, const int16_t *, size_t, int) =
        tanh ? c->new->recurrent.tanh_s16 : c->new->recurrent.logistic_s16;
    int16_t *x = check_buffer(ALL * sizeof *x), *y = check_buffer(ALL * sizeof *y);
    for (int32_t i = 0; i < ALL; i++)
        x[i] = (int16_t)(i + INT16_MIN);
    fn(y, x, ALL, bits);
    for (size_t i = 0; i < ALL; i++) {
        const int16_t want = tanh ? ln_fx_tanh16(x[i], bits) : ln_fx_logistic16(x[i], bits);
        if (!check_that(c, y[i] == want, "%d bits, %d: is %d, not %d", bits, x[i], y[i], want))
            break;
    }
    check_that(c, check_end(), "writes in front of a buffer");
    for (size_t n = 0; n < MOST; n++) {
        int16_t *few = check_buffer(n * sizeof *few);
        for (size_t i = 0; i < n; i++)
            few[i] = (int16_t)(i * 900 - 30000);
        fn(few, few, n, bits);
        for (size_t i = 0; i < n; i++) {
            const int16_t v = (int16_t)(i * 900 - 30000);
            const int16_t want = tanh ? ln_fx_tanh16(v, bits) : ln_fx_logistic16(v, bits);
            check_that(c, few[i] == want, "%zu items in place: [%zu] is %d, not %d", n, i, few[i],
                       want);
        }
        check_that(c, check_end(), "writes in front of a buffer");
    }
}

/* The very results of one step after the other. */
static void lstm_f32(check *c, size_t n)
{
    const float *sums[5];
    float *h = check_buffer(n * sizeof *h), *state = check_buffer(n * sizeof *state);
    float step[5][MOST];
    for (int i = 0; i < 5; i++)
        sums[i] = check_floats(n, CHECK_PLAIN);
    const ln_lstm_sums s = {sums[0], sums[1], sums[2], sums[3], sums[4]};
    c->new->recurrent.lstm_f32(h, state, &s, n);
    for (int i = 0; i < 4; i++)
        c->new->unary.f32[i == 2 ? LN_UNARY_TANH : LN_UNARY_LOGISTIC](
            step[i], (const void *const[]){sums[i]}, n, NULL);
    for (size_t i = 0; i < n; i++)
        step[4][i] = step[1][i] * sums[4][i];
    for (size_t i = 0; i < n; i++)
        step[0][i] *= step[2][i];
    for (size_t i = 0; i < n; i++)
        step[4][i] += step[0][i];
    c->new->unary.f32[LN_UNARY_TANH](step[0], (const void *const[]){step[4]}, n, NULL);
    for (size_t i = 0; i < n; i++) {
        step[3][i] *= step[0][i];
        check_that(c, h[i] == step[3][i] && state[i] == step[4][i],
                   "%zu cells: [%zu] is %g and %g, not %g and %g", n, i, (double)h[i],
                   (double)state[i], (double)step[3][i], (double)step[4][i]);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

void check_recurrent(check *c)
{
    if (CHECK_BEGIN(c, "recurrent_dots_f32", recurrent.dots_f32))
        for (size_t n = 1; n <= MOST; n++)
            dots_f32(c, 1 + n % 11, n);
    if (CHECK_BEGIN(c, "recurrent_dots_s8", recurrent.dots_s8))
        for (size_t n = 1; n <= MOST; n++)
            dots_s8(c, 1 + n % 11, n);
    if (CHECK_BEGIN(c, "recurrent_add_s16", recurrent.add_s16))
        for (size_t n = 0; n < MOST; n++)
            add_s16(c, n);
    if (CHECK_BEGIN(c, "recurrent_logistic_s16", recurrent.logistic_s16))
        for (int bits = 0; bits <= 6; bits++)
            gate(c, false, bits);
    if (CHECK_BEGIN(c, "recurrent_tanh_s16", recurrent.tanh_s16))
        for (int bits = 0; bits <= 6; bits++)
            gate(c, true, bits);
    if (CHECK_BEGIN(c, "recurrent_lstm_f32", recurrent.lstm_f32))
        for (size_t n = 1; n < MOST; n++)
            lstm_f32(c, n);
}
