/* SPDX-License-Identifier: Apache-2.0 */
/* phases.h: TRANSPOSE_CONV as convolutions.  Output pixels whose place modulo the strides is the
 * same, a phase, see the same taps of the filter: these are a convolution with stride 1 and a
 * smaller filter, one matrix product for each line and each phase.  Windows that reach outside of
 * the image read a frame around it. */
#ifndef LN_CPU_PHASES_H
#define LN_CPU_PHASES_H

#include "cpu/row.h"
#include "ops/window.h"

enum { LN_PHASES_MOST_TAPS = 64 }; /* of an axis and a phase */

/* One axis.  Output o sees the taps t = first, first + stride, ... of input (o + pad - t) / stride.
 */
typedef struct ln_cpu_axis {
    size_t in, out, filter, stride, pad;
    size_t before, after; /* how far windows reach outside */
} ln_cpu_axis;

/* From the window of the convolution from outputs to inputs; false where some outputs see no tap,
 * or the output is much larger than the input reaches. */
bool ln_cpu_axis_plan(ln_cpu_axis *a, int in, const ln_window *w);

typedef struct ln_cpu_phases {
    ln_cpu_axis h, w;
    size_t batches, cin, cout;
    size_t lines, width; /* of the frame: lines, items of one */
    bool framed;         /* windows do reach outside */
} ln_cpu_phases;

/* Inputs are 1: W [cout, fh, fw, cin], 2: x, as in ops/transpose_conv.c.  LN_ERR_UNSUPPORTED where
 * some outputs see no tap, or the output is much larger than the input reaches. */
ln_status ln_cpu_phases_plan(ln_cpu_phases *p, const ln_call *c) LN_MUST_USE;
/* How many taps of the filter begin with `first`. */
size_t ln_cpu_phases_taps(const ln_cpu_axis *a, size_t first);
/* The weights of the phase of tap (fy, fx), [cout, lines of taps from the lowest to the highest,
 * taps from right to left, cin], so that they meet pixels in order; items of `size` bytes. */
void ln_cpu_phases_weights(const ln_cpu_phases *p, size_t fy, size_t fx, const void *w, size_t size,
                           void *to);

/* The pixels of output line oy that are px modulo the stride. */
typedef struct ln_cpu_phase {
    size_t fy, fx;         /* its first tap */
    size_t lines, columns; /* of taps */
    size_t pixels;
    /* Where the first pixel's window begins: the line of the frame, the item in that line. */
    size_t line, item;
} ln_cpu_phase;
ln_cpu_phase ln_cpu_phase_of(const ln_cpu_phases *p, size_t oy, size_t px);

#endif
