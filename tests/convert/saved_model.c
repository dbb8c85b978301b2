/* SPDX-License-Identifier: Apache-2.0 */
/* saved_model.c: SavedModels of tests/data/saved_model (make_saved_model.py and
 * make_stateful_models.py make them) are converted and run; broken checkpoints are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/leveldb.h"
#include "fb/flexbuffers.h"
#include "fb/flexwriter.h"
#include "linnet/convert.h"
#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/common.h"

#define FOLDER LINNET_TEST_DATA "/saved_model/"

typedef struct running {
    ln_conversion *c;
    TfLiteModel *model;
    TfLiteInterpreter *interpreter;
} running;

static running start_with(const char *name, ln_convert_options options)
{
    ln_convert_error error;
    char path[512];
    size_t n;
    running r = {0};
    snprintf(path, sizeof path, FOLDER "%s", name);
    r.c = ln_convert(path, &options, &error);
    if (!r.c)
        fail_msg("%s", error.text);
    const void *bytes = ln_conversion_model(r.c, &n);
    r.model = TfLiteModelCreate(bytes, n);
    assert_non_null(r.model);
    r.interpreter = TfLiteInterpreterCreate(r.model, NULL);
    assert_non_null(r.interpreter);
    assert_int_equal(TfLiteInterpreterAllocateTensors(r.interpreter), kTfLiteOk);
    return r;
}

static running start(const char *name)
{
    return start_with(name, (ln_convert_options){0});
}

static void stop(running *r)
{
    TfLiteInterpreterDelete(r->interpreter);
    TfLiteModelDelete(r->model);
    ln_conversion_free(r->c);
}

static void feed(const running *r, int input, const void *data, size_t n)
{
    TfLiteTensor *t = TfLiteInterpreterGetInputTensor(r->interpreter, input);
    assert_int_equal(TfLiteTensorCopyFromBuffer(t, data, n), kTfLiteOk);
}

static void expect(const running *r, const float *want, int n)
{
    float got[64];
    assert_in_range(n, 1, LN_COUNTOF(got));
    assert_int_equal(TfLiteInterpreterInvoke(r->interpreter), kTfLiteOk);
    const TfLiteTensor *y = TfLiteInterpreterGetOutputTensor(r->interpreter, 0);
    assert_int_equal(TfLiteTensorCopyToBuffer(y, got, (size_t)n * sizeof *got), kTfLiteOk);
    for (int i = 0; i < n; i++)
        assert_float_equal(got[i], want[i], 1e-5);
}

/* Variables come from the checkpoint by the function that restores it, not by their names. */
static void a_layer_has_its_weights(void **state)
{
    running r = start("dense");
    (void)state;
    const TfLiteTensor *x = TfLiteInterpreterGetInputTensor(r.interpreter, 0);
    assert_string_equal(TfLiteTensorName(x), "in_x:0");
    assert_int_equal(TfLiteTensorNumDims(x), 2);
    feed(&r, 0, (const float[]){1, 0, -1}, 3 * sizeof(float));
    expect(&r, (const float[]){6, 16}, 2); /* 1 - 5 + 10, 2 - 6 + 20 */
    feed(&r, 0, (const float[]){-100, 0, 0}, 3 * sizeof(float));
    expect(&r, (const float[]){0, 0}, 2);
    stop(&r);
}

static void a_loop_runs_as_often_as_it_is_told(void **state)
{
    running r = start("loop");
    (void)state;
    const TfLiteTensor *first = TfLiteInterpreterGetInputTensor(r.interpreter, 0);
    const int n = TfLiteTensorType(first) == kTfLiteInt32 ? 0 : 1;
    feed(&r, n, (const int32_t[]){3}, sizeof(int32_t));
    feed(&r, 1 - n, (const float[]){1, -2}, 2 * sizeof(float));
    expect(&r, (const float[]){8, -16}, 2);
    feed(&r, n, (const int32_t[]){0}, sizeof(int32_t));
    expect(&r, (const float[]){1, -2}, 2);
    stop(&r);
}

