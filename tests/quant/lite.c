/* SPDX-License-Identifier: Apache-2.0 */
/* lite.c: the modes that change weights alone, on small graphs made here: what becomes an integer,
 * what stays, how far results move, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "quant_test.h"

/* x [1, 64] -> FULLY_CONNECTED [32, 64] -> y */
static void build_dense(graph *g)
{
    const ln_shape in = {.rank = 2, .dim = {1, 64}}, w = {.rank = 2, .dim = {32, 64}};
    float *weights = noise(g, 32 * 64, 1);
    const TfLiteFullyConnectedParams p = {.activation = kTfLiteActNone};
    const ln_id x = ln_emit_input(&g->e, "x", kTfLiteFloat32, &in);
    const ln_id ids[] = {
        x, ln_emit_constant(&g->e, kTfLiteFloat32, &w, weights, 32 * 64 * 4, false),
        ln_emit_constant(&g->e, kTfLiteFloat32, &(ln_shape){.rank = 1, .dim = {32}},
                         noise(g, 32, 2), 32 * 4, false)};
    ln_emit_output(&g->e, ln_emit_nary(&g->e, &ln_op_fully_connected, &p, 3, ids));
}

/* Quantizes the dense layer and compares results on noise. */
static void check_dense(const ln_quantize_options *o, TfLiteType type, int dequantizes,
                        double least_db)
{
    graph g;
    file before, after;
    graph_begin(&g);
    build_dense(&g);
    graph_end(&g, &before);
    quantize(&before, o, &after);
    assert_true(count_type(&after, type) >= 1);
    assert_int_equal(count_op(&after, &ln_op_dequantize), dequantizes);
    const double db = signal_to_noise(&before, &after, 7);
    assert_true(db >= least_db);
    assert_true(after.n < before.n);
    file_free(&before);
    file_free(&after);
}

static void dynamic_range_puts_int8_into_the_op(void **state)
{
    (void)state;
    check_dense(&(ln_quantize_options){.mode = LN_QUANT_DYNAMIC}, kTfLiteInt8, 0, 35);
}

static void weight_only_dequantizes_before_the_op(void **state)
{
    (void)state;
    check_dense(&(ln_quantize_options){.mode = LN_QUANT_WEIGHT_ONLY}, kTfLiteInt8, 1, 40);
    check_dense(&(ln_quantize_options){.mode = LN_QUANT_WEIGHT_ONLY, .weight_bits = 4}, kTfLiteInt4,
                1, 15);
}

static void float16_converts_every_constant(void **state)
{
    (void)state;
    check_dense(&(ln_quantize_options){.mode = LN_QUANT_FLOAT16}, kTfLiteFloat16, 2, 60);
}

static void blocks_beat_rows_where_a_row_is_uneven(void **state)
{
    (void)state;
    graph g;
    file before, rows, blocks;
    graph_begin(&g);
    build_dense(&g);
    float *from = (float *)(uintptr_t)g.m->graphs[0]->tensors[1].t.data.f, w[32 * 64];
    for (int i = 0; i < 32; i++)
        for (int k = 0; k < 32; k++)
            from[i * 64 + k] *= 50; /* the first half of each row is large */
    memcpy(w, from, sizeof w);
    graph_end(&g, &before);
    ln_quantize_options o = {.mode = LN_QUANT_WEIGHT_ONLY, .weight_bits = 4};
    quantize(&before, &o, &rows);
    o.block_size = 32;
    quantize(&before, &o, &blocks);
    assert_int_equal(count_op(&blocks, &ln_op_dequantize), 0);
    assert_true(weights_error(&blocks, w, 64, 32) < weights_error(&rows, w, 64, 32) / 10);
    file_free(&before);
    file_free(&rows);
    file_free(&blocks);
}

static void small_constants_and_kept_ops_stay(void **state)
{
    (void)state;
    graph g;
    file before, after;
    graph_begin(&g);
    build_dense(&g);
    graph_end(&g, &before);
    const char *const keep[] = {"FULLY_CONNECTED"};
    quantize(&before, &(ln_quantize_options){.keep_float = keep, .n_keep_float = 1}, &after);
    assert_int_equal(count_type(&after, kTfLiteInt8), 0);
    file_free(&after);
    quantize(&before, &(ln_quantize_options){.min_items = 4096}, &after);
    assert_int_equal(count_type(&after, kTfLiteInt8), 0);
    file_free(&after);
    file_free(&before);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    static const ln_quantize_options wrong[] = {
        {.weight_bits = 3},
        {.weight_bits = 4, .mode = LN_QUANT_FLOAT16},
        {.weight_bits = 4, .mode = LN_QUANT_WEIGHT_ONLY, .block_size = 48},
        {.block_size = 32},
        {.mode = (ln_quant_mode)77},
    };
    graph g;
    file f;
    graph_begin(&g);
    build_dense(&g);
    graph_end(&g, &f);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ln_quantize_error error;
        assert_null(ln_quantize(f.bytes, f.n, &wrong[i], &error));
        assert_true(error.text[0]);
    }
    ln_quantize_error error;
    assert_null(ln_quantize("none", 4, &wrong[0], &error));
    file_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dynamic_range_puts_int8_into_the_op),
        cmocka_unit_test(weight_only_dequantizes_before_the_op),
        cmocka_unit_test(float16_converts_every_constant),
        cmocka_unit_test(blocks_beat_rows_where_a_row_is_uneven),
        cmocka_unit_test(small_constants_and_kept_ops_stay),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
