/* SPDX-License-Identifier: Apache-2.0 */
/* regroup.c: a chain of RESHAPEs and TRANSPOSEs becomes one TRANSPOSE between two RESHAPEs at most.
 *
 * Each axis of the first tensor is a factor of its items' order.  A TRANSPOSE moves factors, a
 * RESHAPE splits them and groups them anew; what the chain does is the order in which the factors
 * of the first tensor come in the last one.  Factors that are neighbors in both need not be told
 * apart.
 */
#include <string.h>

#include "opt/opt.h"

enum { MAX_FACTORS = 16, MAX_CHAIN = 16, COMMON_RANK = 5 };

/* Factors are numbered as they are made; axis i of the tensor looked at consists of axes[i] of
 * those in `now`, one after the other. */
typedef struct factors {
    int extent[MAX_FACTORS], n; /* -1: the open one */
    int first[MAX_FACTORS];     /* in the order of the first tensor */
    int now[MAX_FACTORS];
    int axes[LN_MAX_RANK], rank;
} factors;

static bool start(factors *f, const ln_shape *s)
{
    int64_t items = 1; /* beside the open axis: what factors are multiplied to must fit an int */
    int open = 0;
    *f = (factors){.rank = s->rank};
    for (int i = 0; i < s->rank; i++) {
        open += s->dim[i] < 0;
        items *= s->dim[i] < 0 ? 1 : s->dim[i];
        f->axes[i] = s->dim[i] != 1;
        if (s->dim[i] == 0 || open > 1 || items > INT32_MAX)
            return false;
        if (s->dim[i] == 1)
            continue;
        f->extent[f->n] = s->dim[i];
        f->first[f->n] = f->now[f->n] = f->n;
        f->n++;
    }
    return s->rank >= 0;
}

static bool move(factors *f, const int *perm, int n)
{
    factors old = *f;
    int begin[LN_MAX_RANK + 1] = {0}, at = 0;
    if (n != f->rank)
        return false;
    for (int i = 0; i < n; i++)
        begin[i + 1] = begin[i] + old.axes[i];
    for (int i = 0; i < n; i++) {
        f->axes[i] = old.axes[perm[i]];
        for (int k = 0; k < f->axes[i]; k++)
            f->now[at++] = old.now[begin[perm[i]] + k];
    }
    return true;
}

static void insert(int *list, int n, int at, int item)
{
    memmove(list + at + 1, list + at, sizeof *list * (size_t)(n - at));
    list[at] = item;
}

/* The factor at now[at] becomes two, of which the first has `outer` items. */
static bool split(factors *f, int at, int outer)
{
    const int old = f->now[at];
    int place = 0;
    if (f->n == MAX_FACTORS || f->extent[old] < 0 || f->extent[old] % outer != 0)
        return false;
    while (f->first[place] != old)
        place++;
    f->extent[f->n] = f->extent[old] / outer;
    f->extent[old] = outer;
    insert(f->now, f->n, at + 1, f->n);
    insert(f->first, f->n, place + 1, f->n);
    f->n++;
    return true;
}

/* How many factors from now[at] on give an axis of `size`, the last of them split where it has to
 * be; -1: none do. */
static int take(factors *f, int at, int size)
{
    int n = 0;
    for (; size > 1; n++) {
        if (at + n >= f->n)
            return -1;
        const int extent = f->extent[f->now[at + n]];
        if (extent < 0 || (size % extent != 0 && !split(f, at + n, size)))
            return -1;
        size /= f->extent[f->now[at + n]];
    }
    return n;
}

/* The same of axes that end in front of now[end]. */
static int take_back(factors *f, int end, int size)
{
    int n = 0;
    for (; size > 1; n++) {
        if (end - n <= 0)
            return -1;
        const int at = end - n - 1, extent = f->extent[f->now[at]];
        if (extent < 0)
            return -1;
        if (size % extent == 0) {
            size /= extent;
            continue;
        }
        if (extent % size != 0 || !split(f, at, extent / size))
            return -1;
        return n + 1; /* of which one more is there now, in front */
    }
    return n;
}

/* Axes in front of the open one take their factors from the front, those behind it from the end. */
static bool group(factors *f, const ln_shape *s)
{
    int front = 0, behind = 0, open = -1;
    for (int i = 0; i < s->rank; i++) {
        if (s->dim[i] == 0 || (s->dim[i] < 0 && open >= 0))
            return false;
        open = s->dim[i] < 0 ? i : open;
    }
    f->rank = s->rank;
    for (int i = 0; i < (open < 0 ? s->rank : open); i++) {
        f->axes[i] = take(f, front, s->dim[i]);
        if (f->axes[i] < 0)
            return false;
        front += f->axes[i];
    }
    for (int i = s->rank - 1; open >= 0 && i > open; i--) {
        f->axes[i] = take_back(f, f->n - behind, s->dim[i]);
        if (f->axes[i] < 0)
            return false;
        behind += f->axes[i];
    }
    if (open >= 0)
        f->axes[open] = f->n - behind - front;
    return open >= 0 ? f->axes[open] >= 0 : front == f->n;
}