/* Each turn hands the values on, each to the next: their shapes are known one after the other. */
static void shapes_of_a_loop_settle(void **state)
{
    running r = start("shifting");
    (void)state;
    const TfLiteTensor *first = TfLiteInterpreterGetInputTensor(r.interpreter, 0);
    const int n = TfLiteTensorType(first) == kTfLiteInt32 ? 0 : 1;
    feed(&r, 1 - n, (const float[]){3}, sizeof(float));
    feed(&r, n, (const int32_t[]){5}, sizeof(int32_t));
    expect(&r, (const float[]){3}, 1);
    feed(&r, n, (const int32_t[]){7}, sizeof(int32_t));
    expect(&r, (const float[]){3, 10, 10}, 3);
    stop(&r);
}

/* The loop's body shows what the list holds. */
static void a_list_is_filled_by_a_loop(void **state)
{
    running r = start("pushed");
    (void)state;
    const TfLiteTensor *first = TfLiteInterpreterGetInputTensor(r.interpreter, 0);
    const int n = TfLiteTensorType(first) == kTfLiteInt32 ? 0 : 1;
    feed(&r, 1 - n, (const float[]){3, -1}, 2 * sizeof(float));
    feed(&r, n, (const int32_t[]){3}, sizeof(int32_t));
    expect(&r, (const float[]){3, -1, 6, -2, 12, -4}, 6);
    stop(&r);
}

/* It starts with the checkpoint's value, 1 and 2, and goes on from call to call. */
static void an_assigned_variable_stays_one(void **state)
{
    running r = start("counter");
    (void)state;
    feed(&r, 0, (const float[]){10, 20}, 2 * sizeof(float));
    expect(&r, (const float[]){11, 22}, 2);
    expect(&r, (const float[]){21, 42}, 2);
    stop(&r);
}

/* What is accumulated is [1, 2.5] after the first step, and [1.5, 3.25] after the second. */
static void parts_of_a_variable_are_assigned(void **state)
{
    running r = start("parts");
    (void)state;
    feed(&r, 0, (const float[]){10, 20}, 2 * sizeof(float));
    expect(&r, (const float[]){11, 22, 9, 9, 20, 46}, 6);
    expect(&r, (const float[]){21, 42, 9, 9, 20, 86}, 6);
    stop(&r);
}

static void lists_are_put_together_and_cut(void **state)
{
    static const float x[] = {1, 2, 3, 4, 5, 6};
    running r = start("items");
    (void)state;
    feed(&r, 0, x, sizeof x);
    expect(&r, (const float[]){4, 5, 6, 4, 5, 6, 0, 0, 0, 1, 2, 3, 4, 5, 6}, 15);
    stop(&r);
}

static void the_last_update_of_a_place_stays(void **state)
{
    running r = start("places");
    (void)state;
    feed(&r, 0, (const int32_t[]){0, 1, 1, 0, 0, 1}, 6 * sizeof(int32_t));
    feed(&r, 1, (const float[]){5, 6, 0, -1}, 4 * sizeof(float));
    expect(&r, (const float[]){5, 3, 2, -1, 5, 6, 2, -1}, 8);
    stop(&r);
}

static void an_optimizer_makes_its_steps(void **state)
{
    running r = start("descent");
    (void)state;
    feed(&r, 0, (const float[]){1, 2}, 2 * sizeof(float));
    expect(&r, (const float[]){0.9f, 1.75f}, 2);
    expect(&r, (const float[]){0.75f, 1.425f}, 2);
    stop(&r);
}

static void a_variable_has_the_value_of_its_copy(void **state)
{
    running r = start("copied");
    (void)state;
    feed(&r, 0, (const float[]){1, 2}, 2 * sizeof(float));
    expect(&r, (const float[]){3, 8}, 2);
    stop(&r);
}

/* Integers of 8 bits that are plain numbers, not quantized ones; they wrap around. */
static void small_integers_are_numbers(void **state)
{
    static const float want[] = {255, 0, 198, 3, 208, 1, 2, 6, 5, 0, 0, 1, 1};
    running r = start("narrow");
    (void)state;
    feed(&r, 0, (const uint8_t[]){1, 2, 200, 5}, 4);
    expect(&r, want, (int)LN_COUNTOF(want));
    feed(&r, 0, (const uint8_t[]){0, 56, 200, 1}, 4);
    expect(&r, (const float[]){254, 54, 198, 255, 1, 0, 6, 6, 1, 0, 1, 1, 0}, 13);
    stop(&r);
}

/* A variable of TensorFlow 1 in parts: the checkpoint has its rows, the graph its columns, and the
 * whole. */
