/* SPDX-License-Identifier: Apache-2.0 */
/* integer.c: rewrites a graph by its plan.  A tensor of the source may have two forms, a float and
 * an integer one; who makes it makes one of them, and QUANTIZE or DEQUANTIZE the other where
 * someone reads it.  An operand that needs another scale than its tensor has gets a QUANTIZE of its
 * own. */
#include <math.h>
#include <stdio.h>

#include "ops/list.h"
#include "quant/correct.h"
#include "quant/plan.h"
#include "quant/quant.h"
#include "quant/round.h"
#include "quant/stats.h"

/* The largest bias in integers, so that sums have room. */
#define BIAS_TOP ((double)(1 << 30))

typedef struct rewrite {
    ln_quant_plan plan;
    ln_model *m;
    ln_graph *g;
    TfLiteType type;           /* of integer activations */
    ln_id *floats, *ints;      /* per tensor of the source: its forms; -1: not made */
    ln_quant_weights *weights; /* per tensor: its integers, made once */
    ln_id *weight_ids;         /* and the constant; -1: not made */
} rewrite;

/* ---- forms of a tensor ---- */

static ln_status integer_tensor(rewrite *r, ln_id like, TfLiteType type, ln_quant_scale q,
                                const char *name, ln_id *out)
{
    LN_TRY(ln_quant_tensor(r->m, r->g, like, type, name, out));
    return ln_quant_set_affine(r->m, &r->g->tensors[*out].t, 1, &q.scale, &q.zero, 0);
}

static ln_status integer_constant(rewrite *r, ln_id id, ln_quant_scale q, ln_id *out)
{
    const TfLiteTensor *t = &r->g->tensors[id].t;
    const size_t n = (size_t)ln_count(t);
    const bool wide = r->type == kTfLiteInt16;
    int16_t *y16 = wide ? ln_arena_new(&r->m->arena, n, sizeof *y16) : NULL;
    int8_t *y8 = wide ? NULL : ln_arena_new(&r->m->arena, n, sizeof *y8);
    if (!y16 && !y8)
        return LN_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        const double v = round((double)t->data.f[i] / (double)q.scale) + q.zero;
        if (wide)
            y16[i] = (int16_t)fmax(fmin(v, 32767), -32768);
        else
            y8[i] = (int8_t)fmax(fmin(v, 127), -128);
    }
    LN_TRY(ln_quant_constant(r->m, r->g, id, r->type, wide ? (void *)y16 : y8,
                             wide ? n * sizeof *y16 : n, out));
    return ln_quant_set_affine(r->m, &r->g->tensors[*out].t, 1, &q.scale, &q.zero, 0);
}

static bool has_scale(const rewrite *r, ln_id id, ln_quant_scale q)
{
    const TfLiteQuantizationParams *p = &r->g->tensors[id].t.params;
    return p->scale == q.scale && p->zero_point == q.zero;
}

/* The integer form of an activation with this scale. */
static ln_status get_integer(rewrite *r, ln_id id, ln_quant_scale q, ln_id *out)
{
    const bool made = r->ints[id] >= 0;
    if (made && has_scale(r, r->ints[id], q)) {
        *out = r->ints[id];
        return LN_OK;
    }
    if (ln_quant_is_weights(r->g, id)) {
        LN_TRY(integer_constant(r, id, q, out));
    } else {
        const ln_id from = made ? r->ints[id] : r->floats[id];
        LN_TRY(integer_tensor(r, id, r->type, q, "", out));
        LN_TRY(ln_quant_add_unary(r->m, r->g, &ln_op_quantize, from, *out));
    }
    if (!made)
        r->ints[id] = *out;
    return LN_OK;
}

static ln_status get_float(rewrite *r, ln_id id, ln_id *out)
{
    const bool constant = r->g->tensors[id].t.allocation_type == kTfLiteMmapRo;
    if (r->floats[id] < 0 && r->ints[id] >= 0 && !constant) {
        r->floats[id] = id;
        LN_TRY(ln_quant_add_unary(r->m, r->g, &ln_op_dequantize, r->ints[id], id));
    }
    *out = r->floats[id] < 0 ? id : r->floats[id];
    return LN_OK;
}

/* ---- weights and bias ---- */

static int axis_of(const rewrite *r, const ln_node *n, ln_qrule rule)
{
    return ln_quant_is_per_channel(r->plan.job, r->g, n) ? rule.axis : -1;
}

