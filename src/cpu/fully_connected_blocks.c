/* SPDX-License-Identifier: Apache-2.0 */
/* fully_connected_blocks.c: FULLY_CONNECTED of float activations and int4 or int8 weights that have
 * a scale for every block of a row, as language models have.  Each block of each panel is a small
 * integer product, whose sums become floats and are added up in the order of the reference
 * (ops/fully_connected.c): the results are the same bits.  int4 weights may stay as they are
 * (rows_q4.h). */
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "base/half.h"
#include "cpu/product_hybrid.h"
#include "cpu/rows_q4.h"
#include "ops/scratch.h"

extern const ln_op ln_op_fully_connected;

enum { X, W, B };
enum { ROWS = 16, GRAIN = 2 }; /* rows of a block; panels that a thread takes at least */

static const ln_alloc *const heap = &ln_alloc_default;

typedef struct plan {
    bool half_bytes; /* by rows_q4.h */
    ln_cpu_q4 q4;
    size_t m, n, k;
    size_t size, blocks;  /* values of a block, blocks of a row */
    size_t panels, value; /* bytes of a quantized value */
    float min, max;
    /* where in the packed constants; those per panel go [panel][block][nr] */
    size_t scales_at, sums_at, bias_at, panels_at;
    size_t rows_at, factors_at, offsets_at, tiles_at; /* in the scratch memory */
} plan;

static bool claims(const ln_call *c)
{
    const TfLiteFullyConnectedParams *p = c->params;
    return p && ln_cpu_hybrid_claims(c, p->activation, kTfLiteBlockwiseQuantization) &&
           p->weights_format == kTfLiteFullyConnectedWeightsFormatDefault;
}

/* ---- planning ---- */

static float scale_of(const TfLiteTensor *scales, size_t i)
{
    return scales->type == kTfLiteFloat32 ? scales->data.f[i]
                                          : ln_half_to_float(scales->data.ui16[i]);
}

static void pack_scales(const plan *p, const TfLiteTensor *scales, size_t nr, float *to)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t b = 0; b < p->blocks; b++)
            to[(i / nr * p->blocks + b) * nr + i % nr] = scale_of(scales, i * p->blocks + b);
}

/* Block after block: its columns of all rows are the weights of a product. */
static void pack_panels(const ln_cpu_kernel *k, const plan *p, const int8_t *w, uint8_t *part,
                        uint8_t *to)
{
    const ln_gemm_q8 *g = &k->fn->gemm_q8;
    const size_t nr = (size_t)g->nr, bytes = nr * p->size;
    int32_t *sums = (int32_t *)(void *)(to + p->sums_at), panel_sums[LN_Q8_MAX_NR];
    for (size_t b = 0; b < p->blocks; b++) {
        for (size_t i = 0; i < p->n; i++)
            memcpy(part + i * p->size, w + i * p->k + b * p->size, p->size);
        const ln_q8_weights weights = {part, p->n, 1, p->size, 0};
        for (size_t i = 0; i < p->panels; i++) {
            const size_t at = i * p->blocks + b;
            ln_gemm_q8_pack(g, (int8_t *)to + p->panels_at + at * bytes, &weights, i, panel_sums);
            memcpy(sums + at * nr, panel_sums, nr * sizeof *sums);
        }
    }
}

static ln_status fill_packed(ln_cpu_kernel *k, const ln_call *c, const plan *p, uint8_t *to)
{
    const TfLiteTensor *w = c->in[W];
    const TfLiteBlockwiseQuantization *q = w->quantization.params;
    const size_t count = p->n * p->k;
    int8_t *unpacked = ln_new(heap, count, 1);
    uint8_t *part = ln_new(heap, p->n, p->size);
    if (unpacked && part) {
        ln_unpack(w, 0, count, unpacked);
        pack_scales(p, &c->tensors[q->scale], (size_t)k->fn->gemm_q8.nr,
                    (float *)(void *)(to + p->scales_at));
        if (ln_has(c, B))
            memcpy(to + p->bias_at, c->in[B]->data.f, p->n * sizeof(float));
        pack_panels(k, p, unpacked, part, to);
    }
    const bool done = unpacked && part;
    ln_free(heap, unpacked);
    ln_free(heap, part);
    return done ? LN_OK : LN_ERR_MEMORY;
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, plan *p)
{
    const size_t nr = (size_t)k->fn->gemm_q8.nr;
    const TfLiteTensor *w = c->in[W];
    const TfLiteBlockwiseQuantization *q = w->quantization.params;
    const uint64_t scales = (uint64_t)q->scale; /* which tensor, for the weight cache */
    ln_scratch s = {0};
    size_t columns;
    p->panels = (p->n + nr - 1) / nr;
    if (!ln_mul_size(p->panels * nr, p->k, &columns) || columns > SIZE_MAX / 16)
        return LN_ERR_UNSUPPORTED;
    columns = p->panels * nr * p->blocks;
    p->scales_at = s.used;
    ln_scratch_take(&s, (int64_t)columns, sizeof(float));
    p->sums_at = s.used;
    ln_scratch_take(&s, (int64_t)columns, sizeof(int32_t));
    p->bias_at = s.used;
    ln_scratch_take(&s, (int64_t)p->n, sizeof(float));
    p->panels_at = s.used;
    ln_scratch_take(&s, (int64_t)columns, p->size);
    if (ln_cpu_is_packed(k, w))
        return LN_OK;
    uint8_t *to = s.used < SIZE_MAX ? ln_cpu_pack_cached(k, s.used, w->data.raw, scales) : NULL;
    if (!to)
        return LN_ERR_MEMORY;
    if (k->filled)
        return LN_OK;
    memset(to, 0, p->panels_at);
    return fill_packed(k, c, p, to);
}

