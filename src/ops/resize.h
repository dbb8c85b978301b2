/* SPDX-License-Identifier: Apache-2.0 */
/* resize.h: where the pixels of a resized image come from, along one axis. */
#ifndef LN_OPS_RESIZE_H
#define LN_OPS_RESIZE_H

#include "ops/op.h"

typedef struct ln_resize_axis {
    int in, out;      /* pixels */
    bool align, half; /* align_corners, half_pixel_centers */
} ln_resize_axis;

/* Between which two inputs an output lies, and how far from the first. */
typedef struct ln_resize_place {
    int low, high;
    float f;   /* floating point: in pixels */
    int64_t i; /* integers: in 1/1024 of a pixel */
} ln_resize_place;

ln_resize_place ln_resize_place_f32(int out, const ln_resize_axis *a);
ln_resize_place ln_resize_place_int(int out, const ln_resize_axis *a);
int ln_resize_nearest(int out, const ln_resize_axis *a);

#endif
