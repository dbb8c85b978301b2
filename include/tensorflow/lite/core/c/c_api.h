/* SPDX-License-Identifier: Apache-2.0 */
/* c_api.h: loading a model and running it.  This is all that most programs need.
 *
 *     TfLiteModel *model = TfLiteModelCreateFromFile("model.tflite");
 *     TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
 *     TfLiteInterpreterOptionsSetNumThreads(options, 4);
 *     TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
 *     if (interpreter && TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk) {
 *         TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, 0), in, in_size);
 *         if (TfLiteInterpreterInvoke(interpreter) == kTfLiteOk)
 *             TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 0), out,
 *                                      out_size);
 *     }
 *     TfLiteInterpreterDelete(interpreter);
 *     TfLiteInterpreterOptionsDelete(options);
 *     TfLiteModelDelete(model);
 *
 * Threads: a model may be used by any number of threads at once, and each interpreter by one at a
 * time; TfLiteInterpreterCancel and TfLiteSignatureRunnerCancel may be called from any thread.
 * Whoever creates an object deletes it; every Delete accepts NULL.  Sizes are in bytes. */
#ifndef TENSORFLOW_LITE_C_C_API_H_
#define TENSORFLOW_LITE_C_C_API_H_

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/core/c/c_api_types.h"
#include "tensorflow/lite/core/c/operator.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A loaded model: immutable, shared by interpreters. */
typedef struct TfLiteModel TfLiteModel;

/* Settings for the creation of interpreters. */
typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;

/* A model ready to run, with memory for one run at a time. */
typedef struct TfLiteInterpreter TfLiteInterpreter;

/* One signature of an interpreter: inputs and outputs by name. */
typedef struct TfLiteSignatureRunner TfLiteSignatureRunner;

/* ---- Versions ---- */

/* Version of TensorFlow Lite that this library behaves like, for example "2.19.0"; static. */
TFL_CAPI_EXPORT const char *TfLiteVersion(void);

/* Version of the interface for operators and delegates (c_api_opaque.h, common.h,
 * builtin_op_data.h, builtin_ops.h); static. */
TFL_CAPI_EXPORT const char *TfLiteExtensionApisVersion(void);

/* Version of the file format that this library reads: 3. */
TFL_CAPI_EXPORT int TfLiteSchemaVersion(void);

/* ---- Model ---- */

/* Loads a model from memory.  The bytes are used in place: they must stay, unchanged, until the
 * model and all its interpreters are gone.  NULL when they are not a valid model. */
TFL_CAPI_EXPORT TfLiteModel *TfLiteModelCreate(const void *model_data, size_t model_size);

/* Like TfLiteModelCreate.  `reporter` is called with every error, now and later, and gets
 * `user_data`, a printf format and its arguments; both must outlive the interpreters. */
TFL_CAPI_EXPORT TfLiteModel *TfLiteModelCreateWithErrorReporter(
    const void *model_data, size_t model_size,
    void (*reporter)(void *user_data, const char *format, va_list args), void *user_data);

/* Loads a model from a file, which is mapped where the system can and must not change until the
 * model and all its interpreters are gone.  NULL when it cannot be read or is no valid model. */
TFL_CAPI_EXPORT TfLiteModel *TfLiteModelCreateFromFile(const char *model_path);

/* Like TfLiteModelCreateFromFile, with an error reporter. */
TFL_CAPI_EXPORT TfLiteModel *TfLiteModelCreateFromFileWithErrorReporter(
    const char *model_path, void (*reporter)(void *user_data, const char *format, va_list args),
    void *user_data);

/* Gives the model up.  Interpreters made from it keep working. */
TFL_CAPI_EXPORT void TfLiteModelDelete(TfLiteModel *model);

/* ---- Options ---- */

/* Makes options with defaults; the caller deletes them, at the earliest after
 * TfLiteInterpreterCreate.  NULL when memory is out. */
TFL_CAPI_EXPORT TfLiteInterpreterOptions *TfLiteInterpreterOptionsCreate(void);

/* Copies options; what they point to (delegates, operators, user data) is shared. */
TFL_CAPI_EXPORT TfLiteInterpreterOptions *TfLiteInterpreterOptionsCopy(
    const TfLiteInterpreterOptions *from);

