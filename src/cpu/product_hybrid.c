/* SPDX-License-Identifier: Apache-2.0 */
/* product_hybrid.c: see product_hybrid.h.
 *
 * Products run on the 8-bit tiles (kernels/gemm_q8.h).  Where these take int16, values have their
 * zero point taken off; where they take bytes, each row's sums are too large by its zero point
 * (plus 128 where bytes are unsigned) times the sum of a column's weights, which is taken off when
 * sums become floats. */
#include "cpu/product_hybrid.h"

#include <string.h>

#include "base/checked.h"
#include "cpu/share.h"
#include "ops/scratch.h"

enum { X, W, B };
/* Floats of an image that a thread looks at at a time. */
enum { GRAIN = 16 * 1024, MAX_PIECES = 32 };
/* Fewer rows, or shorter ones, are not worth setting up tiles. */
enum { LIGHT_ROWS = 16, LIGHT_DEPTH = 32 };

static const ln_alloc *const heap = &ln_alloc_default;

bool ln_cpu_hybrid_claims(const ln_call *c, TfLiteFusedActivation act,
                          TfLiteQuantizationType quantization)
{
    if (c->n_in < 2 || !ln_has(c, X) || !ln_has(c, W))
        return false;
    return c->in[X]->type == kTfLiteFloat32 && c->out[0]->type == kTfLiteFloat32 &&
           (c->in[W]->type == kTfLiteInt8 || c->in[W]->type == kTfLiteInt4) &&
           c->in[W]->quantization.type == quantization &&
           (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32) && act != kTfLiteActTanh &&
           act != kTfLiteActSignBit && act != kTfLiteActSigmoid;
}

bool ln_cpu_hybrid_asymmetric(const TfLiteTensor *w)
{
    const int n = ln_shape_of(w).dim[0];
    for (int i = 1; i < n; i++)
        if (ln_channel_scale(w, i) != ln_channel_scale(w, 0))
            return true;
    return false;
}

/* ---- values ---- */

size_t ln_cpu_hybrid_value(ln_q8_form form)
{
    return form == LN_Q8_CENTERED ? sizeof(int16_t) : 1;
}

int ln_cpu_hybrid_zero(ln_q8_form form, int32_t zero)
{
    return form == LN_Q8_CENTERED ? 0 : form == LN_Q8_UNSIGNED ? zero + 128 : zero;
}

void ln_cpu_hybrid_quantize(const ln_cpu_kernel *k, ln_q8_form form, void *to, const float *x,
                            size_t n, const ln_row_scale *s)
{
    const ln_hybrid_row r = {s->inverse, s->zero, s->least};
    if (form == LN_Q8_CENTERED)
        k->fn->hybrid.to_s16(to, x, n, &r);
    else if (form == LN_Q8_UNSIGNED)
        k->fn->hybrid.to_u8(to, x, n, &r);
    else
        k->fn->hybrid.to_s8(to, x, n, &r);
}

/* ---- planning ---- */

static float *factors_of(const ln_cpu_kernel *k)
{
    return k->packed;
}

static int32_t *column_sums(const ln_cpu_kernel *k, const ln_cpu_hybrid *p)
{
    return (int32_t *)(void *)(factors_of(k) + 2 * p->columns);
}

typedef struct packing {
    const ln_cpu_kernel *k;
    const ln_cpu_hybrid *p;
    const uint8_t *w;
    uint8_t *to;
} packing;

/* Panels of all groups. */
static void pack_panels(void *arg, size_t begin, size_t end, int thread)
{
    const packing *of = arg;
    const ln_cpu_hybrid *p = of->p;
    const ln_gemm_q8 *g = p->product.q8;
    const size_t n = p->product.n, nr = (size_t)g->nr, panels = (n + nr - 1) / nr;
    const bool bytes = p->product.size == 1; /* so that rows are too large */
    int32_t sums[LN_Q8_MAX_NR];
    (void)thread;
    for (size_t at = begin; at < end; at++) {
        const size_t group = at / panels, i = at % panels;
        const ln_q8_weights weights = {of->w + group * n * p->k, n, 1, p->k, 0};
        ln_gemm_q8_pack(g, (int8_t *)of->to + at * p->product.panel_bytes, &weights, i,
                        bytes ? sums : NULL);
        if (bytes)
            memcpy(column_sums(of->k, p) + group * n + i * nr, sums,
                   LN_MIN(nr, n - i * nr) * sizeof *sums);
    }
}

