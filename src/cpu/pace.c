/* SPDX-License-Identifier: Apache-2.0 */
/* pace.c: see pace.h. */
#include "cpu/pace.h"

#include "base/alloc.h"

static const ln_alloc *const heap = &ln_alloc_default;

/* Percent by which the other way must win, by which it loses clearly, and so much that a trial ends
 * early; nanoseconds of a run for which threads are worth it in any case. */
enum { WIN = 3, CLEAR = 10, LOSS = 25, LONG_RUN = 4 * 1000 * 1000 };

ln_cpu_pace *ln_cpu_pace_join(ln_cpu_pace **list, const void *graph, uint64_t (*now)(void))
{
    ln_cpu_pace *p = *list;
    while (p && p->graph != graph)
        p = p->next;
    if (!p) {
        p = ln_new(heap, 1, sizeof *p);
        if (!p)
            return NULL;
        *p = (ln_cpu_pace){.next = *list, .graph = graph, .now = now};
        *list = p;
    }
    ln_cpu_pace_forget(p);
    p->users++;
    return p;
}

void ln_cpu_pace_leave(ln_cpu_pace **list, ln_cpu_pace *p)
{
    if (!p)
        return;
    ln_cpu_pace_forget(p);
    if (--p->users > 0)
        return;
    while (*list != p)
        list = &(*list)->next;
    *list = p->next;
    ln_free(heap, p);
}

void ln_cpu_pace_forget(ln_cpu_pace *p)
{
    p->begin = p->first = p->last = NULL;
    p->learning = p->threads = p->choice = true;
    p->missed = false;
    p->start = 0;
    p->left = LN_PACE_FIRST;
    p->hold = LN_PACE_HOLD;
}

/* ---- which kernels share ---- */

/* When the first one comes again, all have been seen. */
static void learn(ln_cpu_pace *p, const void *kernel)
{
    if (!p->begin)
        p->begin = kernel;
    else if (p->begin == kernel && p->missed)
        ln_cpu_pace_forget(p);
    else if (p->begin == kernel)
        p->learning = false;
}

bool ln_cpu_pace_before(ln_cpu_pace *p, const void *kernel, bool shares)
{
    if (p->learning)
        learn(p, kernel);
    if (p->learning)
        return true;
    if (kernel == p->first)
        p->start = p->now();
    return shares && p->threads;
}

/* ---- trials ---- */

static void begin_trial(ln_cpu_pace *p)
{
    p->step = 0;
    p->best[false] = p->best[true] = UINT64_MAX;
}

static bool is_longer(uint64_t a, uint64_t b, uint64_t percent)
{
    return a / (100 + percent) > b / 100;
}

static void settle(ln_cpu_pace *p)
{
    const uint64_t chosen = p->best[p->choice], other = p->best[!p->choice];
    const bool clear = is_longer(other, chosen, CLEAR);
    p->hold = clear ? LN_MIN(2 * p->hold, (int)LN_PACE_MOST) : LN_PACE_HOLD;
    p->left = p->hold;
    p->choice ^= is_longer(chosen, other, WIN);
}

/* Between two blocks: true when the answer is clear. */
static bool is_clear(const ln_cpu_pace *p)
{
    const uint64_t chosen = p->best[p->choice], other = p->best[!p->choice];
    if (p->step == LN_PACE_BLOCK)
        return p->choice && chosen >= LONG_RUN;
    return p->step == LN_PACE_BLOCKS * LN_PACE_BLOCK || is_longer(other, chosen, LOSS);
}

static void take_time(ln_cpu_pace *p, uint64_t ns)
{
    if (p->left > 0) {
        if (--p->left == 0)
            begin_trial(p);
        return;
    }
    if (p->step % LN_PACE_BLOCK > 0)
        p->best[p->threads] = LN_MIN(p->best[p->threads], ns);
    if (++p->step % LN_PACE_BLOCK == 0 && is_clear(p))
        settle(p);
    p->threads = p->choice ^ (p->left == 0 && p->step / LN_PACE_BLOCK % 2 == 1);
}

void ln_cpu_pace_after(ln_cpu_pace *p, const void *kernel, bool *shares, bool had_pool,
                       bool has_shared)
{
    if (p->learning) {
        *shares = has_shared;
        p->missed = p->missed || !had_pool;
        if (has_shared && !p->first)
            p->first = kernel;
        if (has_shared)
            p->last = kernel;
        return;
    }
    if (*shares && p->threads && !had_pool)
        p->start = 0;
    if (kernel != p->last || p->start == 0)
        return;
    take_time(p, p->now() - p->start);
    p->start = 0;
}
