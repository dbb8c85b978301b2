/* SPDX-License-Identifier: Apache-2.0 */
/* object_detector.c: boxes and classes of models that end in TFLite_Detection_PostProcess.
 *
 *   location [1, n, 4]    category [1, n]    score [1, n]    number of detections [1]
 *
 * Metadata tells which output is which, and the order of a box's numbers. */
#include <math.h>
#include <string.h>

#include "task/labels.h"
#include "task/postprocess.h"
#include "task/vision_input.h"
#include "tensorflow/lite/core/c/common.h"

enum { LOCATION, CATEGORY, SCORE, COUNT, N_OUTPUTS };

struct ln_object_detector {
    ln_task task;
    ln_vision_input input;
    int output[N_OUTPUTS];
    int corner[4]; /* where left, top, right and bottom stand */
    ln_labels labels;
    bool *allowed;
    bool filtered; /* by lists */
    float threshold;
    int max_results;
    bool calibrated;
    ln_calibration calibration;
};

void ln_detection_result_free(ln_detection_result *result)
{
    ln_result_free(result, sizeof *result);
}

static bool find_outputs(ln_object_detector *d, ln_task_error *error)
{
    static const char *const names[N_OUTPUTS] = {"location", "category", "score",
                                                 "number of detections"};
    const int n = ln_task_outputs(&d->task), described = ln_task_described_outputs(&d->task);
    bool all = true;

    if (n != N_OUTPUTS)
        return ln_task_fail(error, kInvalidNumOutputTensorsError,
                            "Mobile SSD models are expected to have exactly 4 outputs, found %d",
                            n);
    if (!ln_task_has_graph_metadata(&d->task))
        return ln_task_fail(error, kMetadataNotFoundError,
                            "Object detection models require TFLite Model Metadata but none was "
                            "found; `linnet metadata write-object-detector` adds it.");
    if (described != N_OUTPUTS)
        return ln_task_fail(error, kMetadataInconsistencyError,
                            "Mismatch between number of output tensors (4) and output tensors "
                            "metadata (%d).",
                            described);
    for (int i = 0; i < N_OUTPUTS; i++) {
        d->output[i] = ln_task_output_named(&d->task, names[i]);
        all = all && d->output[i] >= 0;
    }
    for (int i = 0; i < N_OUTPUTS && !all; i++)
        d->output[i] = i;
    return true;
}

static bool check_outputs(const ln_object_detector *d, ln_task_error *error)
{
    static const int ranks[N_OUTPUTS] = {3, 2, 2, 1};
    for (int i = 0; i < N_OUTPUTS; i++) {
        const TfLiteTensor *t = ln_task_output(&d->task, d->output[i]);
        if (TfLiteTensorNumDims(t) != ranks[i])
            return ln_task_fail(
                error, kInvalidOutputTensorDimensionsError,
                "Output tensor at index %d is expected to have %d dimensions, found "
                "%d.",
                d->output[i], ranks[i], TfLiteTensorNumDims(t));
        if (TfLiteTensorDim(t, 0) != 1)
            return ln_task_fail(error, kInvalidOutputTensorDimensionsError,
                                "Expected batch size of 1, found %d.", TfLiteTensorDim(t, 0));
        if (TfLiteTensorType(t) != kTfLiteFloat32)
            return ln_task_fail(error, kInvalidOutputTensorTypeError,
                                "Output tensor at index %d has type %s, not kTfLiteFloat32.",
                                d->output[i], TfLiteTypeGetName(TfLiteTensorType(t)));
    }
    return true;
}

static bool read_box_order(ln_object_detector *d, ln_task_error *error)
{
    const ln_meta_tensor *t = ln_meta_output(d->task.meta, d->output[LOCATION]);

    if (t->content != LN_META_BOUNDING_BOX)
        return ln_task_fail(error, kMetadataInvalidContentPropertiesError,
                            "Expected BoundingBoxProperties for tensor %s, found none.",
                            t->name ? t->name : "#0");
    if (t->box != LN_META_BOUNDARIES)
        return ln_task_fail(error, kMetadataInvalidContentPropertiesError,
                            "Mobile SSD only supports BoundingBoxType BOUNDARIES, found %s",
                            t->box == LN_META_UPPER_LEFT ? "UPPER_LEFT"
                            : t->box == LN_META_CENTER   ? "CENTER"
                                                         : "UNKNOWN");
    if (t->pixels)
        return ln_task_fail(error, kMetadataInvalidContentPropertiesError,
                            "Mobile SSD only supports CoordinateType RATIO, found PIXEL");
    if (t->n_index != 0 && t->n_index != 4)
        return ln_task_fail(error, kMetadataInvalidContentPropertiesError,
                            "Expected BoundingBoxProperties index to contain 4 values, found %d",
                            t->n_index);
    for (int i = 0; i < 4; i++) {
        d->corner[i] = t->n_index && t->index[i] < 4 ? (int)t->index[i] : i;
        if (t->n_index && t->index[i] > 3)
            return ln_task_fail(error, kMetadataInvalidContentPropertiesError,
                                "BoundingBoxProperties index has the value %u; a box has 4 numbers",
                                (unsigned)t->index[i]);
    }
    return true;
}

