/* SPDX-License-Identifier: Apache-2.0 */
/* winograd.c: Winograd's transforms, against products with their matrices in double precision; and
 * the matrices, against a convolution. */
#include <math.h>
#include <string.h>

#include "check.h"

#define R 1.4142135623730951
enum { MOST = 6, MAX_N = 37, STEP = MAX_N + 3 };

/* T x T' of a square, line by line. */
typedef struct transform {
    size_t to, from;
    double t[MOST][MOST];
} transform;

static const transform weights2 = {4, 3, {{1}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}}};
static const transform input2 = {4, 4, {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, -1, 0, 1}}};
static const transform output2 = {2, 4, {{1, 1, 1, 0}, {0, 1, -1, 1}}};
static const transform weights4 = {6,
                                   3,
                                   {{1, 0, 0},
                                    {-2. / 3, -R / 3, -1. / 3},
                                    {-2. / 3, R / 3, -1. / 3},
                                    {1. / 6, R / 6, 1. / 3},
                                    {1. / 6, -R / 6, 1. / 3},
                                    {0, 0, 1}}};
static const transform input4 = {6,
                                 6,
                                 {{1, 0, -2.5, 0, 1, 0},
                                  {0, -R, -2, R / 2, 1, 0},
                                  {0, R, -2, -R / 2, 1, 0},
                                  {0, -R / 2, -.5, R, 1, 0},
                                  {0, R / 2, -.5, -R, 1, 0},
                                  {0, 1, 0, -2.5, 0, 1}}};
static const transform output4 = {4,
                                  6,
                                  {{1, 1, 1, 1, 1, 0},
                                   {0, R / 2, -R / 2, R, -R, 0},
                                   {0, .5, .5, 2, 2, 0},
                                   {0, R / 4, -R / 4, 2 * R, -2 * R, 1}}};

/* Item (y, x) of the result; `size` receives the sum of absolutes. */
static double item(const transform *m, const double *in, size_t y, size_t x, double *size)
{
    double sum = 0;
    *size = 0;
    for (size_t i = 0; i < m->from; i++)
        for (size_t j = 0; j < m->from; j++) {
            const double factor = m->t[y][i] * m->t[x][j];
            const double term = factor * in[i * m->from + j];
            if (factor == 0) /* not even NaN counts */
                continue;
            sum += term;
            *size += fabs(term);
        }
    return sum;
}

static void check_item(check *c, double got, double want, double size, size_t n, size_t p)
{
    /* what may overflow on the way may end anywhere, but NaN stays NaN */
    const bool near = isnan(size) ? isnan(got) : size > 1e36 || fabs(got - want) <= 1e-6 * size;
    check_that(c, near, "n %zu position %zu is %g, not %g", n, p, got, want);
}

/* Weights and inputs: out[p * STEP + i] of the values in[q * lines + i]. */
static void compare(check *c, const transform *m, const float *out, const float *in, size_t tap,
                    size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double square[MOST * MOST], size;
        for (size_t q = 0; q < m->from * m->from; q++)
            square[q] = (double)in[q * tap + i];
        for (size_t p = 0; p < m->to * m->to; p++) {
            const double want = item(m, square, p / m->to, p % m->to, &size);
            check_item(c, (double)out[p * STEP + i], want, size, n, p);
        }
    }
}

static void check_weights(check *c, ln_winograd_weights fn, const transform *m)
{
    for (size_t n = 1; n <= MAX_N; n++) {
        const size_t tap = n + 2, floats = (m->to * m->to - 1) * STEP + n;
        float *g = check_floats(8 * tap + n, CHECK_PLAIN), *u = check_buffer(floats * sizeof *u);
        fn(u, STEP, g, tap, n);
        compare(c, m, u, g, tap, n);
        check_that(c, check_end(), "n %zu: writes in front of a buffer", n);
    }
}

static void check_input(check *c, ln_winograd_input fn, const transform *m)
{
    for (int kind = 0; kind < CHECK_KINDS; kind++)
        for (size_t n = 1; n <= MAX_N; n++) {
            const size_t side = m->from, pixel = n + n % 3, floats = (side * side - 1) * STEP + n;
            float *x = check_floats(side * side * pixel, kind);
            float *v = check_buffer(floats * sizeof *v);
            fn(v, STEP, &(ln_winograd_in){x, side * pixel, pixel, n});
            compare(c, m, v, x, pixel, n);
            check_that(c, check_end(), "n %zu: writes in front of a buffer", n);
        }
}

