/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c: options and all the ways to bring operators along. */
#include "capi/capi_test.h"

/* ---- operators for the tests ---- */

static TfLiteStatus same_shape(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *x = &context->tensors[node->inputs->data[0]];
    return context->ResizeTensor(context, &context->tensors[node->outputs->data[0]],
                                 TfLiteIntArrayCopy(x->dims));
}

static TfLiteStatus cube_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *x = &context->tensors[node->inputs->data[0]];
    TfLiteTensor *y = &context->tensors[node->outputs->data[0]];
    for (size_t i = 0; i < x->bytes / sizeof(float); i++)
        y->data.f[i] = x->data.f[i] * x->data.f[i] * x->data.f[i];
    return kTfLiteOk;
}

static int live; /* what init made and free did not get back yet */

static void *count_init(TfLiteContext *context, const char *buffer, size_t length)
{
    (void)context;
    live++;
    /* the custom options of the model */
    return length == 3 && memcmp(buffer, "\1\2\3", 3) == 0 ? &live : NULL;
}

static void count_free(TfLiteContext *context, void *data)
{
    (void)context;
    live -= data == &live;
}

const TfLiteRegistration *cube_registration(void)
{
    static TfLiteRegistration r;
    r.init = count_init;
    r.free = count_free;
    r.prepare = same_shape;
    r.invoke = cube_invoke;
    r.version = 1;
    return &r;
}

static TfLiteStatus accumulate_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *x = &context->tensors[node->inputs->data[0]];
    TfLiteTensor *state = &context->tensors[node->inputs->data[1]];
    TfLiteTensor *y = &context->tensors[node->outputs->data[0]];
    for (size_t i = 0; i < x->bytes / sizeof(float); i++)
        y->data.f[i] = state->data.f[i] += x->data.f[i];
    return kTfLiteOk;
}

const TfLiteRegistration *accumulate_registration(void)
{
    static TfLiteRegistration r;
    r.prepare = same_shape;
    r.invoke = accumulate_invoke;
    return &r;
}

/* Runs the model of "Cube"; all that init made must be gone again. */
static void check_cube(TfLiteInterpreterOptions *options)
{
    check_cubes_consuming(options);
    assert_int_equal(live, 0);
}

/* ---- options ---- */

/* A custom operator that nobody knows can still be a delegate's, until tensors are allocated. */
static void check_unresolved(const TfLiteModel *model, const TfLiteInterpreterOptions *options,
                             messages *m)
{
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, options);
    assert_non_null(p);
    m->count = 0;
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteUnresolvedOps);
    assert_int_equal(m->count, 1);
    assert_non_null(strstr(m->last, "Encountered unresolved custom op: Cube"));
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteError);
    TfLiteInterpreterDelete(p);
}

static void unknown_operators(void **state)
{
    messages m = {0};
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("custom.tflite"));
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    TfLiteInterpreterOptionsSetErrorReporter(options, messages_report, &m);
    check_unresolved(model, options, &m);
    /* another version of it does not count */
    TfLiteInterpreterOptionsAddCustomOp(options, "Cube", cube_registration(), 2, 3);
    check_unresolved(model, options, &m);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
}

static void model_reporter(void **state)
{
    messages m = {0};
    TfLiteModel *model = TfLiteModelCreateFromFileWithErrorReporter(model_path("custom.tflite"),
                                                                    messages_report, &m);
    (void)state;
    check_unresolved(model, NULL, &m);
    TfLiteModelDelete(model);
}

static void custom_op(void **state)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    char name[] = "Cube";
    (void)state;
    TfLiteInterpreterOptionsAddCustomOp(options, name, cube_registration(), 1, 1);
    name[0] = '?'; /* it was copied */
    check_cube(options);
}

/* Behind registrations of TensorFlow Lite 2.9 and older may stand anything. */
static void old_custom_op(void **state)
{
    TfLiteRegistration r = *cube_registration();
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    r.registration_external = (TfLiteOperator *)(uintptr_t)0x11;
    r.inplace_operator = kTfLiteInplaceOpMaxValue;
    TfLiteInterpreterOptionsAddCustomOp(options, "Cube", &r, 1, 1);
    check_cube(options);
}

