/* SPDX-License-Identifier: Apache-2.0 */
/* image_segmenter.c: a class, or confidences, for each pixel that the model gives. */
#include <string.h>

#include "media/color.h"
#include "task/labels.h"
#include "task/postprocess.h"
#include "task/vision_input.h"
#include "tensorflow/lite/core/c/common.h"

enum { MAX_CLASSES = 256 };

struct ln_image_segmenter {
    ln_task task;
    ln_vision_input input;
    bool confidences, picked; /* picked: the model gives classes itself */
    int n_labels;
    ln_colored_label *labels;
};

void ln_segmentation_result_free(ln_segmentation_result *result)
{
    ln_result_free(result, sizeof *result);
}

static bool check_output(ln_image_segmenter *s, ln_task_error *error)
{
    const TfLiteTensor *t = ln_task_output(&s->task, 0);
    const int rank = ln_task_outputs(&s->task) == 1 ? TfLiteTensorNumDims(t) : 0;
    const TfLiteType type = rank ? TfLiteTensorType(t) : kTfLiteNoType;

    if (ln_task_outputs(&s->task) != 1)
        return ln_task_fail(error, kInvalidNumOutputTensorsError,
                            "Image segmentation models are expected to have only 1 output, found "
                            "%d",
                            ln_task_outputs(&s->task));
    s->picked = rank == 3 && (type == kTfLiteInt64 || type == kTfLiteInt32);
    if (rank != 4 && !s->picked)
        return ln_task_fail(error, kInvalidOutputTensorDimensionsError,
                            "Output tensor is expected to have 4 dimensions, found %d.", rank);
    if (s->picked && s->confidences)
        return ln_task_fail(error, kInvalidOutputTensorDimensionsError,
                            "The model gives classes, there are no confidences for masks.");
    if (TfLiteTensorDim(t, 0) != 1)
        return ln_task_fail(error, kInvalidOutputTensorDimensionsError,
                            "Expected batch size of 1, found %d.", TfLiteTensorDim(t, 0));
    if (!s->picked && (TfLiteTensorDim(t, 3) > MAX_CLASSES || TfLiteTensorDim(t, 3) < 1))
        return ln_task_fail(error, kInvalidOutputTensorDimensionsError,
                            "Expected at most %d output classes, found %d", MAX_CLASSES,
                            TfLiteTensorDim(t, 3));
    if (!s->picked && type != kTfLiteFloat32 && type != kTfLiteUInt8 && type != kTfLiteInt8)
        return ln_task_fail(error, kInvalidOutputTensorTypeError,
                            "Type mismatch for output tensor. Requested one of these types: "
                            "kTfLiteUint8/kTfLiteInt8/kTfLiteFloat32, got %s.",
                            TfLiteTypeGetName(type));
    return true;
}

static bool make_labels(ln_image_segmenter *s, const char *locale, ln_task_error *error)
{
    const int described = ln_task_described_outputs(&s->task);
    const TfLiteTensor *t = ln_task_output(&s->task, 0);
    const int classes = s->picked ? 0 : TfLiteTensorDim(t, 3);
    ln_labels labels;

    if (described > 1)
        return ln_task_fail(error, kMetadataInconsistencyError,
                            "Mismatch between number of output tensors (1) and output tensors "
                            "metadata (%d).",
                            described);
    if (!ln_labels_read(&labels, &s->task, ln_meta_output(s->task.meta, 0), LN_META_AXIS_LABELS,
                        locale, error))
        return false;
    if (labels.n && classes && labels.n != classes)
        return ln_task_fail(error, kMetadataInconsistencyError,
                            "Got %d class(es) in the output, expected %d according to the label "
                            "map.",
                            classes, labels.n);
    s->n_labels = labels.n ? LN_MIN(labels.n, MAX_CLASSES) : s->picked ? MAX_CLASSES : classes;
    s->labels = ln_arena_new(&s->task.arena, (size_t)s->n_labels + 1, sizeof *s->labels);
    if (!s->labels)
        return ln_task_fail(error, kError, "No memory for %d labels.", s->n_labels);
    for (int i = 0; i < s->n_labels; i++) {
        uint8_t rgb[3];
        ln_class_color(i, rgb);
        s->labels[i] = (ln_colored_label){rgb[0], rgb[1], rgb[2], ln_label_name(&labels, i),
                                          ln_label_display_name(&labels, i)};
    }
    return true;
}

ln_image_segmenter *ln_image_segmenter_create(const ln_vision_options *options,
                                              ln_task_error *error)
{
    ln_image_segmenter *s = ln_new(&ln_alloc_default, 1, sizeof *s);
    if (!s) {
        ln_task_fail(error, kError, "No memory for a segmenter.");
        return NULL;
    }
    s->confidences = options->confidence_masks;
    if (ln_task_open(&s->task, &options->base, error) &&
        ln_vision_input_init(&s->input, &s->task, options, error) && check_output(s, error) &&
        make_labels(s, options->categories.locale, error))
        return s;
    ln_image_segmenter_free(s);
    return NULL;
}

void ln_image_segmenter_free(ln_image_segmenter *s)
{
    if (!s)
        return;
    ln_vision_input_deinit(&s->input);
    ln_task_close(&s->task);
    ln_free(&ln_alloc_default, s);
}

