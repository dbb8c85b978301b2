/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c: the op table's rules as questions about one operand of a node. */
#include <string.h>

#include "quant/quant.h"

static const ln_qrule none = {LN_Q_NONE_, 0, 0, 0};

/* The last rule of a list stands for all operands behind it where their number is open. */
static ln_qrule rule_at(const ln_qrule *rules, bool open, int i)
{
    int last = LN_MIN(i, LN_MAX_ARITY - 1);
    while (open && last > 0 && rules[last].kind == LN_Q_NONE_)
        last--;
    return i < LN_MAX_ARITY || open ? rules[last] : none;
}

ln_qrule ln_quant_rule_in(const ln_op *op, int i)
{
    return op && op->quant ? rule_at(op->quant->in, op->max_in < 0, i) : none;
}

ln_qrule ln_quant_rule_out(const ln_op *op, int i)
{
    return op && op->quant ? rule_at(op->quant->out, op->n_out < 0, i) : none;
}

int ln_quant_hybrid(const ln_op *op)
{
    return op && op->quant ? op->quant->hybrid : LN_HYBRID_NONE;
}

int ln_quant_weights_factor(const ln_graph *g, const ln_node *n)
{
    int factor = -1;
    bool weights = false;
    for (int i = 0; i < n->inputs->size; i++) {
        const int kind = ln_quant_rule_in(n->op, i).kind;
        weights = weights || (kind == LN_Q_WEIGHT_ && ln_quant_is_weights(g, n->inputs->data[i]));
        factor = kind == LN_Q_ACTIVATION_ ? i : factor;
    }
    return weights ? factor : -1;
}

bool ln_quant_set_option(ln_model *m, ln_node *n, const char *field, bool value)
{
    const ln_field *f = n->op ? n->op->fields : NULL;
    while (f && f->kind != LN_END_ && strcmp(f->name, field) != 0)
        f++;
    if (!f || f->kind != LN_BOOL_ || !n->params)
        return false;
    void *params = ln_arena_copy(&m->arena, n->params, n->params_size);
    if (!params)
        return false;
    memcpy((char *)params + f->offset, &value, sizeof value);
    n->params = params;
    return true;
}

static bool is_named(const char *const *names, int n_names, const ln_graph *g, const ln_node *n)
{
    for (int k = 0; k < n_names; k++) {
        if (!names[k][0])
            continue; /* tensors without a name are not all meant */
        if (n->op && strcmp(n->op->name, names[k]) == 0)
            return true;
        for (int i = 0; i < n->outputs->size; i++) {
            const ln_id y = n->outputs->data[i];
            const char *made = y >= 0 ? g->tensors[y].t.name : NULL;
            if (made && strcmp(made, names[k]) == 0)
                return true;
        }
    }
    return false;
}

bool ln_quant_keeps_float(const ln_quant_job *job, const ln_graph *g, const ln_node *n)
{
    return is_named(job->o->keep_float, job->o->n_keep_float, g, n);
}

bool ln_quant_is_wide(const ln_quant_job *job, const ln_graph *g, const ln_node *n)
{
    return is_named(job->o->wide, job->o->n_wide, g, n);
}

bool ln_quant_is_per_channel(const ln_quant_job *job, const ln_graph *g, const ln_node *n)
{
    return !job->o->per_tensor || is_named(job->o->per_channel, job->o->n_per_channel, g, n);
}
