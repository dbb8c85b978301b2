/* SPDX-License-Identifier: Apache-2.0 */
/* delegate.c: the plug-in liblinnet_flex: an external delegate that runs Select-TF operators which
 * Linnet has no kernel for by a TensorFlow that is installed, through its C API for eager
 * execution.  Nothing of TensorFlow is needed to build it.
 *
 * Options: "library", the path of TensorFlow's shared library; "all" (any value), to run those
 * with kernels of Linnet's own, too.  Values that only TensorFlow understands (resources, variants)
 * stay on its side, by the number of their tensor. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "flex/node.h"
#include "flex/values.h"
#include "tensorflow/lite/delegates/external/external_delegate_interface.h"

enum { MAX_ENDS = 256 };

/* What TensorFlow holds for a tensor. */
typedef struct held {
    const TfLiteContext *context; /* of the graph that the tensor is in */
    int tensor;
    TFE_TensorHandle *handle;
} held;

typedef struct plugin {
    TfLiteDelegate delegate; /* first */
    TFE_Context *context;
    TF_Status *status;
    held *list;
    size_t n, capacity;
    bool all;
} plugin;

typedef struct step {
    ln_flex_call call;
    TfLiteIntArray *in, *out; /* of the node, which outlives the part */
} step;

/* Nodes that run one after the other. */
typedef struct part {
    plugin *own;
    step *steps;
    int n;
} part;

/* One for the process, as TensorFlow itself; memory that TensorFlow still holds refers to it. */
static ln_tensorflow tensorflow;

/* ---- handles ---- */

static TFE_TensorHandle **find(const plugin *p, const TfLiteContext *context, int tensor)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->list[i].context == context && p->list[i].tensor == tensor)
            return &p->list[i].handle;
    return NULL;
}

/* The handle is the plug-in's from here on. */
static bool hold(plugin *p, const TfLiteContext *context, int tensor, TFE_TensorHandle *handle)
{
    TFE_TensorHandle **at = find(p, context, tensor);
    if (!at) {
        if (!ln_grow(&ln_alloc_default, (void **)&p->list, &p->capacity, p->n, sizeof *p->list)) {
            tensorflow.TFE_DeleteTensorHandle(handle);
            return false;
        }
        p->list[p->n++] = (held){context, tensor, handle};
        return true;
    }
    if (*at)
        tensorflow.TFE_DeleteTensorHandle(*at);
    *at = handle;
    return true;
}

static bool stays(const TfLiteTensor *t)
{
    return t->type == kTfLiteResource || t->type == kTfLiteVariant;
}

static TfLiteStatus fail(TfLiteContext *context, const step *s, const char *why)
{
    context->ReportError(context, "TensorFlow's %s: %s", s->call.name, why);
    return kTfLiteError;
}

/* A handle to be deleted by the caller. */
static TFE_TensorHandle *handle_of(const ln_tensorflow *tf, const TfLiteTensor *t,
                                   TF_Status *status)
{
    TF_Tensor *value = ln_flex_value(tf, t);
    TFE_TensorHandle *handle = value ? tf->TFE_NewTensorHandle(value, status) : NULL;
    if (value)
        tf->TF_DeleteTensor(value);
    return handle;
}

/* ---- running ---- */

/* Handles of a step's inputs; `made` marks those to be deleted after it. */
static bool get_inputs(const plugin *p, TfLiteContext *context, const step *s,
                       TFE_TensorHandle **in, bool *made)
{
    for (int i = 0; i < s->in->size; i++) {
        const int id = s->in->data[i];
        TFE_TensorHandle **kept = id >= 0 ? find(p, context, id) : NULL;
        made[i] = false;
        if (id >= 0 && stays(&context->tensors[id])) {
            in[i] = kept ? *kept : NULL;
        } else if (id >= 0) {
            in[i] = handle_of(&tensorflow, &context->tensors[id], p->status);
            made[i] = in[i] != NULL;
        }
        if (id < 0 || !in[i])
            return false;
    }
    return true;
}

