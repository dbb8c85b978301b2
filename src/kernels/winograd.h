/* SPDX-License-Identifier: Apache-2.0 */
/* winograd.h: the transforms of Winograd's convolution F(m x m, 3 x 3), m 2 or 4, float32, stride
 * 1: a tile of m x m outputs from (m + 2) x (m + 2) inputs takes as many products as it has inputs.
 *
 *   V = B' d B of the inputs d, M = V U for each of the (m + 2)^2 positions, y = A' M A
 *
 * U = G g G' of the weights g.  The points of m = 4 are 0, +-1/sqrt(2),
 * +-sqrt(2) and infinity, which cost half the accuracy that the usual 0, +-1, +-2 do: results are
 * about twice as far from exact ones as plain sums are. */
#ifndef LN_KERNELS_WINOGRAD_H
#define LN_KERNELS_WINOGRAD_H

#include <stddef.h>

/* A tile of outputs: lines x columns pixels of it lie inside of the image. */
typedef struct ln_winograd_out {
    float *at;
    size_t line, pixel;    /* floats from line to line, from pixel to pixel */
    size_t lines, columns; /* 1 to m each */
    const float *bias;     /* per channel; NULL: none */
    float min, max;        /* NaN stays NaN */
} ln_winograd_out;

/* A tile of inputs: floats from line to line, from pixel to pixel, of which each has n channels. */
typedef struct ln_winograd_in {
    const float *at;
    size_t line, pixel, n;
} ln_winograd_in;

/* The (m + 2)^2 values of channel i of a tile go to v[p * step + i], p counting along lines. */
typedef void (*ln_winograd_input)(float *v, size_t step, const ln_winograd_in *x);
/* y = clamp(A' M A + bias), n channels; m[p * step + i] is position p of channel i. */
typedef void (*ln_winograd_output)(const ln_winograd_out *y, const float *m, size_t step, size_t n);

/* u[p * step + i] = position p of G g G', i < n; tap t of g is at g[t * tap + i]. */
typedef void (*ln_winograd_weights)(float *u, size_t step, const float *g, size_t tap, size_t n);

typedef struct ln_winograd_kernels {
    ln_winograd_weights weights2, weights4;
    ln_winograd_input input2, input4;
    ln_winograd_output output2, output4;
} ln_winograd_kernels;

#endif
