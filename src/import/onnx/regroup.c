/* SPDX-License-Identifier: Apache-2.0 */
/* regroup.c: a Reshape in the layout that it finds.  Most split dimensions or merge neighbors, as a
 * shuffle of channels or the heads of a detector do: [n, c, h, w] -> [n, g, c / g, h, w].  What a
 * dimension is split into is stored in its place; what is merged has to be stored side by side, in
 * whatever order.  Open dimensions stand for themselves. */
#include <string.h>

#include "import/onnx/families.h"

/* Dimensions of the operand and of the result with the same items. */
typedef struct group {
    int in, n_in, out, n_out;
} group;

typedef struct groups {
    group g[LN_MAX_RANK];
    int n, open;
} groups;

/* The next group; false when there is none that stands for itself. */
static bool next_group(const ln_shape *x, const ln_shape *y, const ln_ox_same *same, int i, int j,
                       group *g)
{
    int64_t p = x->dim[i++], q = y->dim[j++];
    *g = (group){i - 1, 1, j - 1, 1};
    if (p < 0 && q < 0 && same)
        g->n_in = same->count[j - 1];
    if (p < 0 || q < 0)
        return p < 0 && q < 0 && (!same || same->axis[j - 1] == i - 1);
    while (p != q) {
        const bool more_in = p < q;
        if (more_in ? i == x->rank || x->dim[i] < 0 : j == y->rank || y->dim[j] < 0)
            return false;
        p *= more_in ? x->dim[i] : 1;
        q *= more_in ? 1 : y->dim[j];
        g->n_in += more_in;
        g->n_out += !more_in;
        i += more_in;
        j += !more_in;
        if (p > INT32_MAX || q > INT32_MAX)
            return false;
    }
    return true;
}

static bool find_groups(const ln_shape *x, const ln_shape *y, const ln_ox_same *same, groups *all)
{
    int i = 0, j = 0;
    *all = (groups){0};
    for (int k = 0; k < x->rank; k++)
        if (x->dim[k] == 0)
            return false;
    while (i < x->rank && j < y->rank) {
        group *g = &all->g[all->n];
        if (!next_group(x, y, same, i, j, g))
            return false;
        all->open += x->dim[i] < 0;
        all->n++;
        i += g->n_in;
        j += g->n_out;
    }
    for (; i < x->rank && all->n; i++, all->g[all->n - 1].n_in++)
        if (x->dim[i] != 1)
            return false;
    for (; j < y->rank && all->n; j++, all->g[all->n - 1].n_out++)
        if (y->dim[j] != 1)
            return false;
    return all->n > 0 && (same || all->open <= 1);
}

static int group_of(const groups *all, int dim)
{
    for (int k = 0; k < all->n; k++)
        if (dim >= all->g[k].in && dim < all->g[k].in + all->g[k].n_in)
            return k;
    return 0;
}

/* No dimension of another group lies between those of a group. */
static bool are_neighbors(const groups *all, const ln_shape *x, const ln_ox_layout *at)
{
    unsigned left = 0; /* groups that came to an end */
    int last = -1;
    for (int i = 0; i < at->rank; i++) {
        const int k = group_of(all, at->dim[i]);
        if (x->dim[at->dim[i]] == 1 || k == last)
            continue;
        if (left >> k & 1)
            return false;
        left |= last >= 0 ? 1u << last : 0;
        last = k;
    }
    return true;
}

/* The shape with its dimension of -1 said, where all of the operand's are known. */
static ln_shape without_open(const ln_shape *x, const ln_shape *wanted)
{
    ln_shape y = *wanted;
    int open = -1;
    int64_t known = 1;
    const int total = ln_shape_known(x) ? ln_shape_count(x, 0, x->rank) : -1;
    for (int i = 0; i < y.rank; i++) {
        known = y.dim[i] < 0 || known > INT32_MAX ? known : known * y.dim[i];
        open = y.dim[i] < 0 ? i : open;
    }
    if (open >= 0 && total > 0 && known > 0 && total % known == 0)
        y.dim[open] = (int)(total / known);
    return y;
}

bool ln_ox_regroup(ln_ox *o, ln_ox_value *v, const ln_shape *wanted, const ln_ox_same *same,
                   ln_id *id, ln_ox_layout *at)
{
    const ln_shape x = ln_ox_shape(o, v), y = without_open(&x, wanted);
    const ln_ox_layout plain = ln_ox_plain_layout(v->at.rank);
    ln_ox_layout side_by_side = {0};
    ln_ox_dim open[LN_MAX_RANK], dims[LN_MAX_RANK]; /* of the result, as it is stored */
    bool seen[LN_MAX_RANK] = {0};
    groups all;
    if (x.rank < 1 || y.rank < 1 || ln_ox_same_layout(&v->at, &plain) ||
        !find_groups(&x, &y, same, &all) || !are_neighbors(&all, &x, &v->at))
        return false;
    *at = (ln_ox_layout){0};
    for (int i = 0; i < v->at.rank; i++) {
        const int k = group_of(&all, v->at.dim[i]);
        const group *g = &all.g[k];
        if (seen[k])
            continue;
        seen[k] = true;
        for (int d = 0; d < g->n_in; d++)
            side_by_side.dim[side_by_side.rank++] = (int8_t)(g->in + d);
        for (int d = 0; d < g->n_out; d++) {
            open[at->rank] = LN_OX_DIMS_OF(-1, side_by_side.rank - g->n_in, g->n_in);
            at->dim[at->rank++] = (int8_t)(g->out + d);
        }
    }
    const ln_id moved = ln_ox_as(o, v, &side_by_side);
    for (int i = 0; i < at->rank; i++) {
        open[i].of = moved;
        dims[i] = y.dim[at->dim[i]] < 0 ? open[i] : LN_OX_NUMBER(y.dim[at->dim[i]]);
    }
    *id = ln_ox_reshape_by(o, moved, at->rank, dims);
    return true;
}
