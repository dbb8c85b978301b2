/* SPDX-License-Identifier: Apache-2.0 */
/* test_custom.c: operators of the user: their life, temporaries, scratch and persistent memory,
 * outputs that they size themselves, and the two forms of a registration. */
#include <string.h>

#include "runtime/cmocka_all.h"
#include "runtime/fixture.h"
#include "runtime/main.h"
#include "runtime/operator_impl.h"

/* What an operator with all kinds of memory remembers. */
typedef struct memory {
    int temporary, keeps, scratch;
    float *persistent;
} memory;

static int inits, frees, prepares;

static void *use_init(TfLiteContext *context, const char *buffer, size_t length)
{
    memory *m = context->AllocatePersistentBuffer(context, sizeof *m);
    (void)buffer;
    (void)length;
    inits++;
    if (m && context->AddTensors(context, 2, &m->temporary) != kTfLiteOk)
        return NULL;
    if (m)
        m->keeps = m->temporary + 1;
    return m;
}

static void use_free(TfLiteContext *context, void *data)
{
    (void)context;
    assert_non_null(data);
    frees++;
}

static TfLiteStatus like_input(TfLiteContext *context, TfLiteTensor *t, const TfLiteTensor *in)
{
    return context->ResizeTensor(context, t, TfLiteIntArrayCopy(in->dims));
}

static TfLiteStatus use_prepare(TfLiteContext *context, TfLiteNode *node)
{
    memory *m = node->user_data;
    TfLiteTensor *t = context->tensors;
    const TfLiteTensor *in = &t[node->inputs->data[0]];
    prepares++;
    TfLiteIntArrayFree(node->temporaries);
    node->temporaries = TfLiteIntArrayCreate(2);
    node->temporaries->data[0] = m->temporary;
    node->temporaries->data[1] = m->keeps;
    t[m->temporary].type = t[m->keeps].type = kTfLiteFloat32;
    t[m->temporary].allocation_type = kTfLiteArenaRw;
    t[m->keeps].allocation_type = kTfLiteArenaRwPersistent;
    m->persistent = context->AllocatePersistentBuffer(context, 64);
    TF_LITE_ENSURE(context, m->persistent != NULL);
    TF_LITE_ENSURE_STATUS(context->RequestScratchBufferInArena(context, in->bytes, &m->scratch));
    TF_LITE_ENSURE_STATUS(like_input(context, &t[m->temporary], in));
    TF_LITE_ENSURE_STATUS(like_input(context, &t[m->keeps], in));
    return like_input(context, &t[node->outputs->data[0]], in);
}

/* y = x + the number of runs, by way of every kind of memory. */
static TfLiteStatus use_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const memory *m = node->user_data;
    TfLiteTensor *t = context->tensors;
    const TfLiteTensor *x = &t[node->inputs->data[0]];
    float *scratch = context->GetScratchBuffer(context, m->scratch);
    void *buffer;
    TF_LITE_ENSURE_STATUS(context->AllocateBufferForEval(context, x->bytes, &buffer));
    memcpy(buffer, x->data.f, x->bytes);
    memcpy(scratch, buffer, x->bytes);
    memcpy(t[m->temporary].data.f, scratch, x->bytes);
    for (size_t i = 0; i < x->bytes / sizeof(float); i++) {
        t[m->keeps].data.f[i] += 1;
        t[node->outputs->data[0]].data.f[i] = t[m->temporary].data.f[i] + t[m->keeps].data.f[i];
    }
    return kTfLiteOk;
}

/* The output has as many items as the first item of the input says. */
static TfLiteStatus repeat_prepare(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *y = &context->tensors[node->outputs->data[0]];
    TfLiteTensorDataFree(y);
    y->allocation_type = kTfLiteDynamic;
    return kTfLiteOk;
}

static TfLiteStatus repeat_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *x = &context->tensors[node->inputs->data[0]];
    TfLiteTensor *y = &context->tensors[node->outputs->data[0]];
    const int n = (int)x->data.f[0];
    TF_LITE_ENSURE_STATUS(context->ResizeTensorExplicit(context, y, 1, &n));
    for (int i = 0; i < n; i++)
        y->data.f[i] = (float)i;
    return kTfLiteOk;
}

static const TfLiteRegistration use_all = {.init = use_init,
                                           .free = use_free,
                                           .prepare = use_prepare,
                                           .invoke = use_invoke,
                                           .custom_name = "UseAll",
                                           .version = 1};
static const TfLiteRegistration repeat = {
    .prepare = repeat_prepare, .invoke = repeat_invoke, .custom_name = "Repeat", .version = 1};

static TfLiteRegistration opaque;

