/* SPDX-License-Identifier: Apache-2.0 */
/* loops.c: what the passes make of WHILE loops. */
#include "convert/passes.h"
#include "model/model.h"

/* A graph of the model with an emitter for it; its number is returned. */
static int add_graph(ln_emit *of, const char *name, ln_emit *e)
{
    ln_graph *g;
    assert_int_equal(ln_model_add_graph(of->m, name, &g), LN_OK);
    ln_emit_init(e, of->m, g, of->diag);
    return of->m->n_graphs - 1;
}

/* Inputs of the loop's graphs, like the values that it begins with. */
static void take_values(ln_emit *e, const ln_emit *of, int n, const ln_id *in, ln_id *values)
{
    for (int i = 0; i < n; i++) {
        const ln_shape s = ln_emit_shape(of, in[i]);
        values[i] = ln_emit_input(e, "v", ln_emit_type(of, in[i]), &s);
    }
}

static void emit_loop(ln_emit *e, int cond, int body, int n, const ln_id *in, ln_id *out)
{
    const TfLiteWhileParams p = {cond, body};
    ln_made made[LN_MAX_ARITY];
    for (int i = 0; i < n; i++)
        made[i] = (ln_made){ln_emit_type(e, in[i]), ln_emit_shape(e, in[i])};
    const ln_emit_call call = {
        .op = &ln_op_while, .params = &p, .in = in, .n_in = n, .n_out = n, .hints = made};
    assert_true(ln_emit_node(e, &call, out));
}

/* turns and t count alike, x is doubled, spare is computed from itself and not asked for. */
static void build_a_loop_that_counts_twice(ln_emit *e)
{
    enum { TURNS, T, X, SPARE, N };
    const ln_id x = float_input(e, DIMS(2, 3));
    const ln_id in[] = {ln_emit_int(e, 0), ln_emit_int(e, 0), x, x};
    ln_id v[N], out[N];
    ln_emit c, b;
    const int cond = add_graph(e, "cond", &c);
    take_values(&c, e, N, in, v);
    ln_emit_output(
        &c, ln_emit_binary(&c, &ln_op_logical_and, NULL,
                           ln_emit_binary(&c, &ln_op_less, NULL, v[TURNS], ln_emit_int(&c, 4)),
                           ln_emit_binary(&c, &ln_op_less, NULL, v[T], ln_emit_int(&c, 4))));
    const int body = add_graph(e, "body", &b);
    take_values(&b, e, N, in, v);
    for (int i = TURNS; i <= T; i++)
        ln_emit_output(&b, ln_emit_binary(&b, &ln_op_add, NULL, v[i], ln_emit_int(&b, 1)));
    const ln_id t = ln_emit_cast(&b, v[T], kTfLiteFloat32);
    ln_emit_output(&b, ln_emit_binary(&b, &ln_op_add, NULL, v[X], t));
    ln_emit_output(&b, ln_emit_unary(&b, &ln_op_tanh, NULL, v[SPARE]));
    emit_loop(e, cond, body, N, in, out);
    ln_emit_output(e, out[X]);
}

static void a_loop_that_counts_twice(void **state)
{
    (void)state;
    check_passes(build_a_loop_that_counts_twice, "WHILE", NULL);
}

/* How many values the loop carries, and the operators of its graphs. */
static void the_values_that_are_needed(void **state)
{
    ln_diag diag = {0};
    ln_model *m;
    ln_graph *g;
    ln_emit e;
    (void)state;
    assert_int_equal(ln_model_create(&m, &ln_alloc_default), LN_OK);
    assert_int_equal(ln_model_add_graph(m, "main", &g), LN_OK);
    ln_emit_init(&e, m, g, &diag);
    build_a_loop_that_counts_twice(&e);
    assert_int_equal(ln_optimize(m, &ln_opt_defaults, NULL, &diag), LN_OK);
    assert_int_equal(m->graphs[0]->nodes[0].inputs->size, 2);
    assert_int_equal(m->graphs[0]->nodes[0].outputs->size, 2);
    assert_int_equal(m->graphs[1]->inputs->size, 2);
    assert_int_equal(m->graphs[1]->n_nodes, 1); /* LESS */
    assert_int_equal(m->graphs[2]->inputs->size, 2);
    assert_int_equal(m->graphs[2]->n_nodes, 3); /* ADD CAST ADD */
    ln_model_release(m);
}

