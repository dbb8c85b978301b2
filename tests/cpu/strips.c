/* SPDX-License-Identifier: Apache-2.0 */
/* strips.c: blocks of convolutions that run by strips have the bits of their nodes one by one: any
 * windows, strides and paddings, with and without a PAD, biases and a residual addition, weights in
 * float16, on images of odd sizes that make one strip or many, several at once, for any number of
 * threads; of half precision, too, where the processor has that; of bytes, weights with a scale for
 * each channel or with a zero point.  The same of dynamic range: int8 weights, with a scale for
 * each channel or one for all, in front of a depthwise convolution of such or of floats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/half.h"
#include "cpu/engine.h"
#include "one_of.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_conv_2d, ln_op_depthwise_conv_2d, ln_op_pad, ln_op_add;
extern const ln_op ln_op_dequantize;

enum {
    GRAPHS = 300,
    MOST_WEIGHTS = 64 * 64,
    LARGE = 4096
}; /* as the model has them, images are worth it anywhere */

static uint32_t seed;

static int pick(int n)
{
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (int)((seed >> 8) % (uint32_t)n);
}

typedef struct block {
    builder b;
    TfLiteType type;
    int nodes, channels;
    bool half;         /* some weights are kept as float16, */
    bool ints;         /* those that come next are int8 */
    int out[4], n_out; /* first that of the block, then what is between */
} block;

/* `scale`, or that times up to 2 for each of n channels of dimension `d`. */
static void quantize(block *m, int id, float scale, int zero, int n, int d)
{
    ln_arena *a = &m->b.model->arena;
    TfLiteTensor *t = &m->b.graph->tensors[id].t;
    TfLiteAffineQuantization *q = ln_arena_new(a, 1, sizeof *q);
    TfLiteFloatArray *scales = ln_arena_new(a, (size_t)n + 1, sizeof(float));
    TfLiteIntArray *zeros = ln_arena_new(a, (size_t)n + 1, sizeof(int));
    assert_true(q && scales && zeros);
    scales->size = zeros->size = n;
    for (int i = 0; i < n; i++) {
        scales->data[i] = n == 1 ? scale : scale * (1 + (float)pick(100) / 100);
        zeros->data[i] = zero;
    }
    *q = (TfLiteAffineQuantization){scales, zeros, d};
    t->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, q};
    t->params = (TfLiteQuantizationParams){scales->data[0], zero};
}

static int add_image(block *m, int channels)
{
    ln_id id;
    const int shape[] = {1, LARGE, LARGE, channels}, zero = 64 + pick(128);
    assert_int_equal(ln_graph_add_tensor(m->b.model, m->b.graph, "t", m->type, 4, shape, &id),
                     LN_OK);
    if (m->type != kTfLiteFloat32)
        quantize(m, id, 0.05f, m->type == kTfLiteInt8 ? zero - 128 : zero, 1, 0);
    return id;
}

static void *add_node(block *m, const ln_op *op, const int *in, int y)
{
    build_node(&m->b, op, in, y);
    ln_node *n = &m->b.graph->nodes[m->b.graph->n_nodes - 1];
    n->params = ln_arena_new(&m->b.model->arena, 1, LN_MAX(op->params_size, (size_t)1));
    assert_non_null(n->params);
    m->nodes++;
    return n->params;
}

static int add_weights(block *m, int rank, const int *shape)
{
    float values[MOST_WEIGHTS];
    uint16_t halves[MOST_WEIGHTS];
    ln_id id;
    int n = 1;
    for (int i = 0; i < rank; i++)
        n *= shape[i];
    assert_true(n <= MOST_WEIGHTS);
    for (int i = 0; i < n; i++) {
        values[i] = (float)(pick(201) - 100) / 128;
        halves[i] = ln_float_to_half(values[i]);
    }
    if (!m->half || pick(2) == 0)
        return build_typed(&m->b, kTfLiteFloat32, rank, shape, values, (size_t)n * sizeof *values);
    const int c =
        build_typed(&m->b, kTfLiteFloat16, rank, shape, halves, (size_t)n * sizeof *halves);
    assert_int_equal(
        ln_graph_add_tensor(m->b.model, m->b.graph, "w", kTfLiteFloat32, rank, shape, &id), LN_OK);
    add_node(m, &ln_op_dequantize, (int[]){c, -1}, id);
    return id;
}

/* Channels of the output are dimension `d`. */
static int add_filter(block *m, const int shape[4], int d)
{
    const TfLiteType type = m->ints ? kTfLiteInt8 : m->type;
    const bool has_zero = type == kTfLiteUInt8;
    const int n = shape[0] * shape[1] * shape[2] * shape[3];
    uint8_t values[MOST_WEIGHTS];
    if (type == kTfLiteFloat32)
        return add_weights(m, 4, shape);
    assert_true(n <= MOST_WEIGHTS);
    for (int i = 0; i < n; i++)
        values[i] = (uint8_t)(has_zero ? pick(256) : pick(255) - 127);
    const int id = build_typed(&m->b, type, 4, shape, values, (size_t)n);
    quantize(m, id, m->ints ? 0.01f : 1 / 700.f, has_zero ? 100 + pick(56) : 0,
             !has_zero && pick(2) ? shape[d] : 1, d);
    return id;
}

