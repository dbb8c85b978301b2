/* SPDX-License-Identifier: Apache-2.0 */
/* thread.h: a pool of threads and the one way to use it: ln_parallel_for. */
#ifndef LN_BASE_THREAD_H
#define LN_BASE_THREAD_H

#include "base/alloc.h"
#include "base/status.h"

typedef struct ln_pool ln_pool;

/* A pool of `threads` threads, the caller's included; the others, as far as the system has them,
 * start with the first call that they share.  They spin briefly for work, then sleep. */
ln_status ln_pool_create(ln_pool **out, const ln_alloc *alloc, int threads) LN_MUST_USE;
void ln_pool_destroy(ln_pool *pool);
/* Starts them now: that takes memory, which a later call is not to ask for. */
void ln_pool_start(ln_pool *pool);
/* How many processors there are to run on, `most` at most. */
int ln_processors(int most);
/* 1 for NULL. */
int ln_pool_threads(const ln_pool *pool);
/* How many calls of ln_parallel_for threads have shared, modulo 2^32; for its user alone. */
uint32_t ln_pool_jobs(const ln_pool *pool);

/* Calls fn(arg, begin, end, thread) for pieces that cover [0, n), each of at most `grain` items, or
 * on one thread, where grain is 1, for all of them at once; `thread` is below
 * ln_pool_threads(pool).  The same thread gets about the same part of [0, n) in every call.
 * Returns when all are done.  A NULL pool, or n <= grain, runs on the caller's thread alone.
 * Not reentrant on one pool. */
typedef void (*ln_range_fn)(void *arg, size_t begin, size_t end, int thread);
void ln_parallel_for(ln_pool *pool, size_t n, size_t grain, ln_range_fn fn, void *arg);

#endif
