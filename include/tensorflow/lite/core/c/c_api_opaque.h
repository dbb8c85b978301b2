/* SPDX-License-Identifier: Apache-2.0 */
/* c_api_opaque.h: tensors, nodes and contexts for operators and delegates that must not depend on
 * the layouts in common.h.
 *
 * An operator made with operator.h, and a delegate made with TfLiteOpaqueDelegateCreate, gets
 * these objects in its functions and may use them until it returns.  All belong to the runtime.
 * Functions marked [delegate] may only be called from a delegate's Prepare. */
#ifndef TENSORFLOW_LITE_C_C_API_OPAQUE_H_
#define TENSORFLOW_LITE_C_C_API_OPAQUE_H_

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/core/c/c_api.h"
#include "tensorflow/lite/core/c/c_api_types.h"
#include "tensorflow/lite/core/c/common.h"
#include "tensorflow/lite/core/c/operator.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Tensors ---- */

/* Returns the element type. */
TFL_CAPI_EXPORT TfLiteType TfLiteOpaqueTensorType(const TfLiteOpaqueTensor *opaque_tensor);

/* Returns the number of dimensions; 0 is a scalar, -1 means that the shape is not known. */
TFL_CAPI_EXPORT int32_t TfLiteOpaqueTensorNumDims(const TfLiteOpaqueTensor *opaque_tensor);

/* Returns the size of a dimension, 0 <= dim_index < number of dimensions. */
TFL_CAPI_EXPORT int32_t TfLiteOpaqueTensorDim(const TfLiteOpaqueTensor *opaque_tensor,
                                              int32_t dim_index);

/* Gives the number of dimensions of the shape's signature; -1 when there is no signature. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorGetNumDimsSignature(
    const TfLiteOpaqueTensor *opaque_tensor, int32_t *num_dims);

/* Gives the size of a dimension in the shape's signature; -1 where the model leaves it open. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorGetDimSignature(
    const TfLiteOpaqueTensor *opaque_tensor, int32_t dim_index, int32_t *dim_length);

/* Returns 1 when the tensor keeps its value between runs, else 0. */
TFL_CAPI_EXPORT int TfLiteOpaqueTensorIsVariable(const TfLiteOpaqueTensor *opaque_tensor);

/* Returns the size of the data in bytes. */
TFL_CAPI_EXPORT size_t TfLiteOpaqueTensorByteSize(const TfLiteOpaqueTensor *opaque_tensor);

/* Returns the elements, last dimension fastest; NULL when there are none or the tensor is NULL. */
TFL_CAPI_EXPORT void *TfLiteOpaqueTensorData(const TfLiteOpaqueTensor *opaque_tensor);

/* Returns where the data lives. */
TFL_CAPI_EXPORT TfLiteAllocationType TfLiteOpaqueTensorGetAllocationType(
    const TfLiteOpaqueTensor *opaque_tensor);

/* Returns what frees the data. */
TFL_CAPI_EXPORT TfLiteAllocationStrategy TfLiteOpaqueTensorGetAllocationStrategy(
    const TfLiteOpaqueTensor *t);

/* Returns for how long the address of the data stays the same. */
TFL_CAPI_EXPORT TfLiteRunStability TfLiteOpaqueTensorGetBufferAddressStability(
    const TfLiteOpaqueTensor *t);

/* Returns for how long the values stay the same. */
TFL_CAPI_EXPORT TfLiteRunStability TfLiteOpaqueTensorGetDataStability(const TfLiteOpaqueTensor *t);

/* Returns the first step at which the values are there. */
TFL_CAPI_EXPORT TfLiteRunStep TfLiteOpaqueTensorGetDataKnownStep(const TfLiteOpaqueTensor *t);

/* Returns the first step at which the shape is known. */
TFL_CAPI_EXPORT TfLiteRunStep TfLiteOpaqueTensorGetShapeKnownStep(const TfLiteOpaqueTensor *t);

/* Returns the name from the model, or NULL. */
TFL_CAPI_EXPORT const char *TfLiteOpaqueTensorName(const TfLiteOpaqueTensor *opaque_tensor);