/* ---- the chain ---- */

typedef struct chain {
    int nodes[MAX_CHAIN], n; /* the last one first */
    int transposes, rank;    /* how many, and the largest rank of one */
} chain;

static bool read_perm(const ln_opt *o, int node, int *perm, int *n)
{
    unsigned seen = 0;
    if (!ln_emit_read_ints(&o->e, ln_opt_in(o, node, 1), LN_MAX_RANK, perm, n))
        return false;
    for (int i = 0; i < *n; i++)
        seen |= perm[i] >= 0 && perm[i] < *n ? 1u << perm[i] : 0;
    return seen == (1u << *n) - 1;
}

static void walk(ln_opt *o, int node, chain *c)
{
    *c = (chain){0};
    while (c->n < MAX_CHAIN &&
           (ln_opt_is(o, node, &ln_op_transpose) || ln_opt_is(o, node, &ln_op_reshape))) {
        const ln_id x = ln_opt_in(o, node, 0);
        c->nodes[c->n++] = node;
        if (ln_opt_is(o, node, &ln_op_transpose)) {
            c->transposes++;
            c->rank = LN_MAX(c->rank, ln_emit_shape(&o->e, x).rank);
        }
        node = ln_opt_uses(o, x) == 1 ? ln_opt_maker(o, x) : -1;
    }
}

static bool follow(ln_opt *o, const chain *c, factors *f)
{
    const ln_shape s = ln_emit_shape(&o->e, ln_opt_in(o, c->nodes[c->n - 1], 0));
    int perm[LN_MAX_RANK], n;
    if (!start(f, &s))
        return false;
    for (int i = c->n - 1; i >= 0; i--) {
        const ln_shape y = ln_emit_shape(&o->e, ln_opt_out(o, c->nodes[i]));
        const bool turns = ln_opt_is(o, c->nodes[i], &ln_op_transpose);
        if (turns ? !read_perm(o, c->nodes[i], perm, &n) || !move(f, perm, n)
                  : y.rank < 0 || !group(f, &y))
            return false;
    }
    return true;
}

/* What is to be done: RESHAPE to `from`, TRANSPOSE to `to`. */
typedef struct turn {
    ln_shape from, to;
    int perm[LN_MAX_RANK];
} turn;

/* The factors as few axes of more than one item. */
static bool merge(const factors *f, turn *t, int most)
{
    int axis_of[MAX_FACTORS], where[MAX_FACTORS], n = 0;
    for (int i = 0; i < f->n; i++)
        where[f->now[i]] = i;
    *t = (turn){.from = {.rank = 0}};
    for (int i = 0; i < f->n; i++) {
        const int k = f->first[i];
        const bool joins = i > 0 && where[k] == where[f->first[i - 1]] + 1;
        if (!joins && t->from.rank == most)
            return false;
        if (!joins)
            t->from.dim[t->from.rank++] = 1;
        int *dim = &t->from.dim[t->from.rank - 1];
        *dim = *dim < 0 || f->extent[k] < 0 ? -1 : *dim * f->extent[k];
        axis_of[k] = t->from.rank - 1;
    }
    for (int i = 0; i < f->n; i++)
        if (i == 0 || axis_of[f->now[i]] != axis_of[f->now[i - 1]])
            t->perm[n++] = axis_of[f->now[i]];
    t->to.rank = n;
    for (int i = 0; i < n; i++)
        t->to.dim[i] = t->from.dim[t->perm[i]];
    return true;
}

static int count_ones(const ln_shape *s)
{
    int n = 0;
    for (int i = 0; i < s->rank; i++)
        n += s->dim[i] == 1;
    return n;
}

/* Whether `wide` without axes of one item is `s`. */
static bool is_stripped(const ln_shape *s, const ln_shape *wide)
{
    int k = 0;
    for (int i = 0; i < wide->rank; i++) {
        if (wide->dim[i] == 1)
            continue;
        if (k == s->rank || s->dim[k++] != wide->dim[i])
            return false;
    }
    return k == s->rank;
}

/* The axis of `s` that is its i-th of one item, or of more. */
static int nth_axis(const ln_shape *s, int i, bool of_one)
{
    for (int k = 0; k < s->rank; k++)
        if ((s->dim[k] == 1) == of_one && i-- == 0)
            return k;
    return -1;
}