static ln_status plan_scratch(ln_cpu_kernel *k, plan *p)
{
    ln_scratch s = {0};
    size_t values;
    if (!ln_mul_size(p->m, p->k, &values))
        return LN_ERR_UNSUPPORTED;
    p->rows_at = s.used;
    ln_scratch_take(&s, (int64_t)values, p->value);
    p->factors_at = s.used;
    ln_scratch_take(&s, (int64_t)p->m, sizeof(float));
    p->offsets_at = s.used;
    ln_scratch_take(&s, (int64_t)p->m, sizeof(int32_t));
    p->tiles_at = s.used;
    ln_scratch_take(&s, k->threads, ROWS * LN_Q8_MAX_NR * sizeof(int32_t));
    k->scratch_bytes = s.used;
    return s.used < SIZE_MAX ? LN_OK : LN_ERR_MEMORY;
}

/* The reference's infer has found the scales to be constant and of the right number. */
static ln_status make_plan(ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteFullyConnectedParams *params = c->params;
    const TfLiteBlockwiseQuantization *q = c->in[W]->quantization.params;
    const ln_shape w = ln_shape_of(c->in[W]);
    plan *p = k->plan;
    p->n = (size_t)w.dim[0];
    p->k = (size_t)w.dim[1];
    if (p->n == 0 || p->k == 0 || !ln_known(c, W) || !c->in[W]->data.raw ||
        (ln_has(c, B) && (!ln_known(c, B) || !c->in[B]->data.raw)) ||
        q->blocksize % k->fn->gemm_q8.kr != 0)
        return LN_ERR_UNSUPPORTED;
    p->m = (size_t)ln_count(c->out[0]) / p->n;
    p->size = (size_t)q->blocksize;
    p->blocks = p->k / p->size;
    p->value = ln_cpu_hybrid_value(k->fn->gemm_q8.form);
    ln_activation_range_f32(params->activation, &p->min, &p->max);
    p->half_bytes = ln_cpu_q4_takes(k, c);
    if (p->half_bytes) {
        p->q4 = (ln_cpu_q4){.m = p->m,
                            .n = p->n,
                            .k = p->k,
                            .size = p->size,
                            .blocks = p->blocks,
                            .min = p->min,
                            .max = p->max};
        return ln_cpu_q4_plan(k, c, &p->q4);
    }
    LN_TRY(pack(k, c, p));
    return plan_scratch(k, p);
}

/* ---- running ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const plan *p;
    const float *x;
    float *y;
    uint8_t *rows; /* quantized */
    float *factors;
    int32_t *offsets; /* what the values of each row are too large by */
} job;

static void take_rows(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const plan *p = j->p;
    (void)thread;
    for (size_t r = begin; r < end; r++) {
        float min, max;
        j->k->fn->hybrid.range(j->x + r * p->k, p->k, &min, &max);
        const ln_row_scale s = ln_row_scale_of(min, max, true);
        ln_cpu_hybrid_quantize(j->k, j->k->fn->gemm_q8.form, j->rows + r * p->k * p->value,
                               j->x + r * p->k, p->k, &s);
        j->factors[r] = s.scale;
        j->offsets[r] = ln_cpu_hybrid_zero(j->k->fn->gemm_q8.form, s.zero);
    }
}

