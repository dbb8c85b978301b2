/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c: random graphs of elementwise nodes give the same bits with the engine, which runs them
 * in groups, as without: operands that are shared, broadcast or constant, values that are outputs
 * of the graph too, results in place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/engine.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_add, ln_op_sub, ln_op_mul, ln_op_maximum, ln_op_abs, ln_op_relu;

/* Exact functions only, so that results must agree bit for bit. */
static const ln_op *const pairs[] = {&ln_op_add, &ln_op_sub, &ln_op_mul, &ln_op_maximum};
static const ln_op *const singles[] = {&ln_op_abs, &ln_op_relu};

static uint32_t seed;

static int pick(int n)
{
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (int)((seed >> 8) % (uint32_t)n);
}

enum { ROWS = 37, COLUMNS = 29, MOST = 64 };

typedef struct random_graph {
    builder b;
    int full[MOST], n_full;   /* tensors of the graph's shape */
    int small[MOST], n_small; /* constants that are broadcast */
    int out[MOST], n_out;
} random_graph;

static void set_shape(random_graph *g, int id, int rows, int columns)
{
    TfLiteIntArray *dims = ln_ints(&g->b.model->arena, 2, (int[]){rows, columns});
    assert_non_null(dims);
    g->b.graph->tensors[id].t.dims = dims;
}

static int add_full(random_graph *g)
{
    const int id = build_tensor(&g->b, ROWS * COLUMNS);
    set_shape(g, id, ROWS, COLUMNS);
    return id;
}

static void add_small(random_graph *g, int rows, int columns)
{
    float values[ROWS * COLUMNS];
    for (int i = 0; i < rows * columns; i++)
        values[i] = (float)(pick(17) - 8) / 4;
    const int id = build_constant(&g->b, rows * columns, values);
    set_shape(g, id, rows, columns);
    g->small[g->n_small++] = id;
}

static int operand(random_graph *g, bool *is_full)
{
    *is_full = pick(3) > 0;
    return *is_full ? g->full[pick(g->n_full)] : g->small[pick(g->n_small)];
}

/* Multiplication and addition need parameters; zero bytes are those without activation. */
static void add_node(random_graph *g)
{
    bool full[2] = {true, true};
    const bool single = pick(3) == 0;
    int in[3] = {g->full[pick(g->n_full)], -1, -1};
    if (!single) {
        const int other = operand(g, &full[1]);
        in[1] = other;
        if (pick(2)) { /* the other way round */
            in[1] = in[0];
            in[0] = other;
        }
    }
    const ln_op *op =
        single ? singles[pick((int)LN_COUNTOF(singles))] : pairs[pick((int)LN_COUNTOF(pairs))];
    const int y = add_full(g);
    build_node(&g->b, op, in, y);
    if (op->params_size > 0) {
        ln_node *n = &g->b.graph->nodes[g->b.graph->n_nodes - 1];
        n->params = ln_arena_new(&g->b.model->arena, 1, op->params_size);
        assert_non_null(n->params);
    }
    g->full[g->n_full++] = y;
    if (pick(8) == 0)
        g->out[g->n_out++] = y;
}

static ln_model *make(uint32_t s, int nodes)
{
    random_graph g = {.n_full = 2};
    seed = s;
    build_begin(&g.b);
    g.full[0] = add_full(&g);
    g.full[1] = add_full(&g);
    add_small(&g, 1, COLUMNS);
    add_small(&g, ROWS, 1);
    add_small(&g, 1, 1);
    for (int i = 0; i < nodes; i++)
        add_node(&g);
    g.out[g.n_out++] = g.full[g.n_full - 1];
    build_io(&g.b, 2, g.full, g.n_out, g.out);
    return g.b.model;
}

static void fill(ln_interpreter *it)
{
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < ROWS * COLUMNS; k++)
            input_of(it, i)[k] = (float)((k * 31 + i * 7) % 23 - 11) / 8;
}

static void run(ln_interpreter *it)
{
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    for (int i = 0; i < 2; i++) { /* the second time what was left behind shows */
        fill(it);
        assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    }
}

/* Returns how many kernels of several nodes there were. */
static int compare(ln_model *m, int threads)
{
    const ln_cpu_options options = {.threads = threads};
    TfLiteDelegate *engine = ln_cpu_create(&options);
    ln_interpreter *plain = open_model(m, NULL), *fast = open_model(m, NULL);
    int groups = 0;
    assert_non_null(engine);
    if (ln_interpreter_apply_delegate(fast, engine) != LN_OK)
        fail_msg("%s", ln_interpreter_diag(fast)->text);
    run(plain);
    run(fast);
    for (int i = 0; i < ln_interpreter_outputs(plain, 0)->size; i++)
        assert_memory_equal(output_of(plain, i)->data.raw, output_of(fast, i)->data.raw,
                            ROWS * COLUMNS * sizeof(float));
    const TfLiteIntArray *plan = ln_interpreter_plan(fast, 0);
    for (int i = 0; i < plan->size; i++) {
        ln_node_info info;
        assert_true(ln_interpreter_node_info(fast, 0, plan->data[i], &info));
        groups += info.replaces && info.replaces->size > 1;
    }
    ln_interpreter_destroy(plain);
    ln_interpreter_destroy(fast);
    ln_cpu_destroy(engine);
    return groups;
}

static void random_graphs(void **state)
{
    int groups = 0;
    (void)state;
    for (uint32_t s = 1; s <= 400; s++) {
        ln_model *m = make(s, 1 + (int)s % 30);
        groups += compare(m, 1 + (int)s % 3);
        ln_model_release(m);
    }
    assert_true(groups > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_graphs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
