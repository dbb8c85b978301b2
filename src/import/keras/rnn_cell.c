/* SPDX-License-Identifier: Apache-2.0 */
/* rnn_cell.c: a recurrent cell over a sequence, as a WHILE.  The product with the input is made for
 * all steps at once, in front; a step takes its row, multiplies the state and combines them.
 *
 * UNIDIRECTIONAL_SEQUENCE_LSTM would be one node, but it keeps its state from one Invoke to the
 * next (until the variables are reset) and has a fixed batch; a Keras layer begins at zero.  Where
 * that is wanted, a pass puts it in the loop's place (opt/lstm.c).
 *
 * The loop carries: step, states, [output], [sequence], x, [mask], [number of steps]. */
#include "import/keras/rnn.h"

#include <string.h>

#include "ops/list.h"

typedef enum kind { LSTM, GRU, SIMPLE } kind;

enum { MAX_CARRIED = 10, SMALL = 4096 };

typedef struct cell {
    ln_keras_call *c;
    const cJSON *config;
    kind kind;
    int units, gates, n_states;
    bool bias, reset_after;
    int spatial; /* axes of a step between batch and features: of ConvLSTM */
} cell;

/* What the loop carries: where each stands; -1: it is not there. */
typedef struct carried {
    int n, states, output, sequence, x, mask, steps;
    ln_id in[MAX_CARRIED];
} carried;

/* ---- the cell ---- */

static bool read_cell(ln_keras_call *c, const cJSON *json, cell *out)
{
    static const struct {
        const char *name;
        kind kind;
        int gates, states;
        int spatial;
    } kinds[] = {{"LSTM", LSTM, 4, 2, 0},        {"GRU", GRU, 3, 1, 0},
                 {"SimpleRNN", SIMPLE, 1, 1, 0}, {"ConvLSTM1D", LSTM, 4, 2, 1},
                 {"ConvLSTM2D", LSTM, 4, 2, 2},  {"ConvLSTM3D", LSTM, 4, 2, 3}};
    const char *class = ln_json_text(json, "class_name", "");
    *out = (cell){.c = c, .config = ln_json_get(json, "config")};
    for (size_t i = 0; i < LN_COUNTOF(kinds); i++) {
        const size_t n = strlen(kinds[i].name);
        if (strncmp(class, kinds[i].name, n) == 0 &&
            (!class[n] || strcmp(class + n, "Cell") == 0)) {
            out->kind = kinds[i].kind;
            out->gates = kinds[i].gates;
            out->n_states = kinds[i].states;
            out->spatial = kinds[i].spatial;
        }
    }
    out->units = ln_json_int(out->config, out->spatial ? "filters" : "units", 0);
    out->bias = ln_json_bool(out->config, "use_bias", true);
    out->reset_after = ln_json_bool(out->config, "reset_after", c->k->version >= 3);
    if (out->gates == 0)
        ln_emit_fail(c->e, LN_ERR_UNSUPPORTED, "a recurrent cell of class \"%s\"", class);
    else if (out->units < 1 || out->units > 1 << 24)
        ln_emit_fail(c->e, LN_ERR_FORMAT, "a cell of %d units", out->units);
    return ln_emit_ok(c->e);
}

/* The bias of the input's product (row 0) or, of a GRU that resets after it, the state's (row 1).
 */
static ln_id bias_of(const cell *l, ln_keras_call *c, int row)
{
    const ln_shape s = {.rank = 1, .dim = {l->gates * l->units}};
    ln_keras_array b;
    if (!l->bias || (row && !(l->kind == GRU && l->reset_after)))
        return -1;
    if (l->kind != GRU || !l->reset_after)
        return ln_keras_param(c, "bias", 2, NULL, &s);
    if (!ln_keras_weight(c, "bias", 2, &b))
        return -1;
    if (b.count != 2 * s.dim[0])
        return ln_emit_fail(c->e, LN_ERR_FORMAT, "the bias has %d items", b.count);
    return ln_keras_constant(c, &s, b.f + (size_t)row * (size_t)s.dim[0]);
}

static bool split(ln_emit *e, ln_id x, int n, ln_id *out)
{
    const TfLiteSplitParams p = {.num_splits = n};
    const ln_id in[] = {ln_emit_int(e, ln_emit_shape(e, x).rank - 1), x};
    const ln_emit_call call = {.op = &ln_op_split, .params = &p, .in = in, .n_in = 2, .n_out = n};
    return ln_emit_node(e, &call, out);
}

