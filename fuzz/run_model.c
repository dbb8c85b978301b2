/* SPDX-License-Identifier: Apache-2.0 */
/* run_model.c: see run_model.h. */
#include "run_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_STEPS = 2000 };

void fuzz_trace(void *user, const char *message)
{
    (void)user;
    if (getenv("FUZZ_TRACE"))
        fprintf(stderr, "%s\n", message);
}

ln_model *fuzz_open(const uint8_t *data, size_t size)
{
    ln_diag diag = {.sink = fuzz_trace};
    ln_model *model;
    return ln_model_open_memory(&model, data, size, &ln_alloc_default, &diag) == LN_OK ? model
                                                                                       : NULL;
}

ln_interpreter *fuzz_create(ln_model *model, size_t max_bytes)
{
    ln_interpreter_options options;
    ln_interpreter_options_init(&options);
    options.threads = 1;
    options.report = fuzz_trace;
    options.max_bytes = max_bytes;
    options.max_steps = MAX_STEPS;
    ln_interpreter *it;
    return ln_interpreter_create(&it, model, &options) == LN_OK ? it : NULL;
}

void fuzz_fill_inputs(ln_interpreter *it)
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

void fuzz_resize_first_input(ln_interpreter *it)
{
    const TfLiteIntArray *in = ln_interpreter_inputs(it, 0);
    const TfLiteTensor *t = in->size > 0 ? ln_interpreter_tensor(it, 0, in->data[0]) : NULL;
    if (!t || !t->dims || t->dims->size == 0 || t->dims->size > LN_MAX_RANK)
        return;
    int dims[LN_MAX_RANK];
    memcpy(dims, t->dims->data, (size_t)t->dims->size * sizeof dims[0]);
    dims[0] = dims[0] < 1000 ? dims[0] + 1 : 1;
    if (ln_interpreter_resize(it, 0, in->data[0], t->dims->size, dims, false) != LN_OK)
        fuzz_trace(NULL, "resize refused");
}
