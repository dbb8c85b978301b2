/* SPDX-License-Identifier: Apache-2.0 */
/* groups.c: random graphs give the same bits with the engine, which runs nodes in groups, as
 * without: elementwise nodes with operands that are shared, broadcast or constant, values that are
 * outputs of the graph too, results in place; convolutions (nearly the same bits) between a PAD and
 * an activation, with weights that are float32 or kept as float16. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "base/half.h"
#include "cpu/engine.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_add, ln_op_sub, ln_op_mul, ln_op_div, ln_op_maximum, ln_op_abs, ln_op_relu;
extern const ln_op ln_op_pad, ln_op_shape, ln_op_conv_2d, ln_op_depthwise_conv_2d, ln_op_dequantize;

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
static void add_op(random_graph *g, const ln_op *op, const int in[3])
{
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
    add_op(g,
           single ? singles[pick((int)LN_COUNTOF(singles))] : pairs[pick((int)LN_COUNTOF(pairs))],
           in);
}

/* A product with a vector, and a sum with one. */
static void add_affine(random_graph *g)
{
    add_op(g, &ln_op_mul, (int[]){g->full[pick(g->n_full)], g->small[0], -1});
    add_op(g, &ln_op_add, (int[]){g->full[g->n_full - 1], g->small[3], -1});
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
    add_small(&g, 1, COLUMNS);
    for (int i = 0; i < nodes; i++)
        if (pick(5) == 0)
            add_affine(&g);
        else
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

/* Kernels that stand for at least `nodes` nodes. */
static int count_groups(ln_interpreter *it, int nodes)
{
    const TfLiteIntArray *plan = ln_interpreter_plan(it, 0);
    int groups = 0;
    for (int i = 0; i < plan->size; i++) {
        ln_node_info info;
        assert_true(ln_interpreter_node_info(it, 0, plan->data[i], &info));
        groups += info.replaces && info.replaces->size >= nodes;
    }
    return groups;
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
    groups = count_groups(fast, 2);
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

/* ---- a PAD, a convolution, an activation ---- */

static int add_shaped(random_graph *g, int rank, const int *shape, bool constant)
{
    float values[4096];
    int n = 1;
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    assert_true(n <= (int)LN_COUNTOF(values));
    for (int i = 0; i < n; i++)
        values[i] = (float)(pick(17) - 8) / 4; /* sums of products are exact */
    const int id = constant ? build_constant(&g->b, n, values) : build_tensor(&g->b, n);
    TfLiteIntArray *dims = ln_ints(&g->b.model->arena, rank, shape);
    assert_non_null(dims);
    g->b.graph->tensors[id].t.dims = dims;
    return id;
}

static int add_pads(random_graph *g, const int pads[8])
{
    return build_typed(&g->b, kTfLiteInt32, 2, (int[]){4, 2}, pads, 8 * sizeof pads[0]);
}

/* A constant of its own, or what a DEQUANTIZE makes of one in float16. */
static int add_weights(random_graph *g, int rank, const int *shape, bool half)
{
    uint16_t values[4096];
    int n = 1;
    if (!half)
        return add_shaped(g, rank, shape, true);
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    assert_true(n <= (int)LN_COUNTOF(values));
    for (int i = 0; i < n; i++)
        values[i] = ln_float_to_half((float)(pick(17) - 8) / 4);
    const int from = build_typed(&g->b, kTfLiteFloat16, rank, shape, values, (size_t)n * 2);
    const int id = build_tensor(&g->b, 1);
    build_node(&g->b, &ln_op_dequantize, (int[]){from, -1}, id);
    return id;
}

/* int8 with one scale: the convolution quantizes what it reads. */
static int add_bytes(random_graph *g, int rank, const int *shape)
{
    int8_t values[4096];
    int n = 1;
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    assert_true(n <= (int)LN_COUNTOF(values));
    for (int i = 0; i < n; i++)
        values[i] = (int8_t)(pick(17) - 8);
    const int id = build_typed(&g->b, kTfLiteInt8, rank, shape, values, (size_t)n);
    build_scale(&g->b, id, 0.25f, 0);
    return id;
}

static void *last_params(random_graph *g, size_t bytes)
{
    ln_node *n = &g->b.graph->nodes[g->b.graph->n_nodes - 1];
    n->params = ln_arena_new(&g->b.model->arena, 1, bytes);
    assert_non_null(n->params);
    return n->params;
}

static void add_convolution(random_graph *g, bool depthwise, const int in[4], int y)
{
    const TfLitePadding padding = pick(2) ? kTfLitePaddingSame : kTfLitePaddingValid;
    const int stride = 1 + pick(2);
    if (depthwise) {
        build_node(&g->b, &ln_op_depthwise_conv_2d, in, y);
        TfLiteDepthwiseConvParams *p = last_params(g, sizeof *p);
        *p = (TfLiteDepthwiseConvParams){.padding = padding,
                                         .stride_width = stride,
                                         .stride_height = stride,
                                         .depth_multiplier = 1,
                                         .dilation_width_factor = 1,
                                         .dilation_height_factor = 1};
    } else {
        build_node(&g->b, &ln_op_conv_2d, in, y);
        TfLiteConvParams *p = last_params(g, sizeof *p);
        *p = (TfLiteConvParams){.padding = padding,
                                .stride_width = stride,
                                .stride_height = stride,
                                .dilation_width_factor = 1,
                                .dilation_height_factor = 1};
    }
}

/* *nodes: how many become one, without the activation. */
static ln_model *make_padded(uint32_t s, int *nodes)
{
    random_graph g = {.n_full = 0};
    seed = s;
    build_begin(&g.b);
    const bool depthwise = pick(2) == 0;
    const int c = 1 + pick(20), filter = 1 + pick(5), n = depthwise ? c : 1 + pick(9);
    const int pads[8] = {0, 0, pick(7), pick(7), pick(7), pick(7), 0, 0};
    const int x = add_shaped(&g, 4, (int[]){1 + pick(2), 5 + pick(4), 5 + pick(3), c}, false);
    const bool bytes = pick(3) == 0;
    const bool half[2] = {!bytes && pick(2) == 0, !bytes && pick(2) == 0};
    const int shape[4] = {depthwise ? 1 : n, filter, filter, c};
    const int w = bytes ? add_bytes(&g, 4, shape) : add_weights(&g, 4, shape, half[0]);
    const int b = add_weights(&g, 1, &n, half[1]), p = add_pads(&g, pads);
    const int padded = build_tensor(&g.b, 1), z = build_tensor(&g.b, 1), y = build_tensor(&g.b, 1);
    build_node(&g.b, &ln_op_pad, (int[]){x, p, -1}, padded);
    add_convolution(&g, depthwise, (int[]){padded, w, b, -1}, z);
    build_node(&g.b, &ln_op_relu, (int[]){z, -1}, y);
    build_io(&g.b, 1, &x, 1, &y);
    *nodes = 2 + half[0] + half[1];
    return g.b.model;
}

static void run_padded(ln_interpreter *it)
{
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    const TfLiteTensor *x = ln_interpreter_tensor(it, 0, ln_interpreter_inputs(it, 0)->data[0]);
    for (size_t k = 0; k < x->bytes / sizeof(float); k++)
        x->data.f[k] = (float)((k * 31) % 23) / 8 - 1;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void compare_padded(uint32_t s, ln_interpreter *plain, ln_interpreter *fast)
{
    run_padded(plain);
    run_padded(fast);
    const TfLiteTensor *want = output_of(plain, 0), *got = output_of(fast, 0);
    assert_int_equal(want->bytes, got->bytes);
    for (size_t i = 0; i < want->bytes / sizeof(float); i++)
        if (fabsf(want->data.f[i] - got->data.f[i]) > 1e-4f) /* by Winograd's, too */
            fail_msg("graph %u, [%zu] is %g, not %g", s, i, (double)got->data.f[i],
                     (double)want->data.f[i]);
}

static void enlarge(ln_interpreter *it)
{
    const int id = ln_interpreter_inputs(it, 0)->data[0];
    const TfLiteIntArray *now = ln_interpreter_tensor(it, 0, id)->dims;
    const int dims[4] = {now->data[0] + 1, now->data[1] + 9, now->data[2] + 2, now->data[3]};
    assert_int_equal(ln_interpreter_resize(it, 0, id, 4, dims, false), LN_OK);
}

static void padded_convolutions(void **state)
{
    (void)state;
    for (uint32_t s = 1; s <= 300; s++) {
        int nodes;
        ln_model *m = make_padded(s, &nodes);
        const ln_cpu_options options = {.threads = 1 + (int)s % 2};
        TfLiteDelegate *engine = ln_cpu_create(&options);
        ln_interpreter *plain = open_model(m, NULL), *fast = open_model(m, NULL);
        assert_non_null(engine);
        assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
        compare_padded(s, plain, fast);
        assert_int_equal(count_groups(fast, nodes), 1); /* the PAD is left out */
        enlarge(plain);
        enlarge(fast);
        compare_padded(s, plain, fast);
        ln_interpreter_destroy(plain);
        ln_interpreter_destroy(fast);
        ln_cpu_destroy(engine);
        ln_model_release(m);
    }
}

/* The engine leaves what shapes alone give to the runtime, which computes it before a run. */
static void shapes_fold(void **state)
{
    static const int32_t ones[4] = {1, 1, 1, 1};
    random_graph g = {.n_full = 0};
    (void)state;
    build_begin(&g.b);
    const int x = add_shaped(&g, 4, (int[]){4, 5, 6, 3}, false);
    const int one = build_typed(&g.b, kTfLiteInt32, 1, (int[]){4}, ones, sizeof ones);
    const int shape = build_typed(&g.b, kTfLiteInt32, 1, (int[]){4}, ones, sizeof ones);
    const int sum = build_typed(&g.b, kTfLiteInt32, 1, (int[]){4}, ones, sizeof ones);
    g.b.graph->tensors[shape].t.allocation_type = g.b.graph->tensors[sum].t.allocation_type =
        kTfLiteArenaRw;
    g.b.graph->tensors[shape].buffer = g.b.graph->tensors[sum].buffer = 0;
    build_node(&g.b, &ln_op_shape, (int[]){x, -1}, shape);
    *(TfLiteShapeParams *)last_params(&g, sizeof(TfLiteShapeParams)) =
        (TfLiteShapeParams){kTfLiteInt32};
    build_node(&g.b, &ln_op_add, (int[]){shape, one, -1}, sum);
    last_params(&g, sizeof(TfLiteAddParams));
    build_io(&g.b, 1, &x, 1, &sum);

    TfLiteDelegate *engine = ln_cpu_create(NULL);
    ln_interpreter *fast = open_model(g.b.model, NULL);
    assert_non_null(engine);
    assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
    assert_int_equal(count_groups(fast, 1), 0);
    for (int i = 0; i < 2; i++) {
        const int *dims = ln_interpreter_tensor(fast, 0, x)->dims->data;
        run_padded(fast);
        for (int k = 0; k < 4; k++)
            assert_int_equal(((const int32_t *)(void *)output_of(fast, 0)->data.raw)[k],
                             dims[k] + 1);
        enlarge(fast);
    }
    ln_interpreter_destroy(fast);
    ln_cpu_destroy(engine);
    ln_model_release(g.b.model);
}

/* What is divided by 0 is infinite, through all of a group. */
static void check_infinite(const char *isa)
{
    random_graph g = {.n_full = 0};
    const float zero = 0;
    int y[4];
    assert_int_equal(setenv("LINNET_CPU", isa, 1), 0);
    build_begin(&g.b);
    const int x = add_shaped(&g, 2, (int[]){ROWS, COLUMNS}, false);
    const int by = build_constant(&g.b, 1, &zero), one = add_shaped(&g, 1, (int[]){1}, true);
    for (int i = 0; i < (int)LN_COUNTOF(y); i++)
        y[i] = build_tensor(&g.b, 1);
    build_node(&g.b, &ln_op_div, (int[]){x, by, -1}, y[0]);
    last_params(&g, sizeof(TfLiteDivParams));
    build_node(&g.b, &ln_op_add, (int[]){y[0], one, -1}, y[1]);
    last_params(&g, sizeof(TfLiteAddParams));
    build_node(&g.b, &ln_op_sub, (int[]){y[1], one, -1}, y[2]);
    last_params(&g, sizeof(TfLiteSubParams));
    build_node(&g.b, &ln_op_mul, (int[]){y[2], y[0], -1}, y[3]);
    last_params(&g, sizeof(TfLiteMulParams));
    build_io(&g.b, 1, &x, 1, &y[3]);

    TfLiteDelegate *engine = ln_cpu_create(NULL);
    ln_interpreter *fast = open_model(g.b.model, NULL);
    assert_non_null(engine);
    assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
    assert_int_equal(ln_interpreter_allocate(fast, 0), LN_OK);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        input_of(fast, 0)[i] = (float)(i % 2 ? -1 - i : 1 + i);
    assert_int_equal(ln_interpreter_invoke(fast, 0), LN_OK);
    assert_int_equal(count_groups(fast, (int)LN_COUNTOF(y)), 1);
    for (int i = 0; i < ROWS * COLUMNS; i++)
        assert_true(isinf(output_of(fast, 0)->data.f[i]) && output_of(fast, 0)->data.f[i] > 0);
    ln_interpreter_destroy(fast);
    ln_cpu_destroy(engine);
    ln_model_release(g.b.model);
    unsetenv("LINNET_CPU");
}

static void infinities_pass(void **state)
{
    (void)state;
    for (int i = 0; i < LN_ISA_COUNT; i++)
        if (ln_cpu_isas() >> i & 1)
            check_infinite(ln_isa_name(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_graphs),
        cmocka_unit_test(padded_convolutions),
        cmocka_unit_test(shapes_fold),
        cmocka_unit_test(infinities_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
