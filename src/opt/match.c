/* SPDX-License-Identifier: Apache-2.0 */
/* match.c: small questions that patterns are made of. */
#include <math.h>
#include <string.h>

#include "opt/opt.h"

bool ln_opt_is(const ln_opt *o, int node, const ln_op *op)
{
    return node >= 0 && node < o->n_nodes && !o->nodes[node].dead && o->g->nodes[node].op == op;
}

int ln_opt_only(ln_opt *o, ln_id t, const ln_op *op)
{
    const int maker = ln_opt_maker(o, t);
    return ln_opt_is(o, maker, op) && ln_opt_uses(o, t) == 1 ? maker : -1;
}

ln_id ln_opt_in(const ln_opt *o, int node, int i)
{
    const TfLiteIntArray *in = o->g->nodes[node].inputs;
    return i < in->size ? in->data[i] : -1;
}

ln_id ln_opt_out(const ln_opt *o, int node)
{
    const TfLiteIntArray *out = o->g->nodes[node].outputs;
    return out->size ? out->data[0] : -1;
}

bool ln_opt_is_float(const ln_opt *o, ln_id t)
{
    return ln_emit_type(&o->e, t) == kTfLiteFloat32;
}

bool ln_opt_same_kind(const ln_opt *o, ln_id a, ln_id b)
{
    const TfLiteTensor *x = ln_emit_tensor(&o->e, a), *y = ln_emit_tensor(&o->e, b);
    if (x->type != y->type)
        return false;
    if (x->quantization.type == kTfLiteNoQuantization ||
        y->quantization.type == kTfLiteNoQuantization)
        return x->quantization.type == y->quantization.type;
    if (x->quantization.type != kTfLiteAffineQuantization ||
        y->quantization.type != kTfLiteAffineQuantization)
        return false;
    const TfLiteAffineQuantization *p = x->quantization.params, *q = y->quantization.params;
    return p && q && p->scale && q->scale && p->zero_point && q->zero_point &&
           p->quantized_dimension == q->quantized_dimension && p->scale->size == q->scale->size &&
           memcmp(p->scale->data, q->scale->data,
                  (size_t)p->scale->size * sizeof p->scale->data[0]) == 0 &&
           TfLiteIntArrayEqual(p->zero_point, q->zero_point);
}

bool ln_opt_same_shape(const ln_shape *a, const ln_shape *b)
{
    int open = 0;
    if (a->rank < 0 || a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++) {
        if (a->dim[i] != b->dim[i])
            return false;
        open += a->dim[i] < 0;
    }
    return open <= 1;
}

static bool number_at(const TfLiteTensor *t, int i, double *v)
{
    switch (t->type) {
    case kTfLiteFloat32:
        *v = (double)t->data.f[i];
        return true;
    case kTfLiteInt32:
        *v = t->data.i32[i];
        return true;
    case kTfLiteInt64:
        *v = (double)t->data.i64[i];
        return true;
    case kTfLiteBool:
        *v = t->data.b[i];
        return true;
    default:
        return false;
    }
}

bool ln_opt_splat(const ln_opt *o, ln_id id, double *value)
{
    const TfLiteTensor *t = ln_emit_tensor(&o->e, id);
    if (!ln_emit_known(&o->e, id) || t->sparsity || ln_count(t) < 1 || !number_at(t, 0, value))
        return false;
    for (int i = 1; i < ln_count(t); i++) {
        double v;
        if (!number_at(t, i, &v) || v != *value)
            return false;
    }
    return true;
}

bool ln_opt_near(double a, double b)
{
    return fabs(a - b) <= 1e-5 * fmax(fabs(a), fabs(b));
}

TfLiteFusedActivation *ln_opt_activation(const ln_node *n)
{
    if (!n->op || !n->op->fields || !n->params)
        return NULL;
    for (const ln_field *f = n->op->fields; f->kind != LN_END_; f++)
        if (f->kind == LN_ACT_)
            return (TfLiteFusedActivation *)(void *)((char *)n->params + f->offset);
    return NULL;
}

bool ln_opt_plain(const ln_node *n)
{
    const TfLiteFusedActivation *a = ln_opt_activation(n);
    return !a || *a == kTfLiteActNone;
}

bool ln_opt_constant_side(const ln_opt *o, int node, ln_id *x, ln_id *constant)
{
    const ln_id a = ln_opt_in(o, node, 0), b = ln_opt_in(o, node, 1);
    const bool left = ln_emit_known(&o->e, a), right = ln_emit_known(&o->e, b);
    *x = left ? b : a;
    *constant = left ? a : b;
    return left != right;
}

bool ln_opt_axes(const ln_opt *o, ln_id t, int rank, unsigned *axes)
{
    int v[LN_MAX_RANK], n;
    if (rank < 0 || !ln_emit_read_ints(&o->e, t, LN_MAX_RANK, v, &n))
        return false;
    *axes = 0;
    for (int i = 0; i < n; i++) {
        const int axis = ln_opt_from_end(v[i], rank);
        if (axis < 0 || axis >= rank)
            return false;
        *axes |= 1u << axis;
    }
    return true;
}

ln_id ln_opt_again(ln_opt *o, int node, int n_in, const ln_id *in)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_emit_call call = {
        .op = n->op, .params = n->params, .in = in, .n_in = n_in, .n_out = n->outputs->size};
    ln_id out[LN_MAX_ARITY];
    if (call.n_out > LN_MAX_ARITY)
        return -1;
    return ln_emit_node(&o->e, &call, out) ? out[0] : -1;
}
