/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_rules.c: text as the rules of a user, which go over a graph of what rules are written for:
 * unary and binary operators, constants, a reduction, a custom operator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit/emit.h"
#include "model/model.h"
#include "opt/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ln_id custom(ln_emit *e, const char *name, ln_id x)
{
    const ln_made like = {kTfLiteFloat32, ln_emit_shape(e, x)};
    const ln_emit_call call = {.custom = name, .in = &x, .n_in = 1, .n_out = 1, .hints = &like};
    ln_id y = -1;
    return ln_emit_node(e, &call, &y) ? y : -1;
}

static void build(ln_emit *e)
{
    const ln_shape shape = {.rank = 4, .dim = {1, 2, 2, 3}};
    const ln_id x = ln_emit_input(e, "x", kTfLiteFloat32, &shape);
    const ln_id half = ln_emit_binary(e, &ln_op_mul, NULL, x, ln_emit_float(e, 0.5f));
    const ln_id leaky = ln_emit_binary(e, &ln_op_maximum, NULL, x, half);
    const ln_id sine = ln_emit_unary(e, &ln_op_sin, NULL, leaky);
    const ln_id swish = custom(e, "Swish", sine);
    const ln_id gap = ln_emit_binary(e, &ln_op_sub, NULL, swish, sine);
    ln_emit_output(e, ln_emit_unary(e, &ln_op_square, NULL, gap));
}

static void apply(const ln_rules *rules)
{
    ln_diag diag = {0};
    ln_opt_options options = ln_opt_defaults;
    ln_model *m;
    ln_graph *g;
    ln_emit e;
    uint8_t *bytes = NULL;
    size_t n;
    options.rules = rules;
    if (ln_model_create(&m, &ln_alloc_default) != LN_OK)
        return;
    if (ln_model_add_graph(m, "main", &g) == LN_OK) {
        ln_emit_init(&e, m, g, &diag);
        build(&e);
        if (ln_emit_ok(&e) && ln_optimize(m, &options, NULL, &diag) == LN_OK &&
            ln_emit_finish(m) == LN_OK &&
            ln_model_write(m, &bytes, &n, &ln_alloc_default, &diag) == LN_OK) {
            ln_model *again;
            if (ln_model_open_memory(&again, bytes, n, &ln_alloc_default, &diag) != LN_OK) {
                fprintf(stderr, "rules: what was written cannot be read: %s\n", diag.text);
                abort();
            }
            ln_model_release(again);
        }
    }
    ln_free(&ln_alloc_default, bytes);
    ln_model_release(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = ln_new(&ln_alloc_default, size + 1, 1);
    ln_diag diag = {0};
    ln_rules rules;
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    ln_rules_init(&rules, &ln_alloc_default);
    if (ln_rules_parse(&rules, text, &diag) == LN_OK)
        apply(&rules);
    ln_rules_deinit(&rules);
    ln_free(&ln_alloc_default, text);
    return 0;
}
