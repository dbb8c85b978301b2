/* SPDX-License-Identifier: Apache-2.0 */
/* rows_q4.c: see rows_q4.h.  The model's weights are two to a byte along rows: packing moves half
 * bytes and never takes them apart. */
#include "cpu/rows_q4.h"

#include <string.h>

#include "base/checked.h"
#include "ops/qmath.h"
#include "ops/scratch.h"

enum { X, W, B };
enum { GRAIN = 2 }; /* panels that a thread takes at least */
/* For the weight cache: unlike what fully_connected_blocks.c packs. */
#define FORM (UINT64_C(1) << 40)

static const TfLiteTensor *scales_of(const ln_call *c)
{
    const TfLiteBlockwiseQuantization *q = c->in[W]->quantization.params;
    return &c->tensors[q->scale];
}

bool ln_cpu_q4_takes(const ln_cpu_kernel *k, const ln_call *c)
{
    const TfLiteBlockwiseQuantization *q = c->in[W]->quantization.params;
    return k->fn->gemm_q4.panel && c->in[W]->type == kTfLiteInt4 &&
           scales_of(c)->type == kTfLiteFloat16 && q->blocksize % LN_Q4_RUN == 0 &&
           q->blocksize <= LN_Q4_MAX_BLOCK;
}

/* ---- packing ---- */

/* Half bytes 0 to 7 in the order 0 4 1 5 2 6 3 7. */
static uint32_t interleaved(uint32_t w)
{
    w = (w & 0xFF0000FF) | (w & 0x0000FF00) << 8 | (w >> 8 & 0x0000FF00);
    return (w & 0xF00FF00F) | (w & 0x00F000F0) << 4 | (w >> 4 & 0x00F000F0);
}

/* One column's weights of a block, at `from`; returns their sum.  Kernels are for processors that
 * store the lowest byte first. */
static int pack_column(uint8_t *to, const uint8_t *from, size_t size)
{
    uint32_t sum = 0, w;
    for (size_t s = 0; s < size; s += 8, from += sizeof w, to += 4 * LN_Q4_COLUMNS) {
        memcpy(&w, from, sizeof w);
        w ^= 0x88888888; /* adds 8 to each */
        const uint32_t bytes = (w & 0x0F0F0F0F) + (w >> 4 & 0x0F0F0F0F);
        sum += bytes * 0x01010101 >> 24;
        w = interleaved(w);
        memcpy(to, &w, sizeof w);
    }
    return (int)sum - 8 * (int)size;
}

static void pack_panel(const ln_cpu_q4 *p, const ln_call *c, size_t panel, uint8_t *to)
{
    const uint16_t *scales = scales_of(c)->data.ui16;
    const uint8_t *w = c->in[W]->data.uint8;
    const size_t first = panel * LN_Q4_COLUMNS, n = LN_MIN(p->n - first, (size_t)LN_Q4_COLUMNS);
    memset(to, 0, n < LN_Q4_COLUMNS ? p->panel_bytes : 0);
    for (size_t i = 0; i < n; i++) {
        uint8_t *at = to;
        for (size_t b = 0; b < p->blocks; b++, at += ln_q4_block_bytes(p->size)) {
            const size_t from = (first + i) * p->blocks + b;
            ln_q4_block *block = (ln_q4_block *)(void *)at;
            block->scale[i] = scales[from];
            block->sum[i] =
                (int16_t)pack_column(at + sizeof *block + 4 * i, w + from * p->size / 2, p->size);
        }
    }
}

static ln_status pack(ln_cpu_kernel *k, const ln_call *c, ln_cpu_q4 *p)
{
    const TfLiteTensor *w = c->in[W];
    const TfLiteBlockwiseQuantization *q = w->quantization.params;
    ln_scratch s = {0};
    p->panel_bytes = p->blocks * ln_q4_block_bytes(p->size); /* a few times the model's bytes */
    p->bias_at = s.used;
    ln_scratch_take(&s, (int64_t)(p->panels * LN_Q4_COLUMNS), sizeof(float));
    p->panels_at = s.used;
    ln_scratch_take(&s, (int64_t)p->panels, p->panel_bytes);
    if (ln_cpu_is_packed(k, w))
        return LN_OK;
    uint8_t *to = s.used < SIZE_MAX
                      ? ln_cpu_pack_cached(k, s.used, w->data.raw, FORM | (uint64_t)q->scale)
                      : NULL;
    if (!to)
        return LN_ERR_MEMORY;
    if (k->filled)
        return LN_OK;
    memset(to + p->bias_at, 0, p->panels * LN_Q4_COLUMNS * sizeof(float));
    if (ln_has(c, B))
        memcpy(to + p->bias_at, c->in[B]->data.f, p->n * sizeof(float));
    for (size_t i = 0; i < p->panels; i++)
        pack_panel(p, c, i, to + p->panels_at + i * p->panel_bytes);
    return LN_OK;
}

