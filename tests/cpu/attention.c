/* SPDX-License-Identifier: Apache-2.0 */
/* attention.c: attention as one node has the bits of its nodes one by one, with any of the
 * TRANSPOSEs around it, steps between, heads that share keys, and other shapes; what only looks
 * like it stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/engine.h"
#include "one_of.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_batch_matmul, ln_op_softmax, ln_op_transpose, ln_op_mul, ln_op_add;

enum { BATCH = 2, HEADS = 3, M = 70, N = 150, K = 40, V = 23, INPUTS = 4 };
enum {
    TURN_Q = 1, /* operands and result have heads behind rows */
    TURN_K = 2,
    TURN_V = 4,
    TURN_Y = 8,
    ADJOINT = 16,     /* k and v as [columns, steps] */
    STEPS = 32,       /* a factor and a mask */
    ONE_HEAD = 64,    /* of k and v, for all of q */
    SEEN = 128,       /* weights are an output, too */
    OTHER_ROWS = 256, /* q is transposed, so that its rows do not lie in one piece */
    FORMS = 128,
};

typedef struct attention {
    builder b;
    unsigned form;
    int in[INPUTS], n_in, nodes;
} attention;

static int add_tensor(attention *a, int d0, int d1, int d2, int d3)
{
    ln_id id;
    const int shape[] = {d0, d1, d2, d3};
    assert_int_equal(
        ln_graph_add_tensor(a->b.model, a->b.graph, "t", kTfLiteFloat32, 4, shape, &id), LN_OK);
    return id;
}

static void *add_node(attention *a, const ln_op *op, int x, int y, int out)
{
    build_node(&a->b, op, (int[]){x, y, -1}, out);
    ln_node *n = &a->b.graph->nodes[a->b.graph->n_nodes - 1];
    n->params = ln_arena_new(&a->b.model->arena, 1, LN_MAX(op->params_size, (size_t)1));
    assert_non_null(n->params);
    a->nodes++;
    return n->params;
}

static int add_order(attention *a, const int32_t order[4])
{
    ln_id id;
    assert_int_equal(
        ln_graph_add_tensor(a->b.model, a->b.graph, "order", kTfLiteInt32, 1, (int[]){4}, &id),
        LN_OK);
    ln_tensor *t = &a->b.graph->tensors[id];
    assert_int_equal(ln_model_add_buffer(a->b.model, order, 4 * sizeof *order, true, &t->buffer),
                     LN_OK);
    t->t.data.raw_const = (const char *)a->b.model->buffers[t->buffer].data;
    t->t.bytes = 4 * sizeof *order;
    t->t.allocation_type = kTfLiteMmapRo;
    return id;
}

static int transpose(attention *a, int x, const int32_t order[4])
{
    const int *d = a->b.graph->tensors[x].t.dims->data;
    const int y = add_tensor(a, d[order[0]], d[order[1]], d[order[2]], d[order[3]]);
    add_node(a, &ln_op_transpose, x, add_order(a, order), y);
    return y;
}

/* An operand [batch, heads, rows, columns], as an input with heads behind rows where `turned`. */
static int operand(attention *a, int heads, int rows, int columns, bool turned)
{
    static const int32_t order[] = {0, 2, 1, 3};
    const int x = turned ? add_tensor(a, BATCH, rows, heads, columns)
                         : add_tensor(a, BATCH, heads, rows, columns);
    a->in[a->n_in++] = x;
    return turned ? transpose(a, x, order) : x;
}

/* k: [heads, steps, columns] from an input whose columns lie in one piece. */
static int keys(attention *a, int heads)
{
    static const int32_t order[] = {0, 2, 3, 1};
    if (a->form & ADJOINT)
        return operand(a, heads, N, K, a->form & TURN_K);
    if (!(a->form & TURN_K))
        return operand(a, heads, K, N, false);
    const int x = add_tensor(a, BATCH, N, heads, K);
    a->in[a->n_in++] = x;
    return transpose(a, x, order);
}

static int multiply(attention *a, int x, int y, int columns)
{
    const int z = add_tensor(a, BATCH, HEADS, M, columns);
    TfLiteBatchMatMulParams *p = add_node(a, &ln_op_batch_matmul, x, y, z);
    p->adj_y = a->form & ADJOINT;
    return z;
}

static int add_steps(attention *a, int scores)
{
    static const float factor = 0.25f;
    const int c = build_constant(&a->b, 1, &factor);
    const int scaled = add_tensor(a, BATCH, HEADS, M, N),
              masked = add_tensor(a, BATCH, HEADS, M, N);
    const int mask = add_tensor(a, BATCH, 1, 1, N);
    a->in[a->n_in++] = mask;
    add_node(a, &ln_op_mul, scores, c, scaled);
    add_node(a, &ln_op_add, scaled, mask, masked);
    return masked;
}

