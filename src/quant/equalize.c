/* SPDX-License-Identifier: Apache-2.0 */
/* equalize.c: channels between two layers of weights, with nothing but positive homogeneous
 * functions between them (none, RELU, pools), can be scaled by any s > 0 if the second layer's
 * weights are divided by it: the model computes the same.  With s_c = sqrt(r2_c / r1_c), r being
 * the largest weight of channel c on either side, both sides have equal ranges per channel, and
 * channels that were far apart share a range of activations without loss (cross-layer
 * equalization). */
#include <math.h>
#include <string.h>

#include "ops/list.h"
#include "quant/quant.h"

enum { SWEEPS = 8 };

/* One layer: its weights, with the index of a channel's numbers, and its bias. */
typedef struct side {
    const ln_node *n;
    ln_id weights, bias; /* -1: none */
    int channels;        /* of the side that is looked at: outputs or inputs */
    int outer, inner;    /* weights are [outer, channels, inner] */
} side;

static int find_rule(const ln_node *n, int kind)
{
    for (int i = 0; i < n->inputs->size; i++)
        if (n->inputs->data[i] >= 0 && ln_quant_rule_in(n->op, i).kind == kind)
            return i;
    return -1;
}

static bool has_weights(const ln_graph *g, const ln_node *n)
{
    const int i = n->op ? find_rule(n, LN_Q_WEIGHT_) : -1;
    return i >= 0 && ln_quant_is_weights(g, n->inputs->data[i]) &&
           ln_quant_weights_factor(g, n) == 0;
}

static bool is_depthwise(const ln_node *n)
{
    return n->op == &ln_op_depthwise_conv_2d;
}

static bool is_known(const ln_node *n)
{
    return n->op == &ln_op_conv_2d || n->op == &ln_op_fully_connected || is_depthwise(n);
}

/* Output channels of the layer in front. */
static bool front_of(const ln_graph *g, const ln_node *n, side *s)
{
    if (!is_known(n) || !has_weights(g, n))
        return false;
    const int at = find_rule(n, LN_Q_WEIGHT_), bias = find_rule(n, LN_Q_BIAS_);
    const ln_id w = n->inputs->data[at];
    const ln_quant_layout l =
        ln_quant_layout_of(&g->tensors[w].t, ln_quant_rule_in(n->op, at).axis);
    *s = (side){n, w, bias < 0 ? -1 : n->inputs->data[bias], l.channels, l.outer, l.inner};
    return s->bias < 0 ||
           (ln_quant_is_weights(g, s->bias) && ln_count(&g->tensors[s->bias].t) == s->channels);
}

/* Input channels of the layer behind: the last dimension of its weights. */
static bool back_of(const ln_graph *g, const ln_node *n, side *s)
{
    if (!is_known(n) || !has_weights(g, n))
        return false;
    const ln_id w = n->inputs->data[find_rule(n, LN_Q_WEIGHT_)];
    const TfLiteTensor *t = &g->tensors[w].t;
    const int channels = t->dims->data[t->dims->size - 1];
    const TfLiteTensor *x = &g->tensors[n->inputs->data[0]].t;
    *s = (side){n, w, -1, channels, channels ? ln_count(t) / channels : 0, 1};
    /* where an input's channel is one of theirs: no multiplied depth, no groups, not flattened */
    return x->dims->size > 1 && x->dims->data[x->dims->size - 1] == channels;
}

/* The fused activation commutes with positive factors. */
static bool is_homogeneous(const ln_node *n)
{
    const ln_field *f = n->op->fields;
    TfLiteFusedActivation act = kTfLiteActRelu6;
    while (f && f->kind != LN_END_ && f->kind != LN_ACT_)
        f++;
    if (!f || f->kind != LN_ACT_ || !n->params)
        return false;
    memcpy(&act, (const char *)n->params + f->offset, sizeof act);
    return act == kTfLiteActNone || act == kTfLiteActRelu;
}

/* The only node that reads a tensor; NULL when there is another, or it is given out. */
static const ln_node *only_reader(const ln_graph *g, ln_id id)
{
    if (id < 0 || ln_quant_is_output(g, id) || ln_graph_use_count(g, id) != 1)
        return NULL;
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].inputs->size && g->nodes[i].inputs->data[0] == id)
            return &g->nodes[i];
    return NULL;
}

