/* SPDX-License-Identifier: Apache-2.0 */
/* plugin_delegate.c: a delegate in a shared object, loaded as an external one.  It takes all ADD
 * nodes through the opaque interface.  Options: "factor", by which it multiplies each sum, and
 * "fail" (any value), which makes its creation fail. */
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/c/c_api_opaque.h"
#include "tensorflow/lite/delegates/external/external_delegate_interface.h"

enum { MAX_NODES = 8 };

typedef struct settings {
    float factor;
} settings;

/* The nodes of one part, by their tensors. */
typedef struct part {
    float factor;
    int n, in[MAX_NODES][2], out[MAX_NODES];
} part;

static void *init(void *user, TfLiteOpaqueContext *context, const char *buffer, size_t length)
{
    const TfLiteOpaqueDelegateParams *params = (const void *)buffer;
    const settings *s = params->delegate_data;
    part *p = calloc(1, sizeof *p);
    (void)user;
    (void)length;
    if (!p || params->nodes_to_replace->size > MAX_NODES)
        return TfLiteKernelInitFailed();
    p->factor = s->factor;
    for (; p->n < params->nodes_to_replace->size; p->n++) {
        TfLiteOpaqueNode *node;
        TfLiteOperator *op;
        TfLiteOpaqueContextGetNodeAndRegistration(context, params->nodes_to_replace->data[p->n],
                                                  &node, &op);
        for (int i = 0; i < 2; i++)
            p->in[p->n][i] = TfLiteOpaqueNodeGetInputTensorIndex(node, i);
        p->out[p->n] = TfLiteOpaqueNodeGetOutputTensorIndex(node, 0);
    }
    return p;
}

static void release(void *user, TfLiteOpaqueContext *context, void *data)
{
    (void)user;
    (void)context;
    free(data);
}

/* Values between the nodes have no memory of their own, so they become scratch tensors. */
static TfLiteStatus prepare(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const part *p = TfLiteOpaqueNodeGetUserData(node);
    (void)user;
    (void)context;
    return TfLiteOpaqueNodeSetTemporaries(node, p->out, p->n - 1);
}

static TfLiteStatus invoke(void *user, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node)
{
    const part *p = TfLiteOpaqueNodeGetUserData(node);
    (void)user;
    for (int k = 0; k < p->n; k++) {
        TfLiteOpaqueTensor *y = TfLiteOpaqueContextGetOpaqueTensor(context, p->out[k]);
        const float *a =
            TfLiteOpaqueTensorData(TfLiteOpaqueContextGetOpaqueTensor(context, p->in[k][0]));
        const float *b =
            TfLiteOpaqueTensorData(TfLiteOpaqueContextGetOpaqueTensor(context, p->in[k][1]));
        float *to = TfLiteOpaqueTensorData(y);
        if (!a || !b || !to)
            return kTfLiteError;
        for (size_t i = 0; i < TfLiteOpaqueTensorByteSize(y) / sizeof *to; i++)
            to[i] = p->factor * (a[i] + b[i]);
    }
    return kTfLiteOk;
}

static TfLiteStatus claim(TfLiteOpaqueContext *context, TfLiteOpaqueDelegate *delegate, void *data)
{
    TfLiteIntArray *plan, *nodes;
    TfLiteOperator *kernel;
    (void)data;
    if (TfLiteOpaqueContextGetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteError;
    nodes = TfLiteIntArrayCreate(plan->size);
    nodes->size = 0;
    for (int i = 0; i < plan->size; i++) {
        TfLiteOpaqueNode *node;
        TfLiteOperator *op;
        if (TfLiteOpaqueContextGetNodeAndRegistration(context, plan->data[i], &node, &op) !=
            kTfLiteOk)
            continue;
        if (TfLiteOperatorGetBuiltInCode(op) == kTfLiteBuiltinAdd)
            nodes->data[nodes->size++] = plan->data[i];
    }
    kernel = TfLiteOperatorCreate(kTfLiteBuiltinDelegate, "plugin", 1, NULL);
    TfLiteOperatorSetInitWithData(kernel, init);
    TfLiteOperatorSetFreeWithData(kernel, release);
    TfLiteOperatorSetPrepareWithData(kernel, prepare);
    TfLiteOperatorSetInvokeWithData(kernel, invoke);
    const TfLiteStatus status =
        TfLiteOpaqueContextReplaceNodeSubsetsWithDelegateKernels(context, kernel, nodes, delegate);
    TfLiteIntArrayFree(nodes);
    return status;
}

TfLiteDelegate *tflite_plugin_create_delegate(const char *const *options_keys,
                                              const char *const *options_values, size_t num_options,
                                              void (*report_error)(const char *))
{
    settings *s = calloc(1, sizeof *s);
    s->factor = 1;
    for (size_t i = 0; i < num_options; i++) {
        if (strcmp(options_keys[i], "factor") == 0)
            s->factor = (float)atof(options_values[i]);
        if (strcmp(options_keys[i], "fail") == 0) {
            if (report_error)
                report_error("told to fail");
            free(s);
            return NULL;
        }
    }
    const TfLiteOpaqueDelegateBuilder builder = {.data = s, .Prepare = claim};
    return TfLiteOpaqueDelegateCreate(&builder);
}

void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate)
{
    if (delegate)
        free(TfLiteOpaqueDelegateGetData(delegate));
    TfLiteOpaqueDelegateDelete(delegate);
}
