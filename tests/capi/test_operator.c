/* SPDX-License-Identifier: Apache-2.0 */
/* test_operator.c: operators and what they see through the opaque interface; strings; operators of
 * a shared object (plugin_ops.c); cancellation from another thread. */
#include <dlfcn.h>
#include <pthread.h>

#include "capi/capi_test.h"

/* ---- Cube ---- */

static TfLiteStatus opaque_same_shape(void *user, TfLiteOpaqueContext *context,
                                      TfLiteOpaqueNode *node)
{
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    TfLiteIntArray *dims = TfLiteIntArrayCreate(TfLiteOpaqueTensorNumDims(x));
    (void)user;
    for (int i = 0; i < dims->size; i++)
        dims->data[i] = TfLiteOpaqueTensorDim(x, i);
    return TfLiteOpaqueContextResizeTensor(context, TfLiteOpaqueNodeGetOutput(context, node, 0),
                                           dims);
}

static TfLiteStatus opaque_cube(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    const float *from = TfLiteOpaqueTensorData(x);
    float *to = TfLiteOpaqueTensorData(TfLiteOpaqueNodeGetOutput(context, node, 0));
    (void)user;
    for (size_t i = 0; i < TfLiteOpaqueTensorByteSize(x) / sizeof *to; i++)
        to[i] = from[i] * from[i] * from[i];
    return kTfLiteOk;
}

TfLiteOperator *cube_operator(void)
{
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Cube", 1, NULL);
    assert_non_null(op);
    assert_int_equal(TfLiteOperatorSetPrepareWithData(op, opaque_same_shape), kTfLiteOk);
    assert_int_equal(TfLiteOperatorSetInvokeWithData(op, opaque_cube), kTfLiteOk);
    return op;
}

static void check_cube(TfLiteOperator *op)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddOperator(options, op);
    check_cubes_consuming(options);
}

static void operators(void **state)
{
    TfLiteOperator *op = cube_operator();
    (void)state;
    check_cube(op);
    TfLiteOperatorDelete(op);
    TfLiteOperatorDelete(NULL);
}

static void getters(void **state)
{
    int user;
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Name", 5, &user);
    (void)state;
    assert_int_equal(TfLiteOperatorGetBuiltInCode(op), kTfLiteBuiltinCustom);
    assert_string_equal(TfLiteOperatorGetCustomName(op), "Name");
    assert_int_equal(TfLiteOperatorGetVersion(op), 5);
    assert_ptr_equal(TfLiteOperatorGetUserData(op), &user);
    assert_int_equal(TfLiteRegistrationExternalGetVersion(op), 5);
    assert_string_equal(TfLiteRegistrationExternalGetCustomName(op), "Name");
    TfLiteOperatorDelete(op);
    assert_int_equal(TfLiteOperatorGetVersion(NULL), -1);
    assert_null(TfLiteOperatorGetUserData(NULL));
    assert_int_equal(TfLiteOperatorSetInvokeWithData(NULL, opaque_cube), kTfLiteError);
}

static void from_a_shared_object(void **state)
{
    TfLiteOperator *(*create)(void);
    void *library = dlopen(model_path("plugin_ops.so"), RTLD_NOW | RTLD_LOCAL);
    (void)state;
    assert_non_null(library);
    *(void **)(void *)&create = dlsym(library, "plugin_create_cube");
    assert_non_null(create);
    TfLiteOperator *op = create();
    check_cube(op);
    TfLiteOperatorDelete(op);
    dlclose(library);
}

/* ---- looking around ---- */

