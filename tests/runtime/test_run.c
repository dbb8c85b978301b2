/* SPDX-License-Identifier: Apache-2.0 */
/* test_run.c: allocate, invoke, resize: fixed and dynamic shapes, other graphs, variables, the
 * caller's memory, limits, and what goes wrong. */
#include <string.h>

#include "runtime/cmocka_all.h"
#include "runtime/fixture.h"
#include "runtime/main.h"

static void ready(ln_interpreter *it)
{
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
}

static void run(ln_interpreter *it)
{
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void close_model(ln_interpreter *it, ln_model *m)
{
    ln_interpreter_destroy(it);
    ln_model_release(m);
}

static void runs_a_chain_in_place(void **state)
{
    (void)state;
    ln_model *m = chain_model(10, 16);
    ln_interpreter *it = open_model(m, NULL);
    ln_memory_info info;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_ERR_STATE);
    ready(it);
    for (int i = 0; i < 16; i++)
        input_of(it, 0)[i] = (float)i;
    for (int round = 0; round < 2; round++) {
        run(it);
        for (int i = 0; i < 16; i++)
            assert_float_equal(output_of(it, 0)->data.f[i], i + 10, 0);
    }
    /* the input, and one buffer that all the others share */
    ln_interpreter_memory(it, &info);
    assert_int_equal(info.arena_bytes, 128);
    close_model(it, m);
}

static void keeps_what_is_between(void **state)
{
    (void)state;
    ln_model *m = chain_model(10, 16);
    ln_interpreter_options o;
    ln_interpreter_options_init(&o);
    o.preserve = true;
    ln_interpreter *it = open_model(m, &o);
    ready(it);
    input_of(it, 0)[3] = 5;
    run(it);
    for (int i = 0; i <= 10; i++)
        assert_float_equal(ln_interpreter_tensor(it, 0, i)->data.f[3], 5 + i, 0);
    close_model(it, m);
}

static void folds_shapes(void **state)
{
    (void)state;
    ln_model *m = mixed_model(8);
    ln_interpreter *it = open_model(m, NULL);
    ln_node_info info;
    ready(it);
    assert_true(ln_interpreter_node_info(it, 0, 3, &info));
    assert_true(info.folded);
    assert_int_equal(output_of(it, 1)->data.i32[0], 8);
    for (int i = 0; i < 8; i++)
        input_of(it, 0)[i] = (float)i;
    run(it);
    for (int i = 0; i < 8; i++)
        assert_float_equal(output_of(it, 0)->data.f[i], 3 * i + 1, 0);
    assert_float_equal(output_of(it, 2)->data.f[0], 3 * 28 + 8, 0);
    close_model(it, m);
}

static void gives_dynamic_shapes(void **state)
{
    (void)state;
    ln_model *m = dynamic_model(8);
    ln_interpreter *it = open_model(m, NULL);
    ready(it);
    for (int positive = 8; positive >= 0; positive -= 2) {
        for (int i = 0; i < 8; i++)
            input_of(it, 0)[i] = i < positive ? (float)(i + 1) : -1;
        run(it);
        const TfLiteTensor *y = output_of(it, 0);
        assert_int_equal(y->dims->size, 2);
        assert_int_equal(y->dims->data[0], positive);
        for (int i = 0; i < positive; i++)
            assert_float_equal(y->data.f[i], i + 2, 0);
    }
    close_model(it, m);
}

static void resizes_inputs(void **state)
{
    (void)state;
    ln_model *m = chain_model(3, 4);
    ln_interpreter *it = open_model(m, NULL);
    const int x = ln_interpreter_inputs(it, 0)->data[0];
    ready(it);
    assert_int_equal(ln_interpreter_resize(it, 0, x, 1, (int[]){9}, false), LN_OK);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_ERR_STATE);
    ready(it);
    memset(input_of(it, 0), 0, 9 * sizeof(float));
    run(it);
    assert_int_equal(output_of(it, 0)->bytes, 36);
    assert_float_equal(output_of(it, 0)->data.f[8], 3, 0);
    assert_int_equal(ln_interpreter_resize(it, 0, x, 1, (int[]){5}, true), LN_ERR_ARGUMENT);
    assert_int_equal(ln_interpreter_resize(it, 0, x, 1, (int[]){-5}, false), LN_ERR_ARGUMENT);
    assert_int_equal(ln_interpreter_resize(it, 0, x, 9, (int[]){1, 1, 1, 1, 1, 1, 1, 1, 1}, false),
                     LN_ERR_ARGUMENT);
    assert_int_equal(ln_interpreter_resize(it, 0, x, 2, (int[]){1 << 30, 1 << 30}, false),
                     LN_ERR_ARGUMENT);
    assert_int_equal(ln_interpreter_resize(it, 0, 99, 1, (int[]){1}, false), LN_ERR_ARGUMENT);
    ready(it);
    run(it);
    close_model(it, m);
}

