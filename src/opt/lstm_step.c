/* SPDX-License-Identifier: Apache-2.0 */
/* lstm_step.c: recognizes a step of a recurrent cell in the body of a loop:
 *
 *     z = x[t] W + h U + biases
 *     LSTM: i, f, g, o = the quarters of z, in any order
 *           c' = sigmoid(f) c + sigmoid(i) tanh(g),  h' = sigmoid(o) tanh(c')
 *     RNN:  h' = tanh(z) or relu(z)
 *     sequence[t] = h'
 *
 * x W may stand in front of the loop, and what is added may come in any order.  All else that the
 * loop carries must stay as it is. */
#include "opt/lstm.h"

static int find(const TfLiteIntArray *list, ln_id t)
{
    for (int i = 0; i < list->size; i++)
        if (list->data[i] == t)
            return i;
    return -1;
}

const ln_node *ln_cell_maker(const ln_graph *g, ln_id t)
{
    const ln_id at = t < 0 ? -1 : ln_graph_producer(g, t);
    return at < 0 ? NULL : &g->nodes[at];
}

static const ln_node *made_by(const ln_graph *g, ln_id t, const ln_op *op)
{
    const ln_node *n = ln_cell_maker(g, t);
    return n && n->op == op ? n : NULL;
}

static bool is_constant(const ln_graph *g, ln_id t)
{
    return t >= 0 && g->tensors[t].t.allocation_type == kTfLiteMmapRo;
}

static bool is_floats(const ln_graph *g, ln_id t, int rank)
{
    return is_constant(g, t) && g->tensors[t].t.type == kTfLiteFloat32 &&
           !g->tensors[t].t.sparsity && g->tensors[t].t.dims->size == rank;
}

bool ln_cell_int(const ln_graph *g, ln_id t, int *value)
{
    if (!is_constant(g, t) || g->tensors[t].t.type != kTfLiteInt32 ||
        ln_count(&g->tensors[t].t) != 1)
        return false;
    *value = g->tensors[t].t.data.i32[0];
    return true;
}

/* Past RESHAPEs that leave the order and number of items. */
static ln_id bare(const ln_graph *g, ln_id t)
{
    for (const ln_node *n;
         (n = ln_cell_maker(g, t)) &&
         (n->op == &ln_op_reshape || n->op == &ln_op_expand_dims || n->op == &ln_op_squeeze);)
        t = n->inputs->data[0];
    return t;
}

/* ---- the sum ---- */

static bool reads_step(ln_cell *s, const ln_node *gather)
{
    const ln_graph *g = s->body;
    const TfLiteGatherParams *p = gather->params;
    const int x = find(g->inputs, gather->inputs->data[0]);
    const int t = find(g->inputs, bare(g, gather->inputs->data[1]));
    if (x < 0 || t < 0 || s->x >= 0 || (s->time >= 0 && s->time != t) || p->batch_dims != 0)
        return false;
    const ln_tensor *of = &g->tensors[g->inputs->data[x]];
    if (!of->has_rank || of->t.dims->size != 3 || of->t.type != kTfLiteFloat32)
        return false;
    s->x = x;
    s->time = t;
    s->x_axis = p->axis < 0 ? p->axis + 3 : p->axis;
    return s->x_axis < 2;
}

/* A product with constant weights: of the state or of the step's input. */
static bool take_product(ln_cell *s, const ln_node *n)
{
    const ln_graph *g = s->body;
    const TfLiteFullyConnectedParams *p = n->params;
    const ln_id x = bare(g, n->inputs->data[0]), w = n->inputs->data[1];
    const ln_id b = n->inputs->size > 2 ? n->inputs->data[2] : -1;
    const int state = find(g->inputs, x);
    const ln_node *gather = made_by(g, x, &ln_op_gather);
    if (p->activation != kTfLiteActNone || !is_floats(g, w, 2) ||
        (b >= 0 && (!is_floats(g, b, 1) || s->n_bias == LN_CELL_MAX_BIASES)))
        return false;
    if (b >= 0)
        s->bias[s->n_bias++] = b;
    if (state >= 0 && s->u < 0) {
        s->h = state;
        s->u = w;
        return true;
    }
    s->w = w;
    return gather && reads_step(s, gather);
}

enum { MAX_DEPTH = 12 };

