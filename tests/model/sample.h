/* SPDX-License-Identifier: Apache-2.0 */
/* sample.h: a small model made in memory with one of everything that the format can say, and the
 * text that shows a whole model. */
#ifndef LN_TESTS_MODEL_SAMPLE_H
#define LN_TESTS_MODEL_SAMPLE_H

#include "model/model.h"

/* Made in memory; the caller releases it. */
ln_model *sample_model(void);

/* All graphs, signatures, metadata and buffers as text; freed by ln_free. */
char *model_text(const ln_model *m);

#endif