static ln_id gate(const cell *l, ln_keras_call *b, ln_id x)
{
    const cJSON *activation = ln_json_get(l->config, "recurrent_activation");
    return ln_keras_activation(b, activation, x);
}

static ln_id shape_up(const cell *l, ln_keras_call *b, ln_id x)
{
    return ln_keras_activation(b, ln_json_get(l->config, "activation"), x);
}

static ln_id add(ln_keras_call *b, ln_id x, ln_id y)
{
    return ln_keras_binary(b->e, &ln_op_add, x, y);
}

static ln_id mul(ln_keras_call *b, ln_id x, ln_id y)
{
    return ln_keras_binary(b->e, &ln_op_mul, x, y);
}

static const int swapped[] = {1, 0, -1};

static ln_id state_product(const cell *l, ln_keras_call *b, ln_id state)
{
    return l->spatial ? ln_keras_conv_state(b, l->spatial, state)
                      : ln_keras_product(b->e, state,
                                         ln_keras_param(b, "recurrent_kernel", 1, swapped, NULL),
                                         -1, kTfLiteActNone);
}

static void lstm_step(const cell *l, ln_keras_call *b, ln_id x, ln_id *state)
{
    ln_id part[4];
    const ln_id sum = add(b, x, state_product(l, b, state[0]));
    if (!split(b->e, sum, 4, part))
        return;
    const ln_id kept = mul(b, gate(l, b, part[1]), state[1]);
    const ln_id made = mul(b, gate(l, b, part[0]), shape_up(l, b, part[2]));
    state[1] = add(b, kept, made);
    state[0] = mul(b, gate(l, b, part[3]), shape_up(l, b, state[1]));
}

/* h + z (previous - h) */
static ln_id blend(ln_keras_call *b, ln_id z, ln_id previous, ln_id h)
{
    return add(b, h, mul(b, z, ln_keras_binary(b->e, &ln_op_sub, previous, h)));
}

static void gru_step_after(const cell *l, ln_keras_call *b, ln_id x, ln_id *state)
{
    ln_id px[3], pr[3];
    const ln_id u = ln_keras_param(b, "recurrent_kernel", 1, swapped, NULL);
    const ln_id product = ln_keras_product(b->e, state[0], u, bias_of(l, b, 1), kTfLiteActNone);
    if (!split(b->e, x, 3, px) || !split(b->e, product, 3, pr))
        return;
    const ln_id z = gate(l, b, add(b, px[0], pr[0])), r = gate(l, b, add(b, px[1], pr[1]));
    const ln_id h = shape_up(l, b, add(b, px[2], mul(b, r, pr[2])));
    state[0] = blend(b, z, state[0], h);
}

/* The recurrent kernel's columns [from, to), transposed. */
static ln_id columns(const cell *l, ln_keras_call *b, int from, int to)
{
    ln_keras_array u;
    const ln_shape s = {.rank = 2, .dim = {to - from, l->units}};
    if (!ln_keras_weight(b, "recurrent_kernel", 1, &u))
        return -1;
    if (u.shape.rank != 2 || u.shape.dim[0] != l->units || u.shape.dim[1] != l->gates * l->units)
        return ln_emit_fail(b->e, LN_ERR_FORMAT, "the recurrent kernel is of another size");
    float *t = ln_keras_floats(b, (size_t)(to - from) * (size_t)l->units);
    for (int j = from; t && j < to; j++)
        for (int i = 0; i < l->units; i++)
            t[(size_t)(j - from) * (size_t)l->units + (size_t)i] =
                u.f[(size_t)i * (size_t)u.shape.dim[1] + (size_t)j];
    return ln_keras_constant(b, &s, t);
}

