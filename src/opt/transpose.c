/* SPDX-License-Identifier: Apache-2.0 */
/* transpose.c: two TRANSPOSEs in a row become one (or none), those in front of elementwise
 * operators and reductions move behind them, where they may meet others, and one in front of a
 * product becomes its adj_y. */
#include <string.h>

#include "opt/opt.h"

typedef struct perm {
    int n, at[LN_MAX_RANK];
} perm;

static bool read_perm(const ln_opt *o, int node, perm *p)
{
    unsigned seen = 0;
    if (!ln_emit_read_ints(&o->e, ln_opt_in(o, node, 1), LN_MAX_RANK, p->at, &p->n))
        return false;
    for (int i = 0; i < p->n; i++) {
        if (p->at[i] < 0 || p->at[i] >= p->n)
            return false;
        seen |= 1u << p->at[i];
    }
    return seen == (1u << p->n) - 1;
}

static bool combine(ln_opt *o, int node)
{
    perm outer, inner;
    const int before = ln_opt_maker(o, ln_opt_in(o, node, 0));
    const ln_id y = ln_opt_out(o, node);
    if (!ln_opt_is(o, before, &ln_op_transpose) || !read_perm(o, node, &outer) ||
        !read_perm(o, before, &inner) || outer.n != inner.n)
        return false;
    for (int i = 0; i < outer.n; i++)
        outer.at[i] = inner.at[outer.at[i]];
    const ln_id x = ln_opt_in(o, before, 0);
    return ln_opt_same_kind(o, x, y) &&
           ln_opt_replace(o, y, ln_emit_transpose(&o->e, x, outer.n, outer.at));
}

/* ---- sinking ---- */

/* A constant as it must be so that the operand in front of the TRANSPOSE meets it: of rank n. */
static ln_id untransposed(ln_opt *o, ln_id t, const perm *p)
{
    ln_shape s = ln_emit_shape(&o->e, t);
    int back[LN_MAX_RANK];
    if (s.rank > p->n)
        return -1;
    if (ln_shape_count(&s, 0, s.rank) == 1)
        return t;
    ln_shape full = {.rank = p->n};
    for (int i = 0; i < p->n; i++)
        full.dim[i] = i < p->n - s.rank ? 1 : s.dim[i - (p->n - s.rank)];
    for (int i = 0; i < p->n; i++)
        back[p->at[i]] = i;
    return ln_emit_transpose(&o->e, ln_emit_reshape(&o->e, t, &full), p->n, back);
}

static bool same_perm(const perm *a, const perm *b)
{
    return a->n == b->n && memcmp(a->at, b->at, sizeof *a->at * (size_t)a->n) == 0;
}

/* The operands in front of their TRANSPOSEs; false when they do not all have the same one. */
static bool lift_operands(ln_opt *o, int node, perm *p, ln_id *in, int n)
{
    bool found = false;
    ln_id own[2];
    memcpy(own, ln_opt_node_at(o, node)->inputs->data, sizeof *own * (size_t)n);
    for (int i = 0; i < n; i++) {
        perm q;
        const int before = ln_opt_only(o, own[i], &ln_op_transpose);
        in[i] = -1;
        if (before < 0)
            continue;
        if (!read_perm(o, before, &q) || (found && !same_perm(p, &q)))
            return false;
        *p = q;
        found = true;
        in[i] = ln_opt_in(o, before, 0);
    }
    for (int i = 0; found && i < n; i++) {
        if (in[i] >= 0)
            continue;
        in[i] = ln_emit_known(&o->e, own[i]) ? untransposed(o, own[i], p) : -1;
        if (in[i] < 0)
            return false;
    }
    return found;
}

/* f(TRANSPOSE(a), TRANSPOSE(b)) = TRANSPOSE(f(a, b)); a constant operand is turned instead. */
static bool sink(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const ln_id y = ln_opt_out(o, node);
    ln_id in[2];
    perm p;
    if (!(n->op->traits & LN_ELEMENTWISE) || n->inputs->size < 1 || n->inputs->size > 2 ||
        n->outputs->size != 1 || n->custom_name ||
        ln_emit_type(&o->e, y) != ln_emit_type(&o->e, ln_opt_in(o, node, 0)) ||
        ln_emit_tensor(&o->e, y)->quantization.type != kTfLiteNoQuantization)
        return false;
    if (ln_emit_shape(&o->e, y).rank < 0 || !lift_operands(o, node, &p, in, n->inputs->size) ||
        p.n != ln_emit_shape(&o->e, y).rank)
        return false;
    const ln_id moved = ln_opt_again(o, node, ln_opt_node_at(o, node)->inputs->size, in);
    return moved >= 0 && ln_opt_replace(o, y, ln_emit_transpose(&o->e, moved, p.n, p.at));
}

