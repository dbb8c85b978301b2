/* SPDX-License-Identifier: Apache-2.0 */
/* product_q8.c: see product_q8.h.
 *
 * With x' and w' as packed and z their zero points there, sum (x' - zx)(w' - zw) is sum x' w',
 * less zx sum w' and plus k zx zw, which belong to the column, less zw sum x', which belongs to the
 * row. */
#include "cpu/product_q8.h"

#include <string.h>

#include "base/checked.h"
#include "cpu/pairs.h"
#include "ops/conv_common.h"

static const ln_alloc *const heap = &ln_alloc_default;

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
/* Fewer rows are not worth setting up tiles. */
enum { LIGHT_ROWS = 16 };

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

/* ---- constants ---- */

static size_t columns_of(const ln_q8_product *p)
{
    return p->groups * p->panels * (size_t)p->g->nr;
}

/* Panel i of a group, and what is added to its columns. */
static void pack_panel(const ln_q8_product *p, const ln_q8_weights *w, size_t i,
                       const int32_t *bias, int8_t *to, int32_t *column)
{
    const size_t nr = (size_t)p->g->nr;
    const int32_t k_zero = ln_wrap_mul((int32_t)p->k, p->w_zero);
    int32_t sums[LN_Q8_MAX_NR] = {0};
    ln_gemm_q8_pack(p->g, to, w, i, p->x_zero != 0 ? sums : NULL);
    for (size_t j = 0; j < nr; j++) {
        const int32_t zeros = ln_wrap_mul(-p->x_zero, ln_wrap_add(sums[j], -k_zero));
        column[j] = ln_wrap_add(bias && i * nr + j < p->n ? bias[i * nr + j] : 0, zeros);
    }
}

void ln_q8_product_pack(const ln_q8_product *p, const uint8_t *w, uint8_t flip, const int32_t *bias,
                        int8_t *to, int32_t *column)
{
    const size_t nr = (size_t)p->g->nr;
    const ln_q8_weights weights = {w, p->n, p->pieces, p->length, flip};
    for (size_t i = 0; i < p->panels; i++)
        pack_panel(p, &weights, i, bias, to + i * nr * p->depth, column + i * nr);
}

bool ln_q8_product_form(ln_q8_product *p, const ln_gemm_q8 *g, const TfLiteTensor *x,
                        const TfLiteTensor *w)
{
    const bool uint8 = x->type == kTfLiteUInt8;
    const int zero = ln_channel_zero(x, 0);
    p->g = g;
    p->pad = (uint8_t)zero;
    p->x_flip = (g->form == LN_Q8_SIGNED) == uint8 ? 0x80 : 0;
    p->take_zero = zero + (p->x_flip == 0 ? 0 : g->form == LN_Q8_SIGNED ? -128 : 128);
    p->x_zero = g->form == LN_Q8_CENTERED ? 0 : p->take_zero;
    p->w_zero = ln_channel_zero(w, 0) - (w->type == kTfLiteUInt8 ? 128 : 0);
    return ln_same_zeros(w);
}

/* The form, and what follows from it. */
static bool set_form(ln_q8_product *p, const ln_gemm_q8 *g, const TfLiteTensor *x,
                     const TfLiteTensor *w)
{
    if (!ln_q8_product_form(p, g, x, w))
        return false;
    p->panels = (p->n + (size_t)g->nr - 1) / (size_t)g->nr;
    p->pieces = 1;
    p->length = p->k;
    if (p->windowed) {
        ln_q8_windows_pieces(&p->windows);
        p->pieces = p->windows.pieces;
        p->length = p->windows.length;
    }
    p->depth = ln_gemm_q8_depth(g, p->length, p->pieces);
    return true;
}

/* What packing needs to know. */
typedef struct source {
    const ln_q8_roles *roles;
    const ln_requant *q;
    const uint8_t *w;
    uint8_t flip;
    const int32_t *bias; /* NULL: none */
} source;

/* Forms of packed weights, for the weight cache. */
enum { DENSE, STEPS, ONE };

/* Memory for `panels` bytes, and behind them for what is added to each column and for the tail's
 * constants, which are set.  Nothing where `total`, not 0, is not what that takes. */
