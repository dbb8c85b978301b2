/* SPDX-License-Identifier: Apache-2.0 */
/* c_image_segmenter.c: TfLiteImageSegmenter over ln_image_segmenter. */
#include <string.h>

#include "linnet/task/vision.h"
#include "task/c_api.h"
#include "tensorflow_lite_support/c/task/vision/image_segmenter.h"

/* A pointer to one is a pointer to ours: the type is never defined. */
static ln_image_segmenter *ours(const TfLiteImageSegmenter *segmenter)
{
    return (ln_image_segmenter *)(void *)segmenter;
}

TfLiteImageSegmenterOptions TfLiteImageSegmenterOptionsCreate(void)
{
    return (TfLiteImageSegmenterOptions){
        .base_options = ln_c_default_base(),
        .output_type = kCategoryMask,
    };
}

static ln_image_segmenter *create(const TfLiteImageSegmenterOptions *from, ln_task_error *error)
{
    ln_vision_options options = {0};

    if (!from) {
        ln_task_fail(error, kInvalidArgumentError, "Expected non null options.");
        return NULL;
    }
    if (from->output_type != kCategoryMask && from->output_type != kConfidenceMask) {
        ln_task_fail(error, kInvalidArgumentError,
                     "ImageSegmenterOptions: `output_type` must not be UNSPECIFIED");
        return NULL;
    }
    if (!ln_c_base(&from->base_options, &options.base, error))
        return NULL;
    options.categories.locale = from->display_names_locale;
    options.confidence_masks = from->output_type == kConfidenceMask;
    return ln_image_segmenter_create(&options, error);
}

TfLiteImageSegmenter *TfLiteImageSegmenterFromOptions(const TfLiteImageSegmenterOptions *options,
                                                      TfLiteSupportError **error)
{
    ln_task_error why = {0};
    ln_image_segmenter *segmenter = create(options, &why);
    if (!segmenter)
        ln_c_report(error, &why);
    return (TfLiteImageSegmenter *)(void *)segmenter;
}

void TfLiteImageSegmenterDelete(TfLiteImageSegmenter *segmenter)
{
    ln_image_segmenter_free(ours(segmenter));
}

/* ---- results ---- */

static bool copy_labels(const ln_segmentation_result *from, TfLiteSegmentation *to,
                        ln_task_error *error)
{
    bool ok = true;

    to->colored_labels = ln_c_new((size_t)from->n_labels, sizeof *to->colored_labels, error);
    if (!to->colored_labels)
        return false;
    to->colored_labels_size = from->n_labels;
    for (int i = 0; i < from->n_labels; i++) {
        const ln_colored_label *label = &from->labels[i];
        to->colored_labels[i] = (TfLiteColoredLabel){
            label->red,
            label->green,
            label->blue,
            ln_c_name(label->name, &ok, error),
            ln_c_name(label->display_name, &ok, error),
        };
    }
    return ok;
}

static bool copy_confidences(const ln_segmentation_result *from, TfLiteSegmentation *to,
                             size_t pixels, ln_task_error *error)
{
    to->confidence_masks = ln_c_new((size_t)from->n_labels, sizeof(float *), error);
    if (!to->confidence_masks)
        return false;
    for (int i = 0; i < from->n_labels; i++) {
        float *mask = ln_c_new(pixels, sizeof *mask, error);
        if (!mask)
            return false;
        memcpy(mask, from->confidences[i], pixels * sizeof *mask);
        to->confidence_masks[i] = mask;
    }
    return true;
}

static bool copy_segmentation(const ln_segmentation_result *from, TfLiteSegmentation *to,
                              ln_task_error *error)
{
    const size_t pixels = (size_t)from->width * (size_t)from->height;

    to->width = from->width;
    to->height = from->height;
    /* Labels first: their number tells how many masks there are to be freed. */
    if (!copy_labels(from, to, error))
        return false;
    if (from->confidences)
        return copy_confidences(from, to, pixels, error);
    to->category_mask = ln_c_new(pixels, 1, error);
    if (!to->category_mask)
        return false;
    memcpy(to->category_mask, from->categories, pixels);
    return true;
}

static TfLiteSegmentationResult *result_of(const ln_segmentation_result *from, ln_task_error *error)
{
    TfLiteSegmentationResult *to = ln_c_new(1, sizeof *to, error);
    if (!to)
        return NULL;
    to->segmentations = ln_c_new(1, sizeof *to->segmentations, error);
    to->size = to->segmentations ? 1 : 0;
    if (to->size && copy_segmentation(from, to->segmentations, error))
        return to;
    TfLiteSegmentationResultDelete(to);
    return NULL;
}

void TfLiteSegmentationResultDelete(TfLiteSegmentationResult *result)
{
    if (!result)
        return;
    for (int i = 0; i < result->size; i++) {
        TfLiteSegmentation *s = &result->segmentations[i];
        for (int j = 0; j < s->colored_labels_size; j++) {
            ln_free(&ln_alloc_default, s->colored_labels[j].label);
            ln_free(&ln_alloc_default, s->colored_labels[j].display_name);
            if (s->confidence_masks)
                ln_free(&ln_alloc_default, s->confidence_masks[j]);
        }
        ln_free(&ln_alloc_default, s->colored_labels);
        ln_free(&ln_alloc_default, (void *)s->confidence_masks);
        ln_free(&ln_alloc_default, s->category_mask);
    }
    ln_free(&ln_alloc_default, result->segmentations);
    ln_free(&ln_alloc_default, result);
}

/* ---- use ---- */

static TfLiteSegmentationResult *segment(const TfLiteImageSegmenter *segmenter,
                                         const TfLiteFrameBuffer *frame_buffer,
                                         ln_task_error *error)
{
    ln_frame frame;

    if (!segmenter) {
        ln_task_fail(error, kInvalidArgumentError, "Expected non null image segmenter.");
        return NULL;
    }
    if (!ln_c_frame(frame_buffer, &frame, error))
        return NULL;
    ln_segmentation_result *result = ln_image_segment(ours(segmenter), &frame, error);
    TfLiteSegmentationResult *copy = result ? result_of(result, error) : NULL;
    ln_segmentation_result_free(result);
    return copy;
}

TfLiteSegmentationResult *TfLiteImageSegmenterSegment(const TfLiteImageSegmenter *segmenter,
                                                      const TfLiteFrameBuffer *frame_buffer,
                                                      TfLiteSupportError **error)
{
    ln_task_error why = {0};
    TfLiteSegmentationResult *result = segment(segmenter, frame_buffer, &why);
    if (!result)
        ln_c_report(error, &why);
    return result;
}
