/* SPDX-License-Identifier: Apache-2.0 */
/* half_rows.c: a product that may be computed in 16 bits, for one row and for many in turn: weights
 * are packed again where another number format pays, and results are near those of float32.  A row
 * by weights that a model keeps as float16, which has the bits that these have as floats. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/half.h"
#include "cpu/engine.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_dequantize, ln_op_fully_connected;

enum { K = 67, N = 70, PASSES = 5 };
enum { WIDE_K = 131, WIDE_N = 151 };

static float weights[N * K], first[N];

static int add_matrix(builder *b, int rows, int columns)
{
    ln_id id;
    const int shape[2] = {rows, columns};
    assert_int_equal(
        ln_graph_add_tensor(b->model, b->graph, "tensor", kTfLiteFloat32, 2, shape, &id), LN_OK);
    return id;
}

static void add_product(builder *b, const int in[3], int y)
{
    build_node(b, &ln_op_fully_connected, in, y);
    ln_node *n = &b->graph->nodes[b->graph->n_nodes - 1];
    TfLiteFullyConnectedParams *p = ln_arena_new(&b->model->arena, 1, sizeof *p);
    assert_non_null(p);
    n->params = p;
    build_io(b, 1, in, 1, &y);
}

static ln_model *make(void)
{
    builder b;
    build_begin(&b);
    const int x = add_matrix(&b, 1, K), w = add_matrix(&b, N, K), y = add_matrix(&b, 1, N);
    ln_tensor *t = &b.graph->tensors[w];
    for (int i = 0; i < N * K; i++)
        weights[i] = (float)(i * 29 % 83) / 83 - 0.5f;
    assert_int_equal(ln_model_add_buffer(b.model, weights, sizeof weights, true, &t->buffer),
                     LN_OK);
    t->t.data.raw_const = (const char *)b.model->buffers[t->buffer].data;
    t->t.bytes = sizeof weights;
    t->t.allocation_type = kTfLiteMmapRo;
    add_product(&b, (int[]){x, w, -1}, y);
    return b.model;
}

static void check_rows(const float *x, const float *y, size_t rows)
{
    for (size_t i = 0; i < rows * N; i++) {
        float want = 0;
        for (size_t s = 0; s < K; s++)
            want += x[i / N * K + s] * weights[i % N * K + s];
        assert_true(fabsf(y[i] - want) < 0.05f);
    }
}

static void one_row_and_many(void **state)
{
    static const int rows[PASSES] = {1, 33, 1, 2, 1};
    TfLiteDelegate *engine = ln_cpu_create(&(ln_cpu_options){.half = true});
    ln_model *m = make();
    ln_interpreter *it = open_model(m, NULL);
    (void)state;
    assert_int_equal(ln_interpreter_apply_delegate(it, engine), LN_OK);
    for (int pass = 0; pass < PASSES; pass++) {
        const int dims[2] = {rows[pass], K}, id = ln_interpreter_inputs(it, 0)->data[0];
        assert_int_equal(ln_interpreter_resize(it, 0, id, 2, dims, false), LN_OK);
        assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
        float *x = input_of(it, 0);
        for (int i = 0; i < rows[pass] * K; i++)
            x[i] = (float)(i * 31 % 101) / 101 - 0.5f;
        assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
        const float *y = output_of(it, 0)->data.f;
        check_rows(x, y, (size_t)rows[pass]);
        if (pass == 0)
            memcpy(first, y, sizeof first);
        if (rows[pass] == 1)
            assert_memory_equal(first, y, sizeof first);
    }
    ln_interpreter_destroy(it);
    ln_model_release(m);
    ln_cpu_destroy(engine);
}

static ln_model *make_wide(bool f16)
{
    static uint16_t halves[WIDE_N * WIDE_K];
    static float floats[WIDE_N * WIDE_K];
    const int shape[2] = {WIDE_N, WIDE_K};
    builder b;
    build_begin(&b);
    const int x = add_matrix(&b, 1, WIDE_K), y = add_matrix(&b, 1, WIDE_N);
    for (int i = 0; i < WIDE_N * WIDE_K; i++) {
        halves[i] = (uint16_t)(i * 37 % 0x7C00 / (1 + i % 3) | (i & 1) << 15); /* no NaN */
        floats[i] = ln_half_to_float(halves[i]);
    }
    int w = build_typed(&b, f16 ? kTfLiteFloat16 : kTfLiteFloat32, 2, shape,
                        f16 ? (const void *)halves : floats, f16 ? sizeof halves : sizeof floats);
    if (f16) {
        const int from = w;
        w = build_tensor(&b, 1);
        build_node(&b, &ln_op_dequantize, (int[]){from, -1}, w);
    }
    add_product(&b, (int[]){x, w, -1}, y);
    return b.model;
}

static void run_wide(bool f16, int threads, float *to)
{
    TfLiteDelegate *engine = ln_cpu_create(&(ln_cpu_options){.threads = threads});
    ln_model *m = make_wide(f16);
    ln_interpreter *it = open_model(m, NULL);
    assert_int_equal(ln_interpreter_apply_delegate(it, engine), LN_OK);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    for (int i = 0; i < WIDE_K; i++)
        input_of(it, 0)[i] = (float)(i * 31 % 101) / 101 - 0.5f;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    memcpy(to, output_of(it, 0)->data.f, WIDE_N * sizeof *to);
    ln_interpreter_destroy(it);
    ln_model_release(m);
    ln_cpu_destroy(engine);
}

static void weights_of_float16(void **state)
{
    float want[WIDE_N], got[WIDE_N];
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        run_wide(false, threads, want);
        run_wide(true, threads, got);
        assert_memory_equal(want, got, sizeof want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_row_and_many),
                                       cmocka_unit_test(weights_of_float16)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
