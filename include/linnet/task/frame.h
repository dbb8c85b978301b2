/* SPDX-License-Identifier: Apache-2.0 */
/* frame.h: pixels as they come from a camera or a file, and images read from files.
 *
 *     ln_image *image = ln_image_read("burger.jpg", NULL);
 *     if (image)
 *         printf("%d x %d\n", image->frame.width, image->frame.height);
 *     ln_image_free(image); */
#ifndef LINNET_TASK_FRAME_H
#define LINNET_TASK_FRAME_H

#include "linnet/task/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the bytes of a frame are to be read.  The YUV formats have the ranges of BT.601 (Y from 16 to
 * 235), as cameras give them. */
typedef enum ln_pixel_format {
    LN_PIXEL_RGB,  /* planes[0]: red, green, blue */
    LN_PIXEL_RGBA, /* planes[0]: red, green, blue, and an alpha that is not looked at */
    LN_PIXEL_GRAY, /* planes[0]: one byte per pixel */
    LN_PIXEL_NV12, /* planes[0]: Y; planes[1]: U and V in turns, at half the size */
    LN_PIXEL_NV21, /* planes[0]: Y; planes[1]: V and U in turns, at half the size */
    LN_PIXEL_YV12, /* planes[0]: Y; planes[1]: V; planes[2]: U, both at half the size */
    LN_PIXEL_YV21, /* planes[0]: Y; planes[1]: U; planes[2]: V, both at half the size (I420) */
    LN_PIXEL_YUY2  /* planes[0]: Y, U, Y, V for two pixels */
} ln_pixel_format;

/* A view of pixels; the bytes stay the caller's.  All zero but format, size and planes[0] is a
 * frame whose rows and planes follow each other without gaps. */
typedef struct ln_frame {
    ln_pixel_format format;
    int width, height;        /* as stored, before `orientation` is applied */
    int orientation;          /* of EXIF: 1 (or 0) upright, 6: to be turned right by 90 degrees */
    const uint8_t *planes[3]; /* NULL for a further plane: it follows the one before it */
    int strides[3];           /* bytes from a row to the next; 0: no gap */
} ln_frame;

/* A rectangle, in pixels of the frame as it is stored. */
typedef struct ln_box {
    int x, y, width, height;
} ln_box;

/* An image with its pixels.  `frame.orientation` is what the file says (JPEG files with EXIF). */
typedef struct ln_image {
    ln_frame frame; /* RGB */
    uint8_t *pixels;
} ln_image;

/* Reads a JPEG, PNG or BMP file.  NULL on failure (`error` says why, where it is not NULL).  Files
 * of more than 2^27 pixels are refused.  To be freed by ln_image_free. */
LN_API ln_image *ln_image_read(const char *path, ln_task_error *error);
/* The same for a file's `n` bytes. */
LN_API ln_image *ln_image_decode(const void *data, size_t n, ln_task_error *error);
/* NULL is allowed. */
LN_API void ln_image_free(ln_image *image);

/* A new RGB image of any frame, upright, with the size that it has then. */
LN_API ln_image *ln_image_from_frame(const ln_frame *frame, ln_task_error *error);
/* Writes an RGB image as a PNG file; false on failure. */
LN_API bool ln_image_write_png(const ln_image *image, const char *path, ln_task_error *error);

#ifdef __cplusplus
}
#endif

#endif
