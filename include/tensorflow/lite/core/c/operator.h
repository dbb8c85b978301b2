/* SPDX-License-Identifier: Apache-2.0 */
/* operator.h: making an operator without TfLiteRegistration, so that it keeps working when that
 * struct grows.
 *
 * Create one, set its functions, hand it to TfLiteInterpreterOptionsAddOperator (or, in a
 * delegate, to TfLiteOpaqueContextReplaceNodeSubsetsWithDelegateKernels), and delete it after the
 * last interpreter that uses it.  Of each pair of setters use the one that ends in WithData: its
 * function also gets the `user_data` of TfLiteOperatorCreate.  Setting functions is not thread
 * safe; the functions themselves run in whatever thread calls the interpreter. */
#ifndef TENSORFLOW_LITE_C_OPERATOR_H_
#define TENSORFLOW_LITE_C_OPERATOR_H_

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/builtin_ops.h"
#include "tensorflow/lite/core/c/c_api_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes an operator without functions.  `builtin_code` is kTfLiteBuiltinCustom and `custom_name`
 * its name, or a built-in number and NULL; the name is copied.  `user_data` stays the caller's and
 * may be NULL.  The caller owns the result; NULL when memory is out. */
TFL_CAPI_EXPORT TfLiteOperator *TfLiteOperatorCreate(TfLiteBuiltinOperator builtin_code,
                                                     const char *custom_name, int version,
                                                     void *user_data);

/* The name of TfLiteOperatorCreate from 2.15 to 2.17, where the latter had no user data. */
TFL_CAPI_EXPORT TfLiteOperator *TfLiteOperatorCreateWithData(TfLiteBuiltinOperator builtin_code,
                                                             const char *custom_name, int version,
                                                             void *user_data);

/* Deletes an operator; NULL is fine.  No interpreter may still use it. */
TFL_CAPI_EXPORT void TfLiteOperatorDelete(TfLiteOperator *registration);

/* Returns the number it was created with. */
TFL_CAPI_EXPORT TfLiteBuiltinOperator TfLiteOperatorGetBuiltInCode(
    const TfLiteOperator *registration);

/* Returns the name of a custom operator, NULL for a built-in one; owned by the operator. */
TFL_CAPI_EXPORT const char *TfLiteOperatorGetCustomName(const TfLiteOperator *registration);

/* Returns the version; -1 when `registration` is NULL. */
TFL_CAPI_EXPORT int TfLiteOperatorGetVersion(const TfLiteOperator *registration);

/* Returns the `user_data` it was created with; NULL when `registration` is NULL. */
TFL_CAPI_EXPORT void *TfLiteOperatorGetUserData(const TfLiteOperator *registration);

/* Sets the function that makes a node's own data; see TfLiteRegistration.init.  Old form. */
TFL_CAPI_EXPORT void TfLiteOperatorSetInit(TfLiteOperator *registration,
                                           void *(*init)(TfLiteOpaqueContext *context,
                                                         const char *buffer, size_t length));

/* Sets the function that makes a node's own data.  kTfLiteError when `registration` is NULL. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetInitWithData(
    TfLiteOperator *registration, void *(*init)(void *user_data, TfLiteOpaqueContext *context,
                                                const char *buffer, size_t length));

/* Sets the function that frees what init returned.  Old form. */
TFL_CAPI_EXPORT void TfLiteOperatorSetFree(TfLiteOperator *registration,
                                           void (*free)(TfLiteOpaqueContext *context, void *data));

/* Sets the function that frees what init returned.  kTfLiteError when `registration` is NULL. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetFreeWithData(
    TfLiteOperator *registration,
    void (*free)(void *user_data, TfLiteOpaqueContext *context, void *data));

/* Sets the function that checks inputs and gives outputs their shapes.  Old form. */
TFL_CAPI_EXPORT void TfLiteOperatorSetPrepare(TfLiteOperator *registration,
                                              TfLiteStatus (*prepare)(TfLiteOpaqueContext *context,
                                                                      TfLiteOpaqueNode *node));

/* Sets the function that checks inputs and gives outputs their shapes.  kTfLiteError when
 * `registration` is NULL. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetPrepareWithData(
    TfLiteOperator *registration,
    TfLiteStatus (*prepare)(void *user_data, TfLiteOpaqueContext *context,
                            TfLiteOpaqueNode *node));

/* Sets the function that computes.  Old form. */
TFL_CAPI_EXPORT void TfLiteOperatorSetInvoke(TfLiteOperator *registration,
                                             TfLiteStatus (*invoke)(TfLiteOpaqueContext *context,
                                                                    TfLiteOpaqueNode *node));

