/* SPDX-License-Identifier: Apache-2.0 */
/* test_async.c: the asynchronous interface: boxes and attributes work, runs are refused. */
#include "capi/capi_test.h"
#include "tensorflow/lite/core/async/c/async_kernel.h"
#include "tensorflow/lite/core/async/c/async_signature_runner.h"
#include "tensorflow/lite/core/async/c/task.h"
#include "tensorflow/lite/core/async/interop/c/attribute_map.h"
#include "tensorflow/lite/core/async/interop/c/constants.h"

static void attributes(void **state)
{
    TfLiteAttributeMap *a = TfLiteAttributeMapCreate(kTfLiteAttrMapTypeBuffer);
    TfLiteAttributeMap *b = TfLiteAttributeMapCreate(kTfLiteAttrMapTypeSync);
    size_t size = 0;
    const char *text = NULL;
    bool flag = false;
    int number = 0;
    (void)state;
    assert_true(TfLiteAttributeMapIsBufferAttributeMap(a));
    assert_false(TfLiteAttributeMapIsSyncAttributeMap(a));
    assert_false(TfLiteAttributeMapIsBufferAttributeMap(NULL));
    assert_true(TfLiteAttributeMapSetSizeTBufferAttr(a, kTfLiteBufferAttrKeyAlignment, 64));
    assert_true(TfLiteAttributeMapSetSizeTBufferAttr(a, kTfLiteBufferAttrKeyAlignment, 128));
    assert_true(TfLiteAttributeMapGetSizeTBufferAttr(a, kTfLiteBufferAttrKeyAlignment, &size));
    assert_int_equal(size, 128);
    assert_false(TfLiteAttributeMapGetBoolBufferAttr(a, kTfLiteBufferAttrKeyAlignment, &flag));
    assert_false(TfLiteAttributeMapGetSizeTBufferAttr(a, kTfLiteBufferAttrKeySize, &size));
    assert_false(TfLiteAttributeMapSetSizeTBufferAttr(b, kTfLiteBufferAttrKeySize, 1));
    assert_true(TfLiteAttributeMapSetStringSyncAttr(b, kTfLiteSynchronizationAttrKeyObjectTypeName,
                                                    kTfLiteSyncTypeNoSyncObj));
    assert_true(
        TfLiteAttributeMapGetStringSyncAttr(b, kTfLiteSynchronizationAttrKeyObjectTypeName, &text));
    assert_string_equal(text, "no_sync_obj");
    TfLiteAttributeMapSetCustomIntAttr(a, "mine", -3);
    TfLiteAttributeMapSetCustomBoolAttr(a, "flag", true);
    assert_true(TfLiteAttributeMapGetCustomIntAttr(a, "mine", &number));
    assert_int_equal(number, -3);
    TfLiteAttributeMapCopy(a, b);
    assert_true(TfLiteAttributeMapIsBufferAttributeMap(b));
    assert_true(TfLiteAttributeMapGetCustomBoolAttr(b, "flag", &flag));
    assert_true(flag);
    assert_false(TfLiteAttributeMapGetStringAttr(b, 1, &text));
    TfLiteAttributeMapDelete(a);
    TfLiteAttributeMapDelete(b);
}

static void boxes(void **state)
{
    int thing;
    TfLiteBackendBuffer *buffer = TfLiteBackendBufferCreate();
    TfLiteSynchronization *sync = TfLiteSynchronizationCreate();
    TfLiteAsyncKernel *kernel = TfLiteAsyncKernelCreate(&thing);
    (void)state;
    assert_null(TfLiteBackendBufferGetPtr(buffer));
    TfLiteBackendBufferSetPtr(buffer, &thing);
    assert_ptr_equal(TfLiteBackendBufferGetPtr(buffer), &thing);
    TfLiteSynchronizationSetPtr(sync, &thing);
    assert_ptr_equal(TfLiteSynchronizationGetPtr(sync), &thing);
    TfLiteAsyncKernelSetWait(kernel, NULL);
    assert_ptr_equal(TfLiteAsyncKernelGetKernelData(kernel), &thing);
    TfLiteBackendBufferDelete(buffer);
    TfLiteSynchronizationDelete(sync);
    TfLiteAsyncKernelDelete(kernel);
}

static void runs_are_refused(void **state)
{
    opened o = open_with("signatures.tflite", NULL);
    (void)state;
    assert_null(TfLiteInterpreterGetAsyncSignatureRunner(o.interpreter, "sum"));
    assert_non_null(strstr(ln_last_error(o.interpreter), "not supported"));
    assert_int_equal(TfLiteAsyncSignatureRunnerPrepareBackends(NULL), kTfLiteError);
    assert_null(TfLiteAsyncSignatureRunnerCreateTask(NULL));
    assert_int_equal(TfLiteExecutionTaskGetBufferByIndex(NULL, 0), kTfLiteNullBufferHandle);
    close_opened(&o);
}

int run_async_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes),
        cmocka_unit_test(boxes),
        cmocka_unit_test(runs_are_refused),
    };
    return cmocka_run_group_tests_name("async", tests, NULL, NULL);
}
