/* SPDX-License-Identifier: Apache-2.0 */
/* old_program.c: a program as it was written for TensorFlow Lite 2.16: a custom operator by
 * TfLiteRegistration, one by TfLiteRegistrationExternal from a plugin, a delegate in both forms,
 * resizing, signatures.  scripts/check_tf_headers.sh compiles it against TensorFlow Lite's own
 * headers, the build against ours.
 *
 *     old_program FOLDER_OF_MODELS PLUGIN */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/c_api_experimental.h"
#include "tensorflow/lite/c/c_api_opaque.h"
#include "tensorflow/lite/c/common.h"

static const char *folder;

#define CHECK(condition)                                                         \
    do {                                                                         \
        if (!(condition)) {                                                      \
            fprintf(stderr, "old_program: line %d: %s\n", __LINE__, #condition); \
            exit(1);                                                             \
        }                                                                        \
    } while (0)

static TfLiteModel *load(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    TfLiteModel *model = TfLiteModelCreateFromFile(path);
    CHECK(model);
    return model;
}

/* Runs the model on 0, 1, 2 ... and returns the last output. */
static float run(TfLiteInterpreter *p)
{
    CHECK(p && TfLiteInterpreterAllocateTensors(p) == kTfLiteOk);
    TfLiteTensor *x = TfLiteInterpreterGetInputTensor(p, 0);
    const size_t n = TfLiteTensorByteSize(x) / sizeof(float);
    for (size_t i = 0; i < n; i++)
        x->data.f[i] = (float)i;
    CHECK(TfLiteInterpreterInvoke(p) == kTfLiteOk);
    const TfLiteTensor *y = TfLiteInterpreterGetOutputTensor(p, 0);
    CHECK(y->type == kTfLiteFloat32 && y->dims->size > 0 && y->bytes >= sizeof(float));
    return y->data.f[y->bytes / sizeof(float) - 1];
}

/* ---- operators ---- */

static TfLiteStatus cube_prepare(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *x = &context->tensors[node->inputs->data[0]];
    TF_LITE_ENSURE_EQ(context, node->custom_initial_data_size, 3);
    return context->ResizeTensor(context, &context->tensors[node->outputs->data[0]],
                                 TfLiteIntArrayCopy(x->dims));
}

static TfLiteStatus cube_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const TfLiteTensor *x = &context->tensors[node->inputs->data[0]];
    TfLiteTensor *y = &context->tensors[node->outputs->data[0]];
    for (size_t i = 0; i < y->bytes / sizeof(float); i++)
        y->data.f[i] = x->data.f[i] * x->data.f[i] * x->data.f[i];
    return kTfLiteOk;
}

static void custom_registration(void)
{
    TfLiteRegistration cube;
    memset(&cube, 0, sizeof cube);
    cube.prepare = cube_prepare;
    cube.invoke = cube_invoke;
    TfLiteModel *model = load("custom.tflite");
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddCustomOp(options, "Cube", &cube, 1, 1);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, options);
    CHECK(run(p) == 54);
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteModelDelete(model);
}

static void plugin(const char *path)
{
    TfLiteRegistrationExternal *(*create)(void);
    void *library = dlopen(path, RTLD_NOW);
    CHECK(library);
    void *address = dlsym(library, "plugin_create_cube");
    CHECK(address);
    memcpy(&create, &address, sizeof create);
    TfLiteRegistrationExternal *cube = create();
    TfLiteModel *model = load("custom.tflite");
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddRegistrationExternal(options, cube);
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, options);
    CHECK(run(p) == 54);
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteRegistrationExternalDelete(cube);
    TfLiteModelDelete(model);
    dlclose(library);
}

/* ---- delegates ---- */

static TfLiteStatus nines(TfLiteContext *context, TfLiteNode *node)
{
    TfLiteTensor *y = &context->tensors[node->outputs->data[0]];
    for (size_t i = 0; i < y->bytes / sizeof(float); i++)
        y->data.f[i] = 9;
    return kTfLiteOk;
}

static TfLiteStatus take_all(TfLiteContext *context, TfLiteDelegate *delegate)
{
    TfLiteRegistration kernel;
    TfLiteIntArray *plan;
    memset(&kernel, 0, sizeof kernel);
    kernel.invoke = nines;
    kernel.custom_name = "nines";
    TF_LITE_ENSURE_STATUS(context->GetExecutionPlan(context, &plan));
    plan = TfLiteIntArrayCopy(plan);
    const TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, plan, delegate);
    TfLiteIntArrayFree(plan);
    return status;
}

