/* SPDX-License-Identifier: Apache-2.0 */
/* product_s16.c: see product_s16.h.  Sums of 32 bits are enough where a column's weights, all times
 * the largest x, and its bias stay below 2^31, which is nearly always.  Otherwise k is cut into
 * chunks for which it holds, and their sums are added up in 64 bits. */
#include "cpu/product_s16.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/file.h"
#include "base/hash.h"
#include "ops/scratch.h"

enum { X, W, B };
enum { MAX_X = 32768 };
/* Bytes of images that a thread copies at a time. */
enum { FRAME_BYTES = 64 * 1024 };

static const int64_t LIMIT = INT32_MAX;

bool ln_cpu_s16_claims(const ln_call *c)
{
    if (c->n_in < 2 || !c->params || !ln_has(c, X) || !ln_has(c, W))
        return false;
    return c->in[X]->type == kTfLiteInt16 && c->out[0]->type == kTfLiteInt16 &&
           (c->in[W]->type == kTfLiteInt8 || c->in[W]->type == kTfLiteInt4);
}

/* ---- packing ---- */

static int64_t bias_of(const ln_call *c, size_t i)
{
    return ln_add_bias(0, ln_has(c, B) ? c->in[B] : NULL, (int)i);
}

/* The largest sum that may come from a column. */
static int64_t reach(const int8_t *w, size_t k)
{
    enum { BLOCK = 64 }; /* so that it is vectorized */
    int64_t sum = 0;
    for (; k >= BLOCK; k -= BLOCK, w += BLOCK) {
        uint16_t block = 0;
        for (int s = 0; s < BLOCK; s++)
            block = (uint16_t)(block + (uint8_t)(w[s] < 0 ? -w[s] : w[s]));
        sum += block;
    }
    for (size_t s = 0; s < k; s++)
        sum += abs(w[s]);
    return sum * MAX_X;
}

/* What sums need: 32 bits; 64; 64, of chunks. */
typedef enum width { NARROW, WIDE, IN_CHUNKS, WIDTHS } width;

static void set_width(const ln_cpu_s16_parts *parts, width w)
{
    enum { ANY = 256 }; /* so many products of any weights fit */
    for (size_t i = 0; i < parts->count; i++) {
        ln_cpu_s16 *p = &parts->at[i];
        ln_cpu_int_product *q = &p->product;
        p->wide = w != NARROW;
        q->chunk = w == IN_CHUNKS ? ANY : LN_MAX(p->k, (size_t)1);
        q->chunks = (p->k + q->chunk - 1) / q->chunk;
    }
}

/* Weights are read only where it matters which they are. */
static width width_of(const ln_call *c, const ln_cpu_columns *columns)
{
    const int64_t most = LN_MIN((int64_t)columns->k, LIMIT) * -INT8_MIN * MAX_X;
    width w = NARROW;
    for (size_t i = 0; i < columns->n; i++) {
        const int64_t bias = bias_of(c, i);
        if (bias <= LIMIT - most && bias >= most - LIMIT)
            continue;
        const int64_t far = reach(ln_cpu_column(columns, i), columns->k);
        if (far > LIMIT)
            return IN_CHUNKS;
        if (bias > LIMIT - far || bias < far - LIMIT)
            w = WIDE;
    }
    return w;
}

/* Of a column whose sums are scaled one by one. */
typedef struct scale {
    ln_mult m;
    double real;
} scale;

static size_t padded_columns(const ln_cpu_s16 *p)
{
    return (p->n + 15) / 16 * 16;
}

/* Sums that are scaled one by one. */
static bool one_by_one(const ln_cpu_s16 *p)
{
    return p->wide || p->real;
}

