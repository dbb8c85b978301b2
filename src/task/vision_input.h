/* SPDX-License-Identifier: Apache-2.0 */
/* vision_input.h: from a frame to the model's input. */
#ifndef LN_TASK_VISION_INPUT_H
#define LN_TASK_VISION_INPUT_H

#include "linnet/task/vision.h"
#include "media/convert.h"
#include "task/task.h"

typedef struct ln_vision_input {
    ln_task *task;
    bool letterbox;
    bool open_width, open_height; /* the input takes the frame's size */
    ln_pixel_table table;
    ln_converter converter;
} ln_vision_input;

/* Looks at the model's input and the metadata of it. */
bool ln_vision_input_init(ln_vision_input *in, ln_task *task, const ln_vision_options *options,
                          ln_task_error *error) LN_MUST_USE;
void ln_vision_input_deinit(ln_vision_input *in);
/* Fills the input and runs the model. */
bool ln_vision_run(ln_vision_input *in, const ln_frame *frame, const ln_box *roi,
                   ln_task_error *error) LN_MUST_USE;
/* The part of the model's input that a (cut and upright) image of this size fills; relative, x and
 * width of 1. */
void ln_vision_inner(const ln_vision_input *in, int width, int height, float inner[4]);

#endif
