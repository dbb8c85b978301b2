/* SPDX-License-Identifier: Apache-2.0 */
/* test_delegate.c: delegates in both forms, from shared objects (plugin_*.c), failures with
 * and without a way back to the CPU, buffers of delegates, telemetry. */
#include "capi/capi_test.h"
#include "tensorflow/lite/acceleration/configuration/c/xnnpack_plugin.h"
#include "tensorflow/lite/delegates/external/external_delegate.h"
#include "tensorflow/lite/delegates/gpu/delegate.h"
#include "tensorflow/lite/delegates/hexagon/hexagon_delegate.h"
#include "tensorflow/lite/delegates/nnapi/nnapi_delegate_c_api.h"
#include "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h"
#include "tensorflow/lite/profiling/telemetry/c/profiler.h"

/* A delegate that takes every node and sets all outputs to `value`. */
typedef struct filler {
    TfLiteDelegate base;
    float value;
    TfLiteStatus prepare_status, run_status;
    int copied, freed;
} filler;

static filler *filler_of(const TfLiteNode *node)
{
    return (filler *)(void *)node->delegate;
}

static TfLiteStatus fill(TfLiteContext *context, TfLiteNode *node)
{
    for (int i = 0; i < node->outputs->size; i++) {
        TfLiteTensor *y = &context->tensors[node->outputs->data[i]];
        if (filler_of(node)->base.CopyFromBufferHandle) {
            y->buffer_handle = 5; /* the value stays with the delegate until it is asked for */
            y->data_is_stale = true;
            continue;
        }
        for (size_t k = 0; k < y->bytes / sizeof(float); k++)
            y->data.f[k] = filler_of(node)->value;
    }
    return filler_of(node)->run_status;
}

static TfLiteStatus take_all(TfLiteContext *context, TfLiteDelegate *delegate)
{
    const TfLiteRegistration kernel = {.invoke = fill, .custom_name = "filler"};
    TfLiteIntArray *plan = NULL;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteError;
    plan = TfLiteIntArrayCopy(plan);
    TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, plan, delegate);
    TfLiteIntArrayFree(plan);
    return status == kTfLiteOk ? ((filler *)(void *)delegate)->prepare_status : status;
}

static filler make_filler(float value)
{
    filler f = {.base = TfLiteDelegateCreate(), .value = value};
    f.base.Prepare = take_all;
    return f;
}

static TfLiteInterpreterOptions *options_with(filler *f)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddDelegate(options, &f->base);
    return options;
}

static void by_options(void **state)
{
    filler f = make_filler(2.5f);
    opened o = open_consuming("conv.tflite", options_with(&f));
    (void)state;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[6] == 2.5f);
    close_opened(&o);
}

/* A custom operator that only the delegate knows, as those of accelerators are. */
static void takes_unknown_operators(void **state)
{
    filler f = make_filler(1.5f);
    f.base.flags = kTfLiteDelegateFlagsAllowDynamicTensors; /* TFLite wants it for this, too */
    opened o = open_consuming("custom.tflite", options_with(&f));
    (void)state;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[3] == 1.5f);
    close_opened(&o);
}

/* What stands behind the structs of TensorFlow Lite 2.9 and older may be anything. */
static void *junk(void)
{
    return (void *)(uintptr_t)0x11;
}

static TfLiteStatus take_all_as_of_old(TfLiteContext *context, TfLiteDelegate *delegate)
{
    const TfLiteRegistration kernel = {.invoke = fill,
                                       .custom_name = "filler",
                                       .registration_external = junk(),
                                       .inplace_operator = kTfLiteInplaceOpInput0Shared};
    TfLiteIntArray *plan = NULL;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteError;
    plan = TfLiteIntArrayCopy(plan);
    const TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, plan, delegate);
    TfLiteIntArrayFree(plan);
    return status;
}

static void old_structs(void **state)
{
    filler f = make_filler(3);
    f.base.Prepare = take_all_as_of_old;
    f.base.opaque_delegate_builder = junk();
    opened o = open_consuming("conv.tflite", options_with(&f));
    (void)state;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[6] == 3);
    close_opened(&o);
}

static void by_modify_graph(void **state)
{
    filler f = make_filler(4);
    opened o = open_with("add.tflite", NULL);
    (void)state;
    assert_int_equal(TfLiteInterpreterModifyGraphWithDelegate(o.interpreter, NULL), kTfLiteError);
    assert_int_equal(TfLiteInterpreterModifyGraphWithDelegate(o.interpreter, &f.base), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterAllocateTensors(o.interpreter), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[0] == 4);
    close_opened(&o);
}

