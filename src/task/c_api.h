/* SPDX-License-Identifier: Apache-2.0 */
/* c_api.h: what the C API with the names of the Task Library has in common: its options and frames
 * become ours, our errors and categories become its own. */
#ifndef LN_TASK_C_API_H
#define LN_TASK_C_API_H

#include "linnet/task/frame.h"
#include "task/task.h"
#include "tensorflow_lite_support/c/task/core/base_options.h"
#include "tensorflow_lite_support/c/task/processor/category.h"
#include "tensorflow_lite_support/c/task/processor/classification_options.h"
#include "tensorflow_lite_support/c/task/processor/classification_result.h"
#include "tensorflow_lite_support/c/task/vision/core/frame_buffer.h"

/* Makes an error at `to` (NULL is allowed) of ours. */
void ln_c_report(TfLiteSupportError **to, const ln_task_error *error);

TfLiteBaseOptions ln_c_default_base(void);
bool ln_c_base(const TfLiteBaseOptions *from, ln_task_options *to,
               ln_task_error *error) LN_MUST_USE;

TfLiteClassificationOptions ln_c_default_categories(void);
/* The lists of `to` are to be freed by ln_c_categories_free, also after a failure; labels stay the
 * caller's. */
bool ln_c_categories(const TfLiteClassificationOptions *from, ln_classifier_options *to,
                     ln_task_error *error) LN_MUST_USE;
void ln_c_categories_free(ln_classifier_options *options);

bool ln_c_frame(const TfLiteFrameBuffer *from, ln_frame *to, ln_task_error *error) LN_MUST_USE;

/* A copy of a name; of "" NULL.  Fills `error` and clears `*ok` when there is no memory for it. */
char *ln_c_name(const char *name, bool *ok, ln_task_error *error);
bool ln_c_category(const ln_category *from, TfLiteCategory *to, ln_task_error *error) LN_MUST_USE;

/* A copy of a result, with the names of its heads or without. */
TfLiteClassificationResult *ln_c_classifications(const ln_classification_result *from, bool named,
                                                 ln_task_error *error) LN_MUST_USE;

/* A copy of a text; NULL when there is no memory. */
char *ln_c_copy(const char *text) LN_MUST_USE;

/* Zeroed memory; NULL, and a filled `error`, when there is none. */
void *ln_c_new(size_t count, size_t size, ln_task_error *error) LN_MUST_USE;

#endif
