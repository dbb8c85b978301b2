/* SPDX-License-Identifier: Apache-2.0 */
/* convert.h: a frame, or a part of one, to an upright image or a tensor of another size, in one
 * pass: no copy of the frame in another format is made. */
#ifndef LN_MEDIA_CONVERT_H
#define LN_MEDIA_CONVERT_H

#include "base/alloc.h"
#include "media/scale.h"

/* What becomes of a color's value: a table per channel, as there are but 256 of them. */
typedef enum ln_pixel_type { LN_PIXEL_U8, LN_PIXEL_S8, LN_PIXEL_F32 } ln_pixel_type;

typedef struct ln_pixel_table {
    ln_pixel_type type;
    int channels; /* 3: red, green, blue; 1: gray */
    union {
        uint8_t u8[3][256];
        int8_t s8[3][256];
        float f32[3][256];
    } of;
} ln_pixel_table;

/* Values as they are, to uint8; to int8 less 128. */
void ln_pixel_table_plain(ln_pixel_table *t, ln_pixel_type type, int channels);
/* (value - mean) / std as the Task Library computes it, for float tensors; `n` (1 or 3) means. */
void ln_pixel_table_normalize(ln_pixel_table *t, int channels, const float *mean, const float *std,
                              int n);
/* Normalized values in an int8 tensor's quantization: rounded, halves away from zero. */
void ln_pixel_table_quantize(ln_pixel_table *t, float scale, int zero_point);

/* The part of a `width` x `height` target that an image of `from_width` x `from_height` fills when
 * it keeps its proportions: as large as can be, in the middle. */
ln_box ln_letterbox(int from_width, int from_height, int width, int height);

/* Memory and tables for frames of one format and size; made once, used for each frame. */
typedef struct ln_converter {
    const ln_alloc *alloc;
    ln_tap *columns[3];
    uint8_t *rows; /* a row of each plane, and of RGB */
    int capacity;  /* pixels in a row */
} ln_converter;

void ln_converter_init(ln_converter *c, const ln_alloc *alloc);
void ln_converter_deinit(ln_converter *c);

typedef struct ln_target {
    void *data; /* height x width x channels values */
    int width, height;
    ln_box inner; /* which part of it gets the image; the rest stays */
} ln_target;

/* Cuts `roi` (NULL: all) out of the frame, scales it to the target's part, turns it upright and
 * writes it by the table. */
ln_status ln_convert_frame(ln_converter *c, const ln_frame *frame, const ln_box *roi,
                           const ln_pixel_table *table, const ln_target *target,
                           ln_diag *diag) LN_MUST_USE;

/* ---- orientation: where a frame's pixel is when the frame is upright ---- */

/* True for the orientations that exchange width and height. */
bool ln_orientation_turns(int orientation);
/* The place in the upright image of pixel (x, y) of a stored one of width x height. */
void ln_orient_point(int orientation, int width, int height, int *x, int *y);
/* The rectangle in the stored image (width x height) that `box` of the upright one stands for. */
ln_box ln_unorient_box(int orientation, int width, int height, const ln_box *box);

#endif
