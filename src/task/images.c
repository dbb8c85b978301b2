/* SPDX-License-Identifier: Apache-2.0 */
/* images.c: image files, and pictures with results in them. */
#include <stdio.h>
#include <string.h>

#include "linnet/task/vision.h"
#include "media/color.h"
#include "media/convert.h"
#include "media/image.h"
#include "task/task.h"

static ln_image *wrap(const ln_pixels *p, ln_task_error *error)
{
    ln_image *image = ln_new(&ln_alloc_default, 1, sizeof *image);
    if (!image) {
        ln_free(&ln_alloc_default, p->data);
        ln_task_fail(error, kError, "No memory for an image.");
        return NULL;
    }
    image->pixels = p->data;
    image->frame = (ln_frame){.format = LN_PIXEL_RGB,
                              .width = p->width,
                              .height = p->height,
                              .orientation = p->orientation,
                              .planes = {p->data}};
    return image;
}

ln_image *ln_image_decode(const void *data, size_t n, ln_task_error *error)
{
    ln_diag diag = {0};
    ln_pixels pixels;
    const ln_status status =
        ln_image_decode_bytes(&pixels, data, n, LN_IMAGE_MAX_PIXELS, &ln_alloc_default, &diag);
    if (status != LN_OK) {
        ln_task_fail_diag(error, kImageProcessingError, status, &diag);
        return NULL;
    }
    return wrap(&pixels, error);
}

ln_image *ln_image_read(const char *path, ln_task_error *error)
{
    ln_diag diag = {0};
    ln_file file;
    const ln_status status = ln_file_open(&file, path, &ln_alloc_default, &diag);
    if (status != LN_OK) {
        ln_task_fail_diag(error, kFileReadError, status, &diag);
        return NULL;
    }
    ln_image *image = ln_image_decode(file.data, file.size, error);
    ln_file_close(&file);
    return image;
}

void ln_image_free(ln_image *image)
{
    if (!image)
        return;
    ln_free(&ln_alloc_default, image->pixels);
    ln_free(&ln_alloc_default, image);
}

ln_image *ln_image_from_frame(const ln_frame *frame, ln_task_error *error)
{
    const bool turns = ln_orientation_turns(frame->orientation);
    ln_diag diag = {0};
    ln_pixels pixels = {0};
    ln_planes planes; /* checks the frame before its size counts */
    ln_converter converter;
    ln_pixel_table table;

    ln_converter_init(&converter, &ln_alloc_default);
    ln_pixel_table_plain(&table, LN_PIXEL_U8, 3);
    ln_status status = ln_frame_planes(&planes, frame, NULL, &diag);
    if (status == LN_OK)
        status = ln_pixels_make(&pixels, (size_t)(turns ? frame->height : frame->width),
                                (size_t)(turns ? frame->width : frame->height), LN_IMAGE_MAX_PIXELS,
                                &ln_alloc_default, &diag);
    if (status == LN_OK) {
        const ln_target target = {
            pixels.data, pixels.width, pixels.height, {0, 0, pixels.width, pixels.height}};
        status = ln_convert_frame(&converter, frame, NULL, &table, &target, &diag);
    }
    ln_converter_deinit(&converter);
    if (status != LN_OK) {
        ln_free(&ln_alloc_default, pixels.data);
        ln_task_fail_diag(error, kImageProcessingError, status, &diag);
        return NULL;
    }
    return wrap(&pixels, error);
}

bool ln_image_write_png(const ln_image *image, const char *path, ln_task_error *error)
{
    ln_diag diag = {0};
    uint8_t *data;
    size_t n;
    const ln_status status = ln_encode_png(&data, &n, image->pixels, image->frame.width,
                                           image->frame.height, &ln_alloc_default, &diag);
    if (status != LN_OK)
        return ln_task_fail_diag(error, kImageProcessingError, status, &diag);
    FILE *f = fopen(path, "wb");
    const bool written = f && fwrite(data, 1, n, f) == n;
    const bool closed = f && fclose(f) == 0;
    ln_free(&ln_alloc_default, data);
    return (written && closed) || ln_task_fail(error, kFileReadError, "%s cannot be written", path);
}

