/* SPDX-License-Identifier: Apache-2.0 */
/* png.c: PNG by libpng's simplified interface.  What is transparent keeps the color it has, as in
 * the Task Library. */
#include <png.h>

#include "base/checked.h"
#include "media/image.h"

/* A compressed byte makes 1032 at most; pixels that a file cannot hold are not made room for. */
enum { MAX_RATIO = 1032 };

static ln_status decode(png_image *png, ln_pixels *out, size_t n, size_t max_pixels,
                        const ln_alloc *alloc, ln_diag *diag)
{
    uint8_t *rgba;

    if ((size_t)png->width * png->height / 8 / MAX_RATIO > n)
        return ln_fail(diag, LN_ERR_FORMAT, "%zu bytes cannot hold %u x %u pixels", n,
                       (unsigned)png->width, (unsigned)png->height);
    LN_TRY(ln_pixels_make(out, png->width, png->height, max_pixels, alloc, diag));
    png->format = PNG_FORMAT_RGBA;
    rgba = ln_new(alloc, (size_t)png->width * png->height, 4);
    if (!rgba)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for an image of %d x %d pixels", out->width,
                       out->height);
    const bool ok = png_image_finish_read(png, NULL, rgba, 0, NULL) != 0;
    for (size_t i = 0; ok && i < (size_t)png->width * png->height; i++) {
        out->data[3 * i] = rgba[4 * i];
        out->data[3 * i + 1] = rgba[4 * i + 1];
        out->data[3 * i + 2] = rgba[4 * i + 2];
    }
    ln_free(alloc, rgba);
    return ok ? LN_OK : ln_fail(diag, LN_ERR_FORMAT, "the PNG file: %s", png->message);
}

ln_status ln_decode_png(ln_pixels *out, const uint8_t *data, size_t n, size_t max_pixels,
                        const ln_alloc *alloc, ln_diag *diag)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    ln_status status;

    if (png_image_begin_read_from_memory(&png, data, n))
        status = decode(&png, out, n, max_pixels, alloc, diag);
    else
        status = ln_fail(diag, LN_ERR_FORMAT, "the PNG file: %s", png.message);
    png_image_free(&png);
    if (status != LN_OK) {
        ln_free(alloc, out->data);
        *out = (ln_pixels){0};
    }
    return status;
}

ln_status ln_encode_png(uint8_t **out, size_t *n, const uint8_t *rgb, int width, int height,
                        const ln_alloc *alloc, ln_diag *diag)
{
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)width,
                     .height = (png_uint_32)height,
                     .format = PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);

    *out = ln_new(alloc, size, 1);
    if (!*out)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for a PNG file of %d x %d pixels", width,
                       height);
    const bool ok = png_image_write_to_memory(&png, *out, &size, 0, rgb, 0, NULL) != 0;
    png_image_free(&png);
    *n = size;
    if (ok)
        return LN_OK;
    ln_free(alloc, *out);
    *out = NULL;
    return ln_fail(diag, LN_ERR_FORMAT, "writing a PNG file: %s", png.message);
}