static void copies(void **state)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    TfLiteInterpreterOptionsSetNumThreads(options, 2);
    TfLiteInterpreterOptionsAddCustomOp(options, "Cube", cube_registration(), 1, 1);
    TfLiteInterpreterOptions *copy = TfLiteInterpreterOptionsCopy(options);
    TfLiteInterpreterOptionsDelete(options);
    check_cube(copy);
    assert_null(TfLiteInterpreterOptionsCopy(NULL));
    TfLiteInterpreterOptionsDelete(NULL);
}

static void threads(void **state)
{
    static const int counts[] = {-1, 0, 1, 3, -5};
    messages m = {0};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
        TfLiteInterpreterOptionsSetErrorReporter(options, messages_report, &m);
        TfLiteInterpreterOptionsSetNumThreads(options, counts[i]);
        opened o = open_consuming("conv.tflite", options);
        assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
        close_opened(&o);
    }
    assert_int_equal(m.count, 1); /* -5 is reported and ignored */
}

static void limits(void **state)
{
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("add.tflite"));
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    ln_options_set_engine(options, false); /* which makes one node of two */
    ln_options_set_limits(options, 100, 0);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, options);
    assert_non_null(p);
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteError);
    TfLiteInterpreterDelete(p);
    ln_options_set_limits(options, 0, 1);
    p = TfLiteInterpreterCreate(model, options);
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteError);
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
}

/* ---- operators of the program go before ours ---- */

static TfLiteStatus sevens(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *y = &context->tensors[node->outputs->data[0]];
    for (size_t i = 0; i < y->bytes / sizeof(float); i++)
        y->data.f[i] = 7;
    return kTfLiteOk;
}

static const TfLiteRegistration sevens_registration = {.prepare = same_shape, .invoke = sevens};

static void builtin_op(void **state)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    TfLiteInterpreterOptionsAddBuiltinOp(options, kTfLiteBuiltinAdd, &sevens_registration, 1, 9);
    opened o = open_consuming("add.tflite", options);
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[0] == 7);
    close_opened(&o);
}

static void engine_leaves_them_alone(void **state)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    TfLiteInterpreterOptionsAddBuiltinOp(options, kTfLiteBuiltinFullyConnected,
                                         &sevens_registration, 1, 99);
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("conv.tflite"));
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, options);
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    const float *y = TfLiteTensorData(TfLiteInterpreterGetOutputTensor(p, 0));
    assert_true(y[0] == 7);
    TfLiteInterpreterDelete(p);
    TfLiteModelDelete(model);
    TfLiteInterpreterOptionsDelete(options);
}

static void selected_ops(void **state)
{
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("add.tflite"));
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    assert_null(TfLiteInterpreterCreateWithSelectedOps(model, NULL));
    assert_null(TfLiteInterpreterCreateWithSelectedOps(model, options));
    TfLiteInterpreterOptionsAddBuiltinOp(options, kTfLiteBuiltinAdd, &sevens_registration, 1, 9);
    TfLiteInterpreter *p = TfLiteInterpreterCreateWithSelectedOps(model, options);
    assert_non_null(p);
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
}

/* A registration without functions chooses our own operator. */
static void selected_own_ops(void **state)
{
    static const TfLiteRegistration ours = {0};
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("add.tflite"));
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    TfLiteInterpreterOptionsAddBuiltinOp(options, kTfLiteBuiltinMul, &ours, 1, 9);
    assert_null(TfLiteInterpreterCreateWithSelectedOps(model, options));
    TfLiteInterpreterOptionsAddBuiltinOp(options, kTfLiteBuiltinAdd, &ours, 1, 9);
    TfLiteInterpreter *p = TfLiteInterpreterCreateWithSelectedOps(model, options);
    assert_int_equal(TfLiteInterpreterAllocateTensors(p), kTfLiteOk);
    assert_int_equal(TfLiteInterpreterInvoke(p), kTfLiteOk);
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
}

/* ---- resolvers ---- */

