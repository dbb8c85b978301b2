/* SPDX-License-Identifier: Apache-2.0 */
/* image.h: PNG and JPEG files to pixels, and pixels to a tensor's numbers. */
#ifndef IMAGE_H
#define IMAGE_H

#include "common/value.h"

typedef struct image {
    int width, height, channels; /* 1: gray, 3: red, green, blue */
    uint8_t *pixels;             /* rows from the top; owned */
} image;

/* True when the name ends as those of PNG and JPEG files do. */
bool image_is_file(const char *path);
/* Reads a file as `channels` (1 or 3) per pixel; false with a message on stderr. */
bool image_read(image *m, const char *path, int channels);
void image_free(image *m);
/* Gives it pixels; false where the sides are none or more than any camera gives. */
bool image_make(image *m, int width, int height, int channels);
/* The parts of image_read; where one fails, why[n] says why. */
bool image_read_png(image *m, const char *path, int channels, char *why, size_t n);
bool image_read_jpeg(image *m, const char *path, int channels, char *why, size_t n);
/* Scales to another size, bilinear, with pixels' centers at half coordinates. */
void image_resize(image *to, const image *from, int width, int height);

#endif
