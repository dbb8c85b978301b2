/* SPDX-License-Identifier: Apache-2.0 */
/* control.c: values that a WHILE carries along unchanged are no part of what it computes: behind it
 * they are what they were before. */
#include "opt/opt.h"

/* The body gives back its input `i` as it is. */
static bool is_invariant(const ln_graph *body, int i)
{
    return i < body->inputs->size && i < body->outputs->size &&
           body->outputs->data[i] == body->inputs->data[i];
}

bool ln_pass_control(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    bool changed = false;
    if (n->op != &ln_op_while || n->inputs->size != n->outputs->size)
        return false;
    const int number = ((const TfLiteWhileParams *)n->params)->body_subgraph_index;
    if (number < 0 || number >= o->m->n_graphs || o->m->graphs[number] == o->g)
        return false;
    const ln_graph *body = o->m->graphs[number];
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id from = n->outputs->data[i], to = n->inputs->data[i];
        if (is_invariant(body, i) && ln_opt_uses(o, from) > 0)
            changed = ln_opt_replace(o, from, to) || changed;
    }
    return changed;
}
