/* SPDX-License-Identifier: Apache-2.0 */
/* color.h: colors for classes, and marks in RGB images. */
#ifndef LN_MEDIA_COLOR_H
#define LN_MEDIA_COLOR_H

#include "linnet/task/frame.h"

/* The color of class `i` of the Pascal VOC data set: its bits, spread over three bytes. */
void ln_class_color(int i, uint8_t rgb[3]);

/* Another color for class `i`, bright enough for outlines. */
void ln_bright_color(int i, uint8_t rgb[3]);

/* A canvas: RGB pixels without gaps. */
typedef struct ln_canvas {
    uint8_t *pixels;
    int width, height;
} ln_canvas;

/* The outline of the part of a box that lies in a canvas, `thick` pixels wide. */
void ln_draw_box(const ln_canvas *to, const ln_box *box, int thick, const uint8_t rgb[3]);
/* Text in black or white on a field of the color, letters of 5 x 7 points of `size` pixels each;
 * (x, y) is the field's upper left corner.  Bytes that are no printable ASCII show as '?'. */
void ln_draw_text(const ln_canvas *to, int x, int y, int size, const char *text,
                  const uint8_t rgb[3]);
/* The size of that field. */
void ln_text_size(const char *text, int size, int *width, int *height);

/* A class per point, row by row. */
typedef struct ln_classes {
    const uint8_t *classes;
    int width, height;
} ln_classes;

/* Stretches classes over a canvas and mixes each pixel with the color of its class, half and half;
 * the outermost `thick` pixels of a region get all of it.  Class 0 stays as it is. */
void ln_draw_classes(const ln_canvas *to, const ln_classes *classes, int thick);

#endif
