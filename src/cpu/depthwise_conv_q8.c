/* SPDX-License-Identifier: Apache-2.0 */
/* depthwise_conv_q8.c: DEPTHWISE_CONV_2D of int8 and uint8.  The reference is
 * ops/depthwise_conv.c.
 *
 * Work is cut into tiles of some output rows and columns.  For a tile, and a block of channels at a
 * time, the lines of the image that it needs are interleaved by groups (kernels/depthwise_q8.h),
 * then each output row is computed from its groups.  Lines are counted from the tile's first one,
 * in steps of the dilation; row r of a tile begins at line r * line_step, which lies `phase` lines
 * into a group: each phase has weights of its own, with zeros for the group's other lines. */
#include <string.h>

#include "cpu/depthwise_q8.h"
#include "cpu/pad.h"
#include "ops/conv_common.h"

extern const ln_op ln_op_depthwise_conv_2d;

enum { X, W, B };
/* Bytes of one tile's groups, of its sums and of its image: they share the first-level cache. */
enum { GROUP_BYTES = 16 * 1024, SUM_BYTES = 8 * 1024, IMAGE_BYTES = 24 * 1024, CACHE_LINE = 64 };
enum { SMALL = 160 * 1000, ROWS_PER_THREAD = 3 };
/* What an output costs beside its taps, in taps. */
enum { OUTPUT_COST = 8 };
/* Memory per thread that a convolution is worth: strange dilations stay with the reference. */
enum { MOST_BYTES = 4 * 1024 * 1024 };

typedef ln_cpu_depthwise_q8 plan;

static bool claims(const ln_call *c)
{
    if (!c->params || !ln_has(c, X) || !ln_has(c, W))
        return false;
    const TfLiteType x = c->in[X]->type, w = c->in[W]->type;
    if (ln_has(c, B) && c->in[B]->type != kTfLiteInt32)
        return false;
    return (x == kTfLiteInt8 && (w == kTfLiteInt8 || w == kTfLiteInt4)) ||
           (x == kTfLiteUInt8 && w == kTfLiteUInt8);
}

/* ---- plan: the shape of a tile ---- */

static size_t tile_groups(const plan *p, size_t lines, size_t rows)
{
    size_t most = 0;
    for (size_t r = 0; r < rows; r++) {
        const size_t line = r * p->line_step;
        const size_t last =
            line / p->group_step + ln_cpu_depthwise_q8_groups(p, lines, line % p->group_step);
        most = LN_MAX(most, last);
    }
    return most;
}

static size_t tile_width(const plan *p, size_t columns)
{
    return (columns - 1) * (size_t)p->w.stride + (size_t)(p->w.filter - 1) * (size_t)p->w.dilation +
           1;
}

/* As many tiles one below the other for each thread, which finds in its cache what it has written
 * as the operator before.  A few rows cannot be shared out evenly: then threads take channels. */
static void share_rows(plan *p, size_t threads)
{
    const size_t bands = ((p->run + p->rows - 1) / p->rows + threads - 1) / threads * threads;
    if (threads > 1 && p->run >= threads * ROWS_PER_THREAD)
        p->rows = (p->run + bands - 1) / bands;
}

/* Bytes of the image that a block of channels of a tile meets: the next ones lie in the same lines
 * of the cache. */
static size_t tile_image(const plan *p, size_t rows, size_t columns)
{
    const size_t lines = (rows - 1) * p->line_step + (size_t)p->h.filter;
    return lines * tile_width(p, columns) * LN_MIN(p->cin, (size_t)CACHE_LINE);
}

static bool fits(const plan *p, const ln_depthwise_q8 *d, size_t rows, size_t columns)
{
    const size_t column = (size_t)d->block * (size_t)d->lines * p->value;
    return tile_groups(p, (size_t)d->lines, rows) * tile_width(p, columns) * column <=
               GROUP_BYTES &&
           rows * columns * (size_t)d->block * sizeof(int32_t) <= SUM_BYTES &&
           tile_image(p, rows, columns) <= IMAGE_BYTES;
}

