/* SPDX-License-Identifier: Apache-2.0 */
/* plan.c: first every node that can be an integer node is marked, but for islands of nodes that
 * only move data about, which gain nothing.  Then tensors that must have one scale are joined, and
 * each set gets the scale of its joint range. */
#include "quant/plan.h"

#include <math.h>
#include <string.h>

#include "quant/stats.h"

/* ---- which nodes ---- */

static bool is_float(const ln_quant_plan *p, ln_id id)
{
    return id >= 0 && p->g->tensors[id].t.type == kTfLiteFloat32;
}

static bool is_constant(const ln_quant_plan *p, ln_id id)
{
    return id >= 0 && p->g->tensors[id].t.allocation_type == kTfLiteMmapRo;
}

/* True for a node that gives the values it gets, some of them, or one of them. */
static bool moves(const ln_node *n)
{
    return ln_quant_rule_out(n->op, 0).kind == LN_Q_LIKE_;
}

/* True for a node that takes integers; what it gives may be truths or numbers of places. */
static bool has_integer_form(const ln_op *op)
{
    bool found = op && ln_quant_rule_out(op, 0).kind != LN_Q_NONE_;
    for (int i = 0; op && i < LN_MAX_ARITY; i++)
        found = found || ln_quant_rule_in(op, i).kind == LN_Q_ACTIVATION_;
    return found;
}

static const char *why_operand(const ln_quant_plan *p, ln_qrule rule, ln_id id)
{
    if (id < 0)
        return NULL;
    switch (rule.kind) {
    case LN_Q_WEIGHT_:
        return ln_quant_is_weights(p->g, id) ? NULL : "its weights are no dense constant";
    case LN_Q_VECTOR_:
        return ln_quant_is_weights(p->g, id) ? NULL : "its weights are no dense constant";
    case LN_Q_BIAS_:
        return ln_quant_is_weights(p->g, id) ? NULL : "its bias is no constant";
    case LN_Q_STATE_:
        return is_float(p, id) && p->g->tensors[id].t.is_variable ? NULL
                                                                  : "its state is no variable";
    case LN_Q_NONE_:
        return is_float(p, id) ? "an operand of it can only be a float" : NULL;
    default:
        if (!is_float(p, id))
            return "it works on other types";
        return p->values[id].ranged ? NULL : "no values were seen";
    }
}

/* True when the operands that rules speak of are there; a file may leave out anything. */
static bool is_complete(const ln_node *n)
{
    if (n->inputs->size < n->op->min_in)
        return false;
    for (int i = 0; i < n->outputs->size; i++)
        if (n->outputs->data[i] < 0)
            return false;
    for (int i = 0; i < n->inputs->size + n->outputs->size; i++) {
        const int k = i - n->inputs->size;
        const ln_qrule rule = k < 0 ? ln_quant_rule_in(n->op, i) : ln_quant_rule_out(n->op, k);
        if (rule.kind != LN_Q_LIKE_ && rule.kind != LN_Q_BIAS_)
            continue;
        if (rule.a >= 0 && (rule.a >= n->inputs->size || n->inputs->data[rule.a] < 0))
            return false;
    }
    return n->outputs->size > 0;
}

/* A graph is gone through once for 16 bits, where some operators are to have these among others of
 * 8, and once more for the rest.  What these passes add is not looked at. */
static bool is_for_others(const ln_quant_plan *p, const ln_node *n)
{
    const ln_quantize_options *o = p->job->o;
    if (o->mode != LN_QUANT_INT8 || !o->n_wide)
        return false;
    const bool wide = ln_quant_is_wide(p->job, p->g, n);
    return p->bits == 16 ? !wide : wide && o->verify == LN_QUANT_VERIFY_INPUTS;
}

static bool is_added(const ln_quant_plan *p, const ln_node *n)
{
    for (int i = 0; i < n->outputs->size; i++)
        if (n->outputs->data[i] >= p->job->n_source)
            return true;
    return false;
}

