/* SPDX-License-Identifier: Apache-2.0 */
/* test_engine.c: the CPU engine gives the floats of the reference operators, but for roundings, and
 * the same bits with any number of threads; after resizing, by default and under the name of
 * XNNPACK. */
#include <math.h>
#include <pthread.h>

#include "capi/capi_test.h"
#include "linnet/interpreter.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"

static void fill(const opened *o)
{
    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(o->interpreter, 0);
    float *values = TfLiteTensorData(x);
    for (size_t i = 0; i < TfLiteTensorByteSize(x) / sizeof *values; i++)
        values[i] = (float)((i * 29 + 3) % 41) / 8.f - 2.5f;
}

static int delegated(const opened *o)
{
    ln_tflite_profile node;
    int n = 0;
    for (int i = 0; ln_tflite_interpreter_node(o->interpreter, i, &node); i++)
        n += node.delegated;
    return n;
}

static const TfLiteTensor *run(opened *o)
{
    fill(o);
    assert_int_equal(TfLiteInterpreterInvoke(o->interpreter), kTfLiteOk);
    return TfLiteInterpreterGetOutputTensor(o->interpreter, 0);
}

/* Tolerances, relative and absolute; half precision is bfloat16 on some processors. */
static const float full = 1e-5f, half = 3e-2f;

static void run_and_compare(opened *a, opened *b, float tolerance)
{
    const TfLiteTensor *x = run(a), *y = run(b);
    const float *want = TfLiteTensorData(x), *got = TfLiteTensorData(y);
    assert_int_equal(TfLiteTensorByteSize(x), TfLiteTensorByteSize(y));
    for (size_t i = 0; i < TfLiteTensorByteSize(x) / sizeof *want; i++)
        if (!(fabsf(got[i] - want[i]) <= tolerance * fabsf(want[i]) + tolerance))
            fail_msg("[%zu] is %.9g, not %.9g", i, (double)got[i], (double)want[i]);
}

static void run_for_same_bits(opened *a, opened *b)
{
    const TfLiteTensor *x = run(a), *y = run(b);
    assert_int_equal(TfLiteTensorByteSize(x), TfLiteTensorByteSize(y));
    assert_memory_equal(TfLiteTensorData(x), TfLiteTensorData(y), TfLiteTensorByteSize(x));
}

static opened open_reference(const char *name)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    ln_options_set_engine(options, false);
    return open_consuming(name, options);
}

static void same_as_reference(void **state)
{
    static const char *const names[] = {"conv.tflite", "conv_odd.tflite"};
    static const int nodes[] = {2, 3};
    (void)state;
    for (int m = 0; m < 2; m++) {
        opened reference = open_reference(names[m]), single = open_with(names[m], NULL);
        assert_int_equal(delegated(&reference), 0);
        for (int threads = 1; threads <= 3; threads++) {
            TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
            TfLiteInterpreterOptionsSetNumThreads(options, threads);
            opened o = open_consuming(names[m], options);
            assert_int_equal(delegated(&o), nodes[m]);
            run_and_compare(&reference, &o, full);
            run_for_same_bits(&single, &o);
            close_opened(&o);
        }
        close_opened(&single);
        close_opened(&reference);
    }
}

static void after_resizing(void **state)
{
    static const int sizes[][4] = {{1, 3, 4, 6}, {3, 12, 1, 6}, {1, 1, 1, 6}, {0, 5, 5, 6}};
    opened reference = open_reference("conv_odd.tflite"), o = open_with("conv_odd.tflite", NULL);
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        opened *both[] = {&reference, &o};
        for (int k = 0; k < 2; k++) {
            assert_int_equal(
                TfLiteInterpreterResizeInputTensor(both[k]->interpreter, 0, sizes[i], 4),
                kTfLiteOk);
            assert_int_equal(TfLiteInterpreterAllocateTensors(both[k]->interpreter), kTfLiteOk);
        }
        assert_int_equal(delegated(&o), 3);
        run_and_compare(&reference, &o, full);
    }
    close_opened(&reference);
    close_opened(&o);
}