/* A reduction takes the axes where they were; what is left must come in the same order. */
static bool under_reduction(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    const int before = ln_opt_only(o, ln_opt_in(o, node, 0), &ln_op_transpose);
    unsigned axes;
    perm p;
    int list[LN_MAX_RANK], count = 0, last = -1;
    if (before < 0 || !read_perm(o, before, &p) ||
        !ln_opt_axes(o, ln_opt_in(o, node, 1), p.n, &axes))
        return false;
    for (int i = 0; i < p.n; i++) {
        if (axes >> i & 1) {
            list[count++] = p.at[i];
            continue;
        }
        if (p.at[i] < last)
            return false;
        last = p.at[i];
    }
    if (((const TfLiteReducerParams *)n->params)->keep_dims)
        return false;
    const ln_id x = ln_opt_in(o, before, 0), y = ln_opt_out(o, node);
    return ln_opt_same_kind(o, x, ln_opt_in(o, node, 0)) &&
           ln_opt_replace(o, y, ln_emit_reduce(&o->e, n->op, x, count, list, false));
}

static bool swaps_last_two(const perm *p)
{
    for (int i = 0; i < p->n; i++)
        if (p->at[i] != (i < p->n - 2 ? i : 2 * p->n - 3 - i))
            return false;
    return p->n >= 2;
}

/* TRANSPOSE(BATCH_MATMUL(a, b)), the last two axes exchanged: the product of b and a.  Not where b
 * would have to be transposed for that by itself. */
static bool turn_product(ln_opt *o, int node)
{
    const int before = ln_opt_only(o, ln_opt_in(o, node, 0), &ln_op_batch_matmul);
    const ln_id y = ln_opt_out(o, node);
    perm p;
    if (before < 0 || !read_perm(o, node, &p) || !swaps_last_two(&p) || !ln_opt_is_float(o, y))
        return false;
    TfLiteBatchMatMulParams params =
        *(const TfLiteBatchMatMulParams *)ln_opt_node_at(o, before)->params;
    const ln_id a = ln_opt_in(o, before, 0);
    ln_id b = ln_opt_in(o, before, 1);
    if (!ln_opt_is_float(o, a) || !ln_opt_is_float(o, b) || ln_emit_shape(&o->e, b).rank != p.n)
        return false;
    if (!params.adj_y) {
        if (!ln_emit_known(&o->e, b) && ln_opt_only(o, b, &ln_op_transpose) < 0)
            return false;
        b = ln_emit_transpose(&o->e, b, p.n, p.at);
    }
    params.adj_y = !params.adj_x;
    params.adj_x = false;
    return ln_opt_replace(o, y, ln_emit_binary(&o->e, &ln_op_batch_matmul, &params, b, a));
}

/* BATCH_MATMUL(a, TRANSPOSE(b)), the last two axes exchanged. */
static bool under_product(ln_opt *o, int node)
{
    const int before = ln_opt_only(o, ln_opt_in(o, node, 1), &ln_op_transpose);
    const ln_id y = ln_opt_out(o, node);
    perm p;
    if (before < 0 || !read_perm(o, before, &p) || !swaps_last_two(&p) || !ln_opt_is_float(o, y))
        return false;
    TfLiteBatchMatMulParams params =
        *(const TfLiteBatchMatMulParams *)ln_opt_node_at(o, node)->params;
    params.adj_y = !params.adj_y;
    return ln_opt_replace(o, y,
                          ln_emit_binary(&o->e, &ln_op_batch_matmul, &params, ln_opt_in(o, node, 0),
                                         ln_opt_in(o, before, 0)));
}

/* REVERSE_V2(TRANSPOSE(x)): the axis before. */
static bool under_reverse(ln_opt *o, int node)
{
    const int before = ln_opt_only(o, ln_opt_in(o, node, 0), &ln_op_transpose);
    const ln_id y = ln_opt_out(o, node);
    unsigned axes;
    perm p;
    int list[LN_MAX_RANK], count = 0;
    if (before < 0 || !read_perm(o, before, &p) ||
        !ln_opt_axes(o, ln_opt_in(o, node, 1), p.n, &axes) ||
        !ln_opt_same_kind(o, ln_opt_in(o, before, 0), y))
        return false;
    for (int i = 0; i < p.n; i++)
        if (axes >> i & 1)
            list[count++] = p.at[i];
    const ln_id turned = ln_emit_binary(&o->e, &ln_op_reverse_v2, NULL, ln_opt_in(o, before, 0),
                                        ln_emit_ints(&o->e, count, list));
    return ln_opt_replace(o, y, ln_emit_transpose(&o->e, turned, p.n, p.at));
}

static bool is_reduction(const ln_op *op)
{
    return op == &ln_op_sum || op == &ln_op_mean || op == &ln_op_reduce_max ||
           op == &ln_op_reduce_min || op == &ln_op_reduce_prod;
}

bool ln_pass_transpose(ln_opt *o, int node)
{
    const ln_op *op = ln_opt_node_at(o, node)->op;
    if (!op)
        return false;
    if (op == &ln_op_transpose)
        return combine(o, node) || turn_product(o, node);
    if (op == &ln_op_batch_matmul)
        return under_product(o, node);
    if (op == &ln_op_reverse_v2)
        return under_reverse(o, node);
    return is_reduction(op) ? under_reduction(o, node) : sink(o, node);
}
