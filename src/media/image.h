/* SPDX-License-Identifier: Apache-2.0 */
/* image.h: files of pixels: JPEG and PNG by their libraries, BMP by ourselves; PNG out. */
#ifndef LN_MEDIA_IMAGE_H
#define LN_MEDIA_IMAGE_H

#include "base/alloc.h"
#include "base/diag.h"
#include "linnet/task/frame.h"

enum { LN_IMAGE_MAX_PIXELS = 1 << 27 };

/* RGB pixels without gaps; `pixels` comes from `alloc`. */
typedef struct ln_pixels {
    uint8_t *data;
    int width, height;
    int orientation; /* of EXIF, 1 where nothing is said */
} ln_pixels;

/* Decodes a file's bytes; refuses more than `max_pixels`. */
ln_status ln_image_decode_bytes(ln_pixels *out, const uint8_t *data, size_t n, size_t max_pixels,
                                const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;
/* One decoder each, as ln_image_decode_bytes calls them by the first bytes. */
ln_status ln_decode_jpeg(ln_pixels *out, const uint8_t *data, size_t n, size_t max_pixels,
                         const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;
ln_status ln_decode_png(ln_pixels *out, const uint8_t *data, size_t n, size_t max_pixels,
                        const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;
ln_status ln_decode_bmp(ln_pixels *out, const uint8_t *data, size_t n, size_t max_pixels,
                        const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;
/* Memory for the pixels, after a look at the size. */
ln_status ln_pixels_make(ln_pixels *out, size_t width, size_t height, size_t max_pixels,
                         const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

/* The orientation in a block of EXIF data ("Exif\0\0" and a TIFF header); 1 where there is none. */
int ln_exif_orientation(const uint8_t *data, size_t n);

/* A PNG file's bytes, from `alloc`. */
ln_status ln_encode_png(uint8_t **out, size_t *n, const uint8_t *rgb, int width, int height,
                        const ln_alloc *alloc, ln_diag *diag) LN_MUST_USE;

#endif
