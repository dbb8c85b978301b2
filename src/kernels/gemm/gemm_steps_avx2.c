/* SPDX-License-Identifier: Apache-2.0 */
/* gemm_steps_avx2.c: products of bytes for AVX2; the contract is in kernels/gemm_steps.h.  A tile
 * has 12 sums of 6 rows, and weights are operands from memory, which leaves registers for the pairs
 * of products; or, for sets, 6 sums of 3 rows and as many of 16 bits. */
#include <string.h>

#include "kernels/gemm/up_to.h"
#include "kernels/gemm/ymm.h"
#include "kernels/kernels.h"

enum { MR = 6, SET_MR = 3, NR = 2 * LANES, STEP_BYTES = NR * LN_STEP };
enum { MOST = 128, PART = 64 }; /* of a pair; of each weight where that is exceeded */

/* ---- steps ---- */

/* A vector of weights, 16 of them as int16, without the zero point. */
LN_INLINE vec centered(const int8_t *w, vec zero)
{
    return _mm256_sub_epi16(vec_widen(w), zero);
}

/* The weights of which neither half of a pair exceeds MOST, as they are; others in part. */
LN_INLINE vec allowed(vec w)
{
    const vec zero = vec_zero(), one = _mm256_set1_epi16(1);
    const vec up = _mm256_madd_epi16(_mm256_max_epi16(w, zero), one);
    const vec down = _mm256_madd_epi16(_mm256_min_epi16(w, zero), one);
    const vec beyond = _mm256_or_si256(_mm256_cmpgt_epi32(up, vec_set(MOST)),
                                       _mm256_cmpgt_epi32(vec_set(-MOST), down));
    const vec part =
        _mm256_max_epi16(_mm256_min_epi16(w, _mm256_set1_epi16(PART)), _mm256_set1_epi16(-PART));
    const vec whole = _mm256_min_epi16(w, _mm256_set1_epi16(INT8_MAX));
    return _mm256_blendv_epi8(whole, part, beyond);
}

/* 32 weights of int16 as bytes, in order. */
LN_INLINE vec narrow(vec a, vec b)
{
    return _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xd8);
}

static bool split(ln_step_list *to, const int8_t *panel, size_t n, int zero)
{
    const vec z = _mm256_set1_epi16((int16_t)zero);
    for (size_t s = 0; s < n; s++, panel += STEP_BYTES) {
        vec left[4], more;
        LN_UNROLL
        for (int i = 0; i < 4; i++)
            left[i] = centered(panel + 16 * i, z);
        do {
            vec part[4];
            if (to->count == to->most)
                return false;
            more = vec_zero();
            LN_UNROLL
            for (int i = 0; i < 4; i++) {
                part[i] = allowed(left[i]);
                left[i] = _mm256_sub_epi16(left[i], part[i]);
                more = _mm256_or_si256(more, left[i]);
            }
            int8_t *at = to->weights + to->count * STEP_BYTES;
            vec_store(at, narrow(part[0], part[1]));
            vec_store(at + 32, narrow(part[2], part[3]));
            to->of[to->count++] = (uint32_t)s;
        } while (!_mm256_testz_si256(more, more));
    }
    return true;
}

/* ---- sets ---- */

/* A set that may grow, and the sums of its weights: positive and negative ones of each half. */
typedef struct open_set {
    vec up[2], down[2];
    size_t count;
    uint32_t first, last;
} open_set;

enum { MOST_STEPS = 4, OPEN_SETS = 4 };

/* Closed sets of each size, as lists of their steps, one set after the other. */
typedef struct closed_sets {
    uint32_t *next, head[MOST_STEPS], count[MOST_STEPS];
} closed_sets;

static void close_set(closed_sets *c, const open_set *set)
{
    const size_t i = set->count - 1;
    c->next[set->last] = c->head[i];
    c->head[i] = set->first;
    c->count[i]++;
}

/* The sums of a step as a set of its own. */
LN_INLINE open_set set_of(const int8_t *w, uint32_t step)
{
    const vec zero = vec_zero(), one = _mm256_set1_epi8(1);
    open_set set = {.count = 1, .first = step, .last = step};
    LN_UNROLL
    for (int i = 0; i < 2; i++) {
        const vec v = vec_load(w + 32 * i);
        set.up[i] = _mm256_maddubs_epi16(one, _mm256_max_epi8(v, zero));
        set.down[i] = _mm256_maddubs_epi16(one, _mm256_min_epi8(v, zero));
    }
    return set;
}