/* Groups and sums of one tile, and what it sees of the image, stay within GROUP_BYTES, SUM_BYTES
 * and IMAGE_BYTES, where that is possible. */
static void shape_tile(plan *p, const ln_depthwise_q8 *d, size_t threads)
{
    const size_t lines = (size_t)d->lines;
    const bool apart = p->h.dilation > 1 && p->h.stride > 1; /* rows share no lines */
    p->group_step = (size_t)p->h.filter < lines && lines > 2 ? lines / 2 : lines;
    p->line_step = p->h.dilation == 1 ? (size_t)p->h.stride : 1;
    p->phases = 1;
    while (p->phases * p->line_step % p->group_step != 0)
        p->phases++;
    p->row_step = apart ? 1 : (size_t)p->h.dilation;
    p->run = apart ? 1 : ((size_t)p->h.out + p->row_step - 1) / p->row_step;
    p->columns = (size_t)p->w.out;
    while (p->columns > 8 && !fits(p, d, p->run > 1 ? 2 : 1, p->columns))
        p->columns = (p->columns + 1) / 2;
    p->width = tile_width(p, p->columns);
    p->rows = 1;
    while (p->rows < p->run && fits(p, d, p->rows + 1, p->columns))
        p->rows++;
    share_rows(p, threads);
    p->groups = tile_groups(p, lines, p->rows);
}

static ln_status shape_plan(const ln_cpu_kernel *k, plan *p, const ln_call *c)
{
    const ln_shape x = ln_shape_of(c->in[X]), w = ln_shape_of(c->in[W]);
    ln_window windows[2];
    LN_TRY(ln_cpu_depthwise_windows(k, c, windows));
    p->batches = (size_t)x.dim[0];
    p->cin = (size_t)x.dim[3];
    p->channels = (size_t)w.dim[3];
    p->multiplier = p->channels / p->cin;
    p->h = windows[0];
    p->w = windows[1];
    return LN_OK;
}

static void set_zeros(plan *p, const ln_depthwise_q8 *d, const TfLiteTensor *x)
{
    const bool uint8 = x->type == kTfLiteUInt8;
    const int zero = ln_channel_zero(x, 0);
    p->value = d->form == LN_Q8_CENTERED ? sizeof(int16_t) : 1;
    p->pad = (uint8_t)zero;
    p->flip = (d->form == LN_Q8_SIGNED) == uint8 ? 0x80 : 0;
    p->take_zero = zero + (p->flip == 0 ? 0 : d->form == LN_Q8_SIGNED ? -128 : 128);
    p->x_zero = d->form == LN_Q8_CENTERED ? 0 : p->take_zero;
}

/* One thread's: the groups of a tile, their lines where they have to be copied, sums. */
typedef struct areas {
    uint8_t *groups, *lines;
    int32_t *sums;
} areas;

static bool lay_out(const plan *p, const ln_depthwise_q8 *d, uint8_t *at, areas *a, size_t *total)
{
    const size_t block = (size_t)d->block, lines = (size_t)d->lines;
    size_t used = 0;
    a->groups = at;
    if (!ln_cpu_depthwise_q8_area(&used, p->groups * p->width, block * lines * p->value))
        return false;
    a->lines = at + used;
    if (!ln_cpu_depthwise_q8_area(&used, p->width * lines, block))
        return false;
    a->sums = (int32_t *)(void *)(at + used);
    *total = used;
    return ln_cpu_depthwise_q8_area(total, p->rows * p->columns, block * sizeof(int32_t));
}

