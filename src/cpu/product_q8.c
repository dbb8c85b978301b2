/* SPDX-License-Identifier: Apache-2.0 */
/* product_q8.c: see product_q8.h. */
#include "cpu/product_q8_pack.h"

#include <string.h>

#include "base/checked.h"
#include "ops/qmath.h"

/* Bytes of packed rows in one block: they share the first-level cache with a panel. */
enum { BLOCK_BYTES = 16 * 1024, MIN_ROWS = 24, MAX_ROWS = 96 };
/* Values that may be written behind a packed row. */
enum { SLACK = 8 };
/* Panels that a single row goes by at a time. */
enum { ROW_PANELS = 16 };
/* Memory per thread that a product is worth; larger ones stay with the reference. */
enum { MOST_BYTES = 64 * 1024 * 1024 };
/* Work (multiplications, and some for each output) below which threads only cost time. */
enum { SMALL = 500 * 1000, OUTPUT_COST = 32 };
/* Products of each row from which on windows are worth packing. */
enum { PACK_WORK = 3000 };
/* So many rows are not cut for threads, where each can have columns instead. */
enum { FEW_ROWS = 128 };
/* Fewer rows are not worth setting up tiles. */
enum { LIGHT_ROWS = 16 };
/* Nor less work, where rows are a line of the cache. */
enum { LIGHT_WORK = 4 * 1000 * 1000 };

bool ln_q8_product_claims(const ln_call *c, const ln_q8_roles *roles)
{
    if (!c->params || !ln_has(c, roles->x) || !ln_has(c, roles->w))
        return false;
    const TfLiteType x = c->in[roles->x]->type, w = c->in[roles->w]->type;
    if (ln_has(c, roles->b) && c->in[roles->b]->type != kTfLiteInt32)
        return false;
    return (x == kTfLiteInt8 && (w == kTfLiteInt8 || w == kTfLiteInt4)) ||
           (x == kTfLiteUInt8 && w == kTfLiteUInt8);
}

/* ---- memory ---- */

/* One thread's: rows or a frame in the tiles' form, packed windows, pointers to rows, offsets of
 * their pieces, sums of a block by a panel, sums of rows, places of steps. */
typedef struct areas {
    uint8_t *frame, *windows;
    const uint8_t **at;
    size_t apart; /* bytes from each row of a block to the next; 0: not the same ones */
    bool ahead;   /* panels are far away: these are the first rows that meet them */
    /* of even windows: rows that are wanted, of each line; and rows from line to line */
    size_t lines, columns, between;
    size_t *offset;
    int32_t *sums, *row;
    uint32_t *from;
} areas;

static ln_q8_source source_of(const ln_q8_product *p, const uint8_t *x)
{
    return (ln_q8_source){
        .g = p->g, .x = x, .flip = p->x_flip, .outside = p->pad, .zero = p->take_zero};
}

/* Bytes of a row that is packed by itself. */
static size_t row_bytes(const ln_q8_product *p)
{
    return ln_gemm_q8_apart(p->g, p->depth * (p->g->form == LN_Q8_CENTERED ? sizeof(int16_t) : 1));
}

static size_t rows_that_fit(size_t row)
{
    const size_t fit = LN_MIN(BLOCK_BYTES / LN_MAX(row, (size_t)1), (size_t)MAX_ROWS);
    return LN_MAX(fit, (size_t)MIN_ROWS);
}

