/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h: an image with its padding around it, and the windows of a convolution on it as rows of a
 * matrix.  No window reaches outside, so that copying them asks no questions.  All sizes are
 * bytes. */
#ifndef LN_CPU_FRAME_H
#define LN_CPU_FRAME_H

#include "cpu/row.h"
#include "ops/window.h"

typedef struct ln_cpu_frame {
    ln_window h, w;
    size_t pixel, part; /* of the image; the channels that a window takes, a group of them */
    size_t top, left;   /* lines, and bytes of each, in front of the image */
    size_t lines, line; /* all lines; from one to the next */
} ln_cpu_frame;

/* The frame of images whose items have `size` bytes for weights [n, fh, fw, part].
 * LN_ERR_UNSUPPORTED where it would be far larger than the image. */
ln_status ln_cpu_frame_plan(const ln_cpu_kernel *k, const ln_call *c, size_t size,
                            ln_cpu_frame *f) LN_MUST_USE;
/* Bytes of a frame. */
static inline size_t ln_cpu_frame_bytes(const ln_cpu_frame *f)
{
    return f->lines * f->line;
}
/* True where the windows are pixels of the image as they lie. */
bool ln_cpu_frame_direct(const ln_cpu_frame *f);
/* Sets what surrounds the image in lines [from, to) to `fill`. */
void ln_cpu_frame_surround(const ln_cpu_frame *f, uint8_t *frame, size_t from, size_t to,
                           uint8_t fill);
/* Puts the windows of output pixels [from, from + count) of one image to `to`, `ld` apart; `frame`
 * points at the group's first channel. */
void ln_cpu_frame_rows(const ln_cpu_frame *f, const uint8_t *frame, size_t from, size_t count,
                       uint8_t *to, size_t ld);

#endif
