/* SPDX-License-Identifier: Apache-2.0 */
/* winograd.h: 3x3 convolutions with stride 1 by Winograd's transforms (kernels/winograd.h): tiles
 * of inputs are transformed, multiplied position by position, and transformed back.  With a
 * dilation of d, a tile takes every dth pixel.
 *
 * Volumes, whose windows see several slices, are transformed slice by slice; a product adds up what
 * a window sees of all slices, so that each of these is transformed once. */
#ifndef LN_CPU_WINOGRAD_H
#define LN_CPU_WINOGRAD_H

#include "cpu/product.h"
#include "ops/window.h"

enum { LN_WINOGRAD_SLICES = 8 };

typedef struct ln_cpu_winograd {
    /* set before planning */
    ln_window h, w; /* as ln_window_plan leaves them: 3 taps, stride 1 */
    ln_window d;    /* slices: stride 1 and at most LN_WINOGRAD_SLICES taps; all zeros: images */
    size_t images, cin, cout;
    size_t m; /* outputs of a tile along an axis: 2 or 4 */
    /* set by ln_cpu_winograd_plan */
    size_t down, across; /* tiles of an image, or of each slice of a volume */
    size_t in, out;      /* slices that windows see, those around the volume too; of output */
    size_t tiles;        /* per block, of each slice */
    bool alone;          /* too little for several threads */
    bool together;       /* all threads work on one block at a time, else each on its own */
    size_t v_step, m_step; /* floats from position to position */
    /* in the scratch memory: V and M of a block, and a tile of inputs per thread */
    size_t blocks_at, m_at, block_bytes, patches_at, patch_bytes;
} ln_cpu_winograd;

/* The tile for which a convolution is cheapest, 2 or 4; 0: plain windows are, which take `speed`
 * times less than they would in float32. */
size_t ln_cpu_winograd_choose(const ln_cpu_winograd *w, size_t speed);
/* Cuts the tiles and adds to k->scratch_bytes; false when sizes overflow. */
bool ln_cpu_winograd_plan(ln_cpu_kernel *k, ln_cpu_winograd *w);

/* Floats of the transformed weights; false when that overflows. */
bool ln_cpu_winograd_floats(const ln_cpu_kernel *k, const ln_cpu_winograd *w, size_t *floats);
/* Transforms and packs weights [cout, 3, 3, cin], or [slices, 3, 3, cin, cout]. */
void ln_cpu_winograd_pack(const ln_cpu_kernel *k, const ln_cpu_winograd *w, const float *weights,
                          float *to);
void ln_cpu_winograd_pack_volume(const ln_cpu_kernel *k, const ln_cpu_winograd *w,
                                 const float *weights, float *to);

typedef struct ln_cpu_winograd_run {
    const ln_cpu_winograd *w;
    const float *x, *packed;
    ln_gemm_c y; /* rows are pixels */
} ln_cpu_winograd_run;

void ln_cpu_winograd_run_all(const ln_cpu_kernel *k, const ln_cpu_winograd_run *r);

#endif
