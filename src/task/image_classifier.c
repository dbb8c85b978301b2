/* SPDX-License-Identifier: Apache-2.0 */
/* image_classifier.c: what is in an image; one or several heads. */
#include "task/heads.h"
#include "task/vision_input.h"

struct ln_image_classifier {
    ln_task task;
    ln_vision_input input;
    ln_heads heads;
};

ln_image_classifier *ln_image_classifier_create(const ln_vision_options *options,
                                                ln_task_error *error)
{
    ln_image_classifier *c = ln_new(&ln_alloc_default, 1, sizeof *c);
    if (!c) {
        ln_task_fail(error, kError, "No memory for a classifier.");
        return NULL;
    }
    if (ln_labels_check_options(&options->categories, error) &&
        ln_task_open(&c->task, &options->base, error) &&
        ln_vision_input_init(&c->input, &c->task, options, error) &&
        ln_heads_init(&c->heads, &c->task, &options->categories, error))
        return c;
    ln_image_classifier_free(c);
    return NULL;
}

void ln_image_classifier_free(ln_image_classifier *c)
{
    if (!c)
        return;
    ln_vision_input_deinit(&c->input);
    ln_task_close(&c->task);
    ln_free(&ln_alloc_default, c);
}

ln_classification_result *ln_image_classify(ln_image_classifier *c, const ln_frame *frame,
                                            const ln_box *roi, ln_task_error *error)
{
    if (!ln_vision_run(&c->input, frame, roi, error))
        return NULL;
    return ln_heads_result(&c->heads, error);
}