/* The constants of ln_s16_scales: three arrays of columns, filled up. */
static void pack_scales(const ln_call *c, const ln_cpu_s16 *p, const ln_requant *q, int32_t *bias)
{
    int32_t *mul = bias + padded_columns(p), *shift = mul + padded_columns(p);
    for (size_t i = 0; i < p->n; i++) {
        bias[i] = (int32_t)bias_of(c, i);
        ln_mult_q64(q[i].m, &mul[i], &shift[i]);
    }
}

static bool is_right(const scale *q)
{
    return q->m.mul >= 0 && q->m.shift >= -31 && q->m.shift <= 30 && q->real >= 0 &&
           q->real <= DBL_MAX;
}

/* True where constants from the cache can be computed with. */
static bool check_scales(const ln_cpu_s16 *p, const void *packed)
{
    const int32_t *mul = (const int32_t *)packed + padded_columns(p);
    const int32_t *shift = mul + padded_columns(p);
    bool right = true;
    for (size_t i = 0; i < p->n && one_by_one(p); i++)
        right &= is_right((const scale *)packed + i);
    for (size_t i = 0; i < p->n && !one_by_one(p); i++)
        right &= mul[i] >= 0 && mul[i] < 1 << 15 && shift[i] > 0 && shift[i] < 62;
    return right;
}

static bool place_panels(const ln_cpu_kernel *k, ln_cpu_s16 *p, ln_scratch *s)
{
    const ln_gemm_s16 *g = &k->fn->gemm_s16;
    ln_cpu_int_product *q = &p->product;
    const size_t columns = p->n / p->groups;
    size_t bytes;
    if (p->k > SIZE_MAX / 2 || !ln_mul_size(p->n + g->nr * p->groups, p->k + g->kr, &bytes))
        return false;
    q->chunk_bytes = ln_gemm_s16_panel(g, q->chunk);
    q->panel_bytes =
        (q->chunks - 1) * q->chunk_bytes + ln_gemm_s16_panel(g, p->k - (q->chunks - 1) * q->chunk);
    p->group_bytes = (columns + g->nr - 1) / g->nr * q->panel_bytes;
    p->panels_at = s->used;
    ln_scratch_take(s, (int64_t)p->groups, p->group_bytes);
    return s->used < SIZE_MAX;
}

/* Offsets in the packed constants: of what all parts share, first, then of their panels. */
static bool place(const ln_cpu_kernel *k, const ln_cpu_s16_parts *parts, size_t *bytes)
{
    const ln_cpu_s16 *p = parts->at;
    ln_scratch s = {0};
    if (one_by_one(p))
        ln_scratch_take(&s, (int64_t)p->n, sizeof(scale));
    else
        ln_scratch_take(&s, (int64_t)padded_columns(p), 3 * sizeof(int32_t));
    for (size_t i = 0; i < parts->count; i++)
        if (!place_panels(k, &parts->at[i], &s))
            return false;
    *bytes = s.used;
    return true;
}

/* What a part packs, once its width is known, to `to`; NULL: finds that width. */
static ln_status visit(const ln_call *c, const ln_cpu_s16_parts *parts, uint8_t *to, width *w)
{
    for (size_t i = 0; i < parts->count; i++) {
        const ln_cpu_s16 *p = &parts->at[i];
        TfLiteTensor own = {.type = kTfLiteInt8};
        ln_cpu_columns columns = {c->in[W], p->n, p->k, p->groups, NULL};
        if (parts->weights) {
            own.data.int8 = parts->weights(parts->user, i);
            columns.w = &own;
        }
        if (!ln_cpu_columns_open(&columns))
            return LN_ERR_MEMORY;
        if (to)
            ln_cpu_columns_pack(&columns, &p->product, to + p->panels_at);
        else
            *w = LN_MAX(*w, width_of(c, &columns));
        ln_cpu_columns_close(&columns);
    }
    return LN_OK;
}

/* For the weight cache. */
static uint64_t form_of(const ln_cpu_s16_parts *parts, width w)
{
    uint64_t form = w;
    for (size_t i = 0; i < parts->count; i++)
        form = ln_hash(&parts->at[i].k, sizeof parts->at[i].k, form);
    return form;
}