/* Whether the kernel takes the scale of input 0, as far as it is known. */
static bool takes_scale(const ln_quant_plan *p, const ln_node *n)
{
    return !(n->op->quant->lacks & LN_Q_BELOW_1) ||
           ln_quant_plan_scale(p, n->inputs->data[0]).scale < 1;
}

const char *ln_quant_plan_why(const ln_quant_plan *p, const ln_node *n)
{
    const int lacks = p->bits == 16 ? LN_Q_NOT_16 : LN_Q_NOT_8;
    if (!has_integer_form(n->op))
        return "the operator has no integer form";
    if (!is_complete(n))
        return "operands are absent";
    if (n->op->quant->lacks & lacks)
        return "the operator has no form for this type";
    if (!takes_scale(p, n))
        return "the scale of what it compares is 1 or more, which TensorFlow Lite does not take";
    if (ln_quant_keeps_float(p->job, p->g, n))
        return "it is to stay in float";
    if (is_for_others(p, n) || is_added(p, n))
        return "it is no part of this pass";
    for (int i = 0; i < n->inputs->size; i++) {
        const char *why = why_operand(p, ln_quant_rule_in(n->op, i), n->inputs->data[i]);
        if (why)
            return why;
    }
    for (int i = 0; i < n->outputs->size; i++) {
        const char *why = why_operand(p, ln_quant_rule_out(n->op, i), n->outputs->data[i]);
        if (why)
            return why;
    }
    if (!ln_quant_cell_is_seen(p, n))
        return "what its state holds was not seen";
    return ln_quant_probe(p->job, p->g, n, p->bits) ? NULL : "its kernel does not take this type";
}

static bool touches(const ln_node *n, const bool *alive)
{
    for (int i = 0; i < n->inputs->size; i++)
        if (n->inputs->data[i] >= 0 && alive[n->inputs->data[i]])
            return true;
    for (int i = 0; i < n->outputs->size; i++)
        if (n->outputs->data[i] >= 0 && alive[n->outputs->data[i]])
            return true;
    return false;
}

static void enliven(const ln_quant_plan *p, const ln_node *n, bool *alive)
{
    for (int i = 0; i < n->inputs->size; i++)
        if (is_float(p, n->inputs->data[i]) && !is_constant(p, n->inputs->data[i]))
            alive[n->inputs->data[i]] = true;
    for (int i = 0; i < n->outputs->size; i++)
        if (is_float(p, n->outputs->data[i]))
            alive[n->outputs->data[i]] = true;
}

/* Drops nodes that only move or compare data and have no integer node that computes beside them,
 * near or far. */
static ln_status drop_islands(ln_quant_plan *p)
{
    const ln_graph *g = p->g;
    bool *alive = ln_new(&p->job->m->alloc, (size_t)p->n + 1, sizeof *alive);
    bool *kept = ln_new(&p->job->m->alloc, (size_t)g->n_nodes + 1, sizeof *kept);
    bool more = alive && kept;
    for (int i = 0; more && i < g->n_nodes; i++) {
        const int gives = ln_quant_rule_out(g->nodes[i].op, 0).kind;
        if (p->integer[i] && gives != LN_Q_LIKE_ && gives != LN_Q_NONE_) {
            kept[i] = true;
            enliven(p, &g->nodes[i], alive);
        }
    }
    const ln_status status = more ? LN_OK : LN_ERR_MEMORY;
    for (int pass = 0; more; pass++) {
        more = false;
        for (int k = 0; k < g->n_nodes; k++) {
            const int i = pass % 2 ? g->n_nodes - 1 - k : k; /* both ways, so that few will do */
            if (!p->integer[i] || kept[i] || !touches(&g->nodes[i], alive))
                continue;
            kept[i] = more = true;
            enliven(p, &g->nodes[i], alive);
        }
    }
    for (int i = 0; kept && i < g->n_nodes; i++)
        p->integer[i] = kept[i];
    ln_free(&p->job->m->alloc, alive);
    ln_free(&p->job->m->alloc, kept);
    return status;
}

/* ---- ranges ---- */

