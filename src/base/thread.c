/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c: a pool of POSIX threads.  A job is a counter of pieces that every thread takes from;
 * workers watch the job's number, spin for a moment, then sleep on a condition variable. */
#include "base/thread.h"

#include <pthread.h>
#include <stdatomic.h>

/* Looks at the job's number before a worker goes to sleep, roughly 20 microseconds. */
enum { SPINS = 4000 };

typedef struct worker {
    struct ln_pool *pool;
    pthread_t thread;
    int index;
} worker;

struct ln_pool {
    ln_alloc alloc;
    worker *workers; /* all but the caller */
    int threads, started;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    /* the job: written before `job` changes, read after */
    ln_range_fn fn;
    void *arg;
    size_t n, grain;
    atomic_size_t next; /* the first item that nobody has taken */
    atomic_uint job;    /* changes when there is work */
    atomic_int busy;    /* workers that have not finished it */
    atomic_bool quit;
};

static void take_pieces(ln_pool *pool, int index)
{
    for (;;) {
        const size_t begin = atomic_fetch_add(&pool->next, pool->grain);
        if (begin >= pool->n)
            return;
        pool->fn(pool->arg, begin, LN_MIN(begin + pool->grain, pool->n), index);
    }
}

/* Returns the number of a job that is not `seen`. */
static unsigned wait_for_job(ln_pool *pool, unsigned seen)
{
    for (int i = 0; i < SPINS; i++) {
        const unsigned job = atomic_load_explicit(&pool->job, memory_order_acquire);
        if (job != seen)
            return job;
    }
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->job) == seen)
        pthread_cond_wait(&pool->wake, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return atomic_load(&pool->job);
}

static void *work(void *arg)
{
    const worker *w = arg;
    ln_pool *pool = w->pool;
    unsigned seen = 0;
    for (;;) {
        seen = wait_for_job(pool, seen);
        if (atomic_load(&pool->quit))
            return NULL;
        take_pieces(pool, w->index);
        if (atomic_fetch_sub(&pool->busy, 1) == 1) {
            pthread_mutex_lock(&pool->lock);
            pthread_cond_signal(&pool->done);
            pthread_mutex_unlock(&pool->lock);
        }
    }
}

static void announce(ln_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->job, 1);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

static bool start_workers(ln_pool *pool)
{
    for (int i = 0; i < pool->threads - 1; i++) {
        worker *w = &pool->workers[i];
        *w = (worker){.pool = pool, .index = i + 1};
        if (pthread_create(&w->thread, NULL, work, w) != 0)
            return false;
        pool->started++;
    }
    return true;
}

ln_status ln_pool_create(ln_pool **out, const ln_alloc *alloc, int threads)
{
    *out = NULL;
    if (threads < 1)
        return LN_ERR_ARGUMENT;
    ln_pool *pool = ln_new(alloc, 1, sizeof *pool);
    if (!pool)
        return LN_ERR_MEMORY;
    pool->alloc = *alloc;
    pool->threads = threads;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->workers = ln_new(alloc, (size_t)threads, sizeof *pool->workers);
    if (!pool->workers || !start_workers(pool)) {
        ln_pool_destroy(pool);
        return LN_ERR_MEMORY;
    }
    *out = pool;
    return LN_OK;
}

void ln_pool_destroy(ln_pool *pool)
{
    if (!pool)
        return;
    const ln_alloc alloc = pool->alloc;
    atomic_store(&pool->quit, true);
    announce(pool);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    ln_free(&alloc, pool->workers);
    ln_free(&alloc, pool);
}

int ln_pool_threads(const ln_pool *pool)
{
    return pool ? pool->threads : 1;
}

static void wait_until_done(ln_pool *pool)
{
    for (int i = 0; i < SPINS; i++)
        if (atomic_load_explicit(&pool->busy, memory_order_acquire) == 0)
            return;
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->busy) != 0)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void ln_parallel_for(ln_pool *pool, size_t n, size_t grain, ln_range_fn fn, void *arg)
{
    grain = LN_MAX(grain, (size_t)1);
    if (!pool || pool->started == 0 || n <= grain || n > SIZE_MAX / 2) {
        for (size_t begin = 0; begin < n;) {
            const size_t step = LN_MIN(grain, n - begin);
            fn(arg, begin, begin + step, 0);
            begin += step;
        }
        return;
    }
    /* `next` overshoots by a grain per thread */
    grain = LN_MIN(grain, SIZE_MAX / 4 / (size_t)pool->threads);
    pool->fn = fn;
    pool->arg = arg;
    pool->n = n;
    pool->grain = grain;
    atomic_store(&pool->next, 0);
    atomic_store(&pool->busy, pool->started);
    announce(pool);
    take_pieces(pool, 0);
    wait_until_done(pool);
}
