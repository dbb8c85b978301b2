/* SPDX-License-Identifier: Apache-2.0 */
/* integer.c: full integer models of small graphs made here: results near the float model's, the
 * scales that the specification asks for, types of inputs and outputs, what stays in float, and
 * what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "quant/stats.h"
#include "quant_test.h"

enum { C = 8 };

static ln_id floats(graph *g, const ln_shape *s, unsigned seed)
{
    const int n = ln_shape_count(s, 0, s->rank);
    return ln_emit_constant(&g->e, kTfLiteFloat32, s, noise(g, n, seed), (size_t)n * sizeof(float),
                            false);
}

static ln_id conv(graph *g, ln_id x, unsigned seed)
{
    const TfLiteConvParams p = {.padding = kTfLitePaddingSame,
                                .stride_width = 1,
                                .stride_height = 1,
                                .activation = kTfLiteActRelu,
                                .dilation_width_factor = 1,
                                .dilation_height_factor = 1};
    const ln_id in[] = {x, floats(g, &(ln_shape){4, {C, 3, 3, C}}, seed),
                        floats(g, &(ln_shape){1, {C}}, seed + 1)};
    return ln_emit_nary(&g->e, &ln_op_conv_2d, &p, 3, in);
}

/* Two convolutions, joined by ADD or CONCATENATION, then `last` where it is one. */
static void build(file *f, bool concat, const ln_op *last)
{
    graph g;
    graph_begin(&g);
    const ln_shape s = {4, {1, 6, 6, C}};
    const ln_id x = ln_emit_input(&g.e, "x", kTfLiteFloat32, &s);
    const ln_id a = conv(&g, x, 1), b = conv(&g, a, 3);
    const TfLiteSoftmaxParams one = {.beta = 1};
    ln_id y = concat ? ln_emit_concat(&g.e, 2, (const ln_id[]){a, b}, 3)
                     : ln_emit_binary(&g.e, &ln_op_add, NULL, a, b);
    if (last)
        y = ln_emit_unary(&g.e, last, last == &ln_op_softmax ? &one : NULL, y);
    ln_emit_output(&g.e, y);
    graph_end(&g, f);
}

static const TfLiteTensor *made_by(const file *f, const ln_op *op)
{
    const ln_graph *g = f->m->graphs[0];
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].op == op)
            return &g->tensors[g->nodes[i].outputs->data[0]].t;
    fail_msg("no %s", op->name);
    return NULL;
}

static void check(ln_quant_mode mode, bool per_tensor, double least_db)
{
    file before, after;
    build(&before, false, NULL);
    ln_calibration *c = calibrate(&before, 1, 20);
    quantize(&before,
             &(ln_quantize_options){
                 .mode = mode, .calibration = c, .per_tensor = per_tensor, .strict = true},
             &after);
    assert_int_equal(count_type(&after, kTfLiteFloat32), 2);
    assert_int_equal(count_op(&after, &ln_op_quantize), 1);
    assert_int_equal(count_op(&after, &ln_op_dequantize), 1);
    assert_true(signal_to_noise(&before, &after, 50) >= least_db);
    ln_calibration_free(c);
    file_free(&before);
    file_free(&after);
}

static void integers_come_near_the_floats(void **state)
{
    (void)state;
    check(LN_QUANT_INT8, false, 30);
    check(LN_QUANT_INT8, true, 28);
    check(LN_QUANT_INT16X8, false, 38);
}

static void a_concatenation_has_one_scale(void **state)
{
    (void)state;
    file before, after;
    build(&before, true, NULL);
    ln_calibration *c = calibrate(&before, 1, 20);
    quantize(&before, &(ln_quantize_options){.mode = LN_QUANT_INT8, .calibration = c}, &after);
    const ln_graph *g = after.m->graphs[0];
    const float scale = made_by(&after, &ln_op_concatenation)->params.scale;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; g->nodes[i].op == &ln_op_concatenation && k < 2; k++)
            assert_true(g->tensors[g->nodes[i].inputs->data[k]].t.params.scale == scale);
    assert_true(signal_to_noise(&before, &after, 50) >= 28);
    ln_calibration_free(c);
    file_free(&before);
    file_free(&after);
}

