/* SPDX-License-Identifier: Apache-2.0 */
/* test_no_alloc.c: once shapes are fixed, invoke neither calls its allocator nor malloc. */
#include "runtime/cmocka_all.h"
#include "runtime/fixture.h"
#include "runtime/main.h"

static void check_quiet(ln_model *m, int warm_up)
{
    failing_alloc counter = {.left = -1};
    ln_interpreter_options o;
    ln_interpreter_options_init(&o);
    o.alloc = failing(&counter);
    o.profile = true;
    ln_interpreter *it = open_model(m, &o);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    input_of(it, 0)[0] = 3;
    for (int i = 0; i < warm_up; i++)
        assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    const int calls = counter.calls, mallocs = malloc_calls;
    counter.left = 0;
    malloc_left = 1;
    ln_status status = LN_OK;
    for (int i = 0; i < 3 && status == LN_OK; i++)
        status = ln_interpreter_invoke(it, 0);
    malloc_left = -1;
    counter.left = -1;
    assert_int_equal(status, LN_OK);
    assert_int_equal(counter.calls, calls);
    assert_int_equal(malloc_calls, mallocs);
    ln_interpreter_destroy(it);
    assert_int_equal(counter.live, 0);
    ln_model_release(m);
}

static void fixed_shapes(void **state)
{
    (void)state;
    check_quiet(chain_model(5, 64), 0);
    check_quiet(mixed_model(16), 0);
}

static void dynamic_shapes(void **state)
{
    (void)state;
    check_quiet(dynamic_model(8), 1);
}

static void other_graphs(void **state)
{
    (void)state;
    check_quiet(calling_model(&op_increment), 1);
    check_quiet(calling_model(&op_positive), 1);
}

int test_no_alloc(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_shapes),
        cmocka_unit_test(dynamic_shapes),
        cmocka_unit_test(other_graphs),
    };
    return cmocka_run_group_tests_name("no_alloc", tests, NULL, NULL);
}