/* Sets the function that computes.  kTfLiteError when `registration` is NULL. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetInvokeWithData(
    TfLiteOperator *registration,
    TfLiteStatus (*invoke)(void *user_data, TfLiteOpaqueContext *context, TfLiteOpaqueNode *node));

/* Sets the function that gives a delegate node's asynchronous kernel.  Old form. */
TFL_CAPI_EXPORT void TfLiteOperatorSetAsyncKernel(
    TfLiteOperator *registration,
    struct TfLiteAsyncKernel *(*async_kernel)(TfLiteOpaqueContext *context,
                                              TfLiteOpaqueNode *node));

/* Sets the function that gives a delegate node's asynchronous kernel.  kTfLiteError when
 * `registration` is NULL. */
TFL_CAPI_EXPORT TfLiteStatus TfLiteOperatorSetAsyncKernelWithData(
    TfLiteOperator *registration,
    struct TfLiteAsyncKernel *(*async_kernel)(void *user_data, TfLiteOpaqueContext *context,
                                              TfLiteOpaqueNode *node));

/* Says which inputs may share memory with outputs: kTfLiteInplaceOp bits of common.h. */
TFL_CAPI_EXPORT void TfLiteOperatorSetInplaceOperator(TfLiteOperator *registration,
                                                      uint64_t inplace_operator);

/* ---- The names of these functions up to TensorFlow Lite 2.16 ---- */

/* TfLiteOperatorCreate without user data. */
TFL_CAPI_EXPORT TfLiteRegistrationExternal *TfLiteRegistrationExternalCreate(
    TfLiteBuiltinOperator builtin_code, const char *custom_name, int version);

/* TfLiteOperatorDelete. */
TFL_CAPI_EXPORT void TfLiteRegistrationExternalDelete(TfLiteRegistrationExternal *registration);

/* TfLiteOperatorGetBuiltInCode. */
TFL_CAPI_EXPORT TfLiteBuiltinOperator TfLiteRegistrationExternalGetBuiltInCode(
    const TfLiteRegistrationExternal *registration);

/* TfLiteOperatorGetCustomName. */
TFL_CAPI_EXPORT const char *TfLiteRegistrationExternalGetCustomName(
    const TfLiteRegistrationExternal *registration);

/* TfLiteOperatorGetVersion. */
TFL_CAPI_EXPORT int TfLiteRegistrationExternalGetVersion(
    const TfLiteRegistrationExternal *registration);

/* TfLiteOperatorSetInit. */
TFL_CAPI_EXPORT void TfLiteRegistrationExternalSetInit(
    TfLiteRegistrationExternal *registration,
    void *(*init)(TfLiteOpaqueContext *context, const char *buffer, size_t length));

/* TfLiteOperatorSetFree. */
TFL_CAPI_EXPORT void TfLiteRegistrationExternalSetFree(
    TfLiteRegistrationExternal *registration,
    void (*free)(TfLiteOpaqueContext *context, void *data));

/* TfLiteOperatorSetPrepare. */
TFL_CAPI_EXPORT void TfLiteRegistrationExternalSetPrepare(
    TfLiteRegistrationExternal *registration,
    TfLiteStatus (*prepare)(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node));

/* TfLiteOperatorSetInvoke. */
TFL_CAPI_EXPORT void TfLiteRegistrationExternalSetInvoke(
    TfLiteRegistrationExternal *registration,
    TfLiteStatus (*invoke)(TfLiteOpaqueContext *context, TfLiteOpaqueNode *node));

/* TfLiteOperatorSetAsyncKernel. */
TFL_CAPI_EXPORT void TfLiteRegistrationExternalSetAsyncKernel(
    TfLiteRegistrationExternal *registration,
    struct TfLiteAsyncKernel *(*async_kernel)(TfLiteOpaqueContext *context,
                                              TfLiteOpaqueNode *node));

/* TfLiteOperatorSetInplaceOperator. */
TFL_CAPI_EXPORT void TfLiteRegistrationExternalSetInplaceOperator(
    TfLiteRegistrationExternal *registration, uint64_t inplace_operator);

#ifdef __cplusplus
}
#endif

#endif
