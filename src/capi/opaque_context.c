/* SPDX-License-Identifier: Apache-2.0 */
/* opaque_context.c: contexts of c_api_opaque.h.  A TfLiteOpaqueContext is a TfLiteContext, so most
 * functions pass the call on to its members. */
#include <stdio.h>
#include <string.h>

#include "capi/opaque_builder.h"
#include "ops/op.h"
#include "runtime/interpreter.h"
#include "runtime/operator_impl.h"
#include "tensorflow/lite/c/c_api_opaque.h"

static const ln_alloc *const heap = &ln_alloc_default;

static TfLiteContext *as_context(const TfLiteOpaqueContext *c)
{
    return (TfLiteContext *)(uintptr_t)c; /* the runtime's own object, never really const */
}

static ln_interpreter *interpreter_of(const TfLiteOpaqueContext *c)
{
    return ln_context_interpreter(as_context(c));
}

static int graph_of(const TfLiteOpaqueContext *c)
{
    return ln_context_graph(as_context(c));
}

/* ---- graph ---- */

TfLiteStatus TfLiteOpaqueContextGetExecutionPlan(TfLiteOpaqueContext *opaque_context,
                                                 TfLiteIntArray **execution_plan)
{
    TfLiteContext *c = as_context(opaque_context);
    return c && execution_plan ? c->GetExecutionPlan(c, execution_plan) : kTfLiteError;
}

TfLiteStatus TfLiteOpaqueContextGetExternalContext(TfLiteOpaqueContext *opaque_context,
                                                   void **external_context,
                                                   TfLiteExternalContextType type)
{
    TfLiteContext *c = as_context(opaque_context);
    if (!c || !external_context)
        return kTfLiteError;
    *external_context = c->GetExternalContext(c, type);
    return *external_context ? kTfLiteOk : kTfLiteError;
}

TfLiteOpaqueTensor *TfLiteOpaqueContextGetOpaqueTensor(const TfLiteOpaqueContext *opaque_context,
                                                       int index)
{
    const TfLiteContext *c = as_context(opaque_context);
    return c ? (TfLiteOpaqueTensor *)c->GetTensor(c, index) : NULL;
}

