/* SPDX-License-Identifier: Apache-2.0 */
/* planner.c: greedy packing.  Items are placed one by one, each into the tightest gap between
 * those that live at the same time.  Which order packs best depends on the graph, so a few are
 * tried and the smallest block wins ("Efficient Memory Management for Deep Neural Net Inference",
 * Pisarchyk and Lee, compares such orders).
 *
 * Of two threads that share every operator's rows each works on a half of every item.  Where items
 * that follow each other in memory have their middles at one place, each thread writes where it has
 * written before; lines that the other one has written cost as much as if they came from memory. So
 * an item goes to a middle that there is already, if it can. */
#include "runtime/planner.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* Beyond this many items one order has to do, since the work grows with the square; beyond the
 * second number items are not packed at all. */
enum { MANY = 4096, TOO_MANY = 32768 };

/* Middles that are noted; items from so many bytes on note one; what the block may be larger for
 * them, as a part of it. */
enum { MIDDLES = 8, LEAST_SHARED = 4096, SLACK = 11 };

/* FROM_PEAK: by size, of equal ones those first that are near to where most is alive; what finds no
 * room goes to the upper end of what that takes, where the middle suits more items. */
enum { FROM_PEAK, BY_SIZE, BY_AREA, BY_TIME, N_ORDERS };

typedef struct ranked {
    uint64_t major, minor; /* both descending */
    int item;
} ranked;

typedef struct spot {
    size_t size;         /* of this item, rounded up */
    size_t offset, best; /* of this item, in this packing and in the best one */
} spot;

/* An item that has its place, together, as each new one looks at all. */
typedef struct placed {
    int first, last;
    size_t begin, end;
} placed;

typedef struct packing {
    const ln_plan_item *items;
    spot *spots;
    ranked *order;
    placed *placed; /* by `begin` */
    int n;
    size_t middles[MIDDLES];
    int n_middles;
    int peak;     /* when most is alive, */
    size_t least; /* and how much; 0: unknown */
} packing;

static int compare(const void *pa, const void *pb)
{
    const ranked *a = pa, *b = pb;
    if (a->major != b->major)
        return a->major < b->major ? 1 : -1;
    if (a->minor != b->minor)
        return a->minor < b->minor ? 1 : -1;
    return a->item - b->item;
}

static void rank_items(packing *p, int how)
{
    for (int i = 0; i < p->n; i++) {
        const ln_plan_item *it = &p->items[i];
        const uint64_t life = (uint64_t)((int64_t)it->last - it->first + 1);
        const uint64_t early = (uint64_t)(INT64_C(1) << 32) - (uint64_t)it->first;
        ranked *r = &p->order[i];
        r->item = i;
        r->major = p->spots[i].size;
        r->minor = early;
        if (how == FROM_PEAK) {
            const int before = p->peak - it->last, after = it->first - p->peak;
            r->minor = UINT32_MAX - (uint64_t)LN_MAX(LN_MAX(before, after), 0);
        }
        if (how == BY_AREA)
            r->major = p->spots[i].size > UINT64_MAX / life ? UINT64_MAX : p->spots[i].size * life;
        if (how == BY_TIME) {
            r->major = early;
            r->minor = p->spots[i].size;
        }
    }
    qsort(p->order, (size_t)p->n, sizeof *p->order, compare);
}

/* Where an item may go: around a middle, the earlier noted the better, else into a gap. */
typedef struct fit {
    size_t at, gap;
    int middle;
} fit;

static size_t half(size_t size)
{
    return size / 2 / LN_PLAN_ALIGN * LN_PLAN_ALIGN;
}

/* Looks for room for `size` bytes where [begin, end) is free. */
static void look(const packing *p, size_t size, size_t begin, size_t end, fit *f)
{
    if (begin >= end || end - begin < size)
        return;
    if (end - begin < f->gap && f->middle == p->n_middles) {
        f->gap = end - begin;
        f->at = begin;
    }
    for (int k = 0; k < f->middle; k++) {
        const size_t at = p->middles[k] - half(size); /* wraps around: behind `end` */
        if (at >= begin && at <= end - size) {
            f->at = at;
            f->middle = k;
        }
    }
}