static float scale_before_softmax(const file *model, const ln_quantize_options *o)
{
    file after;
    quantize(model, o, &after);
    const ln_graph *g = after.m->graphs[0];
    float scale = 0;
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].op == &ln_op_softmax)
            scale = g->tensors[g->nodes[i].inputs->data[0]].t.params.scale;
    file_free(&after);
    return scale;
}

static void sixteen_bits_leave_room(void **state)
{
    (void)state;
    file before;
    build(&before, false, &ln_op_softmax);
    ln_calibration *c = calibrate(&before, 1, 20);
    ln_quantize_options o = {.mode = LN_QUANT_INT16X8, .calibration = c};
    const float roomy = scale_before_softmax(&before, &o);
    o.observer = LN_QUANT_MINMAX;
    const float tight = scale_before_softmax(&before, &o);
    assert_true(tight > 0 && roomy >= tight * 1.49f && roomy < tight * 3);
    ln_calibration_free(c);
    file_free(&before);
}

static void a_softmax_has_its_own_scale(void **state)
{
    (void)state;
    file before, after;
    build(&before, false, &ln_op_softmax);
    ln_calibration *c = calibrate(&before, 1, 20);
    ln_quantize_options o = {.mode = LN_QUANT_INT8, .calibration = c};
    quantize(&before, &o, &after);
    assert_true(made_by(&after, &ln_op_softmax)->params.scale == 1.f / 256);
    assert_int_equal(made_by(&after, &ln_op_softmax)->params.zero_point, -128);
    file_free(&after);
    o.mode = LN_QUANT_INT16X8;
    quantize(&before, &o, &after);
    assert_true(made_by(&after, &ln_op_softmax)->params.scale == 1.f / 32768);
    ln_calibration_free(c);
    file_free(&before);
    file_free(&after);
}

static void inputs_and_outputs_take_the_types_asked_for(void **state)
{
    (void)state;
    static const TfLiteType types[] = {kTfLiteInt8, kTfLiteUInt8};
    file before, after;
    build(&before, false, NULL);
    ln_calibration *c = calibrate(&before, 1, 20);
    for (int i = 0; i < 2; i++) {
        quantize(&before,
                 &(ln_quantize_options){.mode = LN_QUANT_INT8,
                                        .calibration = c,
                                        .input_type = types[i],
                                        .output_type = types[i]},
                 &after);
        const ln_graph *g = after.m->graphs[0];
        assert_int_equal(g->tensors[g->inputs->data[0]].t.type, types[i]);
        assert_int_equal(g->tensors[g->outputs->data[0]].t.type, types[i]);
        assert_int_equal(count_type(&after, kTfLiteFloat32), 0);
        assert_true(signal_to_noise(&before, &after, 50) >= 28);
        file_free(&after);
    }
    ln_calibration_free(c);
    file_free(&before);
}

static void what_has_no_integer_form_stays_or_is_named(void **state)
{
    (void)state;
    file before, after;
    ln_quantize_error error;
    build(&before, false, &ln_op_sin);
    ln_calibration *c = calibrate(&before, 1, 20);
    ln_quantize_options o = {.mode = LN_QUANT_INT8, .calibration = c};
    quantize(&before, &o, &after);
    assert_int_equal(made_by(&after, &ln_op_sin)->type, kTfLiteFloat32);
    assert_int_equal(made_by(&after, &ln_op_add)->type, kTfLiteInt8);
    o.strict = true;
    assert_null(ln_quantize(before.bytes, before.n, &o, &error));
    assert_non_null(strstr(error.text, "SIN"));
    ln_calibration_free(c);
    file_free(&before);
    file_free(&after);
}

static void kept_nodes_stay_in_float(void **state)
{
    (void)state;
    static const char *const keep[] = {"ADD"};
    file before, after;
    build(&before, false, NULL);
    ln_calibration *c = calibrate(&before, 1, 20);
    quantize(&before,
             &(ln_quantize_options){
                 .mode = LN_QUANT_INT8, .calibration = c, .keep_float = keep, .n_keep_float = 1},
             &after);
    assert_int_equal(made_by(&after, &ln_op_add)->type, kTfLiteFloat32);
    assert_int_equal(made_by(&after, &ln_op_conv_2d)->type, kTfLiteInt8);
    ln_calibration_free(c);
    file_free(&before);
    file_free(&after);
}

