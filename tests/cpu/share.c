/* SPDX-License-Identifier: Apache-2.0 */
/* share.c: products of one float activation with int8 weights, which quantize it once in a run: the
 * very bits of the references, again with other values and other shapes, with a node between them
 * behind which the rest is planned in the middle of a run, and with a first product that nobody
 * reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/engine.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_fully_connected;

enum { K = 37, N = 21, PRODUCTS = 4 };

static int8_t weights[PRODUCTS][N * K];

static int add_shaped(builder *b, TfLiteType type, int rows, int columns)
{
    ln_id id;
    const int shape[2] = {rows, columns};
    assert_int_equal(ln_graph_add_tensor(b->model, b->graph, "tensor", type, 2, shape, &id), LN_OK);
    return id;
}

static int add_weights(builder *b, int i)
{
    for (int j = 0; j < N * K; j++)
        weights[i][j] = (int8_t)((j * (29 + i) + i * 7) % 255 - 127);
    const int id = build_typed(b, kTfLiteInt8, 2, (int[]){N, K}, weights[i], sizeof weights[i]);
    build_scale(b, id, 0.02f, 0);
    return id;
}

static int add_product(builder *b, int x, int i, bool asymmetric)
{
    const int w = add_weights(b, i), y = add_shaped(b, kTfLiteFloat32, 1, N);
    build_node(b, &ln_op_fully_connected, (int[]){x, w, -1}, y);
    ln_node *n = &b->graph->nodes[b->graph->n_nodes - 1];
    TfLiteFullyConnectedParams *p = ln_arena_new(&b->model->arena, 1, sizeof *p);
    assert_non_null(p);
    p->asymmetric_quantize_inputs = asymmetric;
    n->params = p;
    return y;
}

/* Inputs x and v, outputs: the products, the first one's unless `unread`, and with `open` what of v
 * is positive, found after the first product. */
static ln_model *make(bool asymmetric, bool open, bool unread)
{
    builder b;
    int out[PRODUCTS + 1], n = 0;
    build_begin(&b);
    const int in[2] = {add_shaped(&b, kTfLiteFloat32, 3, K), build_tensor(&b, 5)};
    for (int i = 0; i < PRODUCTS; i++) {
        const int y = add_product(&b, in[0], i, asymmetric);
        if (i > 0 || !unread)
            out[n++] = y;
        if (i == 0 && open) {
            const int p = build_tensor(&b, 5);
            build_node(&b, &op_positive, (int[]){in[1], -1}, p);
            out[n++] = p;
        }
    }
    build_io(&b, 2, in, n, out);
    return b.model;
}

static void run(ln_interpreter *it, int pass)
{
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    const TfLiteTensor *x = ln_interpreter_tensor(it, 0, ln_interpreter_inputs(it, 0)->data[0]);
    for (size_t i = 0; i < x->bytes / sizeof(float); i++)
        x->data.f[i] = (float)((i * 31 + (size_t)pass * 5) % 101) / 8 - (float)pass;
    for (int i = 0; i < 5; i++)
        input_of(it, 1)[i] = (float)((i + pass) % 3 - 1);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void compare(ln_interpreter *plain, ln_interpreter *fast, int pass)
{
    run(plain, pass);
    run(fast, pass);
    for (int i = 0; i < ln_interpreter_outputs(plain, 0)->size; i++) {
        const TfLiteTensor *want = output_of(plain, i), *got = output_of(fast, i);
        assert_int_equal(want->bytes, got->bytes);
        assert_memory_equal(want->data.raw, got->data.raw, want->bytes);
    }
}

static void check(ln_model *m, int threads)
{
    const ln_cpu_options options = {.threads = threads};
    TfLiteDelegate *engine = ln_cpu_create(&options);
    ln_interpreter *plain = open_model(m, NULL), *fast = open_model(m, NULL);
    assert_non_null(engine);
    assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
    for (int pass = 0; pass < 6; pass++) {
        const int dims[2] = {1 + pass / 2 * 40, K};
        const int id = ln_interpreter_inputs(fast, 0)->data[0];
        if (pass % 2 == 0) {
            assert_int_equal(ln_interpreter_resize(plain, 0, id, 2, dims, false), LN_OK);
            assert_int_equal(ln_interpreter_resize(fast, 0, id, 2, dims, false), LN_OK);
        }
        compare(plain, fast, pass);
    }
    ln_interpreter_destroy(plain);
    ln_interpreter_destroy(fast);
    ln_cpu_destroy(engine);
}

static void shared_activations(void **state)
{
    (void)state;
    for (int i = 0; i < 16; i++) {
        ln_model *m = make(i & 1, i & 2, i & 4);
        check(m, i & 8 ? 2 : 1);
        ln_model_release(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shared_activations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
