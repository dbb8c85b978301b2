/* SPDX-License-Identifier: Apache-2.0 */
/* q8.c: products and depthwise convolutions of 8-bit operands, and what becomes of their sums; all
 * exact.  The arithmetic of a single output comes from ops/qmath.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cpu/tail_q8.h"

/* ---- forms of values ---- */

/* What `flip` and `zero` make of a byte, see kernels/gemm_q8.h. */
static int value_of(ln_q8_form form, uint8_t byte, uint8_t flip, int zero)
{
    const uint8_t flipped = byte ^ flip;
    return form == LN_Q8_CENTERED ? flipped - zero
           : form == LN_Q8_SIGNED ? (int8_t)flipped
                                  : flipped;
}

static size_t value_size(ln_q8_form form)
{
    return form == LN_Q8_CENTERED ? sizeof(int16_t) : 1;
}

static int value_at(ln_q8_form form, const void *p, size_t i)
{
    return form == LN_Q8_CENTERED ? ((const int16_t *)p)[i]
           : form == LN_Q8_SIGNED ? ((const int8_t *)p)[i]
                                  : ((const uint8_t *)p)[i];
}

/* ---- products ---- */

enum { MOST_ROWS = 100, SOME_ROWS = 31, MOST_K = 70, MOST_PIECES = 3 };

typedef struct product {
    const ln_gemm_q8 *g;
    size_t m, n, pieces, length; /* of several panels where m is 1 */
    uint8_t flip;
    int zero;
    uint8_t *x, *w; /* [m][pieces][length], [n][pieces][length] */
    uint8_t *a;
    const uint8_t *at[MOST_ROWS];
    size_t offset[MOST_PIECES], bytes; /* of a piece as packed */
    int8_t *panel;
    int32_t *sums, *column, *row, *of_rows, of_columns[LN_Q8_MAX_NR];
} product;

static ln_q8_rows rows_of(const product *p)
{
    return (ln_q8_rows){p->at, p->offset, p->pieces, p->length};
}

static void make_product(product *p, int kind)
{
    const size_t nr = (size_t)p->g->nr, k = p->pieces * p->length;
    const size_t depth = ln_gemm_q8_depth(p->g, p->length, 1);
    const size_t panels = (p->n + nr - 1) / nr;
    p->bytes = depth * value_size(p->g->form);
    p->flip = (uint8_t)(check_random() & 0x80);
    p->zero = (int)(check_random() % 256);
    p->x = (uint8_t *)check_bytes(p->m * k, kind);
    p->w = (uint8_t *)check_bytes(p->n * k, kind);
    p->a = check_buffer(p->m * p->pieces * p->bytes);
    p->panel = check_buffer(panels * nr * depth * p->pieces);
    p->sums = check_buffer(p->m * panels * nr * sizeof *p->sums);
    p->column = check_ints(panels * nr, INT32_MAX);
    p->row = check_ints(p->m, INT32_MAX);
    p->of_rows = check_buffer(p->m * sizeof *p->of_rows);
    p->g->take(p->a, p->bytes, p->x, p->length, p->m * p->pieces, p->length, p->flip, p->zero);
    for (size_t i = panels; i-- > 0;)
        ln_gemm_q8_pack(p->g, p->panel + i * nr * depth * p->pieces,
                        &(ln_q8_weights){p->w, p->n, p->pieces, p->length, 0}, i, p->of_columns);
    /* rows from the last to the first, to see that their order does not matter */
    for (size_t i = 0; i < p->m; i++)
        p->at[i] = p->a + (p->m - 1 - i) * p->pieces * p->bytes;
    for (size_t i = 0; i < p->pieces; i++)
        p->offset[i] = i * p->bytes;
    p->g->sums(p->of_rows, &(ln_q8_rows){p->at, p->offset, p->pieces, p->length}, p->m);
}

/* Value s of row i. */
static int wanted_value(const product *p, size_t i, size_t s)
{
    const size_t k = p->pieces * p->length;
    return value_of(p->g->form, p->x[(p->m - 1 - i) * k + s], p->flip, p->zero);
}

