/* SPDX-License-Identifier: Apache-2.0 */
/* cells.c: recurrent operators as integers: their results are near the float ones over several
 * calls, their states have the types and scales that TFLite's kernels ask for. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "quant/calibrate.h"
#include "quant/stats.h"
#include "quant_test.h"

enum { TIME = 6, IN = 5, CELLS = 8, OUT = 4, LSTM_INPUTS = 24 };

static ln_id values(graph *g, int rows, int columns, unsigned seed)
{
    const int n = rows * (columns ? columns : 1);
    const ln_shape s = {columns ? 2 : 1, {rows, columns}};
    return ln_emit_constant(&g->e, kTfLiteFloat32, &s, noise(g, n, seed), (size_t)n * sizeof(float),
                            false);
}

static ln_id variable(graph *g, int n)
{
    ln_id id;
    assert_int_equal(ln_graph_add_tensor(g->m, g->m->graphs[0], "state", kTfLiteFloat32, 2,
                                         (const int[]){1, n}, &id),
                     LN_OK);
    g->m->graphs[0]->tensors[id].t.is_variable = true;
    return id;
}

/* `rich`: with layer norm and a projection, without an input gate. */
static void build_lstm(file *f, bool rich)
{
    graph g;
    graph_begin(&g);
    const ln_shape s = {3, {1, TIME, IN}};
    const int n_out = rich ? OUT : CELLS;
    ln_id in[LSTM_INPUTS];
    for (int i = 0; i < LSTM_INPUTS; i++)
        in[i] = -1;
    in[0] = ln_emit_input(&g.e, "x", kTfLiteFloat32, &s);
    for (int k = rich; k < 4; k++) {
        in[1 + k] = values(&g, CELLS, IN, 10 + (unsigned)k);
        in[5 + k] = values(&g, CELLS, n_out, 20 + (unsigned)k);
        in[12 + k] = values(&g, CELLS, 0, 30 + (unsigned)k);
        in[20 + k] = rich ? values(&g, CELLS, 0, 40 + (unsigned)k) : -1;
    }
    if (rich) {
        in[16] = values(&g, OUT, CELLS, 50);
        in[17] = values(&g, OUT, 0, 51);
    }
    in[18] = variable(&g, n_out);
    in[19] = variable(&g, CELLS);
    const TfLiteUnidirectionalSequenceLSTMParams p = {.activation = kTfLiteActTanh,
                                                      .cell_clip = 10};
    ln_emit_output(&g.e, ln_emit_nary(&g.e, &ln_op_unidirectional_sequence_lstm, &p,
                                      rich ? LSTM_INPUTS : 20, in));
    graph_end(&g, f);
}

static void build_svdf(file *f)
{
    graph g;
    graph_begin(&g);
    const ln_shape s = {2, {1, IN}};
    const ln_id in[] = {ln_emit_input(&g.e, "x", kTfLiteFloat32, &s), values(&g, 2 * OUT, IN, 1),
                        values(&g, 2 * OUT, TIME, 2), values(&g, OUT, 0, 3),
                        variable(&g, 2 * OUT * TIME)};
    const TfLiteSVDFParams p = {.rank = 2, .activation = kTfLiteActRelu};
    ln_emit_output(&g.e, ln_emit_nary(&g.e, &ln_op_svdf, &p, 5, in));
    graph_end(&g, f);
}

static void check(file *before, int n_wide, double least_db)
{
    file after;
    ln_calibration *c = calibrate(before, 1, 60);
    quantize(before,
             &(ln_quantize_options){.mode = LN_QUANT_INT8,
                                    .calibration = c,
                                    .observer = LN_QUANT_MINMAX, /* the first call is a rare one */
                                    .strict = true},
             &after);
    int wide = 0;
    const ln_graph *g = after.m->graphs[0];
    for (int i = 0; i < g->n_tensors; i++) {
        int exponent;
        const TfLiteTensor *t = &g->tensors[i].t;
        if (!t->is_variable || t->type != kTfLiteInt16)
            continue;
        wide++;
        if (g->nodes[1].op == &ln_op_unidirectional_sequence_lstm)
            assert_true(frexpf(t->params.scale, &exponent) == 0.5f);
    }
    assert_int_equal(wide, n_wide);
    const double db = signal_to_noise(before, &after, 80);
    if (db < least_db)
        fail_msg("%g dB", db);
    ln_calibration_free(c);
    file_free(&after);
    file_free(before);
}

static void test_lstm(void **state)
{
    (void)state;
    file f;
    build_lstm(&f, false);
    check(&f, 1, 35);
}

static void test_lstm_with_norm_and_projection(void **state)
{
    (void)state;
    file f;
    build_lstm(&f, true);
    check(&f, 1, 18); /* it runs from a state of zeros, of which the samples show one */
}

static void test_svdf(void **state)
{
    (void)state;
    file f;
    build_svdf(&f);
    check(&f, 1, 30);
}

/* What a state holds in the middle of a sequence counts, not only what is left at the end. */
static void test_the_state_is_seen_at_every_step(void **state)
{
    (void)state;
    file f;
    build_lstm(&f, false);
    ln_calibration *c = calibrate(&f, 1, 3);
    const ln_graph *g = f.m->graphs[0];
    void *bytes;
    size_t n;
    ln_quantize_error error;
    assert_true(ln_calibration_save(c, &bytes, &n, &error));
    ln_calibration *again = NULL;
    assert_true(ln_calibration_add(&again, bytes, n, &error));
    const ln_stat *s = ln_stats_of(ln_calibration_stats(again), 0, g->nodes[0].inputs->data[19]);
    assert_non_null(s);
    assert_int_equal(s->arrays, 2 * TIME);
    ln_calibration_free_bytes(bytes);
    ln_calibration_free(again);
    ln_calibration_free(c);
    file_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lstm),
        cmocka_unit_test(test_lstm_with_norm_and_projection),
        cmocka_unit_test(test_svdf),
        cmocka_unit_test(test_the_state_is_seen_at_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