/* Splits the rows into blocks of about the same size. */
static bool size_blocks(const ln_cpu_kernel *k, ln_q8_product *p)
{
    const ln_gemm_q8 *g = p->g;
    const size_t step = ln_cpu_block_step((size_t)g->mr), row = row_bytes(p);
    const size_t threads = (size_t)k->threads;
    const size_t least = threads > 1 ? 2 * threads : 1;
    if (p->windowed) {
        const ln_q8_source s = source_of(p, NULL);
        const bool strips = g->line > 0 && p->m <= FEW_ROWS && p->panels >= least;
        p->packs = g->pack && p->steps.most == 0 && p->n * p->depth >= PACK_WORK && !LN_Q8_EVEN(p);
        if (!ln_q8_windows_plan(&p->windows, &s, strips ? 1 : least, &p->frame_bytes))
            return false;
        p->rows =
            ln_q8_windows_count(&p->windows, p->windows.blocks.lines, p->windows.blocks.columns);
        p->blocks = ln_cpu_blocks_count(&p->windows.blocks);
        return true;
    }
    const size_t most = g->line > 0 ? ln_q8_rows_of_tiles(g, row) : rows_that_fit(row);
    p->blocks = p->m > 0 ? ln_cpu_blocks_for(p->m, (size_t)g->mr, most, threads) : 0;
    p->rows = p->m > 0 ? ln_cpu_block_rows(p->m, step, p->blocks) : step;
    p->copies = g->form == LN_Q8_CENTERED || p->x_flip || p->depth != p->k ||
                (p->panels > 1 && row != p->k);
    p->frame_bytes = 0;
    return !p->copies || (ln_mul_size(p->rows, row, &p->frame_bytes) &&
                          ln_add_size(p->frame_bytes, SLACK * sizeof(int16_t), &p->frame_bytes));
}

static bool add_area(size_t *at, size_t *total, size_t count, size_t size)
{
    size_t bytes;
    *at = *total;
    return ln_mul_size(count, size, &bytes) && ln_align_size(bytes, 64, &bytes) &&
           ln_add_size(*total, bytes, total);
}

/* Lays out one thread's memory from `at` on. */
static bool lay_out(const ln_q8_product *p, uint8_t *at, areas *a, size_t *total)
{
    const size_t nr = (size_t)p->g->nr;
    size_t used[7], n = 0;
    *total = 0;
    if (!add_area(&used[n++], total, p->frame_bytes, 1) ||
        !add_area(&used[n++], total, p->packs ? p->rows : 0, row_bytes(p)) ||
        !add_area(&used[n++], total, p->rows, sizeof *a->at) ||
        !add_area(&used[n++], total, p->pieces, sizeof *a->offset) ||
        !add_area(&used[n++], total, LN_MAX(p->rows, (size_t)ROW_PANELS) * nr, sizeof(int32_t)) ||
        !add_area(&used[n++], total, p->rows, sizeof(int32_t)) ||
        !add_area(&used[n++], total, p->pieces > 1 ? p->steps.most : 0, sizeof(uint32_t)))
        return false;
    *a = (areas){.frame = at + used[0],
                 .windows = at + used[1],
                 .at = (const uint8_t **)(void *)(at + used[2]),
                 .offset = (size_t *)(void *)(at + used[3]),
                 .sums = (int32_t *)(void *)(at + used[4]),
                 .row = (int32_t *)(void *)(at + used[5]),
                 .from = (uint32_t *)(void *)(at + used[6])};
    return true;
}

/* Scratch memory, for the form that has been chosen. */
static ln_status size(ln_cpu_kernel *k, const ln_call *c, ln_q8_product *p)
{
    areas unused;
    size_t all;
    k->work = (double)p->m * (double)(p->groups * p->n) * (double)(p->k + OUTPUT_COST);
    if (!size_blocks(k, p) || !lay_out(p, NULL, &unused, &p->scratch_bytes) ||
        p->scratch_bytes > MOST_BYTES)
        return LN_ERR_UNSUPPORTED;
    if (!ln_align_size(k->scratch_bytes, 64, &p->scratch_at) ||
        !ln_mul_size(p->scratch_bytes, (size_t)k->threads, &all) ||
        !ln_add_size(p->scratch_at, all, &k->scratch_bytes))
        LN_FAIL(c, LN_ERR_MEMORY, "the rows of a product are too large");
    return LN_OK;
}