static bool same_rows(check *c, const product *p)
{
    const size_t depth = p->bytes / value_size(p->g->form);
    for (size_t i = 0; i < p->m; i++) {
        int64_t sum = 0;
        for (size_t s = 0; s < p->pieces * depth; s++) {
            const int got = value_at(p->g->form, p->at[i], s);
            const int wanted =
                s % depth < p->length ? wanted_value(p, i, s / depth * p->length + s % depth) : 0;
            sum += wanted;
            if (!check_that(c, got == wanted, "m %zu k %zu [%zu][%zu] is %d, not %d", p->m,
                            p->length, i, s, got, wanted))
                return false;
        }
        if (!check_that(c, p->of_rows[i] == sum, "k %zu: row %zu adds up to %d, not %d", p->length,
                        i, (int)p->of_rows[i], (int)sum))
            return false;
    }
    return true;
}

static bool same_sums(check *c, const product *p)
{
    const size_t k = p->pieces * p->length;
    for (size_t i = 0; i < p->m; i++) {
        for (size_t j = 0; j < p->n; j++) {
            uint32_t sum =
                (p->column ? (uint32_t)p->column[j] : 0) + (p->row ? (uint32_t)p->row[i] : 0);
            for (size_t s = 0; s < k; s++)
                sum += (uint32_t)(wanted_value(p, i, s) * (int8_t)p->w[j * k + s]);
            const int32_t got = p->sums[i * (size_t)p->g->nr + j];
            if (!check_that(c, got == (int32_t)sum,
                            "m %zu n %zu k %zu in %zu [%zu][%zu] is %d, not %d", p->m, p->n, k,
                            p->pieces, i, j, (int)got, (int)sum))
                return false;
        }
    }
    return true;
}

/* As packed, column sums too. */
static bool same_columns(check *c, const product *p)
{
    const size_t k = p->pieces * p->length;
    for (size_t j = 0; j < (size_t)p->g->nr; j++) {
        int32_t sum = 0;
        for (size_t s = 0; j < p->n && s < k; s++)
            sum += (int8_t)p->w[j * k + s];
        if (!check_that(c, p->of_columns[j] == sum, "k %zu: column %zu adds up to %d, not %d", k, j,
                        (int)p->of_columns[j], (int)sum))
            return false;
    }
    return true;
}

static void run_tile(void *arg)
{
    const product *p = arg;
    const ln_q8_tile tile = {.sums = p->sums,
                             .a = rows_of(p),
                             .panel = p->panel,
                             .m = p->m,
                             .n = p->n,
                             .column = p->column,
                             .row = p->row};
    p->g->tile(&tile);
}

static void check_product(check *c, product p, int kind)
{
    make_product(&p, kind);
    if (same_rows(c, &p) && same_columns(c, &p)) {
        run_tile(&p);
        if (same_sums(c, &p)) {
            p.row = NULL;
            run_tile(&p);
            same_sums(c, &p);
        }
    }
    check_that(c, check_end(), "m %zu n %zu k %zu: writes in front of a buffer", p.m, p.n,
               p.length);
}

static void run_row(void *arg)
{
    const product *p = arg;
    p->g->row(&(ln_q8_tile){.sums = p->sums,
                            .a = rows_of(p),
                            .panel = p->panel,
                            .m = 1,
                            .n = p->n,
                            .column = p->column,
                            .row = p->row});
}

static void check_rows(check *c, const ln_gemm_q8 *g)
{
    for (size_t n = 1; n <= 4 * (size_t)g->nr + 1; n++) {
        product p = {.g = g, .m = 1, .n = n, .pieces = 1 + n % MOST_PIECES};
        p.length = 1 + check_random() % MOST_K;
        make_product(&p, (int)(n % CHECK_KINDS));
        run_row(&p);
        if (same_sums(c, &p)) {
            p.row = p.column = NULL;
            run_row(&p);
            same_sums(c, &p);
        }
        check_that(c, check_end(), "n %zu k %zu: writes in front of a buffer", p.n, p.length);
    }
    product p = {.g = g, .m = 1, .n = 8 * (size_t)g->nr, .pieces = 1, .length = 128};
    make_product(&p, CHECK_PLAIN);
    check_bench(c, run_row, &p, 2.0 * (double)(p.n * p.length), "GOP/s");
    check_end();
}

static void check_tiles(check *c, const ln_gemm_q8 *g)
{
    for (size_t m = 1; m <= SOME_ROWS; m++)
        for (size_t n = 1; n <= (size_t)g->nr; n++)
            check_product(c,
                          (product){.g = g,
                                    .m = m,
                                    .n = n,
                                    .pieces = 1 + check_random() % MOST_PIECES,
                                    .length = 1 + check_random() % MOST_K},
                          (int)(n % CHECK_KINDS));
    for (size_t k = 1; k <= MOST_K; k++)
        check_product(c, (product){.g = g, .m = 3, .n = 5, .pieces = 1, .length = k},
                      (int)(k % CHECK_KINDS));
    product p = {.g = g, .m = 48, .n = (size_t)g->nr, .pieces = 1, .length = 192};
    make_product(&p, CHECK_PLAIN);
    check_bench(c, run_tile, &p, 2.0 * (double)(p.m * p.n * p.length), "GOP/s");
    check_end();
}

