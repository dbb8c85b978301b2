/* SPDX-License-Identifier: Apache-2.0 */
/* response.c: what the only reader of a tensor makes of its values.  HARD_SWISH makes 0 of all that
 * is below -3, and TANH next to nothing new of what is above 4; steps there would be spent in vain.
 * The range of such a tensor is chosen by the error behind its reader.
 *
 * SOFTMAX gives a value what its exponential is beside the largest one's.  How large that one is
 * differs from sample to sample; the mean, less a margin, stands for all of them.  Above it each
 * error counts in full, below it they fade, but not away: other data may have no value that large.
 */
#include <math.h>

#include "ops/list.h"
#include "quant/quant.h"
#include "quant/stats.h"

/* How far below the mean of the samples' largest values steps still count in full. */
#define SOFTMAX_MARGIN 2
/* What is left of errors far below. */
#define SOFTMAX_REST   0.25f

/* The only node that reads a tensor, and reads it once; NULL where there is none such. */
static const ln_node *only_reader(const ln_graph *g, ln_id tensor)
{
    if (ln_graph_use_count(g, tensor) != 1)
        return NULL;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].inputs->size; k++)
            if (g->nodes[i].inputs->data[k] == tensor)
                return &g->nodes[i];
    return NULL;
}

/* The reader behind operators that give what they get. */
static const ln_node *find_reader(const ln_graph *g, ln_id tensor)
{
    enum { FAR = 16 };
    const ln_node *n = only_reader(g, tensor);
    for (int i = 0; i < FAR && n && n->op && n->inputs->size && n->inputs->data[0] == tensor &&
                    ln_quant_rule_out(n->op, 0).kind == LN_Q_LIKE_ && n->outputs->size == 1;
         i++) {
        tensor = n->outputs->data[0];
        n = only_reader(g, tensor);
    }
    return n;
}

void ln_response_find(ln_response *r, const ln_graph *g, ln_id tensor, double largest)
{
    const unsigned wanted = LN_PURE | LN_ELEMENTWISE;
    const ln_node *n = find_reader(g, tensor);
    const ln_op *op = n ? n->op : NULL;
    *r = (ln_response){.largest = (float)largest - SOFTMAX_MARGIN};
    if (op == &ln_op_softmax ||
        (op && op->max_in == 1 && op->n_out == 1 && (op->traits & wanted) == wanted &&
         ln_quant_rule_out(op, 0).kind != LN_Q_NONE_))
        r->reader = n;
}

static void soften(const ln_response *r, const float *x, float *y, int n)
{
    const TfLiteSoftmaxParams *p = r->reader->params;
    const float beta = p ? p->beta : 1;
    for (int i = 0; i < n; i++) {
        const float over = beta * (x[i] - r->largest);
        y[i] = over > 0 ? 1 + over : (1 - SOFTMAX_REST) * expf(over) + SOFTMAX_REST * (1 + over);
    }
}

/* Runs the reader on a list of values. */
static bool evaluate(const ln_node *node, const float *x, float *y, int n)
{
    union {
        TfLiteIntArray dims;
        int room[2];
    } shape = {.room = {1, n}};
    TfLiteTensor in = {.type = kTfLiteFloat32, .dims = &shape.dims}, out = in;
    const TfLiteTensor *ins[] = {&in};
    TfLiteTensor *outs[] = {&out};
    ln_made made[1];
    ln_diag silent = {0};
    in.bytes = out.bytes = (size_t)n * sizeof *x;
    in.data.raw = (char *)(uintptr_t)x;
    out.data.f = y;
    ln_call c = {.in = ins,
                 .out = outs,
                 .n_in = 1,
                 .n_out = 1,
                 .params = node->params,
                 .run = true,
                 .made = made,
                 .diag = &silent};
    return node->op->infer(&c) == LN_OK && made[0].type == kTfLiteFloat32 && !c.scratch_bytes &&
           node->op->eval(&c) == LN_OK;
}

bool ln_response_apply(const ln_response *r, const float *x, float *y, int n)
{
    if (!r || !r->reader)
        return false;
    if (r->reader->op == &ln_op_softmax)
        soften(r, x, y, n);
    else if (!evaluate(r->reader, x, y, n))
        return false;
    for (int i = 0; i < n; i++)
        if (!isfinite(y[i]))
            return false;
    return true;
}
