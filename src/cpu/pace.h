/* SPDX-License-Identifier: Apache-2.0 */
/* pace.h: whether the threads of a pool share a graph's kernels, by how long its runs take with
 * them and without.  Runs of less than some milliseconds may be slower with threads: kernels are
 * short, and cores that have no cache in common read from each other what they work on.  This
 * changes while a program runs, so it is measured again and again, ever more seldom as long as the
 * answer stays.
 *
 * A run goes from the first kernel that shares work to the last one; which ones do so is seen in
 * the first run after a plan. */
#ifndef LN_CPU_PACE_H
#define LN_CPU_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LN_PACE_FIRST = 4,   /* runs before the first trial */
    LN_PACE_BLOCK = 3,   /* runs with threads, or without, in a trial; the first does not count */
    LN_PACE_BLOCKS = 4,  /* of a trial, by turns */
    LN_PACE_HOLD = 64,   /* runs to the next one, and */
    LN_PACE_MOST = 4096, /* the most, where it was clear again and again */
};

typedef struct ln_cpu_pace {
    struct ln_cpu_pace *next;
    const void *graph;
    int users;
    uint64_t (*now)(void);
    const void *begin, *first, *last; /* kernels: of a run, of those that share */
    bool learning, missed;            /* which ones do so; not all were seen with a pool */
    bool threads;                     /* this run shares, */
    bool choice;                      /* runs usually do */
    uint64_t start;                   /* of this run; 0: it does not count */
    uint64_t best[2];                 /* nanoseconds, without and with threads, in this trial */
    int left, hold, step;             /* runs before a trial, after the last one; done of one */
} ln_cpu_pace;

/* The pace of kernels of `graph` on the list, a new one where there is none; NULL: no memory. */
ln_cpu_pace *ln_cpu_pace_join(ln_cpu_pace **list, const void *graph, uint64_t (*now)(void));
void ln_cpu_pace_leave(ln_cpu_pace **list, ln_cpu_pace *p);
/* One of its kernels has been planned. */
void ln_cpu_pace_forget(ln_cpu_pace *p);

/* Around each run of a kernel, whose `shares` belongs to it.  Says whether it may share. */
bool ln_cpu_pace_before(ln_cpu_pace *p, const void *kernel, bool shares);
/* had_pool: it could; has_shared: it did. */
void ln_cpu_pace_after(ln_cpu_pace *p, const void *kernel, bool *shares, bool had_pool,
                       bool has_shared);

#endif
