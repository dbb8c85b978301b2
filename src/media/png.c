/* SPDX-License-Identifier: Apache-2.0 */
/* png.c: PNG by libpng.  Values are read as the Task Library reads them: what is transparent keeps
 * the color it has, of 16 bits the upper 8 count, and no gamma is applied (libpng's simplified
 * interface, good enough to write by, would apply it). */
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "media/image.h"

/* A compressed byte makes 1032 at most; pixels that a file cannot hold are not made room for. */
enum { MAX_RATIO = 1032 };

typedef struct job {
    const uint8_t *data;
    size_t n, at, max_pixels;
    png_structp png;
    png_infop info;
    ln_pixels *out;
    const ln_alloc *alloc;
    ln_diag *diag;
    jmp_buf back; /* libpng reports errors by a call that must not return */
    char text[120];
} job;

static void on_error(png_structp png, png_const_charp text)
{
    job *j = png_get_error_ptr(png);
    snprintf(j->text, sizeof j->text, "%s", text);
    longjmp(j->back, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep to, size_t n)
{
    job *j = png_get_io_ptr(png);
    if (n > j->n - j->at)
        png_error(png, "it ends too early");
    memcpy(to, j->data + j->at, n);
    j->at += n;
}

/* All rows, since those of an interlaced file are made in several passes. */
static void read_rows(const job *j)
{
    const int passes = png_set_interlace_handling(j->png);
    png_read_update_info(j->png, j->info);
    for (int pass = 0; pass < passes; pass++) {
        for (int y = 0; y < j->out->height; y++)
            png_read_row(j->png, j->out->data + (size_t)y * (size_t)j->out->width * 3, NULL);
    }
}

static ln_status decode(job *j)
{
    j->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, j, on_error, on_warning);
    j->info = j->png ? png_create_info_struct(j->png) : NULL;
    if (!j->info)
        return ln_fail(j->diag, LN_ERR_MEMORY, "no memory for the decoder");
    png_set_read_fn(j->png, j, read_bytes);
    png_read_info(j->png, j->info);
    const size_t width = png_get_image_width(j->png, j->info);
    const size_t height = png_get_image_height(j->png, j->info);
    if (width * height / 8 / MAX_RATIO > j->n)
        return ln_fail(j->diag, LN_ERR_FORMAT, "%zu bytes cannot hold %zu x %zu pixels", j->n,
                       width, height);
    LN_TRY(ln_pixels_make(j->out, width, height, j->max_pixels, j->alloc, j->diag));
    png_set_expand(j->png);
    png_set_strip_16(j->png);
    png_set_gray_to_rgb(j->png);
    png_set_strip_alpha(j->png);
    read_rows(j);
    png_read_end(j->png, NULL);
    return LN_OK;
}

ln_status ln_decode_png(ln_pixels *out, const uint8_t *data, size_t n, size_t max_pixels,
                        const ln_alloc *alloc, ln_diag *diag)
{
    job *j = ln_new(alloc, 1, sizeof *j);
    ln_status status;

    if (!j)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for the decoder");
    *j = (job){
        .data = data, .n = n, .max_pixels = max_pixels, .out = out, .alloc = alloc, .diag = diag};
    if (setjmp(j->back))
        status = ln_fail(diag, LN_ERR_FORMAT, "the PNG file: %s", j->text);
    else
        status = decode(j);
    png_destroy_read_struct(&j->png, &j->info, NULL);
    ln_free(alloc, j);
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
