/* SPDX-License-Identifier: Apache-2.0 */
/* run_model.h: what the targets that run models share: an interpreter with the limits of a careful
 * program, inputs that are always the same, another size for the first one.
 *
 * FUZZ_TRACE in the environment prints each step's message, to look into one mutant. */
#ifndef LN_FUZZ_RUN_MODEL_H
#define LN_FUZZ_RUN_MODEL_H

#include "model/model.h"
#include "runtime/interpreter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The model in these bytes; NULL where there is none. */
ln_model *fuzz_open(const uint8_t *data, size_t size);
/* An interpreter that refuses to plan more than `max_bytes`; NULL where the model is refused. */
ln_interpreter *fuzz_create(ln_model *model, size_t max_bytes);
void fuzz_fill_inputs(ln_interpreter *it);
void fuzz_resize_first_input(ln_interpreter *it);
void fuzz_trace(void *user, const char *message);

#endif