static TfLiteStatus look_around(void *user, TfLiteOpaqueContext *c, TfLiteOpaqueNode *node)
{
    const int *ids, *none;
    int n = 0, n_none = -1, size = 0, index = -1;
    const void *init = NULL;
    size_t bytes = 0;
    const char *data;
    TfLiteOpaqueTensorBuilder *b = TfLiteOpaqueTensorBuilderCreate();

    assert_int_equal(TfLiteOpaqueNodeNumberOfInputs(node), 1);
    assert_int_equal(TfLiteOpaqueNodeNumberOfOutputs(node), 1);
    assert_int_equal(TfLiteOpaqueNodeInputs(node, &ids, &n), kTfLiteOk);
    assert_int_equal(n, 1);
    assert_int_equal(ids[0], TfLiteOpaqueNodeGetInputTensorIndex(node, 0));
    assert_int_equal(TfLiteOpaqueNodeGetInputTensorIndex(node, 1), -1);
    assert_int_equal(TfLiteOpaqueNodeGetOutputTensorIndex(node, -1), -1);
    assert_null(TfLiteOpaqueNodeGetInput(c, node, 1));
    assert_int_equal(TfLiteOpaqueNodeGetCustomInitialData(node, &init, &size), kTfLiteOk);
    assert_int_equal(size, 3);
    assert_memory_equal(init, "\1\2\3", 3);
    assert_int_equal(TfLiteOpaqueContextGetInputs(c, &ids, &n), kTfLiteOk);
    assert_int_equal(n, 1);
    assert_int_equal(TfLiteOpaqueContextGetOutputs(c, &ids, &n), kTfLiteOk);
    assert_int_equal(TfLiteOpaqueContextGetVariables(c, &none, &n_none), kTfLiteOk);
    assert_int_equal(n_none, 0);
    assert_int_equal(TfLiteOpaqueContextGetNumTensors(c), 3 + *(int *)user);
    assert_true(TfLiteOpaqueContextGetNumNodes(c) >= 2);
    assert_string_equal(TfLiteOpaqueContextGetName(c), "main");
    assert_int_equal(TfLiteOpaqueContextGetSizeOfType(c, kTfLiteInt16, &bytes), kTfLiteOk);
    assert_int_equal(bytes, 2);
    assert_int_equal(TfLiteOpaqueContextGetSizeOfType(c, kTfLiteString, &bytes), kTfLiteError);
    assert_int_equal(TfLiteOpaqueContextGetMetadata(c, "none", &data, &bytes), kTfLiteError);

    /* a scratch tensor */
    TfLiteOpaqueTensorBuilderSetType(b, kTfLiteInt32);
    assert_int_equal(TfLiteOpaqueContextAddTensor(c, b, &index), kTfLiteError);
    TfLiteOpaqueTensorBuilderSetAllocationType(b, kTfLiteArenaRw);
    assert_int_equal(TfLiteOpaqueContextAddTensor(c, b, &index), kTfLiteOk);
    assert_int_equal(index, 3 + (*(int *)user)++);
    TfLiteOpaqueTensorBuilderDelete(b);
    TfLiteIntArray *dims = TfLiteIntArrayCreate(1);
    dims->data[0] = 100;
    assert_int_equal(
        TfLiteOpaqueContextResizeTensor(c, TfLiteOpaqueContextGetOpaqueTensor(c, index), dims),
        kTfLiteOk);
    assert_int_equal(TfLiteOpaqueNodeSetTemporaries(node, &index, 1), kTfLiteOk);
    return opaque_same_shape(user, c, node);
}

static TfLiteStatus use_scratch(void *user, TfLiteOpaqueContext *c, TfLiteOpaqueNode *node)
{
    const int *ids;
    int n;
    assert_int_equal(TfLiteOpaqueNodeTemporaries(node, &ids, &n), kTfLiteOk);
    assert_int_equal(n, 1);
    TfLiteOpaqueTensor *t = TfLiteOpaqueContextGetOpaqueTensor(c, ids[0]);
    assert_int_equal(TfLiteOpaqueTensorByteSize(t), 400);
    assert_non_null(TfLiteOpaqueTensorData(t));
    memset(TfLiteOpaqueTensorData(t), 1, 400);
    return opaque_cube(user, c, node);
}