/* As converters do it: DEQUANTIZE nodes come first. */
static void sort_nodes(block *m)
{
    ln_node *nodes = m->b.graph->nodes;
    for (int i = 0, first = 0; i < m->b.graph->n_nodes; i++) {
        const ln_node node = nodes[i];
        if (node.op != &ln_op_dequantize)
            continue;
        for (int at = i; at > first; at--)
            nodes[at] = nodes[at - 1];
        nodes[first++] = node;
    }
}

static int add_bias(block *m, int n)
{
    int32_t values[64];
    if (pick(3) == 0)
        return -1;
    if (m->type == kTfLiteFloat32)
        return add_weights(m, 1, &n);
    assert_true(n <= 64);
    for (int i = 0; i < n; i++)
        values[i] = pick(20001) - 10000;
    return build_typed(&m->b, kTfLiteInt32, 1, &n, values, (size_t)n * sizeof *values);
}

static TfLiteFusedActivation pick_activation(void)
{
    static const TfLiteFusedActivation all[] = {kTfLiteActNone, kTfLiteActRelu, kTfLiteActRelu6};
    return all[pick(3)];
}

static int pointwise(block *m, int x, int from, int to)
{
    const int y = add_image(m, to), w = add_filter(m, (int[]){to, 1, 1, from}, 0);
    TfLiteConvParams *p = add_node(m, &ln_op_conv_2d, (int[]){x, w, add_bias(m, to), -1}, y);
    *p = (TfLiteConvParams){.padding = pick(2) ? kTfLitePaddingSame : kTfLitePaddingValid,
                            .stride_width = 1,
                            .stride_height = 1,
                            .activation = pick_activation(),
                            .dilation_width_factor = 1,
                            .dilation_height_factor = 1};
    return y;
}

static int depthwise(block *m, int x, int channels, bool same)
{
    const int shape[] = {1, same ? 3 : 1 + pick(7), pick(3) ? 3 : 5, channels};
    const int y = add_image(m, channels), w = add_filter(m, shape, 3);
    const int dilation = pick(4) ? 1 : 2, stride = same || dilation > 1 ? 1 : 1 + pick(2);
    TfLiteDepthwiseConvParams *p =
        add_node(m, &ln_op_depthwise_conv_2d, (int[]){x, w, add_bias(m, channels), -1}, y);
    *p = (TfLiteDepthwiseConvParams){.padding =
                                         same || pick(2) ? kTfLitePaddingSame : kTfLitePaddingValid,
                                     .stride_width = stride,
                                     .stride_height = same || pick(4) ? stride : 1 + pick(3),
                                     .depth_multiplier = 1,
                                     .activation = pick_activation(),
                                     .dilation_width_factor = dilation,
                                     .dilation_height_factor = m->type != kTfLiteFloat32 ? 1
                                                               : same || pick(2)         ? dilation
                                                                                 : 1 + pick(3)};
    return y;
}

static int pad(block *m, int x, int channels)
{
    const int32_t pads[8] = {0, 0, pick(4), pick(4), pick(4), pick(4), 0, 0};
    const int y = add_image(m, channels);
    m->b.graph->tensors[y].t.quantization = m->b.graph->tensors[x].t.quantization;
    m->b.graph->tensors[y].t.params = m->b.graph->tensors[x].t.params;
    const int p = build_typed(&m->b, kTfLiteInt32, 2, (int[]){4, 2}, pads, sizeof pads);
    add_node(m, &ln_op_pad, (int[]){x, p, -1}, y);
    return y;
}

/* With `apart`, what is between the nodes is seen outside, so that they run one by one. */
static block make(TfLiteType type, uint32_t s, bool apart)
{
    block m = {.n_out = 1, .type = type};
    seed = s;
    build_begin(&m.b);
    const bool expands = pick(3) > 0, pads = pick(4) == 0, adds = !pads && pick(2) == 0;
    m.half = type == kTfLiteFloat32 && pick(3) == 0;
    const int mid = 16 + pick(33), first = expands ? 1 + pick(60) : mid;
    const int last = adds ? first : 1 + pick(60), x = add_image(&m, first);
    int t = x;
    m.channels = first;
    if (expands)
        t = m.out[m.n_out++] = pointwise(&m, t, first, mid);
    if (pads)
        t = pad(&m, t, mid);
    t = m.out[m.n_out++] = depthwise(&m, t, mid, adds);
    t = pointwise(&m, t, mid, last);
    if (adds) {
        const int y = add_image(&m, last);
        TfLiteAddParams *p = add_node(&m, &ln_op_add, (int[]){t, x, -1}, y);
        p->activation = pick_activation();
        t = y;
    }
    m.out[0] = t;
    sort_nodes(&m);
    build_io(&m.b, 1, &x, apart ? m.n_out : 1, m.out);
    return m;
}

