/* SPDX-License-Identifier: Apache-2.0 */
/* rnn_loop.c: the steps of a recurrent cell as a WHILE, for long sequences and those whose length
 * is known when the model runs.  Around the loop go the step's number, what all steps give, and the
 * state; products with x and lengths come along unchanged. */
#include <string.h>

#include "import/onnx/heads.h"
#include "import/onnx/inner.h"
#include "import/onnx/rnn.h"

enum { STEP, RESULT, GATES, HIDDEN, REST }; /* then the cell's state and the lengths */

typedef struct ring {
    int n, cell, lengths; /* their places; -1: none */
    ln_id in[REST + 2];
    ln_made made[REST + 2];
} ring;

static int add(ln_ox *o, ring *k, ln_id id)
{
    k->in[k->n] = id;
    k->made[k->n] = (ln_made){ln_emit_type(&o->e, id), ln_emit_shape(&o->e, id)};
    return k->n++;
}

/* [t, b, h] of zeros. */
static ln_id room(ln_ox *o, const ln_ox_rnn_node *r, ln_id gates)
{
    const ln_id parts[] = {
        ln_emit_slice(&o->e, ln_emit_shape_of(&o->e, gates), 1, (const int[]){0}, (const int[]){2}),
        ln_emit_ints(&o->e, 1, &r->hidden)};
    const ln_id shape = ln_emit_concat(&o->e, 2, parts, 0);
    const bool keep = o->e.keep;
    o->e.keep = true; /* a node, no constant of this size */
    const ln_id y = ln_ox_op2(o, &ln_op_fill, shape, ln_emit_float(&o->e, 0));
    o->e.keep = keep;
    return y;
}

static void inputs(ln_ox *o, const ring *k, ln_id *ids)
{
    for (int i = 0; i < k->n; i++)
        ids[i] = ln_emit_input(&o->e, "state", k->made[i].type, &k->made[i].shape);
}

static int condition(ln_ox *o, const ring *k)
{
    ln_ox_inner inner;
    ln_id ids[REST + 2];
    if (!ln_ox_inner_begin(o, "condition", &inner))
        return -1;
    inputs(o, k, ids);
    ln_ox_inner_output(o, ln_ox_op2(o, &ln_op_less, ids[STEP], ln_ox_dim_of(o, ids[GATES], 0)));
    ln_ox_inner_end(o, &inner);
    return inner.graph;
}

static int body(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, const ring *k)
{
    const ln_graph *outer = o->e.g;
    ln_ox_inner inner;
    ln_id ids[REST + 2];
    if (!ln_ox_inner_begin(o, "steps", &inner))
        return -1;
    inputs(o, k, ids);
    ln_ox_direction own = *d;
    own.r = ln_ox_constant_again(o, outer, d->r);
    own.rb = ln_ox_constant_again(o, outer, d->rb);
    own.p = ln_ox_constant_again(o, outer, d->p);
    ln_ox_rnn_node node = *r;
    node.lengths = k->lengths < 0 ? -1 : ids[k->lengths];
    ln_ox_state s = {ids[HIDDEN], k->cell < 0 ? -1 : ids[k->cell]};
    const ln_id now = ln_emit_gather(&o->e, ids[GATES], ids[STEP], 0);
    const ln_id y = ln_emit_expand_dims(&o->e, ln_ox_step(o, &node, &own, now, ids[STEP], &s), 0);
    const ln_id place[] = {ln_ox_reshape(o, ids[STEP], 1, (const int[]){1}),
                           ln_emit_ints(&o->e, 2, (const int[]){0, 0})};
    const ln_id put[] = {ids[RESULT], y, ln_emit_concat(&o->e, 2, place, 0)};
    ln_id out[REST + 2];
    memcpy(out, ids, sizeof out);
    out[STEP] = ln_ox_add(o, ids[STEP], ln_emit_int(&o->e, 1));
    out[RESULT] = ln_emit_nary(&o->e, &ln_op_dynamic_update_slice, NULL, 3, put);
    out[HIDDEN] = s.h;
    if (k->cell >= 0)
        out[k->cell] = s.c;
    for (int i = 0; i < k->n && ln_ox_ok(o); i++)
        ln_ox_inner_output(o, out[i]);
    ln_ox_inner_end(o, &inner);
    return inner.graph;
}

ln_id ln_ox_looped(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id gates,
                   ln_ox_state *s)
{
    ring k = {.cell = -1, .lengths = -1};
    ln_id out[REST + 2];
    if (!ln_ox_ok(o))
        return -1;
    add(o, &k, ln_emit_int(&o->e, 0));
    add(o, &k, room(o, r, gates));
    add(o, &k, gates);
    add(o, &k, s->h);
    if (s->c >= 0)
        k.cell = add(o, &k, s->c);
    if (r->lengths >= 0)
        k.lengths = add(o, &k, ln_ox_int32(o, r->lengths));
    const TfLiteWhileParams p = {.cond_subgraph_index = condition(o, &k),
                                 .body_subgraph_index = body(o, r, d, &k)};
    const ln_emit_call call = {
        .op = &ln_op_while, .params = &p, .in = k.in, .n_in = k.n, .n_out = k.n, .hints = k.made};
    if (!ln_ox_ok(o) || !ln_emit_node(&o->e, &call, out))
        return -1;
    s->h = out[HIDDEN];
    if (k.cell >= 0)
        s->c = out[k.cell];
    return out[RESULT];
}
