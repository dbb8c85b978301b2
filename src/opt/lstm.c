/* SPDX-License-Identifier: Apache-2.0 */
/* lstm.c: a loop over the steps of an LSTM or a plain RNN becomes UNIDIRECTIONAL_SEQUENCE_LSTM or
 * UNIDIRECTIONAL_SEQUENCE_RNN.  Asked for only (fuse_lstm): these keep their states from one run to
 * the next, until the variables are reset, where a loop begins at zero each time.  So the loop must
 * begin at zero, with a known batch, and nobody may want the last cell. */
#include "opt/lstm.h"

typedef struct fusion {
    ln_opt *o;
    ln_cell cell;
    const TfLiteIntArray *in, *out; /* of the loop */
    int batch, steps, units;
    ln_id x, w, b; /* in the outer graph; w, b -1: the body has the weights, there is no bias */
    bool major;    /* the operator takes [time, batch, ...] */
} fusion;

static bool is_zero(const ln_opt *o, ln_id t)
{
    double v;
    return ln_opt_is_float(o, t) && ln_opt_splat(o, t, &v) && v == 0;
}

static bool begins_at(const fusion *f, int i, int wanted)
{
    double v;
    return ln_emit_read_number(&f->o->e, f->in->data[i], &v) && v == wanted;
}

/* The condition compares the time with a limit that does not change. */
static bool runs_all_steps(const fusion *f, const ln_graph *cond)
{
    const ln_cell *c = &f->cell;
    const ln_node *n = ln_cell_maker(cond, cond->outputs->data[0]);
    const bool up = c->pace > 0;
    int limit = 0;
    double v;
    if (!n || n->op != (up ? &ln_op_less : &ln_op_greater_equal) ||
        n->inputs->data[0] != cond->inputs->data[c->time])
        return false;
    bool known = ln_cell_int(cond, n->inputs->data[1], &limit);
    for (int i = 0; !known && i < cond->inputs->size; i++)
        if (cond->inputs->data[i] == n->inputs->data[1] &&
            c->body->inputs->data[i] == c->body->outputs->data[i] &&
            ln_emit_read_number(&f->o->e, f->in->data[i], &v)) {
            limit = (int)v;
            known = true;
        }
    return known && limit == (up ? f->steps : 0) && begins_at(f, c->time, up ? 0 : f->steps - 1);
}

/* What is multiplied in front of the loop, and its weights. */
static bool find_input(fusion *f)
{
    ln_opt *o = f->o;
    f->x = f->in->data[f->cell.x];
    f->w = f->b = -1;
    if (f->cell.w >= 0)
        return true;
    const int maker = ln_opt_maker(o, f->x);
    if (!ln_opt_is(o, maker, &ln_op_fully_connected) || !ln_opt_plain(ln_opt_node_at(o, maker)))
        return false;
    f->x = ln_opt_in(o, maker, 0);
    f->w = ln_opt_in(o, maker, 1);
    f->b = ln_opt_in(o, maker, 2);
    const ln_shape w = ln_emit_shape(&o->e, f->w);
    return ln_emit_known(&o->e, f->w) && ln_opt_is_float(o, f->w) && w.rank == 2 &&
           w.dim[0] == (f->cell.lstm ? 4 : 1) * f->units &&
           (f->b < 0 || ln_emit_known(&o->e, f->b));
}

static bool sequence_fits(const fusion *f)
{
    const ln_cell *c = &f->cell;
    if (c->sequence < 0)
        return true;
    const ln_shape s = ln_emit_shape(&f->o->e, f->in->data[c->sequence]);
    if (s.rank != 3 || s.dim[2] != f->units)
        return false;
    if (c->sequence_axis < 0)
        return s.dim[0] * (int64_t)s.dim[1] == f->batch && s.dim[0] > 0;
    return s.dim[c->sequence_axis] == f->steps && s.dim[!c->sequence_axis] == f->batch;
}