static void slices_are_put_together(void **state)
{
    static const float want[] = {1, 4, 9, 1, 4, 9, 4, 10, 18, 4, 10, 18, 7, 16, 27, 7, 16, 27};
    running r = start("pieces");
    (void)state;
    feed(&r, 0, (const float[]){1, 2, 3}, 3 * sizeof(float));
    expect(&r, want, (int)LN_COUNTOF(want));
    stop(&r);
}

/* Columns of one file, and the numbers of another one's lines; -1 where there is none. */
static void feed_words(const running *r, const char *const *words)
{
    struct {
        int32_t count, offsets[5];
        char text[10];
    } block = {.count = 4};
    block.offsets[0] = (int32_t)sizeof block.offsets + (int32_t)sizeof block.count;
    for (int i = 0, at = 0; i < 4; i++) {
        memcpy(block.text + at, words[i], strlen(words[i]));
        at += (int)strlen(words[i]);
        block.offsets[i + 1] = block.offsets[0] + at;
    }
    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(r->interpreter, 0);
    TfLiteTensorRealloc((size_t)block.offsets[4], x);
    memcpy(x->data.raw, &block, (size_t)block.offsets[4]);
}

static void tables_are_filled_from_text_files(void **state)
{
    static const char *const words[] = {"tea", "ice", "milk", ""};
    running r = start("words");
    (void)state;
    feed_words(&r, words);
    expect(&r, (const float[]){302, -20, 0, 6}, 4);
    stop(&r);
}

static void tables_of_other_types_have_their_values_aside(void **state)
{
    static const char *const words[] = {"tea", "ice", "milk", ""};
    running r = start("shelf");
    (void)state;
    feed_words(&r, words);
    expect(&r, (const float[]){3, -2, 0.5f, -1, -2, 0.5f, -1, -1, 3, 7, 4, 99}, 12);
    stop(&r);
}

/* The last branch is that of all other numbers. */
static void a_case_runs_the_branch_of_its_number(void **state)
{
    static const float want[][4] = {{2, 3, 4, 5}, {3, 0, 5, 6}, {4, 3, 2, 1}};
    static const int32_t numbers[] = {0, 1, 2, 7, -1};
    running r = start("choice");
    (void)state;
    const TfLiteTensor *first = TfLiteInterpreterGetInputTensor(r.interpreter, 0);
    const int k = TfLiteTensorType(first) == kTfLiteInt32 ? 0 : 1;
    feed(&r, 1 - k, (const float[]){1, 2, 3, 4}, 4 * sizeof(float));
    for (int i = 0; i < 5; i++) {
        feed(&r, k, &numbers[i], sizeof numbers[i]);
        expect(&r, want[i < 2 ? i : 2], 4);
    }
    stop(&r);
}

/* What operators give is known where the file does not say it: TopKV2's second output is one. */
static void branches_have_operators_of_their_own(void **state)
{
    running r = start_with("unlisted", (ln_convert_options){.select_tf_ops = true});
    (void)state;
    const TfLiteTensor *first = TfLiteInterpreterGetInputTensor(r.interpreter, 0);
    const int k = TfLiteTensorType(first) == kTfLiteInt32 ? 0 : 1;
    feed(&r, 1 - k, (const float[]){5, 7, 6}, 3 * sizeof(float));
    feed(&r, k, (const int32_t[]){0}, sizeof(int32_t));
    expect(&r, (const float[]){0, 0.693147f, 0}, 3);
    feed(&r, k, (const int32_t[]){1}, sizeof(int32_t));
    expect(&r, (const float[]){5, 7, 6}, 3);
    stop(&r);
}

/* TensorFlow Lite's ellipsis stands for one dimension at least. */
static void an_ellipsis_may_stand_for_nothing(void **state)
{
    running r = start("dots");
    (void)state;
    feed(&r, 0, (const float[]){1, 2, 3, 4, 5, 6}, 6 * sizeof(float));
    const TfLiteTensor *y = TfLiteInterpreterGetOutputTensor(r.interpreter, 0);
    assert_int_equal(TfLiteTensorDim(y, 0), 1);
    expect(&r, (const float[]){4, 5}, 2);
    stop(&r);
}

static void transposed_convolutions_dilate(void **state)
{
    running r = start("spread");
    (void)state;
    feed(&r, 0, (const float[]){1, 2}, 2 * sizeof(float));
    expect(&r, (const float[]){1, 0, 2, 0, 10, 0, 20, 100, 0, 200, 0, 1000, 0, 2000}, 14);
    stop(&r);
}

