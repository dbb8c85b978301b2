/* SPDX-License-Identifier: Apache-2.0 */
/* lines.c: chains of sums, differences and products of bytes with constants that repeat along the
 * channels, or of an operand with a function of itself, all 256 bytes in each channel: the bits of
 * the references, whatever the scales. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/engine.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_add, ln_op_mul, ln_op_relu, ln_op_sub;

enum { ROWS = 261, MOST = 200, STEPS = 3, CASES = 150 };

static uint32_t seed;

static int pick(int n)
{
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (int)((seed >> 8) % (uint32_t)n);
}

typedef struct lines_case {
    builder b;
    TfLiteType type;
    int columns;
    uint8_t constants[STEPS][MOST];
} lines_case;

/* Mostly scales as models have them, and zero points in the range of the type. */
static void quantize(lines_case *c, int id)
{
    const int low = c->type == kTfLiteInt8 ? -128 : 0;
    const float scale =
        ldexpf(1.f + (float)pick(1000) / 1000, pick(10) == 0 ? -pick(20) : -3 - pick(5));
    build_scale(&c->b, id, scale, low + (pick(3) == 0 ? 128 : pick(256)));
}

static int add_tensor(lines_case *c, int rows)
{
    ln_id id;
    const int shape[] = {rows, c->columns};
    assert_int_equal(ln_graph_add_tensor(c->b.model, c->b.graph, "t", c->type, 2, shape, &id),
                     LN_OK);
    quantize(c, id);
    return id;
}

static int add_constant(lines_case *c, int step)
{
    const int id = add_tensor(c, 1);
    ln_tensor *t = &c->b.graph->tensors[id];
    for (int i = 0; i < c->columns; i++)
        c->constants[step][i] = (uint8_t)pick(256);
    assert_int_equal(
        ln_model_add_buffer(c->b.model, c->constants[step], (size_t)c->columns, true, &t->buffer),
        LN_OK);
    t->t.data.raw_const = (const char *)c->b.model->buffers[t->buffer].data;
    t->t.bytes = (size_t)c->columns;
    t->t.allocation_type = kTfLiteMmapRo;
    return id;
}

static int add_pair(lines_case *c, int x, int other, int kind)
{
    static const ln_op *const ops[] = {&ln_op_mul, &ln_op_add, &ln_op_sub};
    static const TfLiteFusedActivation acts[] = {kTfLiteActNone, kTfLiteActRelu, kTfLiteActRelu6};
    const ln_op *op = ops[pick(4) == 0 ? pick(3) : kind];
    const bool swapped = pick(4) == 0;
    const int y = add_tensor(c, ROWS);
    build_node(&c->b, op, (int[]){swapped ? other : x, swapped ? x : other, -1}, y);
    ln_node *n = &c->b.graph->nodes[c->b.graph->n_nodes - 1];
    n->params = ln_arena_new(&c->b.model->arena, 1, op->params_size);
    assert_non_null(n->params);
    const TfLiteFusedActivation act = acts[pick(3)];
    if (op == &ln_op_mul)
        ((TfLiteMulParams *)n->params)->activation = act;
    else if (op == &ln_op_add)
        ((TfLiteAddParams *)n->params)->activation = act;
    else
        ((TfLiteSubParams *)n->params)->activation = act;
    return y;
}

/* The table may have another reader behind the pair. */
static int add_function(lines_case *c, int x)
{
    const int f = add_tensor(c, ROWS);
    build_node(&c->b, &ln_op_relu, (int[]){x, -1}, f);
    const int y = add_pair(c, x, f, 0);
    return pick(3) == 0 ? add_pair(c, y, f, 1) : y;
}

static void make(lines_case *c, uint32_t s)
{
    memset(c, 0, sizeof *c);
    seed = s;
    c->type = pick(2) ? kTfLiteInt8 : kTfLiteUInt8;
    c->columns = 2 + pick(MOST - 1);
    build_begin(&c->b);
    const int x = add_tensor(c, ROWS), steps = pick(3) == 0 ? pick(2) : 2 + pick(STEPS - 1);
    int y = steps < 2 ? add_function(c, x) : x;
    for (int i = 0; i < steps; i++)
        y = add_pair(c, y, add_constant(c, i), i % 2);
    build_io(&c->b, 1, &x, 1, &y);
}

/* Every byte in every channel. */
static void run(ln_interpreter *it, int columns)
{
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    const TfLiteTensor *x = ln_interpreter_tensor(it, 0, ln_interpreter_inputs(it, 0)->data[0]);
    for (int i = 0; i < ROWS; i++)
        memset(x->data.uint8 + (ptrdiff_t)i * columns, i, (size_t)columns);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void same_bits(void **state)
{
    lines_case *c = malloc(sizeof *c);
    (void)state;
    assert_non_null(c);
    for (uint32_t i = 0; i < CASES; i++) {
        const ln_cpu_options options = {.threads = 1 + (int)i % 2};
        make(c, i * 7919 + 1);
        TfLiteDelegate *engine = ln_cpu_create(&options);
        ln_interpreter *plain = open_model(c->b.model, NULL), *fast = open_model(c->b.model, NULL);
        assert_non_null(engine);
        assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
        assert_int_equal(ln_interpreter_plan(fast, 0)->size, 1);
        for (int pass = 0; pass < 2; pass++) {
            run(plain, c->columns);
            run(fast, c->columns);
            assert_memory_equal(output_of(fast, 0)->data.raw, output_of(plain, 0)->data.raw,
                                output_of(plain, 0)->bytes);
        }
        ln_interpreter_destroy(plain);
        ln_interpreter_destroy(fast);
        ln_cpu_destroy(engine);
        ln_model_release(c->b.model);
    }
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