/* Joins two sets where their sums stay within bounds. */
LN_INLINE bool join(open_set *a, const open_set *b)
{
    const vec most = _mm256_set1_epi16(MOST), least = _mm256_set1_epi16(-MOST);
    vec up[2], down[2], beyond = vec_zero();
    LN_UNROLL
    for (int i = 0; i < 2; i++) {
        up[i] = _mm256_add_epi16(a->up[i], b->up[i]);
        down[i] = _mm256_add_epi16(a->down[i], b->down[i]);
        beyond = _mm256_or_si256(beyond, _mm256_cmpgt_epi16(up[i], most));
        beyond = _mm256_or_si256(beyond, _mm256_cmpgt_epi16(least, down[i]));
    }
    if (!_mm256_testz_si256(beyond, beyond))
        return false;
    LN_UNROLL
    for (int i = 0; i < 2; i++) {
        a->up[i] = up[i];
        a->down[i] = down[i];
    }
    return true;
}

/* Adds a step to the first set that takes it; the largest one is closed where none does. */
static void add_step(open_set *open, size_t *n, closed_sets *c, const open_set *step)
{
    size_t i = 0, largest = 0;
    while (i < *n && !join(&open[i], step)) {
        largest = open[i].count > open[largest].count ? i : largest;
        i++;
    }
    if (i < *n) {
        c->next[open[i].last] = step->first;
        open[i].last = step->first;
        if (++open[i].count == MOST_STEPS) {
            close_set(c, &open[i]);
            open[i] = open[--*n];
        }
    } else if (*n == OPEN_SETS) {
        close_set(c, &open[largest]);
        open[largest] = *step;
    } else {
        open[(*n)++] = *step;
    }
}

/* What the tile is to do with sets of 1 to 4 steps.  Two by two is no faster than one by one; two
 * passes over the rows are not, where the panel is short or much is left for the second one. */
static ln_step_sets worth_it(const uint32_t count[MOST_STEPS])
{
    enum { LEAST = 48 };
    const uint32_t in_sets = 4 * count[3] + 3 * count[2], rest = 2 * count[1] + count[0];
    if (in_sets < LEAST || rest > in_sets / 4)
        return (ln_step_sets){.ones = in_sets + rest};
    return (ln_step_sets){count[3], count[2], rest};
}

static void collect(ln_step_list *to, const ln_step_list *from, ln_step_sets *sets)
{
    closed_sets closed = {.next = from->next};
    open_set open[OPEN_SETS];
    size_t n = 0;
    for (size_t i = 0; i < from->count; i++) {
        const open_set step = set_of(from->weights + i * STEP_BYTES, (uint32_t)i);
        add_step(open, &n, &closed, &step);
    }
    for (size_t i = 0; i < n; i++)
        close_set(&closed, &open[i]);
    for (size_t size = MOST_STEPS; size > 0; size--) {
        size_t at = closed.head[size - 1];
        for (size_t i = size * closed.count[size - 1]; i > 0; i--, at = from->next[at]) {
            memcpy(to->weights + to->count * STEP_BYTES, from->weights + at * STEP_BYTES,
                   STEP_BYTES);
            to->of[to->count++] = from->of[at];
        }
    }
    *sets = worth_it(closed.count);
}

/* ---- tiles ---- */

/* What is in memory is read again, so that no register holds it. */
LN_INLINE void forget_memory(void)
{
    __asm__ volatile("" ::: "memory");
}

/* A value that is computed in front of what follows. */
LN_INLINE vec vec_here(vec v)
{
    __asm__ volatile("" : "+x"(v));
    return v;
}

LN_INLINE vec broadcast(const uint8_t *x)
{
    int32_t four;
    memcpy(&four, x, sizeof four);
    return vec_set(four);
}

typedef struct set_sums {
    vec v[SET_MR][2];
} set_sums;

/* m rows by v vectors of columns, and a set of `count` steps; all three are constants in every
 * call.  The order is kept, for which there are just enough registers. */
LN_INLINE void add_set(set_sums *acc, const uint8_t *const *x, const int8_t *w,
                       const uint32_t *from, const int m, const int v, const int count)
{
    static const uint16_t ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const uint16_t *one = ones;
    set_sums pairs;
    LN_UNROLL
    for (int s = 0; s < count; s++, w += STEP_BYTES) {
        const vec weights[2] = {vec_load(w), v > 1 ? vec_load(w + 32) : vec_zero()};
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            const vec all = broadcast(x[i] + from[s]);
            LN_UNROLL
            for (int j = 0; j < v; j++) {
                const vec p = _mm256_maddubs_epi16(all, weights[j]);
                pairs.v[i][j] = s == 0 ? p : _mm256_add_epi16(pairs.v[i][j], p);
            }
            LN_UNROLL
            for (int j = 0; j < v; j++)
                pairs.v[i][j] = vec_here(pairs.v[i][j]);
        }
    }
    __asm__ volatile("" : "+r"(one)); /* from memory each time */
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        LN_UNROLL
        for (int j = 0; j < v; j++)
            acc->v[i][j] = vec_here(vec_add_pairs(acc->v[i][j], pairs.v[i][j], vec_load(one)));
    }
}

