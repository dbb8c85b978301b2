/* SPDX-License-Identifier: Apache-2.0 */
/* related.c: weights rounded by what they are multiplied with come nearer to the floats than those
 * rounded to the nearest step, where inputs go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "quant_test.h"

enum { FEW = 4, MANY = 32, OUT = 64, SIDE = 6, FILTERS = 8, TAPS = 3 };

static ln_id constant(graph *g, const ln_shape *s, unsigned seed)
{
    const int n = ln_shape_count(s, 0, s->rank);
    return ln_emit_constant(&g->e, kTfLiteFloat32, s, noise(g, n, seed), (size_t)n * sizeof(float),
                            false);
}

static ln_id product(graph *g, ln_id x, int from, int to, unsigned seed)
{
    const TfLiteFullyConnectedParams p = {0};
    const ln_shape s = {2, {to, from}};
    const ln_id in[] = {x, constant(g, &s, seed), -1};
    return ln_emit_nary(&g->e, &ln_op_fully_connected, &p, 3, in);
}

static ln_id filter(graph *g, ln_id x, int side, int from, int to, unsigned seed)
{
    const TfLiteConvParams p = {.padding = kTfLitePaddingSame,
                                .stride_width = side > 1 ? 2 : 1,
                                .stride_height = 1,
                                .dilation_width_factor = 1,
                                .dilation_height_factor = 1};
    const ln_shape s = {4, {to, side, side, from}}, bias = {1, {to}};
    const ln_id in[] = {x, constant(g, &s, seed), constant(g, &bias, seed + 1)};
    return ln_emit_nary(&g->e, &ln_op_conv_2d, &p, 3, in);
}

/* Of the many values that the large constant is multiplied with, only few are independent. */
static void build_product(file *f)
{
    graph g;
    graph_begin(&g);
    const ln_shape s = {2, {8, FEW}};
    const ln_id x = ln_emit_input(&g.e, "x", kTfLiteFloat32, &s);
    ln_emit_output(&g.e, product(&g, product(&g, x, FEW, MANY, 1), MANY, OUT, 2));
    graph_end(&g, f);
}

static void build_filter(file *f)
{
    graph g;
    graph_begin(&g);
    const ln_shape s = {4, {1, SIDE, SIDE, 1}};
    const ln_id x = ln_emit_input(&g.e, "x", kTfLiteFloat32, &s);
    ln_emit_output(&g.e, filter(&g, filter(&g, x, 1, 1, MANY, 3), TAPS, MANY, FILTERS, 5));
    graph_end(&g, f);
}

/* Decibels that rounding by samples gains, on other samples. */
static double gain_of(void (*build)(file *f), ln_quantize_options o)
{
    file before, nearest, related;
    build(&before);
    ln_calibration *c = calibrate(&before, 1, 33);
    o.calibration = c;
    quantize(&before, &o, &nearest);
    o.rounding = LN_QUANT_GPTQ;
    quantize(&before, &o, &related);
    assert_int_equal(nearest.n, related.n);
    const double gain =
        signal_to_noise(&before, &related, 90) - signal_to_noise(&before, &nearest, 90);
    ln_calibration_free(c);
    file_free(&before);
    file_free(&nearest);
    file_free(&related);
    return gain;
}

static void products_gain(void **state)
{
    (void)state;
    assert_true(gain_of(build_product,
                        (ln_quantize_options){.mode = LN_QUANT_WEIGHT_ONLY, .weight_bits = 4}) > 6);
    assert_true(gain_of(build_product, (ln_quantize_options){.mode = LN_QUANT_WEIGHT_ONLY,
                                                             .weight_bits = 4,
                                                             .block_size = 32}) > 6);
    assert_true(gain_of(build_product, (ln_quantize_options){.mode = LN_QUANT_WEIGHT_ONLY,
                                                             .per_tensor = true}) > 6);
}

static void filters_gain(void **state)
{
    (void)state;
    assert_true(gain_of(build_filter,
                        (ln_quantize_options){.mode = LN_QUANT_WEIGHT_ONLY, .weight_bits = 4}) > 6);
    assert_true(gain_of(build_filter, (ln_quantize_options){.mode = LN_QUANT_INT16X8}) > 6);
}

static void samples_are_needed(void **state)
{
    (void)state;
    const ln_quantize_options o = {.mode = LN_QUANT_WEIGHT_ONLY, .rounding = LN_QUANT_GPTQ};
    ln_quantize_error error;
    file f;
    build_product(&f);
    assert_null(ln_quantize(f.bytes, f.n, &o, &error));
    assert_non_null(strstr(error.text, "samples"));
    file_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_gain),
        cmocka_unit_test(filters_gain),
        cmocka_unit_test(samples_are_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
