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
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* How long a thread looks for what it waits for before it sleeps: longer than most operators take
 * on one thread, since waking up takes as long as several of them.  Looks between readings of the
 * clock. */
enum { SPIN_NS = 200 * 1000, LOOKS = 64 };

/* Bytes of a line of the cache, and items that may be one. */
enum { LINE = 64, MAX_PIECES = 1 << 30 };

/* The gate: the number of the job, whether it is open, and how many workers are inside. */
#define OPEN      (1u << 15)
#define INSIDE    (OPEN - 1)
#define JOB(gate) ((gate) >> 16)

typedef struct worker {
    struct ln_pool *pool;
    pthread_t thread;
    int index;
} worker;

/* How many pieces of a share were taken in which job: the upper half is the job's number.  One of
 * another job than the present one stands for 0, so that a job begins without a word to its shares,
 * whose lines of the cache stay with their threads. */
typedef struct share {
    atomic_uint_fast64_t taken;
    char apart[LINE - sizeof(atomic_uint_fast64_t)];
} share;

/* Written while the gate is closed and nobody inside.  With the gate it is one line of the cache,
 * which is all that goes from the caller to the others. */
typedef struct job {
    atomic_uint gate;
    uint32_t number;
    ln_range_fn fn;
    void *arg;
    size_t n, size, pieces; /* items in all, of a piece; 0: as many in each, or one more */
    char apart[LINE];
} job;

struct ln_pool {
    ln_alloc alloc;
    worker *workers; /* all but the caller */
    share *shares;   /* one per thread */
    job *job;
    int threads, started;
    bool asked; /* threads have been started, as far as there were any to be had */
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    uint64_t spin_ns;
    atomic_int sleepers; /* workers that have to be woken */
    atomic_bool quit;
};

/* Where piece `i` begins, or the one before ends. */
static size_t piece_begin(const job *j, size_t i)
{
    const size_t each = j->n / j->pieces, rest = j->n % j->pieces;
    return j->size ? LN_MIN(i * j->size, j->n) : each * i + rest * i / j->pieces;
}

/* Takes the next of `count` pieces of a share; false when there is none. */
static bool take(share *s, uint32_t number, size_t count, size_t *piece)
{
    uint_fast64_t seen = atomic_load(&s->taken);
    do {
        *piece = seen >> 32 == number ? (uint32_t)seen : 0;
        if (*piece >= count)
            return false;
    } while (!atomic_compare_exchange_weak(&s->taken, &seen,
                                           (uint_fast64_t)number << 32 | (*piece + 1)));
    return true;
}