static TfLiteStatus opaque_nines(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    TfLiteOpaqueTensor *y = TfLiteOpaqueNodeGetOutput(context, node, 0);
    float *to = (float *)TfLiteOpaqueTensorData(y);
    for (size_t i = 0; i < TfLiteOpaqueTensorByteSize(y) / sizeof *to; i++)
        to[i] = 9;
    return kTfLiteOk;
}

static TfLiteStatus opaque_take_all(TfLiteOpaqueContext *context, TfLiteOpaqueDelegate *delegate,
                                    void *data)
{
    TfLiteIntArray *plan;
    TfLiteRegistrationExternal *kernel =
        TfLiteRegistrationExternalCreate(kTfLiteBuiltinDelegate, "nines", 1);
    ++*(int *)data;
    TfLiteRegistrationExternalSetInvoke(kernel, opaque_nines);
    TF_LITE_OPAQUE_ENSURE(context,
                          TfLiteOpaqueContextGetExecutionPlan(context, &plan) == kTfLiteOk);
    plan = TfLiteIntArrayCopy(plan);
    const TfLiteStatus status =
        TfLiteOpaqueContextReplaceNodeSubsetsWithDelegateKernels(context, kernel, plan, delegate);
    TfLiteIntArrayFree(plan);
    return status;
}

static void delegates(void)
{
    TfLiteModel *model = load("add.tflite");
    TfLiteDelegate delegate = TfLiteDelegateCreate();
    TfLiteOpaqueDelegateBuilder builder;
    int prepared = 0;
    delegate.Prepare = take_all;
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, NULL);
    CHECK(TfLiteInterpreterModifyGraphWithDelegate(p, &delegate) == kTfLiteOk);
    CHECK(run(p) == 9);
    TfLiteInterpreterDelete(p);

    memset(&builder, 0, sizeof builder);
    builder.data = &prepared;
    builder.Prepare = opaque_take_all;
    TfLiteOpaqueDelegate *opaque = TfLiteOpaqueDelegateCreate(&builder);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddDelegate(options, opaque);
    p = TfLiteInterpreterCreate(model, options);
    CHECK(run(p) == 9 && prepared > 0);
    TfLiteInterpreterDelete(p);
    TfLiteInterpreterOptionsDelete(options);
    TfLiteOpaqueDelegateDelete(opaque);
    TfLiteModelDelete(model);
}

/* ---- the rest ---- */

static void resizing(void)
{
    const int dims[] = {2, 8, 8, 3};
    TfLiteModel *model = load("add.tflite");
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, NULL);
    CHECK(run(p) == 3 * 191.f);
    CHECK(TfLiteInterpreterResizeInputTensor(p, 0, dims, 4) == kTfLiteOk);
    CHECK(run(p) == 3 * 383.f);
    CHECK(TfLiteTensorDim(TfLiteInterpreterGetOutputTensor(p, 0), 0) == 2);
    TfLiteInterpreterDelete(p);
    TfLiteModelDelete(model);
}

static void signatures(void)
{
    TfLiteModel *model = load("signatures.tflite");
    TfLiteInterpreter *p = TfLiteInterpreterCreate(model, NULL);
    CHECK(TfLiteInterpreterGetSignatureCount(p) == 2);
    TfLiteSignatureRunner *r = TfLiteInterpreterGetSignatureRunner(p, "product");
    CHECK(r && TfLiteSignatureRunnerAllocateTensors(r) == kTfLiteOk);
    ((float *)TfLiteTensorData(TfLiteSignatureRunnerGetInputTensor(r, "a")))[0] = 6;
    ((float *)TfLiteTensorData(TfLiteSignatureRunnerGetInputTensor(r, "b")))[0] = 7;
    CHECK(TfLiteSignatureRunnerInvoke(r) == kTfLiteOk);
    const TfLiteTensor *y = TfLiteSignatureRunnerGetOutputTensor(r, "product");
    CHECK(*(const float *)TfLiteTensorData(y) == 42);
    TfLiteSignatureRunnerDelete(r);
    TfLiteInterpreterDelete(p);
    TfLiteModelDelete(model);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    folder = argv[1];
    custom_registration();
    plugin(argv[2]);
    delegates();
    resizing();
    signatures();
    printf("old_program: all is well\n");
    return 0;
}