/* Around a middle, in the tightest gap for item `i`, else behind all that it meets. */
static bool place(packing *p, int i, int n_placed, int how, bool by_middles, size_t *top)
{
    const ln_plan_item *it = &p->items[i];
    const size_t size = p->spots[i].size;
    size_t end = 0;
    fit f = {.gap = SIZE_MAX, .middle = p->n_middles};
    for (int k = 0; k < n_placed; k++) {
        const placed *other = &p->placed[k];
        if (other->last < it->first || other->first > it->last)
            continue;
        look(p, size, end, other->begin, &f);
        end = LN_MAX(end, other->end);
    }
    look(p, size, end, *top, &f);
    if (f.gap == SIZE_MAX && f.middle == p->n_middles) {
        const size_t high = p->least - LN_MIN(size, p->least);
        f.at = how == FROM_PEAK && size >= LEAST_SHARED ? LN_MAX(end, high) : end;
    }
    if (by_middles && f.middle == p->n_middles && f.middle < MIDDLES && size >= LEAST_SHARED)
        p->middles[p->n_middles++] = f.at + half(size);
    if (!ln_add_size(f.at, size, &end))
        return false;
    p->spots[i].offset = f.at;
    *top = LN_MAX(*top, end);
    int k = n_placed;
    while (k > 0 && p->placed[k - 1].begin > f.at)
        k--;
    memmove(&p->placed[k + 1], &p->placed[k], (size_t)(n_placed - k) * sizeof *p->placed);
    p->placed[k] = (placed){it->first, it->last, f.at, end};
    return true;
}

static bool pack(packing *p, int how, bool by_middles, size_t *total)
{
    size_t top = 0;
    rank_items(p, how);
    p->n_middles = 0;
    for (int k = 0; k < p->n; k++)
        if (!place(p, p->order[k].item, k, how, by_middles, &top))
            return false;
    *total = top;
    return true;
}

/* One behind the other. */
static bool line_up(packing *p, size_t *total)
{
    size_t top = 0;
    for (int i = 0; i < p->n; i++) {
        p->spots[i].best = top;
        if (!ln_add_size(top, p->spots[i].size, &top))
            return false;
    }
    *total = top;
    return true;
}

/* Sets p->peak and p->least; without memory to find out they stay 0. */
static void find_peak(packing *p, const ln_alloc *alloc)
{
    int end = 0;
    size_t now = 0;
    for (int i = 0; i < p->n; i++)
        end = LN_MAX(end, p->items[i].last + 1);
    size_t *change = ln_new(alloc, (size_t)end + 1, sizeof *change); /* wraps around */
    for (int i = 0; change && i < p->n; i++) {
        change[p->items[i].first] += p->spots[i].size;
        change[p->items[i].last + 1] -= p->spots[i].size;
    }
    for (int t = 0; change && t < end; t++) {
        now += change[t];
        if (now > p->least)
            p->peak = t;
        p->least = LN_MAX(p->least, now);
    }
    ln_free(alloc, change);
}

/* Tries an order; keeps the packing if it is smaller than *limit, and lowers that to what another
 * one has to stay below. */
static bool try_order(packing *p, int how, bool by_middles, size_t *limit, size_t *total)
{
    size_t size;
    if (!pack(p, how, by_middles, &size))
        return false;
    if (size >= *limit || (how == FROM_PEAK && size - size / (SLACK + 1) > p->least))
        return true;
    *limit = by_middles ? size - size / SLACK : size;
    *total = size;
    for (int k = 0; k < p->n; k++)
        p->spots[k].best = p->spots[k].offset;
    return true;
}

static bool pack_best(packing *p, const ln_alloc *alloc, size_t *total)
{
    size_t limit = SIZE_MAX;
    if (p->n > TOO_MANY)
        return line_up(p, total);
    if (p->n > MANY)
        return try_order(p, BY_SIZE, true, &limit, total);
    find_peak(p, alloc); /* no packing takes less than p->least */
    for (int i = p->least > 0 ? FROM_PEAK : BY_SIZE; i < N_ORDERS && limit > p->least; i++)
        if (!try_order(p, i, true, &limit, total))
            return false;
    for (int i = BY_SIZE; i < N_ORDERS && limit > p->least; i++)
        if (!try_order(p, i, false, &limit, total))
            return false;
    return true;
}

ln_status ln_plan_offsets(ln_plan_item *items, int n, const ln_alloc *alloc, size_t *total)
{
    packing p = {.items = items, .n = n};
    ln_status status = LN_ERR_MEMORY;
    *total = 0;
    if (n == 0)
        return LN_OK;
    p.spots = ln_new(alloc, (size_t)n, sizeof *p.spots);
    p.order = ln_new(alloc, (size_t)n, sizeof *p.order);
    p.placed = ln_new(alloc, (size_t)n, sizeof *p.placed);
    if (!p.spots || !p.order || !p.placed)
        goto done;
    status = LN_ERR_ARGUMENT;
    for (int i = 0; i < n; i++)
        if (!ln_align_size(items[i].size, LN_PLAN_ALIGN, &p.spots[i].size))
            goto done;
    if (!pack_best(&p, alloc, total))
        goto done;
    for (int i = 0; i < n; i++)
        items[i].offset = p.spots[i].best;
    status = LN_OK;
done:
    ln_free(alloc, p.spots);
    ln_free(alloc, p.order);
    ln_free(alloc, p.placed);
    return status;
}