ln_status ln_q8_product_shape(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                              ln_q8_product *p)
{
    if (p->k == 0 || p->n == 0 ||
        !ln_q8_product_set_form(p, &k->fn->gemm_q8, c->in[roles->x], c->in[roles->w]))
        return LN_ERR_UNSUPPORTED;
    return size(k, c, p);
}

/* Rows that tiles which have to be set up do not take, or not faster. */
static bool is_light(const ln_q8_product *p, size_t line)
{
    const bool copied = p->windowed ? p->n * p->depth >= PACK_WORK : p->panels > 1;
    const bool small = p->m * p->n * p->depth < LIGHT_WORK || p->depth % line != 0;
    return p->m < LIGHT_ROWS || (p->depth <= line && small) ||
           (!LN_Q8_EVEN(p) && !copied && p->length % line != 0);
}

/* Of the two that take the same panels. */
static void choose_tiles(const ln_kernels *fn, ln_q8_product *p)
{
    const ln_gemm_q8 *light = &fn->gemm_q8_light;
    if (light->tile && (p->g == light || p->g == &fn->gemm_q8))
        p->g = is_light(p, (size_t)fn->gemm_q8.line) ? light : &fn->gemm_q8;
}

ln_status ln_q8_product_plan(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                             TfLiteFusedActivation act, ln_q8_product *p)
{
    const TfLiteTensor *w = c->in[roles->w];
    if (!ln_known(c, roles->w) || !w->data.raw || (ln_has(c, roles->b) && !ln_known(c, roles->b)) ||
        p->k == 0 || p->n == 0)
        return LN_ERR_UNSUPPORTED;
    if (!ln_cpu_is_packed(k, w))
        LN_TRY(ln_q8_product_pack_constants(k, c, roles, act, p));
    else if (!ln_q8_product_set_form(p, p->g, c->in[roles->x], w))
        return LN_ERR_UNSUPPORTED;
    choose_tiles(k->fn, p);
    return size(k, c, p);
}

/* ---- running ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const ln_q8_product *p;
    const ln_q8_run *run;
    size_t strips; /* runs of panels that a block is cut into */
} job;

/* Steps have no zero point. */
static bool by_rows(const ln_q8_product *p)
{
    return p->w_zero != 0 && p->steps.most == 0;
}

static void set_rows(areas *a, const uint8_t *first, size_t apart, size_t count)
{
    const uint8_t **at = a->at;
    a->apart = apart;
    LN_UNROLL
    for (size_t i = 0; i < count; i++)
        at[i] = first + i * apart;
}

/* A block's windows become rows; a->offset stays for the next one. */
static void pack_windows(const ln_q8_product *p, areas *a, size_t count)
{
    const size_t ld = row_bytes(p);
    p->g->pack(a->windows, ld, &(ln_q8_rows){a->at, a->offset, p->pieces, p->length}, count);
    set_rows(a, a->windows, ld, count);
}

/* Rows [first, first + count) as they lie in memory. */
static void take_rows(const job *j, areas *a, size_t group, size_t first, size_t count)
{
    const ln_q8_product *p = j->p;
    const ln_q8_run *run = j->run;
    const uint8_t *x = run->x + first * run->ldx + group * run->group_x;
    size_t ld = run->ldx;
    if (p->copies) {
        ld = row_bytes(p);
        p->g->take(a->frame, ld, x, run->ldx, count, p->k, p->x_flip, p->take_zero);
        x = a->frame;
    }
    set_rows(a, x, ld, count);
}

/* Sets a->row, where it is asked for. */
static void sum_rows(const ln_q8_product *p, areas *a, size_t count)
{
    if (!by_rows(p))
        return;
    p->g->sums(a->row, &(ln_q8_rows){a->at, a->offset, p->pieces, p->length}, count);
    for (size_t i = 0; i < count; i++)
        a->row[i] = ln_wrap_mul(a->row[i], -p->w_zero);
}

/* Sets a->at to a->between for the rows of a block, and a->row where they are asked for; the first
 * one goes to *first.  Returns how many. */
