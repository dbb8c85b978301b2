/* SPDX-License-Identifier: Apache-2.0 */
/* heads.h: from scores to categories, for the classifiers of images and of sound: an output of the
 * model is a head. */
#ifndef LN_TASK_HEADS_H
#define LN_TASK_HEADS_H

#include "task/labels.h"

typedef struct ln_head {
    const char *name;
    int classes;
    ln_labels labels;
    bool *allowed;
    float threshold;
    bool calibrated;
    ln_calibration calibration;
} ln_head;

typedef struct ln_heads {
    ln_task *task;
    int n, max_results;
    ln_head *head;
    float *scores; /* of the largest head */
    int *order;
} ln_heads;

/* All of it lies in the task's arena. */
bool ln_heads_init(ln_heads *heads, ln_task *task, const ln_classifier_options *options,
                   ln_task_error *error) LN_MUST_USE;
/* The categories of what the model has just computed. */
ln_classification_result *ln_heads_result(ln_heads *heads, ln_task_error *error) LN_MUST_USE;

#endif
