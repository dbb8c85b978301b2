/* SPDX-License-Identifier: Apache-2.0 */
/* frame_buffer.h: pixels, as the image tasks of the Task Library take them. */
#ifndef TENSORFLOW_LITE_SUPPORT_C_TASK_VISION_CORE_FRAME_BUFFER_H_
#define TENSORFLOW_LITE_SUPPORT_C_TASK_VISION_CORE_FRAME_BUFFER_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* YUV formats have their planes one behind the other, without gaps. */
enum TfLiteFrameBufferFormat { kRGBA, kRGB, kNV12, kNV21, kYV12, kYV21, kGRAY, kUNKNOWN };

/* As EXIF numbers them: where the first row and the first column lie. */
enum TfLiteFrameBufferOrientation {
    kTopLeft = 1,
    kTopRight = 2,
    kBottomRight = 3,
    kBottomLeft = 4,
    kLeftTop = 5,
    kRightTop = 6,
    kRightBottom = 7,
    kLeftBottom = 8
};

struct TfLiteFrameBufferDimension {
    int width, height;
};

/* The bytes stay the caller's. */
typedef struct TfLiteFrameBuffer {
    enum TfLiteFrameBufferFormat format;
    enum TfLiteFrameBufferOrientation orientation; /* other numbers: kTopLeft */
    struct TfLiteFrameBufferDimension dimension;
    uint8_t *buffer;
} TfLiteFrameBuffer;

#ifdef __cplusplus
}
#endif

#endif