/* The values of the output, in masks: which place of the stored frame each one is for. */
typedef struct masks {
    int width, height, classes, orientation; /* width and height: of the tensor */
    const float *values;                     /* [height][width][classes] */
    int mask_width, mask_height;
} masks;

/* The place in the tensor of a mask's pixel. */
static size_t tensor_index(const masks *m, int x, int y)
{
    ln_orient_point(m->orientation, m->mask_width, m->mask_height, &x, &y);
    return (size_t)y * (size_t)m->width + (size_t)x;
}

static void fill_categories(const masks *m, uint8_t *to)
{
    for (int y = 0; y < m->mask_height; y++) {
        for (int x = 0; x < m->mask_width; x++) {
            const float *v = m->values + tensor_index(m, x, y) * (size_t)m->classes;
            int best = 0;
            for (int k = 1; k < m->classes; k++) {
                if (v[k] > v[best])
                    best = k;
            }
            *to++ = (uint8_t)best;
        }
    }
}

static void fill_confidences(const masks *m, float **to)
{
    for (int y = 0; y < m->mask_height; y++) {
        for (int x = 0; x < m->mask_width; x++) {
            const float *v = m->values + tensor_index(m, x, y) * (size_t)m->classes;
            const size_t at = (size_t)y * (size_t)m->mask_width + (size_t)x;
            for (int k = 0; k < m->classes; k++)
                to[k][at] = v[k];
        }
    }
}

static void fill_picked(const masks *m, const TfLiteTensor *t, uint8_t *to)
{
    const bool wide = TfLiteTensorType(t) == kTfLiteInt64;
    const void *data = TfLiteTensorData(t);
    for (int y = 0; y < m->mask_height; y++) {
        for (int x = 0; x < m->mask_width; x++) {
            const size_t at = tensor_index(m, x, y);
            const int64_t class = wide ? ((const int64_t *)data)[at] : ((const int32_t *)data)[at];
            *to++ = (uint8_t)(class >= 0 && class < MAX_CLASSES ? class : 0);
        }
    }
}

/* The output as floats: in place where it is float, else a copy that the arena keeps. */
static bool find_values(masks *m, const TfLiteTensor *t, ln_arena *arena, ln_task_error *error)
{
    if (TfLiteTensorType(t) == kTfLiteFloat32) {
        m->values = TfLiteTensorData(t);
        return true;
    }
    float *values = ln_arena_new(arena, ln_task_count(t) + 1, sizeof *values);
    if (!values)
        return ln_task_fail(error, kError, "No memory for %zu values.", ln_task_count(t));
    m->values = values;
    return ln_task_floats(t, values, error);
}

static bool fill(ln_image_segmenter *s, const ln_frame *frame, ln_segmentation_result *result,
                 ln_arena *arena, ln_task_error *error)
{
    const TfLiteTensor *t = ln_task_output(&s->task, 0);
    masks m = {TfLiteTensorDim(t, 2),
               TfLiteTensorDim(t, 1),
               s->picked ? 1 : TfLiteTensorDim(t, 3),
               frame->orientation,
               NULL,
               0,
               0};
    const bool turns = ln_orientation_turns(frame->orientation);
    m.mask_width = turns ? m.height : m.width;
    m.mask_height = turns ? m.width : m.height;
    const size_t pixels = (size_t)m.width * (size_t)m.height;

    *result = (ln_segmentation_result){.width = m.mask_width,
                                       .height = m.mask_height,
                                       .n_labels = s->n_labels,
                                       .labels = s->labels};
    if (!s->picked && !find_values(&m, t, arena, error))
        return false;
    if (!s->confidences) {
        uint8_t *to = ln_arena_new(arena, pixels + 1, 1);
        if (!to)
            return ln_task_fail(error, kError, "No memory for a mask.");
        if (s->picked)
            fill_picked(&m, t, to);
        else
            fill_categories(&m, to);
        result->categories = to;
        return true;
    }
    float **to = ln_arena_new(arena, (size_t)m.classes, sizeof *to);
    bool ok = to != NULL;
    for (int k = 0; k < m.classes && ok; k++)
        ok = (to[k] = ln_arena_new(arena, pixels + 1, sizeof **to)) != NULL;
    if (!ok)
        return ln_task_fail(error, kError, "No memory for %d masks.", m.classes);
    fill_confidences(&m, to);
    result->confidences = (const float *const *)to;
    return true;
}

ln_task *ln_image_segmenter_task(ln_image_segmenter *s)
{
    return &s->task;
}

ln_segmentation_result *ln_image_segment(ln_image_segmenter *s, const ln_frame *frame,
                                         ln_task_error *error)
{
    if (!ln_vision_run(&s->input, frame, NULL, error))
        return NULL;
    return ln_image_segmenter_result(s, frame, error);
}

ln_segmentation_result *ln_image_segmenter_result(ln_image_segmenter *s, const ln_frame *frame,
                                                  ln_task_error *error)
{
    ln_arena *arena;
    ln_segmentation_result *result = ln_result_new(sizeof *result, &arena);
    if (!result)
        ln_task_fail(error, kError, "No memory for a result.");
    if (!result || !fill(s, frame, result, arena, error)) {
        ln_segmentation_result_free(result);
        return NULL;
    }
    return result;
}