/* What the cache has, whatever sums need. */
static bool find_packed(ln_cpu_kernel *k, const void *of, const ln_cpu_s16_parts *parts)
{
    for (width w = NARROW; w < WIDTHS && k->cache; w++) {
        size_t bytes, size;
        void *found = ln_cpu_packed_before(k, of, form_of(parts, w), &size);
        set_width(parts, w);
        if (found && place(k, parts, &bytes) && bytes == size && check_scales(parts->at, found)) {
            ln_cpu_pack_found(k, found, of);
            return true;
        }
    }
    return false;
}

static ln_status fill(const ln_call *c, const ln_requant *q, const ln_cpu_s16_parts *parts, width w,
                      uint8_t *to)
{
    const ln_cpu_s16 *p = parts->at;
    memset(to, 0, p->panels_at);
    for (size_t i = 0; i < p->n && one_by_one(p); i++)
        ((scale *)(void *)to)[i] = (scale){q[i].m, q[i].real};
    if (!one_by_one(p))
        pack_scales(c, p, q, (int32_t *)(void *)to);
    return visit(c, parts, to, &w);
}

static ln_status pack_anew(ln_cpu_kernel *k, const ln_call *c, const ln_requant *q,
                           const ln_cpu_s16_parts *parts)
{
    size_t bytes;
    width w = NARROW;
    LN_TRY(visit(c, parts, NULL, &w));
    set_width(parts, w);
    if (!place(k, parts, &bytes))
        return LN_ERR_MEMORY;
    uint8_t *to = ln_cpu_pack_anew(k, bytes, c->in[W]->data.raw, form_of(parts, w));
    return to ? fill(c, q, parts, w, to) : LN_ERR_MEMORY;
}

/* ---- packing in the first run ---- */

/* A model would start several times as fast, and nobody else packs these: weights as they lie in
 * the file can wait.  Only small ones need no memory to be read. */
static bool may_be_late(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_s16_parts *parts)
{
    enum { LEAST = 16 * 1024 };
    const TfLiteTensor *w = c->in[W];
    return !k->cache && !parts->weights && w->type == kTfLiteInt8 && w->bytes >= LEAST &&
           w->allocation_type == kTfLiteMmapRo && w->allocation;
}

/* Room for whatever width, and for scales, where panels will be; nothing is written. */
static ln_status reserve(ln_cpu_kernel *k, const ln_call *c, TfLiteFusedActivation act,
                         const ln_cpu_s16_parts *parts)
{
    ln_cpu_s16 *p = parts->at;
    const size_t scales = p->n * sizeof(ln_requant);
    size_t most = 0, head = 0, bytes;
    for (width w = WIDTHS; w-- > NARROW;) {
        set_width(parts, w);
        if (!place(k, parts, &bytes))
            return LN_ERR_MEMORY;
        most = LN_MAX(most, bytes);
        head = LN_MAX(head, p->panels_at);
    }
    most = LN_MAX(most, head + scales);
    p->late_at = (most - scales) / sizeof(int64_t) * sizeof(int64_t);
    p->late = true;
    p->act = act;
    return ln_cpu_pack_room(k, most, c->in[W]->data.raw) ? LN_OK : LN_ERR_MEMORY;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, TfLiteFusedActivation act,
                      const ln_cpu_s16_parts *parts)
{
    const TfLiteTensor *w = c->in[W];
    ln_call call = *c;
    int32_t min, max;
    LN_TRY(ln_activation_range_q(&call, act, c->out[0], &min, &max));
    for (size_t i = 0; i < parts->count; i++) {
        parts->at[i].min = min;
        parts->at[i].max = max;
    }
    if (ln_cpu_is_packed(k, w))
        return LN_OK;
    parts->at->late = false;
    if (find_packed(k, w->data.raw, parts))
        return LN_OK;
    const size_t n = parts->at->n;
    ln_requant *q = ln_new(&ln_alloc_default, n, sizeof *q);
    ln_status status = q ? ln_requant_fill(&call, c->in[X], w, (int)n, act, q) : LN_ERR_MEMORY;
    if (status == LN_OK)
        status = may_be_late(k, c, parts) ? reserve(k, c, act, parts) : pack_anew(k, c, q, parts);
    ln_free(&ln_alloc_default, q);
    return status;
}

