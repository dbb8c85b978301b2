/* SPDX-License-Identifier: Apache-2.0 */
/* product_hybrid.c: see product_hybrid.h.  Quantized values have their zero point taken off, so
 * that what is outside of an image is 0. */
#include "cpu/product_hybrid.h"

#include <string.h>

#include "base/checked.h"
#include "ops/scratch.h"

enum { X, W, B };
/* Floats of an image that a thread looks at at a time. */
enum { GRAIN = 16 * 1024 };

bool ln_cpu_hybrid_claims(const ln_call *c, TfLiteFusedActivation act)
{
    if (c->n_in < 2 || !ln_has(c, X) || !ln_has(c, W))
        return false;
    return c->in[X]->type == kTfLiteFloat32 && c->out[0]->type == kTfLiteFloat32 &&
           (c->in[W]->type == kTfLiteInt8 || c->in[W]->type == kTfLiteInt4) &&
           c->in[W]->quantization.type == kTfLiteAffineQuantization &&
           (!ln_has(c, B) || c->in[B]->type == kTfLiteFloat32) && act != kTfLiteActTanh &&
           act != kTfLiteActSignBit && act != kTfLiteActSigmoid;
}

/* ---- planning ---- */

static float *factors_of(const ln_cpu_kernel *k)
{
    return k->packed;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, ln_cpu_hybrid *p)
{
    const TfLiteTensor *w = c->in[W];
    ln_cpu_columns columns = {w, p->n, p->k, p->groups, NULL};
    ln_scratch s = {0};
    ln_status status = LN_ERR_MEMORY;
    if (k->packed && k->packed_of == w->data.raw && w->allocation_type == kTfLiteMmapRo)
        return LN_OK;
    if (p->k > SIZE_MAX / 2 / (p->n + p->groups * p->product.s16->nr))
        return LN_ERR_UNSUPPORTED;
    p->group_bytes = ln_cpu_columns_size(&p->product, p->n / p->groups, p->k);
    ln_scratch_take(&s, (int64_t)p->n, 2 * sizeof(float));
    p->panels_at = s.used;
    ln_scratch_take(&s, (int64_t)p->groups, p->group_bytes);
    uint8_t *to = s.used < SIZE_MAX ? ln_cpu_pack(k, s.used, w->data.raw) : NULL;
    if (to && ln_cpu_columns_open(&columns)) {
        memset(to, 0, s.used);
        ln_cpu_columns_pack(&columns, &p->product, to + p->panels_at);
        for (size_t i = 0; i < p->n; i++) {
            factors_of(k)[i] = ln_channel_scale(w, (int)i);
            factors_of(k)[p->n + i] = ln_has(c, B) ? c->in[B]->data.f[i] : 0;
        }
        status = LN_OK;
    }
    ln_cpu_columns_close(&columns);
    return status;
}

/* What one thread remembers of the rows of its block. */
static size_t row_bytes(const ln_cpu_hybrid *p)
{
    return p->product.rows * sizeof(float);
}

static void fill(const ln_cpu_kernel *k, const void *user, const ln_cpu_wanted *w);

static ln_status plan_scratch(ln_cpu_kernel *k, const ln_call *c, ln_cpu_hybrid *p)
{
    const int64_t values = p->gathers ? ln_count(c->in[X]) : 0;
    ln_scratch s = {0};
    size_t bytes;
    LN_TRY(ln_cpu_int_product_plan(k, &p->product, &bytes));
    p->scales_at = s.used;
    ln_scratch_take(&s, (int64_t)p->images, sizeof(ln_row_scale));
    p->images_at = s.used;
    ln_scratch_take(&s, values, sizeof(int16_t));
    p->rows_at = s.used;
    ln_scratch_take(&s, k->threads, row_bytes(p));
    p->sums_at = s.used;
    ln_scratch_take(&s, (int64_t)bytes, 1);
    k->scratch_bytes = s.used;
    return s.used < SIZE_MAX ? LN_OK : LN_ERR_MEMORY;
}

ln_status ln_cpu_hybrid_plan(ln_cpu_kernel *k, const ln_call *c, TfLiteFusedActivation act,
                             ln_cpu_hybrid *p)
{
    const ln_shape w = ln_shape_of(c->in[W]);
    ln_cpu_int_product *q = &p->product;
    p->n = (size_t)w.dim[0];
    p->k = (size_t)ln_shape_count(&w, 1, w.rank);
    if (p->k == 0 || p->n == 0 || !ln_known(c, W) || !c->in[W]->data.raw ||
        (ln_has(c, B) && (!ln_known(c, B) || !c->in[B]->data.raw)))
        return LN_ERR_UNSUPPORTED;
    ln_activation_range_f32(act, &p->min, &p->max);
    q->s16 = &k->fn->gemm_s16;
    q->n = p->n / p->groups;
    q->k = p->k;
    q->size = sizeof(int16_t);
    q->chunk = p->k;
    q->chunks = 1;
    q->ldc = p->n;
    q->cheap = !p->gathers;
    q->fill = fill;
    LN_TRY(pack(k, c, p));
    return plan_scratch(k, c, p);
}

/* ---- images ---- */

