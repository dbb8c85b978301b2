/* SPDX-License-Identifier: Apache-2.0 */
/* rnn_step.c: recurrent cells in TFLite's elementary operators, for short sequences one copy per
 * step, else in a loop.  The products with x are one FULLY_CONNECTED for all steps. */
#include <string.h>

#include "import/onnx/rnn.h"

enum { MOST_COPIES = 24, MOST_STEPS = 512 };

static ln_id dense(ln_ox *o, ln_id x, ln_id w, ln_id b)
{
    const TfLiteFullyConnectedParams p = {.keep_num_dims = ln_emit_shape(&o->e, x).rank > 2};
    const ln_id in[] = {x, w, b};
    return ln_emit_nary(&o->e, &ln_op_fully_connected, &p, 3, in);
}

static ln_id activated(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_activation_of *f, ln_id x)
{
    if (r->clip > 0)
        x = ln_ox_op2(o, &ln_op_maximum,
                      ln_ox_op2(o, &ln_op_minimum, x, ln_emit_float(&o->e, r->clip)),
                      ln_emit_float(&o->e, -r->clip));
    return ln_ox_activate(o, f->what, x, f->a, f->b);
}

/* Columns of gate i in [b, gates h]; rows of a vector. */
static ln_id columns(ln_ox *o, ln_id x, int from, int size)
{
    const int rank = ln_emit_shape(&o->e, x).rank;
    int begin[LN_MAX_RANK] = {0}, sizes[LN_MAX_RANK];
    if (x < 0 || rank < 1)
        return -1;
    for (int i = 0; i < rank; i++)
        sizes[i] = -1;
    begin[rank - 1] = from;
    sizes[rank - 1] = size;
    return ln_emit_slice(&o->e, x, rank, begin, sizes);
}

static ln_id rows(ln_ox *o, ln_id x, int from, int size)
{
    const int begin[] = {from, 0}, sizes[] = {size, -1};
    return ln_emit_slice(&o->e, x, 2, begin, sizes);
}

/* x + weights * state, where there are peepholes. */
static ln_id peep(ln_ox *o, const ln_ox_direction *d, int i, int hidden, ln_id x, ln_id c)
{
    return d->p < 0 ? x : ln_ox_add(o, x, ln_ox_mul(o, columns(o, d->p, i * hidden, hidden), c));
}

static ln_ox_state lstm_step(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id x,
                             const ln_ox_state *s)
{
    const int n = r->hidden;
    const ln_id all = ln_ox_add(o, x, dense(o, s->h, d->r, -1));
    const ln_id i = activated(o, r, &d->f[0], peep(o, d, 0, n, columns(o, all, 0, n), s->c));
    const ln_id f = r->input_forget ? ln_ox_sub(o, ln_emit_float(&o->e, 1), i)
                                    : activated(o, r, &d->f[0],
                                                peep(o, d, 2, n, columns(o, all, 2 * n, n), s->c));
    const ln_id g = activated(o, r, &d->f[1], columns(o, all, 3 * n, n));
    ln_ox_state y;
    y.c = ln_ox_add(o, ln_ox_mul(o, f, s->c), ln_ox_mul(o, i, g));
    const ln_id out = activated(o, r, &d->f[0], peep(o, d, 1, n, columns(o, all, n, n), y.c));
    y.h = ln_ox_mul(o, out, ln_ox_activate(o, d->f[2].what, y.c, d->f[2].a, d->f[2].b));
    return y;
}

static ln_ox_state gru_step(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id x,
                            const ln_ox_state *s)
{
    const int n = r->hidden;
    const ln_id zr =
        ln_ox_add(o, columns(o, x, 0, 2 * n), dense(o, s->h, rows(o, d->r, 0, 2 * n), -1));
    const ln_id z = activated(o, r, &d->f[0], columns(o, zr, 0, n));
    const ln_id reset = activated(o, r, &d->f[0], columns(o, zr, n, n));
    const ln_id w = rows(o, d->r, 2 * n, n), b = columns(o, d->rb, 2 * n, n);
    const ln_id inner = r->linear_before_reset ? ln_ox_mul(o, reset, dense(o, s->h, w, b))
                                               : dense(o, ln_ox_mul(o, reset, s->h), w, b);
    const ln_id g = activated(o, r, &d->f[1], ln_ox_add(o, columns(o, x, 2 * n, n), inner));
    const ln_id h = ln_ox_add(o, g, ln_ox_mul(o, z, ln_ox_sub(o, s->h, g)));
    return (ln_ox_state){h, -1};
}