/* Returns the quantization; its parameters still belong to the tensor. */
TFL_CAPI_EXPORT TfLiteQuantization TfLiteOpaqueTensorGetQuantization(
    const TfLiteOpaqueTensor *opaque_tensor);

/* Returns scale and zero point; the scale is 0 when there is no single pair. */
TFL_CAPI_EXPORT TfLiteQuantizationParams TfLiteOpaqueTensorGetQuantizationParams(
    const TfLiteOpaqueTensor *opaque_tensor);

/* Copies `input_data` into the tensor; kTfLiteError unless the sizes are equal. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorCopyFromBuffer(TfLiteOpaqueTensor *opaque_tensor,
                                                              const void *input_data,
                                                              size_t input_data_size);

/* Copies the tensor into `output_data`; kTfLiteError unless the sizes are equal. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorCopyToBuffer(
    const TfLiteOpaqueTensor *opaque_tensor, void *output_data, size_t output_data_size);

/* Returns the number of strings in a string tensor; -1 when it holds none that are well formed. */
TFL_CAPI_EXPORT int TfLiteOpaqueTensorGetStringCount(const TfLiteOpaqueTensor *tensor);

/* Gives string `index`, 0 <= index < count, and its length in bytes.  It is not terminated by a
 * zero and belongs to the tensor. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorGetString(const TfLiteOpaqueTensor *tensor,
                                                         int index, const char **str, int *len);

/* Replaces what a string tensor holds by `str_array_len` strings; string i has str_n_len[i]
 * bytes, zeros allowed.  The bytes are copied. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorWriteStrings(TfLiteOpaqueTensor *tensor,
                                                            const char *const *str_array,
                                                            int str_array_len,
                                                            const int *str_n_len);

/* Replaces what a string tensor holds by one string of `len` bytes, which are copied. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueTensorWriteString(TfLiteOpaqueTensor *tensor,
                                                           const char *str, int len);

/* Makes a tensor dynamic: from malloc, with a size known only while running. */
TFL_CAPI_EXPORT void TfLiteOpaqueTensorSetAllocationTypeToDynamic(TfLiteOpaqueTensor *tensor);

/* Says that a tensor's data is in memory that the CPU cannot read, so it gets none of the arena. */
TFL_CAPI_EXPORT void TfLiteOpaqueTensorSetNonCpuAllocation(TfLiteOpaqueTensor *tensor);

/* ---- New tensors ---- */

/* What a new tensor will be. */
typedef struct TfLiteOpaqueTensorBuilder TfLiteOpaqueTensorBuilder;

/* Makes a builder; the caller deletes it.  NULL when memory is out. */
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderCreate(void);

/* Deletes a builder; NULL is fine.  Tensors made from it stay. */
TFL_CAPI_EXPORT void TfLiteOpaqueTensorBuilderDelete(TfLiteOpaqueTensorBuilder *builder);

/* Sets the element type; returns `builder`. */
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderSetType(
    TfLiteOpaqueTensorBuilder *builder, TfLiteType type);

/* Sets the data, which must fit the allocation type (from malloc if dynamic); returns
 * `builder`. */
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderSetData(
    TfLiteOpaqueTensorBuilder *builder, void *data);

/* Sets where the data lives: kTfLiteDynamic, kTfLiteArenaRw or kTfLiteArenaRwPersistent, or
 * TfLiteOpaqueContextAddTensor will fail; returns `builder`. */
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderSetAllocationType(
    TfLiteOpaqueTensorBuilder *builder, TfLiteAllocationType allocation_type);

/* Sets scale and zero point; returns `builder`. */
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderSetQuantizationParams(
    TfLiteOpaqueTensorBuilder *builder, TfLiteQuantizationParams params);

/* Sets the quantization, whose parameters go over to the tensor; returns `builder`. */
TFL_CAPI_EXPORT TfLiteOpaqueTensorBuilder *TfLiteOpaqueTensorBuilderSetQuantization(
    TfLiteOpaqueTensorBuilder *builder, TfLiteQuantization quantization);

/* ---- Nodes ---- */

