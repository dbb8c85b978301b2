/* SPDX-License-Identifier: Apache-2.0 */
/* blocks.c: SPACE_TO_BATCH_ND, a convolution and BATCH_TO_SPACE_ND are one dilated convolution,
 * with the results of the three nodes: integers bit for bit, any block, margins, crops and padding,
 * several images, other sizes later, margins that constants are folded to.  The nodes stay apart
 * where somebody else reads what is between them, where blocks differ, more is cropped than was
 * put there, windows skip pixels, margins come with the run, or each image has a range of its
 * own (weights of int8 for floats). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/engine.h"
#include "one_of.h"
#include "runtime/fixture.h"

extern const ln_op ln_op_space_to_batch_nd, ln_op_batch_to_space_nd, ln_op_conv_2d;
extern const ln_op ln_op_depthwise_conv_2d, ln_op_relu, ln_op_add;

typedef enum twist {
    PLAIN,
    SAME_VALUES, /* two blocks that are the same numbers, */
    FOLDED,      /* margins that a sum of constants gives: still one node */
    SHARED,
    VISIBLE,
    UNEQUAL,
    CROPPED,
    SKIPPING,
    GIVEN,
    HYBRID,
    TWISTS
} twist;

typedef struct graph {
    builder b;
    TfLiteType type;
    int block[2];
    bool large; /* enough for Winograd's transforms and several threads */
} graph;

static uint32_t seed;

static int pick(int n)
{
    seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
    return (int)((seed >> 8) % (uint32_t)n);
}

static int add_tensor(graph *g, TfLiteType type, int rank, const int *shape)
{
    ln_id id;
    assert_int_equal(ln_graph_add_tensor(g->b.model, g->b.graph, "t", type, rank, shape, &id),
                     LN_OK);
    return id;
}

static int add_numbers(graph *g, int rank, const int *values)
{
    return build_typed(&g->b, kTfLiteInt32, rank, (int[]){2, 2}, values, sizeof(int) << rank);
}

static void *add_node(graph *g, const ln_op *op, const int *in, int y)
{
    build_node(&g->b, op, in, y);
    ln_node *n = &g->b.graph->nodes[g->b.graph->n_nodes - 1];
    n->params = ln_arena_new(&g->b.model->arena, 1, op->params_size + 1);
    assert_non_null(n->params);
    return n->params;
}

static int add_image(graph *g, float scale)
{
    const int id = add_tensor(g, g->type, 4, (int[]){1, 1, 1, 1});
    if (g->type != kTfLiteFloat32)
        build_scale(&g->b, id, scale,
                    g->type == kTfLiteInt8    ? 3
                    : g->type == kTfLiteInt16 ? 0
                                              : 120);
    return id;
}

static int add_weights(graph *g, const int *shape, TfLiteType type)
{
    enum { MOST = 32 * 1024 };
    static float floats[MOST];
    static uint8_t bytes[MOST];
    const int n = shape[0] * shape[1] * shape[2] * shape[3];
    assert_true(n <= MOST);
    for (int i = 0; i < n; i++) {
        floats[i] = (float)(pick(17) - 8) / 4;
        bytes[i] = (uint8_t)pick(200);
    }
    if (type == kTfLiteFloat32)
        return build_typed(&g->b, type, 4, shape, floats, (size_t)n * sizeof floats[0]);
    const int id = build_typed(&g->b, type, 4, shape, bytes, (size_t)n);
    build_scale(&g->b, id, 1.0f / 64, type == kTfLiteInt8 ? 0 : 100);
    return id;
}

static int add_bias(graph *g, int n)
{
    int32_t bias[64];
    int64_t wide[64];
    float floats[64];
    assert_true(n <= 64);
    for (int i = 0; i < n; i++) {
        bias[i] = pick(2000) - 1000;
        wide[i] = bias[i];
        floats[i] = (float)bias[i] / 256;
    }
    if (g->type == kTfLiteInt16)
        return build_typed(&g->b, kTfLiteInt64, 1, &n, wide, (size_t)n * sizeof wide[0]);
    if (g->type == kTfLiteFloat32)
        return build_typed(&g->b, kTfLiteFloat32, 1, &n, floats, (size_t)n * sizeof floats[0]);
    return build_typed(&g->b, kTfLiteInt32, 1, &n, bias, (size_t)n * sizeof bias[0]);
}

