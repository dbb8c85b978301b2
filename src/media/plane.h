/* SPDX-License-Identifier: Apache-2.0 */
/* media/: what happens to pixels, sound and text before a model and to its numbers behind it: pure
 * functions, no models, no files.  docs/tasks.md says what the tasks do with them.
 *
 * plane.h: a frame as planes of bytes. */
#ifndef LN_MEDIA_PLANE_H
#define LN_MEDIA_PLANE_H

#include "base/diag.h"
#include "linnet/task/frame.h"

/* Values that lie `step` bytes apart in rows `stride` bytes apart, `channels` bytes each. */
typedef struct ln_plane {
    const uint8_t *data;
    size_t stride;
    int step, channels, width, height;
} ln_plane;

/* A frame's planes: one of colors or gray, or Y, U and V. */
typedef struct ln_planes {
    int n; /* 1 or 3 */
    ln_plane plane[3];
} ln_planes;

/* Checks a frame and finds its planes, cut to `roi` (NULL: all of it).  Of chroma planes it takes
 * the values that belong to the rectangle's pixels. */
ln_status ln_frame_planes(ln_planes *planes, const ln_frame *frame, const ln_box *roi,
                          ln_diag *diag) LN_MUST_USE;

/* The bytes that the planes of a checked frame take without gaps. */
size_t ln_frame_bytes(const ln_frame *frame);
/* Copies a checked frame's pixels to `to` and describes the copy in `copy`. */
void ln_frame_copy(const ln_frame *frame, uint8_t *to, ln_frame *copy);

/* One pixel of BT.601, as libyuv computes it, in 6 bits of fraction. */
void ln_yuv_to_rgb(int y, int u, int v, uint8_t *rgb);

#endif