/* The sets of m rows. */
LN_INLINE void sets_of(const ln_step_tile *t, size_t first, const int m, const int v)
{
    const int8_t *w = t->weights;
    const uint32_t *from = t->from;
    const uint8_t *x[SET_MR];
    set_sums acc;
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        x[i] = t->at[first + (size_t)i];
        LN_UNROLL
        for (int j = 0; j < v; j++)
            acc.v[i][j] = vec_load(t->column + LANES * j);
    }
    for (size_t n = t->sets->fours; n > 0; n--, w += 4 * STEP_BYTES, from += 4)
        add_set(&acc, x, w, from, m, v, 4);
    for (size_t n = t->sets->threes; n > 0; n--, w += 3 * STEP_BYTES, from += 3)
        add_set(&acc, x, w, from, m, v, 3);
    int32_t *to = t->sums + first * NR;
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        LN_UNROLL
        for (int j = 0; j < v; j++)
            vec_store(to + i * NR + LANES * j, acc.v[i][j]);
    }
}

/* Steps that are in no set, from step `skip` on; with any in front of them, sums are there already.
 */
LN_INLINE void ones_of(const ln_step_tile *t, size_t first, size_t skip, const int m, const int v)
{
    const vec one = _mm256_set1_epi16(1);
    const int8_t *w = t->weights + skip * STEP_BYTES;
    const uint32_t *from = t->from + skip, *end = from + t->sets->ones;
    int32_t *to = t->sums + first * NR;
    const int32_t *start = skip > 0 ? to : t->column;
    const size_t apart = skip > 0 ? NR : 0;
    const uint8_t *x[MR];
    vec acc[MR][2];
    LN_UNROLL
    for (int i = 0; i < m; i++, start += apart) {
        x[i] = t->at[first + (size_t)i];
        LN_UNROLL
        for (int j = 0; j < v; j++)
            acc[i][j] = vec_load(start + LANES * j);
    }
    for (; from < end; from++, w += STEP_BYTES) {
        LN_UNROLL
        for (int i = 0; i < m; i++) {
            const vec all = broadcast(x[i] + *from);
            LN_UNROLL
            for (int j = 0; j < v; j++)
                acc[i][j] =
                    vec_add_pairs(acc[i][j], _mm256_maddubs_epi16(all, vec_load(w + 32 * j)), one);
            forget_memory();
        }
    }
    LN_UNROLL
    for (int i = 0; i < m; i++) {
        LN_UNROLL
        for (int j = 0; j < v; j++)
            vec_store(to + i * NR + LANES * j, acc[i][j]);
    }
}

typedef void (*sets_fn)(const ln_step_tile *t, size_t first);
typedef void (*ones_fn)(const ln_step_tile *t, size_t first, size_t skip);

#define SETS(m, v)                                                  \
    static void sets_##m##_##v(const ln_step_tile *t, size_t first) \
    {                                                               \
        sets_of(t, first, m, v);                                    \
    }
LN_UP_TO_3(SETS, 1)
LN_UP_TO_3(SETS, 2)
#undef SETS

#define ONES(m, v)                                                               \
    static void ones_##m##_##v(const ln_step_tile *t, size_t first, size_t skip) \
    {                                                                            \
        ones_of(t, first, skip, m, v);                                           \
    }
LN_UP_TO_6(ONES, 1)
LN_UP_TO_6(ONES, 2)
#undef ONES

static void tile(const ln_step_tile *t)
{
#define NAME(m, v) sets_##m##_##v,
    static const sets_fn sets[2][SET_MR + 1] = {{NULL, LN_UP_TO_3(NAME, 1)},
                                                {NULL, LN_UP_TO_3(NAME, 2)}};
#undef NAME
#define NAME(m, v) ones_##m##_##v,
    static const ones_fn ones[2][MR + 1] = {{NULL, LN_UP_TO_6(NAME, 1)},
                                            {NULL, LN_UP_TO_6(NAME, 2)}};
#undef NAME
    const size_t skip = 4 * (size_t)t->sets->fours + 3 * (size_t)t->sets->threes;
    const bool wide = t->n > LANES;
    for (size_t i = 0; skip > 0 && i < t->m; i += SET_MR)
        sets[wide][LN_MIN(t->m - i, (size_t)SET_MR)](t, i);
    for (size_t i = 0; (t->sets->ones > 0 || skip == 0) && i < t->m; i += MR)
        ones[wide][LN_MIN(t->m - i, (size_t)MR)](t, i, skip);
}

void ln_gemm_steps_init_avx2(ln_kernels *k)
{
    k->gemm_steps = (ln_gemm_steps){.dense = {.form = LN_Q8_UNSIGNED,
                                              .mr = MR,
                                              .nr = NR,
                                              .kr = LN_STEP,
                                              .take = ln_gemm_q8_take_4},
                                    .split = split,
                                    .collect = collect,
                                    .tile = tile};
}
