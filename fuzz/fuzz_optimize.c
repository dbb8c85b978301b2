/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_optimize.c: a model from anywhere through the passes, as `linnet optimize` does it, and made
 * fit for an older release, as `linnet downgrade` does: read, shapes inferred, changed, written;
 * what was written must be a model that can be read, and that has the same inputs and outputs. */
#include <stdio.h>
#include <stdlib.h>

#include "convert/downgrade.h"
#include "emit/emit.h"
#include "model/model.h"
#include "opt/opt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void finding(const char *what)
{
    fprintf(stderr, "optimize: %s\n", what);
    abort();
}

static bool same_types(const ln_graph *a, const TfLiteIntArray *x, const ln_graph *b,
                       const TfLiteIntArray *y)
{
    if (x->size != y->size)
        return false;
    for (int i = 0; i < x->size; i++)
        if (a->tensors[x->data[i]].t.type != b->tensors[y->data[i]].t.type)
            return false;
    return true;
}

static void compare(const ln_model *before, const uint8_t *bytes, size_t n)
{
    ln_diag diag = {0};
    ln_model *after;
    if (ln_model_open_memory(&after, bytes, n, &ln_alloc_default, &diag) != LN_OK)
        finding(diag.text);
    const ln_graph *a = before->graphs[0], *b = after->graphs[0];
    if (!same_types(a, a->inputs, b, b->inputs))
        finding("other inputs");
    if (!same_types(a, a->outputs, b, b->outputs))
        finding("other outputs");
    ln_model_release(after);
}

/* By the passes, or for the release `target`. */
static ln_status change(ln_model *m, const char *target, uint8_t **bytes, size_t *n, ln_diag *diag)
{
    LN_TRY(ln_emit_reopen(m));
    LN_TRY(ln_opt_infer(m));
    if (target)
        LN_TRY(ln_downgrade(m, target, diag));
    else
        LN_TRY(ln_optimize(m, &ln_opt_defaults, NULL, diag));
    LN_TRY(ln_emit_finish(m));
    return ln_model_write(m, bytes, n, &ln_alloc_default, diag);
}

static void try_change(const uint8_t *data, size_t size, const char *target)
{
    ln_diag diag = {0};
    ln_model *m, *before;
    uint8_t *bytes = NULL;
    size_t n;
    if (ln_model_open_memory(&m, data, size, &ln_alloc_default, &diag) != LN_OK)
        return;
    if (change(m, target, &bytes, &n, &diag) == LN_OK &&
        ln_model_open_memory(&before, data, size, &ln_alloc_default, &diag) == LN_OK) {
        compare(before, bytes, n);
        ln_model_release(before);
    } else if (getenv("FUZZ_TRACE")) {
        fprintf(stderr, "%s\n", diag.text);
    }
    ln_free(&ln_alloc_default, bytes);
    ln_model_release(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const targets[] = {NULL, "1.13", "2.3"};
    for (size_t i = 0; i < LN_COUNTOF(targets); i++)
        try_change(data, size, targets[i]);
    return 0;
}