static void operators_are_written_out(void **state)
{
    /* From -1 to 1 the zero point lies half way between 127 and 128: TensorFlow computes 127. */
    const float step = 2.f / 255, high = 128 * step;
    static const float x[] = {1, 2, 3, 4, -2, 0, 0, 2};
    const float want[] = {
        10,   2.828427f, 2, 1,  1, 1, 1, 127 * step,  high, high,
        high, 0,         2, 0,  8, 1, 4, 0,           1,    38 * step,
        0,    2.828427f, 4, -1, 0, 0, 1, -127 * step, 0,    0,
        high, 0,         0, 0,  4, 4, 0, 0,           4,    -127 * step,
    };
    running r = start("arithmetic");
    ln_convert_summary summary;
    (void)state;
    /* Those of the weights are none: these are rounded when they are read. */
    ln_conversion_summary(r.c, &summary);
    assert_int_equal(summary.operators, 18);
    feed(&r, 0, x, sizeof x);
    expect(&r, want, (int)LN_COUNTOF(want));
    stop(&r);
}

/* What is computed of constants is what TensorFlow gives: 5e9 and 7^20 are cut, -1 wraps. */
static void numbers_beyond_an_integer_are_as_in_tensorflow(void **state)
{
    static const float x[] = {1, -1, 5};
    static const float want[] = {
        0, 0, 0, 255, 44, 0, 4294967295.f, 300, 705032704.f, -1199696159.f};
    running r = start("edges");
    (void)state;
    feed(&r, 0, x, sizeof x);
    expect(&r, want, (int)LN_COUNTOF(want));
    stop(&r);
}

/* keras.ops.slice_update is an operator of XLA in a SavedModel. */
static void updates_of_slices_are_one_operator(void **state)
{
    running r = start("slot");
    (void)state;
    feed(&r, 0, (const float[]){1, 2, 3}, 3 * sizeof(float));
    expect(&r, (const float[]){1, 9, 8}, 3);
    stop(&r);
}

/* A matrix that is no constant is not turned for a FULLY_CONNECTED, and what TensorFlow's own
 * operators give of constants is one: BATCH_MATMUL and ADD are left. */
static void products_take_few_operators(void **state)
{
    static const float x[] = {1, 2, 3, 0, 1, -1}, two = 0.6931472f; /* the logarithm of 2 */
    const float want[] = {1 + two, 2 + two, 3 + two, 2 + two, 5 + two,
                          5 + two, 3 + two, 5 + two, 10 + two};
    running r = start_with("products", (ln_convert_options){.select_tf_ops = true});
    ln_convert_summary summary;
    (void)state;
    ln_conversion_summary(r.c, &summary);
    assert_int_equal(summary.operators, 2);
    feed(&r, 0, x, sizeof x);
    expect(&r, want, (int)LN_COUNTOF(want));
    stop(&r);
}

static bool contains(const uint8_t *in, size_t n, const uint8_t *what, size_t length)
{
    for (size_t i = 0; i + length <= n; i++)
        if (memcmp(in + i, what, length) == 0)
            return true;
    return false;
}

static void count_custom(void *user, const ln_convert_finding *f)
{
    if (strcmp(f->op, "MaxUnpooling2D") == 0 || strcmp(f->op, "my_fused") == 0)
        *(int *)user += strcmp(f->fate, "custom") == 0;
    assert_string_not_equal(f->op, "SecretOp");
}

/* A function that says that it is a custom operator becomes one, with the options that TensorFlow
 * 2.21's converter wrote: a TfLitePoolParams; {count: 10, flag: -1, mode: "fast", rate: 0.5}. */
static void a_function_may_be_a_custom_operator(void **state)
{
    static const uint8_t pool[40] = {1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2};
    static const uint8_t map[] = {
        99,  111, 117, 110, 116, 0,   102, 108, 97,  103, 0,  109, 111, 100, 101, 0,   4,
        102, 97,  115, 116, 0,   114, 97,  116, 101, 0,   4,  28,  23,  19,  9,   4,   0,
        0,   0,   1,   0,   0,   0,   4,   0,   0,   0,   10, 0,   0,   0,   255, 255, 255,
        255, 35,  0,   0,   0,   0,   0,   0,   63,  6,   6,  20,  14,  20,  38,  1};
    int custom = 0;
    const ln_convert_options options = {.finding = count_custom, .user = &custom};
    ln_convert_error error;
    size_t n;
    (void)state;
    ln_conversion *c = ln_convert(FOLDER "composite", &options, &error);
    if (!c)
        fail_msg("%s", error.text);
    const uint8_t *model = ln_conversion_model(c, &n);
    assert_int_equal(custom, 2);
    assert_true(contains(model, n, pool, sizeof pool));
    assert_true(contains(model, n, map, sizeof map));
    ln_conversion_free(c);
}

