/* SPDX-License-Identifier: Apache-2.0 */
/* planner.c: greedy packing.  Items are placed one by one, each into the tightest gap between
 * those that live at the same time.  Which order packs best depends on the graph, so a few are
 * tried and the smallest block wins ("Efficient Memory Management for Deep Neural Net Inference",
 * Pisarchyk and Lee, compares such orders). */
#include "runtime/planner.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* Beyond this many items one order has to do, since the work grows with the square; beyond the
 * second number items are not packed at all. */
enum { MANY = 4096, TOO_MANY = 32768 };

enum { BY_SIZE, BY_AREA, BY_TIME, N_ORDERS };

typedef struct ranked {
    uint64_t major, minor; /* both descending */
    int item;
} ranked;

typedef struct packing {
    const ln_plan_item *items;
    size_t *sizes; /* rounded up */
    ranked *order;
    int *placed; /* items placed so far, by offset */
    size_t *offsets, *best;
    int n;
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
        r->major = p->sizes[i];
        r->minor = early;
        if (how == BY_AREA)
            r->major = p->sizes[i] > UINT64_MAX / life ? UINT64_MAX : p->sizes[i] * life;
        if (how == BY_TIME) {
            r->major = early;
            r->minor = p->sizes[i];
        }
    }
    qsort(p->order, (size_t)p->n, sizeof *p->order, compare);
}

/* The tightest gap for item `i`, else the place behind all that it meets. */
static bool place(packing *p, int i, int n_placed, size_t *top)
{
    const ln_plan_item *it = &p->items[i];
    size_t end = 0, best = 0, best_gap = SIZE_MAX;
    for (int k = 0; k < n_placed; k++) {
        const int j = p->placed[k];
        const ln_plan_item *other = &p->items[j];
        if (other->last < it->first || other->first > it->last)
            continue;
        if (p->offsets[j] > end) {
            const size_t gap = p->offsets[j] - end;
            if (gap >= p->sizes[i] && gap < best_gap) {
                best_gap = gap;
                best = end;
            }
        }
        end = LN_MAX(end, p->offsets[j] + p->sizes[j]);
    }
    const size_t at = best_gap != SIZE_MAX ? best : end;
    size_t last;
    if (!ln_add_size(at, p->sizes[i], &last))
        return false;
    p->offsets[i] = at;
    *top = LN_MAX(*top, last);
    int k = n_placed;
    for (; k > 0 && p->offsets[p->placed[k - 1]] > at; k--)
        p->placed[k] = p->placed[k - 1];
    p->placed[k] = i;
    return true;
}

static bool pack(packing *p, int how, size_t *total)
{
    size_t top = 0;
    rank_items(p, how);
    for (int k = 0; k < p->n; k++)
        if (!place(p, p->order[k].item, k, &top))
            return false;
    *total = top;
    return true;
}

/* One behind the other. */
static bool line_up(packing *p, size_t *total)
{
    size_t top = 0;
    for (int i = 0; i < p->n; i++) {
        p->best[i] = top;
        if (!ln_add_size(top, p->sizes[i], &top))
            return false;
    }
    *total = top;
    return true;
}

/* What is alive at one time, at most: no packing takes less.  0: no memory to find out. */
static size_t least_total(const packing *p, const ln_alloc *alloc)
{
    int end = 0;
    size_t now = 0, most = 0;
    for (int i = 0; i < p->n; i++)
        end = LN_MAX(end, p->items[i].last + 1);
    size_t *change = ln_new(alloc, (size_t)end + 1, sizeof *change); /* wraps around */
    for (int i = 0; change && i < p->n; i++) {
        change[p->items[i].first] += p->sizes[i];
        change[p->items[i].last + 1] -= p->sizes[i];
    }
    for (int t = 0; change && t < end; t++) {
        now += change[t];
        most = LN_MAX(most, now);
    }
    ln_free(alloc, change);
    return most;
}

static bool pack_best(packing *p, const ln_alloc *alloc, size_t *total)
{
    const int orders = p->n > MANY ? 1 : N_ORDERS;
    if (p->n > TOO_MANY)
        return line_up(p, total);
    const size_t least = orders > 1 ? least_total(p, alloc) : 0;
    *total = SIZE_MAX;
    for (int how = 0; how < orders && (how == 0 || *total > least); how++) {
        size_t size;
        if (!pack(p, how, &size))
            return false;
        if (size < *total) {
            *total = size;
            memcpy(p->best, p->offsets, (size_t)p->n * sizeof *p->best);
        }
    }
    return true;
}

ln_status ln_plan_offsets(ln_plan_item *items, int n, const ln_alloc *alloc, size_t *total)
{
    packing p = {.items = items, .n = n};
    ln_status status = LN_ERR_MEMORY;
    *total = 0;
    if (n == 0)
        return LN_OK;
    p.sizes = ln_new(alloc, (size_t)n, sizeof *p.sizes);
    p.order = ln_new(alloc, (size_t)n, sizeof *p.order);
    p.placed = ln_new(alloc, (size_t)n, sizeof *p.placed);
    p.offsets = ln_new(alloc, (size_t)n, sizeof *p.offsets);
    p.best = ln_new(alloc, (size_t)n, sizeof *p.best);
    if (!p.sizes || !p.order || !p.placed || !p.offsets || !p.best)
        goto done;
    status = LN_ERR_ARGUMENT;
    for (int i = 0; i < n; i++)
        if (!ln_align_size(items[i].size, LN_PLAN_ALIGN, &p.sizes[i]))
            goto done;
    if (!pack_best(&p, alloc, total))
        goto done;
    for (int i = 0; i < n; i++)
        items[i].offset = p.best[i];
    status = LN_OK;
done:
    ln_free(alloc, p.sizes);
    ln_free(alloc, p.order);
    ln_free(alloc, p.placed);
    ln_free(alloc, p.offsets);
    ln_free(alloc, p.best);
    return status;
}