static void calls_graphs(void **state)
{
    (void)state;
    ln_model *m = calling_model(&op_increment);
    ln_interpreter *it = open_model(m, NULL);
    ready(it);
    input_of(it, 0)[3] = 5;
    run(it);
    assert_float_equal(output_of(it, 0)->data.f[3], 8, 0);
    close_model(it, m);
    m = calling_model(&op_positive);
    it = open_model(m, NULL);
    ready(it);
    input_of(it, 0)[0] = 5;
    run(it);
    assert_int_equal(output_of(it, 0)->dims->data[0], 4);
    input_of(it, 0)[1] = -5;
    run(it);
    assert_int_equal(output_of(it, 0)->dims->data[0], 3);
    assert_float_equal(output_of(it, 0)->data.f[0], 6, 0);
    close_model(it, m);
}

static void refuses_recursion(void **state)
{
    (void)state;
    ln_model *m = calling_model(&op_call);
    ln_interpreter *it = open_model(m, NULL);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_ERR_ARGUMENT);
    assert_non_null(strstr(ln_interpreter_diag(it)->text, "calls itself"));
    close_model(it, m);
}

static void keeps_variables(void **state)
{
    (void)state;
    builder b;
    build_begin(&b);
    const int x = build_tensor(&b, 2), v = build_variable(&b, 2), y = build_tensor(&b, 2);
    build_node(&b, &op_accumulate, (int[]){x, v, -1}, y);
    build_io(&b, 1, &x, 1, &y);
    ln_interpreter *it = open_model(b.model, NULL);
    ready(it);
    assert_int_equal(ln_interpreter_variables(it, 0)->size, 1);
    input_of(it, 0)[0] = 2;
    for (int i = 1; i <= 3; i++) {
        run(it);
        assert_float_equal(output_of(it, 0)->data.f[0], 2 * i, 0);
    }
    ready(it); /* nothing has changed: the value stays */
    run(it);
    assert_float_equal(output_of(it, 0)->data.f[0], 8, 0);
    assert_int_equal(ln_interpreter_reset_variables(it), LN_OK);
    run(it);
    assert_float_equal(output_of(it, 0)->data.f[0], 2, 0);
    close_model(it, b.model);
}

static void uses_the_callers_memory(void **state)
{
    (void)state;
    static _Alignas(64) float in[16], out[16];
    ln_model *m = chain_model(2, 16);
    ln_interpreter *it = open_model(m, NULL);
    const int x = ln_interpreter_inputs(it, 0)->data[0], y = ln_interpreter_outputs(it, 0)->data[0];
    TfLiteCustomAllocation a = {in, sizeof in}, b = {out, sizeof out}, odd = {in + 1, 60};
    assert_int_equal(ln_interpreter_set_custom_allocation(it, 0, x, &odd, 0), LN_ERR_ARGUMENT);
    assert_int_equal(ln_interpreter_set_custom_allocation(it, 0, x, &a, 0), LN_OK);
    assert_int_equal(ln_interpreter_set_custom_allocation(it, 0, y, &b, 0), LN_OK);
    ready(it);
    in[15] = 4;
    run(it);
    assert_ptr_equal(output_of(it, 0)->data.raw, out);
    assert_float_equal(out[15], 6, 0);
    assert_int_equal(ln_interpreter_resize(it, 0, x, 1, (int[]){17}, false), LN_OK);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_ERR_ARGUMENT);
    close_model(it, m);
}

static void keeps_limits(void **state)
{
    (void)state;
    ln_model *m = chain_model(5, 64);
    ln_interpreter_options o;
    ln_interpreter_options_init(&o);
    o.max_bytes = 511;
    ln_interpreter *it = open_model(m, &o);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_ERR_MEMORY);
    ln_interpreter_destroy(it);
    o.max_bytes = 512;
    o.max_steps = 4;
    it = open_model(m, &o);
    ready(it);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_ERR_ARGUMENT);
    close_model(it, m);
}

