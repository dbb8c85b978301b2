/* SPDX-License-Identifier: Apache-2.0 */
/* late.c: 16-bit weights that the first run packs, of each width that their sums may need. */
#include <math.h>

#include "base/file.h"
#include "cpu/engine.h"
#include "runtime/cmocka_all.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_conv_2d, ln_op_fully_connected;

enum { K = 640, N = 40, ROWS = 6 };

/* What a model's biases and weights are. */
typedef enum kind { ORDINARY, FAR_BIAS, LARGE_WEIGHTS, KINDS } kind;

static int add_wide(builder *b, int rank, const int *shape)
{
    ln_id id;
    assert_int_equal(ln_graph_add_tensor(b->model, b->graph, "x", kTfLiteInt16, rank, shape, &id),
                     LN_OK);
    build_scale(b, id, 1.0f / 2048, 0);
    return id;
}

static int add_weights(builder *b, int rank, const int *shape, kind kind)
{
    static int8_t w[N * K];
    for (int i = 0; i < N * K; i++)
        w[i] = (int8_t)(kind == LARGE_WEIGHTS ? 127 - i % 3 : (i * 37 + i / K) % 31 - 15);
    const int id = build_typed(b, kTfLiteInt8, rank, shape, w, sizeof w);
    build_scale(b, id, 1.0f / 256, 0);
    return id;
}

static int add_bias(builder *b, kind kind)
{
    static int64_t bias[N];
    const int n = N;
    for (int i = 0; i < N; i++)
        bias[i] = (kind == FAR_BIAS ? INT64_C(1) << 33 : 1000) * (i % 5 - 2);
    return build_typed(b, kTfLiteInt64, 1, &n, bias, sizeof bias);
}

/* A product of ROWS rows, as either operator. */
static ln_model *make(bool convolution, kind kind)
{
    const int rank = convolution ? 4 : 2;
    const int x_shape[4] = {convolution ? 1 : ROWS, convolution ? ROWS : K, 1, K};
    const int y_shape[4] = {convolution ? 1 : ROWS, convolution ? ROWS : N, 1, N};
    const int w_shape[4] = {N, convolution ? 1 : K, 1, K};
    builder b;
    build_begin(&b);
    const int x = add_wide(&b, rank, x_shape), y = add_wide(&b, rank, y_shape);
    const int w = add_weights(&b, rank, w_shape, kind), bias = add_bias(&b, kind);
    const ln_op *op = convolution ? &ln_op_conv_2d : &ln_op_fully_connected;
    build_node(&b, op, (int[]){x, w, bias, -1}, y);
    ln_node *n = &b.graph->nodes[0];
    n->params = ln_arena_new(&b.model->arena, 1, op->params_size);
    assert_non_null(n->params);
    if (convolution)
        *(TfLiteConvParams *)n->params = (TfLiteConvParams){.padding = kTfLitePaddingValid,
                                                            .stride_width = 1,
                                                            .stride_height = 1,
                                                            .dilation_width_factor = 1,
                                                            .dilation_height_factor = 1};
    build_io(&b, 1, &x, 1, &y);
    return b.model;
}

static void run(ln_interpreter *it, int seed)
{
    const TfLiteTensor *x = ln_interpreter_tensor(it, 0, ln_interpreter_inputs(it, 0)->data[0]);
    for (size_t i = 0; i < x->bytes / sizeof(int16_t); i++)
        x->data.i16[i] = (int16_t)((int)(i * 7919 + (size_t)seed * 31) % 65536 - 32768);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void resize(ln_interpreter *it, bool convolution, int rows)
{
    const int id = ln_interpreter_inputs(it, 0)->data[0];
    const int image[4] = {1, rows, 1, K}, matrix[2] = {rows, K};
    assert_int_equal(
        ln_interpreter_resize(it, 0, id, convolution ? 4 : 2, convolution ? image : matrix, false),
        LN_OK);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
}

/* `before`: shapes change between the plan and the first run, too. */
static void check(bool convolution, kind kind, int threads, bool before)
{
    const ln_file file = {0}; /* only of what a file has are weights packed late */
    const ln_cpu_options options = {.threads = threads};
    ln_model *m = make(convolution, kind);
    m->file = &file;
    TfLiteDelegate *engine = ln_cpu_create(&options);
    ln_interpreter *plain = open_model(m, NULL), *fast = open_model(m, NULL);
    assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
    assert_int_equal(largest_group(fast), 1);
    assert_int_equal(ln_interpreter_allocate(plain, 0), LN_OK);
    assert_int_equal(ln_interpreter_allocate(fast, 0), LN_OK);
    for (int i = 0; i < 4; i++) {
        if (i == 2 || before) {
            resize(plain, convolution, ROWS + 5 * i);
            resize(fast, convolution, ROWS + 5 * i);
        }
        run(plain, i);
        run(fast, i);
        assert_same_output(fast, plain);
    }
    ln_interpreter_destroy(plain);
    ln_interpreter_destroy(fast);
    ln_cpu_destroy(engine);
    ln_model_release(m);
}

static void same_bits(void **state)
{
    (void)state;
    for (kind kind = ORDINARY; kind < KINDS; kind++)
        for (int form = 0; form < 8; form++)
            check(form & 1, kind, 1 + (form >> 1 & 1), form & 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