static ln_canvas canvas_of(ln_image *image)
{
    return (ln_canvas){image->pixels, image->frame.width, image->frame.height};
}

/* Pixels of a letter's point: text is to be read at any size. */
static int point_of(const ln_canvas *canvas)
{
    return LN_MAX(1, LN_MIN(canvas->width, canvas->height) / 250);
}

/* Above a box where there is room, else in it; not beyond the canvas's right edge. */
static void draw_name(const ln_canvas *canvas, const ln_detection *d, const uint8_t rgb[3])
{
    const int size = point_of(canvas);
    char text[100];
    int width, height;
    snprintf(text, sizeof text, "%.80s %.2f", d->category.name, (double)d->category.score);
    ln_text_size(text, size, &width, &height);
    const int above = d->box.y - height, x = LN_MIN(d->box.x, canvas->width - width);
    ln_draw_text(canvas, LN_MAX(0, x), above >= 0 ? above : LN_MAX(0, d->box.y), size, text, rgb);
}

void ln_draw_detections(ln_image *image, const ln_detection_result *result)
{
    static const uint8_t black[3] = {0, 0, 0};
    const ln_canvas canvas = canvas_of(image);
    const int size = point_of(&canvas);

    for (int i = result->n - 1; i >= 0; i--) { /* the best on top */
        const ln_detection *d = &result->detections[i];
        uint8_t rgb[3];
        ln_bright_color(d->category.index, rgb);
        ln_draw_box(&canvas, &d->box, 3 * size, black); /* is seen on bright ground, too */
        ln_draw_box(&canvas, &d->box, 2 * size, rgb);
        draw_name(&canvas, d, rgb);
    }
}

/* The class with the highest confidence, where a result has masks of these. */
static void pick(const ln_segmentation_result *r, uint8_t *to)
{
    for (size_t i = 0; i < (size_t)r->width * (size_t)r->height; i++) {
        int best = 0;
        for (int k = 1; k < r->n_labels; k++) {
            if (r->confidences[k][i] > r->confidences[best][i])
                best = k;
        }
        to[i] = (uint8_t)best;
    }
}

/* The names of the classes that are there, each on its color, the largest first. */
static void draw_legend(const ln_canvas *canvas, const ln_segmentation_result *r,
                        const ln_classes *c)
{
    enum { CLASSES = 256 };
    const int size = point_of(canvas);
    size_t counts[CLASSES] = {0};
    int y = 2 * size, width, height;

    for (size_t i = 0; i < (size_t)c->width * (size_t)c->height; i++)
        counts[c->classes[i]]++;
    ln_text_size("", size, &width, &height);
    while (y + height <= canvas->height) {
        uint8_t rgb[3];
        int largest = 0;
        for (int k = 1; k < LN_MIN(r->n_labels, CLASSES); k++) {
            if (counts[k] && (largest == 0 || counts[k] > counts[largest]))
                largest = k;
        }
        if (largest == 0)
            return;
        ln_class_color(largest, rgb);
        ln_draw_text(canvas, 2 * size, y, size, r->labels[largest].name, rgb);
        counts[largest] = 0;
        y += height;
    }
}

void ln_draw_segmentation(ln_image *image, const ln_segmentation_result *r)
{
    const ln_canvas canvas = canvas_of(image);
    uint8_t *picked = NULL;

    if (!r->categories) {
        picked = ln_new(&ln_alloc_default, (size_t)r->width * (size_t)r->height, 1);
        if (!picked)
            return;
        pick(r, picked);
    }
    const ln_classes classes = {picked ? picked : r->categories, r->width, r->height};
    ln_draw_classes(&canvas, &classes, point_of(&canvas));
    draw_legend(&canvas, r, &classes);
    ln_free(&ln_alloc_default, picked);
}