static void gru_step_before(const cell *l, ln_keras_call *b, ln_id x, ln_id *state)
{
    ln_id px[3], pr[2];
    const int n = l->units;
    const ln_id both =
        ln_keras_product(b->e, state[0], columns(l, b, 0, 2 * n), -1, kTfLiteActNone);
    if (!split(b->e, x, 3, px) || !split(b->e, both, 2, pr))
        return;
    const ln_id z = gate(l, b, add(b, px[0], pr[0])), r = gate(l, b, add(b, px[1], pr[1]));
    const ln_id reset = ln_keras_product(b->e, mul(b, r, state[0]), columns(l, b, 2 * n, 3 * n), -1,
                                         kTfLiteActNone);
    state[0] = blend(b, z, state[0], shape_up(l, b, add(b, px[2], reset)));
}

static void simple_step(const cell *l, ln_keras_call *b, ln_id x, ln_id *state)
{
    const ln_id u = ln_keras_param(b, "recurrent_kernel", 1, swapped, NULL);
    state[0] = shape_up(l, b, add(b, x, ln_keras_product(b->e, state[0], u, -1, kTfLiteActNone)));
}

static void step(const cell *l, ln_keras_call *b, ln_id x, ln_id *state)
{
    if (l->kind == LSTM)
        lstm_step(l, b, x, state);
    else if (l->kind == SIMPLE)
        simple_step(l, b, x, state);
    else if (l->reset_after)
        gru_step_after(l, b, x, state);
    else
        gru_step_before(l, b, x, state);
}

/* ---- what the loop begins with ---- */

static ln_id zeros(ln_keras_call *c, const ln_shape *s)
{
    return ln_keras_constant(c, s, ln_keras_floats(c, (size_t)ln_shape_count(s, 0, s->rank)));
}

/* [batch, time, ..., units], or without time */
static ln_shape state_shape(const cell *l, ln_id x, bool time)
{
    const ln_shape s = ln_emit_shape(l->c->e, x);
    ln_shape wanted = {.rank = s.rank - !time, .dim = {s.dim[0]}};
    for (int i = 1; i < wanted.rank; i++)
        wanted.dim[i] = s.dim[i + !time];
    wanted.dim[wanted.rank - 1] = l->units;
    return wanted;
}

/* Zeros [batch, time, ..., units], or without time: a constant where that is known and small, else
 * made like a part of the product x. */
static ln_id like(const cell *l, ln_id x, bool time)
{
    ln_emit *e = l->c->e;
    const ln_shape s = ln_emit_shape(e, x);
    const ln_shape wanted = state_shape(l, x, time);
    int begin[LN_MAX_RANK] = {0}, end[LN_MAX_RANK] = {0}, one[LN_MAX_RANK];
    for (int i = 0; i < s.rank; i++)
        one[i] = 1;
    end[1] = 1;
    end[s.rank - 1] = l->units;
    const int all = (1 << s.rank) - 1, last = 1 << (s.rank - 1);
    const TfLiteStridedSliceParams p = {.begin_mask = all,
                                        .end_mask = time ? all & ~last : all & ~last & ~2,
                                        .shrink_axis_mask = time ? 0 : 2};
    if (ln_shape_known(&wanted) && ln_shape_count(&wanted, 0, wanted.rank) * 4LL <= SMALL)
        return zeros(l->c, &wanted);
    const ln_id in[] = {x, ln_emit_ints(e, s.rank, begin), ln_emit_ints(e, s.rank, end),
                        ln_emit_ints(e, s.rank, one)};
    return ln_keras_unary(e, &ln_op_zeros_like, ln_emit_nary(e, &ln_op_strided_slice, &p, 4, in));
}

static int carry(carried *l, ln_id id)
{
    l->in[l->n] = id;
    return l->n++;
}

static void begin(const cell *l, const ln_rnn_run *run, ln_id x, carried *to)
{
    ln_emit *e = l->c->e;
    const bool masked = run->mask.kind != LN_MASK_NONE, open = ln_emit_shape(e, x).dim[1] < 0;
    const bool output = masked && (run->n_initial > 0 || (run->zero_masked && !run->sequences));
    const ln_id steps = ln_emit_dim(e, x, 1);
    const ln_id last = ln_keras_with(e, &ln_op_sub, steps, 1);
    *to = (carried){.output = -1, .sequence = -1, .mask = -1, .steps = -1};
    carry(to, run->backwards ? last : ln_emit_int(e, 0));
    to->states = to->n;
    const ln_id none = run->n_initial ? -1 : like(l, x, false);
    for (int i = 0; i < l->n_states; i++)
        carry(to, i < run->n_initial ? run->initial[i] : none);
    if (output)
        to->output = carry(to, like(l, x, false));
    if (run->sequences)
        to->sequence = carry(to, like(l, x, true));
    to->x = carry(to, x);
    if (masked) {
        ln_id mask = ln_keras_mask_tensor(e, &run->mask);
        for (int i = 0; i <= l->spatial; i++)
            mask = ln_emit_expand_dims(e, mask, 2);
        to->mask = carry(to, mask);
    }
    if (open && !run->backwards)
        to->steps = carry(to, steps);
}