static ln_status take_packed(ln_cpu_kernel *k, const ln_call *c, const source *s, size_t panels,
                             uint64_t form, size_t total, ln_q8_product *p)
{
    const size_t columns = columns_of(p);
    size_t rest, all;
    ln_q8_tail_choose(&p->tail, k->fn, s->q, p->groups * p->n, p->real, columns);
    rest = columns * sizeof(int32_t) + ln_q8_tail_bytes(&p->tail);
    if (!ln_align_size(panels, 64, &panels) || !ln_add_size(panels, rest, &all))
        LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
    if (total != 0 && total != all)
        return LN_ERR_UNSUPPORTED;
    int8_t *to = ln_cpu_pack_cached(k, all, c->in[s->roles->w]->data.raw, form);
    if (!to)
        return LN_ERR_MEMORY;
    if (!k->filled)
        memset(to + panels, 0, rest);
    p->packed = to;
    p->column = (const int32_t *)(const void *)(to + panels);
    ln_q8_tail_place(&p->tail, to + panels + columns * sizeof(int32_t), s->q, c->out[0]);
    for (size_t i = 0; i < p->groups; i++)
        ln_q8_tail_fill(&p->tail, i * p->panels * (size_t)p->g->nr, s->q + i * p->n, p->n);
    return LN_OK;
}

/* p->column, to be written. */
static int32_t *column_of(const ln_cpu_kernel *k, const ln_q8_product *p)
{
    return (int32_t *)(void *)((char *)k->packed + ((const int8_t *)p->column - p->packed));
}

/* Panels as they are. */
static ln_status pack_dense(ln_cpu_kernel *k, const ln_call *c, const source *s, ln_q8_product *p)
{
    const size_t columns = p->panels * (size_t)p->g->nr;
    size_t panels;
    p->steps = (ln_q8_steps){0};
    if (!ln_mul_size(columns * p->groups, p->depth, &panels))
        LN_FAIL(c, LN_ERR_MEMORY, "the packed weights are too large");
    LN_TRY(take_packed(k, c, s, panels, p->g == &k->fn->gemm_q8_one ? ONE : DENSE, 0, p));
    int8_t *to = k->packed;
    int32_t *column = column_of(k, p);
    for (size_t i = 0; i < p->groups && !k->filled; i++)
        ln_q8_product_pack(p, s->w + i * p->n * p->k, s->flip, s->bias ? s->bias + i * p->n : NULL,
                           to + i * columns * p->depth, column + i * columns);
    return LN_OK;
}

/* All panels as steps; what is added to their columns goes to `column`.  False: not worth it. */
static bool make_steps(const ln_q8_product *p, const source *s, ln_q8_stepper *stepper,
                       int32_t *column)
{
    const size_t nr = (size_t)p->g->nr;
    if (!column || !ln_q8_stepper_begin(stepper))
        return false;
    for (size_t i = 0; i < stepper->panels; i++, column += nr) {
        const size_t group = i / p->panels, panel = i % p->panels;
        const ln_q8_weights w = {s->w + group * p->n * p->k, p->n, p->pieces, p->length, s->flip};
        pack_panel(p, &w, panel, s->bias ? s->bias + group * p->n : NULL, stepper->dense, column);
        if (!ln_q8_stepper_add(stepper, LN_MIN(nr, p->n - panel * nr)))
            return false;
    }
    return true;
}

/* What the weight cache has; LN_ERR_UNSUPPORTED: nothing that fits. */
static ln_status find_steps(ln_cpu_kernel *k, const ln_call *c, const source *s,
                            const ln_q8_stepper *stepper, ln_q8_product *p)
{
    size_t bytes, used;
    ln_q8_steps steps;
    const void *at = ln_cpu_packed_before(k, c->in[s->roles->w]->data.raw, STEPS, &bytes);
    if (!at || !ln_q8_steps_read(&steps, stepper, at, bytes, &used))
        return LN_ERR_UNSUPPORTED;
    LN_TRY(take_packed(k, c, s, used, STEPS, bytes, p));
    p->steps = steps;
    return LN_OK;
}

/* LN_ERR_UNSUPPORTED: that would not be faster. */
static ln_status pack_steps(ln_cpu_kernel *k, const ln_call *c, const source *s, ln_q8_product *p)
{
    ln_q8_stepper stepper = {.g = &k->fn->gemm_steps,
                             .pieces = p->pieces,
                             .length = p->length,
                             .zero = p->w_zero,
                             .panels = p->groups * p->panels};
    ln_status status = find_steps(k, c, s, &stepper, p);
    if (status != LN_ERR_UNSUPPORTED)
        return status;
    int32_t *column = ln_new(heap, columns_of(p), sizeof *column);
    if (make_steps(p, s, &stepper, column))
        status = take_packed(k, c, s, ln_q8_stepper_bytes(&stepper), STEPS, 0, p);
    if (status == LN_OK) {
        size_t used;
        ln_q8_stepper_end(&stepper, k->packed);
        memcpy(column_of(k, p), column, columns_of(p) * sizeof *column);
        if (!ln_q8_steps_read(&p->steps, &stepper, k->packed, SIZE_MAX, &used))
            status = LN_ERR_UNSUPPORTED;
    }
    ln_q8_stepper_free(&stepper);
    ln_free(heap, column);
    return status;
}

