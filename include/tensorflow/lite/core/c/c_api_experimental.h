/* SPDX-License-Identifier: Apache-2.0 */
/* c_api_experimental.h: more control over an interpreter: variables, operators of one's own by
 * TfLiteRegistration, buffers of the caller, buffers of delegates.
 *
 * TensorFlow Lite calls these functions experimental; this library keeps them as they are. */
#ifndef TENSORFLOW_LITE_C_C_API_EXPERIMENTAL_H_
#define TENSORFLOW_LITE_C_C_API_EXPERIMENTAL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/core/c/c_api.h"
#include "tensorflow/lite/core/c/c_api_types.h"
#include "tensorflow/lite/core/c/common.h"

#ifdef __cplusplus
extern "C" {
#endif

struct TfLiteTelemetryProfilerStruct;

/* ---- Variables ---- */

/* Sets all variable tensors to zero (or to the zero point where they are quantized). */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter *interpreter);

/* Returns the number of variable tensors. */
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetVariableTensorCount(
    const TfLiteInterpreter *interpreter);

/* Returns a variable tensor, or NULL unless 0 <= variable_index < their number.  Owned by the
 * interpreter. */
TFL_CAPI_EXPORT TfLiteTensor *TfLiteInterpreterGetVariableTensor(
    const TfLiteInterpreter *interpreter, int32_t variable_index);

/* ---- Operators ----
 *
 * Either add operators one by one or set a resolver, not both.  What a registration or an operator
 * points to must outlive the interpreters. */

/* Adds an implementation of a built-in operator for versions min_version to max_version.  The
 * struct is copied. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsAddBuiltinOp(TfLiteInterpreterOptions *options,
                                                          TfLiteBuiltinOperator op,
                                                          const TfLiteRegistration *registration,
                                                          int32_t min_version,
                                                          int32_t max_version);

/* Adds a custom operator for versions min_version to max_version.  The struct is copied; `name`
 * must outlive the options. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsAddCustomOp(TfLiteInterpreterOptions *options,
                                                         const char *name,
                                                         const TfLiteRegistration *registration,
                                                         int32_t min_version,
                                                         int32_t max_version);

/* Sets two functions that find operators by number or by name, and by version; NULL means "not
 * known".  Both get `op_resolver_user_data`, which must outlive the interpreters. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverExternal(
    TfLiteInterpreterOptions *options,
    const TfLiteOperator *(*find_builtin_op)(void *user_data, int op, int version),
    const TfLiteOperator *(*find_custom_op)(void *user_data, const char *custom_op, int version),
    void *op_resolver_user_data);

/* Like TfLiteInterpreterOptionsSetOpResolverExternal; for operators found without functions, the
 * second pair is asked for a registration. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverExternalWithFallback(
    TfLiteInterpreterOptions *options,
    const TfLiteOperator *(*find_builtin_op_external)(void *user_data, int op, int version),
    const TfLiteOperator *(*find_custom_op_external)(void *user_data, const char *custom_op,
                                                     int version),
    const TfLiteRegistration *(*find_builtin_op)(void *user_data, TfLiteBuiltinOperator op,
                                                 int version),
    const TfLiteRegistration *(*find_custom_op)(void *user_data, const char *op, int version),
    void *op_resolver_user_data);

/* Sets two functions that find registrations; see TfLiteInterpreterOptionsSetOpResolverExternal,
 * which new programs should use. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolver(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration *(*find_builtin_op)(void *user_data, TfLiteBuiltinOperator op,
                                                 int version),
    const TfLiteRegistration *(*find_custom_op)(void *user_data, const char *custom_op,
                                                int version),
    void *op_resolver_user_data);

/* TfLiteInterpreterOptionsSetOpResolver for programs compiled when the struct was this short. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverV3(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration_V3 *(*find_builtin_op_v3)(void *user_data, TfLiteBuiltinOperator op,
                                                       int version),
    const TfLiteRegistration_V3 *(*find_custom_op_v3)(void *user_data, const char *op,
                                                      int version),
    void *op_resolver_user_data);

/* TfLiteInterpreterOptionsSetOpResolver for programs compiled when the struct was this short. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverV2(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration_V2 *(*find_builtin_op_v2)(void *user_data, TfLiteBuiltinOperator op,
                                                       int version),
    const TfLiteRegistration_V2 *(*find_custom_op_v2)(void *user_data, const char *op,
                                                      int version),
    void *op_resolver_user_data);

/* TfLiteInterpreterOptionsSetOpResolver for programs compiled when the struct was this short. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetOpResolverV1(
    TfLiteInterpreterOptions *options,
    const TfLiteRegistration_V1 *(*find_builtin_op_v1)(void *user_data, TfLiteBuiltinOperator op,
                                                       int version),
    const TfLiteRegistration_V1 *(*find_custom_op_v1)(void *user_data, const char *op,
                                                      int version),
    void *op_resolver_user_data);

/* TfLiteInterpreterCreate that knows only the operators of `options`, which must not be NULL.  A
 * static program then links only those. */
