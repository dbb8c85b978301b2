/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c: see columns.h. */
#include "cpu/columns.h"

bool ln_cpu_columns_open(ln_cpu_columns *c)
{
    c->row = c->w->type == kTfLiteInt8 ? NULL : ln_new(&ln_alloc_default, c->k + 1, 1);
    return c->w->type == kTfLiteInt8 || c->row;
}

void ln_cpu_columns_close(ln_cpu_columns *c)
{
    ln_free(&ln_alloc_default, c->row);
}

const int8_t *ln_cpu_column(const ln_cpu_columns *c, size_t i)
{
    if (!c->row)
        return c->w->data.int8 + i * c->k;
    ln_unpack(c->w, i * c->k, c->k, c->row);
    return c->row;
}

size_t ln_cpu_columns_size(ln_cpu_int_product *p, size_t n, size_t k)
{
    const ln_gemm_s16 *g = p->s16;
    const size_t last = k - (p->chunks - 1) * p->chunk;
    p->chunk_bytes = ln_gemm_s16_panel(g, p->chunk);
    p->panel_bytes = (p->chunks - 1) * p->chunk_bytes + ln_gemm_s16_panel(g, last);
    return (n + g->nr - 1) / g->nr * p->panel_bytes;
}

/* One column of a panel's chunk, column j of the panel. */
static void pack_column(const ln_gemm_s16 *g, const int8_t *w, size_t k, size_t j, uint8_t *to)
{
    to += j * g->kr;
    for (size_t t = 0; t + g->kr <= k; t += g->kr, to += g->kr * g->nr)
        for (size_t r = 0; r < g->kr; r++)
            to[r] = (uint8_t)w[t + r];
    for (size_t r = 0; r < k % g->kr; r++)
        to[r] = (uint8_t)w[k - k % g->kr + r];
}

void ln_cpu_columns_pack(const ln_cpu_columns *c, const ln_cpu_int_product *p, uint8_t *to)
{
    const ln_gemm_s16 *g = p->s16;
    const size_t n = c->n / c->groups, group_bytes = (n + g->nr - 1) / g->nr * p->panel_bytes;
    for (size_t i = 0; i < c->n; i++) {
        const int8_t *w = ln_cpu_column(c, i);
        const size_t j = i % n;
        uint8_t *panel = to + i / n * group_bytes + j / g->nr * p->panel_bytes;
        for (size_t from = 0; from < c->k; from += p->chunk, panel += p->chunk_bytes)
            pack_column(g, w + from, LN_MIN(p->chunk, c->k - from), j % g->nr, panel);
    }
}