static bool init(ln_object_detector *d, const ln_vision_options *o, ln_task_error *error)
{
    bool any = false;

    if (!find_outputs(d, error) || !read_box_order(d, error))
        return false;
    const ln_meta_tensor *classes = ln_meta_output(d->task.meta, d->output[CATEGORY]);
    const ln_meta_tensor *scores = ln_meta_output(d->task.meta, d->output[SCORE]);
    if (!ln_labels_read(&d->labels, &d->task, classes, LN_META_VALUE_LABELS, o->categories.locale,
                        error) ||
        !check_outputs(d, error))
        return false;
    d->threshold = ln_labels_threshold(&o->categories, scores);
    d->max_results = o->categories.max_results;
    d->allowed = ln_arena_new(&d->task.arena, (size_t)d->labels.n + 1, sizeof *d->allowed);
    if (!d->allowed)
        return ln_task_fail(error, kError, "No memory for %d labels.", d->labels.n);
    d->filtered = (o->categories.allow && o->categories.allow[0]) ||
                  (o->categories.deny && o->categories.deny[0]);
    return ln_labels_allowed(d->allowed, d->labels.n, &d->labels, &o->categories, &any, error) &&
           ln_labels_check_match(&o->categories, any, error) &&
           ln_labels_calibration(&d->calibration, &d->calibrated, &d->task, scores, d->labels.n,
                                 error);
}

ln_object_detector *ln_object_detector_create(const ln_vision_options *options,
                                              ln_task_error *error)
{
    ln_object_detector *d = ln_new(&ln_alloc_default, 1, sizeof *d);
    if (!d) {
        ln_task_fail(error, kError, "No memory for a detector.");
        return NULL;
    }
    if (ln_labels_check_options(&options->categories, error) &&
        ln_task_open(&d->task, &options->base, error) &&
        ln_vision_input_init(&d->input, &d->task, options, error) && init(d, options, error))
        return d;
    ln_object_detector_free(d);
    return NULL;
}

void ln_object_detector_free(ln_object_detector *d)
{
    if (!d)
        return;
    ln_vision_input_deinit(&d->input);
    ln_task_close(&d->task);
    ln_free(&ln_alloc_default, d);
}

/* A number of pixels; whatever a model gives, it is one. */
static int pixels(float x)
{
    return !(x > -1e9f) ? -1000000000 : x > 1e9f ? 1000000000 : (int)x;
}

/* From the model's relative corners to pixels of the frame as it is stored. */
static ln_box place(const ln_object_detector *d, const float *at, const ln_frame *frame)
{
    const bool turns = ln_orientation_turns(frame->orientation);
    const int width = turns ? frame->height : frame->width;
    const int height = turns ? frame->width : frame->height;
    float inner[4], side[4];

    ln_vision_inner(&d->input, width, height, inner);
    for (int i = 0; i < 4; i++)
        side[i] = (at[d->corner[i]] - inner[i % 2]) / inner[2 + i % 2];
    const ln_box upright = {pixels(side[0] * (float)width), pixels(side[1] * (float)height),
                            pixels(roundf(fabsf(side[2] - side[0]) * (float)width)),
                            pixels(roundf(fabsf(side[3] - side[1]) * (float)height))};
    return ln_unorient_box(frame->orientation, frame->width, frame->height, &upright);
}

static bool fill(ln_object_detector *d, const ln_frame *frame, int n, ln_detection *to, int *count,
                 ln_task_error *error)
{
    const float *at = TfLiteTensorData(ln_task_output(&d->task, d->output[LOCATION]));
    const float *classes = TfLiteTensorData(ln_task_output(&d->task, d->output[CATEGORY]));
    const float *scores = TfLiteTensorData(ln_task_output(&d->task, d->output[SCORE]));

    for (int i = 0; i < n && (d->max_results <= 0 || *count < d->max_results); i++) {
        const int class = pixels(classes[i]);
        const bool known = class >= 0 && class < d->labels.n;
        if (d->filtered && !(known && d->allowed[class]))
            continue;
        if (d->labels.n && !known)
            return ln_task_fail(error, kMetadataInconsistencyError,
                                "Label map does not contain enough elements: model returned class "
                                "index %d but label map only contains %d elements.",
                                class, d->labels.n);
        const float score =
            d->calibrated ? ln_calibrate(&d->calibration, class, scores[i]) : scores[i];
        if (score <= d->threshold)
            continue;
        to[(*count)++] = (ln_detection){place(d, at + 4 * (size_t)i, frame),
                                        {class, score, ln_label_name(&d->labels, class),
                                         ln_label_display_name(&d->labels, class)}};
    }
    return true;
}

/* How many results the model gives, no more than its tensors hold. */
static int result_count(const ln_object_detector *d)
{
    const TfLiteTensor *t = ln_task_output(&d->task, d->output[COUNT]);
    int n = ln_task_count(t) ? pixels(((const float *)TfLiteTensorData(t))[0]) : 0;
    for (int i = LOCATION; i <= SCORE; i++) {
        const TfLiteTensor *other = ln_task_output(&d->task, d->output[i]);
        n = LN_MIN(n, (int)(ln_task_count(other) / (i == LOCATION ? 4 : 1)));
    }
    return LN_MAX(n, 0);
}

ln_task *ln_object_detector_task(ln_object_detector *d)
{
    return &d->task;
}

ln_detection_result *ln_object_detect(ln_object_detector *d, const ln_frame *frame,
                                      ln_task_error *error)
{
    if (!ln_vision_run(&d->input, frame, NULL, error))
        return NULL;
    return ln_object_detector_result(d, frame, error);
}

ln_detection_result *ln_object_detector_result(ln_object_detector *d, const ln_frame *frame,
                                               ln_task_error *error)
{
    ln_arena *arena;
    const int n = result_count(d);
    ln_detection_result *result = ln_result_new(sizeof *result, &arena);
    ln_detection *all = result ? ln_arena_new(arena, (size_t)n + 1, sizeof *all) : NULL;
    if (!all)
        ln_task_fail(error, kError, "No memory for %d detections.", n);
    if (!all || !fill(d, frame, n, all, &result->n, error)) {
        ln_detection_result_free(result);
        return NULL;
    }
    result->detections = all;
    return result;
}