TFL_CAPI_EXPORT TfLiteInterpreter *TfLiteInterpreterCreateWithSelectedOps(
    const TfLiteModel *model, const TfLiteInterpreterOptions *options);

/* ---- Delegates ---- */

/* Asks for Android's NNAPI (off by default); ignored where there is none. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetUseNNAPI(TfLiteInterpreterOptions *options,
                                                         bool enable);

/* Makes a run that fails in a delegate start again on the CPU, without any delegate from then on
 * (off by default).  Addresses of tensor data may change, and variables lose their values. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetEnableDelegateFallback(
    TfLiteInterpreterOptions *options, bool enable);

/* Applies a delegate to an interpreter that already exists; the delegate must outlive it.  Prefer
 * TfLiteInterpreterOptionsAddDelegate.  kTfLiteDelegateError: the delegate failed, and the
 * interpreter is as it was without any delegate. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterModifyGraphWithDelegate(
    const TfLiteInterpreter *interpreter, TfLiteDelegate *delegate);

/* Returns the tensor index of an input; -1 unless 0 <= input_index < number of inputs. */
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetInputTensorIndex(const TfLiteInterpreter *interpreter,
                                                             int32_t input_index);

/* Returns the tensor index of an output; -1 unless 0 <= output_index < number of outputs. */
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetOutputTensorIndex(const TfLiteInterpreter *interpreter,
                                                              int32_t output_index);

/* Makes a tensor of the arena (input, output, variable) live in the caller's memory, which must
 * be aligned to 64 bytes and outlive the interpreter.  `flags` are TfLiteCustomAllocationFlags.
 * Call TfLiteInterpreterAllocateTensors afterwards; it fails when the memory is too small. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterSetCustomAllocationForTensor(
    TfLiteInterpreter *interpreter, int tensor_index, const TfLiteCustomAllocation *allocation,
    int64_t flags);

/* Ties a tensor to a buffer of a delegate, which an earlier buffer of the tensor is given back
 * to. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterSetBufferHandle(TfLiteInterpreter *interpreter,
                                                              TfLiteTensor *tensor,
                                                              TfLiteBufferHandle buffer_handle,
                                                              TfLiteOpaqueDelegate *delegate);

/* Gives the buffer that a tensor is tied to, and its delegate; kTfLiteNullBufferHandle and NULL
 * when there is none. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterGetBufferHandle(TfLiteInterpreter *interpreter,
                                                              int tensor_index,
                                                              TfLiteBufferHandle *buffer_handle,
                                                              TfLiteOpaqueDelegate **delegate);

/* Leaves outputs in the buffers of delegates after a run (true) or copies them to memory (false,
 * the default). */
TFL_CAPI_EXPORT void TfLiteSetAllowBufferHandleOutput(const TfLiteInterpreter *interpreter,
                                                      bool allow_buffer_handle_output);

/* Copies a tensor from the buffer of its delegate to memory if it is newer there. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterEnsureTensorDataIsReadable(
    TfLiteInterpreter *interpreter, int tensor_index);

/* ---- Runs ---- */

/* TfLiteInterpreterCancel for one signature.  Any thread. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteSignatureRunnerCancel(TfLiteSignatureRunner *signature_runner);

/* Sets what is told about runs, operators and settings; profiling/telemetry/c/profiler.h.  It
 * stays the caller's and must outlive the interpreters. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetTelemetryProfiler(
    TfLiteInterpreterOptions *options, struct TfLiteTelemetryProfilerStruct *profiler);

#ifdef __cplusplus
}
#endif

#endif