typedef struct finish {
    const ln_call *c;
    const ln_cpu_s16 *p;
    const scale *one; /* of sums that are scaled one by one; else */
    ln_s16_scales scales;
    const int16_t *x;      /* from the group's first channel on */
    const uint8_t *frames; /* likewise */
    int16_t *y;            /* from its first column on */
    size_t first;          /* that column */
} finish;

/* Windows of one image after the other. */
static void gather(const ln_cpu_kernel *k, const void *user, const ln_cpu_wanted *w)
{
    const finish *f = user;
    const ln_cpu_frame *g = &f->p->frame;
    const size_t per_image = f->p->product.m / f->p->images, row = w->ld * sizeof(int16_t);
    (void)k;
    for (size_t i = 0, n; i < w->rows; i += n) {
        const size_t image = (w->row + i) / per_image, first = w->row + i - image * per_image;
        n = LN_MIN(w->rows - i, per_image - first);
        ln_cpu_frame_rows(g, f->frames + image * ln_cpu_frame_bytes(g), first, n,
                          (uint8_t *)w->to + i * row, row);
    }
}

typedef struct framing {
    const ln_cpu_frame *frame;
    const uint8_t *x;
    uint8_t *to;
} framing;

/* Lines [begin, end) of all images' frames. */
static void frame_lines(void *arg, size_t begin, size_t end, int thread)
{
    const framing *f = arg;
    const ln_cpu_frame *g = f->frame;
    const size_t height = (size_t)g->h.in, line = (size_t)g->w.in * g->pixel;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        const size_t image = i / g->lines, at = i % g->lines;
        uint8_t *frame = f->to + image * ln_cpu_frame_bytes(g);
        ln_cpu_frame_surround(g, frame, at, at + 1, 0);
        if (at >= g->top && at < g->top + height)
            memcpy(frame + at * g->line + g->left, f->x + (image * height + at - g->top) * line,
                   line);
    }
}

/* ---- planning ---- */

static bool is_symmetric(const TfLiteTensor *t)
{
    return ln_same_zeros(t) && ln_channel_zero(t, 0) == 0;
}

/* Constants, and no zero points. */
static bool fits(const ln_call *c)
{
    return ln_known(c, W) && c->in[W]->data.raw && is_symmetric(c->in[X]) &&
           is_symmetric(c->in[W]) && is_symmetric(c->out[0]) &&
           (!ln_has(c, B) || (ln_known(c, B) && c->in[B]->data.raw));
}

/* What a part needs for a run, where all of them have the same scratch memory. */
static ln_status plan_part(const ln_cpu_kernel *k, ln_cpu_s16 *p, size_t *sums, size_t *wide)
{
    ln_cpu_int_product *q = &p->product;
    size_t bytes;
    q->n = p->n / p->groups;
    q->k = q->depth = p->k;
    q->ldc = p->n;
    q->fill = p->gathers ? gather : NULL;
    q->size = sizeof(int16_t);
    LN_TRY(ln_cpu_int_product_plan(k, q, &bytes));
    *sums = LN_MAX(*sums, bytes);
    *wide = LN_MAX(*wide, p->wide ? q->rows * q->s16->nr : 0);
    return LN_OK;
}