static int queries(attention *a)
{
    static const int32_t order[] = {0, 1, 3, 2};
    if (!(a->form & OTHER_ROWS))
        return operand(a, HEADS, M, K, a->form & TURN_Q);
    return transpose(a, operand(a, HEADS, K, M, false), order);
}

static attention make(unsigned form)
{
    static const int32_t order[] = {0, 2, 1, 3};
    attention a = {.form = form};
    const int heads = form & ONE_HEAD ? 1 : HEADS;
    build_begin(&a.b);
    const int q = queries(&a), k = keys(&a, heads);
    int scores = multiply(&a, q, k, N);
    if (form & STEPS)
        scores = add_steps(&a, scores);
    const int weights = add_tensor(&a, BATCH, HEADS, M, N);
    TfLiteSoftmaxParams *p = add_node(&a, &ln_op_softmax, scores, -1, weights);
    p->beta = 1.5f;
    const bool adjoint = form & ADJOINT;
    const int v = operand(&a, heads, adjoint ? V : N, adjoint ? N : V, form & TURN_V);
    int y = multiply(&a, weights, v, V);
    if (form & TURN_Y)
        y = transpose(&a, y, order);
    build_io(&a.b, a.n_in, a.in, form & SEEN ? 2 : 1, (int[]){y, weights});
    return a;
}

static void run(ln_interpreter *it, const attention *a, int batch)
{
    for (int i = 0; i < a->n_in; i++) {
        const int id = ln_interpreter_inputs(it, 0)->data[i];
        const TfLiteTensor *t = ln_interpreter_tensor(it, 0, id);
        const int *d = t->dims->data;
        assert_int_equal(
            ln_interpreter_resize(it, 0, id, 4, (int[]){batch, d[1], d[2], d[3]}, false), LN_OK);
    }
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    for (int i = 0; i < a->n_in; i++) {
        const TfLiteTensor *t = ln_interpreter_tensor(it, 0, ln_interpreter_inputs(it, 0)->data[i]);
        for (size_t k = 0; k < t->bytes / sizeof(float); k++)
            t->data.f[k] = (float)((k * 31 + (size_t)i * 7) % 101) / 50 - 1;
    }
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

/* Against the same nodes, which run one by one since others see the weights. */
static void check(unsigned form, int threads)
{
    const ln_cpu_options options = {.threads = threads};
    const attention a = make(form), apart = make(form | SEEN);
    TfLiteDelegate *engine = ln_cpu_create(&options);
    ln_interpreter *one = open_model(a.b.model, NULL), *many = open_model(apart.b.model, NULL);
    assert_non_null(engine);
    assert_int_equal(ln_interpreter_apply_delegate(one, engine), LN_OK);
    assert_int_equal(ln_interpreter_apply_delegate(many, engine), LN_OK);
    assert_int_equal(largest_group(one), a.nodes);
    assert_true(largest_group(many) < apart.nodes);
    for (int i = 0; i < 3; i++) {
        run(one, &a, BATCH + i / 2);
        run(many, &apart, BATCH + i / 2);
        assert_same_output(one, many);
    }
    ln_interpreter_destroy(one);
    ln_interpreter_destroy(many);
    ln_cpu_destroy(engine);
    ln_model_release(a.b.model);
    ln_model_release(apart.b.model);
}

static void one_node(void **state)
{
    (void)state;
    for (unsigned form = 0; form < FORMS; form += cases_one_of())
        check(form, 1 + (int)form % 3);
    for (int threads = 1; threads <= 4; threads++)
        check(TURN_Q | TURN_K | TURN_V | TURN_Y | STEPS, threads);
}

/* Rows in pieces are left to the nodes one by one. */
static void left_alone(void **state)
{
    (void)state;
    const attention a = make(OTHER_ROWS);
    const ln_cpu_options options = {.threads = 1};
    TfLiteDelegate *engine = ln_cpu_create(&options);
    ln_interpreter *it = open_model(a.b.model, NULL);
    assert_int_equal(ln_interpreter_apply_delegate(it, engine), LN_OK);
    assert_int_equal(largest_group(it), a.nodes - 1);
    run(it, &a, BATCH);
    ln_interpreter_destroy(it);
    ln_cpu_destroy(engine);
    ln_model_release(a.b.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_node), cmocka_unit_test(left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
