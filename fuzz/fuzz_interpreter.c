/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_interpreter.c: what a program does with a model it was sent: open, allocate, invoke, resize
 * an input, allocate, invoke again.  Any answer is fine but a crash, a bad access, a leak or a
 * hang.  Memory and nodes per invoke are limited as a careful program would limit them.
 *
 * FUZZ_TRACE in the environment prints each step's message, to look into one mutant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "runtime/interpreter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BYTES = 16 << 20, MAX_STEPS = 2000 };

static void trace(void *user, const char *message)
{
    (void)user;
    if (getenv("FUZZ_TRACE"))
        fprintf(stderr, "%s\n", message);
}

static void fill_inputs(ln_interpreter *it)
{
    const TfLiteIntArray *in = ln_interpreter_inputs(it, 0);
    for (int i = 0; i < in->size; i++) {
        TfLiteTensor *t = ln_interpreter_tensor(it, 0, in->data[i]);
        if (!t || !t->data.raw || t->type == kTfLiteString || t->allocation_type == kTfLiteMmapRo)
            continue;
        for (size_t k = 0; k < t->bytes; k++)
            t->data.raw[k] = (char)(k * 37 + 11);
    }
}

static void resize_first_input(ln_interpreter *it)
{
    const TfLiteIntArray *in = ln_interpreter_inputs(it, 0);
    const TfLiteTensor *t = in->size > 0 ? ln_interpreter_tensor(it, 0, in->data[0]) : NULL;
    if (!t || !t->dims || t->dims->size == 0 || t->dims->size > LN_MAX_RANK)
        return;
    int dims[LN_MAX_RANK];
    memcpy(dims, t->dims->data, (size_t)t->dims->size * sizeof dims[0]);
    dims[0] = dims[0] < 1000 ? dims[0] + 1 : 1;
    if (ln_interpreter_resize(it, 0, in->data[0], t->dims->size, dims, false) != LN_OK)
        trace(NULL, "resize refused");
}

static void run(ln_model *model)
{
    ln_interpreter_options options;
    ln_interpreter_options_init(&options);
    options.threads = 1;
    options.report = trace;
    options.max_bytes = MAX_BYTES;
    options.max_steps = MAX_STEPS;
    ln_interpreter *it;
    if (ln_interpreter_create(&it, model, &options) != LN_OK)
        return;
    for (int round = 0; round < 2; round++) {
        if (ln_interpreter_allocate(it, 0) == LN_OK) {
            fill_inputs(it);
            if (ln_interpreter_invoke(it, 0) != LN_OK)
                trace(NULL, "invoke refused");
        }
        resize_first_input(it);
    }
    ln_interpreter_destroy(it);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ln_diag diag = {.sink = trace};
    ln_model *model;
    if (ln_model_open_memory(&model, data, size, &ln_alloc_default, &diag) != LN_OK)
        return 0;
    run(model);
    ln_model_release(model);
    return 0;
}