ln_status ln_cpu_s16_plan(ln_cpu_kernel *k, const ln_call *c, TfLiteFusedActivation act,
                          const ln_cpu_s16_parts *parts)
{
    const ln_cpu_s16 *p = parts->at;
    size_t sums = 0, wide = 0;
    ln_scratch s = {0};
    const size_t n = (size_t)ln_shape_of(c->in[W]).dim[0];
    if (n == 0 || !fits(c))
        return LN_ERR_UNSUPPORTED;
    for (size_t i = 0; i < parts->count; i++) {
        parts->at[i].n = n;
        parts->at[i].product.s16 = &k->fn->gemm_s16;
        if (parts->at[i].k == 0)
            return LN_ERR_UNSUPPORTED;
    }
    LN_TRY(pack(k, c, act, parts));
    for (width w = WIDTHS; p->late && w-- > NARROW;) {
        set_width(parts, w);
        LN_TRY(plan_part(k, parts->at, &sums, &wide));
    }
    for (size_t i = 0; i < parts->count && !p->late; i++)
        LN_TRY(plan_part(k, &parts->at[i], &sums, &wide));
    ln_scratch_take(&s, (int64_t)sums, 1);
    const size_t wide_at = s.used;
    ln_scratch_take(&s, (int64_t)wide * k->threads, sizeof(int64_t));
    for (size_t i = 0; i < parts->count; i++) {
        parts->at[i].wide_at = wide_at;
        parts->at[i].frames_at = s.used;
    }
    if (p->gathers)
        ln_scratch_take(&s, (int64_t)p->images, ln_cpu_frame_bytes(&p->frame));
    k->scratch_bytes = s.used;
    return s.used < SIZE_MAX ? LN_OK : LN_ERR_MEMORY;
}

/* Pages of the file that have been read, and those that came with them. */
static void forget(const TfLiteTensor *t)
{
    enum { WITH = 64 * 1024 };
    const ln_file *file = t->allocation;
    const size_t at = file ? (uintptr_t)t->data.raw - (uintptr_t)file->data : 0;
    if (!file || at > file->size || t->bytes > file->size - at)
        return;
    const size_t from = at - LN_MIN(at, (size_t)WITH);
    const size_t to = at + t->bytes + LN_MIN(file->size - at - t->bytes, (size_t)WITH);
    ln_file_forget(file, file->data + from, to - from);
}

/* Nothing in here allocates, and each width has been planned. */
static void pack_late(const ln_cpu_kernel *k, const ln_call *c, ln_cpu_s16 *p)
{
    const ln_cpu_s16_parts parts = {.at = p, .count = 1};
    const TfLiteTensor *weights = c->in[W];
    uint8_t *to = k->packed;
    ln_requant *q = (ln_requant *)(void *)(to + p->late_at);
    ln_call call = *c;
    size_t bytes, sums = 0, wide = 0;
    width w = NARROW;
    (void)!ln_requant_fill(&call, c->in[X], weights, (int)p->n, p->act, q);
    (void)!visit(c, &parts, NULL, &w);
    set_width(&parts, w);
    place(k, &parts, &bytes);
    (void)!plan_part(k, p, &sums, &wide);
    (void)!fill(c, q, &parts, w, to);
    forget(weights);
    if (ln_has(c, B))
        forget(c->in[B]);
    p->late = false;
}

/* ---- running ---- */

/* Row `row` of the part from the group's first column on. */
static int16_t *row_of(const finish *f, size_t row)
{
    const ln_cpu_s16 *p = f->p;
    return f->y + row / p->width * p->line + row % p->width * p->ld;
}

static void finish_narrow(const ln_cpu_kernel *k, const void *user, const ln_cpu_sums *s)
{
    const finish *f = user;
    ln_s16_scales scales = f->scales;
    scales.bias += s->col;
    scales.mul += s->col;
    scales.shift += s->col;
    for (size_t i = 0, n; i < s->rows; i += n) {
        n = LN_MIN(s->rows - i, f->p->width - (s->row + i) % f->p->width);
        k->fn->s16.scale(row_of(f, s->row + i) + s->col, f->p->ld, s->at + i * s->ld, s->ld, n,
                         s->cols, &scales);
    }
}