static void take_pieces(ln_pool *pool, int index)
{
    const job *j = pool->job;
    const size_t threads = (size_t)pool->threads;
    const size_t each = j->pieces / threads, rest = j->pieces % threads;
    for (size_t k = 0; k < threads; k++) {
        const size_t of = ((size_t)index + k) % threads, first = each * of + LN_MIN(of, rest);
        size_t piece;
        while (take(&pool->shares[of], j->number, each + (of < rest), &piece)) {
            const size_t i = first + piece;
            j->fn(j->arg, piece_begin(j, i), piece_begin(j, i + 1), index);
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
    return JOB(atomic_load(&pool->job->gate)) == seen;
}

static bool somebody_inside(const ln_pool *pool, unsigned seen)
{
    (void)seen;
    return (atomic_load(&pool->job->gate) & INSIDE) != 0;
}

static void wait_for_job(ln_pool *pool, unsigned seen)
{
    if (!spin(pool, no_other_job, seen))
        return;
    pthread_mutex_lock(&pool->lock);
    /* either the caller sees this, or what follows sees its job */
    atomic_fetch_add(&pool->sleepers, 1);
    while (no_other_job(pool, seen) && !atomic_load(&pool->quit))
        pthread_cond_wait(&pool->wake, &pool->lock);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
}

/* True when it is open and this worker has been counted; *seen receives the job's number. */
static bool enter(ln_pool *pool, unsigned *seen)
{
    unsigned gate = atomic_load(&pool->job->gate);
    do {
        *seen = JOB(gate);
        if (!(gate & OPEN))
            return false;
    } while (!atomic_compare_exchange_weak(&pool->job->gate, &gate, gate + 1));
    return true;
}

static void leave(ln_pool *pool)
{
    const unsigned gate = atomic_fetch_sub(&pool->job->gate, 1);
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
        if (enter(pool, &seen)) {
            take_pieces(pool, w->index);
            leave(pool);
        } else if (atomic_load(&pool->quit)) { /* asked last: no other job follows that one */
            return NULL;
        }
    }
}

/* A new job; open: workers may enter. */
static void announce(ln_pool *pool, unsigned open)
{
    job *j = pool->job;
    j->number++;
    for (int i = 0; j->number == 0 && i < pool->threads; i++)
        atomic_store(&pool->shares[i].taken, 0); /* the same numbers come again */
    atomic_store(&j->gate, j->number << 16 | open);
    if (atomic_load(&pool->sleepers) == 0)
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

void ln_pool_start(ln_pool *pool)
{
    for (int i = 0; !pool->asked && i < pool->threads - 1; i++) {
        worker *w = &pool->workers[i];
        *w = (worker){.pool = pool, .index = i + 1};
        if (pthread_create(&w->thread, NULL, work, w) != 0)
            break;
        pool->started++;
    }
    pool->asked = true;
}

/* Zeroed, beginning with a line of the cache. */
static void *new_lines(const ln_alloc *alloc, size_t bytes)
{
    void *p = ln_new_aligned(alloc, bytes);
    return p ? memset(p, 0, bytes) : NULL;
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
    pool->shares = new_lines(alloc, (size_t)threads * sizeof *pool->shares);
    pool->job = new_lines(alloc, sizeof *pool->job);
    if (!pool->workers || !pool->shares || !pool->job) {
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
    if (pool->started > 0)
        announce(pool, 0);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    ln_free(&alloc, pool->workers);
    ln_free_aligned(&alloc, pool->shares);
    ln_free_aligned(&alloc, pool->job);
    ln_free(&alloc, pool);
}

int ln_processors(int most)
{
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > most ? most : (int)n;
}

int ln_pool_threads(const ln_pool *pool)
{
    return pool ? pool->threads : 1;
}

uint32_t ln_pool_jobs(const ln_pool *pool)
{
    return pool->job->number;
}

static void wait_until_done(ln_pool *pool)
{
    atomic_fetch_and(&pool->job->gate, ~OPEN);
    if (!spin(pool, somebody_inside, 0))
        return;
    pthread_mutex_lock(&pool->lock);
    while (somebody_inside(pool, 0))
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

/* As many pieces for each thread, about as large, and whole lines of the cache where items are
 * many, of whatever size these are. */
static void cut(job *j, size_t n, size_t grain, size_t threads)
{
    const size_t least = (n - 1) / grain + 1, pieces = ((least - 1) / threads + 1) * threads;
    const size_t size = (n - 1) / pieces + 1;
    j->n = n;
    j->size = size <= LINE ? 0 : LN_MIN((size + LINE - 1) / LINE * LINE, grain);
    j->pieces = j->size ? (n - 1) / j->size + 1 : LN_MIN(pieces, n);
}

void ln_parallel_for(ln_pool *pool, size_t n, size_t grain, ln_range_fn fn, void *arg)
{
    grain = LN_MAX(grain, (size_t)1);
    const bool one = !pool || n <= grain || (n - 1) / grain >= MAX_PIECES / 2;
    if (!one)
        ln_pool_start(pool);
    if (one || pool->started == 0) {
        if (grain == 1 && n > 0)
            grain = n;
        for (size_t begin = 0; begin < n;) {
            const size_t step = LN_MIN(grain, n - begin);
            fn(arg, begin, begin + step, 0);
            begin += step;
        }
        return;
    }
    job *j = pool->job;
    j->fn = fn;
    j->arg = arg;
    cut(j, n, grain, (size_t)pool->threads);
    announce(pool, OPEN);
    take_pieces(pool, 0);
    wait_until_done(pool);
}