static void pack_columns(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_hybrid *p)
{
    float *factors = factors_of(k), *bias = factors + p->columns;
    for (size_t i = 0; i < p->n; i++) {
        factors[i] = ln_channel_scale(c->in[W], (int)i);
        bias[i] = ln_has(c, B) ? c->in[B]->data.f[i] : 0;
    }
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, ln_cpu_hybrid *p)
{
    const TfLiteTensor *w = c->in[W];
    const ln_gemm_q8 *g = p->product.q8;
    const size_t nr = (size_t)g->nr;
    ln_scratch s = {0};
    if (p->depth > SIZE_MAX / 2 / (p->n + p->groups * nr))
        return LN_ERR_UNSUPPORTED;
    p->columns = p->n + LN_Q8_MAX_NR;
    p->product.panel_bytes = nr * p->depth;
    p->group_bytes = (p->product.n + nr - 1) / nr * p->product.panel_bytes;
    ln_scratch_take(&s, (int64_t)p->columns, 3 * sizeof(float));
    p->panels_at = s.used;
    ln_scratch_take(&s, (int64_t)p->groups, p->group_bytes);
    p->more_at = s.used;
    ln_scratch_take(&s, (int64_t)p->more, 1);
    if (ln_cpu_is_packed(k, w))
        return LN_OK;
    uint8_t *to = s.used < SIZE_MAX
                      ? ln_cpu_pack_cached(k, s.used, w->data.raw, g == &k->fn->gemm_q8_one)
                      : NULL;
    if (k->filled && to)
        return LN_OK;
    const ln_cpu_given given = {w, p->product.n, p->k, p->groups, p->joined, p->transposed};
    uint8_t *made[2] = {NULL, NULL};
    packing of = {.k = k, .p = p};
    LN_TRY(to ? ln_cpu_order_weights(&given, made, &of.w) : LN_ERR_MEMORY);
    of.to = to + p->panels_at;
    memset(to, 0, p->panels_at);
    pack_columns(k, c, p);
    const size_t panels = (p->product.n + nr - 1) / nr;
    ln_parallel_for(k->pool, p->groups * panels, ln_cpu_panels_at_once(p->product.panel_bytes),
                    pack_panels, &of);
    ln_free(heap, made[0]);
    ln_free(heap, made[1]);
    return LN_OK;
}

/* What one thread remembers of the rows of its block. */
static size_t row_bytes(const ln_cpu_hybrid *p)
{
    return p->product.rows * (sizeof(float) + sizeof(int32_t));
}

static void fill(const ln_cpu_kernel *k, const void *user, const ln_cpu_wanted *w);

static ln_status plan_scratch(ln_cpu_kernel *k, ln_cpu_hybrid *p)
{
    const int64_t frames = p->gathers ? (int64_t)p->images : 0;
    ln_scratch s = {.used = k->scratch_bytes};
    size_t bytes;
    LN_TRY(ln_cpu_int_product_plan(k, &p->product, &bytes));
    p->scales_at = s.used;
    ln_scratch_take(&s, (int64_t)p->images, sizeof(ln_row_scale));
    p->images_at = s.used;
    ln_scratch_take(&s, frames, ln_cpu_frame_bytes(&p->frame));
    p->rows_at = s.used;
    ln_scratch_take(&s, k->threads, row_bytes(p));
    p->sums_at = s.used;
    ln_scratch_take(&s, (int64_t)bytes, 1);
    k->scratch_bytes = s.used;
    return s.used < SIZE_MAX ? LN_OK : LN_ERR_MEMORY;
}

