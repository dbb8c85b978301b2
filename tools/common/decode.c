/* SPDX-License-Identifier: Apache-2.0 */
/* decode.c: PNG and JPEG files by libpng and libjpeg. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

#include "common/image.h"

bool image_read_png(image *m, const char *path, int channels, char *why, size_t n)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    bool ok = png_image_begin_read_from_file(&png, path) != 0;
    if (ok) {
        png.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
        const png_color white = {255, 255, 255}; /* what shows through */
        ok = image_make(m, (int)png.width, (int)png.height, channels) &&
             png_image_finish_read(&png, &white, m->pixels, 0, NULL) != 0;
    }
    if (!ok)
        snprintf(why, n, "%s", png.message[0] ? png.message : "too large");
    png_image_free(&png);
    return ok;
}

/* libjpeg reports errors by a call that must not return. */
typedef struct jpeg_failure {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    char text[JMSG_LENGTH_MAX];
} jpeg_failure;

static void jpeg_failed(j_common_ptr info)
{
    jpeg_failure *failure = (jpeg_failure *)info->err;
    info->err->format_message(info, failure->text);
    longjmp(failure->back, 1);
}

static void read_rows(struct jpeg_decompress_struct *info, image *m)
{
    const size_t row_bytes = (size_t)m->width * (size_t)m->channels;
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = m->pixels + row_bytes * info->output_scanline;
        jpeg_read_scanlines(info, &row, 1);
    }
}

bool image_read_jpeg(image *m, const char *path, int channels, char *why, size_t n)
{
    struct jpeg_decompress_struct info;
    jpeg_failure failure = {.text = "too large"};
    FILE *f = fopen(path, "rb");
    bool ok = false;
    if (!f) {
        snprintf(why, n, "cannot be opened");
        return false;
    }
    memset(&info, 0, sizeof info);
    info.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = jpeg_failed;
    if (setjmp(failure.back)) {
        snprintf(why, n, "%s", failure.text);
        jpeg_destroy_decompress(&info);
        fclose(f);
        return false;
    }
    jpeg_create_decompress(&info);
    jpeg_stdio_src(&info, f);
    jpeg_read_header(&info, TRUE);
    info.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&info);
    ok = image_make(m, (int)info.output_width, (int)info.output_height, channels);
    if (ok) {
        read_rows(&info, m);
        jpeg_finish_decompress(&info);
    } else {
        snprintf(why, n, "%s", failure.text);
    }
    jpeg_destroy_decompress(&info);
    fclose(f);
    return ok;
}
