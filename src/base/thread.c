/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c: a pool of POSIX threads.  Each thread has a share of a job's pieces, the same part of
 * one job and of the next, so that it finds in its cache what it has written before; who is done
 * takes from the others' shares.
 *
 * Workers watch a gate: while it is open they may enter, and take pieces; the caller takes pieces
 * too, then closes the gate and waits for those inside.  A worker that comes late, because it
 * slept, finds the gate closed: nobody waits for it. */
#include "base/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"

/* How long a thread looks for what it waits for before it sleeps: longer than most operators take
 * on one thread, since waking up takes as long as several of them.  Looks between readings of the
 * clock. */
enum { SPIN_NS = 200 * 1000, LOOKS = 64 };

/* The gate: the number of the job, whether it is open, and how many workers are inside. */
#define OPEN      (1u << 15)
#define INSIDE    (OPEN - 1)
#define JOB(gate) ((gate) >> 16)

typedef struct worker {
    struct ln_pool *pool;
    pthread_t thread;
    int index;
} worker;

/* Pieces [next, end) have not been taken; `next` may go beyond. */
typedef struct share {
    atomic_size_t next;
    size_t end;
    char apart[64]; /* from the next one's cache line */
} share;

struct ln_pool {
    ln_alloc alloc;
    worker *workers; /* all but the caller */
    share *shares;   /* one per thread */
    int threads, started;
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    uint64_t spin_ns;
    /* the job: written while the gate is closed and nobody inside */
    ln_range_fn fn;
    void *arg;
    size_t n, grain;
    atomic_uint gate;
    atomic_int sleepers; /* workers that have to be woken */
    atomic_bool quit;
};

static void take_pieces(ln_pool *pool, int index)
{
    for (int i = 0; i < pool->threads; i++) {
        share *s = &pool->shares[(index + i) % pool->threads];
        for (;;) {
            const size_t piece = atomic_fetch_add(&s->next, 1);
            if (piece >= s->end)
                break;
            const size_t begin = piece * pool->grain;
            pool->fn(pool->arg, begin, LN_MIN(begin + pool->grain, pool->n), index);
        }
    }
}

/* Spins while `waits` is true, but not forever; returns what it said last. */
static bool spin(const ln_pool *pool, bool (*waits)(const ln_pool *pool, unsigned seen),
                 unsigned seen)
{
    const uint64_t start = ln_now_ns();
    do {
        for (int i = 0; i < LOOKS; i++) {
            if (!waits(pool, seen))
                return false;
            LN_PAUSE();
        }
    } while (ln_now_ns() - start < pool->spin_ns);
    return true;
}

static bool no_other_job(const ln_pool *pool, unsigned seen)
{
    return JOB(atomic_load(&pool->gate)) == seen;
}

static bool somebody_inside(const ln_pool *pool, unsigned seen)
{
    (void)seen;
    return (atomic_load(&pool->gate) & INSIDE) != 0;
}

static void wait_for_job(ln_pool *pool, unsigned seen)
{
    if (!spin(pool, no_other_job, seen))
        return;
    pthread_mutex_lock(&pool->lock);
    /* either the caller sees this, or what follows sees its job */
    atomic_fetch_add(&pool->sleepers, 1);
    while (no_other_job(pool, seen))
        pthread_cond_wait(&pool->wake, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
}

/* True when it is open and this worker has been counted; *job receives its number. */
static bool enter(ln_pool *pool, unsigned *job)
{
    unsigned gate = atomic_load(&pool->gate);
    do {
        *job = JOB(gate);
        if (!(gate & OPEN))
            return false;
    } while (!atomic_compare_exchange_weak(&pool->gate, &gate, gate + 1));
    return true;
}

static void leave(ln_pool *pool)
{
    const unsigned gate = atomic_fetch_sub(&pool->gate, 1);
    if ((gate & OPEN) || (gate & INSIDE) != 1)
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->lock);
}

static void *work(void *arg)
{
    const worker *w = arg;
    ln_pool *pool = w->pool;
    unsigned seen = 0;
    for (;;) {
        wait_for_job(pool, seen);
        if (atomic_load(&pool->quit))
            return NULL;
        if (!enter(pool, &seen))
            continue;
        take_pieces(pool, w->index);
        leave(pool);
    }
}

/* A new job; open: workers may enter. */
static void announce(ln_pool *pool, unsigned open)
{
    const unsigned job = JOB(atomic_load(&pool->gate)) + 1;
    atomic_store(&pool->gate, job << 16 | open); /* the number wraps around */
    if (atomic_load(&pool->sleepers) == 0)
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

static void share_out(ln_pool *pool, size_t pieces)
{
    const size_t threads = (size_t)pool->threads, each = pieces / threads, rest = pieces % threads;
    size_t at = 0;
    for (size_t i = 0; i < threads; i++) {
        atomic_store(&pool->shares[i].next, at);
        at += each + (i < rest);
        pool->shares[i].end = at;
    }
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
    if (threads < 1 || (unsigned)threads > INSIDE)
        return LN_ERR_ARGUMENT;
    ln_pool *pool = ln_new(alloc, 1, sizeof *pool);
    if (!pool)
        return LN_ERR_MEMORY;
    pool->alloc = *alloc;
    pool->threads = threads;
    pool->spin_ns = sysconf(_SC_NPROCESSORS_ONLN) >= threads ? SPIN_NS : 0;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    pool->workers = ln_new(alloc, (size_t)threads, sizeof *pool->workers);
    pool->shares = ln_new(alloc, (size_t)threads, sizeof *pool->shares);
    if (!pool->workers || !pool->shares || !start_workers(pool)) {
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
    announce(pool, 0);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    ln_free(&alloc, pool->workers);
    ln_free(&alloc, pool->shares);
    ln_free(&alloc, pool);
}

int ln_pool_threads(const ln_pool *pool)
{
    return pool ? pool->threads : 1;
}

static void wait_until_done(ln_pool *pool)
{
    atomic_fetch_and(&pool->gate, ~OPEN);
    if (!spin(pool, somebody_inside, 0))
        return;
    pthread_mutex_lock(&pool->lock);
    while (somebody_inside(pool, 0))
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
    pool->fn = fn;
    pool->arg = arg;
    pool->n = n;
    pool->grain = grain;
    share_out(pool, (n - 1) / grain + 1);
    announce(pool, OPEN);
    take_pieces(pool, 0);
    wait_until_done(pool);
}
