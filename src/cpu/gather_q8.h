/* SPDX-License-Identifier: Apache-2.0 */
/* gather_q8.h: the windows of a convolution of 8-bit images as rows of a matrix. */
#ifndef LN_CPU_GATHER_Q8_H
#define LN_CPU_GATHER_Q8_H

#include "ops/window.h"

typedef struct ln_q8_windows {
    ln_window h, w;
    size_t pixel; /* bytes from pixel to pixel of an image */
    size_t used;  /* bytes of each pixel that belong to the window: one group's channels */
    uint8_t pad;  /* every byte of what lies outside of the image */
} ln_q8_windows;

/* Bytes that may be written past the end of the last row. */
enum { LN_GATHER_SLACK = 16 };

/* Puts windows [from, from + count), counted over all output pixels of all images, to rows that
 * are `ld` bytes apart.  `x` is the first image's first byte that is used, `end` where the images
 * end. */
void ln_q8_gather(const ln_q8_windows *g, const uint8_t *x, const uint8_t *end,
                           size_t from, size_t count, uint8_t *to, size_t ld);

#endif
