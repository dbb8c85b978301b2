/* SPDX-License-Identifier: Apache-2.0 */
/* bodies.c: what the bodies of loops are made of, run as groups: the gates of an LSTM cell,
 * whatever the order of its operands, and an item of a list being set, for each item; and graphs
 * that only look like these, which stay as they are. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/engine.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_split, ln_op_logistic, ln_op_tanh, ln_op_mul, ln_op_add;
extern const ln_op ln_op_reshape, ln_op_concatenation, ln_op_slice;

static int add_tensor(builder *b, TfLiteType type, int rank, const int *shape)
{
    ln_id id;
    assert_int_equal(ln_graph_add_tensor(b->model, b->graph, "tensor", type, rank, shape, &id),
                     LN_OK);
    return id;
}

static int add_ints(builder *b, int n, const int32_t *values)
{
    return build_typed(b, kTfLiteInt32, 1, &n, values, (size_t)n * sizeof *values);
}

static ln_node *add_node(builder *b, const ln_op *op, const int *inputs, int output)
{
    build_node(b, op, inputs, output);
    ln_node *n = &b->graph->nodes[b->graph->n_nodes - 1];
    if (op->params_size > 0) {
        n->params = ln_arena_new(&b->model->arena, 1, op->params_size);
        assert_non_null(n->params);
    }
    return n;
}

/* ---- gates ---- */

enum { BATCH = 3, CELLS = 21, GATES = 4 };
enum { FLIP = 4, WRONG = 64 }; /* from the third bit on: which operands change places; a defect */

typedef struct gates {
    builder b;
    int shape[2];
    unsigned form;
} gates;

static int apply(gates *g, const ln_op *op, int a, int b)
{
    const int y = add_tensor(&g->b, kTfLiteFloat32, 2, g->shape);
    const bool flip = b >= 0 && (g->form >>= 1) & 1;
    add_node(&g->b, op, (int[]){flip ? b : a, flip ? a : b, -1}, y);
    return y;
}

/* Inputs z and was, outputs h and c. */
static ln_model *make_gates(unsigned form)
{
    gates g = {.shape = {BATCH, CELLS}, .form = form};
    const int wide[2] = {BATCH, GATES * CELLS}, turn = (int)(form % GATES);
    const int32_t axis = 1;
    int part[GATES];
    build_begin(&g.b);
    const int in[2] = {add_tensor(&g.b, kTfLiteFloat32, 2, wide),
                       add_tensor(&g.b, kTfLiteFloat32, 2, g.shape)};
    const int along = add_ints(&g.b, 1, &axis);
    for (int i = 0; i < GATES; i++)
        part[i] = add_tensor(&g.b, kTfLiteFloat32, 2, g.shape);
    ln_node *split = add_node(&g.b, &ln_op_split, (int[]){along, in[0], -1}, part[0]);
    ((TfLiteSplitParams *)split->params)->num_splits = GATES;
    split->outputs = ln_ints(&g.b.model->arena, GATES, part);
    const int i = apply(&g, form & WRONG ? &ln_op_tanh : &ln_op_logistic, part[turn], -1);
    const int f = apply(&g, &ln_op_logistic, part[(turn + 1) % GATES], -1);
    g.form /= FLIP / 2;
    const int kept = apply(&g, &ln_op_mul, f, in[1]);
    const int fresh = apply(&g, &ln_op_tanh, part[(turn + 2) % GATES], -1);
    const int o = apply(&g, &ln_op_logistic, part[(turn + 3) % GATES], -1);
    const int added = apply(&g, &ln_op_mul, i, fresh);
    const int c = apply(&g, &ln_op_add, kept, added);
    const int bent = apply(&g, &ln_op_tanh, c, -1);
    const int out[2] = {apply(&g, &ln_op_mul, o, bent), c};
    build_io(&g.b, 2, in, 2, out);
    return g.b.model;
}

static void run_gates(ln_interpreter *it)
{
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    for (int i = 0; i < BATCH * GATES * CELLS; i++)
        input_of(it, 0)[i] = (float)(i * 31 % 97 - 48) / 16;
    for (int i = 0; i < BATCH * CELLS; i++)
        input_of(it, 1)[i] = (float)(i * 17 % 29 - 14) / 8;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void compare_gates(unsigned form)
{
    const ln_cpu_options options = {.threads = 1 + (int)form % 2};
    ln_model *m = make_gates(form);
    TfLiteDelegate *engine = ln_cpu_create(&options);
    ln_interpreter *plain = open_model(m, NULL), *fast = open_model(m, NULL);
    assert_non_null(engine);
    assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
    assert_int_equal(largest_group(fast) == 10, !(form & WRONG));
    run_gates(plain);
    run_gates(fast);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < BATCH * CELLS; k++)
            if (fabsf(output_of(fast, i)->data.f[k] - output_of(plain, i)->data.f[k]) > 1e-6f)
                fail_msg("form %u, output %d [%d]: %g, not %g", form, i, k,
                         (double)output_of(fast, i)->data.f[k],
                         (double)output_of(plain, i)->data.f[k]);
    ln_interpreter_destroy(plain);
    ln_interpreter_destroy(fast);
    ln_cpu_destroy(engine);
    ln_model_release(m);
}

