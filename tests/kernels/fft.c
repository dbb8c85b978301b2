/* SPDX-License-Identifier: Apache-2.0 */
/* fft.c: Fourier transforms of real rows against their definition, absolute values against
 * hypot. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static size_t reversed(size_t i, size_t n)
{
    size_t j = 0;
    for (size_t bit = 1; bit < n; bit *= 2, i /= 2)
        j = 2 * j + (i & 1);
    return j;
}

static void transform(check *c, size_t n)
{
    const double step = -2 * 3.14159265358979323846 / (double)n;
    const size_t lanes = c->new->fft.lanes, m = n / 2;
    const float *values = check_floats(n * lanes, CHECK_PLAIN);
    float *roots = check_buffer(n * sizeof *roots);
    float *x = check_buffer((n + 2) * lanes * sizeof *x);
    for (size_t k = 0; k < m; k++) {
        roots[2 * k] = (float)cos(step * (double)k);
        roots[2 * k + 1] = (float)sin(step * (double)k);
        for (size_t r = 0; r < 2 * lanes; r++)
            x[2 * reversed(k, m) * lanes + r] = values[2 * k * lanes + r];
    }
    c->new->fft.real(x, n, roots);
    for (size_t r = 0; r < lanes; r++)
        for (size_t k = 0; k <= m; k++) {
            double re = 0, im = 0;
            for (size_t i = 0; i < n; i++) {
                const double v = (double)values[i * lanes + r], a = step * (double)(i * k % n);
                re += v * cos(a);
                im += v * sin(a);
            }
            const double off =
                hypot((double)x[2 * k * lanes + r] - re, (double)x[(2 * k + 1) * lanes + r] - im);
            check_that(c, off <= 4e-6 * sqrt((double)n) * 8, "%zu values: [%zu] is off by %g", n, k,
                       off);
        }
    check_that(c, check_end(), "writes in front of a buffer");
}

static void absolute(check *c, size_t n, int kind)
{
    const float *x = check_floats(2 * n, kind);
    float *y = check_buffer(n * sizeof *y);
    c->new->fft.abs(y, x, n);
    for (size_t i = 0; i < n; i++) {
        const float want = hypotf(x[2 * i], x[2 * i + 1]);
        check_that(c, check_ulps(y[i], want) <= 2, "%zu numbers: [%zu] is %g, not %g", n, i,
                   (double)y[i], (double)want);
    }
    check_that(c, check_end(), "writes in front of a buffer");
}

void check_fft(check *c)
{
    if (CHECK_BEGIN(c, "fft_real", fft.real))
        for (size_t n = 2; n <= 256; n *= 2)
            transform(c, n);
    if (CHECK_BEGIN(c, "fft_abs", fft.abs))
        for (size_t n = 0; n < 70; n++)
            absolute(c, n, (int)(n % CHECK_KINDS));
}