static float scale_of_tensor(const rewrite *r, ln_id id)
{
    return r->g->tensors[id].t.params.scale;
}

static ln_status weigh(rewrite *r, ln_id id, int axis, const float *floors, ln_quant_weights *w)
{
    const TfLiteTensor *t = &r->g->tensors[id].t;
    *w = (ln_quant_weights){.bits = 8,
                            .at = ln_quant_layout_of(t, axis),
                            .relation =
                                ln_quant_relation_of(r->plan.job->relations, r->m, r->g, id)};
    const ln_status status = ln_quant_weigh(r->m, t, r->plan.job->o->clip, floors, w);
    if (status == LN_ERR_FORMAT)
        return ln_fail(r->plan.job->diag, status, "weights '%s' are no finite numbers", t->name);
    return status;
}

/* Scales that keep each bias within BIAS_TOP; NULL where all of them do as they are. */
static ln_status floors_for(rewrite *r, const TfLiteTensor *bias, float sx,
                            const ln_quant_weights *w, float **floors)
{
    const int n = ln_count(bias);
    bool needed = false;
    float *least = ln_arena_new(&r->m->arena, (size_t)w->at.channels, sizeof *least);
    *floors = NULL;
    if (!least)
        return LN_ERR_MEMORY;
    for (int i = 0; i < n; i++) {
        const int c = w->at.channels == 1 ? 0 : LN_MIN(i, w->at.channels - 1);
        const double scale = fabs((double)bias->data.f[i]) / ((double)sx * BIAS_TOP);
        least[c] = fmaxf(least[c], (float)scale);
        needed = needed || scale > (double)w->scales[c];
    }
    if (needed)
        *floors = least;
    return LN_OK;
}

static bool has_input(const ln_node *n, int i)
{
    return i < n->inputs->size && n->inputs->data[i] >= 0;
}

/* The bias that is added to products with weights `w`; -1 when there is none. */
static int find_bias(const ln_node *n, int w)
{
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_qrule rule = ln_quant_rule_in(n->op, i);
        if (rule.kind == LN_Q_BIAS_ && rule.b == w && rule.a >= 0 && has_input(n, i))
            return i;
    }
    return -1;
}

static ln_quant_scale scale_of_input(const rewrite *r, const ln_node *n, int i)
{
    const ln_qrule rule = ln_quant_rule_in(n->op, i);
    return ln_quant_plan_scale(&r->plan, ln_quant_plan_like(&r->plan, n, rule, n->inputs->data[i]));
}

/* Integer weights for input `i`; what they are is left in *used. */
static ln_status put_weights(rewrite *r, const ln_node *n, int i, ln_quant_weights *used,
                             ln_id *out)
{
    const ln_id id = n->inputs->data[i];
    const int axis = axis_of(r, n, ln_quant_rule_in(n->op, i)), bias = find_bias(n, i);
    float *floors = NULL;
    if (r->weight_ids[id] < 0 || r->weights[id].at.axis != axis) {
        LN_TRY(weigh(r, id, axis, NULL, &r->weights[id]));
        LN_TRY(ln_quant_weights_tensor(r->m, r->g, id, &r->weights[id], &r->weight_ids[id]));
    }
    *used = r->weights[id];
    *out = r->weight_ids[id];
    if (bias >= 0) {
        const int x = ln_quant_rule_in(n->op, bias).a;
        LN_TRY(floors_for(r, &r->g->tensors[n->inputs->data[bias]].t, scale_of_input(r, n, x).scale,
                          used, &floors));
    }
    if (!floors)
        return LN_OK;
    LN_TRY(weigh(r, id, axis, floors, used));
    return ln_quant_weights_tensor(r->m, r->g, id, used, out);
}

/* How much the rounding of the weights moves the mean of output `c`; see bias.c. */
static double shift_of(const rewrite *r, const ln_node *n, int weights, const ln_quant_weights *w,
                       int c)
{
    const int x = ln_quant_weights_factor(r->g, n);
    const float *shifts =
        ln_quant_shifts_of(r->plan.job->shifts, n->outputs->data[0], w->at.channels);
    if (r->plan.job->shifts)
        return shifts ? (double)shifts[c] : 0;
    const ln_stat *s =
        x < 0 ? NULL : ln_stats_of(r->plan.job->stats, r->plan.graph, n->inputs->data[x]);
    if (!r->plan.job->o->correct_bias || !s || !s->channels || w->at.channels == 1)
        return 0;
    return ln_quant_mean_shift(&r->g->tensors[n->inputs->data[weights]].t, w, s, c);
}

