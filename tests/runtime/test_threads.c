/* SPDX-License-Identifier: Apache-2.0 */
/* test_threads.c: interpreters on one model from several threads, cancellation from another
 * thread, and the pool.  Built with -DLINNET_SANITIZE=thread this looks for races too. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "runtime/cmocka_all.h"
#include "runtime/fixture.h"
#include "runtime/main.h"

/* cmocka's checks belong to the main thread, so this one returns whether all was right. */
static void *use_model(void *arg)
{
    ln_model *m = arg;
    for (int round = 0; round < 20; round++) {
        ln_interpreter *it;
        if (ln_interpreter_create(&it, m, NULL) != LN_OK || ln_interpreter_allocate(it, 0) != LN_OK)
            return NULL;
        for (int k = 0; k < 20; k++) {
            for (int i = 0; i < 8; i++)
                input_of(it, 0)[i] = (float)(i * k);
            if (ln_interpreter_invoke(it, 0) != LN_OK)
                return NULL;
            for (int i = 0; i < 8; i++)
                if (output_of(it, 0)->data.f[i] != (float)(2 * i * k + i + 1))
                    return NULL;
        }
        ln_interpreter_destroy(it);
    }
    return arg;
}

static void share_a_model(void **state)
{
    (void)state;
    pthread_t threads[3];
    ln_model *m = mixed_model(8);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_model, m), 0);
    for (int i = 0; i < 3; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
    }
    ln_model_release(m);
}

static atomic_bool started;

static TfLiteStatus wait_invoke(TfLiteContext *context, TfLiteNode *node)
{
    (void)node;
    context->tensors[1].data.f[0] = 1;
    atomic_store(&started, true);
    return kTfLiteOk;
}

static const TfLiteRegistration *find_wait(void *user, int builtin, const char *name, int version)
{
    (void)builtin;
    (void)name;
    (void)version;
    return user;
}

static void *cancel(void *arg)
{
    while (!atomic_load(&started))
        continue;
    ln_interpreter_cancel(arg);
    return NULL;
}

/* The cancel may fall between two runs, where it has no effect: then the loop ends by itself. */
static void is_cancelled(void **state)
{
    (void)state;
    enum { LONG = 3000 };
    builder b;
    build_begin(&b);
    int y = build_tensor(&b, 1);
    const int x = y;
    for (int i = 0; i < LONG; i++) {
        const int next = build_tensor(&b, 1);
        build_custom(&b, "Wait", (int[]){y, -1}, next);
        y = next;
    }
    build_io(&b, 1, &x, 1, &y);
    TfLiteRegistration reg = {.invoke = wait_invoke, .custom_name = "Wait", .version = 1};
    ln_interpreter_options o;
    ln_interpreter_options_init(&o);
    o.resolver.find = find_wait;
    o.resolver.user = &reg;
    ln_interpreter *it = open_model(b.model, &o);
    assert_int_equal(ln_interpreter_cancel(it), LN_ERR_STATE);
    ln_interpreter_destroy(it);
    o.cancellable = true;
    it = open_model(b.model, &o);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    assert_int_equal(ln_interpreter_cancel(it), LN_OK); /* nothing runs: no effect */
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    atomic_store(&started, false);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel, it), 0);
    ln_status status = LN_OK;
    for (int i = 0; i < 100000 && status == LN_OK; i++)
        status = ln_interpreter_invoke(it, 0);
    pthread_join(thread, NULL);
    assert_true(status == LN_ERR_CANCELLED || status == LN_OK);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    ln_interpreter_destroy(it);
    ln_model_release(b.model);
}

typedef struct sums {
    atomic_int done[1000];
    atomic_int bad;
} sums;

static void count(void *arg, size_t begin, size_t end, int thread)
{
    sums *s = arg;
    if (thread < 0 || thread >= 3 || end - begin > 7)
        atomic_fetch_add(&s->bad, 1);
    for (size_t i = begin; i < end; i++)
        atomic_fetch_add(&s->done[i], 1);
}

static void covers_a_range(void **state)
{
    (void)state;
    static sums s;
    ln_pool *pool;
    assert_int_equal(ln_pool_create(&pool, &ln_alloc_default, 3), LN_OK);
    for (int round = 1; round <= 200; round++) {
        ln_parallel_for(pool, 1000, 7, count, &s);
        for (int i = 0; i < 1000; i++)
            assert_int_equal(atomic_load(&s.done[i]), round);
    }
    ln_parallel_for(NULL, 1000, 7, count, &s);
    assert_int_equal(atomic_load(&s.done[999]), 201);
    assert_int_equal(atomic_load(&s.bad), 0);
    ln_pool_destroy(pool);
}

typedef struct pieces {
    atomic_int n, items;
    atomic_size_t largest;
} pieces;

static void count_pieces(void *arg, size_t begin, size_t end, int thread)
{
    pieces *p = arg;
    (void)thread;
    atomic_fetch_add(&p->n, 1);
    atomic_fetch_add(&p->items, (int)(end - begin));
    size_t largest = atomic_load(&p->largest);
    while (largest < end - begin &&
           !atomic_compare_exchange_weak(&p->largest, &largest, end - begin))
        continue;
}

/* As many pieces for each thread, none larger than was asked for. */
static void shares_evenly(void **state)
{
    (void)state;
    static const struct {
        size_t n, grain;
        int pieces;
    } cases[] = {{1000, 300, 6}, {7, 2, 6},    {7, 1, 7},         {3, 2, 3},
                 {2, 2, 1},      {132, 8, 18}, {100000, 16384, 9}};
    ln_pool *pool;
    assert_int_equal(ln_pool_create(&pool, &ln_alloc_default, 3), LN_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pieces p = {0};
        ln_parallel_for(pool, cases[i].n, cases[i].grain, count_pieces, &p);
        assert_int_equal(atomic_load(&p.n), cases[i].pieces);
        assert_int_equal(atomic_load(&p.items), cases[i].n);
        assert_true(atomic_load(&p.largest) <= cases[i].grain);
    }
    ln_pool_destroy(pool);
}

/* The number of a job, of which the gate knows 16 bits, comes again. */
static void counts_jobs(void **state)
{
    (void)state;
    pieces p = {0};
    ln_pool *pool;
    assert_int_equal(ln_pool_create(&pool, &ln_alloc_default, 2), LN_OK);
    for (int job = 0; job < 70000; job++)
        ln_parallel_for(pool, 2, 1, count_pieces, &p);
    assert_int_equal(atomic_load(&p.n), 140000);
    ln_pool_destroy(pool);
}

/* A pool that ends while its worker still looks for the last job does not wait forever. */
static void ends_at_any_time(void **state)
{
    (void)state;
    pieces p = {0};
    for (unsigned i = 0; i < 5000; i++) {
        ln_pool *pool;
        assert_int_equal(ln_pool_create(&pool, &ln_alloc_default, 2), LN_OK);
        for (const uint64_t start = ln_now_ns(); ln_now_ns() - start < i % 64 * 1000;)
            continue; /* while the worker starts */
        ln_parallel_for(pool, 2, 1, count_pieces, &p);
        ln_pool_destroy(pool);
    }
    assert_int_equal(atomic_load(&p.n), 10000);
}

int test_threads(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_a_model),  cmocka_unit_test(is_cancelled),
        cmocka_unit_test(covers_a_range), cmocka_unit_test(shares_evenly),
        cmocka_unit_test(counts_jobs),    cmocka_unit_test(ends_at_any_time),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
