/* SPDX-License-Identifier: Apache-2.0 */
/* gemm.c: tiles of float matrix products, against sums in double precision; those of half
 * precision against sums of what the operands are rounded to. */
#include <math.h>
#include <string.h>

#include "base/half.h"
#include "check.h"

enum { PIECES = 3 };

/* One product: `rows` rows of `pieces` pieces of `length` steps, n columns. */
typedef struct product {
    const ln_gemm_kernels *g;
    size_t m, n, pieces, length;
    float *x; /* the rows' memory; row i begins at x + i * ld */
    size_t ld;
    float *w; /* [k, n] */
    float *packed, *bias, *y, *taken;
    const float *rx, *rw; /* x and w as they are multiplied */
    ptrdiff_t offsets[PIECES];
    const float *list[128];
    const uint16_t *windows[128];
    float min, max;
} product;

/* Which one of a panel's columns is in a lane: those of groups side by side take turns. */
static size_t column_of(const ln_gemm_kernels *g, size_t lane)
{
    return g->together > 1 ? lane % g->together * (g->nr / g->together) + lane / g->together : lane;
}

/* Floats of A in a step. */
static size_t operands(const ln_gemm_kernels *g)
{
    return g->together > 1 ? g->together : 1;
}

/* All n columns as panels, filled up with zeros. */
static float *pack(const product *p)
{
    const size_t k = p->pieces * p->length, side = p->g->half ? p->g->half : 1;
    const size_t steps = p->g->steps;
    float *packed =
        check_buffer(ln_gemm_floats(p->g, ln_gemm_width(p->g, p->n), k) * sizeof *packed);
    uint16_t *halves = (uint16_t *)packed;
    float *floats = packed;
    for (size_t first = 0; first < p->n;) {
        const size_t left = p->n - first, columns = left <= p->g->nr_last ? left : p->g->nr;
        const size_t width = ln_gemm_width(p->g, columns);
        for (size_t i = 0; i < (k + steps - 1) / steps * steps * width; i++) {
            const size_t j = column_of(p->g, i / side % width),
                         s = i / (side * width) * side + i % side;
            const float w = j < columns && s < k ? p->w[s * p->n + first + j] : 0;
            if (p->g->half)
                p->g->narrow(halves++, &w, 1);
            else
                *floats++ = w;
        }
        first += columns;
    }
    return packed;
}

/* Products of 16 bits are; those of floats by such weights are not. */
static bool is_float16(const ln_gemm_kernels *g)
{
    const float one = 1;
    uint16_t h = 0;
    if (g->take)
        g->narrow(&h, &one, 1);
    return h == ln_float_to_half(one);
}

/* What becomes of n operands, in 16 bits and as floats. */
static float *rounded(const ln_gemm_kernels *g, const float *x, size_t n, uint16_t **to)
{
    float *y = check_buffer(n * sizeof *y);
    uint16_t *h = check_buffer(n * sizeof *h);
    *to = h;
    memcpy(y, x, n * sizeof *y);
    if (g->half != 0)
        g->narrow(h, x, n);
    for (size_t i = 0; i < n && g->half != 0; i++)
        y[i] = is_float16(g) || !g->take ? ln_half_to_float(h[i]) : ln_bf16_to_float(h[i]);
    return y;
}

static void make(product *p, bool biased, int kind)
{
    const size_t k = p->pieces * p->length, length = p->length * operands(p->g);
    p->ld = 2 * length;
    /* pieces lie in another order than they are used, with gaps between them */
    for (size_t i = 0; i < p->pieces; i++)
        p->offsets[i] = (ptrdiff_t)((p->pieces - 1 - i) * (length + 1));
    const size_t floats = (p->m - 1) * p->ld + (p->pieces - 1) * (length + 1) + length;
    p->x = check_floats(floats, kind);
    p->w = check_floats(k * p->n, CHECK_PLAIN);
    uint16_t *halves, *unused;
    p->rx = rounded(p->g, p->x, floats, &halves);
    if (!p->g->take)
        p->rx = p->x;
    p->rw = rounded(p->g, p->w, k * p->n, &unused);
    p->packed = pack(p);
    p->bias = biased ? check_floats(p->n, CHECK_PLAIN) : NULL;
    p->y = check_buffer(p->m * p->n * sizeof *p->y);
    p->taken = check_buffer(ln_gemm_taken(p->g, p->m, k));
    for (size_t i = 0; i < p->m; i++) {
        p->list[i] = p->x + i * p->ld;
        p->windows[i] = halves + i * p->ld;
    }
    p->min = biased ? -100 : -INFINITY;
    p->max = biased ? 50 : INFINITY;
}

