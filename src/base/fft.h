/* SPDX-License-Identifier: Apache-2.0 */
/* fft.h: the discrete Fourier transform of complex doubles, for lengths that are powers of two.
 * spectrum.c has what of it deals with sound. */
#ifndef LN_BASE_FFT_H
#define LN_BASE_FFT_H

#include "base/compiler.h"

static inline bool ln_is_power_of_two(int64_t n)
{
    return n > 0 && (n & (n - 1)) == 0;
}

/* Fills n / 2 (cosine, -sine) pairs, n doubles: the roots of unity for lengths up to n. */
void ln_fft_roots(double *roots, int n);
/* Transforms n (real, imaginary) pairs in place; `roots` is for length n_roots >= n. */
void ln_fft(double *x, int n, const double *roots, int n_roots);

#endif