static int convolve(graph *g, int x, int channels, twist how)
{
    const bool depthwise = !g->large && pick(2) == 0;
    const int n = depthwise ? channels : 1 + pick(g->large ? 50 : 20), y = add_image(g, 1);
    const int high = g->large ? 3 : 1 + pick(3), wide = g->large ? 3 : 1 + pick(3);
    const int shape[4] = {depthwise ? 1 : n, high, wide, channels};
    const TfLiteType type = how == HYBRID || g->type == kTfLiteInt16 ? kTfLiteInt8 : g->type;
    const int w = add_weights(g, shape, type), b = add_bias(g, n);
    const TfLitePadding padding = pick(3) == 0 ? kTfLitePaddingSame : kTfLitePaddingValid;
    const int stride = how == SKIPPING ? 2 : 1, far = 1 + (pick(4) == 0);
    void *p =
        add_node(g, depthwise ? &ln_op_depthwise_conv_2d : &ln_op_conv_2d, (int[]){x, w, b, -1}, y);
    if (depthwise)
        *(TfLiteDepthwiseConvParams *)p =
            (TfLiteDepthwiseConvParams){.padding = padding,
                                        .stride_width = stride,
                                        .stride_height = stride,
                                        .depth_multiplier = 1,
                                        .activation = pick(2) ? kTfLiteActRelu : kTfLiteActNone,
                                        .dilation_width_factor = far,
                                        .dilation_height_factor = 1};
    else
        *(TfLiteConvParams *)p =
            (TfLiteConvParams){.padding = padding,
                               .stride_width = stride,
                               .stride_height = stride,
                               .activation = pick(2) ? kTfLiteActRelu : kTfLiteActNone,
                               .dilation_width_factor = far,
                               .dilation_height_factor = 1};
    return y;
}

/* Margins, as the twist wants them. */
static int add_margins(graph *g, const int *values, twist how)
{
    const int half[4] = {values[0], 0, 0, values[3]}, rest[4] = {0, values[1], values[2], 0};
    const int shape[2] = {2, 2};
    if (how == GIVEN)
        return add_tensor(g, kTfLiteInt32, 2, shape);
    if (how != FOLDED)
        return add_numbers(g, 2, values);
    const int sum = add_tensor(g, kTfLiteInt32, 2, shape);
    const int in[] = {add_numbers(g, 2, half), add_numbers(g, 2, rest), -1};
    (void)add_node(g, &ln_op_add, in, sum);
    return sum;
}

/* How large the image is, and the margins that make it a multiple of the block. */
typedef struct sizes {
    int dims[4], margins[4];
} sizes;

static sizes choose(const graph *g)
{
    sizes s = {.dims = {1 + pick(2), 0, 0, 1 + pick(g->large ? 50 : 20)}};
    for (int i = 0; i < 2; i++) {
        const int all = g->block[i] * (7 + pick(4)), before = pick(4), after = pick(4);
        s.dims[1 + i] = all - before - after;
        s.margins[2 * i] = before;
        s.margins[2 * i + 1] = after;
    }
    return s;
}

static ln_model *make(uint32_t s, TfLiteType type, twist how, bool large, sizes *size)
{
    graph g = {.type = type, .large = large};
    seed = s;
    build_begin(&g.b);
    for (int i = 0; i < 2; i++)
        g.block[i] = how == UNEQUAL ? 1 + i : 1 + pick(4);
    *size = choose(&g);
    const int *m = size->margins, over = how == CROPPED;
    const int crops[4] = {m[0] == 0 || over ? over * (m[0] + 1) : pick(m[0] + 1), pick(3),
                          pick(m[2] + 1), pick(3)};
    const int other[2] = {g.block[how == UNEQUAL], g.block[how != UNEQUAL]};
    const int x = add_image(&g, 0.5f), block = add_numbers(&g, 1, g.block);
    const int again = how == SAME_VALUES || how == UNEQUAL ? add_numbers(&g, 1, other) : block;
    const int margins = add_margins(&g, m, how), cropped = add_numbers(&g, 2, crops);
    const int dealt = add_image(&g, 0.5f), z = add_image(&g, 1), y = add_image(&g, 1);
    (void)add_node(&g, &ln_op_space_to_batch_nd, (int[]){x, block, margins, -1}, dealt);
    const int apart = convolve(&g, dealt, size->dims[3], how);
    (void)add_node(&g, &ln_op_batch_to_space_nd, (int[]){apart, again, cropped, -1}, z);
    (void)add_node(&g, &ln_op_relu, (int[]){z, -1}, y);
    int out[2] = {y, apart};
    if (how == SHARED) {
        out[1] = add_image(&g, 0.5f);
        (void)add_node(&g, &ln_op_relu, (int[]){dealt, -1}, out[1]);
    }
    build_io(&g.b, 1 + (how == GIVEN), (int[]){x, margins}, 1 + (how == SHARED || how == VISIBLE),
             out);
    return g.b.model;
}

