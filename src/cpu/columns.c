/* SPDX-License-Identifier: Apache-2.0 */
/* columns.c: see columns.h. */
#include "cpu/columns.h"

#include <string.h>

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

/* Columns of bytes, and all of k in one chunk: panels are those of 8-bit products. */
static void pack_panels(const ln_cpu_columns *c, const ln_cpu_int_product *p, uint8_t *to)
{
    const ln_gemm_q8 form = {.nr = (int)p->s16->nr, .kr = (int)p->s16->kr};
    const size_t n = c->n / c->groups;
    for (size_t group = 0; group < c->groups; group++) {
        const ln_q8_weights w = {c->w->data.uint8 + group * n * c->k, n, 1, c->k, 0};
        for (size_t i = 0; i * p->s16->nr < n; i++, to += p->panel_bytes)
            ln_gemm_q8_pack(&form, (int8_t *)to, &w, i, NULL);
    }
}

void ln_cpu_columns_pack(const ln_cpu_columns *c, const ln_cpu_int_product *p, uint8_t *to)
{
    const ln_gemm_s16 *g = p->s16;
    const size_t n = c->n / c->groups, group_bytes = (n + g->nr - 1) / g->nr * p->panel_bytes;
    if (!c->row && p->chunks == 1) {
        pack_panels(c, p, to);
        return;
    }
    memset(to, 0, c->groups * group_bytes);
    for (size_t i = 0; i < c->n; i++) {
        const int8_t *w = ln_cpu_column(c, i);
        const size_t j = i % n;
        uint8_t *panel = to + i / n * group_bytes + j / g->nr * p->panel_bytes;
        for (size_t from = 0; from < c->k; from += p->chunk, panel += p->chunk_bytes)
            pack_column(g, w + from, LN_MIN(p->chunk, c->k - from), j % g->nr, panel);
    }
}