/* The first two of these. */
static block make_dynamic(uint32_t s, bool apart)
{
    block m = {.n_out = 1, .type = kTfLiteFloat32, .ints = true};
    seed = s;
    build_begin(&m.b);
    const int mid = 16 + pick(33), x = add_image(&m, 1 + pick(60));
    m.channels = m.b.graph->tensors[x].t.dims->data[3];
    int t = m.out[m.n_out++] = pointwise(&m, x, m.channels, mid);
    if (pick(3) == 0)
        t = pad(&m, t, mid);
    m.ints = pick(3) > 0;
    m.out[0] = depthwise(&m, t, mid, false);
    build_io(&m.b, 1, &x, apart ? m.n_out : 1, m.out);
    return m;
}

static block make_floats(uint32_t s, bool apart)
{
    return make(kTfLiteFloat32, s, apart);
}

static block make_bytes(uint32_t s, bool apart)
{
    return make(s % 2 ? kTfLiteInt8 : kTfLiteUInt8, s, apart);
}

static void run(ln_interpreter *it, const int dims[4])
{
    const int id = ln_interpreter_inputs(it, 0)->data[0];
    assert_int_equal(ln_interpreter_resize(it, 0, id, 4, dims, false), LN_OK);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    const TfLiteTensor *x = ln_interpreter_tensor(it, 0, id);
    for (size_t k = 0; k < x->bytes / sizeof(float) && x->type == kTfLiteFloat32; k++)
        x->data.f[k] = (float)((k * 31) % 101) / 50 - 1;
    for (size_t k = 0; k < x->bytes && x->type != kTfLiteFloat32; k++)
        x->data.uint8[k] = (uint8_t)(k * 37 + k / 251);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void check(uint32_t s, const ln_cpu_options *options,
                  block (*make_one)(uint32_t s, bool apart))
{
    const block m = make_one(s, false), apart = make_one(s, true);
    TfLiteDelegate *engine = ln_cpu_create(options);
    ln_interpreter *one = open_model(m.b.model, NULL), *many = open_model(apart.b.model, NULL);
    assert_non_null(engine);
    assert_int_equal(ln_interpreter_apply_delegate(one, engine), LN_OK);
    assert_int_equal(ln_interpreter_apply_delegate(many, engine), LN_OK);
    assert_int_equal(largest_group(one), m.nodes);
    assert_true(largest_group(many) < apart.nodes);
    for (int i = 0; i < 3; i++) {
        const int dims[] = {1 + pick(3), 20 + pick(i == 0 ? 1 : 60), 20 + pick(40), m.channels};
        run(one, dims);
        run(many, dims);
        assert_same_output(one, many);
    }
    ln_interpreter_destroy(one);
    ln_interpreter_destroy(many);
    ln_cpu_destroy(engine);
    ln_model_release(m.b.model);
    ln_model_release(apart.b.model);
}

static void same_bits(void **state)
{
    (void)state;
    for (uint32_t s = 1; s <= GRAPHS; s += cases_one_of())
        check(s, &(ln_cpu_options){.threads = 1 + (int)s % 3}, make_floats);
}

static void same_bits_half(void **state)
{
    (void)state;
    for (uint32_t s = 1; s <= GRAPHS; s += cases_one_of())
        check(s, &(ln_cpu_options){.threads = 1 + (int)s % 3, .half = true}, make_floats);
}

static void same_bits_dynamic(void **state)
{
    (void)state;
    for (uint32_t s = 1; s <= GRAPHS; s += cases_one_of())
        check(s, &(ln_cpu_options){.threads = 1 + (int)s % 3}, make_dynamic);
}

static void same_bits_bytes(void **state)
{
    (void)state;
    for (uint32_t s = 1; s <= GRAPHS; s += cases_one_of())
        check(s, &(ln_cpu_options){.threads = 1 + (int)s % 3}, make_bytes);
}

/* What a file says of shapes between nodes need not be so. */
static void wrong_shapes(void **state)
{
    (void)state;
    for (uint32_t s = 1; s <= GRAPHS; s += 10 * cases_one_of()) {
        const block right = make_floats(s, false), wrong = make_floats(s, false);
        ln_graph *g = wrong.b.graph;
        for (int i = 0; i < g->n_nodes; i++)
            g->tensors[g->nodes[i].outputs->data[0]].t.dims =
                ln_ints(&wrong.b.model->arena, 1, (int[]){7});
        TfLiteDelegate *engine = ln_cpu_create(NULL);
        ln_interpreter *a = open_model(right.b.model, NULL), *b = open_model(wrong.b.model, NULL);
        assert_int_equal(ln_interpreter_apply_delegate(a, engine), LN_OK);
        assert_int_equal(ln_interpreter_apply_delegate(b, engine), LN_OK);
        const int dims[] = {1, 20, 20, right.channels};
        run(a, dims);
        run(b, dims);
        assert_same_output(a, b);
        ln_interpreter_destroy(a);
        ln_interpreter_destroy(b);
        ln_cpu_destroy(engine);
        ln_model_release(right.b.model);
        ln_model_release(wrong.b.model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits), cmocka_unit_test(same_bits_half),
        cmocka_unit_test(same_bits_dynamic), cmocka_unit_test(same_bits_bytes),
        cmocka_unit_test(wrong_shapes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
