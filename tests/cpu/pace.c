/* SPDX-License-Identifier: Apache-2.0 */
/* pace.c: a graph's kernels share work as long as that is faster, by a clock of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/pace.h"

enum { KERNELS = 4, OTHER = 7 /* parts of the time that pass between kernels */ };

static uint64_t clock_ns, readings;

static uint64_t now(void)
{
    readings++;
    return clock_ns;
}

/* Kernels 1 and 2 of a graph have work for threads. */
typedef struct world {
    ln_cpu_pace *list, *pace;
    char kernel[KERNELS];
    bool shares[KERNELS];
    uint64_t alone, shared; /* nanoseconds of kernel 1, the others take none */
    bool busy;              /* somebody else has the pool */
    int with, without;      /* runs of kernel 1 */
} world;

static void begin(world *w, uint64_t alone, uint64_t shared)
{
    *w = (world){.alone = alone, .shared = shared};
    for (int i = 0; i < KERNELS; i++)
        w->pace = ln_cpu_pace_join(&w->list, w, now);
    assert_non_null(w->pace);
}

static void end(world *w)
{
    for (int i = 0; i < KERNELS; i++)
        ln_cpu_pace_leave(&w->list, w->pace);
    assert_null(w->list);
}

static void run(world *w)
{
    for (int i = 0; i < KERNELS; i++) {
        const bool has_work = i == 1 || i == 2;
        const bool may = ln_cpu_pace_before(w->pace, &w->kernel[i], w->shares[i]);
        const bool pool = may && !w->busy;
        if (i == 1) {
            clock_ns += pool ? w->shared : w->alone;
            *(pool ? &w->with : &w->without) += 1;
        }
        if (!w->pace->learning && !has_work)
            assert_false(may);
        ln_cpu_pace_after(w->pace, &w->kernel[i], &w->shares[i], pool, pool && has_work);
    }
    clock_ns += OTHER * w->alone;
}

static void run_often(world *w, int n)
{
    w->with = w->without = 0;
    for (int i = 0; i < n; i++)
        run(w);
}

/* Whichever is faster has nearly all runs, also once it becomes the other one. */
static void chooses(void **state)
{
    enum { RUNS = 4000 };
    world w;
    (void)state;
    begin(&w, 1000, 1200);
    run_often(&w, RUNS);
    assert_true(w.without > RUNS * 9 / 10);
    w.shared = 600;
    run_often(&w, RUNS);
    run_often(&w, RUNS);
    assert_true(w.with > RUNS * 19 / 20);
    w.shared = 990; /* within what a measurement may be off by */
    run_often(&w, RUNS);
    run_often(&w, RUNS);
    assert_true(w.with > RUNS * 9 / 10);
    end(&w);
}

/* Answers that stay are asked for less and less often, and early where they are clear. */
static void seldom(void **state)
{
    world w;
    (void)state;
    begin(&w, 1000, 600);
    run_often(&w, LN_PACE_FIRST + 2 * LN_PACE_HOLD + 5 * LN_PACE_BLOCK);
    assert_int_equal(w.without, 2 * LN_PACE_BLOCK);
    run_often(&w, 100 * LN_PACE_MOST);
    run_often(&w, 100 * LN_PACE_MOST);
    assert_true(w.without <= 100 * LN_PACE_BLOCK);
    end(&w);
}

/* Long runs always share. */
static void long_runs(void **state)
{
    world w;
    (void)state;
    begin(&w, 10 * 1000 * 1000, 9 * 1000 * 1000);
    run_often(&w, 1000);
    assert_int_equal(w.without, 0);
    end(&w);
}

/* Nothing is learned as long as others have the pool; such runs are not compared later on. */
static void busy(void **state)
{
    world w;
    (void)state;
    begin(&w, 1000, 600);
    w.busy = true;
    run_often(&w, 50);
    assert_true(w.pace->learning);
    w.busy = false;
    run_often(&w, 50);
    assert_false(w.pace->learning);
    const ln_cpu_pace before = *w.pace;
    w.busy = true;
    run_often(&w, 1);
    assert_int_equal(w.pace->left, before.left);
    assert_int_equal(w.pace->step, before.step);
    end(&w);
}

/* After a plan other kernels may share; without any, nobody reads the clock. */
static void planned(void **state)
{
    world w;
    (void)state;
    begin(&w, 1000, 600);
    run_often(&w, 10);
    ln_cpu_pace_forget(w.pace);
    w.busy = false;
    run_often(&w, 3);
    assert_ptr_equal(w.pace->first, &w.kernel[1]);
    assert_ptr_equal(w.pace->last, &w.kernel[2]);
    ln_cpu_pace_forget(w.pace);
    readings = 0;
    for (int n = 0; n < 3; n++)
        for (int i = 0; i < KERNELS; i++) {
            const bool may = ln_cpu_pace_before(w.pace, &w.kernel[i], w.shares[i]);
            assert_int_equal(may, n == 0);
            ln_cpu_pace_after(w.pace, &w.kernel[i], &w.shares[i], may, false);
        }
    assert_int_equal(readings, 0);
    end(&w);
}

/* Each graph has its own. */
static void graphs(void **state)
{
    ln_cpu_pace *list = NULL;
    (void)state;
    ln_cpu_pace *a = ln_cpu_pace_join(&list, &clock_ns, now);
    ln_cpu_pace *b = ln_cpu_pace_join(&list, &readings, now);
    assert_ptr_not_equal(a, b);
    assert_ptr_equal(ln_cpu_pace_join(&list, &clock_ns, now), a);
    ln_cpu_pace_leave(&list, a);
    ln_cpu_pace_leave(&list, a);
    assert_ptr_equal(list, b);
    ln_cpu_pace_leave(&list, b);
    ln_cpu_pace_leave(&list, NULL);
    assert_null(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses), cmocka_unit_test(seldom),  cmocka_unit_test(long_runs),
        cmocka_unit_test(busy),    cmocka_unit_test(planned), cmocka_unit_test(graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
