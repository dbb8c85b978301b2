/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_interpreter.c: what a program does with a model it was sent: open, allocate, invoke, resize
 * an input, allocate, invoke again.  Any answer is fine but a crash, a bad access, a leak or a
 * hang.  No engine: fuzz_engine.c has it. */
#include "run_model.h"

enum { MAX_BYTES = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ln_model *model = fuzz_open(data, size);
    ln_interpreter *it = model ? fuzz_create(model, MAX_BYTES) : NULL;
    for (int round = 0; it && round < 2; round++) {
        if (ln_interpreter_allocate(it, 0) == LN_OK) {
            fuzz_fill_inputs(it);
            if (ln_interpreter_invoke(it, 0) != LN_OK)
                fuzz_trace(NULL, "invoke refused");
        }
        fuzz_resize_first_input(it);
    }
    ln_interpreter_destroy(it);
    ln_model_release(model);
    return 0;
}