/* ---- statistics ---- */

static void merged_statistics_are_those_of_one_pass(void **state)
{
    (void)state;
    file f;
    ln_quantize_error error;
    void *parts[3], *merged, *whole;
    size_t n[3], n_merged, n_whole;
    build(&f, true, &ln_op_tanh);
    for (unsigned i = 0; i < 3; i++) {
        ln_calibration *c = calibrate(&f, 1 + 5 * i, 6 + 5 * i);
        assert_true(ln_calibration_save(c, &parts[i], &n[i], &error));
        ln_calibration_free(c);
    }
    ln_calibration *all = calibrate(&f, 1, 16), *sum = NULL;
    assert_true(ln_calibration_save(all, &whole, &n_whole, &error));
    for (int i = 2; i >= 0; i--) /* not in their order */
        assert_true(ln_calibration_add(&sum, parts[i], n[i], &error));
    assert_true(ln_calibration_save(sum, &merged, &n_merged, &error));
    assert_int_equal(n_merged, n_whole);
    assert_memory_equal(merged, whole, n_whole);
    for (int i = 0; i < 3; i++)
        ln_calibration_free_bytes(parts[i]);
    ln_calibration_free_bytes(merged);
    ln_calibration_free_bytes(whole);
    ln_calibration_free(all);
    ln_calibration_free(sum);
    file_free(&f);
}

static void damaged_statistics_are_refused(void **state)
{
    (void)state;
    file f;
    ln_quantize_error error;
    void *bytes;
    size_t n;
    build(&f, false, NULL);
    ln_calibration *c = calibrate(&f, 1, 3);
    assert_true(ln_calibration_save(c, &bytes, &n, &error));
    for (size_t cut = 0; cut < n; cut += 7) {
        ln_calibration *read = NULL;
        assert_false(ln_calibration_add(&read, bytes, cut, &error));
        assert_null(read);
    }
    ln_calibration_free(c);
    ln_calibration_free_bytes(bytes);
    file_free(&f);
}

static void statistics_of_another_model_are_refused(void **state)
{
    (void)state;
    file a, b;
    ln_quantize_error error;
    build(&a, false, NULL);
    build(&b, true, NULL);
    ln_calibration *c = calibrate(&a, 1, 3);
    const ln_quantize_options o = {.mode = LN_QUANT_INT8, .calibration = c};
    assert_null(ln_quantize(b.bytes, b.n, &o, &error));
    assert_null(ln_quantize(a.bytes, a.n, &(ln_quantize_options){.mode = LN_QUANT_INT8}, &error));
    ln_calibration_free(c);
    file_free(&a);
    file_free(&b);
}

/* Values from -1 to 1, and a single 4. */
static void observers_give_up_what_is_far_out(void **state)
{
    (void)state;
    enum { N = 1 << 16, ARRAYS = 16 };
    static const ln_quant_observer observers[] = {LN_QUANT_PERCENTILE, LN_QUANT_MSE,
                                                  LN_QUANT_ENTROPY};
    static float x[N];
    ln_stats *s;
    float low, high;
    const int one = 1;
    assert_int_equal(ln_stats_create(&s, 0, 1, &one, &ln_alloc_default), LN_OK);
    for (int i = 0; i < N; i++)
        x[i] = (float)i / (N / 2) - 1;
    for (int k = 0; k < ARRAYS; k++)
        assert_int_equal(ln_stats_observe(s, 0, 0, x, N, 0), LN_OK);
    x[0] = 4;
    assert_int_equal(ln_stats_observe(s, 0, 0, x, 1, 0), LN_OK);
    const ln_stat *t = ln_stats_of(s, 0, 0);
    ln_observing how = {.observer = LN_QUANT_MINMAX, .percentile = 99, .bits = 8};
    assert_int_equal(ln_stat_range(t, &how, &low, &high), LN_OK);
    assert_true(low == -1 && high == 4);
    how.observer = LN_QUANT_AVERAGE;
    assert_int_equal(ln_stat_range(t, &how, &low, &high), LN_OK);
    assert_float_equal(high, (ARRAYS * (1 - 2.f / N) + 4) / (ARRAYS + 1), 1e-5f);
    for (size_t i = 0; i < sizeof observers / sizeof *observers; i++) {
        how.observer = observers[i];
        assert_int_equal(ln_stat_range(t, &how, &low, &high), LN_OK);
        assert_true(high > 0.9f && high < 2);
        assert_true(low < -0.9f);
    }
    ln_stats_free(s);
}