ln_status ln_cpu_q4_plan(ln_cpu_kernel *k, const ln_call *c, ln_cpu_q4 *p)
{
    ln_scratch s = {0};
    size_t values;
    p->panels = (p->n + LN_Q4_COLUMNS - 1) / LN_Q4_COLUMNS;
    if (!ln_mul_size(p->m, p->k, &values))
        return LN_ERR_UNSUPPORTED;
    LN_TRY(pack(k, c, p));
    p->rows_at = s.used;
    ln_scratch_take(&s, (int64_t)values, 1);
    p->sums_at = s.used;
    ln_scratch_take(&s, (int64_t)(p->m * p->blocks), sizeof(int32_t));
    p->scales_at = s.used;
    ln_scratch_take(&s, (int64_t)p->m, sizeof(ln_row_scale));
    k->scratch_bytes = s.used;
    return s.used < SIZE_MAX ? LN_OK : LN_ERR_MEMORY;
}

/* ---- running ---- */

typedef struct job {
    const ln_cpu_kernel *k;
    const ln_cpu_q4 *p;
    const float *x;
    float *y;
    int8_t *rows;
    int32_t *sums;
    ln_row_scale *scales;
} job;

static void take_rows(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_cpu_q4 *p = j->p;
    (void)thread;
    for (size_t r = begin; r < end; r++) {
        const float *x = j->x + r * p->k;
        int8_t *row = j->rows + r * p->k;
        float min, max;
        j->k->fn->hybrid.range(x, p->k, &min, &max);
        j->scales[r] = ln_row_scale_of(min, max, true);
        const ln_hybrid_row s = {j->scales[r].inverse, j->scales[r].zero, j->scales[r].least};
        j->k->fn->hybrid.to_s8(row, x, p->k, &s);
        for (size_t b = 0; b < p->blocks; b++) {
            int32_t sum = 0;
            for (size_t i = 0; i < p->size; i++)
                sum += *row++;
            j->sums[r * p->blocks + b] = 8 * sum;
        }
    }
}

static void run_panels(void *arg, size_t begin, size_t end, int thread)
{
    const job *j = arg;
    const ln_cpu_q4 *p = j->p;
    const uint8_t *packed = j->k->packed;
    const float *bias = (const float *)(const void *)(packed + p->bias_at);
    for (size_t i = begin; i < end; i++) {
        const size_t col = i * LN_Q4_COLUMNS, cols = LN_MIN(p->n - col, (size_t)LN_Q4_COLUMNS);
        for (size_t r = 0; r < p->m; r++) {
            const ln_q4_row row = {.x = j->rows + r * p->k,
                                   .sums = j->sums + r * p->blocks,
                                   .zero = j->scales[r].zero,
                                   .blocks = p->blocks,
                                   .size = p->size,
                                   .scale = j->scales[r].scale,
                                   .min = p->min,
                                   .max = p->max,
                                   .bias = bias + col};
            float part[LN_Q4_COLUMNS], *y = j->y + r * p->n + col;
            float *to = cols == LN_Q4_COLUMNS ? y : part;
            j->k->fn->gemm_q4.panel(to, packed + p->panels_at + i * p->panel_bytes, &row);
            if (to == part)
                memcpy(y, part, cols * sizeof *y);
        }
        ln_cpu_tail_run(j->k, &(ln_cpu_block){0, p->m, col, cols, p->n}, thread);
    }
}

void ln_cpu_q4_run(const ln_cpu_kernel *k, const ln_call *c, const ln_cpu_q4 *p)
{
    uint8_t *scratch = k->scratch;
    job j = {.k = k,
             .p = p,
             .x = c->in[X]->data.f,
             .y = c->out[0]->data.f,
             .rows = (int8_t *)scratch + p->rows_at,
             .sums = (int32_t *)(void *)(scratch + p->sums_at),
             .scales = (ln_row_scale *)(void *)(scratch + p->scales_at)};
    ln_parallel_for(p->m > 1 ? k->pool : NULL, p->m, 1, take_rows, &j);
    ln_parallel_for(k->pool, p->panels, GRAIN, run_panels, &j);
}