/* Returns input `index`, NULL when there is none or it is absent. */
TFL_CAPI_EXPORT const TfLiteOpaqueTensor *TfLiteOpaqueNodeGetInput(
    const TfLiteOpaqueContext *opaque_context, const TfLiteOpaqueNode *opaque_node, int index);

/* Returns output `index`, NULL when there is none. */
TFL_CAPI_EXPORT TfLiteOpaqueTensor *TfLiteOpaqueNodeGetOutput(TfLiteOpaqueContext *opaque_context,
                                                              const TfLiteOpaqueNode *opaque_node,
                                                              int index);

/* Returns the number of inputs, absent ones included. */
TFL_CAPI_EXPORT int TfLiteOpaqueNodeNumberOfInputs(const TfLiteOpaqueNode *opaque_node);

/* Returns the number of outputs. */
TFL_CAPI_EXPORT int TfLiteOpaqueNodeNumberOfOutputs(const TfLiteOpaqueNode *opaque_node);

/* Returns what the operator's init returned. */
TFL_CAPI_EXPORT void *TfLiteOpaqueNodeGetUserData(const TfLiteOpaqueNode *opaque_node);

/* Returns the parameters of a built-in operator (builtin_op_data.h); they live as long as the
 * node. */
TFL_CAPI_EXPORT void *TfLiteOpaqueNodeGetBuiltinData(const TfLiteOpaqueNode *opaque_node);

/* Gives the options of a custom operator, `size` bytes of the model. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeGetCustomInitialData(
    const TfLiteOpaqueNode *opaque_node, const void **init_data, int *size);

/* Gives the tensor indices of the inputs. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeInputs(const TfLiteOpaqueNode *opaque_node,
                                                    const int **inputs, int *num_inputs);

/* Gives the tensor indices of the outputs. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeOutputs(const TfLiteOpaqueNode *opaque_node,
                                                     const int **outputs, int *num_outputs);

/* Sets the tensor indices of scratch tensors, made before with TfLiteOpaqueContextAddTensor; the
 * array is copied. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeSetTemporaries(TfLiteOpaqueNode *opaque_node,
                                                            const int *temporaries,
                                                            int num_temporaries);

/* Gives the tensor indices of scratch tensors. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueNodeTemporaries(const TfLiteOpaqueNode *opaque_node,
                                                         const int **temporaries,
                                                         int *num_temporaries);

/* Returns the tensor index of an input; -1 when there is no such input. */
TFL_CAPI_EXPORT int TfLiteOpaqueNodeGetInputTensorIndex(const TfLiteOpaqueNode *opaque_node,
                                                        int index_of_input);

/* Returns the tensor index of an output; -1 when there is no such output. */
TFL_CAPI_EXPORT int TfLiteOpaqueNodeGetOutputTensorIndex(const TfLiteOpaqueNode *opaque_node,
                                                         int index_of_output);

/* ---- Context ---- */

/* Gives the nodes in execution order; valid until the next call.  [delegate] */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetExecutionPlan(
    TfLiteOpaqueContext *opaque_context, TfLiteIntArray **execution_plan);

/* Gives the external context of a slot; kTfLiteError when there is none. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetExternalContext(
    TfLiteOpaqueContext *opaque_context, void **external_context, TfLiteExternalContextType type);

/* Gives a node and its operator; valid until the graph changes.  [delegate] */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetNodeAndRegistration(
    struct TfLiteOpaqueContext *opaque_context, int node_index, TfLiteOpaqueNode **node,
    TfLiteOperator **registration_external);

/* Replaces nodes by as few nodes of the given operator as the order of execution allows.  The
 * operator goes over to the runtime; the array and the delegate do not.  [delegate] */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextReplaceNodeSubsetsWithDelegateKernels(
    struct TfLiteOpaqueContext *opaque_context, TfLiteOperator *registration_external,
    const TfLiteIntArray *nodes_to_replace, TfLiteOpaqueDelegate *opaque_delegate);

/* Returns a tensor by index, NULL when there is none.  Invalid after a tensor was added. */
TFL_CAPI_EXPORT TfLiteOpaqueTensor *TfLiteOpaqueContextGetOpaqueTensor(
    const TfLiteOpaqueContext *opaque_context, int index);