static void range_of_constant(const TfLiteTensor *t, ln_quant_value *v)
{
    const int n = ln_count(t);
    v->low = HUGE_VALF;
    v->high = -HUGE_VALF;
    for (int i = 0; i < n; i++) {
        v->low = fminf(v->low, t->data.f[i]);
        v->high = fmaxf(v->high, t->data.f[i]);
    }
    v->ranged = isfinite(v->low) && isfinite(v->high);
}

/* Without statistics, outputs follow from inputs where a node gives what it gets, and from the op
 * where that has a range of its own. */
static void derive_ranges(ln_quant_plan *p)
{
    for (int i = 0; i < p->g->n_nodes; i++) {
        const ln_node *n = &p->g->nodes[i];
        for (int k = 0; n->op && is_complete(n) && k < n->outputs->size; k++) {
            const ln_qrule rule = ln_quant_rule_out(n->op, k);
            ln_quant_value *y = &p->values[n->outputs->data[k]];
            const ln_id x = rule.kind == LN_Q_LIKE_ ? n->inputs->data[rule.a] : -1;
            const bool known = x >= 0 && p->values[x].ranged;
            if (y->ranged || (!known && rule.kind != LN_Q_FIXED_))
                continue;
            y->ranged = true;
            y->exact = known && p->values[x].exact;
            y->low = known ? p->values[x].low : 0;
            y->high = known ? p->values[x].high : 0;
        }
    }
}

static void mark_tops(ln_quant_plan *p)
{
    for (int i = 0; i < p->g->n_nodes; i++) {
        const ln_node *n = &p->g->nodes[i];
        if (n->op && n->op->quant && n->op->quant->tops && is_complete(n))
            p->values[n->inputs->data[0]].tops = true;
    }
}

static ln_status find_ranges(ln_quant_plan *p)
{
    const ln_quantize_options *o = p->job->o;
    mark_tops(p);
    for (int i = 0; i < p->n; i++) {
        ln_quant_value *v = &p->values[i];
        const ln_stat *s = ln_stats_of(p->job->stats, p->graph, i);
        v->leader = i;
        if (ln_quant_is_weights(p->g, i)) {
            range_of_constant(&p->g->tensors[i].t, v);
        } else if (s) {
            const ln_observing how = {o->observer, o->percentile, p->bits, v->tops};
            LN_TRY(ln_stat_range(s, &how, &v->low, &v->high));
            v->ranged = true;
        }
    }
    for (int i = 0; i < p->job->n_exact; i++) {
        const ln_quant_exact *e = &p->job->exact[i];
        ln_quant_value *v = &p->values[e->tensor];
        if (e->graph != p->graph)
            continue;
        v->low = e->low;
        v->high = e->high;
        v->ranged = v->exact = true;
    }
    derive_ranges(p);
    return LN_OK;
}

/* ---- one scale for several tensors ---- */

static int leader(const ln_quant_plan *p, int i)
{
    while (p->values[i].leader != i)
        i = p->values[i].leader;
    return i;
}

/* True when a range goes well with a scale that cannot be changed. */
static bool fits(const ln_quant_value *fixed, const ln_quant_value *free, int bits)
{
    const float low = fixed->q.scale * (float)((bits == 16 ? -32768 : -128) - fixed->q.zero);
    const float high = fixed->q.scale * (float)((bits == 16 ? 32767 : 127) - fixed->q.zero);
    const float slack = (high - low) / 64, width = free->high - free->low;
    return free->low >= low - slack && free->high <= high + slack && width >= (high - low) / 64;
}

/* Joins two sets, unless one of them has a scale that is wrong for the other. */
static void join(ln_quant_plan *p, int a, int b)
{
    ln_quant_value *x = &p->values[leader(p, a)], *y = &p->values[leader(p, b)];
    if (x == y)
        return;
    if (y->fixed || (y->exact && !x->fixed)) {
        ln_quant_value *swap = x;
        x = y;
        y = swap;
    }
    if (y->fixed && (x->q.scale != y->q.scale || x->q.zero != y->q.zero))
        return;
    if (x->fixed && !y->fixed && !fits(x, y, p->bits))
        return;
    if (!x->exact || y->exact) {
        x->low = fminf(x->low, y->low);
        x->high = fmaxf(x->high, y->high);
    }
    x->used = true;
    y->leader = x->leader;
}

