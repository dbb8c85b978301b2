/* SPDX-License-Identifier: Apache-2.0 */
/* plugin_classic.c: a delegate in a shared object, by TfLiteDelegate and TfLiteRegistration, as
 * most vendors' are written; it takes all ADD nodes.  It uses no function of the library: such
 * plug-ins bring along a TensorFlow Lite of their own, whose arrays of integers come from malloc
 * and are mixed with the interpreter's.  Options as in plugin_delegate.c. */
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/delegates/external/external_delegate_interface.h"

typedef struct plugin {
    TfLiteDelegate base;
    float factor;
} plugin;

/* The nodes of one part, by their tensors. */
typedef struct part {
    float factor;
    int n;
    struct {
        int a, b, out;
    } add[];
} part;

static TfLiteIntArray *int_array(int size)
{
    TfLiteIntArray *array = malloc(sizeof *array + sizeof(int) * (size_t)size);
    if (array)
        array->size = size;
    return array;
}

static void *init(TfLiteContext *context, const char *buffer, size_t length)
{
    const TfLiteDelegateParams *params = (const void *)buffer;
    const TfLiteIntArray *nodes = params->nodes_to_replace;
    part *p = malloc(sizeof *p + sizeof p->add[0] * (size_t)nodes->size);
    (void)length;
    if (!p)
        return NULL;
    p->factor = ((const plugin *)(const void *)params->delegate)->factor;
    p->n = nodes->size;
    for (int i = 0; i < p->n; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        context->GetNodeAndRegistration(context, nodes->data[i], &node, &registration);
        p->add[i].a = node->inputs->data[0];
        p->add[i].b = node->inputs->data[1];
        p->add[i].out = node->outputs->data[0];
    }
    return p;
}

static void release(TfLiteContext *context, void *data)
{
    (void)context;
    free(data);
}

/* Values between the nodes have no memory of their own, so they become scratch tensors. */
static TfLiteStatus prepare(TfLiteContext *context, TfLiteNode *node)
{
    const part *p = node->user_data;
    TfLiteIntArray *scratch = int_array(p->n - 1);
    (void)context;
    if (!scratch)
        return kTfLiteError;
    for (int i = 0; i < p->n - 1; i++)
        scratch->data[i] = p->add[i].out;
    free(node->temporaries);
    node->temporaries = scratch;
    return kTfLiteOk;
}

static TfLiteStatus invoke(TfLiteContext *context, TfLiteNode *node)
{
    const part *p = node->user_data;
    for (int k = 0; k < p->n; k++) {
        const float *a = context->tensors[p->add[k].a].data.f;
        const float *b = context->tensors[p->add[k].b].data.f;
        TfLiteTensor *y = &context->tensors[p->add[k].out];
        if (!a || !b || !y->data.f)
            return kTfLiteError;
        for (size_t i = 0; i < y->bytes / sizeof(float); i++)
            y->data.f[i] = p->factor * (a[i] + b[i]);
    }
    return kTfLiteOk;
}

static TfLiteStatus claim(TfLiteContext *context, TfLiteDelegate *delegate)
{
    TfLiteIntArray *plan;
    TfLiteRegistration kernel;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteError;
    TfLiteIntArray *nodes = int_array(plan->size);
    if (!nodes)
        return kTfLiteError;
    nodes->size = 0;
    for (int i = 0; i < plan->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (context->GetNodeAndRegistration(context, plan->data[i], &node, &registration) ==
                kTfLiteOk &&
            registration->builtin_code == kTfLiteBuiltinAdd)
            nodes->data[nodes->size++] = plan->data[i];
    }
    memset(&kernel, 0, sizeof kernel);
    kernel.init = init;
    kernel.free = release;
    kernel.prepare = prepare;
    kernel.invoke = invoke;
    kernel.builtin_code = kTfLiteBuiltinDelegate;
    kernel.custom_name = "classic";
    kernel.version = 1;
    const TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, nodes, delegate);
    free(nodes);
    return status;
}

TfLiteDelegate *tflite_plugin_create_delegate(const char *const *options_keys,
                                              const char *const *options_values, size_t num_options,
                                              void (*report_error)(const char *))
{
    plugin *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->base.data_ = p;
    p->base.Prepare = claim;
    p->factor = 1;
    for (size_t i = 0; i < num_options; i++) {
        if (strcmp(options_keys[i], "factor") == 0)
            p->factor = (float)atof(options_values[i]);
        if (strcmp(options_keys[i], "fail") == 0) {
            if (report_error)
                report_error("told to fail");
            free(p);
            return NULL;
        }
    }
    return &p->base;
}

void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate)
{
    free(delegate);
}
