/* SPDX-License-Identifier: Apache-2.0 */
/* test_memory.c: out of memory at every single place: load, plan and run fail cleanly, and what
 * was there is freed. */
#include "runtime/cmocka_all.h"
#include "runtime/fixture.h"
#include "runtime/main.h"

enum { MANY = 5000 };

/* Everything that a program does; the status of the first failure. */
static ln_status use(ln_model *m, const ln_interpreter_options *o)
{
    ln_interpreter *it;
    ln_status status = ln_interpreter_create(&it, m, o);
    if (status != LN_OK)
        return status;
    status = ln_interpreter_allocate(it, 0);
    if (status == LN_OK) {
        input_of(it, 0)[0] = 3;
        status = ln_interpreter_invoke(it, 0);
    }
    const int x = ln_interpreter_inputs(it, 0)->data[0];
    if (status == LN_OK)
        status = ln_interpreter_resize(it, 0, x, 1, (int[]){16}, false);
    if (status == LN_OK)
        status = ln_interpreter_allocate(it, 0);
    if (status == LN_OK)
        status = ln_interpreter_invoke(it, 0);
    ln_interpreter_destroy(it);
    return status;
}

static void sweep(ln_model *m)
{
    failing_alloc a = {.left = -1};
    ln_interpreter_options o;
    ln_interpreter_options_init(&o);
    o.alloc = failing(&a);
    int n = 0;
    for (; n < MANY; n++) {
        a.left = n;
        const ln_status status = use(m, &o);
        assert_int_equal(a.live, 0);
        if (status == LN_OK)
            break;
        assert_int_equal(status, LN_ERR_MEMORY);
    }
    assert_true(n > 5 && n < MANY);
    a.left = -1;
    for (n = 1; n < MANY; n++) {
        malloc_left = n;
        const ln_status status = use(m, &o);
        malloc_left = -1;
        assert_int_equal(a.live, 0);
        if (status == LN_OK)
            break;
        assert_int_equal(status, LN_ERR_MEMORY);
    }
    assert_true(n > 5 && n < MANY);
    ln_model_release(m);
}

static void fixed_shapes(void **state)
{
    (void)state;
    sweep(chain_model(3, 8));
}

static void dynamic_shapes(void **state)
{
    (void)state;
    sweep(dynamic_model(8));
}

static void other_graphs(void **state)
{
    (void)state;
    sweep(calling_model(&op_increment));
    sweep(calling_model(&op_positive));
}

/* In new memory, and in what earlier plans leave. */
static void inputs_begin_with_zeros(void **state)
{
    enum { MOST = 65536 };
    static const int sizes[] = {8, MOST, 16, MOST};
    (void)state;
    ln_model *m = chain_model(3, 8);
    ln_interpreter *it;
    assert_int_equal(ln_interpreter_create(&it, m, NULL), LN_OK);
    const int x = ln_interpreter_inputs(it, 0)->data[0];
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ln_interpreter_resize(it, 0, x, 1, &sizes[i], false), LN_OK);
        assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
        for (int k = 0; k < sizes[i]; k++) {
            assert_true(input_of(it, 0)[k] == 0);
            input_of(it, 0)[k] = 1;
        }
        assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    }
    ln_interpreter_destroy(it);
    ln_model_release(m);
}

int test_memory(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_shapes),
        cmocka_unit_test(dynamic_shapes),
        cmocka_unit_test(other_graphs),
        cmocka_unit_test(inputs_begin_with_zeros),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