/* Rows `line` apart, as products put them together; k goes over several tiles. */
static void check_lines(check *c, const ln_gemm_q8 *g)
{
    static const size_t ks[] = {4, 24, 31, 36, 63, 64, 65, 96, 127, 128, 200, 260, 1000};
    for (size_t m = 1; m <= MOST_ROWS; m += m < 20 || m % 16 == 14 ? 1 : 2) {
        product p = {.g = g,
                     .m = m,
                     .n = 1 + check_random() % (size_t)g->nr,
                     .pieces = 1,
                     .length = ks[m % LN_COUNTOF(ks)]};
        make_product(&p, (int)(m % CHECK_KINDS));
        const size_t apart = ln_gemm_q8_apart(g, p.bytes);
        uint8_t *lines = check_buffer(m * apart);
        for (size_t i = 0; i < m; i++) {
            memcpy(lines + (m - 1 - i) * apart, p.at[i], p.bytes);
            p.at[i] = lines + (m - 1 - i) * apart;
        }
        if (m % 3 == 0)
            p.row = NULL;
        const bool plain = m % 6 == 0;
        if (plain)
            memset(p.column, 0, (size_t)g->nr * sizeof *p.column);
        if (g->begin)
            g->begin();
        p.g->tile(&(ln_q8_tile){.sums = p.sums,
                                .a = rows_of(&p),
                                .panel = p.panel,
                                .m = m,
                                .n = p.n,
                                .column = plain ? ln_gemm_q8_zeros : p.column,
                                .row = p.row,
                                .begun = true,
                                .apart = m % 2 == 0 ? (size_t)(p.at[1] - p.at[0]) : 0,
                                .ahead = m % 4 < 2});
        if (g->end)
            g->end();
        same_sums(c, &p);
        check_that(c, check_end(), "m %zu k %zu: writes in front of a buffer", m, p.length);
    }
}

/* Windows become rows. */
static void check_packing(check *c, const ln_gemm_q8 *g)
{
    for (size_t k = 1; k <= 2 * MOST_K; k++) {
        product p = {.g = g, .m = 1 + k % 7, .n = 1, .pieces = 1 + k % MOST_PIECES, .length = k};
        make_product(&p, CHECK_PLAIN);
        const size_t bytes = p.pieces * p.bytes, ld = ln_gemm_q8_apart(g, bytes);
        uint8_t *to = check_buffer((p.m - 1) * ld + bytes);
        const ln_q8_rows rows = rows_of(&p);
        g->pack(to, ld, &rows, p.m);
        for (size_t i = 0; i < p.m; i++)
            check_that(c, memcmp(to + i * ld, p.at[i], bytes) == 0, "k %zu: row %zu differs", k, i);
        check_that(c, check_end(), "k %zu: writes in front of a buffer", k);
    }
}

static void check_products(check *c)
{
    const ln_gemm_q8 *g = &c->new->gemm_q8, *one = &c->new->gemm_q8_one;
    const ln_gemm_q8 *light = &c->new->gemm_q8_light;
    if (CHECK_BEGIN(c, "gemm_q8", gemm_q8.tile)) {
        check_tiles(c, g);
        check_lines(c, g);
    }
    if (g->pack && CHECK_BEGIN(c, "gemm_q8.pack", gemm_q8.pack))
        check_packing(c, g);
    if (CHECK_BEGIN(c, "gemm_q8.row", gemm_q8.row))
        check_rows(c, g);
    if (light->tile && CHECK_BEGIN(c, "gemm_q8_light", gemm_q8_light.tile))
        check_tiles(c, light);
    if (one->row && CHECK_BEGIN(c, "gemm_q8_one", gemm_q8_one.tile))
        check_tiles(c, one);
    if (one->row && CHECK_BEGIN(c, "gemm_q8_one.row", gemm_q8_one.row))
        check_rows(c, one);
}

/* ---- depthwise convolutions ---- */

enum { COLUMNS = 23, TAPS = 11, OUTPUTS = 7, ROWS = 3 };