/* Counters that differ in their steps stay two. */
static void build_a_loop_of_two_counters(ln_emit *e)
{
    const ln_id x = float_input(e, DIMS(3));
    const ln_id in[] = {ln_emit_int(e, 0), ln_emit_int(e, 0), x};
    ln_id v[3], out[3];
    ln_emit c, b;
    const int cond = add_graph(e, "cond", &c);
    take_values(&c, e, 3, in, v);
    ln_emit_output(&c, ln_emit_binary(&c, &ln_op_less, NULL, v[0], ln_emit_int(&c, 6)));
    const int body = add_graph(e, "body", &b);
    take_values(&b, e, 3, in, v);
    ln_emit_output(&b, ln_emit_binary(&b, &ln_op_add, NULL, v[0], ln_emit_int(&b, 2)));
    ln_emit_output(&b, ln_emit_binary(&b, &ln_op_add, NULL, v[1], ln_emit_int(&b, 1)));
    const ln_id t = ln_emit_cast(&b, v[1], kTfLiteFloat32);
    ln_emit_output(&b, ln_emit_binary(&b, &ln_op_add, NULL, v[2], t));
    emit_loop(e, cond, body, 3, in, out);
    ln_emit_output(e, out[2]);
}

static void a_loop_of_two_counters(void **state)
{
    (void)state;
    check_passes(build_a_loop_of_two_counters, "WHILE", NULL);
}

/* ---- recurrent cells ---- */

enum { STEPS = 5, BATCH = 2, ITEMS = 3, UNITS = 4 };

/* What the loop carries: the time, the sequence of results, both states, the inputs. */
enum { TIME, SEQUENCE, H, C, XS, N_VALUES };

typedef struct recurrent {
    bool lstm, before, backwards; /* `before`: x is multiplied in front of the loop */
} recurrent;

static ln_id zeros_of(ln_emit *e, int rank, const int *dims)
{
    float values[STEPS * BATCH * UNITS] = {0};
    ln_shape s = {.rank = rank};
    for (int i = 0; i < rank; i++)
        s.dim[i] = dims[i];
    return ln_emit_constant(e, kTfLiteFloat32, &s, values,
                            sizeof *values * (size_t)ln_shape_count(&s, 0, rank), true);
}

static ln_id product(ln_emit *e, ln_id x, int from, int to)
{
    const TfLiteFullyConnectedParams p = {.keep_num_dims = true};
    const ln_id in[] = {x, float_constant(e, DIMS(to, from)), float_constant(e, DIMS(to))};
    return ln_emit_nary(e, &ln_op_fully_connected, &p, 3, in);
}

static ln_id gate(ln_emit *e, ln_id x)
{
    return ln_emit_unary(e, &ln_op_logistic, NULL, x);
}

static ln_id shaped(ln_emit *e, ln_id x)
{
    return ln_emit_unary(e, &ln_op_tanh, NULL, x);
}

static ln_id multiplied(ln_emit *e, ln_id a, ln_id b)
{
    return ln_emit_binary(e, &ln_op_mul, NULL, a, b);
}

/* The quarters in another order than the operator's: forget, input, output, cell. */
static void lstm_step(ln_emit *e, ln_id z, ln_id *h, ln_id *c)
{
    const TfLiteSplitParams p = {4};
    const ln_id in[] = {ln_emit_int(e, 1), z};
    ln_id q[4];
    const ln_emit_call call = {.op = &ln_op_split, .params = &p, .in = in, .n_in = 2, .n_out = 4};
    assert_true(ln_emit_node(e, &call, q));
    *c = ln_emit_binary(e, &ln_op_add, NULL, multiplied(e, gate(e, q[1]), shaped(e, q[3])),
                        multiplied(e, *c, gate(e, q[0])));
    *h = multiplied(e, gate(e, q[2]), shaped(e, *c));
}

static void recurrent_body(ln_emit *b, const ln_id *v, const recurrent *r)
{
    static const int first[] = {1, 0, 0};
    const int width = (r->lstm ? 4 : 1) * UNITS;
    ln_id h = v[H], c = v[C], x = ln_emit_gather(b, v[XS], v[TIME], 0);
    if (!r->before)
        x = product(b, x, ITEMS, width);
    const ln_id z = ln_emit_binary(b, &ln_op_add, NULL, product(b, v[H], UNITS, width), x);
    if (r->lstm)
        lstm_step(b, z, &h, &c);
    else
        h = shaped(b, z);
    const ln_id update[] = {v[SEQUENCE], ln_emit_expand_dims(b, h, 0),
                            multiplied(b, v[TIME], ln_emit_ints(b, 3, first))};
    ln_emit_output(
        b, ln_emit_binary(b, &ln_op_add, NULL, v[TIME], ln_emit_int(b, r->backwards ? -1 : 1)));
    ln_emit_output(b, ln_emit_nary(b, &ln_op_dynamic_update_slice, NULL, 3, update));
    ln_emit_output(b, h);
    ln_emit_output(b, c);
    ln_emit_output(b, v[XS]);
}