/* The range of the largest values of 64 arrays, 1 to 1.63, among `n` others. */
static void range_of_few(int n, ln_quant_observer observer, bool tops, float *low, float *high)
{
    enum { N = 1 << 12, ARRAYS = 64 };
    static float x[N];
    ln_stats *s;
    const int one = 1;
    const ln_observing how = {.observer = observer, .bits = 8, .tops = tops};
    assert_int_equal(ln_stats_create(&s, 0, 1, &one, &ln_alloc_default), LN_OK);
    for (int k = 0; k < ARRAYS; k++) {
        x[0] = 1 + (float)k / 100;
        for (int i = 1; i < n; i++)
            x[i] = (float)i / (float)n;
        assert_int_equal(ln_stats_observe(s, 0, 0, x, (size_t)n, 0), LN_OK);
    }
    assert_int_equal(ln_stat_range(ln_stats_of(s, 0, 0), &how, low, high), LN_OK);
    ln_stats_free(s);
}

/* Of few values, one more may well be larger. */
static void a_range_of_few_values_goes_on(void **state)
{
    (void)state;
    float low, high;
    range_of_few(4, LN_QUANT_MSE, false, &low, &high);
    assert_true(low >= 0 && high > 1.65f && high < 1.8f);
    range_of_few(4, LN_QUANT_MINMAX, false, &low, &high);
    assert_true(high == 1.63f);
    range_of_few(1 << 12, LN_QUANT_MSE, false, &low, &high);
    assert_true(high <= 1.63f);
}

/* ... and of any number where the largest rules the outcome. */
static void the_top_of_logits_is_kept(void **state)
{
    (void)state;
    float low, high;
    range_of_few(1 << 12, LN_QUANT_MSE, true, &low, &high);
    assert_true(low >= 0 && high > 1.7f && high < 1.9f);
    range_of_few(1 << 12, LN_QUANT_MINMAX, true, &low, &high);
    assert_true(high == 1.63f);
}

/* x -> MAXIMUM with 0 -> convolution; x is an output, too, where asked. */
static float scale_below_a_maximum(bool read)
{
    graph g;
    file before, after;
    graph_begin(&g);
    const ln_id x = ln_emit_input(&g.e, "x", kTfLiteFloat32, &(ln_shape){4, {1, 6, 6, C}});
    const float zero = 0;
    const ln_id none = ln_emit_constant(&g.e, kTfLiteFloat32, &(ln_shape){0}, &zero, 4, true);
    ln_emit_output(&g.e, conv(&g, ln_emit_binary(&g.e, &ln_op_maximum, NULL, x, none), 1));
    if (read)
        ln_emit_output(&g.e, conv(&g, x, 5));
    graph_end(&g, &before);
    ln_calibration *c = calibrate(&before, 1, 20);
    quantize(&before,
             &(ln_quantize_options){
                 .mode = LN_QUANT_INT8, .calibration = c, .observer = LN_QUANT_MINMAX},
             &after);
    const float scale = made_by(&after, &ln_op_quantize)->params.scale;
    assert_true(signal_to_noise(&before, &after, 50) >= 25);
    ln_calibration_free(c);
    file_free(&before);
    file_free(&after);
    return scale;
}

static void what_is_never_picked_takes_no_range(void **state)
{
    (void)state;
    assert_float_equal(scale_below_a_maximum(true) / scale_below_a_maximum(false), 2, 0.1f);
}