void ln_cpu_hybrid_choose(const ln_cpu_kernel *k, const ln_call *c, ln_cpu_hybrid *p)
{
    const ln_kernels *fn = k->fn;
    const bool one = p->product.m == 1 && fn->gemm_q8_one.row;
    const bool light = p->product.m < LIGHT_ROWS || p->k < LIGHT_DEPTH;
    if (!p->product.q8 || !ln_cpu_is_packed(k, c->in[W]))
        p->product.q8 = one ? &fn->gemm_q8_one : &fn->gemm_q8;
    if (p->product.q8 != &fn->gemm_q8_one && fn->gemm_q8_light.tile)
        p->product.q8 = light ? &fn->gemm_q8_light : &fn->gemm_q8;
    p->product.size = ln_cpu_hybrid_value(p->product.q8->form);
}

ln_status ln_cpu_hybrid_plan(ln_cpu_kernel *k, const ln_call *c, TfLiteFusedActivation act,
                             ln_cpu_hybrid *p)
{
    ln_cpu_int_product *q = &p->product;
    if (p->k == 0 || p->n == 0 || !ln_known(c, W) || !c->in[W]->data.raw ||
        (ln_has(c, B) && (!ln_known(c, B) || !c->in[B]->data.raw)))
        return LN_ERR_UNSUPPORTED;
    ln_activation_range_f32(act, &p->min, &p->max);
    ln_cpu_hybrid_choose(k, c, p);
    q->n = p->n / p->groups;
    q->k = p->k;
    p->depth = ln_gemm_q8_depth(q->q8, p->k, 1);
    q->depth = ln_gemm_q8_apart(q->q8, p->depth * q->size) / q->size;
    q->chunk = p->k;
    q->chunks = 1;
    q->ldc = p->apart ? q->n : p->n;
    q->cheap = !p->gathers;
    q->fill = fill;
    LN_TRY(pack(k, c, p));
    if (p->images == 0 && !p->apart)
        ln_cpu_share_join(k, c, X,
                          (ln_cpu_share_key){.rows = q->m, .k = p->k, .asymmetric = p->asymmetric},
                          q->depth * q->size);
    return plan_scratch(k, p);
}

/* ---- images ---- */

typedef ln_cpu_hybrid_job job;

/* Where quantized rows go, and what takes them back. */
typedef struct quantized_rows {
    uint8_t *values;
    size_t row_bytes;
    float *factors;
    int32_t *offsets; /* what values are too large by */
} quantized_rows;

typedef struct pass {
    const ln_cpu_kernel *k;
    const job *j;
    size_t image;
} pass;

/* The least and the largest value of a piece, apart from the next one's cache line. */
typedef struct piece_range {
    float min, max;
    char apart[56];
} piece_range;

typedef struct ranges {
    const ln_cpu_kernel *k;
    const float *x;
    size_t n, pieces;
    piece_range of[MAX_PIECES];
} ranges;

static void range_of_pieces(void *arg, size_t begin, size_t end, int thread)
{
    ranges *r = arg;
    const size_t size = r->n / r->pieces;
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        const size_t last = i + 1 == r->pieces ? r->n : (i + 1) * size;
        r->k->fn->hybrid.range(r->x + i * size, last - i * size, &r->of[i].min, &r->of[i].max);
    }
}

void ln_cpu_hybrid_range(const ln_cpu_kernel *k, const float *x, size_t n, float *min, float *max)
{
    const size_t threads = (size_t)k->threads, pieces = n / GRAIN / threads * threads;
    ranges r; /* its pieces are not set: n may be small */
    if (threads == 1 || pieces == 0) {
        k->fn->hybrid.range(x, n, min, max);
        return;
    }
    r.k = k;
    r.x = x;
    r.n = n;
    r.pieces = LN_MIN(pieces, MAX_PIECES);
    ln_parallel_for(k->pool, r.pieces, 1, range_of_pieces, &r);
    *min = *max = 0;
    for (size_t i = 0; i < r.pieces; i++) {
        *min = LN_MIN(*min, r.of[i].min);
        *max = LN_MAX(*max, r.of[i].max);
    }
}

static void scale_image(const ln_cpu_kernel *k, const job *j, size_t i)
{
    float min, max;
    ln_cpu_hybrid_range(k, j->x + i * j->image, j->image, &min, &max);
    j->scales[i] = ln_row_scale_of(min, max, j->p->asymmetric);
}