/* ---- the loop's graphs ---- */

/* A graph whose inputs are like the tensors that are carried. */
static bool new_graph(const cell *l, const carried *loop, const char *name, ln_emit *e, int *index)
{
    const ln_emit *outer = l->c->e;
    ln_graph *g;
    if (ln_model_add_graph(outer->m, name, &g) != LN_OK) {
        ln_emit_fail(l->c->e, LN_ERR_MEMORY, "out of memory");
        return false;
    }
    *index = outer->m->n_graphs - 1;
    ln_emit_init(e, outer->m, g, l->c->k->diag);
    ln_emit_at(e, l->c->name);
    for (int i = 0; i < loop->n; i++) {
        ln_shape s = ln_emit_shape(outer, loop->in[i]);
        ln_emit_input(e, "", ln_emit_type(outer, loop->in[i]), &s);
    }
    return ln_emit_ok(e);
}

static bool condition(const cell *l, const ln_rnn_run *run, const carried *loop, int *index)
{
    ln_emit e;
    const int steps = ln_emit_shape(l->c->e, loop->in[loop->x]).dim[1];
    if (!new_graph(l, loop, "steps_left", &e, index))
        return false;
    const ln_id at = e.g->inputs->data[0];
    if (run->backwards)
        ln_emit_output(&e, ln_keras_with(&e, &ln_op_greater_equal, at, 0));
    else
        ln_emit_output(&e, ln_keras_binary(&e, &ln_op_less, at,
                                           loop->steps < 0 ? ln_emit_int(&e, steps)
                                                           : e.g->inputs->data[loop->steps]));
    if (!ln_emit_ok(&e))
        l->c->e->status = e.status;
    return ln_emit_ok(&e);
}

static ln_id where(ln_emit *e, ln_id mask, ln_id yes, ln_id no)
{
    const ln_id in[] = {mask, yes, no};
    return ln_emit_nary(e, &ln_op_select_v2, NULL, 3, in);
}

/* What the step gives: the new state, or what stands for it where the step is masked. */
static ln_id output_of(ln_emit *e, const ln_rnn_run *run, const carried *loop, ln_id mask,
                       const ln_id *fresh, const ln_id *state)
{
    if (mask < 0 || (!run->zero_masked && loop->output < 0))
        return state[0];
    return where(e, mask, fresh[0],
                 run->zero_masked ? ln_emit_float(e, 0) : e->g->inputs->data[loop->output]);
}

static ln_id put(ln_emit *e, ln_id sequence, ln_id y, ln_id at)
{
    static const int time[LN_MAX_RANK] = {0, 1};
    const int rank = ln_emit_shape(e, sequence).rank;
    const ln_id start = ln_keras_binary(e, &ln_op_mul, at, ln_emit_ints(e, rank, time));
    const ln_id in[] = {sequence, ln_emit_expand_dims(e, y, 1), start};
    return ln_emit_nary(e, &ln_op_dynamic_update_slice, NULL, 3, in);
}

static bool body(const cell *l, const ln_rnn_run *run, const carried *loop, int *index)
{
    ln_emit e;
    ln_id state[2], fresh[2];
    if (!new_graph(l, loop, "step", &e, index))
        return false;
    ln_keras_call b = *l->c;
    b.e = &e;
    const int *in = e.g->inputs->data;
    const ln_id at = in[0];
    for (int i = 0; i < l->n_states; i++)
        fresh[i] = in[loop->states + i];
    step(l, &b, ln_emit_gather(&e, in[loop->x], at, 1), fresh);
    const ln_id mask = loop->mask < 0 ? -1 : ln_emit_gather(&e, in[loop->mask], at, 1);
    for (int i = 0; i < l->n_states; i++)
        state[i] = mask < 0 ? fresh[i] : where(&e, mask, fresh[i], in[loop->states + i]);
    const ln_id y = output_of(&e, run, loop, mask, fresh, state);
    ln_emit_output(&e, ln_keras_with(&e, &ln_op_add, at, run->backwards ? -1 : 1));
    for (int i = 1; i < loop->n; i++) {
        const bool is_state = i >= loop->states && i < loop->states + l->n_states;
        ln_emit_output(&e, is_state              ? state[i - loop->states]
                           : i == loop->output   ? y
                           : i == loop->sequence ? put(&e, in[loop->sequence], y, at)
                                                 : in[i]);
    }
    if (!ln_emit_ok(&e))
        l->c->e->status = e.status;
    return ln_emit_ok(&e);
}