static void keep_message(void *user, const char *message)
{
    strncpy(user, message, LN_DIAG_TEXT - 1);
}

static void lists_missing_operators(void **state)
{
    (void)state;
    builder b;
    build_begin(&b);
    const int x = build_tensor(&b, 2), p = build_tensor(&b, 2), y = build_tensor(&b, 2);
    build_node(&b, &op_increment, (int[]){x, -1}, p);
    build_node(&b, &op_increment, (int[]){p, -1}, y);
    b.graph->nodes[0].version = 5;
    b.graph->nodes[1].version = 7;
    build_io(&b, 1, &x, 1, &y);
    static char text[LN_DIAG_TEXT];
    ln_interpreter_options o;
    ln_interpreter_options_init(&o);
    o.report = keep_message;
    o.report_user = text;
    ln_interpreter *it;
    assert_int_equal(ln_interpreter_create(&it, b.model, &o), LN_ERR_UNSUPPORTED);
    assert_null(it);
    assert_non_null(strstr(text, "NEG version 5 (supported up to 1)"));
    assert_non_null(strstr(text, "NEG version 7 (supported up to 1)"));
    ln_model_release(b.model);
}

/* x -> positive -> increment -> column -> y: what lies between is dynamic. */
static void releases_dynamic_tensors(void **state)
{
    (void)state;
    for (int release = 0; release < 2; release++) {
        ln_model *m = dynamic_model(8);
        ln_interpreter_options o;
        ln_memory_info info;
        ln_interpreter_options_init(&o);
        o.release_dynamic = release != 0;
        ln_interpreter *it = open_model(m, &o);
        ready(it);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 8; i++)
                input_of(it, 0)[i] = (float)(i + 1);
            run(it);
            assert_float_equal(output_of(it, 0)->data.f[7], 9, 0);
        }
        ln_interpreter_memory(it, &info);
        /* the result of POSITIVE goes as soon as INCREMENT has read it */
        assert_int_equal(info.dynamic_bytes, release ? 0 : 32);
        close_model(it, m);
    }
}

static void lists_blocks(void **state)
{
    (void)state;
    ln_model *m = mixed_model(8); /* with the scratch memory of TOTAL */
    ln_interpreter *it = open_model(m, NULL);
    ln_memory_info memory;
    ln_block_info b;
    int tensors = 0, scratches = 0;
    size_t top = 0;
    ready(it);
    for (int i = 0; ln_interpreter_block(it, 0, i, &b); i++) {
        if (b.bytes == 0)
            continue;
        tensors += b.tensor >= 0;
        scratches += b.tensor < 0;
        assert_true(b.first <= b.last && b.node >= 0);
        top = b.offset + b.bytes > top ? b.offset + b.bytes : top;
    }
    ln_interpreter_memory(it, &memory);
    assert_true(tensors >= 2);
    assert_int_equal(scratches, 1);
    assert_true(top <= memory.arena_bytes && top + 64 > memory.arena_bytes);
    assert_false(ln_interpreter_block(it, 1, 0, &b));
    assert_false(ln_interpreter_block(it, 0, -1, &b));
    close_model(it, m);
}

static void counts_runs(void **state)
{
    (void)state;
    ln_model *m = chain_model(2, 4);
    ln_interpreter_options o;
    ln_node_info info;
    ln_interpreter_options_init(&o);
    o.profile = true;
    ln_interpreter *it = open_model(m, &o);
    ready(it);
    run(it);
    run(it);
    assert_true(ln_interpreter_node_info(it, 0, 1, &info));
    assert_int_equal(info.runs, 2);
    assert_string_equal(info.op, "INCREMENT");
    assert_false(ln_interpreter_node_info(it, 0, 2, &info));
    close_model(it, m);
}

int test_run(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_a_chain_in_place), cmocka_unit_test(folds_shapes),
        cmocka_unit_test(gives_dynamic_shapes),  cmocka_unit_test(resizes_inputs),
        cmocka_unit_test(calls_graphs),          cmocka_unit_test(refuses_recursion),
        cmocka_unit_test(keeps_variables),       cmocka_unit_test(uses_the_callers_memory),
        cmocka_unit_test(keeps_limits),          cmocka_unit_test(lists_missing_operators),
        cmocka_unit_test(counts_runs),           cmocka_unit_test(releases_dynamic_tensors),
        cmocka_unit_test(lists_blocks),          cmocka_unit_test(keeps_what_is_between),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