/* ---- running ---- */

static void run(ln_interpreter *it, const sizes *s)
{
    const TfLiteIntArray *in = ln_interpreter_inputs(it, 0);
    assert_int_equal(ln_interpreter_resize(it, 0, in->data[0], 4, s->dims, false), LN_OK);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    const TfLiteTensor *x = ln_interpreter_tensor(it, 0, in->data[0]);
    for (size_t k = 0; k < x->bytes && x->type != kTfLiteFloat32; k++)
        x->data.uint8[k] = (uint8_t)(k * 37 % 251);
    for (size_t k = 0; k < x->bytes / sizeof(float) && x->type == kTfLiteFloat32; k++)
        x->data.f[k] = (float)((k * 31) % 23) / 8 - 1;
    if (in->size > 1)
        memcpy(ln_interpreter_tensor(it, 0, in->data[1])->data.raw, s->margins, sizeof s->margins);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
}

static void compare(uint32_t s, ln_interpreter *plain, ln_interpreter *fast, const sizes *size)
{
    run(plain, size);
    run(fast, size);
    for (int o = 0; o < ln_interpreter_outputs(plain, 0)->size; o++) {
        const TfLiteTensor *want = output_of(plain, o), *got = output_of(fast, o);
        assert_int_equal(want->bytes, got->bytes);
        assert_true(TfLiteIntArrayEqual(want->dims, got->dims));
        if (want->type != kTfLiteFloat32) {
            assert_memory_equal(want->data.raw, got->data.raw, want->bytes);
            continue;
        }
        for (size_t i = 0; i < want->bytes / sizeof(float); i++)
            if (fabsf(want->data.f[i] - got->data.f[i]) > 2e-4f) /* by Winograd's, too */
                fail_msg("graph %u, [%zu] is %g, not %g", s, i, (double)got->data.f[i],
                         (double)want->data.f[i]);
    }
}

/* Fails where nodes run by their references. */
static void assert_fast(ln_interpreter *it)
{
    const TfLiteIntArray *plan = ln_interpreter_plan(it, 0);
    for (int i = 0; i < plan->size; i++) {
        ln_node_info info;
        assert_true(ln_interpreter_node_info(it, 0, plan->data[i], &info));
        if (info.detail && strstr(info.detail, "by reference"))
            fail_msg("%s", info.detail);
    }
}

static void check(uint32_t s, TfLiteType type, twist how, bool large)
{
    sizes size;
    ln_model *m = make(s, type, how, large, &size);
    const ln_cpu_options options = {.threads = 1 + (int)s % 2};
    TfLiteDelegate *engine = ln_cpu_create(&options);
    ln_interpreter *plain = open_model(m, NULL), *fast = open_model(m, NULL);
    assert_non_null(engine);
    assert_int_equal(ln_interpreter_apply_delegate(fast, engine), LN_OK);
    compare(s, plain, fast, &size);
    if (how < SHARED)
        assert_true(largest_group(fast) >= 3);
    else
        assert_true(largest_group(fast) <= 2);
    for (int i = 0; i < 2; i++)
        size.dims[1 + i] += 12; /* a multiple of any block */
    compare(s, plain, fast, &size);
    if (how < SHARED)
        assert_fast(fast);
    ln_interpreter_destroy(plain);
    ln_interpreter_destroy(fast);
    ln_cpu_destroy(engine);
    ln_model_release(m);
}

static void dilated(void **state)
{
    static const TfLiteType types[] = {kTfLiteFloat32, kTfLiteInt8, kTfLiteUInt8, kTfLiteInt16};
    (void)state;
    for (uint32_t s = 1; s <= 300; s += cases_one_of())
        check(s, types[s % 4], (twist)(s / 4 % SHARED), false);
}

static void dilated_large(void **state)
{
    (void)state;
    for (uint32_t s = 1; s <= 20; s++)
        check(s, kTfLiteFloat32, PLAIN, true);
}

static void apart(void **state)
{
    (void)state;
    for (uint32_t s = 1; s <= 20; s++)
        for (int how = SHARED; how < TWISTS; how++)
            check(s, how == HYBRID || s % 2 ? kTfLiteFloat32 : kTfLiteInt8, (twist)how, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dilated),
        cmocka_unit_test(dilated_large),
        cmocka_unit_test(apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