/* Gives the tensor indices of the subgraph's inputs. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetInputs(
    const struct TfLiteOpaqueContext *opaque_context, const int **inputs, int *num_inputs);

/* Gives the tensor indices of the subgraph's outputs. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetOutputs(
    const struct TfLiteOpaqueContext *opaque_context, const int **outputs, int *num_outputs);

/* Gives the tensor indices of the subgraph's variables. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetVariables(
    const struct TfLiteOpaqueContext *opaque_context, const int **variables, int *num_variables);

/* Returns the number of nodes of the subgraph. */
TFL_CAPI_EXPORT size_t
TfLiteOpaqueContextGetNumNodes(const struct TfLiteOpaqueContext *opaque_context);

/* Returns the number of tensors of the subgraph. */
TFL_CAPI_EXPORT size_t
TfLiteOpaqueContextGetNumTensors(const struct TfLiteOpaqueContext *opaque_context);

/* Returns the name of the subgraph. */
TFL_CAPI_EXPORT const char *TfLiteOpaqueContextGetName(
    const struct TfLiteOpaqueContext *opaque_context);

/* Sets the shape of a tensor and takes over `new_size`, on failure too. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextResizeTensor(TfLiteOpaqueContext *context,
                                                             TfLiteOpaqueTensor *tensor,
                                                             TfLiteIntArray *new_size);

/* Gives the context of another subgraph; pair it with
 * TfLiteOpaqueContextReleaseSubgraphContext.  kTfLiteError when there is none.  [delegate] */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextAcquireSubgraphContext(
    struct TfLiteOpaqueContext *opaque_context, int subgraph_index,
    TfLiteOpaqueContext **acquired_opaque_context);

/* Ends what TfLiteOpaqueContextAcquireSubgraphContext began.  [delegate] */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextReleaseSubgraphContext(
    struct TfLiteOpaqueContext *opaque_context, int subgraph_index);

/* Keeps all delegates off a subgraph, because this one runs it as part of a control flow node.
 * [delegate] */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextMarkSubgraphAsDelegationSkippable(
    TfLiteOpaqueContext *opaque_context, int subgraph_index);

/* Gives file descriptor, offset and size of a custom node's options in the model file; offset and
 * size are -1 when the node has none.  kTfLiteError when the model came from no file. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetNodeInitDataMmapInfo(
    const TfLiteOpaqueContext *context, const TfLiteOpaqueNode *node, int *fd,
    int64_t *custom_initial_data_offset_in_file, int64_t *custom_initial_data_size);

/* Adds a tensor as `builder` describes it; *new_tensor_index, if not NULL, becomes its index. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextAddTensor(TfLiteOpaqueContext *context,
                                                          TfLiteOpaqueTensorBuilder *builder,
                                                          int *new_tensor_index);

/* Gives the size of an element in bytes; kTfLiteError for types without a fixed whole size. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetSizeOfType(TfLiteOpaqueContext *context,
                                                              TfLiteType type, size_t *bytes);

/* Gives a metadata buffer of the model by name; borrowed until the interpreter goes. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOpaqueContextGetMetadata(TfLiteOpaqueContext *context,
                                                            const char *name, const char **ptr,
                                                            size_t *bytes);

/* Reports an error; the format is printf's. */
TFL_CAPI_EXPORT void TfLiteOpaqueContextReportError(struct TfLiteOpaqueContext *opaque_context,
                                                    const char *format, ...);

/* Reports an error; the format is printf's. */
TFL_CAPI_EXPORT void TfLiteOpaqueContextReportErrorVa(struct TfLiteOpaqueContext *opaque_context,
                                                      const char *format, va_list vlist);

/* TfLiteOpaqueDelegateCreate, Delete and GetData are in common.h. */

/* ---- Checks for operators: those of common.h for an opaque context ---- */

/* Reports an error. */
#ifndef TF_LITE_OPAQUE_KERNEL_LOG
#ifndef TF_LITE_STRIP_ERROR_STRINGS
#define TF_LITE_OPAQUE_KERNEL_LOG(opaque_context, ...)                 \
    do {                                                               \
        TfLiteOpaqueContextReportError((opaque_context), __VA_ARGS__); \
    } while (0)
