/* SPDX-License-Identifier: Apache-2.0 */
/* normalize.c: normalizations of rows as one node, with the bits of the nodes that they are made
 * of: means or sums of rows, and the elementwise nodes between them and behind, as in
 *
 *   m = mean(x), v = mean((x - m)^2), y = (x - m) rsqrt(v + e) g + b
 *
 * Rows stay in the cache from their first sum to their result; only values of one item for each row
 * have memory.  Where floats are normalized in one of the usual ways, one kernel does it. */
#include <math.h>

#include "cpu/chain.h"
#include "cpu/reduce.h"

extern const ln_op ln_op_add, ln_op_mean, ln_op_mul, ln_op_neg, ln_op_rsqrt, ln_op_square,
    ln_op_squared_difference, ln_op_sub, ln_op_sum;

/* ---- what one kernel does ---- */

/* What a value is.  Without a mean to take off, x is its own difference. */
typedef enum value {
    NOTHING,
    ONE,     /* an item that no step makes, */
    COLUMNS, /* or a vector, for each row the same */
    X,
    MEAN,
    MINUS_MEAN,
    DIFFERENCE, /* x - m */
    SQUARES,
    VARIANCE,
    MORE, /* than the variance, by epsilon */
    ROOT,
    FACTOR,      /* r factor */
    SHIFT,       /* m (r factor), */
    MINUS_SHIFT, /* -m (r factor), */
    TERM,        /* term - m (r factor) */
    SPREAD,      /* x (r factor) */
    /* these may be results */
    SCALED,    /* (x - m) r, */
    SCALED_BY, /* (x - m) r factor, */
    FACTORED,  /* (x - m) (r factor), */
    RESULT,    /* with the term */
} value;

static const struct rule {
    const ln_op *op;
    uint8_t a, b, made;
} rules[] = {
    {&ln_op_mean, X, NOTHING, MEAN},
    {&ln_op_neg, MEAN, NOTHING, MINUS_MEAN},
    {&ln_op_sub, X, MEAN, DIFFERENCE},
    {&ln_op_squared_difference, X, MEAN, SQUARES},
    {&ln_op_square, DIFFERENCE, NOTHING, SQUARES},
    {&ln_op_mul, DIFFERENCE, DIFFERENCE, SQUARES},
    {&ln_op_mean, SQUARES, NOTHING, VARIANCE},
    {&ln_op_add, VARIANCE, ONE, MORE},
    {&ln_op_rsqrt, MORE, NOTHING, ROOT},
    {&ln_op_mul, ROOT, COLUMNS, FACTOR},
    {&ln_op_mul, MEAN, FACTOR, SHIFT},
    {&ln_op_mul, MINUS_MEAN, FACTOR, MINUS_SHIFT},
    {&ln_op_sub, COLUMNS, SHIFT, TERM},
    {&ln_op_add, COLUMNS, MINUS_SHIFT, TERM},
    {&ln_op_mul, X, FACTOR, SPREAD},
    {&ln_op_add, SPREAD, TERM, RESULT},
    {&ln_op_add, SPREAD, MINUS_SHIFT, RESULT},
    {&ln_op_sub, SPREAD, SHIFT, RESULT},
    {&ln_op_mul, DIFFERENCE, ROOT, SCALED},
    {&ln_op_mul, SCALED, COLUMNS, SCALED_BY},
    {&ln_op_mul, DIFFERENCE, FACTOR, FACTORED},
    {&ln_op_add, SCALED, COLUMNS, RESULT},
    {&ln_op_add, SCALED_BY, COLUMNS, RESULT},
    {&ln_op_add, FACTORED, COLUMNS, RESULT},
};

typedef struct finder {
    const ln_chain *c;
    const ln_cpu_kernel *k;
    ln_chain_norm norm;
    value made[LN_CHAIN_MAX];
} finder;

static const ln_call *call_of(const finder *f, int step)
{
    return &f->k->nodes[f->c->steps[step].node].call;
}

