/* SPDX-License-Identifier: Apache-2.0 */
/* scale.h: bilinear scaling of a plane, a row at a time, with the rounding of libyuv, which the
 * Task Library of TensorFlow Lite scales by. */
#ifndef LN_MEDIA_SCALE_H
#define LN_MEDIA_SCALE_H

#include "media/plane.h"

/* Where an output value comes from: two neighbors and the second one's weight. */
typedef struct ln_tap {
    int32_t low, high; /* byte offsets in a row, or row numbers */
    int32_t weight;    /* in 1 / 65536 */
} ln_tap;

typedef struct ln_scaler {
    ln_plane from;
    int width, height;   /* of the result */
    bool box;            /* means of 2 x 2 values */
    bool rows_last;      /* filters columns before rows: scaling up */
    bool filter_x;
    int32_t y, dy, max_y; /* of the first row, in 1 / 65536; -1 in max_y: rows are not filtered */
    ln_tap *columns;     /* `width` of them, the caller's memory */
} ln_scaler;

/* `columns` is memory for `width` taps; sides are at least 1. */
void ln_scaler_init(ln_scaler *s, const ln_plane *from, int width, int height, ln_tap *columns);
/* Row `j` of the result: width * channels bytes. */
void ln_scaler_row(const ln_scaler *s, int j, uint8_t *out);

#endif