/* Control flow of TensorFlow 1, in a frozen graph: x is doubled from turn to turn, but 3 less where
 * its first item is above 4; what is summed up is each turn's x and the last one. */
static void a_frozen_graph_of_tensorflow_1_runs(void **state)
{
    static const char *const inputs[] = {"n", "x"}, *const outputs[] = {"y"};
    running r = start_with(
        "frozen/graph.pb",
        (ln_convert_options){.inputs = inputs, .n_inputs = 2, .outputs = outputs, .n_outputs = 1});
    (void)state;
    feed(&r, 1, (const float[]){1, 2}, 2 * sizeof(float));
    feed(&r, 0, (const int32_t[]){3}, sizeof(int32_t));
    expect(&r, (const float[]){15, 30}, 2);
    feed(&r, 0, (const int32_t[]){4}, sizeof(int32_t));
    expect(&r, (const float[]){20, 43}, 2);
    stop(&r);
}

static void what_is_missing_is_named(void **state)
{
    const ln_convert_options options = {0};
    ln_convert_error error;
    (void)state;
    assert_null(ln_convert(FOLDER "foreign", &options, &error));
    assert_non_null(strstr(error.text, "StrangeOp"));
    assert_non_null(strstr(error.text, "--allow-custom-ops"));
}

static void a_loop_that_does_not_settle_is_named(void **state)
{
    const ln_convert_options options = {0};
    ln_convert_error error;
    (void)state;
    assert_null(ln_convert(FOLDER "endless", &options, &error));
    assert_non_null(strstr(error.text, "while: "));
    assert_non_null(strstr(error.text, "v63 of turn"));
    assert_non_null(strstr(error.text, "unroll=True"));
}

static void an_unknown_signature_is_named(void **state)
{
    static const char *const keys[] = {"train"};
    const ln_convert_options options = {.signatures = keys, .n_signatures = 1};
    ln_convert_error error;
    (void)state;
    assert_null(ln_convert(FOLDER "dense", &options, &error));
    assert_non_null(strstr(error.text, "train"));
}

/* ---- the checkpoint's index ---- */

static const ln_leveldb_kind index_kind = {"the index", 1 << 16, true};

static void the_index_is_read(void **state)
{
    ln_arena arena;
    ln_file f;
    ln_leveldb t;
    (void)state;
    ln_arena_init(&arena, &ln_alloc_default);
    assert_int_equal(
        ln_file_open(&f, FOLDER "dense/variables/variables.index", &ln_alloc_default, NULL), LN_OK);
    assert_int_equal(ln_leveldb_read(&t, f.data, f.size, &index_kind, &arena, NULL), LN_OK);
    assert_int_equal(t.n, 3);
    assert_string_equal(t.at[0].key, "");
    assert_string_equal(t.at[1].key, "layer/bias");
    assert_string_equal(t.at[2].key, "layer/kernel"); /* shares "layer/" with the one before */
    ln_file_close(&f);
    ln_arena_deinit(&arena);
}

/* Every byte of a block is under a checksum. */
static void a_changed_index_is_refused(void **state)
{
    ln_arena arena;
    ln_file f;
    ln_leveldb t;
    uint8_t bytes[512];
    (void)state;
    ln_arena_init(&arena, &ln_alloc_default);
    assert_int_equal(
        ln_file_open(&f, FOLDER "dense/variables/variables.index", &ln_alloc_default, NULL), LN_OK);
    const size_t size = f.size;
    assert_in_range(size, 48, sizeof bytes);
    memcpy(bytes, f.data, size);
    ln_file_close(&f);
    for (size_t i = 0; i < 40; i++) {
        bytes[i] ^= 1;
        assert_int_equal(ln_leveldb_read(&t, bytes, size, &index_kind, &arena, NULL),
                         LN_ERR_FORMAT);
        bytes[i] ^= 1;
    }
    for (size_t cut = 0; cut < size; cut++)
        assert_int_equal(ln_leveldb_read(&t, bytes, cut, &index_kind, &arena, NULL), LN_ERR_FORMAT);
    ln_arena_deinit(&arena);
}