static bool take_sum(ln_cell *s, ln_id t, int depth)
{
    const ln_graph *g = s->body;
    t = bare(g, t);
    if (is_constant(g, t)) {
        if (g->tensors[t].t.type != kTfLiteFloat32 || s->n_bias == LN_CELL_MAX_BIASES)
            return false;
        s->bias[s->n_bias++] = t;
        return true;
    }
    const ln_node *n = ln_cell_maker(g, t);
    if (!n || depth == MAX_DEPTH)
        return false;
    if (n->op == &ln_op_add)
        return (depth == 0 || ln_opt_plain(n)) && take_sum(s, n->inputs->data[0], depth + 1) &&
               take_sum(s, n->inputs->data[1], depth + 1);
    if (n->op == &ln_op_fully_connected)
        return take_product(s, n);
    return n->op == &ln_op_gather && reads_step(s, n);
}

/* ---- the cell ---- */

/* The two factors of a product, of which the first is a LOGISTIC. */
static bool factors(const ln_graph *g, ln_id t, ln_id *gate, ln_id *other)
{
    const ln_node *n = made_by(g, t, &ln_op_mul);
    if (!n || !ln_opt_plain(n))
        return false;
    for (int i = 0; i < 2; i++) {
        const ln_node *l = made_by(g, n->inputs->data[i], &ln_op_logistic);
        if (l) {
            *gate = l->inputs->data[0];
            *other = n->inputs->data[1 - i];
            return true;
        }
    }
    return false;
}

static ln_id under_tanh(const ln_graph *g, ln_id t)
{
    const ln_node *n = made_by(g, t, &ln_op_tanh);
    return n ? n->inputs->data[0] : -1;
}

/* The four quarters come from one SPLIT along the last axis. */
static bool take_quarters(ln_cell *s, const ln_id *gates, ln_id *z)
{
    const ln_graph *g = s->body;
    const ln_node *n = made_by(g, gates[0], &ln_op_split);
    int axis, seen = 0;
    if (!n || n->outputs->size != 4 || !ln_cell_int(g, n->inputs->data[0], &axis))
        return false;
    const ln_tensor *of = &g->tensors[n->inputs->data[1]];
    if (!of->has_rank || (axis != -1 && axis != of->t.dims->size - 1))
        return false;
    for (int i = 0; i < 4; i++) {
        s->order[i] = find(n->outputs, gates[i]);
        if (s->order[i] < 0)
            return false;
        seen |= 1 << s->order[i];
    }
    *z = n->inputs->data[1];
    return seen == 15;
}

/* c' = sigmoid(f) c + sigmoid(i) tanh(g), of which f c may stand first or last. */
static bool take_cell(ln_cell *s, ln_id made, ln_id *gates)
{
    const ln_graph *g = s->body;
    const ln_node *n = made_by(g, made, &ln_op_add);
    if (!n || !ln_opt_plain(n))
        return false;
    for (int i = 0; i < 2; i++) {
        ln_id kept, fresh;
        if (!factors(g, n->inputs->data[i], &gates[1], &kept) ||
            !factors(g, n->inputs->data[1 - i], &gates[0], &fresh))
            return false;
        gates[2] = under_tanh(g, fresh);
        s->c = find(g->inputs, kept);
        if (s->c >= 0 && gates[2] >= 0)
            return g->outputs->data[s->c] == made;
    }
    return false;
}

static bool match_lstm(ln_cell *s, ln_id h)
{
    ln_id gates[4], made, z;
    s->lstm = true;
    s->activation = kTfLiteActTanh;
    if (!factors(s->body, h, &gates[3], &made))
        return false;
    made = under_tanh(s->body, made);
    return made >= 0 && take_cell(s, made, gates) && take_quarters(s, gates, &z) &&
           take_sum(s, z, 1);
}

static bool match_rnn(ln_cell *s, ln_id h)
{
    const ln_node *n = ln_cell_maker(s->body, h);
    s->lstm = false;
    if (!n)
        return false;
    s->activation = n->op == &ln_op_tanh ? kTfLiteActTanh : kTfLiteActRelu;
    if (n->op == &ln_op_tanh || n->op == &ln_op_relu)
        return take_sum(s, n->inputs->data[0], 1);
    const TfLiteFusedActivation *a = n->op == &ln_op_add ? ln_opt_activation(n) : NULL;
    return a && *a == kTfLiteActRelu && take_sum(s, h, 0);
}

/* ---- what else the loop carries ---- */

/* Where time stands in a list of numbers that else are 0; -1: nowhere, -2: others are not 0. */
static int time_in_pack(const ln_cell *s, const ln_node *pack)
{
    const ln_graph *g = s->body;
    int at = -1;
    for (int i = 0; i < pack->inputs->size; i++) {
        int v;
        const bool is_time = bare(g, pack->inputs->data[i]) == g->inputs->data[s->time];
        if (is_time ? at >= 0 : !ln_cell_int(g, pack->inputs->data[i], &v) || v)
            return -2;
        at = is_time ? i : at;
    }
    return at;
}