static bool fits(fusion *f, const ln_graph *cond)
{
    const ln_cell *c = &f->cell;
    ln_opt *o = f->o;
    f->units = c->body->tensors[c->u].t.dims->data[1];
    if (!find_input(f))
        return false;
    const ln_shape x = ln_emit_shape(&o->e, f->x), h = ln_emit_shape(&o->e, f->in->data[c->h]);
    if (x.rank != 3 || !ln_opt_is_float(o, f->x) || h.rank != 2 || h.dim[1] != f->units)
        return false;
    f->steps = x.dim[c->x_axis];
    f->batch = x.dim[!c->x_axis];
    const int maker = ln_opt_maker(o, f->x);
    f->major = c->x_axis == 0 && !ln_opt_is(o, maker, &ln_op_transpose) &&
               !ln_opt_is(o, maker, &ln_op_reshape);
    return f->steps > 0 && f->batch > 0 && h.dim[0] == f->batch && is_zero(o, f->in->data[c->h]) &&
           (!c->lstm ||
            (is_zero(o, f->in->data[c->c]) && ln_opt_uses(o, f->out->data[c->c]) == 0)) &&
           sequence_fits(f) && runs_all_steps(f, cond);
}

/* ---- the operator ---- */

/* A constant of the body, in the outer graph. */
static ln_id outside(fusion *f, ln_id t, int rank, const int *dims)
{
    const TfLiteTensor *from = &f->cell.body->tensors[t].t;
    ln_shape s = {.rank = rank};
    for (int i = 0; i < rank; i++)
        s.dim[i] = dims[i];
    return ln_emit_constant(&f->o->e, kTfLiteFloat32, &s, from->data.raw, from->bytes, false);
}

static ln_id weights(fusion *f, ln_id t)
{
    return outside(f, t, 2, f->cell.body->tensors[t].t.dims->data);
}

static ln_id bias(fusion *f)
{
    ln_emit *e = &f->o->e;
    const ln_shape s = {.rank = 1, .dim = {(f->cell.lstm ? 4 : 1) * f->units}};
    float *zeros = ln_arena_new(&f->o->m->arena, (size_t)s.dim[0], sizeof *zeros);
    if (!zeros)
        return ln_emit_fail(e, LN_ERR_MEMORY, "out of memory");
    ln_id sum =
        ln_emit_constant(e, kTfLiteFloat32, &s, zeros, (size_t)s.dim[0] * sizeof *zeros, false);
    if (f->b >= 0)
        sum = ln_emit_binary(e, &ln_op_add, NULL, sum, f->b);
    for (int i = 0; i < f->cell.n_bias; i++) {
        const int n = (int)ln_count(&f->cell.body->tensors[f->cell.bias[i]].t);
        sum = ln_emit_binary(e, &ln_op_add, NULL, sum, outside(f, f->cell.bias[i], 1, &n));
    }
    return sum;
}

/* A state: zero until the first run. */
static ln_id state(fusion *f)
{
    const int dims[] = {f->batch, f->units};
    ln_id id = -1;
    if (ln_emit_ok(&f->o->e) &&
        ln_graph_add_tensor(f->o->m, f->o->g, "state", kTfLiteFloat32, 2, dims, &id) == LN_OK)
        f->o->g->tensors[id].t.is_variable = true;
    else
        ln_emit_fail(&f->o->e, LN_ERR_MEMORY, "out of memory");
    return id;
}

static ln_id quarter(fusion *f, ln_id t, int i)
{
    const int begin[] = {f->cell.order[i] * f->units, 0}, size[] = {f->units, -1};
    return ln_emit_slice(&f->o->e, t, ln_emit_shape(&f->o->e, t).rank, begin, size);
}

static ln_id emit_lstm(fusion *f, ln_id x, ln_id w)
{
    const TfLiteUnidirectionalSequenceLSTMParams p = {.activation = kTfLiteActTanh,
                                                      .time_major = f->major};
    const ln_id u = weights(f, f->cell.u), b = bias(f);
    ln_id in[24];
    for (int i = 0; i < 24; i++)
        in[i] = -1;
    in[0] = x;
    for (int i = 0; i < 4; i++) {
        in[1 + i] = quarter(f, w, i);
        in[5 + i] = quarter(f, u, i);
        in[12 + i] = quarter(f, b, i);
    }
    in[18] = state(f);
    in[19] = state(f);
    return ln_emit_nary(&f->o->e, &ln_op_unidirectional_sequence_lstm, &p, 24, in);
}