/* Compares with a tolerance for the order of roundings: a small part of the sum of absolutes.
 * Sums in float16, of up to 64 terms, have rounded up to 2^-11 of themselves each time. */
static void compare(check *c, const product *p, const char *how)
{
    const double part = is_float16(p->g) ? 64. / 2048 / 4 : 1e-5;
    const size_t q = operands(p->g), each = p->g->nr / q;
    for (size_t i = 0; i < p->m; i++) {
        for (size_t j = 0; j < p->n; j++) {
            const float *x = p->rx + i * p->ld + (q > 1 ? j / each : 0);
            double sum = p->bias ? (double)p->bias[j] : 0, size = fabs(sum);
            for (size_t r = 0, s = 0; r < p->pieces; r++)
                for (size_t t = 0; t < p->length; t++, s++) {
                    const double term =
                        (double)x[(size_t)p->offsets[r] + t * q] * (double)p->rw[s * p->n + j];
                    sum += term;
                    size += fabs(term);
                }
            sum = sum < (double)p->min   ? (double)p->min
                  : sum > (double)p->max ? (double)p->max
                                         : sum;
            const double got = (double)p->y[i * p->n + j];
            /* what may overflow on the way may end anywhere, but NaN stays NaN */
            const bool near = isnan(size)   ? isnan(got) || !isnan(sum)
                              : size > 1e37 ? true
                                            : fabs(got - sum) <= part * size + 1e-30;
            if (!check_that(c, near, "%s: m %zu n %zu k %zu [%zu][%zu] is %g, not %g", how, p->m,
                            p->n, p->pieces * p->length, i, j, got, sum))
                return;
        }
    }
}

static ln_gemm_a operand(const product *p, bool list)
{
    return (ln_gemm_a){.at = list ? NULL : p->x,
                       .ld = p->ld,
                       .list = list ? p->list : NULL,
                       .offsets = p->offsets,
                       .pieces = p->pieces,
                       .length = p->length,
                       .next = list ? p->packed : NULL};
}

static ln_gemm_c result(const product *p)
{
    return (ln_gemm_c){.at = p->y, .ld = p->n, .bias = p->bias, .min = p->min, .max = p->max};
}

static void take(const product *p, bool list)
{
    const ln_gemm_a a = operand(p, list);
    const ln_gemm_windows windows = {p->windows, p->offsets, p->pieces, p->length};
    if (p->g->take && p->pieces == 1)
        p->g->take(p->taken, &a, p->m);
    else if (p->g->collect)
        p->g->collect(p->taken, &windows, p->m);
}

/* The panel, of rows that were rounded before where kernels want that. */
static void run_panel(const product *p, bool list)
{
    const ln_gemm_c to = result(p);
    ln_gemm_a a = operand(p, list);
    if (p->g->take)
        a = (ln_gemm_a){
            .at = p->taken, .pieces = 1, .length = p->pieces * p->length, .next = a.next};
    if (p->g->begin)
        p->g->begin();
    p->g->panel(&to, &a, p->packed, p->m, p->n);
    if (p->g->end)
        p->g->end();
}

/* Of at least so many columns: groups have whole panels. */
static void check_panels(check *c, const ln_gemm_kernels *g, size_t least)
{
    for (size_t m = 1; m <= 2 * g->mr + 1; m++) {
        for (size_t n = least; n <= g->nr_last; n++) {
            for (int form = 0; form < 4; form++) {
                product p = {
                    .g = g, .m = m, .n = n, .pieces = form ? PIECES : 1, .length = 19 - n % 19};
                if (form == 2)
                    p.length = 200; /* more than is added up at a time */
                if (form == 3 && n % 2 == 0)
                    p.pieces = 1;
                /* the largest numbers are infinite in float16, and sums of them NaN */
                make(&p, form % 2, form == 3 && !is_float16(g) ? CHECK_ODD : CHECK_PLAIN);
                take(&p, form >= 2);
                run_panel(&p, form >= 2);
                compare(c, &p, "panel");
                check_that(c, check_end(), "m %zu n %zu: writes in front of a buffer", m, n);
            }
        }
    }
}

static void check_gather(check *c, const ln_gemm_kernels *g)
{
    const size_t q = g->together;
    for (size_t floats = q > 1 ? g->nr : 1; floats <= 3 * g->nr; floats += q > 1 ? g->nr : 1) {
        const size_t n = 1 + floats % 5, sets = 1 + floats % 3, all = n * floats;
        const float *x = check_floats(sets * all, CHECK_PLAIN);
        float *y = check_buffer(sets * all * sizeof *y);
        g->gather(y, all, x, n, sets, floats);
        for (size_t i = 0; i < sets * all; i++) {
            const size_t set = i / all, pixel = i % all / floats, at = i % floats;
            const size_t from = q > 1 ? at - at % g->nr + column_of(g, at % g->nr) : at;
            check_that(c, y[i] == x[(pixel * sets + set) * floats + from], "floats %zu: item %zu",
                       floats, i);
        }
        check_that(c, check_end(), "floats %zu: writes in front of a buffer", floats);
    }
}

