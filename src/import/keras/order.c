/* SPDX-License-Identifier: Apache-2.0 */
/* order.c: the order in which Keras 3 makes the calls of a Functional model: by their distance from
 * the outputs, and among those of one distance as a walk from the outputs comes to them.  It
 * matters for masks, which MultiHeadAttention takes off the tensors that it is given. */
#include <string.h>

#include "import/keras/model.h"

bool ln_keras_add_maker(ln_arena *arena, ln_keras_makers *to, int call)
{
    if (to->n == to->capacity) {
        const int room = to->capacity ? 2 * to->capacity : 4;
        int *more = ln_arena_new(arena, (size_t)room, sizeof *more);
        if (!more)
            return false;
        if (to->n)
            memcpy(more, to->call, (size_t)to->n * sizeof *more);
        to->call = more;
        to->capacity = room;
    }
    to->call[to->n++] = call;
    return true;
}

/* A list of calls, each of them once. */
typedef struct line {
    int *call, n;
    bool *has;
} line;

static void put(line *l, int call)
{
    if (!l->has[call])
        l->call[l->n++] = call;
    l->has[call] = true;
}

static bool new_line(ln_arena *arena, line *l, int n)
{
    l->n = 0;
    l->call = ln_arena_new(arena, (size_t)n + 1, sizeof *l->call);
    l->has = ln_arena_new(arena, (size_t)n + 1, sizeof *l->has);
    return l->call && l->has;
}

/* What leads to a call, then the call itself.  `stack` has the calls from the last one down, `next`
 * says which maker of each is due. */
static void walk(const ln_keras_graph *g, int last, int *stack, int *next, bool *seen, line *to)
{
    int depth = 0;
    if (seen[last])
        return;
    seen[last] = true;
    stack[0] = last;
    next[0] = 0;
    while (depth >= 0) {
        const ln_keras_makers *from = &g->from[stack[depth]];
        if (next[depth] == from->n) {
            put(to, stack[depth--]);
            continue;
        }
        const int call = from->call[next[depth]++];
        if (seen[call])
            continue;
        seen[call] = true;
        stack[++depth] = call;
        next[depth] = 0;
    }
}

/* Distances from the outputs; the calls in the order in which these are first known.  A layer's
 * calls are no nearer than those that were looked at before. */
static void measure(const ln_keras_graph *g, const line *walked, int *distance, int *of_layer,
                    line *known)
{
    for (int i = walked->n - 1; i >= 0; i--) {
        const int call = walked->call[i];
        const ln_keras_makers *from = &g->from[call];
        int *layer = &of_layer[g->layer[call]];
        put(known, call);
        *layer = distance[call] = LN_MAX(distance[call], *layer);
        for (int k = 0; k < from->n; k++) {
            put(known, from->call[k]);
            distance[from->call[k]] = LN_MAX(distance[from->call[k]], distance[call] + 1);
        }
    }
}

/* From the greatest distance down, as they are known. */
static void sort(const line *known, const int *distance, int *count, int n, line *to)
{
    for (int i = 0; i < known->n; i++)
        count[n - distance[known->call[i]]]++;
    for (int i = 0, sum = 0; i <= n; i++) {
        const int here = count[i];
        count[i] = sum;
        sum += here;
    }
    for (int i = 0; i < known->n; i++)
        to->call[count[n - distance[known->call[i]]]++] = known->call[i];
    for (int i = 0; i < known->n; i++)
        to->has[known->call[i]] = true;
    to->n = known->n;
}

const int *ln_keras_order(ln_arena *arena, const ln_keras_graph *g, const ln_keras_makers *outputs)
{
    const size_t room = (size_t)g->n + 1;
    int layers = 0;
    for (int i = 0; i < g->n; i++)
        layers = LN_MAX(layers, g->layer[i] + 1);
    int *stack = ln_arena_new(arena, room, sizeof *stack),
        *next = ln_arena_new(arena, room, sizeof *next),
        *distance = ln_arena_new(arena, room, sizeof *distance),
        *of_layer = ln_arena_new(arena, (size_t)layers + 1, sizeof *of_layer),
        *count = ln_arena_new(arena, room, sizeof *count);
    bool *seen = ln_arena_new(arena, room, sizeof *seen);
    line walked, known, all;
    if (!stack || !next || !distance || !of_layer || !count || !seen ||
        !new_line(arena, &walked, g->n) || !new_line(arena, &known, g->n) ||
        !new_line(arena, &all, g->n))
        return NULL;
    for (int i = 0; i < outputs->n; i++)
        walk(g, outputs->call[i], stack, next, seen, &walked);
    measure(g, &walked, distance, of_layer, &known);
    sort(&known, distance, count, g->n, &all);
    for (int i = 0; i < g->n; i++)
        put(&all, i);
    return all.call;
}
