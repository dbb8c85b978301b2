/* SPDX-License-Identifier: Apache-2.0 */
/* constants.c: see constants.h.  A new plan computes them again: shapes may ask for another way to
 * pack. */
#include "cpu/constants.h"

#include "base/file.h"
#include "cpu/eltwise.h"

extern const ln_op ln_op_dequantize;

static const ln_alloc *const heap = &ln_alloc_default;

int ln_cpu_constants_match(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    const TfLiteIntArray *in = g->items[at].node->inputs;
    int n = 0;
    for (int i = 0; i < in->size && n < max; i++) {
        const int maker = in->data[i] < 0 ? -1 : g->maker[in->data[i]];
        if (maker < 0)
            continue;
        const ln_cpu_item *item = &g->items[maker];
        const TfLiteTensor *x = ln_cpu_graph_input(g, maker, 0);
        if (item->op == &ln_op_dequantize && item->constant && !item->taken &&
            ln_cpu_graph_next(g, maker) == at && x && x->allocation_type == kTfLiteMmapRo)
            nodes[n++] = maker;
    }
    /* in the order of the plan */
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && nodes[j - 1] > nodes[j]; j--) {
            const int held = nodes[j];
            nodes[j] = nodes[j - 1];
            nodes[j - 1] = held;
        }
    return n;
}

static ln_status compute(ln_cpu_group *k, int node)
{
    ln_call *c = &k->k.nodes[node].call;
    TfLiteTensor *y = c->out[0];
    const void *x = c->in[0]->data.raw;
    ln_step step;
    if (ln_step_plan(&step, k->k.nodes[node].op, c, k->k.fn) != LN_OK)
        return k->k.nodes[node].op->eval(c); /* scales per channel, int4 */
    ln_step_run(&step, y->data.raw, &x, 0, (size_t)ln_count(y));
    return LN_OK;
}

ln_status ln_cpu_constants_make(ln_cpu_group *k)
{
    for (int i = 0; i < k->constants; i++) {
        ln_cpu_local *l = ln_cpu_local_of(k, k->k.nodes[i].call.out[0]);
        const TfLiteTensor *x = k->k.nodes[i].call.in[0];
        if (!l)
            return LN_ERR_UNSUPPORTED;
        ln_free_aligned(heap, l->constant);
        l->t.data.raw = l->constant = ln_new_aligned(heap, LN_MAX(l->t.bytes, (size_t)1));
        if (!l->constant)
            return LN_ERR_MEMORY;
        LN_TRY(compute(k, i));
        l->t.allocation_type = kTfLiteMmapRo;
        if (x->allocation)
            ln_file_forget(x->allocation, x->data.raw, x->bytes);
    }
    return LN_OK;
}

void ln_cpu_constants_drop(ln_cpu_group *k, bool all)
{
    for (int i = 0; i < k->n_locals; i++) {
        ln_cpu_local *l = &k->locals[i];
        const bool matrix = k->row->traits & LN_CPU_CONSTANTS && l->dims.size > 1;
        if (!l->constant || (!all && !matrix && l->constant != k->k.packed_of))
            continue;
        ln_free_aligned(heap, l->constant);
        l->t.data.raw = l->constant = NULL;
        l->t.allocation_type = kTfLiteArenaRw;
    }
}
