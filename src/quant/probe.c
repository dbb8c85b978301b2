/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c: asks an op itself whether it takes integers: its own `infer`, which refuses what
 * TFLite's kernels refuse, sees the node's operands with the types that they would have. */
#include <math.h>

#include "quant/plan.h"

enum { MAX_OPERANDS = 64 };

typedef struct probe {
    TfLiteTensor in[MAX_OPERANDS], out[MAX_OPERANDS], inner[LN_MAX_INNER];
    const TfLiteTensor *ins[MAX_OPERANDS];
    const TfLiteTensor *mid[LN_MAX_INNER];
    TfLiteTensor *outs[MAX_OPERANDS];
    ln_made made[MAX_OPERANDS];
} probe;

static TfLiteType type_of(ln_qrule rule, int bits)
{
    switch (rule.kind) {
    case LN_Q_VECTOR_:
        return kTfLiteInt16;
    case LN_Q_STATE_:
        return rule.a == LN_STATE_LIKE_OUTPUT ? kTfLiteInt8 : kTfLiteInt16;
    case LN_Q_WEIGHT_:
        return kTfLiteInt8;
    case LN_Q_BIAS_:
        return bits == 16 ? kTfLiteInt64 : kTfLiteInt32;
    default:
        return bits == 16 ? kTfLiteInt16 : kTfLiteInt8;
    }
}

/* One scale and no zero point will do: what an op asks of their values is met elsewhere. */
static bool disguise(ln_model *m, TfLiteTensor *t, ln_qrule rule, int bits)
{
    const bool fixed = rule.kind == LN_Q_FIXED_;
    const bool power = rule.kind == LN_Q_STATE_ && rule.a == LN_STATE_POWER;
    const float scale = power    ? 1.f / 4096
                        : !fixed ? 1
                                 : (bits == 16 ? 1.f / 32768 : ldexpf(1, rule.a));
    const int zero = fixed && bits == 8 ? rule.b : 0;
    if (rule.kind == LN_Q_NONE_)
        return true;
    t->type = type_of(rule, bits);
    t->allocation_type = kTfLiteArenaRw; /* its values are not there yet */
    t->data.raw = NULL;
    return ln_quant_set_affine(m, t, 1, &scale, &zero, 0) == LN_OK;
}

static bool ask(probe *p, ln_model *m, const ln_graph *g, const ln_node *n, int bits)
{
    ln_diag silent = {0};
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id id = n->inputs->data[i];
        if (id < 0)
            continue;
        p->in[i] = g->tensors[id].t;
        if (!disguise(m, &p->in[i], ln_quant_rule_in(n->op, i), bits))
            return false;
        p->ins[i] = &p->in[i];
    }
    for (int i = 0; i < n->outputs->size; i++) {
        const ln_id id = n->outputs->data[i];
        p->out[i] = g->tensors[id].t;
        if (!disguise(m, &p->out[i], ln_quant_rule_out(n->op, i), bits))
            return false;
        p->outs[i] = &p->out[i];
    }
    for (int i = 0; i < n->op->quant->n_inner; i++) {
        if (!disguise(m, &p->inner[i], (ln_qrule)LN_Q_VECTOR(16, 0), bits))
            return false;
        p->mid[i] = &p->inner[i];
    }
    ln_call c = {.in = p->ins,
                 .out = p->outs,
                 .mid = p->mid,
                 .n_in = n->inputs->size,
                 .n_out = n->outputs->size,
                 .n_mid = n->op->quant->n_inner,
                 .params = n->params,
                 .made = p->made,
                 .diag = &silent};
    return n->op->infer(&c) == LN_OK && p->made[0].type == p->out[0].type;
}

bool ln_quant_probe(const ln_quant_job *job, const ln_graph *g, const ln_node *n, int bits)
{
    if (n->inputs->size > MAX_OPERANDS || n->outputs->size > MAX_OPERANDS)
        return false;
    probe *p = ln_new(&job->m->alloc, 1, sizeof *p);
    const bool taken = p && ask(p, job->m, g, n, bits);
    ln_free(&job->m->alloc, p);
    return taken;
}
