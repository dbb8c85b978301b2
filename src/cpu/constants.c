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

static ln_status compute(const ln_cpu_kernel *k, ln_cpu_node *node)
{
    ln_call *c = &node->call;
    TfLiteTensor *y = c->out[0];
    const TfLiteTensor *x = c->in[0];
    const void *from = x->data.raw;
    ln_step step;
    if (ln_step_plan(&step, node->op, c, k->fn) != LN_OK)
        LN_TRY(node->op->eval(c)); /* scales per channel, int4 */
    else
        ln_step_run(&step, y->data.raw, &from, 0, (size_t)ln_count(y));
    if (x->allocation)
        ln_file_forget(x->allocation, from, x->bytes);
    return LN_OK;
}

/* The row's weights, which the weight cache may have as they are packed. */
static bool may_be_late(const ln_cpu_group *k, const ln_cpu_node *node)
{
    enum { WEIGHTS = 1 };
    const ln_call *c = &k->k.nodes[k->main].call;
    return k->k.cache && c->n_in > WEIGHTS && c->in[WEIGHTS] == node->call.out[0];
}

ln_status ln_cpu_constants_finish(ln_cpu_kernel *k)
{
    ln_cpu_node *late = k->late;
    k->late = NULL;
    return late ? compute(k, late) : LN_OK;
}

ln_status ln_cpu_constants_make(ln_cpu_group *k)
{
    k->k.late = NULL;
    for (int i = 0; i < k->constants; i++) {
        ln_cpu_node *node = &k->k.nodes[i];
        ln_cpu_local *l = ln_cpu_local_of(k, node->call.out[0]);
        if (!l)
            return LN_ERR_UNSUPPORTED;
        ln_free_aligned(heap, l->constant);
        l->t.data.raw = l->constant = ln_new_aligned(heap, LN_MAX(l->t.bytes, (size_t)1));
        if (!l->constant)
            return LN_ERR_MEMORY;
        l->t.allocation_type = kTfLiteMmapRo;
        if (may_be_late(k, node))
            k->k.late = node;
        else
            LN_TRY(compute(&k->k, node));
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