/* Axes of one item are kept where that spares a RESHAPE. */
static void place_ones(turn *t, const ln_shape *first, const ln_shape *last, int most)
{
    const turn bare = *t;
    const int ones = count_ones(last);
    const bool ends = is_stripped(&bare.to, last);
    if (is_stripped(&bare.from, first) && first->rank <= most) {
        t->from = *first;
    } else if (ends && bare.from.rank + ones <= most) {
        t->from.rank += ones;
        for (int i = 0; i < t->from.rank; i++)
            t->from.dim[i] = i < ones ? 1 : bare.from.dim[i - ones];
    }
    const int kept = count_ones(&t->from);
    t->to.rank = t->from.rank;
    for (int i = 0, of_one = 0, other = 0; i < t->to.rank; i++) {
        const bool one = ends && kept == ones ? last->dim[i] == 1 : i < kept;
        t->perm[i] = one ? nth_axis(&t->from, of_one++, true)
                         : nth_axis(&t->from, bare.perm[other++], false);
        t->to.dim[i] = t->from.dim[t->perm[i]];
    }
}

static bool is_identity(const turn *t)
{
    for (int i = 0; i < t->from.rank; i++)
        if (t->perm[i] != i)
            return false;
    return true;
}

/* How many operators it takes. */
static int count_nodes(const turn *t, const ln_shape *first, const ln_shape *last)
{
    if (is_identity(t))
        return 1;
    return 1 + !ln_opt_same_shape(first, &t->from) + !ln_opt_same_shape(&t->to, last);
}

/* Numbers per channel would have to follow their axis. */
static bool is_plain(const ln_opt *o, ln_id t)
{
    const TfLiteTensor *x = ln_emit_tensor(&o->e, t);
    const TfLiteAffineQuantization *q = x->quantization.params;
    return x->quantization.type == kTfLiteNoQuantization ||
           (x->quantization.type == kTfLiteAffineQuantization && q && q->scale &&
            q->scale->size == 1);
}

/* The TRANSPOSE of the first tensor as it is, where the chain splits none of its axes. */
static bool unsplit(const factors *f, const ln_shape *first, turn *t)
{
    const int ones = count_ones(first);
    *t = (turn){.from = *first, .to = {.rank = first->rank}};
    for (int i = 0; i < first->rank; i++) {
        t->perm[i] = i < ones ? nth_axis(first, i, true) : nth_axis(first, f->now[i - ones], false);
        if (t->perm[i] < 0)
            return false;
        t->to.dim[i] = first->dim[t->perm[i]];
    }
    return f->n == first->rank - ones;
}

/* The shortest way, with a RESHAPE in the end rather than in the beginning. */
static bool find_turn(const factors *f, const ln_shape *first, const ln_shape *last, int most,
                      turn *t)
{
    turn other;
    if (!merge(f, t, most))
        return false;
    place_ones(t, first, last, most);
    if (!ln_opt_same_shape(first, &t->from) && unsplit(f, first, &other) &&
        count_nodes(&other, first, last) <= count_nodes(t, first, last))
        *t = other;
    return true;
}

static ln_id shaped(ln_opt *o, ln_id x, const ln_shape *from, const ln_shape *to)
{
    return ln_opt_same_shape(from, to) ? x : ln_emit_reshape(&o->e, x, to);
}

bool ln_pass_regroup(ln_opt *o, int node)
{
    chain c;
    factors f;
    turn t;
    const ln_id y = ln_opt_out(o, node);
    if (!ln_opt_is(o, node, &ln_op_transpose) && !ln_opt_is(o, node, &ln_op_reshape))
        return false;
    walk(o, node, &c);
    if (c.n < 2 || c.transposes == 0)
        return false;
    const int most = LN_MAX(COMMON_RANK, c.rank);
    const ln_id x = ln_opt_in(o, c.nodes[c.n - 1], 0);
    const ln_shape first = ln_emit_shape(&o->e, x), last = ln_emit_shape(&o->e, y);
    if (!ln_opt_same_kind(o, x, y) || !is_plain(o, y) || !follow(o, &c, &f) ||
        !find_turn(&f, &first, &last, most, &t))
        return false;
    const int n = count_nodes(&t, &first, &last);
    if (n >= c.n && (c.transposes < 2 || n > c.n))
        return false;
    if (is_identity(&t))
        return ln_opt_replace(o, y, shaped(o, x, &first, &last));
    const ln_id moved =
        ln_emit_transpose(&o->e, shaped(o, x, &first, &t.from), t.from.rank, t.perm);
    return ln_opt_replace(o, y, shaped(o, moved, &t.to, &last));
}
