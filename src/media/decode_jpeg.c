/* SPDX-License-Identifier: Apache-2.0 */
/* decode_jpeg.c: JPEG: libjpeg-turbo reads the coefficients, jpeg_pixels.c makes pixels of them.
 * Files that claim much and hold little are bounded: by the number of pixels, and by the number of
 * scans of a progressive file, each of which costs a pass over the image. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include "media/image.h"
#include "media/jpeg_pixels.h"

enum { MAX_SCANS = 100, EXIF_MARKER = JPEG_APP0 + 1 };

/* libjpeg reports errors by a call that must not return. */
typedef struct failure {
    struct jpeg_error_mgr manager;
    jmp_buf back;
    char text[JMSG_LENGTH_MAX];
} failure;

typedef struct job {
    struct jpeg_decompress_struct info;
    struct jpeg_progress_mgr progress;
    failure failed;
    ln_pixels *out;
    const ln_alloc *alloc;
    ln_diag *diag;
    size_t max_pixels;
} job;

static void on_error(j_common_ptr info)
{
    failure *f = (failure *)info->err;
    info->err->format_message(info, f->text);
    longjmp(f->back, 1);
}

/* Warnings: a file that is cut short or damaged still shows something. */
static void on_message(j_common_ptr info)
{
    (void)info;
}

static void on_progress(j_common_ptr info)
{
    if (((j_decompress_ptr)info)->input_scan_number > MAX_SCANS) {
        failure *f = (failure *)info->err;
        snprintf(f->text, sizeof f->text, "more than %d scans", MAX_SCANS);
        longjmp(f->back, 1);
    }
}

static int orientation(j_decompress_ptr info)
{
    for (jpeg_saved_marker_ptr m = info->marker_list; m; m = m->next) {
        if (m->marker == EXIF_MARKER)
            return ln_exif_orientation(m->data, m->data_length);
    }
    return 1;
}

static ln_status decode(job *j, const uint8_t *data, size_t n)
{
    j_decompress_ptr info = &j->info;

    jpeg_create_decompress(info);
    j->progress.progress_monitor = on_progress;
    info->progress = &j->progress;
    jpeg_save_markers(info, EXIF_MARKER, 0xffff);
    jpeg_mem_src(info, data, (unsigned long)n);
    jpeg_read_header(info, TRUE);
    LN_TRY(ln_jpeg_check(info, j->diag));
    LN_TRY(ln_pixels_make(j->out, info->image_width, info->image_height, j->max_pixels, j->alloc,
                          j->diag));
    j->out->orientation = orientation(info);
    ln_jpeg_pixels(info, jpeg_read_coefficients(info), j->out->data);
    return LN_OK;
}

ln_status ln_decode_jpeg(ln_pixels *out, const uint8_t *data, size_t n, size_t max_pixels,
                         const ln_alloc *alloc, ln_diag *diag)
{
    job *j = ln_new(alloc, 1, sizeof *j);
    ln_status status;

    if (!j)
        return ln_fail(diag, LN_ERR_MEMORY, "no memory for the decoder");
    *j = (job){.out = out, .alloc = alloc, .diag = diag, .max_pixels = max_pixels};
    j->info.err = jpeg_std_error(&j->failed.manager);
    j->failed.manager.error_exit = on_error;
    j->failed.manager.output_message = on_message;
    if (setjmp(j->failed.back))
        status = ln_fail(diag, LN_ERR_FORMAT, "the JPEG file: %s", j->failed.text);
    else
        status = decode(j, data, n);
    jpeg_destroy_decompress(&j->info);
    ln_free(alloc, j);
    if (status != LN_OK) {
        ln_free(alloc, out->data);
        *out = (ln_pixels){0};
    }
    return status;
}