/* The scale that is multiplied with those of the weights `w` for the bias at `at`; where its scale
 * is another one, *w is made to be that of one weight with the scale 1. */
static float bias_factor(const rewrite *r, const ln_node *n, int at, const ln_id *in,
                         const TfLiteIntArray *inner, ln_quant_weights *w)
{
    static float one = 1;
    const ln_qrule rule = ln_quant_rule_in(n->op, at);
    if (rule.axis && has_input(n, rule.axis)) {
        *w = (ln_quant_weights){.at = {1, 1, 1, -1}, .scales = &one};
        return ldexpf(scale_of_tensor(r, in[rule.axis]), -10);
    }
    if (ln_quant_rule_in(n->op, rule.b).kind == LN_Q_VECTOR_) {
        *w = (ln_quant_weights){.at = {1, 1, 1, -1}, .scales = &one};
        return scale_of_tensor(r, in[rule.a]) * scale_of_tensor(r, in[rule.b]);
    }
    return scale_of_tensor(r, rule.a < 0 ? inner->data[-1 - rule.a] : in[rule.a]);
}

static ln_status put_bias(rewrite *r, const ln_node *n, int at, float sx, const ln_quant_weights *w,
                          ln_id *out)
{
    const ln_id id = n->inputs->data[at];
    const TfLiteTensor *t = &r->g->tensors[id].t;
    const int count = ln_count(t);
    const bool wide = r->type == kTfLiteInt16;
    const int channels = w->at.channels == count ? count : 1;
    int32_t *y32 = ln_arena_new(&r->m->arena, (size_t)count, sizeof *y32);
    int64_t *y64 = ln_arena_new(&r->m->arena, (size_t)count, sizeof *y64);
    float *scales = ln_arena_new(&r->m->arena, (size_t)count, sizeof *scales);
    if (!y32 || !y64 || !scales)
        return LN_ERR_MEMORY;
    for (int i = 0; i < count; i++) {
        scales[i] = sx * w->scales[channels == 1 ? 0 : i];
        const double meant = (double)t->data.f[i],
                     shift = shift_of(r, n, ln_quant_rule_in(n->op, at).b, w, i);
        double v = round((meant - shift) / (double)scales[i]);
        if (!(fabs(v) <= BIAS_TOP)) /* where weights are next to nothing, it would cost too much */
            v = round(meant / (double)scales[i]);
        if (!(fabs(v) <= BIAS_TOP * 2))
            return ln_fail(r->plan.job->diag, LN_ERR_UNSUPPORTED,
                           "bias '%s' is too large for the scales of its operands", t->name);
        y64[i] = (int64_t)v;
        y32[i] = (int32_t)LN_MIN(LN_MAX(y64[i], INT32_MIN), INT32_MAX);
    }
    LN_TRY(ln_quant_constant(r->m, r->g, id, wide ? kTfLiteInt64 : kTfLiteInt32,
                             wide ? (void *)y64 : y32,
                             (size_t)count * (wide ? sizeof *y64 : sizeof *y32), out));
    return ln_quant_set_affine(r->m, &r->g->tensors[*out].t, channels, scales, NULL, 0);
}

/* ---- nodes ---- */

/* A node that stays as it is, or that only reads shapes and takes what is there. */
static ln_status put_float_node(rewrite *r, ln_node *n)
{
    const bool looks = n->op && (n->op->traits & LN_SHAPES);
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_id x = n->inputs->data[i];
        if (looks && x >= 0 && r->ints[x] >= 0 && r->floats[x] < 0)
            n->inputs->data[i] = r->ints[x];
        else if (x >= 0)
            LN_TRY(get_float(r, x, &n->inputs->data[i]));
    }
    LN_TRY(ln_quant_put_node(r->m, r->g, n));
    for (int i = 0; i < n->outputs->size; i++)
        if (n->outputs->data[i] >= 0)
            r->floats[n->outputs->data[i]] = n->outputs->data[i];
    return LN_OK;
}