static const TfLiteRegistration *find(void *user, int builtin, const char *name, int version)
{
    (void)user;
    (void)version;
    if (builtin != kTfLiteBuiltinCustom)
        return NULL;
    return strcmp(name, "UseAll") == 0   ? &use_all
           : strcmp(name, "Repeat") == 0 ? &repeat
           : strcmp(name, "Opaque") == 0 ? &opaque
                                         : NULL;
}

/* x -> increment -> the operator -> increment -> y */
static ln_model *around(const char *name, int size)
{
    builder b;
    build_begin(&b);
    const int x = build_tensor(&b, size), p = build_tensor(&b, size);
    const int q = build_tensor(&b, size), y = build_tensor(&b, size);
    build_node(&b, &op_increment, (int[]){x, -1}, p);
    build_custom(&b, name, (int[]){p, -1}, q);
    build_node(&b, &op_increment, (int[]){q, -1}, y);
    build_io(&b, 1, &x, 1, &y);
    return b.model;
}

static ln_interpreter *open_around(const char *name, int size)
{
    ln_interpreter_options o;
    ln_interpreter_options_init(&o);
    o.resolver.find = find;
    ln_model *m = around(name, size);
    ln_interpreter *it = open_model(m, &o);
    ln_model_release(m);
    return it;
}

static void runs_with_all_memory(void **state)
{
    (void)state;
    inits = frees = prepares = 0;
    ln_interpreter *it = open_around("UseAll", 8);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    input_of(it, 0)[7] = 5;
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
        assert_float_equal(output_of(it, 0)->data.f[7], 7 + i, 0);
    }
    const int x = ln_interpreter_inputs(it, 0)->data[0];
    assert_int_equal(ln_interpreter_resize(it, 0, x, 1, (int[]){20}, false), LN_OK);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    assert_float_equal(output_of(it, 0)->data.f[19], 3, 0);
    ln_interpreter_destroy(it);
    assert_int_equal(inits, 1);
    assert_int_equal(frees, 1);
    assert_int_equal(prepares, 2);
}

static void sizes_its_output(void **state)
{
    (void)state;
    ln_interpreter *it = open_around("Repeat", 1);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    for (int n = 5; n >= 0; n--) {
        input_of(it, 0)[0] = (float)n;
        assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
        assert_int_equal(output_of(it, 0)->dims->data[0], n + 1);
        assert_float_equal(output_of(it, 0)->data.f[n], n + 1, 0);
    }
    input_of(it, 0)[0] = -4;
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_ERR_ARGUMENT);
    ln_interpreter_destroy(it);
}

static TfLiteStatus opaque_invoke(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    TfLiteContext *c = (TfLiteContext *)(void *)context;
    const TfLiteNode *n = (const TfLiteNode *)(const void *)node;
    c->tensors[n->outputs->data[0]].data.f[0] = *(const float *)user;
    return kTfLiteOk;
}

static void calls_operators(void **state)
{
    (void)state;
    float value = 41;
    TfLiteOperator op = {
        .custom_name = "Opaque", .user_data = &value, .invoke_with_data = opaque_invoke};
    opaque = (TfLiteRegistration){.custom_name = "Opaque", .registration_external = &op};
    ln_interpreter *it = open_around("Opaque", 1);
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    assert_int_equal(ln_interpreter_invoke(it, 0), LN_OK);
    assert_float_equal(output_of(it, 0)->data.f[0], 42, 0);
    ln_interpreter_destroy(it);
}

/* An operator of ours looks like any registration. */
static void shows_operators_as_registrations(void **state)
{
    (void)state;
    ln_model *m = chain_model(2, 4);
    ln_interpreter *it = open_model(m, NULL);
    TfLiteContext *c = ln_interpreter_context(it, 0);
    TfLiteNode *node;
    TfLiteRegistration *reg;
    assert_int_equal(ln_interpreter_allocate(it, 0), LN_OK);
    assert_int_equal(c->GetNodeAndRegistration(c, 1, &node, &reg), kTfLiteOk);
    assert_int_equal(reg->builtin_code, kTfLiteBuiltinNeg);
    assert_string_equal(reg->profiling_string(c, node), "INCREMENT");
    assert_int_equal(reg->prepare(c, node), kTfLiteOk);
    assert_int_equal(c->GetNodeAndRegistration(c, 2, &node, &reg), kTfLiteError);
    assert_ptr_equal(ln_context_interpreter(c), it);
    ln_interpreter_destroy(it);
    ln_model_release(m);
}

int test_custom(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_with_all_memory),
        cmocka_unit_test(sizes_its_output),
        cmocka_unit_test(calls_operators),
        cmocka_unit_test(shows_operators_as_registrations),
    };
    return cmocka_run_group_tests_name("custom", tests, NULL, NULL);
}