/* Lines [begin, end) of an image's frame. */
static void quantize_lines(void *arg, size_t begin, size_t end, int thread)
{
    const pass *p = arg;
    const ln_cpu_hybrid *h = p->j->p;
    const ln_cpu_frame *f = &h->frame;
    const ln_row_scale *s = &p->j->scales[p->image];
    const ln_q8_form form = h->product.q8->form;
    const size_t n = (size_t)f->w.in * f->pixel / h->product.size,
                 bottom = f->top + (size_t)f->h.in;
    const size_t first = LN_MAX(begin, f->top), last = LN_MIN(end, bottom);
    uint8_t *frame = p->j->frames + p->image * ln_cpu_frame_bytes(f);
    (void)thread;
    ln_cpu_frame_surround(f, frame, begin, end, (uint8_t)ln_cpu_hybrid_zero(form, s->zero));
    if (first >= last)
        return;
    const float *x = p->j->x + p->image * p->j->image + (first - f->top) * n;
    uint8_t *to = frame + first * f->line + f->left;
    if (n * h->product.size == f->line) {
        ln_cpu_hybrid_quantize(p->k, form, to, x, (last - first) * n, s);
        return;
    }
    for (size_t i = first; i < last; i++, x += n, to += f->line)
        ln_cpu_hybrid_quantize(p->k, form, to, x, n, s);
}

static void take_images(const ln_cpu_kernel *k, const job *j)
{
    const ln_cpu_frame *f = &j->p->frame;
    for (size_t i = 0; i < j->p->images; i++) {
        pass p = {k, j, i};
        scale_image(k, j, i);
        if (j->p->gathers)
            ln_parallel_for(k->pool, f->lines, GRAIN * j->p->product.size / (f->line + 1) + 1,
                            quantize_lines, &p);
    }
}

/* ---- rows ---- */

static void quantize_row(const ln_cpu_kernel *k, const ln_cpu_hybrid *p, const float *x, size_t i,
                         const ln_row_scale *s, const quantized_rows *to)
{
    const ln_q8_form form = p->product.q8->form;
    to->factors[i] = s->scale;
    to->offsets[i] = ln_cpu_hybrid_zero(form, s->zero);
    ln_cpu_hybrid_quantize(k, form, to->values + i * to->row_bytes, x + i * p->k, p->k, s);
}

/* Quantizes n rows of p->k values, as many at a time as share the work on their scales. */
static void quantize_rows(const ln_cpu_kernel *k, const ln_cpu_hybrid *p, const float *x, size_t n,
                          const quantized_rows *to)
{
    const int32_t least = ln_row_scale_of(0, 0, p->asymmetric).least;
    ln_hybrid_scales_of of;
    float min, max;
    size_t i = 0;
    for (; k->fn->hybrid.scales_of && i + LN_HYBRID_ROWS <= n; i += LN_HYBRID_ROWS) {
        k->fn->hybrid.scales_of(x + i * p->k, p->k, p->k, p->asymmetric, &of);
        for (int r = 0; r < LN_HYBRID_ROWS; r++) {
            const ln_row_scale s = {of.scale[r], of.inverse[r], of.zero[r], least};
            quantize_row(k, p, x, i + (size_t)r, &s, to);
        }
    }
    for (; i < n; i++) {
        k->fn->hybrid.range(x + i * p->k, p->k, &min, &max);
        const ln_row_scale s = ln_row_scale_of(min, max, p->asymmetric);
        quantize_row(k, p, x, i, &s, to);
    }
}

/* Rows [begin, end) of what is shared. */
static void quantize_shared(void *arg, size_t begin, size_t end, int thread)
{
    const pass *p = arg;
    const ln_cpu_share *s = p->j->share;
    (void)thread;
    quantize_rows(p->k, p->j->p, p->j->x + begin * p->j->p->k, end - begin,
                  &(quantized_rows){s->values + begin * s->row_bytes, s->row_bytes,
                                    s->factors + begin, s->offsets + begin});
}