/* A variable that several nodes share is made once. */
static ln_status put_state(rewrite *r, ln_id id, int how, ln_quant_scale output, ln_id *out)
{
    if (r->ints[id] < 0)
        LN_TRY(ln_quant_state(&r->plan, id, how, output, &r->ints[id]));
    *out = r->ints[id];
    return LN_OK;
}

static ln_status put_biases(rewrite *r, const ln_node *n, const ln_quant_weights *all, ln_id *in,
                            const TfLiteIntArray *inner)
{
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_qrule rule = ln_quant_rule_in(n->op, i);
        if (rule.kind != LN_Q_BIAS_ || !has_input(n, i))
            continue;
        ln_quant_weights w = all[rule.b];
        const float sx = bias_factor(r, n, i, in, inner, &w);
        LN_TRY(put_bias(r, n, i, sx, &w, &in[i]));
    }
    return LN_OK;
}

static ln_status put_inputs(rewrite *r, const ln_node *n, ln_id *in, TfLiteIntArray **inner)
{
    const ln_quant_scale y = ln_quant_plan_scale(&r->plan, n->outputs->data[0]);
    ln_quant_weights w[LN_MAX_ARITY] = {{0}};
    for (int i = 0; i < n->inputs->size; i++) {
        const ln_qrule rule = ln_quant_rule_in(n->op, i);
        if (!has_input(n, i))
            continue;
        if (rule.kind == LN_Q_ACTIVATION_ || rule.kind == LN_Q_LIKE_)
            LN_TRY(get_integer(r, n->inputs->data[i], scale_of_input(r, n, i), &in[i]));
        else if (rule.kind == LN_Q_WEIGHT_)
            LN_TRY(put_weights(r, n, i, &w[i], &in[i]));
        else if (rule.kind == LN_Q_VECTOR_)
            LN_TRY(ln_quant_vector(r->m, r->g, n->inputs->data[i], rule.a, &in[i]));
        else if (rule.kind == LN_Q_STATE_)
            LN_TRY(put_state(r, n->inputs->data[i], rule.a, y, &in[i]));
    }
    if (n->op->quant->n_inner)
        LN_TRY(ln_quant_inner(&r->plan, n, y, inner));
    return put_biases(r, n, w, in, *inner);
}

/* What the NumericVerify that comes next looks at. */
static void note_mark(const rewrite *r, ln_id tensor)
{
    ln_quant_shifts *s = r->plan.job->shifts;
    if (!s || s->marks.n >= s->marks.room)
        return;
    s->marks.all[s->marks.n++] = (ln_quant_mark){tensor, ln_quant_is_output(r->g, tensor)};
}

/* Compares what node `source` makes in integers with floats. */
static ln_status verify(rewrite *r, const ln_node *source, const TfLiteIntArray *out)
{
    ln_quant_job *job = r->plan.job;
    TfLiteIntArray *in = ln_ints(&r->m->arena, source->inputs->size, source->inputs->data);
    TfLiteIntArray *floats = ln_ints(&r->m->arena, out->size, source->outputs->data);
    const ln_quant_verify how = job->o->verify;
    if (how == LN_QUANT_VERIFY_NONE || !ln_quant_can_verify(r->g, source))
        return LN_OK;
    if (!in || !floats)
        return LN_ERR_MEMORY;
    for (int i = 0; how == LN_QUANT_VERIFY_LAYERS && i < in->size; i++)
        if (in->data[i] >= 0)
            LN_TRY(get_float(r, in->data[i], &in->data[i]));
    if (how == LN_QUANT_VERIFY_LAYERS)
        LN_TRY(ln_quant_put_copy(job, r->g, source, in->data, floats->data));
    for (int i = 0; i < out->size; i++) {
        const ln_id y = source->outputs->data[i];
        const ln_id reference = how == LN_QUANT_VERIFY_MODEL ? job->shadow[y] : floats->data[i];
        if (ln_quant_rule_out(source->op, i).kind == LN_Q_NONE_ || reference < 0)
            continue;
        note_mark(r, y);
        LN_TRY(ln_quant_put_verify(job, r->g, out->data[i], reference));
    }
    return LN_OK;
}

