/* SPDX-License-Identifier: Apache-2.0 */
/* plain_decode.c: in a command that is built without libpng and libjpeg: images cannot be read. */
#include <stdio.h>

#include "common/image.h"

bool image_read_png(image *m, const char *path, int channels, char *why, size_t n)
{
    (void)m, (void)path, (void)channels;
    snprintf(why, n, "this build reads no images: it was made without libpng and libjpeg");
    return false;
}

bool image_read_jpeg(image *m, const char *path, int channels, char *why, size_t n)
{
    return image_read_png(m, path, channels, why, n);
}