/* Two functions that know "Cube" and ADD, for one form of the struct. */
static int resolver_user;
#define RESOLVER(Form)                                                                        \
    static const Form *find_builtin_##Form(void *user, TfLiteBuiltinOperator op, int version) \
    {                                                                                         \
        static Form r;                                                                        \
        (void)version;                                                                        \
        memcpy(&r, &sevens_registration, sizeof r);                                           \
        return user == &resolver_user && op == kTfLiteBuiltinAdd ? &r : NULL;                 \
    }                                                                                         \
    static const Form *find_custom_##Form(void *user, const char *op, int version)            \
    {                                                                                         \
        static Form r;                                                                        \
        memcpy(&r, cube_registration(), sizeof r);                                            \
        return user == &resolver_user && strcmp(op, "Cube") == 0 && version == 1 ? &r : NULL; \
    }
RESOLVER(TfLiteRegistration)
RESOLVER(TfLiteRegistration_V1)
RESOLVER(TfLiteRegistration_V2)
RESOLVER(TfLiteRegistration_V3)

static const TfLiteOperator *find_builtin_external(void *user, int op, int version)
{
    (void)user;
    (void)version;
    (void)op;
    return NULL;
}

static const TfLiteOperator *find_custom_external(void *user, const char *op, int version)
{
    (void)version;
    return strcmp(op, "Cube") == 0 ? *(TfLiteOperator **)user : NULL;
}

static void check_resolver(TfLiteInterpreterOptions *options)
{
    opened o = open_consuming("custom.tflite", options);
    assert_int_equal(TfLiteInterpreterInvoke(o.interpreter), kTfLiteOk);
    assert_true(output_floats(&o, 0)[0] == 7); /* the resolver's ADD */
    close_opened(&o);
    assert_int_equal(live, 0);
}

static void resolvers(void **state)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    TfLiteInterpreterOptionsSetOpResolver(options, find_builtin_TfLiteRegistration,
                                          find_custom_TfLiteRegistration, &resolver_user);
    check_resolver(options);
    options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetOpResolverV1(options, find_builtin_TfLiteRegistration_V1,
                                            find_custom_TfLiteRegistration_V1, &resolver_user);
    check_resolver(options);
    options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetOpResolverV2(options, find_builtin_TfLiteRegistration_V2,
                                            find_custom_TfLiteRegistration_V2, &resolver_user);
    check_resolver(options);
    options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetOpResolverV3(options, find_builtin_TfLiteRegistration_V3,
                                            find_custom_TfLiteRegistration_V3, &resolver_user);
    check_resolver(options);
}

static const TfLiteRegistration *find_builtin_any(void *user, TfLiteBuiltinOperator op, int version)
{
    (void)user;
    return find_builtin_TfLiteRegistration(&resolver_user, op, version);
}

static const TfLiteRegistration *find_custom_none(void *user, const char *op, int version)
{
    (void)user;
    (void)op;
    (void)version;
    return NULL;
}

static void external_resolver(void **state)
{
    TfLiteOperator *cube = cube_operator();
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("custom.tflite"));
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    (void)state;
    /* a resolver replaces all else: nobody knows ADD now */
    TfLiteInterpreterOptionsSetOpResolverExternal(options, find_builtin_external,
                                                  find_custom_external, &cube);
    assert_null(TfLiteInterpreterCreate(model, options));
    TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
        options, find_builtin_external, find_custom_external, find_builtin_any, find_custom_none,
        &cube);
    check_resolver(options);
    TfLiteModelDelete(model);
    TfLiteOperatorDelete(cube);
}

int run_option_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_operators), cmocka_unit_test(model_reporter),
        cmocka_unit_test(custom_op),         cmocka_unit_test(copies),
        cmocka_unit_test(threads),           cmocka_unit_test(limits),
        cmocka_unit_test(builtin_op),        cmocka_unit_test(engine_leaves_them_alone),
        cmocka_unit_test(selected_ops),      cmocka_unit_test(resolvers),
        cmocka_unit_test(old_custom_op),     cmocka_unit_test(external_resolver),
        cmocka_unit_test(selected_own_ops),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