static void after_the_engine(void **state)
{
    filler f = make_filler(6);
    opened o = open_with("conv.tflite", NULL); /* the engine has both nodes now */
    (void)state;
    assert_int_equal(TfLiteInterpreterModifyGraphWithDelegate(o.interpreter, &f.base), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[0] == 6);
    close_opened(&o);
}

static void failing_prepare(void **state)
{
    filler f = make_filler(4);
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("add.tflite"));
    TfLiteInterpreterOptions *options = options_with(&f);
    (void)state;
    f.prepare_status = kTfLiteError;
    assert_null(TfLiteInterpreterCreate(model, options));
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);

    opened o = open_with("add.tflite", NULL);
    assert_int_equal(TfLiteInterpreterModifyGraphWithDelegate(o.interpreter, &f.base),
                     kTfLiteDelegateError);
    /* as it was without any delegate */
    assert_int_equal(TfLiteInterpreterAllocateTensors(o.interpreter), kTfLiteOk);
    input_floats(&o, 0)[0] = 1;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[0] == 3);
    close_opened(&o);
}

static void dynamic_graphs_are_refused(void **state)
{
    filler f = make_filler(4);
    opened o = open_with("dynamic.tflite", NULL);
    (void)state;
    assert_int_equal(TfLiteInterpreterModifyGraphWithDelegate(o.interpreter, &f.base),
                     kTfLiteApplicationError);
    assert_int_equal(TfLiteInterpreterAllocateTensors(o.interpreter), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    close_opened(&o);
}

static void failing_run(void **state)
{
    filler f = make_filler(4);
    TfLiteInterpreterOptions *options = options_with(&f);
    (void)state;
    f.run_status = kTfLiteError;
    opened o = open_with("add.tflite", options);
    assert_int_not_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    close_opened(&o);

    TfLiteInterpreterOptionsSetEnableDelegateFallback(options, true);
    o = open_consuming("add.tflite", options);
    input_floats(&o, 0)[191] = 2;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteDelegateError);
    assert_true(output_floats(&o, 0)[191] == 6); /* valid: the CPU ran it */
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    close_opened(&o);
}

/* ---- buffers ---- */

static TfLiteStatus copy_from(TfLiteContext *context, TfLiteDelegate *delegate,
                              TfLiteBufferHandle handle, TfLiteTensor *tensor)
{
    filler *f = (filler *)(void *)delegate;
    (void)context;
    assert_int_equal(handle, 5);
    f->copied++;
    for (size_t k = 0; k < tensor->bytes / sizeof(float); k++)
        tensor->data.f[k] = f->value;
    return kTfLiteOk;
}

static void free_buffer(TfLiteContext *context, TfLiteDelegate *delegate,
                        TfLiteBufferHandle *handle)
{
    (void)context;
    ((filler *)(void *)delegate)->freed++;
    *handle = kTfLiteNullBufferHandle;
}

static void buffers(void **state)
{
    filler f = make_filler(8);
    TfLiteBufferHandle handle;
    TfLiteDelegate *delegate;
    (void)state;
    f.base.CopyFromBufferHandle = copy_from;
    f.base.FreeBufferHandle = free_buffer;
    opened o = open_consuming("add.tflite", options_with(&f));
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_int_equal(f.copied, 1);
    assert_true(output_floats(&o, 0)[3] == 8);

    TfLiteSetAllowBufferHandleOutput(o.interpreter, true);
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_int_equal(f.copied, 1);
    assert_int_equal(TfLiteInterpreterGetBufferHandle(o.interpreter, 2, &handle, &delegate),
                     kTfLiteOk);
    assert_int_equal(handle, 5);
    assert_ptr_equal(delegate, &f.base);
    assert_int_equal(TfLiteInterpreterEnsureTensorDataIsReadable(o.interpreter, 2), kTfLiteOk);
    assert_int_equal(f.copied, 2);

    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(o.interpreter, 0);
    TfLiteTensor foreign;
    memset(&foreign, 0, sizeof foreign);
    assert_int_equal(TfLiteInterpreterSetBufferHandle(o.interpreter, &foreign, 1, &f.base),
                     kTfLiteError);
    assert_int_equal(TfLiteInterpreterSetBufferHandle(o.interpreter, x, 9, &f.base), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterGetBufferHandle(o.interpreter, 0, &handle, &delegate),
                     kTfLiteOk);
    assert_int_equal(handle, 9);
    close_opened(&o);
    assert_true(f.freed >= 1);
}