/* Deletes options. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions *options);

/* Sets the number of CPU threads; -1 leaves it to the library, 0 and 1 mean the caller's only. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions *options,
                                                           int32_t num_threads);

/* Adds a delegate; delegates are applied in the order they were added, and creation fails when
 * one does.  It stays the caller's and must outlive the interpreters. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsAddDelegate(TfLiteInterpreterOptions *options,
                                                         TfLiteOpaqueDelegate *delegate);

/* Sets what is called with errors: `user_data`, a printf format and its arguments.  Both must
 * outlive the interpreters. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsSetErrorReporter(
    TfLiteInterpreterOptions *options,
    void (*reporter)(void *user_data, const char *format, va_list args), void *user_data);

/* Adds a custom operator.  It stays the caller's and must outlive the interpreters. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsAddOperator(TfLiteInterpreterOptions *options,
                                                         TfLiteOperator *registration);

/* TfLiteInterpreterOptionsAddOperator by its name up to TensorFlow Lite 2.16. */
TFL_CAPI_EXPORT void TfLiteInterpreterOptionsAddRegistrationExternal(
    TfLiteInterpreterOptions *options, TfLiteRegistrationExternal *registration);

/* Allows or forbids (the default) TfLiteInterpreterCancel. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterOptionsEnableCancellation(
    TfLiteInterpreterOptions *options, bool enable);

/* ---- Interpreter ---- */

/* Makes an interpreter.  `optional_options` may be NULL; neither argument is needed afterwards,
 * but see TfLiteModelCreate for the model's bytes.  Call TfLiteInterpreterAllocateTensors next.
 * NULL on failure, which goes to the error reporter. */
TFL_CAPI_EXPORT TfLiteInterpreter *TfLiteInterpreterCreate(
    const TfLiteModel *model, const TfLiteInterpreterOptions *optional_options);

/* Deletes an interpreter and all its tensors; delete its signature runners first. */
TFL_CAPI_EXPORT void TfLiteInterpreterDelete(TfLiteInterpreter *interpreter);

/* Returns the number of inputs. */
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetInputTensorCount(const TfLiteInterpreter *interpreter);

/* Returns the tensor indices of the inputs, as many as there are inputs; owned by the
 * interpreter. */
TFL_CAPI_EXPORT const int *TfLiteInterpreterInputTensorIndices(
    const TfLiteInterpreter *interpreter);

/* Returns an input, or NULL unless 0 <= input_index < number of inputs.  Owned by the
 * interpreter; its data may move in TfLiteInterpreterAllocateTensors. */
TFL_CAPI_EXPORT TfLiteTensor *TfLiteInterpreterGetInputTensor(const TfLiteInterpreter *interpreter,
                                                              int32_t input_index);

/* Sets the shape of an input; the array is copied.  All tensors lose their data until the next
 * TfLiteInterpreterAllocateTensors. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterResizeInputTensor(TfLiteInterpreter *interpreter,
                                                                int32_t input_index,
                                                                const int *input_dims,
                                                                int32_t input_dims_size);

/* Like TfLiteInterpreterResizeInputTensor, but only sizes that the model leaves open (-1 in the
 * signature of the shape) may change; kTfLiteError otherwise. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterResizeInputTensorStrict(
    TfLiteInterpreter *interpreter, int32_t input_index, const int *input_dims,
    int32_t input_dims_size);

/* Works out all shapes and gives memory to all tensors.  Needed once before the first run and
 * after each resize; it is expensive.  Inputs must be filled afterwards. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter *interpreter);

/* Runs the model once.  kTfLiteOk: outputs are valid.  kTfLiteDelegateError or
 * kTfLiteApplicationError: a delegate failed, and outputs are valid only if fallback to the CPU
 * was enabled (c_api_experimental.h).  Anything else: outputs are not valid. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter *interpreter);

/* Returns the number of outputs. */
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetOutputTensorCount(
    const TfLiteInterpreter *interpreter);

/* Returns the tensor indices of the outputs, as many as there are outputs; owned by the
 * interpreter. */
TFL_CAPI_EXPORT const int *TfLiteInterpreterOutputTensorIndices(
    const TfLiteInterpreter *interpreter);

/* Returns an output, or NULL unless 0 <= output_index < number of outputs.  Owned by the
 * interpreter; shape and data of a dynamic output are known only after a run. */
TFL_CAPI_EXPORT const TfLiteTensor *TfLiteInterpreterGetOutputTensor(
    const TfLiteInterpreter *interpreter, int32_t output_index);

/* Returns any tensor of the main graph by tensor index, or NULL when there is none.  Owned by the
 * interpreter.  Between runs only inputs, outputs, constants and variables have a value. */
TFL_CAPI_EXPORT TfLiteTensor *TfLiteInterpreterGetTensor(const TfLiteInterpreter *interpreter,
                                                         int index);

/* Stops a run that is going on in another thread; it then returns kTfLiteCancelled.  Does not
 * wait.  kTfLiteError unless cancellation was enabled in the options.  Any thread. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteInterpreterCancel(const TfLiteInterpreter *interpreter);

/* ---- Signatures: a model's entry points by name ----
 *
 * Use either these functions or those above to run a model: both work on the same tensors. */

