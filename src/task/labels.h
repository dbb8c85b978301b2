/* SPDX-License-Identifier: Apache-2.0 */
/* labels.h: label maps, and which labels a user wants. */
#ifndef LN_TASK_LABELS_H
#define LN_TASK_LABELS_H

#include "media/score.h"
#include "task/task.h"

typedef struct ln_labels {
    int n; /* 0: there are none */
    const char **names, **display_names;
} ln_labels;

/* Reads the files of `type` (LN_META_AXIS_LABELS or LN_META_VALUE_LABELS) of a tensor: the first
 * one for names, the one of `locale` for display names.  None: `labels` is empty. */
bool ln_labels_read(ln_labels *labels, ln_task *task, const ln_meta_tensor *tensor,
                    ln_meta_file_type type, const char *locale, ln_task_error *error) LN_MUST_USE;
const char *ln_label_name(const ln_labels *labels, int i);
const char *ln_label_display_name(const ln_labels *labels, int i);

/* Marks which of `n` classes the user's lists allow.  Both lists: an error. */
bool ln_labels_allowed(bool *allowed, int n, const ln_labels *labels,
                       const ln_classifier_options *options, bool *any, ln_task_error *error)
    LN_MUST_USE;
/* What can be wrong with a user's lists before a model is looked at. */
bool ln_labels_check_options(const ln_classifier_options *options, ln_task_error *error)
    LN_MUST_USE;
/* After all heads: an error when lists were given and match nothing. */
bool ln_labels_check_match(const ln_classifier_options *options, bool any, ln_task_error *error)
    LN_MUST_USE;

/* The score threshold of the options, or of the metadata, or the lowest number. */
float ln_labels_threshold(const ln_classifier_options *options, const ln_meta_tensor *tensor);
/* Reads a tensor's score calibration, where it has one; `*has` says so. */
bool ln_labels_calibration(ln_calibration *c, bool *has, ln_task *task,
                           const ln_meta_tensor *tensor, int classes, ln_task_error *error)
    LN_MUST_USE;

#endif