/* The layer that gets what `n` makes, through operators that act on each channel alike. */
static const ln_node *next_layer(const ln_graph *g, const ln_node *n)
{
    while (n && n->outputs->size == 1 && is_homogeneous(n)) {
        n = only_reader(g, n->outputs->data[0]);
        if (!n || (n->op != &ln_op_max_pool_2d && n->op != &ln_op_average_pool_2d))
            return n;
    }
    return NULL;
}

/* ---- numbers ---- */

static float *values_of(ln_graph *g, ln_id id)
{
    return g->tensors[id].t.data.f;
}

static float largest(ln_graph *g, const side *s, int c)
{
    const float *w = values_of(g, s->weights);
    float most = 0;
    for (int o = 0; o < s->outer; o++)
        for (int i = 0; i < s->inner; i++)
            most = fmaxf(most,
                         fabsf(w[((size_t)o * (size_t)s->channels + (size_t)c) * (size_t)s->inner +
                                 (size_t)i]));
    return most;
}

static void scale(ln_graph *g, const side *s, int c, float by)
{
    float *w = values_of(g, s->weights);
    for (int o = 0; o < s->outer; o++)
        for (int i = 0; i < s->inner; i++)
            w[((size_t)o * (size_t)s->channels + (size_t)c) * (size_t)s->inner + (size_t)i] *= by;
    if (s->bias >= 0)
        values_of(g, s->bias)[c] *= by;
}

/* A constant of its own, which may be written. */
static ln_status own(ln_model *m, ln_graph *g, ln_id id)
{
    ln_tensor *t = &g->tensors[id];
    void *copy = ln_arena_copy(&m->arena, t->t.data.raw_const, t->t.bytes);
    if (!copy)
        return LN_ERR_MEMORY;
    LN_TRY(ln_model_add_buffer(m, copy, t->t.bytes, false, &t->buffer));
    t->t.data.raw = copy;
    return LN_OK;
}

/* Weights that others read too stay as they are. */
static bool is_own(const ln_graph *g, const side *s)
{
    return ln_graph_use_count(g, s->weights) == 1 &&
           (s->bias < 0 || ln_graph_use_count(g, s->bias) == 1);
}

static void equalize_pair(ln_graph *g, const side *a, const side *b, float *worst)
{
    for (int c = 0; c < a->channels; c++) {
        const float ra = largest(g, a, c), rb = largest(g, b, c);
        const float s = sqrtf(rb / ra);
        if (!(ra > 0) || !(rb > 0) || !isfinite(s) || !(s > 0) || !isfinite(1 / s))
            continue;
        scale(g, a, c, s);
        scale(g, b, c, 1 / s);
        *worst = fmaxf(*worst, fmaxf(s, 1 / s));
    }
}

static bool find_pair(const ln_graph *g, const ln_node *n, side *a, side *b)
{
    if (!front_of(g, n, a))
        return false;
    const ln_node *next = next_layer(g, n);
    return next && back_of(g, next, b) && a->channels == b->channels && is_own(g, a) &&
           is_own(g, b);
}

static ln_status equalize_graph(ln_model *m, ln_graph *g)
{
    side a, b;
    for (int i = 0; i < g->n_nodes; i++) {
        if (!find_pair(g, &g->nodes[i], &a, &b))
            continue;
        LN_TRY(own(m, g, a.weights));
        LN_TRY(own(m, g, b.weights));
        if (a.bias >= 0)
            LN_TRY(own(m, g, a.bias));
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        float worst = 1;
        for (int i = 0; i < g->n_nodes; i++)
            if (find_pair(g, &g->nodes[i], &a, &b))
                equalize_pair(g, &a, &b, &worst);
        if (worst < 1.01f)
            break;
    }
    return LN_OK;
}

ln_status ln_quant_equalize_graphs(ln_model *m)
{
    for (int k = 0; k < m->n_graphs; k++)
        LN_TRY(equalize_graph(m, m->graphs[k]));
    return LN_OK;
}