static size_t make_rows(const job *j, areas *a, size_t group, size_t block, size_t *first)
{
    const ln_q8_product *p = j->p;
    size_t count;
    if (p->windowed) {
        const ln_q8_source s = source_of(p, j->run->x);
        const ln_cpu_place place = ln_cpu_blocks_at(&p->windows.blocks, block);
        ln_q8_windows_rows(&p->windows, &s, &place, group, a->frame, a->at);
        *first = ln_cpu_place_first(&p->windows.blocks, &place);
        count = ln_q8_windows_count(&p->windows, place.lines, place.columns);
        const bool same = (place.lines == 1 || LN_Q8_EVEN(p)) && count > 1;
        a->apart = same ? (size_t)(a->at[1] - a->at[0]) : 0;
        a->lines = place.lines;
        a->columns = place.columns;
        a->between = ln_q8_windows_apart(&p->windows);
    } else {
        const size_t step = ln_cpu_block_step((size_t)p->g->mr);
        *first = ln_cpu_block_row(p->m, step, p->blocks, block);
        count = ln_cpu_block_row(p->m, step, p->blocks, block + 1) - *first;
        take_rows(j, a, group, *first, count);
    }
    sum_rows(p, a, count);
    if (p->packs)
        pack_windows(p, a, count);
    return count;
}

/* The sums of m rows by panel `panel` of all. */
static void run_steps(const job *j, const areas *a, size_t panel, size_t m, size_t n)
{
    const ln_q8_product *p = j->p;
    const ln_q8_steps *s = &p->steps;
    const size_t nr = (size_t)p->g->nr, first = s->first[panel];
    ln_step_tile tile = {
        .sums = a->sums,
        .at = a->at,
        .weights = s->weights + first * nr * LN_STEP,
        .from = s->from + first,
        .sets = s->sets + panel,
        .m = m,
        .n = n,
        .column = p->column + panel * nr,
    };
    if (p->pieces > 1) {
        ln_q8_steps_place(a->from, tile.from, s->first[panel + 1] - first, a->offset);
        tile.from = a->from;
    }
    j->k->fn->gemm_steps.tile(&tile);
}

static void run_dense(const ln_q8_product *p, const areas *a, size_t panel, size_t m, size_t n)
{
    static const size_t no_offset[1];
    const size_t column = panel * (size_t)p->g->nr;
    const ln_q8_tile tile = {
        .sums = a->sums,
        .a = {a->at, p->packs ? no_offset : a->offset, p->packs ? 1 : p->pieces,
              p->packs        ? p->depth
              : LN_Q8_EVEN(p) ? p->filled
                              : p->length},
        .panel = p->packed + column * p->depth,
        .m = m,
        .n = n,
        .column = p->column + column,
        .row = by_rows(p) ? a->row : NULL,
        .begun = true,
        .apart = a->apart,
        .ahead = a->ahead,
    };
    if (m == 1)
        p->g->row(&tile);
    else
        p->g->tile(&tile);
}

/* `m` rows from `from` on by panels [i, end) of a group, which are several for one row only. */
static void run_panels(const job *j, const areas *a, size_t group, size_t from, size_t m, size_t i,
                       size_t end)
{
    const ln_q8_product *p = j->p;
    const size_t nr = (size_t)p->g->nr, ldy = j->run->ldy, panel = group * p->panels + i;
    const size_t n = LN_MIN(end * nr, p->n) - i * nr;
    if (p->steps.most > 0)
        run_steps(j, a, panel, m, n);
    else
        run_dense(p, a, panel, m, n);
    const ln_q8_rows rows = {a->at, p->packs ? NULL : a->offset, p->pieces, p->length};
    ln_q8_patches_add(&p->patches, p->g, &rows, m, panel, end - i, a->sums);
    ln_q8_sums sums = {
        .x = a->sums,
        .ldx = nr,
        .m = LN_Q8_EVEN(p) ? a->columns : m,
        .n = n,
        .first = p->uniform ? 0 : panel * nr,
        .y = j->run->y,
        .y_at = from * ldy + group * (p->uniform ? p->m * ldy : p->n) + i * nr,
        .ldy = ldy,
    };
    for (size_t line = LN_Q8_EVEN(p) ? a->lines : 1; line > 0; line--) {
        ln_q8_tail_run(&p->tail, j->k->fn, &sums);
        sums.x += a->between * nr;
        sums.y_at += a->columns * ldy;
    }
}