/* By steps where there are enough rows: one row waits for the weights, which are as large. */
static ln_status pack_as(ln_cpu_kernel *k, const ln_call *c, const source *s, ln_q8_product *p)
{
    const ln_gemm_steps *steps = &k->fn->gemm_steps;
    const TfLiteTensor *x = c->in[s->roles->x], *w = c->in[s->roles->w];
    if (steps->tile && p->m >= (size_t)steps->dense.mr && set_form(p, &steps->dense, x, w)) {
        const ln_status status = pack_steps(k, c, s, p);
        if (status != LN_ERR_UNSUPPORTED)
            return status;
    }
    const bool one = p->m == 1 && !p->windowed && k->fn->gemm_q8_one.row;
    return set_form(p, one ? &k->fn->gemm_q8_one : &k->fn->gemm_q8, x, w) ? pack_dense(k, c, s, p)
                                                                          : LN_ERR_UNSUPPORTED;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, const ln_q8_roles *roles,
                      TfLiteFusedActivation act, ln_q8_product *p)
{
    const TfLiteTensor *w = c->in[roles->w];
    const size_t n = p->groups * p->n, count = n * p->k;
    const bool int4 = w->type == kTfLiteInt4;
    ln_call call = *c;
    ln_requant *q = ln_new(heap, n, sizeof *q);
    int8_t *unpacked = int4 ? ln_new(heap, count, 1) : NULL;
    uint8_t *turned = p->transposed ? ln_new(heap, count, 1) : NULL;
    const uint8_t *from = int4 ? (const uint8_t *)unpacked : w->data.uint8;
    const bool have = q && (!int4 || unpacked) && (!p->transposed || turned);
    ln_status status =
        have ? ln_requant_fill(&call, c->in[roles->x], w, (int)n, act, q) : LN_ERR_MEMORY;
    if (status == LN_OK && int4)
        ln_unpack(w, 0, count, unpacked);
    if (status == LN_OK && p->transposed)
        ln_cpu_transpose_bytes(turned, from, p->k, n);
    if (status == LN_OK) {
        const source s = {.roles = roles,
                          .q = q,
                          .w = p->transposed ? turned : from,
                          .flip = w->type == kTfLiteUInt8 ? 0x80 : 0,
                          .bias = ln_has(c, roles->b) ? c->in[roles->b]->data.i32 : NULL};
        status = pack_as(k, c, &s, p);
    }
    ln_free(heap, q);
    ln_free(heap, unpacked);
    ln_free(heap, turned);
    return status;
}

/* ---- memory ---- */

/* One thread's: rows or a frame in the tiles' form, packed windows, pointers to rows, offsets of
 * their pieces, sums of a block by a panel, sums of rows, places of steps. */