static TfLiteStatus put_outputs(plugin *p, TfLiteContext *context, const step *s,
                                TFE_TensorHandle **out)
{
    TfLiteStatus status = kTfLiteOk;
    for (int i = 0; i < s->out->size; i++) {
        const int id = s->out->data[i];
        if (stays(&context->tensors[id])) {
            if (!hold(p, context, id, out[i]))
                status = kTfLiteError;
            continue;
        }
        TF_Tensor *value = tensorflow.TFE_TensorHandleResolve(out[i], p->status);
        if (!value || ln_flex_take(&tensorflow, context, value, &context->tensors[id]) != kTfLiteOk)
            status = kTfLiteError;
        if (value)
            tensorflow.TF_DeleteTensor(value);
        tensorflow.TFE_DeleteTensorHandle(out[i]);
    }
    return status;
}

static TfLiteStatus run_step(plugin *p, TfLiteContext *context, const step *s)
{
    TFE_TensorHandle *in[MAX_ENDS] = {0}, *out[MAX_ENDS] = {0};
    bool made[MAX_ENDS] = {0};
    const ln_flex_ends ends = {in, out, s->in->size, s->out->size};
    TfLiteStatus status = kTfLiteOk;
    p->status = tensorflow.TF_NewStatus();
    if (!p->status)
        return kTfLiteError;
    if (!get_inputs(p, context, s, in, made))
        status = fail(context, s, "an input is none of TensorFlow's tensors");
    else if (!ln_flex_call_run(&tensorflow, p->context, &s->call, &ends, p->status))
        status = fail(context, s, tensorflow.TF_Message(p->status));
    else if (put_outputs(p, context, s, out) != kTfLiteOk)
        status = fail(context, s, "a result has another type than the model says");
    for (int i = 0; i < s->in->size; i++)
        if (made[i])
            tensorflow.TFE_DeleteTensorHandle(in[i]);
    tensorflow.TF_DeleteStatus(p->status);
    return status;
}

/* ---- the kernel ---- */

static void part_free(TfLiteContext *context, void *data)
{
    part *p = data;
    (void)context;
    if (p)
        ln_free(&ln_alloc_default, p->steps);
    ln_free(&ln_alloc_default, p);
}

static void *part_init(TfLiteContext *context, const char *buffer, size_t n)
{
    const TfLiteDelegateParams *params = (const void *)buffer;
    const TfLiteIntArray *nodes = params->nodes_to_replace;
    part *p = ln_new(&ln_alloc_default, 1, sizeof *p);
    (void)n;
    if (!p)
        return NULL;
    p->own = (plugin *)(void *)params->delegate;
    p->steps = ln_new(&ln_alloc_default, (size_t)nodes->size + 1, sizeof *p->steps);
    for (; p->steps && p->n < nodes->size; p->n++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        step *s = &p->steps[p->n];
        if (context->GetNodeAndRegistration(context, nodes->data[p->n], &node, &registration) !=
                kTfLiteOk ||
            !ln_flex_call_read(node->custom_initial_data, (size_t)node->custom_initial_data_size,
                               &s->call)) {
            part_free(context, p);
            return NULL;
        }
        s->in = node->inputs;
        s->out = node->outputs;
    }
    return p;
}

/* What TensorFlow gives has a shape only then. */
static TfLiteStatus part_prepare(TfLiteContext *context, TfLiteNode *node)
{
    const part *p = node->user_data;
    if (!p || !p->steps)
        return kTfLiteError;
    for (int i = 0; i < p->n; i++)
        for (int k = 0; k < p->steps[i].out->size; k++) {
            TfLiteTensor *t = &context->tensors[p->steps[i].out->data[k]];
            if (!stays(t) && t->type != kTfLiteString)
                t->allocation_type = kTfLiteDynamic;
        }
    return kTfLiteOk;
}