typedef struct job {
    const ln_cpu_hybrid *p;
    const float *x;
    float *y; /* from the group's first column on */
    size_t group;
    ln_row_scale *scales; /* of images */
    int16_t *values;      /* of images, where rows are gathered from them */
    size_t image;         /* values of one */
    float *rows;          /* of each thread's block */
} job;

static ln_hybrid_row row_of(const ln_row_scale *s)
{
    return (ln_hybrid_row){s->inverse, s->zero, s->least};
}

typedef struct pass {
    const ln_cpu_kernel *k;
    const job *j;
    const float *x;
    size_t image;
} pass;

/* The least and the largest value of an image; pieces by several threads would need room for
 * their results, and reading is bound by memory. */
static void scale_image(const ln_cpu_kernel *k, const job *j, size_t i)
{
    float min, max;
    k->fn->hybrid.range(j->x + i * j->image, j->image, &min, &max);
    j->scales[i] = ln_row_scale_of(min, max, j->p->asymmetric);
}

static void quantize_piece(void *arg, size_t begin, size_t end, int thread)
{
    const pass *p = arg;
    const size_t at = p->image * p->j->image + begin;
    const ln_hybrid_row r = row_of(&p->j->scales[p->image]);
    (void)thread;
    p->k->fn->hybrid.to_s16(p->j->values + at, p->j->x + at, end - begin, &r);
}

static void take_images(const ln_cpu_kernel *k, const job *j)
{
    for (size_t i = 0; i < j->p->images; i++) {
        pass p = {k, j, j->x, i};
        scale_image(k, j, i);
        if (j->p->gathers)
            ln_parallel_for(k->pool, j->image, GRAIN, quantize_piece, &p);
    }
}

/* ---- rows ---- */

/* Rows of images, by the scales of these. */
static void fill_from_images(const ln_cpu_kernel *k, const job *j, const ln_cpu_wanted *w,
                             float *factors)
{
    const ln_cpu_hybrid *p = j->p;
    const size_t per_image = p->product.m / p->images;
    int16_t *to = w->to;
    for (size_t i = 0; i < w->rows; i++)
        factors[i] = j->scales[(w->row + i) / per_image].scale;
    if (p->gathers) {
        ln_cpu_gather_run(&p->gather, (const uint8_t *)j->values + j->group * p->gather.part,
                          w->row, w->rows, to);
        return;
    }
    for (size_t i = 0, n; i < w->rows; i += n) {
        const size_t row = w->row + i, image = row / per_image;
        const ln_hybrid_row r = row_of(&j->scales[image]);
        n = LN_MIN(w->rows - i, (image + 1) * per_image - row);
        k->fn->hybrid.to_s16(to + i * p->k, j->x + row * p->k, n * p->k, &r);
    }
}

static void fill(const ln_cpu_kernel *k, const void *user, const ln_cpu_wanted *w)
{
    const job *j = user;
    const ln_cpu_hybrid *p = j->p;
    float *factors = j->rows + (size_t)w->thread * p->product.rows, min, max;
    int16_t *to = w->to;
    if (p->images > 0) {
        fill_from_images(k, j, w, factors);
        return;
    }
    for (size_t i = 0; i < w->rows; i++, to += p->k) {
        const float *x = j->x + (w->row + i) * p->k;
        k->fn->hybrid.range(x, p->k, &min, &max);
        const ln_row_scale s = ln_row_scale_of(min, max, p->asymmetric);
        const ln_hybrid_row r = row_of(&s);
        k->fn->hybrid.to_s16(to, x, p->k, &r);
        factors[i] = s.scale;
    }
}

static void finish(const ln_cpu_kernel *k, const void *user, const ln_cpu_sums *s)
{
    const job *j = user;
    const ln_cpu_hybrid *p = j->p;
    const float *columns = factors_of(k) + j->group * p->product.n + s->col;
    const ln_hybrid_scales scales = {
        .row = j->rows + (size_t)s->thread * p->product.rows,
        .column = columns,
        .bias = columns + p->n,
        .min = p->min,
        .max = p->max,
        .column_first = p->images > 0,
    };
    k->fn->hybrid.scale(j->y + s->row * p->n + s->col, p->n, s->at, s->ld, s->rows, s->cols,
                        &scales);
}

void ln_cpu_hybrid_run(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_hybrid *p)
{
    uint8_t *scratch = k->scratch;
    job j = {
        .p = p,
        .x = c->in[X]->data.f,
        .y = c->out[0]->data.f,
        .scales = (ln_row_scale *)(void *)(scratch + p->scales_at),
        .values = (int16_t *)(void *)(scratch + p->images_at),
        .image = p->images ? (size_t)ln_count(c->in[X]) / p->images : 0,
        .rows = (float *)(void *)(scratch + p->rows_at),
    };
    ln_cpu_int_product q = p->product;
    q.panels = (const uint8_t *)k->packed + p->panels_at;
    q.scratch = scratch + p->sums_at;
    q.finish = finish;
    q.user = &j;
    take_images(k, &j);
    for (; j.group < p->groups; j.group++) {
        ln_cpu_int_product_run(k, &q);
        q.panels += p->group_bytes;
        q.first += q.n;
        j.y += q.n;
    }
}
