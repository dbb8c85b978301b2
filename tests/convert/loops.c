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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_that_counts_twice),
        cmocka_unit_test(the_values_that_are_needed),
        cmocka_unit_test(a_loop_of_two_counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