/* A loop over time; out has its values. */
static void build_recurrent(ln_emit *e, const recurrent *r, ln_id *out)
{
    ln_id x = float_input(e, DIMS(STEPS, BATCH, ITEMS)), v[N_VALUES];
    if (r->before)
        x = product(e, x, ITEMS, (r->lstm ? 4 : 1) * UNITS);
    const ln_id zero = zeros_of(e, DIMS(BATCH, UNITS));
    const ln_id in[] = {ln_emit_int(e, r->backwards ? STEPS - 1 : 0),
                        zeros_of(e, DIMS(STEPS, BATCH, UNITS)), zero, zero, x};
    ln_emit c, b;
    const int cond = add_graph(e, "cond", &c);
    take_values(&c, e, N_VALUES, in, v);
    ln_emit_output(&c, ln_emit_binary(&c, r->backwards ? &ln_op_greater_equal : &ln_op_less, NULL,
                                      v[TIME], ln_emit_int(&c, r->backwards ? 0 : STEPS)));
    const int body = add_graph(e, "body", &b);
    take_values(&b, e, N_VALUES, in, v);
    recurrent_body(&b, v, r);
    emit_loop(e, cond, body, N_VALUES, in, out);
}

static void build_an_lstm(ln_emit *e)
{
    ln_id out[N_VALUES];
    build_recurrent(e, &(recurrent){.lstm = true}, out);
    ln_emit_output(e, out[SEQUENCE]);
}

static void build_the_last_of_an_lstm(ln_emit *e)
{
    ln_id out[N_VALUES];
    build_recurrent(e, &(recurrent){.lstm = true, .before = true}, out);
    ln_emit_output(e, out[H]);
}

static void build_an_lstm_backwards(ln_emit *e)
{
    ln_id out[N_VALUES];
    build_recurrent(e, &(recurrent){.lstm = true, .backwards = true}, out);
    ln_emit_output(e, out[SEQUENCE]);
}

static void build_the_cell_of_an_lstm(ln_emit *e)
{
    ln_id out[N_VALUES];
    build_recurrent(e, &(recurrent){.lstm = true}, out);
    ln_emit_output(e, out[C]);
}

static void build_a_plain_rnn(ln_emit *e)
{
    ln_id out[N_VALUES];
    build_recurrent(e, &(recurrent){.lstm = false}, out);
    ln_emit_output(e, out[SEQUENCE]);
}

static void recurrent_cells_become_operators(void **state)
{
    ln_opt_options fuse = ln_opt_defaults;
    (void)state;
    fuse.fuse_lstm = true;
    check_passes(build_an_lstm, "UNIDIRECTIONAL_SEQUENCE_LSTM(TANH)", &fuse);
    check_passes(build_the_last_of_an_lstm, "UNIDIRECTIONAL_SEQUENCE_LSTM(TANH) STRIDED_SLICE",
                 &fuse);
    check_passes(build_an_lstm_backwards,
                 "REVERSE_V2 UNIDIRECTIONAL_SEQUENCE_LSTM(TANH) REVERSE_V2", &fuse);
    check_passes(build_a_plain_rnn, "UNIDIRECTIONAL_SEQUENCE_RNN(TANH)", &fuse);
}

/* The operator does not give its last cell, and keeps its state: where it was not asked for, the
 * loop stays. */
static void recurrent_cells_that_stay(void **state)
{
    ln_opt_options fuse = ln_opt_defaults;
    (void)state;
    fuse.fuse_lstm = true;
    check_passes(build_the_cell_of_an_lstm, "WHILE", &fuse);
    check_passes(build_an_lstm, "WHILE", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_that_counts_twice),
        cmocka_unit_test(the_values_that_are_needed),
        cmocka_unit_test(a_loop_of_two_counters),
        cmocka_unit_test(recurrent_cells_become_operators),
        cmocka_unit_test(recurrent_cells_that_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
