/* SPDX-License-Identifier: Apache-2.0 */
/* embeddings.h: from a model's outputs to vectors, for images, text and sound. */
#ifndef LN_TASK_EMBEDDINGS_H
#define LN_TASK_EMBEDDINGS_H

#include "task/task.h"

/* A vector per output of what the model has just computed. */
ln_embedding_result *ln_embeddings_of(const ln_task *task, const ln_embedder_options *options,
                                      ln_task_error *error) LN_MUST_USE;
/* The length of vector `i`; -1 when there is none. */
int ln_embedding_dimension(const ln_task *task, int i);

#endif