typedef struct depthwise {
    ln_depthwise_rows rows;
    const ln_depthwise_q8 *d;
} depthwise;

static void run_depthwise(void *arg)
{
    const depthwise *w = arg;
    w->d->run(&w->rows);
}

static void *weights_of(const ln_depthwise_q8 *d, size_t n)
{
    if (d->form != LN_Q8_CENTERED)
        return check_bytes(n, CHECK_PLAIN);
    int16_t *w = check_buffer(n * sizeof *w);
    for (size_t i = 0; i < n; i++)
        w[i] = (int16_t)((int)(check_random() % 511) - 255);
    return w;
}

static int weight_at(const ln_depthwise_q8 *d, const void *w, size_t i)
{
    return d->form == LN_Q8_CENTERED ? ((const int16_t *)w)[i] : ((const int8_t *)w)[i];
}

/* Interleaves lines of random bytes into a group and compares. */
static void check_interleave(check *c, const ln_depthwise_q8 *d)
{
    const size_t block = (size_t)d->block, lines = (size_t)d->lines, step = block + 3;
    for (size_t columns = 0; columns <= COLUMNS; columns++) {
        const uint8_t *line[LN_DEPTHWISE_MAX_LINES];
        size_t steps[LN_DEPTHWISE_MAX_LINES];
        const uint8_t flip = (uint8_t)(check_random() & 0x80);
        const int zero = (int)(check_random() % 256);
        for (size_t j = 0; j < lines; j++) {
            steps[j] = j == 1 ? 0 : step;
            line[j] = (uint8_t *)check_bytes(columns == 0 ? 0 : steps[j] * (columns - 1) + block,
                                             CHECK_PLAIN);
        }
        void *to = check_buffer(columns * block * lines * value_size(d->form));
        d->interleave(to, line, steps, columns, flip, zero);
        for (size_t i = 0; i < columns * block * lines; i++) {
            const size_t j = i % lines, channel = i / lines % block, in = i / lines / block;
            const size_t at = in * steps[j] + channel;
            const int got = value_at(d->form, to, (in * block + d->place[channel]) * lines + j);
            const int wanted = value_of(d->form, line[j][at], flip, zero);
            if (!check_that(c, got == wanted, "%zu columns: item %zu is %d, not %d", columns, i,
                            got, wanted))
                break;
        }
        check_that(c, check_end(), "%zu columns: writes in front of a buffer", columns);
    }
}

static void check_outputs(check *c, const ln_depthwise_q8 *d, size_t taps, size_t outputs, size_t n)
{
    const size_t block = (size_t)d->block, lines = (size_t)d->lines, size = value_size(d->form);
    const size_t column = block * lines * size, columns = 2 * outputs + TAPS;
    size_t offset[TAPS];
    uint8_t *x = (uint8_t *)check_bytes(ROWS * columns * column, CHECK_PLAIN);
    for (size_t i = 0; d->form == LN_Q8_CENTERED && i < ROWS * columns * column / size; i++)
        ((int16_t *)(void *)x)[i] = (int16_t)((int)(check_random() % 511) - 255);
    for (size_t t = 0; t < taps; t++)
        offset[t] = check_random() % TAPS * column;
    const ln_depthwise_rows r = {
        .x = x,
        .x_step = 2 * column,
        .x_row = columns * column,
        .outputs = outputs,
        .rows = ROWS,
        .sums = check_buffer(ROWS * (outputs + 1) * block * sizeof(int32_t)),
        .sums_row = (outputs + 1) * block,
        .n = n,
        .taps = taps,
        .offset = offset,
        .weights = weights_of(d, taps * block * lines),
        .bias = check_ints(block, INT32_MAX),
    };
    d->run(&r);
    for (size_t i = 0; i < ROWS * outputs * n; i++) {
        const size_t row = i / n / outputs, output = i / n % outputs, channel = i % n;
        uint32_t sum = (uint32_t)r.bias[channel];
        for (size_t t = 0; t < taps * lines; t++) {
            const size_t at = row * r.x_row + output * r.x_step + offset[t / lines];
            const size_t v = at / size + d->place[channel] * lines + t % lines;
            const size_t w = (t / lines * block + d->place[channel]) * lines + t % lines;
            sum += (uint32_t)(value_at(d->form, x, v) * weight_at(d, r.weights, w));
        }
        const int32_t got = r.sums[row * r.sums_row + output * block + channel];
        if (!check_that(c, got == (int32_t)sum,
                        "%zu taps: row %zu output %zu channel %zu is %d, not %d", taps, row, output,
                        channel, (int)got, (int)sum))
            break;
    }
    check_that(c, check_end(), "%zu taps: writes in front of a buffer", taps);
}

