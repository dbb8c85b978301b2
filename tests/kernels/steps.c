/* SPDX-License-Identifier: Apache-2.0 */
/* steps.c: products of bytes by steps that cannot saturate; exact. */

#include "check.h"

enum { MOST_STEPS = 4 }; /* that a dense one becomes */
enum { MOST_ROWS = 48, SOME_ROWS = 31, MOST_K = 70 };

/* A product by steps: w [n][k] with a zero point. */
typedef struct by_steps {
    const ln_gemm_steps *g;
    size_t m, n, k, dense;
    int zero;
    uint8_t *w, *x;
    ln_step_list list;
    ln_step_sets sets;
    ln_step_tile tile;
    const uint8_t *at[MOST_ROWS];
} by_steps;

static int weight_of(const by_steps *p, size_t j, size_t s)
{
    return j < p->n && s < p->k ? (int8_t)p->w[j * p->k + s] - p->zero : 0;
}

static ln_step_list make_list(const by_steps *p)
{
    ln_step_list list = {.most = MOST_STEPS * p->dense};
    list.weights = check_buffer(list.most * (size_t)p->g->dense.nr * LN_STEP);
    list.of = check_buffer(list.most * sizeof *list.of);
    return list;
}

static void make_steps(by_steps *p, int kind)
{
    const size_t nr = (size_t)p->g->dense.nr, depth = ln_gemm_q8_depth(&p->g->dense, p->k, 1);
    int8_t *panel = check_buffer(nr * depth);
    p->w = (uint8_t *)check_bytes(p->n * p->k, kind);
    p->x = (uint8_t *)check_bytes(p->m * depth, kind);
    ln_gemm_q8_pack(&p->g->dense, panel, &(ln_q8_weights){p->w, p->n, 1, p->k, 0}, 0, NULL);
    for (size_t i = 0; i < nr * depth; i++) /* what fills it up has the zero point too */
        if (i / LN_STEP % nr >= p->n || i / LN_STEP / nr * LN_STEP + i % LN_STEP >= p->k)
            panel[i] = (int8_t)p->zero;
    p->dense = depth / LN_STEP;
    ln_step_list one_by_one = make_list(p);
    one_by_one.next = check_buffer(one_by_one.most * sizeof *one_by_one.next);
    p->list = make_list(p);
    if (p->g->split(&one_by_one, panel, p->dense, p->zero))
        p->g->collect(&p->list, &one_by_one, &p->sets);
    for (size_t i = 0; i < p->m; i++)
        p->at[i] = p->x + i * depth;
    uint32_t *from = check_buffer(p->list.count * sizeof *from);
    for (size_t i = 0; i < p->list.count; i++)
        from[i] = p->list.of[i] * LN_STEP;
    p->tile = (ln_step_tile){.sums = check_buffer(p->m * nr * sizeof(int32_t)),
                             .at = p->at,
                             .weights = p->list.weights,
                             .from = from,
                             .sets = &p->sets,
                             .m = p->m,
                             .n = p->n,
                             .column = check_ints(nr, INT32_MAX)};
}

/* Steps add up to the weights. */
static bool right_steps(check *c, const by_steps *p)
{
    const size_t nr = (size_t)p->g->dense.nr;
    for (size_t i = 0; i < p->dense * nr * LN_STEP; i++) {
        const size_t j = i / LN_STEP % nr, in = i % LN_STEP, step = i / LN_STEP / nr;
        int sum = 0;
        for (size_t s = 0; s < p->list.count; s++)
            sum += p->list.of[s] == step ? p->list.weights[(s * nr + j) * LN_STEP + in] : 0;
        const int wanted = weight_of(p, j, step * LN_STEP + in);
        if (!check_that(c, sum == wanted, "k %zu: column %zu step %zu gives %d, not %d", p->k, j,
                        step, sum, wanted))
            return false;
    }
    return true;
}