/* With others who read x: all rows at once, unless that has been done. */
static void take_shared(const ln_cpu_kernel *k, job *j)
{
    ln_cpu_share *s = k->share;
    const bool first = s && s->n_users > 1 && s->users[0] == k;
    if (!s || !s->values || !(first || s->made))
        return;
    j->share = s;
    if (!first)
        return;
    ln_parallel_for(k->pool, s->key.rows, GRAIN / s->key.k + 1, quantize_shared, &(pass){k, j, 0});
    s->made = true;
}

/* A block's factors, and what its values are too large by. */
static float *row_factors(const job *j, int thread)
{
    return (float *)(void *)(j->rows + (size_t)thread * row_bytes(j->p));
}

static int32_t *row_offsets(const job *j, int thread)
{
    return (int32_t *)(void *)(row_factors(j, thread) + j->p->product.rows);
}

/* Rows [row, row + rows) of image `image` to `to`. */
static void take_rows(const ln_cpu_kernel *k, const job *j, size_t image, size_t row, size_t rows,
                      uint8_t *to)
{
    const ln_cpu_hybrid *p = j->p;
    const size_t ld = p->product.depth * p->product.size,
                 step = p->product.depth == p->k ? rows : 1;
    if (p->gathers) {
        const uint8_t *frame = j->frames + image * ln_cpu_frame_bytes(&p->frame);
        ln_cpu_frame_rows(&p->frame, frame + j->group * p->frame.part, row, rows, to, ld);
        return;
    }
    const float *x = j->x + image * j->image + row * p->k;
    for (size_t i = 0; i < rows; i += step, to += ld, x += step * p->k)
        ln_cpu_hybrid_quantize(k, p->product.q8->form, to, x, step * p->k, &j->scales[image]);
}

/* Rows of images, by the scales of these. */
static void fill_from_images(const ln_cpu_kernel *k, const job *j, const ln_cpu_wanted *w)
{
    const ln_cpu_hybrid *p = j->p;
    const size_t per_image = p->product.m / p->images, ld = w->ld * p->product.size;
    float *factors = row_factors(j, w->thread);
    int32_t *offsets = row_offsets(j, w->thread);
    for (size_t i = 0, n; i < w->rows; i += n) {
        const size_t row = w->row + i, image = row / per_image;
        n = LN_MIN(w->rows - i, (image + 1) * per_image - row);
        take_rows(k, j, image, row - image * per_image, n, (uint8_t *)w->to + i * ld);
        const float factor = j->scales[image].scale;
        const int32_t offset = ln_cpu_hybrid_zero(p->product.q8->form, j->scales[image].zero);
        for (size_t r = i; r < i + n; r++)
            factors[r] = factor;
        for (size_t r = i; r < i + n; r++)
            offsets[r] = offset;
    }
}

static void fill(const ln_cpu_kernel *k, const void *user, const ln_cpu_wanted *w)
{
    const job *j = user;
    const ln_cpu_hybrid *p = j->p;
    if (p->images > 0)
        fill_from_images(k, j, w);
    else
        quantize_rows(k, p, j->x + w->row * p->k, w->rows,
                      &(quantized_rows){w->to, w->ld * p->product.size, row_factors(j, w->thread),
                                        row_offsets(j, w->thread)});
}

static ln_hybrid_scales scales_of(const ln_cpu_kernel *k, const job *j, const ln_cpu_sums *s)
{
    const ln_cpu_hybrid *p = j->p;
    const size_t first = j->group * p->product.n + s->col;
    const ln_cpu_share *share = j->share;
    const int32_t *offsets = share ? share->offsets + s->row : row_offsets(j, s->thread);
    return (ln_hybrid_scales){
        .row = share ? share->factors + s->row : row_factors(j, s->thread),
        .column = factors_of(k) + first,
        .bias = factors_of(k) + p->columns + first,
        .offset = p->product.size > 1 ? NULL : offsets,
        .weights = column_sums(k, p) + first,
        .min = p->min,
        .max = p->max,
        .column_first = p->images > 0,
        .same_offset = p->images == 1 || j->one_image,
        .small = p->k <= LN_HYBRID_SMALL,
    };
}

