/* SPDX-License-Identifier: Apache-2.0 */
/* cells.c: what recurrent operators have beside activations, weights and biases, as integers:
 * vectors of weights in int16, variables, and inner tensors, which hold no data but the scale of a
 * value inside of the cell.  What values those take, watch.c has seen. */
#include <math.h>

#include "quant/plan.h"
#include "quant/stats.h"

/* Q3.12 and Q0.15 bound the cell state's power of two. */
enum { STATE_MIN_LOG2 = -15, STATE_MAX_LOG2 = -9 };

static float largest(const float *x, int n)
{
    float most = 0;
    for (int i = 0; i < n; i++)
        most = fmaxf(most, fabsf(x[i]));
    return most;
}

ln_status ln_quant_vector(ln_model *m, ln_graph *g, ln_id id, int bits, ln_id *out)
{
    const TfLiteTensor *t = &g->tensors[id].t;
    const int n = ln_count(t), top = (1 << (bits - 1)) - 1;
    const float most = largest(t->data.f, n);
    const double exact = most > 0 ? (double)most / top : 1;
    const float scale = (float)exact;
    int16_t *y = ln_arena_new(&m->arena, (size_t)n, sizeof *y);
    if (!y)
        return LN_ERR_MEMORY;
    if (!isfinite(most))
        return LN_ERR_FORMAT;
    for (int i = 0; i < n; i++)
        y[i] = (int16_t)fmax(fmin(round((double)t->data.f[i] / exact), top), -top);
    LN_TRY(ln_quant_constant(m, g, id, kTfLiteInt16, y, (size_t)n * sizeof *y, out));
    return ln_quant_set_affine(m, &g->tensors[*out].t, 1, &scale, NULL, 0);
}

/* The largest magnitude that was seen; 0 where nothing was. */
static float seen(const ln_quant_plan *p, ln_id tensor)
{
    const ln_stat *s = ln_stats_of(p->job->stats, p->graph, tensor);
    return s ? fmaxf(fabsf(s->min), fabsf(s->max)) : 0;
}

static ln_quant_scale symmetric(float most, int top)
{
    return (ln_quant_scale){most > 0 ? most / (float)top : 1, 0};
}

/* TFLite's fixed-point tanh reads a state whose scale is a power of two. */
static ln_quant_scale power_of_two(float most)
{
    const int log2_scale = most > 0 ? (int)ceilf(log2f(most)) - 15 : STATE_MIN_LOG2;
    return (ln_quant_scale){
        ldexpf(1, LN_MAX(LN_MIN(log2_scale, (int)STATE_MAX_LOG2), (int)STATE_MIN_LOG2)), 0};
}

ln_status ln_quant_state(const ln_quant_plan *p, ln_id id, int how, ln_quant_scale output,
                         ln_id *out)
{
    const bool like = how == LN_STATE_LIKE_OUTPUT;
    const float most = like ? 0 : seen(p, id);
    const ln_quant_scale q = like                    ? output
                             : how == LN_STATE_POWER ? power_of_two(most)
                                                     : symmetric(most, 32767);
    ln_model *m = p->job->m;
    LN_TRY(ln_quant_tensor(m, p->g, id, like ? kTfLiteInt8 : kTfLiteInt16, p->g->tensors[id].t.name,
                           out));
    p->g->tensors[*out].t.is_variable = true;
    return ln_quant_set_affine(m, &p->g->tensors[*out].t, 1, &q.scale, &q.zero, 0);
}

static ln_status add_inner(const ln_quant_plan *p, TfLiteType type, const ln_quant_scale *q,
                           int *out)
{
    ln_model *m = p->job->m;
    LN_TRY(ln_graph_add_tensor(m, p->g, "inner", type, 1, (const int[]){0}, out));
    return q ? ln_quant_set_affine(m, &p->g->tensors[*out].t, 1, &q->scale, &q->zero, 0) : LN_OK;
}

ln_status ln_quant_inner(const ln_quant_plan *p, const ln_node *n, ln_quant_scale output,
                         TfLiteIntArray **out)
{
    const ln_quant *rules = n->op->quant;
    *out = ln_ints(&p->job->m->arena, rules->n_inner, NULL);
    if (!*out)
        return LN_ERR_MEMORY;
    for (int i = 0; i < rules->n_inner; i++) {
        const ln_qinner *r = &rules->inner[i];
        const bool used = r->of < n->inputs->size && n->inputs->data[r->of] >= 0;
        const bool wide = r->bits == 16;
        /* TFLite negates the zero point of 8 bits at one place: both signs alike have none. */
        const ln_quant_scale q =
            used ? symmetric(seen(p, n->inputs->data[r->of]), wide ? 32767 : 127) : output;
        LN_TRY(add_inner(p, wide ? (used ? kTfLiteInt16 : kTfLiteFloat32) : kTfLiteInt8,
                         used || !wide ? &q : NULL, &(*out)->data[i]));
    }
    return LN_OK;
}

bool ln_quant_has_state(const ln_op *op)
{
    for (int i = 0; op && op->quant && i < LN_MAX_ARITY; i++)
        if (op->quant->in[i].kind == LN_Q_STATE_)
            return true;
    return false;
}

bool ln_quant_cell_is_seen(const ln_quant_plan *p, const ln_node *n)
{
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_qrule rule = ln_quant_rule_in(n->op, i);
        const ln_id id = n->inputs->data[i];
        if (rule.kind == LN_Q_STATE_ && rule.a != LN_STATE_LIKE_OUTPUT &&
            !ln_stats_of(p->job->stats, p->graph, id))
            return false;
    }
    return true;
}
