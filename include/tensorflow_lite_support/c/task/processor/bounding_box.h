/* SPDX-License-Identifier: Apache-2.0 */
/* bounding_box.h: a rectangle, in pixels of the frame. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_BOUNDING_BOX_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_PROCESSOR_BOUNDING_BOX_H_

#ifdef __cplusplus
extern "C" {
#endif

typedef struct TfLiteBoundingBox {
    int origin_x, origin_y; /* the upper left corner */
    int width, height;
} TfLiteBoundingBox;

#ifdef __cplusplus
}
#endif

#endif
