/* SPDX-License-Identifier: Apache-2.0 */
/* fake.c: training with quantization in mind leaves FAKE_QUANT nodes behind, or pairs of QUANTIZE
 * and DEQUANTIZE, which say exactly what range their tensor has.  They go, and their ranges stay
 * for the plan; without integers to make they are left alone. */
#include <math.h>

#include "ops/list.h"
#include "quant/quant.h"

/* The range that FAKE_QUANT really has: moved so that 0 is one of its steps.  Its kernel computes
 * in floats, which decides where 0 lies half way between two, as from -1 to 1. */
static void nudge(const TfLiteFakeQuantParams *p, float *low, float *high)
{
    const float least = p->narrow_range ? 1 : 0, most = (float)((1 << p->num_bits) - 1);
    const float scale = (p->max - p->min) / (most - least);
    const float zero = fmaxf(fminf(roundf(least - p->min / scale), most), least);
    *low = (least - zero) * scale;
    *high = (most - zero) * scale;
}

static bool is_sound(const ln_node *n)
{
    const TfLiteFakeQuantParams *p = n->params;
    return n->op == &ln_op_fake_quant && p && n->inputs->size == 1 && n->outputs->size == 1 &&
           n->outputs->data[0] >= 0 && p->num_bits >= 2 && p->num_bits <= 16 && isfinite(p->min) &&
           isfinite(p->max) && p->min < p->max && n->inputs->data[0] >= 0;
}

static bool is_unary(const ln_graph *g, const ln_node *n, const ln_op *op, TfLiteType from)
{
    return n->op == op && n->inputs->size == 1 && n->outputs->size == 1 &&
           n->inputs->data[0] >= 0 && n->outputs->data[0] >= 0 &&
           g->tensors[n->inputs->data[0]].t.type == from;
}

/* The DEQUANTIZE behind a QUANTIZE from float to 8 bits that nobody else reads; -1: there is none.
 * *low and *high are what 8 bits hold. */
static int find_pair(const ln_graph *g, int i, float *low, float *high)
{
    const ln_node *n = &g->nodes[i];
    if (!is_unary(g, n, &ln_op_quantize, kTfLiteFloat32))
        return -1;
    const ln_id q = n->outputs->data[0];
    const TfLiteTensor *t = &g->tensors[q].t;
    const bool sign = t->type == kTfLiteInt8;
    if ((!sign && t->type != kTfLiteUInt8) || !(t->params.scale > 0) ||
        ln_graph_use_count(g, q) != 1)
        return -1;
    *low = t->params.scale * (float)((sign ? -128 : 0) - t->params.zero_point);
    *high = t->params.scale * (float)((sign ? 127 : 255) - t->params.zero_point);
    for (int k = i + 1; k < g->n_nodes; k++)
        if (is_unary(g, &g->nodes[k], &ln_op_dequantize, t->type) &&
            g->nodes[k].inputs->data[0] == q)
            return g->tensors[g->nodes[k].outputs->data[0]].t.type == kTfLiteFloat32 ? k : -1;
    return -1;
}

static ln_status keep_range(ln_quant_job *job, int graph, ln_id tensor, float low, float high)
{
    void *all = job->exact;
    if (!ln_grow(&job->m->alloc, &all, &job->exact_capacity, (size_t)job->n_exact,
                 sizeof *job->exact))
        return LN_ERR_MEMORY;
    job->exact = all;
    ln_quant_exact *e = &job->exact[job->n_exact++];
    *e = (ln_quant_exact){.graph = graph, .tensor = tensor, .low = low, .high = high};
    return LN_OK;
}

/* Takes nodes `i` to `last` out by giving their output to whoever makes their input, or else their
 * input to whoever reads their output.  *range is the tensor that stays. */
static void bypass(ln_graph *g, int i, int last, ln_id *range)
{
    const ln_id x = g->nodes[i].inputs->data[0], y = g->nodes[last].outputs->data[0];
    const ln_id from = ln_graph_producer(g, x);
    *range = y;
    for (int k = 0; from >= 0 && ln_graph_use_count(g, x) == 1 && k < g->nodes[from].outputs->size;
         k++)
        if (g->nodes[from].outputs->data[k] == x) {
            g->nodes[from].outputs->data[k] = y;
            return;
        }
    ln_graph_replace_uses(g, y, x);
    *range = x;
}

static bool is_dead(void *user, const ln_node *n)
{
    return user && n->builtin == -1;
}

ln_status ln_quant_take_fakes(ln_quant_job *job)
{
    for (int k = 0; k < job->m->n_graphs; k++) {
        ln_graph *g = job->m->graphs[k];
        for (int i = 0; i < g->n_nodes; i++) {
            ln_id range;
            float low, high;
            const bool fake = is_sound(&g->nodes[i]);
            const int last = fake ? i : find_pair(g, i, &low, &high);
            if (last < 0)
                continue;
            if (fake)
                nudge(g->nodes[i].params, &low, &high);
            bypass(g, i, last, &range);
            LN_TRY(keep_range(job, k, range, low, high));
            g->nodes[i].builtin = g->nodes[last].builtin = -1; /* dropped below */
            g->nodes[i].op = g->nodes[last].op = NULL;
        }
        ln_graph_remove_nodes(g, is_dead, g);
    }
    return LN_OK;
}