static int16_t finish_one(const finish *f, size_t i, int64_t acc)
{
    const TfLiteTensor *bias = ln_has(f->c, B) ? f->c->in[B] : NULL;
    const scale *s = &f->one[i];
    const ln_requant q = {.m = s->m, .min = f->p->min, .max = f->p->max, .real = s->real};
    acc = ln_add_bias(acc, bias, (int)i);
    if (!f->p->real)
        return (int16_t)ln_requantize64(&q, acc);
    const TfLiteFullyConnectedParams *p = f->c->params;
    const bool narrow = p->quantized_bias_type == kTfLiteInt32;
    return (int16_t)ln_requantize_real(&q, narrow ? (int32_t)(uint32_t)(uint64_t)acc : acc);
}

/* Sums of one chunk after the other are added up before they are scaled. */
static void finish_wide(const ln_cpu_kernel *k, const void *user, const ln_cpu_sums *s)
{
    const finish *f = user;
    const ln_cpu_int_product *q = &f->p->product;
    const bool last = s->chunk + 1 == q->chunks;
    int64_t *sums = (int64_t *)(void *)((uint8_t *)k->scratch + f->p->wide_at) +
                    (size_t)s->thread * q->rows * s->ld;
    for (size_t i = 0; i < s->rows; i++) {
        int16_t *y = row_of(f, s->row + i) + s->col;
        for (size_t j = 0; j < s->cols; j++) {
            int64_t *sum = &sums[i * s->ld + j];
            *sum = (s->chunk ? *sum : 0) + s->at[i * s->ld + j];
            if (last)
                y[j] = finish_one(f, f->first + s->col + j, *sum);
        }
    }
}

static void finish_real(const ln_cpu_kernel *k, const void *user, const ln_cpu_sums *s)
{
    const finish *f = user;
    (void)k;
    for (size_t i = 0; i < s->rows; i++) {
        int16_t *y = row_of(f, s->row + i) + s->col;
        for (size_t j = 0; j < s->cols; j++)
            y[j] = finish_one(f, f->first + s->col + j, s->at[i * s->ld + j]);
    }
}

void ln_cpu_s16_frame(const ln_cpu_kernel *k, const ln_cpu_s16 *p, const int16_t *x)
{
    const framing f = {&p->frame, (const uint8_t *)x, (uint8_t *)k->scratch + p->frames_at};
    if (p->gathers)
        ln_parallel_for(k->pool, p->images * p->frame.lines, FRAME_BYTES / (p->frame.line + 1) + 1,
                        frame_lines, (void *)&f);
}

void ln_cpu_s16_run(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_s16 *p, const int16_t *x,
                    int16_t *y)
{
    if (p->late)
        pack_late(k, c, (ln_cpu_s16 *)(uintptr_t)p); /* it is in the kernel's plan */
    const uint8_t *packed = k->packed;
    const int32_t *bias = k->packed;
    const size_t padded = padded_columns(p), columns = p->n / p->groups;
    finish f = {c,         p,
                k->packed, {bias, bias + padded, bias + 2 * padded, p->min, p->max},
                x,         (const uint8_t *)k->scratch + p->frames_at + p->window_at,
                y,         0};
    ln_cpu_int_product q = p->product;
    q.panels = packed + p->panels_at;
    q.scratch = k->scratch;
    q.finish = p->wide ? finish_wide : p->real ? finish_real : finish_narrow;
    q.user = &f;
    for (size_t group = 0; group < p->groups; group++) {
        q.a = (const uint8_t *)f.x;
        q.first = f.first;
        ln_cpu_int_product_run(k, &q);
        f.x += p->frame.part / sizeof *f.x;
        f.frames += p->frame.part;
        q.panels += p->group_bytes;
        f.first += columns;
        f.y += columns;
        f.scales.bias += columns;
        f.scales.mul += columns;
        f.scales.shift += columns;
    }
}