static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    plan *p = k->plan;
    const ln_depthwise_q8 *d = &k->fn->depthwise_q8;
    const TfLiteTensor *w = c->in[W];
    size_t all;
    areas a;
    if (!ln_known(c, W) || !w->data.raw || (ln_has(c, B) && !ln_known(c, B)))
        return LN_ERR_UNSUPPORTED;
    LN_TRY(shape_plan(k, p, c));
    set_zeros(p, d, c->in[X]);
    p->blocks = (p->channels + (size_t)d->block - 1) / (size_t)d->block;
    shape_tile(p, d, (size_t)k->threads);
    k->work = (double)ln_count(c->out[0]) * ((double)p->h.filter * p->w.filter + OUTPUT_COST);
    if (!lay_out(p, d, NULL, &a, &p->scratch_bytes) || p->scratch_bytes > MOST_BYTES)
        return LN_ERR_UNSUPPORTED;
    if (!ln_align_size(k->scratch_bytes, 64, &p->scratch_at) ||
        !ln_mul_size(p->scratch_bytes, (size_t)k->threads, &all) ||
        !ln_add_size(p->scratch_at, all, &k->scratch_bytes))
        LN_FAIL(c, LN_ERR_MEMORY, "the lines of a depthwise convolution are too large");
    return ln_cpu_depthwise_q8_pack(k, c, p);
}

/* ---- run ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    const uint8_t *x, *end;
    uint8_t *y;
    int ring;                     /* line i of an image lies as line i modulo this */
    size_t bands, chunks, strips; /* tiles one below the other, beside each other; of channels */
} job;

typedef struct tile {
    const uint8_t *x; /* its image */
    size_t y;         /* outputs before that image's */
    size_t row, rows; /* of output */
    size_t first;     /* the row of output that is first in memory */
    size_t column, columns, groups;
    /* set by set_columns: those of its groups, outside of the image on the left and inside of it;
     * the image's, where they begin inside */
    size_t width, left, middle, from;
} tile;

/* The block's bytes of `columns` columns from `from` on, for a line that cannot be used as it
 * lies: channels are to be repeated, or it ends where the image does. */
static void copy_line(const plan *p, const uint8_t *from, size_t first, size_t n, size_t columns,
                      size_t block, uint8_t *to)
{
    for (size_t i = 0; i < columns; i++, from += p->cin, to += block)
        for (size_t c = 0; c < n; c++)
            to[c] = from[(first + c) / p->multiplier];
}

static void set_columns(const plan *p, tile *t)
{
    const ptrdiff_t x = (ptrdiff_t)t->column * p->w.stride - p->w.pad;
    t->width = tile_width(p, t->columns);
    t->left = x < 0 ? LN_MIN((size_t)-x, t->width) : 0;
    t->from = (size_t)(x + (ptrdiff_t)t->left);
    const size_t inside = t->from < (size_t)p->w.in ? (size_t)p->w.in - t->from : 0;
    t->middle = LN_MIN(inside, t->width - t->left);
}

/* The columns of a group that are outside of the image on the left and on the right; the same for
 * all blocks of channels. */
static void make_edges(const job *j, const tile *t, uint8_t *to)
{
    const plan *p = j->p;
    const ln_depthwise_q8 *d = &j->k->fn->depthwise_q8;
    const size_t column = (size_t)d->block * (size_t)d->lines * p->value;
    const size_t end = t->left + t->middle, none[LN_DEPTHWISE_MAX_LINES] = {0};
    const uint8_t *pads[LN_DEPTHWISE_MAX_LINES];
    for (size_t i = 0; i < (size_t)d->lines; i++)
        pads[i] = p->pads;
    d->interleave(to, pads, none, t->left, p->flip, p->take_zero);
    d->interleave(to + end * column, pads, none, t->width - end, p->flip, p->take_zero);
}

/* Interleaves what a group of a tile, whose first line is image line `y`, sees of the image;
 * `first`: channel. */
static void make_group(const job *j, const tile *t, const areas *a, ptrdiff_t y, size_t first,
                       uint8_t *to)
{
    const plan *p = j->p;
    const ln_depthwise_q8 *d = &j->k->fn->depthwise_q8;
    const size_t block = (size_t)d->block, n = LN_MIN(block, p->channels - first);
    const uint8_t *line[LN_DEPTHWISE_MAX_LINES];
    size_t step[LN_DEPTHWISE_MAX_LINES];
    for (size_t i = 0; i < (size_t)d->lines; i++, y += p->h.dilation) {
        line[i] = p->pads;
        step[i] = 0;
        if (y < 0 || y >= p->h.in)
            continue;
        const size_t there = (size_t)(y < j->ring ? y : y % j->ring);
        const uint8_t *from = t->x + (there * (size_t)p->w.in + t->from) * p->cin;
        line[i] = from + first;
        step[i] = p->cin;
        if (p->multiplier == 1 && (size_t)(j->end - line[i]) >= (t->middle - 1) * p->cin + block)
            continue;
        uint8_t *copy = a->lines + i * p->width * block;
        copy_line(p, from, first, n, t->middle, block, copy);
        line[i] = copy;
        step[i] = block;
    }
    d->interleave(to, line, step, t->middle, p->flip, p->take_zero);
}

