/* SPDX-License-Identifier: Apache-2.0 */
/* crew.c: see crew.h.  The first runner's interpreter is the caller's to fill.  A sample found in
 * it moves on to a runner that has none; when all others have theirs, it stays, and all run. */
#include "quant/crew.h"

#include <math.h>

#include "base/thread.h"

typedef struct range {
    float low, high;
} range;

struct ln_crew {
    ln_watched watched;
    ln_runner **runners;
    int n, waiting; /* runners 1 to `waiting` have a sample */
    ln_pool *pool;  /* NULL: one runner */
    ln_crew_seen seen;
    void *user;
    range **ranges; /* [graph][tensor], of all that ran */
    uint64_t ran, grown;
    ln_status status;        /* of the samples that ran when the statistics were asked for, */
    const ln_runner *failed; /* and who did not get through */
};

/* ---- life ---- */

static ln_status create_ranges(ln_crew *c)
{
    const ln_stats *s = c->watched.stats;
    c->ranges = ln_new(&ln_alloc_default, (size_t)s->n_graphs + 1, sizeof *c->ranges);
    for (int g = 0; c->ranges && g < s->n_graphs; g++) {
        c->ranges[g] = ln_new(&ln_alloc_default, (size_t)s->n_tensors[g] + 1, sizeof **c->ranges);
        if (!c->ranges[g])
            return LN_ERR_MEMORY;
        for (int i = 0; i < s->n_tensors[g]; i++)
            c->ranges[g][i] = (range){HUGE_VALF, -HUGE_VALF};
    }
    return c->ranges ? LN_OK : LN_ERR_MEMORY;
}

static ln_status create(ln_crew *c, const void *model, size_t n, int threads, ln_diag *diag)
{
    LN_TRY(ln_watched_create(&c->watched, model, n, diag));
    const int runners = c->watched.stateful ? 1 : threads;
    c->runners = ln_new(&ln_alloc_default, (size_t)runners, sizeof(ln_runner *));
    if (!c->runners)
        return LN_ERR_MEMORY;
    LN_TRY(create_ranges(c));
    for (; c->n < runners; c->n++)
        LN_TRY(ln_runner_create(&c->runners[c->n], &c->watched, runners > 1 ? 1 : threads, diag));
    return runners > 1 ? ln_pool_create(&c->pool, &ln_alloc_default, runners) : LN_OK;
}

ln_status ln_crew_create(ln_crew **out, const void *model, size_t n, int threads, ln_diag *diag)
{
    ln_crew *c = ln_new(&ln_alloc_default, 1, sizeof *c);
    const ln_status status = c ? create(c, model, n, threads, diag) : LN_ERR_MEMORY;
    *out = status == LN_OK ? c : NULL;
    if (status != LN_OK)
        ln_crew_free(c);
    return status;
}

void ln_crew_free(ln_crew *c)
{
    if (!c)
        return;
    ln_pool_destroy(c->pool);
    for (int i = 0; i < c->n; i++)
        ln_runner_free(c->runners[i]);
    ln_free(&ln_alloc_default, c->runners);
    for (int g = 0; c->ranges && g < c->watched.stats->n_graphs; g++)
        ln_free(&ln_alloc_default, c->ranges[g]);
    ln_free(&ln_alloc_default, c->ranges);
    ln_watched_free(&c->watched);
    ln_free(&ln_alloc_default, c);
}

TfLiteInterpreter *ln_crew_interpreter(const ln_crew *c)
{
    return c->runners[0]->interpreter;
}

void ln_crew_tell(ln_crew *c, ln_crew_seen seen, void *user)
{
    c->seen = seen;
    c->user = user;
}

uint64_t ln_crew_grown(const ln_crew *c)
{
    return c->grown;
}

/* ---- runs ---- */

typedef struct turn {
    ln_crew *crew;
    int first; /* the runner that item 0 is for */
} turn;

static void run_some(void *arg, size_t begin, size_t end, int thread)
{
    const turn *t = arg;
    (void)thread;
    for (size_t i = begin; i < end; i++)
        ln_runner_run(t->crew->runners[(size_t)t->first + i], NULL);
}

/* Notes how far what a runner has seen goes beyond what was known. */
static void widen_ranges(ln_crew *c, const ln_runner *r)
{
    const bool first = c->ran == 0;
    for (int g = 0; g < r->stats->n_graphs; g++)
        for (int i = 0; i < r->stats->n_tensors[g]; i++) {
            const ln_stat *s = ln_stats_of(r->stats, g, i);
            range *known = &c->ranges[g][i];
            if (!s || (s->min >= known->low && s->max <= known->high))
                continue;
            const range old = *known;
            *known = (range){fminf(s->min, old.low), fmaxf(s->max, old.high)};
            if (!first && old.low <= old.high &&
                known->high - known->low > 1.1f * (old.high - old.low))
                c->grown = r->sample;
        }
    c->ran++;
}

/* What there is to know of a run. */
static ln_status look_at(ln_crew *c, const ln_runner *r, const ln_runner **failed)
{
    if (r->status != LN_OK) {
        *failed = *failed ? *failed : r;
        return r->status;
    }
    widen_ranges(c, r);
    if (c->seen)
        c->seen(c->user, r->interpreter);
    return LN_OK;
}

/* Runs the samples that wait, and the one in the first runner, if that is wanted. */
static ln_status run_all(ln_crew *c, bool with_first, const ln_runner **failed)
{
    turn t = {c, with_first ? 0 : 1};
    const int n = c->waiting + with_first;
    ln_status status = LN_OK;
    ln_parallel_for(c->pool, (size_t)n, 1, run_some, &t);
    for (int i = 1; i <= c->waiting + 1; i++) {
        const bool last = i > c->waiting;
        if (last && !with_first)
            break;
        const ln_status one = look_at(c, c->runners[last ? 0 : i], failed);
        status = status == LN_OK ? one : status;
    }
    c->waiting = 0;
    return status;
}

ln_status ln_crew_run(ln_crew *c, uint64_t sample, const ln_runner **failed)
{
    *failed = NULL;
    if (c->waiting + 1 < c->n) {
        ln_runner *next = c->runners[c->waiting + 1];
        next->sample = sample;
        if (ln_runner_take(next, c->runners[0]->interpreter)) {
            c->waiting++;
            return LN_OK;
        }
    }
    c->runners[0]->sample = sample;
    return run_all(c, true, failed);
}

ln_status ln_crew_run_signature(ln_crew *c, TfLiteSignatureRunner *signature, uint64_t sample,
                                const ln_runner **failed)
{
    ln_runner *r = c->runners[0];
    *failed = NULL;
    r->sample = sample;
    ln_runner_run(r, signature);
    return look_at(c, r, failed);
}

ln_stats *ln_crew_stats(const ln_crew *c)
{
    return c->watched.stats;
}

ln_status ln_crew_finish(ln_crew *c, const ln_runner **failed)
{
    ln_stats *stats = c->watched.stats;
    if (c->waiting)
        c->status = run_all(c, false, &c->failed);
    *failed = c->failed;
    LN_TRY(c->status);
    for (int i = 0; i < c->n; i++) {
        ln_stats *fresh;
        LN_TRY(ln_stats_create(&fresh, stats->model, stats->n_graphs, stats->n_tensors,
                               &ln_alloc_default));
        const ln_status status = ln_stats_merge(stats, c->runners[i]->stats, NULL);
        ln_stats_free(c->runners[i]->stats);
        c->runners[i]->stats = fresh;
        LN_TRY(status);
    }
    return LN_OK;
}