/* ---- from a shared object ---- */

static void halve_by(const char *plugin)
{
    TfLiteExternalDelegateOptions eo = TfLiteExternalDelegateOptionsDefault(model_path(plugin));
    assert_int_equal(eo.insert(&eo, "factor", "0.5"), kTfLiteOk);
    TfLiteDelegate *d = TfLiteExternalDelegateCreate(&eo);
    assert_non_null(d);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddDelegate(options, d);
    opened o = open_consuming("add.tflite", options);
    input_floats(&o, 0)[0] = 8;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[0] == 8); /* 0.5 * (8 + 0.5 * (8 + 8)) */

    const int dims[] = {3, 8, 8, 3};
    assert_int_equal(TfLiteInterpreterResizeInputTensor(o.interpreter, 0, dims, 4), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterAllocateTensors(o.interpreter), kTfLiteOk);
    input_floats(&o, 0)[3 * 192 - 1] = 2;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[3 * 192 - 1] == 2);
    close_opened(&o);
    TfLiteExternalDelegateDelete(d);
}

static void external(void **state)
{
    (void)state;
    halve_by("plugin_delegate.so");
    halve_by("plugin_classic.so");
    TfLiteExternalDelegateDelete(NULL);
}

static void external_failures(void **state)
{
    TfLiteExternalDelegateOptions eo =
        TfLiteExternalDelegateOptionsDefault(model_path("plugin_delegate.so"));
    (void)state;
    eo.insert(&eo, "fail", "now");
    assert_null(TfLiteExternalDelegateCreate(&eo));
    eo = TfLiteExternalDelegateOptionsDefault(model_path("plugin_ops.so"));
    assert_null(TfLiteExternalDelegateCreate(&eo)); /* lacks the functions */
    eo = TfLiteExternalDelegateOptionsDefault("/no/such/library.so");
    assert_null(TfLiteExternalDelegateCreate(&eo));
    assert_null(TfLiteExternalDelegateCreate(NULL));
    for (int i = 0; i < kExternalDelegateMaxOptions; i++)
        assert_int_equal(TfLiteExternalDelegateOptionsInsert(&eo, "k", "v"), kTfLiteOk);
    assert_int_equal(TfLiteExternalDelegateOptionsInsert(&eo, "k", "v"), kTfLiteError);
}

/* ---- NNAPI, which is not there ---- */

static void nnapi(void **state)
{
    const TfLiteNnapiDelegateOptions no = TfLiteNnapiDelegateOptionsDefault();
    TfLiteDelegate *d = TfLiteNnapiDelegateCreate(&no);
    (void)state;
    assert_non_null(d);
    assert_int_equal(no.execution_preference, kUndefined);
    assert_true(no.disallow_nnapi_cpu && !no.allow_fp16 && !no.accelerator_name);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddDelegate(options, d);
    opened o = open_consuming("add.tflite", options);
    input_floats(&o, 0)[0] = 8;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[0] == 24);
    close_opened(&o);
    TfLiteNnapiDelegateDelete(d);
    TfLiteNnapiDelegateDelete(NULL);
}

/* ---- GPU and Hexagon: none is made, and a program that adds it all the same gets the CPU ---- */

static void absent(void **state)
{
    const TfLiteGpuDelegateOptionsV2 gpu = TfLiteGpuDelegateOptionsV2Default();
    const TfLiteHexagonDelegateOptions hexagon = TfLiteHexagonDelegateOptionsDefault();
    (void)state;
    assert_int_equal(gpu.is_precision_loss_allowed, 0);
    assert_int_equal(gpu.inference_priority1, TFLITE_GPU_INFERENCE_PRIORITY_MAX_PRECISION);
    assert_int_equal(gpu.experimental_flags, TFLITE_GPU_EXPERIMENTAL_FLAGS_ENABLE_QUANT);
    assert_int_equal(gpu.max_delegated_partitions, 1);
    assert_true(!gpu.serialization_dir && !gpu.model_token);
    assert_null(TfLiteGpuDelegateV2Create(&gpu));
    assert_null(TfLiteGpuDelegateV2CreateAsync(NULL));
    TfLiteHexagonInit();
    TfLiteHexagonInitWithPath("/nowhere");
    assert_null(TfLiteHexagonDelegateCreate(&hexagon));
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddDelegate(options, TfLiteGpuDelegateV2Create(NULL));
    opened o = open_consuming("add.tflite", options);
    input_floats(&o, 0)[0] = 8;
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[0] == 24);
    close_opened(&o);
    TfLiteGpuDelegateV2Delete(NULL);
    TfLiteHexagonDelegateDelete(NULL);
    TfLiteHexagonTearDown();
}