static void check_q8_depthwise(check *c)
{
    const ln_depthwise_q8 *d = &c->new->depthwise_q8;
    if (CHECK_BEGIN(c, "depthwise_q8_interleave", depthwise_q8.interleave))
        check_interleave(c, d);
    if (!CHECK_BEGIN(c, "depthwise_q8", depthwise_q8.run))
        return;
    for (size_t taps = 1; taps <= TAPS; taps++)
        for (size_t outputs = 1; outputs <= OUTPUTS; outputs++)
            check_outputs(c, d, taps, outputs, 1 + check_random() % (size_t)d->block);
    enum { WIDTH = 58, WANTED = 56 };
    const size_t block = (size_t)d->block, lines = (size_t)d->lines, size = value_size(d->form);
    const size_t groups = (3 + lines - 1) / lines, taps = 3 * groups, column = block * lines * size;
    size_t offset[TAPS];
    for (size_t t = 0; t < taps; t++)
        offset[t] = (t / 3 * WIDTH + t % 3) * column;
    depthwise w = {.d = d,
                   .rows = {.x = check_bytes(groups * WIDTH * column, CHECK_PLAIN),
                            .x_step = column,
                            .outputs = WANTED,
                            .rows = 1,
                            .sums = check_buffer(WANTED * block * sizeof(int32_t)),
                            .n = block,
                            .taps = taps,
                            .offset = offset,
                            .weights = weights_of(d, taps * block * lines),
                            .bias = check_ints(block, 1000)}};
    check_bench(c, run_depthwise, &w, 2.0 * 9 * WANTED * (double)block, "GOP/s of 3x3");
    check_end();
}

/* ---- sums to outputs ---- */

enum { SUM_ROWS = 9, SUM_COLUMNS = 37, SUM_ROOM = 48 };

typedef struct outputs {
    ln_kernels fn;
    ln_q8_tail tail;
    ln_q8_sums sums;
    ln_requant q[SUM_COLUMNS];
    bool wide;
} outputs;

static ln_requant any_requant(bool int8, bool clipped, bool any_shift)
{
    static const int shifts[] = {-1, -2, -5, -8, -11, -22, -31, 0, 1, 7, 30};
    const size_t n = any_shift ? LN_COUNTOF(shifts) : 6;
    const int low = int8 ? INT8_MIN : 0, high = low + 255;
    ln_requant q = {.zero = low + (int)(check_random() % 256), .min = low, .max = high};
    if (clipped) {
        q.min = check_random() & 1 ? q.zero : low + (q.zero - low) / 2;
        q.max = LN_MAX(q.zero, low + 200);
    }
    q.m.mul = check_random() % 16 == 0
                  ? 0
                  : (int32_t)((1u << 30) + (check_random() >> 2 & ((1u << 30) - 1)));
    q.m.shift = q.m.mul == 0 ? 0 : shifts[check_random() % n];
    q.real = ldexp(q.m.mul, q.m.shift - 31);
    return q;
}

/* Sums of all sizes, and some for which outputs lie near their limits or halfway between two. */
static int32_t any_sum(const ln_requant *q)
{
    const uint32_t r = check_random();
    if (r % 8 == 0)
        return r & 8 ? INT32_MAX : r & 16 ? INT32_MIN : (int32_t)(r >> 30) - 1;
    if (r % 8 < 5 && q->real > 0) {
        const double halves = (double)((int)(r >> 8) % 700 - 350) / 2;
        const double x = halves / q->real + (int)(r >> 4 & 3) - 1;
        return (int32_t)LN_MAX(LN_MIN(x, 2e9), -2e9);
    }
    return (int32_t)check_random() >> (r >> 8 & 31);
}

