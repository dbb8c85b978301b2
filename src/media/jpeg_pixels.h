/* SPDX-License-Identifier: Apache-2.0 */
/* jpeg_pixels.h: from the coefficients of a JPEG file, which libjpeg-turbo reads, to pixels. */
#ifndef LN_MEDIA_JPEG_PIXELS_H
#define LN_MEDIA_JPEG_PIXELS_H

#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/diag.h"

/* Fails for files whose pixels cannot be made: numbers of colors, precisions, sampling. */
ln_status ln_jpeg_check(const struct jpeg_decompress_struct *info, ln_diag *diag) LN_MUST_USE;
/* Writes image_height rows of image_width RGB pixels.  Errors of libjpeg go its way (longjmp). */
void ln_jpeg_pixels(j_decompress_ptr info, jvirt_barray_ptr *coefficients, uint8_t *rgb);

#endif