/* The largest sum of positive or negative weights of a half, of `size` steps from `first` on. */
static int largest_sum(const by_steps *p, size_t first, size_t size)
{
    const size_t nr = (size_t)p->g->dense.nr;
    int largest = 0;
    for (size_t half = 0; half < 2 * nr; half++) {
        int up = 0, down = 0;
        for (size_t s = first; s < first + size; s++) {
            const int8_t *w = p->list.weights + s * nr * LN_STEP + 2 * half;
            up += LN_MAX(w[0], 0) + LN_MAX(w[1], 0);
            down -= LN_MIN(w[0], 0) + LN_MIN(w[1], 0);
        }
        largest = LN_MAX(largest, LN_MAX(up, down));
    }
    return largest;
}

/* Sets have all steps, and stay within bounds. */
static bool right_sets(check *c, const by_steps *p)
{
    const size_t n[] = {p->sets.fours, p->sets.threes, p->sets.ones}, sizes[] = {4, 3, 1};
    size_t first = 0;
    for (size_t kind = 0; kind < 3; kind++) {
        for (size_t i = 0; i < n[kind]; i++, first += sizes[kind]) {
            const bool there = first + sizes[kind] <= p->list.count;
            const int largest = there ? largest_sum(p, first, sizes[kind]) : 0;
            if (!check_that(c, largest <= 128, "k %zu: a set of %zu has sums of %d", p->k,
                            sizes[kind], largest))
                return false;
        }
    }
    return check_that(c, first == p->list.count, "k %zu: %zu of %zu steps are in sets", p->k, first,
                      p->list.count);
}

static void run_step_tile(void *arg)
{
    const by_steps *p = arg;
    p->g->tile(&p->tile);
}

static void check_product(check *c, by_steps p, int kind)
{
    const size_t depth = ln_gemm_q8_depth(&p.g->dense, p.k, 1);
    make_steps(&p, kind);
    run_step_tile(&p);
    bool good = check_that(c, p.list.count >= p.dense, "k %zu: no steps", p.k) &&
                right_steps(c, &p) && right_sets(c, &p);
    for (size_t i = 0; good && i < p.m * p.n; i++) {
        const size_t row = i / p.n, j = i % p.n;
        int64_t sum = p.tile.column[j];
        for (size_t s = 0; s < p.k; s++)
            sum += p.x[row * depth + s] * weight_of(&p, j, s);
        const int32_t got = p.tile.sums[row * (size_t)p.g->dense.nr + j];
        good = check_that(c, got == (int32_t)(uint32_t)sum,
                          "m %zu n %zu k %zu [%zu][%zu] is %d, not %d", p.m, p.n, p.k, row, j,
                          (int)got, (int)sum);
    }
    check_that(c, check_end(), "m %zu n %zu k %zu: writes in front of a buffer", p.m, p.n, p.k);
}

void check_steps(check *c)
{
    const ln_gemm_steps *g = &c->new->gemm_steps;
    if (!g->tile || !CHECK_BEGIN(c, "gemm_steps", gemm_steps.tile))
        return;
    for (size_t i = 0; i < 400; i++)
        check_product(c,
                      (by_steps){.g = g,
                                 .m = 1 + check_random() % SOME_ROWS,
                                 .n = 1 + check_random() % (size_t)g->dense.nr,
                                 .k = 1 + check_random() % MOST_K,
                                 .zero = i % 2 ? (int)(check_random() % 256) - 128 : 0},
                      (int)(i % CHECK_KINDS));
    by_steps p = {.g = g, .m = MOST_ROWS, .n = (size_t)g->dense.nr, .k = 192};
    make_steps(&p, CHECK_PLAIN);
    /* as if weights had been small */
    p.sets = (ln_step_sets){.fours = (uint32_t)p.dense / 4};
    check_bench(c, run_step_tile, &p, 2.0 * (double)(p.m * p.n * p.k), "GOP/s");
    check_end();
}
