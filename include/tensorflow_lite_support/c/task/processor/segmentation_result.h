/* SPDX-License-Identifier: Apache-2.0 */
/* segmentation_result.h: what an image segmenter of the Task Library gives. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_SEGMENTATION_RESULT_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_SEGMENTATION_RESULT_H_

#include "tensorflow/lite/core/c/c_api_types.h" /* TFL_CAPI_EXPORT */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteColoredLabel {
    uint32_t r, g, b;   /* for display, from 0 to 255 */
    char *label;        /* NULL where there is none */
    char *display_name; /* NULL where there is none */
} TfLiteColoredLabel;

/* Masks have the model's size, and lie as the frame is stored, row by row. */
typedef struct TfLiteSegmentation {
    int width, height;
    float **confidence_masks; /* one per colored label, or NULL */
    uint8_t *category_mask;   /* a class per pixel, or NULL */
    int colored_labels_size;
    TfLiteColoredLabel *colored_labels;
} TfLiteSegmentation;

typedef struct TfLiteSegmentationResult {
    int size; /* always 1 */
    TfLiteSegmentation *segmentations;
} TfLiteSegmentationResult;

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteSegmentationResultDelete(TfLiteSegmentationResult *segmentation_result);

#ifdef __cplusplus
}
#endif

#endif
