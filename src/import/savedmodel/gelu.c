/* SPDX-License-Identifier: Apache-2.0 */
/* gelu.c: x * 0.5 * (1 + erf(x / sqrt 2)), in any order of the factors, and with erfc(-x / sqrt 2)
 * for the sum: one GELU.  It is found here, not among the passes, because there is no operator for
 * erf that they could look for.  What the product was made from is left without a use. */
#include <math.h>
#include <string.h>

#include "import/savedmodel/tf.h"

enum { MAX_FACTORS = 4, MAX_STEPS = 8 };

typedef struct product {
    double constant;
    ln_tf_ref factor[MAX_FACTORS];
    int n;
} product;

static bool is(const ln_tf_node *n, const char *op)
{
    return n && strcmp(n->def->op, op) == 0;
}

static ln_tf_ref through(const ln_tf_graph *g, ln_tf_ref r)
{
    for (int i = 0; i < MAX_STEPS && r.node >= 0 && is(&g->nodes[r.node], "Identity"); i++) {
        if (g->nodes[r.node].n_in < 1)
            break;
        r = g->nodes[r.node].in[0];
    }
    return r;
}

static const ln_tf_node *node_at(const ln_tf_scope *s, ln_tf_ref r)
{
    return r.node < 0 ? NULL : &s->g->nodes[r.node];
}

static bool number(const ln_tf_scope *s, ln_tf_ref r, double *v)
{
    const ln_tf_value value = ln_tf_scope_get(s, r);
    return value.kind == LN_TF_TENSOR && ln_emit_read_number(s->e, value.id, v);
}

/* Adds what a tree of products multiplies. */
static bool collect(const ln_tf_scope *s, ln_tf_ref r, int depth, product *p)
{
    r = through(s->g, r);
    const ln_tf_node *n = node_at(s, r);
    double v;
    if (number(s, r, &v)) {
        p->constant *= v;
        return true;
    }
    if (is(n, "Mul") && n->n_in == 2 && depth < 3)
        return collect(s, n->in[0], depth + 1, p) && collect(s, n->in[1], depth + 1, p);
    if (p->n == MAX_FACTORS)
        return false;
    p->factor[p->n++] = r;
    return true;
}

static bool same(ln_tf_ref a, ln_tf_ref b)
{
    return a.node == b.node && a.out == b.out;
}

/* `r` is x times a constant. */
static bool multiple(const ln_tf_scope *s, ln_tf_ref r, ln_tf_ref x, double *factor)
{
    *factor = 1;
    for (int i = 0; i < MAX_STEPS; i++) {
        double v = -1;
        r = through(s->g, r);
        if (same(r, x))
            return true;
        const ln_tf_node *n = node_at(s, r);
        if (!is(n, "Neg") && !is(n, "Mul") && !is(n, "RealDiv"))
            return false;
        int next = 0;
        if (n->n_in == 2 && !number(s, n->in[1], &v)) {
            if (is(n, "RealDiv") || !number(s, n->in[0], &v))
                return false;
            next = 1;
        }
        *factor = is(n, "RealDiv") ? *factor / v : *factor * v;
        r = n->in[next];
    }
    return false;
}

/* `r` is 1 + erf(x / sqrt 2). */
static bool is_twice_normal(const ln_tf_scope *s, ln_tf_ref r, ln_tf_ref x)
{
    const ln_tf_node *n = node_at(s, r);
    double factor, one, sign = -1;
    if ((is(n, "AddV2") || is(n, "Add")) && n->n_in == 2) {
        const int side = number(s, n->in[0], &one) ? 1 : 0;
        if (!number(s, n->in[1 - side], &one) || fabs(one - 1) > 1e-6)
            return false;
        n = node_at(s, through(s->g, n->in[side]));
        sign = 1;
    }
    return is(n, sign > 0 ? "Erf" : "Erfc") && n->n_in == 1 && multiple(s, n->in[0], x, &factor) &&
           fabs(factor - sign * sqrt(0.5)) < 1e-4;
}

bool ln_tf_gelu(ln_tf_op *op)
{
    const ln_tf_scope *s = op->scope;
    const TfLiteGeluParams p = {.approximate = false};
    product t = {.constant = 1};
    if (op->n_in != 2 || !collect(s, op->node->in[0], 1, &t) ||
        !collect(s, op->node->in[1], 1, &t) || t.n != 2 || fabs(t.constant - 0.5) > 1e-6)
        return false;
    for (int i = 0; i < 2; i++) {
        const ln_tf_value x = ln_tf_scope_get(s, t.factor[i]);
        if (x.kind != LN_TF_TENSOR || ln_emit_type(op->e, x.id) != kTfLiteFloat32 ||
            !is_twice_normal(s, t.factor[1 - i], t.factor[i]))
            continue;
        ln_tf_out(op, 0, ln_emit_unary(op->e, &ln_op_gelu, &p, x.id));
        return true;
    }
    return false;
}
