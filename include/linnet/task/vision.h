/* SPDX-License-Identifier: Apache-2.0 */
/* vision.h: what is in an image.
 *
 *     ln_vision_options options = {.base.model_path = "mobilenet.tflite"};
 *     ln_image_classifier *classifier = ln_image_classifier_create(&options, NULL);
 *     ln_image *image = ln_image_read("burger.jpg", NULL);
 *     ln_classification_result *r = ln_image_classify(classifier, &image->frame, NULL, NULL);
 *     printf("%s %.2f\n", r->heads[0].categories[0].name, r->heads[0].categories[0].score);
 *
 * Frames are scaled to the model's input (bilinear, with the rounding of TensorFlow Lite's Task
 * Library), turned upright by their orientation, and normalized as the model's metadata says, in
 * one pass and without a copy in another format.  Coordinates in results are pixels of the frame as
 * it is stored.
 *
 * A model is to have one input [1, height, width, 3] (or 1 for gray) of float32, uint8 or int8.  A
 * float32 input needs NormalizationOptions in the metadata, or `mean` and `std` here.  Height and
 * width may be open: then frames are not scaled.
 *
 * Functions that return a pointer return NULL on failure; `error` says why, where it is not NULL.
 * Results are to be freed by their _free function, tasks by theirs. */
#ifndef LINNET_TASK_VISION_H
#define LINNET_TASK_VISION_H

#include "linnet/task/base.h"
#include "linnet/task/frame.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to make a vision task.  All zero but the model is a good start. */
typedef struct ln_vision_options {
    ln_task_options base;
    ln_classifier_options categories; /* of classifiers and detectors; its locale, of segmenters */
    ln_embedder_options embedding;    /* of embedders */
    bool confidence_masks;            /* of segmenters: a mask per class, not one of classes */
    bool letterbox;    /* keep the frame's proportions and fill the rest with black */
    int n_mean;        /* 1 or 3: normalize by (value - mean) / std where the metadata does not */
    float mean[3], std[3];            /* ... say how; 0: do not */
} ln_vision_options;

/* ---- what is it? ---- */

typedef struct ln_image_classifier ln_image_classifier;

LN_API ln_image_classifier *ln_image_classifier_create(const ln_vision_options *options,
                                                       ln_task_error *error);
/* Classifies the part `roi` of a frame (NULL: all of it): a head per output of the model. */
LN_API ln_classification_result *ln_image_classify(ln_image_classifier *classifier,
                                                   const ln_frame *frame, const ln_box *roi,
                                                   ln_task_error *error);
LN_API void ln_image_classifier_free(ln_image_classifier *classifier);

/* ---- what is where? ---- */

typedef struct ln_object_detector ln_object_detector;

typedef struct ln_detection {
    ln_box box; /* may reach beyond the frame */
    ln_category category;
} ln_detection;

typedef struct ln_detection_result {
    int n;
    const ln_detection *detections; /* in the order of the model: best first */
} ln_detection_result;

/* The model is to have the four outputs of TFLite_Detection_PostProcess, and metadata that says how
 * its boxes are to be read. */
LN_API ln_object_detector *ln_object_detector_create(const ln_vision_options *options,
                                                     ln_task_error *error);
LN_API ln_detection_result *ln_object_detect(ln_object_detector *detector, const ln_frame *frame,
                                             ln_task_error *error);
LN_API void ln_detection_result_free(ln_detection_result *result);
LN_API void ln_object_detector_free(ln_object_detector *detector);

/* ---- which pixel belongs to what? ---- */

typedef struct ln_image_segmenter ln_image_segmenter;

typedef struct ln_colored_label {
    uint8_t red, green, blue; /* for display: those of the Pascal VOC data set */
    const char *name, *display_name;
} ln_colored_label;

/* Masks have the size that the model gives (not the frame's) and lie as the frame is stored. */
typedef struct ln_segmentation_result {
    int width, height;
    const uint8_t *categories;       /* row by row, a class per pixel; NULL with confidence_masks */
    const float *const *confidences; /* a mask per class; NULL without confidence_masks */
    int n_labels;                    /* classes */
    const ln_colored_label *labels;
} ln_segmentation_result;

/* The model is to have one output [1, height, width, classes]; or [1, height, width] of classes, as
 * an ARG_MAX gives them, for which there are no confidences. */
LN_API ln_image_segmenter *ln_image_segmenter_create(const ln_vision_options *options,
                                                     ln_task_error *error);
LN_API ln_segmentation_result *ln_image_segment(ln_image_segmenter *segmenter,
                                                const ln_frame *frame, ln_task_error *error);
LN_API void ln_segmentation_result_free(ln_segmentation_result *result);
LN_API void ln_image_segmenter_free(ln_image_segmenter *segmenter);

/* ---- what is it like? ---- */

typedef struct ln_image_embedder ln_image_embedder;

LN_API ln_image_embedder *ln_image_embedder_create(const ln_vision_options *options,
                                                   ln_task_error *error);
/* A vector per output of the model, of the part `roi` of a frame (NULL: all of it). */
LN_API ln_embedding_result *ln_image_embed(ln_image_embedder *embedder, const ln_frame *frame,
                                           const ln_box *roi, ln_task_error *error);
/* The length of vector `i`; -1 when there is none. */
LN_API int ln_image_embedder_dimension(const ln_image_embedder *embedder, int i);
LN_API void ln_image_embedder_free(ln_image_embedder *embedder);

/* ---- pictures to look at ---- */

/* Draws boxes, names and scores into an image, of which the result is. */
LN_API void ln_draw_detections(ln_image *image, const ln_detection_result *result);
/* Colors an image by a segmentation's classes; class 0, the background, stays as it is. */
LN_API void ln_draw_segmentation(ln_image *image, const ln_segmentation_result *result);

#ifdef __cplusplus
}
#endif

#endif