static void finish(const ln_cpu_kernel *k, const void *user, const ln_cpu_sums *s)
{
    const job *j = user;
    const ln_hybrid_scales scales = scales_of(k, j, s);
    const size_t ld = j->p->product.ldc;
    k->fn->hybrid.scale(j->y + (s->row - j->row) * ld + s->col, ld, s->at, s->ld, s->rows, s->cols,
                        &scales);
}

ln_cpu_hybrid_job ln_cpu_hybrid_begin(const ln_cpu_kernel *k, const ln_call *c,
                                      const ln_cpu_hybrid *p)
{
    uint8_t *scratch = k->scratch;
    const job j = {
        .p = p,
        .x = c->in[X]->data.f,
        .y = c->out[0]->data.f,
        .scales = (ln_row_scale *)(void *)(scratch + p->scales_at),
        .frames = scratch + p->images_at,
        .image = p->images ? (size_t)ln_count(c->in[X]) / p->images : 0,
        .rows = scratch + p->rows_at,
    };
    take_images(k, &j);
    return j;
}

/* The product of a job, which is to stay where it is. */
static ln_cpu_int_product product_of(const ln_cpu_kernel *k, const job *j)
{
    ln_cpu_int_product q = j->p->product;
    q.panels = (const uint8_t *)k->packed + j->p->panels_at;
    q.scratch = (uint8_t *)k->scratch + j->p->sums_at;
    q.finish = finish;
    q.user = j;
    return q;
}

void ln_cpu_hybrid_run(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_hybrid *p)
{
    job j = ln_cpu_hybrid_begin(k, c, p);
    ln_cpu_int_product q = product_of(k, &j);
    take_shared(k, &j);
    if (j.share) {
        q.fill = NULL;
        q.a = j.share->values;
        q.lda = q.depth;
    }
    const size_t results = p->apart ? q.m * q.n : q.n;
    for (; j.group < p->groups; j.group++) {
        ln_cpu_int_product_run(k, &q);
        q.panels += p->group_bytes;
        q.first += results;
        j.y += results;
        j.x += p->apart ? q.m * q.k : 0;
    }
}

/* ---- in pieces ---- */

void ln_cpu_hybrid_rows(const ln_cpu_kernel *k, const ln_cpu_hybrid_job *j, size_t row, size_t rows,
                        float *y, int thread)
{
    job piece = *j;
    piece.y = y;
    piece.row = row;
    piece.one_image = true;
    const ln_cpu_int_product q = product_of(k, &piece);
    ln_cpu_int_product_rows(k, &q, row, rows, thread);
}

static void widen(const ln_cpu_kernel *k, const void *user, const ln_cpu_sums *s)
{
    const job *j = user;
    k->fn->hybrid.extremes(j->extremes + s->col, j->extremes + j->p->columns + s->col, s->at, s->ld,
                           s->rows, s->cols);
}

void ln_cpu_hybrid_extremes(const ln_cpu_kernel *k, const ln_cpu_hybrid_job *j, size_t row,
                            size_t rows, int32_t *extremes, int thread)
{
    job piece = *j;
    piece.extremes = extremes;
    ln_cpu_int_product q = product_of(k, &piece);
    q.finish = widen;
    ln_cpu_int_product_rows(k, &q, row, rows, thread);
}

void ln_cpu_hybrid_results(const ln_cpu_kernel *k, const ln_cpu_hybrid_job *j, size_t image,
                           const int32_t *extremes, float *y)
{
    enum { TWO = 2 };
    const ln_cpu_hybrid *p = j->p;
    const ln_row_scale *s = &j->scales[image];
    const float factors[TWO] = {s->scale, s->scale};
    const int32_t offset = ln_cpu_hybrid_zero(p->product.q8->form, s->zero);
    ln_hybrid_scales scales = scales_of(k, j, &(ln_cpu_sums){.row = 0});
    scales.row = factors;
    scales.offset = scales.offset ? &offset : NULL;
    scales.same_offset = true;
    k->fn->hybrid.scale(y, p->columns, extremes, p->columns, TWO, p->n, &scales);
}