static void lstm_gates(void **state)
{
    (void)state;
    for (unsigned form = 0; form < 2 * WRONG; form++)
        compare_gates(form);
}

/* ---- a list ---- */

enum { ITEMS = 5, WIDTH = 3 };

/* i as [1], with `n - 1` times `fill` behind it. */
static int add_index(builder *b, int i, int32_t fill)
{
    const int32_t one = 1, rest[2] = {fill, fill};
    const int column = add_tensor(b, kTfLiteInt32, 1, &(int){1});
    const int index = add_tensor(b, kTfLiteInt32, 1, &(int){3});
    const int shape = add_ints(b, 1, &one);
    add_node(b, &ln_op_reshape, (int[]){i, shape, -1}, column);
    const int others = add_ints(b, 2, rest);
    add_node(b, &ln_op_concatenation, (int[]){column, others, -1}, index);
    return index;
}

static int add_slice(builder *b, int x, int begin, int size)
{
    const int y = add_tensor(b, kTfLiteFloat32, 3, (int[]){1, 1, WIDTH});
    add_node(b, &ln_op_slice, (int[]){x, begin, size, -1}, y);
    return y;
}

/* Inputs x, v and i: y is x with v as item i, where `step` is 1. */
static ln_model *make_list(int32_t step)
{
    static const int32_t zeros[3] = {0, 0, 0}, all[3] = {-1, -1, -1};
    builder b;
    build_begin(&b);
    const int in[3] = {add_tensor(&b, kTfLiteFloat32, 3, (int[]){ITEMS, 1, WIDTH}),
                       add_tensor(&b, kTfLiteFloat32, 3, (int[]){1, 1, WIDTH}),
                       add_tensor(&b, kTfLiteInt32, 0, NULL)};
    const int next = add_tensor(&b, kTfLiteInt32, 0, NULL), more = add_ints(&b, 1, &step);
    add_node(&b, &ln_op_add, (int[]){in[2], more, -1}, next);
    const int size = add_index(&b, in[2], -1), none = add_ints(&b, 3, zeros);
    const int head = add_slice(&b, in[0], none, size), begin = add_index(&b, next, 0);
    const int tail = add_slice(&b, in[0], begin, add_ints(&b, 3, all));
    const int y = add_tensor(&b, kTfLiteFloat32, 3, (int[]){ITEMS, 1, WIDTH});
    add_node(&b, &ln_op_concatenation, (int[]){head, in[1], tail, -1}, y);
    build_io(&b, 3, in, 1, &y);
    return b.model;
}

static ln_status run_list(ln_interpreter *it, int32_t i)
{
    const int index = ln_interpreter_inputs(it, 0)->data[2];
    for (int k = 0; k < ITEMS * WIDTH; k++)
        input_of(it, 0)[k] = (float)k;
    for (int k = 0; k < WIDTH; k++)
        input_of(it, 1)[k] = (float)(-1 - k);
    ln_interpreter_tensor(it, 0, index)->data.i32[0] = i;
    return ln_interpreter_invoke(it, 0);
}

static void list_items(void **state)
{
    const ln_cpu_options options = {.threads = 1};
    (void)state;
    for (int32_t step = 1; step <= 2; step++) {
        ln_model *m = make_list(step);
        TfLiteDelegate *engine = ln_cpu_create(&options);
        ln_interpreter *plain = open_model(m, NULL), *fast = open_model(m, NULL);
        assert_non_null(engine);
        assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
        assert_int_equal(largest_group(fast) == 7, step == 1);
        assert_int_equal(ln_interpreter_allocate(plain, 0), LN_OK);
        assert_int_equal(ln_interpreter_allocate(fast, 0), LN_OK);
        for (int32_t i = -2; i <= ITEMS + 1; i++) {
            const ln_status want = run_list(plain, i), got = run_list(fast, i);
            /* -1 means all of x to a SLICE: there is no such item */
            assert_int_equal(want == LN_OK && (i >= 0 || step == 2), got == LN_OK);
            if (got != LN_OK)
                continue;
            assert_int_equal(output_of(plain, 0)->bytes, output_of(fast, 0)->bytes);
            assert_memory_equal(output_of(plain, 0)->data.raw, output_of(fast, 0)->data.raw,
                                output_of(fast, 0)->bytes);
        }
        ln_interpreter_destroy(plain);
        ln_interpreter_destroy(fast);
        ln_cpu_destroy(engine);
        ln_model_release(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lstm_gates), cmocka_unit_test(list_items)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