static void check_row(check *c, const ln_gemm_kernels *g)
{
    for (size_t n = 1; n <= 9 * g->nr; n++) {
        product p = {.g = g, .m = 1, .n = n, .pieces = 1 + n % 2, .length = 7 + n % 3};
        if (g->take) {
            p.pieces = 1;
            p.length = n % 3 == 2 ? 257 + n % 5 : 7 + n % 4; /* or more than one chunk */
        }
        make(&p, n % 3, CHECK_PLAIN);
        const ln_gemm_c to = result(&p);
        ln_gemm_a a = operand(&p, false);
        take(&p, false);
        if (g->take)
            a = (ln_gemm_a){.at = p.taken, .offsets = p.offsets, .pieces = 1, .length = p.length};
        g->row(&to, &a, p.packed, n);
        compare(c, &p, "row");
        check_that(c, check_end(), "n %zu: writes in front of a buffer", n);
    }
}

/* ---- speed ---- */

static void time_panel(void *arg)
{
    run_panel(arg, false);
}

static void time_take(void *arg)
{
    take(arg, false);
}

static void time_collect(void *arg)
{
    const product *p = arg;
    p->g->collect(p->taken, &(ln_gemm_windows){p->windows, p->offsets, p->pieces, p->length}, p->m);
}

static void time_row(void *arg)
{
    const product *p = arg;
    const ln_gemm_c to = result(p);
    ln_gemm_a a = operand(p, false);
    if (p->g->take)
        a.at = p->taken;
    p->g->row(&to, &a, p->packed, p->n);
}

static void time_it(check *c, void (*run)(void *), product p)
{
    make(&p, true, CHECK_PLAIN);
    take(&p, false);
    if (run == time_take || run == time_collect)
        check_bench(c, run, &p, (double)(p.m * p.pieces * p.length), "G/s items");
    else
        check_bench(c, run, &p, 2.0 * (double)(p.m * p.n * p.length), "GFLOP/s");
    check_end();
}

static void whole_panels(check *c, const ln_gemm_kernels *g, void (*run)(void *))
{
    const bool groups = g != &c->new->gemm &&g != &c->new->gemm_half;
    check_panels(c, g, groups ? g->nr : 1);
    time_it(c, run, (product){.g = g, .m = 8 * g->mr, .n = g->nr, .pieces = 1, .length = 192});
}

static void whole_row(check *c, const ln_gemm_kernels *g)
{
    check_row(c, g);
    time_it(c, time_row, (product){.g = g, .m = 1, .n = 192, .pieces = 1, .length = 192});
}

void check_gemm(check *c)
{
    if (CHECK_BEGIN(c, "gemm_panel", gemm.panel))
        whole_panels(c, &c->new->gemm, time_panel);
    for (size_t i = 0; i < LN_GEMM_GROUPS; i++)
        if (c->new->gemm_groups[i].panel && CHECK_BEGIN(c, "gemm_groups", gemm_groups[i].panel)) {
            whole_panels(c, &c->new->gemm_groups[i], time_panel);
            check_gather(c, &c->new->gemm_groups[i]);
        }
    if (CHECK_BEGIN(c, "gemm_gather", gemm.gather))
        check_gather(c, &c->new->gemm);
    if (CHECK_BEGIN(c, "gemm_row", gemm.row))
        whole_row(c, &c->new->gemm);
    if (CHECK_BEGIN(c, "gemm_f16_row", gemm_f16.row))
        whole_row(c, &c->new->gemm_f16);
    if (CHECK_BEGIN(c, "gemm_half_row", gemm_half_row.row))
        whole_row(c, &c->new->gemm_half_row);
    if (CHECK_BEGIN(c, "gemm_half_panel", gemm_half.panel))
        whole_panels(c, &c->new->gemm_half, time_panel);
    if (CHECK_BEGIN(c, "gemm_half_take", gemm_half.take))
        whole_panels(c, &c->new->gemm_half, time_take);
    if (CHECK_BEGIN(c, "gemm_half_collect", gemm_half.collect))
        time_it(c, time_collect,
                (product){.g = &c->new->gemm_half, .m = 128, .n = 16, .pieces = 3, .length = 48});
}