/* The memory of a thread. */
static areas open_areas(const job *j, int thread)
{
    const ln_q8_product *p = j->p;
    uint8_t *scratch = (uint8_t *)j->k->scratch + p->scratch_at + (size_t)thread * p->scratch_bytes;
    size_t bytes;
    areas a;
    (void)lay_out(p, scratch, &a, &bytes);
    if (p->windowed)
        ln_q8_windows_offsets(&p->windows, a.offset);
    else
        a.offset[0] = 0;
    return a;
}

void ln_q8_product_run_rows(const ln_cpu_kernel *k, const ln_q8_product *p, const ln_q8_run *run,
                            size_t rows, int thread)
{
    const job j = {k, p, run, 1};
    const size_t step = ln_cpu_block_step((size_t)p->g->mr);
    const size_t blocks = (rows + p->rows - 1) / p->rows;
    areas a = open_areas(&j, thread);
    for (size_t i = 0; i < blocks; i++) {
        const size_t first = ln_cpu_block_row(rows, step, blocks, i);
        const size_t count = ln_cpu_block_row(rows, step, blocks, i + 1) - first;
        take_rows(&j, &a, 0, first, count);
        sum_rows(p, &a, count);
        for (size_t panel = 0; panel < p->panels; panel++)
            run_panels(&j, &a, 0, first, count, panel, panel + 1);
    }
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_q8_product *p = j->p;
    const size_t nr = (size_t)p->g->nr;
    areas a = open_areas(j, thread);
    ln_gemm_q8_begin(p->g);
    for (size_t item = begin; item < end; item++) {
        const size_t strip = item % j->strips, block = item / j->strips % p->blocks;
        const size_t group = item / j->strips / p->blocks;
        const size_t first = p->panels * strip / j->strips;
        const size_t last = p->panels * (strip + 1) / j->strips;
        size_t from;
        a.ahead = item == begin;
        const size_t rows = make_rows(j, &a, group, block, &from);
        const size_t step = rows == 1 && !p->uniform && p->steps.most == 0 ? ROW_PANELS : 1;
        for (size_t i = first; i < last; i += step)
            run_panels(j, &a, group, from, rows, i, LN_MIN(i + step, last));
        const ln_cpu_block done = {.row = from + (p->uniform ? group * p->m : 0),
                                   .rows = LN_Q8_EVEN(p) ? a.lines * a.columns : rows,
                                   .col = (p->uniform ? 0 : group * p->n) + first * nr,
                                   .cols = LN_MIN(last * nr, p->n) - first * nr,
                                   .ld = j->run->ldy};
        ln_cpu_tail_run(j->k, &done, thread);
    }
    ln_gemm_q8_end(p->g);
}

void ln_q8_product_run(const ln_cpu_kernel *k, const ln_q8_product *p, const ln_q8_run *run)
{
    const size_t threads = (size_t)k->threads, blocks = p->blocks * p->groups;
    job j = {k, p, run, 1};
    ln_pool *pool = k->work < (double)ln_cpu_small(k, SMALL) ? NULL : k->pool;
    if (pool && blocks < threads)
        j.strips = LN_MAX(LN_MIN(p->panels, 2 * threads / blocks), (size_t)1);
    const size_t items = blocks * j.strips;
    ln_parallel_for(pool, items, ln_cpu_items_at_once(pool, items), run_items, &j);
}
