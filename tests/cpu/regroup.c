/* SPDX-License-Identifier: Apache-2.0 */
/* regroup.c: convolutions whose input gets other channels when it is resized, so that the same
 * weights are those of more groups or of fewer: what was packed for the others is not used. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpu/engine.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d;

enum { N = 32, SIDE = 6, CHANNELS = 8 };

typedef struct layer {
    TfLiteType type, weights;
    bool depthwise;
    int filter;
} layer;

static const layer layers[] = {
    {kTfLiteFloat32, kTfLiteFloat32, false, 1}, {kTfLiteFloat32, kTfLiteFloat32, false, 3},
    {kTfLiteFloat32, kTfLiteFloat32, true, 3},  {kTfLiteFloat32, kTfLiteInt8, false, 3},
    {kTfLiteFloat32, kTfLiteInt8, true, 3},     {kTfLiteInt8, kTfLiteInt8, false, 1},
    {kTfLiteInt8, kTfLiteInt8, false, 3},       {kTfLiteInt8, kTfLiteInt8, true, 3},
    {kTfLiteUInt8, kTfLiteUInt8, false, 3},     {kTfLiteUInt8, kTfLiteUInt8, true, 3},
    {kTfLiteInt16, kTfLiteInt8, false, 3},      {kTfLiteInt16, kTfLiteInt8, true, 3},
};

static int add_image(builder *b, TfLiteType type, float scale)
{
    ln_id id;
    const int shape[4] = {1, SIDE, SIDE, CHANNELS};
    assert_int_equal(ln_graph_add_tensor(b->model, b->graph, "t", type, 4, shape, &id), LN_OK);
    if (type != kTfLiteFloat32)
        build_scale(b, id, scale, type == kTfLiteUInt8 ? 120 : 0);
    return id;
}

static int add_weights(builder *b, const layer *l)
{
    float floats[N * 9 * CHANNELS];
    int8_t bytes[N * 9 * CHANNELS];
    const int shape[4] = {l->depthwise ? 1 : N, l->filter, l->filter, l->depthwise ? N : CHANNELS};
    const size_t n = (size_t)(shape[0] * shape[1] * shape[2] * shape[3]);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (int8_t)(i * 37 % 251 % 64);
        floats[i] = bytes[i] / 16.0f - 2;
    }
    if (l->weights == kTfLiteFloat32)
        return build_typed(b, l->weights, 4, shape, floats, n * sizeof *floats);
    const int id = build_typed(b, l->weights, 4, shape, bytes, n);
    build_scale(b, id, 1.0f / 64, l->weights == kTfLiteUInt8 ? 31 : 0);
    return id;
}

static ln_model *make(const layer *l)
{
    builder b;
    build_begin(&b);
    const int x = add_image(&b, l->type, 1.0f / 64), w = add_weights(&b, l);
    const int y = add_image(&b, l->type, 0.5f);
    const ln_op *op = l->depthwise ? &ln_op_depthwise_conv_2d : &ln_op_conv_2d;
    build_node(&b, op, (int[]){x, w, -1}, y);
    void *p = ln_arena_new(&b.model->arena, 1, op->params_size);
    assert_non_null(p);
    if (l->depthwise)
        *(TfLiteDepthwiseConvParams *)p = (TfLiteDepthwiseConvParams){.padding = kTfLitePaddingSame,
                                                                      .stride_width = 1,
                                                                      .stride_height = 1,
                                                                      .dilation_width_factor = 1,
                                                                      .dilation_height_factor = 1};
    else
        *(TfLiteConvParams *)p = (TfLiteConvParams){.padding = kTfLitePaddingSame,
                                                    .stride_width = 1,
                                                    .stride_height = 1,
                                                    .dilation_width_factor = 1,
                                                    .dilation_height_factor = 1};
    b.graph->nodes[b.graph->n_nodes - 1].params = p;
    build_io(&b, 1, &x, 1, &y);
    return b.model;
}

static void run(ln_interpreter *it, int channels)
{
    const int id = ln_interpreter_inputs(it, 0)->data[0];
    const int dims[4] = {1, SIDE, SIDE, channels};
    assert_int_equal(ln_interpreter_resize(it, 0, id, 4, dims, false), LN_OK);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    const TfLiteTensor *x = ln_interpreter_tensor(it, 0, id);
    for (size_t i = 0; i < x->bytes; i++)
        x->data.uint8[i] = (uint8_t)(i * 29 % 127);
    for (size_t i = 0; x->type == kTfLiteFloat32 && i < x->bytes / sizeof(float); i++)
        x->data.f[i] = (float)(i * 29 % 127) / 16 - 4;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void check(const layer *l)
{
    static const int channels[] = {8, 16, 32, 16, 8, 4, 2, 8};
    ln_model *m = make(l);
    ln_interpreter *plain = open_model(m, NULL), *fast = open_model(m, NULL);
    TfLiteDelegate *engine = ln_cpu_create(NULL);
    assert_non_null(engine);
    assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
    for (size_t i = 0; i < LN_COUNTOF(channels); i++) {
        if (!l->depthwise && channels[i] < CHANNELS)
            continue;
        run(plain, channels[i]);
        run(fast, channels[i]);
        const TfLiteTensor *want = output_of(plain, 0), *got = output_of(fast, 0);
        assert_int_equal(want->bytes, got->bytes);
        if (l->type != kTfLiteFloat32)
            assert_memory_equal(want->data.raw, got->data.raw, want->bytes);
        for (size_t j = 0; l->type == kTfLiteFloat32 && j < want->bytes / sizeof(float); j++)
            assert_true(fabsf(want->data.f[j] - got->data.f[j]) <= 1e-3f);
    }
    ln_interpreter_destroy(plain);
    ln_interpreter_destroy(fast);
    ln_cpu_destroy(engine);
    ln_model_release(m);
}

static void other_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < LN_COUNTOF(layers); i++)
        check(&layers[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(other_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
