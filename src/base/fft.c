/* SPDX-License-Identifier: Apache-2.0 */
/* fft.c: Cooley and Tukey's transform, radix 2, decimation in time.  Double precision keeps the
 * error below what a float result can show, whichever algorithm TFLite's library uses. */
#include "base/fft.h"

#include <math.h>

void ln_fft_roots(double *roots, int n)
{
    const double step = -2 * 3.14159265358979323846 / n;

    for (int i = 0; i < n / 2; i++) {
        roots[2 * (size_t)i] = cos(step * i);
        roots[2 * (size_t)i + 1] = sin(step * i);
    }
}

/* Puts element i where i with its bits in reverse order points. */
static void reorder(double *x, size_t n)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n / 2;
        for (; j & bit; bit /= 2)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            const double re = x[2 * i], im = x[2 * i + 1];
            x[2 * i] = x[2 * j];
            x[2 * i + 1] = x[2 * j + 1];
            x[2 * j] = re;
            x[2 * j + 1] = im;
        }
    }
}

void ln_fft(double *x, int n, const double *roots, int n_roots)
{
    const size_t length = (size_t)n;

    reorder(x, length);
    for (size_t half = 1; half < length; half *= 2) {
        const size_t stride = (size_t)n_roots / (2 * half);
        for (size_t from = 0; from < length; from += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                const double *w = roots + 2 * k * stride;
                double *a = x + 2 * (from + k), *b = a + 2 * half;
                const double re = b[0] * w[0] - b[1] * w[1];
                const double im = b[0] * w[1] + b[1] * w[0];
                b[0] = a[0] - re;
                b[1] = a[1] - im;
                a[0] += re;
                a[1] += im;
            }
        }
    }
}