/* Operands that other nodes read too keep their own scale where that is much finer. */
static bool is_finer(const ln_quant_plan *p, int small, int large)
{
    const ln_quant_value *a = &p->values[leader(p, small)], *b = &p->values[leader(p, large)];
    return !a->fixed && (a->high - a->low) * 2 < b->high - b->low &&
           ln_graph_use_count(p->g, small) > 1;
}

static int count_alike(const ln_node *n)
{
    int alike = 0;
    for (int i = 0; i < n->inputs->size; i++)
        alike += ln_quant_rule_in(n->op, i).kind == LN_Q_LIKE_ && n->inputs->data[i] >= 0;
    return alike;
}

ln_id ln_quant_plan_like(const ln_quant_plan *p, const ln_node *n, ln_qrule rule, ln_id operand)
{
    (void)p;
    const bool several = moves(n) && count_alike(n) > 0;
    if (rule.kind != LN_Q_LIKE_ && !(several && rule.kind == LN_Q_ACTIVATION_))
        return operand;
    return several ? n->outputs->data[0] : n->inputs->data[rule.a];
}

static void join_node(ln_quant_plan *p, const ln_node *n)
{
    for (int i = 0; i < n->outputs->size; i++) {
        const ln_id y = n->outputs->data[i];
        const ln_qrule rule = ln_quant_rule_out(n->op, i);
        if (rule.kind == LN_Q_LIKE_)
            join(p, ln_quant_plan_like(p, n, rule, y), y);
    }
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id x = n->inputs->data[i];
        const ln_qrule rule = ln_quant_rule_in(n->op, i);
        if (x < 0 || (rule.kind != LN_Q_LIKE_ && rule.kind != LN_Q_ACTIVATION_))
            continue;
        const ln_id like = ln_quant_plan_like(p, n, rule, x);
        if (like != x && !(moves(n) && is_finer(p, x, like)))
            join(p, like, x);
    }
}

/* ---- values that nobody reads ---- */

/* The joint range of what a node picks out of its inputs; false where it gives other values too. */
static bool picked_range(const ln_quant_plan *p, const ln_node *n, float *low, float *high)
{
    *low = *high = 0;
    for (int i = 0; i < n->outputs->size; i++) {
        const ln_qrule rule = ln_quant_rule_out(n->op, i);
        const ln_quant_value *y = &p->values[n->outputs->data[i]];
        if (rule.kind == LN_Q_NONE_)
            continue;
        if (rule.kind != LN_Q_LIKE_ || rule.b || y->exact)
            return false;
        *low = fminf(*low, y->low);
        *high = fmaxf(*high, y->high);
    }
    return true;
}

/* A tensor that only such a node reads need not hold what is never picked. */
static void narrow_inputs(ln_quant_plan *p, const ln_node *n)
{
    float low, high;
    if (!moves(n) || !picked_range(p, n, &low, &high))
        return;
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id id = n->inputs->data[i];
        const int kind = ln_quant_rule_in(n->op, i).kind;
        if (id < 0 || (kind != LN_Q_ACTIVATION_ && kind != LN_Q_LIKE_))
            continue;
        ln_quant_value *x = &p->values[id];
        if (x->fixed || x->exact || ln_graph_use_count(p->g, id) != 1)
            continue;
        x->low = fmaxf(x->low, low);
        x->high = fminf(x->high, high);
    }
}

/* ---- scales ---- */

static ln_quant_scale fixed_scale(const ln_quant_plan *p, ln_qrule rule)
{
    if (p->bits == 16)
        return (ln_quant_scale){1.f / 32768, 0};
    return (ln_quant_scale){ldexpf(1, rule.a), rule.b};
}

/* 16 bits have one to spare for samples to come, which a cut costs more than half a bit. */
static double room(const ln_quant_plan *p, const ln_quant_value *v)
{
    return p->job->o->observer == LN_QUANT_MSE && !v->exact ? 1.5 : 1;
}

