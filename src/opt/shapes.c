/* SPDX-License-Identifier: Apache-2.0 */
/* shapes.c: what a file says of the shapes of inner tensors is only what its writer saw; here they
 * are inferred anew from the shapes of inputs, constants and variables. */
#include <string.h>

#include "opt/opt.h"

static bool set_shape(ln_model *m, ln_tensor *t, const ln_shape *s)
{
    TfLiteIntArray *dims = ln_ints(&m->arena, LN_MAX(s->rank, 0), s->dim);
    if (!dims)
        return false;
    t->t.dims = dims;
    t->t.dims_signature = NULL;
    t->has_rank = s->rank >= 0;
    return true;
}

/* What an operator does not tell stays as it was: it is not in our table, it reads a variable, or
 * it goes by the output itself. */
static bool tells(const ln_node *n)
{
    return n->op && !n->custom_name && !(n->op->traits & LN_STATEFUL) &&
           n->op != &ln_op_stablehlo_rng_bit_generator;
}

static ln_status infer_node(ln_model *m, ln_graph *g, int i)
{
    const ln_node *n = &g->nodes[i];
    const int n_out = n->outputs->size;
    ln_made *made = ln_arena_new(&m->arena, (size_t)n_out * 2 + 1, sizeof *made);
    TfLiteTensor *like = ln_arena_new(&m->arena, (size_t)n_out + 1, sizeof *like);
    ln_diag quiet = {0};
    ln_emit e;
    if (!made || !like)
        return LN_ERR_MEMORY;
    ln_emit_init(&e, m, g, &quiet);
    for (int k = 0; k < n_out; k++) {
        const ln_id y = n->outputs->data[k];
        made[n_out + k] = (ln_made){ln_emit_type(&e, y), ln_shape_unknown(-1)};
        if (y >= 0)
            like[k] = g->tensors[y].t; /* integers ask for the scales of what they make */
    }
    const ln_emit_call call = {.op = n->op,
                               .params = n->params,
                               .in = n->inputs->data,
                               .n_in = n->inputs->size,
                               .n_out = n_out,
                               .hints = made + n_out,
                               .like = like};
    bool ok = ln_emit_infer(&e, &call, made);
    ln_status status = e.status == LN_ERR_MEMORY ? LN_ERR_MEMORY : LN_OK;
    const ln_shape unknown = ln_shape_unknown(-1);
    for (int k = 0; status == LN_OK && k < n_out; k++)
        if (n->outputs->data[k] >= 0 &&
            !set_shape(m, &g->tensors[n->outputs->data[k]], ok ? &made[k].shape : &unknown))
            status = LN_ERR_MEMORY;
    return status;
}

ln_status ln_opt_infer(ln_model *m)
{
    /* graphs that others call come behind them, as a rule: they go first */
    for (int i = m->n_graphs - 1; i >= 0; i--) {
        ln_graph *g = m->graphs[i];
        for (int k = 0; k < g->n_nodes; k++)
            if (tells(&g->nodes[k]))
                LN_TRY(infer_node(m, g, k));
    }
    return LN_OK;
}