static void snappy_is_unpacked(void **state)
{
    /* 12 bytes: the literal "abcd", then a copy of 8 from 4 back */
    static const uint8_t packed[] = {12, 3 << 2, 'a', 'b', 'c', 'd', 1 | 4 << 2, 4};
    static const uint8_t too_far[] = {12, 3 << 2, 'a', 'b', 'c', 'd', 1 | 4 << 2, 5};
    ln_arena arena;
    size_t n;
    (void)state;
    ln_arena_init(&arena, &ln_alloc_default);
    const uint8_t *out = ln_snappy_unpack(packed, sizeof packed, 100, &arena, &n);
    assert_non_null(out);
    assert_int_equal(n, 12);
    assert_memory_equal(out, "abcdabcdabcd", 12);
    assert_null(ln_snappy_unpack(packed, sizeof packed, 11, &arena, &n));
    assert_null(ln_snappy_unpack(packed, sizeof packed - 1, 100, &arena, &n));
    assert_null(ln_snappy_unpack(too_far, sizeof too_far, 100, &arena, &n));
    ln_arena_deinit(&arena);
}

/* ---- options of custom operators ---- */

static void options_are_read_back(void **state)
{
    ln_arena arena;
    ln_flex_writer w = {.arena = &arena};
    size_t n;
    (void)state;
    ln_arena_init(&arena, &ln_alloc_default);
    ln_flex_begin(&w);
    ln_flex_put_string(&w, "mode", "nearest", 7);
    ln_flex_put_int(&w, "count", -70000);
    ln_flex_put_bool(&w, "flag", true);
    ln_flex_put_float(&w, "rate", 0.25f);
    assert_true(ln_flex_finish(&w, true));
    const ln_flex root = ln_flex_root(w.out, w.n_out);
    const ln_flex mode = ln_flex_get(&root, "mode"), count = ln_flex_get(&root, "count"),
                  flag = ln_flex_get(&root, "flag"), rate = ln_flex_get(&root, "rate");
    assert_string_equal(ln_flex_text(&mode, &n), "nearest");
    assert_int_equal(ln_flex_i64(&count, 0), -70000);
    assert_true(ln_flex_bool(&flag, false));
    assert_float_equal(ln_flex_f64(&rate, 0), 0.25, 0);
    ln_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_has_its_weights),
        cmocka_unit_test(a_loop_runs_as_often_as_it_is_told),
        cmocka_unit_test(an_assigned_variable_stays_one),
        cmocka_unit_test(parts_of_a_variable_are_assigned),
        cmocka_unit_test(lists_are_put_together_and_cut),
        cmocka_unit_test(the_last_update_of_a_place_stays),
        cmocka_unit_test(an_optimizer_makes_its_steps),
        cmocka_unit_test(a_variable_has_the_value_of_its_copy),
        cmocka_unit_test(small_integers_are_numbers),
        cmocka_unit_test(slices_are_put_together),
        cmocka_unit_test(tables_are_filled_from_text_files),
        cmocka_unit_test(tables_of_other_types_have_their_values_aside),
        cmocka_unit_test(a_case_runs_the_branch_of_its_number),
        cmocka_unit_test(branches_have_operators_of_their_own),
        cmocka_unit_test(an_ellipsis_may_stand_for_nothing),
        cmocka_unit_test(a_frozen_graph_of_tensorflow_1_runs),
        cmocka_unit_test(transposed_convolutions_dilate),
        cmocka_unit_test(operators_are_written_out),
        cmocka_unit_test(numbers_beyond_an_integer_are_as_in_tensorflow),
        cmocka_unit_test(updates_of_slices_are_one_operator),
        cmocka_unit_test(products_take_few_operators),
        cmocka_unit_test(a_function_may_be_a_custom_operator),
        cmocka_unit_test(shapes_of_a_loop_settle),
        cmocka_unit_test(a_list_is_filled_by_a_loop),
        cmocka_unit_test(a_loop_that_does_not_settle_is_named),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(an_unknown_signature_is_named),
        cmocka_unit_test(the_index_is_read),
        cmocka_unit_test(a_changed_index_is_refused),
        cmocka_unit_test(snappy_is_unpacked),
        cmocka_unit_test(options_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
