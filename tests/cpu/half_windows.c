/* SPDX-License-Identifier: Apache-2.0 */
/* half_windows.c: convolutions whose windows are collected from images in 16 bits: near those of
 * float32, the same for every number of threads, and what is infinite stays in its windows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/engine.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_conv_2d;

enum { MAX = 64 * 1024 };

typedef struct layer {
    int images, height, width, cin, cout, filter[2], groups;
    TfLiteConvParams p;
} layer;

static const layer layers[] = {
    /* first layers: a window is less than a tile of rows */
    {2, 19, 21, 3, 8, {3, 3}, 1, {kTfLitePaddingSame, 2, 2, kTfLiteActRelu6, 1, 1, kTfLiteNoType}},
    {1, 18, 33, 1, 30, {10, 4}, 1, {kTfLitePaddingSame, 2, 2, kTfLiteActRelu, 1, 1, kTfLiteNoType}},
    {1, 9, 40, 3, 70, {7, 7}, 1, {kTfLitePaddingValid, 2, 2, kTfLiteActNone, 1, 1, kTfLiteNoType}},
    /* lines that are no whole tiles */
    {1, 13, 17, 17, 33, {3, 3}, 1, {kTfLitePaddingSame, 1, 1, kTfLiteActRelu, 1, 1, kTfLiteNoType}},
    {2, 12, 12, 16, 16, {3, 3}, 1, {kTfLitePaddingSame, 1, 1, kTfLiteActNone, 1, 1, kTfLiteNoType}},
    {1, 5, 31, 9, 24, {1, 3}, 1, {kTfLitePaddingValid, 1, 1, kTfLiteActNone, 1, 1, kTfLiteNoType}},
    /* taps one by one */
    {1, 15, 16, 12, 26, {3, 3}, 1, {kTfLitePaddingSame, 1, 1, kTfLiteActNone, 2, 3, kTfLiteNoType}},
    {1, 14, 14, 40, 64, {3, 3}, 2, {kTfLitePaddingSame, 2, 2, kTfLiteActNone, 1, 1, kTfLiteNoType}},
    /* pixels between windows */
    {1,
     17,
     17,
     20,
     30,
     {2, 2},
     1,
     {kTfLitePaddingValid, 3, 3, kTfLiteActNone, 1, 1, kTfLiteNoType}},
    {1,
     17,
     17,
     40,
     30,
     {1, 1},
     1,
     {kTfLitePaddingValid, 2, 2, kTfLiteActNone, 1, 1, kTfLiteNoType}},
};

static int add_constant(builder *b, int rank, const int *shape, float *values, int n)
{
    ln_id id;
    assert_int_equal(
        ln_graph_add_tensor(b->model, b->graph, "constant", kTfLiteFloat32, rank, shape, &id),
        LN_OK);
    ln_tensor *t = &b->graph->tensors[id];
    for (int i = 0; i < n; i++)
        values[i] = (float)(i * 29 % 83) / 83 - 0.5f;
    assert_int_equal(
        ln_model_add_buffer(b->model, values, (size_t)n * sizeof *values, true, &t->buffer), LN_OK);
    t->t.data.raw_const = (const char *)b->model->buffers[t->buffer].data;
    t->t.bytes = (size_t)n * sizeof *values;
    t->t.allocation_type = kTfLiteMmapRo;
    return id;
}

static ln_model *make(const layer *l)
{
    static float weights[MAX], bias[MAX];
    builder b;
    ln_id x, y;
    const int shape[4] = {l->images, l->height, l->width, l->cin};
    const int w_shape[4] = {l->cout, l->filter[0], l->filter[1], l->cin / l->groups};
    build_begin(&b);
    assert_int_equal(ln_graph_add_tensor(b.model, b.graph, "x", kTfLiteFloat32, 4, shape, &x),
                     LN_OK);
    assert_int_equal(ln_graph_add_tensor(b.model, b.graph, "y", kTfLiteFloat32, 4, shape, &y),
                     LN_OK);
    const int w =
        add_constant(&b, 4, w_shape, weights, w_shape[0] * w_shape[1] * w_shape[2] * w_shape[3]);
    const int biases = add_constant(&b, 1, &l->cout, bias, l->cout);
    build_node(&b, &ln_op_conv_2d, (int[]){(int)x, w, biases, -1}, (int)y);
    TfLiteConvParams *p = ln_arena_new(&b.model->arena, 1, sizeof *p);
    assert_non_null(p);
    *p = l->p;
    b.graph->nodes[b.graph->n_nodes - 1].params = p;
    build_io(&b, 1, (int[]){(int)x}, 1, (int[]){(int)y});
    return b.model;
}

/* Returns how many values there are. */
static int run(const layer *l, bool half, int threads, int infinite, float *y)
{
    TfLiteDelegate *engine = ln_cpu_create(&(ln_cpu_options){.half = half, .threads = threads});
    ln_model *m = make(l);
    ln_interpreter *it = open_model(m, NULL);
    assert_int_equal(ln_interpreter_apply_delegate(it, engine), LN_OK);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    float *x = input_of(it, 0);
    for (int i = 0; i < l->images * l->height * l->width * l->cin; i++)
        x[i] = (float)(i * 31 % 101) / 101 - 0.5f;
    if (infinite >= 0)
        x[infinite] = INFINITY;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    const TfLiteTensor *out = output_of(it, 0);
    assert_true(out->bytes <= MAX * sizeof *y);
    memcpy(y, out->data.f, out->bytes);
    const int n = (int)(out->bytes / sizeof *y);
    ln_interpreter_destroy(it);
    ln_model_release(m);
    ln_cpu_destroy(engine);
    return n;
}

static void are_near(void **state)
{
    static float full[MAX], half[MAX], threads[MAX];
    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        const layer *l = &layers[i];
        const int steps = l->filter[0] * l->filter[1] * l->cin / l->groups;
        const int n = run(l, false, 1, -1, full);
        assert_int_equal(run(l, true, 1, -1, half), n);
        for (int j = 0; j < n; j++)
            assert_true(fabsf(full[j] - half[j]) <= 1e-3f + (float)steps / 4 / 256);
        run(l, true, 2, -1, threads);
        assert_memory_equal(half, threads, (size_t)n * sizeof *half);
    }
}

static void keep_infinities(void **state)
{
    static float full[MAX], half[MAX];
    (void)state;
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        const layer *l = &layers[i];
        const int n = run(l, false, 1, l->width * l->cin * 3 + l->cin * 7, full);
        run(l, true, 1, l->width * l->cin * 3 + l->cin * 7, half);
        for (int j = 0; j < n; j++)
            assert_true(!isfinite(full[j]) || isfinite(half[j]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_near),
        cmocka_unit_test(keep_infinities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
