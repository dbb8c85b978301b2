/* SPDX-License-Identifier: Apache-2.0 */
/* fold.c: nodes of which only constants come out, and nodes that are there twice. */
#include <stdlib.h>
#include <string.h>

#include "opt/opt.h"

/* ---- fold ---- */

static bool all_known(const ln_opt *o, const ln_node *n)
{
    bool any = false;
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id t = n->inputs->data[i];
        const ln_shape s = ln_emit_shape(&o->e, t);
        if (t < 0)
            continue;
        if (!ln_emit_known(&o->e, t) &&
            !((n->op->traits & LN_SHAPES) && s.rank >= 0 && ln_shape_known(&s)))
            return false;
        any = true;
    }
    return any;
}

/* Integers that stand for real numbers are computed by the scales of the results, which a new
 * constant has not; a view has the same in all. */
static bool is_exact(const ln_opt *o, const ln_node *n)
{
    for (int i = 0; i < n->outputs->size; i++)
        if (ln_emit_tensor(&o->e, n->outputs->data[i])->quantization.type != kTfLiteNoQuantization)
            return n->op->traits & LN_VIEW;
    return true;
}

bool ln_pass_fold(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const int n_out = n->outputs->size;
    ln_id old[LN_MAX_ARITY], out[LN_MAX_ARITY];
    ln_made made[LN_MAX_ARITY], hints[LN_MAX_ARITY];
    if (!n->op || n->custom_name || !(n->op->traits & LN_PURE) || n_out > LN_MAX_ARITY ||
        !all_known(o, n) || !is_exact(o, n))
        return false;
    for (int i = 0; i < n_out; i++) {
        old[i] = n->outputs->data[i];
        hints[i] = (ln_made){ln_emit_type(&o->e, old[i]), ln_emit_shape(&o->e, old[i])};
    }
    const ln_emit_call call = {.op = n->op,
                               .params = n->params,
                               .in = n->inputs->data,
                               .n_in = n->inputs->size,
                               .n_out = n_out,
                               .hints = hints};
    if (!ln_emit_infer(&o->e, &call, made) || !ln_emit_fold(&o->e, &call, made, out))
        return false;
    bool any = false;
    for (int i = 0; i < n_out; i++)
        any = ln_opt_replace(o, old[i], out[i]) || any;
    return any;
}

/* ---- common subexpressions ---- */

typedef struct key {
    uint64_t hash;
    int node;
} key;

static uint64_t mix(uint64_t h, const void *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)data)[i]) * 0x100000001b3u;
    return h;
}

static bool may_merge(const ln_node *n)
{
    return n->op && !n->custom_name && !(n->op->traits & LN_STATEFUL) &&
           (n->op->traits & LN_PURE) && !n->op->state_bytes && n->intermediates->size == 0;
}

static bool same_constant(const ln_opt *o, ln_id a, ln_id b)
{
    const TfLiteTensor *x = ln_emit_tensor(&o->e, a), *y = ln_emit_tensor(&o->e, b);
    return ln_emit_known(&o->e, a) && ln_emit_known(&o->e, b) && !x->sparsity && !y->sparsity &&
           ln_opt_same_kind(o, a, b) && TfLiteIntArrayEqual(x->dims, y->dims) &&
           x->bytes == y->bytes &&
           (x->data.raw_const == y->data.raw_const ||
            memcmp(x->data.raw_const, y->data.raw_const, x->bytes) == 0);
}

static bool same_operands(const ln_opt *o, const TfLiteIntArray *a, const TfLiteIntArray *b)
{
    if (a->size != b->size)
        return false;
    for (int i = 0; i < a->size; i++)
        if (a->data[i] != b->data[i] &&
            (a->data[i] < 0 || b->data[i] < 0 || !same_constant(o, a->data[i], b->data[i])))
            return false;
    return true;
}

/* The bytes of the parameters that count: a RESHAPE that has its shape from an operand has no use
 * for the one in its options. */
static size_t params_bytes(const ln_opt *o, const ln_node *n)
{
    const ln_id shape = n->inputs->size > 1 ? n->inputs->data[1] : -1;
    if (n->op == &ln_op_reshape && shape >= 0 && ln_emit_shape(&o->e, shape).rank == 1)
        return 0;
    return n->params ? n->params_size : 0;
}

/* Small constants go in by their values, large ones by their size. */
static uint64_t hash_node(const ln_opt *o, const ln_node *n)
{
    uint64_t h = mix(0xcbf29ce484222325u, &n->op, sizeof n->op);
    h = mix(h, n->params, params_bytes(o, n));
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id t = n->inputs->data[i];
        const TfLiteTensor *x = ln_emit_tensor(&o->e, t);
        if (!ln_emit_known(&o->e, t))
            h = mix(h, &t, sizeof t);
        else
            h = mix(mix(h, &x->bytes, sizeof x->bytes), x->data.raw_const, LN_MIN(x->bytes, 64));
    }
    return h;
}

static bool same_node(const ln_opt *o, const ln_node *a, const ln_node *b)
{
    const size_t n = params_bytes(o, a);
    if (a->op != b->op || a->outputs->size != b->outputs->size || n != params_bytes(o, b) ||
        (n > 0 && memcmp(a->params, b->params, n) != 0) || !same_operands(o, a->inputs, b->inputs))
        return false;
    for (int i = 0; i < a->outputs->size; i++)
        if (!ln_opt_same_kind(o, a->outputs->data[i], b->outputs->data[i]))
            return false;
    return true;
}

static int by_hash(const void *a, const void *b)
{
    const key *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->node - y->node;
}

static int merge(ln_opt *o, int kept, int other)
{
    const TfLiteIntArray *to = ln_opt_node_at(o, kept)->outputs;
    const TfLiteIntArray *from = ln_opt_node_at(o, other)->outputs;
    int n = 0;
    for (int i = 0; i < from->size; i++)
        n += ln_opt_replace(o, from->data[i], to->data[i]);
    return n > 0;
}

/* Nodes with the same operator, parameters and operands; the first of them stays.  What merges by
 * that is found in the next round. */
bool ln_pass_cse(ln_opt *o)
{
    key *keys = ln_new(&o->m->alloc, (size_t)o->g->n_nodes + 1, sizeof *keys);
    int n = 0, merged = 0;
    if (!keys) {
        ln_emit_fail(&o->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    for (int i = 0; i < o->g->n_nodes; i++)
        if (!o->nodes[i].dead && may_merge(&o->g->nodes[i]))
            keys[n++] = (key){hash_node(o, &o->g->nodes[i]), i};
    qsort(keys, (size_t)n, sizeof *keys, by_hash);
    for (int i = 1, first = 0; i < n && ln_emit_ok(&o->e); i++) {
        if (keys[i].hash != keys[first].hash || o->nodes[keys[first].node].dead) {
            first = i;
            continue;
        }
        const int a = keys[first].node, b = keys[i].node;
        if (!o->nodes[b].dead && same_node(o, ln_opt_node_at(o, a), ln_opt_node_at(o, b)))
            merged += merge(o, a, b);
    }
    ln_free(&o->m->alloc, keys);
    return merged > 0;
}
