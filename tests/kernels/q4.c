/* SPDX-License-Identifier: Apache-2.0 */
/* q4.c: a row by int4 weights with a scale per block: the very bits of plain C. */
#include "base/half.h"
#include "check.h"

enum { MOST_BLOCKS = 5, MOST_RUNS = 3 };

typedef struct product {
    const ln_gemm_q4 *g;
    ln_q4_row row;
    void *panel;
    float *y;
} product;

static void run(void *arg)
{
    const product *p = arg;
    p->g->panel(p->y, p->panel, &p->row);
}

static int weight_at(const uint8_t *w, size_t s, size_t column)
{
    const uint8_t byte = w[(s / 8 * LN_Q4_COLUMNS + column) * 4 + s % 4];
    return (s % 8 < 4 ? byte & 15 : byte >> 4) - 8;
}

/* Any weights and scales, and the sums of these weights. */
static void fill_block(uint8_t *at, size_t size, int kind)
{
    ln_q4_block *block = (ln_q4_block *)(void *)at;
    uint8_t *w = at + sizeof *block;
    memcpy(w, check_bytes(size / 2 * LN_Q4_COLUMNS, kind), size / 2 * LN_Q4_COLUMNS);
    for (size_t j = 0; j < LN_Q4_COLUMNS; j++) {
        int sum = 0;
        for (size_t s = 0; s < size; s++)
            sum += weight_at(w, s, j);
        block->sum[j] = (int16_t)sum;
        block->scale[j] = (uint16_t)(check_random() % 0x7000 | (check_random() & 0x8000));
    }
}

static void make(product *p, int kind)
{
    const size_t size = p->row.size, bytes = ln_q4_block_bytes(size);
    int32_t *sums = check_buffer(p->row.blocks * sizeof *sums);
    uint8_t *panel = check_buffer(p->row.blocks * bytes);
    p->row.x = check_bytes(p->row.blocks * size, kind);
    p->row.sums = sums;
    p->row.scale = 0.25f + (float)(check_random() % 9);
    p->row.min = -1e6f;
    p->row.max = 2e6f;
    p->row.bias = check_floats(LN_Q4_COLUMNS, CHECK_PLAIN);
    p->row.zero = (int32_t)(check_random() % 256) - 128;
    p->panel = panel;
    p->y = check_buffer(LN_Q4_COLUMNS * sizeof *p->y);
    for (size_t b = 0; b < p->row.blocks; b++) {
        fill_block(panel + b * bytes, size, kind);
        sums[b] = 0;
        for (size_t s = 0; s < size; s++)
            sums[b] += 8 * p->row.x[b * size + s];
    }
}

static float wanted(const product *p, size_t column)
{
    const size_t size = p->row.size;
    const uint8_t *at = p->panel;
    float y = 0;
    for (size_t b = 0; b < p->row.blocks; b++, at += ln_q4_block_bytes(size)) {
        const ln_q4_block *block = (const ln_q4_block *)(const void *)at;
        int32_t sum = 0;
        for (size_t s = 0; s < size; s++)
            sum +=
                (p->row.x[b * size + s] - p->row.zero) * weight_at(at + sizeof *block, s, column);
        y += (float)sum * ln_half_to_float(block->scale[column]);
    }
    y = y * p->row.scale + p->row.bias[column];
    return y < p->row.min ? p->row.min : y > p->row.max ? p->row.max : y;
}

void check_q4(check *c)
{
    const ln_gemm_q4 *g = &c->new->gemm_q4;
    if (!g->panel || !CHECK_BEGIN(c, "gemm_q4", gemm_q4.panel))
        return;
    for (int i = 0; i < 60; i++) {
        product p = {.g = g,
                     .row = {.blocks = 1 + check_random() % MOST_BLOCKS,
                             .size = LN_Q4_RUN * (1 + check_random() % MOST_RUNS)}};
        make(&p, i % CHECK_KINDS);
        run(&p);
        for (size_t j = 0; j < LN_Q4_COLUMNS; j++)
            check_that(c, check_ulps(p.y[j], wanted(&p, j)) == 0, "%zu blocks of %zu: %g, not %g",
                       p.row.blocks, p.row.size, (double)p.y[j], (double)wanted(&p, j));
        check_that(c, check_end(), "%zu blocks: writes in front of a buffer", p.row.blocks);
    }
    product p = {.g = g, .row = {.blocks = 32, .size = 32}};
    make(&p, CHECK_PLAIN);
    check_bench(c, run, &p, 2.0 * LN_Q4_COLUMNS * 32 * 32, "GOP/s");
    check_end();
}