/* ---- by settings ---- */

static void by_settings(void **state)
{
    /* TFLiteSettings{xnnpack_settings: {num_threads: 2, flags: 0x200, weight_cache: "a.bin"}} */
    static const uint8_t bytes[] = {
        14, 0, 8,  0, 0,   0,   0,   0,   0,   0, 0, 0, 4, 0, 0, 0, /* its fields */
        16, 0, 0,  0,                                               /* the table */
        16, 0, 0,  0,                                               /* to 36 */
        10, 0, 16, 0, 4,   0,   8,   0,   12,  0, 0, 0,             /* fields */
        12, 0, 0,  0, 2,   0,   0,   0,   0,   2, 0, 0, 4, 0, 0, 0, /* at 36 */
        5,  0, 0,  0, 'a', '.', 'b', 'i', 'n', 0,                   /* at 52 */
    };
    const TfLiteDelegatePlugin *plugin = TfLiteXnnpackDelegatePluginCApi();
    (void)state;
    TfLiteDelegate *d = plugin->create(bytes + 16);
    const TfLiteXNNPackDelegateOptions *options = TfLiteXNNPackDelegateGetOptions(d);
    assert_int_equal(options->num_threads, 2);
    assert_int_equal(options->flags, TFLITE_XNNPACK_DELEGATE_FLAG_SLOW_CONSISTENT_ARITHMETIC);
    assert_string_equal(options->weight_cache_file_path, "a.bin");
    assert_int_equal(plugin->get_delegate_errno(d), 0);
    plugin->destroy(d);
    d = plugin->create(NULL);
    options = TfLiteXNNPackDelegateGetOptions(d);
    assert_int_equal(options->num_threads, 0);
    assert_int_equal(options->flags, TfLiteXNNPackDelegateOptionsDefault().flags);
    assert_null(options->weight_cache_file_path);
    plugin->destroy(d);
    plugin->destroy(NULL);
}

/* ---- telemetry ---- */

typedef struct counts {
    int begun, ended, invokes, allocations;
} counts;

static void count_event(TfLiteTelemetryProfilerStruct *profiler, const char *name, uint64_t status)
{
    counts *c = profiler->data;
    assert_int_equal(status, kTfLiteOk);
    c->invokes += strcmp(name, "Invoke") == 0;
    c->allocations += strcmp(name, "AllocateTensors") == 0;
}

static uint32_t count_begin(TfLiteTelemetryProfilerStruct *profiler, const char *name, int64_t op,
                            int64_t graph)
{
    counts *c = profiler->data;
    assert_string_equal(name, "ADD");
    assert_int_equal(graph, 0);
    (void)op;
    return (uint32_t)++c->begun;
}

static void count_end(TfLiteTelemetryProfilerStruct *profiler, uint32_t handle)
{
    counts *c = profiler->data;
    assert_int_equal(handle, ++c->ended);
}

static void telemetry(void **state)
{
    counts c = {0};
    TfLiteTelemetryProfilerStruct profiler = {.data = &c,
                                              .ReportTelemetryEvent = count_event,
                                              .ReportBeginOpInvokeEvent = count_begin,
                                              .ReportEndOpInvokeEvent = count_end};
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    ln_options_set_engine(options, false); /* which makes one node of two */
    TfLiteInterpreterOptionsSetTelemetryProfiler(options, &profiler);
    opened o = open_consuming("add.tflite", options);
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    close_opened(&o);
    assert_int_equal(c.begun, 4);
    assert_int_equal(c.ended, 4);
    assert_int_equal(c.invokes, 2);
    assert_int_equal(c.allocations, 1);
}

int run_delegate_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_options),      cmocka_unit_test(takes_unknown_operators),
        cmocka_unit_test(by_modify_graph), cmocka_unit_test(after_the_engine),
        cmocka_unit_test(failing_prepare), cmocka_unit_test(dynamic_graphs_are_refused),
        cmocka_unit_test(failing_run),     cmocka_unit_test(buffers),
        cmocka_unit_test(external),        cmocka_unit_test(external_failures),
        cmocka_unit_test(nnapi),           cmocka_unit_test(absent),
        cmocka_unit_test(by_settings),     cmocka_unit_test(telemetry),
        cmocka_unit_test(old_structs),
    };
    return cmocka_run_group_tests_name("delegate", tests, NULL, NULL);
}