/* Returns the number of signatures. */
TFL_CAPI_EXPORT int32_t TfLiteInterpreterGetSignatureCount(const TfLiteInterpreter *interpreter);

/* Returns the key of a signature, or NULL unless 0 <= signature_index < number of signatures.
 * Owned by the interpreter. */
TFL_CAPI_EXPORT const char *TfLiteInterpreterGetSignatureKey(const TfLiteInterpreter *interpreter,
                                                             int32_t signature_index);

/* Makes a runner for a signature; the caller deletes it before the interpreter.  NULL when there
 * is no such key. */
TFL_CAPI_EXPORT TfLiteSignatureRunner *TfLiteInterpreterGetSignatureRunner(
    const TfLiteInterpreter *interpreter, const char *signature_key);

/* Returns the number of inputs. */
TFL_CAPI_EXPORT size_t TfLiteSignatureRunnerGetInputCount(
    const TfLiteSignatureRunner *signature_runner);

/* Returns the name of an input, or NULL unless 0 <= input_index < number of inputs.  Owned by the
 * runner. */
TFL_CAPI_EXPORT const char *TfLiteSignatureRunnerGetInputName(
    const TfLiteSignatureRunner *signature_runner, int32_t input_index);

/* Sets the shape of an input where the model leaves it open; the array is copied.  Call
 * TfLiteSignatureRunnerAllocateTensors next. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteSignatureRunnerResizeInputTensor(
    TfLiteSignatureRunner *signature_runner, const char *input_name, const int *input_dims,
    int32_t input_dims_size);

/* Works out all shapes and gives memory to the tensors of this signature. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteSignatureRunnerAllocateTensors(
    TfLiteSignatureRunner *signature_runner);

/* Returns an input by name, or NULL when there is none.  Owned by the runner. */
TFL_CAPI_EXPORT TfLiteTensor *TfLiteSignatureRunnerGetInputTensor(
    TfLiteSignatureRunner *signature_runner, const char *input_name);

/* Runs the signature once; results as those of TfLiteInterpreterInvoke. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner *signature_runner);

/* Returns the number of outputs. */
TFL_CAPI_EXPORT size_t TfLiteSignatureRunnerGetOutputCount(
    const TfLiteSignatureRunner *signature_runner);

/* Returns the name of an output, or NULL unless 0 <= output_index < number of outputs.  Owned by
 * the runner. */
TFL_CAPI_EXPORT const char *TfLiteSignatureRunnerGetOutputName(
    const TfLiteSignatureRunner *signature_runner, int32_t output_index);

/* Returns an output by name, or NULL when there is none.  Owned by the runner. */
TFL_CAPI_EXPORT const TfLiteTensor *TfLiteSignatureRunnerGetOutputTensor(
    const TfLiteSignatureRunner *signature_runner, const char *output_name);

/* Deletes a runner; its interpreter stays. */
TFL_CAPI_EXPORT void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner *signature_runner);

/* ---- Tensors ---- */

/* Returns the element type. */
TFL_CAPI_EXPORT TfLiteType TfLiteTensorType(const TfLiteTensor *tensor);

/* Returns the number of dimensions; 0 is a scalar, -1 means that the shape is not known. */
TFL_CAPI_EXPORT int32_t TfLiteTensorNumDims(const TfLiteTensor *tensor);

/* Returns the size of a dimension, 0 <= dim_index < number of dimensions. */
TFL_CAPI_EXPORT int32_t TfLiteTensorDim(const TfLiteTensor *tensor, int32_t dim_index);

/* Returns the size of the data in bytes. */
TFL_CAPI_EXPORT size_t TfLiteTensorByteSize(const TfLiteTensor *tensor);

/* Returns the elements, last dimension fastest; NULL before memory is allocated. */
TFL_CAPI_EXPORT void *TfLiteTensorData(const TfLiteTensor *tensor);

/* Returns the name from the model, or NULL; owned by the interpreter. */
TFL_CAPI_EXPORT const char *TfLiteTensorName(const TfLiteTensor *tensor);

/* Returns scale and zero point; the scale is 0 when the tensor is not quantized, or not by one
 * pair. */
TFL_CAPI_EXPORT TfLiteQuantizationParams TfLiteTensorQuantizationParams(
    const TfLiteTensor *tensor);

/* Copies `input_data` into the tensor.  kTfLiteError unless `input_data_size` is the size of the
 * tensor. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorCopyFromBuffer(TfLiteTensor *tensor,
                                                        const void *input_data,
                                                        size_t input_data_size);

/* Copies the tensor into `output_data`.  kTfLiteError unless `output_data_size` is the size of
 * the tensor. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteTensorCopyToBuffer(const TfLiteTensor *output_tensor,
                                                      void *output_data, size_t output_data_size);

#ifdef __cplusplus
}
#endif

#endif