/* The mean over the samples of the calibration. */
static double mean_db(const file *a, const file *b, unsigned from, unsigned to)
{
    double sum = 0;
    for (unsigned seed = from; seed < to; seed++)
        sum += signal_to_noise(a, b, seed) / (to - from);
    return sum;
}

static void corrected_biases_come_nearer(void **state)
{
    (void)state;
    enum { FROM = 1, TO = 60 };
    file f, plain, better;
    build(&f, true, NULL);
    ln_calibration *c = calibrate(&f, FROM, TO);
    ln_quantize_options o = {.mode = LN_QUANT_INT8, .calibration = c};
    quantize(&f, &o, &plain);
    o.correct_bias = true;
    quantize(&f, &o, &better);
    assert_true(mean_db(&f, &better, FROM, TO) > mean_db(&f, &plain, FROM, TO));
    ln_calibration_free(c);
    file_free(&f);
    file_free(&plain);
    file_free(&better);
}

static void poor_samples_are_warned_of(void **state)
{
    (void)state;
    file f;
    build(&f, false, NULL);
    ln_calibration *c = calibrate(&f, 1, 3);
    assert_non_null(strstr(ln_calibration_warning(c, 0), "only 2 samples"));
    ln_calibration_free(c);
    file_free(&f);
}

/* Comparisons of TensorFlow Lite end the process where the scale is 1 or more. */
static void wide_comparisons_stay_float(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        static const float zero;
        const float factor = wide ? 1000 : 0.1f;
        const ln_shape s = {4, {1, 6, 6, C}}, one = {0};
        file before, after;
        graph g;
        graph_begin(&g);
        const ln_id a = conv(&g, ln_emit_input(&g.e, "x", kTfLiteFloat32, &s), 1);
        const ln_id k = ln_emit_constant(&g.e, kTfLiteFloat32, &one, &factor, sizeof factor, true);
        const ln_id o = ln_emit_constant(&g.e, kTfLiteFloat32, &one, &zero, sizeof zero, true);
        const ln_id b = ln_emit_binary(&g.e, &ln_op_mul, NULL, a, k);
        ln_emit_output(&g.e, ln_emit_binary(&g.e, &ln_op_greater, NULL, b, o));
        ln_emit_output(&g.e, b);
        graph_end(&g, &before);
        ln_calibration *c = calibrate(&before, 1, 20);
        quantize(&before, &(ln_quantize_options){.mode = LN_QUANT_INT8, .calibration = c}, &after);
        const ln_graph *made = after.m->graphs[0];
        int found = 0;
        for (int i = 0; i < made->n_nodes; i++)
            if (made->nodes[i].op == &ln_op_greater) {
                const TfLiteTensor *t = &made->tensors[made->nodes[i].inputs->data[0]].t;
                assert_int_equal(t->type, wide ? kTfLiteFloat32 : kTfLiteInt8);
                found++;
            }
        assert_int_equal(found, 1);
        assert_int_equal(made_by(&after, &ln_op_mul)->type, kTfLiteInt8);
        ln_calibration_free(c);
        file_free(&before);
        file_free(&after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_come_near_the_floats),
        cmocka_unit_test(a_concatenation_has_one_scale),
        cmocka_unit_test(a_softmax_has_its_own_scale),
        cmocka_unit_test(sixteen_bits_leave_room),
        cmocka_unit_test(the_top_of_logits_is_kept),
        cmocka_unit_test(inputs_and_outputs_take_the_types_asked_for),
        cmocka_unit_test(what_has_no_integer_form_stays_or_is_named),
        cmocka_unit_test(kept_nodes_stay_in_float),
        cmocka_unit_test(merged_statistics_are_those_of_one_pass),
        cmocka_unit_test(damaged_statistics_are_refused),
        cmocka_unit_test(statistics_of_another_model_are_refused),
        cmocka_unit_test(observers_give_up_what_is_far_out),
        cmocka_unit_test(a_range_of_few_values_goes_on),
        cmocka_unit_test(what_is_never_picked_takes_no_range),
        cmocka_unit_test(corrected_biases_come_nearer),
        cmocka_unit_test(poor_samples_are_warned_of),
        cmocka_unit_test(wide_comparisons_stay_float),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