static ln_id emit_rnn(fusion *f, ln_id x, ln_id w)
{
    const TfLiteSequenceRNNParams p = {.time_major = f->major, .activation = f->cell.activation};
    const ln_id in[] = {x, w, weights(f, f->cell.u), bias(f), state(f)};
    return ln_emit_nary(&f->o->e, &ln_op_unidirectional_sequence_rnn, &p, 5, in);
}

static ln_id reversed(fusion *f, ln_id t)
{
    return f->cell.pace > 0 ? t
                            : ln_emit_binary(&f->o->e, &ln_op_reverse_v2, NULL, t,
                                             ln_emit_ints(&f->o->e, 1, &(int){!f->major}));
}

/* Between [time, batch, ...] and [batch, time, ...], where the two differ in that. */
static ln_id turned(fusion *f, ln_id t, bool major)
{
    static const int perm[] = {1, 0, 2};
    return major == f->major ? t : ln_emit_transpose(&f->o->e, t, 3, perm);
}

/* [batch, units] of the last step that was run. */
static ln_id last_of(fusion *f, ln_id y)
{
    ln_emit *e = &f->o->e;
    const int axis = !f->major;
    int begin[3] = {0}, end[3] = {0}, step[] = {1, 1, 1};
    begin[axis] = -1;
    const TfLiteStridedSliceParams p = {
        .begin_mask = 7 & ~(1 << axis), .end_mask = 7, .shrink_axis_mask = 1 << axis};
    const ln_id in[] = {y, ln_emit_ints(e, 3, begin), ln_emit_ints(e, 3, end),
                        ln_emit_ints(e, 3, step)};
    return ln_emit_nary(e, &ln_op_strided_slice, &p, 4, in);
}

/* What stands for value i behind the loop. */
static ln_id result(fusion *f, int i, ln_id y)
{
    const ln_cell *c = &f->cell;
    ln_emit *e = &f->o->e;
    if (i == c->time)
        return ln_emit_int(e, c->pace > 0 ? f->steps : -1);
    if (i == c->h)
        return last_of(f, y);
    if (i != c->sequence)
        return f->in->data[i];
    if (c->sequence_axis >= 0)
        return turned(f, reversed(f, y), c->sequence_axis == 0);
    const ln_shape s = ln_emit_shape(e, f->in->data[i]);
    return ln_emit_reshape(e, last_of(f, y), &s);
}

static bool fuse(fusion *f, int node)
{
    ln_opt *o = f->o;
    const ln_id x = reversed(f, turned(f, f->x, f->cell.x_axis == 0));
    const ln_id w = f->cell.w < 0 ? f->w : weights(f, f->cell.w);
    const ln_id y = f->cell.lstm ? emit_lstm(f, x, w) : emit_rnn(f, x, w);
    const TfLiteIntArray *out = f->out;
    for (int i = 0; i < out->size; i++)
        if (ln_opt_uses(o, out->data[i]) > 0 && !ln_opt_replace(o, out->data[i], result(f, i, y)))
            return false;
    ln_opt_kill(o, node);
    return ln_emit_ok(&o->e);
}

/* The states are variables: of a graph that runs from one call of the model to the next, not of one
 * that another graph runs. */
static bool is_entry(const ln_opt *o)
{
    for (int i = 0; i < o->m->n_signatures; i++)
        if (o->m->graphs[o->m->signatures[i].graph] == o->g)
            return true;
    return o->m->graphs[0] == o->g;
}

bool ln_pass_lstm(ln_opt *o, int node)
{
    const ln_node *n = ln_opt_node_at(o, node);
    if (!o->options->fuse_lstm || !is_entry(o) || n->op != &ln_op_while ||
        n->inputs->size != n->outputs->size)
        return false;
    const TfLiteWhileParams *p = n->params;
    const int cond = p->cond_subgraph_index, body = p->body_subgraph_index;
    if (cond < 0 || body < 0 || cond >= o->m->n_graphs || body >= o->m->n_graphs ||
        o->m->graphs[body] == o->g || o->m->graphs[cond] == o->g)
        return false;
    const ln_graph *c = o->m->graphs[cond], *b = o->m->graphs[body];
    fusion f = {.o = o, .in = n->inputs, .out = n->outputs};
    return c->outputs->size == 1 && c->inputs->size == n->inputs->size &&
           b->inputs->size == n->inputs->size && ln_cell_match(b, &f.cell) && fits(&f, c) &&
           fuse(&f, node);
}