/* `begins`: no block of this tile was before. */
static void run_block(const job *j, const tile *t, const areas *a, size_t b, bool begins)
{
    const plan *p = j->p;
    const ln_depthwise_q8 *d = &j->k->fn->depthwise_q8;
    const size_t block = (size_t)d->block, column = block * (size_t)d->lines * p->value;
    const size_t group = p->width * column;
    const size_t first = b * block, n = LN_MIN(block, p->channels - first);
    const size_t sums = t->columns * block;
    const ptrdiff_t y = (ptrdiff_t)t->row * p->h.stride - p->h.pad;
    for (size_t g = 0; g < t->groups && begins; g++)
        make_edges(j, t, a->groups + g * group);
    for (size_t g = 0; g < t->groups && t->middle > 0; g++)
        make_group(j, t, a, y + (ptrdiff_t)(g * p->group_step) * p->h.dilation, first,
                   a->groups + g * group + t->left * column);
    /* rows of the same phase lie `phases` rows apart */
    const size_t phases = LN_MIN(p->phases, t->rows);
    for (size_t r = 0; r < phases; r++) {
        const size_t line = r * p->line_step, phase = line % p->group_step;
        const size_t tap = p->first[phase][b];
        const ln_depthwise_rows rows = {
            .x = a->groups + line / p->group_step * group,
            .x_step = (size_t)p->w.stride * column,
            .x_row = p->phases * p->line_step / p->group_step * group,
            .outputs = t->columns,
            .rows = (t->rows - r + p->phases - 1) / p->phases,
            .sums = a->sums + r * sums,
            .sums_row = p->phases * sums,
            .n = n,
            .taps = p->first[phase][b + 1] - tap,
            .offset = p->offsets[phase] + tap,
            .weights = p->weights[phase] + tap * column,
            .bias = p->bias + first,
        };
        d->run(&rows);
    }
    /* whole rows, one below the other, are one run of pixels */
    const bool whole = t->columns == (size_t)p->w.out && p->row_step == 1;
    for (size_t r = 0; r < (whole ? 1 : t->rows); r++) {
        const size_t row = t->row - t->first + r * p->row_step;
        const size_t pixel = row * (size_t)p->w.out + t->column;
        const ln_q8_sums outputs = {
            .x = a->sums + r * sums,
            .ldx = block,
            .m = (whole ? t->rows : 1) * t->columns,
            .n = n,
            .first = first,
            .y = j->y,
            .y_at = (t->y + pixel) * p->channels + first,
            .ldy = p->channels,
        };
        ln_q8_tail_run(&p->tail, j->k->fn, &outputs);
    }
}

/* What follows the node, for channels [first, last) of a tile. */
static void run_tail(const job *j, const tile *t, size_t first, size_t last, int thread)
{
    const plan *p = j->p;
    for (size_t r = 0; j->k->tail && r < t->rows; r++) {
        const size_t pixel = (t->row + r * p->row_step) * (size_t)p->w.out + t->column;
        const ln_cpu_block done = {.row = t->y + pixel,
                                   .rows = t->columns,
                                   .col = first,
                                   .cols = LN_MIN(last, p->channels) - first,
                                   .ld = p->channels};
        ln_cpu_tail_run(j->k, &done, thread);
    }
}