static void check_output_of(check *c, ln_winograd_output fn, const transform *t, size_t n,
                            const size_t part[2])
{
    const size_t line = part[1] * n;
    float *m = check_floats((t->from * t->from - 1) * STEP + n, CHECK_PLAIN);
    float *bias = check_floats(n, CHECK_PLAIN), *y = check_buffer(part[0] * line * sizeof *y);
    const ln_winograd_out to = {.at = y,
                                .line = line,
                                .pixel = n,
                                .lines = part[0],
                                .columns = part[1],
                                .bias = n % 2 ? bias : NULL,
                                .min = -30,
                                .max = 50};
    fn(&to, m, STEP, n);
    for (size_t i = 0; i < n; i++) {
        double square[MOST * MOST], size;
        for (size_t q = 0; q < t->from * t->from; q++)
            square[q] = (double)m[q * STEP + i];
        for (size_t p = 0; p < part[0] * part[1]; p++) {
            const double sum = item(t, square, p / part[1], p % part[1], &size);
            const double want = sum + (to.bias ? (double)bias[i] : 0);
            check_item(c, (double)y[p * n + i],
                       want < -30  ? -30
                       : want > 50 ? 50
                                   : want,
                       size + 8, n, p);
        }
    }
    check_that(c, check_end(), "n %zu: writes in front of a buffer", n);
}

static void check_output(check *c, ln_winograd_output fn, const transform *m)
{
    for (size_t n = 1; n <= MAX_N; n++)
        for (size_t lines = 1; lines <= m->to; lines++)
            for (size_t columns = 1; columns <= m->to; columns++)
                check_output_of(c, fn, m, n, (const size_t[]){lines, columns});
}

/* A' [G g G' * B' d B] A is the convolution of d and g. */
static void check_matrices(check *c, const transform *g, const transform *b, const transform *a)
{
    double x[MOST * MOST], w[9], m[MOST * MOST], size;
    const size_t side = b->from;
    for (size_t i = 0; i < side * side; i++)
        x[i] = (double)(int32_t)check_random() * 1e-9;
    for (size_t i = 0; i < 9; i++)
        w[i] = (double)(int32_t)check_random() * 1e-9;
    for (size_t p = 0; p < side * side; p++)
        m[p] = item(g, w, p / side, p % side, &size) * item(b, x, p / side, p % side, &size);
    for (size_t p = 0; p < a->to * a->to; p++) {
        const size_t y0 = p / a->to, x0 = p % a->to;
        double want = 0;
        for (size_t t = 0; t < 9; t++)
            want += w[t] * x[(y0 + t / 3) * side + x0 + t % 3];
        const double got = item(a, m, y0, x0, &size);
        check_that(c, fabs(got - want) < 1e-9, "matrices: %g, not %g", got, want);
    }
}

/* ---- speed ---- */

enum { CHANNELS = 64 };

typedef struct speed {
    const ln_winograd_kernels *fn;
    float *x, *v, *y;
} speed;

static void run_input4(void *arg)
{
    const speed *s = arg;
    s->fn->input4(s->v, CHANNELS, &(ln_winograd_in){s->x, MOST * CHANNELS, CHANNELS, CHANNELS});
}

static void run_output4(void *arg)
{
    const speed *s = arg;
    const ln_winograd_out y = {.at = s->y,
                               .line = 4 * CHANNELS,
                               .pixel = CHANNELS,
                               .lines = 4,
                               .columns = 4,
                               .min = 0,
                               .max = 6};
    s->fn->output4(&y, s->v, CHANNELS, CHANNELS);
}

static void time_it(check *c, void (*run)(void *))
{
    const size_t floats = MOST * MOST * CHANNELS;
    speed s = {&c->new->winograd, check_floats(floats, CHECK_PLAIN),
               check_floats(floats, CHECK_PLAIN), check_floats(floats, CHECK_PLAIN)};
    check_bench(c, run, &s, floats * sizeof(float), "GB/s of transformed values");
    check_end();
}

void check_winograd(check *c)
{
    const ln_winograd_kernels *fn = &c->new->winograd;
    if (CHECK_BEGIN(c, "winograd_weights2", winograd.weights2)) {
        check_matrices(c, &weights2, &input2, &output2);
        check_weights(c, fn->weights2, &weights2);
    }
    if (CHECK_BEGIN(c, "winograd_weights4", winograd.weights4)) {
        check_matrices(c, &weights4, &input4, &output4);
        check_weights(c, fn->weights4, &weights4);
    }
    if (CHECK_BEGIN(c, "winograd_input2", winograd.input2))
        check_input(c, fn->input2, &input2);
    if (CHECK_BEGIN(c, "winograd_input4", winograd.input4)) {
        check_input(c, fn->input4, &input4);
        time_it(c, run_input4);
    }
    if (CHECK_BEGIN(c, "winograd_output2", winograd.output2))
        check_output(c, fn->output2, &output2);
    if (CHECK_BEGIN(c, "winograd_output4", winograd.output4)) {
        check_output(c, fn->output4, &output4);
        time_it(c, run_output4);
    }
}
