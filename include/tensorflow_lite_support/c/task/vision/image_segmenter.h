/* SPDX-License-Identifier: Apache-2.0 */
/* image_segmenter.h: which pixel of an image belongs to what, with the names of the Task Library.
 *
 * A function that fails returns NULL, and where `error` is not NULL makes an error there, to be
 * freed by TfLiteSupportErrorDelete.  Results are to be freed by their _Delete function, too. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_VISION_IMAGE_SEGMENTER_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_VISION_IMAGE_SEGMENTER_H_

#include "tensorflow_lite_support/c/common.h"
#include "tensorflow_lite_support/c/task/core/base_options.h"
#include "tensorflow_lite_support/c/task/processor/segmentation_result.h"
#include "tensorflow_lite_support/c/task/vision/core/frame_buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteImageSegmenter TfLiteImageSegmenter;

typedef enum TfLiteImageSegmenterOutputType {
    kUnspecified,   /* an error */
    kCategoryMask,  /* one mask: the class of each pixel */
    kConfidenceMask /* a mask per class: how sure the model is of it */
} TfLiteImageSegmenterOutputType;

typedef struct TfLiteImageSegmenterOptions {
    TfLiteBaseOptions base_options;
    TfLiteImageSegmenterOutputType output_type;
    char *display_names_locale; /* NULL: "en" */
} TfLiteImageSegmenterOptions;

/* The defaults, which a program is to begin with. */
TFL_CAPI_EXPORT TfLiteImageSegmenterOptions TfLiteImageSegmenterOptionsCreate(void);

TFL_CAPI_EXPORT TfLiteImageSegmenter *TfLiteImageSegmenterFromOptions(
    const TfLiteImageSegmenterOptions *options, TfLiteSupportError **error);

TFL_CAPI_EXPORT TfLiteSegmentationResult *TfLiteImageSegmenterSegment(
    const TfLiteImageSegmenter *segmenter, const TfLiteFrameBuffer *frame_buffer,
    TfLiteSupportError **error);

/* NULL is allowed. */
TFL_CAPI_EXPORT void TfLiteImageSegmenterDelete(TfLiteImageSegmenter *segmenter);

#ifdef __cplusplus
}
#endif

#endif