static void run_items(void *arg, size_t from, size_t to, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    const ln_depthwise_q8 *d = &j->k->fn->depthwise_q8;
    const size_t image = (size_t)p->h.in * (size_t)p->w.in * p->cin;
    uint8_t *scratch = (uint8_t *)j->k->scratch + p->scratch_at + (size_t)thread * p->scratch_bytes;
    size_t unused;
    areas a;
    (void)lay_out(p, d, scratch, &a, &unused);
    for (size_t i = from; i < to; i++) {
        const size_t strip = i % j->strips, chunk = i / j->strips % j->chunks;
        const size_t band = i / j->strips / j->chunks % j->bands;
        const size_t batch = i / j->strips / j->chunks / j->bands;
        tile t = {.x = j->x + batch * image, .y = batch * (size_t)p->h.out * (size_t)p->w.out};
        t.row = band % p->row_step + band / p->row_step * p->rows * p->row_step;
        t.column = chunk * p->columns;
        if (t.row >= (size_t)p->h.out)
            continue;
        t.rows = LN_MIN(p->rows, ((size_t)p->h.out - t.row + p->row_step - 1) / p->row_step);
        t.columns = LN_MIN(p->columns, (size_t)p->w.out - t.column);
        set_columns(p, &t);
        t.groups = t.rows == p->rows ? p->groups : tile_groups(p, (size_t)d->lines, t.rows);
        const size_t begin = p->blocks * strip / j->strips;
        const size_t end = p->blocks * (strip + 1) / j->strips;
        for (size_t b = begin; b < end; b++)
            run_block(j, &t, &a, b, b == begin);
        run_tail(j, &t, begin * (size_t)d->block, end * (size_t)d->block, thread);
    }
}

void ln_cpu_depthwise_q8_run_lines(const ln_cpu_kernel *k, const plan *p,
                                   const ln_cpu_depthwise_q8_run *r,
                                   const ln_cpu_depthwise_lines *lines, int thread)
{
    const ln_depthwise_q8 *d = &k->fn->depthwise_q8;
    const job j = {.k = k, .p = p, .x = r->x, .end = r->end, .y = r->y, .ring = lines->ring};
    uint8_t *scratch = (uint8_t *)k->scratch + p->scratch_at + (size_t)thread * p->scratch_bytes;
    const size_t begin = (size_t)lines->begin, end = (size_t)lines->end, width = (size_t)p->w.out;
    size_t unused;
    areas a;
    (void)lay_out(p, d, scratch, &a, &unused);
    tile t = {.x = r->x, .first = begin};
    for (t.row = begin; t.row < end; t.row += t.rows) {
        t.rows = LN_MIN(p->rows, end - t.row);
        t.groups = tile_groups(p, (size_t)d->lines, t.rows);
        for (t.column = 0; t.column < width; t.column += p->columns) {
            t.columns = LN_MIN(p->columns, width - t.column);
            set_columns(p, &t);
            for (size_t b = 0; b < p->blocks; b++)
                run_block(&j, &t, &a, b, b == 0);
        }
    }
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    const TfLiteTensor *x = c->in[X];
    const size_t threads = (size_t)k->threads, runs = ((size_t)p->h.out + p->rows - 1) / p->rows;
    job j = {.k = k,
             .p = p,
             .x = x->data.uint8,
             .end = x->data.uint8 + ln_count(x),
             .y = c->out[0]->data.uint8,
             .ring = p->h.in,
             .bands = p->run == 1 ? runs : (p->run + p->rows - 1) / p->rows * p->row_step,
             .chunks = ((size_t)p->w.out + p->columns - 1) / p->columns,
             .strips = 1};
    const size_t tiles = p->batches * j.bands * j.chunks;
    ln_pool *pool = k->work < (double)ln_cpu_small(k, SMALL) ? NULL : k->pool;
    if (pool && tiles < 4 * threads)
        j.strips = LN_MIN(p->blocks, (4 * threads + tiles - 1) / tiles);
    const size_t items = tiles * j.strips;
    ln_parallel_for(pool, items, ln_cpu_items_at_once(pool, items), run_items, &j);
}

const ln_cpu_row ln_cpu_depthwise_conv_q8 = {
    .op = &ln_op_depthwise_conv_2d,
    .name = "DEPTHWISE_CONV_2D 8-bit",
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL | LN_CPU_PAD | LN_CPU_BLOCKS,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