#else
#define TF_LITE_OPAQUE_KERNEL_LOG(opaque_context, ...) \
    ((void)(opaque_context), (void)sizeof(#__VA_ARGS__))
#endif
#endif

/* Reports an error unless the context is NULL. */
#ifndef TF_LITE_OPAQUE_MAYBE_KERNEL_LOG
#define TF_LITE_OPAQUE_MAYBE_KERNEL_LOG(opaque_context, ...)        \
    do {                                                            \
        if ((opaque_context) != NULL)                               \
            TF_LITE_OPAQUE_KERNEL_LOG(opaque_context, __VA_ARGS__); \
    } while (0)
#endif

/* Returns kTfLiteError with a message (a string literal) unless `value`. */
#ifndef TF_LITE_OPAQUE_ENSURE_MSG
#define TF_LITE_OPAQUE_ENSURE_MSG(opaque_context, value, msg)              \
    do {                                                                   \
        if (!(value)) {                                                    \
            TF_LITE_OPAQUE_KERNEL_LOG((opaque_context), __FILE__ " " msg); \
            return kTfLiteError;                                           \
        }                                                                  \
    } while (0)
#endif

/* Returns kTfLiteError unless `a`. */
#ifndef TF_LITE_OPAQUE_ENSURE
#define TF_LITE_OPAQUE_ENSURE(opaque_context, a)                                       \
    do {                                                                               \
        if (!(a)) {                                                                    \
            TF_LITE_OPAQUE_KERNEL_LOG((opaque_context), "%s:%d: %s was not true.",     \
                                      __FILE__, __LINE__, #a);                         \
            return kTfLiteError;                                                       \
        }                                                                              \
    } while (0)
#endif

/* Returns kTfLiteError unless the integers `a` and `b` are equal.  Evaluates both twice. */
#ifndef TF_LITE_OPAQUE_ENSURE_EQ
#define TF_LITE_OPAQUE_ENSURE_EQ(opaque_context, a, b)                                 \
    do {                                                                               \
        if ((a) != (b)) {                                                              \
            TF_LITE_OPAQUE_KERNEL_LOG((opaque_context), "%s:%d: %s != %s (%d != %d)",  \
                                      __FILE__, __LINE__, #a, #b, (int)(a), (int)(b)); \
            return kTfLiteError;                                                       \
        }                                                                              \
    } while (0)
#endif

/* Returns kTfLiteError unless the TfLiteTypes `a` and `b` are equal.  Evaluates both twice. */
#ifndef TF_LITE_OPAQUE_ENSURE_TYPES_EQ
#define TF_LITE_OPAQUE_ENSURE_TYPES_EQ(opaque_context, a, b)                           \
    do {                                                                               \
        if ((a) != (b)) {                                                              \
            TF_LITE_OPAQUE_KERNEL_LOG((opaque_context), "%s:%d: %s != %s (%s != %s)",  \
                                      __FILE__, __LINE__, #a, #b,                      \
                                      TfLiteTypeGetName(a), TfLiteTypeGetName(b));     \
            return kTfLiteError;                                                       \
        }                                                                              \
    } while (0)
#endif

/* Returns kTfLiteError unless `a` and `b` differ by at most `epsilon`.  Evaluates both twice. */
#ifndef TF_LITE_OPAQUE_ENSURE_NEAR
#define TF_LITE_OPAQUE_ENSURE_NEAR(opaque_context, a, b, epsilon)                            \
    do {                                                                                     \
        const double tf_lite_delta_ = (double)(a) - (double)(b);                             \
        if (tf_lite_delta_ > (double)(epsilon) || -tf_lite_delta_ > (double)(epsilon)) {     \
            TF_LITE_OPAQUE_KERNEL_LOG((opaque_context), "%s:%d: %s not near %s (%f != %f)",  \
                                      __FILE__, __LINE__, #a, #b, (double)(a), (double)(b)); \
            return kTfLiteError;                                                             \
        }                                                                                    \
    } while (0)
#endif

#ifdef __cplusplus
}
#endif

#endif