typedef struct areas {
    uint8_t *frame, *windows;
    const uint8_t **at;
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

/* Splits the rows into blocks of about the same size. */
static bool size_blocks(const ln_cpu_kernel *k, ln_q8_product *p)
{
    const ln_gemm_q8 *g = p->g;
    const size_t mr = (size_t)g->mr, row = row_bytes(p), threads = (size_t)k->threads;
    const size_t least = threads > 1 ? 2 * threads : 1;
    if (p->windowed) {
        const ln_q8_source s = source_of(p, NULL);
        p->packs = g->pack && p->steps.most == 0 && p->n * p->depth >= PACK_WORK;
        if (!ln_q8_windows_plan(&p->windows, &s, least, &p->frame_bytes))
            return false;
        p->rows = p->windows.blocks.lines * p->windows.blocks.columns;
        p->blocks = ln_cpu_blocks_count(&p->windows.blocks);
        return true;
    }
    size_t most = LN_MIN(BLOCK_BYTES / LN_MAX(row, (size_t)1), (size_t)MAX_ROWS);
    most = LN_MAX(most, (size_t)MIN_ROWS);
    p->blocks = p->m > 0 ? ln_cpu_blocks_for(p->m, mr, most, threads) : 0;
    p->rows = p->m > 0 ? ln_cpu_block_rows(p->m, mr, p->blocks) : mr;
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
    if (p->k == 0 || p->n == 0 || !set_form(p, &k->fn->gemm_q8, c->in[roles->x], c->in[roles->w]))
        return LN_ERR_UNSUPPORTED;
    return size(k, c, p);
}

/* Rows that tiles which have to be set up do not take, or not faster. */
static bool is_light(const ln_q8_product *p, size_t line)
{
    const bool copied = p->windowed ? p->n * p->depth >= PACK_WORK : p->panels > 1;
    return p->m < LIGHT_ROWS || p->depth <= line || (!copied && p->length % line != 0);
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
        LN_TRY(pack(k, c, roles, act, p));
    else if (!set_form(p, p->g, c->in[roles->x], w))
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

/* A block's windows become rows; a->offset stays for the next one. */
static void pack_windows(const ln_q8_product *p, const areas *a, size_t count)
{
    const size_t ld = row_bytes(p);
    p->g->pack(a->windows, ld, &(ln_q8_rows){a->at, a->offset, p->pieces, p->length}, count);
    for (size_t i = 0; i < count; i++)
        a->at[i] = a->windows + i * ld;
}

/* Sets a->at for the rows of a block, and a->row where they are asked for; the first one goes to
 * *first.  Returns how many. */
static size_t make_rows(const job *j, const areas *a, size_t group, size_t block, size_t *first)
{
    const ln_q8_product *p = j->p;
    const ln_gemm_q8 *g = p->g;
    const ln_q8_run *run = j->run;
    size_t count;
    if (p->windowed) {
        const ln_q8_source s = source_of(p, run->x);
        const ln_cpu_place place = ln_cpu_blocks_at(&p->windows.blocks, block);
        ln_q8_windows_rows(&p->windows, &s, &place, group, a->frame, a->at);
        *first = ln_cpu_place_first(&p->windows.blocks, &place);
        count = place.lines * place.columns;
    } else {
        const size_t mr = (size_t)g->mr;
        *first = ln_cpu_block_row(p->m, mr, p->blocks, block);
        count = ln_cpu_block_row(p->m, mr, p->blocks, block + 1) - *first;
        const uint8_t *x = run->x + *first * run->ldx + group * run->group_x;
        size_t ld = run->ldx;
        if (p->copies) {
            ld = row_bytes(p);
            g->take(a->frame, ld, x, run->ldx, count, p->k, p->x_flip, p->take_zero);
            x = a->frame;
        }
        for (size_t i = 0; i < count; i++)
            a->at[i] = x + i * ld;
    }
    if (by_rows(p)) {
        g->sums(a->row, &(ln_q8_rows){a->at, a->offset, p->pieces, p->length}, count);
        for (size_t i = 0; i < count; i++)
            a->row[i] = ln_wrap_mul(a->row[i], -p->w_zero);
    }
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
              p->packs ? p->depth : p->length},
        .panel = p->packed + column * p->depth,
        .m = m,
        .n = n,
        .column = p->column + column,
        .row = by_rows(p) ? a->row : NULL,
        .begun = true,
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
    const ln_q8_sums sums = {
        .x = a->sums,
        .ldx = nr,
        .m = m,
        .n = n,
        .first = p->uniform ? 0 : panel * nr,
        .y = j->run->y,
        .y_at = from * ldy + group * (p->uniform ? p->m * ldy : p->n) + i * nr,
        .ldy = ldy,
    };
    ln_q8_tail_run(&p->tail, j->k->fn, &sums);
}

static void run_items(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_q8_product *p = j->p;
    const size_t nr = (size_t)p->g->nr;
    uint8_t *scratch = (uint8_t *)j->k->scratch + p->scratch_at + (size_t)thread * p->scratch_bytes;
    size_t bytes;
    areas a;
    (void)lay_out(p, scratch, &a, &bytes);
    if (p->windowed)
        ln_q8_windows_offsets(&p->windows, a.offset);
    else
        a.offset[0] = 0;
    ln_gemm_q8_begin(p->g);
    for (size_t item = begin; item < end; item++) {
        const size_t strip = item % j->strips, block = item / j->strips % p->blocks;
        const size_t group = item / j->strips / p->blocks;
        const size_t first = p->panels * strip / j->strips;
        const size_t last = p->panels * (strip + 1) / j->strips;
        size_t from;
        const size_t rows = make_rows(j, &a, group, block, &from);
        const size_t step = rows == 1 && !p->uniform && p->steps.most == 0 ? ROW_PANELS : 1;
        for (size_t i = first; i < last; i += step)
            run_panels(j, &a, group, from, rows, i, LN_MIN(i + step, last));
        const ln_cpu_block done = {.row = from + (p->uniform ? group * p->m : 0),
                                   .rows = rows,
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
    ln_parallel_for(pool, blocks * j.strips, 1, run_items, &j);
}
