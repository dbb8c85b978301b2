/* SPDX-License-Identifier: Apache-2.0 */
/* fake.c: FAKE_QUANT nodes, which training with quantization in mind leaves behind, say exactly
 * what range their tensor has.  They go, and their ranges stay for the plan; without integers to
 * make they are left alone. */
#include <math.h>

#include "ops/list.h"
#include "quant/quant.h"

/* The range that FAKE_QUANT really has: moved so that 0 is one of its steps. */
static void nudge(const TfLiteFakeQuantParams *p, float *low, float *high)
{
    const double least = p->narrow_range ? 1 : 0, most = (double)((1 << p->num_bits) - 1);
    const double scale = ((double)p->max - (double)p->min) / (most - least);
    const double zero = fmax(fmin(round(least - (double)p->min / scale), most), least);
    *low = (float)((least - zero) * scale);
    *high = (float)((most - zero) * scale);
}

static bool is_sound(const ln_node *n)
{
    const TfLiteFakeQuantParams *p = n->params;
    return n->op == &ln_op_fake_quant && p && n->inputs->size == 1 && n->outputs->size == 1 &&
           n->outputs->data[0] >= 0 && p->num_bits >= 2 && p->num_bits <= 16 && isfinite(p->min) &&
           isfinite(p->max) && p->min < p->max && n->inputs->data[0] >= 0;
}

static ln_status keep_range(ln_quant_job *job, int graph, ln_id tensor, const ln_node *n)
{
    void *all = job->exact;
    if (!ln_grow(&job->m->alloc, &all, &job->exact_capacity, (size_t)job->n_exact,
                 sizeof *job->exact))
        return LN_ERR_MEMORY;
    job->exact = all;
    ln_quant_exact *e = &job->exact[job->n_exact++];
    *e = (ln_quant_exact){.graph = graph, .tensor = tensor};
    nudge(n->params, &e->low, &e->high);
    return LN_OK;
}

/* Takes node `i` out by giving its output to whoever makes its input, or else its input to whoever
 * reads its output.  *range is the tensor that stays. */
static void bypass(ln_graph *g, int i, ln_id *range)
{
    const ln_id x = g->nodes[i].inputs->data[0], y = g->nodes[i].outputs->data[0];
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
            if (!is_sound(&g->nodes[i]))
                continue;
            bypass(g, i, &range);
            LN_TRY(keep_range(job, k, range, &g->nodes[i]));
            g->nodes[i].builtin = -1; /* dropped below */
        }
        ln_graph_remove_nodes(g, is_dead, g);
    }
    return LN_OK;
}