static value input(const finder *f, int step, int in)
{
    const ln_call *c = call_of(f, step);
    const TfLiteTensor *t = in < c->n_in ? c->in[in] : NULL;
    if (!t || (in > 0 && f->c->steps[step].folds))
        return NOTHING;
    for (int i = 0; i < step; i++)
        if (t == call_of(f, i)->out[0])
            return f->made[i];
    if (t == call_of(f, 0)->in[0])
        return f->norm.how.centered ? X : DIFFERENCE;
    const ln_shape s = ln_shape_of(t);
    if (ln_count(t) == 1)
        return ONE;
    return (size_t)ln_count(t) == f->c->width && (size_t)s.dim[s.rank - 1] == f->c->width ? COLUMNS
                                                                                          : NOTHING;
}

/* Notes where the operand of a step is that no step makes; false: there was one before. */
static bool note(finder *f, int step, int in, value v)
{
    const bool factor = f->k->nodes[f->c->steps[step].node].op == &ln_op_mul;
    int *node = v == ONE ? &f->norm.epsilon.node
                : factor ? &f->norm.factor.node
                         : &f->norm.term.node;
    int *place = v == ONE ? &f->norm.epsilon.in : factor ? &f->norm.factor.in : &f->norm.term.in;
    if (v != ONE && v != COLUMNS)
        return true;
    if (*node >= 0)
        return false;
    *node = f->c->steps[step].node;
    *place = in;
    return true;
}

/* What a step makes. */
static value find(finder *f, int step)
{
    const ln_chain_step *s = &f->c->steps[step];
    const ln_op *op = f->k->nodes[s->node].op;
    const value a = input(f, step, 0), b = input(f, step, 1);
    const bool sum = op == &ln_op_add || op == &ln_op_mul, limited = sum || op == &ln_op_sub;
    if (limited && !(s->step.p.range.min == -INFINITY && s->step.p.range.max == INFINITY))
        return NOTHING;
    for (size_t i = 0; i < LN_COUNTOF(rules); i++) {
        const struct rule *r = &rules[i];
        if (r->op == op && ((r->a == a && r->b == b) || (sum && r->a == b && r->b == a)))
            return note(f, step, 0, a) && note(f, step, 1, b) ? (value)r->made : NOTHING;
    }
    return NOTHING;
}

void ln_chain_find_norm(ln_chain *c, const ln_cpu_kernel *k, const int *last_use)
{
    finder f = {.c = c, .k = k};
    const TfLiteTensor *x = k->nodes[c->steps[0].node].call.in[0];
    int read = 0; /* the last step that reads what those before have made */
    f.norm.how.centered = c->steps[0].folds;
    f.norm.x.node = c->steps[0].node;
    f.norm.factor.node = f.norm.term.node = f.norm.epsilon.node = -1;
    if (x->type != kTfLiteFloat32 || !k->fn->reduce.normalize)
        return;
    for (int i = 0; i < c->n; i++) {
        f.made[i] = find(&f, i);
        if (f.made[i] == NOTHING)
            return;
        if (f.made[i] == SPREAD || f.made[i] == FACTORED)
            f.norm.how.form = f.made[i] == SPREAD ? LN_NORM_SPREAD : LN_NORM_FACTOR;
        f.norm.steps = i + 1;
        if (f.made[i] >= SCALED && read <= i)
            c->norm = f.norm;
        read = LN_MAX(read, last_use[i + 1]);
    }
}

/* ---- the rows ---- */

static int match(const ln_cpu_graph *g, int at, int *nodes, int max)
{
    return max < LN_CHAIN_MAX ? 0 : ln_chain_match_rows(g, at, nodes, LN_CHAIN_MAX);
}

#define NORMALIZATION                                                                           \
    .name = "normalization", .plan_size = sizeof(ln_chain), .node_size = sizeof(ln_chain_step), \
    .traits = LN_CPU_IN_PLACE, .match = match, .plan = ln_chain_row_plan, .run = ln_chain_row_run

const ln_cpu_row ln_cpu_normalize_mean = {.op = &ln_op_mean, NORMALIZATION};
const ln_cpu_row ln_cpu_normalize_sum = {.op = &ln_op_sum, NORMALIZATION};