static ln_status put_integer_node(rewrite *r, ln_node *n)
{
    ln_node source = *n;
    const bool apart = r->plan.job->o->verify == LN_QUANT_VERIFY_INPUTS;
    TfLiteIntArray *in = ln_ints(&r->m->arena, n->inputs->size, n->inputs->data);
    TfLiteIntArray *out = ln_ints(&r->m->arena, n->outputs->size, n->outputs->data);
    if (!in || !out)
        return LN_ERR_MEMORY;
    if (apart)
        LN_TRY(put_float_node(r, &source));
    if (apart && !ln_quant_can_verify(r->g, n))
        return LN_OK;
    LN_TRY(put_inputs(r, n, in->data, &n->intermediates));
    for (int i = 0; i < out->size; i++) {
        const ln_id y = n->outputs->data[i];
        const ln_qrule rule = ln_quant_rule_out(n->op, i);
        if (rule.kind == LN_Q_NONE_)
            continue;
        const ln_quant_scale q =
            ln_quant_plan_scale(&r->plan, ln_quant_plan_like(&r->plan, n, rule, y));
        LN_TRY(integer_tensor(r, y, r->type, q, r->g->tensors[y].t.name, &out->data[i]));
        if (!apart)
            r->ints[y] = out->data[i];
    }
    n->inputs = in;
    n->outputs = out;
    if (r->type == kTfLiteInt16)
        ln_quant_set_option(r->m, n, "pot_scale_int16", false); /* scales are no powers of two */
    n->source = NULL; /* its version follows from the new types */
    n->version = 1;
    LN_TRY(ln_quant_put_node(r->m, r->g, n));
    return verify(r, &source, out);
}

/* ---- what the graph takes and gives ---- */

static ln_quant_scale scale_in_type(ln_quant_scale q, TfLiteType type)
{
    return type == kTfLiteUInt8 ? (ln_quant_scale){q.scale, q.zero + 128} : q;
}

/* True when the model is to take or give this type, and this pass sees to it. */
static bool is_asked(const rewrite *r, TfLiteType type)
{
    const bool early = r->plan.job->o->mode == LN_QUANT_INT8 && r->plan.bits == 16;
    return type != kTfLiteNoType && type != kTfLiteFloat32 && !early &&
           ln_quant_has_interface(r->m, r->plan.graph);
}

static ln_status put_graph_inputs(rewrite *r)
{
    const TfLiteType type = r->plan.job->o->input_type;
    const bool asked = is_asked(r, type);
    for (int i = 0; i < r->g->inputs->size; i++) {
        const ln_id x = r->g->inputs->data[i];
        ln_id given;
        r->floats[x] = x;
        if (!asked || !r->plan.values[x].used)
            continue;
        const ln_quant_scale q = ln_quant_plan_scale(&r->plan, x);
        LN_TRY(integer_tensor(r, x, type, scale_in_type(q, type), r->g->tensors[x].t.name, &given));
        r->floats[x] = -1;
        r->ints[x] = given;
        if (type != r->type) {
            LN_TRY(integer_tensor(r, x, r->type, q, "", &r->ints[x]));
            LN_TRY(ln_quant_add_unary(r->m, r->g, &ln_op_quantize, given, r->ints[x]));
        }
        r->g->inputs->data[i] = given;
        ln_quant_rebind(r->m, r->plan.graph, true, x, given);
    }
    return LN_OK;
}

static ln_status put_graph_outputs(rewrite *r)
{
    const TfLiteType type = r->plan.job->o->output_type;
    const bool asked = is_asked(r, type), mixed = r->plan.job->o->n_wide > 0;
    for (int i = 0; i < r->g->outputs->size; i++) {
        const ln_id y = r->g->outputs->data[i];
        ln_id given = y;
        if (asked && mixed && r->ints[y] < 0 && r->plan.values[y].used)
            LN_TRY(get_integer(r, y, ln_quant_plan_scale(&r->plan, y), &given));
        if (!asked || r->ints[y] < 0) {
            LN_TRY(get_float(r, y, &given));
        } else if (type == r->type) {
            given = r->ints[y];
        } else {
            const ln_quant_scale q = {r->g->tensors[r->ints[y]].t.params.scale,
                                      r->g->tensors[r->ints[y]].t.params.zero_point};
            LN_TRY(integer_tensor(r, y, type, scale_in_type(q, type), r->g->tensors[y].t.name,
                                  &given));
            LN_TRY(ln_quant_add_unary(r->m, r->g, &ln_op_quantize, r->ints[y], given));
        }
        r->g->outputs->data[i] = given;
        ln_quant_rebind(r->m, r->plan.graph, false, y, given);
    }
    return LN_OK;
}

