/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_engine.c: the same model with the CPU engine and without: open, allocate, invoke, resize an
 * input, allocate, invoke again.  A finding is, beside crashes, bad accesses and leaks, what the
 * references run and the engine refuses, an output of another type or shape, and, in graphs of
 * integers alone, another value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/engine.h"
#include "run_model.h"

/* The engine may need more memory than the references. */
enum { MAX_BYTES = 4 << 20, MORE_BYTES = 64 << 20 };

static void finding(const char *what, int output)
{
    fprintf(stderr, "the engine differs: %s, output %d\n", what, output);
    abort();
}

static bool is_integer(TfLiteType type)
{
    switch (type) {
    case kTfLiteInt8:
    case kTfLiteUInt8:
    case kTfLiteInt16:
    case kTfLiteUInt16:
    case kTfLiteInt32:
    case kTfLiteUInt32:
    case kTfLiteInt64:
    case kTfLiteBool:
        return true;
    default:
        return false;
    }
}

/* Sums of floats may come in another order, and operators with state have one of their own. */
static bool is_exact(const ln_model *m)
{
    for (int k = 0; k < m->n_graphs; k++) {
        const ln_graph *g = m->graphs[k];
        for (int i = 0; i < g->n_tensors; i++)
            if (!is_integer(g->tensors[i].t.type))
                return false;
        for (int i = 0; i < g->n_nodes; i++)
            if (!g->nodes[i].op || (g->nodes[i].op->traits & LN_STATEFUL))
                return false;
    }
    return true;
}

static void compare(ln_interpreter *plain, ln_interpreter *fast, bool exact)
{
    const TfLiteIntArray *out = ln_interpreter_outputs(plain, 0);
    for (int i = 0; i < out->size; i++) {
        const TfLiteTensor *a = ln_interpreter_tensor(plain, 0, out->data[i]);
        const TfLiteTensor *b = ln_interpreter_tensor(fast, 0, out->data[i]);
        if (!a || !b)
            continue;
        if (a->type != b->type)
            finding("type", i);
        if (!TfLiteIntArrayEqual(a->dims, b->dims))
            finding("shape", i);
        if (exact && a->data.raw && a->bytes &&
            (!b->data.raw || memcmp(a->data.raw, b->data.raw, a->bytes) != 0))
            finding("value", i);
    }
}

static void run(ln_interpreter *plain, ln_interpreter *fast, bool exact)
{
    for (int round = 0; round < 2; round++) {
        if (ln_interpreter_allocate(plain, 0) != LN_OK)
            return;
        if (ln_interpreter_allocate(fast, 0) != LN_OK)
            finding("it does not allocate", -1);
        fuzz_fill_inputs(plain);
        fuzz_fill_inputs(fast);
        if (ln_interpreter_invoke(plain, 0) != LN_OK)
            return;
        if (ln_interpreter_invoke(fast, 0) != LN_OK)
            finding("it does not run", -1);
        compare(plain, fast, exact);
        fuzz_resize_first_input(plain);
        fuzz_resize_first_input(fast);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ln_model *model = fuzz_open(data, size);
    ln_interpreter *plain = model ? fuzz_create(model, MAX_BYTES) : NULL;
    ln_interpreter *fast = plain ? fuzz_create(model, MORE_BYTES) : NULL;
    TfLiteDelegate *engine = fast ? ln_cpu_create(NULL) : NULL;
    /* where it cannot be applied, the references run twice */
    if (engine && ln_interpreter_apply_delegate(fast, engine) != LN_OK)
        fuzz_trace(NULL, "the engine is not applied");
    if (fast)
        run(plain, fast, is_exact(model));
    ln_interpreter_destroy(fast);
    ln_interpreter_destroy(plain);
    ln_cpu_destroy(engine);
    ln_model_release(model);
    return 0;
}