static ln_quant_scale scale_of(const ln_quant_plan *p, const ln_quant_value *v)
{
    const double low = fmin((double)v->low, 0), high = fmax((double)v->high, 0);
    if (!(high - low > 1e-30))
        return (ln_quant_scale){1, 0};
    if (p->bits == 16)
        return (ln_quant_scale){(float)(room(p, v) * fmax(-low, high) / 32767), 0};
    const double scale = (high - low) / 255;
    const double zero = round(-128 - low / scale);
    return (ln_quant_scale){(float)scale, (int)fmax(fmin(zero, 127), -128)};
}

static void mark_used(ln_quant_plan *p, const ln_node *n)
{
    for (int i = 0; i < n->inputs->size; i++) {
        const int kind = ln_quant_rule_in(n->op, i).kind;
        if (n->inputs->data[i] >= 0 && (kind == LN_Q_ACTIVATION_ || kind == LN_Q_LIKE_))
            p->values[n->inputs->data[i]].used = true;
    }
    for (int i = 0; i < n->outputs->size; i++) {
        const ln_qrule rule = ln_quant_rule_out(n->op, i);
        ln_quant_value *v = &p->values[n->outputs->data[i]];
        v->used = v->used || rule.kind != LN_Q_NONE_;
        if (rule.kind == LN_Q_FIXED_) {
            v->fixed = true;
            v->q = fixed_scale(p, rule);
        }
    }
}

ln_quant_scale ln_quant_plan_scale(const ln_quant_plan *p, ln_id tensor)
{
    return p->values[leader(p, tensor)].q;
}

/* ---- all of it ---- */

/* What the model takes and gives in integers needs scales, even when only floats read or make it.
 */
static void mark_interface(ln_quant_plan *p, const TfLiteIntArray *ids, TfLiteType type)
{
    if (!p->job->o->n_wide || type == kTfLiteNoType || type == kTfLiteFloat32)
        return;
    for (int i = 0; i < ids->size; i++)
        if (p->values[ids->data[i]].ranged)
            p->values[ids->data[i]].used = true;
}

ln_status ln_quant_plan_make(ln_quant_plan *p, ln_quant_job *job, int graph, int bits)
{
    ln_graph *g = job->m->graphs[graph];
    *p = (ln_quant_plan){.job = job, .g = g, .graph = graph, .n = g->n_tensors, .bits = bits};
    p->integer = ln_new(&job->m->alloc, (size_t)g->n_nodes + 1, sizeof *p->integer);
    p->values = ln_new(&job->m->alloc, (size_t)p->n + 1, sizeof *p->values);
    if (!p->integer || !p->values) {
        ln_quant_plan_free(p);
        return LN_ERR_MEMORY;
    }
    ln_status status = find_ranges(p);
    for (int i = 0; i < g->n_nodes; i++)
        p->integer[i] = !ln_quant_plan_why(p, &g->nodes[i]);
    if (status == LN_OK)
        status = drop_islands(p);
    for (int i = 0; i < g->n_nodes; i++)
        if (p->integer[i])
            mark_used(p, &g->nodes[i]);
    mark_interface(p, g->inputs, job->o->input_type);
    mark_interface(p, g->outputs, job->o->output_type);
    for (int i = g->n_nodes; i-- > 0;)
        if (p->integer[i])
            narrow_inputs(p, &g->nodes[i]);
    for (int i = 0; i < g->n_nodes; i++)
        if (p->integer[i])
            join_node(p, &g->nodes[i]);
    for (int i = 0; i < p->n; i++)
        if (!p->values[i].fixed)
            p->values[i].q = scale_of(p, &p->values[i]);
    for (int i = 0; i < g->n_nodes; i++)
        p->integer[i] = p->integer[i] && takes_scale(p, &g->nodes[i]);
    if (status != LN_OK)
        ln_quant_plan_free(p);
    return status;
}

void ln_quant_plan_free(ln_quant_plan *p)
{
    ln_free(&p->job->m->alloc, p->integer);
    ln_free(&p->job->m->alloc, p->values);
}