static void context_and_node(void **state)
{
    int added = 0;
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Cube", 1, &added);
    (void)state;
    TfLiteOperatorSetPrepareWithData(op, look_around);
    TfLiteOperatorSetInvokeWithData(op, use_scratch);
    check_cube(op);
    assert_true(added > 0);
    TfLiteOperatorDelete(op);
}

static void *failing_init(void *user, TfLiteOpaqueContext *context, const char *buffer,
                          size_t length)
{
    (void)user;
    (void)buffer;
    (void)length;
    TfLiteOpaqueContextReportError(context, "number %d", 42);
    return NULL;
}

static TfLiteStatus failing(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    (void)user;
    (void)node;
    TF_LITE_OPAQUE_ENSURE_EQ(context, 1, 2);
    return kTfLiteOk;
}

static void errors(void **state)
{
    messages m = {0};
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Cube", 1, NULL);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("custom.tflite"));
    (void)state;
    TfLiteOperatorSetInitWithData(op, failing_init);
    TfLiteOperatorSetPrepareWithData(op, failing);
    TfLiteInterpreterOptionsAddOperator(options, op);
    TfLiteInterpreterOptionsSetErrorReporter(options, messages_report, &m);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, options);
    assert_non_null(p);
    assert_non_null(strstr(m.last, "number 42"));
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteError);
    assert_true(m.count > 1);
    TfLiteInterpreterDelete(p);
    TfLiteModelDelete(model);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteOperatorDelete(op);
}

/* ---- strings ---- */

/* y = each string of x twice, and one empty string. */
static TfLiteStatus repeat(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const TfLiteOpaqueTensor *x = TfLiteOpaqueNodeGetInput(context, node, 0);
    const char *strings[16];
    int lengths[16], n = 0;
    (void)user;
    for (int i = 0; i < TfLiteOpaqueTensorGetStringCount(x); i++, n++) {
        if (TfLiteOpaqueTensorGetString(x, i, &strings[2 * i], &lengths[2 * i]) != kTfLiteOk)
            return kTfLiteError;
        strings[2 * i + 1] = strings[2 * i];
        lengths[2 * i + 1] = lengths[2 * i];
    }
    strings[2 * n] = "";
    lengths[2 * n] = 0;
    return TfLiteOpaqueTensorWriteStrings(TfLiteOpaqueNodeGetOutput(context, node, 0), strings,
                                          2 * n + 1, lengths);
}

static TfLiteStatus make_dynamic(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    (void)user;
    TfLiteOpaqueTensorSetAllocationTypeToDynamic(TfLiteOpaqueNodeGetOutput(context, node, 0));
    return kTfLiteOk;
}

static void strings(void **state)
{
    static const char *const in[] = {"one", "a\0b"};
    static const int lengths[] = {3, 3};
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Repeat", 1, NULL);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    const char *s;
    int n;
    (void)state;
    TfLiteOperatorSetPrepareWithData(op, make_dynamic);
    TfLiteOperatorSetInvokeWithData(op, repeat);
    TfLiteInterpreterOptionsAddOperator(options, op);
    opened o = open_consuming("strings.tflite", options);
    TfLiteOpaqueTensor *x = (TfLiteOpaqueTensor *)TfLiteInterpreterGetInputTensor(o.interpreter, 0);
    assert_int_equal(TfLiteOpaqueTensorGetStringCount(NULL), -1);
    for (int run = 0; run < 3; run++) {
        assert_int_equal(TfLiteOpaqueTensorWriteStrings(x, in, 2, lengths), kTfLiteOk);
        assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
        const TfLiteOpaqueTensor *y =
            (const TfLiteOpaqueTensor *)TfLiteInterpreterGetOutputTensor(o.interpreter, 0);
        assert_int_equal(TfLiteOpaqueTensorGetStringCount(y), 5);
        assert_int_equal(TfLiteOpaqueTensorDim(y, 0), 5);
        assert_int_equal(TfLiteOpaqueTensorGetString(y, 3, &s, &n), kTfLiteOk);
        assert_int_equal(n, 3);
        assert_memory_equal(s, "a\0b", 3);
        assert_int_equal(TfLiteOpaqueTensorGetString(y, 4, &s, &n), kTfLiteOk);
        assert_int_equal(n, 0);
        assert_int_equal(TfLiteOpaqueTensorGetString(y, 5, &s, &n), kTfLiteError);
    }
    assert_int_equal(TfLiteOpaqueTensorWriteString(x, "abc", -1), kTfLiteError);
    assert_int_equal(TfLiteOpaqueTensorWriteString(x, "abc", 3), kTfLiteOk);
    assert_int_equal(TfLiteOpaqueTensorGetStringCount(x), 1);
    close_opened(&o);
    TfLiteOperatorDelete(op);
}

