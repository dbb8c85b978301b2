/* SPDX-License-Identifier: Apache-2.0 */
/* audio_input.h: from sound to the model's input. */
#ifndef LN_TASK_AUDIO_INPUT_H
#define LN_TASK_AUDIO_INPUT_H

#include "linnet/task/audio.h"
#include "task/task.h"

typedef struct ln_audio_input {
    ln_task *task;
    ln_audio_format format;
} ln_audio_input;

/* Looks at the model's input and the metadata of it. */
bool ln_audio_input_init(ln_audio_input *in, ln_task *task, ln_task_error *error) LN_MUST_USE;
/* Fills the input with frames from `first` on and runs the model. */
bool ln_audio_run(ln_audio_input *in, const ln_audio *audio, size_t first, ln_task_error *error)
    LN_MUST_USE;

#endif