/* The place of the 1 among constants of 0; -1: all are 0, -2: it is something else. */
static int place_of_one(const ln_graph *g, ln_id list)
{
    int at = -1;
    if (!is_constant(g, list) || g->tensors[list].t.type != kTfLiteInt32)
        return -2;
    for (int i = 0; i < ln_count(&g->tensors[list].t); i++) {
        const int v = g->tensors[list].t.data.i32[i];
        if (v && (v != 1 || at >= 0))
            return -2;
        at = v ? i : at;
    }
    return at;
}

/* The same in the start of an update: constants of 0, PACK, or time by constants of 0 and 1. */
static int time_in_start(const ln_cell *s, ln_id start)
{
    const ln_graph *g = s->body;
    const ln_node *n = ln_cell_maker(g, start);
    const ln_id time = g->inputs->data[s->time];
    if (n && n->op == &ln_op_pack)
        return time_in_pack(s, n);
    if (n && n->op == &ln_op_mul && find(n->inputs, time) >= 0)
        return place_of_one(g, n->inputs->data[n->inputs->data[0] == time]);
    return place_of_one(g, start) == -1 ? -1 : -2;
}

/* sequence[time] = h, of [time, batch, items] or [batch, time, items]. */
static bool take_sequence(ln_cell *s, int i)
{
    const ln_graph *g = s->body;
    const ln_node *n = made_by(g, g->outputs->data[i], &ln_op_dynamic_update_slice);
    if (!n || s->sequence >= 0 || n->inputs->data[0] != g->inputs->data[i] ||
        bare(g, n->inputs->data[1]) != g->outputs->data[s->h])
        return false;
    s->sequence = i;
    s->sequence_axis = time_in_start(s, n->inputs->data[2]);
    return s->sequence_axis >= -1 && s->sequence_axis < 2;
}

static bool take_time(ln_cell *s)
{
    const ln_graph *g = s->body;
    const ln_node *n = ln_cell_maker(g, g->outputs->data[s->time]);
    const ln_id time = g->inputs->data[s->time];
    if (!n || (n->op != &ln_op_add && n->op != &ln_op_sub) || !ln_opt_plain(n) ||
        !(n->inputs->data[0] == time ? ln_cell_int(g, n->inputs->data[1], &s->pace)
                                     : n->op == &ln_op_add && n->inputs->data[1] == time &&
                                           ln_cell_int(g, n->inputs->data[0], &s->pace)))
        return false;
    if (n->op == &ln_op_sub)
        s->pace = s->pace == 1 ? -1 : s->pace == -1 ? 1 : 0;
    return s->pace == 1 || s->pace == -1;
}

static bool take_rest(ln_cell *s)
{
    const ln_graph *g = s->body;
    for (int i = 0; i < g->inputs->size; i++) {
        if (i == s->h || i == s->c || g->inputs->data[i] == g->outputs->data[i])
            continue;
        if (i == s->time ? !take_time(s) : !take_sequence(s, i))
            return false;
    }
    return g->inputs->data[s->x] == g->outputs->data[s->x] && s->pace != 0;
}

/* The weights fit each other: [gates units, items], and biases of gates units. */
static bool fits(const ln_cell *s)
{
    const ln_graph *g = s->body;
    const int *u = g->tensors[s->u].t.dims->data;
    if (u[1] < 1 || u[0] != (s->lstm ? 4 : 1) * u[1])
        return false;
    for (int i = 0; i < s->n_bias; i++)
        if (ln_count(&g->tensors[s->bias[i]].t) != u[0] && ln_count(&g->tensors[s->bias[i]].t) != 1)
            return false;
    return s->w < 0 || g->tensors[s->w].t.dims->data[0] == u[0];
}

bool ln_cell_match(const ln_graph *body, ln_cell *cell)
{
    if (body->inputs->size != body->outputs->size)
        return false;
    for (int i = 0; i < body->outputs->size; i++)
        for (int lstm = 0; lstm < 2; lstm++) {
            *cell = (ln_cell){body,    .time = -1,     .h = -1, .c = -1,
                              .x = -1, .sequence = -1, .w = -1, .u = -1};
            const ln_id h = body->outputs->data[i];
            if ((lstm ? match_lstm(cell, h) : match_rnn(cell, h)) && cell->u >= 0 && cell->x >= 0 &&
                cell->h == i && take_rest(cell) && fits(cell))
                return true;
        }
    return false;
}