/* ---- graphs ---- */

static ln_status rewrite_graph(rewrite *r)
{
    const ln_quant_nodes old = ln_quant_take_nodes(r->g);
    LN_TRY(put_graph_inputs(r));
    for (int i = 0; i < old.n; i++)
        LN_TRY(r->plan.integer[i] ? put_integer_node(r, &old.nodes[i])
                                  : put_float_node(r, &old.nodes[i]));
    return put_graph_outputs(r);
}

static ln_status quantize_graph(rewrite *r)
{
    const ln_alloc *a = &r->m->alloc;
    const size_t n = (size_t)r->plan.n + 1;
    r->floats = ln_new(a, n, sizeof *r->floats);
    r->ints = ln_new(a, n, sizeof *r->ints);
    r->weights = ln_new(a, n, sizeof *r->weights);
    r->weight_ids = ln_new(a, n, sizeof *r->weight_ids);
    const bool ok = r->floats && r->ints && r->weights && r->weight_ids;
    for (size_t i = 0; ok && i < n; i++)
        r->floats[i] = r->ints[i] = r->weight_ids[i] = -1;
    const ln_status status = ok ? rewrite_graph(r) : LN_ERR_MEMORY;
    ln_free(a, r->floats);
    ln_free(a, r->ints);
    ln_free(a, r->weights);
    ln_free(a, r->weight_ids);
    return status;
}

/* ---- strictly integer ---- */

static bool is_computed_in_float(const ln_graph *g, const ln_node *n)
{
    if (n->op == &ln_op_quantize || n->op == &ln_op_dequantize)
        return false;
    for (int i = 0; i < n->outputs->size; i++)
        if (n->outputs->data[i] >= 0 && g->tensors[n->outputs->data[i]].t.type == kTfLiteFloat32)
            return true;
    return false;
}

/* Names every operator that would stay in float, with the first reason. */
static ln_status check_strict(const ln_quant_plan *p)
{
    char text[LN_DIAG_TEXT] = "";
    size_t used = 0;
    int n = 0;
    for (int i = 0; i < p->g->n_nodes; i++) {
        const ln_node *node = &p->g->nodes[i];
        if (p->integer[i] || !is_computed_in_float(p->g, node))
            continue;
        const char *why = ln_quant_plan_why(p, node);
        const char *name = node->op ? node->op->name : node->custom_name;
        if (n++ < 4 && used < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s at '%.60s' (%s)",
                                     used ? ", " : "", name ? name : "an unknown operator",
                                     p->g->tensors[node->outputs->data[0]].t.name,
                                     why ? why : "nothing beside it is an integer");
    }
    return n ? ln_fail(p->job->diag, LN_ERR_UNSUPPORTED, "%d operators would stay in float: %s", n,
                       text)
             : LN_OK;
}

static ln_status run_pass(ln_quant_job *job, int graph, int bits, bool last)
{
    rewrite r = {
        .m = job->m, .g = job->m->graphs[graph], .type = bits == 16 ? kTfLiteInt16 : kTfLiteInt8};
    LN_TRY(ln_quant_plan_make(&r.plan, job, graph, bits));
    ln_status status = last && job->o->strict ? check_strict(&r.plan) : LN_OK;
    if (status == LN_OK)
        status = quantize_graph(&r);
    ln_quant_plan_free(&r.plan);
    return status;
}

ln_status ln_quant_integer(ln_quant_job *job)
{
    const bool wide = job->o->mode == LN_QUANT_INT16X8;
    LN_TRY(ln_quant_take_fakes(job));
    if (!job->stats && !job->n_exact)
        return ln_fail(job->diag, LN_ERR_ARGUMENT,
                       "integer activations need a calibration: samples (--data) "
                       "or their statistics (--stats)");
    for (int k = 0; k < job->m->n_graphs; k++) {
        job->n_source = job->m->graphs[k]->n_tensors;
        if (job->o->verify == LN_QUANT_VERIFY_MODEL)
            LN_TRY(ln_quant_put_shadow(job, job->m->graphs[k]));
        if (!wide && job->o->n_wide)
            LN_TRY(run_pass(job, k, 16, false));
        LN_TRY(run_pass(job, k, wide ? 16 : 8, true));
    }
    return LN_OK;
}