static void make_outputs(outputs *o, const ln_kernels *fn, bool int8, bool clipped, bool any_shift,
                         bool real)
{
    const TfLiteTensor y = {.type = o->wide ? kTfLiteInt16 : int8 ? kTfLiteInt8 : kTfLiteUInt8};
    o->fn = *fn;
    o->q[0] = any_requant(int8, clipped, any_shift);
    for (size_t i = 1; i < SUM_COLUMNS; i++) {
        o->q[i] = any_requant(int8, clipped, any_shift);
        o->q[i].zero = o->q[0].zero;
        o->q[i].min = o->q[0].min;
        o->q[i].max = o->q[0].max;
    }
    ln_q8_tail_choose(&o->tail, fn, o->q, SUM_COLUMNS, real, SUM_ROOM);
    const size_t bytes = ln_q8_tail_bytes(&o->tail);
    ln_q8_tail_place(&o->tail, memset(check_buffer(bytes), 0, bytes), o->q, &y);
    ln_q8_tail_fill(&o->tail, 0, o->q, SUM_COLUMNS);
}

static int wanted_output(const outputs *o, size_t column, int32_t sum)
{
    return o->tail.real ? ln_requantize_real(&o->q[column], sum)
                        : ln_requantize(&o->q[column], sum);
}

static void check_some(check *c, outputs *o, size_t m, size_t n, size_t first)
{
    const size_t room = (n + 15) / 16 * 16, size = o->wide ? 2 : 1;
    int32_t *x = check_buffer(m * room * sizeof *x);
    for (size_t i = 0; i < m * room; i++)
        x[i] = any_sum(&o->q[LN_MIN(first + i % room, (size_t)SUM_COLUMNS - 1)]);
    uint8_t *y = check_buffer(m * n * size);
    o->sums = (ln_q8_sums){.x = x, .ldx = room, .m = m, .n = n, .first = first, .y = y, .ldy = n};
    ln_q8_tail_run(&o->tail, &o->fn, &o->sums);
    for (size_t i = 0; i < m * n; i++) {
        const int32_t sum = x[i / n * room + i % n];
        const int wanted = wanted_output(o, first + i % n, sum);
        const int got = o->wide             ? ((int16_t *)(void *)y)[i]
                        : o->q[0].max > 127 ? y[i]
                        : wanted < 0        ? (int8_t)y[i]
                                            : y[i];
        const ln_requant *q = &o->q[first + i % n];
        if (!check_that(c, got == wanted,
                        "m %zu n %zu: %d times %d, %d shifts, zero %d, becomes %d, not %d", m, n,
                        (int)sum, (int)q->m.mul, q->m.shift, (int)q->zero, got, wanted))
            return;
    }
}

static void check_rescale(check *c, bool any_shift, bool real)
{
    for (int form = 0; form < 16; form++) {
        outputs o = {.wide = real && form >= 8};
        const ln_kernels *fn = c->new;
        for (size_t m = 1; m <= SUM_ROWS; m++) {
            for (size_t n = 1; n <= SUM_COLUMNS; n += 1 + m % 3) {
                make_outputs(&o, fn, form & 1, form & 2, any_shift, real);
                check_some(c, &o, m, n, 0);
                if (n + 16 <= SUM_COLUMNS)
                    check_some(c, &o, m, n, 16);
                check_that(c, check_end(), "m %zu n %zu: writes in front of a buffer", m, n);
            }
        }
    }
}

static void run_outputs(void *arg)
{
    const outputs *o = arg;
    ln_q8_tail_run(&o->tail, &o->fn, &o->sums);
}

static void time_rescale(check *c, bool any_shift, bool real, bool clipped)
{
    enum { M = 48, N = 32 };
    outputs o = {.wide = false};
    make_outputs(&o, c->new, true, clipped, any_shift, real);
    int32_t *x = check_buffer(M * N * sizeof *x);
    for (size_t i = 0; i < M * N; i++)
        x[i] = (int32_t)(check_random() % 60000) - 30000;
    o.sums = (ln_q8_sums){.x = x, .ldx = N, .m = M, .n = N, .y = check_buffer(M * N), .ldy = N};
    check_bench(c, run_outputs, &o, M * N, clipped ? "G outputs/s, clipped" : "G outputs/s");
    check_end();
}

void check_q8(check *c)
{
    check_products(c);
    check_q8_depthwise(c);
    if (CHECK_BEGIN(c, "rescale_twice", rescale.twice)) {
        check_rescale(c, true, false);
        time_rescale(c, true, false, false);
    }
    if (CHECK_BEGIN(c, "rescale_fused", rescale.fused)) {
        check_rescale(c, false, false);
        time_rescale(c, false, false, false);
        time_rescale(c, false, false, true);
    }
    if (CHECK_BEGIN(c, "rescale_real", rescale.real)) {
        check_rescale(c, false, true);
        time_rescale(c, false, true, false);
    }
}