static ln_ox_state step(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id x,
                        const ln_ox_state *s)
{
    if (r->gates == 4)
        return lstm_step(o, r, d, x, s);
    if (r->gates == 3)
        return gru_step(o, r, d, x, s);
    return (ln_ox_state){activated(o, r, &d->f[0], ln_ox_add(o, x, dense(o, s->h, d->r, -1))), -1};
}

/* The biases that can be added beforehand. */
static ln_id first_bias(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d)
{
    const int n = r->hidden;
    if (d->wb < 0 || r->gates != 3)
        return d->wb < 0 ? -1 : ln_ox_add(o, d->wb, d->rb);
    const ln_id parts[] = {ln_ox_add(o, columns(o, d->wb, 0, 2 * n), columns(o, d->rb, 0, 2 * n)),
                           columns(o, d->wb, 2 * n, n)};
    return ln_emit_concat(&o->e, 2, parts, 0);
}

/* [b, h] of zeros, where b may be open. */
static ln_id zero_state(ln_ox *o, const ln_ox_rnn_node *r, ln_id x)
{
    const int n = r->hidden;
    if (r->batch >= 0) {
        const int dims[] = {r->batch, n};
        return ln_ox_op2(o, &ln_op_fill, ln_emit_ints(&o->e, 2, dims), ln_emit_float(&o->e, 0));
    }
    const ln_id parts[] = {
        ln_emit_slice(&o->e, ln_emit_shape_of(&o->e, x), 1, (const int[]){1}, (const int[]){1}),
        ln_emit_ints(&o->e, 1, &n)};
    return ln_ox_op2(o, &ln_op_fill, ln_emit_concat(&o->e, 2, parts, 0), ln_emit_float(&o->e, 0));
}

/* From its end on a sequence keeps its state and gives zeros. */
static ln_id masked(ln_ox *o, const ln_ox_rnn_node *r, ln_id t, ln_ox_state *next,
                    const ln_ox_state *s)
{
    if (r->lengths < 0)
        return next->h;
    const ln_id lengths = ln_emit_expand_dims(&o->e, ln_ox_int32(o, r->lengths), 1);
    const ln_id goes_on = ln_ox_op2(o, &ln_op_greater, lengths, t);
    const ln_id y = ln_ox_select(o, goes_on, next->h, ln_emit_float(&o->e, 0));
    next->h = ln_ox_select(o, goes_on, next->h, s->h);
    if (next->c >= 0)
        next->c = ln_ox_select(o, goes_on, next->c, s->c);
    return y;
}

ln_id ln_ox_step(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id gates, ln_id t,
                 ln_ox_state *s)
{
    ln_ox_state next = step(o, r, d, gates, s);
    const ln_id y = masked(o, r, t, &next, s);
    *s = next;
    return y;
}

static ln_id unrolled(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id gates,
                      ln_ox_state *s)
{
    ln_id y[MOST_STEPS];
    for (int t = 0; t < r->steps && ln_ox_ok(o); t++) {
        const int begin[] = {t, 0, 0}, size[] = {1, -1, -1};
        const ln_id now = ln_emit_squeeze(&o->e, ln_emit_slice(&o->e, gates, 3, begin, size), 1);
        y[t] = ln_ox_step(o, r, d, now, ln_emit_int(&o->e, t), s);
    }
    const TfLitePackParams p = {.values_count = r->steps, .axis = 0};
    return ln_emit_nary(&o->e, &ln_op_pack, &p, r->steps, y);
}

static bool can_loop(const ln_ox *o, const ln_ox_direction *d)
{
    return ln_emit_known(&o->e, d->r) && (d->rb < 0 || ln_emit_known(&o->e, d->rb)) &&
           (d->p < 0 || ln_emit_known(&o->e, d->p));
}

ln_id ln_ox_written_out(ln_ox *o, const ln_ox_rnn_node *r, const ln_ox_direction *d, ln_id x,
                        ln_id *h, ln_id *c)
{
    const bool loops = (r->steps < 1 || r->steps > MOST_COPIES) && can_loop(o, d);
    if (!loops && (r->steps < 1 || r->steps > MOST_STEPS)) {
        LN_OX_FAIL(o, "a sequence of %d steps with weights that are computed (at most %d)",
                   r->steps, (int)MOST_STEPS);
        return -1;
    }
    const ln_id gates = dense(o, x, d->w, first_bias(o, r, d));
    ln_ox_state s = {d->h, d->c};
    if (s.h < 0)
        s.h = zero_state(o, r, x);
    if (s.c < 0 && r->gates == 4)
        s.c = zero_state(o, r, x);
    const ln_id y = loops ? ln_ox_looped(o, r, d, gates, &s) : unrolled(o, r, d, gates, &s);
    *h = s.h;
    *c = s.c;
    return y;
}