static TfLiteStatus part_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const part *p = node->user_data;
    for (int i = 0; i < p->n; i++)
        if (run_step(p->own, context, &p->steps[i]) != kTfLiteOk)
            return kTfLiteError;
    return kTfLiteOk;
}

/* ---- the delegate ---- */

static bool takes(const plugin *p, const TfLiteNode *node, const TfLiteRegistration *registration)
{
    ln_flex_call call;
    const char *name = registration->custom_name;
    return name && strncmp(name, "Flex", 4) == 0 && (p->all || !registration->invoke) &&
           node->inputs->size <= MAX_ENDS && node->outputs->size <= MAX_ENDS &&
           ln_flex_call_read(node->custom_initial_data, (size_t)node->custom_initial_data_size,
                             &call);
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteDelegate *delegate)
{
    const plugin *p = (const plugin *)(const void *)delegate;
    static const TfLiteRegistration kernel = {.init = part_init,
                                              .free = part_free,
                                              .prepare = part_prepare,
                                              .invoke = part_invoke,
                                              .custom_name = "LinnetFlexDelegate",
                                              .version = 1};
    TfLiteIntArray *plan;
    if (context->GetExecutionPlan(context, &plan) != kTfLiteOk)
        return kTfLiteError;
    TfLiteIntArray *nodes =
        ln_new(&ln_alloc_default, 1, sizeof *nodes + (size_t)plan->size * sizeof *nodes->data);
    if (!nodes)
        return kTfLiteError;
    for (int i = 0; i < plan->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *registration;
        if (context->GetNodeAndRegistration(context, plan->data[i], &node, &registration) ==
                kTfLiteOk &&
            takes(p, node, registration))
            nodes->data[nodes->size++] = plan->data[i];
    }
    const TfLiteStatus status =
        context->ReplaceNodeSubsetsWithDelegateKernels(context, kernel, nodes, delegate);
    ln_free(&ln_alloc_default, nodes);
    return status;
}

static bool start(plugin *p, char *message, size_t n)
{
    TF_Status *status = tensorflow.TF_NewStatus();
    TFE_ContextOptions *options = tensorflow.TFE_NewContextOptions();
    if (status && options)
        p->context = tensorflow.TFE_NewContext(options, status);
    if (!p->context)
        snprintf(message, n, "TensorFlow does not start: %s",
                 status ? tensorflow.TF_Message(status) : "out of memory");
    if (options)
        tensorflow.TFE_DeleteContextOptions(options);
    if (status)
        tensorflow.TF_DeleteStatus(status);
    return p->context != NULL;
}

TfLiteDelegate *tflite_plugin_create_delegate(const char *const *options_keys,
                                              const char *const *options_values, size_t num_options,
                                              void (*report_error)(const char *))
{
    char message[1024] = "out of memory";
    const char *library = NULL;
    plugin *p = ln_new(&ln_alloc_default, 1, sizeof *p);
    for (size_t i = 0; p && i < num_options; i++) {
        if (strcmp(options_keys[i], "library") == 0)
            library = options_values[i];
        else if (strcmp(options_keys[i], "all") == 0)
            p->all = true;
    }
    if (p && ln_tensorflow_load(library, &tensorflow, message, sizeof message) &&
        start(p, message, sizeof message)) {
        p->delegate.Prepare = prepare;
        p->delegate.data_ = p;
        p->delegate.flags = kTfLiteDelegateFlagsAllowDynamicTensors;
        return &p->delegate;
    }
    ln_free(&ln_alloc_default, p);
    if (report_error)
        report_error(message);
    else
        fprintf(stderr, "linnet_flex: %s\n", message);
    return NULL;
}

void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate)
{
    plugin *p = (plugin *)(void *)delegate;
    for (size_t i = 0; p && i < p->n; i++)
        if (p->list[i].handle)
            tensorflow.TFE_DeleteTensorHandle(p->list[i].handle);
    if (p) {
        tensorflow.TFE_DeleteContext(p->context);
        ln_free(&ln_alloc_default, p->list);
    }
    ln_free(&ln_alloc_default, p);
}
