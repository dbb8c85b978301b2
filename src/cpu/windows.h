/* SPDX-License-Identifier: Apache-2.0 */
/* windows.h: the windows of a convolution as rows of a matrix product, without copying them: a row
 * is a pointer to the window's first pixel, and its pieces lie at the same offsets for all windows
 * (kernels/gemm.h).  Where windows reach outside of the image, the lines that a block needs are
 * first copied with zeros around them, which costs little beside the product; they are rounded at
 * that for kernels of half precision. */
#ifndef LN_CPU_WINDOWS_H
#define LN_CPU_WINDOWS_H

#include "cpu/product.h"
#include "ops/window.h"

typedef struct ln_cpu_windows {
    /* set before planning */
    ln_window h, w; /* as ln_window_plan leaves them */
    size_t images, cin, groups; /* each group has cin / groups channels */
    /* set by ln_cpu_windows_plan */
    void (*narrow)(uint16_t *to, const float *from, size_t n); /* NULL: windows are of floats */
    size_t lines, columns;     /* of output that a block covers */
    size_t taps[2];            /* pieces of a window: lines, and runs in each */
    size_t length;             /* floats of a piece */
    bool framed;               /* lines are copied, with zeros around them */
    /* ln_gemm_kernels.gather; NULL: pixels stay whole */
    void (*gather)(float *, size_t, const float *, size_t, size_t, size_t);
    size_t sets, pixel, set;   /* of groups, of which each has its own offsets; floats of a pixel,
                                * and from one set to the next */
    size_t frame_lines, width; /* a frame, in pixels */
    size_t offsets_at, lists_at, frames_at; /* in the scratch memory */
    size_t list_bytes, frame_bytes;         /* per thread */
} ln_cpu_windows;

/* Cuts the product of the windows and n columns per group for `g`; adds to k->scratch_bytes what is
 * needed.  * False when that is too much, as dilation can make it. */
bool ln_cpu_windows_plan(ln_cpu_kernel *k, ln_cpu_windows *w, const ln_gemm_kernels *g, size_t n,
                         ln_cpu_cut *cut);
/* How many blocks the windows make. */
size_t ln_cpu_windows_blocks(const ln_cpu_windows *w);

/* The user of ln_cpu_windows_rows. */
typedef struct ln_cpu_image {
    const ln_cpu_windows *w;
    const float *x;
    void *scratch;
} ln_cpu_image;

/* Fills in the offsets, those of one group after the other, once per run. */
void ln_cpu_windows_begin(const ln_cpu_windows *w, void *scratch);
/* ln_cpu_product.rows with an image as user; rows of C are output pixels. */
void ln_cpu_windows_rows(const void *user, size_t block, int thread, ln_cpu_rows *to);

#endif