/* Gives one of a graph's lists of tensors. */
static TfLiteStatus give(const TfLiteOpaqueContext *c,
                         const TfLiteIntArray *(*list_of)(const ln_interpreter *, int graph),
                         const int **items, int *n)
{
    if (!c || !items || !n)
        return kTfLiteError;
    const TfLiteIntArray *list = list_of(interpreter_of(c), graph_of(c));
    *items = list->data;
    *n = list->size;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueContextGetInputs(const struct TfLiteOpaqueContext *opaque_context,
                                          const int **inputs, int *num_inputs)
{
    return give(opaque_context, ln_interpreter_inputs, inputs, num_inputs);
}

TfLiteStatus TfLiteOpaqueContextGetOutputs(const struct TfLiteOpaqueContext *opaque_context,
                                           const int **outputs, int *num_outputs)
{
    return give(opaque_context, ln_interpreter_outputs, outputs, num_outputs);
}

TfLiteStatus TfLiteOpaqueContextGetVariables(const struct TfLiteOpaqueContext *opaque_context,
                                             const int **variables, int *num_variables)
{
    return give(opaque_context, ln_interpreter_variables, variables, num_variables);
}

size_t TfLiteOpaqueContextGetNumNodes(const struct TfLiteOpaqueContext *opaque_context)
{
    return opaque_context ? (size_t)ln_interpreter_node_count(interpreter_of(opaque_context),
                                                              graph_of(opaque_context))
                          : 0;
}

size_t TfLiteOpaqueContextGetNumTensors(const struct TfLiteOpaqueContext *opaque_context)
{
    return opaque_context ? as_context(opaque_context)->tensors_size : 0;
}

const char *TfLiteOpaqueContextGetName(const struct TfLiteOpaqueContext *opaque_context)
{
    if (!opaque_context)
        return NULL;
    const ln_model *m = ln_interpreter_model(interpreter_of(opaque_context));
    const char *name = m->graphs[graph_of(opaque_context)]->name;
    return name ? name : "";
}

TfLiteStatus TfLiteOpaqueContextAcquireSubgraphContext(
    struct TfLiteOpaqueContext *opaque_context, int subgraph_index,
    TfLiteOpaqueContext **acquired_opaque_context)
{
    TfLiteContext *c = as_context(opaque_context), *acquired = NULL;
    if (!c || !acquired_opaque_context)
        return kTfLiteError;
    const TfLiteStatus status = c->AcquireSubgraphContext(c, subgraph_index, &acquired);
    if (status == kTfLiteOk)
        *acquired_opaque_context = (TfLiteOpaqueContext *)acquired;
    return status;
}

TfLiteStatus TfLiteOpaqueContextReleaseSubgraphContext(struct TfLiteOpaqueContext *opaque_context,
                                                       int subgraph_index)
{
    TfLiteContext *c = as_context(opaque_context);
    return c ? c->ReleaseSubgraphContext(c, subgraph_index) : kTfLiteError;
}

TfLiteStatus TfLiteOpaqueContextMarkSubgraphAsDelegationSkippable(
    TfLiteOpaqueContext *opaque_context, int subgraph_index)
{
    if (!opaque_context || subgraph_index < 1 ||
        subgraph_index >= ln_interpreter_graph_count(interpreter_of(opaque_context)))
        return kTfLiteError; /* the main graph is never part of another one */
    ln_interpreter_skip_delegation(interpreter_of(opaque_context), subgraph_index);
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueContextGetMetadata(TfLiteOpaqueContext *context, const char *name,
                                            const char **ptr, size_t *bytes)
{
    const TfLiteContext *c = as_context(context);
    return c && name && ptr && bytes ? c->GetModelMetadata(c, name, ptr, bytes) : kTfLiteError;
}

/* ---- nodes and their operators ---- */

/* An operator that stands for a registration of the other form. */
typedef struct derived {
    TfLiteOperator op;
    TfLiteRegistration registration;
} derived;

static void *derived_init(void *user, TfLiteOpaqueContext *c, const char *buffer, size_t length)
{
    const derived *d = user;
    return d->registration.init(as_context(c), buffer, length);
}

static void derived_free(void *user, TfLiteOpaqueContext *c, void *data)
{
    const derived *d = user;
    d->registration.free(as_context(c), data);
}

static TfLiteStatus derived_prepare(void *user, TfLiteOpaqueContext *c, TfLiteOpaqueNode *node)
{
    const derived *d = user;
    return d->registration.prepare(as_context(c), (TfLiteNode *)node);
}

static TfLiteStatus derived_invoke(void *user, TfLiteOpaqueContext *c, TfLiteOpaqueNode *node)
{
    const derived *d = user;
    return d->registration.invoke(as_context(c), (TfLiteNode *)node);
}

static void derived_destroy(void *d)
{
    ln_free(heap, d);
}

static TfLiteOperator *derive(ln_interpreter *it, const TfLiteRegistration *r)
{
    derived *d = ln_new(heap, 1, sizeof *d);
    if (!d)
        return NULL;
    d->registration = *r;
    d->op = (TfLiteOperator){
        .builtin_code = r->builtin_code,
        .custom_name = r->custom_name,
        .version = r->version,
        .user_data = d,
        .inplace_operator = r->inplace_operator,
        .init_with_data = r->init ? derived_init : NULL,
        .free_with_data = r->free ? derived_free : NULL,
        .prepare_with_data = r->prepare ? derived_prepare : NULL,
        .invoke_with_data = r->invoke ? derived_invoke : NULL,
    };
    return ln_interpreter_own(it, d, derived_destroy) == LN_OK ? &d->op : NULL;
}

TfLiteStatus TfLiteOpaqueContextGetNodeAndRegistration(struct TfLiteOpaqueContext *opaque_context,
                                                       int node_index, TfLiteOpaqueNode **node,
                                                       TfLiteOperator **registration_external)
{
    TfLiteContext *c = as_context(opaque_context);
    TfLiteNode *n = NULL;
    TfLiteRegistration *r = NULL;
    if (!c || !node || !registration_external)
        return kTfLiteError;
    const TfLiteStatus status = c->GetNodeAndRegistration(c, node_index, &n, &r);
    if (status != kTfLiteOk)
        return status;
    *node = (TfLiteOpaqueNode *)n;
    *registration_external = r->registration_external;
    if (r->registration_external)
        return kTfLiteOk;

    ln_interpreter *it = interpreter_of(opaque_context);
    void **slot = ln_interpreter_node_slot(it, graph_of(opaque_context), node_index);
    if (slot && !*slot)
        *slot = derive(it, r);
    *registration_external = slot ? *slot : NULL;
    return *registration_external ? kTfLiteOk : kTfLiteError;
}

static void operator_destroy(void *op)
{
    TfLiteOperatorDelete(op);
}

TfLiteStatus TfLiteOpaqueContextReplaceNodeSubsetsWithDelegateKernels(
    struct TfLiteOpaqueContext *opaque_context, TfLiteOperator *registration_external,
    const TfLiteIntArray *nodes_to_replace, TfLiteOpaqueDelegate *opaque_delegate)
{
    TfLiteContext *c = as_context(opaque_context);
    if (!c || !registration_external || !nodes_to_replace || !opaque_delegate)
        return kTfLiteError;
    if (ln_interpreter_own(interpreter_of(opaque_context), registration_external,
                           operator_destroy) != LN_OK)
        return kTfLiteError;
    TfLiteRegistration r = {0};
    r.custom_name = registration_external->custom_name;
    r.version = registration_external->version;
    r.inplace_operator = registration_external->inplace_operator;
    r.registration_external = registration_external;
    return c->ReplaceNodeSubsetsWithDelegateKernels(c, r, nodes_to_replace,
                                                    (TfLiteDelegate *)opaque_delegate);
}

TfLiteStatus TfLiteOpaqueContextGetNodeInitDataMmapInfo(const TfLiteOpaqueContext *context,
                                                        const TfLiteOpaqueNode *node, int *fd,
                                                        int64_t *custom_initial_data_offset_in_file,
                                                        int64_t *custom_initial_data_size)
{
    if (!context || !node || !fd || !custom_initial_data_offset_in_file ||
        !custom_initial_data_size)
        return kTfLiteError;
    *fd = -1;
    *custom_initial_data_offset_in_file = *custom_initial_data_size = -1;
    (void)ln_fail(ln_interpreter_diag(interpreter_of(context)), LN_ERR_UNSUPPORTED,
                  "the model's file is mapped and closed: there is no file descriptor to give");
    return kTfLiteError;
}

/* ---- tensors ---- */

TfLiteStatus TfLiteOpaqueContextResizeTensor(TfLiteOpaqueContext *context,
                                             TfLiteOpaqueTensor *tensor, TfLiteIntArray *new_size)
{
    TfLiteContext *c = as_context(context);
    if (!c || !tensor) {
        TfLiteIntArrayFree(new_size);
        return kTfLiteError;
    }
    return c->ResizeTensor(c, (TfLiteTensor *)tensor, new_size);
}

static bool check_builder(TfLiteOpaqueContext *context, const TfLiteOpaqueTensorBuilder *b)
{
    const bool dynamic = b->allocation_type == kTfLiteDynamic;
    if (!dynamic && b->allocation_type != kTfLiteArenaRw &&
        b->allocation_type != kTfLiteArenaRwPersistent) {
        TfLiteOpaqueContextReportError(
            context,
            "the new tensor has allocation type %d, not kTfLiteDynamic, kTfLiteArenaRw or "
            "kTfLiteArenaRwPersistent",
            (int)b->allocation_type);
        return false;
    }
    if (dynamic != (b->data != NULL)) {
        TfLiteOpaqueContextReportError(context, dynamic ? "the new dynamic tensor has no data"
                                                        : "the new tensor of the arena has data");
        return false;
    }
    return true;
}

TfLiteStatus TfLiteOpaqueContextAddTensor(TfLiteOpaqueContext *context,
                                          TfLiteOpaqueTensorBuilder *builder, int *new_tensor_index)
{
    TfLiteContext *c = as_context(context);
    int index = -1;
    if (!c || !builder || !check_builder(context, builder))
        return kTfLiteError;
    const TfLiteStatus status = c->AddTensors(c, 1, &index);
    if (status != kTfLiteOk)
        return status;
    TfLiteTensor *t = &c->tensors[index];
    t->type = builder->type;
    t->data.data = builder->data;
    t->allocation_type = builder->allocation_type;
    t->params = builder->params;
    t->quantization = builder->quantization;
    if (new_tensor_index)
        *new_tensor_index = index;
    return kTfLiteOk;
}

TfLiteStatus TfLiteOpaqueContextGetSizeOfType(TfLiteOpaqueContext *context, TfLiteType type,
                                              size_t *bytes)
{
    if (!bytes)
        return kTfLiteError;
    *bytes = ln_type_size(type);
    if (*bytes == 0) {
        TfLiteOpaqueContextReportError(context, "an item of type %s has no fixed size in bytes",
                                       TfLiteTypeGetName(type));
        return kTfLiteError;
    }
    return kTfLiteOk;
}

/* ---- messages ---- */

void TfLiteOpaqueContextReportErrorVa(struct TfLiteOpaqueContext *opaque_context,
                                      const char *format, va_list vlist)
{
    TfLiteContext *c = as_context(opaque_context);
    char text[LN_DIAG_TEXT];
    if (!c || !format)
        return;
    vsnprintf(text, sizeof text, format, vlist);
    c->ReportError(c, "%s", text);
}

void TfLiteOpaqueContextReportError(struct TfLiteOpaqueContext *opaque_context, const char *format,
                                    ...)
{
    va_list args;
    va_start(args, format);
    TfLiteOpaqueContextReportErrorVa(opaque_context, format, args);
    va_end(args);
}