static void by_the_name_of_xnnpack(void **state)
{
    TfLiteXNNPackDelegateOptions xo = TfLiteXNNPackDelegateOptionsDefault();
    (void)state;
    xo.num_threads = 2;
    xo.flags |= TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16;
    TfLiteDelegate *d = TfLiteXNNPackDelegateCreate(&xo);
    assert_non_null(d);
    assert_int_equal(TfLiteXNNPackDelegateGetOptions(d)->num_threads, 2);
    assert_int_equal(TfLiteXNNPackDelegateGetFlags(d), (int)xo.flags);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    ln_options_set_engine(options, false);
    TfLiteInterpreterOptionsAddDelegate(options, d);
    opened reference = open_reference("conv.tflite"), o = open_consuming("conv.tflite", options);
    assert_int_equal(delegated(&o), 2);
    run_and_compare(&reference, &o, half);
    close_opened(&reference);
    close_opened(&o);
    TfLiteXNNPackDelegateDelete(d);
    TfLiteXNNPackDelegateDelete(NULL);
    assert_null(TfLiteXNNPackDelegateGetOptions(NULL));
}

static void *run_often(void *arg)
{
    const opened *o = arg;
    TfLiteStatus status = kTfLiteOk;
    for (int i = 0; i < 100 && status == kTfLiteOk; i++)
        status = TfLiteInterpreterInvoke(o->interpreter);
    return status == kTfLiteOk ? arg : NULL;
}

/* Interpreters in several threads share one delegate, and with it its threads. */
static void shared_delegate(void **state)
{
    TfLiteXNNPackDelegateOptions xo = TfLiteXNNPackDelegateOptionsDefault();
    opened reference = open_reference("conv.tflite"), o[3];
    pthread_t threads[3];
    void *result;
    (void)state;
    xo.num_threads = 2;
    TfLiteDelegate *d = TfLiteXNNPackDelegateCreate(&xo);
    for (int i = 0; i < 3; i++) {
        TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
        TfLiteInterpreterOptionsAddDelegate(options, d);
        o[i] = open_consuming("conv.tflite", options);
        assert_int_equal(delegated(&o[i]), 2);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_often, &o[i]), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, &o[i]);
        run_and_compare(&reference, &o[i], full);
        close_opened(&o[i]);
    }
    close_opened(&reference);
    TfLiteXNNPackDelegateDelete(d);
}

typedef struct opener {
    const TfLiteModel *model;
    const TfLiteInterpreterOptions *options;
    float wanted; /* the first output where all inputs are 0 */
} opener;

/* A run of an interpreter that ends with it; NAN when it fails. */
static float run_once(const opener *o)
{
    float value = NAN;
    TfLiteInterpreter *p = TfLiteInterpreterCreate(o->model, o->options);
    if (p && TfLiteInterpreterAllocateTensors(p) == kTfLiteOk) {
        const TfLiteTensor *in = TfLiteInterpreterGetInputTensor(p, 0);
        memset(in->data.raw, 0, in->bytes);
        if (TfLiteInterpreterInvoke(p) == kTfLiteOk)
            value = TfLiteInterpreterGetOutputTensor(p, 0)->data.f[0];
    }
    TfLiteInterpreterDelete(p);
    return value;
}

static void *open_often(void *arg)
{
    const opener *o = arg;
    for (int i = 0; i < 20; i++)
        if (!(run_once(o) == o->wanted))
            return NULL;
    return arg;
}

/* Likewise, while interpreters come and go. */
static void delegate_of_many(void **state)
{
    TfLiteXNNPackDelegateOptions xo = TfLiteXNNPackDelegateOptionsDefault();
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("conv.tflite"));
    opener o = {.model = model, .options = options};
    pthread_t threads[3];
    void *result;
    (void)state;
    xo.num_threads = 2;
    TfLiteDelegate *d = TfLiteXNNPackDelegateCreate(&xo);
    o.wanted = run_once(&o);
    TfLiteInterpreterOptionsAddDelegate(options, d);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_often, &o), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, &o);
    }
    TfLiteInterpreterOptionsDelete(options);
    TfLiteXNNPackDelegateDelete(d);
    TfLiteModelDelete(model);
}

static void weights_cache(void **state)
{
    struct TfLiteXNNPackDelegateWeightsCache *c = TfLiteXNNPackDelegateWeightsCacheCreate();
    (void)state;
    assert_true(TfLiteXNNPackDelegateWeightsCacheFinalizeSoft(c));
    assert_true(TfLiteXNNPackDelegateWeightsCacheFinalizeHard(c));
    assert_false(TfLiteXNNPackDelegateWeightsCacheFinalizeHard(c));
    TfLiteXNNPackDelegateWeightsCacheDelete(c);
    assert_false(TfLiteXNNPackDelegateWeightsCacheFinalizeSoft(NULL));
}

int run_engine_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_reference),      cmocka_unit_test(after_resizing),
        cmocka_unit_test(by_the_name_of_xnnpack), cmocka_unit_test(shared_delegate),
        cmocka_unit_test(delegate_of_many),       cmocka_unit_test(weights_cache),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