/* ---- cancellation ---- */

typedef struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool entered, open;
} gate;

/* Waits in the first node until the other thread has cancelled the run. */
static TfLiteStatus wait_at_gate(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    gate *g = user;
    pthread_mutex_lock(&g->mutex);
    g->entered = true;
    pthread_cond_broadcast(&g->changed);
    while (!g->open)
        pthread_cond_wait(&g->changed, &g->mutex);
    pthread_mutex_unlock(&g->mutex);
    return opaque_cube(NULL, context, node);
}

typedef struct canceller {
    gate *g;
    TfLiteInterpreter *p;
    TfLiteStatus status;
} canceller;

static void *cancel(void *arg)
{
    canceller *c = arg;
    pthread_mutex_lock(&c->g->mutex);
    while (!c->g->entered)
        pthread_cond_wait(&c->g->changed, &c->g->mutex);
    c->status = TfLiteInterpreterCancel(c->p);
    c->g->open = true;
    pthread_cond_broadcast(&c->g->changed);
    pthread_mutex_unlock(&c->g->mutex);
    return NULL;
}

static TfLiteStatus run_cancelled(bool enabled, TfLiteStatus expected)
{
    gate g = {.entered = false};
    pthread_t thread;
    TfLiteOperator *op = TfLiteOperatorCreate(kTfLiteBuiltinCustom, "Cube", 1, &g);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    pthread_mutex_init(&g.mutex, NULL);
    pthread_cond_init(&g.changed, NULL);
    TfLiteOperatorSetPrepareWithData(op, opaque_same_shape);
    TfLiteOperatorSetInvokeWithData(op, wait_at_gate);
    TfLiteInterpreterOptionsAddOperator(options, op);
    assert_int_equal(TfLiteInterpreterOptionsEnableCancellation(options, enabled), kTfLiteOk);
    opened o = open_consuming("custom.tflite", options);
    canceller c = {&g, o.interpreter, kTfLiteOk};
    assert_int_equal(pthread_create(&thread, NULL, cancel, &c), 0);
    const TfLiteStatus status = TfLiteInterpreterInvoke(o.interpreter);
    pthread_join(thread, NULL);
    assert_int_equal(c.status, expected);
    /* the next run is not cancelled */
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    close_opened(&o);
    TfLiteOperatorDelete(op);
    pthread_cond_destroy(&g.changed);
    pthread_mutex_destroy(&g.mutex);
    return status;
}

static void cancellation(void **state)
{
    (void)state;
    assert_int_equal(run_cancelled(true, kTfLiteOk), kTfLiteCancelled);
    assert_int_equal(run_cancelled(false, kTfLiteError), kTfLiteOk);
}

int run_operator_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators),
        cmocka_unit_test(getters),
        cmocka_unit_test(from_a_shared_object),
        cmocka_unit_test(context_and_node),
        cmocka_unit_test(errors),
        cmocka_unit_test(strings),
        cmocka_unit_test(cancellation),
    };
    return cmocka_run_group_tests_name("operator", tests, NULL, NULL);
}