static void finish(const cell *l, const ln_rnn_run *run, const carried *loop, const ln_id *made,
                   ln_rnn_result *out)
{
    static const int time[] = {1};
    ln_emit *e = l->c->e;
    out->y = loop->sequence >= 0 ? made[loop->sequence]
             : loop->output >= 0 ? made[loop->output]
                                 : made[loop->states];
    if (run->sequences && run->backwards && !run->in_place)
        out->y = ln_keras_binary(e, &ln_op_reverse_v2, out->y, ln_emit_ints(e, 1, time));
    for (int i = 0; i < l->n_states && out->n_states < LN_RNN_MAX_STATES; i++)
        out->states[out->n_states++] = made[loop->states + i];
}

/* Of all steps at once. */
static ln_id input_product(const cell *l, ln_id x)
{
    ln_keras_call *c = l->c;
    if (l->spatial)
        return ln_keras_conv_steps(c, l->spatial, x);
    return ln_keras_product(c->e, x, ln_keras_param(c, "kernel", 0, swapped, NULL),
                            bias_of(l, c, 0), kTfLiteActNone);
}

/* A stateful layer begins where the last run ended: its states are variables. */
static bool recall(const cell *l, ln_id x, ln_rnn_run *run, const char **names, ln_id *before)
{
    const ln_shape s = state_shape(l, x, false);
    if (run->n_initial)
        ln_emit_fail(l->c->e, LN_ERR_UNSUPPORTED, "a stateful layer with an initial state");
    for (int i = 0; i < l->n_states && ln_emit_ok(l->c->e); i++) {
        names[i] = ln_keras_variable(l->c, &s);
        if (names[i])
            before[i] = ln_keras_variable_read(l->c, names[i], &s);
        else
            ln_emit_fail(l->c->e, LN_ERR_MEMORY, "out of memory");
    }
    run->initial = before;
    run->n_initial = l->n_states;
    return ln_emit_ok(l->c->e);
}

bool ln_rnn_cell(ln_keras_call *c, const cJSON *json, const ln_rnn_run *run, ln_rnn_result *out)
{
    cell l;
    carried loop;
    TfLiteWhileParams p;
    ln_id made[MAX_CARRIED], before[2];
    const char *names[2];
    if (!read_cell(c, json, &l))
        return false;
    if (ln_emit_shape(c->e, run->x).rank != 3 + l.spatial) {
        ln_emit_fail(c->e, LN_ERR_FORMAT, "an input of rank %d, not %d",
                     ln_emit_shape(c->e, run->x).rank, 3 + l.spatial);
        return false;
    }
    const ln_id x = input_product(&l, ln_emit_cast(c->e, run->x, kTfLiteFloat32));
    if (!ln_emit_ok(c->e))
        return false;
    ln_rnn_run kept = *run;
    if (run->stateful && !recall(&l, x, &kept, names, before))
        return false;
    run = &kept;
    begin(&l, run, x, &loop);
    if (!ln_emit_ok(c->e) || !condition(&l, run, &loop, &p.cond_subgraph_index) ||
        !body(&l, run, &loop, &p.body_subgraph_index))
        return false;
    const ln_emit_call call = {
        .op = &ln_op_while, .params = &p, .in = loop.in, .n_in = loop.n, .n_out = loop.n};
    if (ln_emit_node(c->e, &call, made))
        finish(&l, run, &loop, made, out);
    for (int i = 0; run->stateful && i < l.n_states; i++)
        ln_keras_variable_assign(c, names[i], made[loop.states + i]);
    return ln_emit_ok(c->e);
}
