/* SPDX-License-Identifier: Apache-2.0 */
/* fft.h: Fourier transforms of several real rows side by side: complex number k of row r has its
 * real part at x[2 k lanes + r], its imaginary part `lanes` further. */
#ifndef LN_KERNELS_FFT_H
#define LN_KERNELS_FFT_H

#include <stddef.h>

typedef struct ln_fft_kernels {
    size_t lanes;
    /* In place: n values of each row, a power of two from 2 on, as n / 2 complex numbers (even
     * ones real, odd ones imaginary) in bit-reversed order, become n / 2 + 1.  roots[2 k] and
     * roots[2 k + 1] are the real and imaginary parts of exp(-2 pi i k / n), k < n / 2. */
    void (*real)(float *x, size_t n, const float *roots);
    /* y[i] = |x[2 i] + x[2 i + 1] i| without overflow on the way. */
    void (*abs)(float *y, const float *x, size_t n);
} ln_fft_kernels;

#endif