/* Adds block `b` of a panel to rows [row, row + rows) of y. */
static void add_block(const job *j, const ln_q8_tile *tile, size_t row, size_t panel, size_t b)
{
    static const float one = 1;
    const plan *p = j->p;
    const size_t nr = (size_t)j->k->fn->gemm_q8.nr, at = (panel * p->blocks + b) * nr;
    const uint8_t *packed = j->k->packed;
    j->k->fn->gemm_q8.tile(tile);
    for (size_t r = 0; r < tile->m; r++) {
        float *y = j->y + (row + r) * p->n + panel * nr;
        const ln_hybrid_scales scales = {
            .row = &one,
            .column = (const float *)(const void *)(packed + p->scales_at) + at,
            .bias = y,
            .offset = p->value > 1 ? NULL : j->offsets + row + r,
            .weights = (const int32_t *)(const void *)(packed + p->sums_at) + at,
            .min = -INFINITY,
            .max = INFINITY,
            .column_first = true,
        };
        j->k->fn->hybrid.scale(y, p->n, tile->sums + r * nr, nr, 1, tile->n, &scales);
    }
}

static void finish(const job *j, size_t row, size_t rows, size_t col, size_t cols)
{
    const plan *p = j->p;
    const float *bias =
        (const float *)(const void *)((const uint8_t *)j->k->packed + p->bias_at) + col;
    for (size_t r = row; r < row + rows; r++) {
        float *y = j->y + r * p->n + col;
        for (size_t i = 0; i < cols; i++) {
            const float v = y[i] * j->factors[r] + bias[i];
            y[i] = v < p->min ? p->min : v > p->max ? p->max : v;
        }
    }
}

static void run_block(const job *j, size_t row, size_t panel, int thread)
{
    static const int32_t zeros[LN_Q8_MAX_NR];
    static const size_t no_offset[1];
    const plan *p = j->p;
    const size_t nr = (size_t)j->k->fn->gemm_q8.nr, rows = LN_MIN(p->m - row, (size_t)ROWS);
    const size_t col = panel * nr, cols = LN_MIN(nr, p->n - col);
    const uint8_t *at[ROWS];
    ln_q8_tile tile = {
        .sums = (int32_t *)(void *)((uint8_t *)j->k->scratch + p->tiles_at) +
                (size_t)thread * ROWS * LN_Q8_MAX_NR,
        .a = {at, no_offset, 1, p->size},
        .panel = (const int8_t *)j->k->packed + p->panels_at + panel * p->blocks * nr * p->size,
        .m = rows,
        .n = cols,
        .column = zeros,
        .begun = true,
    };
    for (size_t r = 0; r < rows; r++) {
        at[r] = j->rows + (row + r) * p->k * p->value;
        memset(j->y + (row + r) * p->n + col, 0, cols * sizeof(float));
    }
    for (size_t b = 0; b < p->blocks; b++, tile.panel += nr * p->size) {
        add_block(j, &tile, row, panel, b);
        for (size_t r = 0; r < rows; r++)
            at[r] += p->size * p->value;
    }
    finish(j, row, rows, col, cols);
    ln_cpu_tail_run(j->k,
                    &(ln_cpu_block){.row = row, .rows = rows, .col = col, .cols = cols, .ld = p->n},
                    thread);
}

static void run_panels(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    ln_gemm_q8_begin(&j->k->fn->gemm_q8);
    for (size_t panel = begin; panel < end; panel++)
        for (size_t row = 0; row < j->p->m; row += ROWS)
            run_block(j, row, panel, thread);
    ln_gemm_q8_end(&j->k->fn->gemm_q8);
}

static void run(const ln_cpu_kernel *k, const ln_call *c)
{
    const plan *p = k->plan;
    uint8_t *scratch = k->scratch;
    if (p->half_bytes) {
        ln_cpu_q4_run(k, c, &p->q4);
        return;
    }
    job j = {
        .k = k,
        .p = p,
        .x = c->in[X]->data.f,
        .y = c->out[0]->data.f,
        .rows = scratch + p->rows_at,
        .factors = (float *)(void *)(scratch + p->factors_at),
        .offsets = (int32_t *)(void *)(scratch + p->offsets_at),
    };
    ln_parallel_for(p->m > 1 ? k->pool : NULL, p->m, 1, take_rows, &j);
    ln_parallel_for(k->pool, p->panels, GRAIN, run_panels, &j);
}

const ln_cpu_row ln_cpu_fully_connected_blocks = {
    .op = &ln_op_fully_connected,
    .name = "FULLY_CONNECTED int4 in blocks",
    .plan_size = sizeof(plan),
    .traits = LN_CPU_TAIL,
    .claims = claims,
    .plan = make_plan,
    .run = run,
};
